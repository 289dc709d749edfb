//! Streams, both ways.

use interlingua_bench as work;
use interlingua_translate::Api;
use serde_json::Value;
use switchyard_translation::codecs::stream::StreamTranslationState;
use switchyard_translation::{TranslationEngine, WireFormat};

use crate::original::Original;
use crate::reference;
use crate::turns::{Asked, Case, Rows, measure};

const PIECES: [usize; 3] = [16 * 1024, 64, 1];

pub fn to_chat(rows: &mut Rows, rounds: u32) {
    const GROUP: &str = "Responses stream to Chat stream";
    let (bytes, reply) = (work::responses_stream(), work::reply(Api::Chat));
    let events = data(&bytes).len() as f64;
    let mut cases = Vec::new();
    for size in PIECES {
        let (bytes, reply) = (&bytes, &reply);
        cases.push(Case::new("the original", move || original(bytes, size)));
        cases.push(Case::new("ours", move || work::translate_stream(reply, bytes, size)));
    }
    cases.push(Case::new("switchyard-translation", || {
        switchyard(&bytes, WireFormat::OpenAiResponses, WireFormat::OpenAiChat)
    }));
    cases.push(Case::new("a typed parse, and no more", || work::parse_stream(&bytes, PIECES[0])));
    cases.push(Case::new("texts moved, and no more", || reference::stream(&bytes, PIECES[0])));
    let measured = measure(cases, rounds);
    let [original, ours, original_64, ours_64, original_1, ours_1, switchyard, parse, moved] = &measured[..] else {
        unreachable!()
    };

    rows.about(
        GROUP,
        "Bytes to bytes: a summary of thoughts, 2,000 deltas of text, a call in 200 deltas of its arguments.",
    );
    let unit = "x the original's speed";
    rows.time(GROUP, "the original, 16 KiB pieces", unit, 1.0, None);
    rows.time(GROUP, "switchyard-translation, whole events", unit, original.times_longer(switchyard), None);
    rows.time(GROUP, "a typed parse and no more, 16 KiB pieces", unit, original.times_longer(parse), None);
    rows.time(GROUP, "texts moved and no more, 16 KiB pieces", unit, original.times_longer(moved), None);
    rows.time(GROUP, "ours, 16 KiB pieces", unit, original.times_longer(ours), Some(Asked { must: 7.0, aim: 15.0 }));
    rows.time(
        GROUP,
        "ours, 64 B pieces",
        unit,
        original_64.times_longer(ours_64),
        Some(Asked { must: 7.0, aim: 12.0 }),
    );
    let unit = "x its own time in 16 KiB pieces";
    rows.time(GROUP, "the original, 1 B pieces", unit, original_1.times_longer(original), None);
    rows.time(GROUP, "ours, 1 B pieces", unit, ours_1.times_longer(ours), Some(Asked { must: 10.0, aim: 6.0 }));
    let unit = "allocations per event";
    for measured in [original, switchyard, parse, moved] {
        rows.count(GROUP, &measured.name, unit, measured.allocations() / events, None);
    }
    rows.count(GROUP, "ours", unit, ours.allocations() / events, Some(Asked { must: 0.3, aim: 0.05 }));
    rows.note("all of them at the beginning and the end; a delta costs none, which a test holds");
}

pub fn to_responses(rows: &mut Rows, rounds: u32) {
    const GROUP: &str = "Chat stream to Responses stream";
    let (bytes, reply) = (work::chat_stream(), work::reply(Api::Responses));
    let events = data(&bytes).len() as f64;
    let measured = measure(
        vec![
            Case::new("switchyard", || switchyard(&bytes, WireFormat::OpenAiChat, WireFormat::OpenAiResponses)),
            Case::new("ours", || work::translate_stream(&reply, &bytes, PIECES[0])),
            Case::new("ours, 64 B", || work::translate_stream(&reply, &bytes, PIECES[1])),
        ],
        rounds,
    );
    let [switchyard, ours, ours_64] = &measured[..] else { unreachable!() };
    rows.about(GROUP, "The same reply as a Chat stream.");
    let unit = "x Switchyard's speed";
    rows.time(GROUP, "switchyard-translation, whole events", unit, 1.0, None);
    rows.time(GROUP, "ours, 16 KiB pieces", unit, switchyard.times_longer(ours), Some(Asked { must: 6.0, aim: 12.0 }));
    rows.note("by instructions, 58 % of it writes each event by its types");
    rows.time(GROUP, "ours, 64 B pieces", unit, switchyard.times_longer(ours_64), None);
    let unit = "allocations per event";
    rows.count(GROUP, "switchyard-translation", unit, switchyard.allocations() / events, None);
    rows.count(GROUP, "ours", unit, ours.allocations() / events, Some(Asked { must: 0.3, aim: 0.05 }));
}

fn original(bytes: &[u8], size: usize) -> usize {
    let (mut bridge, mut out, mut total) = (Original::new(), Vec::with_capacity(64 * 1024), 0);
    for piece in bytes.chunks(size) {
        bridge.bytes(piece, &mut out);
        total += out.len();
        out.clear();
    }
    total
}

/// Of whole events, as the crate does no framing.
fn switchyard(bytes: &[u8], from: WireFormat, to: WireFormat) -> usize {
    let (engine, mut state) = (TranslationEngine::default(), StreamTranslationState::default());
    let mut out = Vec::with_capacity(64 * 1024);
    let mut total = 0;
    let mut write = |events: Vec<Value>| {
        for event in events {
            out.extend_from_slice(b"data: ");
            serde_json::to_writer(&mut out, &event).unwrap();
            out.extend_from_slice(b"\n\n");
        }
        total += out.len();
        out.clear();
    };
    for data in data(bytes) {
        let event: Value = serde_json::from_str(data).unwrap();
        write(engine.translate_event(&mut state, from, to, &event).unwrap());
    }
    write(engine.finish_stream(&mut state, to).unwrap());
    total
}

fn data(bytes: &[u8]) -> Vec<&str> {
    let lines = std::str::from_utf8(bytes).unwrap().lines();
    lines.filter_map(|line| line.strip_prefix("data: ")).filter(|data| *data != "[DONE]").collect()
}
