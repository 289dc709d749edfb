//! What a Chat client wants of its reply.

use interlingua_model::{CallStyle, OutputFormat, Request};

use crate::{Stamp, Style};

/// What a reply in Chat Completions has to know of its request.
///
/// ```
/// use interlingua_translate::model::Request;
/// use interlingua_translate::{Stamp, Style, chat};
///
/// let stamp = Stamp { id: "1".into(), created: 1_700_000_000 };
/// let context = chat::Context::new(&Request::new("gpt-5.4"), &Style::default(), stamp);
/// # let _ = context;
/// ```
#[derive(Debug, Clone)]
pub struct Context {
    pub(super) stamp: Stamp,
    /// The model asked for, for replies that do not name theirs.
    pub(super) model: String,
    pub(super) include_usage: bool,
    pub(super) logprobs: bool,
    pub(super) call_style: CallStyle,
    pub(super) joiner: String,
    pub(super) reasoning_content: bool,
    /// Whether JSON was asked for: the content is then parsed, and nothing may stand beside the answer.
    pub(super) is_structured: bool,
}

/// The phase of a message that is the answer itself.
pub(super) const FINAL_ANSWER: &str = "final_answer";

impl Context {
    /// The context of the reply to a request.
    #[must_use]
    pub fn new(request: &Request, style: &Style, stamp: Stamp) -> Self {
        let Style { message_joiner, reasoning_content, close_cut_items: _ } = style;
        Self {
            stamp,
            model: request.model.clone(),
            include_usage: request.stream.include_usage,
            logprobs: request.output.logprobs.is_some(),
            call_style: request.call_style,
            joiner: message_joiner.clone(),
            reasoning_content: *reasoning_content,
            is_structured: request.output.format.as_ref().is_some_and(|format| match &format.value {
                OutputFormat::JsonObject | OutputFormat::JsonSchema(_) => true,
                OutputFormat::Text | OutputFormat::Opaque(_) => false,
            }),
        }
    }

    /// The context of a reply whose request is not at hand: nothing extra was asked for.
    #[must_use]
    pub fn unknown(stamp: Stamp) -> Self {
        Self::new(&Request::new(String::new()), &Style::default(), stamp)
    }
}
