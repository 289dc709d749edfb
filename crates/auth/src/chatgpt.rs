//! The ChatGPT login of the Codex CLI as [`Credentials`].
//!
//! Callers meet in [`State`], behind a mutex that is never held across a wait. Whoever finds the token too old starts a
//! [`flight`], the one task that may refresh, or joins the one under way. The task is not the caller's: a caller that goes
//! away cannot take a spent refresh token with it.

mod flight;
#[cfg(test)]
mod kill_tests;
mod sharing;
mod trouble;

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
    time::{Duration, Instant, SystemTime},
};

use secrecy::SecretString;
use tokio::sync::watch;

use crate::{
    access::{Access, ApiKey, BoxFuture, Credentials, Generation, Warning},
    auth_file::{AuthFile, Content},
    config::Config,
    document::Document,
    error::{Error, FileError, FileProblem},
    http_client::HttpClient,
    issuer::Issuer,
    refusal::{Reason, ReauthRequired},
    replicas::Replicas,
    status::Mode,
    tokens::{Age, Fingerprint, Lifetime, Tokens},
};

/// Reads the login that the configuration names, whichever of the two modes it is in.
///
/// Fails with [`Error::NotLoggedIn`] where there is none, and with [`Error::File`] where the file cannot be read or
/// understood; such a file is never touched. Reads one small file and sends nothing.
pub fn open(config: &Config, client: &HttpClient) -> Result<Stored, Error> {
    let file = AuthFile::new(&config.auth_file);
    let not_logged_in = || Error::NotLoggedIn { path: config.auth_file.clone() };
    let Content { document, target: _ } = file.read().map_err(Error::File)?.ok_or_else(not_logged_in)?;
    match Mode::of(&document).map_err(|problem| Error::File(file.error(problem)))? {
        None => Err(not_logged_in()),
        Some(Mode::ApiKey) => {
            let key = api_key(&file, &document).map_err(Error::File)?.ok_or_else(not_logged_in)?;
            ApiKey::new(key).map(Stored::ApiKey)
        }
        Some(Mode::ChatGpt) => {
            let tokens = tokens_of(&file, &document).map_err(Error::File)?.ok_or_else(not_logged_in)?;
            ChatGpt::new(file, tokens, Issuer::new(config, client)).map(Stored::ChatGpt)
        }
    }
}

/// What the file of the login holds. The two speak to different endpoints, so the caller has to know.
#[derive(Debug, Clone)]
pub enum Stored {
    /// An API key that the Codex CLI was given.
    ApiKey(ApiKey),
    /// A ChatGPT login.
    ChatGpt(ChatGpt),
}

/// A ChatGPT login, kept fresh. Cheap to clone; all clones share one state, and one refresh.
///
/// Obtained from [`open`]. Must be used inside a tokio runtime. Two of these on one file, in one process or in several,
/// keep out of each other's way by a lock file, but clones of one are cheaper.
#[derive(Clone)]
pub struct ChatGpt(Arc<Shared>);

impl ChatGpt {
    /// Waits for a refresh that is under way, if any, to be on the disk.
    ///
    /// A program that ends calls this last: a refresh that is cut off between the issuer's answer and the disk costs the
    /// login. Takes as long as [`RefreshPolicy`](crate::RefreshPolicy) allows a refresh to take.
    ///
    /// Fails with [`Warning::NotSaved`] where the file does not have the login, after one more attempt: the person has to be
    /// told, and the program should say by its exit status that something is wrong.
    pub async fn settled(&self) -> Result<(), Warning> {
        let under_way = self.0.state().flight.clone();
        if let Some(flight) = under_way {
            let _ = landed(flight).await;
        }
        let save = {
            let mut state = self.0.state();
            state.save_again.is_some().then(|| self.0.fly(&mut state, Need::Save))
        };
        if let Some(flight) = save {
            let _ = landed(flight).await;
        }
        self.0.tell_replicas().await;
        let state = self.0.state();
        match &state.warning {
            Some(warning @ Warning::NotSaved { .. }) if state.save_again.is_some() => Err(warning.clone()),
            _ => Ok(()),
        }
    }

    /// Tells what the person should know, the moment it happens: what [`Credentials::warning`] gives from then on. There is
    /// one listener; later ones hear nothing.
    pub fn on_warning(&self, tell: impl Fn(&Warning) + Send + Sync + 'static) {
        let _ = self.0.listener.set(Box::new(tell));
    }

    /// From now on the login is shared with other machines, each of which has a copy of it: it is renewed by one of them at a
    /// time, and the others take over what that one got. Of several such places the first counts.
    pub fn share(&self, replicas: Arc<dyn Replicas>) {
        let _ = self.0.replicas.set(replicas);
    }

    fn new(file: AuthFile, tokens: Tokens, issuer: Issuer) -> Result<Self, Error> {
        let session = Session::new(tokens, Generation::default(), issuer.config.refresh.margin, None)?;
        let state = State {
            session,
            flight: None,
            spent: Vec::new(),
            save_again: None,
            untold: Vec::new(),
            is_telling: false,
            setback: None,
            warning: None,
        };
        let (listener, replicas) = (OnceLock::new(), OnceLock::new());
        Ok(Self(Arc::new(Shared { file, issuer, state: Mutex::new(state), listener, replicas })))
    }

    async fn current(&self) -> Result<Access, Error> {
        for _ in 0..FLIGHTS {
            let flight = match self.0.state().step(&self.0) {
                Step::Serve(access) => return Ok(access),
                Step::Fail(error) => return Err(error),
                Step::Wait(flight) => flight,
            };
            if let Err(error) = landed(flight).await {
                return self.0.state().despite(error);
            }
        }
        Ok(self.0.state().session.access.clone())
    }

    async fn newer_than(&self, refused: Generation) -> Result<Access, Error> {
        for _ in 0..FLIGHTS {
            let flight = {
                let mut state = self.0.state();
                if state.session.access.generation() != refused {
                    break;
                }
                if state.session.is_young(self.0.issuer.config.refresh.young) {
                    return Err(Error::ReauthRequired(ReauthRequired::new(Reason::FreshTokenRefused)));
                }
                if let Some(error) = state.paused() {
                    return Err(error);
                }
                self.0.fly(&mut state, Need::NewerThan(refused))
            };
            landed(flight).await?;
        }
        self.current().await
    }
}

impl Credentials for ChatGpt {
    fn access(&self) -> BoxFuture<'_, Result<Access, Error>> {
        Box::pin(self.current())
    }

    fn on_unauthorized(&self, refused: Generation) -> BoxFuture<'_, Result<Option<Access>, Error>> {
        Box::pin(async move { self.newer_than(refused).await.map(Some) })
    }

    fn warning(&self) -> Option<Warning> {
        self.0.state().warning.clone()
    }
}

impl fmt::Debug for ChatGpt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChatGpt")
            .field("file", &self.0.file.path())
            .field("access", &self.0.state().session.access)
            .finish_non_exhaustive()
    }
}

/// How many flights one caller waits for. A second one is needed where it joined one with another purpose.
const FLIGHTS: usize = 3;

struct Shared {
    file: AuthFile,
    issuer: Issuer,
    state: Mutex<State>,
    listener: OnceLock<Listener>,
    replicas: OnceLock<Arc<dyn Replicas>>,
}

type Listener = Box<dyn Fn(&Warning) + Send + Sync>;

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        // Every change of the state is a single assignment, so a panic leaves nothing half done.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps a warning, and tells it. That a login is not saved outweighs whatever else there is to say.
    fn warn(&self, state: &mut State, warning: Warning) {
        if state.save_again.is_some() && !matches!(warning, Warning::NotSaved { .. }) {
            return;
        }
        let is_new = state.warning.as_ref().is_none_or(|known| known.to_string() != warning.to_string());
        if let Some(tell) = self.listener.get().filter(|_| is_new) {
            tell(&warning);
        }
        state.warning = Some(warning);
    }
}

struct State {
    session: Session,
    flight: Option<watch::Receiver<Landed>>,
    /// Refresh tokens this process has spent. One of them in the file means that the file is behind.
    spent: Vec<Fingerprint>,
    /// When to try again to save a session that the file does not have.
    save_again: Option<Instant>,
    /// What the other replicas do not know yet: refresh tokens, and what they were spent for.
    untold: Vec<(SecretString, Tokens)>,
    /// Whether a task is at it to tell them.
    is_telling: bool,
    setback: Option<Setback>,
    warning: Option<Warning>,
}

/// The login as it is in memory.
struct Session {
    tokens: Tokens,
    access: Access,
    lifetime: Lifetime,
    /// When this process refreshed it; `None` for what was read from the file.
    refreshed: Option<Instant>,
}

/// Why there is no use in refreshing just now.
enum Setback {
    /// The last attempt failed; this is what to say until then.
    Pause { until: Instant, error: Error },
    /// The issuer refused this refresh token for good. It is not sent again.
    Over { spent: Option<Fingerprint>, refusal: ReauthRequired },
}

/// What a flight is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Need {
    /// The token is about to expire, or has.
    Fresh,
    /// The server refused the token of this generation.
    NewerThan(Generation),
    /// The file does not have the session yet.
    Save,
}

/// How a flight ended; `None` while it is under way.
type Landed = Option<Result<(), Error>>;

enum Step {
    Serve(Access),
    Fail(Error),
    Wait(watch::Receiver<Landed>),
}

impl State {
    /// What a caller who wants an access has to do.
    fn step(&mut self, shared: &Arc<Shared>) -> Step {
        let access = self.session.access.clone();
        match self.session.age(shared.issuer.config.refresh.young) {
            Age::Fresh => {
                if self.save_again.is_some_and(|time| time <= Instant::now()) {
                    // Nobody has to wait for this one.
                    shared.fly(self, Need::Save);
                }
                Step::Serve(access)
            }
            Age::Due if self.flight.is_none() && (self.paused().is_some() || self.is_over()) => Step::Serve(access),
            Age::Due => Step::Wait(shared.fly(self, Need::Fresh)),
            Age::Expired => match self.paused() {
                Some(error) if self.flight.is_none() => Step::Fail(error),
                _ => Step::Wait(shared.fly(self, Need::Fresh)),
            },
        }
    }

    /// A failed refresh is no failure while the token lasts.
    fn despite(&self, error: Error) -> Result<Access, Error> {
        match self.session.lifetime.age(SystemTime::now()) {
            Age::Fresh | Age::Due => Ok(self.session.access.clone()),
            Age::Expired => Err(error),
        }
    }

    fn paused(&self) -> Option<Error> {
        match &self.setback {
            Some(Setback::Pause { until, error }) if *until > Instant::now() => Some(error.clone()),
            _ => None,
        }
    }

    fn is_over(&self) -> bool {
        self.refusal().is_some()
    }

    /// The refusal of the refresh token at hand.
    fn refusal(&self) -> Option<&ReauthRequired> {
        match &self.setback {
            Some(Setback::Over { spent, refusal }) if *spent == self.session.tokens.fingerprint() => Some(refusal),
            _ => None,
        }
    }
}

impl Session {
    fn new(
        tokens: Tokens,
        generation: Generation,
        margin: Duration,
        refreshed: Option<Instant>,
    ) -> Result<Self, Error> {
        let claims = tokens.claims();
        let lifetime = Lifetime::new(&claims, margin, SystemTime::now());
        // The Codex CLI sends the account id of the file; a login it did not write may lack it.
        let account_id = tokens.account_id.clone().or(claims.account_id);
        let access = Access::with_account(tokens.access_token.clone(), account_id, claims.fedramp, generation)?;
        let access = access.beside(tokens.id_token.iter().chain(&tokens.refresh_token).cloned().collect());
        Ok(Self { tokens, access, lifetime, refreshed })
    }

    fn is_young(&self, young: Duration) -> bool {
        self.refreshed.is_some_and(|time| time.elapsed() < young)
    }

    /// A token just issued is used whatever our clock says; a clock that is ahead would spend one after the other.
    fn age(&self, young: Duration) -> Age {
        if self.is_young(young) { Age::Fresh } else { self.lifetime.age(SystemTime::now()) }
    }
}

async fn landed(mut flight: watch::Receiver<Landed>) -> Result<(), Error> {
    match flight.wait_for(Option::is_some).await {
        Ok(landed) => landed.clone().unwrap_or(Err(Error::Ended)),
        Err(_) => Err(Error::Ended),
    }
}

fn tokens_of(file: &AuthFile, document: &Document) -> Result<Option<Tokens>, FileError> {
    Tokens::read(document).map_err(|what| file.malformed(what))
}

fn api_key(file: &AuthFile, document: &Document) -> Result<Option<SecretString>, FileError> {
    let key = document.string("OPENAI_API_KEY").map_err(|what| file.malformed(what))?;
    Ok(key.map(SecretString::from))
}

fn mode_changed(file: &AuthFile) -> Error {
    Error::File(file.error(FileProblem::ModeChanged))
}
