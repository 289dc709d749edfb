//! Events of both sides, in short.

use anyhow::Result;
use interlingua_sse::Parser;
use interlingua_translate::Api;
use interlingua_wire::chat::{Chunk, DeltaContent};
use interlingua_wire::responses::Event;
use interlingua_wire::{Maybe, messages};

/// One event, for a person.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Line {
    /// What it is.
    pub(super) what: String,
    /// The piece of the answer in it.
    pub(super) text: String,
}

/// Reads a stream as it grows.
#[derive(Default)]
pub(super) struct Reader {
    parser: Parser,
    seen: usize,
}

impl Reader {
    /// The events that are new in `all`.
    pub(super) fn read_on(&mut self, all: &[u8], short: fn(&str) -> Result<Line>) -> Result<Vec<Line>> {
        let new = all.get(self.seen..).unwrap_or_default();
        self.seen = all.len().max(self.seen);
        self.read(new, short)
    }

    /// The events that are whole with these bytes.
    pub(super) fn read(&mut self, bytes: &[u8], short: fn(&str) -> Result<Line>) -> Result<Vec<Line>> {
        self.parser.feed(bytes);
        let mut lines = Vec::new();
        while let Some(event) = self.parser.next_event()? {
            lines.push(short(event.data)?);
        }
        Ok(lines)
    }
}

/// What tells an event of an API in short.
pub(super) fn short(api: Api) -> fn(&str) -> Result<Line> {
    match api {
        Api::Chat => chunk,
        Api::Responses => event,
        Api::Messages => message_event,
    }
}

/// An event of Messages.
fn message_event(data: &str) -> Result<Line> {
    let event = messages::Event::parse(data, None)?;
    let text = if let messages::Event::ContentBlockDelta(messages::BlockDelta { delta, index: _, extra: _ }) = &event
        && let messages::Delta::Text(delta) = delta
    {
        delta.text.to_string()
    } else {
        String::new()
    };
    Ok(Line { what: event.tag().to_owned(), text })
}

/// An event of Responses.
fn event(data: &str) -> Result<Line> {
    if data == "[DONE]" {
        return Ok(Line { what: data.to_owned(), text: String::new() });
    }
    let event = Event::parse(data, None)?;
    let text = if let Event::OutputTextDelta(delta) = &event { delta.delta.to_string() } else { String::new() };
    Ok(Line { what: event.tag().to_owned(), text })
}

/// A chunk of Chat.
fn chunk(data: &str) -> Result<Line> {
    if data == "[DONE]" {
        return Ok(Line { what: data.to_owned(), text: String::new() });
    }
    let chunk: Chunk<'_> = serde_json::from_str(data)?;
    let mut words = Vec::new();
    let mut text = String::new();
    for choice in chunk.choices.iter().flatten() {
        if let Some(delta) = &choice.delta {
            if delta.role.is_some() {
                words.push("delta.role".to_owned());
            }
            if let Maybe::Value(DeltaContent::Text(piece)) = &delta.content
                && !piece.is_empty()
            {
                words.push("delta.content".to_owned());
                text.push_str(piece);
            }
        }
        if let Some(reason) = &choice.finish_reason {
            words.push(format!("finish_reason: {reason}"));
        }
    }
    if let Maybe::Value(usage) = &chunk.usage {
        let total = usage.total_tokens.map_or(0, |total| total.0);
        words.push(format!("usage: {total} tokens"));
    }
    Ok(Line { what: words.join(", "), text })
}

/// Each event beside the first chunk it brought about; its other chunks stand alone below.
///
/// An event with text brought about all up to the chunk with that text, the last event what is left.
pub(super) fn pair(events: Vec<Line>, chunks: Vec<Line>) -> Vec<(Option<Line>, Option<Line>)> {
    let mut rows = Vec::new();
    let mut chunks = chunks.into_iter().peekable();
    let mut events = events.into_iter().peekable();
    while let Some(event) = events.next() {
        let (text, is_last) = (event.text.clone(), events.peek().is_none());
        let mut cause = Some(event);
        while (is_last || !text.is_empty()) && chunks.peek().is_some() {
            let chunk = chunks.next();
            let is_its_text = !is_last && chunk.as_ref().is_some_and(|chunk| chunk.text == text);
            rows.push((cause.take(), chunk));
            if is_its_text {
                break;
            }
        }
        if cause.is_some() {
            rows.push((cause, None));
        }
    }
    rows.extend(chunks.map(|chunk| (None, Some(chunk))));
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_is_read_as_it_grows() {
        let all = b"data: {\"type\":\"response.output_text.delta\",\"delta\":\"An\"}\n\ndata: {\"type\":\"response.in_progress\",\"response\":{}}\n\n";
        let mut reader = Reader::default();
        let (begin, end) = (reader.read_on(&all[..70], event).unwrap(), reader.read_on(all, event).unwrap());
        assert_eq!(begin, [Line { what: "response.output_text.delta".into(), text: "An".into() }]);
        assert_eq!(end, [Line { what: "response.in_progress".into(), text: String::new() }]);
    }

    #[test]
    fn a_chunk_is_told_by_what_is_in_it() {
        let line = |data| chunk(data).unwrap();
        let first = line(r#"{"choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}]}"#);
        assert_eq!(first, Line { what: "delta.role".into(), text: String::new() });
        let last = line(r#"{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"#);
        assert_eq!(last.what, "finish_reason: stop");
        assert_eq!(line("[DONE]").what, "[DONE]");
    }

    #[test]
    fn events_stand_beside_the_chunks_they_became() {
        let lines = |list: &[(&str, &str)]| -> Vec<Line> {
            list.iter().map(|(what, text)| Line { what: (*what).to_owned(), text: (*text).to_owned() }).collect()
        };
        let events = lines(&[("created", ""), ("delta", "An"), ("delta", " x"), ("done", ""), ("completed", "")]);
        let chunks = lines(&[("role", ""), ("content", "An"), ("content", " x"), ("finish", ""), ("[DONE]", "")]);
        let rows = pair(events, chunks).into_iter().map(|(event, chunk)| {
            (event.map_or(String::new(), |line| line.what), chunk.map_or(String::new(), |line| line.what))
        });
        let rows: Vec<_> = rows.map(|(event, chunk)| format!("{event}|{chunk}")).collect();
        assert_eq!(
            rows,
            ["created|", "delta|role", "|content", "delta|content", "done|", "completed|finish", "|[DONE]"]
        );
    }
}
