//! Annotations, both ways.

use interlingua_model::{Annotation, Opaque, Protocol, UrlCitation};
use interlingua_wire::{Extra, Unknown, responses as wire};

use crate::convert::{count, integer, verbatim, wire_json};

#[expect(clippy::wildcard_enum_match_arm, reason = "every other annotation is carried as it is")]
pub(in crate::responses) fn decode_annotation(annotation: wire::Annotation) -> Annotation {
    match annotation {
        wire::Annotation::UrlCitation(wire::UrlCitation { url, title, start_index, end_index, extra: _ }) => {
            Annotation::UrlCitation(UrlCitation {
                url: url.unwrap_or_default(),
                title: title.unwrap_or_default(),
                start_index: count(start_index).unwrap_or(0),
                end_index: count(end_index).unwrap_or(0),
            })
        }
        other => Annotation::Opaque(Opaque {
            protocol: Protocol::Responses,
            kind: other.tag().to_owned(),
            needs_client: false,
            raw: verbatim(&other),
        }),
    }
}

pub(in crate::responses) fn encode_annotation(annotation: Annotation) -> wire::Annotation {
    match annotation {
        Annotation::UrlCitation(UrlCitation { url, title, start_index, end_index }) => {
            wire::Annotation::UrlCitation(wire::UrlCitation {
                url: Some(url),
                title: Some(title),
                start_index: Some(integer(start_index)),
                end_index: Some(integer(end_index)),
                extra: Extra::new(),
            })
        }
        Annotation::Opaque(Opaque { protocol: _, kind, needs_client: _, raw }) => {
            wire::Annotation::Unknown(Unknown { kind, raw: wire_json(raw) })
        }
    }
}
