//! The connection to Redis, or to whatever speaks its protocol.

use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use interlingua_executor::one_line;
use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::{FromRedisValue, Pipeline, RedisResult};
use tokio::sync::OnceCell;
use tokio::time::timeout;

use crate::{StartError, StoreConfig};

/// One connection, made when it is first needed: a gateway starts without its Redis.
pub(crate) struct Link {
    client: redis::Client,
    connection: OnceCell<ConnectionManager>,
    state: Mutex<State>,
}

/// Whether it can be reached, as far as is known.
#[derive(Debug, Clone, Copy, Default)]
enum State {
    #[default]
    There,
    /// Nobody is to wait for it before then.
    Gone { until: Instant },
}

/// How long a connection may take.
const CONNECT_WAIT: Duration = Duration::from_secs(2);
/// How long an answer may take.
const ANSWER_WAIT: Duration = Duration::from_secs(2);
/// How long all of it may take for those who can do without.
const OPTIONAL_WAIT: Duration = Duration::from_secs(1);
/// How long those who can do without leave it alone after it could not be reached.
const REST: Duration = Duration::from_secs(2);

impl Link {
    /// To the Redis of the store, if it is one.
    ///
    /// # Errors
    /// The URL is none.
    pub(crate) fn of(store: &StoreConfig) -> Result<Option<Self>, StartError> {
        match store {
            StoreConfig::Redis(url) => Self::open(url).map(Some),
            StoreConfig::Memory | StoreConfig::File(_) | StoreConfig::Off => Ok(None),
        }
    }

    /// Takes the URL; nothing is connected yet.
    ///
    /// # Errors
    /// The URL is none.
    pub(crate) fn open(url: &str) -> Result<Self, StartError> {
        // What is wrong with it is told without the URL, which may hold a password.
        let refused = |_| {
            StartError::Store(
                "the URL of the store is none: redis://[[user]:password@]host[:port][/database], or rediss:// for TLS"
                    .to_owned(),
            )
        };
        let client = redis::Client::open(url).map_err(refused)?;
        Ok(Self { client, connection: OnceCell::new(), state: Mutex::default() })
    }

    pub(crate) async fn connection(&self) -> RedisResult<ConnectionManager> {
        let config = ConnectionManagerConfig::new()
            .set_connection_timeout(Some(CONNECT_WAIT))
            .set_response_timeout(Some(ANSWER_WAIT))
            .set_number_of_retries(1)
            .set_max_delay(Duration::from_millis(100));
        let connect = || async { ConnectionManager::new_lazy_with_config(self.client.clone(), config) };
        self.connection.get_or_try_init(connect).await.cloned()
    }

    /// Asks for something that can be done without: None where it cannot be reached. What is asked may arrive twice.
    pub(crate) async fn ask<T: FromRedisValue>(&self, question: &Pipeline) -> Option<T> {
        if let State::Gone { until } = *self.state()
            && Instant::now() < until
        {
            return None;
        }
        let once = || async { question.query_async(&mut self.connection().await?).await };
        let asked = async {
            match once().await {
                // The connection was lost since the last question, which is noticed only now.
                Err(error) if error.is_io_error() => once().await,
                answer => answer,
            }
        };
        let answer = timeout(OPTIONAL_WAIT, asked).await;
        let problem = match answer {
            Ok(Ok(answer)) => {
                if let State::Gone { .. } = std::mem::take(&mut *self.state()) {
                    tracing::info!("Redis is back: limits and logins are shared again");
                }
                return Some(answer);
            }
            Ok(Err(error)) => error.to_string(),
            Err(_) => format!("no answer within {} s", OPTIONAL_WAIT.as_secs()),
        };
        let before = std::mem::replace(&mut *self.state(), State::Gone { until: Instant::now() + REST });
        if let State::There = before {
            tracing::warn!(
                problem = %one_line(&problem),
                "Redis cannot be used: until it can, this gateway counts the limits of its callers for itself, and renews \
                 logins without asking the others"
            );
        }
        None
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Its address may hold a password.
        f.debug_struct("Link").field("state", &*self.state()).finish_non_exhaustive()
    }
}
