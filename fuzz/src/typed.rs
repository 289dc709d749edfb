//! What streams consist of is read and written in ways of their own. The types say what is right: here everything goes through
//! them, and has to come out the same.

use std::fmt::Debug;

use interlingua_model::{Collected, Event};
use interlingua_sse::{Eof, Parser};
use interlingua_translate::chat::{self, Chat, Frame};
use interlingua_translate::responses::Responses;
use interlingua_translate::wire::{chat::Chunk, read_json, responses, write_json};
use interlingua_translate::{Api, Dialect, Sent, Style};
use serde::Deserialize;
use serde_json::Value;

use crate::streams::{Emitted, REQUEST, stamp};

/// Holds what was read of a stream against its types.
///
/// # Errors
/// What they read instead.
pub fn reads(upstream: Api, sent: &Sent, bytes: &[u8], events: &[Event<'static>]) -> Result<(), String> {
    let mut json = Ok(());
    frames(bytes, |_, data, _| {
        if json.is_ok() {
            json = same_json(data);
        }
    });
    json?;
    let read = match upstream {
        Api::Chat => chunks(sent, bytes),
        Api::Responses => typed_events(sent, bytes),
        Api::Messages => return Ok(()),
    };
    if read == events { Ok(()) } else { Err(format!("\n  was: {events:?}\ntyped: {read:?}")) }
}

/// Holds what wire reads and writes of JSON against serde_json.
fn same_json(text: &str) -> Result<(), String> {
    fn read<'a, T: Deserialize<'a> + PartialEq + Debug>(text: &'a str) -> Result<Option<T>, String> {
        let [ours, theirs] = [read_json::<T>(text).ok(), serde_json::from_str::<T>(text).ok()];
        if ours == theirs { Ok(ours) } else { Err(format!("\n  read: {ours:?}\nserde: {theirs:?}")) }
    }
    read::<Chunk<'_>>(text)?;
    read::<responses::Event<'_>>(text)?;
    let Some(value) = read::<Value>(text)? else { return Ok(()) };
    let mut written = Vec::new();
    let is_written = write_json(&value, &mut written).is_ok();
    let expected = value.to_string();
    if is_written && written == expected.as_bytes() {
        Ok(())
    } else {
        Err(format!("\nwritten: {}\n  serde: {expected}", String::from_utf8_lossy(&written)))
    }
}

/// The events of a Chat stream of which each chunk is read by its type.
fn chunks(sent: &Sent, bytes: &[u8]) -> Vec<Event<'static>> {
    let mut decoder = Chat::decoder(sent);
    let mut events = Collected::default();
    frames(bytes, |name, data, is_cut| match serde_json::from_str::<Chunk<'_>>(data) {
        Ok(chunk) if name != Some("error") && data.trim() != "[DONE]" => decoder.push(chunk, &mut events),
        _ if is_cut => decoder.read_cut(data, name, &mut events),
        _ => decoder.read(data, name, &mut events),
    });
    let _ = decoder.finish(&mut events);
    events.0
}

/// The events of a Responses stream of which each is read by its type: as the last one of a cut stream is.
fn typed_events(sent: &Sent, bytes: &[u8]) -> Vec<Event<'static>> {
    let mut decoder = Responses::decoder(sent);
    let mut events = Collected::default();
    frames(bytes, |name, data, is_cut| {
        let is_event = responses::Event::parse(data, name).is_ok() && data.trim() != "[DONE]";
        if is_cut || (is_event && !decoder.has_ended()) {
            decoder.read_cut(data, name, &mut events);
        } else {
            decoder.read(data, name, &mut events);
        }
    });
    let _ = decoder.finish(&mut events);
    events.0
}

fn frames(bytes: &[u8], mut take: impl FnMut(Option<&str>, &str, bool)) {
    let mut parser = Parser::new();
    parser.feed(bytes);
    parser.end(Eof::Flush);
    while let Ok(Some(event)) = parser.next_event() {
        take(event.event, event.data, event.cut);
    }
}

/// Holds what was written of events against what their types are written as.
///
/// # Errors
/// What they are written as instead.
pub fn writes(client: Api, events: &[Event<'static>], emitted: &Emitted) -> Result<(), String> {
    if client != Api::Chat {
        return Ok(());
    }
    let mut written = Vec::new();
    let mut encoder = chat::Encoder::new(Chat::context(&REQUEST, &Style::default(), stamp()));
    for event in events {
        encoder.push(event.clone(), &mut |frame| {
            written.push(match frame {
                Frame::Chunk(chunk) => serde_json::to_string(&chunk).unwrap(),
                Frame::Failed(body) => serde_json::to_string(&body).unwrap(),
                Frame::Done => "[DONE]".to_owned(),
            });
        });
    }
    match written.iter().zip(&emitted.data).find(|(typed, data)| typed != data) {
        Some((typed, data)) => Err(format!("\n  was: {data}\ntyped: {typed}")),
        None if written.len() == emitted.data.len() => Ok(()),
        None => Err(format!("{} frames were written, and {} by their types", emitted.data.len(), written.len())),
    }
}
