//! Where a value stood in the caller's document.

use std::fmt::Write as _;

/// One step of a path: a key of an object or an index of an array.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// A key; only names a protocol defines ever stand here.
    Key(&'static str),
    /// A position, from 0.
    Index(u32),
}

/// A place in the source document. Decoders make origins, encoders only read them.
///
/// The default origin is the document itself, with the empty path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Origin(u32);

/// A value together with the place it came from.
#[derive(Debug, Clone, PartialEq)]
pub struct Sourced<T> {
    /// The value.
    pub value: T,
    /// Its place in the source document.
    pub origin: Origin,
}

/// All origins of one document, as a tree whose paths are spelled out only when somebody asks.
///
/// ```
/// use interlingua_model::{Sources, Step};
///
/// let mut sources = Sources::default();
/// let messages = sources.root(Step::Key("messages"));
/// let second = sources.child(messages, Step::Index(1));
/// let name = sources.child(second, Step::Key("name"));
/// assert_eq!(sources.path(name), "messages[1].name");
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Sources(Vec<Node>);

#[derive(Debug, Clone, Copy, PartialEq)]
struct Node {
    parent: Origin,
    step: Step,
}

impl Sources {
    /// The origin of a top-level value.
    pub fn root(&mut self, step: Step) -> Origin {
        self.child(Origin::default(), step)
    }

    /// The origin of a value inside `parent`.
    pub fn child(&mut self, parent: Origin, step: Step) -> Origin {
        self.0.push(Node { parent, step });
        Origin(u32::try_from(self.0.len()).unwrap_or(0))
    }

    /// A top-level value together with its origin.
    pub fn at<T>(&mut self, key: &'static str, value: T) -> Sourced<T> {
        Sourced { value, origin: self.root(Step::Key(key)) }
    }

    /// The path of `origin`: `messages[2].content[1]`, `max_tokens`, or empty for the document itself.
    #[must_use]
    pub fn path(&self, origin: Origin) -> String {
        let mut steps = Vec::new();
        let mut at = origin;
        while let Some(node) = self.node(at) {
            steps.push(node.step);
            at = node.parent;
        }
        let mut path = String::new();
        for step in steps.iter().rev() {
            match step {
                Step::Key(key) if path.is_empty() => path.push_str(key),
                Step::Key(key) => {
                    path.push('.');
                    path.push_str(key);
                }
                Step::Index(index) => {
                    let _ = write!(path, "[{index}]");
                }
            }
        }
        path
    }

    fn node(&self, origin: Origin) -> Option<Node> {
        let index = usize::try_from(origin.0).ok()?.checked_sub(1)?;
        self.0.get(index).copied()
    }
}
