//! What must be true of every reply, from an upstream of any API to a client of any.
// Long because: one law after another, each short.

use interlingua_model::{Event, Failure, Fold, FoldError, ItemKind, Sink};
use interlingua_sse::Parser;
use interlingua_translate::{Api, End, LossCode, Outcome, Stage, Translator};

use crate::pair::{Answered, Asked, Pair, answer, reading};
use crate::passed::tells;
use crate::said::{coarse_end, images_last, in_common, said, shapes, shapes_without_phase};
use crate::support::{Frame, Received, frames, stamp, upstreams};
use crate::told::{Told, Twin};
use crate::{About, Law, Verdict, keys, targets};

pub(crate) const LAWS: &[Law<Told>] = &[
    ("what is emitted reads back as the same reply", reads_back),
    ("a stream says what the whole reply says", streamed_is_whole),
    ("a stream put together is the whole reply", together_is_whole),
    ("a reply that is told both ways is one reply", twins_are_one),
    ("a prefix of a stream is never a success", a_prefix_never_succeeds),
    ("chunking does not matter", chunking_does_not_matter),
    ("a stream keeps its order", keeps_its_order),
    ("no key stands twice", no_key_twice),
    (HISTORY, is_a_history),
    ("a reply that is stopped says so once", stopped_is_told_once),
];

pub(crate) const HISTORY: &str = "a whole reply is a history for any upstream";

/// Laws of one API alone.
pub(crate) const LAWS_OF_ONE: &[Law<Told>] = &[
    ("a fixture ends as its case says", ends_as_said),
    ("deltas are the finished items", deltas_are_the_finished_items),
    ("a reply that passes by is judged as one that is read", watched_is_read),
];

/// One end in a word.
fn word(end: &End) -> &'static str {
    match end {
        End::Completed => "completed",
        End::Incomplete(_) => "incomplete",
        End::Failed(_) => "failed",
        End::Truncated => "truncated",
    }
}

fn is_success(outcome: &Outcome) -> bool {
    outcome.failure().is_none()
}

fn ends_as_said(pair: Pair, told: &Told) -> Verdict {
    let Told { bytes, request, ends: Some(ends), .. } = told else { return Ok(About::Another) };
    hold!(word(&pair.read(request, bytes).outcome.end), ends, "the end");
    Ok(About::It)
}

fn reads_back(pair: Pair, told: &Told) -> Verdict {
    let Told { bytes, request, .. } = told;
    let direct = pair.read(request, bytes);
    for asked in Asked::BOTH {
        let Answered { frames, outcome, .. } = pair.answer(request, asked, bytes);
        let back = pair.read_back(request, asked, &frames);
        if is_success(&direct.outcome) && !is_success(&outcome) {
            // The only reason to fail what the upstream did not: something the client would have to do and cannot be told.
            let code = outcome.failure().and_then(|failure| failure.code);
            hold!(code.as_deref(), Some("unsupported_item"), "{asked:?}: why it fails");
        }
        if is_success(&outcome) {
            hold!(outcome.end, direct.outcome.end, "{asked:?}: the end");
            hold!(coarse_end(&back.outcome.end, pair), coarse_end(&outcome.end, pair), "{asked:?}: the end, read back");
            let (Ok(direct), Ok(back)) = (&direct.response, &back.response) else { return Err("no reply".to_owned()) };
            hold!(in_common(said(back), pair), in_common(said(direct), pair), "{asked:?}: what was said");
        } else if asked == Asked::Whole {
            hold!(frames, Vec::new(), "what a client that waits for a whole reply receives of a failed one");
        } else {
            let Err(FoldError::Failed(failure)) = &back.response else {
                return Err(format!("a failure reads back as {:?}", back.response));
            };
            let message = outcome.failure().map(|failure| failure.message).unwrap_or_default();
            // Where an error has no field for the place, its message begins with it.
            hold!(failure.message.ends_with(&message), true, "the message {:?} of {message:?}", failure.message);
        }
        let mut losses = back.outcome.losses;
        // That nothing was said is told again, and sealed thoughts go back to their own upstream only. An event that no
        // reference knows is passed on to its own API, and is as unknown there.
        losses.retain(|loss| {
            use LossCode::{DroppedReasoning, EmptyCompletion, UnknownEvent};
            !matches!(loss.code, EmptyCompletion | DroppedReasoning | UnknownEvent)
        });
        hold!(losses, Vec::new(), "{asked:?}: losses of what was just written");
    }
    Ok(About::It)
}

fn streamed_is_whole(pair: Pair, told: &Told) -> Verdict {
    let Told { bytes, request, .. } = told;
    if bytes.is_empty() {
        // A stream that stopped, and a whole reply that has never begun.
        return Ok(About::Another);
    }
    let [streamed, whole] = Asked::BOTH.map(|asked| pair.answer(request, asked, bytes));
    hold!(streamed.outcome.end, whole.outcome.end, "the end");
    if !is_success(&streamed.outcome) {
        return Ok(About::It);
    }
    // A block of Messages is over when its citations come late, and Chat has one place for all thoughts.
    let is_late = streamed.outcome.losses.iter().any(|loss| loss.code == LossCode::DroppedAnnotation);
    let is_mixed = pair.to == Api::Chat && pair.from == Api::Messages;
    let streamed =
        pair.read_back(request, Asked::Streamed, &streamed.frames).response.map_err(|error| error.to_string())?;
    let whole = pair.read_back(request, Asked::Whole, &whole.frames).response.map_err(|error| error.to_string())?;
    if !is_late && !is_mixed {
        let told = |response| if pair.to == Api::Chat { images_last(shapes(response)) } else { shapes(response) };
        hold!(told(&streamed), told(&whole), "items");
    }
    hold!(in_common(said(&streamed), pair), in_common(said(&whole), pair), "what was said");
    // Ids and times may change while a reply streams, and its frames keep the first.
    hold!(streamed.model, whole.model, "the model");
    Ok(About::It)
}

fn together_is_whole(pair: Pair, told: &Told) -> Verdict {
    let Told { bytes, request, .. } = told;
    let [streamed, whole] = Asked::BOTH.map(|asked| pair.answer(request, asked, bytes));
    if !is_success(&streamed.outcome) {
        return Ok(About::Another);
    }
    let [whole] = &whole.frames[..] else { return Err(format!("a whole reply in {} pieces", whole.frames.len())) };
    targets::together(pair.to, &streamed.frames, &whole.data)?;
    Ok(About::It)
}

fn is_a_history(pair: Pair, told: &Told) -> Verdict {
    let Told { bytes, request, .. } = told;
    let Answered { frames, outcome, .. } = pair.answer(request, Asked::Whole, bytes);
    let [whole] = &frames[..] else { return Ok(About::Another) };
    if !is_success(&outcome) {
        return Ok(About::Another);
    }
    let body = targets::goes_on(pair.to, &whole.data).to_string();
    for &api in Api::ALL {
        for (way, upstream) in upstreams(api) {
            let fail = |error: String| format!("for {way}: {error}");
            let outgoing = Translator::new(pair.to).request(body.as_bytes(), &upstream, stamp());
            let outgoing = outgoing.map_err(|error| fail(error.to_string()))?;
            targets::request(api, &serde_json::from_slice(&outgoing.body).unwrap_or_default()).map_err(fail)?;
        }
    }
    Ok(About::It)
}

fn twins_are_one(pair: Pair, told: &Told) -> Verdict {
    let Told { bytes, request, twins, .. } = told;
    let mut about = About::Another;
    for Twin { bytes: twin, is_another } in twins {
        let said = |asked, bytes: &[u8]| {
            let Answered { frames, outcome, .. } = pair.answer(request, asked, bytes);
            let response = pair.read_back(request, asked, &frames).response.ok()?;
            let said = said(&response);
            let said = in_common(said, pair);
            is_success(&outcome).then(|| if *is_another { said.without_ids_and_usage() } else { said })
        };
        let Some(first) = said(Asked::Streamed, bytes) else { continue };
        for asked in Asked::BOTH {
            hold!(said(asked, twin), Some(first.clone()), "{asked:?}: the other telling");
        }
        about = About::It;
    }
    Ok(about)
}

/// A fold that never sees the items as their protocol repeats them, only what the deltas said.
pub(crate) struct DeltasOnly(pub(crate) Fold);

impl Sink for DeltasOnly {
    fn event(&mut self, event: Event<'_>) {
        self.0.event(match event {
            Event::ItemFinished { index, item: Some(item) }
                if !matches!(item.kind, ItemKind::ImageGeneration(_) | ItemKind::Opaque(_)) =>
            {
                Event::ItemFinished { index, item: None }
            }
            other => other,
        });
    }
}

fn deltas_are_the_finished_items(pair: Pair, told: &Told) -> Verdict {
    let direct = pair.read(&told.request, &told.bytes);
    if direct.outcome.losses.iter().any(|loss| loss.code == LossCode::StreamMismatch) {
        return Ok(About::Another);
    }
    let mut deltas = DeltasOnly(Fold::default());
    let mut events = reading(pair.from, &told.request).events();
    events.bytes(&told.bytes, &mut deltas);
    let _ = events.finish(&mut deltas);
    let shapes = |response: Result<_, FoldError>| response.map(|response| shapes_without_phase(&response));
    hold!(shapes(direct.response), shapes(deltas.0.finish()), "items");
    Ok(About::It)
}

/// Where a reply of so many bytes or events is cut: at both ends and between; less often where nothing is written anyway.
fn cuts(asked: Asked, end: usize) -> impl Iterator<Item = usize> {
    let count = if asked == Asked::Streamed { 6 } else { 2 };
    (0..end).step_by(end / count + 1).chain([end])
}

/// Where in the bytes each event begins.
fn beginnings(bytes: &[u8]) -> Vec<(usize, Frame)> {
    let mut parser = Parser::new();
    let (mut found, mut begin) = (Vec::new(), 0);
    for (at, byte) in bytes.iter().enumerate() {
        parser.feed(std::slice::from_ref(byte));
        while let Ok(Some(event)) = parser.next_event() {
            let frame = Frame { name: event.event.map(str::to_owned), data: event.data.to_owned(), cut: event.cut };
            found.push((begin, frame));
            begin = at + 1;
        }
    }
    found
}

fn a_prefix_never_succeeds(pair: Pair, told: &Told) -> Verdict {
    let Told { bytes, request, is_stream: true, .. } = told else { return Ok(About::Another) };
    let Some((end, _)) = beginnings(bytes).into_iter().find(|(_, frame)| targets::may_end(pair.from, frame)) else {
        return Ok(About::Another);
    };
    for asked in Asked::BOTH {
        let reply = pair.reply(request, asked);
        for cut in cuts(asked, end) {
            let Answered { frames, outcome, .. } = answer(&reply, [&bytes[..cut]]);
            hold!(is_success(&outcome), false, "{asked:?}: whether it is a success after {cut} bytes");
            match asked {
                Asked::Whole => {
                    hold!(frames, Vec::new(), "what is written of a reply that is cut");
                }
                Asked::Streamed => {
                    targets::order(pair.to, &frames, &outcome)
                        .map_err(|error| format!("after {cut} bytes: {error}"))?;
                }
            }
        }
    }
    Ok(About::It)
}

fn chunking_does_not_matter(pair: Pair, told: &Told) -> Verdict {
    let Told { bytes, request, .. } = told;
    for asked in Asked::BOTH {
        let reply = pair.reply(request, asked);
        let whole = answer(&reply, [&bytes[..]]);
        if asked == Asked::Streamed {
            hold!(answer(&reply, bytes.chunks(1)), whole, "byte by byte");
            let gaps = bytes.chunks(3).flat_map(|piece| [piece, &[]]);
            hold!(answer(&reply, gaps), whole, "in threes, with nothing between");
        }
        // Cuts that fall everywhere, and the same ones on every run.
        let mut seed = bytes.len() as u64 | 1;
        for round in 0..=usize::from(asked == Asked::Streamed) {
            let mut pieces = Vec::new();
            let mut rest = &bytes[..];
            while !rest.is_empty() {
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                let (piece, tail) = rest.split_at(1 + (seed >> 33) as usize % rest.len().min(700));
                pieces.push(piece);
                rest = tail;
            }
            hold!(answer(&reply, pieces), whole, "{asked:?}: in random pieces, round {round}");
        }
    }
    Ok(About::It)
}

fn keeps_its_order(pair: Pair, told: &Told) -> Verdict {
    let Answered { frames, outcome, .. } = pair.answer(&told.request, Asked::Streamed, &told.bytes);
    targets::order(pair.to, &frames, &outcome)?;
    let failures = frames.iter().filter(|frame| targets::is_failure(pair.to, frame)).count();
    hold!(failures, usize::from(!is_success(&outcome)), "frames that tell of a failure");
    Ok(About::It)
}

fn no_key_twice(pair: Pair, told: &Told) -> Verdict {
    for asked in Asked::BOTH {
        for frame in pair.answer(&told.request, asked, &told.bytes).frames {
            if frame.data != "[DONE]" {
                keys::check(&frame.data)?;
            }
        }
    }
    Ok(About::It)
}

/// What stops a reply from outside.
fn stopped() -> Failure {
    Failure { code: Some("timeout".to_owned()), message: "nobody waits so long".to_owned(), ..Failure::default() }
}

fn stopped_is_told_once(pair: Pair, told: &Told) -> Verdict {
    let Told { bytes, request, is_stream: true, .. } = told else { return Ok(About::Another) };
    let events = frames(bytes);
    for asked in Asked::BOTH {
        let reply = pair.reply(request, asked);
        for count in cuts(asked, events.len()) {
            let mut answer = reply.answer();
            let mut received = Received::default();
            for Frame { name, data, cut } in &events[..count] {
                if *cut {
                    answer.cut_event(name.as_deref(), data, &mut received);
                } else {
                    answer.event(name.as_deref(), data, &mut received);
                }
            }
            let (stage, before) = (answer.stage(), received.0.len());
            let outcome = answer.fail(stopped(), &mut received);
            let failures = received.0.iter().filter(|frame| targets::is_failure(pair.to, frame)).count();
            let told = usize::from(asked == Asked::Streamed && !is_success(&outcome));
            hold!(failures, told, "{asked:?}: failures told, stopped after {count} events");
            match stage {
                Stage::Failed | Stage::Over => {
                    hold!(received.0.len(), before, "{asked:?}: frames after the end, stopped after {count} events");
                }
                // The upstream had said all it needs, or that it failed, or the client is told what happened.
                Stage::Silent | Stage::Output if is_success(&outcome) => {
                    hold!(
                        events[..count].iter().any(|frame| targets::may_end(pair.from, frame)),
                        true,
                        "a reason to end well"
                    );
                }
                Stage::Silent | Stage::Output
                    if events[..count].iter().any(|frame| targets::is_failure(pair.from, frame)) => {}
                Stage::Silent | Stage::Output => {
                    let message = outcome.failure().map(|failure| failure.message);
                    hold!(message, Some(stopped().message), "{asked:?}: the failure, stopped after {count} events");
                }
            }
            if asked == Asked::Streamed {
                targets::order(pair.to, &received.0, &outcome)
                    .map_err(|error| format!("stopped after {count}: {error}"))?;
            }
        }
    }
    Ok(About::It)
}

fn watched_is_read(pair: Pair, told: &Told) -> Verdict {
    let Told { bytes, request, is_stream: true, .. } = told else { return Ok(About::Another) };
    let reply = pair.reply(request, Asked::Streamed);
    let events = frames(bytes);
    for count in cuts(Asked::Streamed, events.len()) {
        let mut events_read = reading(pair.from, request).events();
        let (mut watch, mut answer) = (reply.watch(), reply.answer());
        let (mut added, mut ignored) = (Received::default(), Received::default());
        let mut fold = Fold::default();
        for (number, Frame { name, data, cut }) in events[..count].iter().enumerate() {
            if *cut {
                events_read.cut_event(name.as_deref(), data, &mut fold);
            } else {
                events_read.event(name.as_deref(), data, &mut fold);
            }
            let stage = if *cut { watch.cut_event(name.as_deref(), data) } else { watch.event(name.as_deref(), data) };
            // What only we cannot read passes by.
            if events_read.has_ended()
                && serde_json::from_str::<serde_json::Map<_, _>>(data).is_ok()
                && stage == Stage::Output
            {
                return Ok(About::Another);
            }
            hold!(
                stage == Stage::Over || stage == Stage::Failed,
                events_read.has_ended(),
                "whether event {number} is the last"
            );
            // What is translated may fail where what passes by does not: not everything has a translation.
            let shown = answer.event(name.as_deref(), data, &mut ignored);
            hold!(
                stage != Stage::Failed || shown == stage,
                true,
                "whether it fails before any output, at event {number}"
            );
        }
        let had_ended = events_read.has_ended();
        let read = events_read.finish(&mut fold);
        let outcome = watch.finish(&mut added);
        hold!(outcome.end, read.end, "the end after {count} events");
        // Some say that they failed in words that no client looks for.
        let is_nonsense = !events[..count].iter().any(tells);
        let due = usize::from(!is_success(&outcome) && (!had_ended || is_nonsense));
        if count == 0 {
            targets::order(pair.to, &added.0, &outcome)?;
        } else {
            hold!(added.0.len(), due, "frames added after {count} events");
        }
        let said = added.0.iter().filter(|frame| targets::is_failure(pair.to, frame)).count();
        hold!(said, due, "failures told after {count} events");
        let mut stopped_watch = reply.watch();
        for Frame { name, data, cut } in &events[..count] {
            if !cut {
                stopped_watch.event(name.as_deref(), data);
            }
        }
        let mut told = Received::default();
        let had_ended = matches!(stopped_watch.stage(), Stage::Over | Stage::Failed);
        let outcome = stopped_watch.fail(stopped(), &mut told);
        let due = usize::from(!is_success(&outcome) && (!had_ended || is_nonsense));
        let said = told.0.iter().filter(|frame| targets::is_failure(pair.to, frame)).count();
        hold!(said, due, "failures, stopped after {count} events");
    }
    Ok(About::It)
}
