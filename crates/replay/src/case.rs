//! One case of the fixtures: a request, and what came back.

use std::collections::BTreeMap;

use bytes::Bytes;
use interlingua_model::Api;
use serde::Deserialize;
use serde_json::Value;

/// A request and what came back, as `fixtures/README.md` describes it.
#[derive(Debug, Clone)]
pub struct Case {
    /// Api and behaviour: `responses/text`.
    pub name: String,
    /// The protocol.
    pub api: Api,
    /// One sentence: what to look at.
    pub shows: String,
    /// The body that asks for it.
    pub request: Value,
    /// The event stream it is answered with.
    pub stream: Option<CaseReply>,
    /// The whole reply it is answered with.
    pub whole: Option<CaseReply>,
    /// When it was captured, in milliseconds since 1970, where it is one of a session that was.
    pub captured: Option<u64>,
}

/// A recorded reply.
#[derive(Debug, Clone)]
pub struct CaseReply {
    /// The HTTP status.
    pub status: u16,
    /// The content type.
    pub content_type: String,
    /// Headers that matter beside it.
    pub headers: BTreeMap<String, String>,
    /// The bytes.
    pub body: Bytes,
}

/// Why a case cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CaseError {
    /// A file could not be read.
    #[error("cannot read {file}: {source}")]
    Unreadable {
        /// The file.
        file: String,
        /// Why not.
        source: std::io::Error,
    },
    /// A file is not what it should be.
    #[error("{file} of case {case}: {reason}")]
    Malformed {
        /// The case.
        case: String,
        /// The file.
        file: String,
        /// What is wrong with it.
        reason: String,
    },
    /// There is no case at all.
    #[error(
        "no case in {place}: expected folders chat/<case>, responses/<case> and messages/<case> with a case.toml in them"
    )]
    Empty {
        /// Where they were looked for.
        place: String,
    },
}

impl Case {
    /// Reads a case from its files, which `file` hands out by name.
    pub(crate) fn read(name: &str, mut file: impl FnMut(&str) -> Result<Bytes, CaseError>) -> Result<Self, CaseError> {
        let malformed =
            |file: &str, reason: String| CaseError::Malformed { case: name.to_owned(), file: file.to_owned(), reason };
        let text = String::from_utf8_lossy(&file("case.toml")?).into_owned();
        let about: About = toml::from_str(&text).map_err(|error| malformed("case.toml", error.to_string()))?;
        if about.schema != 1 {
            return Err(malformed("case.toml", format!("schema {} is not known, only 1", about.schema)));
        }
        let api = match name.split_once('/') {
            Some(("chat", _)) => Api::Chat,
            Some(("responses", _)) => Api::Responses,
            Some(("messages", _)) => Api::Messages,
            _ => return Err(malformed("case.toml", "the folder is none of chat, responses and messages".to_owned())),
        };
        let request = serde_json::from_slice(&file("request.json")?)
            .map_err(|error| malformed("request.json", error.to_string()))?;
        let mut reply = |about: Option<AboutReply>, usual: &str| {
            let Some(about) = about else { return Ok(None) };
            let body = file(about.file.as_deref().unwrap_or(usual))?;
            Ok(Some(CaseReply { status: about.status, content_type: about.content_type, headers: about.headers, body }))
        };
        let stream = reply(about.stream, "stream.sse")?;
        let whole = reply(about.response, "response.json")?;
        Ok(Self { name: name.to_owned(), api, shows: about.shows, request, stream, whole, captured: about.captured })
    }

    /// The reply to a request that does or does not ask for a stream: the other one where a case has only that.
    pub(crate) fn reply(&self, stream: bool) -> Option<&CaseReply> {
        if stream { self.stream.as_ref().or(self.whole.as_ref()) } else { self.whole.as_ref().or(self.stream.as_ref()) }
    }
}

/// The parts of `case.toml` that matter here.
#[derive(Deserialize)]
struct About {
    schema: u32,
    #[serde(default)]
    shows: String,
    captured: Option<u64>,
    stream: Option<AboutReply>,
    response: Option<AboutReply>,
}

#[derive(Deserialize)]
struct AboutReply {
    file: Option<String>,
    status: u16,
    #[serde(rename = "content-type")]
    content_type: String,
    #[serde(default)]
    headers: BTreeMap<String, String>,
}
