//! Streamed replies, translated as they come in.

use std::io::{Read, Write};

use interlingua_gateway::ApiError;
use interlingua_model::{Event, Failure, Sink};
use interlingua_sse::{Eof, Parser, write_event, write_event_with};
use interlingua_translate::{Context, Loss, Outcome, chat, responses};
use serde::Serialize;

use super::unwritable;
use crate::dialect::Dialect;

/// Translates a stream; in the dialect it already speaks, it is checked and left as it is.
///
/// Nothing is written before the first output, so that a stream that fails until then leaves stdout empty.
pub(super) fn translate(
    input: impl Read,
    output: impl Write,
    from: Dialect,
    to: Dialect,
    context: Context,
    losses: &mut Vec<Loss>,
) -> Result<(), ApiError> {
    let output = Output { writer: output, waiting: Vec::new(), begun: false, echo: from == to };
    match from {
        Dialect::Chat => encode(input, output, chat::Decoder::new(&context), to, context, losses),
        Dialect::Responses => encode(input, output, responses::Decoder::new(&context), to, context, losses),
    }
}

fn encode(
    input: impl Read,
    output: Output<impl Write>,
    decoder: impl Decode,
    to: Dialect,
    context: Context,
    losses: &mut Vec<Loss>,
) -> Result<(), ApiError> {
    match to {
        Dialect::Chat => pump(input, output, decoder, chat::Encoder::new(context), losses),
        Dialect::Responses => pump(input, output, decoder, responses::Encoder::new(context), losses),
    }
}

/// One dialect's way of reading events.
trait Decode {
    fn read(&mut self, event: interlingua_sse::Event<'_>, out: &mut impl Sink);
    fn finish(self, out: &mut impl Sink) -> Outcome;
}

/// One dialect's way of writing them.
trait Encode {
    fn push(&mut self, event: Event<'_>, out: &mut Frames<'_>);
    fn failure(&self) -> Option<&Failure>;
    fn finish(self) -> Vec<Loss>;
}

/// Both decoders have the same methods.
macro_rules! decode {
    ($decoder:ty) => {
        impl Decode for $decoder {
            fn read(&mut self, event: interlingua_sse::Event<'_>, out: &mut impl Sink) {
                if event.cut {
                    self.read_cut(event.data, event.event, out);
                } else {
                    self.read(event.data, event.event, out);
                }
            }

            fn finish(self, out: &mut impl Sink) -> Outcome {
                self.finish(out)
            }
        }
    };
}

decode!(chat::Decoder);
decode!(responses::Decoder);

impl Encode for chat::Encoder {
    fn push(&mut self, event: Event<'_>, out: &mut Frames<'_>) {
        self.push(event, &mut |frame| match frame {
            chat::Frame::Chunk(chunk) => out.write(None, &chunk, true),
            chat::Frame::Failed(error) => out.write(None, &error, false),
            chat::Frame::Done => write_event(out.bytes, None, "[DONE]"),
        });
    }

    fn failure(&self) -> Option<&Failure> {
        self.failure()
    }

    fn finish(self) -> Vec<Loss> {
        self.finish()
    }
}

impl Encode for responses::Encoder {
    fn push(&mut self, event: Event<'_>, out: &mut Frames<'_>) {
        use interlingua_wire::responses::Event as Wire;
        self.push(event, &mut |event| {
            let is_output = !matches!(event, Wire::Created(_) | Wire::InProgress(_) | Wire::Failed(_));
            out.write(Some(event.tag()), &event, is_output);
        });
    }

    fn failure(&self) -> Option<&Failure> {
        self.failure()
    }

    fn finish(self) -> Vec<Loss> {
        self.finish()
    }
}

fn pump(
    mut input: impl Read,
    mut output: Output<impl Write>,
    mut decoder: impl Decode,
    mut encoder: impl Encode,
    losses: &mut Vec<Loss>,
) -> Result<(), ApiError> {
    const CHUNK: usize = 64 * 1024;
    let mut chunk = vec![0; CHUNK];
    let mut parser = Parser::new();
    loop {
        let read = input
            .read(&mut chunk)
            .map_err(|error| ApiError::bad_request(format!("the stream cannot be read: {error}")))?;
        let bytes = chunk.get(..read).unwrap_or_default();
        output.echo(bytes);
        if bytes.is_empty() {
            parser.end(Eof::Flush);
        } else {
            parser.feed(bytes);
        }
        let parsed = drain(&mut parser, &mut decoder, &mut Chain { encoder: &mut encoder, output: &mut output });
        output.flush()?;
        if bytes.is_empty() || parsed.is_err() {
            break;
        }
    }
    let outcome = decoder.finish(&mut Chain { encoder: &mut encoder, output: &mut output });
    output.flush()?;
    losses.extend(outcome.losses);
    let failure = encoder.failure().map(ApiError::from);
    losses.extend(encoder.finish());
    failure.map_or(Ok(()), Err)
}

/// Reads the events that are whole by now. An event larger than the parser's limit ends the stream as failed.
fn drain(parser: &mut Parser, decoder: &mut impl Decode, out: &mut impl Sink) -> Result<(), ()> {
    loop {
        match parser.next_event() {
            Ok(None) => return Ok(()),
            Ok(Some(event)) => decoder.read(event, out),
            Err(error) => {
                out.event(Event::Failed(Box::new(Failure {
                    code: Some("upstream_malformed".to_owned()),
                    message: error.to_string(),
                    kind: Some("server_error".to_owned()),
                    param: None,
                    raw: None,
                })));
                return Err(());
            }
        }
    }
}

/// Events into an encoder, its frames into the output.
struct Chain<'a, E, W> {
    encoder: &'a mut E,
    output: &'a mut Output<W>,
}

impl<E: Encode, W: Write> Sink for Chain<'_, E, W> {
    fn event(&mut self, event: Event<'_>) {
        let Output { waiting, begun, echo, writer: _ } = &mut *self.output;
        let mut dropped = Vec::new();
        let bytes = if *echo { &mut dropped } else { waiting };
        self.encoder.push(event, &mut Frames { bytes, begun });
    }
}

/// Where an encoder writes.
struct Frames<'a> {
    bytes: &'a mut Vec<u8>,
    begun: &'a mut bool,
}

impl Frames<'_> {
    /// Writes a frame. Only output begins a stream: the rest is worth nothing before it.
    fn write(&mut self, name: Option<&str>, body: &impl Serialize, is_output: bool) {
        *self.begun |= is_output;
        // The types of `wire` have string keys only and a vector takes everything, so there is nothing to fail.
        let _ = write_event_with(self.bytes, name, |bytes| serde_json::to_writer(bytes, body));
    }
}

/// The bytes on their way to stdout.
struct Output<W> {
    writer: W,
    /// What is to be written next, or once the stream has begun.
    waiting: Vec<u8>,
    /// Whether there has been any output.
    begun: bool,
    /// Whether the input is passed on as it is.
    echo: bool,
}

impl<W: Write> Output<W> {
    fn echo(&mut self, bytes: &[u8]) {
        if self.echo {
            self.waiting.extend_from_slice(bytes);
        }
    }

    fn flush(&mut self) -> Result<(), ApiError> {
        if self.begun {
            self.writer
                .write_all(&self.waiting)
                .and_then(|()| self.writer.flush())
                .map_err(|error| unwritable(&error))?;
            self.waiting.clear();
        }
        Ok(())
    }
}
