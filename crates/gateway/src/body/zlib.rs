//! zlib. flate2's own writer does not say whether the stream was whole.

use std::io;

use flate2::{Decompress, FlushDecompress, Status};

use super::room::Room;

/// How much is decoded at a time.
const STEP: usize = 16 * 1024;

/// A zlib stream on its way in.
pub(super) struct Zlib {
    room: Room,
    state: Decompress,
    is_whole: bool,
}

impl Zlib {
    pub(super) fn new(room: Room) -> Self {
        Self { room, state: Decompress::new(true), is_whole: false }
    }

    pub(super) fn push(&mut self, mut data: &[u8]) -> io::Result<()> {
        let mut step = Vec::with_capacity(STEP);
        loop {
            if self.is_whole {
                return if data.is_empty() { Ok(()) } else { Err(corrupt("something follows the end")) };
            }
            let before = self.state.total_in();
            let status = self.state.decompress_vec(data, &mut step, FlushDecompress::None)?;
            let read = usize::try_from(self.state.total_in() - before).unwrap_or(usize::MAX);
            data = data.get(read..).unwrap_or_default();
            self.is_whole = status == Status::StreamEnd;
            // Decoding has said all it can as soon as it leaves some of the step free.
            let is_done = step.len() < STEP && data.is_empty();
            self.room.take(&step)?;
            if is_done {
                return Ok(());
            }
            if read == 0 && step.is_empty() {
                return Err(corrupt("it does not go on"));
            }
            step.clear();
        }
    }

    pub(super) fn finish(self) -> io::Result<Room> {
        if self.is_whole { Ok(self.room) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
    }
}

fn corrupt(problem: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("corrupt deflate stream: {problem}"))
}
