//! Citations of an answer.
//!
//! ```
//! use interlingua_wire::chat::Annotation;
//!
//! let json = r#"{"type":"url_citation","url_citation":{"url":"https://x","title":"X","start_index":0,"end_index":4}}"#;
//! let annotation: Annotation = serde_json::from_str(json)?;
//! assert!(matches!(annotation, Annotation::UrlCitation(_)));
//! # Ok::<(), serde_json::Error>(())
//! ```

use crate::Integer;
use crate::core::{object, tagged};

tagged! {
    /// A note on a piece of the text (Chat: `message.annotations[]`).
    pub enum Annotation by "type" {
        /// A page the text draws on.
        UrlCitation(UrlCitationAnnotation) = "url_citation",
    }
}

object! {
    /// A page the text draws on; Chat nests it one level deeper than Responses does.
    #[derive(Default)]
    pub struct UrlCitationAnnotation {
        /// The page (Chat: `url_citation`).
        optional url_citation: UrlCitation,
    }
}

object! {
    /// A page, and the piece of text that draws on it.
    #[derive(Default)]
    pub struct UrlCitation {
        /// Its address (Chat: `url_citation.url`).
        optional url: String,
        /// Its title (Chat: `url_citation.title`).
        optional title: String,
        /// The first character of the piece (Chat: `url_citation.start_index`).
        optional start_index: Integer,
        /// The last character of the piece (Chat: `url_citation.end_index`).
        optional end_index: Integer,
    }
}
