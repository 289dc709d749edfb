//! The thoughts of an assistant message as canonical items, each with what it stood before.

use interlingua_model::{Item, ItemKind, Origin, ReasoningItem, Seal};
use interlingua_wire::{Extra, Json, chat as wire};

use super::reading::{Place, Reading};
use crate::LossCode;
use crate::chat::sealed::{REASONING_DETAILS, sealed};
use crate::convert::non_empty;
use crate::path::Path;
use crate::seals;

/// A reasoning item read back, and what it stood before.
pub(super) struct Replayed {
    pub(super) before: Option<String>,
    pub(super) item: Item,
}

/// Reads `reasoning_details`; entries of one id are one item.
pub(super) fn decode_details(
    out: &mut Reading,
    details: Vec<wire::ReasoningDetail>,
    place: &Place<'_>,
) -> Vec<Replayed> {
    let mut items: Vec<Draft> = Vec::new();
    let mut foreign = Vec::new();
    for (index, detail) in details.into_iter().enumerate() {
        let path = place.path.then_nth("reasoning_details", index);
        let origin = place.origin.then_nth("messages[*].reasoning_details[*]", index);
        if is_foreign(&detail) {
            foreign.extend(wire_json(&detail));
            continue;
        }
        let Some(entry) = Entry::read(out, detail, path) else { continue };
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
    let replayed = items
        .into_iter()
        .map(|Draft { origin, before, item }| Replayed { before, item: Item::new(origin, ItemKind::Reasoning(item)) });
    let mut replayed: Vec<_> = replayed.collect();
    let mut fields = Extra::new();
    if !foreign.is_empty()
        && let Ok(entries) = Json::from_value(&foreign)
    {
        fields.push(REASONING_DETAILS, entries);
    }
    replayed.extend(kept(&fields, place.origin.then("messages[*].reasoning_details")));
    replayed
}

/// The thought that keeps fields which a server of Chat wants back, if there are any.
pub(super) fn kept(fields: &Extra, origin: Origin) -> Option<Replayed> {
    let item = Item::new(origin, ItemKind::Reasoning(sealed(fields)?));
    Some(Replayed { before: None, item })
}

/// Whether an entry is of a format that only the server which wrote it can read.
fn is_foreign(detail: &wire::ReasoningDetail) -> bool {
    let format = match detail {
        wire::ReasoningDetail::Summary(detail) => &detail.format,
        wire::ReasoningDetail::Text(detail) => &detail.format,
        wire::ReasoningDetail::Encrypted(detail) => &detail.format,
        wire::ReasoningDetail::Unknown(_) => return true,
    };
    seals::maker(format.as_deref()).is_none()
}

fn wire_json(detail: &wire::ReasoningDetail) -> Option<Json> {
    Json::from_value(detail).ok()
}

/// Thoughts as providers write them into a string of their own. They are not sealed, so few upstreams take them
/// back; the far side decides.
pub(super) fn bare_thoughts(
    reasoning_content: Option<String>,
    reasoning: Option<String>,
    place: &Place<'_>,
) -> Vec<Replayed> {
    let fields = [("messages[*].reasoning_content", reasoning_content), ("messages[*].reasoning", reasoning)];
    let Some((path, text)) = fields.into_iter().find_map(|(path, text)| Some((path, non_empty(text)?))) else {
        return Vec::new();
    };
    let origin = place.origin.then(path);
    let reasoning = ReasoningItem { content: vec![text], ..ReasoningItem::default() };
    vec![Replayed { before: None, item: Item::new(origin, ItemKind::Reasoning(reasoning)) }]
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

/// What an entry holds, before it is known whose it is.
#[derive(Default)]
struct Read {
    text: Option<Payload>,
    signature: Option<String>,
    data: Option<String>,
}

enum Payload {
    Summary(String),
    Text(String),
    Sealed(Seal),
    /// A text, and what proves who wrote it.
    Signed(String, Seal),
}

impl Draft {
    fn add(&mut self, entry: Entry) {
        let Entry { id: _, before, payload } = entry;
        self.before = self.before.take().or(before);
        match payload {
            Payload::Summary(text) => self.item.summary.push(text),
            Payload::Text(text) => self.item.content.push(text),
            Payload::Sealed(seal) => self.item.seal = Some(seal),
            Payload::Signed(text, seal) => {
                self.item.summary.push(text);
                self.item.seal = Some(seal);
            }
        }
    }
}

impl Entry {
    /// `None`, with a loss, for an entry of which nobody knows who made it.
    fn read(out: &mut Reading, detail: wire::ReasoningDetail, path: Path<'_>) -> Option<Self> {
        let (id, before, format, payload, extra) = match detail {
            wire::ReasoningDetail::Summary(wire::SummaryDetail { summary, id, index: _, format, before, extra }) => {
                (id, before, format, Read { text: summary.map(Payload::Summary), ..Read::default() }, extra)
            }
            wire::ReasoningDetail::Text(wire::TextDetail { text, signature, id, index: _, format, before, extra }) => {
                let signature = non_empty(signature);
                (id, before, format, Read { text: text.map(Payload::Text), signature, data: None }, extra)
            }
            wire::ReasoningDetail::Encrypted(wire::EncryptedDetail { data, id, index: _, format, before, extra }) => {
                (id, before, format, Read { data, ..Read::default() }, extra)
            }
            wire::ReasoningDetail::Unknown(unknown) => {
                let detail = format!("thoughts of type `{}` cannot be replayed", unknown.kind);
                out.lose(path, LossCode::DroppedReasoning, detail);
                return None;
            }
        };
        out.unknown(path, &extra);
        let Some(maker) = seals::maker(format.as_deref()) else {
            let format = format.unwrap_or_default();
            let detail = format!("thoughts in the format `{format}` come from another kind of upstream");
            out.lose(path, LossCode::DroppedReasoning, detail);
            return None;
        };
        let is_signed = seals::are_signatures(maker);
        let payload = match payload {
            Read { text: Some(Payload::Text(text)), signature: Some(data), data: _ } if is_signed => {
                Some(Payload::Signed(text, Seal { maker, is_redacted: false, data }))
            }
            Read { text: None, signature: _, data: Some(data) } => {
                Some(Payload::Sealed(Seal { maker, is_redacted: is_signed, data }))
            }
            Read { text, signature: _, data: _ } => text,
        };
        let Some(payload) = payload else {
            out.lose(path, LossCode::DroppedReasoning, "the entry holds nothing");
            return None;
        };
        Some(Self { id, before, payload })
    }
}
