//! Values as JSON, appended to bytes: what serde_json writes, and sooner.
//!
//! serde_json looks at each byte of a string in a table; here strings are searched many bytes at a time, and what is written
//! goes straight into the one kind of buffer there is.

use serde::Serialize;
use serde::ser::{self, Error as _, Serializer};
use serde_json::Error;

use super::scan::write_escaped;

/// Appends a value as JSON; byte for byte what `serde_json::to_writer` makes of it.
///
/// # Errors
/// Those of the value's own `Serialize`, and map keys that are no strings. `out` then holds a part of the value.
///
/// ```
/// let mut out = b"data: ".to_vec();
/// interlingua_wire::write_json(&serde_json::json!({"text": "two\nlines"}), &mut out)?;
/// assert_eq!(out, br#"data: {"text":"two\nlines"}"#);
/// # Ok::<(), serde_json::Error>(())
/// ```
pub fn write_json<T: Serialize + ?Sized>(value: &T, out: &mut Vec<u8>) -> Result<(), Error> {
    value.serialize(&mut Writer { out, is_raw: false })
}

/// What serde_json calls the struct that stands for text which is JSON already.
pub(super) const RAW: &str = "$serde_json::private::RawValue";

struct Writer<'o> {
    out: &'o mut Vec<u8>,
    /// Whether the next string is JSON already.
    is_raw: bool,
}

impl<'o> Writer<'o> {
    fn text(&mut self, text: &str) {
        self.out.reserve(text.len() + 2);
        self.out.push(b'"');
        write_escaped(text, self.out);
        self.out.push(b'"');
    }

    /// An object of one member that is still to be written.
    fn variant(&mut self, name: &str) {
        self.out.push(b'{');
        self.text(name);
        self.out.push(b':');
    }

    fn members<'w>(&'w mut self, open: u8, close: &'static str) -> Members<'w, 'o> {
        self.out.push(open);
        Members { writer: self, is_first: true, close }
    }
}

/// What is rare, by serde_json.
macro_rules! left_to_serde_json {
    ($($name:ident($type:ty))*) => {
        $(fn $name(self, value: $type) -> Result<(), Error> {
            serde_json::to_writer(&mut *self.out, &value)
        })*
    };
}

impl<'w, 'o> Serializer for &'w mut Writer<'o> {
    type Ok = ();
    type Error = Error;
    type SerializeSeq = Members<'w, 'o>;
    type SerializeTuple = Members<'w, 'o>;
    type SerializeTupleStruct = Members<'w, 'o>;
    type SerializeTupleVariant = Members<'w, 'o>;
    type SerializeMap = Members<'w, 'o>;
    type SerializeStruct = Members<'w, 'o>;
    type SerializeStructVariant = Members<'w, 'o>;

    left_to_serde_json! {
        serialize_bool(bool)
        serialize_i8(i8) serialize_i16(i16) serialize_i32(i32) serialize_i64(i64) serialize_i128(i128)
        serialize_u8(u8) serialize_u16(u16) serialize_u32(u32) serialize_u64(u64) serialize_u128(u128)
        serialize_f32(f32) serialize_f64(f64) serialize_char(char)
    }

    fn serialize_str(self, text: &str) -> Result<(), Error> {
        if self.is_raw {
            self.out.extend_from_slice(text.as_bytes());
        } else {
            self.text(text);
        }
        Ok(())
    }

    fn serialize_bytes(self, bytes: &[u8]) -> Result<(), Error> {
        bytes.serialize(self)
    }

    fn serialize_none(self) -> Result<(), Error> {
        self.serialize_unit()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Error> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), Error> {
        self.out.extend_from_slice(b"null");
        Ok(())
    }

    fn serialize_unit_struct(self, _name: &'static str) -> Result<(), Error> {
        self.serialize_unit()
    }

    fn serialize_unit_variant(self, _name: &'static str, _index: u32, variant: &'static str) -> Result<(), Error> {
        self.serialize_str(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _name: &'static str, value: &T) -> Result<(), Error> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        self.variant(variant);
        value.serialize(&mut *self)?;
        self.out.push(b'}');
        Ok(())
    }

    fn serialize_seq(self, _length: Option<usize>) -> Result<Members<'w, 'o>, Error> {
        Ok(self.members(b'[', "]"))
    }

    fn serialize_tuple(self, _length: usize) -> Result<Members<'w, 'o>, Error> {
        Ok(self.members(b'[', "]"))
    }

    fn serialize_tuple_struct(self, _name: &'static str, _length: usize) -> Result<Members<'w, 'o>, Error> {
        Ok(self.members(b'[', "]"))
    }

    fn serialize_tuple_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        _length: usize,
    ) -> Result<Members<'w, 'o>, Error> {
        self.variant(variant);
        Ok(self.members(b'[', "]}"))
    }

    fn serialize_map(self, _length: Option<usize>) -> Result<Members<'w, 'o>, Error> {
        Ok(self.members(b'{', "}"))
    }

    fn serialize_struct(self, name: &'static str, _length: usize) -> Result<Members<'w, 'o>, Error> {
        if name == RAW {
            self.is_raw = true;
            return Ok(Members { writer: self, is_first: true, close: "" });
        }
        Ok(self.members(b'{', "}"))
    }

    fn serialize_struct_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        _length: usize,
    ) -> Result<Members<'w, 'o>, Error> {
        self.variant(variant);
        Ok(self.members(b'{', "}}"))
    }
}

/// What stands between brackets.
struct Members<'w, 'o> {
    writer: &'w mut Writer<'o>,
    is_first: bool,
    close: &'static str,
}

impl Members<'_, '_> {
    fn separate(&mut self) {
        if !self.is_first {
            self.writer.out.push(b',');
        }
        self.is_first = false;
    }

    fn element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.separate();
        value.serialize(&mut *self.writer)
    }

    /// A field of a struct, whose name is a string.
    fn field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<(), Error> {
        if self.writer.is_raw {
            value.serialize(&mut *self.writer)?;
            self.writer.is_raw = false;
            return Ok(());
        }
        self.separate();
        self.writer.text(name);
        self.writer.out.push(b':');
        value.serialize(&mut *self.writer)
    }

    fn close(self) {
        self.writer.out.extend_from_slice(self.close.as_bytes());
    }
}

macro_rules! elements {
    ($($trait:ident::$method:ident)*) => {
        $(impl ser::$trait for Members<'_, '_> {
            type Ok = ();
            type Error = Error;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
                self.element(value)
            }

            fn end(self) -> Result<(), Error> {
                self.close();
                Ok(())
            }
        })*
    };
}

elements! {
    SerializeSeq::serialize_element
    SerializeTuple::serialize_element
    SerializeTupleStruct::serialize_field
    SerializeTupleVariant::serialize_field
}

macro_rules! fields {
    ($($trait:ident)*) => {
        $(impl ser::$trait for Members<'_, '_> {
            type Ok = ();
            type Error = Error;

            fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<(), Error> {
                self.field(name, value)
            }

            fn end(self) -> Result<(), Error> {
                self.close();
                Ok(())
            }
        })*
    };
}

fields! { SerializeStruct SerializeStructVariant }

impl ser::SerializeMap for Members<'_, '_> {
    type Ok = ();
    type Error = Error;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Error> {
        self.separate();
        let start = self.writer.out.len();
        key.serialize(&mut *self.writer)?;
        // Numbers and words stand between quotation marks where a key belongs.
        match self.writer.out.get(start) {
            Some(b'"') => {}
            Some(b'{' | b'[' | b'n') | None => return Err(Error::custom("key must be a string")),
            Some(_) => {
                self.writer.out.insert(start, b'"');
                self.writer.out.push(b'"');
            }
        }
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.writer.out.push(b':');
        value.serialize(&mut *self.writer)
    }

    fn end(self) -> Result<(), Error> {
        self.close();
        Ok(())
    }
}

#[cfg(test)]
#[path = "write_tests.rs"]
mod tests;
