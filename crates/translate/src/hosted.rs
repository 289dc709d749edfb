//! What servers do by themselves, in words that more than one API has: a search of the web, a call of a server of tools.
//!
//! Each API that has such a thing reads its own as one of these, and writes one of these as its own; what else servers do has
//! no place in front of another API.

/// What a server has done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Hosted {
    Search(Search),
    Mcp(McpCall),
}

/// A search of the web.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Search {
    /// Its id at the API that tells of it.
    pub(crate) id: Option<String>,
    /// What was searched for.
    pub(crate) queries: Vec<String>,
    /// What was found; `None` where nobody has said.
    pub(crate) sources: Option<Vec<Source>>,
    /// Why nothing was, in a word.
    pub(crate) error: Option<String>,
}

/// A page of the web.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Source {
    pub(crate) url: String,
    pub(crate) title: Option<String>,
}

/// A call of a tool of an MCP server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct McpCall {
    /// Its id at the API that tells of it.
    pub(crate) id: Option<String>,
    pub(crate) server: Option<String>,
    pub(crate) name: Option<String>,
    /// JSON text.
    pub(crate) arguments: String,
    /// The answer; `None` where nobody has said.
    pub(crate) output: Option<String>,
    /// Why there is none.
    pub(crate) error: Option<String>,
}
