//! The log of one test.

use std::io;
use std::sync::{Arc, Mutex};

use tracing::subscriber::{DefaultGuard, NoSubscriber};
use tracing::{Dispatch, Level};

/// What the thread of a test logs, which its runtime does not leave, as long as this is held.
pub(crate) struct TestLog {
    lines: Lines,
    _guard: DefaultGuard,
    /// Of a single subscriber `tracing` asks nobody but the thread that comes by a line first, and a test beside this one may be
    /// that.
    _second: Dispatch,
}

impl TestLog {
    /// Reads what is logged from here on, down to this level.
    pub(crate) fn read(level: Level) -> Self {
        let lines = Lines::default();
        let writer = lines.clone();
        let subscriber = tracing_subscriber::fmt().with_max_level(level).with_ansi(false);
        let guard = tracing::subscriber::set_default(subscriber.with_writer(move || writer.clone()).finish());
        Self { lines, _guard: guard, _second: Dispatch::new(NoSubscriber::default()) }
    }

    /// What has been logged by now.
    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.lines.0.lock().unwrap().clone()).unwrap()
    }
}

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
