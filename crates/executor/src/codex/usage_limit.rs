//! A quota that is used up: which one, whose, and until when.

use std::time::{Duration, SystemTime};

use interlingua_model::Failure;
use serde_json::{Map, Value};

/// The upstream will not answer until a quota is reset or paid for. Such a request is never sent again by itself.
///
/// Source: the error body of the ChatGPT backend (`type`, `plan_type`, `resets_at`, `resets_in_seconds`), and the codes
/// of the public API's billing errors.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsageLimit {
    /// Which quota.
    pub kind: LimitKind,
    /// The plan it belongs to (`plus`, `pro`, ..), where the upstream said so.
    pub plan: Option<String>,
    /// When it is reset, where the upstream said so.
    pub resets_at: Option<SystemTime>,
}

/// The ways a quota can be used up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum LimitKind {
    /// The plan's share of a window of time.
    UsageLimitReached,
    /// The plan does not include this at all.
    UsageNotIncluded,
    /// The prepaid credit of an API account.
    InsufficientQuota,
    /// Another quota of the account.
    QuotaExceeded,
}

impl LimitKind {
    /// The kind an error code stands for.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Some(match code {
            "usage_limit_reached" => Self::UsageLimitReached,
            "usage_not_included" => Self::UsageNotIncluded,
            "insufficient_quota" => Self::InsufficientQuota,
            "quota_exceeded" => Self::QuotaExceeded,
            _ => return None,
        })
    }

    /// The API's spelling.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::UsageLimitReached => "usage_limit_reached",
            Self::UsageNotIncluded => "usage_not_included",
            Self::InsufficientQuota => "insufficient_quota",
            Self::QuotaExceeded => "quota_exceeded",
        }
    }
}

impl UsageLimit {
    /// The limit a failure tells of, if it is one; `now` is for those that say how long it takes, not when it ends.
    pub(crate) fn of(failure: &Failure, now: SystemTime) -> Option<Self> {
        let words = [failure.code.as_deref(), failure.kind.as_deref()];
        let kind = words.into_iter().flatten().find_map(LimitKind::from_code)?;
        let told = Told::of(failure);
        let plan = told.0.get("plan_type").and_then(Value::as_str).map(str::to_owned);
        let at = told.seconds("resets_at").and_then(|at| SystemTime::UNIX_EPOCH.checked_add(at));
        let resets_at = at.or_else(|| now.checked_add(told.seconds("resets_in_seconds")?));
        Some(Self { kind, plan, resets_at })
    }
}

/// How long until the limit that was hit is reset, where the error object says so. The span comes before the point in
/// time, as it does not depend on anybody's clock.
pub(crate) fn resets_in(failure: &Failure) -> Option<Duration> {
    let told = Told::of(failure);
    let since_1970 = || SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    told.seconds("resets_in_seconds").or_else(|| Some(told.seconds("resets_at")?.saturating_sub(since_1970())))
}

/// The upstream's own error object.
struct Told(Map<String, Value>);

impl Told {
    fn of(failure: &Failure) -> Self {
        let object = failure.raw.as_ref().and_then(|raw| serde_json::from_str(raw.text()).ok());
        Self(object.unwrap_or_default())
    }

    fn seconds(&self, name: &str) -> Option<Duration> {
        Duration::try_from_secs_f64(self.0.get(name)?.as_f64()?).ok()
    }
}

#[cfg(test)]
mod tests {
    use interlingua_model::Json;

    use super::*;

    fn failure(raw: &str) -> Failure {
        let code = Some("usage_limit_reached".to_owned());
        Failure { code, raw: Some(Json::from_text(raw).unwrap()), ..Failure::default() }
    }

    #[test]
    fn plan_and_reset_are_read_from_the_error_object() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1000);
        let limit = |raw: &str| UsageLimit::of(&failure(raw), now).unwrap();
        let at = |seconds: u64| Some(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds));
        let both = limit(r#"{"plan_type":"plus","resets_at":5000,"resets_in_seconds":9}"#);
        assert_eq!((both.kind, both.plan.as_deref()), (LimitKind::UsageLimitReached, Some("plus")));
        assert_eq!(both.resets_at, at(5000));
        assert_eq!(limit(r#"{"resets_in_seconds":9}"#).resets_at, at(1009));
        assert_eq!(limit(r#"{"resets_at":null,"plan_type":7}"#), UsageLimit { plan: None, resets_at: None, ..both });
    }

    #[test]
    fn a_burst_is_no_used_up_quota() {
        let code = Some("rate_limit_exceeded".to_owned());
        assert_eq!(UsageLimit::of(&Failure { code, ..Failure::default() }, SystemTime::now()), None);
    }

    #[test]
    fn numbers_out_of_this_world_are_no_wait() {
        for raw in [r#"{"resets_at":1e300}"#, r#"{"resets_in_seconds":-5}"#, r#"{"resets_at":"soon"}"#, "[]"] {
            assert_eq!(resets_in(&failure(raw)), None, "{raw}");
        }
        assert_eq!(resets_in(&failure(r#"{"resets_at":5}"#)), Some(Duration::ZERO), "that moment is over");
    }
}
