//! Sealed thoughts: who made them, and what the clients of an API keep of them.

use interlingua_model::{Api, ReasoningItem, Seal};

/// The seal of a thought as a client of an API keeps it: its maker's own. `None` for a thought without one.
pub(crate) fn kept_seal(item: &ReasoningItem, client: Api) -> Option<String> {
    let seal = item.seal.as_ref().filter(|seal| seal.maker == client)?;
    Some(seal.data.clone())
}

/// Gives a thought the seal that a client of an API kept for it.
pub(crate) fn give_seal(item: &mut ReasoningItem, kept: String, client: Api, is_redacted: bool) {
    item.seal = Some(Seal { maker: client, is_redacted, data: kept });
}

/// The formats that entries of `reasoning_details` name, by who made the thoughts.
const FORMATS: [(Api, &str); 1] = [(Api::Responses, "openai-responses-v1")];

/// The format of thoughts that an upstream of an API made; of a Responses upstream, where it is not known.
pub(crate) fn format(maker: Option<Api>) -> &'static str {
    let maker = maker.unwrap_or(Api::Responses);
    FORMATS.iter().find(|(api, _)| *api == maker).map_or("openai-responses-v1", |(_, format)| format)
}

/// Who made thoughts of a format; entries that name none are those of a Responses upstream.
pub(crate) fn maker(format: Option<&str>) -> Option<Api> {
    match format {
        None => Some(Api::Responses),
        Some(word) => FORMATS.iter().find(|(_, format)| *format == word).map(|(api, _)| *api),
    }
}

/// Whether the seals of an API are signatures of a text beside them, and not the thoughts themselves.
pub(crate) fn are_signatures(maker: Api) -> bool {
    match maker {
        Api::Chat | Api::Responses => false,
    }
}
