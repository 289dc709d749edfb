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
    model: String,
    /// Whether it is what replies that name theirs are to say too.
    is_named: bool,
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
        Self { stamp, model: request.model.clone(), is_named: false, display, has_servers }
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

    /// Has the reply call its model by this name, whatever the upstream calls it.
    ///
    /// Clients of this API take thoughts of a model that is not the one they ask for for somebody else's: Claude Code leaves
    /// them out when a conversation is continued.
    pub fn name(&mut self, model: &str) {
        model.clone_into(&mut self.model);
        self.is_named = true;
    }

    /// The name that the reply has to call its model by, where it has to.
    pub(super) fn own_name(&self) -> Option<&str> {
        self.is_named.then_some(&self.model)
    }

    /// What the reply calls the model that the upstream calls so.
    pub(super) fn model(&self, upstreams: Option<String>) -> String {
        upstreams.filter(|_| !self.is_named).unwrap_or_else(|| self.model.clone())
    }
}
