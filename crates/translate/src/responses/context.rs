//! What a Responses client wants of its reply.

use std::sync::Arc;

use interlingua_model::Request;
use interlingua_wire::responses as wire;

use super::reply::echo::Echo;
use super::reply::ids::reply_id;
use super::retell::has_search;
use crate::{Kept, Stamp, Style};

/// What a reply in Responses has to know of its request, most of which it repeats. Cheap to clone.
///
/// ```
/// use interlingua_translate::{Sent, Stamp, Style, chat, responses};
///
/// let request = serde_json::from_str(r#"{"model":"m","input":"hi","instructions":"Be brief","store":false}"#)?;
/// let request = responses::decode_request(request)?.value;
/// let stamp = Stamp { id: "1".into(), created: 1_700_000_000 };
/// let context = responses::Context::new(&request, &Style::default(), stamp.clone());
///
/// let reply = r#"{"id":"chatcmpl-7","choices":[{"message":{"content":"Hello"},"finish_reason":"stop"}]}"#;
/// let reply = chat::decode_response(serde_json::from_str(reply)?, &Sent::unknown(&stamp))?.value;
/// let response = responses::encode_response(reply, &context)?.value;
/// assert_eq!(response.id.as_deref(), Some("resp_7"));
/// assert_eq!(response.instructions.as_ref().map(|text| text.get()), Some("\"Be brief\""));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Context {
    pub(super) stamp: Stamp,
    /// The model asked for, for replies that do not name theirs.
    pub(super) model: String,
    pub(super) close_cut_items: bool,
    /// The reply's own id, where it is not made of the upstream's.
    id: Option<String>,
    /// Whether calls of a function stand for the client's searches for tools.
    pub(super) has_search: bool,
    echo: Arc<Echo>,
}

impl Context {
    /// The context of the reply to a request.
    #[must_use]
    pub fn new(request: &Request, style: &Style, stamp: Stamp) -> Self {
        // Responses has places of its own for thoughts and for several messages.
        let Style { message_joiner: _, reasoning_content: _, close_cut_items } = style;
        Self {
            stamp,
            model: request.model.clone(),
            close_cut_items: close_cut_items.unwrap_or(true),
            id: None,
            has_search: has_search(&request.tools),
            echo: Arc::new(Echo::new(request)),
        }
    }

    /// Says of the reply that it is kept.
    pub(super) fn keep(&mut self, kept: &Kept) {
        self.id = Some(kept.id.clone());
        Arc::make_mut(&mut self.echo).keep(kept);
    }

    /// When the reply was begun: here, where it is kept here.
    pub(super) fn created(&self, upstreams: Option<u64>) -> u64 {
        upstreams.filter(|_| self.id.is_none()).unwrap_or(self.stamp.created)
    }

    /// The id of the reply.
    pub(super) fn reply_id(&self, upstreams: Option<&str>) -> String {
        self.id.clone().unwrap_or_else(|| reply_id(upstreams, &self.stamp.id))
    }

    /// The context of a reply whose request is not at hand: nothing extra was asked for.
    #[must_use]
    pub fn unknown(stamp: Stamp) -> Self {
        Self::new(&Request::new(String::new()), &Style::default(), stamp)
    }

    /// A response with nothing in it but what it repeats of the request.
    pub(super) fn echo(&self) -> wire::Response {
        self.echo.response()
    }
}
