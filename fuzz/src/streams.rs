//! Streams in and out: bytes to canonical events, and events to the bytes that a client receives.

use std::sync::LazyLock;

use interlingua_model::{Collected, Display, Event, Origin, Request, Sourced};
use interlingua_sse::{Eof, Parser, write_event};
use interlingua_translate::chat::Chat;
use interlingua_translate::messages::Messages;
use interlingua_translate::responses::Responses;
use interlingua_translate::{Api, Decode, Dialect, Encode, Frames, Outcome, Sent, Stamp, Style};

/// A stream that an encoder has written.
#[derive(Debug, Default)]
pub struct Emitted {
    /// The data of every server-sent event.
    pub data: Vec<String>,
    /// All of it, as it goes over the wire.
    pub bytes: Vec<u8>,
    /// Whether the encoder ended the stream as failed, for whatever reason.
    pub has_failed: bool,
}

/// The request that all streams answer: with tools whose names are changed on the way, and wishes that a reply shows.
pub(crate) static REQUEST: LazyLock<Request> = LazyLock::new(|| {
    let body = r#"{"model":"asked-for","input":"x","store":false,"include":["message.output_text.logprobs"],"tools":[
        {"type":"custom","name":"run_sql"},
        {"type":"function","name":"get weather","parameters":{}},
        {"type":"namespace","name":"crm","tools":[{"type":"function","name":"get","parameters":{}}]}]}"#;
    let mut request = Responses::decode_request(body.as_bytes()).unwrap().value;
    request.stream.include_usage = true;
    request.reasoning.display = Some(Sourced { value: Display::Text, origin: Origin::default() });
    request
});

pub(crate) fn stamp() -> Stamp {
    Stamp { id: "stamp".to_owned(), created: 1_700_000_000 }
}

/// The custom tool of the request.
pub const CUSTOM_TOOL: &str = "run_sql";

/// What a reply of this upstream is read with.
pub fn upstream_sent(upstream: Api) -> Sent {
    match upstream {
        Api::Chat => Chat::sent(&REQUEST, &Default::default(), &stamp()),
        Api::Responses => Responses::sent(&REQUEST, &Default::default(), &stamp()),
        Api::Messages => Messages::sent(&REQUEST, &Default::default(), &stamp()),
    }
}

/// What a client reads a reply with: names as they come, nothing to restore.
pub fn client_sent() -> Sent {
    Sent::unknown(&stamp())
}

/// Decodes a stream that arrives in these chunks.
pub fn decode<'a>(
    upstream: Api,
    sent: &Sent,
    chunks: impl IntoIterator<Item = &'a [u8]>,
) -> (Vec<Event<'static>>, Outcome) {
    let mut events = Collected::default();
    let outcome = match upstream {
        Api::Chat => run(Chat::decoder(sent), chunks, &mut events),
        Api::Responses => run(Responses::decoder(sent), chunks, &mut events),
        Api::Messages => run(Messages::decoder(sent), chunks, &mut events),
    };
    (events.0, outcome)
}

/// Writes events as the stream of one API.
pub fn encode(client: Api, events: &[Event<'static>]) -> Emitted {
    let style = Style::default();
    match client {
        Api::Chat => write(Chat::encoder(Chat::context(&REQUEST, &style, stamp())), events),
        Api::Responses => write(Responses::encoder(Responses::context(&REQUEST, &style, stamp())), events),
        Api::Messages => write(Messages::encoder(Messages::context(&REQUEST, &style, stamp())), events),
    }
}

fn write(mut encoder: impl Encode, events: &[Event<'static>]) -> Emitted {
    let mut emitted = Emitted::default();
    for event in events {
        encoder.push(event.clone(), &mut emitted);
    }
    emitted.has_failed = encoder.failure().is_some();
    emitted
}

impl Frames for Emitted {
    fn frame(&mut self, name: Option<&str>, write: impl FnOnce(&mut Vec<u8>)) {
        let mut data = Vec::new();
        write(&mut data);
        let data = String::from_utf8(data).unwrap();
        write_event(&mut self.bytes, name, &data);
        self.data.push(data);
    }
}

fn run<'a>(mut decoder: impl Decode, chunks: impl IntoIterator<Item = &'a [u8]>, events: &mut Collected) -> Outcome {
    let mut parser = Parser::new();
    for chunk in chunks {
        parser.feed(chunk);
        drain(&mut parser, &mut decoder, events);
    }
    parser.end(Eof::Flush);
    drain(&mut parser, &mut decoder, events);
    decoder.finish(None, events)
}

/// An event beyond the parser's limit ends the stream as a cut does.
fn drain(parser: &mut Parser, decoder: &mut impl Decode, events: &mut Collected) {
    while let Ok(Some(event)) = parser.next_event() {
        if event.cut {
            decoder.read_cut(event.data, event.event, events);
        } else {
            decoder.read(event.data, event.event, events);
        }
    }
}
