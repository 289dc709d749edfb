//! The gateway: an HTTP server between a client of one API and an upstream of any.
//!
//! An [`Upstream`] is who answers and with which key; a [`Gateway`] serves it. The routes are those of the official API,
//! with and without `/v1`; every error is in the shape of the client's API, with the place in the caller's own dialect.
//!
//! ```
//! use interlingua_gateway::{Config, Gateway, Target, Upstream, UpstreamConfig};
//!
//! # tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(async {
//! let upstream = Upstream::open(UpstreamConfig { target: Some(Target::Replay), ..UpstreamConfig::default() }).await?;
//! let gateway = Gateway::bind(Config { listen: "127.0.0.1:0".into(), ..Config::default() }, upstream).await?;
//! println!("serving at http://{}/v1", gateway.addr());
//! gateway.serve(async {}).await?; // until the future is ready, which this one is at once
//! # Ok::<(), interlingua_gateway::StartError>(())
//! # })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod access;
mod app;
mod ask;
mod beside;
mod body;
mod cache_key;
mod caller;
mod caller_key;
mod compact;
mod config;
mod connections;
mod cors;
mod count_tokens;
mod crowd;
mod date;
mod direct;
mod envelope;
mod error;
mod exchange;
mod host;
mod inbound;
mod inbound_key;
mod input_tokens;
mod inspect;
mod json_reply;
mod loops;
mod members;
mod metrics;
mod models;
mod origin;
mod passthrough;
mod pattern;
mod reload;
mod replicas;
mod reply;
mod route;
mod routes;
mod seal;
mod server;
mod start_error;
mod store;
mod stream;
mod summaries;
mod thoughts;
mod unknown;
mod upstream;
mod usage;
mod websocket;
mod word;

pub use caller_key::{CallerKey, CallerLimits};
pub use config::{Config, Limits, Watching};
pub use error::ApiError;
pub use http::{HeaderMap, StatusCode};
pub use inbound_key::InboundKey;
pub use models::codex_catalogue;
pub use origin::Origin;
pub use reload::Reload;
pub use route::{Member, Upstreams};
pub use seal::{SealConfig, SealKey};
pub use server::{Gateway, Handle};
pub use start_error::StartError;
pub use store::StoreConfig;
pub use upstream::{Target, Upstream, UpstreamConfig};

/// The README's example compiles and holds.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
