//! Pictures, documents, and what a search of the client found.

use super::cache::CacheControl;
use super::citation::Citations;
use super::text::TextBlock;
use crate::Json;
use crate::core::{object, tagged, union};

object! {
    /// A picture. Messages: `ImageBlockParam`.
    #[derive(Default)]
    pub struct Image {
        /// Where it is. Messages: `source`.
        optional source: Source,
        /// What is done to it before it is read. Messages: `transformations`.
        optional transformations: Json,
        /// Ends the cached prefix. Messages: `cache_control`.
        optional cache_control: CacheControl,
    }
}

object! {
    /// A document. Messages: `DocumentBlockParam`.
    #[derive(Default)]
    pub struct Document {
        /// Where it is. Messages: `source`.
        optional source: Source,
        /// Its title. Messages: `title`.
        optional title: String,
        /// What is said about it, and cannot be cited. Messages: `context`.
        optional context: String,
        /// Whether it may be cited. Messages: `citations`.
        optional citations: Citations,
        /// Ends the cached prefix. Messages: `cache_control`.
        optional cache_control: CacheControl,
    }
}

tagged! {
    /// Where a picture or a document is. Messages: `source`.
    pub enum Source by "type" {
        /// Here, encoded.
        Base64(Base64Source) = "base64",
        /// At an address.
        Url(UrlSource) = "url",
        /// Uploaded before.
        File(FileSource) = "file",
        /// Here, as text.
        Text(TextSource) = "text",
        /// Here, as blocks.
        Content(ContentSource) = "content",
    }
}

object! {
    /// Something encoded. Messages: `Base64ImageSource`, `Base64PDFSource`.
    #[derive(Default)]
    pub struct Base64Source {
        /// What it is, `image/png` and others. Messages: `source.media_type`.
        optional media_type: String,
        /// Base64. Messages: `source.data`.
        optional data: String,
    }
}

object! {
    /// An address. Messages: `URLImageSource`, `URLPDFSource`.
    #[derive(Default)]
    pub struct UrlSource {
        /// The address. Messages: `source.url`.
        optional url: String,
    }
}

object! {
    /// An upload. Messages (beta): `FileImageSource`, `FileDocumentSource`.
    #[derive(Default)]
    pub struct FileSource {
        /// Its id. Messages: `source.file_id`.
        optional file_id: String,
    }
}

object! {
    /// Text. Messages: `PlainTextSource`.
    #[derive(Default)]
    pub struct TextSource {
        /// `text/plain`. Messages: `source.media_type`.
        optional media_type: String,
        /// The text. Messages: `source.data`.
        optional data: String,
    }
}

object! {
    /// Blocks. Messages: `ContentBlockSource`.
    #[derive(Default)]
    pub struct ContentSource {
        /// What it holds. Messages: `source.content`.
        optional content: SourceContent,
    }
}

union! {
    /// What a document of blocks holds. Messages: `source.content`.
    pub enum SourceContent expects "a string or an array of blocks" {
        /// Text.
        string Text(String),
        /// Text and pictures.
        array Blocks(Vec<SourcePart>),
    }
}

tagged! {
    /// One block of a document of blocks. Messages: `source.content[]`.
    pub enum SourcePart by "type" {
        /// Text.
        Text(TextBlock) = "text",
        /// A picture.
        Image(Box<Image>) = "image",
    }
}

object! {
    /// Something a search of the client found. Messages: `SearchResultBlockParam`.
    #[derive(Default)]
    pub struct SearchResult {
        /// Where it is from. Messages: `source`.
        optional source: String,
        /// Its title. Messages: `title`.
        optional title: String,
        /// Its text. Messages: `content`.
        optional content: Vec<SourcePart>,
        /// Whether it may be cited. Messages: `citations`.
        optional citations: Citations,
        /// Ends the cached prefix. Messages: `cache_control`.
        optional cache_control: CacheControl,
    }
}

object! {
    /// A file for the container. Messages: `ContainerUploadBlockParam`.
    #[derive(Default)]
    pub struct ContainerUpload {
        /// The upload. Messages: `file_id`.
        optional file_id: String,
        /// Ends the cached prefix. Messages: `cache_control`.
        optional cache_control: CacheControl,
    }
}
