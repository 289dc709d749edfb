//! Events as nearly all are, without a line of their own for each of their lines.
//!
//! The lines are the definition: fed byte by byte the parser never comes here, and how a stream is cut changes nothing, which
//! the property tests and the fuzz target hold.

use memchr::{memchr_iter, memchr2};

use super::{At, Data, Found, Given, Input, Parser};

impl Parser {
    /// An event as nearly all are, where nothing is buffered and all of it is in `bytes`.
    pub(super) fn given<'b>(&mut self, bytes: &'b [u8]) -> Option<Given<'b>> {
        let is_at_line = match self.at {
            At::Line => self.line == self.buf.len() && self.size == 0,
            // There may be a byte order mark.
            At::Start => self.buf.is_empty() && matches!(bytes, [b'd' | b'e', ..]),
            At::AfterCr => false,
        };
        if !is_at_line || self.input != Input::Open {
            return None;
        }
        let (name, at_data) = match bytes.strip_prefix(b"event: ") {
            Some(named) => self.name_and_rest(named)?,
            None => (&[][..], bytes),
        };
        let value = at_data.strip_prefix(b"data: ")?;
        let end = memchr2(b'\n', b'\r', value);
        #[cfg(test)]
        self.work.searched(end.unwrap_or(value.len()));
        let (data, rest) = value.split_at_checked(end?)?;
        let rest = rest.strip_prefix(b"\n\n")?;
        if bytes.len() - rest.len() > self.limit {
            return None;
        }
        let data = std::str::from_utf8(data).ok()?;
        let named = !name.is_empty();
        if named && name != self.name.as_bytes() {
            self.name = std::str::from_utf8(name).ok()?.to_owned();
        }
        self.at = At::Line;
        Some(Given { named, data, rest })
    }

    /// The name of an event, and what is behind its line.
    fn name_and_rest<'b>(&self, named: &'b [u8]) -> Option<(&'b [u8], &'b [u8])> {
        // Most events are called as the one before.
        let known = self.name.len();
        let is_known = named.get(known) == Some(&b'\n') && named.starts_with(self.name.as_bytes());
        let end = if is_known { known } else { memchr2(b'\n', b'\r', named)? };
        let (name, rest) = named.split_at_checked(end)?;
        Some((name, rest.strip_prefix(b"\n")?))
    }

    /// How many of these bytes are worth taking at once: those up to the end of an event.
    pub(super) fn to_end_of_event(bytes: &[u8]) -> usize {
        let end = memchr_iter(b'\n', bytes).find(|&at| bytes.get(at + 1) == Some(&b'\n'));
        end.map_or(bytes.len(), |end| end + 2)
    }

    /// An event as nearly all are, at one go: a name like the one before or none, one line of data, a blank line. Of any
    /// other it reads the lines that are so, and leaves the rest to be read line by line.
    pub(super) fn usual(&mut self) -> Option<Found> {
        if self.at != At::Line || self.size != 0 || self.scan != self.line {
            return None;
        }
        let rest = self.buf.get(self.line..)?;
        let (named, at_data) = match rest.strip_prefix(b"event: ") {
            Some(named) => (true, named.strip_prefix(self.name.as_bytes())?.strip_prefix(b"\n")?),
            None => (false, rest),
        };
        let value = at_data.strip_prefix(b"data: ")?;
        if rest.len() > self.limit {
            return None;
        }
        let before_data = rest.len() - at_data.len();
        self.pending.named = named && !self.name.is_empty();
        self.size = before_data;
        self.line += before_data;
        let start = self.line + (at_data.len() - value.len());
        let Some(length) = memchr2(b'\n', b'\r', value) else {
            #[cfg(test)]
            self.work.searched(value.len());
            self.scan = self.buf.len();
            return None;
        };
        #[cfg(test)]
        self.work.searched(length + 1);
        let end = start + length;
        self.scan = end;
        let Some([b'\n', b'\n']) = self.buf.get(end..end + 2) else { return None };
        self.pending.data = Some(Data::Line(start..end));
        self.begin_line(end + 2);
        self.dispatch(false)
    }
}
