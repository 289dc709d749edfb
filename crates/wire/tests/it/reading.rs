//! What is read in ways of our own, held to serde_json: over bodies as they are recorded, and damaged at every place.

#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "what fails in a helper fails the test, and it reads the fixtures"
)]

use std::fmt::Debug;
use std::path::Path;

use interlingua_wire::{Json, chat, messages, read_json, responses};
use serde::Deserialize;
use serde_json::Value;

/// What serde_json and serde_path_to_error make of a text: the value, or the path and the error without its position.
fn told<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, (String, String)> {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let read = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        let path = error.path().to_string();
        (if path == "." { String::new() } else { path }, error.into_inner())
    });
    let read = read.and_then(|value| deserializer.end().map(|()| value).map_err(|error| (String::new(), error)));
    read.map_err(|(path, error)| (path, unplaced(&error)))
}

fn unplaced(error: &serde_json::Error) -> String {
    let place = format!(" at line {} column {}", error.line(), error.column());
    let message = error.to_string();
    message.strip_suffix(&place).unwrap_or(&message).to_owned()
}

/// Whether the text was read.
#[track_caller]
fn same<'a, T: Deserialize<'a> + PartialEq + Debug>(text: &'a str) -> bool {
    let ours = read_json::<T>(text).map_err(|unread| (unread.path, unplaced(&unread.error)));
    let theirs = told::<T>(text);
    // Of what is no JSON only that is told.
    if serde_json::from_str::<&serde_json::value::RawValue>(text).is_err() {
        assert!(ours.is_err() && theirs.is_err(), "{text}");
    } else {
        assert_eq!(ours, theirs, "{text}");
    }
    theirs.is_ok()
}

fn all(text: &str) -> bool {
    let read = [
        same::<Value>(text),
        same::<Json>(text),
        same::<chat::Request>(text),
        same::<chat::Response>(text),
        same::<responses::Request>(text),
        same::<responses::Response>(text),
        same::<responses::Event<'_>>(text),
        same::<messages::Request>(text),
        same::<chat::Chunk<'_>>(text),
    ];
    read.contains(&true)
}

#[test]
fn values_of_every_kind() {
    for text in [
        "null",
        "true",
        "false",
        "0",
        "-0",
        "1",
        "-1",
        "18446744073709551615",
        "18446744073709551616",
        "1.5",
        "-1e3",
        "1E+2",
        "1e400",
        "01",
        "1.",
        ".5",
        "+1",
        "-",
        "1e",
        "nul",
        "tru",
        "nullx",
        "\"\"",
        "\"a\\n\\u00fc\\ud83d\\ude00\"",
        "\"\\ud83d\"",
        "\"\\x\"",
        "\"\\",
        "\"a",
        "\"\u{1}\"",
        "[]",
        "[1]",
        "[1,]",
        "[,1]",
        "[1 2]",
        "[1",
        "{}",
        "{\"a\":1}",
        "{\"a\":1,}",
        "{,}",
        "{\"a\" 1}",
        "{\"a\":}",
        "{a:1}",
        "{1:1}",
        "{\"a\":1 \"b\":2}",
        "{\"a\":1",
        " [ 1 , { \"a\\n\" : [ ] } ] ",
        "[1]x",
        "",
        " ",
        "\u{feff}1",
        "{\"a\":1,\"a\":2}",
        "[[[[]]]]",
        "\"\\é\"",
    ] {
        same::<Value>(text);
        same::<Json>(text);
        same::<Option<Vec<u8>>>(text);
        same::<Vec<Option<String>>>(text);
        same::<(f64, Option<bool>)>(text);
        same::<std::collections::BTreeMap<String, i128>>(text);
    }
}

#[test]
fn strings_with_escapes_in_front_of_much_else() {
    let long = "x".repeat(5000);
    let large = "y\\n\\u00fc".repeat(20_000);
    for text in ["a\\n\\\"b", "\\ud83d\\ude00", "\\ud83d", "\\x", "\\u00fc\\/", "", &large] {
        same::<Vec<Value>>(&format!("[\"{text}\",\"{text}\",{{\"{text}\":1}},\"{long}\"]"));
        same::<Vec<String>>(&format!("[\"{text}\",\"b\\n\",\"{long}\",\"{text}\",1]"));
    }
}

#[test]
fn what_lies_too_deep_is_refused_as_serde_json_refuses_it() {
    for depth in [1, 126, 127, 128, 129, 1000] {
        same::<Value>(&format!("{}1{}", "[".repeat(depth), "]".repeat(depth)));
        same::<Value>(&format!("{}1{}", "{\"a\":".repeat(depth), "}".repeat(depth)));
    }
}

#[test]
fn what_has_the_wrong_shape_is_told_in_the_same_words() {
    let mut wrong = 0;
    for text in [
        r#"{"messages":[{"role":"user","content":5}]}"#,
        r#"{"messages":[{"content":[{"text":5,"type":"text"}],"role":"user"}]}"#,
        r#"{"messages":[{"role":"assistant","tool_calls":[{"id":"c","type":"function","function":{"name":1}}]}]}"#,
        r#"{"messages":[{"role":"assistant","tool_calls":[{"type":"function","function":[]}]}]}"#,
        r#"{"messages":[{"role":"user"},{"content":"x"}]}"#,
        r#"{"messages":[{"role":"user","role":"user"}],"n\"x":[1.5,-1]}"#,
        r#"{"model":"m","model":"m"}"#,
        r#"{"stream":"yes"}"#,
        r#"{"tools":[{"type":"function","function":{"parameters":{"a":[1]},"strict":1}}]}"#,
        r#"{"max_tokens":99999999999999999999}"#,
        r#"{"input":[{"type":"message","role":"user","content":[{"type":"input_text"}]}]}"#,
        r#"{"input":[{"type":"reasoning","summary":[{"type":"summary_text","text":null},{"text":""}]}]}"#,
        r#"{"input":true}"#,
        r#"{"stop":[1]}"#,
        r#"{"choices":[{"index":"0"}]}"#,
        "[1]",
    ] {
        wrong += usize::from(!all(text) || read_json::<chat::Request>(text).is_err());
    }
    assert!(wrong > 10, "{wrong}");
}

/// Each body in the fixtures, cut short and with other bytes here and there.
#[test]
fn bodies_whole_and_damaged() {
    let mut read = 0;
    for text in bodies() {
        read += usize::from(all(&text));
        let mut places: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
        let step = (places.len() / 12).max(1);
        places.retain(|at| at % step == 0 || text.get(*at..).is_some_and(|rest| rest.starts_with("\":")));
        for at in places.into_iter().take(10) {
            let (before, after) = text.split_at(at);
            for other in ["", "\"", "{", "]", ",", "1", "\\", "null,"] {
                let mut rest = after.chars();
                rest.next();
                all(&format!("{before}{other}{}", rest.as_str()));
            }
            all(before);
        }
    }
    assert!(read > 50, "{read}");
}

/// The smaller bodies among the fixtures.
fn bodies() -> Vec<String> {
    fn collect(folder: &Path, into: &mut Vec<String>) {
        let mut entries: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        entries.sort();
        for path in entries {
            if path.is_dir() {
                collect(&path, into);
            } else if path.extension().is_some_and(|extension| extension == "json") {
                into.extend(std::fs::read_to_string(path).ok().filter(|text| text.len() < 4000));
            }
        }
    }
    let mut bodies = Vec::new();
    collect(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures"), &mut bodies);
    // Enough of them, from all over.
    let step = (bodies.len() / 60).max(1);
    bodies.into_iter().step_by(step).collect()
}
