//! A transport whose replies are scripts, and small helpers to write and read streams.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use futures_util::{StreamExt, stream};
use http::{Request, Response};
use interlingua_executor::{
    Alarm, Backend, BoxFuture, ByteStream, Config, Executor, Profile, Reply, RetryPolicy, SseStream, Transport,
    TransportError,
};
use interlingua_translate::{Api, Asked, Translator};
use serde_json::{Value, json};

/// Answers each request with the next script and keeps what was sent.
#[derive(Clone, Default)]
pub(crate) struct Scripted(Arc<Inner>);

#[derive(Default)]
struct Inner {
    scripts: Mutex<VecDeque<Script>>,
    sent: Mutex<Vec<Request<Bytes>>>,
    /// Bodies handed out and not dropped yet.
    open: AtomicUsize,
    /// Timers made.
    timers: AtomicUsize,
    has_no_alarms: bool,
}

pub(crate) enum Script {
    /// The head never comes.
    Silence,
    /// No exchange comes about.
    Failure(TransportError),
    /// A reply.
    Reply(Response<Vec<Piece>>),
}

pub(crate) enum Piece {
    Bytes(Bytes),
    Wait(Duration),
    /// The connection breaks.
    Break,
    /// Nothing comes any more.
    Stall,
}

impl Scripted {
    pub(crate) fn new(scripts: impl IntoIterator<Item = Script>) -> Self {
        Self(Arc::new(Inner { scripts: Mutex::new(scripts.into_iter().collect()), ..Inner::default() }))
    }

    /// The same, which can only sleep.
    pub(crate) fn without_alarms(scripts: impl IntoIterator<Item = Script>) -> Self {
        let scripts = Mutex::new(scripts.into_iter().collect());
        Self(Arc::new(Inner { scripts, has_no_alarms: true, ..Inner::default() }))
    }

    /// How many timers have been made.
    pub(crate) fn timers(&self) -> usize {
        self.0.timers.load(Ordering::SeqCst)
    }

    pub(crate) fn sent(&self) -> Vec<Request<Bytes>> {
        self.0.sent.lock().unwrap().clone()
    }

    pub(crate) fn open_bodies(&self) -> usize {
        self.0.open.load(Ordering::SeqCst)
    }

    pub(crate) fn executor(&self, config: Config) -> Executor {
        Executor::new(config, Arc::new(self.clone())).unwrap().with_bearer("sk-secret-token").unwrap()
    }
}

impl Transport for Scripted {
    fn send(&self, request: Request<Bytes>) -> BoxFuture<'_, Result<Response<ByteStream>, TransportError>> {
        self.0.sent.lock().unwrap().push(request);
        let script = self.0.scripts.lock().unwrap().pop_front().expect("one script for each request");
        let inner = Arc::clone(&self.0);
        Box::pin(async move {
            match script {
                Script::Silence => std::future::pending().await,
                Script::Failure(error) => Err(error),
                Script::Reply(response) => Ok(response.map(|pieces| play(pieces, inner))),
            }
        })
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        self.0.timers.fetch_add(1, Ordering::SeqCst);
        Box::pin(tokio::time::sleep(duration))
    }

    fn alarm(&self, duration: Duration) -> Option<Pin<Box<dyn Alarm>>> {
        if self.0.has_no_alarms {
            return None;
        }
        self.0.timers.fetch_add(1, Ordering::SeqCst);
        Some(Box::pin(Clock(Box::pin(tokio::time::sleep(duration)))))
    }
}

struct Clock(Pin<Box<tokio::time::Sleep>>);

impl Alarm for Clock {
    fn set(mut self: Pin<&mut Self>, duration: Duration) {
        self.0.as_mut().reset(tokio::time::Instant::now() + duration);
    }

    fn poll_due(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        self.0.as_mut().poll(cx)
    }
}

struct Open(Arc<Inner>);

impl Drop for Open {
    fn drop(&mut self) {
        self.0.open.fetch_sub(1, Ordering::SeqCst);
    }
}

fn play(pieces: Vec<Piece>, inner: Arc<Inner>) -> ByteStream {
    inner.open.fetch_add(1, Ordering::SeqCst);
    let state = (VecDeque::from(pieces), Open(inner));
    Box::pin(stream::unfold(state, |(mut pieces, open)| async move {
        loop {
            match pieces.pop_front()? {
                Piece::Bytes(bytes) => return Some((Ok(bytes), (pieces, open))),
                Piece::Wait(duration) => tokio::time::sleep(duration).await,
                Piece::Break => return Some((Err(TransportError::broken("connection reset")), (pieces, open))),
                Piece::Stall => std::future::pending().await,
            }
        }
    }))
}

/// A reply with this status, content type and body.
pub(crate) fn reply(status: u16, content_type: &str, body: impl Into<Bytes>) -> Script {
    reply_with(status, &[("content-type", content_type)], [Piece::Bytes(body.into())])
}

pub(crate) fn reply_with(status: u16, headers: &[(&str, &str)], pieces: impl IntoIterator<Item = Piece>) -> Script {
    let mut response = Response::builder().status(status);
    for (name, value) in headers {
        response = response.header(*name, *value);
    }
    Script::Reply(response.body(pieces.into_iter().collect()).unwrap())
}

/// A stream that is there at once.
pub(crate) fn streaming(pieces: impl IntoIterator<Item = Piece>) -> Script {
    reply_with(200, &[("content-type", "text/event-stream"), ("x-request-id", "req_1")], pieces)
}

/// One event, as the API frames it.
pub(crate) fn event(data: &Value) -> Piece {
    let kind = data["type"].as_str().unwrap_or_default();
    Piece::Bytes(format!("event: {kind}\ndata: {data}\n\n").into())
}

pub(crate) fn created() -> Piece {
    event(&json!({"type": "response.created", "sequence_number": 0, "response": response("in_progress", &[])}))
}

pub(crate) fn in_progress() -> Piece {
    event(&json!({"type": "response.in_progress", "sequence_number": 1, "response": response("in_progress", &[])}))
}

pub(crate) fn item_added() -> Piece {
    let item = json!({"type": "message", "id": "msg_1", "status": "in_progress", "role": "assistant", "content": []});
    event(&json!({"type": "response.output_item.added", "output_index": 0, "item": item}))
}

pub(crate) fn delta(text: &str) -> Piece {
    event(&json!({
        "type": "response.output_text.delta", "item_id": "msg_1", "output_index": 0, "content_index": 0, "delta": text,
    }))
}

pub(crate) fn item_done(text: &str) -> Piece {
    event(&json!({"type": "response.output_item.done", "output_index": 0, "item": message(text)}))
}

pub(crate) fn completed(text: &str) -> Piece {
    event(&json!({"type": "response.completed", "response": response("completed", &[message(text)])}))
}

pub(crate) fn failed(code: &str, message: &str) -> Piece {
    let mut response = response("failed", &[]);
    response["error"] = json!({"code": code, "message": message});
    event(&json!({"type": "response.failed", "response": response}))
}

pub(crate) fn message(text: &str) -> Value {
    json!({
        "type": "message", "id": "msg_1", "status": "completed", "role": "assistant",
        "content": [{"type": "output_text", "text": text, "annotations": []}],
    })
}

pub(crate) fn response(status: &str, output: &[Value]) -> Value {
    let usage = json!({
        "input_tokens": 3, "input_tokens_details": {"cached_tokens": 0},
        "output_tokens": 2, "output_tokens_details": {"reasoning_tokens": 0}, "total_tokens": 5,
    });
    json!({
        "id": "resp_1", "object": "response", "created_at": 1_700_000_000, "status": status, "error": null,
        "model": "gpt-5.4-2026", "output": output, "usage": if status == "completed" { usage } else { Value::Null },
    })
}

/// The stream of a good answer.
pub(crate) fn hello() -> Vec<Piece> {
    vec![created(), in_progress(), item_added(), delta("Hel"), delta("lo"), item_done("Hello"), completed("Hello")]
}

/// A backend of the Codex CLI that says nothing of its models.
pub(crate) fn codex() -> Config {
    let backend = Backend { catalogue_version: None, ..Backend::codex() };
    of(Profile { backend, ..Profile::codex() })
}

pub(crate) fn config(api: Api) -> Config {
    of(Profile::openai(api))
}

/// An upstream with these ways, at the address of the tests, asked once.
pub(crate) fn of(mut profile: Profile) -> Config {
    profile.backend.base_url = Some("https://upstream.test/v1/".parse().unwrap());
    Config { retry: RetryPolicy::never(), ..Config::from(profile) }
}

/// What a Chat client asks.
pub(crate) fn chat(body: &Value) -> Asked {
    Translator::new(Api::Chat).read(body.to_string().as_bytes()).unwrap()
}

pub(crate) fn request(stream: bool) -> Asked {
    chat(&json!({"model": "gpt-5.4", "stream": stream, "messages": [{"role": "user", "content": "hi"}]}))
}

/// A whole reply.
pub(crate) fn whole(reply: Reply) -> Value {
    match reply {
        Reply::Whole(body) => serde_json::from_slice(&body).unwrap(),
        Reply::Stream(stream) => panic!("expected a whole reply, not {stream:?}"),
    }
}

pub(crate) fn streamed(reply: Reply) -> SseStream {
    match reply {
        Reply::Stream(stream) => stream,
        Reply::Whole(response) => panic!("expected a stream, not {response:?}"),
    }
}

/// The data of all events of a stream, and the stream at its end.
pub(crate) async fn drain(mut stream: SseStream) -> (Vec<String>, SseStream) {
    let mut bytes = Vec::new();
    while let Some(more) = stream.next().await {
        bytes.extend_from_slice(&more);
    }
    let text = String::from_utf8(bytes).unwrap();
    assert!(text.ends_with("\n\n"), "the last event is whole");
    let data = text.split("\n\n").filter_map(|event| event.trim_start_matches('\n').strip_prefix("data: "));
    (data.map(str::to_owned).collect(), stream)
}

/// The text of all chunks joined, and the last event.
pub(crate) async fn text_and_last(stream: SseStream) -> (String, String) {
    let (mut events, _) = drain(stream).await;
    let last = events.pop().unwrap();
    let content = |event: &String| {
        let chunk: Value = serde_json::from_str(event).unwrap();
        chunk["choices"][0]["delta"]["content"].as_str().unwrap_or_default().to_owned()
    };
    (events.iter().map(content).collect(), last)
}
