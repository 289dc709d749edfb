//! Where the events of a stream end in its bytes.

/// Where the lines are that end an event: the blank ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Lines {
    /// At the beginning of a line.
    #[default]
    Start,
    Inside,
    /// Behind a CR that has ended a line; an LF would belong to it. The flag says whether the line was blank.
    AfterCr(bool),
}

impl Lines {
    /// The bytes up to the end of the first event, and those behind it; `None` where no event ends.
    pub(crate) fn cut<'b>(&mut self, bytes: &'b [u8]) -> Option<(&'b [u8], &'b [u8])> {
        for (index, byte) in bytes.iter().enumerate() {
            let is_end;
            (*self, is_end) = match (*self, byte) {
                (Self::AfterCr(is_blank), b'\n') => (Self::Start, is_blank),
                (Self::Start, b'\n') => (Self::Start, true),
                (Self::Start | Self::AfterCr(_), b'\r') => (Self::AfterCr(true), true),
                (Self::Inside, b'\n') => (Self::Start, false),
                (Self::Inside, b'\r') => (Self::AfterCr(false), false),
                (Self::Start | Self::Inside | Self::AfterCr(_), _) => (Self::Inside, false),
            };
            if is_end {
                return bytes.split_at_checked(index + 1);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_cut_behind_their_blank_lines_wherever_the_bytes_are_cut() {
        for (text, ends) in [
            ("data: 1\n\ndata: 2\n\nda", vec![9, 18]),
            ("data: 1\r\n\r\ndata: 2\r\n\r\n", vec![10, 11, 21, 22]),
            ("data: 1\r\rdata: 2\r\r", vec![9, 18]),
            ("\n: c\n\n", vec![1, 6]),
            ("a\r\nb\n\r", vec![6]),
        ] {
            for size in 1..=text.len() {
                let (mut lines, mut found, mut at) = (Lines::default(), Vec::new(), 0);
                for mut piece in text.as_bytes().chunks(size) {
                    while let Some((event, rest)) = lines.cut(piece) {
                        at += event.len();
                        found.push(at);
                        piece = rest;
                    }
                    at += piece.len();
                }
                assert_eq!(found, ends, "{text:?} in pieces of {size}");
            }
        }
    }
}
