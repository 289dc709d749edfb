//! Tools a model may call, and how it may choose among them.

use crate::{Breakpoint, Json, Opaque, Origin, ToolKind};

/// A tool the request offers.
#[derive(Debug, Clone, PartialEq)]
pub enum Tool {
    /// A function whose arguments follow a JSON schema.
    Function(FunctionTool),
    /// A tool that takes free text, possibly bound by a grammar.
    Custom(CustomTool),
    /// A tool the upstream runs itself.
    Hosted(HostedTool),
    /// Anything else, carried as it stood.
    Opaque {
        /// Its place in the source document.
        origin: Origin,
        /// The tool itself.
        tool: Opaque,
    },
}

impl Tool {
    /// Its place in the source document.
    #[must_use]
    pub fn origin(&self) -> Origin {
        match self {
            Self::Function(tool) => tool.origin,
            Self::Custom(tool) => tool.origin,
            Self::Hosted(tool) => tool.origin,
            Self::Opaque { origin, tool: _ } => *origin,
        }
    }
}

/// A function tool.
#[derive(Debug, Clone, PartialEq)]
pub struct FunctionTool {
    /// Its place in the source document.
    pub origin: Origin,
    /// The name the caller gave it, whatever a backend's limits are.
    pub name: String,
    /// The group it belongs to, where a protocol has groups of tools (Responses: `namespace`).
    pub namespace: Option<String>,
    /// What it does.
    pub description: Option<String>,
    /// JSON schema of its arguments, verbatim.
    pub parameters: Option<Json>,
    /// Whether arguments must follow the schema. `None` leaves it to the protocol the caller spoke, so a decoder
    /// fills it in wherever its protocol has a fixed default.
    pub strict: Option<bool>,
    /// A cache boundary after this tool.
    pub cache_breakpoint: Option<Breakpoint>,
    /// The fields that hang on it and that the model has no word for (Responses: `async`).
    pub beside: Vec<Opaque>,
}

/// A custom (freeform) tool.
#[derive(Debug, Clone, PartialEq)]
pub struct CustomTool {
    /// Its place in the source document.
    pub origin: Origin,
    /// The name the caller gave it.
    pub name: String,
    /// The group it belongs to.
    pub namespace: Option<String>,
    /// What it does.
    pub description: Option<String>,
    /// The form of its input; absent means free text.
    pub format: Option<CustomFormat>,
    /// The fields that hang on it and that the model has no word for (Responses: `async`).
    pub beside: Vec<Opaque>,
}

/// The form of a custom tool's input.
#[derive(Debug, Clone, PartialEq)]
pub enum CustomFormat {
    /// Free text, said explicitly.
    Text,
    /// Text that a grammar derives.
    Grammar {
        /// `lark` or `regex`.
        syntax: String,
        /// The grammar, verbatim.
        definition: String,
    },
    /// A format newer than this model, verbatim.
    Opaque(Json),
}

/// A tool the upstream runs itself, such as a web search.
#[derive(Debug, Clone, PartialEq)]
pub struct HostedTool {
    /// Its place in the source document.
    pub origin: Origin,
    /// The name of its kind as Responses spells it, e.g. `web_search_preview`.
    pub kind: String,
    /// The whole tool object as Responses spells it, without `type`.
    pub settings: Json,
    /// The caller's protocol always uses this tool without saying so (Chat's search models).
    pub implied_choice: bool,
}

/// How the model chooses among the tools.
#[derive(Debug, Clone, PartialEq)]
pub enum ToolChoice {
    /// Calls none.
    None,
    /// Calls some, or none.
    Auto,
    /// Calls at least one.
    Required,
    /// Calls this one.
    Tool(ToolRef),
    /// Chooses among a subset.
    Allowed {
        /// `auto` or `required`.
        mode: String,
        /// The subset.
        tools: Vec<ToolRef>,
    },
    /// A choice the model has no word for, verbatim.
    Opaque(Opaque),
}

/// A tool named by a choice.
#[derive(Debug, Clone, PartialEq)]
pub enum ToolRef {
    /// A function or custom tool, by the caller's name for it.
    Named {
        /// Which family.
        kind: ToolKind,
        /// Its name.
        name: String,
    },
    /// A hosted tool, by its kind.
    Hosted {
        /// Its kind as Responses spells it.
        kind: String,
    },
    /// Anything else, verbatim.
    Opaque(Opaque),
}
