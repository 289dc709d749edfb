//! Logins of several gateways, renewed by one of them at a time.

use std::time::Duration;

use interlingua_auth::{Replicas, Unreachable};
use interlingua_executor::BoxFuture;
use redis::{Pipeline, pipe};

use super::Link;

impl Replicas for Link {
    fn try_lock<'a>(
        &'a self,
        name: &'a str,
        holder: &'a str,
        hold: Duration,
    ) -> BoxFuture<'a, Result<bool, Unreachable>> {
        Box::pin(async move {
            let taken: Option<(bool,)> = self.ask(script(TAKE, name, holder).arg(millis(hold))).await;
            taken.map(|(taken,)| taken).ok_or(Unreachable)
        })
    }

    fn unlock<'a>(&'a self, name: &'a str, holder: &'a str) -> BoxFuture<'a, Result<(), Unreachable>> {
        Box::pin(async move {
            let let_go: Option<(u64,)> = self.ask(&script(LET_GO, name, holder)).await;
            let_go.map(drop).ok_or(Unreachable)
        })
    }

    fn put<'a>(&'a self, name: &'a str, value: Vec<u8>, keep: Duration) -> BoxFuture<'a, Result<(), Unreachable>> {
        Box::pin(async move {
            let mut question = pipe();
            question.pset_ex(key(name), value, millis(keep)).ignore();
            self.ask(&question).await.ok_or(Unreachable)
        })
    }

    fn get<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<Option<Vec<u8>>, Unreachable>> {
        Box::pin(async move {
            let mut question = pipe();
            question.get(key(name));
            let found: Option<(Option<Vec<u8>>,)> = self.ask(&question).await;
            found.map(|(value,)| value).ok_or(Unreachable)
        })
    }
}

/// Takes a lock that is free or the holder's own: what is asked twice is taken once.
const TAKE: &str = "if redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) then return 1 end \
                    if redis.call('GET', KEYS[1]) == ARGV[1] then return 1 end return 0";
const LET_GO: &str = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0";

fn script(text: &str, name: &str, holder: &str) -> Pipeline {
    let mut question = pipe();
    question.cmd("EVAL").arg(text).arg(1).arg(key(name)).arg(holder);
    question
}

fn key(name: &str) -> String {
    format!("interlingua:{name}")
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX).max(1)
}
