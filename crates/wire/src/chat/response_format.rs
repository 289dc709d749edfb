//! The shape the answer's text must have.
//!
//! ```
//! use interlingua_wire::chat::ResponseFormat;
//!
//! let format: ResponseFormat = serde_json::from_str(r#"{"type":"json_object"}"#)?;
//! assert!(matches!(format, ResponseFormat::JsonObject(_)));
//! # Ok::<(), serde_json::Error>(())
//! ```

use crate::Json;
use crate::core::{object, tagged};

tagged! {
    /// The shape the answer's text must have (Chat: `response_format`).
    pub enum ResponseFormat by "type" {
        /// Any text.
        Text(TextFormat) = "text",
        /// Any JSON object.
        JsonObject(JsonObjectFormat) = "json_object",
        /// JSON that follows a schema.
        JsonSchema(JsonSchemaFormat) = "json_schema",
    }
}

object! {
    /// Any text will do (Chat: `ResponseFormatText`).
    #[derive(Default)]
    pub struct TextFormat {}
}

object! {
    /// Any JSON object will do (Chat: `ResponseFormatJsonObject`).
    #[derive(Default)]
    pub struct JsonObjectFormat {}
}

object! {
    /// The answer follows a schema; Chat nests it one level deeper than Responses does (Chat: `ResponseFormatJsonSchema`).
    #[derive(Default)]
    pub struct JsonSchemaFormat {
        /// The schema and its name (Chat: `response_format.json_schema`).
        optional json_schema: JsonSchema,
    }
}

object! {
    /// A named schema.
    #[derive(Default)]
    pub struct JsonSchema {
        /// Its name, up to 64 characters (Chat: `json_schema.name`).
        optional name: String,
        /// What the answer is for (Chat: `json_schema.description`).
        optional description: String,
        /// JSON Schema, verbatim (Chat: `json_schema.schema`).
        optional schema: Json,
        /// Whether the answer must follow it; absent means false (Chat: `json_schema.strict`).
        optional strict: bool,
    }
}
