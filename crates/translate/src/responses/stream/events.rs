//! The events of a Responses stream, each with its numbers: the one file that stamps them.

use interlingua_model::ReasoningKind;
use interlingua_wire::{Extra, Integer, Json, Text, Unknown, responses as wire};
use wire::Event;

use crate::responses::beside::agent_of;

/// Writes events, numbered from 0 without a gap.
#[derive(Debug, Default)]
pub(in crate::responses) struct Events {
    next: i64,
}

/// Where events go.
pub(super) trait Out: for<'e> FnMut(Event<'e>) {}

impl<F: for<'e> FnMut(Event<'e>)> Out for F {}

/// An item of the reply, the same in every event.
#[derive(Debug, Clone, Copy)]
pub(super) struct ItemRef<'a> {
    pub(super) item_id: &'a str,
    pub(super) output_index: u32,
    /// The agent it is of, which each of its events repeats.
    pub(super) agent: Option<&'a Json>,
}

/// An event about an item: its own fields, and those that every such event has.
macro_rules! of_item {
    ($events:ident, $item:ident, $event:ident { $($field:ident $(: $value:expr)?),+ }) => {
        wire::$event {
            $($field $(: $value)?,)+
            item_id: Some(Text::from($item.item_id)),
            output_index: Some(Integer::from($item.output_index)),
            sequence_number: Some($events.number()),
            agent: $item.agent.cloned(),
            extra: Extra::new(),
        }
    };
}

impl Events {
    /// Goes on behind so many events of the same reply; the two it begins with are among them.
    pub(in crate::responses) fn resume(&mut self, events: u64) {
        const BEGINNING: u64 = 2;
        self.next = i64::try_from(events.saturating_sub(BEGINNING)).unwrap_or(i64::MAX / 2);
    }

    fn number(&mut self) -> Integer {
        let number = self.next;
        self.next += 1;
        Integer(number)
    }

    /// `response.created` and `response.in_progress`.
    pub(super) fn begin(&mut self, response: &wire::Response, agent: Option<&Json>, out: &mut impl Out) {
        for wrap in [Event::Created, Event::InProgress] {
            out(wrap(wire::ResponseProgress {
                response: Some(Box::new(response.clone())),
                sequence_number: Some(self.number()),
                agent: agent.cloned(),
                extra: Extra::new(),
            }));
        }
    }

    /// The terminal event that the response's own status asks for.
    pub(super) fn end(&mut self, response: wire::Response, agent: Option<Json>, out: &mut impl Out) {
        let wrap = match response.status {
            Some(wire::Status::Failed) => Event::Failed,
            Some(wire::Status::Incomplete) => Event::Incomplete,
            _ => Event::Completed,
        };
        let sequence_number = Some(self.number());
        out(wrap(wire::ResponseEnd { response: Box::new(response), sequence_number, agent, extra: Extra::new() }));
    }

    pub(super) fn item_added(&mut self, output_index: u32, item: wire::Item, out: &mut impl Out) {
        let item = self.item(output_index, item);
        out(Event::OutputItemAdded(item));
    }

    pub(super) fn item_done(&mut self, output_index: u32, item: wire::Item, out: &mut impl Out) {
        let item = self.item(output_index, item);
        out(Event::OutputItemDone(item));
    }

    /// An event of the upstream's own, as it came but for its numbers.
    pub(super) fn carried(&mut self, kind: &str, raw: &str, output_index: Option<u32>, out: &mut impl Out) {
        let Ok(mut event) = serde_json::from_str::<Extra>(raw) else { return };
        let numbers = [
            ("sequence_number", event.get("sequence_number").map(|_| self.number())),
            ("output_index", output_index.map(Integer::from)),
        ];
        for (name, number) in numbers {
            if let Some(number) = number.and_then(|number| Json::from_value(&number).ok()) {
                event.replace(name, number);
            }
        }
        if let Ok(raw) = Json::from_value(&event) {
            out(Event::Unknown(Unknown { kind: kind.to_owned(), raw }));
        }
    }

    fn item(&mut self, output_index: u32, item: wire::Item) -> wire::OutputItem {
        wire::OutputItem {
            output_index: Some(Integer::from(output_index)),
            agent: agent_of(&item),
            item: Box::new(item),
            sequence_number: Some(self.number()),
            extra: Extra::new(),
        }
    }

    pub(super) fn part_added(&mut self, item: ItemRef<'_>, index: usize, part: wire::ContentPart, out: &mut impl Out) {
        out(Event::ContentPartAdded(self.part(item, index, part)));
    }

    pub(super) fn part_done(&mut self, item: ItemRef<'_>, index: usize, part: wire::ContentPart, out: &mut impl Out) {
        out(Event::ContentPartDone(self.part(item, index, part)));
    }

    fn part<'a>(&mut self, item: ItemRef<'a>, index: usize, part: wire::ContentPart) -> wire::ContentPartEvent<'a> {
        of_item!(self, item, ContentPartEvent { content_index: Some(position(index)), part: Some(Box::new(part)) })
    }

    pub(super) fn text_delta(
        &mut self,
        item: ItemRef<'_>,
        index: usize,
        delta: &str,
        logprobs: Vec<wire::Logprob>,
        out: &mut impl Out,
    ) {
        out(Event::OutputTextDelta(of_item!(
            self,
            item,
            OutputTextDelta {
                content_index: Some(position(index)),
                delta: Text::from(delta),
                logprobs: Some(logprobs),
                obfuscation: None
            }
        )));
    }

    pub(super) fn text_done(
        &mut self,
        item: ItemRef<'_>,
        index: usize,
        text: &str,
        logprobs: Vec<wire::Logprob>,
        out: &mut impl Out,
    ) {
        out(Event::OutputTextDone(of_item!(
            self,
            item,
            OutputTextDone {
                content_index: Some(position(index)),
                text: Some(Text::from(text)),
                logprobs: Some(logprobs)
            }
        )));
    }

    pub(super) fn annotation(
        &mut self,
        item: ItemRef<'_>,
        index: usize,
        number: usize,
        annotation: wire::Annotation,
        out: &mut impl Out,
    ) {
        out(Event::OutputTextAnnotationAdded(of_item!(
            self,
            item,
            AnnotationAdded {
                content_index: Some(position(index)),
                annotation_index: Some(position(number)),
                annotation: Some(Box::new(annotation))
            }
        )));
    }

    pub(super) fn refusal_delta(&mut self, item: ItemRef<'_>, index: usize, delta: &str, out: &mut impl Out) {
        out(Event::RefusalDelta(self.part_delta(item, index, delta)));
    }

    pub(super) fn refusal_done(&mut self, item: ItemRef<'_>, index: usize, refusal: &str, out: &mut impl Out) {
        out(Event::RefusalDone(of_item!(
            self,
            item,
            RefusalDone { content_index: Some(position(index)), refusal: Some(Text::from(refusal)) }
        )));
    }

    fn part_delta<'a>(&mut self, item: ItemRef<'a>, index: usize, delta: &'a str) -> wire::PartDelta<'a> {
        of_item!(
            self,
            item,
            PartDelta { content_index: Some(position(index)), delta: Text::from(delta), obfuscation: None }
        )
    }

    pub(super) fn reasoning_added(
        &mut self,
        item: ItemRef<'_>,
        kind: ReasoningKind,
        index: usize,
        part: wire::ContentPart,
        out: &mut impl Out,
    ) {
        match kind {
            ReasoningKind::Summary => out(Event::ReasoningSummaryPartAdded(self.summary_part(item, index, part))),
            ReasoningKind::Text => self.part_added(item, index, part, out),
        }
    }

    pub(super) fn reasoning_delta(
        &mut self,
        item: ItemRef<'_>,
        kind: ReasoningKind,
        index: usize,
        delta: &str,
        out: &mut impl Out,
    ) {
        out(match kind {
            ReasoningKind::Summary => Event::ReasoningSummaryTextDelta(of_item!(
                self,
                item,
                SummaryTextDelta { summary_index: Some(position(index)), delta: Text::from(delta), obfuscation: None }
            )),
            ReasoningKind::Text => Event::ReasoningTextDelta(self.part_delta(item, index, delta)),
        });
    }

    /// The end of a reasoning text, and of the part it is in.
    pub(super) fn reasoning_done(
        &mut self,
        item: ItemRef<'_>,
        kind: ReasoningKind,
        index: usize,
        (text, part): (&str, wire::ContentPart),
        out: &mut impl Out,
    ) {
        let text = Some(Text::from(text));
        match kind {
            ReasoningKind::Summary => {
                out(Event::ReasoningSummaryTextDone(of_item!(
                    self,
                    item,
                    SummaryTextDone { summary_index: Some(position(index)), text }
                )));
                out(Event::ReasoningSummaryPartDone(self.summary_part(item, index, part)));
            }
            ReasoningKind::Text => {
                out(Event::ReasoningTextDone(of_item!(
                    self,
                    item,
                    ReasoningTextDone { content_index: Some(position(index)), text }
                )));
                self.part_done(item, index, part, out);
            }
        }
    }

    fn summary_part<'a>(
        &mut self,
        item: ItemRef<'a>,
        index: usize,
        part: wire::ContentPart,
    ) -> wire::SummaryPartEvent<'a> {
        of_item!(
            self,
            item,
            SummaryPartEvent { summary_index: Some(position(index)), part: Some(Box::new(part)), status: None }
        )
    }

    pub(super) fn arguments_delta(&mut self, item: ItemRef<'_>, delta: &str, out: &mut impl Out) {
        out(Event::FunctionCallArgumentsDelta(self.call_delta(item, delta)));
    }

    pub(super) fn input_delta(&mut self, item: ItemRef<'_>, delta: &str, out: &mut impl Out) {
        out(Event::CustomToolCallInputDelta(self.call_delta(item, delta)));
    }

    fn call_delta<'a>(&mut self, item: ItemRef<'a>, delta: &'a str) -> wire::CallDelta<'a> {
        of_item!(self, item, CallDelta { delta: Text::from(delta), obfuscation: None })
    }

    pub(super) fn arguments_done(&mut self, item: ItemRef<'_>, name: &str, arguments: &str, out: &mut impl Out) {
        out(Event::FunctionCallArgumentsDone(of_item!(
            self,
            item,
            ArgumentsDone { name: Some(Text::from(name)), arguments: Some(arguments.into()) }
        )));
    }

    pub(super) fn input_done(&mut self, item: ItemRef<'_>, input: &str, out: &mut impl Out) {
        out(Event::CustomToolCallInputDone(of_item!(self, item, InputDone { input: Some(Text::from(input)) })));
    }
}

fn position(index: usize) -> Integer {
    Integer(i64::try_from(index).unwrap_or(i64::MAX))
}
