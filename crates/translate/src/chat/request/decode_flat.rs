//! Tools and choices in forms of other APIs, which clients send to a Chat server all the same.

use interlingua_model::{ToolChoice, ToolRef};
use interlingua_wire::{Extra, Json, Unknown, chat as wire};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::reading::Reading;
use crate::path::Path;
use crate::{Error, RequestCode};

/// A definition that stands beside the tool's type instead of under a key of its own, with all the fields there are.
pub(super) fn definition<T: DeserializeOwned>(
    out: &mut Reading,
    fields: &Extra,
    path: Path<'_>,
) -> Result<Option<T>, Error> {
    if fields.get("name").is_none() {
        return Ok(None);
    }
    out.accept(path, "the Chat Completions API nests what stands beside the type here; read all the same");
    let object = Json::from_value(fields).and_then(|object| object.parse());
    object.map(Some).map_err(|error| Error::request(path, RequestCode::InvalidValue, error.to_string()))
}

/// A tool's name that stands beside the type.
pub(super) fn name(out: &mut Reading, fields: &mut Extra, path: Path<'_>) -> Option<wire::ToolName> {
    let name = fields.get("name")?.parse::<String>().ok()?;
    fields.take("name");
    out.accept(path, "the Chat Completions API nests the name of a tool; read all the same");
    Some(wire::ToolName { name: Some(name), extra: Extra::new() })
}

/// A grammar that stands beside its type.
pub(super) fn grammar(fields: &mut Extra) -> Option<wire::Grammar> {
    let mut take = |key: &str| {
        let text = fields.get(key)?.parse::<String>().ok()?;
        fields.take(key);
        Some(text)
    };
    let (syntax, definition) = (take("syntax")?, take("definition")?);
    Some(wire::Grammar { syntax: Some(syntax), definition: Some(definition), extra: Extra::new() })
}

/// A choice as an object where this API has a word, or in the words of Anthropic's. `None` for any other.
pub(super) fn choice(
    unknown: &Unknown,
    named: impl FnOnce(String) -> Result<ToolRef, Error>,
) -> Option<Result<ToolChoice, Error>> {
    #[derive(Deserialize)]
    struct Named {
        name: String,
    }
    Some(Ok(match unknown.kind.as_str() {
        "none" => ToolChoice::None,
        "auto" => ToolChoice::Auto,
        "required" | "any" => ToolChoice::Required,
        "tool" => {
            let Named { name } = unknown.raw.parse().ok()?;
            return Some(named(name).map(ToolChoice::Tool));
        }
        _ => return None,
    }))
}
