//! The answer to `GET /models`.
//!
//! ```
//! use interlingua_wire::chat::ModelList;
//!
//! let list: ModelList = serde_json::from_str(r#"{"object":"list","data":[{"id":"m","object":"model"}]}"#)?;
//! assert_eq!(list.data.map_or(0, |models| models.len()), 1);
//! # Ok::<(), serde_json::Error>(())
//! ```

use crate::Integer;
use crate::core::object;

object! {
    /// The models a server offers (Models: `ListModelsResponse`).
    #[derive(Default)]
    pub struct ModelList {
        /// Always `list` (Models: `object`).
        optional object: String,
        /// The models (Models: `data`).
        optional data: Vec<Model>,
    }
}

object! {
    /// One model (Models: `Model`).
    #[derive(Default)]
    pub struct Model {
        /// What requests call it (Models: `id`).
        optional id: String,
        /// Always `model` (Models: `object`).
        optional object: String,
        /// When it was made, in seconds of Unix time (Models: `created`).
        optional created: Integer,
        /// Who owns it (Models: `owned_by`).
        optional owned_by: String,
    }
}
