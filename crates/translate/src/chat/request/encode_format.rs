//! The form of the answer, as far as the upstream has it, and in words where it has not.

use interlingua_model::{Json, OutputFormat, SchemaFormat, Sourced};
use interlingua_wire::{Extra, chat as wire};

use super::encode_schema::{Use, fitted};
use super::writing::Writing;
use crate::LossCode;
use crate::chat::upstream::JsonForm;

/// The schema of any object, for upstreams that have JSON by a schema only.
const ANY_OBJECT: &str = r#"{"type":"object"}"#;

impl Writing<'_> {
    pub(super) fn format(&mut self, format: Sourced<OutputFormat>) -> Option<wire::ResponseFormat> {
        let Sourced { value, origin } = format;
        match value {
            OutputFormat::Text => Some(wire::ResponseFormat::Text(wire::TextFormat::default())),
            OutputFormat::JsonObject => match self.memory.plan.form {
                JsonForm::Native | JsonForm::JsonObject => Some(json_object()),
                JsonForm::JsonSchema => Some(json_schema(wire::JsonSchema {
                    name: Some("object".to_owned()),
                    schema: ANY_OBJECT.parse().ok(),
                    ..wire::JsonSchema::default()
                })),
                JsonForm::Prompt => {
                    self.lose(origin.path(), LossCode::ChangedValue, self.told());
                    None
                }
            },
            OutputFormat::JsonSchema(format) => match self.memory.plan.form {
                JsonForm::Native | JsonForm::JsonSchema => {
                    let SchemaFormat { name, description, schema, strict, is_bound } = format;
                    if is_bound && strict != Some(true) {
                        let detail = "the schema is one that no answer can be held to here; the model is shown it";
                        self.lose(origin.path(), LossCode::ChangedValue, detail);
                    }
                    let schema = schema.map(|schema| fitted(self.upstream, schema, Use::Answer));
                    let strict = strict.filter(|strict| *strict || !self.upstream.omit_strict_false);
                    Some(json_schema(wire::JsonSchema {
                        name: Some(name),
                        description,
                        schema,
                        strict,
                        extra: Extra::new(),
                    }))
                }
                JsonForm::JsonObject => {
                    self.lose(origin.path(), LossCode::ChangedValue, self.told());
                    Some(json_object())
                }
                JsonForm::Prompt => {
                    self.lose(origin.path(), LossCode::ChangedValue, self.told());
                    None
                }
            },
            OutputFormat::Opaque(opaque) => {
                let detail = format!("the Chat Completions API has no `{}` format", opaque.kind);
                self.lose(origin.path(), LossCode::DroppedParameter, detail);
                None
            }
        }
    }

    fn told(&self) -> &'static str {
        if self.memory.plan.is_beside_tools {
            "this upstream knows no form of the answer beside tools; the model is told of it, and may not keep to it"
        } else {
            "this upstream does not hold the answer to this form; the model is told of it, and may not keep to it"
        }
    }

    /// What the model is told of the form of its answer, where the upstream does not know it.
    pub(super) fn note(&self, format: Option<&OutputFormat>) -> Option<String> {
        match (format?, self.memory.plan.form) {
            (OutputFormat::JsonSchema(format), JsonForm::JsonObject | JsonForm::Prompt) => Some(schema_note(format)),
            (OutputFormat::JsonObject, JsonForm::Prompt) => Some(ANY_JSON.to_owned()),
            (OutputFormat::JsonObject, JsonForm::Native | JsonForm::JsonObject) if self.upstream.json_word => {
                Some(ANY_JSON.to_owned())
            }
            (OutputFormat::JsonSchema(_), JsonForm::Native | JsonForm::JsonSchema) => None,
            (OutputFormat::JsonObject | OutputFormat::Text | OutputFormat::Opaque(_), _) => None,
        }
    }
}

/// Says that the answer is JSON.
const ANY_JSON: &str = "Answer with a JSON object alone, without any text around it.";

fn schema_note(format: &SchemaFormat) -> String {
    let SchemaFormat { name, description, schema, strict: _, is_bound: _ } = format;
    let what = description.as_ref().map(|text| format!(" ({text})")).unwrap_or_default();
    let schema = schema.as_ref().map_or(ANY_OBJECT, Json::text);
    format!("Answer with JSON alone, without any text around it: `{name}`{what}, which fits this JSON Schema: {schema}")
}

fn json_object() -> wire::ResponseFormat {
    wire::ResponseFormat::JsonObject(wire::JsonObjectFormat::default())
}

fn json_schema(schema: wire::JsonSchema) -> wire::ResponseFormat {
    wire::ResponseFormat::JsonSchema(wire::JsonSchemaFormat { json_schema: Some(schema), extra: Extra::new() })
}
