//! How a reply ended.

use interlingua_model::{Api, Failure, Finish, IncompleteReason, Origin, Sourced, Usage};

use crate::error::{describe, stream_incomplete};
use crate::{CallThoughts, Loss, LossCode};

/// How a reply ended, and what it lost.
#[must_use = "a reply that failed or was cut off must not pass for a whole one"]
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// How it ended.
    pub end: End,
    /// What could not be carried over, in the order met.
    pub losses: Vec<Loss>,
    /// What the upstream said that it cost, where it said so.
    pub usage: Option<Usage>,
    /// The sealed thoughts of the reply, where its request asked for them ([`Asked::remember`](crate::Asked::remember)).
    pub thoughts: Vec<CallThoughts>,
}

/// Every way a reply can end. There is no other, and none is silent.
#[derive(Debug, Clone, PartialEq)]
pub enum End {
    /// The model was done.
    Completed,
    /// The model was cut short.
    Incomplete(IncompleteReason),
    /// The upstream said that it failed, or sent what cannot be read or carried over.
    Failed(Box<Failure>),
    /// The stream stopped before its terminal event.
    Truncated,
}

impl Outcome {
    /// An end with its losses, of which nobody has said what it cost.
    pub fn new(end: End, losses: Vec<Loss>) -> Self {
        Self { end, losses, usage: None, thoughts: Vec::new() }
    }

    /// The failure to tell, where it failed or was cut off; one without a word gets some.
    #[must_use]
    pub fn failure(&self) -> Option<Failure> {
        match &self.end {
            End::Completed | End::Incomplete(_) => None,
            End::Failed(failure) => Some(Failure { message: describe(failure).to_owned(), ..(**failure).clone() }),
            End::Truncated => Some(stream_incomplete()),
        }
    }
}

impl End {
    /// The end of a reply that did not fail.
    pub(crate) fn of(finish: &Finish) -> Self {
        match finish {
            Finish::Completed => Self::Completed,
            Finish::Incomplete(reason) => Self::Incomplete(reason.clone()),
        }
    }
}

/// The loss of which stop sequence the upstream met, where `api` tells only that it stopped. One that was looked for on the way
/// is what the client asked for.
pub(crate) fn untold_sequence(sequence: Option<&Sourced<String>>, api: Api) -> Option<Loss> {
    let Sourced { value: _, origin } = sequence.filter(|sequence| sequence.origin != Origin::default())?;
    let detail = format!("the {} API does not say which sequence stopped the model", api.title());
    Some(Loss::new(origin.path(), LossCode::DroppedDetail, detail))
}

/// The loss of a reason for which a reply was cut short, where `api` has no word for it and says that there was no room.
pub(crate) fn coarser_reason(finish: &Finish, api: Api, origin: Origin) -> Option<Loss> {
    let what = match finish {
        Finish::Incomplete(IncompleteReason::Paused) => "the server paused",
        Finish::Incomplete(IncompleteReason::ContextWindow) => "the model can read no more",
        Finish::Completed
        | Finish::Incomplete(
            IncompleteReason::MaxOutputTokens | IncompleteReason::ContentFilter | IncompleteReason::Other(_),
        ) => return None,
    };
    let detail = format!("{what}, for which the {} API has no word; told as a limit of the output", api.title());
    Some(Loss::new(origin.path(), LossCode::ChangedValue, detail))
}
