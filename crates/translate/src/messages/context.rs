//! What a Messages client wants of its reply.

use interlingua_model::{Display, HostedTool, Request, Tool};

use crate::hosted::Hosted;
use crate::{Stamp, Style};

/// What a reply in Messages has to know of its request.
///
/// ```
/// use interlingua_translate::model::Request;
/// use interlingua_translate::{Stamp, Style, messages};
///
/// let stamp = Stamp { id: "1".into(), created: 1_700_000_000 };
/// let context = messages::Context::new(&Request::new("claude-opus-5"), &Style::default(), stamp);
/// # let _ = context;
/// ```
#[derive(Debug, Clone)]
pub struct Context {
    pub(super) stamp: Stamp,
    /// The model asked for, for replies that do not name theirs.
    pub(super) model: String,
    /// How much of its thoughts the reply shows: clients that asked for none take the first block for the answer.
    pub(super) display: Display,
    /// Whether the client offers servers of tools: only who does knows the blocks that tell of their calls.
    has_servers: bool,
}

impl Context {
    /// The context of the reply to a request.
    #[must_use]
    pub fn new(request: &Request, style: &Style, stamp: Stamp) -> Self {
        // Every block of text stays one, thoughts have a place of their own, and blocks are always closed.
        let Style { message_joiner: _, reasoning_content: _, close_cut_items: _ } = style;
        let display = request.reasoning.display.as_ref().map_or(Display::Nothing, |display| display.value);
        let is_server = |tool: &Tool| matches!(tool, Tool::Hosted(HostedTool { origin: _, kind, settings: _, implied_choice: _ }) if kind == "mcp");
        let has_servers = request.tools.iter().any(is_server);
        Self { stamp, model: request.model.clone(), display, has_servers }
    }

    /// Whether the client knows what tells of such a thing.
    pub(super) fn knows(&self, hosted: &Hosted) -> bool {
        match hosted {
            Hosted::Search(_) => true,
            Hosted::Mcp(_) => self.has_servers,
        }
    }

    /// The context of a reply whose request is not at hand: nothing extra was asked for.
    #[must_use]
    pub fn unknown(stamp: Stamp) -> Self {
        Self::new(&Request::new(String::new()), &Style::default(), stamp)
    }
}
