//! Where a reader stands in a document, spelt out only once there is something to say of it.

use std::fmt;

use interlingua_model::Origin;

/// A path through a document: `messages[2].content[0]`. Each step refers to the one around it, so that walking down a document
/// costs nothing; it becomes text where it is shown or made a `String` of.
#[derive(Clone, Copy)]
pub(crate) struct Path<'a> {
    outer: Option<&'a Path<'a>>,
    step: Step<'a>,
}

#[derive(Clone, Copy)]
enum Step<'a> {
    Field(&'a str),
    Entry(usize),
    EntryOf(&'a str, usize),
    Place(Origin),
}

impl<'a> Path<'a> {
    /// A field of the document.
    pub(crate) const fn of(field: &'a str) -> Self {
        Self { outer: None, step: Step::Field(field) }
    }

    /// A place that the model knows.
    pub(crate) const fn at(origin: Origin) -> Self {
        Self { outer: None, step: Step::Place(origin) }
    }

    /// An entry of a list that is a field of the document.
    pub(crate) const fn nth_of(list: &'a str, index: usize) -> Self {
        Self { outer: None, step: Step::EntryOf(list, index) }
    }

    /// A field of what stands here.
    pub(crate) const fn then(&'a self, field: &'a str) -> Self {
        Self { outer: Some(self), step: Step::Field(field) }
    }

    /// An entry of the list that stands here.
    pub(crate) const fn nth(&'a self, index: usize) -> Self {
        Self { outer: Some(self), step: Step::Entry(index) }
    }

    /// An entry of a list that is a field of what stands here.
    pub(crate) const fn then_nth(&'a self, list: &'a str, index: usize) -> Self {
        Self { outer: Some(self), step: Step::EntryOf(list, index) }
    }
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let dot = if let Some(outer) = self.outer {
            outer.fmt(f)?;
            "."
        } else {
            ""
        };
        match self.step {
            Step::Field(field) => write!(f, "{dot}{field}"),
            Step::Entry(index) => write!(f, "[{index}]"),
            Step::Place(origin) => f.write_str(&origin.path()),
            Step::EntryOf(list, index) => write!(f, "{dot}{list}[{index}]"),
        }
    }
}

impl From<Path<'_>> for String {
    fn from(path: Path<'_>) -> Self {
        path.to_string()
    }
}

impl From<&Path<'_>> for String {
    fn from(path: &Path<'_>) -> Self {
        path.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_spelt_as_in_javascript() {
        let message = Path::nth_of("messages", 2);
        let content = message.then("content");
        assert_eq!(content.nth(0).to_string(), "messages[2].content[0]");
        assert_eq!(message.then_nth("tool_calls", 1).to_string(), "messages[2].tool_calls[1]");
        assert_eq!(Path::at(Origin::nth("input[*]", 3)).then("id").to_string(), "input[3].id");
        assert_eq!(String::from(Path::nth_of("tools", 1).then("name")), "tools[1].name");
    }
}
