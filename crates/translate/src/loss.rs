//! What a translation could not carry over, and what to do about it.

use std::fmt;

use serde::Serialize;

use crate::convert::brief;

/// What to do about losses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Policy {
    /// Report them.
    #[default]
    Lenient,
    /// Refuse what changes meaning.
    Strict,
}

/// One thing that was not carried over as it stood.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Loss {
    /// Where, as a path in the source document: `messages[2].name`, `output[0]`, `stop`.
    pub path: String,
    /// What kind of loss.
    pub code: LossCode,
    /// What happened, for a person.
    pub detail: String,
}

impl Loss {
    /// A loss.
    pub fn new(path: impl Into<String>, code: LossCode, detail: impl Into<String>) -> Self {
        Self { path: path.into(), code, detail: brief(detail.into()) }
    }
}

/// Declares the codes together with their spelling and weight, so that neither can be forgotten.
macro_rules! loss_codes {
    ($($(#[$doc:meta])* $name:ident = $text:literal, $changes:literal;)*) => {
        /// The kinds of loss.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum LossCode { $($(#[$doc])* $name,)* }

        impl LossCode {
            /// Every code, in the order of this page.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The stable spelling used in reports and headers.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }

            /// Whether the answer may differ from what the caller asked for; [`Policy::Strict`] refuses these.
            #[must_use]
            pub const fn changes_meaning(self) -> bool {
                match self { $(Self::$name => $changes,)* }
            }
        }
    };
}

loss_codes! {
    /// A field that the target cannot express and that would have changed the answer.
    DroppedParameter = "dropped_parameter", true;
    /// A field that the target cannot express and that only hints (seed, prediction).
    DroppedHint = "dropped_hint", false;
    /// A field of the target that this upstream's profile refuses.
    RefusedByUpstream = "refused_by_upstream", true;
    /// A field that the target cannot express and that is done here instead, by [`Answer`](crate::Answer) and
    /// [`Reading`](crate::Reading).
    Emulated = "emulated", false;
    /// A value moved to the nearest one the target accepts.
    ChangedValue = "changed_value", true;
    /// A limit that the target demands and nobody named; the upstream's usual one was taken.
    AssumedLimit = "assumed_limit", false;
    /// A field that neither API's reference knows.
    UnknownField = "unknown_field", true;
    /// A field in which a server tells of its own work: times, prices, names of machines.
    DroppedTelemetry = "dropped_telemetry", false;
    /// A value that an enumeration does not know, read by its fallback.
    UnknownValue = "unknown_value", false;
    /// A form the caller's API does not document but clients send; carried over.
    ExtensionAccepted = "extension_accepted", true;
    /// A participant's name.
    DroppedName = "dropped_name", false;
    /// Participants' names that told several speakers of one role apart.
    DroppedSpeakers = "dropped_speakers", true;
    /// A trailing assistant message that the target will not continue.
    PrefillNotContinued = "prefill_not_continued", false;
    /// Thoughts that the target cannot take.
    DroppedReasoning = "dropped_reasoning", false;
    /// What a message was for (`phase`).
    DroppedPhase = "dropped_phase", false;
    /// An item that the target cannot express and the client need not act on.
    DroppedItem = "dropped_item", false;
    /// Earlier conversation that only the server which sealed it can read.
    DroppedHistory = "dropped_history", true;
    /// A call of the history without a result; one that says so stands behind it.
    UnansweredCall = "unanswered_call", true;
    /// An item that neither API's reference knows.
    UnknownItem = "unknown_item", true;
    /// A part of a message that the target cannot express.
    DroppedPart = "dropped_part", true;
    /// An annotation that the target cannot express.
    DroppedAnnotation = "dropped_annotation", false;
    /// Token probabilities that the target cannot express.
    DroppedLogprobs = "dropped_logprobs", false;
    /// A call of a tool that the upstream has already run.
    HostedCall = "hosted_call", false;
    /// A tool that the target cannot express.
    DroppedTool = "dropped_tool", true;
    /// A custom tool sent as a function with one string; its calls are custom again in the reply.
    CustomAsFunction = "custom_as_function", false;
    /// A call or a result that only the source's API has a word for, told as that of a function.
    CallAsFunction = "call_as_function", false;
    /// An item that only the source's API has a word for, told as a message.
    ItemAsMessage = "item_as_message", false;
    /// The boundaries between items that the target joins.
    JoinedItems = "joined_items", false;
    /// An item that stands elsewhere in the target's order.
    MovedItem = "moved_item", false;
    /// Media that the target takes only in another place.
    MovedMedia = "moved_media", true;
    /// A reply that cannot be fetched again later although the request asked to store it.
    NotRetrievable = "not_retrievable", false;
    /// A repeated view of a text that contradicts the text already sent.
    StreamMismatch = "stream_mismatch", false;
    /// A stream event that no protocol reference knows.
    UnknownEvent = "unknown_event", false;
    /// An answer without text, calls, refusal or thoughts, whatever it cost.
    EmptyCompletion = "empty_completion", false;
    /// A reply cut short that carries an error beside what there is of its answer.
    ErrorBesideAnswer = "error_beside_answer", false;
    /// Half a character, which no text can hold.
    LoneSurrogate = "lone_surrogate", false;
    /// What a reply cost, where it ended here before the upstream could say.
    UnknownUsage = "unknown_usage", false;
    /// A choice, count or detail beyond what the target has room for.
    DroppedDetail = "dropped_detail", false;
}

impl fmt::Display for LossCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for LossCode {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl fmt::Display for Loss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} ({})", self.path, self.detail, self.code)
    }
}
