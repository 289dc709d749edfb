//! What the folders of the translator keep to: no dialect knows another, none takes a struct half apart, and all of them know
//! documents only, no server.

use super::Finding;
use super::rust::{names, open_patterns, paths, strings};
use super::texts::Texts;

pub(super) const TRANSLATE: &str = "crates/translate/src";
/// Folders of the translator that speak one dialect each.
const DIALECTS: [&str; 3] = ["chat", "responses", "messages"];
/// What the paths in a dialect's documents begin with and in no other's.
const PATHS: [(&[&str], &[&str]); 3] = [
    (&["chat"], &["choices["]),
    (&["chat", "messages"], &["messages["]),
    (&["responses"], &["output[", "input[", "incomplete_details"]),
];
/// What only whoever talks to a server knows.
const SERVER: [&str; 6] = ["authorization", "base_url", "catalogue", "header", "headers", "http"];

/// Checks the translator.
pub(super) fn check(texts: &Texts) -> Vec<Finding> {
    [foreign(texts), foreign_paths(texts), half_taken(texts), servers(texts)].concat()
}

/// Names of one dialect in the code of another.
fn foreign(texts: &Texts) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (file, text) in texts {
        let Some(own) = dialect(file) else { continue };
        for named in paths(text) {
            let is_other = |segment: &String| DIALECTS.iter().any(|other| *other != own && means(segment, other));
            if named.segments.iter().any(is_other) {
                let problem = format!("names `{}`; {own} must not know another dialect", named.segments.join("::"));
                findings.push(Finding::new(format!("{file}:{}", named.line), problem));
            }
        }
    }
    findings
}

/// Paths of one dialect's documents in the strings of another.
fn foreign_paths(texts: &Texts) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (file, text) in texts {
        let Some(own) = dialect(file) else { continue };
        for (line, string) in strings(text) {
            let others = PATHS.iter().filter(|(dialects, _)| !dialects.contains(&own));
            let other = others.into_iter().find(|(_, words)| words.iter().any(|word| string.starts_with(word)));
            if let Some((other, _)) = other {
                let other = other.join(" and ");
                let problem = format!("spells `{string}`, a path of {other}; a place spells itself, by its `Origin`");
                findings.push(Finding::new(format!("{file}:{line}"), problem));
            }
        }
    }
    findings
}

/// Structs that a half takes apart and not whole: a new field would neither be mapped nor lost nor carried.
fn half_taken(texts: &Texts) -> Vec<Finding> {
    let halves = texts.iter().filter(|(file, _)| dialect(file).is_some());
    let patterns = halves.flat_map(|(file, text)| open_patterns(text).into_iter().map(move |line| (file, line)));
    let problem = "leaves fields out with `..`; name them, and write `field: _` for those that are nothing here";
    patterns.map(|(file, line)| Finding::new(format!("{file}:{line}"), problem)).collect()
}

/// The dialect in whose folder a file of the translator is.
fn dialect(file: &str) -> Option<&'static str> {
    let folder = file.strip_prefix(TRANSLATE)?.split('/').nth(1)?;
    DIALECTS.into_iter().find(|dialect| folder == *dialect)
}

/// Whether a name is that of a dialect: `responses` or `Responses`.
fn means(segment: &str, dialect: &str) -> bool {
    let (first, rest) = dialect.split_at(1);
    segment == dialect || segment.strip_prefix(&first.to_uppercase()) == Some(rest)
}

/// Names of what only whoever talks to a server knows: where it is, and how it is asked.
fn servers(texts: &Texts) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (file, text) in texts {
        for (line, name) in names(text) {
            let padded = format!("_{}_", snake(name));
            if SERVER.iter().any(|word| padded.contains(&format!("_{word}_"))) {
                let problem = format!("names `{name}`; a translation knows documents, and its executor the server");
                findings.push(Finding::new(format!("{file}:{line}"), problem));
            }
        }
    }
    findings
}

/// A name in small letters, its words joined by `_`.
fn snake(name: &str) -> String {
    let mut snake = String::with_capacity(name.len());
    for c in name.chars() {
        if c.is_uppercase() && snake.ends_with(|before: char| before.is_lowercase()) {
            snake.push('_');
        }
        snake.extend(c.to_lowercase());
    }
    snake
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(files: &[(&str, &str)]) -> Texts {
        files.iter().map(|(path, text)| (format!("{TRANSLATE}/{path}"), (*text).to_owned())).collect()
    }

    fn problems(findings: Vec<Finding>) -> Vec<String> {
        findings.into_iter().map(|finding| finding.to_string().replace(&format!("{TRANSLATE}/"), "")).collect()
    }

    #[test]
    fn a_dialect_that_names_another_is_found() {
        let tree = tree(&[
            ("chat/request/a.rs", "use interlingua_wire::{\n    Extra, responses as wire,\n};"),
            ("chat/b.rs", "use crate::responses::Echo;"),
            ("responses/c.rs", "fn f() -> Api { Api::Chat }"),
            ("messages/d.rs", "fn f() { wire::responses::g() }"),
        ]);
        assert_eq!(
            problems(foreign(&tree)),
            [
                "chat/b.rs:1: names `crate::responses::Echo`; chat must not know another dialect",
                "chat/request/a.rs:2: names `interlingua_wire::responses`; chat must not know another dialect",
                "messages/d.rs:1: names `wire::responses::g`; messages must not know another dialect",
                "responses/c.rs:1: names `Api::Chat`; responses must not know another dialect",
            ]
        );
    }

    #[test]
    fn a_half_that_leaves_fields_out_is_found() {
        let tree = tree(&[
            ("chat/a.rs", "let wire::Part { text, .. } = part;"),
            ("responses/b.rs", "let part = wire::Part { text, ..wire::Part::default() };"),
            ("translator.rs", "let Asked { request, .. } = asked;"),
        ]);
        let problems = problems(half_taken(&tree));
        assert_eq!(problems.len(), 1, "{problems:?}");
        assert!(problems[0].starts_with("chat/a.rs:1: leaves fields out"), "{problems:?}");
    }

    #[test]
    fn prose_examples_tests_and_fields_may_say_what_they_like() {
        let tree = tree(&[
            (
                "chat/a.rs",
                "/// use interlingua_translate::responses;\n/// responses::decode_request(x)\nuse crate::chat::b::B;",
            ),
            (
                "chat/b.rs",
                "fn f() { wire.messages.len(); \"crate::responses\" }\n#[cfg(test)]\nmod tests {\n    use crate::responses::X;\n}",
            ),
            ("context.rs", "use crate::responses::Echo;"),
        ]);
        assert_eq!(foreign(&tree), []);
    }

    #[test]
    fn a_dialect_that_spells_a_path_of_another_is_found() {
        let tree = tree(&[
            ("chat/a.rs", "fn f(i: u32) -> String { format!(\"output[{i}]\") }"),
            ("chat/b.rs", "const FINISH: &str = \"incomplete_details.reason\";"),
            ("responses/c.rs", "fn f() -> Origin { Origin::of(r\"choices[0].finish_reason\") }"),
        ]);
        assert_eq!(
            problems(foreign_paths(&tree)),
            [
                "chat/a.rs:1: spells `output[{i}]`, a path of responses; a place spells itself, by its `Origin`",
                "chat/b.rs:1: spells `incomplete_details.reason`, a path of responses; a place spells itself, by its `Origin`",
                "responses/c.rs:1: spells `choices[0].finish_reason`, a path of chat; a place spells itself, by its `Origin`",
            ]
        );
    }

    #[test]
    fn own_paths_and_advice_are_no_foreign_paths() {
        let tree = tree(&[
            (
                "chat/a.rs",
                "/// `output[0]`\nconst A: &str = \"choices[0]\";\nconst B: &str = \"send it as input[0] instead\";",
            ),
            (
                "responses/b.rs",
                "const A: &str = \"output[*]\";\n#[cfg(test)]\nmod tests {\n    const B: &str = \"choices[0]\";\n}",
            ),
            ("places.rs", "const A: &str = \"messages[0]\";"),
        ]);
        assert_eq!(foreign_paths(&tree), []);
    }

    #[test]
    fn a_translation_that_knows_its_server_is_found() {
        let tree = tree(&[
            ("translator.rs", "struct Outgoing { base_url: String }"),
            ("chat/a.rs", "use http::HeaderMap;"),
            ("error.rs", "/// The HTTP status; see the headers.\nfn status() { \"check the base URL\" }"),
        ]);
        assert_eq!(
            problems(servers(&tree)),
            [
                "chat/a.rs:1: names `http`; a translation knows documents, and its executor the server",
                "chat/a.rs:1: names `HeaderMap`; a translation knows documents, and its executor the server",
                "translator.rs:1: names `base_url`; a translation knows documents, and its executor the server",
            ]
        );
    }
}
