//! Canonical request in, canonical reply or stream out, over HTTP.
//!
//! An [`Executor`] holds one upstream: where it lives, what it speaks and accepts ([`Config`]), and what lets requests in.
//! Its calls are [`chat`](Executor::chat) for a Chat Completions client, [`responses`](Executor::responses) for a Responses
//! client, [`complete`](Executor::complete) and [`stream`](Executor::stream) for whoever works with the model,
//! [`models`](Executor::models), and [`chat_passthrough`](Executor::chat_passthrough) and
//! [`responses_passthrough`](Executor::responses_passthrough) for an upstream that speaks the client's language itself.
//!
//! A call has one of two ends: an [`Answer`], or an [`Error`] that says what was wrong, where, and in which phase. Once a
//! stream is handed out, its own last event says how it ended.
//!
//! HTTP is reqwest's by default. With `default-features = false` there is none, nor tokio: bring a [`Transport`].
//!
//! ```no_run
//! use futures_util::StreamExt;
//! use interlingua_executor::{Config, Executor};
//! use interlingua_model::{Content, Event, Item, ItemKind, Message, Origin, Request, Role};
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! # #[cfg(feature = "reqwest")] {
//! let executor = Executor::over_http(Config { base_url: "http://127.0.0.1:8080".parse()?, ..Config::default() })?;
//! let mut request = Request::new("gpt-5.4");
//! let hello = Message::new(Role::User, Content::Text("hello".to_owned()));
//! request.items.push(Item { origin: Origin::default(), kind: ItemKind::Message(hello) });
//! let mut events = executor.stream(request).await?.value;
//! while let Some(event) = events.next().await {
//!     if let Event::TextDelta { text, .. } = event {
//!         print!("{text}");
//!     }
//! }
//! # }
//! # Ok(()) }
//! ```

mod answer;
mod base_url;
mod caller;
mod catalogue;
mod chat_params;
mod config;
mod decoding;
mod error;
mod error_body;
mod event_stream;
mod exchange;
mod executor;
mod frames;
mod head;
mod key;
mod limits;
mod models;
mod params;
mod passthrough;
mod prepared;
#[cfg(feature = "reqwest")]
mod reqwest_transport;
mod retry;
mod session;
mod source;
mod splice;
mod sse_stream;
mod transport;
mod upstream;
mod usage;
mod usage_limit;
mod watch;

pub use answer::{Answer, Meta, Reply, Timings};
pub use base_url::BaseUrl;
pub use config::{Config, Dialect, Timeouts};
pub use error::{Error, Phase};
pub use event_stream::EventStream;
pub use executor::Executor;
pub use head::ReplyHead;
pub use limits::{RateLimits, Window};
#[cfg(feature = "reqwest")]
pub use reqwest_transport::ReqwestTransport;
pub use retry::{Decision, RetryPolicy, Setback};
pub use sse_stream::{Report, SseStream};
pub use transport::{BoxFuture, ByteStream, Transport, TransportError};
pub use upstream::Upstream;
pub use usage_limit::{LimitKind, UsageLimit};
