//! What a call says of itself, whole or at the beginning of its stream.

use interlingua_model::Origin;
use interlingua_wire::{Json, messages as wire};

use super::unread::Unread;
use crate::convert::non_empty;
use crate::{Error, LossCode, Sent};

/// A call under the names that the client knows.
pub(in crate::messages) struct Called {
    pub(in crate::messages) call_id: String,
    pub(in crate::messages) name: String,
    pub(in crate::messages) namespace: Option<String>,
    /// Whether its input is a text that was asked for as an object.
    pub(in crate::messages) is_custom: bool,
    pub(in crate::messages) input: Option<Json>,
}

/// Reads a call that stood at `origin`.
pub(in crate::messages) fn decode_call(
    call: wire::ToolUse,
    origin: Origin,
    sent: &Sent,
    unread: &mut Unread,
) -> Result<Called, Error> {
    let wire::ToolUse { id, name, input, caller, toolset_name, cache_control: _, extra } = call;
    unread.fields(origin, &extra);
    if caller.is_some_and(|caller| !matches!(caller, wire::Caller::Direct(_))) {
        let detail = "that code of the server made the call is not told";
        unread.once(format!("{}.caller", origin.path()), LossCode::DroppedDetail, detail);
    }
    let malformed = |what: &str| Error::Malformed {
        path: Some(origin.path()),
        message: format!("a call without {what}, which nobody could answer"),
    };
    let name = non_empty(name).ok_or_else(|| malformed("a name"))?;
    let id = non_empty(id).ok_or_else(|| malformed("an id"))?;
    let is_custom = sent.is_custom(&name);
    let (namespace, name) = sent.tool_name(name);
    let call_id = sent.call_ids().original(&id).to_owned();
    Ok(Called { call_id, name, namespace: namespace.or(toolset_name), is_custom, input })
}
