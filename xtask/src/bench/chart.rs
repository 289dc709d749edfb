//! A chart of a group: a bar for each row, and marks at what it must reach and at what it aims for.
//!
//! Written as SVG by hand: bars and words are all there is, and a library that draws them brings more than they are.

use std::fmt::Write as _;

use super::number::number;
use super::rows::{Group, Row};

/// A drawing, and the file it belongs in.
pub(super) struct Chart {
    pub(super) file: String,
    pub(super) unit: String,
    pub(super) svg: String,
}

const WIDTH: f64 = 860.0;
/// Where the bars begin, behind their names.
const LEFT: f64 = 390.0;
/// Room for the value behind the longest bar.
const RIGHT: f64 = 70.0;
const TOP: f64 = 34.0;
const STEP: f64 = 24.0;
const BAR: f64 = 16.0;

/// The chart of the unit that most rows of a group have; `None` where there is nothing to compare.
pub(super) fn of(group: &Group) -> Option<Chart> {
    let count = |unit: &str| group.rows.iter().filter(|row| row.unit == unit).count();
    let mut unit = group.rows.first()?.unit.as_str();
    for row in &group.rows {
        if count(&row.unit) > count(unit) {
            unit = &row.unit;
        }
    }
    let rows: Vec<_> = group.rows.iter().filter(|row| row.unit == unit).collect();
    if rows.len() < 2 {
        return None;
    }
    Some(Chart {
        file: format!("performance-{}.svg", slug(&group.name)),
        unit: unit.to_owned(),
        svg: draw(unit, &rows),
    })
}

fn draw(unit: &str, rows: &[&Row]) -> String {
    let most = rows.iter().flat_map(|row| [Some(row.value), row.must, row.aim]).flatten().fold(0.0, f64::max);
    let scale = (WIDTH - LEFT - RIGHT) / if most > 0.0 { most } else { 1.0 };
    let mut height = TOP;
    let mut bars = String::new();
    for Row { name, unit: _, value, must, aim, note: _ } in rows.iter().copied() {
        let (middle, length) = (height + STEP / 2.0, value * scale);
        let (top, words) = (middle - BAR / 2.0, middle + 4.0);
        let colour = if must.is_some() || aim.is_some() { "#2f6f9f" } else { "#9aa7b2" };
        let _ = writeln!(
            bars,
            r#"<text x="{:.0}" y="{words:.0}" text-anchor="end">{}</text><rect x="{LEFT}" y="{top:.0}" width="{length:.1}" height="{BAR}" fill="{colour}"/><text x="{:.1}" y="{words:.0}">{}</text>"#,
            LEFT - 8.0,
            escaped(name),
            LEFT + length + 6.0,
            number(*value),
        );
        for (limit, colour) in [(must, "#c0392b"), (aim, "#27823b")] {
            if let Some(limit) = limit {
                let x = LEFT + limit * scale;
                let _ = writeln!(
                    bars,
                    r#"<line x1="{x:.1}" x2="{x:.1}" y1="{height:.0}" y2="{:.0}" stroke="{colour}" stroke-width="2"/>"#,
                    height + STEP,
                );
            }
        }
        height += STEP;
    }
    height += 8.0;
    format!(
        r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="sans-serif" font-size="12" fill="#24292f">
<rect width="100%" height="100%" fill="#ffffff"/>
<text x="{LEFT}" y="20" font-weight="bold">{}</text>
<text x="{:.0}" y="20" text-anchor="end"><tspan fill="#c0392b">| must</tspan> <tspan fill="#27823b">| aim</tspan></text>
{bars}</svg>
"##,
        escaped(unit),
        WIDTH - 8.0,
    )
}

/// A name as part of a file's: letters and digits, and a dash for whatever stands between.
fn slug(name: &str) -> String {
    let words = name.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_ascii_lowercase).collect::<Vec<_>>().join("-")
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(name: &str, unit: &str, value: f64) -> Row {
        Row { name: name.to_owned(), unit: unit.to_owned(), value, must: None, aim: None, note: None }
    }

    #[test]
    fn bars_are_as_long_as_their_values() {
        let rows = vec![row("a<b", "x", 2.0), row("b", "x", 4.0), row("c", "allocations", 9.0)];
        let chart = of(&Group { name: "50 messages, 10 tools".to_owned(), about: Vec::new(), rows }).unwrap();
        assert_eq!((chart.file.as_str(), chart.unit.as_str()), ("performance-50-messages-10-tools.svg", "x"));
        assert!(chart.svg.contains(r#"width="200.0""#) && chart.svg.contains(r#"width="400.0""#), "{}", chart.svg);
        assert!(chart.svg.contains("a&lt;b"), "{}", chart.svg);
    }

    #[test]
    fn one_row_is_no_chart() {
        assert!(of(&Group { rows: vec![row("a", "x", 1.0), row("b", "y", 1.0)], ..Group::default() }).is_none());
    }
}
