//! Several callers, each with a key, models and limits of its own.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use http::header::RETRY_AFTER;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use interlingua_model::Usage;
use ring::digest::{SHA256, digest};
use subtle::ConstantTimeEq;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::caller_key::{CallerKey, CallerLimits};
use crate::pattern::Pattern;
use crate::replicas::{Lease, Over, SharedLimits};
use crate::{ApiError, StartError};

/// Which caller a request is of, as the gateway knows it; whoever sends it is not believed.
pub(crate) const CALLER: HeaderName = HeaderName::from_static("x-interlingua-caller");

/// All callers of a gateway.
#[derive(Debug, Default)]
pub(crate) struct Callers(Vec<Arc<Caller>>);

/// A caller, and how much it has asked for.
#[derive(Debug)]
pub(crate) struct Caller {
    key: CallerKey,
    models: Vec<Pattern>,
    requests: Option<Bucket>,
    tokens: Option<Bucket>,
    places: Option<Arc<Semaphore>>,
    /// Where several gateways count together; this one's own numbers are for when they cannot.
    shared: Option<Arc<SharedLimits>>,
}

/// A place among the requests of a caller, as long as it is held.
#[derive(Debug, Default)]
pub(crate) struct Place {
    #[expect(dead_code, reason = "held, not used")]
    own: Option<OwnedSemaphorePermit>,
    #[expect(dead_code, reason = "held, not used")]
    shared: Option<Lease>,
}

impl Callers {
    /// # Errors
    /// Two have one name or one key.
    pub(crate) fn new(keys: Vec<CallerKey>, shared: Option<&Arc<SharedLimits>>) -> Result<Self, StartError> {
        let mut callers: Vec<Arc<Caller>> = Vec::with_capacity(keys.len());
        for key in keys {
            if callers.iter().any(|other| other.key.name == key.name || other.key.hash == key.hash) {
                return Err(StartError::Caller(format!("there are two keys `{}`, or one of the same key", key.name)));
            }
            let shared = shared.cloned().filter(|_| key.limits != CallerLimits::default());
            let CallerLimits { requests_per_minute, tokens_per_minute, at_once } = key.limits;
            let places = at_once.map(|places| Arc::new(Semaphore::new(places as usize)));
            let models = key.models.iter().map(|model| Pattern::new(model)).collect();
            let bucket = |limit: Option<u32>| limit.map(Bucket::of);
            let (requests, tokens) = (bucket(requests_per_minute), bucket(tokens_per_minute));
            callers.push(Arc::new(Caller { key, models, requests, tokens, places, shared }));
        }
        Ok(Self(callers))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whose key this is. All are compared, whichever it is.
    pub(crate) fn find(&self, presented: &str) -> Option<&Arc<Caller>> {
        let hash = digest(&SHA256, presented.as_bytes());
        let mut found = None;
        for caller in &self.0 {
            if bool::from(caller.key.hash.ct_eq(hash.as_ref())) {
                found = Some(caller);
            }
        }
        found
    }
}

impl Callers {
    /// The caller that a request has been found to come from.
    pub(crate) fn of(&self, headers: &HeaderMap) -> Option<&Arc<Caller>> {
        let name = headers.get(CALLER)?.as_bytes();
        self.0.iter().find(|caller| caller.key.name.as_bytes() == name)
    }
}

impl Caller {
    pub(crate) fn name(&self) -> &str {
        &self.key.name
    }

    /// Takes a request in, with the place that it has until its end where places are limited.
    pub(crate) async fn admit(&self, now: Instant) -> Result<Place, ApiError> {
        let together = match &self.shared {
            Some(shared) => shared.admit(self.name(), self.key.limits).await,
            None => None,
        };
        match together {
            None => Ok(Place { own: self.admit_alone(now)?, shared: None }),
            Some(Ok(shared)) => {
                // Should the others get out of reach, what this gateway let in is counted.
                if let Some(requests) = &self.requests {
                    requests.take(1, now);
                }
                let own = self.places.as_ref().and_then(|places| Arc::clone(places).try_acquire_owned().ok());
                Ok(Place { own, shared })
            }
            Some(Err(Over::Places)) => Err(self.over(PLACES, Duration::from_secs(1))),
            Some(Err(Over::Tokens(wait))) => Err(self.over(TOKENS, wait)),
            Some(Err(Over::Requests(wait))) => Err(self.over(REQUESTS, wait)),
        }
    }

    fn admit_alone(&self, now: Instant) -> Result<Option<OwnedSemaphorePermit>, ApiError> {
        let place = match &self.places {
            None => None,
            Some(places) => match Arc::clone(places).try_acquire_owned() {
                Ok(place) => Some(place),
                Err(_) => return Err(self.over(PLACES, Duration::from_secs(1))),
            },
        };
        if let Some(wait) = self.tokens.as_ref().and_then(|tokens| tokens.wait(now)) {
            return Err(self.over(TOKENS, wait));
        }
        if let Some(requests) = &self.requests {
            if let Some(wait) = requests.wait(now) {
                return Err(self.over(REQUESTS, wait));
            }
            requests.take(1, now);
        }
        Ok(place)
    }

    /// Whether it may ask for a model.
    pub(crate) fn may_ask(&self, model: &str) -> Result<(), ApiError> {
        if self.models.is_empty() || self.models.iter().any(|pattern| pattern.fits(model)) {
            return Ok(());
        }
        let message = format!("the key `{}` may not ask for the model `{model}`", self.name());
        let refusal = ApiError::new(StatusCode::FORBIDDEN, message);
        Err(refusal.with_param("model").with_code("model_not_allowed"))
    }

    /// What a reply cost.
    pub(crate) fn spent(&self, usage: &Usage, now: Instant) {
        if let Some(tokens) = &self.tokens {
            let spent = usage.input.saturating_add(usage.output);
            tokens.take(spent, now);
            if let (Some(shared), Some(limit)) = (&self.shared, self.key.limits.tokens_per_minute) {
                shared.spent(self.name(), limit, spent);
            }
        }
    }

    fn over(&self, what: &str, wait: Duration) -> ApiError {
        let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
        let message = format!("the key `{}` has used up its {what}; try again in {seconds} s", self.name());
        let refusal = ApiError::new(StatusCode::TOO_MANY_REQUESTS, message);
        refusal.with_code("rate_limit_exceeded").with_header(RETRY_AFTER, HeaderValue::from(seconds))
    }
}

/// What can be used up, in words.
const PLACES: &str = "requests at a time";
const TOKENS: &str = "tokens a minute";
const REQUESTS: &str = "requests a minute";

/// Something that fills up in a minute. It may be overdrawn, since what is taken is partly known only afterwards; limiters
/// of the field cannot be.
#[derive(Debug)]
struct Bucket {
    per_minute: f64,
    state: Mutex<Level>,
}

#[derive(Debug, Clone, Copy)]
struct Level {
    left: f64,
    at: Option<Instant>,
}

impl Bucket {
    fn of(per_minute: u32) -> Self {
        let per_minute = f64::from(per_minute.max(1));
        Self { per_minute, state: Mutex::new(Level { left: per_minute, at: None }) }
    }

    /// How long until there is one again; none where there is.
    fn wait(&self, now: Instant) -> Option<Duration> {
        let left = self.filled(now, |_| ());
        (left < 1.0).then(|| Duration::from_secs_f64((1.0 - left) * 60.0 / self.per_minute))
    }

    #[expect(clippy::cast_precision_loss, reason = "nobody counts tokens that exactly")]
    fn take(&self, count: u64, now: Instant) {
        self.filled(now, |left| *left -= count as f64);
    }

    fn filled(&self, now: Instant, change: impl FnOnce(&mut f64)) -> f64 {
        let mut level = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let Level { left, at } = &mut *level;
        let passed = at.map_or(Duration::ZERO, |at| now.saturating_duration_since(at));
        *left = (*left + passed.as_secs_f64() * self.per_minute / 60.0).min(self.per_minute);
        *at = Some(now);
        change(left);
        *left
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn caller(limits: CallerLimits) -> Arc<Caller> {
        let key = CallerKey { limits, models: vec!["gpt-*".to_owned()], ..key("laptop", "a-key-of-a-laptop") };
        Arc::clone(Callers::new(vec![key], None).unwrap().find("a-key-of-a-laptop").unwrap())
    }

    fn key(name: &str, key: &str) -> CallerKey {
        CallerKey::new(name, &CallerKey::hash_of(key)).unwrap()
    }

    #[test]
    fn a_key_is_found_by_its_hash_and_shown_nowhere() {
        let callers = Callers::new(vec![key("a", "key-one"), key("b", "key-two")], None).unwrap();
        assert_eq!(callers.find("key-two").unwrap().name(), "b");
        assert!(callers.find("key-three").is_none() && callers.find("").is_none());
        assert!(!format!("{callers:?}").contains("key-"), "{callers:?}");
        assert!(Callers::new(vec![key("a", "1"), key("a", "2")], None).is_err());
        assert!(Callers::new(vec![key("a", "1"), key("b", "1")], None).is_err());
        for (name, hash) in
            [("", CallerKey::hash_of("x")), ("a b", CallerKey::hash_of("x")), ("a", "g".repeat(64)), ("a", "ab".into())]
        {
            assert!(CallerKey::new(name, &hash).is_err(), "{name} {hash}");
        }
    }

    #[test]
    fn requests_fill_up_again_within_a_minute() {
        let caller = caller(CallerLimits { requests_per_minute: Some(2), ..CallerLimits::default() });
        let begin = Instant::now();
        let at = |seconds| begin + Duration::from_secs(seconds);
        assert!(caller.admit_alone(at(0)).is_ok() && caller.admit_alone(at(0)).is_ok());
        let refusal = caller.admit_alone(at(0)).unwrap_err();
        assert_eq!(refusal.status, 429);
        assert!(refusal.to_string().ends_with("try again in 30 s"), "{refusal}");
        assert!(
            caller.admit_alone(at(29)).is_err()
                && caller.admit_alone(at(30)).is_ok()
                && caller.admit_alone(at(30)).is_err()
        );
        assert!(
            caller.admit_alone(at(600)).is_ok()
                && caller.admit_alone(at(600)).is_ok()
                && caller.admit_alone(at(600)).is_err(),
            "no more than a minute's"
        );
    }

    #[test]
    fn tokens_may_be_overdrawn_and_are_waited_for() {
        let caller = caller(CallerLimits { tokens_per_minute: Some(600), ..CallerLimits::default() });
        let begin = Instant::now();
        assert!(caller.admit_alone(begin).is_ok());
        caller.spent(&Usage { input: 700, output: 200, ..Usage::default() }, begin);
        let refusal = caller.admit_alone(begin).unwrap_err();
        assert!(refusal.to_string().contains("tokens a minute; try again in 31 s"), "{refusal}");
        assert!(caller.admit_alone(begin + Duration::from_secs(31)).is_ok());
    }

    #[test]
    fn places_are_given_back() {
        let caller = caller(CallerLimits { at_once: Some(1), ..CallerLimits::default() });
        let place = caller.admit_alone(Instant::now()).unwrap();
        assert!(caller.admit_alone(Instant::now()).is_err());
        drop(place);
        assert!(caller.admit_alone(Instant::now()).is_ok());
    }

    #[test]
    fn models_are_asked_for_by_pattern() {
        let caller = caller(CallerLimits::default());
        assert!(caller.may_ask("gpt-5.5").is_ok());
        assert_eq!(caller.may_ask("o3").unwrap_err().status, 403);
    }
}
