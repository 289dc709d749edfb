//! Conversations made shorter, over an upstream that knows no such thing: it is asked for a summary of the same
//! conversation, and the client keeps that, sealed, as one item.
//!
//! Two ways lead here: `POST /v1/responses/compact`, and a request whose input ends with a `compaction_trigger`.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::response::Response;
use axum::routing::post;
use bytes::Bytes;
use http::StatusCode;
use interlingua_executor::{Answer, Error, Executor, Frame, Keeper, Last, Meta, Reply, stamp};
use interlingua_model::{
    self as model, Api, Content, Failure, Finish, Item, ItemKind, Json, Message, Opaque, OpaqueClass, Origin, Role,
    Sourced, ToolChoice,
};
use interlingua_translate::{Asked, Frames, Translated, responses};
use interlingua_wire::responses as wire;
use serde::Serialize;
use uuid::Uuid;

use crate::app::Shared;
use crate::beside::Beside;
use crate::members::raw;
use crate::seal::Seal;
use crate::store::Session;
use crate::summaries::{COMPACTION, TRIGGER};
use crate::{ApiError, exchange, reply};

/// Where a conversation is made shorter, below the base URL.
const COMPACT: &str = "/responses/compact";

/// What the model is asked for.
const SUMMARISE: &str = include_str!("prompt.md");

/// The route below `base`.
pub(crate) fn routes(base: &str) -> Router<Shared> {
    Router::new().route(&format!("{base}{COMPACT}"), post(compact))
}

/// The compacted window of a conversation. Open Responses: schema `CompactResource`.
#[derive(Serialize)]
struct Compacted {
    id: String,
    object: &'static str,
    created_at: u64,
    output: Vec<wire::Item>,
    usage: wire::Usage,
}

async fn compact(State(app): State<Shared>, request: Request) -> Result<Response, ApiError> {
    let beside = Beside::read(&app, request).await?;
    if let Some(response) = beside.relayed(COMPACT).await? {
        return Ok(response);
    }
    let mut asked = beside.asked(None)?;
    let request = std::mem::replace(asked.request(), model::Request::new(String::new()));
    let mut closing = app.closing();
    let summed =
        closing.before(summarised(&beside.executor, request, &app.seal)).await.ok_or_else(ApiError::closing)??;
    let Answer { value: response, meta } = summed;
    let stamp = stamp();
    let response = model::Response { usage: Some(used(response.usage)), ..response };
    let context = responses::Context::unknown(stamp.clone());
    let Translated { value: response, losses: _ } = responses::encode_response(response, &context)?;
    let compacted = Compacted {
        id: format!("resp_{}", stamp.id),
        object: "response.compaction",
        created_at: stamp.created,
        output: response.output.unwrap_or_default(),
        usage: response.usage.unwrap_or_default(),
    };
    Ok(reply::answered(reply::json(StatusCode::OK, &compacted), &meta))
}

/// What it cost. An upstream that counts nothing has used nothing that is known, and whoever reads it adds up.
fn used(usage: Option<model::Usage>) -> model::Usage {
    let usage = usage.unwrap_or_default();
    model::Usage { total: usage.input.saturating_add(usage.output), ..usage }
}

/// Whether a request asks for its conversation to be made shorter, by an upstream that would not understand it.
pub(crate) fn is_asked(asked: &mut Asked, api: Api) -> bool {
    api != Api::Responses && asked.request().items.last().is_some_and(|item| kind(item) == Some(TRIGGER))
}

fn kind(item: &Item) -> Option<&str> {
    match &item.kind {
        ItemKind::Opaque(opaque) if opaque.api == Api::Responses => Some(&opaque.kind),
        ItemKind::Opaque(_)
        | ItemKind::Message(_)
        | ItemKind::ToolCall(_)
        | ItemKind::ToolResult(_)
        | ItemKind::Reasoning(_)
        | ItemKind::ImageGeneration(_) => None,
    }
}

/// Answers a request that asks for its conversation to be made shorter: with one item, streamed or whole.
pub(crate) async fn answer(
    executor: Executor,
    mut asked: Asked,
    seal: Arc<Seal>,
    session: Option<Session>,
) -> Result<Answer<Reply>, Error> {
    let keeper = session.as_ref().and_then(|session| session.keep(&mut asked));
    let (told, meta) = told_of(executor, asked, &seal).await?;
    Ok(Answer { value: Reply::Whole(told.bytes(keeper).await), meta })
}

/// The same for a client that takes the frames of its reply one by one, and whose reply is kept by whoever hands them out.
pub(crate) async fn frames(
    executor: Executor,
    mut asked: Asked,
    seal: &Seal,
    session: Option<&Session>,
) -> Result<Vec<Frame>, Error> {
    if let Some(session) = session {
        let _kept_elsewhere = session.keep(&mut asked);
    }
    let (told, meta) = told_of(executor, asked, seal).await?;
    exchange::note(|exchange| {
        exchange.lost(&meta.losses);
        exchange.used(meta.usage.as_ref());
    });
    Ok(told.events.into_iter().map(|(name, data)| Frame { name, data: data.into() }).collect())
}

async fn told_of(executor: Executor, mut asked: Asked, seal: &Seal) -> Result<(Told, Meta), Error> {
    let mut items = std::mem::take(&mut asked.request().items);
    items.pop();
    // What the reply repeats of the request is not the conversation.
    let request = model::Request { items, ..asked.request().clone() };
    let Answer { value: response, meta } = summarised(&executor, request, seal).await?;
    let mut told = Told::default();
    let outcome = asked.alone(stamp()).render(response, &mut told);
    if let Some(failure) = outcome.failure() {
        return Err(Error::unusable(failure));
    }
    let meta = Meta { losses: [meta.losses, outcome.losses].concat(), ..meta };
    Ok((told, meta))
}

/// The frames of a reply that is all there.
#[derive(Default)]
struct Told {
    events: Vec<(Option<String>, Vec<u8>)>,
    whole: Option<Vec<u8>>,
}

impl Frames for Told {
    fn frame(&mut self, name: Option<&str>, write: impl FnOnce(&mut Vec<u8>)) {
        let mut data = Vec::new();
        write(&mut data);
        self.events.push((name.map(str::to_owned), data));
    }

    fn whole(&mut self, write: impl FnOnce(&mut Vec<u8>)) {
        let mut body = Vec::new();
        write(&mut body);
        self.whole = Some(body);
    }
}

impl Told {
    /// All of it, its end as whoever keeps replies hands it out.
    async fn bytes(self, keeper: Option<Arc<dyn Keeper>>) -> Bytes {
        let Self { mut events, whole } = self;
        if let Some(body) = whole {
            return match keeper {
                Some(keeper) => keeper.keep(Last::Whole(body.into())).await,
                None => body.into(),
            };
        }
        if let Some(keeper) = keeper
            && let Some((name, data)) = events.pop()
        {
            let last = Last::Event { name: name.clone(), data: data.into() };
            events.push((name, keeper.keep(last).await.into()));
        }
        let mut bytes = Vec::new();
        for (name, data) in events {
            bytes.frame(name.as_deref(), |out| out.extend_from_slice(&data));
        }
        bytes.into()
    }
}

/// A reply with nothing in it but a conversation's summary, sealed.
async fn summarised(
    executor: &Executor,
    request: model::Request,
    seal: &Seal,
) -> Result<Answer<model::Response>, Error> {
    let Answer { value: mut response, meta } = executor.complete(question(request)).await?;
    let unusable = |message: String| {
        let kind = Some("server_error".to_owned());
        Error::unusable(Failure { code: Some(FAILED.to_owned()), message, kind, ..Failure::default() })
    };
    if response.finish != Finish::Completed {
        return Err(unusable("the conversation could not be made shorter: its summary was cut short".to_owned()));
    }
    let summary = said(&response.items);
    if summary.trim().is_empty() {
        return Err(unusable("the conversation could not be made shorter: the model gave no summary of it".to_owned()));
    }
    let sealed = seal.seal(&summary).map_err(|error| {
        tracing::error!(%error, "a summary cannot be sealed");
        unusable("the conversation could not be made shorter: its summary cannot be sealed here".to_owned())
    })?;
    let id = format!("cmp_{}", Uuid::new_v4().simple());
    let fields = BTreeMap::from([("type", COMPACTION), ("id", &id), ("encrypted_content", &sealed)]);
    let raw = Json::from_text(raw(&fields).get()).map_err(|error| unusable(error.to_string()))?;
    let opaque = Opaque { api: Api::Responses, kind: COMPACTION.to_owned(), class: OpaqueClass::Essential, raw };
    response.items = vec![Item::new(Origin::default(), ItemKind::Opaque(opaque))];
    response.beside.clear();
    Ok(Answer { value: response, meta })
}

/// The code of a conversation that could not be made shorter.
const FAILED: &str = "compaction_failed";

/// The same conversation, and at its end the wish for a summary.
fn question(mut request: model::Request) -> model::Request {
    let wish = Message::new(Role::User, Content::Text(SUMMARISE.trim_end().to_owned()));
    request.items.push(Item::new(Origin::default(), ItemKind::Message(wish)));
    // The tools stay, since a prompt cache begins with them and calls of the history are of them; none is to be called.
    let choice = Sourced { value: ToolChoice::None, origin: Origin::default() };
    request.tool_choice = (!request.tools.is_empty()).then_some(choice);
    request.parallel_tool_calls = None;
    request.output = model::OutputOptions::default();
    request.sampling.stop = None;
    request.limits.max_output_tokens = None;
    request.store = Some(Sourced { value: false, origin: Origin::default() });
    request.include.clear();
    request
}

fn said(items: &[Item]) -> String {
    let messages =
        items.iter().filter_map(|item| if let ItemKind::Message(message) = &item.kind { Some(message) } else { None });
    messages.flat_map(|message| message.content.texts()).collect::<Vec<_>>().join("\n\n")
}
