//! JSON strings, byte by byte: how far they are what they say, what their escapes say, and how a text is written as one.
//!
//! serde_json does all of it as well; what is read and written for each event of a stream is worth doing without its detours.

/// How many bytes from the beginning stand for themselves in a JSON string: all up to a quotation mark, a backslash or a
/// control character.
#[inline]
pub(crate) fn plain(bytes: &[u8]) -> usize {
    // Most strings are keys and other short words.
    match bytes.first_chunk() {
        None => plain_short(bytes),
        Some(word) => first_special(*word).unwrap_or_else(|| plain_stretch(bytes)),
    }
}

/// The same of less than eight bytes.
#[inline]
fn plain_short(bytes: &[u8]) -> usize {
    let (Some(first), Some(last)) = (bytes.first_chunk(), bytes.last_chunk()) else {
        return bytes.iter().position(|byte| is_special(*byte)).unwrap_or(bytes.len());
    };
    // Both halves of one word, which may have bytes in common.
    let word = u64::from(u32::from_le_bytes(*first)) | u64::from(u32::from_le_bytes(*last)) << 32;
    match first_special(word.to_le_bytes()) {
        Some(found @ 0..4) => found,
        Some(found) => bytes.len() + found - 8,
        None => bytes.len(),
    }
}

/// The same of at least eight bytes.
fn plain_stretch(bytes: &[u8]) -> usize {
    let (blocks, rest) = bytes.as_chunks::<64>();
    for (number, block) in blocks.iter().enumerate() {
        if let Some(found) = first_special_of_block(block) {
            return number * 64 + found;
        }
    }
    let mut skipped = blocks.len() * 64;
    if let Some(block) = rest.first_chunk::<32>() {
        if let Some(found) = first_special_of_block(block) {
            return skipped + found;
        }
        skipped += 32;
    }
    let (words, _) = bytes.get(skipped..).unwrap_or_default().as_chunks();
    for (number, word) in words.iter().enumerate() {
        if let Some(found) = first_special(*word) {
            return skipped + number * 8 + found;
        }
    }
    // What the last word has in common with the one before it has been found plain.
    match bytes.last_chunk().copied().and_then(first_special) {
        Some(found) => bytes.len() - 8 + found,
        None => bytes.len(),
    }
}

/// Long stretches are searched in this form, which compilers make wide instructions of: each byte by itself, then all at once.
#[inline]
fn first_special_of_block<const N: usize>(block: &[u8; N]) -> Option<usize> {
    let marks = block.map(|byte| if is_special(byte) { u8::MAX } else { 0 });
    let (words, _) = marks.as_chunks();
    let words = || words.iter().map(|word| u64::from_le_bytes(*word));
    if words().fold(0, |found, word| found | word) == 0 {
        return None;
    }
    let (number, word) = words().enumerate().find(|(_, word)| *word != 0)?;
    Some(number * 8 + (word.trailing_zeros() / 8) as usize)
}

#[expect(clippy::needless_bitwise_bool, reason = "branches would keep the compiler from looking at many bytes at once")]
const fn is_special(byte: u8) -> bool {
    (byte < 0x20) | (byte == b'"') | (byte == b'\\')
}

/// Where the first byte of a word stands that does not stand for itself.
#[inline]
fn first_special(word: [u8; 8]) -> Option<usize> {
    const ONES: u64 = u64::MAX / 255;
    const HIGH: u64 = ONES << 7;
    // In each place the high bit is set where the byte is less than a space, or is the one looked for.
    // A borrow may spoil places behind a hit, never those before the first.
    let word = u64::from_le_bytes(word);
    let is = |byte: u8| {
        let difference = word ^ (ONES * u64::from(byte));
        difference.wrapping_sub(ONES) & !difference
    };
    let found = ((word.wrapping_sub(ONES * 0x20) & !word) | is(b'"') | is(b'\\')) & HIGH;
    (found != 0).then_some((found.trailing_zeros() / 8) as usize)
}

/// Whether a text stands in a JSON string as it is.
///
/// ```
/// assert!(interlingua_wire::is_plain("data:image/png;base64,iVBORw0KGgo="));
/// assert!(!interlingua_wire::is_plain("two\nlines"));
/// ```
#[must_use]
pub fn is_plain(text: &str) -> bool {
    plain(text.as_bytes()) == text.len()
}

/// A JSON string that stands for itself, from behind its opening quotation mark, and what follows its closing one. `None` for
/// one that has escapes, and for what is no string.
///
/// ```
/// assert_eq!(interlingua_wire::read_plain(r#"one","next":1"#), Some(("one", r#","next":1"#)));
/// assert_eq!(interlingua_wire::read_plain(r#"two\nlines""#), None);
/// ```
#[must_use]
pub fn read_plain(text: &str) -> Option<(&str, &str)> {
    let (said, after) = text.split_at_checked(plain(text.as_bytes()))?;
    Some((said, after.strip_prefix('"')?))
}

/// What a JSON string says, from behind its opening quotation mark, and what follows its closing one. Text that has escapes
/// is put into `scratch`, in place of what that held.
///
/// `None` for what is no string, and for one that spells a character in halves.
///
/// ```
/// let mut scratch = String::new();
/// let read = interlingua_wire::read_escaped(r#"two\nlines","next":1"#, &mut scratch);
/// assert_eq!(read, Some(("two\nlines", r#","next":1"#)));
/// ```
pub fn read_escaped<'a>(text: &'a str, scratch: &'a mut String) -> Option<(&'a str, &'a str)> {
    if let Some(read) = read_plain(text) {
        return Some(read);
    }
    scratch.clear();
    let length = unescape(text, scratch)?;
    Some((scratch, text.get(length..)?))
}

/// How long the inside of a string is, from behind its opening quotation mark, whatever its escapes say.
pub(super) fn string_length(inside: &str) -> Option<usize> {
    let bytes = inside.as_bytes();
    let mut at = 0;
    loop {
        at += plain(bytes.get(at..)?);
        match bytes.get(at)? {
            b'"' => return Some(at),
            b'\\' => at += 2,
            _ => return None,
        }
    }
}

/// Appends what a JSON string says to `said`, from behind its opening quotation mark; how many bytes it has with the closing
/// one. `None` for what is no string, and for one that spells characters in halves, which serde_json reads.
pub(crate) fn unescape(text: &str, said: &mut String) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut at = 0;
    loop {
        let run = plain(bytes.get(at..)?);
        said.push_str(text.get(at..at + run)?);
        at += run;
        match bytes.get(at)? {
            b'"' => return Some(at + 1),
            b'\\' => {}
            _ => return None,
        }
        said.push(match bytes.get(at + 1)? {
            b'n' => '\n',
            b'"' => '"',
            b'\\' => '\\',
            b'/' => '/',
            b't' => '\t',
            b'r' => '\r',
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'u' => {
                let digits = text.get(at + 2..at + 6)?;
                at += 4;
                let unit = digits.bytes().all(|digit| digit.is_ascii_hexdigit()).then_some(digits)?;
                char::from_u32(u32::from_str_radix(unit, 16).ok()?)?
            }
            _ => return None,
        });
        at += 2;
    }
}

/// Appends a text as it stands in a JSON string, without the quotation marks around it; what serde_json makes of it.
///
/// ```
/// let mut out = Vec::new();
/// interlingua_wire::write_escaped("a \"b\"\n", &mut out);
/// assert_eq!(out, br#"a \"b\"\n"#);
/// ```
#[inline]
pub fn write_escaped(text: &str, out: &mut Vec<u8>) {
    let bytes = text.as_bytes();
    let run = plain(bytes);
    if run == bytes.len() {
        out.extend_from_slice(bytes);
    } else {
        write_runs(bytes, run, out);
    }
}

/// Writes a text that has to be escaped; so many bytes of it are plain.
fn write_runs(text: &[u8], mut run: usize, out: &mut Vec<u8>) {
    let mut rest = text;
    loop {
        let (plainly, more) = rest.split_at_checked(run).unwrap_or((rest, &[]));
        out.extend_from_slice(plainly);
        let [byte, after @ ..] = more else { return };
        match byte {
            b'"' => out.extend_from_slice(b"\\\""),
            b'\\' => out.extend_from_slice(b"\\\\"),
            0x08 => out.extend_from_slice(b"\\b"),
            0x0c => out.extend_from_slice(b"\\f"),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            control => {
                let digit = |value: u8| if value < 10 { b'0' + value } else { b'a' + value - 10 };
                out.extend_from_slice(&[b'\\', b'u', b'0', b'0', digit(control >> 4), digit(control & 15)]);
            }
        }
        rest = after;
        run = plain(rest);
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Texts with every byte that means something, at every place of a word and of a block.
    pub(in crate::core) fn texts() -> Vec<String> {
        let marks: Vec<char> = (0..=0x20)
            .chain([0x22, 0x2f, 0x5c, 0x7f, 0x80, 0xe9, 0x2028, 0xffff, 0x1f600])
            .filter_map(char::from_u32)
            .collect();
        let around =
            |before: usize, after: usize, mark: char| format!("{}{mark}{}", "a".repeat(before), "ü".repeat(after));
        let places = (0..18)
            .chain(30..42)
            .chain(62..68)
            .chain(94..106)
            .flat_map(|before| [(before, 0), (before, 3), (before, 9), (before, 40)]);
        let mut texts: Vec<String> =
            places.flat_map(|(before, after)| marks.iter().map(move |mark| around(before, after, *mark))).collect();
        texts.push(marks.iter().rev().chain(&marks).collect());
        texts.push(String::new());
        texts
    }

    #[test]
    fn a_text_is_written_as_serde_json_writes_it_and_read_back() {
        for text in texts() {
            let mut written = Vec::new();
            write_escaped(&text, &mut written);
            let written = format!("\"{}\"", String::from_utf8(written).unwrap());
            assert_eq!(written, serde_json::to_string(&text).unwrap());
            let mut said = String::from("before ");
            let behind = format!("{}, more", &written[1..]);
            assert_eq!(unescape(&behind, &mut said), Some(written.len() - 1), "{written}");
            assert_eq!(said, format!("before {text}"));
        }
    }

    #[test]
    fn what_is_no_string_is_left_to_whoever_tells_why() {
        for text in ["", "a", "a\\", "a\\\"", "\\x\"", "\\u12\"", "\\u+123\"", "\\ud83d\\ude00\"", "\n\"", "\\u12é4\""]
        {
            assert_eq!(unescape(text, &mut String::new()), None, "{text}");
        }
        assert_eq!(unescape("\\u00e9\\/\"", &mut String::new()), Some(9));
    }
}
