//! Who a response and its items are, and since when.

use interlingua_model::{Arguments, Envelope};
use interlingua_wire::{Json, responses as wire};

use crate::convert::count;
use crate::responses::beside::of_reply;

/// The prefix of every Responses reply's id.
const ID_PREFIX: &str = "resp_";
/// What the other protocol puts before ids, its own and those it was given.
const CHAT_PREFIX: &str = "chatcmpl-";

/// Who answers, and when; which agent, the event says that it came in.
pub(in crate::responses) fn envelope(wire: &wire::Response, agent: Option<&Json>) -> Envelope {
    Envelope {
        id: wire.id.clone().filter(|id| !id.is_empty()),
        created: count(wire.created_at),
        model: wire.model.clone().filter(|model| !model.is_empty()),
        service_tier: wire.service_tier.clone(),
        beside: of_reply(wire, agent),
    }
}

/// The upstream's id in the form Responses has; an id that went out as a Chat id comes back as it was.
pub(in crate::responses) fn reply_id(upstream: Option<&str>, stamp: &str) -> String {
    let id = upstream.filter(|id| !id.is_empty()).unwrap_or(stamp);
    let id = id.strip_prefix(CHAT_PREFIX).unwrap_or(id);
    if id.starts_with(ID_PREFIX) { id.to_owned() } else { format!("{ID_PREFIX}{id}") }
}

/// The kinds of items a reply is made of, which their ids begin with.
#[derive(Debug, Clone, Copy)]
pub(in crate::responses) enum ItemFamily {
    Message,
    Reasoning,
    Function,
    Custom,
    Search,
    Image,
    /// What another server did.
    Hosted,
}

/// The id of one item of a reply: the same whenever asked, and of no other item.
pub(in crate::responses) fn item_id(family: ItemFamily, reply_id: &str, output_index: u32) -> String {
    let prefix = match family {
        ItemFamily::Message => "msg",
        ItemFamily::Reasoning => "rs",
        ItemFamily::Function => "fc",
        ItemFamily::Custom => "ctc",
        ItemFamily::Search => "tsc",
        ItemFamily::Image => "ig",
        ItemFamily::Hosted => "hst",
    };
    format!("{prefix}_{}_{output_index}", reply_id.strip_prefix(ID_PREFIX).unwrap_or(reply_id))
}

/// The id of a call that has that of another call which came before it, since an answer must name one of them.
pub(in crate::responses) fn another_call_id(call_id: &str, position: usize, is_taken: impl Fn(&str) -> bool) -> String {
    let numbered = (position..).map(|number| format!("{call_id}_{number}"));
    numbered.into_iter().find(|id| !is_taken(id)).unwrap_or_default()
}

pub(in crate::responses) fn family(arguments: &Arguments) -> ItemFamily {
    match arguments {
        Arguments::Function(_) => ItemFamily::Function,
        Arguments::Custom(_) => ItemFamily::Custom,
    }
}
