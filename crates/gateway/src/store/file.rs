//! A store in a file: one transaction a reply, on the disk before the client hears of it.

use std::fs::OpenOptions;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use futures_util::future::BoxFuture;
use redb::{Builder, Database, DatabaseError, ReadableDatabase, ReadableTable, TableDefinition, WriteTransaction};

use super::{Key, Store, StoreError, StoreLimits};
use crate::StartError;

const VALUES: TableDefinition<'_, &[u8], &[u8]> = TableDefinition::new("values");
/// When the time of each value runs out, in milliseconds since 1970.
const ENDS: TableDefinition<'_, &[u8], u64> = TableDefinition::new("ends");
/// The same, in the order of time.
const BY_END: TableDefinition<'_, (u64, &[u8]), ()> = TableDefinition::new("by_end");

/// Values in a file. What a transaction has written survives whatever becomes of the process.
pub(crate) struct File(Arc<Inner>);

struct Inner {
    database: Database,
    age: u64,
    /// When values whose time has run out were last taken away.
    swept: AtomicU64,
}

/// How often values whose time has run out are taken away.
const SWEEP_EVERY: u64 = 10 * 60 * 1000;
/// How many at a time, so that nobody waits long for it.
const MOST_SWEPT: usize = 256;
/// How much of the age may be lost because a use is not written down: a conversation would be written again at every turn.
const COARSE: u64 = 32;
/// How much of the file is held in memory, in bytes.
const CACHE: usize = 16 * 1024 * 1024;

impl File {
    /// Opens the file, or makes one that only its owner can read.
    ///
    /// # Errors
    /// It cannot be opened, is something else, or another process has it.
    pub(crate) fn open(path: &Path, limits: StoreLimits) -> Result<Self, StartError> {
        let refused = |why: String| StartError::Store(format!("the store {} cannot be used: {why}", path.display()));
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(path).map_err(|error| refused(error.to_string()))?;
        if !file.metadata().is_ok_and(|metadata| metadata.is_file()) {
            return Err(refused("it is no plain file".to_owned()));
        }
        let database = Builder::new().set_cache_size(CACHE).create_file(file).map_err(|error| {
            refused(if matches!(error, DatabaseError::DatabaseAlreadyOpen) {
                "another process has it open; several gateways can share Redis".to_owned()
            } else {
                format!("{error}; if it is something else, name another file")
            })
        })?;
        let age = u64::try_from(limits.age.as_millis()).unwrap_or(u64::MAX / 2).max(1);
        let inner = Inner { database, age, swept: AtomicU64::new(0) };
        inner.prepare().map_err(|error| refused(error.to_string()))?;
        Ok(Self(Arc::new(inner)))
    }

    /// Runs what waits for the disk where nothing else has to wait for it.
    fn run<T: Send + 'static>(
        &self,
        act: impl FnOnce(&Inner) -> Result<T, redb::Error> + Send + 'static,
    ) -> BoxFuture<'_, Result<T, StoreError>> {
        let inner = Arc::clone(&self.0);
        Box::pin(async move {
            let done = tokio::task::spawn_blocking(move || act(&inner)).await;
            done.map_err(|error| StoreError::Unavailable(error.to_string()))?
                .map_err(|error| StoreError::Unavailable(error.to_string()))
        })
    }
}

impl Inner {
    fn prepare(&self) -> Result<(), redb::Error> {
        let transaction = self.database.begin_write()?;
        {
            transaction.open_table(VALUES)?;
            transaction.open_table(ENDS)?;
            transaction.open_table(BY_END)?;
        }
        Ok(transaction.commit()?)
    }

    fn put(&self, key: &[u8], value: &[u8], used: &[Vec<u8>]) -> Result<(), redb::Error> {
        let now = now();
        let transaction = self.database.begin_write()?;
        {
            let mut values = transaction.open_table(VALUES)?;
            values.insert(key, value)?;
        }
        self.prolong(&transaction, key, now)?;
        for key in used {
            self.prolong(&transaction, key, now)?;
        }
        let swept = self.swept.load(Ordering::Relaxed);
        if now.saturating_sub(swept) >= SWEEP_EVERY.min(self.age) {
            // What is left over is taken away with the next reply.
            if sweep(&transaction, now)? < MOST_SWEPT {
                self.swept.store(now, Ordering::Relaxed);
            }
        }
        Ok(transaction.commit()?)
    }

    /// Lets a value live on as if it were new.
    fn prolong(&self, transaction: &WriteTransaction, key: &[u8], now: u64) -> Result<(), redb::Error> {
        if transaction.open_table(VALUES)?.get(key)?.is_none() {
            return Ok(());
        }
        let end = now.saturating_add(self.age);
        let mut ends = transaction.open_table(ENDS)?;
        let known = ends.get(key)?.map(|end| end.value());
        if known.is_some_and(|known| known + self.age / COARSE > end) {
            return Ok(());
        }
        let mut by_end = transaction.open_table(BY_END)?;
        if let Some(known) = known {
            by_end.remove((known, key))?;
        }
        by_end.insert((end, key), ())?;
        ends.insert(key, end)?;
        Ok(())
    }

    fn get(&self, key: &[u8]) -> Result<Option<Bytes>, redb::Error> {
        let transaction = self.database.begin_read()?;
        let ends = transaction.open_table(ENDS)?;
        if ends.get(key)?.is_none_or(|end| end.value() <= now()) {
            return Ok(None);
        }
        let values = transaction.open_table(VALUES)?;
        Ok(values.get(key)?.map(|value| Bytes::copy_from_slice(value.value())))
    }

    fn delete(&self, key: &[u8]) -> Result<bool, redb::Error> {
        let transaction = self.database.begin_write()?;
        let was_there = remove(&transaction, key, now())?;
        transaction.commit()?;
        Ok(was_there)
    }
}

/// Takes a value away; whether its time had not run out yet.
fn remove(transaction: &WriteTransaction, key: &[u8], now: u64) -> Result<bool, redb::Error> {
    let end = transaction.open_table(ENDS)?.remove(key)?.map(|end| end.value());
    if let Some(end) = end {
        transaction.open_table(BY_END)?.remove((end, key))?;
    }
    transaction.open_table(VALUES)?.remove(key)?;
    Ok(end.is_some_and(|end| end > now))
}

/// Takes away values whose time has run out, and says how many.
fn sweep(transaction: &WriteTransaction, now: u64) -> Result<usize, redb::Error> {
    let mut over = Vec::new();
    {
        let by_end = transaction.open_table(BY_END)?;
        for entry in by_end.range(..=(now, &[][..]))?.take(MOST_SWEPT) {
            let (entry, ()) = (entry?.0, ());
            over.push(entry.value().1.to_vec());
        }
    }
    for key in &over {
        remove(transaction, key, now)?;
    }
    Ok(over.len())
}

/// In milliseconds since 1970.
fn now() -> u64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).as_ref().map_or(0, Duration::as_millis);
    u64::try_from(since).unwrap_or(u64::MAX / 2)
}

impl Store for File {
    fn put(&self, key: Key, value: Bytes, used: Vec<Key>) -> BoxFuture<'_, Result<(), StoreError>> {
        let used: Vec<_> = used.iter().map(Key::bytes).collect();
        self.run(move |inner| inner.put(&key.bytes(), &value, &used))
    }

    fn get(&self, key: Key) -> BoxFuture<'_, Result<Option<Bytes>, StoreError>> {
        self.run(move |inner| inner.get(&key.bytes()))
    }

    fn delete(&self, key: Key) -> BoxFuture<'_, Result<bool, StoreError>> {
        self.run(move |inner| inner.delete(&key.bytes()))
    }

    fn check(&self) -> BoxFuture<'_, Result<(), StoreError>> {
        Box::pin(std::future::ready(Ok(())))
    }
}

#[cfg(test)]
impl File {
    /// How many values there are, whether their time is over or not.
    pub(super) fn count(&self) -> u64 {
        use redb::ReadableTableMetadata as _;
        let transaction = self.0.database.begin_read().unwrap();
        let counts = [
            transaction.open_table(VALUES).unwrap().len().unwrap(),
            transaction.open_table(ENDS).unwrap().len().unwrap(),
        ];
        assert_eq!(counts[0], counts[1]);
        assert_eq!(counts[0], transaction.open_table(BY_END).unwrap().len().unwrap());
        counts[0]
    }
}
