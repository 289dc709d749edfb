//! The events that carry text, in pieces and whole; see [`Event`](super::Event).
//!
//! Text is borrowed from the event. The indexes are the stable keys: some gateways give an item another id in every event. No field is required
//! except a delta itself.

use super::{Annotation, Logprob};
use crate::{Integer, Json, Text, core::object};

object! {
    /// A piece of text. Event `response.output_text.delta`.
    pub struct OutputTextDelta<'a> {
        /// The item. Responses: `item_id`.
        optional item_id: Text<'a>,
        /// Its place in the output. Responses: `output_index`.
        optional output_index: Integer,
        /// The part's place in the item. Responses: `content_index`.
        optional content_index: Integer,
        /// The piece. Responses: `delta`.
        required delta: Text<'a>,
        /// How likely its tokens were. Responses: `logprobs`.
        optional logprobs: Vec<Logprob>,
        /// Padding to hide the length. Responses: `obfuscation`.
        optional obfuscation: Text<'a>,
        /// The event's number. Responses: `sequence_number`.
        optional sequence_number: Integer,
        /// Which agent it is of, where there are several. Responses: `agent`, beta.
        optional agent: Json,
    }
}

object! {
    /// A piece of another part. Events `response.refusal.delta`, `response.reasoning_text.delta`.
    pub struct PartDelta<'a> {
        /// The item. Responses: `item_id`.
        optional item_id: Text<'a>,
        /// Its place in the output. Responses: `output_index`.
        optional output_index: Integer,
        /// The part's place in the item. Responses: `content_index`.
        optional content_index: Integer,
        /// The piece. Responses: `delta`.
        required delta: Text<'a>,
        /// Padding to hide the length. Responses: `obfuscation`.
        optional obfuscation: Text<'a>,
        /// The event's number. Responses: `sequence_number`.
        optional sequence_number: Integer,
        /// Which agent it is of, where there are several. Responses: `agent`, beta.
        optional agent: Json,
    }
}

object! {
    /// A piece of what a call says. Events `response.function_call_arguments.delta`, `response.custom_tool_call_input.delta`,
    /// `response.mcp_call_arguments.delta`, `response.code_interpreter_call_code.delta`.
    pub struct CallDelta<'a> {
        /// The item. Responses: `item_id`.
        optional item_id: Text<'a>,
        /// Its place in the output. Responses: `output_index`.
        optional output_index: Integer,
        /// The piece. Responses: `delta`.
        required delta: Text<'a>,
        /// Padding to hide the length. Responses: `obfuscation`.
        optional obfuscation: Text<'a>,
        /// The event's number. Responses: `sequence_number`.
        optional sequence_number: Integer,
        /// Which agent it is of, where there are several. Responses: `agent`, beta.
        optional agent: Json,
    }
}

object! {
    /// A piece of a summary. Event `response.reasoning_summary_text.delta`.
    pub struct SummaryTextDelta<'a> {
        /// The item. Responses: `item_id`.
        optional item_id: Text<'a>,
        /// Its place in the output. Responses: `output_index`.
        optional output_index: Integer,
        /// The summary's place in the item. Responses: `summary_index`.
        optional summary_index: Integer,
        /// The piece. Responses: `delta`.
        required delta: Text<'a>,
        /// Padding to hide the length. Responses: `obfuscation`.
        optional obfuscation: Text<'a>,
        /// The event's number. Responses: `sequence_number`.
        optional sequence_number: Integer,
        /// Which agent it is of, where there are several. Responses: `agent`, beta.
        optional agent: Json,
    }
}

object! {
    /// The whole text. Event `response.output_text.done`.
    #[derive(Default)]
    pub struct OutputTextDone<'a> {
        /// The item. Responses: `item_id`.
        optional item_id: Text<'a>,
        /// Its place in the output. Responses: `output_index`.
        optional output_index: Integer,
        /// The part's place in the item. Responses: `content_index`.
        optional content_index: Integer,
        /// The text. Responses: `text`.
        optional text: Text<'a>,
        /// How likely its tokens were. Responses: `logprobs`.
        optional logprobs: Vec<Logprob>,
        /// The event's number. Responses: `sequence_number`.
        optional sequence_number: Integer,
        /// Which agent it is of, where there are several. Responses: `agent`, beta.
        optional agent: Json,
    }
}

object! {
    /// A reference is found. Event `response.output_text.annotation.added`.
    #[derive(Default)]
    pub struct AnnotationAdded<'a> {
        /// The item. Responses: `item_id`.
        optional item_id: Text<'a>,
        /// Its place in the output. Responses: `output_index`.
        optional output_index: Integer,
        /// The part's place in the item. Responses: `content_index`.
        optional content_index: Integer,
        /// The reference's place in the part. Responses: `annotation_index`.
        optional annotation_index: Integer,
        /// The reference. Responses: `annotation`.
        optional annotation: Box<Annotation>,
        /// The event's number. Responses: `sequence_number`.
        optional sequence_number: Integer,
        /// Which agent it is of, where there are several. Responses: `agent`, beta.
        optional agent: Json,
    }
}

object! {
    /// The whole refusal. Event `response.refusal.done`.
    #[derive(Default)]
    pub struct RefusalDone<'a> {
        /// The item. Responses: `item_id`.
        optional item_id: Text<'a>,
        /// Its place in the output. Responses: `output_index`.
        optional output_index: Integer,
        /// The part's place in the item. Responses: `content_index`.
        optional content_index: Integer,
        /// The refusal. Responses: `refusal`.
        optional refusal: Text<'a>,
        /// The event's number. Responses: `sequence_number`.
        optional sequence_number: Integer,
        /// Which agent it is of, where there are several. Responses: `agent`, beta.
        optional agent: Json,
    }
}

object! {
    /// The whole thought. Event `response.reasoning_text.done`.
    #[derive(Default)]
    pub struct ReasoningTextDone<'a> {
        /// The item. Responses: `item_id`.
        optional item_id: Text<'a>,
        /// Its place in the output. Responses: `output_index`.
        optional output_index: Integer,
        /// The part's place in the item. Responses: `content_index`.
        optional content_index: Integer,
        /// The thought. Responses: `text`.
        optional text: Text<'a>,
        /// The event's number. Responses: `sequence_number`.
        optional sequence_number: Integer,
        /// Which agent it is of, where there are several. Responses: `agent`, beta.
        optional agent: Json,
    }
}

object! {
    /// The whole summary. Event `response.reasoning_summary_text.done`.
    #[derive(Default)]
    pub struct SummaryTextDone<'a> {
        /// The item. Responses: `item_id`.
        optional item_id: Text<'a>,
        /// Its place in the output. Responses: `output_index`.
        optional output_index: Integer,
        /// The summary's place in the item. Responses: `summary_index`.
        optional summary_index: Integer,
        /// The summary. Responses: `text`.
        optional text: Text<'a>,
        /// The event's number. Responses: `sequence_number`.
        optional sequence_number: Integer,
        /// Which agent it is of, where there are several. Responses: `agent`, beta.
        optional agent: Json,
    }
}

object! {
    /// The whole arguments, not always valid JSON. Events `response.function_call_arguments.done`, `response.mcp_call_arguments.done`.
    #[derive(Default)]
    pub struct ArgumentsDone<'a> {
        /// The item. Responses: `item_id`.
        optional item_id: Text<'a>,
        /// Its place in the output. Responses: `output_index`.
        optional output_index: Integer,
        /// The function; required by the published reference, seldom sent. Responses: `name`.
        optional name: Text<'a>,
        /// The arguments. Responses: `arguments`.
        json_text arguments: String,
        /// The event's number. Responses: `sequence_number`.
        optional sequence_number: Integer,
        /// Which agent it is of, where there are several. Responses: `agent`, beta.
        optional agent: Json,
    }
}

object! {
    /// The whole input. Event `response.custom_tool_call_input.done`.
    #[derive(Default)]
    pub struct InputDone<'a> {
        /// The item. Responses: `item_id`.
        optional item_id: Text<'a>,
        /// Its place in the output. Responses: `output_index`.
        optional output_index: Integer,
        /// The input. Responses: `input`.
        optional input: Text<'a>,
        /// The event's number. Responses: `sequence_number`.
        optional sequence_number: Integer,
        /// Which agent it is of, where there are several. Responses: `agent`, beta.
        optional agent: Json,
    }
}

object! {
    /// The whole code. Event `response.code_interpreter_call_code.done`.
    #[derive(Default)]
    pub struct CodeDone<'a> {
        /// The item. Responses: `item_id`.
        optional item_id: Text<'a>,
        /// Its place in the output. Responses: `output_index`.
        optional output_index: Integer,
        /// The code. Responses: `code`.
        optional code: Text<'a>,
        /// The event's number. Responses: `sequence_number`.
        optional sequence_number: Integer,
        /// Which agent it is of, where there are several. Responses: `agent`, beta.
        optional agent: Json,
    }
}
