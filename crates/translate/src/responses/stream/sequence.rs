//! What the decoder asks of a single event: whether it came before, what it says of a failure, whether it matters.

use interlingua_model::Failure;
use interlingua_wire::{Integer, responses as wire};
use serde::Deserialize;

use crate::convert::to_json;
use crate::responses::reply::decode::error_code;

/// Numbers that rise tell a repeated event from a new one; numbers that stand still tell nothing.
#[derive(Debug, Clone, Default)]
pub(in crate::responses) struct Sequence {
    last: Option<i64>,
    rises: bool,
}

impl Sequence {
    pub(in crate::responses) fn is_repeated(&mut self, number: Option<Integer>) -> bool {
        let Some(Integer(number)) = number else { return false };
        match self.last {
            Some(last) if number <= last => self.rises,
            previous => {
                self.rises |= previous.is_some();
                self.last = Some(number);
                false
            }
        }
    }
}

/// What an upstream sends beside the answer, which nobody misses.
pub(in crate::responses) fn is_housekeeping(kind: &str) -> bool {
    matches!(kind, "keepalive" | "ping" | "response.metadata") || kind.starts_with("codex.")
}

pub(in crate::responses) fn is_untyped(data: &str) -> bool {
    #[derive(Deserialize)]
    struct Head {
        r#type: Option<serde::de::IgnoredAny>,
    }
    serde_json::from_str::<Head>(data).is_ok_and(|head| head.r#type.is_none())
}

pub(in crate::responses) fn decode_error(event: wire::ErrorEvent) -> Failure {
    let raw = to_json(&event);
    let wire::ErrorEvent { code, message, param, error, status: _, sequence_number: _, extra: _ } = event;
    let flat =
        Failure { code: code.map(error_code), message: message.unwrap_or_default(), kind: None, param, raw: None };
    let failure = match error {
        None => flat,
        Some(wire::ErrorValue::Text(message)) => Failure { message, ..flat },
        Some(wire::ErrorValue::Detail(detail)) => {
            let raw = to_json(&*detail);
            let wire::ErrorDetail { message, kind, param, code, extra: _ } = *detail;
            return Failure {
                code: code.map(error_code).or(flat.code).filter(|code| !code.is_empty()),
                message: message.unwrap_or(flat.message),
                kind,
                param: param.or(flat.param),
                raw,
            };
        }
    };
    Failure { raw, ..failure }
}
