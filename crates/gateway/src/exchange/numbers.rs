//! `/metrics`: what all requests add up to, as Prometheus reads it.

use std::collections::HashSet;
use std::fmt;
use std::sync::{Mutex, PoisonError};

use http::Method;
use metrics::{Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram};
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle, PrometheusRecorder};

use super::{Exchange, Lookups, State};
use crate::Upstreams;
use crate::caller::Caller;

const REQUESTS: &str = "interlingua_requests_total";
const TOKENS: &str = "interlingua_tokens_total";
const LOSSES: &str = "interlingua_losses_total";
const RETRIES: &str = "interlingua_retries_total";
const THOUGHTS: &str = "interlingua_recalled_thoughts_total";
const FIRST_BYTE: &str = "interlingua_first_byte_seconds";
const BETWEEN: &str = "interlingua_between_pieces_seconds";
const TOOK: &str = "interlingua_request_seconds";
const OPEN: &str = "interlingua_open_requests";
const STREAMS: &str = "interlingua_open_streams";
const LOOKUPS: &str = "interlingua_store_lookups_total";
const PLAN: &str = "interlingua_plan_used_percent";

/// How many models are told apart; the names are the callers', and each costs memory for as long as the process lives.
const MODELS: usize = 200;

/// Numbers of one gateway. They are nobody else's: two gateways in one process count apart.
pub(crate) struct Numbers {
    recorder: PrometheusRecorder,
    handle: PrometheusHandle,
    models: Mutex<HashSet<String>>,
}

impl Numbers {
    pub(crate) fn new() -> Result<Self, BuildError> {
        // From a token that comes at once to a thought that takes ten minutes.
        let seconds = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 600.0];
        let recorder = PrometheusBuilder::new()
            .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &seconds)?
            .build_recorder();
        let handle = recorder.handle();
        metrics::with_local_recorder(&recorder, || {
            describe_counter!(REQUESTS, "Requests that are over, by how they ended for the client.");
            describe_counter!(
                TOKENS,
                "Tokens, as upstreams count them; cached and reasoning ones are part of the others."
            );
            describe_counter!(LOSSES, "What did not come along in a translation, by kind.");
            describe_counter!(RETRIES, "Requests that were sent to an upstream once more.");
            describe_counter!(
                THOUGHTS,
                "Turns of models whose sealed thoughts their client had dropped, by whether the store had them."
            );
            describe_histogram!(FIRST_BYTE, Unit::Seconds, "From a request to the first byte for its client.");
            describe_histogram!(BETWEEN, Unit::Seconds, "Between two pieces of a reply, on the average of the reply.");
            describe_histogram!(TOOK, Unit::Seconds, "From a request to the end of its reply.");
            describe_gauge!(OPEN, "Requests that are under way.");
            describe_gauge!(STREAMS, "Replies that are being streamed, over HTTP and over WebSockets.");
            describe_counter!(LOOKUPS, "Kept replies that were looked up, by what came of it.");
            describe_gauge!(PLAN, Unit::Percent, "How much of a window of the plan is used.");
            gauge!(OPEN).set(0.0);
            gauge!(STREAMS).set(0.0);
        });
        Ok(Self { recorder, handle, models: Mutex::default() })
    }

    /// A request has come.
    pub(crate) fn begins(&self) {
        metrics::with_local_recorder(&self.recorder, || gauge!(OPEN).increment(1.0));
    }

    /// Its reply is a stream.
    pub(crate) fn streams(&self) {
        metrics::with_local_recorder(&self.recorder, || gauge!(STREAMS).increment(1.0));
    }

    /// A request is over.
    pub(crate) fn ends(&self, exchange: &Exchange) {
        metrics::with_local_recorder(&self.recorder, || {
            gauge!(OPEN).decrement(1.0);
            if exchange.look(|state| state.is_streamed) {
                gauge!(STREAMS).decrement(1.0);
            }
            let caller = exchange.caller().map_or("", Caller::name);
            exchange.look(|state| self.count(state, caller));
        });
    }

    fn count(&self, state: &State, caller: &str) {
        let State { asked, upstream, attempts, status, losses, usage, recalled, sent, lookups, end, .. } = state;
        let Lookups { hits, misses, failures } = *lookups;
        for (result, count) in [("hit", hits), ("miss", misses), ("error", failures)] {
            if count > 0 {
                counter!(LOOKUPS, "result" => result).increment(count);
            }
        }
        // What is no request of an API is not worth a number.
        let Some(asked) = asked else { return };
        let client = asked.api.name();
        let upstream = upstream.as_ref().map_or_else(String::new, |(name, _)| name.clone());
        let model = self.model(&asked.model, status.is_some_and(|status| status.is_success()));
        let labels = [("client", client.to_owned()), ("upstream", upstream.clone())];
        let status = status.map(|status| status.as_u16().to_string()).unwrap_or_default();
        let how = end.map_or("", |(end, _)| end.as_str());
        let caller = caller.to_owned();
        counter!(REQUESTS, "caller" => caller.clone(), "client" => client, "upstream" => upstream.clone(), "model" => model.clone(), "status" => status, "end" => how)
            .increment(1);
        for loss in losses {
            counter!(LOSSES, "client" => client, "upstream" => upstream.clone(), "code" => loss.code.as_str())
                .increment(1);
        }
        for (found, turns) in [("yes", recalled.0), ("no", recalled.1)] {
            if turns > 0 {
                counter!(THOUGHTS, "client" => client, "upstream" => upstream.clone(), "found" => found)
                    .increment(turns as u64);
            }
        }
        let asked = attempts.iter().filter(|attempt| attempt.method == Method::POST).count();
        if asked > 1 {
            counter!(RETRIES, "upstream" => upstream.clone()).increment(asked as u64 - 1);
        }
        if let Some(usage) = usage {
            let cached = usage.input_details.as_ref().and_then(|details| details.cached);
            let reasoning = usage.output_details.as_ref().and_then(|details| details.reasoning);
            for (kind, tokens) in [
                ("input", Some(usage.input)),
                ("cached", cached),
                ("output", Some(usage.output)),
                ("reasoning", reasoning),
            ] {
                counter!(TOKENS, "caller" => caller.clone(), "upstream" => upstream.clone(), "model" => model.clone(), "kind" => kind)
                    .increment(tokens.unwrap_or_default());
            }
        }
        if let Some(first) = sent.first {
            histogram!(FIRST_BYTE, &labels).record(first);
        }
        if let (Some(first), Some(last), gaps @ 1..) = (sent.first, sent.last, sent.pieces.saturating_sub(1)) {
            let gaps = u32::try_from(gaps).unwrap_or(u32::MAX);
            histogram!(BETWEEN, &labels).record(last.saturating_sub(first) / gaps);
        }
        if let Some((_, took)) = end {
            histogram!(TOOK, &labels).record(*took);
        }
    }

    /// The model as a label: one that an upstream has answered for, as long as there are not too many.
    fn model(&self, name: &str, is_known: bool) -> String {
        let mut models = self.models.lock().unwrap_or_else(PoisonError::into_inner);
        if models.contains(name) || (is_known && models.len() < MODELS && models.insert(name.to_owned())) {
            return name.to_owned();
        }
        "other".to_owned()
    }

    /// The page, with what the upstreams last said of their plans.
    pub(crate) fn page(&self, upstreams: &Upstreams) -> String {
        metrics::with_local_recorder(&self.recorder, || {
            for (name, upstream) in upstreams.members() {
                for window in upstream.executor().rate_limits().map(|limits| limits.windows()).unwrap_or_default() {
                    gauge!(PLAN, "upstream" => name.to_owned(), "window" => window.name).set(window.used_percent);
                }
            }
        });
        self.handle.render()
    }
}

impl fmt::Debug for Numbers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Numbers")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [&str; 11] =
        [REQUESTS, TOKENS, LOSSES, RETRIES, FIRST_BYTE, BETWEEN, TOOK, OPEN, STREAMS, LOOKUPS, PLAN];

    #[test]
    fn the_page_and_the_dashboard_name_the_numbers_that_there_are() {
        let read = |path: &str| {
            let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path);
            std::fs::read_to_string(path).unwrap()
        };
        let (page, dashboard) = (read("docs/what-happened.md"), read("deploy/grafana.json"));
        for name in ALL {
            assert!(page.contains(&format!("| `{name}` |")), "{name}");
        }
        for word in dashboard.split(|c: char| !c.is_ascii_alphanumeric() && c != '_') {
            let name = word.strip_suffix("_bucket").unwrap_or(word);
            assert!(!name.starts_with("interlingua_") || ALL.contains(&name), "{name}");
        }
    }
}
