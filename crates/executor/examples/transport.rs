//! A transport of one's own: one that answers from memory, inside one that writes down what passes.
//!
//! It needs no feature of the executor, and so neither reqwest nor a network. A transport over an HTTP client has the same
//! two functions.
//!
//! ```sh
//! cargo run -p interlingua-executor --no-default-features --example transport
//! ```
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a program talks to its terminal")]

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use http::{Request, Response};
use interlingua_executor::{BoxFuture, ByteStream, Config, Executor, Reply, Transport, TransportError};
use interlingua_translate::{Api, Translator};

/// Answers every request with the same event stream, a few bytes at a time.
struct Memory(&'static [u8]);

impl Transport for Memory {
    fn send(&self, _request: Request<Bytes>) -> BoxFuture<'_, Result<Response<ByteStream>, TransportError>> {
        let chunks = self.0.chunks(100).map(|chunk| Ok(Bytes::from_static(chunk)));
        let body: ByteStream = Box::pin(stream::iter(chunks));
        Box::pin(async { Ok(Response::new(body)) })
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        Box::pin(tokio::time::sleep(duration))
    }
}

/// Any transport, and a line for each request and each reply. Headers stay out of it: one of them is the key.
struct Logged<T>(T);

impl<T: Transport> Transport for Logged<T> {
    fn send(&self, request: Request<Bytes>) -> BoxFuture<'_, Result<Response<ByteStream>, TransportError>> {
        Box::pin(async move {
            eprintln!("> {} {}, {} bytes", request.method(), request.uri(), request.body().len());
            let response = self.0.send(request).await.inspect_err(|error| eprintln!("< {error}"))?;
            eprintln!("< {}", response.status());
            Ok(response)
        })
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        self.0.sleep(duration)
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let recording = include_bytes!("../../../fixtures/responses/llamacpp-text/stream.sse");
    let executor = Executor::new(Config::default(), Arc::new(Logged(Memory(recording))))?;

    let chat = br#"{"model":"gpt-5.5","messages":[{"role":"user","content":"Say hello."}],"stream":true}"#;
    let answer = executor.ask(Translator::new(Api::Chat).read(chat)?).await?;
    let Reply::Stream(mut frames) = answer.value else { return Err("a stream was asked for".into()) };
    while let Some(bytes) = frames.next().await {
        print!("{}", String::from_utf8_lossy(&bytes));
    }
    // A stream that has been handed out never fails; how it went is known at its end.
    match frames.report().and_then(|report| report.failure) {
        Some(failure) => Err(failure.message.into()),
        None => Ok(()),
    }
}
