//! A store in Redis, or whatever speaks its protocol.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use redis::{AsyncCommands, RedisResult};
use tokio::time::timeout;

use super::{Key, Store, StoreError, StoreLimits};
use crate::replicas::Link;

/// Values in Redis, which several gateways can share.
pub(crate) struct Redis {
    link: Arc<Link>,
    /// In milliseconds.
    age: u64,
}

/// How long all of it may take, connecting again included.
const WAIT: Duration = Duration::from_secs(5);

impl Redis {
    pub(crate) fn over(link: Arc<Link>, limits: StoreLimits) -> Self {
        Self { link, age: u64::try_from(limits.age.as_millis()).unwrap_or(u64::MAX).max(1) }
    }

    async fn within<T>(work: impl Future<Output = RedisResult<T>>) -> Result<T, StoreError> {
        match timeout(WAIT, work).await {
            Ok(done) => done.map_err(|error| StoreError::Unavailable(error.to_string())),
            Err(_) => Err(StoreError::Unavailable(format!("Redis did not answer within {} s", WAIT.as_secs()))),
        }
    }
}

/// The key of a value.
fn name(key: &Key) -> String {
    format!("interlingua:response:{}:{}", key.owner.hex(), key.id)
}

impl Store for Redis {
    fn put(&self, key: Key, value: Bytes, used: Vec<Key>) -> BoxFuture<'_, Result<(), StoreError>> {
        Box::pin(Self::within(async move {
            let mut pipeline = redis::pipe();
            pipeline.pset_ex(name(&key), &value[..], self.age).ignore();
            let age = i64::try_from(self.age).unwrap_or(i64::MAX);
            for key in &used {
                pipeline.pexpire(name(key), age).ignore();
            }
            pipeline.query_async(&mut self.link.connection().await?).await
        }))
    }

    fn get(&self, key: Key) -> BoxFuture<'_, Result<Option<Bytes>, StoreError>> {
        Box::pin(Self::within(async move {
            let value: Option<Vec<u8>> = self.link.connection().await?.get(name(&key)).await?;
            Ok(value.map(Bytes::from))
        }))
    }

    fn delete(&self, key: Key) -> BoxFuture<'_, Result<bool, StoreError>> {
        Box::pin(Self::within(async move {
            let gone: u64 = self.link.connection().await?.del(name(&key)).await?;
            Ok(gone > 0)
        }))
    }

    fn check(&self) -> BoxFuture<'_, Result<(), StoreError>> {
        Box::pin(async move {
            // Asked before every request that keeps its reply: where it cannot be reached, nobody is to wait for that each time.
            let mut question = redis::pipe();
            question.cmd("PING").ignore();
            let gone = || StoreError::Unavailable("Redis cannot be reached".to_owned());
            self.link.ask::<()>(&question).await.ok_or_else(gone)
        })
    }
}
