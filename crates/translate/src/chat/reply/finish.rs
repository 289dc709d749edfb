//! How a reply ended, both ways.

use interlingua_model::{self as model, Origin};
use interlingua_wire::chat as wire;

use crate::{Error, Loss, LossCode};

/// Where a reply says how it ended.
pub(in crate::chat) const FINISH: Origin = Origin::of("choices[0].finish_reason");

/// What servers of the field say beside the API's own reasons, in whatever case.
const OTHER_REASONS: &[(&str, Meaning)] = &[
    ("error", Meaning::Failed),
    ("network_error", Meaning::Failed),
    ("insufficient_system_resource", Meaning::Failed),
    ("abort", Meaning::Failed),
    ("aborted", Meaning::Failed),
    ("malformed_function_call", Meaning::Failed),
    ("max_tokens", Meaning::Limit),
    ("model_length", Meaning::Limit),
    ("model_context_window_exceeded", Meaning::Limit),
    ("sensitive", Meaning::Filter),
    ("safety", Meaning::Filter),
    ("recitation", Meaning::Filter),
    ("blocklist", Meaning::Filter),
    ("prohibited_content", Meaning::Filter),
    ("spii", Meaning::Filter),
];

/// What a finish reason stands for.
#[derive(Clone, Copy)]
enum Meaning {
    Done,
    Limit,
    Filter,
    Failed,
}

/// How a reply ended, by the reason it gives. Calls count as completion, by whatever word.
pub(in crate::chat) fn decode_finish(
    reason: Option<&wire::FinishReason>,
    losses: &mut Vec<Loss>,
) -> Result<model::Finish, Error> {
    use model::{Finish, IncompleteReason};
    let mut read_as_completed = |detail: String| {
        losses.push(Loss::new(FINISH.path(), LossCode::UnknownValue, detail));
        Meaning::Done
    };
    let word = reason.map_or("", wire::FinishReason::as_str);
    let meaning = match reason {
        Some(wire::FinishReason::Stop | wire::FinishReason::ToolCalls | wire::FinishReason::FunctionCall) => {
            Meaning::Done
        }
        Some(wire::FinishReason::Length) => Meaning::Limit,
        Some(wire::FinishReason::ContentFilter) => Meaning::Filter,
        Some(wire::FinishReason::Other(_)) if !word.is_empty() => {
            match OTHER_REASONS.iter().find(|(known, _)| word.eq_ignore_ascii_case(known)) {
                Some((_, meaning)) => *meaning,
                None => read_as_completed(format!("`{word}` is no finish reason of the API; read as completed")),
            }
        }
        Some(wire::FinishReason::Other(_)) | None => {
            read_as_completed("the upstream gives no reason for its end; read as completed".to_owned())
        }
    };
    Ok(match meaning {
        Meaning::Done => Finish::Completed,
        Meaning::Limit => Finish::Incomplete(IncompleteReason::MaxOutputTokens),
        Meaning::Filter => Finish::Incomplete(IncompleteReason::ContentFilter),
        Meaning::Failed => {
            return Err(Error::Upstream(Box::new(model::Failure {
                message: format!("the upstream broke off with the finish reason `{word}`"),
                kind: Some("server_error".to_owned()),
                ..model::Failure::default()
            })));
        }
    })
}

/// The reason a reply gives for its end, which also tells whether it calls.
pub(in crate::chat) fn finish_reason(finish: &model::Finish, calls: CallsMade) -> wire::FinishReason {
    use model::{Finish, IncompleteReason};
    match (finish, calls) {
        (Finish::Incomplete(IncompleteReason::ContentFilter), _) => wire::FinishReason::ContentFilter,
        (
            Finish::Incomplete(
                IncompleteReason::MaxOutputTokens
                | IncompleteReason::Paused
                | IncompleteReason::ContextWindow
                | IncompleteReason::Other(_),
            ),
            _,
        ) => wire::FinishReason::Length,
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
