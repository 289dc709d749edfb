//! The body of a request in which one text outweighs all else: a picture, a file.
//!
//! Such a text is not copied into the body: the rest is written with a mark in its place, and then put around it.

use std::mem;

use interlingua_wire::is_plain;
use serde::Serialize;

use crate::frames::write_json;

/// From how many bytes on it is worth it.
const HEAVY: usize = 64 * 1024;

/// Stands where the text goes. Should it occur elsewhere too, the body is written as any other.
const MARK: &str = "\u{1a}the text goes here\u{1a}";

/// Gives every text of a request that may be a heavy one to a function, always in the same order.
pub(crate) type Each<T> = fn(&mut T, &mut dyn FnMut(&mut String));

/// Writes a request as JSON. Its heaviest text moves, and is gone from it. Beside texts that may be heavy there is `room` for
/// the rest.
pub(crate) fn write_request<T: Serialize>(request: &mut T, each: Each<T>, mut room: usize) -> Vec<u8> {
    let (mut count, mut heaviest, mut length) = (0, 0, 0);
    each(request, &mut |text| {
        if text.len() > length {
            (heaviest, length) = (count, text.len());
        }
        count += 1;
        room += text.len();
    });
    let mut body = Vec::with_capacity(if length >= HEAVY { room - length } else { room });
    let swap = |request: &mut T, other: &mut String| {
        let mut at = 0;
        each(request, &mut |text| {
            if at == heaviest {
                mem::swap(text, other);
            }
            at += 1;
        });
    };
    if length >= HEAVY {
        let mut text = MARK.to_owned();
        swap(request, &mut text);
        if is_plain(&text) {
            write_json(&mut body, request);
            if let Some((before, after)) = around(&body) {
                let mut whole = text.into_bytes();
                whole.reserve_exact(before.len() + after.len());
                whole.extend_from_slice(after);
                whole.splice(..0, before.iter().copied());
                return whole;
            }
            body.clear();
        }
        swap(request, &mut text);
    }
    write_json(&mut body, request);
    body
}

/// What stands around the mark, if it is there once.
fn around(body: &[u8]) -> Option<(&[u8], &[u8])> {
    const WRITTEN: &str = r"\u001athe text goes here\u001a";
    let (before, after) = std::str::from_utf8(body).ok()?.split_once(WRITTEN)?;
    (!after.contains(WRITTEN)).then_some((before.as_bytes(), after.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Clone, Serialize)]
    struct Request {
        texts: Vec<String>,
    }

    fn each(request: &mut Request, take: &mut dyn FnMut(&mut String)) {
        request.texts.iter_mut().for_each(take);
    }

    #[test]
    fn a_heavy_text_is_written_as_any_other() {
        let heavy = "x".repeat(HEAVY);
        let texts = |texts: &[&str]| Request { texts: texts.iter().map(|text| (*text).to_owned()).collect() };
        for request in [
            texts(&[]),
            texts(&["light", ""]),
            texts(&["light", &heavy, "\"after\""]),
            texts(&[&heavy, &format!("{heavy}heavier"), &heavy]),
            texts(&[&format!("{heavy}\n"), &heavy]),
            texts(&[MARK, &heavy]),
            texts(&[&heavy, MARK]),
            texts(&[&format!("{MARK}{heavy}"), "é"]),
            texts(&[&"é".repeat(HEAVY)]),
        ] {
            let expected = serde_json::to_string(&request).unwrap();
            assert_eq!(String::from_utf8(write_request(&mut request.clone(), each, 64)).unwrap(), expected);
        }
    }

    #[test]
    fn a_heavy_text_stays_where_it_is() {
        let mut text = String::with_capacity(2 * HEAVY);
        text.push_str(&"x".repeat(HEAVY));
        let held = text.as_ptr();
        let mut request = Request { texts: vec![String::from("light"), text] };
        let body = write_request(&mut request, each, 64);
        assert_eq!(body.as_ptr(), held, "there was room for the rest, and nothing was copied");
        assert!(request.texts.iter().all(|text| text.len() < HEAVY));
    }
}
