//! One line of a log.

use std::fmt::{self, Display, Write};

/// Text of whatever make as one line: what would begin another, or what a terminal would obey, is spelled out.
///
/// ```
/// use interlingua_executor::one_line;
///
/// assert_eq!(one_line("busy\nINFO all is well\u{1b}[2J").to_string(), r"busy\nINFO all is well\u{1b}[2J");
/// ```
pub fn one_line<T: Display>(text: T) -> Line<T> {
    Line(text)
}

/// What [`one_line`] makes of a text.
#[derive(Debug, Clone, Copy)]
pub struct Line<T>(T);

impl<T: Display> Display for Line<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(Spelled(f), "{}", self.0)
    }
}

struct Spelled<'f, 'a>(&'f mut fmt::Formatter<'a>);

impl Write for Spelled<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        text.chars().try_for_each(|c| {
            if is_obeyed(c) { write!(self.0, "{}", c.escape_default()) } else { self.0.write_char(c) }
        })
    }
}

/// Control characters, and those that break a line or turn the direction of writing.
fn is_obeyed(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::one_line;

    #[test]
    fn nothing_begins_a_line_or_moves_a_cursor() {
        let text = "a\r\nb\tc\u{1b}]0;title\u{7}\u{9b}31m\u{2028}\u{202e}d ä 🦀 \\";
        let line = one_line(text).to_string();
        assert_eq!(line, r"a\r\nb\tc\u{1b}]0;title\u{7}\u{9b}31m\u{2028}\u{202e}d ä 🦀 \");
    }
}
