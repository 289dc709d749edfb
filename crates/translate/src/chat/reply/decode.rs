//! A whole Chat completion as the canonical reply.

use interlingua_model::{
    Content, Finish, Item, ItemKind, Message, Origin, Part, PartKind, ReasoningItem, ReplyOrigins, Response, Role,
    TextPart,
};
use interlingua_wire::{Extra, chat as wire};

use super::annotations::{decode_annotation, lost_fields};
use super::content::{REASONING_TEXT, Said, decode_details, decode_part, made_image, take_own_fields};
use super::decode_calls::CallReader;
use super::failure::{bare_failure, decode_failure, failure_beside, spoken};
use super::finish::{FINISH, decode_finish};
use super::logprobs::{decode_logprobs, lost_logprobs};
use super::moderation::decode_moderation;
use super::usage::{USAGE, decode_usage};
use crate::chat::losses::Losses;
use crate::chat::sealed::{REASONING_DETAILS, kept_details, sealed};
use crate::chat::think_tags::{Piece, ThinkTags};
use crate::convert::{count, is_blank, json, non_empty};
use crate::reached::settle;
use crate::sent::Reads;
use crate::{Error, LossCode, Sent, Translated};

/// Reads a Chat completion: its first choice, as thoughts, then a message, then calls.
///
/// Names that the request translation replaced are the caller's own again, and so are custom tools that went out as
/// functions. Other choices are dropped with a loss, but for those that some servers make of the parts of one reply.
///
/// # Errors
/// [`Error::Upstream`] when the body holds an error in place of choices, [`Error::Malformed`] when it holds no
/// choice or a call without a name, [`Error::Reply`] for spoken answers.
///
/// ```
/// use interlingua_translate::{Sent, Stamp, chat};
///
/// let sent = Sent::unknown(&Stamp { id: "1".into(), created: 0 });
/// let body = r#"{"choices":[{"message":{"content":"Hi","reasoning":"They greet me."},"finish_reason":"stop"}]}"#;
/// let reply = chat::decode_response(serde_json::from_str(body)?, &sent)?.value;
/// assert_eq!(reply.items.len(), 2, "a thought and a message");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn decode_response(wire: wire::Response, sent: &Sent) -> Result<Translated<Response>, Error> {
    let wire::Response {
        id,
        object,
        created,
        model,
        choices,
        usage,
        service_tier,
        system_fingerprint,
        metadata,
        moderation,
        error,
        extra,
    } = wire;
    let choices = choices.unwrap_or_default();
    let failure = error.and_then(decode_failure).or_else(|| failure_beside(&extra));
    let is_bare = choices.is_empty() || object.as_deref() == Some("error");
    if let Some(failure) = failure.or_else(|| bare_failure(&extra).filter(|_| is_bare)) {
        return Err(Error::Upstream(Box::new(failure)));
    }
    let id = non_empty(id);
    let calls = CallReader::new(sent, id.as_deref());
    let reads = sent.reads();
    let mut reader = Reader { calls, reads, losses: Losses::default(), items: Vec::new(), reason: None };
    reader.losses.unread(Origin::default(), &extra);
    if system_fingerprint.is_some_and(|fingerprint| !fingerprint.is_empty()) {
        reader.losses.telemetry("system_fingerprint");
    }
    reader.choices(choices)?;
    let Reader { calls, reads, mut losses, mut items, reason } = reader;
    let finish = decode_finish(reason.as_ref(), &mut losses.list)?;
    calls.conclude(&finish)?;
    let usage = usage.and_then(|usage| decode_usage(usage, reads.adds_reasoning));
    if finish == Finish::Completed {
        if items.is_empty() && usage.is_none() {
            let detail = "the upstream completed without saying or costing anything";
            losses.once(MESSAGE.path(), LossCode::EmptyCompletion, detail);
        }
        if items.iter().all(|item| matches!(item.kind, ItemKind::Reasoning(_))) {
            items.push(message_item(MESSAGE, vec![(MESSAGE, PartKind::Text(TextPart::default()))]));
        }
    }
    settle(&mut items, &finish);
    let value = Response {
        id,
        created: count(created).filter(|created| *created > 0),
        model: non_empty(model),
        service_tier,
        metadata: metadata.map(json),
        items,
        usage,
        moderation: moderation.and_then(decode_moderation),
        finish,
        stop_sequence: None,
        beside: Vec::new(),
        origins: ReplyOrigins { items: MESSAGE, finish: FINISH, usage: USAGE },
    };
    Ok(Translated { value, losses: losses.list })
}

const MESSAGE: Origin = Origin::of("choices[0].message");

/// A reply while it is being read.
struct Reader<'c> {
    calls: CallReader<'c>,
    reads: &'c Reads,
    losses: Losses,
    items: Vec<Item>,
    reason: Option<wire::FinishReason>,
}

impl Reader<'_> {
    /// Reads the choices that are one reply: the first, and those that some servers make of its text and its calls.
    fn choices(&mut self, choices: Vec<wire::Choice>) -> Result<(), Error> {
        let place = |choice: &wire::Choice| choice.index.map_or(0, |index| index.0);
        let Some(first) = choices.first().map(place) else {
            let message = "a completion without any choice".to_owned();
            return Err(Error::Malformed { path: Some("choices".to_owned()), message });
        };
        for (position, choice) in choices.into_iter().enumerate() {
            let at = Origin::nth("choices[*]", position);
            let owes_calls = self.reason == Some(wire::FinishReason::ToolCalls) && self.calls.is_empty();
            if position == 0
                || self.reads.merges_choices
                || place(&choice) == first
                || (owes_calls && is_of_calls(&choice))
            {
                self.choice(choice, at)?;
            } else {
                self.losses.once(at.path(), LossCode::DroppedDetail, "the Responses API gives one answer");
            }
        }
        Ok(())
    }

    fn choice(&mut self, choice: wire::Choice, at: Origin) -> Result<(), Error> {
        let wire::Choice { index: _, message, delta, logprobs, finish_reason, extra } = choice;
        if let Some(failure) = failure_beside(&extra) {
            return Err(Error::Upstream(Box::new(failure)));
        }
        self.losses.unread(at, &extra);
        let (message, delta) = (message.unwrap_or_default(), delta.map(|delta| *delta).unwrap_or_default());
        let message = match (is_silent(&message), is_silent(&delta)) {
            (true, false) => delta,
            (true, true) => message,
            (false, is_silent) => {
                if !is_silent && delta != message {
                    let detail = "the choice's message says something else";
                    self.losses.once(at.then("choices[*].delta").path(), LossCode::StreamMismatch, detail);
                }
                message
            }
        };
        self.reason = finish_reason.or(self.reason.take());
        self.message(message, logprobs, at)
    }

    fn message(
        &mut self,
        message: wire::ResponseMessage,
        logprobs: Option<wire::ChoiceLogprobs>,
        at: Origin,
    ) -> Result<(), Error> {
        let wire::ResponseMessage {
            role: _,
            content,
            refusal,
            tool_calls,
            function_call,
            annotations,
            audio,
            reasoning_content,
            reasoning,
            reasoning_details,
            images,
            mut extra,
        } = message;
        if audio.is_some_and(|audio| !is_blank(&audio)) {
            return Err(spoken(&at.then("choices[*].message.audio").path()));
        }
        let (reasoning_text, mut own) = if extra.is_empty() {
            (None, Extra::new())
        } else {
            let text = extra.take(REASONING_TEXT).and_then(|text| text.parse::<String>().ok());
            (text, take_own_fields(&mut extra))
        };
        self.losses.unread(at.then("choices[*].message"), &extra);
        let mut said = Texts::default();
        match content {
            None => {}
            Some(wire::Content::Text(text)) => said.text = text,
            Some(wire::Content::Parts(parts)) => self.parts(parts, &mut said, at),
        }
        said.refusal.push_str(&refusal.unwrap_or_default());
        let tokens_before = self.take_thoughts(&mut said);
        let (details, entries) = decode_details(reasoning_details.unwrap_or_default());
        if let Some(entries) = kept_details(entries) {
            own.push(REASONING_DETAILS, entries);
        }
        // They say the same; the first that says anything counts.
        let thoughts = [
            ("choices[*].message.reasoning_content", reasoning_content),
            ("choices[*].message.reasoning", reasoning),
            ("choices[*].message.reasoning_text", reasoning_text),
            ("choices[*].message.reasoning_details", Some(details)),
            ("choices[*].message.content", Some(said.thoughts)),
        ];
        if let Some((path, text)) = thoughts.into_iter().find_map(|(path, text)| Some((path, non_empty(text)?))) {
            self.think(text, at.then(path));
        }
        if let Some(reasoning) = sealed(&own) {
            let origin = at.then("choices[*].message.reasoning_details");
            self.items.push(Item::new(origin, ItemKind::Reasoning(reasoning)));
        }
        let logprobs = logprobs.unwrap_or_default();
        lost_logprobs(&logprobs, at.then("choices[*].logprobs"), &mut self.losses);
        let wire::ChoiceLogprobs { content: tokens, refusal: _, extra: _ } = logprobs;
        let annotations = annotations.unwrap_or_default().into_iter().enumerate();
        let annotations = annotations.map(|(index, annotation)| {
            let place = at.then_nth("choices[*].message.annotations[*]", index);
            lost_fields(&annotation, place, &mut self.losses);
            decode_annotation(annotation, 0, place)
        });
        let mut logprobs = decode_logprobs(tokens.unwrap_or_default());
        let mut told = 0;
        logprobs.retain(|token| {
            told += token.token.len();
            told > tokens_before
        });
        let text = TextPart { text: said.text, annotations: annotations.collect(), logprobs };
        self.say(text, said.refusal, at);
        self.show(images.unwrap_or_default(), at);
        for (index, call) in tool_calls.unwrap_or_default().into_iter().enumerate() {
            let origin = at.then_nth("choices[*].message.tool_calls[*]", index);
            self.calls.tool_call(call, origin, &mut self.items, &mut self.losses)?;
        }
        if let Some(call) = function_call {
            let origin = at.then("choices[*].message.function_call");
            self.calls.legacy(call, origin, &mut self.items, &mut self.losses)?;
        }
        Ok(())
    }

    fn parts(&mut self, parts: Vec<wire::Part>, said: &mut Texts, at: Origin) {
        for (index, part) in parts.into_iter().enumerate() {
            match decode_part(part, at.then_nth("choices[*].message.content[*]", index), &mut self.losses) {
                Said::Text(text) => said.text.push_str(&text),
                Said::Refusal(text) => said.refusal.push_str(&text),
                Said::Thought(text) => said.thoughts.push_str(&text),
                Said::Nothing => {}
            }
        }
    }

    /// Takes out of the text the thoughts that it begins with. How many bytes of it they were, tags and all.
    fn take_thoughts(&mut self, said: &mut Texts) -> usize {
        let Some(mut tags) = ThinkTags::new(&self.reads.think_tags) else { return 0 };
        let whole = std::mem::take(&mut said.text);
        let mut take = |piece: Piece<'_>| match piece {
            Piece::Thought(thought) => said.thoughts.push_str(thought),
            Piece::Text(text) => said.text.push_str(text),
        };
        tags.push(&whole, &mut take);
        tags.finish(&mut take);
        whole.len() - said.text.len()
    }

    /// Open thoughts are shown to people, which is what a summary is for.
    fn think(&mut self, text: String, origin: Origin) {
        let reasoning = ReasoningItem { summary: vec![text], ..ReasoningItem::default() };
        self.items.push(Item::new(origin, ItemKind::Reasoning(reasoning)));
    }

    fn show(&mut self, images: Vec<wire::MadeImage>, at: Origin) {
        for (index, image) in images.into_iter().enumerate() {
            let place = at.then_nth("choices[*].message.images[*]", index);
            if let Some(made) = made_image(image, place, &mut self.losses) {
                self.items.push(Item::new(place, ItemKind::ImageGeneration(made)));
            }
        }
    }

    fn say(&mut self, text: TextPart, refusal: String, at: Origin) {
        let mut parts = Vec::new();
        if !text.text.is_empty() || !text.annotations.is_empty() {
            parts.push((at.then("choices[*].message.content"), PartKind::Text(text)));
        }
        if !refusal.is_empty() {
            parts.push((at.then("choices[*].message.refusal"), PartKind::Refusal(refusal)));
        }
        if !parts.is_empty() {
            self.items.push(message_item(at.then("choices[*].message"), parts));
        }
    }
}

#[derive(Default)]
struct Texts {
    text: String,
    refusal: String,
    thoughts: String,
}

/// Whether a message has nothing of an answer in it.
fn is_silent(message: &wire::ResponseMessage) -> bool {
    *message == wire::ResponseMessage { role: message.role.clone(), ..wire::ResponseMessage::default() }
}

/// Whether a choice has calls and nothing else to say.
fn is_of_calls(choice: &wire::Choice) -> bool {
    choice.message.as_ref().is_some_and(|message| {
        let is_empty = match &message.content {
            None => true,
            Some(wire::Content::Text(text)) => text.is_empty(),
            Some(wire::Content::Parts(parts)) => parts.is_empty(),
        };
        is_empty && message.tool_calls.as_ref().is_some_and(|calls| !calls.is_empty())
    })
}

fn message_item(origin: Origin, parts: Vec<(Origin, PartKind)>) -> Item {
    let plain = |(origin, kind)| Part { origin, kind, cache_breakpoint: None };
    let content = Content::Parts(parts.into_iter().map(plain).collect());
    Item::new(origin, ItemKind::Message(Message::new(Role::Assistant, content)))
}
