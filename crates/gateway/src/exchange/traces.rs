//! Traces for OpenTelemetry, by the conventions for generative AI: what happened to a request, as spans.
//!
//! Where they go is said by the variables that OpenTelemetry itself defines: `OTEL_EXPORTER_OTLP_ENDPOINT` and the others of the
//! OTLP exporter, over HTTP with protobuf. Without an endpoint there are none. No body, no key and no header is among them.
//!
//! Sources: <https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-spans/> and
//! <https://opentelemetry.io/docs/specs/semconv/http/http-spans/>.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bytes::BytesMut;
use http::HeaderMap;
use interlingua_executor::{HttpClient, HttpSettings, one_line};
use interlingua_model::Api;
use opentelemetry::propagation::TextMapPropagator as _;
use opentelemetry::trace::{SpanBuilder, SpanKind, SpanRef, Status, TraceContextExt as _, TracerProvider as _};
use opentelemetry::{Context, KeyValue};
use opentelemetry_http::{Bytes, HeaderExtractor, HeaderInjector, HttpError, Request, Response};
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig as _, WithHttpConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::{SdkTracer, SdkTracerProvider};
use tokio::runtime::Handle;

use super::state::{Attempt, Head, State};
use crate::StartError;

/// Makes spans of requests and sends them, some at a time.
pub(crate) struct Traces {
    provider: SdkTracerProvider,
    tracer: SdkTracer,
}

/// Any of these says that traces are wanted.
const ENDPOINTS: [&str; 2] = ["OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"];
/// How long one request to the collector may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long the last spans may take at the end.
const LAST_WAIT: Duration = Duration::from_secs(5);
/// How much of what a collector answers is read, in bytes.
const ANSWER: usize = 64 * 1024;
/// How much of what a client or an upstream wrote is in an attribute, in characters.
const SHOWN: usize = 200;

impl Traces {
    /// As the environment says; None where it names no collector. Has to be called inside a tokio runtime.
    pub(crate) fn from_env() -> Result<Option<Self>, StartError> {
        let is_set = |name: &&str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        let Some(runtime) = Handle::try_current().ok().filter(|_| ENDPOINTS.iter().any(is_set)) else {
            return Ok(None);
        };
        let client = HttpSettings::default().client()?;
        let sender = Sender { client, runtime, is_failing: Arc::default() };
        let exporter = SpanExporter::builder()
            .with_http()
            .with_protocol(Protocol::HttpBinary)
            .with_http_client(sender)
            .build()
            .map_err(|error| StartError::Traces(error.to_string()))?;
        let mut resource = Resource::builder();
        if !is_set(&"OTEL_SERVICE_NAME") {
            resource = resource.with_service_name("interlingua");
        }
        let provider =
            SdkTracerProvider::builder().with_batch_exporter(exporter).with_resource(resource.build()).build();
        let tracer = provider.tracer("interlingua");
        Ok(Some(Self { provider, tracer }))
    }

    /// The trace that a request with these headers becomes part of: the one that its client names, or a new one.
    pub(crate) fn trace(&self, headers: &HeaderMap) -> Trace {
        let parent = TraceContextPropagator::new().extract_with_context(&Context::new(), &HeaderExtractor(headers));
        Trace { tracer: self.tracer.clone(), parent, request: OnceLock::new() }
    }

    /// Sends what has not been sent.
    pub(crate) async fn settled(&self) {
        let provider = self.provider.clone();
        let sent = tokio::task::spawn_blocking(move || provider.shutdown_with_timeout(LAST_WAIT)).await;
        if let Ok(Err(error)) = sent {
            tracing::warn!(error = %one_line(&error), "the last traces could not be sent");
        }
    }
}

/// The part of a trace that one request is.
#[derive(Debug, Clone)]
pub(crate) struct Trace {
    tracer: SdkTracer,
    /// The span of whoever asks.
    parent: Context,
    /// The request's own, once it is known to be one of an API.
    request: OnceLock<Context>,
}

impl Trace {
    fn request(&self, head: &Head) -> &Context {
        self.request.get_or_init(|| {
            let span = SpanBuilder::from_name(format!("{} {}", head.method, head.path));
            let span = span.with_kind(SpanKind::Server).with_start_time(head.at);
            Context::new().with_span(span.start_with_context(&self.tracer, &self.parent))
        })
    }

    /// An upstream is asked: its span begins, and the upstream is told (W3C Trace Context).
    pub(super) fn goes(&self, head: &Head, at: Duration, headers: &mut HeaderMap) -> Context {
        let span = SpanBuilder::from_name(operation(head));
        let span = span.with_kind(SpanKind::Client).with_start_time(head.at + at);
        let span = Context::new().with_span(span.start_with_context(&self.tracer, self.request(head)));
        TraceContextPropagator::new().inject_context(&span, &mut HeaderInjector(headers));
        span
    }

    /// A request is over: one span for it, and one in that for each time that an upstream was asked.
    pub(super) fn ends(&self, head: &Head, state: &State) {
        let Some(asked) = &state.asked else { return };
        let took = state.end.map_or(Duration::ZERO, |(_, took)| took);
        let end = head.at + took;
        let mut attributes = vec![
            KeyValue::new("http.request.method", head.method.to_string()),
            KeyValue::new("url.path", head.path.clone()),
            KeyValue::new("interlingua.request_id", head.id.clone()),
            KeyValue::new("interlingua.client.api", asked.api.name()),
            KeyValue::new("interlingua.losses", i64::try_from(state.losses.len()).unwrap_or(i64::MAX)),
        ];
        attributes.extend(state.status.map(|status| status_code(status.as_u16())));
        attributes.extend(state.end.map(|(end, _)| KeyValue::new("interlingua.end", end.as_str())));
        attributes.extend(error_type(state).map(|kind| KeyValue::new("error.type", kind)));
        let request = self.request(head).span();
        request.set_attributes(attributes);
        request.set_status(status(state));
        let attempts: Vec<_> =
            state.attempts.iter().filter_map(|attempt| Some((attempt.span.as_ref()?.span(), attempt))).collect();
        for (number, (span, attempt)) in attempts.iter().enumerate() {
            let next = attempts.get(number + 1).map(|(_, next)| next);
            let until = next.map_or(end, |next| head.at + next.at);
            inference(span, head, state, attempt, next.is_none());
            span.end_with_timestamp(until);
        }
        request.end_with_timestamp(end);
    }
}

fn operation(head: &Head) -> &'static str {
    if head.path.ends_with("_tokens") { "count_tokens" } else { "chat" }
}

/// One time that an upstream was asked. What came of it is known of the last.
fn inference(span: &SpanRef<'_>, head: &Head, state: &State, attempt: &Attempt, is_last: bool) {
    let operation = operation(head);
    let model = state.asked.as_ref().map(|asked| shown(state, &asked.model)).unwrap_or_default();
    let mut attributes = vec![
        KeyValue::new("gen_ai.operation.name", operation),
        KeyValue::new("gen_ai.request.model", model.clone()),
        KeyValue::new("http.request.method", attempt.method.to_string()),
    ];
    if let Some((name, api)) = &state.upstream {
        let provider = match api {
            Api::Chat | Api::Responses => "openai",
            Api::Messages => "anthropic",
        };
        attributes.push(KeyValue::new("gen_ai.provider.name", provider));
        let (host, port) = name.rsplit_once(':').unwrap_or((name, ""));
        attributes.push(KeyValue::new("server.address", host.to_owned()));
        attributes.extend(port.parse::<i64>().ok().map(|port| KeyValue::new("server.port", port)));
    }
    attributes.extend(attempt.status.map(|status| status_code(status.as_u16())));
    let called = state.upstream_id.as_deref().filter(|_| is_last);
    attributes.extend(called.map(|id| KeyValue::new("interlingua.upstream_id", shown(state, id))));
    let refused = attempt.status.filter(|status| !status.is_success()).map(|status| status.as_u16().to_string());
    let unreached = attempt.error.as_ref().map(|_| "connection".to_owned());
    let kind = refused.or(unreached).or_else(|| error_type(state).filter(|_| is_last));
    attributes.extend(kind.clone().map(|kind| KeyValue::new("error.type", kind)));
    if let Some(usage) = state.usage.as_ref().filter(|_| is_last) {
        let number = |tokens: u64| i64::try_from(tokens).unwrap_or(i64::MAX);
        attributes.push(KeyValue::new("gen_ai.usage.input_tokens", number(usage.input)));
        attributes.push(KeyValue::new("gen_ai.usage.output_tokens", number(usage.output)));
        let cached = usage.input_details.as_ref().and_then(|details| details.cached);
        attributes.extend(cached.map(|tokens| KeyValue::new("gen_ai.usage.cache_read.input_tokens", number(tokens))));
    }
    span.update_name(format!("{operation} {model}").trim_end().to_owned());
    span.set_attributes(attributes);
    span.set_status(kind.map_or(Status::Unset, Status::error));
}

fn status_code(status: u16) -> KeyValue {
    KeyValue::new("http.response.status_code", i64::from(status))
}

/// What went wrong, in one word.
fn error_type(state: &State) -> Option<String> {
    let failure = state.failure.as_ref()?;
    let code = failure.code.as_deref().map(|code| shown(state, code));
    Some(code.unwrap_or_else(|| failure.phase.clone()))
}

/// What a client or an upstream wrote, without a key and not all of it where it is long.
fn shown(state: &State, text: &str) -> String {
    state.secrets.text(text).chars().take(SHOWN).collect()
}

/// By the conventions only what is the server's fault is an error of its span.
fn status(state: &State) -> Status {
    let is_ours = state.status.is_some_and(|status| status.is_server_error() || status.is_success());
    error_type(state).filter(|_| is_ours).map_or(Status::Unset, Status::error)
}

impl fmt::Debug for Traces {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Traces")
    }
}

/// Sends spans with the client that everything here is sent with. It is asked from a thread that knows no runtime.
struct Sender {
    client: HttpClient,
    runtime: Handle,
    is_failing: Arc<AtomicBool>,
}

impl fmt::Debug for Sender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sender")
    }
}

#[async_trait::async_trait]
impl opentelemetry_http::HttpClient for Sender {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let (head, body) = request.into_parts();
        let request = self.client.http().post(head.uri.to_string()).headers(head.headers).body(body).timeout(PATIENCE);
        let sent = self.runtime.spawn(async move {
            let mut response = request.send().await?;
            let mut body = BytesMut::new();
            while let Some(piece) = response.chunk().await?.filter(|piece| body.len() + piece.len() <= ANSWER) {
                body.extend_from_slice(&piece);
            }
            let mut answer = Response::new(body.freeze());
            *answer.status_mut() = response.status();
            Ok::<_, HttpError>(answer)
        });
        let answer = match sent.await {
            Ok(answer) => answer,
            // The program ends, and what could not be sent has been told.
            Err(error) => return Err(error.into()),
        };
        let problem = match &answer {
            Ok(answer) if answer.status().is_success() => None,
            Ok(answer) => Some(format!("the collector says {}", answer.status())),
            Err(error) => Some(error.to_string()),
        };
        let was_failing = self.is_failing.swap(problem.is_some(), Ordering::SeqCst);
        if let Some(problem) = problem.filter(|_| !was_failing) {
            tracing::warn!(problem = %one_line(&problem), "traces cannot be sent; they are lost until they can");
        }
        answer
    }
}
