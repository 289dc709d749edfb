//! What a message says: a string, or a list of parts.
//!
//! ```
//! use interlingua_wire::chat::{Content, Part};
//!
//! let parts: Content = serde_json::from_str(r#"[{"type":"text","text":"see"},{"type":"video_url","video_url":{}}]"#)?;
//! let Content::Parts(parts) = parts else { panic!("a list stays a list") };
//! assert!(matches!(parts.as_slice(), [Part::Text(_), Part::Unknown(_)]));
//! # Ok::<(), serde_json::Error>(())
//! ```

use crate::Json;
use crate::core::{object, tagged, union};

union! {
    /// The content of a message (Chat: `messages[].content`; from Mistral also `choices[].message.content`).
    pub enum Content expects "a string or an array of content parts" {
        /// Plain text.
        string Text(String),
        /// A list of parts, in order; it may be empty.
        array Parts(Vec<Part>),
    }
}

impl From<&str> for Content {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Content {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

tagged! {
    /// One part of a message (Chat: `messages[].content[]`).
    pub enum Part by "type" {
        /// Text, in any message.
        Text(TextPart) = "text",
        /// A picture, in user messages.
        ImageUrl(ImagePart) = "image_url",
        /// Recorded sound, in user messages.
        InputAudio(AudioPart) = "input_audio",
        /// A document, in user messages.
        File(FilePart) = "file",
        /// The model's refusal, in assistant messages.
        Refusal(RefusalPart) = "refusal",
        /// Mistral's reasoning, in assistant messages; not part of the official API.
        Thinking(ThinkingPart) = "thinking",
    }
}

object! {
    /// A part of text (Chat: `ChatCompletionRequestMessageContentPartText`).
    #[derive(Default)]
    pub struct TextPart {
        /// The text (Chat: `text`).
        optional text: String,
        /// Ends the cached prefix behind this part (Chat: `prompt_cache_breakpoint`).
        optional prompt_cache_breakpoint: Json,
    }
}

object! {
    /// A part that shows a picture (Chat: `ChatCompletionRequestMessageContentPartImage`).
    #[derive(Default)]
    pub struct ImagePart {
        /// Where the picture is (Chat: `image_url`).
        optional image_url: ImageAddress,
        /// Ends the cached prefix behind this part (Chat: `prompt_cache_breakpoint`).
        optional prompt_cache_breakpoint: Json,
    }
}

union! {
    /// Where the picture of an [`ImagePart`] is (Chat: `image_url`).
    pub enum ImageAddress expects "an object with a url" {
        /// As the API has it.
        object Object(ImageUrl),
        /// The address alone, as Mistral's servers take it too; not part of the official API.
        string Url(String),
    }
}

impl ImageAddress {
    /// The address itself.
    pub fn url_mut(&mut self) -> Option<&mut String> {
        match self {
            Self::Object(image) => image.url.as_mut(),
            Self::Url(url) => Some(url),
        }
    }
}

object! {
    /// The picture of an [`ImagePart`].
    #[derive(Default)]
    pub struct ImageUrl {
        /// An `https:` address or a `data:` URL (Chat: `image_url.url`).
        optional url: String,
        /// `auto`, `low` or `high` (Chat: `image_url.detail`).
        optional detail: String,
    }
}

object! {
    /// A part of recorded sound (Chat: `ChatCompletionRequestMessageContentPartAudio`).
    #[derive(Default)]
    pub struct AudioPart {
        /// The sound (Chat: `input_audio`).
        optional input_audio: InputAudio,
        /// Ends the cached prefix behind this part (Chat: `prompt_cache_breakpoint`).
        optional prompt_cache_breakpoint: Json,
    }
}

object! {
    /// The sound of an [`AudioPart`].
    #[derive(Default)]
    pub struct InputAudio {
        /// Base64 (Chat: `input_audio.data`).
        optional data: String,
        /// `wav` or `mp3` (Chat: `input_audio.format`).
        optional format: String,
    }
}

object! {
    /// A part that attaches a document (Chat: `ChatCompletionRequestMessageContentPartFile`).
    #[derive(Default)]
    pub struct FilePart {
        /// The document (Chat: `file`).
        optional file: File,
        /// Ends the cached prefix behind this part (Chat: `prompt_cache_breakpoint`).
        optional prompt_cache_breakpoint: Json,
    }
}

object! {
    /// The document of a [`FilePart`]: uploaded before, or here.
    #[derive(Default)]
    pub struct File {
        /// Names an uploaded file (Chat: `file.file_id`).
        optional file_id: String,
        /// The document as a `data:` URL (Chat: `file.file_data`).
        optional file_data: String,
        /// What the model is told the file is called (Chat: `file.filename`).
        optional filename: String,
    }
}

object! {
    /// A part in which the model refuses (Chat: `ChatCompletionRequestMessageContentPartRefusal`).
    #[derive(Default)]
    pub struct RefusalPart {
        /// What the model said (Chat: `refusal`).
        optional refusal: String,
    }
}

object! {
    /// A part in which a Mistral model thinks aloud.
    #[derive(Default)]
    pub struct ThinkingPart {
        /// The thoughts (Mistral: `thinking`).
        optional thinking: Thinking,
    }
}

union! {
    /// The thoughts of a [`ThinkingPart`]. Not a [`Content`]: a part that could hold parts could nest without end.
    pub enum Thinking expects "a string or an array of parts" {
        /// Plain text.
        string Text(String),
        /// A list of parts, the usual form.
        array Parts(Vec<Thought>),
    }
}

tagged! {
    /// One part of a model's thoughts (Mistral: `thinking[]`).
    pub enum Thought by "type" {
        /// Text.
        Text(TextPart) = "text",
    }
}
