//! What must be true of every reply that is passed on as it came.

use interlingua_translate::{End, Stage};
use serde_json::Value;

use crate::pair::{Asked, Pair};
use crate::support::{Frame, frames};
use crate::told::Told;
use crate::{About, Law, Verdict, targets};

pub(crate) const LAWS: &[Law<Told>] = &[
    ("a reply that is passed on keeps its bytes", keeps_its_bytes),
    ("a stream that is cut while it is passed on says so", cut_is_told),
    ("a reply of the other form is turned into what was asked for", is_what_was_asked_for),
];

fn asked(told: &Told) -> Asked {
    if told.is_stream { Asked::Streamed } else { Asked::Whole }
}

/// Whether clients of any API see by a frame that the reply has failed.
pub(crate) fn tells(frame: &Frame) -> bool {
    let value: Value = serde_json::from_str(&frame.data).unwrap_or_default();
    !value["error"].is_null() || matches!(value["type"].as_str(), Some("error" | "response.failed"))
}

/// Passes bytes on in pieces of a size, and says what came out, how far it was before the end, and the end.
fn passed(pair: Pair, told: &Told, asked: Asked, bytes: &[u8], size: usize) -> (Vec<u8>, Stage, End) {
    let mut passing = pair.reply(&told.request, asked).passing();
    let mut out = Vec::new();
    for piece in bytes.chunks(size.max(1)) {
        passing.bytes(piece, &mut out);
        let is_between = out.is_empty() || out.ends_with(b"\n\n") || out.ends_with(b"\r\n") || out.ends_with(b"\n\r");
        assert!(is_between || asked == Asked::Whole, "{}: what goes on ends where an event does", told.name);
    }
    let stage = passing.stage();
    let outcome = passing.finish(&mut out);
    (out, stage, outcome.end)
}

fn keeps_its_bytes(pair: Pair, told: &Told) -> Verdict {
    let bytes = &told.bytes;
    for size in [7, 4096, bytes.len()] {
        let (out, stage, end) = passed(pair, told, asked(told), bytes, size);
        match (stage, &end) {
            // A status says it.
            (Stage::Failed, End::Failed(_)) => {}
            (Stage::Silent, End::Failed(_)) if !told.is_stream => {
                hold!(out.len(), 0, "nothing went out");
            }
            // A failure in words that clients do not look for is told in others, and so is a cut.
            (_, End::Truncated | End::Failed(_)) if out != *bytes => {
                let last = frames(&out).pop();
                hold!(last.is_some_and(|last| tells(&last)), true, "whether the failure is told");
            }
            _ => {
                hold!(String::from_utf8_lossy(&out), String::from_utf8_lossy(bytes), "in pieces of {size}");
            }
        }
    }
    Ok(About::It)
}

fn cut_is_told(pair: Pair, told: &Told) -> Verdict {
    if !told.is_stream {
        return Ok(About::Another);
    }
    let bytes = &told.bytes;
    for part in 0..16 {
        let cut = bytes.len() * part / 16;
        let (out, stage, end) = passed(pair, told, Asked::Streamed, &bytes[..cut], 4096);
        let same = out.iter().zip(bytes).take_while(|(left, right)| left == right).count();
        let added = frames(&out[same.min(out.len())..]);
        match end {
            End::Truncated => {
                let all = frames(&out);
                let told = all.iter().filter(|frame| targets::is_failure(pair.to, frame)).count();
                hold!(told, 1, "failures told, cut after {cut} bytes");
                hold!(targets::is_failure(pair.to, &all[all.len() - 1]), true, "the last frame, cut after {cut} bytes");
            }
            End::Completed | End::Incomplete(_) => {
                hold!(added.len(), 0, "frames added after {cut} bytes");
            }
            End::Failed(_) if stage == Stage::Failed => {}
            End::Failed(_) => {
                hold!(frames(&out).iter().any(tells), true, "a failure after {cut} bytes");
            }
        }
    }
    Ok(About::It)
}

fn is_what_was_asked_for(pair: Pair, told: &Told) -> Verdict {
    let other = if told.is_stream { Asked::Whole } else { Asked::Streamed };
    let reply = pair.reply(&told.request, other);
    let (out, _, end) = passed(pair, told, other, &told.bytes, 4096);
    let mut answer = reply.answer();
    let mut expected = Vec::new();
    answer.bytes(&told.bytes, &mut expected);
    let outcome = answer.finish(&mut expected);
    hold!(String::from_utf8_lossy(&out), String::from_utf8_lossy(&expected), "the reply in the other form");
    hold!(end, outcome.end, "the end");
    Ok(About::It)
}
