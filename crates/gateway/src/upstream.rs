//! Who answers, and with which key.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use http::HeaderMap;
use interlingua_auth::{ApiKey, ChatGpt, Credentials, Replicas, Stored, Warning};
use interlingua_executor::{BaseUrl, Config, Executor, Profile, RetryPolicy, Timeouts, Transport};
use interlingua_executor::{HttpSettings, Proxy, ReadyProfile, Scrubber, one_line};
use interlingua_replay::{Log, Replay, Server};
use interlingua_translate::{Api, Policy, Style, Translator};
use secrecy::SecretString;

use crate::direct::Direct;
use crate::exchange::{self, tap::Tapped};
use crate::inbound_key::{api_key, bearer};
use crate::replicas::Link;
use crate::{ApiError, StartError, envelope, loops};

/// An upstream by name, or by address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// The backend of the Codex CLI, with its ChatGPT login.
    Codex,
    /// The public API of OpenAI.
    OpenAi,
    /// The public API of Anthropic.
    Anthropic,
    /// Recorded traffic, served from inside this process.
    Replay,
    /// A server of one's own.
    Url(BaseUrl),
    /// The server of a ready profile, where that says where it lives.
    Ready(ReadyProfile),
}

/// Whether a profile says where its server lives.
fn lives_somewhere(ready: ReadyProfile) -> bool {
    ready.profile().is_ok_and(|profile| profile.backend.base_url.is_some())
}

impl FromStr for Target {
    type Err = StartError;

    fn from_str(text: &str) -> Result<Self, StartError> {
        Ok(match text {
            "codex" => Self::Codex,
            "openai" => Self::OpenAi,
            "anthropic" => Self::Anthropic,
            "replay" => Self::Replay,
            name if ReadyProfile::named(name).is_some_and(lives_somewhere) => {
                ReadyProfile::named(name).map_or(Self::OpenAi, Self::Ready)
            }
            // The text is not repeated: it may hold a password.
            url => Self::Url(url.parse().map_err(|error| {
                StartError::Upstream(format!("the upstream is none of codex, openai, anthropic and replay, no profile that says where it lives (`interlingua profiles`), and {error}"))
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
    /// What it speaks; without it, what its profile says, else Messages for Anthropic, Chat for OpenAI and servers of one's own, else Responses.
    pub api: Option<Api>,
    /// What it takes, where it lives, and what its clients like.
    pub profile: Option<Profile>,
    /// Whether a reply in the client's own API is taken apart and put together anew, for servers that speak it by half: the
    /// client then gets all that its API promises. Otherwise such a reply is passed on with its bytes as they came.
    pub repair: bool,
    /// The largest event of its streams, in bytes, if not 16 MiB; what an event repeats of earlier ones does not count.
    pub max_event: Option<usize>,
    /// Whether a key may go to it over plain HTTP although it is another machine.
    pub allow_plain_http: bool,
    /// What to do when a translation loses something.
    pub policy: Policy,
    /// How long to wait for what.
    pub timeouts: Timeouts,
    /// When to send a request again.
    pub retry: RetryPolicy,
    /// The API key. It wins over the login; without it the caller's own is passed on, except to the Codex backend.
    pub api_key: Option<SecretString>,
    /// Whether that is a token and no API key, and goes out as `authorization: Bearer` wherever API keys go.
    pub key_is_token: bool,
    /// Where the login lies and is renewed, if not where the environment says; needed for the Codex backend only.
    pub login: Option<interlingua_auth::Config>,
    /// What [`Target::Replay`] answers with, if not with what is compiled in.
    pub replay: Option<Replay>,
}

/// An upstream that is ready to be asked.
pub struct Upstream {
    executor: Executor,
    style: Style,
    policy: Policy,
    repair: bool,
    name: String,
    key: Key,
    replay: Option<Server>,
    /// Whether its address is one of somebody's own, which may be this gateway's.
    may_lead_back: bool,
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
        Self::opened(config).await
    }

    /// Boxed for the same reason as [`crate::Gateway::serve`] is: to be compiled once.
    fn opened(config: UpstreamConfig) -> BoxFuture<'static, Result<Self, StartError>> {
        Box::pin(Self::opening(config))
    }

    async fn opening(config: UpstreamConfig) -> Result<Self, StartError> {
        let UpstreamConfig {
            target,
            base_url,
            api,
            profile,
            repair,
            max_event,
            allow_plain_http,
            policy,
            timeouts,
            retry,
            api_key,
            key_is_token,
            login,
            replay,
        } = config;
        let target = match target {
            Some(target) => target,
            None => default_target(api_key.as_ref(), login.as_ref())?,
        };
        let replay = match target {
            Target::Replay => Some(replay.unwrap_or_else(Replay::embedded).spawn().await.map_err(StartError::Replay)?),
            Target::Codex | Target::OpenAi | Target::Anthropic | Target::Url(_) | Target::Ready(_) => None,
        };
        let profile = profile_of(&target, api, profile)?;
        let Profile { upstream, mut backend, style } = profile;
        // What is said of this start wins over what is said of the backend.
        let said = base_url.or(match (&target, &replay) {
            (_, Some(server)) => Some(server.base_url().parse()?),
            (Target::Url(url), None) => Some(url.clone()),
            (Target::Codex | Target::OpenAi | Target::Anthropic | Target::Replay | Target::Ready(_), None) => None,
        });
        let may_lead_back = said.is_some();
        backend.base_url = said.or(backend.base_url).or_else(|| (target == Target::Codex).then(BaseUrl::codex));
        if key_is_token {
            backend.key_header = None;
        }
        let max_event = max_event.unwrap_or(Config::default().max_event);
        let config = Config { backend, upstream, policy, timeouts, retry, max_event, allow_plain_http };
        let has_key = api_key.is_some() || target == Target::Codex;
        if has_key && !allow_plain_http && !config.base_url().is_private() {
            return Err(StartError::Upstream(PLAIN_HTTP.to_owned()));
        }
        let name = config.base_url().authority().to_owned();
        // What runs in this process is not to be looked for behind a proxy.
        let proxy = if replay.is_some() { Proxy::Direct } else { Proxy::Environment };
        let settings = HttpSettings { proxy, ..HttpSettings::default() };
        let transport = Arc::new(Tapped(Direct::new(settings, &config.base_url())?));
        let executor = Executor::new(config, Arc::clone(&transport) as Arc<dyn Transport>)?;
        let with = |credentials: Arc<dyn Credentials>| executor.with_credentials(credentials);
        let (executor, key) = match (target, api_key, login) {
            (Target::Codex, _, login) => {
                let login = login.map_or_else(interlingua_auth::Config::from_env, Ok)?;
                match interlingua_auth::open(&login, transport.0.client()?)? {
                    Stored::ChatGpt(login) => {
                        login.on_warning(|warning| tracing::warn!(warning = %one_line(warning), "the login"));
                        (with(Arc::new(login.clone())), Key::Own(Some(login)))
                    }
                    Stored::ApiKey(_) => return Err(StartError::Upstream(NO_CHATGPT.to_owned())),
                }
            }
            (Target::Replay, _, _) => (executor, Key::Own(None)),
            (Target::OpenAi | Target::Anthropic | Target::Url(_) | Target::Ready(_), Some(key), _) => {
                (with(Arc::new(ApiKey::new(key)?)), Key::Own(None))
            }
            (Target::OpenAi | Target::Anthropic | Target::Url(_) | Target::Ready(_), None, _) => {
                (executor, Key::Callers)
            }
        };
        // The Codex CLI is among the clients, and acts on every item that ends, whole or not.
        let style = Style { close_cut_items: style.close_cut_items.or(Some(false)), ..style };
        Ok(Self { executor, style, policy, repair, name, key, replay, may_lead_back })
    }

    /// From now on nothing it answers repeats these either where it tells of a failure.
    pub(crate) fn hide(&mut self, hidden: &Scrubber) {
        self.executor = self.executor.hiding(hidden);
    }

    /// From now on its login, if it has one, is renewed by one gateway at a time.
    pub(crate) fn share(&self, link: &Arc<Link>) {
        if let Key::Own(Some(login)) = &self.key {
            login.share(Arc::clone(link) as Arc<dyn Replicas>);
        }
    }

    /// Host and port, for messages.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it speaks.
    #[must_use]
    pub fn api(&self) -> Api {
        self.executor.config().upstream.api()
    }

    /// Whether what clients of an API ask, and are answered, is passed on as it is.
    pub(crate) fn passes(&self, client: Api) -> bool {
        self.api() == client && !self.repair
    }

    /// What reads the requests of clients of an API.
    pub(crate) fn translator(&self, client: Api) -> Translator {
        Translator { client, style: self.style.clone(), policy: self.policy }
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

    /// Who asks it on behalf of a caller: with the caller's own key where the upstream has none. What the caller has presented
    /// here is repeated no more than any other key.
    pub(crate) fn executor_for(&self, caller: &HeaderMap) -> Result<Executor, ApiError> {
        let mut executor = match &self.key {
            Key::Own(_) => self.executor.clone(),
            Key::Callers => self.with_key_of(caller)?,
        };
        exchange::note(|exchange| {
            if let Some(keys) = exchange.presented() {
                executor = executor.hiding(keys);
            }
        });
        Ok(if self.may_lead_back { executor.with_headers(&loops::via(caller)) } else { executor })
    }

    /// The same for a client of an API: where the upstream speaks it too, the headers of the client's session go along.
    pub(crate) fn executor_in(&self, client: Api, caller: &HeaderMap) -> Result<Executor, ApiError> {
        let executor = self.executor_for(caller)?;
        Ok(if self.api() == client { executor.with_session_of(caller) } else { executor })
    }

    /// With the caller's own key, as the upstream wants one. A client of Messages that has a token and no API key sends it as
    /// such, and so it goes on to an upstream of that API.
    fn with_key_of(&self, caller: &HeaderMap) -> Result<Executor, ApiError> {
        let is_of_messages = caller.contains_key(envelope::VERSION);
        Ok(match (api_key(caller).filter(|_| is_of_messages), bearer(caller), api_key(caller)) {
            (Some(key), ..) | (None, None, Some(key)) => self.executor.with_bearer(key)?,
            (None, Some(token), _) if is_of_messages && self.api() == Api::Messages => {
                self.executor.with_token(token)?
            }
            (None, Some(key), _) => self.executor.with_bearer(key)?,
            (None, None, None) => self.executor.clone(),
        })
    }

    /// Waits until nothing of the login is left unsaved. A program that ends calls this last.
    ///
    /// # Errors
    /// The login was renewed and could not be saved. The person has to know.
    pub async fn settled(&self) -> Result<(), Warning> {
        match &self.key {
            Key::Own(Some(login)) => login.settled().await,
            Key::Own(None) | Key::Callers => Ok(()),
        }
    }
}

const PLAIN_HTTP: &str = "the upstream is another machine and its address is plain HTTP, so that everybody on the way \
                          could read the key: write https://, or say `allow_plain_http = true` (--allow-plain-http) if the \
                          way is safe";

const NO_CHATGPT: &str = "the stored login is an API key, and the Codex backend wants a ChatGPT login: \
                          run `interlingua login`, or use the upstream `openai` with OPENAI_API_KEY";

/// The profile that was asked for, or the usual one; it must agree with what the upstream is said to speak.
fn profile_of(target: &Target, api: Option<Api>, profile: Option<Profile>) -> Result<Profile, StartError> {
    let profile = match (profile, target) {
        (Some(profile), _) => profile,
        (None, Target::Codex) => Profile::codex(),
        (None, Target::Anthropic) => Profile::anthropic(),
        (None, Target::Ready(ready)) => ready.profile()?,
        (None, Target::OpenAi | Target::Url(_) | Target::Replay) if api == Some(Api::Messages) => Profile::anthropic(),
        (None, Target::Url(_)) if api != Some(Api::Responses) => Profile::compatible(),
        (None, Target::OpenAi | Target::Url(_) | Target::Replay) => Profile::openai(api.unwrap_or(target.usual_api())),
    };
    let speaks = profile.upstream.api();
    if *target == Target::Codex && (speaks, api) != (Api::Responses, api.and(Some(Api::Responses))) {
        return Err(StartError::Upstream("the Codex backend speaks Responses only".to_owned()));
    }
    match api {
        Some(api) if api != speaks => {
            let (said, known) = (api.title(), speaks.title());
            Err(StartError::Upstream(format!(
                "the upstream is said to speak {said}, and its profile is one for {known}"
            )))
        }
        Some(_) | None => Ok(profile),
    }
}

impl Target {
    /// What it speaks where nobody says.
    #[must_use]
    pub fn usual_api(&self) -> Api {
        match self {
            Self::Codex | Self::Replay => Api::Responses,
            Self::Anthropic => Api::Messages,
            Self::OpenAi | Self::Url(_) => Api::Chat,
            Self::Ready(ready) => ready.api().unwrap_or(Api::Chat),
        }
    }
}

fn default_target(key: Option<&SecretString>, login: Option<&interlingua_auth::Config>) -> Result<Target, StartError> {
    let Some(login) = login.filter(|_| key.is_none()) else { return Ok(Target::OpenAi) };
    let status = interlingua_auth::status(login)?;
    let has_login = status.is_some_and(|status| status.mode == interlingua_auth::Mode::ChatGpt);
    Ok(if has_login { Target::Codex } else { Target::OpenAi })
}

impl fmt::Debug for Upstream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Upstream").field("name", &self.name).field("api", &self.api()).finish_non_exhaustive()
    }
}
