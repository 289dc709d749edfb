//! Citations, both ways.

use interlingua_model::{Annotation, Api, Opaque, OpaqueClass, Origin, UrlCitation};
use interlingua_wire::{Extra, Maybe, messages as wire};

use crate::Loss;
use crate::convert::verbatim;
use crate::opaque::lost_annotation;

/// What a text refers to, where the text goes from one character to another. A page of the web is one in any API; what else
/// there is only this API knows.
pub(in crate::messages) fn decode_citation(
    citation: wire::Citation,
    start: u64,
    end: u64,
    origin: Origin,
) -> Annotation {
    match citation {
        wire::Citation::WebSearchResultLocation(page) => {
            let wire::WebSearchLocation { cited_text: _, url, title, encrypted_index: _, extra: _ } = *page;
            Annotation::UrlCitation(UrlCitation {
                url: url.unwrap_or_default(),
                title: title.into_value().unwrap_or_default(),
                start_index: start,
                end_index: end,
            })
        }
        citation @ (wire::Citation::CharLocation(_)
        | wire::Citation::PageLocation(_)
        | wire::Citation::ContentBlockLocation(_)
        | wire::Citation::SearchResultLocation(_)
        | wire::Citation::Unknown(_)) => {
            let kind = citation.tag().to_owned();
            let raw = verbatim(&citation);
            let annotation = Opaque { api: Api::Messages, kind, class: OpaqueClass::Settled, raw };
            Annotation::Opaque { origin, annotation }
        }
    }
}

/// What a text refers to, in this API's words; a loss for what it has none for.
pub(in crate::messages) fn encode_citation(annotation: Annotation, text: &str) -> Result<wire::Citation, Loss> {
    match annotation {
        Annotation::UrlCitation(UrlCitation { url, title, start_index, end_index }) => {
            Ok(wire::Citation::WebSearchResultLocation(Box::new(wire::WebSearchLocation {
                cited_text: Some(stretch(text, start_index, end_index)),
                url: Some(url),
                title: Maybe::Value(title),
                // Only the server that searched could say it.
                encrypted_index: Some(String::new()),
                extra: Extra::new(),
            })))
        }
        Annotation::Opaque { origin, annotation } => {
            let own =
                if annotation.api == Api::Messages { serde_json::from_str(annotation.raw.text()).ok() } else { None };
            own.ok_or_else(|| lost_annotation(&annotation, origin, Api::Messages))
        }
    }
}

/// The characters of a text from one to another.
fn stretch(text: &str, start: u64, end: u64) -> String {
    let start = usize::try_from(start).unwrap_or(usize::MAX);
    let end = usize::try_from(end).unwrap_or(usize::MAX);
    text.chars().skip(start).take(end.saturating_sub(start)).collect()
}
