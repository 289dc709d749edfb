//! Messages in front of itself.

use interlingua_model::{Display, Origin, Request, Sourced};
use interlingua_translate::{Api, Sent, Style, Translated, messages};

use crate::support::difference::{Allowed, explained};
use crate::support::{frames, stamp};
use crate::{all, hold, read, same_reply, whole_reply, written};

const REQUESTS: Allowed = &[
    ("stream", "the default is left out"),
    ("temperature", "the default is left out"),
    ("system", "a text is a list of one"),
    ("messages[].content", "a text is a list of one, and a list of one text is a text where it stands alone"),
    ("messages[].content[].content", "a text is a list of one"),
    ("messages[].content[].caller", "the default is left out"),
    ("tools[].allowed_callers", "the default is left out"),
    ("tools[].type", "the version of a server's tool is the one that the upstream is said to know"),
    ("messages", "what holds until the next message of the user is left out behind one"),
    ("messages[].output_config", "the newest effort is that of the request"),
    ("output_config", "the newest effort is that of the request"),
    ("output_config.effort", "the newest effort is that of the request"),
    ("tools", "deferred tools are offered once the conversation has named them, and not before"),
    ("tools[].defer_loading", "deferred tools are offered once the conversation has named them, and not before"),
    ("messages[].content[].content[].tool_name", "a reference to a tool is a text"),
    ("messages[].content[].content[].type", "a reference to a tool, a document of text and a search result are texts"),
    ("messages[].content[].content[].text", "a reference to a tool, a document of text and a search result are texts"),
    ("messages[].content[].content[].title", "a document has a name"),
    ("messages[].content[].content[].source", "a search result is a text"),
    ("messages[].content[].content[].content", "a search result is a text"),
    ("messages[].content[].type", "a document of text and a search result are texts"),
    ("messages[].content[].text", "a document of text and a search result are texts"),
    ("messages[].content[].source", "a document of text and a search result are texts"),
    ("messages[].content[].title", "a document of text and a search result are texts"),
    ("messages[].content[].context", "a document of text and a search result are texts"),
];

#[test]
fn a_messages_request_is_itself() {
    let mut checked = Vec::new();
    for (name, body) in all(Api::Messages, "request.json", "messages_requests") {
        let Ok(wire) = serde_json::from_slice(&body) else { continue };
        let Ok(Translated { value, mut losses }) = messages::decode_request(wire) else { continue };
        let upstream =
            messages::Upstream { sampling: true, auto_cache: false, prefill: true, ..messages::Upstream::default() };
        let Ok(written) = messages::encode_request(value, &upstream, &stamp()) else { continue };
        losses.extend(written.losses);
        checked.push((name, explained(&body, &written.value, &losses, REQUESTS, &[])));
    }
    hold(checked, 50);
}

/// The context of a client that asked to see everything.
fn context() -> messages::Context {
    let mut request = Request::new("asked-for");
    request.reasoning.display = Some(Sourced { value: Display::Text, origin: Origin::default() });
    messages::Context::new(&request, &Style::default(), stamp())
}

#[test]
fn a_whole_messages_reply_is_itself() {
    let mut checked = Vec::new();
    for (name, body) in all(Api::Messages, "response.json", "messages_json") {
        let Ok(wire) = serde_json::from_slice(&body) else { continue };
        let Ok(reply) = messages::decode_response(wire, &Sent::unknown(&stamp())) else { continue };
        let written = messages::encode_response(reply.value, &context());
        checked.push((name, whole_reply(&body, written, &reply.losses, &[])));
    }
    hold(checked, 30);
}

#[test]
fn a_messages_stream_folds_to_the_same_reply() {
    let mut checked = Vec::new();
    for (name, bytes) in all(Api::Messages, "stream.sse", "messages_stream") {
        let events = read(messages::Decoder::new(&Sent::unknown(&stamp())), &frames(&bytes));
        let (written, lost) = written(messages::Encoder::new(context()), &events);
        let again = read(messages::Decoder::new(&Sent::unknown(&stamp())), &written.0);
        let verdict = same_reply(&events, &again, &lost, |reply| messages::encode_response(reply, &context()));
        checked.push((name, verdict));
    }
    hold(checked, 30);
}
