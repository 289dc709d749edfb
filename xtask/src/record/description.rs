//! Writes the `case.toml` of a recording, or a second reply into one that is there.

use std::time::SystemTime;

use anyhow::Result;
use toml_edit::{ArrayOfTables, Date, Datetime, DocumentMut, Item, Table, value};

use super::exchange::Reply;
use crate::case::{self, Origin, PARTS};

/// A reply that is about to become a part of a case.
#[derive(Debug)]
pub(super) struct Recording<'a> {
    /// What the caller says the case shows; otherwise what it said before, or `words`.
    pub(super) shows: Option<&'a str>,
    /// The words of the case's name.
    pub(super) words: String,
    pub(super) endpoint: String,
    pub(super) upstream: String,
    pub(super) model: String,
    pub(super) file: &'static str,
    pub(super) reply: &'a Reply,
    pub(super) redacted: Option<&'static str>,
}

impl Recording<'_> {
    /// The description `old` (empty for a new case) with this reply in it.
    pub(super) fn describe(&self, old: &str) -> Result<String> {
        let mut document: DocumentMut = old.parse()?;
        document.remove("why");
        document.insert("schema", value(1));
        if self.shows.is_some() || !document.contains_key("shows") {
            document.insert("shows", value(self.shows.map_or_else(|| format!("{}.", self.words), str::to_owned)));
        }
        document.insert("origin", value(Origin::Recorded.name()));
        document.insert("endpoint", value(&self.endpoint));
        document.insert("upstream", value(&self.upstream));
        document.insert("model", value(&self.model));
        document.insert("recorded", value(today()?));
        let [(stream, stream_file), (response, response_file)] = PARTS;
        let (section, usual_file) =
            if self.file == stream_file { (stream, stream_file) } else { (response, response_file) };
        document.insert(section, Item::Table(self.part(usual_file)));
        self.note_redaction(&mut document);
        Ok(document.to_string())
    }

    fn part(&self, usual_file: &str) -> Table {
        let mut part = Table::new();
        if self.file != usual_file {
            part.insert("file", value(self.file));
        }
        part.insert("status", value(i64::from(self.reply.status)));
        if !self.reply.content_type.is_empty() {
            part.insert("content-type", value(&self.reply.content_type));
        }
        part.insert("sha256", value(case::sha256(&self.reply.bytes)));
        if !self.reply.headers.is_empty() {
            let headers = self.reply.headers.iter().map(|(name, text)| (name.as_str(), value(text)));
            part.insert("headers", Item::Table(headers.collect()));
        }
        part
    }

    /// Replaces what was said of this file before.
    fn note_redaction(&self, document: &mut DocumentMut) {
        let mut entries = ArrayOfTables::new();
        if let Some(Item::ArrayOfTables(old)) = document.remove("redacted") {
            let others = old.into_iter().filter(|entry| entry.get("file").and_then(Item::as_str) != Some(self.file));
            others.for_each(|entry| entries.push(entry));
        }
        if let Some(what) = self.redacted {
            entries.push([("file", value(self.file)), ("what", value(what))].into_iter().collect());
        }
        if !entries.is_empty() {
            document.insert("redacted", Item::ArrayOfTables(entries));
        }
    }
}

/// The day, in UTC.
fn today() -> Result<Datetime> {
    let now = humantime::format_rfc3339_seconds(SystemTime::now()).to_string();
    let date: Date = now.split('T').next().unwrap_or_default().parse::<Datetime>()?.date.unwrap_or(Date {
        year: 1970,
        month: 1,
        day: 1,
    });
    Ok(Datetime { date: Some(date), time: None, offset: None })
}
