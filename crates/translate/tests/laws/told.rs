//! What upstreams have said: fixtures and recordings, and the same replies told another way.

use interlingua_model::Request;
use interlingua_translate::{Api, Translator, Upstream};

use crate::support::{Case, fixtures, frames, recordings, stamp};
use crate::{Named, targets};

/// What an upstream said, in its own bytes.
pub(crate) struct Told {
    pub(crate) name: String,
    pub(crate) bytes: Vec<u8>,
    /// What it answers, where that is known, else a request for anything.
    pub(crate) request: Request,
    /// Whether the bytes are a stream.
    pub(crate) is_stream: bool,
    /// The same reply told another way.
    pub(crate) twins: Vec<Twin>,
    /// How it ends, where its case says.
    pub(crate) ends: Option<String>,
}

/// The same reply, told another way.
pub(crate) struct Twin {
    pub(crate) bytes: Vec<u8>,
    /// Whether it was asked for a second time: its call ids and its price are then its own.
    pub(crate) is_another: bool,
}

impl Named for Told {
    fn name(&self) -> &str {
        &self.name
    }
}

/// Everything that upstreams of an API are known to have said.
pub(crate) fn all(api: Api) -> Vec<Told> {
    let mut all: Vec<_> = fixtures(api).iter().flat_map(|case| of_fixture(api, case)).collect();
    let recorded = |kind: &str| recordings(&format!("{api}_{kind}"));
    let anything = anything();
    let told = |name, bytes: Vec<u8>, is_stream| Told {
        name,
        twins: twins(api, is_stream, None, &bytes),
        bytes,
        request: anything.clone(),
        is_stream,
        ends: None,
    };
    all.extend(recorded("stream").into_iter().map(|(name, bytes)| told(name, bytes, true)));
    all.extend(recorded("json").into_iter().map(|(name, bytes)| told(name, bytes, false)));
    all
}

fn of_fixture(api: Api, case: &Case) -> Vec<Told> {
    let asked = case.file("request.json").and_then(|body| {
        let mut asked = Translator::new(api).read(&body).ok()?;
        // It is read back as if it had gone to any API, so it must be one that all of them take.
        Api::ALL.iter().try_for_each(|api| asked.clone().to(&Upstream::usual(*api), stamp()).map(drop)).ok()?;
        Some(asked.request().clone())
    });
    let request = asked.unwrap_or_else(anything);
    let (stream, whole) = (case.file("stream.sse"), case.file("response.json"));
    let is_success =
        |ends: &Option<String>| ends.as_deref().is_some_and(|ends| ends == "completed" || ends == "incomplete");
    let mut told = Vec::new();
    for (is_stream, bytes, other) in [(true, &stream, &whole), (false, &whole, &stream)] {
        let Some(bytes) = bytes.clone() else { continue };
        let ends = case.ends(if is_stream { "stream" } else { "response" });
        let other = if is_success(&ends) { other.as_deref() } else { None };
        let name = format!("{} {}", case.name, if is_stream { "stream" } else { "response" });
        let twins = twins(api, is_stream, other, &bytes);
        told.push(Told { name, twins, bytes, request: request.clone(), is_stream, ends });
    }
    told
}

/// The custom tool is the one that the fixtures call: a reply that calls another has run it itself.
fn anything() -> Request {
    let body = r#"{"model":"asked-for","input":"x","store":false,"tools":[{"type":"custom","name":"run_sql"}]}"#;
    Translator::new(Api::Responses).read(body.as_bytes()).unwrap().request().clone()
}

fn twins(api: Api, is_stream: bool, other: Option<&[u8]>, bytes: &[u8]) -> Vec<Twin> {
    let other = other.map(|bytes| Twin { bytes: bytes.to_vec(), is_another: true });
    let repeated = if is_stream { targets::terminal(api, &frames(bytes)) } else { None };
    other.into_iter().chain(repeated.map(|bytes| Twin { bytes, is_another: false })).collect()
}
