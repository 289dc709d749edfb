//! Citations, both ways: Chat counts them from the beginning of all that a reply says.

use interlingua_model as model;
use interlingua_wire::{Extra, Integer, chat as wire};

use crate::chat::losses::Losses;
use crate::convert::{count, integer, json};

/// Citations, their indexes moved back by the characters of earlier messages.
pub(in crate::chat) fn decode_annotation(
    annotation: wire::Annotation,
    shift: u64,
    origin: model::Origin,
) -> model::Annotation {
    match annotation {
        wire::Annotation::UrlCitation(wire::UrlCitationAnnotation { url_citation, extra: _ }) => {
            let wire::UrlCitation { url, title, start_index, end_index, extra: _ } = url_citation.unwrap_or_default();
            let index = |at: Option<Integer>| count(at).unwrap_or(0).saturating_sub(shift);
            model::Annotation::UrlCitation(model::UrlCitation {
                url: url.unwrap_or_default(),
                title: title.unwrap_or_default(),
                start_index: index(start_index),
                end_index: index(end_index),
            })
        }
        wire::Annotation::Unknown(unknown) => model::Annotation::Opaque {
            origin,
            annotation: model::Opaque {
                api: model::Api::Chat,
                kind: unknown.kind,
                class: model::OpaqueClass::Unknown,
                raw: json(unknown.raw),
            },
        },
    }
}

/// Reports what a citation says beside its place, its title and its address.
pub(in crate::chat) fn lost_fields(annotation: &wire::Annotation, place: model::Origin, losses: &mut Losses) {
    if let wire::Annotation::UrlCitation(wire::UrlCitationAnnotation { url_citation, extra }) = annotation {
        losses.unread(place, extra);
        if let Some(citation) = url_citation {
            losses.unread(place, &citation.extra);
        }
    }
}

/// A citation, its indexes moved by the characters that stand before its part in the joined text.
pub(in crate::chat) fn encode_citation(citation: model::UrlCitation, shift: u64) -> wire::Annotation {
    let model::UrlCitation { url, title, start_index, end_index } = citation;
    wire::Annotation::UrlCitation(wire::UrlCitationAnnotation {
        url_citation: Some(wire::UrlCitation {
            url: Some(url),
            title: Some(title),
            start_index: Some(integer(start_index.saturating_add(shift))),
            end_index: Some(integer(end_index.saturating_add(shift))),
            extra: Extra::new(),
        }),
        extra: Extra::new(),
    })
}

/// Characters as citations count them: Unicode scalar values.
pub(in crate::chat) fn characters(text: &str) -> u64 {
    u64::try_from(text.chars().count()).unwrap_or(u64::MAX)
}
