//! What becomes of a thing that only another API has a word for: its class alone decides.

use interlingua_model::{Api, Content, ImageGeneration, Opaque, OpaqueClass, Origin, Part, PartKind};

use crate::hosted::Hosted;
use crate::{Error, Loss, LossCode, RequestCode, messages, responses};

/// What a server did, in words that more than one API has; `None` for what only its own API can tell.
pub(crate) fn hosted(opaque: &Opaque) -> Option<Hosted> {
    match opaque.api {
        Api::Responses => responses::hosted::read(opaque),
        Api::Messages => messages::hosted::read(opaque),
        Api::Chat => None,
    }
}

/// The places of the parts of a message that are neither text nor a refusal, of which no delta tells.
pub(crate) fn untold_parts(content: Content) -> impl Iterator<Item = Origin> {
    let parts = if let Content::Parts(parts) = content { parts } else { Vec::new() };
    parts.into_iter().filter_map(|Part { origin, kind, cache_breakpoint: _ }| match kind {
        PartKind::Text(_) | PartKind::Refusal(_) => None,
        PartKind::Image(_) | PartKind::File(_) | PartKind::Audio(_) | PartKind::Opaque(_) => Some(origin),
    })
}

/// Leaves an item of the history out of a request to `api`, unless the conversation would be another one without it.
pub(crate) fn leave_out_of_request(
    opaque: &Opaque,
    origin: Origin,
    api: Api,
    losses: &mut Vec<Loss>,
) -> Result<(), Error> {
    let Opaque { api: _, kind, class, raw: _ } = opaque;
    let (code, detail) = match class {
        OpaqueClass::Essential | OpaqueClass::NeedsClient => {
            let message = format!("the {} API cannot express a `{kind}`", api.title());
            return Err(Error::request(origin.path(), RequestCode::UnsupportedValue, message));
        }
        OpaqueClass::Settled => {
            let detail =
                format!("a server has dealt with this `{kind}`, and the {} API has no place for it", api.title());
            (LossCode::HostedCall, detail)
        }
        OpaqueClass::Mark => (LossCode::DroppedItem, format!("the {} API has no place for a `{kind}`", api.title())),
        OpaqueClass::Unknown => (LossCode::UnknownItem, format!("neither API knows an item of type `{kind}`")),
    };
    losses.push(Loss::new(origin.path(), code, detail));
    Ok(())
}

/// Leaves an item out of a reply in `api`, unless its client would have to act on it.
pub(crate) fn leave_out_of_reply(
    opaque: &Opaque,
    origin: Origin,
    api: Api,
    losses: &mut Vec<Loss>,
) -> Result<(), Error> {
    let Opaque { api: _, kind, class, raw: _ } = opaque;
    if *class == OpaqueClass::NeedsClient {
        let message = format!("the model asks the client for `{kind}`, which {} cannot express", api.title());
        return Err(Error::reply(origin.path(), "unsupported_item", message));
    }
    losses.push(cut_short(opaque, origin, api));
    Ok(())
}

/// The loss of an item that nobody waits for, or that was cut off before anybody could.
pub(crate) fn cut_short(opaque: &Opaque, origin: Origin, api: Api) -> Loss {
    let Opaque { api: _, kind, class, raw: _ } = opaque;
    let (code, detail) = match class {
        OpaqueClass::Settled => {
            (LossCode::HostedCall, format!("the upstream has already dealt with this `{kind}` itself"))
        }
        OpaqueClass::Essential | OpaqueClass::Mark | OpaqueClass::NeedsClient | OpaqueClass::Unknown => {
            (LossCode::DroppedItem, format!("the {} API has no place for a `{kind}`", api.title()))
        }
    };
    Loss::new(origin.path(), code, detail)
}

/// The loss of a picture that a model made: in a reply, or in a history whose upstream cannot be shown any.
pub(crate) fn lost_image(made: &ImageGeneration, origin: Origin, api: Api) -> Loss {
    let ImageGeneration { id: _, image, own } = made;
    if let (None, Some(own)) = (image, own) {
        return cut_short(own, origin, api);
    }
    let detail = format!("the {} API has no place for the picture that the model made", api.title());
    Loss::new(origin.path(), LossCode::DroppedPart, detail)
}

/// The loss of an annotation.
pub(crate) fn lost_annotation(opaque: &Opaque, origin: Origin, api: Api) -> Loss {
    let detail = format!("the {} API has no place for a `{}`", api.title(), opaque.kind);
    Loss::new(origin.path(), LossCode::DroppedAnnotation, detail)
}
