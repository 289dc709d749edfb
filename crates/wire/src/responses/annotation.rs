//! What parts of a text refer to.
//!
//! ```
//! use interlingua_wire::responses::Annotation;
//!
//! let json = r#"{"type":"url_citation","url":"https://example.com/","title":"E","start_index":0,"end_index":4}"#;
//! assert!(matches!(serde_json::from_str(json)?, Annotation::UrlCitation(citation) if citation.title.as_deref() == Some("E")));
//! # Ok::<(), serde_json::Error>(())
//! ```

use crate::{
    Integer,
    core::{object, tagged},
};

tagged! {
    /// A reference from a text to its source. Responses: schema `Annotation`.
    pub enum Annotation by "type" {
        /// To a web page.
        UrlCitation(UrlCitation) = "url_citation",
        /// To a file.
        FileCitation(FileCitation) = "file_citation",
        /// To a file in a container.
        ContainerFileCitation(ContainerFileCitation) = "container_file_citation",
        /// To the path of a file.
        FilePath(FilePath) = "file_path",
    }
}

object! {
    /// A reference to a web page. Responses: annotation `url_citation`.
    #[derive(Default)]
    pub struct UrlCitation {
        /// Its address. Responses: `url_citation.url`.
        optional url: String,
        /// Its title. Responses: `url_citation.title`.
        optional title: String,
        /// The first character that refers to it. Responses: `url_citation.start_index`.
        optional start_index: Integer,
        /// The last character that refers to it. Responses: `url_citation.end_index`.
        optional end_index: Integer,
    }
}

object! {
    /// A reference to a file. Responses: annotation `file_citation`.
    #[derive(Default)]
    pub struct FileCitation {
        /// The file. Responses: `file_citation.file_id`.
        optional file_id: String,
        /// Its name. Responses: `file_citation.filename`.
        optional filename: String,
        /// Its place in the list of files. Responses: `file_citation.index`.
        optional index: Integer,
    }
}

object! {
    /// A reference to a file in a container. Responses: annotation `container_file_citation`.
    #[derive(Default)]
    pub struct ContainerFileCitation {
        /// The container. Responses: `container_file_citation.container_id`.
        optional container_id: String,
        /// The file. Responses: `container_file_citation.file_id`.
        optional file_id: String,
        /// Its name. Responses: `container_file_citation.filename`.
        optional filename: String,
        /// The first character that refers to it. Responses: `container_file_citation.start_index`.
        optional start_index: Integer,
        /// The last character that refers to it. Responses: `container_file_citation.end_index`.
        optional end_index: Integer,
    }
}

object! {
    /// The path of a file. Responses: annotation `file_path`.
    #[derive(Default)]
    pub struct FilePath {
        /// The file. Responses: `file_path.file_id`.
        optional file_id: String,
        /// Its place in the list of files. Responses: `file_path.index`.
        optional index: Integer,
    }
}
