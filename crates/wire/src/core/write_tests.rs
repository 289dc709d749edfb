//! Everything is held to serde_json.

use std::collections::BTreeMap;

use serde_json::{Map, Number, Value};

use super::*;
use crate::core::scan::tests::texts;
use crate::{Extra, Json, Text};

fn both<T: Serialize + ?Sized>(value: &T) -> [Result<String, String>; 2] {
    let mut out = b"before ".to_vec();
    let ours = write_json(value, &mut out).map(|()| String::from_utf8(out.split_off(7)).unwrap());
    [ours.map_err(|error| error.to_string()), serde_json::to_string(value).map_err(|error| error.to_string())]
}

#[track_caller]
fn same<T: Serialize + ?Sized>(value: &T) {
    let [ours, theirs] = both(value);
    assert_eq!(ours, theirs);
    assert!(theirs.is_ok());
}

#[derive(Serialize)]
struct Unit;

#[derive(Serialize)]
struct Newtype(&'static str);

#[derive(Serialize)]
struct Tuple(i8, char);

#[derive(Serialize)]
struct Fields<'a, T: ?Sized> {
    first: Option<u8>,
    #[serde(rename = "se\"cond")]
    second: &'a T,
}

#[derive(Serialize)]
enum Kind {
    Unit,
    Newtype(Option<bool>),
    Tuple(u64, f32),
    Struct { a: (), b: Unit },
}

struct Bytes;

impl Serialize for Bytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&[0, 255])
    }
}

struct Shown;

impl Serialize for Shown {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{}\n", 1))
    }
}

#[derive(Serialize, PartialEq, Eq, PartialOrd, Ord)]
enum Name {
    One,
}

#[test]
fn every_shape_that_serde_has() {
    same(&(true, false, 'a', '"', '\u{1}', Unit, Newtype("x\n"), Tuple(-1, 'ß')));
    same(&(i8::MIN, i16::MIN, i32::MIN, i64::MIN, i128::MIN));
    same(&(u8::MAX, u16::MAX, u32::MAX, u64::MAX, u128::MAX));
    same(&[0.0, -0.0, 1.0, 0.1, 1e300, -1e-300, f64::NAN, f64::INFINITY, f64::MIN_POSITIVE]);
    same(&[0.1_f32, f32::MAX, f32::NEG_INFINITY]);
    same(&[Kind::Unit, Kind::Newtype(None), Kind::Tuple(1, 2.5), Kind::Struct { a: (), b: Unit }]);
    same(&Fields { first: None, second: &Fields { first: Some(1), second: "" } });
    same(&Fields { first: None, second: &[[""; 0]; 2] });
    same(&(Some(Some(1)), None::<u8>, (), [(); 2]));
    same(&Bytes);
    same(&Shown);
}

#[test]
fn keys_are_strings_or_made_to_be() {
    same(&BTreeMap::from([("a\"", 1), ("", 2)]));
    same(&BTreeMap::from([(-1, "x"), (2, "y")]));
    same(&BTreeMap::from([(true, 0)]));
    same(&BTreeMap::from([('"', 0), ('ü', 0)]));
    same(&BTreeMap::from([(Some("a"), 0)]));
    same(&BTreeMap::from([(Name::One, 0)]));
    let [ours, theirs] = both(&BTreeMap::from([([1], 0)]));
    assert_eq!(ours, theirs);
    assert!(ours.is_err());
    assert!(both(&BTreeMap::from([((), 0)])).iter().all(Result::is_err));
    assert!(both(&BTreeMap::from([(None::<u8>, 0)])).iter().all(Result::is_err));
}

#[test]
fn json_that_is_carried_stays_as_it_was_written() {
    let raw: Json = r#"{"z": 1.0, "a" :[1e2, "\u0041"]}"#.parse().unwrap();
    same(&raw);
    same(&[&raw, &raw]);
    same(&BTreeMap::from([("a", (&raw, "after"))]));
    let mut extra = Extra::new();
    extra.push("\n", raw);
    same(&(extra, Text::from("\n")));
}

#[test]
fn a_value_that_fails_says_why() {
    struct Fails;
    impl Serialize for Fails {
        fn serialize<S: Serializer>(&self, _serializer: S) -> Result<S::Ok, S::Error> {
            Err(S::Error::custom("it fails"))
        }
    }
    let [ours, theirs] = both(&[Fails]);
    assert_eq!(ours, Err("it fails".to_owned()));
    assert_eq!(ours, theirs);
}

#[test]
fn every_text() {
    for text in texts() {
        same(&text);
        same(&BTreeMap::from([(&text, &text)]));
    }
}

/// Numbers that are the same in each run, and look like chance.
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap() % limit
    }

    fn text(&mut self) -> String {
        let letters = ['a', 'b', ' ', '"', '\\', '/', '\n', '\u{0}', '\u{1f}', '\u{7f}', 'ü', '\u{2028}', '😀'];
        let length = self.below(80);
        (0..length).map(|_| if self.below(4) > 0 { 'x' } else { letters[self.below(letters.len())] }).collect()
    }

    fn tree(&mut self, depth: usize) -> Value {
        let length = self.below(5);
        match self.below(if depth == 0 { 5 } else { 7 }) {
            0 => Value::Null,
            1 => Value::Bool(length > 2),
            2 => Value::from(self.0.cast_signed() >> self.below(64)),
            3 => Number::from_f64(f64::from_bits(self.0)).map_or(Value::Null, Value::Number),
            4 => Value::String(self.text()),
            5 => (0..length).map(|_| self.tree(depth - 1)).collect(),
            _ => Value::Object((0..length).map(|_| (self.text(), self.tree(depth - 1))).collect::<Map<_, _>>()),
        }
    }
}

#[test]
fn any_tree() {
    let mut chance = Chance(0x9e37_79b9_7f4a_7c15);
    for _ in 0..3000 {
        same(&chance.tree(5));
    }
}
