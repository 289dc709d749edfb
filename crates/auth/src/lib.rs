//! Credentials for OpenAI: API keys and the ChatGPT login of the Codex CLI.
//!
//! What sends requests holds an `Arc<dyn` [`Credentials`]`>` and asks it for an [`Access`] before every request:
//!
//! ```
//! # async fn example() -> Result<(), interlingua_auth::Error> {
//! use interlingua_auth::{ApiKey, Credentials};
//!
//! let credentials = ApiKey::new("sk-example")?;
//! let mut headers = http::HeaderMap::new();
//! let access = credentials.access().await?;
//! access.apply(&mut headers);
//! assert!(headers["authorization"].is_sensitive());
//!
//! // The server answered 401: is there anything better?
//! assert!(credentials.on_unauthorized(access.generation()).await?.is_none());
//! # Ok(()) }
//! # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(example()).unwrap();
//! ```
//!
//! [`ChatGpt`] keeps the login that lies in `$CODEX_HOME/auth.json` and is shared with the Codex CLI. Its refresh token
//! is good for one use only, so whoever spends it must save the next one. Everything in [`ChatGpt`] follows from that:
//! one refresh at a time in a process, a lock file between processes, the next token on the disk before it is used, and
//! no byte of the file changed by a refresh that failed. Machines with a copy each tell each other through [`Replicas`].
//!
//! [`BrowserLogin`] and [`DeviceLogin`] obtain a login, [`logout`] ends it, [`status`] describes it. All of them, and the
//! requests made with the credentials, share the one HTTP configuration of [`HttpSettings`].

mod access;
mod auth_file;
mod call;
mod chatgpt;
mod claims;
mod config;
mod document;
mod error;
mod fault;
mod http_client;
mod issuer;
mod lock;
mod login;
mod place;
mod policy;
mod refusal;
mod replicas;
mod status;
mod tokens;

pub use access::{Access, ApiKey, Bearer, BoxFuture, Credentials, Generation, Warning};
pub use chatgpt::{ChatGpt, Stored, open};
pub use config::{Config, LoginPolicy};
pub use error::{Error, FileError, FileProblem, IssuerError, LoginError};
pub use http_client::{HttpClient, HttpSettings, Proxy};
pub use login::{BrowserLogin, DeviceLogin, PasteError, Paster};
pub use policy::{Decision, Failure, RefreshPolicy};
pub use refusal::{Reason, ReauthRequired};
pub use replicas::{Replicas, Unreachable};
pub use status::{LoggedOut, Mode, Status, logout, status};

/// The README's example compiles and holds.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
