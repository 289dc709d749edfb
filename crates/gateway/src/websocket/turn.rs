//! One turn: from a client's frame to the frames of its reply.

use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use futures_util::stream::{BoxStream, StreamExt, once, unfold};
use http::HeaderMap;
use interlingua_executor::{Answer, Frame, Last, one_line, stamp};
use interlingua_model::{Failure, Finish, Response, Usage};
use interlingua_translate::{Api, Asked, Frames};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::said::Create;
use crate::app::Shared;
use crate::members::{Members, raw};
use crate::route::{Attempt, Wanted, told};
use crate::store::{Conversations, Keeping, Opened, Session};
use crate::{ApiError, compact, exchange, stream, summaries};

/// The frames of a reply, in their order; an error where it failed before the first.
pub(super) type Reply = BoxStream<'static, Result<Frame, Box<ApiError>>>;

/// Begins a turn. Nothing happens before the frames are asked for.
pub(super) fn begin(
    app: Shared,
    conversations: Conversations,
    headers: HeaderMap,
    create: Create,
) -> (Reply, Interrupts) {
    let (keeping, kept) = tokio::sync::watch::channel(None);
    let reply = once(async move {
        match Box::pin(answer(app, conversations, headers, create, keeping)).await {
            Ok(frames) => frames.map(Ok).boxed(),
            Err(error) => once(std::future::ready(Err(Box::new(error)))).boxed(),
        }
    });
    (reply.flatten().boxed(), Interrupts { kept, began: None, done: Vec::new(), last: None })
}

async fn answer(
    app: Shared,
    conversations: Conversations,
    headers: HeaderMap,
    create: Create,
    keeping: tokio::sync::watch::Sender<Option<Arc<Keeping>>>,
) -> Result<BoxStream<'static, Frame>, ApiError> {
    let Create { body, previous_response_id: _, generates } = create;
    let upstreams = app.upstreams();
    let wanted = Wanted::in_body(&body);
    exchange::note(|exchange| exchange.asked(Api::Responses, wanted.as_ref().map_or("", Wanted::model), &body));
    let caller = app.callers.of(&headers).cloned();
    // Each turn is a request of its caller's.
    if let Some(caller) = caller {
        let place = caller.admit(Instant::now()).await?;
        let may_ask = caller.may_ask(wanted.as_ref().map_or("", Wanted::model));
        exchange::note(|exchange| exchange.comes_from(caller, place));
        may_ask?;
    }
    let route = upstreams.route(wanted.as_ref().map(Wanted::model))?;
    told(&route.first);
    let translator = route.first.translator(Api::Responses);
    let executor = route.first.executor_for(&headers)?;
    let (body, session) = match conversations.open_local(&body).await? {
        Some(Opened { body, session }) => (body, Some(session)),
        // What cannot be read is told in the translator's words.
        None => (body, None),
    };
    let body = summaries::opened(&app.seal, &body, route.first.api());
    let placed = |error: ApiError| error.rename_param(|param| Session::place(session.as_ref(), param));
    let mut asked = translator.read(&body).map_err(|error| placed(error.into()))?;
    route.apply(asked.request());
    let keeper = session.as_ref().and_then(Session::keeping);
    keeping.send_replace(keeper.clone());
    if !generates {
        let frames = Session::prepare(session.as_ref(), asked, prepared);
        return Ok(kept(futures_util::stream::iter(frames).boxed(), keeper));
    }
    let body = if route.others.is_empty() { Bytes::new() } else { body };
    if compact::is_asked(&mut asked, route.first.api()) {
        let frames = compact::frames(executor, asked, &app.seal, session.as_ref()).await?;
        return Ok(kept(futures_util::stream::iter(frames).boxed(), keeper));
    }
    let how = Session::asking_frames(session, headers.clone());
    let attempt = Attempt { api: Api::Responses, caller: headers, body, how };
    let Answer { value, meta } = Box::pin(route.ask(executor, asked, attempt)).await?;
    exchange::note(|exchange| {
        exchange.lost(&meta.losses);
        exchange.is_called(meta.head.request_id());
    });
    for loss in &meta.losses {
        tracing::debug!(loss = %one_line(loss), "lost in the request");
    }
    // Others may take the place of these upstreams while the reply is under way.
    let frames = unfold((value, upstreams), async |(mut frames, upstreams)| {
        let Some(frame) = frames.next().await else {
            if let Some(report) = frames.report() {
                stream::told(&report);
            }
            return None;
        };
        if is_last(frame.name.as_deref()) {
            exchange::note(|exchange| exchange.used(cost(&frame).as_ref()));
        }
        Some((frame, (frames, upstreams)))
    });
    Ok(kept(frames.boxed(), keeper))
}

/// What a reply says that it cost, in its last event.
fn cost(last: &Frame) -> Option<Usage> {
    #[derive(Deserialize)]
    struct Last {
        response: Ended,
    }
    #[derive(Deserialize)]
    struct Ended {
        usage: Option<Cost>,
    }
    #[derive(Deserialize)]
    struct Cost {
        input_tokens: u64,
        output_tokens: u64,
    }
    let Last { response: Ended { usage } } = serde_json::from_slice(&last.data).ok()?;
    usage.map(|Cost { input_tokens: input, output_tokens: output }| Usage { input, output, ..Usage::default() })
}

/// The reply to a request that is not to be answered yet: that it has been taken in.
fn prepared(asked: Asked) -> Vec<Frame> {
    #[derive(Default)]
    struct Taken(Vec<Frame>);
    impl Frames for Taken {
        fn frame(&mut self, name: Option<&str>, write: impl FnOnce(&mut Vec<u8>)) {
            let mut data = Vec::new();
            write(&mut data);
            self.0.push(Frame { name: name.map(str::to_owned), data: data.into() });
        }
    }
    let stamp = stamp();
    let response = Response {
        id: None,
        created: Some(stamp.created),
        model: None,
        service_tier: None,
        metadata: None,
        items: Vec::new(),
        usage: None,
        moderation: None,
        finish: Finish::Completed,
        stop_sequence: None,
        beside: Vec::new(),
        origins: interlingua_model::ReplyOrigins::default(),
    };
    let mut frames = Taken::default();
    let _ended = asked.alone(stamp).render(response, &mut frames);
    frames.0
}

/// The frames; the last one is kept before it is handed out.
fn kept(frames: BoxStream<'static, Frame>, keeping: Option<Arc<Keeping>>) -> BoxStream<'static, Frame> {
    frames
        .then(move |Frame { name, data }| {
            let keeping = keeping.clone().filter(|_| is_last(name.as_deref()));
            async move {
                let data = match keeping {
                    Some(keeping) => keeping.last(Last::Event { name: name.clone(), data }).await,
                    None => data,
                };
                Frame { name, data }
            }
        })
        .boxed()
}

/// Whether an event is the last of its reply.
pub(super) fn is_last(name: Option<&str>) -> bool {
    matches!(name, Some("response.completed" | "response.incomplete" | "response.failed"))
}

/// What is known of a reply so far, for an end that the client asks for.
pub(super) struct Interrupts {
    kept: tokio::sync::watch::Receiver<Option<Arc<Keeping>>>,
    /// The response as it began.
    began: Option<Box<RawValue>>,
    /// The items that are finished, with their places.
    done: Vec<(u32, Box<RawValue>)>,
    last: Option<Bytes>,
}

impl Interrupts {
    /// Looks at a frame that goes out.
    pub(super) fn watch(&mut self, frame: &Frame) {
        #[derive(Deserialize)]
        struct Done {
            output_index: u32,
            item: Box<RawValue>,
        }
        match frame.name.as_deref() {
            Some("response.created") => {
                self.began = Members::read(&frame.data).and_then(|event| event.get("response").map(ToOwned::to_owned));
            }
            Some("response.output_item.done") => {
                self.done.extend(
                    serde_json::from_slice(&frame.data).ok().map(|Done { output_index, item }| (output_index, item)),
                );
            }
            _ => {}
        }
        self.last = Some(frame.data.clone());
    }

    /// Whether a client that names this reply, or none, means this one. It knows of one that has begun.
    pub(super) fn concerns(&self, response_id: Option<&str>) -> bool {
        let Some(began) = &self.began else { return false };
        let own = Members::read(began.get().as_bytes()).and_then(|began| began.parsed::<String>("id"));
        response_id.is_none_or(|id| own.as_deref() == Some(id))
    }

    /// The last event of a reply that ends here with what is finished of it, kept like any other.
    pub(super) async fn end(self, end: End) -> Option<Frame> {
        let Self { kept, began, mut done, last } = self;
        let began = began?;
        done.sort_by_key(|(index, _)| *index);
        let output: Vec<_> = done.into_iter().map(|(_, item)| item).collect();
        let mut response = Members::read(began.get().as_bytes())?;
        let name = match end {
            End::Interrupted => {
                response.set("status", raw(&"incomplete"));
                response.set("incomplete_details", raw(&serde_json::json!({"reason": "interrupted"})));
                "response.incomplete"
            }
            End::Failed(Failure { code, message, kind: _, param: _, raw: _ }) => {
                response.set("status", raw(&"failed"));
                response.set("error", raw(&serde_json::json!({"code": code, "message": message})));
                "response.failed"
            }
        };
        response.set("output", raw(&output));
        let number = Members::read(&last?).and_then(|event| event.parsed::<u64>("sequence_number")).unwrap_or_default();
        let mut event = Members::default();
        event.set("type", raw(&name));
        event.set("sequence_number", raw(&(number + 1)));
        event.set("response", raw(&response));
        let (name, data) = (Some(name.to_owned()), Bytes::from(event.to_vec()));
        let keeping = kept.borrow().clone();
        let data = match keeping {
            Some(keeping) => keeping.last(Last::Event { name: name.clone(), data }).await,
            None => data,
        };
        Some(Frame { name, data })
    }
}

/// Why a reply ends before its end.
pub(super) enum End {
    /// The client has said so.
    Interrupted,
    /// It cannot go on.
    Failed(Failure),
}
