//! One HTTP exchange with an upstream.

use std::sync::LazyLock;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use regex::bytes::Regex;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// For the whole exchange: long reasoning takes minutes.
const TIMEOUT: Duration = Duration::from_secs(600);
/// More than this is no fixture.
const MAX_BYTES: usize = 16 << 20;

/// Headers that a reader of a reply acts on, by the beginning of their names.
const KEPT_HEADERS: [&str; 3] = ["retry-after", "x-ratelimit-", "x-codex-"];
const REQUEST_ID_HEADER: &str = "x-request-id";

/// What an upstream answered.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(super) content_type: String,
    /// Those of [`KEPT_HEADERS`], sorted by name.
    pub(super) headers: Vec<(String, String)>,
    pub(super) request_id: Option<String>,
    pub(crate) bytes: Vec<u8>,
}

impl Reply {
    pub(super) fn is_event_stream(&self) -> bool {
        self.content_type.to_ascii_lowercase().starts_with("text/event-stream")
    }

    /// The name of the file for these bytes: one that tells the truth about them.
    pub(super) fn file(&self) -> &'static str {
        let content_type = self.content_type.to_ascii_lowercase();
        if self.is_event_stream() {
            "stream.sse"
        } else if serde_json::from_slice::<serde_json::Value>(&self.bytes).is_ok() {
            "response.json"
        } else if content_type.starts_with("text/html") {
            "response.html"
        } else {
            "response.txt"
        }
    }

    /// The first `model` that the reply names.
    pub(super) fn model(&self) -> Option<String> {
        #[expect(clippy::expect_used, reason = "the pattern is a constant and a test uses it")]
        static MODEL: LazyLock<Regex> =
            LazyLock::new(|| Regex::new(r#"(?-u)"model"\s*:\s*"([^"\\]+)""#).expect("a valid pattern"));
        let found = MODEL.captures(&self.bytes)?.get(1)?;
        String::from_utf8(found.as_bytes().to_vec()).ok()
    }
}

/// What follows the base URL.
pub(super) fn endpoint(protocol: &str) -> &'static str {
    match protocol {
        "chat" => "/chat/completions",
        "messages" => "/messages",
        _ => "/responses",
    }
}

pub(super) fn url(base_url: &str, protocol: &str) -> String {
    format!("{}{}", base_url.trim_end_matches('/'), endpoint(protocol))
}

/// The host of a URL, or all of it where it has none.
pub(super) fn host(base_url: &str) -> String {
    let host = reqwest::Url::parse(base_url).ok().and_then(|url| url.host_str().map(str::to_owned));
    host.unwrap_or_else(|| base_url.to_owned())
}

/// Sends `body` and reads the reply to its end.
pub(crate) fn send(url: &str, key: Option<&str>, body: &str) -> Result<Reply> {
    // Fails only where a provider is installed already, which does as well.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().context("cannot start the runtime")?;
    runtime.block_on(exchange(url, key, body)).with_context(|| format!("no reply from {url}"))
}

async fn exchange(url: &str, key: Option<&str>, body: &str) -> Result<Reply> {
    let client = reqwest::Client::builder().connect_timeout(CONNECT_TIMEOUT).timeout(TIMEOUT).build()?;
    let mut request = client.post(url).header("content-type", "application/json").body(body.to_owned());
    if let Some(key) = key {
        request = request.bearer_auth(key);
    }
    let mut response = request.send().await?;
    let headers: Vec<(String, String)> = response
        .headers()
        .iter()
        .map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
        .collect();
    let status = response.status().as_u16();
    let mut bytes = Vec::new();
    // Not `bytes()`: a connection that breaks is worth keeping too, as far as it came.
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) => bytes.extend_from_slice(&chunk),
            Ok(None) => break,
            Err(error) if error.is_timeout() || bytes.is_empty() => return Err(error.into()),
            Err(_) => break,
        }
        if bytes.len() > MAX_BYTES {
            bail!("the reply is over {MAX_BYTES} bytes, too much for a fixture");
        }
    }
    Ok(reply(status, headers, bytes))
}

fn reply(status: u16, headers: Vec<(String, String)>, bytes: Vec<u8>) -> Reply {
    let header = |wanted: &str| headers.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.clone());
    let content_type = header("content-type").unwrap_or_default();
    let request_id = header(REQUEST_ID_HEADER);
    let mut kept = headers;
    kept.retain(|(name, _)| KEPT_HEADERS.iter().any(|start| name.starts_with(start)));
    kept.sort();
    Reply { status, content_type, headers: kept, request_id, bytes }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_base_url_gets_the_path_of_its_protocol() {
        assert_eq!(url("http://127.0.0.1:1/v1/", "chat"), "http://127.0.0.1:1/v1/chat/completions");
        assert_eq!(url("https://api.openai.com/v1", "responses"), "https://api.openai.com/v1/responses");
        assert_eq!(host("https://api.openai.com/v1"), "api.openai.com");
    }

    #[test]
    fn the_file_is_named_for_its_bytes() {
        let named = |content_type: &str, bytes: &[u8]| {
            reply(200, vec![("content-type".to_owned(), content_type.to_owned())], bytes.to_vec()).file()
        };
        assert_eq!(named("text/event-stream; charset=utf-8", b"data: 1\n\n"), "stream.sse");
        assert_eq!(named("text/plain", b"{}"), "response.json");
        assert_eq!(named("text/html", b"<html>"), "response.html");
        assert_eq!(named("application/json", b""), "response.txt");
    }

    #[test]
    fn the_model_is_the_one_the_reply_names() {
        let stream = reply(
            200,
            Vec::new(),
            b"data: {\"id\":\"a\",\"model\": \"m-1\"}\n\ndata: {\"model\":\"m-2\"}\n\n".to_vec(),
        );
        assert_eq!(stream.model().as_deref(), Some("m-1"));
        assert_eq!(reply(200, Vec::new(), b"{}".to_vec()).model(), None);
    }
}
