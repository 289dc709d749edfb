//! Who a message is.

use interlingua_model::Envelope;
use interlingua_wire::messages as wire;

use super::usage::service_tier;
use crate::convert::non_empty;
use crate::messages::Context;

/// The prefix of every message's id.
const ID_PREFIX: &str = "msg_";

/// Who answers.
pub(in crate::messages) fn envelope(wire: &wire::Response) -> Envelope {
    Envelope {
        id: non_empty(wire.id.clone()),
        created: None,
        model: non_empty(wire.model.clone()),
        service_tier: wire.usage.as_ref().and_then(|usage| service_tier(usage.service_tier.as_deref())),
        beside: Vec::new(),
    }
}

/// The upstream's id in the form Messages has, or one of our own.
pub(in crate::messages) fn reply_id(upstream: Option<String>, context: &Context) -> String {
    let id = non_empty(upstream).unwrap_or_else(|| context.stamp.id.clone());
    if id.starts_with(ID_PREFIX) { id } else { format!("{ID_PREFIX}{id}") }
}
