//! `case.toml`: what a fixture shows and where its bytes come from.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};
use ring::digest::{SHA256, digest};
use serde::Deserialize;
use toml_edit::Datetime;

use crate::project::Project;

/// The folder of all fixtures.
pub(crate) const FIXTURES: &str = "fixtures";
/// The protocols that have cases: folders of [`FIXTURES`].
pub(crate) const PROTOCOLS: [&str; 3] = ["chat", "responses", "messages"];
/// The name of the file this module reads.
pub(crate) const CASE_FILE: &str = "case.toml";
/// The request of a case.
pub(crate) const REQUEST_FILE: &str = "request.json";
/// Fields of a request that say how the reply is sent and not what it answers.
pub(crate) const DELIVERY: [&str; 2] = ["stream", "stream_options"];
/// The sections of a case that describe a file of recorded bytes, with the file's usual name.
pub(crate) const PARTS: [(&str, &str); 2] = [("stream", "stream.sse"), ("response", "response.json")];

/// A fixture's description.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Case {
    /// The version of this format.
    pub(crate) schema: u32,
    /// What the case is there to show, in a sentence.
    pub(crate) shows: String,
    pub(crate) origin: Origin,
    /// Why the case is not recorded.
    pub(crate) why: Option<String>,
    /// Method and path.
    pub(crate) endpoint: String,
    /// Whose bytes they are; for a handmade case, whose habits they follow.
    pub(crate) upstream: String,
    pub(crate) model: String,
    /// The day of the recording, in UTC.
    pub(crate) recorded: Option<Datetime>,
    /// The same prompt over the other protocol, as `protocol/case`.
    pub(crate) twin: Option<String>,
    pub(crate) stream: Option<Part>,
    pub(crate) response: Option<Part>,
    /// Bytes that were replaced by others of the same length.
    #[serde(default)]
    pub(crate) redacted: Vec<Redaction>,
}

/// Where a case's bytes come from.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Origin {
    /// From a real implementation, by `cargo xtask record`.
    Recorded,
    /// From the text of a specification.
    Spec,
    /// Written for the purpose; `why` says what for.
    Handmade,
}

impl Origin {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Recorded => "recorded",
            Self::Spec => "spec",
            Self::Handmade => "handmade",
        }
    }
}

/// One recorded body.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Part {
    /// The file, where it is not the usual one of [`PARTS`].
    pub(crate) file: Option<String>,
    pub(crate) status: u16,
    pub(crate) content_type: Option<String>,
    /// How the reply ends, in a reader's words.
    pub(crate) ends: Option<Ending>,
    /// Of the file's exact bytes, in hexadecimal.
    pub(crate) sha256: String,
    /// Other headers that a reader of the reply acts on.
    #[serde(default)]
    pub(crate) headers: BTreeMap<String, String>,
}

/// How a reply ends.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Ending {
    Completed,
    Incomplete,
    Failed,
    Truncated,
}

impl Ending {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::Incomplete => "incomplete",
            Self::Failed => "failed",
            Self::Truncated => "truncated",
        }
    }
}

/// A note of bytes that were replaced.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Redaction {
    pub(crate) file: String,
    /// What was replaced.
    pub(crate) what: String,
}

impl Case {
    /// Reads the text of a `case.toml`.
    pub(crate) fn parse(text: &str) -> Result<Self> {
        Ok(toml_edit::de::from_str(text)?)
    }

    /// The recorded bodies that the case has: section, file, description.
    pub(crate) fn parts(&self) -> impl Iterator<Item = (&'static str, &str, &Part)> {
        let [(stream, stream_file), (response, response_file)] = PARTS;
        let stream = self.stream.as_ref().map(|part| (stream, part.file.as_deref().unwrap_or(stream_file), part));
        let response =
            self.response.as_ref().map(|part| (response, part.file.as_deref().unwrap_or(response_file), part));
        stream.into_iter().chain(response)
    }
}

/// The names of all cases, as `protocol/case`, sorted: the folders that have a `case.toml`.
pub(crate) fn names(project: &Project) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for protocol in PROTOCOLS {
        for file in project.files(&format!("{FIXTURES}/{protocol}"))? {
            let name = file.strip_prefix(FIXTURES).and_then(|rest| rest.strip_prefix('/')).and_then(|rest| {
                let folder = rest.strip_suffix(CASE_FILE)?.strip_suffix('/')?;
                (folder.split('/').count() == 2).then_some(folder)
            });
            names.extend(name.map(str::to_owned));
        }
    }
    Ok(names)
}

/// The path of a file of a case, from the project's root.
pub(crate) fn path(name: &str, file: &str) -> String {
    format!("{FIXTURES}/{name}/{file}")
}

/// Reads the description of the case `name`.
pub(crate) fn read(project: &Project, name: &str) -> Result<Case> {
    let path = path(name, CASE_FILE);
    Case::parse(&project.read(&path)?).with_context(|| format!("{path} is not a case description"))
}

/// The SHA-256 of `bytes`, in lower-case hexadecimal.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    digest(&SHA256, bytes).as_ref().iter().fold(String::with_capacity(64), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sha256_is_the_published_one() {
        assert_eq!(sha256(b"abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }

    #[test]
    fn every_case_of_the_project_parses() {
        let project = Project::here();
        let names = names(&project).unwrap();
        assert!(names.contains(&"responses/text".to_owned()), "{names:?}");
        for name in names {
            read(&project, &name).unwrap();
        }
    }

    #[test]
    fn a_misspelt_key_is_an_error() {
        let text = "schema = 1\nshows = \"x\"\norigin = \"handmade\"\nwhyy = \"y\"\nendpoint = \"e\"\nupstream = \"u\"\nmodel = \"m\"\n";
        assert!(Case::parse(text).unwrap_err().to_string().contains("whyy"));
        assert!(Case::parse(&text.replace("whyy", "why")).is_ok());
    }
}
