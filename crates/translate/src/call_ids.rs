//! Call ids within an upstream's limit, there and back.

use std::collections::{HashMap, HashSet};

use interlingua_model::{ItemKind, Request};

/// Which call ids of a request are replaced on the wire.
///
/// An id over the limit, or with a letter that the upstream refuses, becomes `call_` and 32 letters of a fixed hash, the same in the call and in its result. Two
/// ids never meet: one whose hash is taken in this request is hashed again.
#[derive(Debug, Clone, Default)]
pub(crate) struct CallIds {
    to_wire: HashMap<String, String>,
    from_wire: HashMap<String, String>,
}

impl CallIds {
    pub(crate) fn new(request: &Request, limit: usize, is_legal: fn(char) -> bool) -> Self {
        let is_fit = |id: &str| id.len() <= limit && id.chars().all(is_legal);
        Self::fitting(request, is_fit, |hash| format!("call_{hash}"))
    }

    /// The same for an upstream that takes ids of nine letters and digits; those it makes itself are such.
    pub(crate) fn of_nine(request: &Request) -> Self {
        const LENGTH: usize = 9;
        let is_fit = |id: &str| id.len() == LENGTH && id.chars().all(|letter| letter.is_ascii_alphanumeric());
        Self::fitting(request, is_fit, |hash| hash.chars().take(LENGTH).collect())
    }

    fn fitting(request: &Request, is_fit: impl Fn(&str) -> bool, named: impl Fn(String) -> String) -> Self {
        let mut ids = Self::default();
        let all = || request.items.iter().filter_map(|item| call_id(&item.kind));
        if all().all(&is_fit) {
            return ids;
        }
        let short: HashSet<&str> = all().filter(|id| is_fit(id)).collect();
        for id in all().filter(|id| !is_fit(id)) {
            if ids.to_wire.contains_key(id) {
                continue;
            }
            let hashes = (0_u32..).map(|salt| named(crate::hash::base32(id.as_bytes(), salt)));
            let free = |wire: &String| !short.contains(wire.as_str()) && !ids.from_wire.contains_key(wire);
            if let Some(wire) = hashes.into_iter().find(free) {
                ids.from_wire.insert(wire.clone(), id.to_owned());
                ids.to_wire.insert(id.to_owned(), wire);
            }
        }
        ids
    }

    /// The id on the wire.
    pub(crate) fn wire(&self, id: String) -> String {
        self.to_wire.get(&id).cloned().unwrap_or(id)
    }

    /// The caller's own id.
    pub(crate) fn original<'a>(&'a self, wire: &'a str) -> &'a str {
        self.from_wire.get(wire).map_or(wire, String::as_str)
    }
}

fn call_id(kind: &ItemKind) -> Option<&str> {
    match kind {
        ItemKind::ToolCall(call) => Some(&call.call_id),
        ItemKind::ToolResult(result) => Some(&result.call_id),
        ItemKind::Message(_) | ItemKind::Reasoning(_) | ItemKind::ImageGeneration(_) | ItemKind::Opaque(_) => None,
    }
}
