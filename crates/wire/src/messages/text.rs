//! Text, wherever it stands.

use super::cache::CacheControl;
use super::citation::Citation;
use crate::core::object;

object! {
    /// Text. Messages: `TextBlock`.
    #[derive(Default)]
    pub struct TextBlock {
        /// The text. Messages: `text`.
        optional text: String,
        /// Ends the cached prefix. Messages: `cache_control`.
        optional cache_control: CacheControl,
        /// What the text refers to. Messages: `citations`.
        maybe citations: Vec<Citation>,
    }
}
