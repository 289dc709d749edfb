//! The demonstration as a person sees it.

use std::io;
use std::time::Duration;

use interlingua_gateway::Target;
use interlingua_replay::LOGGED_BODY_LIMIT;
use interlingua_translate::{Api, Upstream};
use interlingua_wire::Extra;

use super::wire::Line;
use crate::terminal::{self, Paint};

/// Where it is shown.
pub(super) struct Screen {
    paint: Paint,
    from: Api,
    to: Api,
    answer: String,
    first: Option<Duration>,
    events: usize,
    chunks: usize,
}

/// How wide the upstream's half is.
const HALF: usize = 46;

impl Screen {
    pub(super) fn new(from: Api, to: Api) -> Self {
        Self { paint: Paint::on(&io::stdout()), from, to, answer: String::new(), first: None, events: 0, chunks: 0 }
    }

    pub(super) fn title(&self, gateway: &str, upstream: &str) -> io::Result<()> {
        let paint = self.paint;
        let (from, to) = (self.from.title(), self.to.title());
        let title = format!("interlingua demo: a {from} client, answered by a {to} upstream");
        let arrow = |api: &str| format!("--- {api} {}>", "-".repeat(20_usize.saturating_sub(api.len()).max(2)));
        terminal::to_stdout(&format!(
            "{}\n\n  client  {}  {gateway}  (the gateway)\n          {}  {upstream}  (recorded traffic; no key, no network)\n\n",
            paint.bold(&title),
            arrow(from),
            arrow(to),
        ))
    }

    pub(super) fn client_asks(&self, gateway: &str, body: &str) -> io::Result<()> {
        let title = format!("The client asks: POST {gateway}{}", self.path());
        terminal::to_stdout(&format!("{}\n{}\n", self.paint.right(&title), indented(body)))
    }

    fn path(&self) -> &'static str {
        Upstream::usual(self.from).path()
    }

    pub(super) fn upstream_is_asked(&self, path: &str, body: &[u8]) -> io::Result<()> {
        let title = format!("The upstream is asked: POST {path}");
        let body = String::from_utf8_lossy(body.get(..LOGGED_BODY_LIMIT).unwrap_or(body));
        terminal::to_stdout(&format!("{}\n{}\n", self.paint.left(&title), indented(&body)))
    }

    pub(super) fn answer_begins(&self) -> io::Result<()> {
        let paint = self.paint;
        let left = format!("{:<HALF$}", "What the upstream streams");
        terminal::to_stdout(&format!("{:>9}  {}  {}\n", "", paint.left(&left), paint.right("What the client gets")))
    }

    /// What came at this time: an event of the upstream, and the chunk it became.
    pub(super) fn row(&mut self, at: Duration, event: Option<&Line>, chunk: Option<&Line>) -> io::Result<()> {
        self.events += usize::from(event.is_some());
        self.chunks += usize::from(chunk.is_some());
        if let Some(chunk) = chunk.filter(|chunk| !chunk.text.is_empty()) {
            self.first.get_or_insert(at);
            self.answer.push_str(&chunk.text);
        }
        let show = |line: Option<&Line>| line.map(shown).unwrap_or_default();
        let left = format!("{:<HALF$}", show(event));
        let (time, left) = (self.paint.dim(&format!("{:>6} ms", at.as_millis())), self.paint.left(&left));
        let row = format!("{time}  {left}  {}", self.paint.right(&show(chunk)));
        terminal::to_stdout(&format!("{}\n", row.trim_end()))
    }

    pub(super) fn answer_ends(&self, took: Duration) -> io::Result<()> {
        let Self { paint, from: _, to: _, answer, first, events, chunks } = self;
        let first = first.map_or(0, |first| first.as_millis());
        let took = took.as_millis();
        terminal::to_stdout(&format!(
            "\n{}\n\n{}\n\n",
            paint.bold(answer),
            paint.dim(&format!("{events} events became {chunks}; first word after {first} ms, {took} ms in all")),
        ))
    }

    pub(super) fn next_steps(&self, body: &str) -> io::Result<()> {
        let (paint, path) = (self.paint, self.path());
        // That is what the replay speaks unless it is told otherwise.
        let dialect = if self.to == Target::Replay.usual_api() {
            String::new()
        } else {
            format!(" --dialect {}", self.to.name())
        };
        terminal::to_stdout(&format!(
            "Now with a client of your own:\n\n  {}\n  {}\n",
            paint.bold(&format!("interlingua serve --upstream replay{dialect}")),
            paint.bold(&format!(
                "curl -N http://127.0.0.1:4141/v1{path} -H 'content-type: application/json' -d '{body}'"
            )),
        ))
    }
}

fn shown(line: &Line) -> String {
    match line.text.as_str() {
        "" => line.what.clone(),
        text => format!("{} {text:?}", line.what),
    }
}

/// A JSON object with a line for each field, as it stands otherwise.
fn indented(body: &str) -> String {
    let Ok(fields) = serde_json::from_str::<Extra>(body) else { return format!("  {body}\n") };
    let lines = fields.iter().map(|(name, value)| format!("  {name}: {}\n", value.get()));
    lines.collect::<Vec<_>>().concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_is_shown_field_by_field_as_it_stands() {
        assert_eq!(indented(r#"{"b":1.0,"a":[ "x" ]}"#), "  b: 1.0\n  a: [ \"x\" ]\n");
        assert_eq!(indented("no JSON"), "  no JSON\n");
    }
}
