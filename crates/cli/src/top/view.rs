//! What is shown, and where.

use std::fmt::Write as _;
use std::time::SystemTime;

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Cell, Gauge, Paragraph, Row, Table};

use super::gateway::{Exchange, Reading, Window};
use super::numbers::Change;
use crate::terminal::harmless;

/// All that the screen depends on.
pub(super) struct View<'v> {
    pub(super) listen: &'v str,
    pub(super) before: Option<&'v Reading>,
    pub(super) now: Option<&'v Reading>,
    /// Why there is no newer reading.
    pub(super) problem: Option<&'v str>,
    pub(super) time: SystemTime,
}

const REQUESTS: &str = "interlingua_requests_total";
const TOKENS: &str = "interlingua_tokens_total";

/// Draws all of it.
pub(super) fn draw(frame: &mut Frame<'_>, view: &View<'_>) {
    let windows = view.now.map_or(&[][..], |now| &now.windows);
    let heights = [
        Constraint::Length(1),
        Constraint::Length(4),
        Constraint::Length(u16::try_from(windows.len()).unwrap_or(u16::MAX).min(8)),
        Constraint::Min(3),
        Constraint::Length(1),
    ];
    let [title, sums, plans, list, foot] = Layout::vertical(heights).areas(frame.area());
    frame.render_widget(heading(view), title);
    if let Some(now) = view.now {
        let change = Change { before: view.before.map(|before| &before.numbers), now: &now.numbers };
        frame.render_widget(Paragraph::new(totals(&change)).block(Block::bordered().title(" in a second ")), sums);
        gauges(frame, plans, windows, view.time);
        match &now.exchanges {
            Some(exchanges) => frame.render_widget(requests(exchanges), list),
            None => frame.render_widget(models(&change), list),
        }
    }
    let hint = match view.now.map(|now| now.exchanges.is_some()) {
        Some(false) => "q quits; single requests are shown where the gateway runs with --inspect",
        Some(true) | None => "q quits",
    };
    frame.render_widget(Paragraph::new(hint).style(Style::new().add_modifier(Modifier::DIM)), foot);
}

fn heading(view: &View<'_>) -> Paragraph<'static> {
    let bold = Style::new().add_modifier(Modifier::BOLD);
    let mut line = vec![Span::styled(format!("interlingua at {}", harmless(view.listen)), bold)];
    if let Some(now) = view.now {
        let of = |name| now.numbers.sum(name, &[]);
        let (streams, open) = (of("interlingua_open_streams"), of("interlingua_open_requests"));
        line.push(Span::raw(format!("   {streams:.0} streams, {open:.0} requests open")));
    }
    if let Some(problem) = view.problem {
        line.push(Span::styled(format!("   {}", harmless(problem)), Style::new().fg(Color::Red)));
    }
    Paragraph::new(Line::from(line))
}

fn totals(change: &Change<'_>) -> Vec<Line<'static>> {
    let tokens = |kind| change.rate(TOKENS, &[("kind", kind)]);
    let failed = change.rate(REQUESTS, &[("end", "failed")]);
    let mut times = format!(
        "requests {:.1}   failed {failed:.1}   sent again {:.1}   losses {:.1}",
        change.rate(REQUESTS, &[]),
        change.rate("interlingua_retries_total", &[]),
        change.rate("interlingua_losses_total", &[]),
    );
    for (what, name) in [
        ("first byte after", "interlingua_first_byte_seconds"),
        ("then one every", "interlingua_between_pieces_seconds"),
    ] {
        if let Some(time) = change.average(name, &[]) {
            let _ = write!(times, "   {what} {} ms", time.as_millis());
        }
    }
    let tokens = format!(
        "tokens in {:.0} (cached {:.0})   out {:.0} (reasoning {:.0})   kept replies found {:.1}",
        tokens("input"),
        tokens("cached"),
        tokens("output"),
        tokens("reasoning"),
        change.rate("interlingua_store_lookups_total", &[("result", "hit")]),
    );
    vec![Line::from(times), Line::from(tokens)]
}

/// One line for each window of a plan.
fn gauges(frame: &mut Frame<'_>, area: Rect, windows: &[Window], time: SystemTime) {
    let now = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs_f64();
    for (window, row) in windows.iter().zip(area.rows()) {
        let Window { upstream, name, used_percent, resets_at } = window;
        let name = format!("{} {}", harmless(upstream), harmless(name));
        let again = resets_at.map(|at| format!(", anew in {}", span((at - now).max(0.0)))).unwrap_or_default();
        let colour = if *used_percent >= 90.0 { Color::Red } else { Color::Green };
        let gauge = Gauge::default().ratio((used_percent / 100.0).clamp(0.0, 1.0)).gauge_style(Style::new().fg(colour));
        frame.render_widget(gauge.label(format!("{} {used_percent:.0} % used{again}", name.trim())), row);
    }
}

/// Seconds, as people say them.
fn span(seconds: f64) -> String {
    let minutes = seconds / 60.0;
    match minutes {
        minutes if minutes < 1.0 => format!("{seconds:.0} s"),
        minutes if minutes < 60.0 => format!("{minutes:.0} min"),
        minutes if minutes < 48.0 * 60.0 => format!("{:.0} h", minutes / 60.0),
        minutes => format!("{:.0} days", minutes / 60.0 / 24.0),
    }
}

/// The last requests, those that are under way first.
fn requests(exchanges: &[Exchange]) -> Table<'static> {
    let mut list: Vec<_> = exchanges.iter().filter(|exchange| exchange.client.is_some()).collect();
    list.sort_by_key(|exchange| exchange.end.is_some());
    let rows = list.into_iter().map(|exchange| {
        let Exchange { id, path, client, model, upstream, status, first_byte, bytes, end, took } = exchange;
        let text = |text: &Option<String>| harmless(text.as_deref().unwrap_or_default());
        let time = |time: &Option<f64>| time.map(|time| format!("{time:.1} s")).unwrap_or_default();
        let row = Row::new([
            harmless(id).chars().take(12).collect::<String>(),
            text(client),
            harmless(path),
            text(model),
            upstream.as_ref().map(|upstream| harmless(&upstream.name)).unwrap_or_default(),
            status.map(|status| status.to_string()).unwrap_or_default(),
            time(first_byte),
            format!("{} KiB", bytes.div_ceil(1024)),
            time(took),
            end.as_deref().map_or_else(|| "under way".to_owned(), harmless),
        ]);
        match end.as_deref() {
            None => row.style(Style::new().fg(Color::Green)),
            Some("failed") => row.style(Style::new().fg(Color::Red)),
            Some(_) => row,
        }
    });
    let widths = [
        Constraint::Length(12),
        Constraint::Length(9),
        Constraint::Length(20),
        Constraint::Min(12),
        Constraint::Min(12),
        Constraint::Length(6),
        Constraint::Length(8),
        Constraint::Length(12),
        Constraint::Length(8),
        Constraint::Length(12),
    ];
    let heads = ["id", "client", "path", "model", "upstream", "status", "first", "bytes", "took", "end"];
    Table::new(rows, widths).header(head(&heads)).block(Block::bordered().title(" the last requests "))
}

/// What each model is asked for.
fn models(change: &Change<'_>) -> Table<'static> {
    let models = change.now.values(REQUESTS, "model");
    let rows = models.into_iter().map(|model| {
        let labels = [("model", model.as_str())];
        let kind = |kind| change.rate(TOKENS, &[("model", model.as_str()), ("kind", kind)]);
        let failed = change.now.sum(REQUESTS, &[("model", model.as_str()), ("end", "failed")]);
        Row::new([
            format!("{:.0}", change.now.sum(REQUESTS, &labels)),
            format!("{failed:.0}"),
            format!("{:.1}", change.rate(REQUESTS, &labels)),
            format!("{:.0}", kind("input")),
            format!("{:.0}", kind("output")),
            harmless(&model),
        ])
    });
    let widths = [10, 8, 10, 10, 10].map(Constraint::Length).into_iter().chain([Constraint::Min(12)]);
    let heads = ["requests", "failed", "a second", "tokens in", "out", "model"];
    Table::new(rows.collect::<Vec<_>>(), widths.collect::<Vec<_>>())
        .header(head(&heads))
        .block(Block::bordered().title(" models "))
}

fn head(names: &[&'static str]) -> Row<'static> {
    Row::new(names.iter().map(|name| Cell::from(*name)).collect::<Vec<_>>())
        .style(Style::new().add_modifier(Modifier::BOLD))
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use ratatui::Terminal;
    use ratatui::backend::TestBackend;
    use serde_json::json;

    use super::super::numbers::Numbers;
    use super::*;

    fn shown(view: &View<'_>) -> String {
        let mut terminal = Terminal::new(TestBackend::new(140, 16)).unwrap();
        terminal.draw(|frame| draw(frame, view)).unwrap();
        let buffer = terminal.backend().buffer().clone();
        let lines = buffer.content().chunks(140);
        lines.map(|line| line.iter().map(ratatui::buffer::Cell::symbol).collect::<String>() + "\n").collect()
    }

    fn reading(page: &str, at: Instant, inspects: bool) -> Reading {
        let exchange = |id: &str, end: Option<&str>| {
            json!({"id": id, "path": "/v1/responses", "client": "responses", "model": "gpt-5.4\u{1b}[2J", "status": 200,
                   "upstream": {"name": "api.openai.com", "api": "chat"}, "first_byte": 0.25, "bytes": 2048, "end": end, "took": null})
        };
        let list = json!([exchange("req_done0000000", Some("whole")), exchange("req_open0000000", None)]);
        Reading {
            numbers: Numbers::read(page, at),
            windows: vec![Window {
                upstream: "codex".into(),
                name: "primary".into(),
                used_percent: 42.0,
                resets_at: Some(7200.0),
            }],
            exchanges: inspects.then(|| serde_json::from_value(list).unwrap()),
        }
    }

    #[test]
    fn the_screen_shows_streams_rates_and_windows() {
        let begin = Instant::now();
        let before = reading("interlingua_requests_total{model=\"m\",end=\"whole\"} 10", begin, true);
        let page = "interlingua_requests_total{model=\"m\",end=\"whole\"} 30\ninterlingua_open_streams 7\n\
                    interlingua_tokens_total{model=\"m\",kind=\"output\"} 100";
        let now = reading(page, begin + Duration::from_secs(2), true);
        let view = View {
            listen: "127.0.0.1:4141",
            before: Some(&before),
            now: Some(&now),
            problem: None,
            time: SystemTime::UNIX_EPOCH,
        };
        let screen = shown(&view);
        for words in [
            "7 streams, 0 requests open",
            "requests 10.0",
            "out 50",
            "codex primary 42 % used, anew in 2 h",
            "2 KiB",
            "api.openai.com",
        ] {
            assert!(screen.contains(words), "{words}\n{screen}");
        }
        assert!(
            screen.find("req_open").unwrap() < screen.find("req_done").unwrap(),
            "what is under way comes first\n{screen}"
        );
        assert!(!screen.contains('\u{1b}'), "nobody's words move the cursor");
    }

    #[test]
    fn without_the_inspector_models_are_shown_and_a_problem_is_told() {
        let now = reading("interlingua_requests_total{model=\"gpt-5.4\",end=\"failed\"} 3", Instant::now(), false);
        let view = View {
            listen: "h:1",
            before: None,
            now: Some(&now),
            problem: Some("no gateway answers at h:1"),
            time: SystemTime::UNIX_EPOCH,
        };
        let screen = shown(&view);
        for words in ["gpt-5.4", "--inspect", "no gateway answers at h:1"] {
            assert!(screen.contains(words), "{words}\n{screen}");
        }
    }
}
