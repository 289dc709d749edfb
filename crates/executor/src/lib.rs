//! Canonical request in, canonical reply or stream out, over HTTP.
//!
//! An [`Executor`] holds one upstream: where it lives, what it speaks and accepts ([`Config`]), and what lets requests in.
//! Its calls are [`ask`](Executor::ask) for a client of any API, [`complete`](Executor::complete) and
//! [`stream`](Executor::stream) for whoever works with the model, [`models`](Executor::models), and [`pass`](Executor::pass)
//! for an upstream that speaks the client's language itself.
//!
//! A call has one of two ends: an [`Answer`], or an [`Error`] that says what was wrong, where, and in which phase. Once a
//! stream is handed out, its own last event says how it ended.
//!
//! HTTP is reqwest's by default. With `default-features = false` there is none, nor tokio: bring a [`Transport`].
//!
//! ```no_run
//! use futures_util::StreamExt;
//! use interlingua_executor::{Backend, Config, Executor};
//! use interlingua_model::{Content, Event, Item, ItemKind, Message, Origin, Request, Role};
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! # #[cfg(feature = "reqwest")] {
//! let executor = Executor::over_http(Config { backend: Backend { base_url: Some("http://127.0.0.1:8080".parse()?), ..Backend::default() }, ..Config::default() })?;
//! let mut request = Request::new("gpt-5.4");
//! let hello = Message::new(Role::User, Content::Text("hello".to_owned()));
//! request.items.push(Item::new(Origin::default(), ItemKind::Message(hello)));
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
mod backend;
mod codex;
mod config;
mod error;
mod executor;
mod http;
mod profile;
mod ready;
mod scrub;
mod stream;

pub use crate::http::base_url::BaseUrl;
pub use crate::http::head::ReplyHead;
#[cfg(feature = "reqwest")]
pub use crate::http::reqwest_transport::ReqwestTransport;
pub use crate::http::retry::{Decision, RetryPolicy, Setback};
#[cfg(feature = "reqwest")]
pub use crate::http::tokio_alarm::TokioAlarm;
pub use crate::http::transport::{Alarm, BoxFuture, ByteStream, Transport, TransportError};
pub use answer::{Answer, Meta, Reply, Timings};
pub use backend::Backend;
pub use codex::limits::{RateLimits, Window};
pub use codex::usage_limit::{LimitKind, UsageLimit};
pub use config::{Config, Timeouts};
pub use error::{Error, Phase};
pub use executor::{Executor, stamp};
#[cfg(feature = "reqwest")]
pub use interlingua_auth::{HttpClient, HttpSettings, Proxy};
pub use profile::Profile;
pub use ready::{About, ReadyProfile};
pub use scrub::{Line, Scrubber, one_line};
pub use stream::event_stream::EventStream;
pub use stream::frame_stream::{Frame, FrameStream};
pub use stream::keeper::{Keeper, Last};
pub use stream::sse_stream::{Report, SseStream};

/// The README's example compiles.
#[cfg(all(doctest, feature = "reqwest"))]
#[doc = include_str!("../README.md")]
struct Readme;
