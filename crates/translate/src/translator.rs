//! The type of a pair of APIs: a client's request in, an upstream's request out, and the way back.

use std::sync::Arc;

use interlingua_model::{Api, Content, ItemKind, Origin, PartKind, Request, Role, Sourced};

use crate::api::{Context, Upstream, check_request, decode_request};
use crate::dialect::Written;
use crate::elsewhere::read_elsewhere;
use crate::history::retell;
use crate::reply::{Reading, Reply};
use crate::translated::under;
use crate::{Error, Kept, Loss, LossCode, Policy, Sent, Stamp, Style, Translated};

/// Translates for clients of one API, over upstreams of any.
///
/// ```
/// use interlingua_translate::{Api, Stamp, Translator, Upstream};
///
/// let stamp = Stamp { id: "1".into(), created: 1_700_000_000 };
/// let body = br#"{"model":"gpt-5.4","messages":[{"role":"user","content":"hi"}],"stop":"END"}"#;
/// let outgoing = Translator::new(Api::Chat).request(body, &Upstream::usual(Api::Responses), stamp)?;
/// assert_eq!(outgoing.path, "/responses");
/// assert_eq!(outgoing.losses[0].path, "stop"); // in the client's own document
///
/// let mut reply = Vec::new();
/// let mut answer = outgoing.reply.answer();
/// answer.whole(br#"{"id":"resp_1","status":"completed","output":[]}"#, &mut reply);
/// assert!(String::from_utf8_lossy(&reply).contains("chatcmpl-resp_1"));
/// # Ok::<(), interlingua_translate::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Translator {
    /// The API the client speaks.
    pub client: Api,
    /// What the client likes.
    pub style: Style,
    /// What to do about losses of the request.
    pub policy: Policy,
}

/// A request that has been read, and is not yet for anybody.
#[derive(Debug, Clone)]
pub struct Asked {
    translator: Translator,
    /// Boxed: it is long, and what waits for an answer holds it at many a place on its way.
    request: Box<Request>,
    losses: Vec<Loss>,
    kept: Option<Kept>,
    named: Option<String>,
    remembers: bool,
}

/// A request as it goes out, and what reads its reply.
#[derive(Debug)]
pub struct Outgoing<R> {
    /// Where it goes, beside the base URL: `/responses`.
    pub path: &'static str,
    /// The body, JSON.
    pub body: Vec<u8>,
    /// Whether the upstream is asked to stream, which it may be although the client did not.
    pub is_streamed: bool,
    /// The id of the conversation, for upstreams that want it in a header as well.
    pub session: Option<String>,
    /// Features that the body makes use of and that the upstream wants to be asked for by name beside it, where its API has
    /// such a thing: Anthropic's in the header `anthropic-beta`.
    pub features: Vec<&'static str>,
    /// Whether nothing of the conversation is the model's yet, so that nobody but a user can have asked.
    pub is_opening: bool,
    /// Whether there is a picture anywhere in the conversation.
    pub has_images: bool,
    /// What was lost on the way.
    pub losses: Vec<Loss>,
    /// What reads the reply.
    pub reply: R,
}

impl Translator {
    /// For clients of an API, lenient and with the usual style.
    #[must_use]
    pub fn new(client: Api) -> Self {
        Self { client, style: Style::default(), policy: Policy::default() }
    }

    /// Reads a request.
    ///
    /// # Errors
    /// [`Error::Request`] with the path at fault: what is no JSON, has the wrong shape, or contradicts itself; under
    /// [`Policy::Strict`] the first loss that changes meaning.
    pub fn read(&self, body: &[u8]) -> Result<Asked, Error> {
        let read = decode_request(self.client, body);
        let Translated { value: request, losses } =
            read.or_else(|error| read_elsewhere(self.client, body).unwrap_or(Err(error)))?;
        under(self.policy, &losses)?;
        let request = Box::new(request);
        Ok(Asked { translator: self.clone(), request, losses, kept: None, named: None, remembers: false })
    }

    /// Looks at a request that may be passed on as it is to an upstream of the client's API, which judges what it says. Whether
    /// it is in the words of that API: clients write some things as another API has them, which [`read`](Self::read)
    /// understands and that upstream need not.
    ///
    /// # Errors
    /// [`Error::Request`] with the path at fault.
    pub fn check(&self, body: &[u8]) -> Result<bool, Error> {
        check_request(self.client, body)
    }

    /// Reads a request and writes it for an upstream.
    ///
    /// # Errors
    /// As [`read`](Self::read) and [`Asked::to`].
    pub fn request(&self, body: &[u8], upstream: &Upstream, stamp: Stamp) -> Result<Outgoing<Reply>, Error> {
        self.read(body)?.to(upstream, stamp)
    }

    /// What reads the reply of an upstream, streamed or whole, and writes it for the client of `request`, where that is known.
    ///
    /// # Errors
    /// The request is none, as [`read`](Self::read) says.
    pub fn reply_to(
        &self,
        request: Option<&[u8]>,
        is_streamed: bool,
        upstream: &Upstream,
        stamp: Stamp,
    ) -> Result<Reply, Error> {
        let mut asked = match request {
            Some(request) => self.read(request)?,
            None => self.asked(Request::new(String::new())),
        };
        asked.request().stream.enabled = is_streamed;
        Ok(asked.reply(upstream, stamp))
    }

    /// A request of the model, as if a client of this API had made it.
    #[must_use]
    pub fn asked(&self, request: Request) -> Asked {
        let request = Box::new(request);
        Asked { translator: self.clone(), request, losses: Vec::new(), kept: None, named: None, remembers: false }
    }
}

impl Asked {
    /// The request, to look at or to change: the model's name, history put back, a default filled in.
    pub fn request(&mut self) -> &mut Request {
        &mut self.request
    }

    /// Says that the reply is kept by whoever asks, and not by the upstream, which is told to keep nothing.
    ///
    /// The conversation that the reply goes on from has to be part of the request.
    pub fn keep(&mut self, kept: Kept) {
        self.request.continuation.previous_response_id = None;
        self.request.store = Some(Sourced { value: false, origin: Origin::default() });
        self.kept = Some(kept);
    }

    /// Says that the reply is to call the model as the request does now, before it is given the name that the upstream knows:
    /// clients of Messages leave out thoughts of a model that goes by another name than the one they ask for. Replies of the
    /// other APIs say what the upstream says.
    pub fn keep_name(&mut self) {
        self.named = Some(self.request.model.clone());
    }

    /// Says that somebody keeps the sealed thoughts of the reply, since the client may not: they are told in the
    /// [`Outcome`](crate::Outcome), each with the call that it led to.
    pub fn remember(&mut self) {
        self.remembers = true;
    }

    /// Whether the client wants a stream.
    #[must_use]
    pub fn is_streamed(&self) -> bool {
        self.request.stream.enabled
    }

    /// The model that is asked for.
    #[must_use]
    pub fn model(&self) -> &str {
        &self.request.model
    }

    /// The API the client speaks.
    #[must_use]
    pub fn client(&self) -> Api {
        self.translator.client
    }

    /// Whether nothing of the conversation is the model's yet.
    #[must_use]
    pub fn is_opening(&self) -> bool {
        is_opening(&self.request)
    }

    /// Whether there is a picture anywhere in the conversation.
    #[must_use]
    pub fn has_images(&self) -> bool {
        has_images(&self.request)
    }

    /// What was lost in reading it.
    #[must_use]
    pub fn losses(&self) -> &[Loss] {
        &self.losses
    }

    /// Writes it for an upstream. Texts and images move, so whoever tries another upstream afterwards clones or reads again.
    ///
    /// # Errors
    /// [`Error::Request`] with the path in the client's document, for what the upstream cannot take and no answer could do
    /// without; under [`Policy::Strict`] the first loss that changes meaning.
    pub fn to(self, upstream: &Upstream, stamp: Stamp) -> Result<Outgoing<Reply>, Error> {
        let context = self.context(stamp.clone());
        let Self { translator, request, mut losses, kept: _, named: _, remembers } = self;
        let is_streamed = request.stream.enabled;
        let outgoing = upstream.request(*request, Policy::Lenient, stamp)?;
        let Outgoing {
            path,
            body,
            is_streamed: asks_for_stream,
            session,
            features,
            is_opening,
            has_images,
            losses: lost,
            reply: reading,
        } = outgoing;
        // Who speaks the upstream's own language knows what it does with a message of the model's at the end.
        let is_news = |loss: &Loss| loss.code != LossCode::PrefillNotContinued || translator.client != upstream.api();
        let lost: Vec<_> = lost.into_iter().filter(is_news).collect();
        under(translator.policy, &lost)?;
        losses.extend(lost);
        let reply = Reply::new(context, is_streamed, reading).remembering(remembers);
        Ok(Outgoing {
            path,
            body,
            is_streamed: asks_for_stream,
            session,
            features,
            is_opening,
            has_images,
            losses,
            reply,
        })
    }

    /// What reads a reply that answers it, however that came about, without writing it for the upstream: nothing is known
    /// then of where things went.
    #[must_use]
    pub fn reply(&self, upstream: &Upstream, stamp: Stamp) -> Reply {
        let sent = upstream.sent(&self.request, &stamp);
        let asks_for_stream = self.is_streamed();
        let reading = Reading { upstream: upstream.api(), sent, places: Arc::default(), asks_for_stream };
        Reply::new(self.context(stamp), self.is_streamed(), reading)
    }

    /// What writes a reply that comes from no upstream.
    #[must_use]
    pub fn alone(self, stamp: Stamp) -> Reply {
        let (upstream, asks_for_stream) = (self.client(), self.is_streamed());
        let reading = Reading { upstream, sent: Sent::unknown(&stamp), places: Arc::default(), asks_for_stream };
        Reply::new(self.context(stamp), self.is_streamed(), reading)
    }

    fn context(&self, stamp: Stamp) -> Context {
        let Translator { client, style, policy: _ } = &self.translator;
        let mut context = Context::new(*client, &self.request, style, stamp);
        if let Some(kept) = &self.kept {
            context.keep(kept);
        }
        if let Some(named) = &self.named {
            context.name(named);
        }
        context
    }
}

impl Upstream {
    /// Writes a request of the model, for callers who speak no API themselves.
    ///
    /// # Errors
    /// As [`Asked::to`].
    #[expect(clippy::needless_pass_by_value, reason = "a stamp is for one request, here as in `Asked::to`")]
    pub fn request(&self, mut request: Request, policy: Policy, stamp: Stamp) -> Result<Outgoing<Reading>, Error> {
        let mut losses = retell(&mut request, self.api());
        let sent = self.sent(&request, &stamp);
        let (is_opening, has_images) = (is_opening(&request), has_images(&request));
        let Written { body, is_streamed, session, features, losses: lost, places } =
            self.encode_request(request, &sent)?;
        losses.extend(lost);
        under(policy, &losses)?;
        let places = Arc::new(places);
        let reply = Reading { upstream: self.api(), sent, places, asks_for_stream: is_streamed };
        Ok(Outgoing { path: self.path(), body, is_streamed, session, features, is_opening, has_images, losses, reply })
    }
}

/// Whether a conversation has nothing in it that a model said or did, or that answers that.
fn is_opening(request: &Request) -> bool {
    request.items.iter().all(|item| match &item.kind {
        ItemKind::Message(message) => message.role != Role::Assistant,
        ItemKind::ToolCall(_) | ItemKind::ToolResult(_) | ItemKind::Reasoning(_) | ItemKind::ImageGeneration(_) => {
            false
        }
        ItemKind::Opaque(_) => true,
    })
}

/// Whether anybody in a conversation shows a picture.
fn has_images(request: &Request) -> bool {
    let shows = |content: &Content| match content {
        Content::Text(_) => false,
        Content::Parts(parts) => parts.iter().any(|part| matches!(part.kind, PartKind::Image(_))),
    };
    request.items.iter().any(|item| match &item.kind {
        ItemKind::Message(message) => shows(&message.content),
        ItemKind::ToolResult(result) => shows(&result.output),
        ItemKind::ImageGeneration(_) => true,
        ItemKind::ToolCall(_) | ItemKind::Reasoning(_) | ItemKind::Opaque(_) => false,
    })
}
