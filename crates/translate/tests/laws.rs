//! Laws that hold for every fixture and every recording, with no code of their own for any of them.
//!
//! The numbers are those of the list that the project's stream laws are known by: 2 (the fold of a stream is its
//! whole reply), 3 (what is emitted reads back and keeps its order), 6 (a prefix is truncated) and 7 (chunking does
//! not matter), and that no event of a known type is skipped.
#![cfg(test)]
#![expect(clippy::wildcard_enum_match_arm, reason = "a law looks at the kinds it is about")]

mod support;

use std::collections::BTreeSet;

use interlingua_model::{
    Collected, Content, Event, Fold, Item, ItemKind, Message, Part, PartKind, Response, Sink, TextPart, ToolCall,
};
use interlingua_translate::{Context, End, Outcome, chat, responses};
use interlingua_wire as wire;
use libtest_mimic::{Arguments, Failed, Trial};
use support::{ChatReply, Frame, chat_frame, curious_context, decode_responses, events_of_responses, fixtures, frames};

fn main() {
    let mut trials = Vec::new();
    let mut streams = Vec::new();
    for case in fixtures("responses") {
        if let Some(bytes) = case.file("stream.sse") {
            let ends = case.ends("stream");
            let name = case.name.clone();
            trials.push(law(&name, "ends as its case says", move || ends_as_said(ends.as_deref(), &bytes)));
            streams.push((case.name.clone(), case.file("stream.sse").unwrap()));
        }
    }
    for (name, bytes) in support::recordings("responses_stream") {
        streams.push((format!("recordings/{name}"), bytes));
    }
    for (name, bytes) in streams {
        let laws: [(&str, Law); 6] = [
            ("2 fold is the whole reply", fold_is_the_whole_reply),
            ("2 deltas are the finished items", deltas_are_the_finished_items),
            ("3 chunks read back in order", chunks_read_back_in_order),
            ("3 streamed is not streamed", streamed_is_not_streamed),
            ("6 a prefix is truncated", a_prefix_is_truncated),
            ("7 chunking does not matter", chunking_does_not_matter),
        ];
        for (title, check) in laws {
            let bytes = bytes.clone();
            trials.push(law(&name, title, move || check(&bytes)));
        }
    }
    trials.push(Trial::test("recordings: no event of a known type is skipped", nothing_known_is_skipped));
    libtest_mimic::run(&Arguments::from_args(), trials).exit();
}

/// What must hold for the bytes of every stream.
type Law = fn(&[u8]) -> Result<(), Failed>;

fn law(name: &str, title: &str, check: impl FnOnce() -> Result<(), Failed> + Send + 'static) -> Trial {
    Trial::test(format!("{name}: {title}"), check)
}

macro_rules! hold {
    ($left:expr, $right:expr, $($what:tt)+) => {
        let (left, right) = (&$left, &$right);
        if left != right {
            return Err(format!("{}:\n  left: {left:?}\n right: {right:?}", format_args!($($what)+)).into());
        }
    };
}

fn ends_as_said(ends: Option<&str>, bytes: &[u8]) -> Result<(), Failed> {
    let Some(ends) = ends else { return Ok(()) };
    let (_, outcome) = events_of_responses(&frames([bytes]), &curious_context());
    let end = match outcome.end {
        End::Completed => "completed",
        End::Incomplete(_) => "incomplete",
        End::Failed(_) => "failed",
        End::Truncated => "truncated",
    };
    hold!(end, ends, "the end");
    Ok(())
}

/// The terminal response of a stream that has one with something in it.
fn terminal(frames: &[Frame]) -> Option<wire::responses::Response> {
    let parsed = frames.iter().filter_map(|frame| {
        let event = wire::responses::Event::parse(&frame.data, frame.name.as_deref()).ok()?;
        match event {
            wire::responses::Event::Completed(end) | wire::responses::Event::Incomplete(end) => Some(*end.response),
            _ => None,
        }
    });
    let ends: Vec<_> = parsed.collect();
    match <[_; 1]>::try_from(ends) {
        Ok([end]) if end.output.as_ref().is_some_and(|output| !output.is_empty()) => Some(end),
        _ => None,
    }
}

fn fold_is_the_whole_reply(bytes: &[u8]) -> Result<(), Failed> {
    let (frames, context) = (frames([bytes]), curious_context());
    let Some(whole) = terminal(&frames) else { return Ok(()) };
    let mut fold = Fold::default();
    let outcome = decode_responses(&frames, &context, &mut fold);
    if let End::Failed(_) = outcome.end {
        return Ok(());
    }
    let streamed = fold.finish()?;
    let Ok(whole) = responses::decode_response(whole, &context) else { return Ok(()) };
    let whole = whole.value;
    if streamed.items.len() > whole.items.len() {
        // The terminal response of some backends leaves items out that they streamed.
        return Ok(());
    }
    hold!(shapes(&streamed), shapes(&whole), "items");
    hold!(streamed.finish, whole.finish, "how it ended");
    hold!(streamed.usage, whole.usage, "usage");
    hold!(streamed.model, whole.model, "model");
    hold!(streamed.service_tier, whole.service_tier, "service tier");
    hold!(streamed.metadata, whole.metadata, "metadata");
    Ok(())
}

/// Items without what may rightly differ between two views: ids that rotate, sealed blobs that are sealed anew, and
/// parts that say nothing.
fn shapes(response: &Response) -> Vec<String> {
    response.items.iter().map(|item| shape(&item.kind)).collect()
}

fn shape(kind: &ItemKind) -> String {
    match kind {
        ItemKind::Message(Message { content, phase, .. }) => {
            let parts = match content {
                Content::Text(text) => vec![format!("text {text:?}")],
                Content::Parts(parts) => parts.iter().filter_map(part_shape).collect(),
            };
            format!("message {phase:?} {parts:?}")
        }
        ItemKind::ToolCall(ToolCall { call_id, name, namespace, arguments, .. }) => {
            format!("call {call_id} {namespace:?} {name} {arguments:?}")
        }
        ItemKind::Reasoning(reasoning) => format!("reasoning {:?} {:?}", reasoning.summary, reasoning.content),
        ItemKind::ToolResult(result) => format!("result {}", result.call_id),
        ItemKind::Opaque(opaque) => format!("opaque {}", opaque.kind),
    }
}

fn part_shape(part: &Part) -> Option<String> {
    match &part.kind {
        PartKind::Text(TextPart { text, annotations, .. }) if text.is_empty() && annotations.is_empty() => None,
        PartKind::Text(TextPart { text, annotations, .. }) => Some(format!("text {text:?} {annotations:?}")),
        PartKind::Refusal(text) => Some(format!("refusal {text:?}")),
        other => Some(format!("{other:?}")),
    }
}

/// A fold that never sees the items as their protocol repeats them, only what the deltas said.
struct DeltasOnly(Fold);

impl Sink for DeltasOnly {
    fn event(&mut self, event: Event<'_>) {
        self.0.event(match event {
            Event::ItemFinished { index, item: Some(item) } if !matches!(item.kind, ItemKind::Opaque(_)) => {
                Event::ItemFinished { index, item: None }
            }
            other => other,
        });
    }
}

fn deltas_are_the_finished_items(bytes: &[u8]) -> Result<(), Failed> {
    let (frames, context) = (frames([bytes]), curious_context());
    let (mut whole, mut deltas) = (Fold::default(), DeltasOnly(Fold::default()));
    let outcome = decode_responses(&frames, &context, &mut whole);
    let _ = decode_responses(&frames, &context, &mut deltas);
    let contradicts = |loss: &interlingua_translate::Loss| loss.code.as_str() == "stream_mismatch";
    if outcome.losses.iter().any(contradicts) {
        return Ok(());
    }
    match (whole.finish(), deltas.0.finish()) {
        (Ok(whole), Ok(deltas)) => {
            let without_phase = |response: &Response| -> Vec<String> {
                let strip = |item: &Item| match &item.kind {
                    ItemKind::Message(message) => shape(&ItemKind::Message(Message { phase: None, ..message.clone() })),
                    other => shape(other),
                };
                response.items.iter().map(strip).collect()
            };
            hold!(without_phase(&whole), without_phase(&deltas), "items");
        }
        (whole, deltas) => {
            hold!(whole.is_err(), deltas.is_err(), "whether there is a reply");
        }
    }
    Ok(())
}

/// Translates a stream to Chat; the frames as text.
fn to_chat(frames: &[Frame], context: &Context) -> (Vec<String>, Outcome) {
    let mut encoder = chat::Encoder::new(context.clone());
    let mut out = Vec::new();
    let outcome = decode_responses(frames, context, &mut encoder.sink(|frame| out.push(chat_frame(&frame))));
    (out, outcome)
}

fn chunks_read_back_in_order(bytes: &[u8]) -> Result<(), Failed> {
    let (out, outcome) = to_chat(&frames([bytes]), &curious_context());
    let Some((last, chunks)) = out.split_last() else { return Err("nothing was written".into()) };
    let mut heads = BTreeSet::new();
    let (mut finishes, mut saw_usage) = (0, false);
    for (number, text) in chunks.iter().enumerate() {
        let chunk: wire::chat::Chunk<'_> = serde_json::from_str(text)?;
        hold!(&serde_json::to_string(&chunk)?, text, "chunk {number} read back");
        hold!(chunk.extra.is_empty(), true, "unknown fields in chunk {number}");
        hold!(chunk.object.as_deref(), Some("chat.completion.chunk"), "object of chunk {number}");
        heads.insert((chunk.id.map(String::from), chunk.created.map(i64::from), chunk.model.map(String::from)));
        for choice in chunk.choices.unwrap_or_default() {
            hold!(saw_usage, false, "a choice after usage, in chunk {number}");
            hold!(finishes, 0, "a choice after the finish chunk, in chunk {number}");
            let role = choice.delta.and_then(|delta| delta.role);
            hold!(role.is_some(), number == 0, "the role, in chunk {number}");
            finishes += usize::from(choice.finish_reason.is_some());
        }
        saw_usage |= chunk.usage.value().is_some();
    }
    hold!(heads.len() <= 1, true, "different envelopes {heads:?}");
    match outcome.end {
        End::Completed | End::Incomplete(_) if last == "[DONE]" => {
            hold!(finishes, 1, "finish chunks");
        }
        _ => {
            let body: wire::chat::ErrorBody = serde_json::from_str(last)?;
            hold!(body.error.message.is_some_and(|message| !message.is_empty()), true, "the error's message");
            hold!(finishes, 0, "finish chunks of a failed stream");
        }
    }
    Ok(())
}

/// What a Chat client makes of the chunks is what it gets when it does not stream.
fn streamed_is_not_streamed(bytes: &[u8]) -> Result<(), Failed> {
    let (frames, context) = (frames([bytes]), curious_context());
    let (out, outcome) = to_chat(&frames, &context);
    let mismatch = outcome.losses.iter().any(|loss| loss.code.as_str() == "stream_mismatch");
    if mismatch || out.last().map(String::as_str) != Some("[DONE]") {
        return Ok(());
    }
    let mut fold = Fold::default();
    let _ = decode_responses(&frames, &context, &mut fold);
    let mut whole = chat::encode_response(fold.finish()?, &context)?.value;
    let mut choice = whole.choices.take().unwrap_or_default().remove(0);
    let message = choice.message.take().unwrap();
    let text = |content: Option<wire::chat::Content>| match content {
        Some(wire::chat::Content::Text(text)) => text,
        _ => String::new(),
    };
    let whole = ChatReply {
        content: text(message.content),
        refusal: message.refusal.unwrap_or_default(),
        reasoning: message.reasoning_content.unwrap_or_default(),
        annotations: message.annotations.unwrap_or_default(),
        details: message.reasoning_details.unwrap_or_default(),
        calls: message.tool_calls.unwrap_or_default().into_iter().map(call).collect(),
        finish: choice.finish_reason,
        usage: whole.usage,
    };
    hold!(told_together(&out)?, whole, "the reply");
    Ok(())
}

fn call(call: wire::chat::ToolCall) -> (String, String, String) {
    match call {
        wire::chat::ToolCall::Function(call) => {
            let function = call.function.unwrap();
            (call.id.unwrap(), function.name.unwrap(), function.arguments.unwrap())
        }
        wire::chat::ToolCall::Custom(call) => {
            let custom = call.custom.unwrap();
            (call.id.unwrap(), custom.name.unwrap(), custom.input.unwrap())
        }
        wire::chat::ToolCall::Unknown(unknown) => panic!("emitted a call of type {}", unknown.kind),
    }
}

fn told_together(out: &[String]) -> Result<ChatReply, Failed> {
    let mut reply = ChatReply::default();
    for text in out.iter().filter(|text| *text != "[DONE]") {
        let chunk: wire::chat::Chunk<'_> = serde_json::from_str(text)?;
        if let Some(usage) = chunk.usage.into_value() {
            reply.usage = Some(*usage);
        }
        for choice in chunk.choices.unwrap_or_default() {
            let delta = choice.delta.unwrap_or_default();
            if let Some(wire::chat::DeltaContent::Text(text)) = delta.content.value() {
                reply.content.push_str(text);
            }
            reply.refusal.push_str(delta.refusal.value().map_or("", |text| text));
            reply.reasoning.push_str(delta.reasoning_content.as_deref().unwrap_or_default());
            reply.annotations.extend(delta.annotations.unwrap_or_default());
            reply.details.extend(delta.reasoning_details.unwrap_or_default());
            for call in delta.tool_calls.unwrap_or_default() {
                let index = usize::try_from(call.index.unwrap().0)?;
                if index == reply.calls.len() {
                    reply.calls.push(Default::default());
                }
                let told = &mut reply.calls[index];
                told.0.push_str(call.id.as_deref().unwrap_or_default());
                if let Some(function) = call.function {
                    told.1.push_str(function.name.as_deref().unwrap_or_default());
                    told.2.push_str(function.arguments.as_deref().unwrap_or_default());
                }
                if let Some(custom) = call.custom {
                    told.1.push_str(custom.name.as_deref().unwrap_or_default());
                    told.2.push_str(custom.input.as_deref().unwrap_or_default());
                }
            }
            reply.finish = choice.finish_reason.or(reply.finish.take());
        }
    }
    Ok(reply)
}

fn a_prefix_is_truncated(bytes: &[u8]) -> Result<(), Failed> {
    let mut decoder = responses::Decoder::new(&curious_context());
    let mut events = Collected::default();
    for (number, frame) in frames([bytes]).iter().enumerate() {
        let mut cut = Collected::default();
        let outcome = decoder.clone().finish(&mut cut);
        let failed = matches!(cut.0.last(), Some(Event::Failed(_)));
        hold!(failed, true, "the last event of a stream cut before frame {number}");
        if outcome.end != End::Truncated && !matches!(outcome.end, End::Failed(_)) {
            return Err(format!("cut before frame {number}, the stream ended as {:?}", outcome.end).into());
        }
        support::read(&mut decoder, frame, &mut events);
        if decoder.has_ended() {
            return Ok(());
        }
    }
    let end = decoder.finish(&mut events).end;
    hold!(matches!(end, End::Truncated | End::Failed(_)), true, "a stream without a terminal event ended as {end:?}");
    Ok(())
}

fn chunking_does_not_matter(bytes: &[u8]) -> Result<(), Failed> {
    let context = curious_context();
    let whole = events_of_responses(&frames([bytes]), &context);
    let check = |what: &str, frames: &[Frame]| -> Result<(), Failed> {
        hold!(events_of_responses(frames, &context).0 == whole.0, true, "the same events {what}");
        Ok(())
    };
    check("byte by byte", &frames(bytes.chunks(1)))?;
    check("in threes, with nothing between", &frames(bytes.chunks(3).flat_map(|piece| [piece, &[]])))?;
    // Cuts that fall everywhere, and the same ones on every run.
    let mut seed = bytes.len() as u64 | 1;
    for round in 0..8 {
        let mut pieces = Vec::new();
        let mut rest = bytes;
        while !rest.is_empty() {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let (piece, tail) = rest.split_at(1 + (seed >> 33) as usize % rest.len().min(700));
            pieces.push(piece);
            rest = tail;
        }
        check(&format!("in random pieces, round {round}"), &frames(pieces))?;
    }
    Ok(())
}

/// Kinds that real traffic has beside the documented ones; anything else that reads as unknown was skipped.
const UNDOCUMENTED: &[&str] =
    &["keepalive", "response.apply_patch_call_operation_diff.delta", "response.apply_patch_call_operation_diff.done"];

fn nothing_known_is_skipped() -> Result<(), Failed> {
    let mut count = 0_usize;
    for (name, bytes) in support::recordings("responses_stream") {
        for frame in frames([&*bytes]) {
            if frame.data.trim() == "[DONE]" {
                continue;
            }
            count += 1;
            match wire::responses::Event::parse(&frame.data, frame.name.as_deref()) {
                Ok(wire::responses::Event::Unknown(unknown)) if !UNDOCUMENTED.contains(&&*unknown.kind) => {
                    return Err(format!("{name}: `{}` is not known", unknown.kind).into());
                }
                Ok(_) => {}
                Err(error) => return Err(format!("{name}: {error}: {}", frame.data).into()),
            }
        }
    }
    eprintln!("{count} recorded events read");
    Ok(())
}
