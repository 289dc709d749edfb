//! Memory that replies are written into. All streams of a thread share it, so that one that waits holds none, and none is made
//! for each: what is large would be taken from the system and given back each time.

use std::cell::Cell;

use bytes::Bytes;

thread_local! {
    static ROOM: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// How much is kept, in bytes: more than is written at once.
const KEPT: usize = 256 * 1024;

/// What is small, in bytes: it is copied on its way out, so that whoever sends it holds no more than that.
const SMALL: usize = 16 * 1024;

/// Room to write into, empty.
pub(super) fn take() -> Vec<u8> {
    ROOM.take()
}

/// Gives room back.
pub(super) fn give(mut room: Vec<u8>) {
    if room.capacity() > KEPT {
        return;
    }
    room.clear();
    // A thread that ends keeps nothing.
    _ = ROOM.try_with(|kept| {
        let other = kept.take();
        kept.set(if other.capacity() > room.capacity() { other } else { room });
    });
}

/// What has been written into room, to be sent. The room comes back, at the latest when it is.
pub(super) fn sent(written: Vec<u8>) -> Bytes {
    if written.len() > SMALL {
        return Bytes::from_owner(Lent(written));
    }
    let copy = Bytes::copy_from_slice(&written);
    give(written);
    copy
}

/// Room that is being sent from.
struct Lent(Vec<u8>);

impl AsRef<[u8]> for Lent {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        give(std::mem::take(&mut self.0));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_small_is_copied_and_the_room_is_there_at_once() {
        let mut room = Vec::with_capacity(SMALL);
        let place = room.as_ptr();
        room.extend_from_slice(b"small");
        let bytes = sent(room);
        assert_eq!(&*bytes, b"small");
        let again = take();
        assert_eq!((again.as_ptr(), again.len()), (place, 0));
        assert_eq!(take().capacity(), 0, "there is one");
    }

    #[test]
    fn what_is_large_is_sent_from_where_it_is_and_the_room_comes_back_then() {
        let room = vec![b'x'; SMALL + 1];
        let place = room.as_ptr();
        let bytes = sent(room);
        assert_eq!((bytes.as_ptr(), bytes.len()), (place, SMALL + 1));
        assert_eq!(take().capacity(), 0);
        let part = bytes.slice(..1);
        drop(bytes);
        assert_eq!(take().capacity(), 0);
        drop(part);
        let again = take();
        assert_eq!((again.as_ptr(), again.len()), (place, 0));
    }

    #[test]
    fn of_two_the_larger_is_kept_and_what_is_too_large_is_not() {
        for (sizes, kept) in [([100, 200], 200), ([200, 100], 200), ([100, KEPT + 1], 100)] {
            sizes.into_iter().map(Vec::with_capacity).for_each(give);
            assert_eq!(take().capacity(), kept, "{sizes:?}");
        }
    }
}
