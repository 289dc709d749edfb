//! How a reply ended, both ways.

use interlingua_model::{self as model, Origin};
use interlingua_wire::chat as wire;

use crate::{Error, Loss, LossCode};

/// Where a reply says how it ended.
pub(in crate::chat) const FINISH: Origin = Origin::of("choices[0].finish_reason");

/// How a reply ended, by the reason it gives. Calls count as completion, by whatever word.
pub(in crate::chat) fn decode_finish(
    reason: Option<wire::FinishReason>,
    losses: &mut Vec<Loss>,
) -> Result<model::Finish, Error> {
    use model::{Finish, IncompleteReason};
    let unknown = |detail: String| Loss::new(FINISH.path(), LossCode::UnknownValue, detail);
    Ok(match reason {
        Some(wire::FinishReason::Stop | wire::FinishReason::ToolCalls | wire::FinishReason::FunctionCall) => {
            Finish::Completed
        }
        Some(wire::FinishReason::Length) => Finish::Incomplete(IncompleteReason::MaxOutputTokens),
        Some(wire::FinishReason::ContentFilter) => Finish::Incomplete(IncompleteReason::ContentFilter),
        // OpenRouter's word for a provider that broke off.
        Some(wire::FinishReason::Other(word)) if word == "error" => {
            return Err(Error::Upstream(Box::new(model::Failure {
                message: "the upstream broke off with the finish reason `error`".to_owned(),
                kind: Some("server_error".to_owned()),
                ..model::Failure::default()
            })));
        }
        Some(wire::FinishReason::Other(word)) if !word.is_empty() => {
            losses.push(unknown(format!("`{word}` is no finish reason of the API; read as completed")));
            Finish::Completed
        }
        Some(wire::FinishReason::Other(_)) | None => {
            losses.push(unknown("the upstream gives no reason for its end; read as completed".to_owned()));
            Finish::Completed
        }
    })
}

/// The reason a reply gives for its end, which also tells whether it calls.
pub(in crate::chat) fn finish_reason(finish: &model::Finish, calls: CallsMade) -> wire::FinishReason {
    use model::{Finish, IncompleteReason};
    match (finish, calls) {
        (Finish::Incomplete(IncompleteReason::ContentFilter), _) => wire::FinishReason::ContentFilter,
        (Finish::Incomplete(IncompleteReason::MaxOutputTokens | IncompleteReason::Other(_)), _) => {
            wire::FinishReason::Length
        }
        (Finish::Completed, CallsMade::Tools) => wire::FinishReason::ToolCalls,
        (Finish::Completed, CallsMade::LegacyFunction) => wire::FinishReason::FunctionCall,
        (Finish::Completed, CallsMade::None) => wire::FinishReason::Stop,
    }
}

/// The calls a reply has made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::chat) enum CallsMade {
    None,
    Tools,
    LegacyFunction,
}

/// Whether a completed reply said and did nothing, whatever it cost: some upstreams refuse that way.
pub(in crate::chat) fn is_empty_completion(finish: &model::Finish, is_silent: bool) -> bool {
    *finish == model::Finish::Completed && is_silent
}
