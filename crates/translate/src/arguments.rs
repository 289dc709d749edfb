//! Arguments of calls, where servers tell them otherwise than as one JSON object in pieces that go on from each other.
//!
//! Some tell in each piece all there is so far, some tell all of it once more at the end, some begin with an empty object that
//! the real one follows, and some put the JSON into a JSON text. Each of them is seen by what no JSON object could be, so that
//! arguments which are as they should be are passed on as they come, unread.

use std::borrow::Cow;

use interlingua_model::Origin;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;

use crate::extent::Extent;
use crate::{Loss, LossCode};

/// What has come of the arguments of one call in pieces.
#[derive(Debug, Clone, Default)]
pub(crate) struct Pieces {
    extent: Extent,
    /// How much of what was said is being told once more, behind its end.
    replayed: usize,
    /// Whether a piece had all that there was so far.
    is_cumulative: bool,
    /// Whether an empty object in one piece is passed on as it comes.
    trusts_empty: bool,
    held: Held,
}

/// Why what was said is not passed on yet.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Held {
    #[default]
    Nothing,
    /// An empty object in one piece: arguments may follow.
    Placeholder,
    /// It begins as a JSON text does.
    Quoted,
}

/// What a piece adds to what was said.
#[derive(Debug, PartialEq, Eq)]
enum Added {
    All,
    /// All from this byte on.
    From(usize),
    Nothing,
    /// So much of what was said once more, and then all.
    Again(usize),
}

impl Pieces {
    /// Of an API that tells the whole of a call once more where it ends, so that an empty object need not wait for what follows.
    pub(crate) fn told_in_full() -> Self {
        Self { trusts_empty: true, ..Self::default() }
    }

    /// Takes all that was said so far, which did not come in pieces: what follows goes on from there, or tells it once more.
    pub(crate) fn go_on_from(&mut self, said: &str) {
        self.extent = Extent::default();
        self.extent.push(said);
        self.replayed = 0;
        self.held = Held::Nothing;
    }

    /// Takes a piece into what was said. What of it to pass on now.
    pub(crate) fn take<'p>(&mut self, said: &mut String, piece: Cow<'p, str>) -> Cow<'p, str> {
        let mut more = match self.added(said, &piece) {
            Added::All => piece,
            Added::Nothing => Cow::Borrowed(""),
            Added::From(from) => match piece {
                Cow::Borrowed(piece) => Cow::Borrowed(piece.get(from..).unwrap_or_default()),
                Cow::Owned(piece) => Cow::Owned(piece.get(from..).unwrap_or_default().to_owned()),
            },
            Added::Again(length) => Cow::Owned(format!("{}{piece}", said.get(..length).unwrap_or_default())),
        };
        if more.is_empty() {
            return more;
        }
        let begins = first(&more);
        let mut kept = String::new();
        if self.held == Held::Placeholder && begins.is_some() {
            self.held = Held::Nothing;
            if begins == Some('{') {
                said.clear();
                self.extent = Extent::default();
            } else {
                kept.clone_from(said);
            }
        }
        if self.extent.is_blank() {
            self.held = match begins {
                Some('{') if !self.trusts_empty && more.trim_ascii() == "{}" => Held::Placeholder,
                Some('"') => Held::Quoted,
                Some(_) | None => Held::Nothing,
            };
        }
        self.extent.push(&more);
        said.push_str(&more);
        if !kept.is_empty() {
            more = Cow::Owned(kept + &more);
        }
        if self.is_holding() { Cow::Borrowed("") } else { more }
    }

    fn added(&mut self, said: &str, piece: &str) -> Added {
        if said.is_empty() || piece.is_empty() {
            return Added::All;
        }
        if self.replayed > 0 || self.extent.is_whole() && first(piece) == Some('{') {
            let expected = said.get(self.replayed..).unwrap_or_default();
            if expected.starts_with(piece) {
                self.replayed = if expected.len() == piece.len() { 0 } else { self.replayed + piece.len() };
                return Added::Nothing;
            }
            let replayed = std::mem::take(&mut self.replayed);
            if piece.starts_with(expected) {
                return Added::From(expected.len());
            }
            // In other words, where it is about as long: whoever sends many short ones has each of them read once.
            if replayed == 0 && piece.len() >= said.len() / 2 && is_same(said, piece) {
                return Added::Nothing;
            }
            return Added::Again(replayed);
        }
        let has_all = piece.len() >= said.len() && piece.starts_with(said) && first(said) == Some('{');
        if has_all && (self.is_cumulative || !may_go_on(said, piece)) {
            self.is_cumulative = true;
            return Added::From(said.len());
        }
        Added::All
    }

    /// Whether all that was said is kept back.
    pub(crate) fn is_holding(&self) -> bool {
        self.held != Held::Nothing
    }

    /// Whether nothing has come, or nothing but an empty object that is kept back.
    pub(crate) fn is_blank(&self) -> bool {
        self.extent.is_blank() || self.held == Held::Placeholder
    }

    /// Whether an object has come to its end.
    pub(crate) fn is_whole(&self) -> bool {
        self.extent.is_whole()
    }

    /// Whether nothing has come to an end but an empty object that may stand for arguments to come.
    pub(crate) fn is_placeholder(&self) -> bool {
        self.held == Held::Placeholder
    }

    /// Ends the call. Makes what was said what it says, where it is a JSON text that was kept back; whether it is to be passed
    /// on now, and whether it was changed.
    pub(crate) fn release(&mut self, said: &mut String) -> Option<Unquoted> {
        if self.held != Held::Quoted {
            return None;
        }
        self.held = Held::Nothing;
        let unquoted = unquoted(said);
        let is_changed = unquoted.is_some();
        *said = unquoted.unwrap_or_else(|| std::mem::take(said));
        Some(Unquoted(is_changed))
    }
}

/// What was kept back is known, and whether it was JSON in a JSON text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Unquoted(pub(crate) bool);

/// The loss of how arguments were told that could only mean one object.
pub(crate) fn mended_arguments(call: Origin) -> Loss {
    let detail = "the arguments were no JSON object, but the text of one, or one several times over";
    Loss::new(call.path(), LossCode::ChangedValue, detail)
}

/// The object that whole arguments are meant to be, where they are not one but can only mean one.
pub(crate) fn mended(arguments: &str) -> Option<String> {
    match first(arguments)? {
        '"' => unquoted(arguments),
        '{' => told_once(arguments.trim_ascii()).map(str::to_owned),
        _ => None,
    }
}

/// The object in a JSON text, or in one inside of that.
fn unquoted(text: &str) -> Option<String> {
    /// How often JSON is put into a text.
    const MOST: usize = 3;
    let mut text: Cow<'_, str> = Cow::Borrowed(text);
    for _ in 0..MOST {
        text = Cow::Owned(serde_json::from_str::<String>(&text).ok()?);
        if is_object(&text) {
            return Some(text.into_owned());
        }
    }
    None
}

/// The object that a text has several times over, or behind an empty one.
fn told_once(text: &str) -> Option<&str> {
    /// How often a text is looked for in itself.
    const MOST: usize = 8;
    let behind = text.strip_prefix("{}").map(str::trim_ascii_start);
    if let Some(behind) = behind.filter(|behind| is_object(behind)) {
        return Some(behind);
    }
    (2..=MOST).find_map(|times| {
        let unit = text.get(..text.len() / times).filter(|unit| unit.len() * times == text.len())?;
        let repeats = !unit.is_empty() && text.as_bytes().chunks(unit.len()).all(|other| other == unit.as_bytes());
        (repeats && is_object(unit)).then_some(unit)
    })
}

fn is_object(text: &str) -> bool {
    first(text) == Some('{') && serde_json::from_str::<&RawValue>(text).is_ok()
}

fn is_same(one: &str, other: &str) -> bool {
    let read = |text: &str| serde_json::from_str::<serde_json::Value>(text).ok();
    read(other).is_some_and(|other| read(one).is_some_and(|one| one == other))
}

/// Whether JSON could begin so.
fn may_go_on(said: &str, piece: &str) -> bool {
    serde_json::from_str::<IgnoredAny>(&format!("{said}{piece}")).map_or_else(|error| error.is_eof(), |_| true)
}

fn first(text: &str) -> Option<char> {
    text.trim_ascii_start().chars().next()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is passed on, and what was said in the end.
    fn told(pieces: &[&str]) -> (Vec<String>, String) {
        let (mut state, mut said) = (Pieces::default(), String::new());
        let mut passed: Vec<_> =
            pieces.iter().map(|piece| state.take(&mut said, Cow::Borrowed(piece)).into_owned()).collect();
        if state.release(&mut said).is_some() {
            passed.push(said.clone());
        }
        passed.retain(|piece| !piece.is_empty());
        (passed, said)
    }

    #[test]
    fn pieces_that_go_on_are_passed_on_as_they_come() {
        for pieces in [
            &["{", "\"a\":", "{\"a\":", "1}", "}"][..],
            &["{\"", "{\"", ":1}"],
            &["{\"a\":\"}", "{", "}{\"}"],
            &["{", "}"],
            &["not", " JSON", " JSON"],
            &["{\"a\":1}", "{\"b\":2}"],
            &["{\"a\":1}", "{\"a\"", ":2}"],
        ] {
            let (passed, said) = told(pieces);
            assert_eq!(passed.concat(), pieces.concat());
            assert_eq!(said, pieces.concat());
        }
    }

    #[test]
    fn what_is_told_again_is_passed_on_once() {
        for pieces in [
            &["{", "{\"a\"", "{\"a\":", "{\"a\":{\"a\":1", "{\"a\":{\"a\":1}}"][..],
            &["{\"a\":{\"a\":", "1}}", "{\"a\":{\"a\":1}}"],
            &["{\"a\":{\"a\":1}}", "{\"a\":", "{\"a\":1", "}}"],
            &["{\"a\":{\"a\":1}}", "{\"a\": {\"a\": 1}}"],
            &["{}", "{\"a\":{", "\"a\":1}}"],
            &["{}", "{", "\"a\":{\"a\":1}}"],
            &["\"{\\\"a\\\":{\\\"a", "\\\":1}}\""],
            &["{}", "{}", "{\"a\":{\"a\":1}}"],
        ] {
            let (passed, said) = told(pieces);
            assert_eq!(
                (passed.concat().as_str(), said.as_str()),
                (r#"{"a":{"a":1}}"#, r#"{"a":{"a":1}}"#),
                "{pieces:?}"
            );
        }
    }

    #[test]
    fn what_came_whole_is_told_again_in_pieces() {
        let (mut state, mut said) = (Pieces::told_in_full(), r#"{"a":{"a":1}}"#.to_owned());
        state.go_on_from(&said);
        for piece in ["{\"a\":", "{\"a\"", ":1}", "}"] {
            assert_eq!(state.take(&mut said, Cow::Borrowed(piece)), "", "{piece}");
        }
        assert_eq!(said, r#"{"a":{"a":1}}"#);
        assert_eq!(state.take(&mut said, Cow::Borrowed("x")), "x");
    }

    #[test]
    fn a_text_that_is_no_object_stays_one() {
        assert_eq!(told(&["\"a ", "b\""]).0.concat(), "\"a b\"");
        assert_eq!(told(&["\"cut"]).0.concat(), "\"cut");
        for as_it_is in [r#"{"a":"{}{}"}"#, "{}", "", "\"x\"", "{\"a\":1}{\"a\":2}", "{{", "\"{\"", "{}x", "{} "] {
            assert_eq!(mended(as_it_is), None, "{as_it_is}");
        }
        for more_than_it_is in [
            r#"{"a":1}{"a":1}"#,
            r#"{}{"a":1}"#,
            r#"{"a":1}{"a":1}{"a":1}"#,
            r#""{\"a\":1}""#,
            r#""\"{\\\"a\\\":1}\"""#,
        ] {
            assert_eq!(mended(more_than_it_is).as_deref(), Some(r#"{"a":1}"#), "{more_than_it_is}");
        }
    }
}
