//! A whole reply as the events it could have arrived as.

use std::borrow::Cow;

use crate::{
    Arguments, Content, Ending, Envelope, Event, Item, ItemIndex, ItemKind, ItemStart, Message, Part, PartKind,
    ReasoningItem, ReasoningKind, Response, Sink, TextPart, ToolCall,
};

impl Response {
    /// Tells the reply as events: each item begins, says all it has in one piece a part, and ends whole. Folding them gives
    /// the reply again.
    ///
    /// ```
    /// use interlingua_model::{Finish, Fold, ReplyOrigins, Response};
    ///
    /// let reply = Response {
    ///     id: Some("1".into()), created: None, model: None, service_tier: None, metadata: None,
    ///     items: vec![], usage: None, moderation: None, finish: Finish::Completed, stop_sequence: None,
    ///     beside: vec![],
    ///     origins: ReplyOrigins::default(),
    /// };
    /// let mut fold = Fold::default();
    /// reply.clone().into_events(&mut fold);
    /// assert_eq!(fold.finish()?, reply);
    /// # Ok::<(), interlingua_model::FoldError>(())
    /// ```
    pub fn into_events(self, out: &mut impl Sink) {
        let Self {
            id,
            created,
            model,
            service_tier,
            metadata,
            items,
            usage,
            moderation,
            finish,
            stop_sequence,
            beside,
            origins,
        } = self;
        let envelope = Envelope { id, created, model, service_tier, beside };
        out.event(Event::Started(envelope.clone()));
        for (index, item) in (0..).map(ItemIndex).zip(items) {
            tell(index, item, out);
        }
        out.event(Event::Finished(Box::new(Ending {
            envelope,
            finish,
            stop_sequence,
            usage,
            metadata,
            moderation,
            origins,
        })));
    }
}

fn tell(index: ItemIndex, item: Item, out: &mut impl Sink) {
    out.event(Event::ItemStarted { index, origin: item.origin, item: start(&item.kind), beside: item.beside.clone() });
    match &item.kind {
        ItemKind::Message(message) => tell_message(index, message, out),
        ItemKind::ToolCall(call) => tell_call(index, call, out),
        ItemKind::Reasoning(reasoning) => tell_reasoning(index, reasoning, out),
        ItemKind::ToolResult(_) | ItemKind::ImageGeneration(_) | ItemKind::Opaque(_) => {}
    }
    out.event(Event::ItemFinished { index, item: Some(Box::new(item)) });
}

fn start(kind: &ItemKind) -> ItemStart<'_> {
    match kind {
        ItemKind::Message(Message { id, role: _, content: _, name: _, phase, status: _ }) => {
            ItemStart::Message { id: borrowed(id.as_ref()), phase: borrowed(phase.as_ref()) }
        }
        ItemKind::ToolCall(ToolCall { id, call_id, name, namespace, arguments, status: _ }) => ItemStart::ToolCall {
            id: borrowed(id.as_ref()),
            call_id: Cow::Borrowed(call_id),
            name: Cow::Borrowed(name),
            namespace: borrowed(namespace.as_ref()),
            kind: arguments.kind(),
        },
        ItemKind::Reasoning(ReasoningItem { id, summary: _, content: _, seal: _, status: _ }) => {
            ItemStart::Reasoning { id: borrowed(id.as_ref()) }
        }
        ItemKind::ToolResult(result) => ItemStart::ToolResult { call_id: Cow::Borrowed(&result.call_id) },
        ItemKind::ImageGeneration(made) => ItemStart::ImageGeneration(made.begun()),
        ItemKind::Opaque(opaque) => ItemStart::Opaque(opaque.clone()),
    }
}

fn tell_message(index: ItemIndex, message: &Message, out: &mut impl Sink) {
    let Message { id: _, role: _, content, name: _, phase: _, status: _ } = message;
    match content {
        Content::Text(text) => {
            out.event(Event::TextDelta { index, part: 0, text: Cow::Borrowed(text), logprobs: Vec::new() });
        }
        Content::Parts(parts) => {
            for (part, Part { origin: _, kind, cache_breakpoint: _ }) in (0..).zip(parts) {
                tell_part(index, part, kind, out);
            }
        }
    }
}

fn tell_part(index: ItemIndex, part: u32, kind: &PartKind, out: &mut impl Sink) {
    match kind {
        PartKind::Text(TextPart { text, annotations, logprobs }) => {
            out.event(Event::TextDelta { index, part, text: Cow::Borrowed(text), logprobs: logprobs.clone() });
            for annotation in annotations {
                out.event(Event::Annotation { index, part, annotation: annotation.clone() });
            }
        }
        PartKind::Refusal(text) => out.event(Event::RefusalDelta { index, part, text: Cow::Borrowed(text) }),
        PartKind::Image(_) | PartKind::File(_) | PartKind::Audio(_) | PartKind::Opaque(_) => {}
    }
}

fn tell_call(index: ItemIndex, call: &ToolCall, out: &mut impl Sink) {
    let ToolCall { id: _, call_id: _, name: _, namespace: _, arguments, status: _ } = call;
    let (Arguments::Function(text) | Arguments::Custom(text)) = arguments;
    if !text.is_empty() {
        out.event(Event::ArgumentsDelta { index, text: Cow::Borrowed(text) });
    }
}

fn tell_reasoning(index: ItemIndex, reasoning: &ReasoningItem, out: &mut impl Sink) {
    let ReasoningItem { id: _, summary, content, seal: _, status: _ } = reasoning;
    // The thought before its summary: who can show only one shows the first.
    for (kind, texts) in [(ReasoningKind::Text, content), (ReasoningKind::Summary, summary)] {
        for (part, text) in (0..).zip(texts) {
            out.event(Event::ReasoningDelta { index, part, kind, text: Cow::Borrowed(text) });
        }
    }
}

fn borrowed(text: Option<&String>) -> Option<Cow<'_, str>> {
    text.map(|text| Cow::Borrowed(text.as_str()))
}
