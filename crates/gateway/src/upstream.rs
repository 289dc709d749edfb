//! Who answers, and with which key.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use http::HeaderMap;
use interlingua_auth::transport::{Proxy, Transport};
use interlingua_auth::{ApiKey, ChatGpt, Credentials, Stored};
use interlingua_executor::{BaseUrl, Config, Dialect, Executor, ReqwestTransport, Timeouts};
use interlingua_replay::{Log, Replay, Server};
use interlingua_translate::{Policy, Profile};
use secrecy::SecretString;

use crate::inbound::bearer;
use crate::{ApiError, StartError};

/// An upstream by name, or by address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// The backend of the Codex CLI, with its ChatGPT login.
    Codex,
    /// The public API of OpenAI.
    OpenAi,
    /// Recorded traffic, served from inside this process.
    Replay,
    /// A server of one's own.
    Url(BaseUrl),
}

impl FromStr for Target {
    type Err = StartError;

    fn from_str(text: &str) -> Result<Self, StartError> {
        Ok(match text {
            "codex" => Self::Codex,
            "openai" => Self::OpenAi,
            "replay" => Self::Replay,
            // The text is not repeated: it may hold a password.
            url => Self::Url(url.parse().map_err(|error| {
                StartError::Upstream(format!("the upstream is none of codex, openai and replay, and {error}"))
            })?),
        })
    }
}

/// What is known of an upstream. Whatever is `None` follows from the target.
#[derive(Debug, Default)]
pub struct UpstreamConfig {
    /// Who it is; without it, OpenAI if there is a key, else the Codex backend if there is a login, else OpenAI.
    pub target: Option<Target>,
    /// Where it lives, if not where it usually does.
    pub base_url: Option<BaseUrl>,
    /// What it speaks: Chat for OpenAI and servers of one's own, else Responses.
    pub dialect: Option<Dialect>,
    /// What it accepts and forces.
    pub profile: Option<Profile>,
    /// What to do when a translation loses something.
    pub policy: Policy,
    /// How long to wait for what.
    pub timeouts: Timeouts,
    /// The API key. It wins over the login; without it the caller's own is passed on, except to the Codex backend.
    pub api_key: Option<SecretString>,
    /// Where the login lies and is renewed, if not where the environment says; needed for the Codex backend only.
    pub login: Option<interlingua_auth::Config>,
    /// What [`Target::Replay`] answers with, if not with what is compiled in.
    pub replay: Option<Replay>,
}

/// An upstream that is ready to be asked.
pub struct Upstream {
    executor: Executor,
    name: String,
    key: Key,
    replay: Option<Server>,
}

enum Key {
    /// The executor has what it needs.
    Own(Option<ChatGpt>),
    /// Every caller brings one.
    Callers,
}

impl Upstream {
    /// Finds the credentials, and starts the replay if it is that.
    ///
    /// # Errors
    /// The settings contradict each other, or there is no login where one is needed.
    pub async fn open(config: UpstreamConfig) -> Result<Self, StartError> {
        let UpstreamConfig { target, base_url, dialect, profile, policy, timeouts, api_key, login, replay } = config;
        let target = match target {
            Some(target) => target,
            None => default_target(api_key.as_ref(), login.as_ref())?,
        };
        if target == Target::Codex && dialect == Some(Dialect::Chat) {
            return Err(StartError::Upstream("the Codex backend speaks Responses only".to_owned()));
        }
        let replay = match target {
            Target::Replay => Some(replay.unwrap_or_else(Replay::embedded).spawn().await.map_err(StartError::Replay)?),
            Target::Codex | Target::OpenAi | Target::Url(_) => None,
        };
        let dialect = dialect.unwrap_or(match target {
            Target::Codex | Target::Replay => Dialect::Responses,
            Target::OpenAi | Target::Url(_) => Dialect::Chat,
        });
        let home = match (&target, &replay) {
            (_, Some(server)) => server.base_url().parse()?,
            (Target::Codex, None) => BaseUrl::codex(),
            (Target::Url(url), None) => url.clone(),
            (Target::OpenAi | Target::Replay, None) => BaseUrl::openai(),
        };
        let base_url = base_url.unwrap_or(home);
        let name = base_url.authority().to_owned();
        let mut profile = profile.unwrap_or_else(|| match (&target, dialect) {
            (Target::Codex, _) => Profile::codex(),
            (Target::Url(_), Dialect::Chat) => Profile::compatible(),
            (Target::OpenAi | Target::Replay | Target::Url(_), _) => Profile::openai(),
        });
        // The Codex CLI is among the clients, and acts on every item that ends, whole or not.
        profile.reply.close_cut_items = false;
        // What runs in this process is not to be looked for behind a proxy.
        let proxy = if replay.is_some() { Proxy::Direct } else { Proxy::Environment };
        let client = Transport { proxy, ..Transport::default() }.client()?;
        let config = Config { base_url, dialect, profile, policy, timeouts, ..Config::default() };
        let executor = Executor::new(config, Arc::new(ReqwestTransport::new(&client)))?;
        let with = |credentials: Arc<dyn Credentials>| executor.with_credentials(credentials);
        let (executor, key) = match (target, api_key, login) {
            (Target::Codex, _, login) => {
                let login = login.map_or_else(interlingua_auth::Config::from_env, Ok)?;
                match interlingua_auth::open(&login, &client)? {
                    Stored::ChatGpt(login) => (with(Arc::new(login.clone())), Key::Own(Some(login))),
                    Stored::ApiKey(_) => return Err(StartError::Upstream(NO_CHATGPT.to_owned())),
                }
            }
            (Target::Replay, _, _) => (executor, Key::Own(None)),
            (Target::OpenAi | Target::Url(_), Some(key), _) => (with(Arc::new(ApiKey::new(key)?)), Key::Own(None)),
            (Target::OpenAi | Target::Url(_), None, _) => (executor, Key::Callers),
        };
        Ok(Self { executor, name, key, replay })
    }

    /// Host and port, for messages.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it speaks.
    #[must_use]
    pub fn dialect(&self) -> Dialect {
        self.executor.config().dialect
    }

    /// What goes over the wire to the replay, if it is that.
    #[must_use]
    pub fn replay_log(&self) -> Option<Log> {
        self.replay.as_ref().map(Server::log)
    }

    /// Who asks it, with its own key or none.
    #[must_use]
    pub fn executor(&self) -> &Executor {
        &self.executor
    }

    /// Who asks it on behalf of a caller: with the caller's own key where the upstream has none.
    pub(crate) fn executor_for(&self, caller: &HeaderMap) -> Result<Executor, ApiError> {
        match (&self.key, bearer(caller)) {
            (Key::Callers, Some(token)) => Ok(self.executor.with_bearer(token)?),
            (Key::Callers, None) | (Key::Own(_), _) => Ok(self.executor.clone()),
        }
    }

    /// Waits until nothing of the login is left unsaved. A program that ends calls this last.
    pub async fn settled(&self) {
        if let Key::Own(Some(login)) = &self.key {
            login.settled().await;
        }
    }
}

const NO_CHATGPT: &str = "the stored login is an API key, and the Codex backend wants a ChatGPT login: \
                          run `interlingua login`, or use the upstream `openai` with OPENAI_API_KEY";

fn default_target(key: Option<&SecretString>, login: Option<&interlingua_auth::Config>) -> Result<Target, StartError> {
    let Some(login) = login.filter(|_| key.is_none()) else { return Ok(Target::OpenAi) };
    let status = interlingua_auth::status(login)?;
    let has_login = status.is_some_and(|status| status.mode == interlingua_auth::Mode::ChatGpt);
    Ok(if has_login { Target::Codex } else { Target::OpenAi })
}

impl fmt::Debug for Upstream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Upstream").field("name", &self.name).field("dialect", &self.dialect()).finish_non_exhaustive()
    }
}
