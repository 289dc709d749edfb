//! How much to think, and in which form to answer.

use super::PlainFormat;
use crate::{
    Json,
    core::{object, tagged},
};

object! {
    /// How much the model thinks. Responses: `reasoning`.
    #[derive(Default)]
    pub struct ReasoningConfig {
        /// `none` to `max`. Responses: `reasoning.effort`.
        optional effort: String,
        /// `auto`, `concise` or `detailed`. Responses: `reasoning.summary`.
        optional summary: String,
        /// The same, older. Responses: `reasoning.generate_summary`.
        optional generate_summary: String,
        /// Which earlier thoughts to keep in mind. Responses: `reasoning.context`.
        optional context: String,
        /// `standard` or `pro`. Responses: `reasoning.mode`.
        optional mode: String,
    }
}

object! {
    /// The form of the answer. Responses: `text`.
    #[derive(Default)]
    pub struct TextConfig {
        /// Prose or JSON. Responses: `text.format`.
        optional format: TextFormat,
        /// `low`, `medium` or `high`. Responses: `text.verbosity`.
        optional verbosity: String,
    }
}

tagged! {
    /// Prose or JSON. Responses: `text.format`.
    pub enum TextFormat by "type" {
        /// Prose.
        Text(PlainFormat) = "text",
        /// Some JSON object.
        JsonObject(PlainFormat) = "json_object",
        /// JSON of a schema.
        JsonSchema(JsonSchemaFormat) = "json_schema",
    }
}

object! {
    /// JSON of a schema. Responses: `text.format` of type `json_schema`.
    #[derive(Default)]
    pub struct JsonSchemaFormat {
        /// What to call it. Responses: `text.format.name`.
        optional name: String,
        /// What it is for. Responses: `text.format.description`.
        optional description: String,
        /// The JSON Schema. Responses: `text.format.schema`.
        optional schema: Json,
        /// Whether the answer must fit it; missing: no. Responses: `text.format.strict`.
        optional strict: bool,
    }
}
