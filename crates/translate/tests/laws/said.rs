//! What a reply says, without what may differ between two tellings of it.

use interlingua_model::{
    Annotation, Arguments, Content, Finish, IncompleteReason, Item, ItemKind, Message, OutputDetails, Part, PartKind,
    Response, TextPart, ToolCall, Usage,
};
use interlingua_translate::{Api, End};

use crate::pair::Pair;

/// What every API can say: the text, the refusal, the calls, the ending, the price.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Said {
    text: String,
    refusal: String,
    /// Their ids and what they are.
    calls: Vec<(String, String)>,
    finish: Finish,
    usage: Option<Usage>,
}

impl Said {
    pub(crate) fn without_ids_and_usage(mut self) -> Self {
        self.usage = None;
        self.calls.iter_mut().for_each(|(id, _)| id.clear());
        self
    }
}

/// What two APIs can both say, where one of them is this one: refusals are told as text, counts in less detail, and of the
/// reasons to stop early fewer are known on the other side.
pub(crate) fn in_common(mut said: Said, pair: Pair) -> Said {
    if ![pair.from, pair.to].contains(&Api::Messages) {
        return said;
    }
    said.text.push_str(&std::mem::take(&mut said.refusal));
    said.finish = coarse(said.finish);
    for (_, call) in &mut said.calls {
        *call = call.replace("Function(\"\")", "Function(\"{}\")").replace("Function(\"null\")", "Function(\"{}\")");
    }
    said.usage = said.usage.filter(|usage| usage.input + usage.output > 0);
    if let Some(usage) = &mut said.usage {
        let input = usage.input_details.get_or_insert_default();
        // What a cache read is a part of what was read, whatever a server says.
        usage.input = usage.input.max(input.cached.unwrap_or(0) + input.cache_write.unwrap_or(0));
        usage.total = usage.input + usage.output;
        (input.audio, input.extra) = (None, Vec::new());
        let output = usage.output_details.get_or_insert_default();
        let reasoning = output.reasoning;
        *output = OutputDetails { reasoning, ..OutputDetails::default() };
        usage.extra.clear();
    }
    said
}

/// An end as every API has it.
pub(crate) fn coarse(finish: Finish) -> Finish {
    match finish {
        Finish::Incomplete(IncompleteReason::Paused | IncompleteReason::ContextWindow | IncompleteReason::Other(_)) => {
            Finish::Incomplete(IncompleteReason::MaxOutputTokens)
        }
        other => other,
    }
}

/// An end as both sides can tell it.
pub(crate) fn coarse_end(end: &End, pair: Pair) -> End {
    match end {
        End::Incomplete(reason) if [pair.from, pair.to].contains(&Api::Messages) => {
            match coarse(Finish::Incomplete(reason.clone())) {
                Finish::Incomplete(reason) => End::Incomplete(reason),
                Finish::Completed => End::Completed,
            }
        }
        other => other.clone(),
    }
}

pub(crate) fn said(response: &Response) -> Said {
    let mut said = Said {
        text: String::new(),
        refusal: String::new(),
        calls: Vec::new(),
        finish: response.finish.clone(),
        usage: response.usage.clone().map(spelled_out),
    };
    for item in &response.items {
        match &item.kind {
            ItemKind::Message(Message { content, .. }) => {
                said.text.extend(texts(content));
                said.refusal.extend(refusals(content));
            }
            ItemKind::ToolCall(call) => said.calls.push((call.call_id.clone(), call_shape(call))),
            _ => {}
        }
    }
    said
}

/// Usage with the counts that are zero where nobody says them.
fn spelled_out(mut usage: Usage) -> Usage {
    let input = usage.input_details.get_or_insert_default();
    input.cached.get_or_insert(0);
    input.cache_write.get_or_insert(0);
    input.audio.get_or_insert(0);
    let output = usage.output_details.get_or_insert_default();
    for count in
        [&mut output.reasoning, &mut output.audio, &mut output.accepted_prediction, &mut output.rejected_prediction]
    {
        count.get_or_insert(0);
    }
    usage
}

/// The texts in some content.
pub(crate) fn texts(content: &Content) -> Vec<&str> {
    match content {
        Content::Text(text) => vec![text],
        Content::Parts(parts) => parts
            .iter()
            .filter_map(|part| match &part.kind {
                PartKind::Text(text) => Some(text.text.as_str()),
                _ => None,
            })
            .collect(),
    }
}

/// The refusals in some content.
pub(crate) fn refusals(content: &Content) -> Vec<&str> {
    match content {
        Content::Text(_) => Vec::new(),
        Content::Parts(parts) => parts
            .iter()
            .filter_map(|part| match &part.kind {
                PartKind::Refusal(text) => Some(text.as_str()),
                _ => None,
            })
            .collect(),
    }
}

/// Items without what may rightly differ between two views: ids that rotate, sealed blobs that are sealed anew, and parts that
/// say nothing. What a server of Chat wants back stands where it came, which a stream and a whole reply tell differently.
pub(crate) fn shapes(response: &Response) -> Vec<String> {
    response.items.iter().filter(|item| !is_own_of_chat(item)).map(|item| shape(&item.kind)).collect()
}

/// The same where a whole message does not tell between which of its words a picture was made.
pub(crate) fn images_last(mut shapes: Vec<String>) -> Vec<String> {
    shapes.sort_by_key(|shape| shape.starts_with(IMAGE));
    shapes
}

const IMAGE: &str = "image ";

fn is_sealed_alone(item: &Item) -> bool {
    matches!(&item.kind, ItemKind::Reasoning(thought) if thought.summary.is_empty() && thought.content.is_empty())
}

fn is_own_of_chat(item: &Item) -> bool {
    let ItemKind::Reasoning(reasoning) = &item.kind else { return false };
    reasoning.seal.as_ref().is_some_and(|seal| seal.maker == Api::Chat) && reasoning.summary.is_empty()
}

/// The same without the phases of messages and without what is sealed alone, which deltas do not tell.
pub(crate) fn shapes_without_phase(response: &Response) -> Vec<String> {
    let strip = |item: &Item| match &item.kind {
        ItemKind::Message(message) => shape(&ItemKind::Message(Message { phase: None, ..message.clone() })),
        other => shape(other),
    };
    response.items.iter().filter(|item| !is_sealed_alone(item)).map(strip).collect()
}

fn shape(kind: &ItemKind) -> String {
    match kind {
        ItemKind::Message(Message { content, phase, .. }) => {
            let parts = match content {
                Content::Text(text) => vec![format!("text {text:?}")],
                Content::Parts(parts) => parts.iter().filter_map(part_shape).collect(),
            };
            format!("message {phase:?} {parts:?}")
        }
        ItemKind::ToolCall(call) => format!("call {} {}", call.call_id, call_shape(call)),
        ItemKind::Reasoning(reasoning) => format!("reasoning {:?} {:?}", reasoning.summary, reasoning.content),
        ItemKind::ToolResult(result) => format!("result {}", result.call_id),
        ItemKind::ImageGeneration(made) => format!("{IMAGE}{:?}", made.image),
        ItemKind::Opaque(opaque) => format!("opaque {}", opaque.kind),
    }
}

fn call_shape(ToolCall { name, namespace, arguments, call_id: _, id: _, status: _ }: &ToolCall) -> String {
    // A group that the request did not name is part of the name.
    // A group that has the name of its tool is none.
    let group = namespace.as_ref().filter(|namespace| *namespace != name);
    let group = group.map(|namespace| format!("{namespace}__")).unwrap_or_default();
    // Where only an object is allowed, what is none stands in one.
    let raw = serde_json::from_str::<serde_json::Value>(arguments.text()).ok();
    let raw = raw.as_ref().and_then(|raw| raw.get("raw_arguments")?.as_str());
    match raw {
        Some(raw) => format!("{group}{name} {:?}", Arguments::Function(raw.to_owned())),
        None => format!("{group}{name} {arguments:?}"),
    }
}

fn part_shape(part: &Part) -> Option<String> {
    let annotated = |annotations: &[Annotation]| format!("{annotations:?}");
    match &part.kind {
        PartKind::Text(TextPart { text, annotations, .. }) if text.is_empty() && annotations.is_empty() => None,
        PartKind::Text(TextPart { text, annotations, .. }) => Some(format!("text {text:?} {}", annotated(annotations))),
        PartKind::Refusal(text) => Some(format!("refusal {text:?}")),
        other => Some(format!("{other:?}")),
    }
}
