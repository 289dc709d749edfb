//! A store in Redis, or whatever speaks its protocol.

use std::time::Duration;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::{AsyncCommands, RedisResult};
use tokio::sync::OnceCell;
use tokio::time::timeout;

use super::{Key, Store, StoreError, StoreLimits};
use crate::StartError;

/// Values in Redis, which several gateways can share.
pub(crate) struct Redis {
    client: redis::Client,
    /// Made when first needed: a gateway starts without its Redis.
    connection: OnceCell<ConnectionManager>,
    /// In milliseconds.
    age: u64,
}

/// How long a connection may take.
const CONNECT_WAIT: Duration = Duration::from_secs(2);
/// How long an answer may take.
const ANSWER_WAIT: Duration = Duration::from_secs(2);
/// How long all of it may take, connecting again included.
const WAIT: Duration = Duration::from_secs(5);

impl Redis {
    /// Takes the URL; nothing is connected yet.
    ///
    /// # Errors
    /// The URL is none.
    pub(crate) fn open(url: &str, limits: StoreLimits) -> Result<Self, StartError> {
        // What is wrong with it is told without the URL, which may hold a password.
        let refused = |_| {
            StartError::Store("the URL of the store is none: redis://[:password@]host[:port][/database]".to_owned())
        };
        let client = redis::Client::open(url).map_err(refused)?;
        Ok(Self {
            client,
            connection: OnceCell::new(),
            age: u64::try_from(limits.age.as_millis()).unwrap_or(u64::MAX).max(1),
        })
    }

    async fn connection(&self) -> RedisResult<ConnectionManager> {
        let config = ConnectionManagerConfig::new()
            .set_connection_timeout(Some(CONNECT_WAIT))
            .set_response_timeout(Some(ANSWER_WAIT))
            .set_number_of_retries(1)
            .set_max_delay(Duration::from_millis(100));
        let connect = || async { ConnectionManager::new_lazy_with_config(self.client.clone(), config) };
        self.connection.get_or_try_init(connect).await.cloned()
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
            pipeline.query_async(&mut self.connection().await?).await
        }))
    }

    fn get(&self, key: Key) -> BoxFuture<'_, Result<Option<Bytes>, StoreError>> {
        Box::pin(Self::within(async move {
            let value: Option<Vec<u8>> = self.connection().await?.get(name(&key)).await?;
            Ok(value.map(Bytes::from))
        }))
    }

    fn delete(&self, key: Key) -> BoxFuture<'_, Result<bool, StoreError>> {
        Box::pin(Self::within(async move {
            let gone: u64 = self.connection().await?.del(name(&key)).await?;
            Ok(gone > 0)
        }))
    }

    fn check(&self) -> BoxFuture<'_, Result<(), StoreError>> {
        Box::pin(Self::within(async move { redis::cmd("PING").query_async(&mut self.connection().await?).await }))
    }
}
