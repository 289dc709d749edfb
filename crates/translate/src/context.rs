//! What a reply needs to know of its request.

use interlingua_model::{CallStyle, Request, ToolKind};

use crate::Profile;
use interlingua_wire::responses as wire;

use crate::call_ids::CallIds;
use crate::names::Names;
use crate::responses::Echo;

/// What a pure encoder may not invent: an id and the time.
///
/// Used only where the upstream's reply has none of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stamp {
    /// An id, unique for this reply, without a protocol's prefix.
    pub id: String,
    /// Now, in whole seconds since 1970.
    pub created: u64,
}

/// All a reply needs to know of its request. Recomputed from the request whenever needed, never stored.
///
/// ```
/// use interlingua_model::Request;
/// use interlingua_translate::{Context, Profile, Stamp};
///
/// let stamp = Stamp { id: "1".into(), created: 1_700_000_000 };
/// let context = Context::new(&Request::new("gpt-5.4"), &Profile::openai(), stamp);
/// # let _ = context;
/// ```
#[derive(Debug, Clone)]
pub struct Context {
    pub(crate) stamp: Stamp,
    /// The model asked for, for replies that do not name theirs.
    pub(crate) model: String,
    pub(crate) include_usage: bool,
    pub(crate) logprobs: bool,
    pub(crate) call_style: CallStyle,
    pub(crate) names: Names,
    pub(crate) call_ids: CallIds,
    pub(crate) joiner: String,
    pub(crate) reasoning_content: bool,
    pub(crate) close_cut_items: bool,
    /// What a Responses reply repeats of the request; `None` where every default does.
    echo: Option<Box<Echo>>,
}

impl Context {
    /// The context of the reply to `request` from a Responses upstream of this profile.
    #[must_use]
    pub fn new(request: &Request, profile: &Profile, stamp: Stamp) -> Self {
        Self {
            stamp,
            model: request.model.clone(),
            include_usage: request.stream.include_usage,
            logprobs: request.output.logprobs.is_some(),
            call_style: request.call_style,
            names: Names::new(request, profile.responses.tool_name_limit),
            call_ids: CallIds::new(request, profile.responses.call_id_limit),
            joiner: profile.reply.message_joiner.clone(),
            reasoning_content: profile.reply.reasoning_content,
            close_cut_items: profile.reply.close_cut_items,
            echo: None,
        }
    }

    /// The context of the reply to `request` from a Chat Completions upstream of this profile.
    ///
    /// ```
    /// use interlingua_translate::{Context, Profile, Stamp, chat, responses};
    ///
    /// let request = serde_json::from_str(r#"{"model":"m","input":"hi","instructions":"Be brief","store":false}"#)?;
    /// let request = responses::decode_request(request)?.value;
    /// let stamp = Stamp { id: "1".into(), created: 1_700_000_000 };
    /// let context = Context::for_chat_upstream(&request, &Profile::compatible(), stamp);
    ///
    /// let reply = r#"{"id":"chatcmpl-7","choices":[{"message":{"content":"Hello"},"finish_reason":"stop"}]}"#;
    /// let reply = chat::decode_response(serde_json::from_str(reply)?, &context)?.value;
    /// let response = responses::encode_response(reply, &context)?.value;
    /// assert_eq!(response.id.as_deref(), Some("resp_7"));
    /// assert_eq!(response.instructions.as_ref().map(|text| text.get()), Some("\"Be brief\""));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn for_chat_upstream(request: &Request, profile: &Profile, stamp: Stamp) -> Self {
        Self {
            names: Names::new(request, profile.chat.tool_name_limit),
            call_ids: CallIds::default(),
            echo: Some(Box::new(Echo::new(request))),
            ..Self::new(request, profile, stamp)
        }
    }

    /// The context of a reply whose request is not at hand: nothing was renamed, nothing extra was asked for.
    #[must_use]
    pub fn detached(stamp: Stamp) -> Self {
        Self::new(&Request::new(String::new()), &Profile::openai(), stamp)
    }

    /// A response with nothing in it but what it repeats of the request.
    pub(crate) fn echo(&self) -> wire::Response {
        self.echo.as_deref().map_or_else(|| Echo::default().response(), Echo::response)
    }

    /// Whether a tool that goes by this name on the wire is a custom one.
    pub(crate) fn is_custom(&self, wire_name: &str) -> bool {
        self.names.kind(wire_name) == Some(ToolKind::Custom)
    }

    /// The caller's own name of a tool, and the group it belongs to.
    pub(crate) fn tool_name(&self, wire_name: String) -> (Option<String>, String) {
        match self.names.original(&wire_name) {
            Some(original) => (original.namespace.clone(), original.name.clone()),
            None => (None, wire_name),
        }
    }
}
