//! Pictures: those that somebody shows, and those that a model made.

use crate::Opaque;

/// A picture.
#[derive(Debug, Clone, PartialEq)]
pub struct ImagePart {
    /// Where it is.
    pub source: ImageSource,
    /// `auto`, `low`, `high` or newer; absent where the caller left it to the protocol.
    pub detail: Option<String>,
}

/// Where a picture is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ImageSource {
    /// At an address, `data:` included.
    Url(String),
    /// Uploaded before.
    FileId(String),
}

/// A picture that the model made, or a tool that its server ran for it. Nobody has to answer it.
#[derive(Debug, Clone, PartialEq)]
pub struct ImageGeneration {
    /// The item's id in its own protocol.
    pub id: Option<String>,
    /// The picture. `None` while it is being made, where none came of it, and where the server keeps it.
    pub image: Option<ImageSource>,
    /// The rest of the object, verbatim, where an API has one: how the picture was made, and how far that got.
    pub own: Option<Opaque>,
}

impl ImageGeneration {
    /// The same before there is a picture.
    #[must_use]
    pub fn begun(&self) -> Self {
        Self { id: self.id.clone(), image: None, own: self.own.clone() }
    }
}
