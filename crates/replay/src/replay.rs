//! The upstream itself: what it answers, and how it is set up.

use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use serde::Deserialize;
use serde_json::Value;
use tokio::sync::watch;

use crate::ask::Ask;
use crate::body::events;
use interlingua_model::Api;

use crate::case::{Case, CaseError};
use crate::faults::Faults;
use crate::fit::{Fit, template};
use crate::judge::{Refusal, Request, judge};
use crate::library::Library;
use crate::log::Log;
use crate::tree::Tree;

/// Which requests get an answer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Matching {
    /// Those that are recorded word for word; any other gets 404 and the name of the nearest case.
    Exact,
    /// All: what is not recorded gets a recorded answer fitted to it.
    #[default]
    Lenient,
}

/// An upstream that answers from recorded cases. See the [crate](crate) for what it answers with.
#[derive(Debug)]
pub struct Replay {
    pub(crate) shared: Shared,
}

/// What every request looks at.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) library: Library,
    templates: Library,
    matching: Matching,
    /// The case that every request gets.
    case: Option<String>,
    pub(crate) is_codex: bool,
    faults: Arc<Mutex<Faults>>,
    /// What goes wrong by the model that is asked for.
    by_model: HashMap<String, Faults>,
    pub(crate) log: Log,
    /// Becomes true when the server shuts down.
    pub(crate) closing: watch::Sender<bool>,
    calls: AtomicU64,
    /// The captured cases that have been given in this round.
    given: Mutex<HashSet<String>>,
}

impl Replay {
    /// Answers from the cases that are compiled in.
    #[must_use]
    pub fn embedded() -> Self {
        let library = embedded();
        Self::new(library.clone(), library)
    }

    /// Answers from the cases in `folder`, laid out like the project's `fixtures`; where an answer has to be fitted to a request,
    /// the compiled-in ones serve as patterns.
    ///
    /// # Errors
    ///
    /// A file that cannot be read or is not what it should be, and a folder without a case.
    pub fn from_dir(folder: impl AsRef<Path>) -> Result<Self, CaseError> {
        Ok(Self::new(Library::read(folder.as_ref())?, embedded()))
    }

    fn new(library: Library, templates: Library) -> Self {
        let shared = Shared {
            library,
            templates,
            matching: Matching::default(),
            case: None,
            is_codex: false,
            faults: Arc::default(),
            by_model: HashMap::new(),
            log: Log::new(),
            closing: watch::Sender::new(false),
            calls: AtomicU64::new(0),
            given: Mutex::default(),
        };
        Self { shared }
    }

    /// Which requests get an answer; without this, all do.
    #[must_use]
    pub fn matching(mut self, matching: Matching) -> Self {
        self.shared.matching = matching;
        self
    }

    /// Answers every request with one case, `responses/refusal` for instance.
    #[must_use]
    pub fn case(mut self, name: impl Into<String>) -> Self {
        self.shared.case = Some(name.into());
        self
    }

    /// Behaves like the ChatGPT backend: streams only, asks for `instructions` and `store: false`, refuses what that refuses, and
    /// leaves the output out of the terminal event.
    #[must_use]
    pub fn codex(mut self) -> Self {
        self.shared.is_codex = true;
        self
    }

    /// What goes wrong with every reply whose request does not ask for something else.
    #[must_use]
    pub fn faults(self, faults: Faults) -> Self {
        self.shared.set_faults(faults);
        self
    }

    /// What goes wrong with the replies to requests for a model of that name, whatever goes wrong with others.
    #[must_use]
    pub fn faults_of(mut self, model: impl Into<String>, faults: Faults) -> Self {
        self.shared.by_model.insert(model.into(), faults);
        self
    }

    /// How many exchanges the log remembers, if not [`LOG_LIMIT`](crate::LOG_LIMIT).
    #[must_use]
    pub fn remembering(self, exchanges: usize) -> Self {
        self.shared.log.remember(exchanges);
        self
    }

    /// What goes over the wire. Take it before the replay is served.
    #[must_use]
    pub fn log(&self) -> Log {
        self.shared.log.clone()
    }

    /// The cases at hand.
    pub fn cases(&self) -> impl Iterator<Item = &Case> {
        self.shared.library.iter()
    }
}

/// What is sent back.
#[derive(Debug, Clone)]
pub(crate) struct Found {
    pub(crate) case: String,
    pub(crate) status: u16,
    pub(crate) content_type: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) events: Vec<Bytes>,
    pub(crate) is_stream: bool,
}

impl Shared {
    /// What goes wrong with the reply to this request.
    pub(crate) fn faults_for(&self, body: &[u8]) -> Faults {
        #[derive(Deserialize)]
        struct Head {
            model: String,
        }
        if !self.by_model.is_empty()
            && let Ok(Head { model }) = serde_json::from_slice(body)
            && let Some(faults) = self.by_model.get(&model)
        {
            return faults.clone();
        }
        self.faults.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn set_faults(&self, faults: Faults) {
        *self.faults.lock().unwrap_or_else(PoisonError::into_inner) = faults;
    }

    /// Finds the answer to a request: a case by name, else the one with this very request, else one fitted to it.
    pub(crate) fn answer(&self, api: Api, body: &[u8], case: Option<&str>, is_codex: bool) -> Result<Found, Refusal> {
        let request = serde_json::from_slice::<Value>(body).unwrap_or_default();
        let stream = request.get("stream") == Some(&Value::Bool(true));
        // A case that is asked for by name is served to any request: that is what the name is for.
        if let Some(name) = case.or(self.case.as_deref()) {
            let found = self.library.named(name).and_then(|case| verbatim(case, stream));
            return found.ok_or_else(|| no_case(&format!("There is no case '{name}'.")));
        }
        let exact = self.library.exact(api, &request).and_then(|case| verbatim(case, stream));
        // A recorded request has been judged by whoever answered it; only the ChatGPT backend asks for more than any of them.
        if let Some(found) = exact.as_ref().filter(|_| !is_codex) {
            self.gives(&found.case);
            return Ok(found.clone());
        }
        let ask = match judge(api, body, is_codex)? {
            Request::Chat(request) => Ask::of_chat(&request),
            Request::Responses(request) => Ask::of_responses(&request),
            Request::Messages(request) => Ask::of_messages(&request),
        };
        if let Some(found) = exact {
            return Ok(found);
        }
        if self.matching == Matching::Exact {
            return Err(self.nearest(api, &request));
        }
        if let Some(found) = self.next_captured(api, &request).and_then(|case| verbatim(case, stream)) {
            self.gives(&found.case);
            return Ok(found);
        }
        let name = template(api, &ask.answer);
        let ordered = std::str::from_utf8(body).ok().and_then(|body| Tree::parse(body).ok());
        let pattern = self.library.named(name).or_else(|| self.templates.named(name));
        match (pattern, ordered) {
            (Some(pattern), Some(request)) => self.fitted(pattern, &ask, &request, is_codex),
            _ => Err(no_case(&format!("There is no case '{name}' to fit an answer from."))),
        }
    }

    /// The next of a captured session, in its order: one that was not given yet, of a conversation as long as this one where
    /// there is such. When all have been given, it begins anew.
    fn next_captured(&self, api: Api, request: &Value) -> Option<&Case> {
        let mut session: Vec<&Case> =
            self.library.iter().filter(|case| case.api == api && case.captured.is_some()).collect();
        session.sort_by_key(|case| case.captured);
        let mut given = self.given.lock().unwrap_or_else(PoisonError::into_inner);
        if session.iter().all(|case| given.contains(&case.name)) {
            for case in &session {
                given.remove(&case.name);
            }
        }
        session.retain(|case| !given.contains(&case.name));
        let length = length(request);
        session.iter().find(|case| self::length(&case.request) == length).or_else(|| session.first()).copied()
    }

    fn gives(&self, case: &str) {
        self.given.lock().unwrap_or_else(PoisonError::into_inner).insert(case.to_owned());
    }

    fn fitted(&self, case: &Case, ask: &Ask, request: &Tree, is_codex: bool) -> Result<Found, Refusal> {
        let mut found = verbatim(case, ask.stream).ok_or_else(|| no_case("The case has no reply."))?;
        let call = self.calls.fetch_add(1, Ordering::Relaxed);
        let mut fit = Fit::new(case.api, ask, request, format!("call_replay{call:016}"));
        if is_codex {
            fit = fit.hiding_output();
        }
        let recorded = found.events.concat();
        found.events = if found.is_stream { fit.stream(&recorded) } else { vec![fit.whole(&recorded)] };
        Ok(found)
    }

    fn nearest(&self, api: Api, request: &Value) -> Refusal {
        let nearest = self.library.nearest(api, request);
        let hint = nearest.map_or_else(
            || format!("There is no case of {api} at all."),
            |(case, fields)| format!("The nearest case is '{}'; it differs in: {}.", case.name, fields.join(", ")),
        );
        no_case(&format!("No case has this very request. {hint}"))
    }
}

/// The compiled-in cases; a test reads every one of them.
#[expect(clippy::expect_used, reason = "the cases are part of the program, and a test reads every one of them")]
fn embedded() -> Library {
    Library::embedded().expect("the compiled-in cases are sound")
}

fn verbatim(case: &Case, stream: bool) -> Option<Found> {
    let reply = case.reply(stream)?;
    let is_stream = reply.content_type.starts_with("text/event-stream");
    Some(Found {
        case: case.name.clone(),
        status: reply.status,
        content_type: reply.content_type.clone(),
        headers: reply.headers.iter().map(|(name, value)| (name.clone(), value.clone())).collect(),
        events: if is_stream { events(reply.body.clone()) } else { vec![reply.body.clone()] },
        is_stream,
    })
}

/// How much has been said in a conversation.
fn length(request: &Value) -> usize {
    let said = ["messages", "input"].iter().find_map(|name| request.get(name)?.as_array());
    said.map_or(0, Vec::len)
}

fn no_case(message: &str) -> Refusal {
    Refusal::new(http::StatusCode::NOT_FOUND, "invalid_request_error", Some("case_not_found"), None, message)
}
