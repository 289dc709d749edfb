//! How hard the model tries, and the form of its answer.

use crate::core::{object, tagged};
use crate::{Integer, Json};

object! {
    /// How hard the model tries, and the form of its answer. Messages: `OutputConfig`.
    #[derive(Default)]
    pub struct OutputConfig {
        /// `low`, `medium`, `high`, `xhigh`, `max`. Messages: `output_config.effort`.
        optional effort: String,
        /// The form. Messages: `output_config.format`.
        optional format: Format,
        /// How much a whole task may cost. Messages (beta): `output_config.task_budget`.
        optional task_budget: TaskBudget,
    }
}

tagged! {
    /// The form of an answer. Messages: `output_config.format`.
    pub enum Format by "type" {
        /// JSON by a schema.
        JsonSchema(JsonSchema) = "json_schema",
    }
}

object! {
    /// JSON by a schema. Messages: `JSONOutputFormat`.
    #[derive(Default)]
    pub struct JsonSchema {
        /// The schema, verbatim. Messages: `output_config.format.schema`.
        optional schema: Json,
    }
}

object! {
    /// How much a whole task may cost. Messages (beta): `output_config.task_budget`.
    #[derive(Default)]
    pub struct TaskBudget {
        /// `tokens`. Messages: `task_budget.type`.
        optional kind as "type": String,
        /// In all. Messages: `task_budget.total`.
        optional total: Integer,
        /// What is left. Messages: `task_budget.remaining`.
        optional remaining: Integer,
    }
}
