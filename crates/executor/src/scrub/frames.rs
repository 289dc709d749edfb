//! Frames on their way to a client, failures among them.

use interlingua_translate::Frames;

use super::Scrubber;

/// Takes frames, without the secrets in what they say of failures.
pub(crate) struct Scrubbed<'s, O> {
    pub(crate) out: &'s mut O,
    pub(crate) scrubber: &'s Scrubber,
}

impl<O: Frames> Scrubbed<'_, O> {
    fn taking(&mut self, write: impl FnOnce(&mut Vec<u8>), put: impl FnOnce(&mut O, &mut Vec<u8>)) {
        let mut written = Vec::new();
        write(&mut written);
        if let std::borrow::Cow::Owned(clean) = self.scrubber.failures(&written) {
            written = clean;
        }
        put(self.out, &mut written);
    }
}

impl<O: Frames> Frames for Scrubbed<'_, O> {
    fn frame(&mut self, name: Option<&str>, write: impl FnOnce(&mut Vec<u8>)) {
        if self.scrubber.is_empty() {
            return self.out.frame(name, write);
        }
        self.taking(write, |out, written| out.frame(name, |out| out.append(written)));
    }

    fn whole(&mut self, write: impl FnOnce(&mut Vec<u8>)) {
        if self.scrubber.is_empty() {
            return self.out.whole(write);
        }
        self.taking(write, |out, written| out.whole(|out| out.append(written)));
    }
}
