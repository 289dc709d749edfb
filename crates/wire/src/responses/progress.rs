//! The events that say how far a response, its items and its hosted tools have come; see [`Event`](super::Event).
//!
//! No field is required except an item that begins or ended, the response of a terminal event, and a delta.

use super::{ContentPart, ErrorCode, ErrorValue, Item, Response, Status};
use crate::{Integer, Json, Text, core::object};

object! {
    /// The response as it is on the way. Events `response.created`, `response.queued`, `response.in_progress`.
    #[derive(Default)]
    pub struct ResponseProgress {
        /// The response. Responses: `response`.
        optional response: Box<Response>,
        /// The event's number. Responses: `sequence_number`.
        optional sequence_number: Integer,
        /// Which agent it is of, where there are several. Responses: `agent`, beta.
        optional agent: Json,
    }
}

object! {
    /// The response as it ended. Events `response.completed`, `response.incomplete`, `response.failed`.
    #[derive(Default)]
    pub struct ResponseEnd {
        /// The response. Responses: `response`.
        required response: Box<Response>,
        /// The event's number. Responses: `sequence_number`.
        optional sequence_number: Integer,
        /// Which agent it is of, where there are several. Responses: `agent`, beta.
        optional agent: Json,
    }
}

object! {
    /// The server gives up. Event `error`, flat as published, or with the failure nested in `error` as it is sent.
    #[derive(Default)]
    pub struct ErrorEvent {
        /// The failure as a word to match on. Responses: `code`.
        optional code: ErrorCode,
        /// In words. Responses: `message`.
        optional message: String,
        /// The field of the request that is to blame. Responses: `param`.
        optional param: String,
        /// The same, nested. Responses: `error`; sent, not in the published reference.
        optional error: ErrorValue,
        /// As an HTTP status. Responses: `status`, over WebSocket.
        optional status: Integer,
        /// The event's number. Responses: `sequence_number`.
        optional sequence_number: Integer,
        /// Which agent it is of, where there are several. Responses: `agent`, beta.
        optional agent: Json,
    }
}

object! {
    /// An item as it begins or ended. Events `response.output_item.added`, `response.output_item.done`.
    pub struct OutputItem {
        /// Its place in the output. Responses: `output_index`.
        optional output_index: Integer,
        /// The item. Responses: `item`.
        required item: Box<Item>,
        /// The event's number. Responses: `sequence_number`.
        optional sequence_number: Integer,
        /// Which agent it is of, where there are several. Responses: `agent`, beta.
        optional agent: Json,
    }
}

object! {
    /// A part as it begins or ended. Events `response.content_part.added`, `response.content_part.done`.
    #[derive(Default)]
    pub struct ContentPartEvent<'a> {
        /// The item. Responses: `item_id`.
        optional item_id: Text<'a>,
        /// Its place in the output. Responses: `output_index`.
        optional output_index: Integer,
        /// The part's place in the item. Responses: `content_index`.
        optional content_index: Integer,
        /// The part. Responses: `part`.
        optional part: Box<ContentPart>,
        /// The event's number. Responses: `sequence_number`.
        optional sequence_number: Integer,
        /// Which agent it is of, where there are several. Responses: `agent`, beta.
        optional agent: Json,
    }
}

object! {
    /// A summary as it begins or ended. Events `response.reasoning_summary_part.added`, `response.reasoning_summary_part.done`.
    #[derive(Default)]
    pub struct SummaryPartEvent<'a> {
        /// The item. Responses: `item_id`.
        optional item_id: Text<'a>,
        /// Its place in the output. Responses: `output_index`.
        optional output_index: Integer,
        /// The summary's place in the item. Responses: `summary_index`.
        optional summary_index: Integer,
        /// The summary. Responses: `part`.
        optional part: Box<ContentPart>,
        /// How far it has come. Responses: `status`.
        optional status: Status,
        /// The event's number. Responses: `sequence_number`.
        optional sequence_number: Integer,
        /// Which agent it is of, where there are several. Responses: `agent`, beta.
        optional agent: Json,
    }
}

object! {
    /// A hosted tool has come further. Events `response.*_call.in_progress`, `.searching`, `.completed` and the like.
    #[derive(Default)]
    pub struct Progress<'a> {
        /// The item. Responses: `item_id`.
        optional item_id: Text<'a>,
        /// Its place in the output. Responses: `output_index`.
        optional output_index: Integer,
        /// The event's number. Responses: `sequence_number`.
        optional sequence_number: Integer,
        /// Which agent it is of, where there are several. Responses: `agent`, beta.
        optional agent: Json,
    }
}

object! {
    /// An image as far as it is drawn. Event `response.image_generation_call.partial_image`.
    #[derive(Default)]
    pub struct PartialImage<'a> {
        /// The item. Responses: `item_id`.
        optional item_id: Text<'a>,
        /// Its place in the output. Responses: `output_index`.
        optional output_index: Integer,
        /// The image's number. Responses: `partial_image_index`.
        optional partial_image_index: Integer,
        /// The image in base64. Responses: `partial_image_b64`.
        optional partial_image_b64: Text<'a>,
        /// Responses: `size`.
        optional size: Text<'a>,
        /// Responses: `quality`.
        optional quality: Text<'a>,
        /// Responses: `background`.
        optional background: Text<'a>,
        /// Responses: `output_format`.
        optional output_format: Text<'a>,
        /// The event's number. Responses: `sequence_number`.
        optional sequence_number: Integer,
        /// Which agent it is of, where there are several. Responses: `agent`, beta.
        optional agent: Json,
    }
}

object! {
    /// A command of a shell call. Events `response.shell_call_command.added`, `response.shell_call_command.done`.
    #[derive(Default)]
    pub struct ShellCommand<'a> {
        /// The item's place in the output. Responses: `output_index`.
        optional output_index: Integer,
        /// The command's place in the item. Responses: `command_index`.
        optional command_index: Integer,
        /// The command. Responses: `command`.
        optional command: Text<'a>,
        /// The event's number. Responses: `sequence_number`.
        optional sequence_number: Integer,
        /// Which agent it is of, where there are several. Responses: `agent`, beta.
        optional agent: Json,
    }
}

object! {
    /// A piece of a command. Event `response.shell_call_command.delta`.
    pub struct ShellCommandDelta<'a> {
        /// The item's place in the output. Responses: `output_index`.
        optional output_index: Integer,
        /// The command's place in the item. Responses: `command_index`.
        optional command_index: Integer,
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
    /// A piece of a command's output. Event `response.shell_call_output_content.delta`.
    pub struct ShellOutputDelta<'a> {
        /// The item. Responses: `item_id`.
        optional item_id: Text<'a>,
        /// Its place in the output. Responses: `output_index`.
        optional output_index: Integer,
        /// The command's place in the item. Responses: `command_index`.
        optional command_index: Integer,
        /// The piece, an object. Responses: `delta`.
        required delta: Json,
        /// The event's number. Responses: `sequence_number`.
        optional sequence_number: Integer,
        /// Which agent it is of, where there are several. Responses: `agent`, beta.
        optional agent: Json,
    }
}

object! {
    /// A command's whole output. Event `response.shell_call_output_content.done`.
    #[derive(Default)]
    pub struct ShellOutputDone<'a> {
        /// The item. Responses: `item_id`.
        optional item_id: Text<'a>,
        /// Its place in the output. Responses: `output_index`.
        optional output_index: Integer,
        /// The command's place in the item. Responses: `command_index`.
        optional command_index: Integer,
        /// The output, a list. Responses: `output`.
        optional output: Json,
        /// The event's number. Responses: `sequence_number`.
        optional sequence_number: Integer,
        /// Which agent it is of, where there are several. Responses: `agent`, beta.
        optional agent: Json,
    }
}

object! {
    /// A piece of sound or of its transcript. Events `response.audio.delta`, `response.audio.transcript.delta`.
    pub struct AudioDelta<'a> {
        /// The response. Responses: `response_id`.
        optional response_id: Text<'a>,
        /// The piece, sound in base64. Responses: `delta`.
        required delta: Text<'a>,
        /// The event's number. Responses: `sequence_number`.
        optional sequence_number: Integer,
        /// Which agent it is of, where there are several. Responses: `agent`, beta.
        optional agent: Json,
    }
}

object! {
    /// Sound or its transcript is complete. Events `response.audio.done`, `response.audio.transcript.done`.
    #[derive(Default)]
    pub struct AudioDone<'a> {
        /// The response. Responses: `response_id`.
        optional response_id: Text<'a>,
        /// The event's number. Responses: `sequence_number`.
        optional sequence_number: Integer,
        /// Which agent it is of, where there are several. Responses: `agent`, beta.
        optional agent: Json,
    }
}

object! {
    /// How a turn is steered, or added to, while it is under way. Events `response.steer.*` and `response.inject.*`, and the
    /// client's own `response.steer` and `response.inject` over WebSocket.
    #[derive(Default)]
    pub struct TurnEvent<'a> {
        /// What was to be steered. Responses: `steer`.
        optional steer: Json,
        /// Why it waits. Responses: `reason`.
        optional reason: Json,
        /// What it waits for. Responses: `required_input`.
        optional required_input: Json,
        /// Why it failed. Responses: `error`.
        optional error: Json,
        /// What is to be added. Responses: `input`.
        optional input: Json,
        /// The response. Responses: `response_id`.
        optional response_id: Text<'a>,
        /// The response that is steered. Responses: `previous_response_id`.
        optional previous_response_id: Text<'a>,
        /// Which stream of a connection that has several. Responses: `stream_id`.
        optional stream_id: Text<'a>,
        /// The event's number. Responses: `sequence_number`.
        optional sequence_number: Integer,
        /// Which agent it is of, where there are several. Responses: `agent`, beta.
        optional agent: Json,
    }
}
