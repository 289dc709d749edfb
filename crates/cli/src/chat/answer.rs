//! An answer on its way to the person.

use std::collections::BTreeMap;
use std::io;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use interlingua_wire::chat::{
    Chunk, Content, DeltaContent, ErrorValue, Part, Response, ToolCall, ToolCallDelta, Usage,
};
use interlingua_wire::{Integer, Maybe};

use crate::terminal::{self, Paint};

/// Puts the answer on stdout and the rest on stderr, as it comes.
pub(super) struct Answer {
    begun: Instant,
    first: Option<Duration>,
    paint: Paint,
    /// Whether stdout is a terminal, which obeys what it is told.
    is_shown: bool,
    /// Where the cursor stands if both streams are on one screen.
    at: At,
    calls: BTreeMap<i64, Call>,
    model: Option<String>,
    usage: Option<Box<Usage>>,
    finish: Option<String>,
    ends_line: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum At {
    LineStart,
    Answer,
    Aside,
}

#[derive(Default)]
struct Call {
    name: String,
    input: String,
}

impl Answer {
    pub(super) fn new(begun: Instant, is_shown: bool) -> Self {
        Self {
            begun,
            first: None,
            paint: Paint::on(&io::stderr()),
            is_shown,
            at: At::LineStart,
            calls: BTreeMap::new(),
            model: None,
            usage: None,
            finish: None,
            ends_line: true,
        }
    }

    /// One event's data.
    pub(super) fn event(&mut self, data: &str) -> Result<()> {
        if data == "[DONE]" {
            return Ok(());
        }
        let chunk: Chunk<'_> = serde_json::from_str(data)?;
        if let Some(error) = &chunk.error {
            self.line_start();
            bail!("{}", words(error));
        }
        if let Some(model) = &chunk.model {
            self.model.get_or_insert_with(|| model.to_string());
        }
        if let Maybe::Value(usage) = chunk.usage {
            self.usage = Some(usage);
        }
        for choice in chunk.choices.unwrap_or_default() {
            if let Some(reason) = choice.finish_reason {
                self.finish = Some(reason.as_str().to_owned());
            }
            let Some(delta) = choice.delta else { continue };
            if let Some(thought) = delta.reasoning_content.as_ref().or(delta.reasoning.as_ref()) {
                self.aside(thought);
            }
            match &delta.content {
                Maybe::Value(DeltaContent::Text(text)) => self.text(text)?,
                Maybe::Value(DeltaContent::Parts(parts)) => self.parts(parts)?,
                Maybe::Absent | Maybe::Null => {}
            }
            if let Maybe::Value(refusal) = &delta.refusal {
                self.text(refusal)?;
            }
            for call in delta.tool_calls.unwrap_or_default() {
                self.call(call);
            }
        }
        Ok(())
    }

    /// A reply in one piece, from an upstream that does not stream.
    pub(super) fn whole(&mut self, response: Response) -> Result<()> {
        self.model = response.model;
        self.usage = response.usage.map(Box::new);
        for choice in response.choices.unwrap_or_default() {
            self.finish = choice.finish_reason.map(|reason| reason.as_str().to_owned());
            let Some(message) = choice.message else { continue };
            if let Some(thought) = message.reasoning_content.or(message.reasoning) {
                self.aside(&thought);
            }
            match message.content {
                Some(Content::Text(text)) => self.text(&text)?,
                Some(Content::Parts(parts)) => self.parts(&parts)?,
                None => {}
            }
            self.text(&message.refusal.unwrap_or_default())?;
            for (place, call) in (0..).zip(message.tool_calls.unwrap_or_default()) {
                let (name, input) = match call {
                    ToolCall::Function(call) => {
                        call.function.map(|call| (call.name, call.arguments)).unwrap_or_default()
                    }
                    ToolCall::Custom(call) => call.custom.map(|call| (call.name, call.input)).unwrap_or_default(),
                    ToolCall::Unknown(_) => continue,
                };
                let call = Call { name: name.unwrap_or_default(), input: input.unwrap_or_default() };
                self.calls.insert(place, call);
            }
        }
        Ok(())
    }

    /// A remark.
    pub(super) fn note(&mut self, text: &str) {
        self.line_start();
        terminal::to_stderr(&format!("{}\n", self.paint.dim(&terminal::harmless(text))));
    }

    /// Ends the lines, and tells calls, usage and timings. A stream that never said why it ended was cut.
    pub(super) fn finish(mut self) -> Result<()> {
        if !self.ends_line {
            terminal::to_stdout("\n")?;
            self.at = At::LineStart;
        }
        for Call { name, input } in std::mem::take(&mut self.calls).into_values() {
            self.note(&format!("call: {name} {input}"));
        }
        let Some(finish) = self.finish.take() else {
            self.line_start();
            bail!("the stream ended before the answer did");
        };
        let mut parts = Vec::from_iter(self.model.take());
        parts.extend(self.usage.take().map(|usage| tokens(&usage)));
        if let Some(first) = self.first {
            parts.push(format!("first word after {:.2} s", first.as_secs_f64()));
        }
        parts.push(format!("{:.2} s in all", self.begun.elapsed().as_secs_f64()));
        if finish != "stop" {
            parts.push(format!("ended by {finish}"));
        }
        self.note(&parts.join(", "));
        Ok(())
    }

    fn text(&mut self, text: &str) -> io::Result<()> {
        if text.is_empty() {
            return Ok(());
        }
        self.first.get_or_insert_with(|| self.begun.elapsed());
        if self.at == At::Aside {
            self.line_start();
        }
        self.at = At::Answer;
        self.ends_line = text.ends_with('\n');
        if self.is_shown { terminal::to_stdout(&terminal::harmless(text)) } else { terminal::to_stdout(text) }
    }

    fn parts(&mut self, parts: &[Part]) -> Result<()> {
        for part in parts {
            if let Part::Text(part) = part {
                self.text(part.text.as_deref().unwrap_or_default())?;
            }
        }
        Ok(())
    }

    fn aside(&mut self, text: &str) {
        if self.at == At::Answer {
            self.line_start();
        }
        self.at = At::Aside;
        terminal::to_stderr(&self.paint.dim(&terminal::harmless(text)));
    }

    fn call(&mut self, delta: ToolCallDelta<'_>) {
        let ToolCallDelta { index, id: _, kind: _, function, custom, extra: _ } = delta;
        // Without an index there is one call at a time.
        let call = self.calls.entry(index.map_or(0, |index| index.0)).or_default();
        let function = function.map(|function| (function.name, function.arguments));
        let custom = custom.map(|custom| (custom.name, custom.input));
        for (name, input) in function.into_iter().chain(custom) {
            call.name.push_str(name.as_deref().unwrap_or_default());
            call.input.push_str(input.as_deref().unwrap_or_default());
        }
    }

    /// Ends a line that is not at its start, on whichever stream it is.
    fn line_start(&mut self) {
        if self.at != At::LineStart && !(self.at == At::Answer && self.ends_line) {
            terminal::to_stderr("\n");
        }
        self.at = At::LineStart;
    }
}

fn words(error: &ErrorValue) -> String {
    match error {
        ErrorValue::Text(text) => text.clone(),
        ErrorValue::Detail(detail) => detail.message.clone().unwrap_or_else(|| "the upstream failed".to_owned()),
    }
}

/// The cost, for a person.
fn tokens(usage: &Usage) -> String {
    let number = |count: Option<&Integer>| count.map(|count| count.0.to_string());
    let of = |count: Option<String>, extra: Option<String>, word: &str| {
        let extra = extra.filter(|extra| extra != "0").map(|extra| format!(" ({extra} {word})")).unwrap_or_default();
        count.map(|count| format!("{count}{extra}"))
    };
    let cached = usage.prompt_tokens_details.as_ref().and_then(|details| number(details.cached_tokens.as_ref()));
    let reasoning =
        usage.completion_tokens_details.as_ref().and_then(|details| number(details.reasoning_tokens.as_ref()));
    let input = of(number(usage.prompt_tokens.as_ref()), cached, "cached").unwrap_or_else(|| "?".to_owned());
    let output = of(number(usage.completion_tokens.as_ref()), reasoning, "reasoning").unwrap_or_else(|| "?".to_owned());
    format!("{input} tokens in, {output} out")
}
