//! `reasoning_details`: how a Chat client keeps thoughts for an upstream that wants them back.
//!
//! The field is an extension that several clients already preserve. An entry is one text or one sealed blob of one
//! reasoning item; entries of one `id` belong together. `before` says what the thoughts preceded: `"content"` or a
//! call id, absent for the first thing of the turn.

use interlingua_model::{ReasoningItem, Seal};
use interlingua_wire::{Integer, chat as wire};

use crate::seals;

/// Where thoughts stood in their turn, as an entry says it.
pub(super) const BEFORE_CONTENT: &str = "content";

/// Writes a reasoning item as entries; `index` counts the entries of the message. One that is nothing but text has none: the
/// text is all there is, and no upstream would take it back.
pub(super) fn encode_details(
    item: &ReasoningItem,
    before: Option<&str>,
    index: &mut i64,
) -> Vec<wire::ReasoningDetail> {
    let ReasoningItem { id, summary, content, seal, status: _ } = item;
    if id.is_none() && seal.is_none() {
        return Vec::new();
    }
    let format = seals::format(seal.as_ref().map(|seal| seal.maker));
    let mut next = || {
        let this = *index;
        *index += 1;
        Some(Integer(this))
    };
    let format = || Some(format.to_owned());
    let before = || before.map(str::to_owned);
    let mut entries = Vec::new();
    if let Some(Seal { maker, is_redacted: false, data }) = seal
        && seals::are_signatures(*maker)
    {
        entries.push(wire::ReasoningDetail::Text(wire::TextDetail {
            text: Some(content.iter().chain(summary).map(String::as_str).collect()),
            signature: Some(data.clone()),
            index: next(),
            format: format(),
            before: before(),
            ..wire::TextDetail::default()
        }));
        return entries;
    }
    for text in summary {
        entries.push(wire::ReasoningDetail::Summary(wire::SummaryDetail {
            summary: Some(text.clone()),
            id: id.clone(),
            index: next(),
            format: format(),
            before: before(),
            ..wire::SummaryDetail::default()
        }));
    }
    for text in content {
        entries.push(wire::ReasoningDetail::Text(wire::TextDetail {
            text: Some(text.clone()),
            id: id.clone(),
            index: next(),
            format: format(),
            before: before(),
            ..wire::TextDetail::default()
        }));
    }
    if let Some(Seal { maker: _, is_redacted: _, data }) = seal {
        entries.push(wire::ReasoningDetail::Encrypted(wire::EncryptedDetail {
            data: Some(data.clone()),
            id: id.clone(),
            index: next(),
            format: format(),
            before: before(),
            ..wire::EncryptedDetail::default()
        }));
    }
    entries
}
