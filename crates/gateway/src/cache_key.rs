//! How an upstream's prompt cache is named.

use http::HeaderMap;
use interlingua_model::Sourced;
use interlingua_translate::{Api, Asked};

use crate::Upstream;

/// Names the prompt cache by the client's session, where the client says it in a header and the upstream's API takes a name.
pub(crate) fn of_session(client: Api, upstream: &Upstream, headers: &HeaderMap, asked: &mut Asked) {
    if client != Api::Messages || upstream.api() == Api::Messages {
        return;
    }
    let session = headers.get(CLAUDE_SESSION).and_then(|id| id.to_str().ok()).filter(|id| !id.is_empty());
    if let Some(session) = session {
        asked.request().service.prompt_cache_key = Some(Sourced::at(CLAUDE_SESSION, session.to_owned()));
    }
}

/// The id of a session of Claude Code.
const CLAUDE_SESSION: &str = "x-claude-code-session-id";
