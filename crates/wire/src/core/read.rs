//! Values out of JSON text: what serde_json reads, and sooner, with the path of what cannot be read.
//!
//! serde_json searches strings a word at a time, checks each for UTF-8 and copies those with escapes twice; and to know where an
//! error was, every type has to be compiled once more. Here strings are searched many bytes at a time, and on its way up an
//! error collects the path. Whatever is rare is left to serde_json.

use std::fmt::{self, Write as _};

use serde::de::value::{BorrowedStrDeserializer, StringDeserializer};
use serde::de::{self, Deserialize, DeserializeSeed, Deserializer, Error as _, Visitor};
use serde_json::value::RawValue;
use serde_json::{Error, Number};

use super::scan::{read_plain, string_length, unescape};
use super::skip::value_length;
use super::write::RAW;

/// Reads a value from JSON text. It is the value that `serde_json::from_str` gives, and there is one if and only if that gives
/// one, for all types whose maps have strings as keys.
///
/// # Errors
/// [`Unread`]: the text is no JSON, or not a `T`.
///
/// ```
/// use interlingua_wire::{chat::Request, read_json};
///
/// let request: Request = read_json(r#"{"model":"m","messages":[{"role":"user","content":"hi"}]}"#)?;
/// assert_eq!(request.messages.map(|messages| messages.len()), Some(1));
///
/// let unread = read_json::<Request>(r#"{"messages":[{"role":"user","content":5}]}"#).unwrap_err();
/// assert_eq!(unread.path, "messages[0].content");
/// # Ok::<(), interlingua_wire::Unread>(())
/// ```
pub fn read_json<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, Unread> {
    let mut reader = Reader::new(text);
    let read = T::deserialize(&mut reader).and_then(|value| match reader.peek() {
        None => Ok(value),
        Some(_) => Err(syntax()),
    });
    read.map_err(|error| Unread { error, path: reader.path() })
}

/// Why a text could not be read, and where.
#[derive(Debug)]
pub struct Unread {
    /// What is wrong. Of a text that is no JSON it says only that; serde_json tells more.
    pub error: Error,
    /// The path of the innermost value that could not be read: `messages[2].content`; empty for the whole.
    pub path: String,
}

impl fmt::Display for Unread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.path.is_empty() {
            write!(f, "{}: ", self.path)?;
        }
        self.error.fmt(f)
    }
}

impl std::error::Error for Unread {}

/// How deep values may lie in each other; what serde_json takes.
const MOST_DEPTH: u8 = 127;

/// Up to how many bytes of text it is not worth it to keep room for the next string.
const SHORT: usize = 4 * 1024;
/// From how many bytes on a string is large.
const LARGE: usize = 64 * 1024;

/// Reads one text, from the front.
pub(crate) struct Reader<'a> {
    text: &'a str,
    at: usize,
    depth: u8,
    /// What the last string with escapes says.
    scratch: String,
    /// Where an error was, innermost first.
    steps: Vec<Step<'a>>,
}

enum Step<'a> {
    /// The value of a key, which is as it was written.
    Field(&'a str),
    Entry(usize),
}

impl<'a> Reader<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        Self { text, at: 0, depth: 0, scratch: String::new(), steps: Vec::new() }
    }

    /// The next byte that is no white space.
    #[inline]
    fn peek(&mut self) -> Option<u8> {
        loop {
            let byte = *self.text.as_bytes().get(self.at)?;
            if !matches!(byte, b' ' | b'\n' | b'\t' | b'\r') {
                return Some(byte);
            }
            self.at += 1;
        }
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    #[inline]
    fn expect(&mut self, expected: u8) -> Result<(), Error> {
        if self.peek() != Some(expected) {
            return Err(syntax());
        }
        self.at += 1;
        Ok(())
    }

    /// A string that begins here, if it stands for itself; of any other nothing is read.
    fn plain_string(&mut self) -> Option<&'a str> {
        let (said, _) = read_plain(self.text.get(self.at + 1..)?)?;
        self.at += said.len() + 2;
        Some(said)
    }

    /// A string with escapes that begins here, and how it was written, without its quotation marks.
    fn escaped(&mut self) -> Result<(String, &'a str), Error> {
        let inside = self.text.get(self.at + 1..).unwrap_or_default();
        if inside.len() <= SHORT {
            return self.measured(inside);
        }
        self.scratch.clear();
        self.scratch.reserve(SHORT);
        let Some(whole) = unescape(inside, &mut self.scratch) else { return self.measured(inside) };
        // A copy has no more room than it needs; what is large is not copied for that.
        let is_large = self.scratch.len() > LARGE;
        let said = if is_large { std::mem::take(&mut self.scratch) } else { self.scratch.clone() };
        self.at += whole + 1;
        Ok((said, inside.get(..whole - 1).unwrap_or_default()))
    }

    /// The same for a string whose end is looked for first: by the end of the text, and where something is odd.
    fn measured(&mut self, inside: &'a str) -> Result<(String, &'a str), Error> {
        let length = string_length(inside).ok_or_else(syntax)?;
        let written = inside.get(..length).unwrap_or_default();
        let mut said = String::with_capacity(length);
        if unescape(inside, &mut said).is_none() {
            // Characters in halves, or what is no escape.
            let whole = self.rest().get(..length + 2).unwrap_or_default();
            said = serde_json::from_str(whole)?;
        }
        self.at += length + 2;
        Ok((said, written))
    }

    fn word(&mut self, word: &str) -> Result<(), Error> {
        if !self.rest().starts_with(word) {
            return Err(syntax());
        }
        self.at += word.len();
        Ok(())
    }

    fn number<V: Visitor<'a>>(&mut self, visitor: V) -> Result<V::Value, Error> {
        let rest = self.rest();
        let is_part = |byte: &u8| matches!(byte, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E');
        let length = rest.bytes().position(|byte| !is_part(&byte)).unwrap_or(rest.len());
        let written = rest.get(..length).unwrap_or_default();
        let number: Number = serde_json::from_str(written)?;
        self.at += length;
        if let Some(number) = number.as_u64() {
            visitor.visit_u64(number)
        } else if let Some(number) = number.as_i64() {
            visitor.visit_i64(number)
        } else {
            visitor.visit_f64(number.as_f64().unwrap_or(f64::NAN))
        }
    }

    /// The text of the value that begins here.
    fn raw(&mut self) -> Result<&'a str, Error> {
        self.peek();
        let rest = self.rest();
        let raw = match value_length(rest).and_then(|length| rest.get(..length)) {
            Some(raw) => raw,
            None => <&RawValue>::deserialize(&mut serde_json::Deserializer::from_str(rest))?.get(),
        };
        self.at += raw.len();
        Ok(raw)
    }

    fn inside<T>(&mut self, read: impl FnOnce(&mut Self) -> Result<T, Error>, close: u8) -> Result<T, Error> {
        if self.depth == MOST_DEPTH {
            // serde_json says it in its own words.
            let told = serde_json::from_str::<serde_json::Value>(self.text).err();
            return Err(told.unwrap_or_else(syntax));
        }
        self.at += 1;
        self.depth += 1;
        let value = read(self)?;
        self.depth -= 1;
        self.expect(close)?;
        Ok(value)
    }

    /// Whether there is another member, behind a comma where it is not the first.
    #[inline]
    fn has_more(&mut self, close: u8, is_first: &mut bool) -> Result<bool, Error> {
        if self.peek() == Some(close) {
            return Ok(false);
        }
        if !std::mem::take(is_first) {
            self.expect(b',')?;
        }
        Ok(true)
    }

    #[cold]
    fn fails(&mut self, step: Step<'a>) {
        self.steps.push(step);
    }

    fn path(&self) -> String {
        let mut path = String::new();
        for step in self.steps.iter().rev() {
            match step {
                Step::Field(written) => {
                    if !path.is_empty() {
                        path.push('.');
                    }
                    let said = serde_json::from_str::<String>(&format!("\"{written}\""));
                    path.push_str(said.as_deref().unwrap_or(written));
                }
                Step::Entry(index) => _ = write!(path, "[{index}]"),
            }
        }
        path
    }
}

#[cold]
fn syntax() -> Error {
    Error::custom("it is no JSON")
}

impl<'a> Deserializer<'a> for &mut Reader<'a> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.peek() {
            Some(b'"') => match self.plain_string() {
                Some(said) => visitor.visit_borrowed_str(said),
                None => visitor.visit_string(self.escaped()?.0),
            },
            Some(b'{') => self.inside(|reader| visitor.visit_map(Members { reader, is_first: true, key: "" }), b'}'),
            Some(b'[') => self.inside(|reader| visitor.visit_seq(Entries { reader, is_first: true, index: 0 }), b']'),
            Some(b'n') => {
                self.word("null")?;
                visitor.visit_unit()
            }
            Some(b't') => {
                self.word("true")?;
                visitor.visit_bool(true)
            }
            Some(b'f') => {
                self.word("false")?;
                visitor.visit_bool(false)
            }
            Some(b'-' | b'0'..=b'9') => self.number(visitor),
            Some(_) | None => Err(syntax()),
        }
    }

    serde::forward_to_deserialize_any! {
        <V: Visitor<'a>>
        bool i8 i16 i32 i64 u8 u16 u32 u64 f32 f64 char str string unit unit_struct seq tuple tuple_struct map struct
        identifier
    }

    #[inline]
    fn deserialize_option<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.peek() == Some(b'n') {
            self.word("null")?;
            return visitor.visit_none();
        }
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'a>>(self, name: &'static str, visitor: V) -> Result<V::Value, Error> {
        if name == RAW {
            let raw = self.raw()?;
            return visitor.visit_map(de::value::MapDeserializer::new(std::iter::once((
                BorrowedStrDeserializer::<Error>::new(RAW),
                BorrowedStrDeserializer::<Error>::new(raw),
            ))));
        }
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'a>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        serde_json::Deserializer::from_str(self.raw()?).deserialize_enum(name, variants, visitor)
    }

    fn deserialize_bytes<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Error> {
        serde_json::Deserializer::from_str(self.raw()?).deserialize_bytes(visitor)
    }

    fn deserialize_byte_buf<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_bytes(visitor)
    }

    fn deserialize_i128<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Error> {
        serde_json::Deserializer::from_str(self.raw()?).deserialize_i128(visitor)
    }

    fn deserialize_u128<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Error> {
        serde_json::Deserializer::from_str(self.raw()?).deserialize_u128(visitor)
    }

    fn deserialize_ignored_any<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Error> {
        self.raw()?;
        visitor.visit_unit()
    }
}

/// The members of an object.
struct Members<'r, 'a> {
    reader: &'r mut Reader<'a>,
    is_first: bool,
    /// The last key, as it was written.
    key: &'a str,
}

impl<'a> de::MapAccess<'a> for Members<'_, 'a> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'a>>(&mut self, seed: K) -> Result<Option<K::Value>, Error> {
        if !self.reader.has_more(b'}', &mut self.is_first)? {
            return Ok(None);
        }
        if self.reader.peek() != Some(b'"') {
            return Err(syntax());
        }
        if let Some(key) = self.reader.plain_string() {
            self.key = key;
            return seed.deserialize(BorrowedStrDeserializer::new(key)).map(Some);
        }
        let (said, written) = self.reader.escaped()?;
        self.key = written;
        seed.deserialize(StringDeserializer::new(said)).map(Some)
    }

    #[inline]
    fn next_value_seed<V: DeserializeSeed<'a>>(&mut self, seed: V) -> Result<V::Value, Error> {
        self.reader.expect(b':')?;
        seed.deserialize(&mut *self.reader).inspect_err(|_| self.reader.fails(Step::Field(self.key)))
    }
}

/// The entries of a list.
struct Entries<'r, 'a> {
    reader: &'r mut Reader<'a>,
    is_first: bool,
    index: usize,
}

impl<'a> de::SeqAccess<'a> for Entries<'_, 'a> {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'a>>(&mut self, seed: T) -> Result<Option<T::Value>, Error> {
        if !self.reader.has_more(b']', &mut self.is_first)? {
            return Ok(None);
        }
        let value = seed.deserialize(&mut *self.reader).inspect_err(|_| self.reader.fails(Step::Entry(self.index)))?;
        self.index += 1;
        Ok(Some(value))
    }

    /// A guess, for the lists that a document is made of: its messages and its tools.
    fn size_hint(&self) -> Option<usize> {
        const USUAL_ENTRY: usize = 256;
        const MOST_ROOM: usize = 128;
        let left = self.reader.text.len() - self.reader.at;
        (self.reader.depth == 2).then(|| (left / USUAL_ENTRY).min(MOST_ROOM))
    }
}
