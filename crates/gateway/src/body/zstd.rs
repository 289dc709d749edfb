//! Zstandard, block by block: ruzstd reads from a source that has everything, and a body comes in pieces.
//!
//! So this one reads the lengths in the format (RFC 8878), keeps a piece until a whole header or block is there, and
//! leaves everything else to ruzstd. A block is 128 KiB at most, before and after.

use std::io;

use ruzstd::decoding::errors::FrameDecoderError;
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};

use super::room::Room;

/// The window that every decoder has to support, and no encoder of HTTP bodies may exceed (RFC 9659).
const WINDOW: u64 = 8 * 1024 * 1024;

/// Frames that carry nothing for us begin with one of sixteen numbers.
const SKIPPABLE: u32 = 0x184D_2A50;

/// A zstd body on its way in.
pub(super) struct Zstd {
    room: Room,
    /// What came and does not make a whole header or block yet.
    pending: Vec<u8>,
    frame: FrameDecoder,
    phase: Phase,
}

/// What comes next.
enum Phase {
    /// A frame, or the end.
    Frame,
    /// This much that carries nothing.
    Skipped(u64),
    /// A block of a frame, which has a checksum at its end or none.
    Block { has_checksum: bool },
}

impl Zstd {
    pub(super) fn new(room: Room) -> Self {
        let mut frame = FrameDecoder::new();
        // Room for a window is made as soon as a frame says that it has one, whatever comes.
        frame.set_max_window_size(WINDOW);
        Self { room, pending: Vec::new(), frame, phase: Phase::Frame }
    }

    pub(super) fn push(&mut self, data: &[u8]) -> io::Result<()> {
        self.pending.extend_from_slice(data);
        let pending = std::mem::take(&mut self.pending);
        let mut rest = pending.as_slice();
        while !rest.is_empty()
            && let Some(read) = self.step(rest)?
        {
            rest = rest.get(read..).unwrap_or_default();
        }
        let read = pending.len() - rest.len();
        self.pending = pending;
        self.pending.drain(..read);
        Ok(())
    }

    pub(super) fn finish(self) -> io::Result<Room> {
        match (self.phase, self.pending.as_slice()) {
            (Phase::Frame, []) => Ok(self.room),
            (Phase::Frame | Phase::Skipped(_) | Phase::Block { .. }, _) => Err(io::ErrorKind::UnexpectedEof.into()),
        }
    }

    /// Decodes what stands at the front of `data` and says how long it was, or that more must come first.
    fn step(&mut self, data: &[u8]) -> io::Result<Option<usize>> {
        match self.phase {
            Phase::Frame => self.begin(data),
            Phase::Skipped(left) => {
                let read = usize::try_from(left).map_or(data.len(), |left| left.min(data.len()));
                let left = left.saturating_sub(read.try_into().unwrap_or(u64::MAX));
                self.phase = if left == 0 { Phase::Frame } else { Phase::Skipped(left) };
                Ok(Some(read))
            }
            Phase::Block { has_checksum } => self.block(data, has_checksum),
        }
    }

    fn begin(&mut self, data: &[u8]) -> io::Result<Option<usize>> {
        let Some((magic, after)) = data.split_first_chunk::<4>() else { return Ok(None) };
        if u32::from_le_bytes(*magic) & !0xF == SKIPPABLE {
            let Some(length) = after.first_chunk::<4>() else { return Ok(None) };
            self.phase = Phase::Skipped(u32::from_le_bytes(*length).into());
            return Ok(Some(8));
        }
        let Some(&descriptor) = after.first() else { return Ok(None) };
        let is_window_stated = descriptor & 0x20 == 0;
        let dictionary = [0, 1, 2, 4].get(usize::from(descriptor & 0x3)).copied().unwrap_or(0);
        let content = match descriptor >> 6 {
            0 => usize::from(!is_window_stated),
            1 => 2,
            2 => 4,
            _ => 8,
        };
        let length = 4 + 1 + usize::from(is_window_stated) + dictionary + content;
        let Some(mut header) = data.get(..length) else { return Ok(None) };
        match self.frame.reset(&mut header) {
            Ok(()) => self.room.check(self.frame.content_size())?,
            // Without a window of its own, the window is the content.
            Err(FrameDecoderError::WindowSizeTooBig { requested, .. }) if !is_window_stated => {
                self.room.check(requested)?;
                return Err(corrupt("its window is larger than 8 MiB (RFC 9659)"));
            }
            Err(error) => return Err(corrupt(error)),
        }
        self.phase = Phase::Block { has_checksum: descriptor & 0x4 != 0 };
        Ok(Some(length))
    }

    fn block(&mut self, data: &[u8], has_checksum: bool) -> io::Result<Option<usize>> {
        let Some(&[low, middle, high]) = data.first_chunk() else { return Ok(None) };
        let header = u32::from_le_bytes([low, middle, high, 0]);
        let is_last = header & 1 == 1;
        let is_one_byte_repeated = (header >> 1) & 3 == 1;
        let content = if is_one_byte_repeated { 1 } else { usize::try_from(header >> 3).unwrap_or(usize::MAX) };
        let length = 3 + content + if is_last && has_checksum { 4 } else { 0 };
        let Some(mut block) = data.get(..length) else { return Ok(None) };
        self.frame.decode_blocks(&mut block, BlockDecodingStrategy::UptoBlocks(1)).map_err(corrupt)?;
        self.frame.collect_to_writer(&mut self.room)?;
        if is_last {
            let stated = self.frame.get_checksum_from_data();
            if stated.is_some() && stated != self.frame.get_calculated_checksum() {
                return Err(corrupt("the checksum does not match"));
            }
            self.phase = Phase::Frame;
        }
        Ok(Some(length))
    }
}

fn corrupt(problem: impl std::fmt::Display) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("corrupt zstd stream: {problem}"))
}
