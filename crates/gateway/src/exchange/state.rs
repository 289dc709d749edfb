//! What is known of an exchange.

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::{Method, StatusCode};
use interlingua_executor::Scrubber;
use interlingua_model::{Api, Usage};
use interlingua_translate::Loss;

use super::recording::Recording;
use super::sent::{End, Failed, Sent};

/// What is known of a request when it comes.
#[derive(Debug)]
pub(crate) struct Head {
    /// The gateway's id of it, `req_..`.
    pub(crate) id: String,
    pub(crate) at: SystemTime,
    pub(crate) method: Method,
    pub(crate) path: String,
}

/// What is known so far.
#[derive(Debug, Clone, Default)]
pub(crate) struct State {
    /// What the client asked, where it is a request of an API.
    pub(crate) asked: Option<Asked>,
    /// The name of who answers, and what it speaks.
    pub(crate) upstream: Option<(String, Api)>,
    /// What went to the upstream, each time that something did.
    pub(crate) attempts: Vec<Attempt>,
    /// What came and what went out, where somebody wants to see it.
    pub(crate) recording: Recording,
    /// The credentials that have been part of it.
    pub(crate) secrets: Scrubber,
    /// The status that the client got.
    pub(crate) status: Option<StatusCode>,
    pub(crate) losses: Vec<Loss>,
    pub(crate) usage: Option<Usage>,
    /// Of how many turns the thoughts were found that the client had dropped, and of how many not.
    pub(crate) recalled: (usize, usize),
    pub(crate) failure: Option<Failed>,
    /// When the client got the first byte, the last one, and how many pieces in all.
    pub(crate) sent: Sent,
    /// The upstream's own id of the request, by which those who run it find it. No key is in it.
    pub(crate) upstream_id: Option<String>,
    /// Whether the reply is a stream.
    pub(crate) is_streamed: bool,
    /// What was looked up among the replies that are kept.
    pub(crate) lookups: Lookups,
    /// How it ended, and when.
    pub(crate) end: Option<(End, Duration)>,
}

/// How many kept replies were looked up, by what came of it.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Lookups {
    pub(crate) hits: u64,
    pub(crate) misses: u64,
    pub(crate) failures: u64,
}

/// What a client asked.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(crate) api: Api,
    pub(crate) model: String,
    pub(crate) body: Bytes,
}

/// One request to the upstream.
#[derive(Debug, Clone)]
pub(crate) struct Attempt {
    pub(crate) at: Duration,
    pub(crate) method: Method,
    /// The path and the query; the host is the upstream's.
    pub(crate) path: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Bytes,
    /// None while there is no answer, or where there was none.
    pub(crate) status: Option<StatusCode>,
    pub(crate) reply_headers: Vec<(String, String)>,
    /// Why there was no answer.
    pub(crate) error: Option<String>,
    /// Its span, of which the upstream has been told.
    #[cfg(feature = "otel")]
    pub(super) span: Option<opentelemetry::Context>,
}
