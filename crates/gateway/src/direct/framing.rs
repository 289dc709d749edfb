//! Where the body of a reply ends, and what of its bytes is framing (RFC 9112, sections 6 and 7).

use std::cell::RefCell;

use bytes::{Bytes, BytesMut};
use httparse::Status;
use interlingua_executor::TransportError;

thread_local! {
    /// What pieces of bodies are written into. They are used up before the next one is read, nearly always, so that this is one
    /// piece of memory for all connections of a thread.
    static PIECES: RefCell<BytesMut> = RefCell::default();
}

/// A body of which some has been read, or none.
pub(super) struct Begun {
    pub(super) framing: Framing,
    pub(super) first: Result<Bytes, TransportError>,
}

/// How much of a body is still to come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Framing {
    /// So many bytes.
    Length(u64),
    /// Chunks.
    Chunked(Chunked),
    /// All until the connection ends.
    UntilClose,
    /// Nothing.
    Over,
}

/// Where in chunks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Chunked {
    /// At the line that says how long the next one is.
    Size,
    /// In one, with so many bytes to come.
    Data(u64),
    /// At the line end behind one.
    DataEnd,
    /// Behind the last one, with so much said by now.
    Trailers(usize),
}

/// The longest line between chunks, and the most that is said behind the last, in bytes.
const LONGEST: usize = 16 * 1024;

impl Framing {
    /// Takes what comes next. What of it is the body, and how much has been taken, as [`take`](Self::take) says.
    pub(super) fn take_piece(&mut self, bytes: &[u8]) -> Result<(Bytes, usize), TransportError> {
        PIECES.with_borrow_mut(|pieces| {
            pieces.reserve(bytes.len());
            let taken = self.take(bytes, pieces);
            let piece = pieces.split().freeze();
            Ok((piece, taken.map_err(TransportError::foreign)?))
        })
    }

    /// Takes what comes next, and writes what of it is the body. How much has been taken: the rest is the beginning of a line,
    /// or none of this body's.
    pub(super) fn take(&mut self, bytes: &[u8], body: &mut BytesMut) -> Result<usize, &'static str> {
        let mut taken = 0;
        loop {
            let rest = bytes.get(taken..).unwrap_or_default();
            let (next, count) = match *self {
                Self::Over => return Ok(taken),
                Self::UntilClose => {
                    body.extend_from_slice(rest);
                    return Ok(bytes.len());
                }
                Self::Length(left) | Self::Chunked(Chunked::Data(left)) => {
                    let data = rest.get(..usize::try_from(left).unwrap_or(usize::MAX)).unwrap_or(rest);
                    body.extend_from_slice(data);
                    let left = left - data.len() as u64;
                    (self.with_left(left), data.len())
                }
                Self::Chunked(chunked) => match chunked.line(rest)? {
                    Some((next, count)) => (next, count),
                    None => return Ok(taken),
                },
            };
            taken += count;
            *self = next;
            if count == 0 {
                return Ok(taken);
            }
        }
    }

    /// The same with so many bytes to come.
    fn with_left(self, left: u64) -> Self {
        match (self, left) {
            (Self::Length(_), 0) => Self::Over,
            (Self::Length(_), left) => Self::Length(left),
            (_, 0) => Self::Chunked(Chunked::DataEnd),
            (_, left) => Self::Chunked(Chunked::Data(left)),
        }
    }
}

impl Chunked {
    /// A line that is no data: what comes behind it, and its length. None where it is not whole.
    fn line(self, bytes: &[u8]) -> Result<Option<(Framing, usize)>, &'static str> {
        const TOO_LONG: &str = "a line between the chunks of the body is too long";
        const NO_SIZE: &str = "the body is to come in chunks, and one does not say how long it is";
        let line = match self {
            // Nothing is a length of nothing for the parser.
            Self::Size if bytes.first().is_some_and(|byte| !byte.is_ascii_hexdigit()) => return Err(NO_SIZE),
            Self::Size => match httparse::parse_chunk_size(bytes) {
                Ok(Status::Complete((count, 0))) => Some((Framing::Chunked(Self::Trailers(0)), count)),
                Ok(Status::Complete((count, size))) => Some((Framing::Chunked(Self::Data(size)), count)),
                Ok(Status::Partial) => None,
                Err(_) => return Err(NO_SIZE),
            },
            Self::Data(_) | Self::DataEnd => match bytes {
                [b'\r', b'\n', ..] => Some((Framing::Chunked(Self::Size), 2)),
                [] | [b'\r'] => None,
                _ => return Err("a chunk of the body is longer than it says"),
            },
            Self::Trailers(said) => memchr::memchr(b'\n', bytes).map(|end| match bytes.get(..end) {
                Some([] | [b'\r']) => (Framing::Over, end + 1),
                _ => (Framing::Chunked(Self::Trailers(said + end + 1)), end + 1),
            }),
        };
        let said = if let Self::Trailers(said) = self { said } else { 0 };
        match line {
            None if said + bytes.len() > LONGEST => Err(TOO_LONG),
            Some((Framing::Chunked(Self::Trailers(said)), _)) if said > LONGEST => Err(TOO_LONG),
            line => Ok(line),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHUNKED: Framing = Framing::Chunked(Chunked::Size);

    /// The body in pieces of this size, and what is left behind its end; or why it is none.
    fn read(mut framing: Framing, bytes: &[u8], size: usize) -> Result<(Framing, String, String), &'static str> {
        let (mut body, mut unread) = (BytesMut::new(), Vec::new());
        for piece in bytes.chunks(size) {
            unread.extend_from_slice(piece);
            let taken = framing.take(&unread, &mut body)?;
            unread.drain(..taken);
        }
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Ok((framing, text(&body), text(&unread)))
    }

    #[test]
    fn a_body_is_the_same_wherever_it_is_cut() {
        for (framing, bytes, body, behind) in [
            (CHUNKED, "5\r\nhello\r\n1;a=\"b\"\r\n \r\n0A\r\nwide world\r\n0\r\n\r\nHTTP", "hello wide world", "HTTP"),
            (CHUNKED, "1\r\na\r\n0\r\nx-a: b\r\nx-c: d\r\n\r\n", "a", ""),
            (Framing::Length(3), "abcde", "abc", "de"),
            (Framing::Length(0), "", "", ""),
            (Framing::Over, "x", "", "x"),
        ] {
            for size in 1..=bytes.len().max(1) {
                let (end, read, rest) = read(framing, bytes.as_bytes(), size).unwrap();
                assert_eq!((read.as_str(), rest.as_str()), (body, behind), "{bytes:?} by {size}");
                assert!(end == Framing::Over || framing == Framing::Length(0), "{bytes:?} by {size}: {end:?}");
            }
        }
        assert_eq!(read(Framing::UntilClose, b"abc", 2).unwrap(), (Framing::UntilClose, "abc".into(), String::new()));
    }

    #[test]
    fn what_is_cut_is_not_over_and_what_is_wrong_is_refused() {
        for cut in
            ["", "5", "5\r", "5\r\nhel", "5\r\nhello", "5\r\nhello\r", "5\r\nhello\r\n", "0\r\n", "0\r\nx: y\r\n"]
        {
            assert_ne!(read(CHUNKED, cut.as_bytes(), 1).unwrap().0, Framing::Over, "{cut:?}");
        }
        let long = format!("1;{}", "a".repeat(2 * LONGEST));
        let trailers = format!("0\r\n{}", "x: y\r\n".repeat(LONGEST));
        let huge = "11111111111111111\r\n";
        for wrong in ["x\r\n", "1\r\nab\r\n", "1\nb", "-1\r\n", "\r\n", &long, &trailers, huge] {
            assert!(read(CHUNKED, wrong.as_bytes(), 100).is_err(), "{:?}", wrong.chars().take(20).collect::<String>());
        }
    }
}
