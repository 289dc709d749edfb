//! Fields that an upstream has of its own, or spells its own way.

use interlingua_wire::{Extra, Json, chat as wire};
use serde_json::{Map, Value};

use super::writing::Writing;
use crate::Error;
use crate::patch::lay;

impl Writing<'_> {
    /// What every body has, and what goes with thoughts: it gives way to what the request itself says.
    pub(super) fn usual_fields(&self) -> Map<String, Value> {
        let mut usual = Map::new();
        let of_thoughts = self.upstream.replay_extra.as_ref().filter(|_| self.memory.has_thoughts);
        for patch in [self.upstream.extra.as_ref(), of_thoughts].into_iter().flatten() {
            patch.over(&mut usual);
        }
        usual
    }
}

/// Lays the body over what is usual, and what the upstream spells its own way over the body. Where one of these is a field that
/// the API has too, the request is written and read once more.
pub(super) fn laid_over(
    mut wire: wire::Request,
    usual: Map<String, Value>,
    own: &Map<String, Value>,
) -> Result<wire::Request, Error> {
    let malformed = |error: serde_json::Error| Error::Malformed { path: None, message: error.to_string() };
    let mut fields = usual;
    lay(own, &mut fields);
    if fields.is_empty() {
        return Ok(wire);
    }
    let is_known = |(name, value): (&String, &Value)| {
        let field = Value::Object(Map::from_iter([(name.clone(), value.clone())])).to_string();
        serde_json::from_str::<wire::Request>(&field).is_ok_and(|request| request.extra.is_empty())
    };
    if !fields.iter().any(is_known) {
        for (name, value) in fields {
            wire.extra.push(name, Json::from_value(&value).map_err(malformed)?);
        }
        return Ok(wire);
    }
    let mut body: Extra =
        serde_json::to_string(&wire).and_then(|text| serde_json::from_str(&text)).map_err(malformed)?;
    for (name, value) in fields {
        let said = body.take(&name).and_then(|said| said.parse::<Value>().ok());
        let mut laid = Map::from_iter([(name.clone(), value)]);
        for over in [said, own.get(&name).cloned()].into_iter().flatten() {
            lay(&Map::from_iter([(name.clone(), over)]), &mut laid);
        }
        for (name, value) in laid {
            body.push(name, Json::from_value(&value).map_err(malformed)?);
        }
    }
    serde_json::to_string(&body).and_then(|text| serde_json::from_str(&text)).map_err(malformed)
}
