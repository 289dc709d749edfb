//! What can go wrong with an upstream, on request.

use std::num::NonZeroUsize;
use std::str::FromStr;
use std::time::Duration;

use bytes::Bytes;
use http::StatusCode;
use http::header::{HeaderName, HeaderValue};

/// What is to go wrong with a reply. The default is nothing.
///
/// As text, in the header `x-replay-fault`, entries are separated by semicolons:
///
/// | entry | effect |
/// |---|---|
/// | `status=429` | an error of this status instead of the reply |
/// | `html` | an HTML page instead of the reply; status 403 if none is given |
/// | `silent` | no answer at all, not even a status |
/// | `stall`, `stall=3` | after the headers, or after three events, nothing more comes |
/// | `cut=3` | the connection breaks after three events |
/// | `garbage`, `garbage=3` | after the first event, or the third, comes one that is not JSON nor UTF-8; in a whole reply the JSON breaks off |
/// | `huge=20` | after the first event of a stream comes one of 20 MiB |
/// | `delay=20ms`, `delay=1s` | so long before each event |
/// | `chunk=7` | the body comes in pieces of seven bytes |
/// | `body=TEXT` | this in place of the body, whatever it is |
/// | `insert=3:TEXT` | this after three events of a stream |
/// | `without=2` | the last two events of a stream do not come |
/// | `hang` | after the last event nothing more comes, and no end |
/// | `header=NAME: VALUE` | a header of the reply, in place of one of that name |
/// | `reset` | the connection breaks where the reply would begin |
/// | `raw=TEXT` | this in place of all HTTP, then the end of the connection, or with `hang` none |
///
/// In a TEXT, `\n`, `\r` and `\s` are a line feed, a carriage return and a semicolon.
///
/// ```
/// use std::time::Duration;
/// use interlingua_replay::Faults;
///
/// let faults: Faults = "delay=20ms; cut=3".parse()?;
/// assert_eq!(faults, Faults { delay: Duration::from_millis(20), cut: Some(3), ..Faults::default() });
/// # Ok::<(), interlingua_replay::FaultError>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Faults {
    /// An error of this status instead of the reply.
    pub status: Option<StatusCode>,
    /// An HTML page instead of the reply.
    pub html: bool,
    /// No answer at all. It ends after [`STALL_LIMIT`](crate::STALL_LIMIT).
    pub silent: bool,
    /// After so many events nothing more comes. It ends after [`STALL_LIMIT`](crate::STALL_LIMIT).
    pub stall: Option<usize>,
    /// After so many events the connection breaks.
    pub cut: Option<usize>,
    /// After so many events comes one that cannot be read.
    pub garbage: Option<usize>,
    /// After the first event comes one of so many MiB.
    pub huge: Option<usize>,
    /// So long before each event.
    pub delay: Duration,
    /// The body comes in pieces of so many bytes.
    pub chunk: Option<NonZeroUsize>,
    /// This in place of the body.
    pub body: Option<Bytes>,
    /// After so many events these bytes.
    pub insert: Option<(usize, Bytes)>,
    /// So many events at the end do not come.
    pub without: usize,
    /// After the last event nothing more comes. It ends after [`STALL_LIMIT`](crate::STALL_LIMIT).
    pub hang: bool,
    /// Headers of the reply, in place of those of the same name.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// The connection breaks where the reply would begin. Only a [`Server`](crate::Server) can do that.
    pub reset: bool,
    /// These bytes in place of all HTTP, then the end of the connection. Only a [`Server`](crate::Server) can do that.
    pub raw: Option<Bytes>,
}

/// A fault that is not known.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{entry:?} is not a fault; there are status=CODE, html, silent, stall[=N], cut=N, garbage[=N], huge=MIB, \
     delay=DURATION (ms or s), chunk=BYTES, body=TEXT, insert=N:TEXT, without=N, hang, header=NAME: VALUE, reset and \
     raw=TEXT, separated by semicolons"
)]
pub struct FaultError {
    /// The entry that is not known.
    pub entry: String,
}

impl FromStr for Faults {
    type Err = FaultError;

    fn from_str(text: &str) -> Result<Self, FaultError> {
        let mut faults = Self::default();
        for entry in text.split(';').map(str::trim).filter(|entry| !entry.is_empty()) {
            faults.read(entry).ok_or_else(|| FaultError { entry: entry.to_owned() })?;
        }
        Ok(faults)
    }
}

impl Faults {
    fn read(&mut self, entry: &str) -> Option<()> {
        let (name, value) =
            entry.split_once('=').map_or((entry, None), |(name, value)| (name.trim(), Some(value.trim())));
        match (name, value) {
            ("status", Some(code)) => self.status = Some(code.parse().ok()?),
            ("html", None) => self.html = true,
            ("silent", None) => self.silent = true,
            ("stall", after) => self.stall = Some(after.map_or(Some(0), |after| after.parse().ok())?),
            ("cut", Some(after)) => self.cut = Some(after.parse().ok()?),
            ("garbage", after) => self.garbage = Some(after.map_or(Some(1), |after| after.parse().ok())?),
            ("huge", Some(mib)) => self.huge = Some(mib.parse().ok()?),
            ("delay", Some(delay)) => self.delay = duration(delay)?,
            ("chunk", Some(bytes)) => self.chunk = Some(bytes.parse().ok()?),
            ("body", text) => self.body = Some(written(text.unwrap_or_default())),
            ("insert", Some(insert)) => {
                let (after, text) = insert.split_once(':')?;
                self.insert = Some((after.trim().parse().ok()?, written(text)));
            }
            ("without", Some(events)) => self.without = events.parse().ok()?,
            ("hang", None) => self.hang = true,
            ("header", Some(header)) => {
                let (name, value) = header.split_once(':')?;
                self.headers.push((name.trim().parse().ok()?, value.trim().parse().ok()?));
            }
            ("reset", None) => self.reset = true,
            ("raw", text) => self.raw = Some(written(text.unwrap_or_default())),
            _ => return None,
        }
        Some(())
    }

    /// Whether the body has to be sent piece by piece.
    pub(crate) fn touch_body(&self) -> bool {
        let Self {
            status: _,
            html: _,
            silent: _,
            stall,
            cut,
            garbage,
            huge,
            delay,
            chunk,
            body: _,
            insert,
            without,
            hang,
            headers: _,
            reset: _,
            raw: _,
        } = self;
        let inside = garbage.is_some() || huge.is_some() || insert.is_some() || *without > 0;
        inside || stall.is_some() || cut.is_some() || *hang || !delay.is_zero() || chunk.is_some()
    }
}

/// A text as it is written in a header.
fn written(text: &str) -> Bytes {
    text.replace("\\n", "\n").replace("\\r", "\r").replace("\\s", ";").into()
}

fn duration(text: &str) -> Option<Duration> {
    if let Some(millis) = text.strip_suffix("ms") {
        return millis.trim().parse().ok().map(Duration::from_millis);
    }
    text.strip_suffix('s')?.trim().parse().ok().map(Duration::from_secs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_entry_is_read() {
        let faults: Faults = "status=429;html;silent;stall=2;cut=3;garbage;huge=20;delay=1s;chunk=7;body=a\\n\\s\\r;\
            insert=2:x:y;without=1;hang;header=x-a: b: c;reset;raw=;"
            .parse()
            .unwrap();
        let expected = Faults {
            status: Some(StatusCode::TOO_MANY_REQUESTS),
            html: true,
            silent: true,
            stall: Some(2),
            cut: Some(3),
            garbage: Some(1),
            huge: Some(20),
            delay: Duration::from_secs(1),
            chunk: NonZeroUsize::new(7),
            body: Some("a\n;\r".into()),
            insert: Some((2, "x:y".into())),
            without: 1,
            hang: true,
            headers: vec![(HeaderName::from_static("x-a"), HeaderValue::from_static("b: c"))],
            reset: true,
            raw: Some(Bytes::new()),
        };
        assert_eq!(faults, expected);
        assert_eq!("".parse::<Faults>().unwrap(), Faults::default());
    }

    #[test]
    fn what_is_not_a_fault_is_named() {
        for entry in ["status=banana", "delay=20", "chunk=0", "cut", "flood"] {
            assert_eq!(format!("stall; {entry}").parse::<Faults>().unwrap_err().entry, entry);
        }
    }
}
