//! Where a body goes, and how much of it there may be.

use std::io;

use bytes::{Bytes, BytesMut};

/// The bytes of a body that have come so far.
///
/// What does not fit is an error that [`is_full`] knows, whatever decoder the bytes came from.
#[derive(Debug)]
pub(super) struct Room {
    bytes: BytesMut,
    limit: usize,
    /// How many are to be expected.
    announced: usize,
}

impl Room {
    /// Room for `limit` bytes, of which `announced` are to be expected.
    pub(super) fn new(limit: usize, announced: usize) -> Self {
        Self { bytes: BytesMut::new(), limit, announced: announced.min(limit) }
    }

    /// Makes sure that `more` bytes would fit.
    pub(super) fn check(&self, more: u64) -> io::Result<()> {
        let left = self.limit.saturating_sub(self.bytes.len());
        if u64::try_from(left).is_ok_and(|left| more > left) { Err(io::ErrorKind::FileTooLarge.into()) } else { Ok(()) }
    }

    /// Takes all of `data` or nothing.
    pub(super) fn take(&mut self, data: &[u8]) -> io::Result<()> {
        self.check(data.len().try_into().unwrap_or(u64::MAX))?;
        let room = self.bytes.capacity() - self.bytes.len();
        if room < data.len() {
            // Room is made for what has come, never for what is said to come: twice as much as there is, and no more than is
            // announced.
            let expected = self.announced.saturating_sub(self.bytes.len());
            self.bytes.reserve(data.len().max(self.bytes.len().min(expected)));
        }
        self.bytes.extend_from_slice(data);
        Ok(())
    }

    pub(super) fn into_bytes(self) -> Bytes {
        self.bytes.freeze()
    }
}

/// For decoders that write.
impl io::Write for Room {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        self.take(data).map(|()| data.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Whether a decoder stopped because there was no more room.
pub(super) fn is_full(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::FileTooLarge
}
