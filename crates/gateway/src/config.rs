//! What a gateway has to know to start.

use std::path::PathBuf;
use std::time::Duration;

use crate::{CallerKey, InboundKey, Origin, Reload, SealConfig, StoreConfig};

/// Where a gateway listens, who may use it, and its limits.
#[derive(Debug, Clone)]
pub struct Config {
    /// Address and port, `127.0.0.1:4141`; port 0 takes a free one.
    pub listen: String,
    /// What callers have to present. Without it only this machine is served.
    pub inbound_key: Option<InboundKey>,
    /// Callers with keys of their own, beside that one.
    pub callers: Vec<CallerKey>,
    /// Names and addresses by which it may be asked where there is no key, besides those that mean this machine anyway.
    pub allowed_hosts: Vec<String>,
    /// Web pages that may ask, wherever they are shown; with a key they need it as well.
    pub allowed_origins: Vec<Origin>,
    /// Paths of the upstream that are passed on untouched, with `*` for any text: `/v1/embeddings`, `/v1/audio/*`.
    pub passthrough: Vec<String>,
    /// Its limits.
    pub limits: Limits,
    /// What is kept of what happens.
    pub watching: Watching,
    /// Where other upstreams come from while it serves, if they can change.
    pub reload: Option<Reload>,
    /// Where replies are kept, so that clients can go on from them.
    pub store: StoreConfig,
    /// With which key summaries of conversations are sealed.
    pub seal: SealConfig,
    /// Whether clients of Responses may open a WebSocket. Where they may not, they learn that they have to send requests.
    pub websocket: bool,
    /// Whether sealed thoughts are kept in the store for clients that drop them, and put back when the conversation goes on.
    pub reasoning_cache: bool,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: DEFAULT_LISTEN.to_owned(),
            inbound_key: None,
            callers: Vec::new(),
            allowed_hosts: Vec::new(),
            allowed_origins: Vec::new(),
            passthrough: Vec::new(),
            limits: Limits::default(),
            watching: Watching::default(),
            reload: None,
            store: StoreConfig::default(),
            seal: SealConfig::default(),
            websocket: true,
            reasoning_cache: true,
        }
    }
}

/// What is kept of what happens, beside the numbers at `/metrics`. Nothing unless it is asked for: it holds what people said.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Watching {
    /// The folder into which each exchange is written, as a case in the format of the fixtures. Credentials are taken out; at
    /// most 1,000 exchanges and 512 MiB are kept, each of them up to 8 MiB, and those under way hold 256 MiB of memory together.
    pub capture: Option<PathBuf>,
    /// Whether the last 64 exchanges can be looked at, at `/`.
    pub inspect: bool,
}

/// Where a gateway listens when nobody says.
const DEFAULT_LISTEN: &str = "127.0.0.1:4141";

/// How much a gateway takes and how long it waits. How long a streamed reply is held back for a failure that can still be an
/// HTTP status is the executor's to say: [`Timeouts::hold`](interlingua_executor::Timeouts::hold).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The largest request body, in bytes (64 MiB: an image of 20 MiB passes).
    pub body: usize,
    /// The longest pause within a request body (30 s).
    pub body_idle: Duration,
    /// How long a request body may take altogether (5 min).
    pub body_total: Duration,
    /// How long a connection may take for the head of a request, the wait for it included (60 s).
    pub head: Duration,
    /// The largest head of a request, in bytes (64 KiB).
    pub head_size: usize,
    /// How many requests are served at a time, their replies included (4096).
    pub requests: usize,
    /// After which pause in a streamed reply a comment is sent, to clients of Messages a `ping`, so that nothing on the way takes it for dead (15 s).
    pub heartbeat: Duration,
    /// How long replies may go on after the server was told to stop (10 s).
    pub grace: Duration,
    /// The most WebSockets that are open at once (1024).
    pub sockets: u32,
    /// After how long a WebSocket takes no more turns (60 min, as OpenAI has it).
    pub socket_age: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body: 64 * 1024 * 1024,
            body_idle: Duration::from_secs(30),
            body_total: Duration::from_secs(5 * 60),
            head: Duration::from_secs(60),
            head_size: 64 * 1024,
            requests: 4096,
            heartbeat: Duration::from_secs(15),
            grace: Duration::from_secs(10),
            sockets: 1024,
            socket_age: Duration::from_secs(60 * 60),
        }
    }
}
