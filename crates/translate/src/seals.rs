//! Sealed thoughts where another API than their maker's is spoken: how a client keeps them for the next turn.
//!
//! A seal goes back to its maker alone. A client of its maker's API keeps it as it is; in a client of another it is packed
//! into the one text that the client sends back untouched:
//!
//! ```text
//! il1.t.<base64url of {"thinking", "signature"}>     thoughts and their signature, of Messages
//! il1.x.<data>                                       redacted thoughts, of Messages
//! il1.r.<id>.<encrypted content>                     thoughts of Responses, verbatim
//! il1.R.<base64url of {"id", "encrypted_content"}>   the same, where a dot or a foreign letter is in them
//! il1.c.<object>                                     what stands in an assistant message of Chat
//! ```

use interlingua_model::{Api, ReasoningItem, Seal};
use serde::{Deserialize, Serialize};

use crate::base64;

/// What all packed seals begin with.
const PACKED: &str = "il1.";

#[derive(Serialize, Deserialize)]
struct Signed {
    thinking: String,
    signature: String,
}

#[derive(Serialize, Deserialize)]
struct Encrypted {
    id: String,
    encrypted_content: String,
}

/// The seal of a thought as a client of an API keeps it. `None` for a thought without one.
pub(crate) fn kept_seal(item: &ReasoningItem, client: Api) -> Option<String> {
    let Seal { maker, is_redacted, data } = item.seal.as_ref()?;
    if *maker == client {
        return Some(data.clone());
    }
    match maker {
        Api::Messages if *is_redacted => Some(format!("{PACKED}x.{data}")),
        Api::Messages => {
            let signed = Signed { thinking: item.summary.concat(), signature: data.clone() };
            packed("t", &signed)
        }
        Api::Chat => Some(format!("{PACKED}c.{data}")),
        Api::Responses => {
            let id = item.id.as_deref().unwrap_or_default();
            let is_plain = |text: &str| text.is_ascii() && !text.contains('.');
            if is_plain(id) && is_plain(data) {
                return Some(format!("{PACKED}r.{id}.{data}"));
            }
            packed("R", &Encrypted { id: id.to_owned(), encrypted_content: data.clone() })
        }
    }
}

fn packed(form: &str, value: &impl Serialize) -> Option<String> {
    let json = serde_json::to_vec(value).ok()?;
    Some(format!("{PACKED}{form}.{}", base64::encode_url(&json)))
}

/// Gives a thought the seal that a client of an API kept for it, and what is packed with it: the id, and the text that was
/// signed, whatever the client made of what it was shown. What is packed and broken is no seal.
pub(crate) fn give_seal(item: &mut ReasoningItem, kept: String, client: Api, is_redacted: bool) {
    let Some(rest) = kept.strip_prefix(PACKED) else {
        item.seal = Some(Seal { maker: client, is_redacted, data: kept });
        return;
    };
    let Some((form, rest)) = rest.split_once('.') else { return };
    match form {
        "x" => item.seal = Some(Seal { maker: Api::Messages, is_redacted: true, data: rest.to_owned() }),
        "t" => {
            if let Some(Signed { thinking, signature }) = unpacked(rest) {
                item.summary = Some(thinking).filter(|text| !text.is_empty()).into_iter().collect();
                item.seal = Some(Seal { maker: Api::Messages, is_redacted: false, data: signature });
            }
        }
        "c" => {
            item.seal = Some(Seal { maker: Api::Chat, is_redacted: false, data: rest.to_owned() });
        }
        "r" => {
            if let Some((id, data)) = rest.split_once('.') {
                take(item, id, data);
            }
        }
        "R" => {
            if let Some(Encrypted { id, encrypted_content }) = unpacked(rest) {
                take(item, &id, &encrypted_content);
            }
        }
        _ => {}
    }
}

fn take(item: &mut ReasoningItem, id: &str, data: &str) {
    item.id = Some(id.to_owned()).filter(|id| !id.is_empty());
    item.seal = Some(Seal { maker: Api::Responses, is_redacted: false, data: data.to_owned() });
}

fn unpacked<T: for<'de> Deserialize<'de>>(text: &str) -> Option<T> {
    serde_json::from_slice(&base64::decode(text)?).ok()
}

/// The formats that entries of `reasoning_details` name, by who made the thoughts.
const FORMATS: [(Api, &str); 2] = [(Api::Responses, "openai-responses-v1"), (Api::Messages, "anthropic-claude-v1")];

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
        Api::Messages => true,
        Api::Chat | Api::Responses => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn thought(maker: Api, id: Option<&str>, text: &str, data: &str, is_redacted: bool) -> ReasoningItem {
        ReasoningItem {
            id: id.map(str::to_owned),
            summary: Some(text.to_owned()).filter(|text| !text.is_empty()).into_iter().collect(),
            seal: Some(Seal { maker, is_redacted, data: data.to_owned() }),
            ..ReasoningItem::default()
        }
    }

    #[test]
    fn a_packed_seal_is_unpacked_as_it_was() {
        let thoughts = [
            (
                thought(Api::Messages, None, "T", "S", false),
                Api::Responses,
                "il1.t.eyJ0aGlua2luZyI6IlQiLCJzaWduYXR1cmUiOiJTIn0",
            ),
            (thought(Api::Messages, None, "", "D=", true), Api::Responses, "il1.x.D="),
            (thought(Api::Responses, Some("rs_1"), "", "gA-_=", false), Api::Messages, "il1.r.rs_1.gA-_="),
            (thought(Api::Responses, None, "", "gA", false), Api::Messages, "il1.r..gA"),
            (thought(Api::Chat, None, "", r#"{"a":1}"#, false), Api::Messages, r#"il1.c.{"a":1}"#),
            (thought(Api::Chat, None, "", r#"{"a":1}"#, false), Api::Responses, r#"il1.c.{"a":1}"#),
        ];
        for (thought, client, expected) in thoughts {
            let kept = kept_seal(&thought, client).unwrap();
            assert_eq!(kept, expected);
            let mut back = ReasoningItem::default();
            give_seal(&mut back, kept, client, false);
            assert_eq!(back, thought);
        }
        for odd in [Some("rs.1"), Some("rés")] {
            let thought = thought(Api::Responses, odd, "", "a.b", false);
            let kept = kept_seal(&thought, Api::Messages).unwrap();
            assert!(kept.starts_with("il1.R.") && kept.is_ascii(), "{kept}");
            let mut back = ReasoningItem::default();
            give_seal(&mut back, kept, Api::Messages, false);
            assert_eq!(back, thought);
        }
    }

    #[test]
    fn its_makers_client_keeps_a_seal_as_it_is_and_a_broken_one_is_none() {
        let own = thought(Api::Responses, Some("rs_1"), "", "il", false);
        assert_eq!(kept_seal(&own, Api::Responses).as_deref(), Some("il"));
        for broken in ["il1.", "il1.t.!!", "il1.t.e30", "il1.q.x", "il1.r.nodot"] {
            let mut back = ReasoningItem::default();
            give_seal(&mut back, broken.to_owned(), Api::Messages, false);
            assert_eq!(back.seal, None, "{broken}");
        }
    }
}
