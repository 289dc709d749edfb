//! What becomes of the fields that hang on a thing and that only one API has a word for.

use interlingua_model::{Api, Opaque, OpaqueClass, Origin};

use crate::telemetry::is_telemetry;
use crate::{Loss, LossCode};

/// Reports the fields of what stood at `origin`, to which `api` cannot give a place.
pub(crate) fn leave_out_fields(fields: &[Opaque], origin: Origin, api: Api, losses: &mut Vec<Loss>) {
    let at = if fields.is_empty() || origin == Origin::default() { String::new() } else { origin.path() };
    losses.extend(fields.iter().map(|field| lost(field, &at, api)));
}

/// The same for a reply, whose items may each repeat the field: one loss a place, whatever its positions.
pub(crate) fn leave_out_fields_once(fields: &[Opaque], origin: Origin, api: Api, losses: &mut Vec<Loss>) {
    let place = |path: &str| path.chars().filter(|character| !character.is_ascii_digit()).collect::<String>();
    let mut found = Vec::new();
    leave_out_fields(fields, origin, api, &mut found);
    for loss in found {
        if !losses.iter().any(|known| known.code == loss.code && place(&known.path) == place(&loss.path)) {
            losses.push(loss);
        }
    }
}

fn lost(field: &Opaque, at: &str, api: Api) -> Loss {
    let Opaque { api: _, kind, class, raw: _ } = field;
    let path = if at.is_empty() { kind.clone() } else { format!("{at}.{kind}") };
    let code = match class {
        _ if is_telemetry(kind) => LossCode::DroppedTelemetry,
        OpaqueClass::Settled | OpaqueClass::Mark => LossCode::DroppedHint,
        OpaqueClass::Essential | OpaqueClass::NeedsClient | OpaqueClass::Unknown => LossCode::DroppedDetail,
    };
    Loss::new(path, code, format!("the {} API has no place for `{kind}`", api.title()))
}
