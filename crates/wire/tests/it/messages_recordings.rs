//! Every recorded body of the Messages API is read, and comes out as it went in.
#![expect(clippy::wildcard_enum_match_arm, reason = "only what may hold what is not known is looked into")]

use std::collections::BTreeMap;

use interlingua_wire::messages::{
    Block, Citation, Content, Delta, ErrorBody, Event, Request, Response, ResultContent, ResultPart, Tool,
};
use interlingua_wire::{Extra, Maybe};
use serde_json::Value;

use crate::support::{events, recordings, round_trip};

/// Kinds and fields that were carried unread, and how often.
type Unread = BTreeMap<String, usize>;

fn count(unread: &mut Unread, kind: &str) {
    *unread.entry(kind.to_owned()).or_default() += 1;
}

fn count_fields(unread: &mut Unread, extra: &Extra) {
    for key in extra.keys() {
        count(unread, key);
    }
}

fn count_blocks<'a>(unread: &mut Unread, blocks: impl IntoIterator<Item = &'a Block>) {
    for block in blocks {
        match block {
            Block::Unknown(unknown) => count(unread, &unknown.kind),
            Block::ToolResult(result) => {
                if let Some(ResultContent::Parts(parts)) = &result.content {
                    for part in parts {
                        if let ResultPart::Unknown(unknown) = part {
                            count(unread, &unknown.kind);
                        }
                    }
                }
            }
            Block::Text(text) => {
                count_fields(unread, &text.extra);
                if let Maybe::Value(citations) = &text.citations {
                    for citation in citations {
                        count_citation(unread, citation);
                    }
                }
            }
            _ => {}
        }
    }
}

fn count_citation(unread: &mut Unread, citation: &Citation) {
    if let Citation::Unknown(unknown) = citation {
        count(unread, &unknown.kind);
    }
}

#[test]
fn requests() {
    let mut unread = Unread::new();
    for (name, text) in recordings("messages_requests") {
        let request: Request = round_trip(&name, &text);
        let contents =
            request.system.iter().chain(request.messages.iter().flatten().filter_map(|m| m.content.as_ref()));
        for content in contents {
            if let Content::Blocks(blocks) = content {
                count_blocks(&mut unread, blocks);
            }
        }
        for tool in request.tools.iter().flatten() {
            if let Tool::Unknown(unknown) = tool {
                count(&mut unread, &unknown.kind);
            }
        }
        count_fields(&mut unread, &request.extra);
    }
    for elsewhere in ["anthropic_version", "output_format"] {
        unread.remove(elsewhere);
    }
    assert_eq!(unread, Unread::new(), "all is known, but for a field of Bedrock and one that was renamed");
}

#[test]
fn whole_messages() {
    let mut unread = Unread::new();
    for (name, text) in recordings("messages_json") {
        let response: Response = round_trip(&name, &text);
        count_blocks(&mut unread, response.content.iter().flatten());
        count_fields(&mut unread, &response.extra);
        if let Some(usage) = &response.usage {
            count_fields(&mut unread, &usage.extra);
        }
    }
    assert_eq!(unread, Unread::new(), "all is known");
}

#[test]
fn streams() {
    let mut unread = Unread::new();
    for (name, text) in recordings("messages_stream") {
        for data in events(&text) {
            let event: Event<'_> = round_trip(&name, data);
            if let Some(extra) = event.extra() {
                count_fields(&mut unread, extra);
            }
            match &event {
                Event::Unknown(unknown) => count(&mut unread, &unknown.kind),
                Event::ContentBlockStart(event) => count_blocks(&mut unread, [&event.content_block]),
                Event::ContentBlockDelta(event) => match &event.delta {
                    Delta::Unknown(unknown) => count(&mut unread, &unknown.kind),
                    Delta::Citations(delta) => count_citation(&mut unread, &delta.citation),
                    _ => {}
                },
                _ => {}
            }
        }
    }
    unread.remove("amazon-bedrock-invocationMetrics");
    assert_eq!(unread, Unread::new(), "all is known, but for a field of Bedrock");
}

#[test]
fn errors() {
    for (name, text) in recordings("messages_errors") {
        let recording: Value = serde_json::from_str(&text).unwrap();
        round_trip::<ErrorBody>(&name, &recording["body"].to_string());
    }
}
