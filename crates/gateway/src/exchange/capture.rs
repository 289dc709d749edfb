//! `--capture`: each exchange as a case in the format of the fixtures, without what is secret.

use std::collections::VecDeque;
use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use http::Method;
use interlingua_executor::Scrubber;
use interlingua_translate::Upstream;
use serde_json::{Value, json};
use tokio::sync::Semaphore;

use super::{Asked, Attempt, Exchange, Side, State};

/// How many exchanges a folder holds; the oldest of this process go first.
const EXCHANGES: usize = 1_000;

/// How many bytes they may take together.
const BYTES: u64 = 512 * 1024 * 1024;

/// How many exchanges are written at a time.
const AT_A_TIME: usize = 2;

/// Writes exchanges into a folder.
#[derive(Debug)]
pub(crate) struct Capture {
    folder: PathBuf,
    written: Mutex<Written>,
    /// Whose turn it is to be written. The others wait packed as they are: written out, an exchange takes many times as much.
    turns: Semaphore,
}

#[derive(Debug, Default)]
struct Written {
    cases: VecDeque<(PathBuf, u64)>,
    bytes: u64,
}

impl Capture {
    /// Captures into this folder, which is made if it is not there, for its owner alone.
    pub(crate) fn into_folder(folder: &Path) -> io::Result<Self> {
        private_folder(folder)?;
        Ok(Self { folder: folder.to_owned(), written: Mutex::default(), turns: Semaphore::new(AT_A_TIME) })
    }

    /// Writes an exchange, as far as it has come, and returns where. What cannot be written is told in the log as well.
    pub(crate) async fn write(self: &Arc<Self>, exchange: &Arc<Exchange>) -> Result<String, String> {
        let (capture, exchange) = (Arc::clone(self), Arc::clone(exchange));
        // Nobody closes it, so there is a turn for everybody.
        let _turn = self.turns.acquire().await;
        let written = tokio::task::spawn_blocking(move || {
            exchange.examine(|state| Case::of(&exchange, state)).map(|case| capture.put(&case))
        });
        match written.await {
            Ok(None) => Err("the upstream was asked nothing, so there is nothing to write".to_owned()),
            Ok(Some(Ok(place))) => Ok(place.display().to_string()),
            Ok(Some(Err(error))) => {
                tracing::warn!(%error, "an exchange cannot be captured");
                Err(error.to_string())
            }
            Err(error) => Err(error.to_string()),
        }
    }

    fn put(&self, case: &Case) -> io::Result<PathBuf> {
        let place = self.folder.join(case.api).join(&case.name);
        private_folder(&place)?;
        let mut bytes = 0;
        for (name, content) in &case.files {
            fs::write(place.join(name), content)?;
            bytes += content.len() as u64;
        }
        let old = {
            let mut written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
            // Written again, it is the newest.
            if let Some(known) = written.cases.iter().position(|(known, _)| *known == place) {
                let size = written.cases.remove(known).map_or(0, |(_, bytes)| bytes);
                written.bytes -= size;
            }
            written.cases.push_back((place.clone(), bytes));
            written.bytes += bytes;
            let mut old = Vec::new();
            while written.cases.len() > EXCHANGES || written.bytes > BYTES {
                let Some((place, bytes)) = written.cases.pop_front() else { break };
                written.bytes -= bytes;
                old.push(place);
            }
            old
        };
        old.iter().try_for_each(fs::remove_dir_all)?;
        Ok(place)
    }
}

/// A folder that only its owner can look into, where the system knows such a thing.
fn private_folder(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// One exchange as files.
#[derive(Debug)]
struct Case {
    api: &'static str,
    name: String,
    files: Vec<(&'static str, Vec<u8>)>,
}

impl Case {
    /// The last request that an API of the upstream was asked, its reply, and what the client had of it. None where the
    /// upstream was asked nothing.
    fn of(exchange: &Exchange, state: &State) -> Option<Self> {
        let (upstream, api) = state.upstream.as_ref()?;
        // What is asked beside an answer, how many tokens there are for instance, would be taken for one.
        let answers = Upstream::usual(*api).path();
        let is_asked = |attempt: &Attempt| {
            let path = attempt.path.split('?').next().unwrap_or_default();
            attempt.method == Method::POST && path.ends_with(answers)
        };
        let number = state.attempts.iter().rposition(is_asked)?;
        let attempt = state.attempts.get(number)?;
        let secrets = &state.secrets;
        let reply = state.recording.side(Side::Upstream(u16::try_from(number).unwrap_or(u16::MAX)));
        let (part, file) = attempt.reply_file();
        let millis = exchange.head.at.duration_since(std::time::UNIX_EPOCH).unwrap_or_default().as_millis();
        let date = httpdate::HttpDate::from(exchange.head.at).to_string();
        let model = state.asked.as_ref().map(|asked| asked.model.as_str()).unwrap_or_default();
        let shows = state.failure.as_ref().map_or_else(
            || "An exchange as it happened.".to_owned(),
            |failure| format!("It failed: {}", secrets.text(&failure.message)),
        );
        let mut about = format!("# Captured at {date}.\nschema = 1\n");
        let mut put = |key: &str, value: &str| {
            let _ = writeln!(about, "{key} = {}", Value::from(value));
        };
        put("shows", &shows);
        put("origin", "recorded");
        put("endpoint", &format!("POST {}", attempt.path));
        put("upstream", upstream);
        put("model", model);
        let _ = writeln!(about, "captured = {millis}");
        if let Some(status) = attempt.status {
            let _ = write!(about, "\n[{part}]\nstatus = {}\n", status.as_u16());
            let _ = writeln!(about, "content-type = {}", Value::from(attempt.content_type()));
            if file != usual_file(part) {
                let _ = writeln!(about, "file = {}", Value::from(file));
            }
        }
        let mut files = vec![
            ("case.toml", about.into_bytes()),
            ("request.json", hidden(secrets, &attempt.body)),
            ("exchange.json", serde_json::to_vec_pretty(&told(exchange, state)).unwrap_or_default()),
        ];
        if attempt.status.is_some() {
            files.push((file, hidden(secrets, &reply)));
        }
        if let Some(Asked { body, .. }) = &state.asked {
            files.push(("client-request.json", hidden(secrets, body)));
        }
        let client = state.recording.side(Side::Client);
        let client_file = if client.starts_with(b"{") { "client-reply.json" } else { "client-reply.sse" };
        files.push((client_file, hidden(secrets, &client)));
        let id = exchange.head.id.trim_start_matches("req_").get(..8).unwrap_or_default();
        Some(Self { api: api.name(), name: format!("{millis}-{id}"), files })
    }
}

fn usual_file(part: &str) -> &'static str {
    if part == "stream" { "stream.sse" } else { "response.json" }
}

impl Attempt {
    fn content_type(&self) -> &str {
        let named = self.reply_headers.iter().find(|(name, _)| name == "content-type");
        named.map(|(_, value)| value.as_str()).unwrap_or_default()
    }

    /// What a case calls the reply, and its file: named for what is inside.
    fn reply_file(&self) -> (&'static str, &'static str) {
        let kind = self.content_type();
        if kind.starts_with("text/event-stream") {
            ("stream", "stream.sse")
        } else if kind.contains("json") {
            ("response", "response.json")
        } else if kind.contains("html") {
            ("response", "response.html")
        } else {
            ("response", "response.txt")
        }
    }
}

/// Bytes without what is secret: a document by its values, anything else as text.
pub(crate) fn hidden(secrets: &Scrubber, bytes: &[u8]) -> Vec<u8> {
    let bytes = secrets.body(bytes).into_owned();
    match std::str::from_utf8(&bytes) {
        // A stream is no document: a secret in its events is found as it is spelled.
        Ok(text) => secrets.text(text).into_owned().into_bytes(),
        Err(_) => bytes,
    }
}

/// What is told of an exchange beside its bytes: who, when, how long, what was lost, and when what passed.
pub(crate) fn told(exchange: &Exchange, state: &State) -> Value {
    let text = |text: &str| state.secrets.text(text).into_owned();
    let pairs = |list: &[(String, String)]| -> Value {
        list.iter()
            .map(|(name, value)| (name.clone(), Value::from(text(value))))
            .collect::<serde_json::Map<_, _>>()
            .into()
    };
    let mut told = in_short(exchange, state);
    if let Value::Object(told) = &mut told {
        let attempts = state.attempts.iter().map(|attempt| {
            json!({
                "at": seconds(attempt.at),
                "method": attempt.method.as_str(),
                "path": text(&attempt.path),
                "headers": pairs(&attempt.headers),
                "status": attempt.status.map(|status| status.as_u16()),
                "reply_headers": pairs(&attempt.reply_headers),
                "error": attempt.error.as_deref().map(text),
            })
        });
        let losses = state
            .losses
            .iter()
            .map(|loss| json!({ "path": text(&loss.path), "code": loss.code.as_str(), "detail": text(&loss.detail) }));
        let time_line = state.recording.marks().iter().map(|mark| {
            let side = match mark.side() {
                Side::Upstream(_) => "upstream",
                Side::Client => "client",
            };
            json!([seconds(mark.at()), side, mark.length()])
        });
        told.insert("attempts".to_owned(), attempts.collect());
        told.insert("losses".to_owned(), losses.collect());
        told.insert("time_line".to_owned(), time_line.collect());
    }
    told
}

fn seconds(at: std::time::Duration) -> f64 {
    (at.as_secs_f64() * 1e6).round() / 1e6
}

/// The same for a list of exchanges: of losses their number, and nothing of attempts and pieces.
pub(crate) fn in_short(exchange: &Exchange, state: &State) -> Value {
    let State {
        asked,
        upstream,
        attempts: _,
        recording,
        secrets,
        status,
        losses,
        usage,
        failure,
        sent,
        end,
        upstream_id,
        is_streamed: _,
        lookups: _,
        recalled: _,
    } = state;
    let text = |text: &str| secrets.text(text).into_owned();
    json!({
        "id": exchange.head.id,
        "at": httpdate::HttpDate::from(exchange.head.at).to_string(),
        "method": exchange.head.method.as_str(),
        "path": text(&exchange.head.path),
        "client": asked.as_ref().map(|asked| asked.api.name()),
        "model": asked.as_ref().map(|asked| text(&asked.model)),
        "upstream": upstream.as_ref().map(|(name, api)| json!({ "name": name, "api": api.name() })),
        "status": status.map(|status| status.as_u16()),
        "upstream_id": upstream_id.as_deref().map(text),
        "losses": losses.len(),
        "usage": usage.as_ref().map(|usage| json!({
            "input": usage.input,
            "cached": usage.input_details.as_ref().and_then(|details| details.cached),
            "output": usage.output,
            "reasoning": usage.output_details.as_ref().and_then(|details| details.reasoning),
        })),
        "failure": failure.as_ref().map(|failure| json!({
            "phase": failure.phase, "code": failure.code.as_deref().map(text), "message": text(&failure.message),
        })),
        "first_byte": sent.first.map(seconds),
        "bytes": sent.bytes,
        "end": end.map(|(end, _)| end.as_str()),
        "took": end.map(|(_, took)| seconds(took)),
        "is_cut": recording.is_cut(),
    })
}

/// Bytes for a page: text where they are that.
pub(crate) fn shown_text(secrets: &Scrubber, bytes: &[u8]) -> String {
    String::from_utf8_lossy(&hidden(secrets, bytes)).into_owned()
}
