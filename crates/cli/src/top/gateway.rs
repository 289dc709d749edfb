//! What a gateway tells of itself.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use interlingua_executor::{HttpClient, HttpSettings, Proxy};
use serde::Deserialize;
use serde_json::Value;

use super::numbers::Numbers;

/// A gateway, and the key that it wants.
pub(super) struct Gateway {
    client: HttpClient,
    listen: String,
    key: Option<String>,
}

/// Everything that is shown, at one time.
#[derive(Debug, Clone)]
pub(super) struct Reading {
    pub(super) numbers: Numbers,
    pub(super) windows: Vec<Window>,
    /// None where the inspector is off.
    pub(super) exchanges: Option<Vec<Exchange>>,
}

/// How much is used of one window of a plan.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Window {
    pub(super) upstream: String,
    pub(super) name: String,
    pub(super) used_percent: f64,
    /// In seconds since 1970.
    pub(super) resets_at: Option<f64>,
}

/// The last requests.
#[derive(Debug, Deserialize)]
struct List {
    exchanges: Vec<Exchange>,
}

/// One of the last requests.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Exchange {
    pub(super) id: String,
    pub(super) path: String,
    pub(super) client: Option<String>,
    pub(super) model: Option<String>,
    pub(super) upstream: Option<Upstream>,
    pub(super) status: Option<u16>,
    pub(super) first_byte: Option<f64>,
    pub(super) bytes: u64,
    pub(super) end: Option<String>,
    pub(super) took: Option<f64>,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct Upstream {
    pub(super) name: String,
}

/// How long one page may take.
const PATIENCE: Duration = Duration::from_secs(5);

impl Gateway {
    pub(super) fn new(listen: &str, key: Option<String>) -> Result<Self> {
        // What listens at every address answers at this one.
        let listen = listen.replace("0.0.0.0:", "127.0.0.1:").replace("[::]:", "[::1]:");
        let client = HttpSettings { proxy: Proxy::Direct, ..HttpSettings::default() }.client()?;
        Ok(Self { client, listen, key })
    }

    /// Where it listens.
    pub(super) fn listen(&self) -> &str {
        &self.listen
    }

    /// Asks for all of it.
    pub(super) async fn read(&self) -> Result<Reading> {
        let (metrics, usage, exchanges) =
            tokio::try_join!(self.page("/metrics"), self.page("/usage"), self.page("/inspect/exchanges"))?;
        let numbers = Numbers::read(&metrics.unwrap_or_default(), Instant::now());
        let usage = serde_json::from_str(&usage.unwrap_or_default()).unwrap_or_default();
        let exchanges = match exchanges {
            Some(text) => {
                let list: List = serde_json::from_str(&text).context("the inspector of another version answers")?;
                Some(list.exchanges)
            }
            None => None,
        };
        Ok(Reading { windows: windows(&usage), numbers, exchanges })
    }

    /// A page, or nothing where there is none.
    async fn page(&self, path: &str) -> Result<Option<String>> {
        let listen = &self.listen;
        let mut request = self.client.http().get(format!("http://{listen}{path}")).timeout(PATIENCE);
        if let Some(key) = &self.key {
            request = request.bearer_auth(key);
        }
        let response = request.send().await.with_context(|| format!("no gateway answers at {listen}"))?;
        match response.status().as_u16() {
            200 => Ok(Some(response.text().await?)),
            404 if path != "/metrics" => Ok(None),
            401 => bail!("the gateway at {listen} wants its inbound key in INTERLINGUA_INBOUND_KEY"),
            status => bail!("what answers at {listen} says {status} to {path}: no gateway of this version"),
        }
    }
}

/// The windows of the plans: of one upstream, or of several by name.
fn windows(usage: &Value) -> Vec<Window> {
    let of = |upstream: &str, limits: &Value| {
        let windows = limits.get("windows").and_then(Value::as_array).cloned().unwrap_or_default();
        let read = |window: &Value| {
            Some(Window {
                upstream: upstream.to_owned(),
                name: window.get("name").and_then(Value::as_str).unwrap_or_default().to_owned(),
                used_percent: window.get("used_percent")?.as_f64()?,
                resets_at: window.get("resets_at").and_then(Value::as_f64),
            })
        };
        windows.iter().filter_map(read).collect::<Vec<_>>()
    };
    if usage.get("windows").is_some_and(Value::is_array) {
        return of("", usage);
    }
    usage.as_object().into_iter().flatten().flat_map(|(upstream, limits)| of(upstream, limits)).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn windows_are_read_of_one_upstream_and_of_several() {
        let one = json!({"plan": "plus", "windows": [{"name": "primary", "used_percent": 12.5, "resets_at": 7}]});
        let read = windows(&one);
        assert_eq!((read.len(), read[0].used_percent, read[0].resets_at), (1, 12.5, Some(7.0)));
        let several = windows(&json!({"codex": one, "openai": null}));
        assert_eq!((several.len(), several[0].upstream.as_str()), (1, "codex"));
        assert!(windows(&Value::Null).is_empty());
    }
}
