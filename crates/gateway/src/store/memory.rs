//! A store in this process.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use bytes::Bytes;
use futures_util::future::BoxFuture;

use super::{Key, Store, StoreError, StoreLimits};

/// Values in memory. What was not used for longest goes first, and nothing is kept longer than its time.
pub(crate) struct Memory {
    kept: Mutex<Kept>,
    limits: StoreLimits,
}

#[derive(Default)]
struct Kept {
    values: HashMap<Key, Value>,
    /// The keys in the order of their last use, which is also the order in which their time runs out.
    order: BTreeMap<u64, Key>,
    uses: u64,
    bytes: usize,
}

struct Value {
    bytes: Bytes,
    use_number: u64,
    used: Instant,
}

/// What an entry costs beside its key and its value, roughly.
const OVERHEAD: usize = 256;

impl Memory {
    pub(crate) fn new(limits: StoreLimits) -> Self {
        Self { kept: Mutex::default(), limits }
    }

    /// Keeps a value at once.
    pub(crate) fn put_now(&self, key: Key, value: Bytes, used: &[Key]) -> Result<(), StoreError> {
        if cost(&key, &value) > self.limits.bytes {
            return Err(StoreError::TooLarge);
        }
        self.with(|kept| {
            for key in used {
                kept.touch(key);
            }
            kept.remove(&key);
            kept.bytes += cost(&key, &value);
            kept.uses += 1;
            let use_number = kept.uses;
            kept.order.insert(use_number, key.clone());
            kept.values.insert(key, Value { bytes: value, use_number, used: Instant::now() });
            while kept.bytes > self.limits.bytes && kept.remove_oldest() {}
        });
        Ok(())
    }

    /// The value, at once.
    pub(crate) fn get_now(&self, key: &Key) -> Option<Bytes> {
        self.with(|kept| kept.values.get(key).map(|value| value.bytes.clone()))
    }

    /// Takes a value away at once.
    pub(crate) fn delete_now(&self, key: &Key) -> bool {
        self.with(|kept| kept.remove(key))
    }

    fn with<T>(&self, act: impl FnOnce(&mut Kept) -> T) -> T {
        // Nothing in here panics half done.
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        while kept.oldest().is_some_and(|used| used.elapsed() >= self.limits.age) && kept.remove_oldest() {}
        act(&mut kept)
    }
}

fn cost(key: &Key, value: &Bytes) -> usize {
    key.id.len() + value.len() + OVERHEAD
}

impl Kept {
    fn touch(&mut self, key: &Key) {
        if let Some(value) = self.values.get_mut(key) {
            self.uses += 1;
            if let Some(key) = self.order.remove(&value.use_number) {
                self.order.insert(self.uses, key);
            }
            value.use_number = self.uses;
            value.used = Instant::now();
        }
    }

    fn remove(&mut self, key: &Key) -> bool {
        let Some(Value { bytes, use_number, used: _ }) = self.values.remove(key) else { return false };
        self.order.remove(&use_number);
        self.bytes = self.bytes.saturating_sub(cost(key, &bytes));
        true
    }

    fn oldest(&self) -> Option<Instant> {
        let (_, key) = self.order.first_key_value()?;
        Some(self.values.get(key)?.used)
    }

    fn remove_oldest(&mut self) -> bool {
        let Some((_, key)) = self.order.first_key_value() else { return false };
        let key = key.clone();
        self.remove(&key)
    }
}

impl Store for Memory {
    fn put(&self, key: Key, value: Bytes, used: Vec<Key>) -> BoxFuture<'_, Result<(), StoreError>> {
        Box::pin(std::future::ready(self.put_now(key, value, &used)))
    }

    fn get(&self, key: Key) -> BoxFuture<'_, Result<Option<Bytes>, StoreError>> {
        Box::pin(std::future::ready(Ok(self.get_now(&key))))
    }

    fn delete(&self, key: Key) -> BoxFuture<'_, Result<bool, StoreError>> {
        Box::pin(std::future::ready(Ok(self.delete_now(&key))))
    }

    fn check(&self) -> BoxFuture<'_, Result<(), StoreError>> {
        Box::pin(std::future::ready(Ok(())))
    }
}
