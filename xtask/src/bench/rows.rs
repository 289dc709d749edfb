//! Rows as measurements leave them, gathered into groups.

use std::fs;

use anyhow::{Context as _, Result};
use serde::Deserialize;

use crate::project::{Project, has_extension};

/// What is measured together: rows of one group were measured in one run, so their ratios count.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Group {
    pub(super) name: String,
    /// What is measured, in sentences.
    pub(super) about: Vec<String>,
    pub(super) rows: Vec<Row>,
}

/// One line of a file of rows: a value, or a sentence about its group.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    group: String,
    about: Option<String>,
    row: Option<String>,
    unit: Option<String>,
    value: Option<f64>,
    must: Option<f64>,
    aim: Option<f64>,
    note: Option<String>,
}

#[derive(Debug, PartialEq)]
pub(super) struct Row {
    pub(super) name: String,
    pub(super) unit: String,
    pub(super) value: f64,
    /// What it has to reach, where anything is asked of it.
    pub(super) must: Option<f64>,
    /// What would be better still.
    pub(super) aim: Option<f64>,
    /// What there is to say of it: the reason where it does not reach what it must.
    pub(super) note: Option<String>,
}

impl Row {
    /// Whether it reaches what it must; `None` where nothing is asked. Which way is better the aim says: without one, less is.
    pub(super) fn holds(&self) -> Option<bool> {
        let must = self.must?;
        let is_more_better = self.aim.is_some_and(|aim| aim > must);
        Some(if is_more_better { self.value >= must } else { self.value <= must })
    }
}

/// The groups of all files of a folder, in the order of the files and of their lines.
pub(super) fn read(project: &Project, folder: &str) -> Result<Vec<Group>> {
    // `Project::files` leaves out what is built, and rows are.
    let folder_path = project.path(folder);
    let entries = fs::read_dir(&folder_path).with_context(|| format!("cannot list {folder}"))?;
    let mut names = Vec::new();
    for entry in entries {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if has_extension(&name, "jsonl") {
            names.push(name);
        }
    }
    names.sort();
    let mut groups = Vec::new();
    for name in names {
        let text = project.read(&format!("{folder}/{name}"))?;
        gather(&text, &mut groups).with_context(|| format!("{folder}/{name}"))?;
    }
    Ok(groups)
}

fn gather(text: &str, groups: &mut Vec<Group>) -> Result<()> {
    for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let line: Line = serde_json::from_str(line).with_context(|| format!("line {}", number + 1))?;
        let Line { group: name, about, row, unit, value, must, aim, note } = line;
        let at = groups.iter().position(|group| group.name == name).unwrap_or_else(|| {
            groups.push(Group { name, ..Group::default() });
            groups.len() - 1
        });
        let Some(group) = groups.get_mut(at) else { continue };
        group.about.extend(about);
        match (row, unit, value) {
            (Some(name), Some(unit), Some(value)) => group.rows.push(Row { name, unit, value, must, aim, note }),
            (None, None, None) => {}
            _ => anyhow::bail!("line {}: a row has a `row`, a `unit` and a `value`", number + 1),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(value: f64, must: Option<f64>, aim: Option<f64>) -> Row {
        Row { name: "r".to_owned(), unit: "x".to_owned(), value, must, aim, note: None }
    }

    #[test]
    fn which_way_is_better_the_aim_says() {
        assert_eq!(row(7.5, Some(7.0), Some(15.0)).holds(), Some(true));
        assert_eq!(row(6.5, Some(7.0), Some(15.0)).holds(), Some(false));
        assert_eq!(row(0.2, Some(0.3), Some(0.05)).holds(), Some(true));
        assert_eq!(row(9.0, Some(8.0), None).holds(), Some(false));
        assert_eq!(row(9.0, None, None).holds(), None);
    }

    #[test]
    fn rows_of_one_group_are_gathered_whatever_file_they_stand_in() {
        let mut groups = Vec::new();
        gather(
            "{\"group\":\"a\",\"about\":\"It is.\"}\n{\"group\":\"b\",\"row\":\"r\",\"unit\":\"x\",\"value\":1}\n",
            &mut groups,
        )
        .unwrap();
        gather("\n{\"group\":\"a\",\"row\":\"s\",\"unit\":\"x\",\"value\":2.5,\"must\":3}", &mut groups).unwrap();
        let names: Vec<_> = groups.iter().map(|group| (group.name.as_str(), group.rows.len())).collect();
        assert_eq!(names, [("a", 1), ("b", 1)]);
        assert_eq!(groups.first().map(|group| group.about.clone()), Some(vec!["It is.".to_owned()]));
    }

    #[test]
    fn half_a_row_and_an_unknown_key_are_told_by_their_line() {
        for (text, words) in [
            ("{\"group\":\"a\",\"row\":\"r\",\"value\":1}", "line 1: a row has"),
            ("\n{\"group\":\"a\",\"vlaue\":1}", "line 2"),
        ] {
            let error = format!("{:#}", gather(text, &mut Vec::new()).unwrap_err());
            assert!(error.contains(words), "{error}");
        }
    }
}
