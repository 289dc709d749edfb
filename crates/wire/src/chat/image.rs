//! Pictures in a message of the model's, as OpenRouter writes them (`images`); not part of the official API.
//!
//! ```
//! use interlingua_wire::chat::MadeImage;
//!
//! let json = r#"{"index":0,"type":"image_url","image_url":{"url":"data:image/png;base64,iVBORw=="}}"#;
//! let MadeImage::Entry(entry) = serde_json::from_str(json)? else { panic!("an object is an entry") };
//! assert_eq!(entry.image_url.and_then(|image| image.url).as_deref(), Some("data:image/png;base64,iVBORw=="));
//! # Ok::<(), serde_json::Error>(())
//! ```

use super::content::ImageUrl;
use crate::Integer;
use crate::core::{object, union};

union! {
    /// One picture that a model made.
    pub enum MadeImage expects "an address or an entry with `image_url`" {
        /// Its address alone.
        string Url(String),
        /// The usual form.
        object Entry(ImageEntry),
    }
}

object! {
    /// A picture, and its place among those of the message (OpenRouter: `images[]`).
    #[derive(Default)]
    pub struct ImageEntry {
        /// Always `image_url` (OpenRouter: `type`).
        optional kind as "type": String,
        /// The picture (OpenRouter: `image_url`).
        optional image_url: ImageUrl,
        /// Its place (OpenRouter: `index`).
        optional index: Integer,
    }
}
