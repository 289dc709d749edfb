//! A request that goes on from a kept reply, or whose reply is to be kept.

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use interlingua_executor::{FrameStream, Keeper, Reply, one_line};
use interlingua_translate::responses::Field;
use interlingua_translate::{Asked, Kept, Upstream as Ways};
use memchr::memmem;
use serde_json::value::RawValue;
use uuid::Uuid;

use super::history::{self, Shape, Shift};
use super::{Keeping, Key, Memory, Owner, Record, Store, StoreError, Turn};
use crate::app::App;
use crate::members::Members;
use crate::route::How;
use crate::{ApiError, Upstream, exchange};

/// Where the conversations of one caller are looked for.
#[derive(Clone)]
pub(crate) struct Conversations {
    owner: Owner,
    store: Option<Arc<dyn Store>>,
    /// What one connection keeps for itself.
    local: Option<Arc<Memory>>,
    /// The longest conversation, in bytes.
    longest: usize,
}

/// A request with its conversation in it.
pub(crate) struct Opened {
    /// The body, which says nothing of another reply any more.
    pub(crate) body: Bytes,
    /// What becomes of its reply.
    pub(crate) session: Session,
}

/// What becomes of the reply to a request that goes on from another, or is to be kept.
#[derive(Clone)]
pub(crate) struct Session {
    /// What the reply says of itself.
    kept: Kept,
    /// Where places of the longer body stood in the client's.
    shift: Shift,
    /// What keeps the reply, where it is to be kept.
    keeping: Option<Arc<Keeping>>,
}

impl Session {
    /// How somebody is asked for a reply that is kept where that is wanted.
    pub(crate) fn asking(session: Option<Self>) -> How<Reply> {
        Box::new(move |executor, mut asked| {
            let session = session.clone();
            Box::pin(async move {
                let Some(Self { kept, shift, keeping }) = session else { return executor.ask(asked).await };
                asked.keep(kept);
                let answer = match keeping {
                    Some(keeping) => executor.ask_kept(asked, keeping).await,
                    None => executor.ask(asked).await,
                };
                answer.map_err(|error| error.rename_param(|param| shift.back(param)))
            })
        })
    }

    /// The same, frame by frame; what keeps the reply is for the caller to show its end.
    pub(crate) fn asking_frames(session: Option<Self>, headers: HeaderMap) -> How<FrameStream> {
        Box::new(move |executor, mut asked| {
            let (session, headers) = (session.clone(), headers.clone());
            Box::pin(async move {
                let Some(Self { kept, shift, keeping: _ }) = session else {
                    return executor.frames(asked, &headers).await;
                };
                asked.keep(kept);
                let answer = executor.frames(asked, &headers).await;
                answer.map_err(|error| error.rename_param(|param| shift.back(param)))
            })
        })
    }

    /// A reply that nobody is asked for.
    pub(crate) fn prepare<T>(session: Option<&Self>, mut asked: Asked, reply: impl FnOnce(Asked) -> T) -> T {
        if let Some(session) = session {
            asked.keep(session.kept.clone());
        }
        reply(asked)
    }

    /// What keeps the reply.
    pub(crate) fn keeping(&self) -> Option<Arc<Keeping>> {
        self.keeping.clone()
    }

    /// Says in a request whose its reply is, and what keeps that where it is to be kept.
    pub(crate) fn keep(&self, asked: &mut Asked) -> Option<Arc<dyn Keeper>> {
        asked.keep(self.kept.clone());
        self.keeping.clone().map(|keeping| keeping as Arc<dyn Keeper>)
    }

    /// A place in the body that was read, as a place in the client's.
    pub(crate) fn place(session: Option<&Self>, param: &str) -> Option<String> {
        session.map_or_else(|| Some(param.to_owned()), |session| session.shift.back(param))
    }
}

/// A body with the conversation that it goes on from.
pub(crate) struct Expanded {
    pub(crate) body: Bytes,
    pub(crate) shift: Shift,
    pub(crate) previous_response_id: Option<String>,
    pub(crate) turn: Turn,
}

/// The longest chain of replies.
const MOST_REPLIES: usize = 10_000;

impl Conversations {
    /// Those of the caller with these headers.
    pub(crate) fn of(app: &App, headers: &HeaderMap) -> Self {
        let owner = Owner::of(app.inbound_key.as_ref(), headers);
        Self { owner, store: app.store.clone(), local: None, longest: app.limits.body }
    }

    /// Those, and what a connection keeps for itself.
    pub(crate) fn with_local(self, local: Memory) -> Self {
        Self { local: Some(Arc::new(local)), ..self }
    }

    /// Opens a request that came over HTTP. `None` where it needs no state of ours: it keeps nothing and goes on from nothing,
    /// or the upstream does both.
    pub(crate) async fn open(&self, body: &Bytes, upstream: &Upstream) -> Result<Option<Opened>, ApiError> {
        // Nothing of ours is asked for: the body goes on as it is, and nobody has to take it apart.
        let keeps_itself = keeps(upstream);
        if keeps_itself && memmem::find(body, PREVIOUS.as_bytes()).is_none() {
            return Ok(None);
        }
        let Some(members) = Members::read(body) else { return Ok(None) };
        let previous = members.parsed::<String>(PREVIOUS);
        let wants_store = members.parsed::<bool>("store");
        if keeps_itself && !self.is_ours(previous.as_deref()).await {
            return Ok(None);
        }
        let store = self.store_for(wants_store, previous.is_some()).await?;
        if previous.is_none() && store.is_none() && memmem::find(body, REFERENCE).is_none() {
            return Ok(None);
        }
        let Some(Expanded { body, shift, previous_response_id, turn }) = self.expanded(members).await? else {
            return Ok(None);
        };
        let id = new_id();
        let kept = Kept { id: id.clone(), previous_response_id, is_stored: store.is_some() };
        let keeping =
            store.map(|store| Arc::new(Keeping { owner: self.owner, id, turn, store: Some(store), local: None }));
        Ok(Some(Opened { body, session: Session { kept, shift, keeping } }))
    }

    /// Opens a request that came over a connection with a memory of its own: every reply is kept there at least.
    pub(crate) async fn open_local(&self, body: &Bytes) -> Result<Option<Opened>, ApiError> {
        let members = Members::read(body);
        let wants_store = members.as_ref().and_then(|members| members.parsed::<bool>("store"));
        let store = self.store_for(wants_store, false).await?;
        let Some(members) = members else { return Ok(None) };
        let Some(Expanded { body, shift, previous_response_id, turn }) = self.expanded(members).await? else {
            return Ok(None);
        };
        let id = new_id();
        let kept = Kept { id: id.clone(), previous_response_id, is_stored: store.is_some() };
        let keeping = Keeping { owner: self.owner, id, turn, store, local: self.local.clone() };
        Ok(Some(Opened { body, session: Session { kept, shift, keeping: Some(Arc::new(keeping)) } }))
    }

    /// A body with the conversation that its `previous_response_id` stands for, and with the items that it refers to.
    /// `None` for what is no request at all; the translator says it in words.
    ///
    /// # Errors
    /// The reply is not kept (any more), the store cannot be reached, or the conversation is too long.
    pub(crate) async fn expand(&self, body: &Bytes) -> Result<Option<Expanded>, ApiError> {
        match Members::read(body) {
            Some(members) => self.expanded(members).await,
            None => Ok(None),
        }
    }

    /// The same for a body that has been taken apart.
    async fn expanded(&self, mut members: Members<'_>) -> Result<Option<Expanded>, ApiError> {
        let Some((mut input, shape)) = history::items(members.get("input")) else { return Ok(None) };
        let previous = members.parsed::<String>(PREVIOUS);
        self.resolve(&mut input).await?;
        let mut chain = Chain::default();
        if let Some(id) = &previous {
            chain = self.chain(id).await?.ok_or_else(|| not_found(id))?;
        }
        let Chain { mut items, used, is_local } = chain;
        let offset = items.len();
        let before = if is_local { items.clone() } else { Vec::new() };
        items.extend(input.iter().cloned());
        let length: usize = items.iter().map(|item| item.get().len()).sum();
        if length > self.longest {
            return Err(too_long(self.longest));
        }
        if shape != Shape::Missing || offset > 0 {
            members.set("input", history::joined(&items));
        }
        members.remove(PREVIOUS);
        let turn = Turn { follows: previous.clone(), before, input, used };
        let body = members.to_vec().into();
        Ok(Some(Expanded { body, shift: Shift::new(offset, shape), previous_response_id: previous, turn }))
    }

    /// Where a reply is to be stored, if it is.
    async fn store_for(&self, wanted: Option<bool>, goes_on: bool) -> Result<Option<Arc<dyn Store>>, ApiError> {
        let Some(store) = self.store.as_ref().filter(|_| wanted != Some(false)) else { return Ok(None) };
        match store.check().await {
            Ok(()) => Ok(Some(Arc::clone(store))),
            // Nobody asked for it in words, so nobody is refused for it; the reply says that it is not stored.
            Err(error) if wanted.is_none() && !goes_on => {
                tracing::warn!(error = %one_line(&error), "a reply will not be stored");
                Ok(None)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Forgets a reply that a connection keeps.
    pub(crate) fn evict(&self, id: &str) {
        if let Some(local) = &self.local {
            local.delete_now(&self.key(id));
        }
    }

    /// A kept reply.
    pub(crate) async fn find(&self, id: &str) -> Result<Option<Record>, StoreError> {
        let key = self.key(id);
        if let Some(bytes) = self.local.as_ref().and_then(|local| local.get_now(&key)) {
            exchange::note(|exchange| exchange.looked_up(|lookups| lookups.hits += 1));
            return Ok(Record::read(&bytes));
        }
        let Some(store) = &self.store else { return Ok(None) };
        let found = store.get(key).await;
        exchange::note(|exchange| {
            exchange.looked_up(|lookups| match &found {
                Ok(Some(_)) => lookups.hits += 1,
                Ok(None) => lookups.misses += 1,
                Err(_) => lookups.failures += 1,
            });
        });
        Ok(found?.and_then(|bytes| Record::read(&bytes)))
    }

    /// Takes a stored reply away; whether it was there.
    pub(crate) async fn delete(&self, id: &str) -> Result<bool, StoreError> {
        match &self.store {
            Some(store) => store.delete(self.key(id)).await,
            None => Ok(false),
        }
    }

    fn key(&self, id: &str) -> Key {
        Key { owner: self.owner, id: id.to_owned() }
    }

    /// Whether a reply is one of ours. Of an upstream that keeps its own, those are few.
    async fn is_ours(&self, id: Option<&str>) -> bool {
        match id {
            Some(id) => self.find(id).await.is_ok_and(|record| record.is_some()),
            None => false,
        }
    }

    /// The conversation up to a reply; `None` where any of it is lost.
    async fn chain(&self, id: &str) -> Result<Option<Chain>, StoreError> {
        let mut records: Vec<Record> = Vec::new();
        let mut chain = Chain::default();
        let mut next = Some(id.to_owned());
        while let Some(id) = next.take() {
            let Some(record) = self.find(&id).await? else { return Ok(None) };
            let is_last = records.is_empty();
            if is_last && record.is_failed() || records.len() >= MOST_REPLIES {
                return Ok(None);
            }
            next.clone_from(&record.follows);
            chain.is_local |= !record.is_stored;
            chain.used.push(id);
            records.push(record);
        }
        for record in records.iter_mut().rev() {
            chain.items.append(&mut record.before);
            chain.items.append(&mut record.input);
            chain.items.extend(record.output().into_iter().map(ToOwned::to_owned));
        }
        Ok(Some(chain))
    }

    /// Puts the items of kept replies in place of references to them. A reference to anything else stays.
    async fn resolve(&self, items: &mut [Box<RawValue>]) -> Result<(), StoreError> {
        for item in items {
            let Some(id) = history::reference(item) else { continue };
            let Some(reply) = history::reply_of(&id) else { continue };
            let Some(record) = self.find(&reply).await? else { continue };
            let found = record.output().into_iter().find(|item| history::id_of(item).as_deref() == Some(&id));
            if let Some(found) = found {
                *item = found.to_owned();
            }
        }
        Ok(())
    }
}

/// All that was said up to a reply.
#[derive(Default)]
struct Chain {
    items: Vec<Box<RawValue>>,
    /// The replies, the newest first.
    used: Vec<String>,
    /// Whether any of it is kept for a connection alone.
    is_local: bool,
}

const PREVIOUS: &str = Field::PreviousResponseId.as_str();
const REFERENCE: &[u8] = b"item_reference";

/// Whether an upstream keeps replies itself, and gives them the ids that its clients know.
pub(crate) fn keeps(upstream: &Upstream) -> bool {
    match &upstream.executor().config().upstream {
        Ways::Responses(ways) => !ways.refuses(Field::PreviousResponseId),
        Ways::Chat(_) | Ways::Messages(_) => false,
    }
}

/// An id that nobody can guess: 122 random bits of the system's.
fn new_id() -> String {
    format!("resp_{}", Uuid::new_v4().simple())
}

fn not_found(id: &str) -> ApiError {
    const MOST_QUOTED: usize = 100;
    let id: String = id.chars().take(MOST_QUOTED).collect();
    let message = format!("the response `{id}` is not kept here; send the whole conversation as input instead");
    ApiError::bad_request(message).with_param(PREVIOUS).with_code("previous_response_not_found")
}

fn too_long(longest: usize) -> ApiError {
    let message = format!(
        "the conversation so far and the new input are more than {longest} bytes; begin a new one, or compact this one"
    );
    ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, message).with_param(PREVIOUS).with_code("context_length_exceeded")
}
