//! Frames on their way to a client, failures among them.

use std::borrow::Cow;

use interlingua_translate::Frames;

use super::Scrubber;

/// Takes frames, without the secrets in what they say of failures.
pub(crate) struct Scrubbed<'s, O> {
    pub(crate) out: &'s mut O,
    /// None where somebody else does it.
    pub(crate) scrubber: Option<&'s Scrubber>,
}

impl<O: Frames> Frames for Scrubbed<'_, O> {
    fn frame(&mut self, name: Option<&str>, write: impl FnOnce(&mut Vec<u8>)) {
        let Self { out, scrubber } = self;
        out.frame(name, |out| written(*scrubber, out, write));
    }

    fn whole(&mut self, write: impl FnOnce(&mut Vec<u8>)) {
        let Self { out, scrubber } = self;
        out.whole(|out| written(*scrubber, out, write));
    }
}

/// Writes a document behind what is there, and takes the secrets out of it where there are any: of a copy, which nearly no
/// document needs.
fn written(scrubber: Option<&Scrubber>, out: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>)) {
    let start = out.len();
    write(out);
    let Some(scrubber) = scrubber else { return };
    if let Cow::Owned(clean) = scrubber.failures(out.get(start..).unwrap_or_default()) {
        out.truncate(start);
        out.extend_from_slice(&clean);
    }
}
