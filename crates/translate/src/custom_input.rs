//! A custom tool's input as the one string argument of a function, there and back.
//!
//! The way back works on any cut of the stream: each piece of the argument's JSON gives what it says of the text.

use serde::Serialize;
use serde_json::value::RawValue;

use interlingua_model::CustomFormat;
use interlingua_wire::Extra;

/// The arguments of a custom tool that is sent as a function.
pub(crate) const INPUT_PARAMETERS: &str =
    r#"{"type":"object","properties":{"input":{"type":"string"}},"required":["input"],"additionalProperties":false}"#;

/// What a function is said to do that stands for a custom tool: the form of its input with it.
pub(crate) fn describe(description: Option<String>, format: Option<CustomFormat>) -> String {
    let mut text = description.unwrap_or_default();
    if let Some(CustomFormat::Grammar { syntax, definition }) = format {
        let gap = if text.is_empty() { "" } else { "\n\n" };
        text = format!("{text}{gap}The input must follow this {syntax} grammar:\n{definition}");
    }
    text
}

/// The arguments of a function that stands for a custom tool.
pub(crate) fn wrap(input: &str) -> String {
    #[derive(Serialize)]
    struct Wrapped<'a> {
        input: &'a str,
    }
    // Writing a string into a string cannot fail.
    serde_json::to_string(&Wrapped { input }).unwrap_or_default()
}

/// The input in whole arguments, and whether that was all of them; arguments that wrap nothing are the input
/// themselves.
pub(crate) fn unwrap(arguments: &str) -> (String, Rest) {
    let mut unwrapper = Unwrapper::default();
    let mut input = String::new();
    unwrapper.push(arguments, &mut input);
    let rest = unwrapper.finish(&mut input);
    (input, rest)
}

/// What arguments are beside the input that was found in them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rest {
    Nothing,
    /// The wrapping stops before its end: so may the input.
    Cut,
    /// Something stands behind the wrapping.
    More,
}

/// Takes the input out of arguments that arrive in pieces.
///
/// What does not begin as `{"input":"` is kept until the end. Models do forget the wrapping now and then, or make one of
/// their own: an object of one text by another name, a list behind the command they have learnt, a bare JSON text.
#[derive(Debug, Clone, Default)]
pub(crate) struct Unwrapper {
    state: State,
    /// Pieces whose meaning is not known yet.
    kept: String,
}

#[derive(Debug, Clone, Default)]
enum State {
    /// Before the string.
    #[default]
    Head,
    /// In the string.
    Text,
    /// Behind a backslash.
    Escape,
    /// In `\u....`, with the digits so far and how many.
    Unicode { high: Option<u32>, code: u32, digits: u8 },
    /// Behind the first half of a surrogate pair, waiting for `\`, or for the `u` behind it.
    Pair { high: u32, has_backslash: bool },
    /// Behind the string; what follows is kept.
    Done,
    /// It is not the object it should be.
    Other,
}

impl Unwrapper {
    /// Takes a piece and appends what it says.
    pub(crate) fn push(&mut self, piece: &str, out: &mut String) {
        match self.state {
            State::Head => {
                self.kept.push_str(piece);
                match head(&self.kept) {
                    Head::More => {}
                    Head::Other => self.state = State::Other,
                    Head::Text(start) => {
                        let kept = std::mem::take(&mut self.kept);
                        self.state = State::Text;
                        self.text(kept.get(start..).unwrap_or_default(), out);
                    }
                }
            }
            State::Other => self.kept.push_str(piece),
            State::Text
            | State::Escape
            | State::Unicode { high: _, code: _, digits: _ }
            | State::Pair { high: _, has_backslash: _ }
            | State::Done => {
                self.text(piece, out);
            }
        }
    }

    /// Takes the end, appends what is still open, and tells whether it was the end of the wrapping too.
    pub(crate) fn finish(self, out: &mut String) -> Rest {
        match self.state {
            State::Head | State::Other => other(&self.kept, out),
            State::Done => {
                // The text is gone; what closes it is closed as well behind an empty one.
                let (_, rest) = first_value(&format!("{{\"input\":\"\"{}", self.kept));
                rest
            }
            State::Pair { high: _, has_backslash: _ } => {
                out.push(char::REPLACEMENT_CHARACTER);
                Rest::Cut
            }
            State::Text | State::Escape | State::Unicode { high: _, code: _, digits: _ } => Rest::Cut,
        }
    }

    fn text(&mut self, piece: &str, out: &mut String) {
        for c in piece.chars() {
            self.state = match std::mem::take(&mut self.state) {
                State::Text => plain(c, out),
                State::Escape => escaped(c, out),
                State::Unicode { high, code, digits } => unicode(high, code, digits, c, out),
                State::Pair { high, has_backslash: false } if c == '\\' => State::Pair { high, has_backslash: true },
                State::Pair { high, has_backslash: true } if c == 'u' => {
                    State::Unicode { high: Some(high), code: 0, digits: 0 }
                }
                State::Pair { high: _, has_backslash } => {
                    out.push(char::REPLACEMENT_CHARACTER);
                    if has_backslash { escaped(c, out) } else { plain(c, out) }
                }
                state @ (State::Done | State::Head | State::Other) => {
                    self.kept.push(c);
                    state
                }
            };
        }
    }
}

fn plain(c: char, out: &mut String) -> State {
    match c {
        '"' => return State::Done,
        '\\' => return State::Escape,
        c => out.push(c),
    }
    State::Text
}

fn escaped(c: char, out: &mut String) -> State {
    out.push(match c {
        'n' => '\n',
        't' => '\t',
        'r' => '\r',
        'b' => '\u{8}',
        'f' => '\u{c}',
        'u' => return State::Unicode { high: None, code: 0, digits: 0 },
        // The three JSON has (`"`, `\`, `/`), and whatever a model escapes without need.
        other => other,
    });
    State::Text
}

fn unicode(high: Option<u32>, code: u32, digits: u8, c: char, out: &mut String) -> State {
    let Some(digit) = c.to_digit(16) else {
        // No JSON; say that something is missing and go on.
        out.push(char::REPLACEMENT_CHARACTER);
        return plain(c, out);
    };
    let code = code * 16 + digit;
    if digits < 3 {
        return State::Unicode { high, code, digits: digits + 1 };
    }
    let is_high = (0xD800..0xDC00).contains(&code);
    let is_low = (0xDC00..0xE000).contains(&code);
    match high {
        Some(high) if is_low => {
            let joined = 0x1_0000 + ((high - 0xD800) << 10) + (code - 0xDC00);
            out.push(char::from_u32(joined).unwrap_or(char::REPLACEMENT_CHARACTER));
        }
        Some(_) => {
            out.push(char::REPLACEMENT_CHARACTER);
            if is_high {
                return State::Pair { high: code, has_backslash: false };
            }
            out.push(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
        }
        None if is_high => return State::Pair { high: code, has_backslash: false },
        None => out.push(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER)),
    }
    State::Text
}

/// The input in arguments that are not wrapped as they should be.
fn other(arguments: &str, out: &mut String) -> Rest {
    if !arguments.trim_start().starts_with(['{', '"']) {
        out.push_str(arguments);
        return Rest::Nothing;
    }
    let (value, rest) = first_value(arguments);
    if let Some(input) = value.and_then(wrapped) {
        out.push_str(&input);
        return rest;
    }
    out.push_str(arguments);
    if rest == Rest::Cut { Rest::Cut } else { Rest::Nothing }
}

/// The JSON value that a text begins with, and what there is beside it.
fn first_value(text: &str) -> (Option<&RawValue>, Rest) {
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<&RawValue>();
    match values.next() {
        Some(Ok(value)) => {
            let behind = text.get(values.byte_offset()..).unwrap_or_default();
            (Some(value), if behind.trim().is_empty() { Rest::Nothing } else { Rest::More })
        }
        Some(Err(error)) if error.is_eof() => (None, Rest::Cut),
        Some(Err(_)) => (None, Rest::More),
        None => (None, Rest::Nothing),
    }
}

/// The text in a value that is a wrapping, if of another make.
fn wrapped(value: &RawValue) -> Option<String> {
    /// What models that were taught one tool call it, whatever its name is here.
    const LEARNT: &str = "apply_patch";
    let text = value.get();
    if text.starts_with('"') {
        return serde_json::from_str(text).ok();
    }
    let members: Extra = serde_json::from_str(text).ok()?;
    if let Some(input) = members.get("input").and_then(|input| input.parse().ok()) {
        return Some(input);
    }
    let mut all = members.iter();
    let (Some((_, only)), None) = (all.next(), all.next()) else { return None };
    if let Ok(input) = only.parse() {
        return Some(input);
    }
    match <[String; 2]>::try_from(only.parse::<Vec<String>>().ok()?) {
        Ok([command, input]) if command == LEARNT => Some(input),
        Ok(_) | Err(_) => None,
    }
}

enum Head {
    /// It may yet become one.
    More,
    /// It cannot.
    Other,
    /// The text begins here.
    Text(usize),
}

/// Looks for `{"input":"`, white space allowed between the tokens.
fn head(text: &str) -> Head {
    let mut rest = text;
    for token in ["{", "\"input\"", ":", "\""] {
        rest = rest.trim_start_matches([' ', '\t', '\n', '\r']);
        match rest.strip_prefix(token) {
            Some(behind) => rest = behind,
            None if token.starts_with(rest) => return Head::More,
            None => return Head::Other,
        }
    }
    Head::Text(text.len() - rest.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn in_pieces(pieces: &[&str]) -> String {
        let mut unwrapper = Unwrapper::default();
        let mut out = String::new();
        for piece in pieces {
            unwrapper.push(piece, &mut out);
        }
        rests_alike(unwrapper.finish(&mut out), pieces);
        out
    }

    /// What is beside the input does not hang on where the stream was cut.
    fn rests_alike(rest: Rest, pieces: &[&str]) {
        assert_eq!(rest, unwrap(&pieces.concat()).1, "{pieces:?}");
    }

    #[test]
    fn every_cut_gives_the_same_text() {
        let input = "*** Begin Patch\n\t\"q\" \\ / \u{1F600}\u{8}é\u{0} end";
        for arguments in [
            wrap(input),
            format!(" {{\n\"input\" : {} }}", serde_json::to_string(input).unwrap()),
            r#"{"input":"*** Begin Patch\n\t\"q\" \\ \/ \ud83d\uDE00\b\u00e9\u0000 end"}"#.to_owned(),
        ] {
            assert_eq!(unwrap(&arguments), (input.to_owned(), Rest::Nothing));
            let ends: Vec<_> = arguments.char_indices().map(|(at, _)| at).collect();
            for &cut in &ends {
                let (a, b) = arguments.split_at(cut);
                assert_eq!(in_pieces(&[a, b]), input, "cut at {cut}");
            }
            let single: Vec<String> = arguments.chars().map(String::from).collect();
            assert_eq!(in_pieces(&single.iter().map(String::as_str).collect::<Vec<_>>()), input);
        }
    }

    #[test]
    fn text_comes_as_soon_as_it_is_known() {
        let mut unwrapper = Unwrapper::default();
        let mut out = String::new();
        unwrapper.push(r#"{"input":"SEL"#, &mut out);
        assert_eq!(out, "SEL");
        unwrapper.push(r"ECT\", &mut out);
        assert_eq!(out, "SELECT");
        unwrapper.push("n1", &mut out);
        assert_eq!(out, "SELECT\n1");
    }

    #[test]
    fn half_a_surrogate_pair_is_a_replacement_character() {
        assert_eq!(in_pieces(&[r#"{"input":"a\ud83d"}"#]), "a\u{fffd}");
        assert_eq!(in_pieces(&[r#"{"input":"a\ud83db"#]), "a\u{fffd}b");
        assert_eq!(in_pieces(&[r#"{"input":"a\ud83d\nb"#]), "a\u{fffd}\nb");
    }

    #[test]
    fn what_is_not_wrapped_is_the_input_itself() {
        for bare in ["SELECT 1", r#"{"query":1}"#, r#"{"a":"x","b":"y"}"#, "{ x = 1; }", "[\"a\"", "", " "] {
            assert_eq!(in_pieces(&[bare]), bare);
            assert_eq!(unwrap(bare), (bare.to_owned(), Rest::Nothing));
        }
    }

    #[test]
    fn a_wrapping_of_another_make_is_one_too() {
        for arguments in [
            r#"{"patch":"a\nb"}"#,
            r#"{"why":1,"input":"a\nb"}"#,
            r#"{"command":["apply_patch","a\nb"]}"#,
            r#" "a\nb" "#,
        ] {
            assert_eq!(unwrap(arguments), ("a\nb".to_owned(), Rest::Nothing), "{arguments}");
        }
        assert_eq!(unwrap(r#"{"command":["rm","a"]}"#).0, r#"{"command":["rm","a"]}"#);
    }

    #[test]
    fn other_fields_beside_the_input_do_not_hide_it() {
        assert_eq!(in_pieces(&[r#"{"why":"x","#, r#""input":"a"}"#]), "a");
        assert_eq!(in_pieces(&[r#"{"input":"a","why":"x"}"#]), "a");
    }

    #[test]
    fn a_cut_argument_keeps_what_came_and_says_so() {
        for (arguments, input) in [
            (r#"{"input":"a\"#, "a"),
            (r#"{"input":"ab"#, "ab"),
            (r#"{"input":"ab""#, "ab"),
            (r#"{"input":"ab","wh"#, "ab"),
            (r#"{"patch":"ab"#, r#"{"patch":"ab"#),
            ("{", "{"),
        ] {
            assert_eq!(in_pieces(&[arguments]), input);
            assert_eq!(unwrap(arguments), (input.to_owned(), Rest::Cut), "{arguments}");
        }
    }

    #[test]
    fn text_behind_the_wrapping_is_told_of() {
        for arguments in [r#"{"input":"ab"} and more"#, r#"{"patch":"ab"} and more"#, r#"{"input":"ab" and more"#] {
            assert_eq!(unwrap(arguments), ("ab".to_owned(), Rest::More), "{arguments}");
        }
    }
}
