//! The shape of an event that a stream repeats again and again with little changed: what is the same is compared, and not read
//! again.
//!
//! The types say what an event is. A shape is learnt from an event that was read by its type and found to hold nothing but
//! more of a text; data that differs from that in the text, a number or padding alone would be read as the same event with
//! another text.

use interlingua_wire::{read_escaped, read_plain};

/// The event that was read last, if the next one may repeat it: what there is to know of it, and its shape.
#[derive(Debug, Clone)]
pub(crate) struct Repeat<T> {
    last: Option<(T, Shape)>,
    /// How many shapes in a row were learnt for nothing.
    missed: u32,
    /// What a text with escapes says, while it is read.
    scratch: String,
}

impl<T> Default for Repeat<T> {
    fn default() -> Self {
        Self { last: None, missed: 0, scratch: String::new() }
    }
}

impl<T> Repeat<T> {
    /// Of a server that never repeats an event no more shapes are learnt.
    const MOST_MISSED: u32 = 16;
    /// How many bytes of the scratch are kept from event to event.
    const IDLE_SCRATCH: usize = 16 * 1024;

    /// What is known of an event that is otherwise the last one, and what it says.
    pub(crate) fn again<'d>(&'d mut self, data: &'d str) -> Option<(&'d T, Filled<'d>)> {
        let Self { last, missed, scratch } = self;
        scratch.clear();
        scratch.shrink_to(Self::IDLE_SCRATCH);
        let (known, shape) = last.as_ref()?;
        let filled = shape.fill(data, scratch)?;
        *missed = 0;
        Some((known, filled))
    }

    /// Takes an event that was read by its type; `known` is what there is to know of it if it holds nothing but more of a
    /// text, and the names of the fields that may change. No event before it counts any more.
    pub(crate) fn learn(&mut self, data: &str, known: Option<(T, &[(&str, Hole)])>) {
        self.last = None;
        if let Some((known, fields)) = known.filter(|_| self.missed < Self::MOST_MISSED) {
            self.missed += 1;
            self.last = Shape::of(data, fields).map(|shape| (known, shape));
        }
    }
}

/// An event around what changes in it.
#[derive(Debug, Clone)]
struct Shape {
    /// What stands before each change.
    pieces: Vec<(String, Hole)>,
    end: String,
}

/// What changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Hole {
    /// The text.
    Text,
    /// The event's number.
    Number,
    /// A string that hides how long the text is.
    Padding,
}

/// What an event of a shape says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Filled<'d> {
    pub(crate) text: &'d str,
    pub(crate) number: Option<i64>,
}

impl Shape {
    /// The shape of an event, by the names of the fields that may change. `None` where the text is not found.
    ///
    /// The event must have been read by its type: then a name stands in it once, but for strings, where quotation marks have
    /// backslashes before them.
    fn of(data: &str, fields: &[(&str, Hole)]) -> Option<Self> {
        let mut holes: Vec<(usize, Hole)> = Vec::with_capacity(fields.len());
        for &(name, hole) in fields {
            let quote = if hole == Hole::Number { "" } else { "\"" };
            let begin = |space: &str| {
                let begin = format!("\"{name}\":{space}{quote}");
                data.find(&begin).map(|at| at + begin.len())
            };
            match begin("").or_else(|| begin(" ")) {
                Some(at) => holes.push((at, hole)),
                None if hole == Hole::Text => return None,
                None => {}
            }
        }
        holes.sort_by_key(|(at, _)| *at);
        let (mut pieces, mut rest) = (Vec::with_capacity(holes.len()), data);
        for (at, hole) in holes {
            let (piece, after) = rest.split_at_checked(at.checked_sub(data.len() - rest.len())?)?;
            pieces.push((piece.to_owned(), hole));
            rest = match hole {
                Hole::Text => {
                    let left = read_escaped(after, &mut String::new())?.1.len();
                    data.get(data.len() - left..)?
                }
                Hole::Padding => read_plain(after)?.1,
                Hole::Number => number(after)?.1,
            };
        }
        Some(Self { pieces, end: rest.to_owned() })
    }

    /// What an event of this shape says; `None` for any other. Text that has escapes is put into `scratch`.
    fn fill<'d>(&self, data: &'d str, scratch: &'d mut String) -> Option<Filled<'d>> {
        let Self { pieces, end } = self;
        let mut scratch = Some(scratch);
        let mut filled = Filled { text: "", number: None };
        let mut rest = data;
        for (piece, hole) in pieces {
            rest = rest.strip_prefix(piece.as_str())?;
            match hole {
                Hole::Text => (filled.text, rest) = read_escaped(rest, scratch.take()?)?,
                Hole::Padding => (_, rest) = read_plain(rest)?,
                Hole::Number => {
                    let (number, after) = number(rest)?;
                    filled.number = Some(number);
                    rest = after;
                }
            }
        }
        (rest == end).then_some(filled)
    }
}

/// A whole number as events are numbered, and what follows it.
fn number(text: &str) -> Option<(i64, &str)> {
    const MOST_DIGITS: usize = 18;
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let is_usual = (1..=MOST_DIGITS).contains(&digits) && (digits == 1 || !text.starts_with('0'));
    let (number, after) = text.split_at_checked(digits).filter(|_| is_usual)?;
    Some((number.parse().ok()?, after))
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIELDS: &[(&str, Hole)] = &[("delta", Hole::Text), ("n", Hole::Number), ("pad", Hole::Padding)];

    #[test]
    fn what_changes_is_read_and_all_else_must_be_the_same() {
        let shape = Shape::of(r#"{"n":9,"delta": "a\"b","id":"n\":1","pad":"xy"}"#, FIELDS).unwrap();
        let mut scratch = String::from("left over");
        for (data, said) in [
            (r#"{"n":10,"delta": "","id":"n\":1","pad":""}"#, Some(("", 10))),
            (r#"{"n":0,"delta": "\u00e9\n","id":"n\":1","pad":"zzzzzzzzzzzzz"}"#, Some(("é\n", 0))),
            (r#"{"n":01,"delta": "a","id":"n\":1","pad":"x"}"#, None),
            (r#"{"n":1.5,"delta": "a","id":"n\":1","pad":"x"}"#, None),
            (r#"{"n":1,"delta":"a","id":"n\":1","pad":"x"}"#, None),
            (r#"{"n":1,"delta": "a","id":"n\":2","pad":"x"}"#, None),
            (r#"{"n":1,"delta": "a","id":"n\":1","pad":"x"} "#, None),
            (r#"{"n":1,"delta": "a","id":"n\":1","pad":"x\n"}"#, None),
            (r#"{"n":1,"delta": "a\ud83d","id":"n\":1","pad":"x"}"#, None),
            (r#"{"n":1,"delta": "a"#, None),
            ("", None),
        ] {
            let filled = shape.fill(data, &mut scratch);
            let expected = said.map(|(text, number)| Filled { text, number: Some(number) });
            assert_eq!(filled, expected, "{data}");
        }
    }

    #[test]
    fn a_server_that_never_repeats_an_event_is_given_up() {
        let event = |number: u32, text: &str| format!(r#"{{"id":{number},"delta":"{text}"}}"#);
        let mut repeat = Repeat::default();
        for number in 0..20 {
            assert!(repeat.again(&event(number, "a")).is_none());
            repeat.learn(&event(number, "a"), Some(((), FIELDS)));
        }
        assert!(repeat.again(&event(19, "b")).is_none());

        let mut repeat = Repeat::default();
        for number in 0..20 {
            repeat.learn(&event(number, "a"), Some(((), FIELDS)));
            assert_eq!(repeat.again(&event(number, "b\\n")).map(|((), filled)| filled.text), Some("b\n"));
        }
    }

    #[test]
    fn a_field_that_may_change_may_be_missing_but_for_the_text() {
        let shape = Shape::of(r#"{"delta":"a"}"#, FIELDS).unwrap();
        assert_eq!(shape.fill(r#"{"delta":"b"}"#, &mut String::new()), Some(Filled { text: "b", number: None }));
        assert!(Shape::of(r#"{"n":1,"pad":"a"}"#, FIELDS).is_none());
    }
}
