//! The page: what is asked of all rows first, then each group with its chart and its table.

use std::fmt::Write as _;

use super::chart;
use super::number::number;
use super::rows::{Group, Row};

/// Writes the page.
pub(super) fn write(groups: &[Group], machine: &[String]) -> String {
    let mut page = String::from(
        "# Performance\n\n\
         Written by `cargo xtask bench`; do not edit it by hand.\n\
         All rows of a group were measured in one run, in turns, and the median counts: trust the ratios, not the times.\n\n",
    );
    for line in machine {
        let _ = writeln!(page, "- {line}");
    }
    summary(&mut page, groups);
    for group in groups {
        section(&mut page, group);
    }
    page
}

/// What is asked, and how far it is reached.
fn summary(page: &mut String, groups: &[Group]) {
    let asked = groups.iter().flat_map(|group| group.rows.iter().map(move |row| (group, row)));
    let asked: Vec<_> = asked.filter_map(|(group, row)| Some((group, row, row.holds()?))).collect();
    if asked.is_empty() {
        return;
    }
    page.push_str("\n## What is asked\n\n| | measured | must | aim | |\n|---|--:|--:|--:|---|\n");
    for (group, row, holds) in asked {
        let Row { name, unit, value, must, aim, note } = row;
        let verdict = match (holds, note) {
            (true, None) => "reached".to_owned(),
            (true, Some(note)) => format!("reached: {note}"),
            (false, None) => "**missed**".to_owned(),
            (false, Some(note)) => format!("**missed**: {note}"),
        };
        let (value, must, aim) = (number(*value), limit(*must), limit(*aim));
        let _ = writeln!(page, "| {}: {name}, {unit} | {value} | {must} | {aim} | {verdict} |", group.name);
    }
}

fn section(page: &mut String, group: &Group) {
    let Group { name, about, rows } = group;
    let _ = writeln!(page, "\n## {name}\n");
    for sentence in about {
        let _ = writeln!(page, "{sentence}");
    }
    if let Some(chart) = chart::of(group) {
        let _ = writeln!(page, "\n![{name}: {}](images/{})", chart.unit, chart.file);
    }
    page.push_str("\n| | | unit | must | aim |\n|---|--:|---|--:|--:|\n");
    for Row { name, unit, value, must, aim, note: _ } in rows {
        let _ = writeln!(page, "| {name} | {} | {unit} | {} | {} |", number(*value), limit(*must), limit(*aim));
    }
}

fn limit(value: Option<f64>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missed_stands_first_with_its_reason() {
        let missed = Row {
            name: "ours".to_owned(),
            unit: "x the scan".to_owned(),
            value: 7.25,
            must: Some(6.0),
            aim: Some(4.0),
            note: Some("half of it is UTF-8".to_owned()),
        };
        let group =
            Group { name: "framing".to_owned(), about: vec!["Bytes to events.".to_owned()], rows: vec![missed] };
        let page = write(&[group], &["two cores".to_owned()]);
        assert!(page.contains("- two cores\n"), "{page}");
        let row = "| framing: ours, x the scan | 7.25 | 6 | 4 | **missed**: half of it is UTF-8 |\n";
        let (asked, section) = (page.find(row).unwrap(), page.find("\n## framing\n").unwrap());
        assert!(asked < section, "{page}");
        assert!(page.contains("| ours | 7.25 | x the scan | 6 | 4 |\n"), "{page}");
    }

    #[test]
    fn a_number_has_three_digits() {
        let written: Vec<_> = [0.0, 0.0123, 0.5, 12.34, 1234.5].into_iter().map(number).collect();
        assert_eq!(written, ["0", "0.012", "0.50", "12.3", "1234"]);
    }
}
