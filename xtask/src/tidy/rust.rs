//! What a Rust file names, says and takes apart, read without a compiler.
//!
//! Comments and tests count for nothing. Of paths only what has a `::` counts, and a `use` of several counts as several.

/// A path such as `crate::chat::Encoder`, and the line it begins in.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Named {
    pub(super) line: usize,
    pub(super) segments: Vec<String>,
    pub(super) purpose: Purpose,
    /// What it is called in this file: its last name, unless an `as` gives it another.
    pub(super) called: String,
}

/// What a path is there for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Code that names it.
    Code,
    /// A `use`: a name for the code of the file.
    Use,
    /// A `pub use`, within any bounds: a name for other files.
    PubUse,
}

/// Every path that the code of a file names.
pub(super) fn paths(text: &str) -> Vec<Named> {
    let tokens = without_tests(&tokens(text));
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        let begins = is_name(token.text) && tokens.get(at + 1).is_some_and(|next| next.text == "::");
        let purpose = purpose(tokens.get(..at).unwrap_or_default());
        at = if begins { path(&tokens, at, &[], (token.line, purpose), &mut found) } else { at + 1 };
    }
    found
}

/// What the path is there for that follows these tokens.
fn purpose(before: &[Token<'_>]) -> Purpose {
    let mut before = before.iter().rev().map(|token| token.text);
    match (before.next(), before.next()) {
        (Some("use"), Some("pub" | ")")) => Purpose::PubUse,
        (Some("use"), _) => Purpose::Use,
        _ => Purpose::Code,
    }
}

/// Every string in the code of a file, without its quotes, and its line.
pub(super) fn strings(text: &str) -> Vec<(usize, &str)> {
    let strings = without_tests(&tokens(text)).into_iter().filter_map(|token| {
        let inside = token.text.strip_prefix('"')?;
        Some((token.line, inside.trim_end_matches('#').strip_suffix('"').unwrap_or(inside)))
    });
    strings.collect()
}

/// Every single name in the code of a file, and its line.
pub(super) fn names(text: &str) -> Vec<(usize, &str)> {
    let tokens = without_tests(&tokens(text));
    tokens.into_iter().filter(|token| is_name(token.text)).map(|token| (token.line, token.text)).collect()
}

/// The lines of the patterns that leave fields out: a `..` that nothing but the end of the braces follows. What stands behind
/// the `..` of an update, as in `..Default::default()`, makes it an expression.
pub(super) fn open_patterns(text: &str) -> Vec<usize> {
    let tokens = without_tests(&tokens(text));
    let rests = tokens.windows(3).filter(|window| window.iter().map(|token| token.text).eq([".", ".", "}"]));
    rests.filter_map(|window| window.first()).map(|token| token.line).collect()
}

#[derive(Clone, Copy, Debug)]
struct Token<'t> {
    text: &'t str,
    line: usize,
}

/// Reads what follows a prefix, and gives the position behind it.
fn path(
    tokens: &[Token<'_>],
    mut at: usize,
    prefix: &[String],
    (line, purpose): (usize, Purpose),
    found: &mut Vec<Named>,
) -> usize {
    let mut segments = prefix.to_vec();
    while let Some(token) = tokens.get(at) {
        if token.text == "{" {
            return group(tokens, at + 1, &segments, purpose, found);
        }
        if !is_name(token.text) {
            break;
        }
        segments.push(token.text.to_owned());
        at += 1;
        if tokens.get(at).is_none_or(|next| next.text != "::") {
            break;
        }
        at += 1;
    }
    let called = match tokens.get(at..).unwrap_or_default() {
        [by, name, ..] if by.text == "as" && purpose != Purpose::Code => name.text,
        _ => segments.iter().rfind(|segment| *segment != "self").map_or("", String::as_str),
    };
    found.push(Named { line, called: called.to_owned(), segments, purpose });
    at
}

/// Reads the paths of a `{..}`, each behind the same prefix.
fn group(tokens: &[Token<'_>], mut at: usize, prefix: &[String], purpose: Purpose, found: &mut Vec<Named>) -> usize {
    let mut is_new = true;
    while let Some(token) = tokens.get(at) {
        at = match token.text {
            "}" => return at + 1,
            // What follows `as` is another name for the same.
            name if is_new && is_name(name) => {
                is_new = false;
                path(tokens, at, prefix, (token.line, purpose), found)
            }
            text => {
                is_new = text == ",";
                at + 1
            }
        };
    }
    at
}

fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_alphabetic() || c == '_')
}

/// The tokens without the items that are compiled for tests only.
fn without_tests<'t>(tokens: &[Token<'t>]) -> Vec<Token<'t>> {
    const MARK: [&str; 7] = ["#", "[", "cfg", "(", "test", ")", "]"];
    let mut kept = Vec::with_capacity(tokens.len());
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        let is_mark = tokens.iter().skip(at).map(|token| token.text).take(MARK.len()).eq(MARK);
        if is_mark {
            at = behind_item(tokens, at + MARK.len());
        } else {
            kept.push(*token);
            at += 1;
        }
    }
    kept
}

/// The position behind the item that begins here: behind its `;`, or the `}` of its body.
fn behind_item(tokens: &[Token<'_>], mut at: usize) -> usize {
    let mut depth = 0_usize;
    while let Some(token) = tokens.get(at) {
        at += 1;
        match token.text {
            "{" | "(" | "[" => depth += 1,
            ")" | "]" => depth = depth.saturating_sub(1),
            "}" => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    break;
                }
            }
            ";" if depth == 0 => break,
            _ => {}
        }
    }
    at
}

fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let (mut rest, mut line) = (text, 1);
    while let Some(first) = rest.chars().next() {
        let length = literal(rest).inspect(|length| tokens.extend(string(rest, *length, line))).unwrap_or_else(|| {
            let is_part = |c: char| c.is_alphanumeric() || c == '_';
            let length = match rest {
                _ if is_part(first) => rest.find(|c| !is_part(c)).unwrap_or(rest.len()),
                _ if rest.starts_with("::") => 2,
                _ => first.len_utf8(),
            };
            if !first.is_whitespace() {
                tokens.push(Token { text: rest.get(..length).unwrap_or_default(), line });
            }
            length
        });
        let (taken, more) = rest.split_at(length);
        line += taken.matches('\n').count();
        rest = more;
    }
    tokens
}

/// The string that a literal is, from its first quote on; raw strings lose their `r`, which would be a name.
fn string(text: &str, length: usize, line: usize) -> Option<Token<'_>> {
    let text = text.get(..length)?.trim_start_matches(['r', '#']);
    text.starts_with('"').then_some(Token { text, line })
}

/// The length of the comment, string, character or lifetime that the text begins with.
fn literal(text: &str) -> Option<usize> {
    if text.starts_with("//") {
        return Some(text.find('\n').unwrap_or(text.len()));
    }
    if text.starts_with("/*") {
        return Some(text.find("*/").map_or(text.len(), |end| end + 2));
    }
    if let Some(quoted) = text.strip_prefix('r') {
        let hashes = quoted.len() - quoted.trim_start_matches('#').len();
        let body = quoted.get(hashes..).and_then(|quoted| quoted.strip_prefix('"'));
        if let Some(body) = body {
            let end = format!("\"{}", "#".repeat(hashes));
            let length = body.find(&end).map_or(body.len(), |at| at + end.len());
            return Some(text.len() - body.len() + length);
        }
    }
    if let Some(body) = text.strip_prefix('"') {
        return Some(1 + closing(body, '"'));
    }
    let body = text.strip_prefix('\'')?;
    let is_character = body.starts_with('\\') || body.chars().nth(1) == Some('\'');
    let is_lifetime = |c: char| c.is_alphanumeric() || c == '_';
    Some(1 + if is_character { closing(body, '\'') } else { body.find(|c| !is_lifetime(c)).unwrap_or(body.len()) })
}

/// How far it is to behind the closing quote.
fn closing(body: &str, quote: char) -> usize {
    let mut is_escaped = false;
    for (at, c) in body.char_indices() {
        match c {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            c if c == quote => return at + c.len_utf8(),
            _ => {}
        }
    }
    body.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(text: &str) -> Vec<String> {
        paths(text).into_iter().map(|path| path.segments.join("::")).collect()
    }

    #[test]
    fn a_use_of_several_names_each_of_them() {
        assert_eq!(
            named("use crate::a::{self, B as C, d::{E, F}, g::*};"),
            ["crate::a::self", "crate::a::B", "crate::a::d::E", "crate::a::d::F", "crate::a::g"]
        );
    }

    #[test]
    fn a_use_says_for_whom_it_is_and_what_it_is_called() {
        let text = "use a::{self, B as C};\npub use d::E;\npub(in crate::f) use g::H as I;\nfn f() { j::K as L }";
        let told: Vec<_> = paths(text).into_iter().map(|path| (path.called, path.purpose)).collect();
        let expected = [
            ("a", Purpose::Use),
            ("C", Purpose::Use),
            ("E", Purpose::PubUse),
            ("f", Purpose::Code),
            ("I", Purpose::PubUse),
            ("K", Purpose::Code),
        ];
        assert_eq!(told, expected.map(|(called, purpose)| (called.to_owned(), purpose)));
    }

    #[test]
    fn a_path_in_the_middle_of_code_counts_too() {
        assert_eq!(named("let x = f(super::g::<u8>(y), crate::A { z });"), ["super::g", "crate::A"]);
        assert_eq!(named("pub(in crate::a) fn f<'a>(x: &'a b::C) {}"), ["crate::a", "b::C"]);
    }

    #[test]
    fn comments_strings_and_tests_name_nothing() {
        for text in [
            "/// See [`B`](crate::a::B).\n//! use crate::a::B;\n// crate::a::B\n/* crate::a::B */",
            "let x = \"\\\"crate::a::B\"; let y = r#\"crate::a\"::B\"#; let z = ['\"', '\\'', ':', ':'];",
            "#[cfg(test)]\nmod tests {\n    use crate::a::B;\n    fn f() { c::d() }\n}",
            "#[cfg(test)]\nuse crate::a::B;",
        ] {
            assert_eq!(named(text), [""; 0], "{text}");
        }
    }

    #[test]
    fn strings_are_told_from_names() {
        let text =
            "// \"no\"\nlet a = f(\"b[\\\"\", r#\"c\"d\"#);\n#[cfg(test)]\nmod tests {\n    const E: &str = \"e\";\n}";
        assert_eq!(strings(text), [(2, "b[\\\""), (2, "c\"d")]);
        assert_eq!(names(text), [(2, "let"), (2, "a"), (2, "f")]);
    }

    #[test]
    fn a_pattern_that_leaves_fields_out_is_told_from_an_update() {
        let text = "let A { b, .. } = a;\nlet A { .. } = a;\nlet a = A { b, ..A::default() };\nlet [first, .., last] = list;\n\
                    // A { .. }\nlet s = \"A { .. }\";\nlet A {\n    b,\n    ..\n} = a;\nlet r = (0..).zip(1..=2);\n\
                    #[cfg(test)]\nmod tests {\n    fn f(A { .. }: A) {}\n}";
        assert_eq!(open_patterns(text), [1, 2, 9]);
    }

    #[test]
    fn a_path_has_the_line_it_begins_in() {
        let lines: Vec<usize> =
            paths("a::B;\n/* \n */ let s = \"\n\";\nc::{\n    D,\n};").iter().map(|path| path.line).collect();
        assert_eq!(lines, [1, 6]);
    }
}
