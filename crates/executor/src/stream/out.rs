//! Where the frames of an answer wait until somebody takes them.

use interlingua_translate::Frames;

use crate::Scrubber;
use crate::stream::room;

/// Where they wait.
pub(crate) trait Out: Frames + Default {
    /// Whether none does.
    fn is_empty(&self) -> bool;

    /// What takes the secrets out of each frame; `None` where that is done of all that is taken together.
    fn scrubber_of_frames(scrubber: &Scrubber) -> Option<&Scrubber>;

    /// Takes bytes of a stream or a document that is passed on. Who takes frames one by one is passed none.
    fn passed<T>(&mut self, write: impl FnOnce(&mut Vec<u8>) -> T) -> T {
        write(&mut Vec::new())
    }

    /// Nothing is taken now, and nothing comes for a while.
    fn waits(&mut self) {}
}

/// Frames as server-sent events, or a whole reply.
#[derive(Debug, Default)]
pub(crate) struct Bytewise {
    /// In the thread's room, but for what waits to be taken.
    pub(super) bytes: Vec<u8>,
    /// The last event, where somebody wants to see it: where it begins, its name and its data.
    pub(super) last: Option<(usize, Option<String>, Vec<u8>)>,
    pub(super) marks_last: bool,
}

impl Frames for Bytewise {
    fn frame(&mut self, name: Option<&str>, write: impl FnOnce(&mut Vec<u8>)) {
        let Self { bytes, last, marks_last } = self;
        if bytes.capacity() == 0 {
            *bytes = room::take();
        }
        if !*marks_last {
            return bytes.frame(name, write);
        }
        let (begin, named, data) = last.get_or_insert_default();
        *begin = bytes.len();
        *named = name.map(str::to_owned);
        data.clear();
        write(data);
        bytes.frame(name, |out| out.extend_from_slice(data));
    }

    fn whole(&mut self, write: impl FnOnce(&mut Vec<u8>)) {
        self.bytes.whole(write);
    }
}

impl Out for Bytewise {
    fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    fn scrubber_of_frames(_scrubber: &Scrubber) -> Option<&Scrubber> {
        None
    }

    fn passed<T>(&mut self, write: impl FnOnce(&mut Vec<u8>) -> T) -> T {
        if self.bytes.capacity() == 0 {
            self.bytes = room::take();
        }
        write(&mut self.bytes)
    }

    fn waits(&mut self) {
        if self.bytes.capacity() > self.bytes.len() {
            // What is shown only with what follows it is small: the beginning of a reply.
            let waiting = Vec::from(self.bytes.as_slice());
            room::give(std::mem::replace(&mut self.bytes, waiting));
        }
    }
}
