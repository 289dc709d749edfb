//! `reasoning_details`: how a Chat client keeps thoughts for an upstream that wants them back.
//!
//! The field is an extension that several clients already preserve. An entry is one text or one sealed blob of one
//! reasoning item; entries of one `id` belong together. `before` says what the thoughts preceded: `"content"` or a
//! call id, absent for the first thing of the turn.

use interlingua_model::{Item, ItemKind, Origin, ReasoningItem, Step};
use interlingua_wire::{Integer, chat as wire};

use crate::LossCode;
use crate::chat::request::decode::Reading;
use crate::chat::request::decode_items::Place;

/// The format of entries that a Responses upstream made and can take back.
const FORMAT: &str = "openai-responses-v1";

/// Where thoughts stood in their turn, as an entry says it.
pub(super) const BEFORE_CONTENT: &str = "content";

/// A reasoning item read back, and what it stood before.
pub(super) struct Replayed {
    pub(super) before: Option<String>,
    pub(super) item: Item,
}

pub(super) fn decode_details(
    out: &mut Reading,
    details: Vec<wire::ReasoningDetail>,
    place: &Place<'_>,
) -> Vec<Replayed> {
    let mut items: Vec<Draft> = Vec::new();
    let root = out.request.sources.child(place.origin, Step::Key("reasoning_details"));
    for (index, detail) in details.into_iter().enumerate() {
        let path = format!("{}.reasoning_details[{index}]", place.path);
        let origin = out.request.sources.child(root, Step::Index(u32::try_from(index).unwrap_or(u32::MAX)));
        let Some(entry) = Entry::read(out, detail, &path) else { continue };
        let continues = |draft: &&mut Draft| entry.id.is_some() && draft.item.id == entry.id;
        if let Some(draft) = items.last_mut().filter(continues) {
            draft.add(entry);
        } else {
            let mut draft = Draft { origin, before: None, item: ReasoningItem::default() };
            draft.item.id.clone_from(&entry.id);
            draft.add(entry);
            items.push(draft);
        }
    }
    let replayed = items.into_iter().map(|Draft { origin, before, item }| Replayed {
        before,
        item: Item { origin, kind: ItemKind::Reasoning(item) },
    });
    replayed.collect()
}

/// Writes a reasoning item as entries; `index` counts the entries of the message.
pub(super) fn encode_details(
    item: &ReasoningItem,
    before: Option<&str>,
    index: &mut i64,
) -> Vec<wire::ReasoningDetail> {
    let ReasoningItem { id, summary, content, encrypted, status: _ } = item;
    let mut next = || {
        let this = *index;
        *index += 1;
        Some(Integer(this))
    };
    let format = || Some(FORMAT.to_owned());
    let before = || before.map(str::to_owned);
    let mut entries = Vec::new();
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
    if let Some(data) = encrypted {
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

struct Draft {
    origin: Origin,
    before: Option<String>,
    item: ReasoningItem,
}

struct Entry {
    id: Option<String>,
    before: Option<String>,
    payload: Payload,
}

enum Payload {
    Summary(String),
    Text(String),
    Encrypted(String),
}

impl Draft {
    fn add(&mut self, entry: Entry) {
        let Entry { id: _, before, payload } = entry;
        self.before = self.before.take().or(before);
        match payload {
            Payload::Summary(text) => self.item.summary.push(text),
            Payload::Text(text) => self.item.content.push(text),
            Payload::Encrypted(data) => self.item.encrypted = Some(data),
        }
    }
}

impl Entry {
    /// `None`, with a loss, for an entry that no Responses upstream made.
    fn read(out: &mut Reading, detail: wire::ReasoningDetail, path: &str) -> Option<Self> {
        let (id, before, format, payload, extra) = match detail {
            wire::ReasoningDetail::Summary(wire::SummaryDetail { summary, id, index: _, format, before, extra }) => {
                (id, before, format, summary.map(Payload::Summary), extra)
            }
            wire::ReasoningDetail::Text(wire::TextDetail {
                text,
                signature: _,
                id,
                index: _,
                format,
                before,
                extra,
            }) => (id, before, format, text.map(Payload::Text), extra),
            wire::ReasoningDetail::Encrypted(wire::EncryptedDetail { data, id, index: _, format, before, extra }) => {
                (id, before, format, data.map(Payload::Encrypted), extra)
            }
            wire::ReasoningDetail::Unknown(unknown) => {
                let detail = format!("thoughts of type `{}` cannot be replayed", unknown.kind);
                out.lose(path, LossCode::DroppedReasoning, detail);
                return None;
            }
        };
        out.unknown(path, &extra);
        if let Some(format) = format.filter(|format| format != FORMAT) {
            let detail = format!("thoughts in the format `{format}` come from another kind of upstream");
            out.lose(path, LossCode::DroppedReasoning, detail);
            return None;
        }
        let Some(payload) = payload else {
            out.lose(path, LossCode::DroppedReasoning, "the entry holds nothing");
            return None;
        };
        Some(Self { id, before, payload })
    }
}
