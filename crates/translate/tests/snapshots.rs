//! Every translation of every fixture, as snapshots for people to read.
//!
//! A new fixture needs no new code here. `cargo xtask regen-fixtures` rewrites the snapshots; accepting a change is
//! reading its diff. A snapshot shows a change, not truth: what must hold is in `laws.rs`.
#![cfg(test)]

mod support;

use std::fmt::Write as _;

use interlingua_model::{Collected, Event, Sink};
use interlingua_translate::{Loss, Profile, Translated, chat, responses};
use libtest_mimic::{Arguments, Trial};
use serde::Serialize;
use support::{Case, chat_frame, curious_context, fixtures, frames};

fn main() {
    let mut trials = Vec::new();
    for case in fixtures("responses") {
        add(&mut trials, &case, "stream.sse", "stream", "responses-to-model", responses_stream_to_model);
        add(&mut trials, &case, "stream.sse", "stream", "responses-to-chat", responses_stream_to_chat);
        add(&mut trials, &case, "response.json", "response", "responses-to-chat", responses_response_to_chat);
        add(&mut trials, &case, "request.json", "request", "responses-to-chat", responses_request_to_chat);
        add(&mut trials, &case, "request.json", "request", "responses-to-compatible", responses_request_to_compatible);
    }
    for case in fixtures("chat") {
        add(&mut trials, &case, "request.json", "request", "chat-to-responses", chat_request_to_responses);
        add(&mut trials, &case, "request.json", "request", "chat-to-codex", chat_request_to_codex);
        add(&mut trials, &case, "response.json", "response", "chat-to-responses", chat_response_to_responses);
        add(&mut trials, &case, "stream.sse", "stream", "chat-to-responses", chat_stream_to_responses);
    }
    libtest_mimic::run(&Arguments::from_args(), trials).exit();
}

type Translate = fn(&[u8]) -> String;

/// One test, if the case has the file.
fn add(
    trials: &mut Vec<Trial>,
    case: &Case,
    file: &'static str,
    kind: &'static str,
    way: &'static str,
    translate: Translate,
) {
    if !case.dir.join(file).is_file() {
        return;
    }
    let case = case.clone();
    let name = format!("{kind}/{}.{way}", case.short_name());
    trials.push(Trial::test(name, move || {
        check(&case, file, kind, way, translate);
        Ok(())
    }));
}

fn check(case: &Case, file: &str, kind: &str, way: &str, translate: Translate) {
    let text = translate(&case.file(file).unwrap());
    let mut settings = insta::Settings::new();
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.set_snapshot_path(format!("snapshots/{kind}"));
    settings.set_description(format!("fixtures/{}/{file}", case.name));
    settings.bind(|| insta::assert_snapshot!(format!("{}.{way}", case.short_name()), text));
}

fn chat_request_to_responses(body: &[u8]) -> String {
    chat_request(body, &Profile::openai())
}

fn chat_request_to_codex(body: &[u8]) -> String {
    chat_request(body, &Profile::codex())
}

fn chat_request(body: &[u8], profile: &Profile) -> String {
    let wire = match serde_json::from_slice(body) {
        Ok(wire) => wire,
        Err(error) => return format!("unreadable: {error}\n"),
    };
    let translated = chat::decode_request(wire).and_then(|Translated { value, mut losses }| {
        let mut written = responses::encode_request(value, profile)?;
        losses.append(&mut written.losses);
        Ok(Translated { value: written.value, losses })
    });
    whole(translated)
}

fn responses_request_to_chat(body: &[u8]) -> String {
    responses_request(body, &Profile::openai())
}

fn responses_request_to_compatible(body: &[u8]) -> String {
    responses_request(body, &Profile::compatible())
}

fn responses_request(body: &[u8], profile: &Profile) -> String {
    let wire = match serde_json::from_slice(body) {
        Ok(wire) => wire,
        Err(error) => return format!("unreadable: {error}\n"),
    };
    let translated = responses::decode_request(wire).and_then(|Translated { value, mut losses }| {
        let mut written = chat::encode_request(value, profile)?;
        losses.append(&mut written.losses);
        Ok(Translated { value: written.value, losses })
    });
    whole(translated)
}

fn chat_response_to_responses(body: &[u8]) -> String {
    let wire = match serde_json::from_slice(body) {
        Ok(wire) => wire,
        Err(error) => return format!("unreadable: {error}\n"),
    };
    let context = curious_context();
    let translated = chat::decode_response(wire, &context).and_then(|Translated { value, mut losses }| {
        let mut written = responses::encode_response(value, &context)?;
        losses.append(&mut written.losses);
        Ok(Translated { value: written.value, losses })
    });
    whole(translated)
}

/// Events without the echo of the request, which the whole replies show.
fn chat_stream_to_responses(bytes: &[u8]) -> String {
    let context = curious_context();
    let mut decoder = chat::Decoder::new(&context);
    let mut encoder = responses::Encoder::new(context);
    let mut text = String::new();
    for frame in frames([bytes]) {
        let _ = writeln!(text, "< {}", shortened(&frame.data));
        let mut sink = encoder.sink(|event| tell_event(&mut text, &event));
        if frame.cut {
            decoder.read_cut(&frame.data, frame.name.as_deref(), &mut sink);
        } else {
            decoder.read(&frame.data, frame.name.as_deref(), &mut sink);
        }
    }
    text.push_str("finish:\n");
    let outcome = decoder.finish(&mut encoder.sink(|event| tell_event(&mut text, &event)));
    let _ = writeln!(text, "end: {:?}", outcome.end);
    let losses: Vec<_> = outcome.losses.into_iter().chain(encoder.finish()).collect();
    list(&mut text, &losses);
    text
}

/// Writes an event; of a response, only what changes while it streams.
fn tell_event(text: &mut String, event: &interlingua_wire::responses::Event<'_>) {
    const CHANGES: [&str; 7] = ["id", "status", "model", "error", "incomplete_details", "output", "usage"];
    let mut value: serde_json::Value = serde_json::from_str(&serde_json::to_string(event).unwrap()).unwrap();
    if let Some(response) = value.get_mut("response").and_then(serde_json::Value::as_object_mut) {
        response.retain(|key, _| CHANGES.contains(&key.as_str()));
    }
    let _ = writeln!(text, "  > {value}");
}

fn responses_response_to_chat(body: &[u8]) -> String {
    let wire = match serde_json::from_slice(body) {
        Ok(wire) => wire,
        Err(error) => return format!("unreadable: {error}\n"),
    };
    let context = curious_context();
    let translated = responses::decode_response(wire, &context).and_then(|Translated { value, mut losses }| {
        let mut written = chat::encode_response(value, &context)?;
        losses.append(&mut written.losses);
        Ok(Translated { value: written.value, losses })
    });
    whole(translated)
}

/// Each input frame as a `<` line, and under it what it caused.
fn responses_stream_to_chat(bytes: &[u8]) -> String {
    let context = curious_context();
    let mut decoder = responses::Decoder::new(&context);
    let mut encoder = chat::Encoder::new(context);
    let (mut text, mut envelope) = (String::new(), None);
    for frame in frames([bytes]) {
        let _ = writeln!(text, "< {}", shortened(&frame.data));
        let mut sink = encoder.sink(|out| tell(&mut text, &mut envelope, &chat_frame(&out)));
        support::read(&mut decoder, &frame, &mut sink);
    }
    text.push_str("finish:\n");
    let outcome = decoder.finish(&mut encoder.sink(|out| tell(&mut text, &mut envelope, &chat_frame(&out))));
    let _ = writeln!(text, "end: {:?}", outcome.end);
    let losses: Vec<_> = outcome.losses.into_iter().chain(encoder.finish()).collect();
    list(&mut text, &losses);
    text
}

/// Writes an output frame; the envelope that every chunk repeats is spelled out once, and again if it changes.
fn tell(text: &mut String, envelope: &mut Option<String>, frame: &str) {
    let _ = match frame.split_once(r#""choices":"#) {
        Some((head, rest)) if envelope.as_deref() == Some(head) => writeln!(text, r#"  > {{…,"choices":{rest}"#),
        Some((head, _)) => {
            *envelope = Some(head.to_owned());
            writeln!(text, "  > {frame}")
        }
        None => writeln!(text, "  > {frame}"),
    };
}

fn responses_stream_to_model(bytes: &[u8]) -> String {
    struct Told<'t>(&'t mut String);
    impl Sink for Told<'_> {
        fn event(&mut self, event: Event<'_>) {
            let _ = writeln!(self.0, "  > {event:?}");
        }
    }
    let context = curious_context();
    let mut decoder = responses::Decoder::new(&context);
    let mut text = String::new();
    for frame in frames([bytes]) {
        let mut events = Collected::default();
        support::read(&mut decoder, &frame, &mut events);
        let kind = serde_json::from_str::<Tag>(&frame.data).map_or_else(|_| shortened(&frame.data), |tag| tag.r#type);
        let _ = writeln!(text, "< {kind}");
        events.0.into_iter().for_each(|event| Told(&mut text).event(event));
    }
    text.push_str("finish:\n");
    let outcome = decoder.finish(&mut Told(&mut text));
    let _ = writeln!(text, "end: {:?}", outcome.end);
    list(&mut text, &outcome.losses);
    text
}

#[derive(serde::Deserialize)]
struct Tag {
    r#type: String,
}

fn whole<T: Serialize>(translated: Result<Translated<T>, interlingua_translate::Error>) -> String {
    match translated {
        Ok(Translated { value, losses }) => {
            let mut text = serde_json::to_string_pretty(&value).unwrap();
            text.push('\n');
            list(&mut text, &losses);
            text
        }
        Err(error) => format!(
            "refused: {} {} {}\nparam: {}\nmessage: {}\n",
            error.status(),
            error.kind(),
            error.code().unwrap_or("-"),
            error.param().unwrap_or("-"),
            error.message()
        ),
    }
}

fn list(text: &mut String, losses: &[Loss]) {
    text.push_str("losses:\n");
    for loss in losses {
        let _ = writeln!(text, "- {loss}");
    }
}

/// Enough of a frame to see what it is; the fixture has the rest.
fn shortened(data: &str) -> String {
    const ENOUGH: usize = 240;
    if data.chars().count() <= ENOUGH {
        return data.to_owned();
    }
    let head: String = data.chars().take(ENOUGH).collect();
    format!("{head}… ({} bytes)", data.len())
}
