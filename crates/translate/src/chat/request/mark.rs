//! Boundaries of prompt caches in the words of Claude's servers, which clients and some servers of Chat Completions have too.

use interlingua_model::Breakpoint;
use interlingua_wire::{Extra, Json};
use serde::{Deserialize, Serialize};

use super::reading::Reading;
use super::writing::Writing;
use crate::chat::Field;
use crate::path::Path;

const CACHE_CONTROL: &str = "cache_control";

/// A boundary that stands beside what it ends.
#[derive(Deserialize)]
pub(super) struct Mark {
    pub(super) ttl: Option<String>,
}

impl Mark {
    /// Takes it out of the fields that the API does not know.
    pub(super) fn take(out: &mut Reading, extra: &mut Extra, path: Path<'_>) -> Option<Self> {
        let mark = extra.get(CACHE_CONTROL)?.parse().ok()?;
        extra.take(CACHE_CONTROL);
        out.accept(path.then(CACHE_CONTROL), "a cache boundary in the words of another API; read as one");
        Some(mark)
    }
}

impl Writing<'_> {
    /// A boundary behind a part: the value of the API's own field, and the fields beside it.
    pub(super) fn cached(&mut self, given: Option<Breakpoint>) -> (Option<Json>, Extra) {
        match given {
            Some(boundary) if self.upstream.cache_control => (None, marked(Some(boundary))),
            given => (self.boundary(Field::PromptCacheBreakpoint, given), Extra::new()),
        }
    }

    /// The fields beside a tool, which has no place for a boundary in the API's own words.
    pub(super) fn cached_tool(&mut self, given: Option<Breakpoint>) -> Extra {
        match given {
            Some(boundary) if !self.upstream.cache_control => {
                self.lose_breakpoint(boundary.origin, false, "no cache boundary stands on a tool");
                Extra::new()
            }
            given => marked(given),
        }
    }
}

fn marked(boundary: Option<Breakpoint>) -> Extra {
    #[derive(Serialize)]
    struct Control {
        r#type: &'static str,
        #[serde(skip_serializing_if = "Option::is_none")]
        ttl: Option<String>,
    }
    let mut extra = Extra::new();
    if let Some(Breakpoint { origin: _, ttl, raw: _ }) = boundary
        && let Ok(control) = Json::from_value(&Control { r#type: "ephemeral", ttl })
    {
        extra.push(CACHE_CONTROL, control);
    }
    extra
}
