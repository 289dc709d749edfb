//! Undoes the compression of a body, piece by piece as it comes.

use std::io::{self, Write};

use bytes::Bytes;
use flate2::write::MultiGzDecoder;

use super::room::Room;
use super::zlib::Zlib;
use super::zstd::Zstd;

/// A body on its way in, by its `content-encoding`.
pub(super) struct Decoder(Encoding);

enum Encoding {
    Identity(Room),
    Gzip(MultiGzDecoder<Room>),
    /// In HTTP, `deflate` is zlib.
    Deflate(Zlib),
    Zstd(Box<Zstd>),
}

impl Decoder {
    pub(super) fn identity(room: Room) -> Self {
        Self(Encoding::Identity(room))
    }

    pub(super) fn gzip(room: Room) -> Self {
        Self(Encoding::Gzip(MultiGzDecoder::new(room)))
    }

    pub(super) fn deflate(room: Room) -> Self {
        Self(Encoding::Deflate(Zlib::new(room)))
    }

    pub(super) fn zstd(room: Room) -> Self {
        Self(Encoding::Zstd(Box::new(Zstd::new(room))))
    }

    /// Takes the next piece, however it was cut. After an error there is no going on.
    pub(super) fn push(&mut self, data: &[u8]) -> io::Result<()> {
        match &mut self.0 {
            Encoding::Identity(room) => room.take(data),
            Encoding::Gzip(gzip) => gzip.write_all(data),
            Encoding::Deflate(zlib) => zlib.push(data),
            Encoding::Zstd(zstd) => zstd.push(data),
        }
    }

    /// The whole body; an error if it stopped in the middle.
    pub(super) fn finish(self) -> io::Result<Bytes> {
        let room = match self.0 {
            Encoding::Identity(room) => room,
            Encoding::Gzip(gzip) => gzip.finish()?,
            Encoding::Deflate(zlib) => zlib.finish()?,
            Encoding::Zstd(zstd) => zstd.finish()?,
        };
        Ok(room.into_bytes())
    }
}
