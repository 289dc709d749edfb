//! The canonical conversation: what a request asks, what a reply says, and the events a reply arrives as.
//!
//! This is the neutral form between two wire protocols. It is plain data: no serde types of any API, no IO, no
//! clock. A protocol decodes into it and encodes from it, so that N protocols need 2·N halves instead of N² pairs.
//!
//! Three rules hold everywhere:
//!
//! - What a protocol said and the model has no word for is carried as [`Opaque`], never invented and never dropped
//!   silently.
//! - Text that must survive byte for byte (argument strings, schemas, grammars) is a `String` or [`Json`] and moves;
//!   nothing here parses it.
//! - A value that can be lost on the far side knows its [`Origin`], so that the loss is reported as a path in the
//!   document it stood in.
//!
//! ```
//! use interlingua_model::{Content, Item, ItemKind, Message, Origin, Request, Role};
//!
//! let mut request = Request::new("gpt-5.4");
//! let origin = Origin::nth("messages[*]", 0);
//! request.items.push(Item::new(origin, ItemKind::Message(Message::new(Role::User, Content::Text("hi".into())))));
//! assert_eq!(request.items[0].origin.path(), "messages[0]");
//! ```

mod api;
mod event;
mod fold;
mod image;
mod item;
mod json;
mod opaque;
mod request;
mod response;
mod source;
mod tool;
mod unfold;

pub use api::{Api, UnknownApi};
pub use event::{Collected, Ending, Envelope, Event, ItemIndex, ItemStart, ReasoningKind, Sink};
pub use fold::{Fold, FoldError};
pub use image::{ImageGeneration, ImagePart, ImageSource};
pub use item::{
    Annotation, Arguments, AudioPart, Breakpoint, Content, FilePart, Item, ItemKind, ItemStatus, Message, Part,
    PartKind, ReasoningItem, Role, Seal, TextPart, TokenLogprob, ToolCall, ToolKind, ToolResult, TopLogprob,
    UrlCitation,
};
pub use json::Json;
pub use opaque::{Opaque, OpaqueClass};
pub use request::{
    AudioOutput, CallStyle, Carried, Continuation, Display, Limits, Logprobs, OutputFormat, OutputOptions, Reasoning,
    Request, Sampling, SchemaFormat, Service, StreamOptions, Weight,
};
pub use response::{Failure, Finish, IncompleteReason, InputDetails, OutputDetails, ReplyOrigins, Response, Usage};
pub use source::{Origin, Sourced};
pub use tool::{CustomFormat, CustomTool, FunctionTool, HostedTool, Tool, ToolChoice, ToolRef};

/// The README's example compiles and holds.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
