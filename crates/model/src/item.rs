//! Items: what has been said, called, answered and thought.

use crate::{Api, ImageGeneration, ImagePart, Json, Opaque, Origin};

/// One entry of the conversation, in order.
#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    /// Its place in the source document.
    pub origin: Origin,
    /// What it is.
    pub kind: ItemKind,
    /// The fields that hang on it and that the model has no word for (Responses: `agent`, `async`).
    pub beside: Vec<Opaque>,
}

impl Item {
    /// An item with nothing beside it.
    #[must_use]
    pub fn new(origin: Origin, kind: ItemKind) -> Self {
        Self { origin, kind, beside: Vec::new() }
    }
}

/// What an item is.
#[derive(Debug, Clone, PartialEq)]
pub enum ItemKind {
    /// Somebody said something.
    Message(Message),
    /// The model called a tool that the client runs.
    ToolCall(ToolCall),
    /// The client answered a call.
    ToolResult(ToolResult),
    /// The model thought.
    Reasoning(ReasoningItem),
    /// The model made a picture, or its server did for it.
    ImageGeneration(ImageGeneration),
    /// Anything else: hosted tools and their results, and kinds newer than this model.
    Opaque(Opaque),
}

/// Who speaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Role {
    /// The operator, in the older spelling.
    System,
    /// The operator, in the newer spelling.
    Developer,
    /// The person.
    User,
    /// The model.
    Assistant,
}

/// How far an item got.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ItemStatus {
    /// Still being made.
    InProgress,
    /// Whole.
    Completed,
    /// Ended before it was whole.
    Incomplete,
}

/// A message.
#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    /// The item's id in its own protocol.
    pub id: Option<String>,
    /// Who speaks.
    pub role: Role,
    /// What is said.
    pub content: Content,
    /// The speaker's name among speakers of one role (Chat: `name`).
    pub name: Option<String>,
    /// What the message is for (Responses: `commentary`, `final_answer`).
    pub phase: Option<String>,
    /// How far it got.
    pub status: Option<ItemStatus>,
}

impl Message {
    /// A message with nothing but a role and content.
    #[must_use]
    pub fn new(role: Role, content: Content) -> Self {
        Self { id: None, role, content, name: None, phase: None, status: None }
    }
}

/// Content in the form it was written: a string stays a string, an array stays an array.
#[derive(Debug, Clone, PartialEq)]
pub enum Content {
    /// A plain string.
    Text(String),
    /// An array of parts.
    Parts(Vec<Part>),
}

/// One part of an array of content.
#[derive(Debug, Clone, PartialEq)]
pub struct Part {
    /// Its place in the source document.
    pub origin: Origin,
    /// What it holds.
    pub kind: PartKind,
    /// A cache boundary after this part.
    pub cache_breakpoint: Option<Breakpoint>,
}

/// Where the prefix of a prompt ends that a cache should keep.
#[derive(Debug, Clone, PartialEq)]
pub struct Breakpoint {
    /// Its place in the source document.
    pub origin: Origin,
    /// How long the cache should keep it (Messages: `5m`, `1h`), where said.
    pub ttl: Option<String>,
    /// The boundary as Chat and Responses spell it, verbatim, where one of them said it.
    pub raw: Option<Json>,
}

/// What a part holds.
#[derive(Debug, Clone, PartialEq)]
pub enum PartKind {
    /// Text.
    Text(TextPart),
    /// The model's refusal, in its words.
    Refusal(String),
    /// A picture.
    Image(ImagePart),
    /// A document.
    File(FilePart),
    /// A sound.
    Audio(AudioPart),
    /// Anything else.
    Opaque(Opaque),
}

/// Text with what hangs on it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct TextPart {
    /// The text.
    pub text: String,
    /// Citations in it.
    pub annotations: Vec<Annotation>,
    /// How likely each token was, where asked for.
    pub logprobs: Vec<TokenLogprob>,
}

/// A document; at least one of id, data and address is there.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct FilePart {
    /// The id of an upload.
    pub file_id: Option<String>,
    /// The content as a `data:` URL.
    pub file_data: Option<String>,
    /// Its address.
    pub file_url: Option<String>,
    /// Its name.
    pub filename: Option<String>,
    /// How closely to look.
    pub detail: Option<String>,
}

/// A sound.
#[derive(Debug, Clone, PartialEq)]
pub struct AudioPart {
    /// Base64.
    pub data: String,
    /// `wav` or `mp3`.
    pub format: String,
}

/// Something that hangs on a stretch of text.
#[derive(Debug, Clone, PartialEq)]
pub enum Annotation {
    /// A web page is cited.
    UrlCitation(UrlCitation),
    /// Any other annotation.
    Opaque {
        /// Its place in the source document.
        origin: Origin,
        /// The annotation itself.
        annotation: Opaque,
    },
}

/// A cited web page. Indexes count Unicode scalar values of the part's text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UrlCitation {
    /// The page's address.
    pub url: String,
    /// Its title.
    pub title: String,
    /// Where the citing text starts.
    pub start_index: u64,
    /// Where it ends, exclusive.
    pub end_index: u64,
}

/// How likely one token was.
#[derive(Debug, Clone, PartialEq)]
pub struct TokenLogprob {
    /// The token.
    pub token: String,
    /// Its natural logarithm of probability.
    pub logprob: serde_json::Number,
    /// Its UTF-8 bytes, where the protocol says them.
    pub bytes: Option<Vec<u8>>,
    /// The likeliest tokens at this place.
    pub top: Vec<TopLogprob>,
}

/// One of the likeliest tokens at a place.
#[derive(Debug, Clone, PartialEq)]
pub struct TopLogprob {
    /// The token.
    pub token: String,
    /// Its natural logarithm of probability.
    pub logprob: serde_json::Number,
    /// Its UTF-8 bytes, where the protocol says them.
    pub bytes: Option<Vec<u8>>,
}

/// The two families of tools a client runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ToolKind {
    /// Arguments are a JSON object.
    Function,
    /// Input is free text.
    Custom,
}

/// A call's payload, moved verbatim and never parsed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Arguments {
    /// A function's arguments: JSON text as the model wrote it, possibly cut off.
    Function(String),
    /// A custom tool's input.
    Custom(String),
}

impl Arguments {
    /// The family the call belongs to.
    #[must_use]
    pub fn kind(&self) -> ToolKind {
        match self {
            Self::Function(_) => ToolKind::Function,
            Self::Custom(_) => ToolKind::Custom,
        }
    }

    /// Empty arguments of a family.
    #[must_use]
    pub fn empty(kind: ToolKind) -> Self {
        match kind {
            ToolKind::Function => Self::Function(String::new()),
            ToolKind::Custom => Self::Custom(String::new()),
        }
    }

    /// The text.
    #[must_use]
    pub fn text(&self) -> &str {
        match self {
            Self::Function(text) | Self::Custom(text) => text,
        }
    }

    /// The text, to append to.
    pub fn text_mut(&mut self) -> &mut String {
        match self {
            Self::Function(text) | Self::Custom(text) => text,
        }
    }

    /// The text, moved out.
    #[must_use]
    pub fn into_text(self) -> String {
        match self {
            Self::Function(text) | Self::Custom(text) => text,
        }
    }
}

/// A call of a tool that the client runs.
#[derive(Debug, Clone, PartialEq)]
pub struct ToolCall {
    /// The item's id in its own protocol; not the call's.
    pub id: Option<String>,
    /// The id that the result will name.
    pub call_id: String,
    /// The tool's name as the caller knows it.
    pub name: String,
    /// The group the tool belongs to.
    pub namespace: Option<String>,
    /// The payload.
    pub arguments: Arguments,
    /// How far it got.
    pub status: Option<ItemStatus>,
}

/// The client's answer to a call.
#[derive(Debug, Clone, PartialEq)]
pub struct ToolResult {
    /// The item's id in its own protocol.
    pub id: Option<String>,
    /// The call it answers.
    pub call_id: String,
    /// The family of the call it answers.
    pub kind: ToolKind,
    /// The answer.
    pub output: Content,
    /// Whether the tool failed, where said.
    pub is_error: Option<bool>,
    /// How far it got.
    pub status: Option<ItemStatus>,
}

/// What the model thought, as far as it says.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ReasoningItem {
    /// The item's id in its own protocol.
    pub id: Option<String>,
    /// Summaries, one string a part.
    pub summary: Vec<String>,
    /// The raw thoughts, one string a part.
    pub content: Vec<String>,
    /// The sealed thoughts that the upstream wants back on the next turn.
    pub seal: Option<Seal>,
    /// How far it got.
    pub status: Option<ItemStatus>,
}

/// Thoughts as only those who made them can read them, or what proves that they made them.
///
/// It goes back to its maker and to nobody else: any other upstream refuses it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seal {
    /// The API of the upstream that made it.
    pub maker: Api,
    /// Whether the thoughts are in it and nowhere else, and may not be shown (Messages: `redacted_thinking`).
    pub is_redacted: bool,
    /// The seal, verbatim.
    pub data: String,
}

impl Content {
    /// The texts in it, in their order. What a model refused with is none, nor is what only its own API has a word for.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        let (text, parts) = match self {
            Self::Text(text) => (Some(text.as_str()), &[][..]),
            Self::Parts(parts) => (None, &parts[..]),
        };
        text.into_iter().chain(parts.iter().filter_map(|part| part.kind.text()))
    }
}

impl PartKind {
    /// Its text, where it is one.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        if let Self::Text(TextPart { text, annotations: _, logprobs: _ }) = self { Some(text) } else { None }
    }
}
