//! The content of messages, reasoning and tool results: a string or a list of parts.
//!
//! ```
//! use interlingua_wire::responses::{Content, ContentPart};
//!
//! let Content::Parts(parts) = serde_json::from_str(r#"[{"type":"input_text","text":"hi"}]"#)? else { panic!("a list") };
//! assert!(matches!(parts.as_slice(), [ContentPart::InputText(part)] if part.text == "hi"));
//! # Ok::<(), serde_json::Error>(())
//! ```

use super::Annotation;
use crate::{
    Json,
    core::{object, tagged, union},
};

union! {
    /// What a message says or a tool answered. Responses: `content` of an input message, `output` of a tool result.
    pub enum Content expects "a string or an array of content parts" {
        /// Plain text.
        string Text(String),
        /// Parts, in order.
        array Parts(Vec<ContentPart>),
    }
}

tagged! {
    /// One part of a content. Responses: `InputContent`, `OutputContent`, the parts of a reasoning item.
    pub enum ContentPart by "type" {
        /// Text of the model.
        OutputText(OutputText) = "output_text",
        /// Text for the model.
        InputText(InputText) = "input_text",
        /// An image for the model.
        InputImage(InputImage) = "input_image",
        /// A file for the model.
        InputFile(InputFile) = "input_file",
        /// Sound for the model.
        InputAudio(InputAudio) = "input_audio",
        /// The model declines.
        Refusal(Refusal) = "refusal",
        /// What the model thought.
        ReasoningText(ReasoningText) = "reasoning_text",
        /// What the model thought, in short.
        SummaryText(SummaryText) = "summary_text",
        /// What one agent says to another, for the server's eyes or not.
        EncryptedContent(EncryptedContent) = "encrypted_content",
    }
}

object! {
    /// Text for the model. Responses: part `input_text`.
    #[derive(Default)]
    pub struct InputText {
        /// The text. Responses: `input_text.text`.
        required text: String,
        /// Where the prompt cache may cut. Responses: `input_text.prompt_cache_breakpoint`.
        optional prompt_cache_breakpoint: Json,
    }
}

union! {
    /// Where a picture is. Responses: `input_image.image_url`.
    pub enum ImageAddress expects "a string" {
        /// As the API has it.
        string Url(String),
        /// As clients of Chat Completions write it; not part of the official API.
        object Object(ImageUrl),
    }
}

impl ImageAddress {
    /// The address itself.
    pub fn url_mut(&mut self) -> Option<&mut String> {
        match self {
            Self::Url(url) => Some(url),
            Self::Object(image) => image.url.as_mut(),
        }
    }

    /// The address itself, to keep.
    #[must_use]
    pub fn into_url(self) -> Option<String> {
        match self {
            Self::Url(url) => Some(url),
            Self::Object(image) => image.url,
        }
    }
}

object! {
    /// A picture's address in an object of its own.
    #[derive(Default)]
    pub struct ImageUrl {
        /// An address or a `data:` URL.
        optional url: String,
        /// `low`, `high` or `auto`.
        optional detail: String,
    }
}

object! {
    /// An image for the model, by address or by file. Responses: part `input_image`.
    #[derive(Default)]
    pub struct InputImage {
        /// An address or a `data:` URL. Responses: `input_image.image_url`.
        optional image_url: ImageAddress,
        /// An uploaded file. Responses: `input_image.file_id`.
        optional file_id: String,
        /// `low`, `high`, `auto` or `original`. Responses: `input_image.detail`.
        optional detail: String,
        /// Where the prompt cache may cut. Responses: `input_image.prompt_cache_breakpoint`.
        optional prompt_cache_breakpoint: Json,
    }
}

object! {
    /// A file for the model. Responses: part `input_file`.
    #[derive(Default)]
    pub struct InputFile {
        /// An uploaded file. Responses: `input_file.file_id`.
        optional file_id: String,
        /// The file itself, as a `data:` URL. Responses: `input_file.file_data`.
        optional file_data: String,
        /// Its name. Responses: `input_file.filename`.
        optional filename: String,
        /// Its address. Responses: `input_file.file_url`.
        optional file_url: String,
        /// How closely to look. Responses: `input_file.detail`.
        optional detail: String,
        /// Where the prompt cache may cut. Responses: `input_file.prompt_cache_breakpoint`.
        optional prompt_cache_breakpoint: Json,
    }
}

object! {
    /// Sound for the model. Responses: schema `InputAudio`, which no item of the published reference refers to.
    #[derive(Default)]
    pub struct InputAudio {
        /// `data` and `format`. Responses: `input_audio.input_audio`.
        optional input_audio: Json,
    }
}

object! {
    /// Text of the model. Responses: part `output_text`.
    #[derive(Default)]
    pub struct OutputText {
        /// The text. Responses: `output_text.text`.
        optional text: String,
        /// What parts of it refer to. Responses: `output_text.annotations`.
        optional annotations: Vec<Annotation>,
        /// How likely its tokens were. Responses: `output_text.logprobs`.
        optional logprobs: Vec<Logprob>,
    }
}

object! {
    /// The model declines. Responses: part `refusal`.
    #[derive(Default)]
    pub struct Refusal {
        /// What it says instead. Responses: `refusal.refusal`.
        optional refusal: String,
    }
}

object! {
    /// What the model thought. Responses: part `reasoning_text`.
    #[derive(Default)]
    pub struct ReasoningText {
        /// The thought. Responses: `reasoning_text.text`.
        optional text: String,
    }
}

object! {
    /// What the model thought, in short. Responses: part `summary_text`.
    #[derive(Default)]
    pub struct SummaryText {
        /// The summary. Responses: `summary_text.text`.
        optional text: String,
    }
}

object! {
    /// What one agent says to another. What begins with `gAAAA` only the server can read; anything else is plain.
    /// Responses: part `encrypted_content`, beta.
    #[derive(Default)]
    pub struct EncryptedContent {
        /// What is said. Responses: `encrypted_content.encrypted_content`.
        optional encrypted_content: String,
    }
}

object! {
    /// How likely a token was. Responses: schema `LogProb`; in events without `bytes`.
    #[derive(Default)]
    pub struct Logprob {
        /// The token. Responses: `logprobs[].token`.
        optional token: String,
        /// The natural logarithm of its probability. Responses: `logprobs[].logprob`.
        optional logprob: serde_json::Number,
        /// The token's UTF-8 bytes, possibly part of a character. Responses: `logprobs[].bytes`.
        optional bytes: Vec<u8>,
        /// What else it could have been. Responses: `logprobs[].top_logprobs`.
        optional top_logprobs: Vec<TopLogprob>,
    }
}

object! {
    /// How likely another token would have been. Responses: schema `TopLogProb`.
    #[derive(Default)]
    pub struct TopLogprob {
        /// The token. Responses: `top_logprobs[].token`.
        optional token: String,
        /// The natural logarithm of its probability. Responses: `top_logprobs[].logprob`.
        optional logprob: serde_json::Number,
        /// The token's UTF-8 bytes. Responses: `top_logprobs[].bytes`.
        optional bytes: Vec<u8>,
    }
}
