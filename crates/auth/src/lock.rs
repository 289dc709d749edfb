//! Waiting without blocking the runtime: for the lock file, and for the disk.

use std::time::{Duration, Instant};

use crate::{
    auth_file::{AuthFile, Lock},
    error::Error,
};

/// Takes the lock of the file, waiting for another process for at most `limit`.
pub(crate) async fn lock(file: &AuthFile, limit: Duration) -> Result<Lock, Error> {
    let start = Instant::now();
    loop {
        let file = file.clone();
        let path = file.lock_path();
        if let Some(lock) = blocking(move || file.try_lock()).await?.map_err(Error::File)? {
            return Ok(lock);
        }
        if start.elapsed() >= limit {
            return Err(Error::Locked { path, waited: limit });
        }
        tokio::time::sleep(POLL).await;
    }
}

/// Does something that waits for the disk. What has begun is finished even when the runtime ends.
pub(crate) async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Error> {
    tokio::task::spawn_blocking(work).await.map_err(|_| Error::Ended)
}

const POLL: Duration = Duration::from_millis(50);
