//! The events of a Responses stream, each with its number and its place: the one file that stamps them.

use interlingua_wire::{Extra, Integer, Text, responses as wire};
use wire::Event;

/// Writes events, numbered from 0 without a gap.
#[derive(Debug, Default)]
pub(super) struct Lifecycle {
    next: i64,
}

/// An item of the reply: its id and its place, the same in every event.
#[derive(Debug, Clone, Copy)]
pub(super) struct At<'a> {
    pub(super) id: &'a str,
    pub(super) place: u32,
}

impl<'a> At<'a> {
    fn id(self) -> Text<'a> {
        Text::from(self.id)
    }

    fn place(self) -> Integer {
        Integer::from(self.place)
    }
}

/// The two texts of a thought have events of their own names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Thought {
    Summary,
    Text,
}

impl Lifecycle {
    fn number(&mut self) -> Integer {
        let number = self.next;
        self.next += 1;
        Integer(number)
    }

    /// `response.created` and `response.in_progress`.
    pub(super) fn begin(&mut self, response: &wire::Response, out: &mut impl FnMut(Event<'_>)) {
        for wrap in [Event::Created, Event::InProgress] {
            out(wrap(wire::ResponseProgress {
                response: Some(Box::new(response.clone())),
                sequence_number: Some(self.number()),
                extra: Extra::new(),
            }));
        }
    }

    /// The terminal event that the response's own status asks for.
    pub(super) fn end(&mut self, response: wire::Response, out: &mut impl FnMut(Event<'_>)) {
        let wrap = match response.status {
            Some(wire::Status::Failed) => Event::Failed,
            Some(wire::Status::Incomplete) => Event::Incomplete,
            _ => Event::Completed,
        };
        let sequence_number = Some(self.number());
        out(wrap(wire::ResponseEnd { response: Box::new(response), sequence_number, extra: Extra::new() }));
    }

    pub(super) fn item_added(&mut self, place: u32, item: wire::Item, out: &mut impl FnMut(Event<'_>)) {
        let item = self.item(place, item);
        out(Event::OutputItemAdded(item));
    }

    pub(super) fn item_done(&mut self, place: u32, item: wire::Item, out: &mut impl FnMut(Event<'_>)) {
        let item = self.item(place, item);
        out(Event::OutputItemDone(item));
    }

    fn item(&mut self, place: u32, item: wire::Item) -> wire::OutputItem {
        wire::OutputItem {
            output_index: Some(Integer::from(place)),
            item: Box::new(item),
            sequence_number: Some(self.number()),
            extra: Extra::new(),
        }
    }

    pub(super) fn part_added(
        &mut self,
        at: At<'_>,
        index: usize,
        part: wire::ContentPart,
        out: &mut impl FnMut(Event<'_>),
    ) {
        out(Event::ContentPartAdded(self.part(at, index, part)));
    }

    pub(super) fn part_done(
        &mut self,
        at: At<'_>,
        index: usize,
        part: wire::ContentPart,
        out: &mut impl FnMut(Event<'_>),
    ) {
        out(Event::ContentPartDone(self.part(at, index, part)));
    }

    fn part<'a>(&mut self, at: At<'a>, index: usize, part: wire::ContentPart) -> wire::ContentPartEvent<'a> {
        wire::ContentPartEvent {
            item_id: Some(at.id()),
            output_index: Some(at.place()),
            content_index: Some(position(index)),
            part: Some(Box::new(part)),
            sequence_number: Some(self.number()),
            extra: Extra::new(),
        }
    }

    pub(super) fn text_delta(
        &mut self,
        at: At<'_>,
        index: usize,
        delta: &str,
        logprobs: Vec<wire::Logprob>,
        out: &mut impl FnMut(Event<'_>),
    ) {
        out(Event::OutputTextDelta(wire::OutputTextDelta {
            item_id: Some(at.id()),
            output_index: Some(at.place()),
            content_index: Some(position(index)),
            delta: Text::from(delta),
            logprobs: Some(logprobs),
            obfuscation: None,
            sequence_number: Some(self.number()),
            extra: Extra::new(),
        }));
    }

    pub(super) fn text_done(
        &mut self,
        at: At<'_>,
        index: usize,
        text: &str,
        logprobs: Vec<wire::Logprob>,
        out: &mut impl FnMut(Event<'_>),
    ) {
        out(Event::OutputTextDone(wire::OutputTextDone {
            item_id: Some(at.id()),
            output_index: Some(at.place()),
            content_index: Some(position(index)),
            text: Some(Text::from(text)),
            logprobs: Some(logprobs),
            sequence_number: Some(self.number()),
            extra: Extra::new(),
        }));
    }

    pub(super) fn annotation(
        &mut self,
        at: At<'_>,
        index: usize,
        number: usize,
        annotation: wire::Annotation,
        out: &mut impl FnMut(Event<'_>),
    ) {
        out(Event::OutputTextAnnotationAdded(wire::AnnotationAdded {
            item_id: Some(at.id()),
            output_index: Some(at.place()),
            content_index: Some(position(index)),
            annotation_index: Some(position(number)),
            annotation: Some(Box::new(annotation)),
            sequence_number: Some(self.number()),
            extra: Extra::new(),
        }));
    }

    pub(super) fn refusal_delta(&mut self, at: At<'_>, index: usize, delta: &str, out: &mut impl FnMut(Event<'_>)) {
        out(Event::RefusalDelta(self.part_delta(at, index, delta)));
    }

    pub(super) fn refusal_done(&mut self, at: At<'_>, index: usize, refusal: &str, out: &mut impl FnMut(Event<'_>)) {
        out(Event::RefusalDone(wire::RefusalDone {
            item_id: Some(at.id()),
            output_index: Some(at.place()),
            content_index: Some(position(index)),
            refusal: Some(Text::from(refusal)),
            sequence_number: Some(self.number()),
            extra: Extra::new(),
        }));
    }

    fn part_delta<'a>(&mut self, at: At<'a>, index: usize, delta: &'a str) -> wire::PartDelta<'a> {
        wire::PartDelta {
            item_id: Some(at.id()),
            output_index: Some(at.place()),
            content_index: Some(position(index)),
            delta: Text::from(delta),
            obfuscation: None,
            sequence_number: Some(self.number()),
            extra: Extra::new(),
        }
    }

    pub(super) fn thought_added(
        &mut self,
        at: At<'_>,
        thought: Thought,
        index: usize,
        part: wire::ContentPart,
        out: &mut impl FnMut(Event<'_>),
    ) {
        match thought {
            Thought::Summary => out(Event::ReasoningSummaryPartAdded(self.summary_part(at, index, part))),
            Thought::Text => self.part_added(at, index, part, out),
        }
    }

    pub(super) fn thought_delta(
        &mut self,
        at: At<'_>,
        thought: Thought,
        index: usize,
        delta: &str,
        out: &mut impl FnMut(Event<'_>),
    ) {
        out(match thought {
            Thought::Summary => Event::ReasoningSummaryTextDelta(wire::SummaryTextDelta {
                item_id: Some(at.id()),
                output_index: Some(at.place()),
                summary_index: Some(position(index)),
                delta: Text::from(delta),
                obfuscation: None,
                sequence_number: Some(self.number()),
                extra: Extra::new(),
            }),
            Thought::Text => Event::ReasoningTextDelta(self.part_delta(at, index, delta)),
        });
    }

    /// The end of a thought's text, and of the part it is in.
    pub(super) fn thought_done(
        &mut self,
        at: At<'_>,
        thought: Thought,
        index: usize,
        (text, part): (&str, wire::ContentPart),
        out: &mut impl FnMut(Event<'_>),
    ) {
        let (text, sequence_number) = (Some(Text::from(text)), Some(self.number()));
        match thought {
            Thought::Summary => {
                out(Event::ReasoningSummaryTextDone(wire::SummaryTextDone {
                    item_id: Some(at.id()),
                    output_index: Some(at.place()),
                    summary_index: Some(position(index)),
                    text,
                    sequence_number,
                    extra: Extra::new(),
                }));
                out(Event::ReasoningSummaryPartDone(self.summary_part(at, index, part)));
            }
            Thought::Text => {
                out(Event::ReasoningTextDone(wire::ReasoningTextDone {
                    item_id: Some(at.id()),
                    output_index: Some(at.place()),
                    content_index: Some(position(index)),
                    text,
                    sequence_number,
                    extra: Extra::new(),
                }));
                self.part_done(at, index, part, out);
            }
        }
    }

    fn summary_part<'a>(&mut self, at: At<'a>, index: usize, part: wire::ContentPart) -> wire::SummaryPartEvent<'a> {
        wire::SummaryPartEvent {
            item_id: Some(at.id()),
            output_index: Some(at.place()),
            summary_index: Some(position(index)),
            part: Some(Box::new(part)),
            status: None,
            sequence_number: Some(self.number()),
            extra: Extra::new(),
        }
    }

    pub(super) fn arguments_delta(&mut self, at: At<'_>, delta: &str, out: &mut impl FnMut(Event<'_>)) {
        out(Event::FunctionCallArgumentsDelta(self.call_delta(at, delta)));
    }

    pub(super) fn input_delta(&mut self, at: At<'_>, delta: &str, out: &mut impl FnMut(Event<'_>)) {
        out(Event::CustomToolCallInputDelta(self.call_delta(at, delta)));
    }

    fn call_delta<'a>(&mut self, at: At<'a>, delta: &'a str) -> wire::CallDelta<'a> {
        wire::CallDelta {
            item_id: Some(at.id()),
            output_index: Some(at.place()),
            delta: Text::from(delta),
            obfuscation: None,
            sequence_number: Some(self.number()),
            extra: Extra::new(),
        }
    }

    pub(super) fn arguments_done(&mut self, at: At<'_>, name: &str, arguments: &str, out: &mut impl FnMut(Event<'_>)) {
        out(Event::FunctionCallArgumentsDone(wire::ArgumentsDone {
            item_id: Some(at.id()),
            output_index: Some(at.place()),
            name: Some(Text::from(name)),
            arguments: Some(Text::from(arguments)),
            sequence_number: Some(self.number()),
            extra: Extra::new(),
        }));
    }

    pub(super) fn input_done(&mut self, at: At<'_>, input: &str, out: &mut impl FnMut(Event<'_>)) {
        out(Event::CustomToolCallInputDone(wire::InputDone {
            item_id: Some(at.id()),
            output_index: Some(at.place()),
            input: Some(Text::from(input)),
            sequence_number: Some(self.number()),
            extra: Extra::new(),
        }));
    }
}

fn position(index: usize) -> Integer {
    Integer(i64::try_from(index).unwrap_or(i64::MAX))
}
