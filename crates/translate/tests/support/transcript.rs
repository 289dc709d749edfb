//! How translations are written down for people to read.
#![cfg(test)]

use std::fmt::{Debug, Write as _};

use interlingua_model::{Event, ItemKind, Json};
use interlingua_translate::{End, Loss, Outcome};
use serde_json::Value;

use crate::support::{Frame, Received};

/// What goes in and what comes out, in lines.
#[derive(Debug, Default)]
pub(crate) struct Transcript {
    pub(crate) text: String,
    /// The last frame that went in.
    heard: String,
    /// What every chunk of the output repeats.
    envelope: Option<String>,
}

impl Transcript {
    pub(crate) fn line(&mut self, mark: &str, line: impl std::fmt::Display) {
        let _ = writeln!(self.text, "{mark}{line}");
    }

    /// A frame of the input; of a long one, what the one before has not said.
    pub(crate) fn heard(&mut self, data: &str) {
        let shown = news(&self.heard, data);
        self.line("< ", shown);
        data.clone_into(&mut self.heard);
    }

    /// Frames of the output. The envelope that every chunk repeats is spelled out once, and again if it changes; of a response,
    /// only what changes while it streams, since the whole replies show the rest.
    pub(crate) fn told(&mut self, received: &Received) {
        const CHANGES: [&str; 7] = ["id", "status", "model", "error", "incomplete_details", "output", "usage"];
        for Frame { name, data, cut: _ } in &received.0 {
            if name.is_some() {
                let mut value: Value = serde_json::from_str(data).unwrap();
                if let Some(response) = value.get_mut("response").and_then(Value::as_object_mut) {
                    response.retain(|key, _| CHANGES.contains(&key.as_str()));
                }
                self.line("  > ", value);
                continue;
            }
            match data.split_once(r#""choices":"#) {
                Some((head, rest)) if self.envelope.as_deref() == Some(head) => {
                    self.line("  > ", format_args!(r#"{{…,"choices":{rest}"#));
                }
                Some((head, _)) => {
                    self.envelope = Some(head.to_owned());
                    self.line("  > ", data);
                }
                None => self.line("  > ", data),
            }
        }
    }

    pub(crate) fn seen(&mut self, events: &[Event<'_>]) {
        for event in events {
            let raw = if let Event::Opaque(opaque) = event {
                Some(&opaque.raw)
            } else if let Event::Failed(failure) = event {
                failure.raw.as_ref()
            } else if let Event::ItemFinished { index: _, item: Some(item) } = event
                && let ItemKind::Opaque(opaque) = &item.kind
            {
                Some(&opaque.raw)
            } else {
                None
            };
            // What has nothing beside it is shown without.
            self.line("  > ", with_raw(event, raw).replace(", beside: []", ""));
        }
    }

    pub(crate) fn ended(mut self, outcome: &Outcome) -> String {
        let raw = if let End::Failed(failure) = &outcome.end { failure.raw.as_ref() } else { None };
        self.line("end: ", with_raw(&outcome.end, raw));
        self.text + &list(&outcome.losses)
    }
}

/// A value with the JSON it carries, which its `Debug` leaves out.
fn with_raw(value: &impl Debug, raw: Option<&Json>) -> String {
    let shown = format!("{value:?}");
    raw.map_or(shown.clone(), |raw| shown.replace(&format!("{raw:?}"), raw.text()))
}

/// Enough of a frame to see what is new in it; the fixture has the rest. What a long one repeats of the frame before, at its
/// beginning, is cut, and if that is not enough its middle: the end stays.
fn news(before: &str, data: &str) -> String {
    const ENOUGH: usize = 240;
    if data.chars().count() <= ENOUGH {
        return data.to_owned();
    }
    let same = before.char_indices().zip(data.chars()).find(|((_, before), now)| before != now);
    let same = same.map_or(before.len().min(data.len()), |((at, _), _)| at);
    let begin = data[..same].rfind(',').map_or(0, |comma| comma + 1);
    let (mark, rest) = if begin == 0 { ("", data) } else { ("…", &data[begin..]) };
    let characters: Vec<_> = rest.chars().collect();
    let shown = if characters.len() <= ENOUGH {
        rest.to_owned()
    } else {
        let (head, tail) = (&characters[..ENOUGH / 2], &characters[characters.len() - ENOUGH / 2..]);
        format!("{}…{}", String::from_iter(head), String::from_iter(tail))
    };
    format!("{mark}{shown} ({} bytes)", data.len())
}

/// JSON over several lines, and otherwise as it is: the order of its keys, and how its numbers and texts are written.
pub(crate) fn indented(json: &str) -> String {
    let mut text = String::new();
    let (mut depth, mut in_text, mut is_escaped) = (0_usize, false, false);
    let mut rest = json.chars().filter(|c| !c.is_ascii_control()).peekable();
    while let Some(c) = rest.next() {
        if in_text {
            text.push(c);
            in_text = is_escaped || c != '"';
            is_escaped = c == '\\' && !is_escaped;
            continue;
        }
        let line = |text: &mut String, depth| {
            text.push('\n');
            text.push_str(&"  ".repeat(depth));
        };
        match c {
            ' ' => {}
            '{' | '[' => {
                text.push(c);
                while rest.next_if_eq(&' ').is_some() {}
                if let Some(end) = rest.next_if(|next| matches!(next, '}' | ']')) {
                    text.push(end);
                } else {
                    depth += 1;
                    line(&mut text, depth);
                }
            }
            '}' | ']' => {
                depth -= 1;
                line(&mut text, depth);
                text.push(c);
            }
            ',' => {
                text.push(c);
                line(&mut text, depth);
            }
            ':' => text.push_str(": "),
            _ => {
                in_text = c == '"';
                text.push(c);
            }
        }
    }
    text + "\n"
}

/// The losses of a translation.
pub(crate) fn list(losses: &[Loss]) -> String {
    let mut text = "losses:\n".to_owned();
    for loss in losses {
        let _ = writeln!(text, "- {loss}");
    }
    text
}
