//! Annotations, both ways.

use interlingua_model::{Annotation, Api, Opaque, OpaqueClass, Origin, UrlCitation};
use interlingua_wire::{Extra, Unknown, responses as wire};

use super::unread::Unread;
use crate::Loss;
use crate::convert::{count, integer, verbatim, wire_json};
use crate::opaque::lost_annotation;

pub(in crate::responses) fn decode_annotation(
    annotation: wire::Annotation,
    origin: Origin,
    unread: &mut Unread,
) -> Annotation {
    match annotation {
        wire::Annotation::UrlCitation(wire::UrlCitation { url, title, start_index, end_index, extra }) => {
            unread.fields(origin, &extra);
            Annotation::UrlCitation(UrlCitation {
                url: url.unwrap_or_default(),
                title: title.unwrap_or_default(),
                start_index: count(start_index).unwrap_or(0),
                end_index: count(end_index).unwrap_or(0),
            })
        }
        wire::Annotation::FileCitation(_)
        | wire::Annotation::FilePath(_)
        | wire::Annotation::ContainerFileCitation(_) => opaque(&annotation, OpaqueClass::Settled, origin),
        wire::Annotation::Unknown(_) => opaque(&annotation, OpaqueClass::Unknown, origin),
    }
}

fn opaque(annotation: &wire::Annotation, class: OpaqueClass, origin: Origin) -> Annotation {
    let kind = annotation.tag().to_owned();
    let annotation = Opaque { api: Api::Responses, kind, class, raw: verbatim(annotation) };
    Annotation::Opaque { origin, annotation }
}

/// Writes an annotation; the loss of it, for one of another API.
pub(in crate::responses) fn encode_annotation(annotation: Annotation) -> Result<wire::Annotation, Loss> {
    match annotation {
        Annotation::UrlCitation(UrlCitation { url, title, start_index, end_index }) => {
            Ok(wire::Annotation::UrlCitation(wire::UrlCitation {
                url: Some(url),
                title: Some(title),
                start_index: Some(integer(start_index)),
                end_index: Some(integer(end_index)),
                extra: Extra::new(),
            }))
        }
        Annotation::Opaque { origin: _, annotation: Opaque { api: Api::Responses, kind, class: _, raw } } => {
            Ok(wire::Annotation::Unknown(Unknown { kind, raw: wire_json(raw) }))
        }
        Annotation::Opaque { origin, annotation } => Err(lost_annotation(&annotation, origin, Api::Responses)),
    }
}
