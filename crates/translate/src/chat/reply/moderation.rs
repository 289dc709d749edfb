//! Moderation: one result of Responses is a list of one in Chat.

use interlingua_model::Json;
use interlingua_wire::{Extra, chat as wire};
use serde::{Deserialize, Serialize};

use crate::convert::{to_json, wire_json};

/// The outcome of moderation as Chat has it; `None` when it is not an object of outcomes.
pub(in crate::chat) fn encode_moderation(moderation: &Json) -> Option<wire::Moderation> {
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

/// The outcome of moderation as Responses has it: the first result of each list. `None` when there is none.
pub(in crate::chat) fn decode_moderation(moderation: wire::Moderation) -> Option<Json> {
    #[derive(Serialize)]
    struct Outcomes {
        #[serde(skip_serializing_if = "Option::is_none")]
        input: Option<interlingua_wire::Json>,
        #[serde(skip_serializing_if = "Option::is_none")]
        output: Option<interlingua_wire::Json>,
    }
    let wire::Moderation { input, output, extra: _ } = moderation;
    let outcomes = Outcomes { input: input.and_then(decode_outcome), output: output.and_then(decode_outcome) };
    if outcomes.input.is_none() && outcomes.output.is_none() {
        return None;
    }
    to_json(&outcomes)
}

fn decode_outcome(outcome: wire::ModerationOutcome) -> Option<interlingua_wire::Json> {
    match outcome {
        wire::ModerationOutcome::Results(results) => results.results?.into_iter().next(),
        wire::ModerationOutcome::Error(_) | wire::ModerationOutcome::Unknown(_) => to_json(&outcome).map(wire_json),
    }
}
