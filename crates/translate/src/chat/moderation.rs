//! Moderation: one result of Responses is a list of one in Chat.

use interlingua_model::Json;
use interlingua_wire::{Extra, chat as wire};
use serde::Deserialize;

use crate::convert::wire_json;

/// The outcome of moderation as Chat has it; `None` when it is not an object of outcomes.
pub(super) fn encode_moderation(moderation: &Json) -> Option<wire::Moderation> {
    #[derive(Deserialize)]
    struct Outcomes<'a> {
        #[serde(borrow)]
        input: Option<&'a serde_json::value::RawValue>,
        #[serde(borrow)]
        output: Option<&'a serde_json::value::RawValue>,
    }
    let outcomes: Outcomes<'_> = serde_json::from_str(moderation.text()).ok()?;
    Some(wire::Moderation {
        input: outcomes.input.and_then(|raw| encode_outcome(raw.get())),
        output: outcomes.output.and_then(|raw| encode_outcome(raw.get())),
        extra: Extra::new(),
    })
}

fn encode_outcome(text: &str) -> Option<wire::ModerationOutcome> {
    #[derive(Deserialize)]
    struct Head {
        r#type: String,
        model: Option<String>,
        code: Option<String>,
        message: Option<String>,
    }
    let head: Head = serde_json::from_str(text).ok()?;
    if head.r#type == "error" {
        return Some(wire::ModerationOutcome::Error(wire::ModerationError {
            code: head.code,
            message: head.message,
            extra: Extra::new(),
        }));
    }
    let result = wire_json(Json::from_text(text).ok()?);
    Some(wire::ModerationOutcome::Results(wire::ModerationResults {
        model: head.model,
        results: Some(vec![result]),
        extra: Extra::new(),
    }))
}
