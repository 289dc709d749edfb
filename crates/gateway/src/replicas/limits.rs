//! Limits of callers that hold for all gateways together.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use redis::{Pipeline, pipe};
use tokio::runtime::Handle;
use uuid::Uuid;

use super::Link;
use crate::CallerLimits;

/// What all gateways together count of their callers.
#[derive(Debug)]
pub(crate) struct SharedLimits {
    link: Arc<Link>,
    /// The places that are taken here, and whose they are.
    taken: Mutex<BTreeMap<String, String>>,
}

/// A place among the requests of a caller, given back when this is dropped.
#[derive(Debug)]
pub(crate) struct Lease {
    limits: Arc<SharedLimits>,
    id: String,
}

/// What is used up, and how long to wait for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Over {
    Places,
    Tokens(Duration),
    Requests(Duration),
}

/// How long a place stays taken whose gateway has died.
const LEASE: Duration = Duration::from_secs(60);
/// How often the places of a gateway that lives are taken anew.
const RENEWAL: Duration = Duration::from_secs(20);

impl SharedLimits {
    pub(crate) fn over(link: Arc<Link>) -> Arc<Self> {
        Arc::new(Self { link, taken: Mutex::default() })
    }

    /// Takes a request of a caller in, or says what is used up. None where Redis cannot be reached.
    pub(crate) async fn admit(
        self: &Arc<Self>,
        caller: &str,
        limits: CallerLimits,
    ) -> Option<Result<Option<Lease>, Over>> {
        let CallerLimits { requests_per_minute, tokens_per_minute, at_once } = limits;
        let id = Uuid::new_v4().simple().to_string();
        let mut question = script(ADMIT, caller);
        question
            .arg(requests_per_minute.unwrap_or(0))
            .arg(tokens_per_minute.unwrap_or(0))
            .arg(at_once.unwrap_or(0))
            .arg(&id)
            .arg(LEASE.as_secs() * 1000);
        let ((what, wait),): ((u8, u64),) = self.link.ask(&question).await?;
        let wait = Duration::from_millis(wait);
        Some(match what {
            0 if at_once.is_some() => Ok(Some(self.lease(id, caller))),
            0 => Ok(None),
            1 => Err(Over::Places),
            2 => Err(Over::Tokens(wait)),
            _ => Err(Over::Requests(wait)),
        })
    }

    /// A caller has used so many tokens. Nobody waits for that to be counted.
    pub(crate) fn spent(self: &Arc<Self>, caller: &str, tokens_per_minute: u32, tokens: u64) {
        let mut question = script(SPEND, caller);
        question.arg(tokens_per_minute).arg(tokens);
        self.later(question);
    }

    fn lease(self: &Arc<Self>, id: String, caller: &str) -> Lease {
        let mut taken = self.taken();
        let is_first = taken.is_empty();
        taken.insert(id.clone(), caller.to_owned());
        drop(taken);
        if let (true, Ok(runtime)) = (is_first, Handle::try_current()) {
            runtime.spawn(renewed(Arc::downgrade(self)));
        }
        Lease { limits: Arc::clone(self), id }
    }

    fn later(self: &Arc<Self>, question: Pipeline) {
        if let Ok(runtime) = Handle::try_current() {
            let limits = Arc::clone(self);
            runtime.spawn(async move { limits.link.ask::<redis::Value>(&question).await });
        }
    }

    fn taken(&self) -> MutexGuard<'_, BTreeMap<String, String>> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let caller = self.limits.taken().remove(&self.id);
        if let Some(caller) = caller {
            let mut question = pipe();
            question.zrem(places(&caller), &self.id);
            self.limits.later(question);
        }
    }
}

/// Takes the places of this gateway anew as long as there are any.
async fn renewed(limits: Weak<SharedLimits>) {
    loop {
        tokio::time::sleep(RENEWAL).await;
        let Some(limits) = limits.upgrade() else { return };
        let taken = limits.taken().clone();
        if taken.is_empty() {
            return;
        }
        let mut question = pipe();
        for (id, caller) in &taken {
            let key = places(caller);
            question.cmd("EVAL").arg(RENEW).arg(1).arg(key).arg(id).arg(LEASE.as_secs() * 1000).ignore();
        }
        let _ = limits.link.ask::<()>(&question).await;
    }
}

fn script(text: &str, caller: &str) -> Pipeline {
    let mut question = pipe();
    question.cmd("EVAL").arg(text).arg(2).arg(format!("interlingua:limits:{{{caller}}}")).arg(places(caller));
    question
}

fn places(caller: &str) -> String {
    format!("interlingua:places:{{{caller}}}")
}

/// A bucket that fills up in a minute, by the clock of Redis, as `Bucket` in `caller.rs` does by its own.
macro_rules! with_buckets {
    ($body:literal) => {
        concat!(
            "local time = redis.call('TIME') \
             local now = time[1] * 1000 + math.floor(time[2] / 1000) \
             local function level(name, per_minute) \
               local left = tonumber(redis.call('HGET', KEYS[1], name)) or per_minute \
               local at = tonumber(redis.call('HGET', KEYS[1], name .. '_at')) or now \
               return math.min(per_minute, left + math.max(0, now - at) * per_minute / 60000) \
             end \
             local function keep(name, left, per_minute) \
               redis.call('HSET', KEYS[1], name, tostring(left), name .. '_at', now) \
               local full = math.ceil((per_minute - left) * 60000 / per_minute) + 60000 \
               redis.call('PEXPIRE', KEYS[1], math.max(full, redis.call('PTTL', KEYS[1]))) \
             end \
             local function wait(left, per_minute) return math.ceil((1 - left) * 60000 / per_minute) end ",
            $body
        )
    };
}

const ADMIT: &str = with_buckets!(
    "local requests, tokens, places = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]) \
     if places > 0 then \
       redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now) \
       if not redis.call('ZSCORE', KEYS[2], ARGV[4]) and redis.call('ZCARD', KEYS[2]) >= places then return {1, 1000} end \
     end \
     if tokens > 0 then \
       local left = level('tokens', tokens) \
       if left < 1 then return {2, wait(left, tokens)} end \
     end \
     if requests > 0 then \
       local left = level('requests', requests) \
       if left < 1 then return {3, wait(left, requests)} end \
       keep('requests', left - 1, requests) \
     end \
     if places > 0 then \
       redis.call('ZADD', KEYS[2], now + ARGV[5], ARGV[4]) \
       redis.call('PEXPIRE', KEYS[2], ARGV[5]) \
     end \
     return {0, 0}"
);

const SPEND: &str = with_buckets!(
    "local tokens = tonumber(ARGV[1]) \
     keep('tokens', level('tokens', tokens) - tonumber(ARGV[2]), tokens) \
     return 0"
);

const RENEW: &str = "local time = redis.call('TIME') \
                     redis.call('ZADD', KEYS[1], time[1] * 1000 + ARGV[2], ARGV[1]) \
                     redis.call('PEXPIRE', KEYS[1], ARGV[2])";
