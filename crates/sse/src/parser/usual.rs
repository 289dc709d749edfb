//! Events as nearly all are, without a line of their own for each of their lines.
//!
//! The lines are the definition: fed byte by byte the parser never comes here, and how a stream is cut changes nothing, which
//! the property tests and the fuzz target hold.

use memchr::memchr2;

use super::{At, Data, Found, Parser};

impl Parser {
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
