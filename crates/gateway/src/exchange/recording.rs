//! The bytes of an exchange that somebody wants to see: joined, packed where they are many, and within bounds.

use std::io::{Read as _, Write as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;

/// Where bytes passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    /// From the upstream, in answer to this attempt.
    Upstream(u16),
    /// To the client.
    Client,
}

/// How much is kept of one exchange, in bytes, all bodies together. A request with an image passes.
const EACH: usize = 8 * 1024 * 1024;

/// How much is kept of all exchanges, in bytes as they are held: packed where they are.
const ALL: usize = 256 * 1024 * 1024;

/// How much waits until it is packed, in bytes. Events repeat themselves within less.
const BLOCK: usize = 16 * 1024;

/// The room that all exchanges share.
#[derive(Debug, Clone)]
pub(crate) struct Room(Arc<AtomicUsize>);

impl Room {
    pub(crate) fn new() -> Self {
        Self::of(ALL)
    }

    pub(super) fn of(bytes: usize) -> Self {
        Self(Arc::new(AtomicUsize::new(bytes)))
    }

    /// Whether so little is left that old exchanges should make room.
    pub(super) fn is_scarce(&self) -> bool {
        self.left() < ALL / 4
    }

    pub(super) fn left(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }

    /// Takes so much, or as much as there is.
    fn take(&self, wanted: usize) -> usize {
        let took = |left: usize| left.checked_sub(wanted.min(left));
        let left = self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, took);
        left.map_or(0, |left| wanted.min(left))
    }

    fn give(&self, bytes: usize) {
        self.0.fetch_add(bytes, Ordering::Relaxed);
    }
}

/// What one exchange has taken of a room, which it gives back when it is dropped.
#[derive(Debug, Default)]
struct Share {
    /// None where nobody wants to see anything.
    room: Option<Room>,
    taken: usize,
}

impl Share {
    /// Takes so much, or as much as there is.
    fn take(&mut self, wanted: usize) -> usize {
        let took = self.room.as_ref().map_or(0, |room| room.take(wanted));
        self.taken += took;
        took
    }

    /// Gives so much of it back.
    fn give(&mut self, bytes: usize) {
        let bytes = bytes.min(self.taken);
        self.taken -= bytes;
        if let Some(room) = &self.room {
            room.give(bytes);
        }
    }
}

/// A copy is for somebody who looks while the exchange goes on, and gone when they have looked: it takes no room.
impl Clone for Share {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.give(self.taken);
    }
}

/// What came and what went out, in order.
#[derive(Debug, Clone, Default)]
pub(crate) struct Recording {
    share: Share,
    /// How many bytes there are, as they passed.
    bytes: usize,
    marks: Vec<Mark>,
    packed: Vec<Arc<[u8]>>,
    open: Vec<u8>,
    /// Whether there was more than is kept.
    is_cut: bool,
}

/// That bytes passed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Mark {
    micros: u64,
    length: u32,
    side: Side,
}

impl Mark {
    /// When, since the exchange began.
    pub(crate) fn at(self) -> Duration {
        Duration::from_micros(self.micros)
    }

    pub(crate) fn side(self) -> Side {
        self.side
    }

    pub(crate) fn length(self) -> usize {
        self.length as usize
    }
}

impl Recording {
    /// A recording that takes its room there.
    pub(super) fn within(room: Option<Room>) -> Self {
        Self { share: Share { room, taken: 0 }, ..Self::default() }
    }

    /// Whether there was more than is kept.
    pub(crate) fn is_cut(&self) -> bool {
        self.is_cut
    }

    /// When what passed where, and how many bytes of it are kept.
    pub(crate) fn marks(&self) -> &[Mark] {
        &self.marks
    }

    /// A body that is shared with whoever sends it, as far as there is room for it.
    pub(super) fn body(&mut self, body: &Bytes) -> Bytes {
        let length = self.take(body.len());
        body.slice(..length)
    }

    /// Bytes that pass, as far as there is room for them.
    pub(super) fn add(&mut self, at: Duration, side: Side, bytes: &[u8]) {
        let kept = bytes.get(..self.take(bytes.len())).unwrap_or_default();
        for piece in kept.chunks(u32::MAX as usize) {
            let (micros, length) = (u64::try_from(at.as_micros()), u32::try_from(piece.len()));
            let (micros, length) = (micros.unwrap_or(u64::MAX), length.unwrap_or(u32::MAX));
            self.marks.push(Mark { micros, length, side });
        }
        self.open.extend_from_slice(kept);
        if self.open.len() >= BLOCK {
            self.pack();
        }
    }

    /// No more will come.
    pub(super) fn close(&mut self) {
        self.pack();
        self.open = Vec::new();
        self.marks.shrink_to_fit();
    }

    /// Packs what waits.
    fn pack(&mut self) {
        let length = self.open.len();
        if length == 0 {
            return;
        }
        let mut deflate = DeflateEncoder::new(Vec::with_capacity(length / 4), Compression::fast());
        // A vector takes what it is given.
        let packed = deflate.write_all(&self.open).and_then(|()| deflate.finish());
        let Ok(packed) = packed.map(Arc::<[u8]>::from) else { return };
        self.share.give(length.saturating_sub(packed.len()));
        self.packed.push(packed);
        self.open.clear();
        self.open.shrink_to(BLOCK);
    }

    /// All bytes, in order.
    fn all(&self) -> Vec<u8> {
        let mut all = Vec::with_capacity(self.bytes);
        for packed in &self.packed {
            // It was packed here, so it can be read.
            let _read = DeflateDecoder::new(&**packed).read_to_end(&mut all);
        }
        all.extend_from_slice(&self.open);
        all
    }

    /// Tells each piece and its bytes, in order.
    pub(crate) fn each(&self, mut tell: impl FnMut(Mark, &[u8])) {
        let all = self.all();
        let mut rest = &*all;
        for mark in &self.marks {
            let (piece, behind) = rest.split_at_checked(mark.length()).unwrap_or((rest, &[]));
            tell(*mark, piece);
            rest = behind;
        }
    }

    /// All bytes that passed there.
    pub(crate) fn side(&self, side: Side) -> Vec<u8> {
        let mut there = Vec::new();
        self.each(|mark, bytes| {
            if mark.side == side {
                there.extend_from_slice(bytes);
            }
        });
        there
    }

    /// Takes room for so many bytes, or for as many as there is room for.
    fn take(&mut self, wanted: usize) -> usize {
        if self.share.room.is_none() {
            return 0;
        }
        let took = self.share.take(wanted.min(EACH.saturating_sub(self.bytes)));
        self.is_cut |= took < wanted;
        self.bytes += took;
        took
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVENT: &[u8] = b"data: {\"type\":\"response.output_text.delta\",\"output_index\":0,\"delta\":\"Hi\"}\n\n";

    #[test]
    fn what_is_read_is_what_passed_whatever_was_packed() {
        let mut recording = Recording::within(Some(Room::new()));
        let mut passed = Vec::new();
        for number in 0..3_000_u64 {
            let side = if number % 3 == 0 { Side::Client } else { Side::Upstream(0) };
            let piece = [EVENT, number.to_string().as_bytes()].concat();
            recording.add(Duration::from_micros(number), side, &piece);
            passed.push((Duration::from_micros(number), side, piece));
        }
        for _ in 0..2 {
            let mut read = Vec::new();
            recording.each(|mark, bytes| read.push((mark.at(), mark.side(), bytes.to_vec())));
            assert_eq!(read, passed);
            recording.close();
        }
        assert!(recording.packed.len() > 3 && recording.open.capacity() == 0);
        assert_eq!(recording.side(Side::Upstream(1)), b"");
        assert_eq!(recording.clone().side(Side::Client), recording.side(Side::Client));
    }

    #[test]
    fn events_take_a_fraction_of_their_size_and_give_it_back() {
        let room = Room::of(1024 * 1024);
        let mut recording = Recording::within(Some(room.clone()));
        for _ in 0..10_000 {
            recording.add(Duration::ZERO, Side::Client, EVENT);
        }
        recording.close();
        assert!(!recording.is_cut());
        let held = 1024 * 1024 - room.left();
        assert!(held < 10_000 * EVENT.len() / 10, "{held} bytes are held");
        let copy = recording.clone();
        drop(recording);
        assert_eq!(room.left(), 1024 * 1024);
        drop(copy);
        assert_eq!(room.left(), 1024 * 1024, "a copy takes none and gives none");
    }

    #[test]
    fn all_exchanges_together_have_a_bound() {
        let room = Room::of(1000);
        let mut first = Recording::within(Some(room.clone()));
        let mut second = Recording::within(Some(room.clone()));
        assert_eq!(first.body(&Bytes::from(vec![b'a'; 700])).len(), 700);
        assert_eq!(second.body(&Bytes::from(vec![b'a'; 700])).len(), 300, "no more than there is room for");
        assert!((first.is_cut(), second.is_cut()) == (false, true) && room.is_scarce());
        drop(first);
        second.add(Duration::ZERO, Side::Client, &[b'a'; 500]);
        assert_eq!(second.side(Side::Client).len(), 500);
    }
}
