//! Who a reply and its calls are, and since when.

use interlingua_wire::Integer;

use crate::chat::Context;
use crate::convert::integer;

/// The prefix of every Chat reply's id.
const ID_PREFIX: &str = "chatcmpl-";

/// The upstream's id in Chat's form, or one of our own.
pub(in crate::chat) fn reply_id(upstream: Option<String>, context: &Context) -> String {
    match upstream.filter(|id| !id.is_empty()) {
        Some(id) => prefixed(id),
        None => format!("{ID_PREFIX}{}", context.stamp.id),
    }
}

/// An id in Chat's form; an upstream id is kept whole, so that it can be read back.
pub(in crate::chat) fn prefixed(id: String) -> String {
    if id.starts_with(ID_PREFIX) { id } else { format!("{ID_PREFIX}{id}") }
}

/// When the reply was made: in the upstream's words, or now.
pub(in crate::chat) fn created_at(upstream: Option<u64>, context: &Context) -> Integer {
    integer(upstream.unwrap_or(context.stamp.created))
}

/// An id for a call that came without one: the same for the same reply, and another for every other.
pub(in crate::chat) fn made_up_call_id(reply_id: Option<&str>, stamp_id: &str, count: usize) -> String {
    let reply = reply_id.unwrap_or(stamp_id);
    format!("call_{}_{count}", reply.strip_prefix(ID_PREFIX).unwrap_or(reply))
}
