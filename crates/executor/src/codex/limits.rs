//! What an upstream last said about its limits.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use http::{HeaderMap, HeaderName};
use interlingua_model::Json;
use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};
use serde_json::Value;
use serde_json::value::RawValue;

/// What an upstream last said about its limits: raw, with the time it said so.
///
/// As JSON it is `{"taken_at", "plan", "windows":[{"name","used_percent","window_minutes","resets_at"}], "headers",
/// "report"}`, with points in time in seconds since 1970.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RateLimits {
    /// `x-ratelimit-*`, `anthropic-ratelimit-*`, `x-codex-*`, `retry-after` and `retry-after-ms`, verbatim.
    pub headers: HeaderMap,
    /// What the upstream said beside headers, and later: the last `codex.rate_limits` event of a stream, or the answer of
    /// [`Executor::usage`](crate::Executor::usage); verbatim.
    pub report: Option<Json>,
    /// When.
    pub taken: SystemTime,
}

/// A share of use that is reset after a time.
#[derive(Debug, Clone, PartialEq)]
pub struct Window {
    /// `primary` or `secondary`.
    pub name: &'static str,
    /// How much of it is used, in percent.
    pub used_percent: f64,
    /// How long it is.
    pub length: Option<Duration>,
    /// When it is reset.
    pub resets_at: Option<SystemTime>,
}

impl RateLimits {
    /// The windows of a ChatGPT plan, as the newest word has them; empty where the upstream told none.
    ///
    /// Sources: the headers `x-codex-{primary,secondary}-{used-percent,window-minutes,reset-at,reset-after-seconds}`, the
    /// event `codex.rate_limits`, and `GET /wham/usage`.
    #[must_use]
    pub fn windows(&self) -> Vec<Window> {
        let report = self.report_value();
        let reported: Vec<_> = NAMES.iter().filter_map(|name| self.reported(&report, name)).collect();
        if !reported.is_empty() {
            return reported;
        }
        NAMES.iter().filter_map(|name| self.in_headers(name)).collect()
    }

    /// The plan (`plus`, `pro`, ..), where the upstream named it.
    #[must_use]
    pub fn plan(&self) -> Option<String> {
        let report = self.report_value();
        let header = || self.headers.get("x-codex-plan-type").and_then(|plan| plan.to_str().ok());
        report.get("plan_type").and_then(Value::as_str).or_else(header).map(str::to_owned)
    }

    fn report_value(&self) -> Value {
        self.report.as_ref().and_then(|report| serde_json::from_str(report.text()).ok()).unwrap_or_default()
    }

    /// The event has `rate_limits.primary.window_minutes`, the usage endpoint `rate_limit.primary_window.limit_window_seconds`.
    fn reported(&self, report: &Value, name: &'static str) -> Option<Window> {
        let all = report.get("rate_limits").or_else(|| report.get("rate_limit"))?;
        let window = all.get(name).or_else(|| all.get(format!("{name}_window")))?;
        let number = |key: &str| window.get(key).and_then(Value::as_f64);
        let minutes = number("window_minutes").map(|minutes| minutes * 60.0);
        self.window(
            name,
            number("used_percent"),
            minutes.or_else(|| number("limit_window_seconds")),
            number("reset_at").or_else(|| number("resets_at")),
            number("reset_after_seconds").or_else(|| number("resets_in_seconds")),
        )
    }

    fn in_headers(&self, name: &'static str) -> Option<Window> {
        let number =
            |what: &str| self.headers.get(format!("x-codex-{name}-{what}"))?.to_str().ok()?.trim().parse().ok();
        let minutes = number("window-minutes").map(|minutes: f64| minutes * 60.0);
        self.window(name, number("used-percent"), minutes, number("reset-at"), number("reset-after-seconds"))
    }

    fn window(
        &self,
        name: &'static str,
        used_percent: Option<f64>,
        length: Option<f64>,
        reset_at: Option<f64>,
        reset_after: Option<f64>,
    ) -> Option<Window> {
        let used_percent = used_percent.filter(|used| used.is_finite())?;
        let seconds = |seconds: Option<f64>| Duration::try_from_secs_f64(seconds?).ok();
        let length = seconds(length).filter(|length| !length.is_zero());
        let at = seconds(reset_at).and_then(|at| SystemTime::UNIX_EPOCH.checked_add(at));
        let at = at.or_else(|| self.taken.checked_add(seconds(reset_after)?));
        Some(Window { name, used_percent, length, resets_at: at })
    }
}

const NAMES: [&str; 2] = ["primary", "secondary"];

/// The kind of the event that tells limits in the middle of a stream.
pub(crate) const LIMITS_EVENT: &str = "codex.rate_limits";

/// Whether a header says something about limits.
pub(crate) fn is_rate_limit(name: &HeaderName) -> bool {
    is_window(name) || name.as_str().starts_with("retry-after")
}

/// Whether a header tells how much is used or left, and not only when to come back.
fn is_window(name: &HeaderName) -> bool {
    let name = name.as_str();
    // `x-codex-turn-*` carries a conversation on and tells no limit.
    name.starts_with("x-ratelimit-")
        || name.starts_with("anthropic-ratelimit-")
        || (name.starts_with("x-codex-") && !name.starts_with("x-codex-turn-"))
}

/// The last limits of one upstream, whoever asked.
#[derive(Debug, Default)]
pub(crate) struct LastLimits(Mutex<Option<RateLimits>>);

impl LastLimits {
    pub(crate) fn read(&self) -> Option<RateLimits> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// A reply came with these. One that says only when to come back leaves the known windows as they are.
    pub(crate) fn head(&self, newer: RateLimits) {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match &mut *last {
            Some(known) if !newer.headers.keys().any(is_window) => known.headers.extend(newer.headers),
            known => *known = Some(newer),
        }
    }

    /// The upstream said this beside headers. Gives all that is known now.
    pub(crate) fn report(&self, report: Json) -> RateLimits {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let headers = last.take().map(|last| last.headers).unwrap_or_default();
        let known = RateLimits { headers, report: Some(report), taken: SystemTime::now() };
        last.insert(known).clone()
    }
}

impl Serialize for RateLimits {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { headers, report, taken } = self;
        let headers: serde_json::Map<_, _> = headers
            .iter()
            .map(|(name, value)| (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into()))
            .collect();
        let report = report.as_ref().and_then(|report| serde_json::from_str::<&RawValue>(report.text()).ok());
        let mut map = serializer.serialize_map(Some(5))?;
        map.serialize_entry("taken_at", &seconds(*taken))?;
        map.serialize_entry("plan", &self.plan())?;
        map.serialize_entry("windows", &self.windows())?;
        map.serialize_entry("headers", &headers)?;
        map.serialize_entry("report", &report)?;
        map.end()
    }
}

impl Serialize for Window {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { name, used_percent, length, resets_at } = self;
        let mut map = serializer.serialize_map(Some(4))?;
        map.serialize_entry("name", name)?;
        map.serialize_entry("used_percent", used_percent)?;
        map.serialize_entry("window_minutes", &length.map(|length| length.as_secs() / 60))?;
        map.serialize_entry("resets_at", &resets_at.map(seconds))?;
        map.end()
    }
}

fn seconds(time: SystemTime) -> u64 {
    time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs()
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    const TAKEN: u64 = 1_800_000_000;

    fn at(seconds: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
    }

    fn limits(headers: &[(&'static str, &'static str)], report: Option<&str>) -> RateLimits {
        let headers =
            headers.iter().map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)));
        let report = report.map(|report| Json::from_text(report).unwrap());
        RateLimits { headers: headers.collect(), report, taken: at(TAKEN) }
    }

    #[test]
    fn windows_are_read_from_headers() {
        let windows = limits(
            &[
                ("x-codex-primary-used-percent", "12.5"),
                ("x-codex-primary-window-minutes", "300"),
                ("x-codex-primary-reset-after-seconds", "60"),
                ("x-codex-secondary-used-percent", "3"),
                ("x-codex-secondary-reset-at", "1800009999"),
            ],
            None,
        )
        .windows();
        let primary = Window {
            name: "primary",
            used_percent: 12.5,
            length: Some(Duration::from_secs(300 * 60)),
            resets_at: Some(at(TAKEN + 60)),
        };
        let secondary =
            Window { name: "secondary", used_percent: 3.0, length: None, resets_at: Some(at(1_800_009_999)) };
        assert_eq!(windows, [primary, secondary]);
    }

    #[test]
    fn the_event_and_the_usage_endpoint_say_the_same_in_their_own_words() {
        let event = r#"{"type":"codex.rate_limits","plan_type":"plus","rate_limits":{"primary":
            {"used_percent":40,"window_minutes":300,"reset_at":1800000060},"secondary":null}}"#;
        let usage = r#"{"plan_type":"plus","rate_limit":{"primary_window":
            {"used_percent":40,"limit_window_seconds":18000,"reset_after_seconds":60},"secondary_window":null}}"#;
        let expected = Window {
            name: "primary",
            used_percent: 40.0,
            length: Some(Duration::from_secs(18_000)),
            resets_at: Some(at(TAKEN + 60)),
        };
        for report in [event, usage] {
            // They came later than the headers.
            let limits = limits(&[("x-codex-primary-used-percent", "1")], Some(report));
            assert_eq!(limits.windows(), std::slice::from_ref(&expected));
            assert_eq!(limits.plan().as_deref(), Some("plus"));
        }
    }

    #[test]
    fn nonsense_is_no_window() {
        let nonsense = [
            ("x-codex-primary-used-percent", "NaN"),
            ("x-codex-secondary-used-percent", "5"),
            ("x-codex-secondary-window-minutes", "-1"),
            ("x-codex-secondary-reset-at", "1e300"),
        ];
        let bare = Window { name: "secondary", used_percent: 5.0, length: None, resets_at: None };
        assert_eq!(limits(&nonsense, Some("[]")).windows(), [bare]);
    }

    #[test]
    fn a_wait_alone_does_not_hide_the_windows() {
        let last = LastLimits::default();
        last.head(limits(&[("x-codex-primary-used-percent", "1")], None));
        last.head(limits(&[("retry-after", "3")], None));
        let known = last.read().unwrap();
        assert_eq!((known.windows().len(), known.headers.len()), (1, 2));
        last.report(Json::from_text(r#"{"rate_limits":{"primary":{"used_percent":2}}}"#).unwrap());
        assert_eq!(last.read().unwrap().windows().len(), 1);
        assert!(last.read().unwrap().report.is_some());
        last.head(limits(&[("x-codex-primary-used-percent", "3")], None));
        assert_eq!(last.read().unwrap().report, None, "newer headers win over an older report");
    }

    #[test]
    fn as_json_it_is_raw_and_readable() {
        let limits = limits(&[("x-codex-primary-used-percent", "12.5")], Some(r#"{"big":1e2}"#));
        assert_eq!(
            serde_json::to_string(&limits).unwrap(),
            concat!(
                r#"{"taken_at":1800000000,"plan":null,"windows":[{"name":"primary","used_percent":12.5,"#,
                r#""window_minutes":null,"resets_at":null}],"headers":{"x-codex-primary-used-percent":"12.5"},"#,
                r#""report":{"big":1e2}}"#
            )
        );
    }
}
