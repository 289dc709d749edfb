//! The rows of the field matrix for the newer names of the Responses API.

use std::fmt::Write as _;

use interlingua_model::{Fold, FoldError};
use interlingua_translate::{ChatUpstream, Loss, LossCode, Sent, chat, responses};
use serde_json::{Value, json};

use super::{leaves, newer, responses_to_chat, shown, stamp};

/// What the Responses API has gained, name by name, in front of a Chat upstream or client.
pub(super) fn rows(page: &mut String) {
    page.push_str(
        "\n## Newer names of the Responses API\n\n\
         In requests towards a Chat upstream, in replies and events towards a Chat client.\n\
         Towards the same API each of them arrives as it was.\n\n\
         | name | where | example | Chat |\n|---|---|---|---|\n",
    );
    let examples = newer::examples();
    assert!(newer::NAMES.iter().all(|name| examples.iter().any(|example| example.name == *name)));
    for example in examples {
        let newer::Example { name, place, fields } = &example;
        let (value, lost) = match place {
            newer::Place::Request => requested(fields),
            newer::Place::Reply | newer::Place::Event => received(&example),
        };
        let _ = writeln!(page, "| `{name}` | {} | `{}` | {} |", place.word(), shown(fields), told(&value, &lost));
    }
}

fn told(paths: &[String], losses: &[Loss]) -> String {
    let losses: Vec<_> = losses
        .iter()
        .map(|loss| {
            let strict = if loss.code.changes_meaning() { ", refused if strict" } else { "" };
            format!("`{}`{strict}", loss.code)
        })
        .collect();
    match (paths.is_empty(), losses.is_empty()) {
        (true, true) => "says nothing".to_owned(),
        (false, true) => paths.join(", "),
        (true, false) => format!("dropped: {}", losses.join("; ")),
        (false, false) => format!("{} ({})", paths.join(", "), losses.join("; ")),
    }
}

/// What is new in a document, compared with the one that has nothing of it.
fn added(value: &Value, base: &Value) -> Vec<String> {
    let base = leaves(base);
    let mut paths: Vec<_> = leaves(value)
        .into_iter()
        .filter(|(path, value)| base.get(path) != Some(value))
        .map(|(path, _)| format!("`{path}`"))
        .collect();
    paths.truncate(3);
    paths
}

fn requested(fields: &Value) -> (Vec<String>, Vec<Loss>) {
    let upstream = ChatUpstream::default();
    let base = responses_to_chat(&newer::request(&json!({})).to_string(), &upstream).unwrap();
    match responses_to_chat(&newer::request(fields).to_string(), &upstream) {
        Ok(written) => (added(&written.value, &base.value), written.losses),
        Err(error) => (vec![format!("refused: `{}`", error.code().unwrap_or("-"))], Vec::new()),
    }
}

/// What a Chat client receives of a streamed reply; the same as of a whole one.
fn received(example: &newer::Example) -> (Vec<String>, Vec<Loss>) {
    let run = |events: Vec<Value>| {
        let mut decoder = responses::Decoder::new(&Sent::unknown(&stamp()));
        let mut fold = Fold::default();
        for event in events {
            decoder.read(&event.to_string(), None, &mut fold);
        }
        let mut losses = decoder.finish(&mut fold).losses;
        let context = chat::Context::unknown(stamp());
        let value = match fold.finish() {
            Ok(reply) => {
                let written = chat::encode_response(reply, &context).unwrap();
                losses.extend(written.losses);
                serde_json::to_value(&written.value).unwrap()
            }
            Err(FoldError::Failed(failure)) => serde_json::to_value(chat::error_body(&failure)).unwrap(),
            Err(error) => panic!("{}: {error}", example.name),
        };
        (value, losses)
    };
    let all = newer::stream(example);
    let plain = if example.place == newer::Place::Event {
        all.iter().filter(|event| event["type"] != example.fields["type"]).cloned().collect()
    } else {
        newer::stream(&newer::Example { fields: json!({}), ..example.clone() })
    };
    let (base, _) = run(plain);
    let (value, losses) = run(all);
    let losses = losses.into_iter().filter(|loss| loss.code != LossCode::EmptyCompletion);
    (added(&value, &base), losses.collect())
}
