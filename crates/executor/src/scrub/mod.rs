//! What must not go out, and what takes it out: of errors, of headers, of failures inside replies, of lines of a log.

mod document;
mod frames;
mod line;
mod passed;

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use http::{HeaderMap, HeaderValue};
use interlingua_model::{Failure, Json};
use interlingua_translate::Loss;
use memchr::memmem::Finder;

pub(crate) use self::frames::Scrubbed;
pub use self::line::{Line, one_line};
pub(crate) use self::passed::passed;

/// Secrets, and what takes them out of texts that others have written.
///
/// An upstream that repeats a key it was sent must not make it known: to the caller, whose key it need not be, nor to whoever
/// reads the log. Everything an [`Executor`](crate::Executor) gives back has gone through one of these, which knows the
/// credentials of the request and what [`Executor::hiding`](crate::Executor::hiding) added.
///
/// A secret is taken out where it stands whole, as `***`. One shorter than 8 characters is not looked for, since every text
/// has it, and one shorter than 20 only as a word of its own, so that the key `context` leaves `context_length_exceeded` as
/// it is. What a model says is no failure and stays as it is, see [`failures`](Self::failures).
///
/// ```
/// use interlingua_executor::Scrubber;
///
/// let scrubber = Scrubber::new(["local-key"]);
/// assert_eq!(scrubber.text("the key `local-key` is no good"), "the key `***` is no good");
/// assert_eq!(scrubber.text("local-keys"), "local-keys");
/// let body = br#"{"error":{"message":"no such key: local-key"},"id":"1"}"#;
/// assert_eq!(&*scrubber.body(body), br#"{"error":{"message":"no such key: ***"},"id":"1"}"#);
/// assert_eq!(format!("{scrubber:?}"), "Scrubber(***)");
/// ```
#[derive(Clone, Default)]
pub struct Scrubber(Arc<Secrets>);

#[derive(Default)]
struct Secrets {
    /// The longest first.
    all: Vec<Secret>,
    /// Whether each of them is of characters that JSON has no short escape for, but for `/`.
    are_plain: bool,
}

struct Secret(Finder<'static>);

/// Where a text stands in a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// It is a value, or no document at all.
    Value,
    /// It is the name of a member: a word of an API's, unless the secret can be no word.
    Name,
}

/// What stands for a secret.
const STARS: &str = "***";

impl Scrubber {
    /// A scrubber that knows these.
    #[must_use]
    pub fn new<S: AsRef<str>>(secrets: impl IntoIterator<Item = S>) -> Self {
        Self::default().and(secrets)
    }

    /// One that knows these as well.
    #[must_use]
    pub fn and<S: AsRef<str>>(&self, secrets: impl IntoIterator<Item = S>) -> Self {
        /// Shorter ones are not looked for.
        const SHORTEST: usize = 8;
        let mut all: Vec<Secret> = self.0.all.iter().map(Secret::clone).collect();
        for secret in secrets {
            let secret = secret.as_ref().trim();
            if secret.len() >= SHORTEST && !all.iter().any(|known| known.bytes() == secret.as_bytes()) {
                all.push(Secret(Finder::new(secret.as_bytes()).into_owned()));
            }
        }
        // A secret that is part of another must not leave the rest of it.
        all.sort_by_key(|secret| std::cmp::Reverse(secret.bytes().len()));
        let are_plain = all.iter().all(Secret::is_plain);
        Self(Arc::new(Secrets { all, are_plain }))
    }

    /// One that knows what both know.
    #[must_use]
    pub fn merged(&self, other: &Self) -> Self {
        if other.is_empty() {
            return self.clone();
        }
        self.and(other.0.all.iter().filter_map(|secret| std::str::from_utf8(secret.bytes()).ok()))
    }

    /// A text without the secrets.
    #[must_use]
    pub fn text<'t>(&self, text: &'t str) -> Cow<'t, str> {
        self.in_place(text, Place::Value)
    }

    /// Takes the secrets out of the values of headers.
    pub fn headers(&self, headers: &mut HeaderMap) {
        for value in headers.values_mut().filter(|value| self.holds(value.as_bytes())) {
            let text = String::from_utf8_lossy(value.as_bytes());
            if let Cow::Owned(clean) = self.text(&text) {
                *value = HeaderValue::try_from(clean).unwrap_or_else(|_| HeaderValue::from_static(STARS));
            }
        }
    }

    /// Takes the secrets out of a failure.
    pub fn failure(&self, failure: &mut Failure) {
        if self.is_empty() {
            return;
        }
        let Failure { code, message, kind, param, raw } = failure;
        for text in [code, kind, param].into_iter().flatten().chain([message]) {
            self.string(text);
        }
        *raw = raw.take().map(|raw| self.json(raw));
    }

    /// A document that is no model's without the secrets.
    pub(crate) fn json(&self, json: Json) -> Json {
        let Cow::Owned(clean) = self.body(json.text().as_bytes()) else { return json };
        String::from_utf8(clean).ok().and_then(|text| Json::from_text(&text).ok()).unwrap_or_else(nothing)
    }

    /// Takes the secrets out of losses, which quote the upstream.
    pub(crate) fn losses(&self, losses: &mut [Loss]) {
        for Loss { path, detail, code: _ } in losses {
            self.string(path);
            self.string(detail);
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.all.is_empty()
    }

    fn string(&self, text: &mut String) {
        if let Cow::Owned(clean) = self.text(text) {
            *text = clean;
        }
    }

    fn in_place<'t>(&self, text: &'t str, place: Place) -> Cow<'t, str> {
        let mut clean = Cow::Borrowed(text);
        for secret in &self.0.all {
            if let Some(cleaner) = secret.taken_out(&clean, place) {
                clean = Cow::Owned(cleaner);
            }
        }
        clean
    }

    /// Whether a secret stands there as it is.
    fn holds(&self, bytes: &[u8]) -> bool {
        self.0.all.iter().any(|secret| secret.0.find(bytes).is_some())
    }
}

impl Secret {
    fn bytes(&self) -> &[u8] {
        self.0.needle()
    }

    fn is_plain(&self) -> bool {
        self.bytes().iter().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\\'))
    }

    /// Whether it is too long to be a word that means something else.
    fn is_unmistakable(&self) -> bool {
        const LONG: usize = 20;
        self.bytes().len() >= LONG
    }

    fn taken_out(&self, text: &str, place: Place) -> Option<String> {
        if place == Place::Name && !self.is_unmistakable() {
            return None;
        }
        let mut out = String::new();
        let mut copied = 0;
        let mut from = 0;
        while let Some(found) = text.as_bytes().get(from..).and_then(|rest| self.0.find(rest)) {
            let (start, end) = (from + found, from + found + self.bytes().len());
            let is_word = self.is_unmistakable()
                || !(text.get(..start).is_some_and(|before| before.ends_with(is_of_word))
                    || text.get(end..).is_some_and(|after| after.starts_with(is_of_word)));
            if is_word {
                out.push_str(text.get(copied..start).unwrap_or_default());
                out.push_str(STARS);
                copied = end;
                from = end;
            } else {
                from = start + 1;
            }
        }
        if copied == 0 {
            return None;
        }
        out.push_str(text.get(copied..).unwrap_or_default());
        Some(out)
    }
}

/// What stands for a document that cannot be told.
fn nothing() -> Json {
    Json::from_raw(serde_json::value::RawValue::NULL.to_owned())
}

fn is_of_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

impl Clone for Secret {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl PartialEq for Scrubber {
    fn eq(&self, other: &Self) -> bool {
        self.0.all.iter().map(Secret::bytes).eq(other.0.all.iter().map(Secret::bytes))
    }
}

impl Eq for Scrubber {}

impl fmt::Debug for Scrubber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_empty() { "Scrubber()" } else { "Scrubber(***)" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: &str = "sk-0123456789-abcdefghij";

    #[test]
    fn a_long_secret_goes_wherever_it_stands_and_a_short_one_as_a_word() {
        let scrubber = Scrubber::new([LONG, "context_", "local-key"]);
        for (text, clean) in [
            ("key sk-0123456789-abcdefghij.", "key ***."),
            ("xsk-0123456789-abcdefghijx sk-0123456789-abcdefghij", "x***x ***"),
            ("context_length_exceeded", "context_length_exceeded"),
            ("(local-key)", "(***)"),
            ("my-local-key", "my-***"),
            ("local-keyring local-key2 _local-key ülocal-key", "local-keyring local-key2 _local-key ülocal-key"),
            ("local-keyring, local-key", "local-keyring, ***"),
            ("", ""),
        ] {
            assert_eq!(scrubber.text(text), clean);
        }
    }

    #[test]
    fn a_secret_is_plain_that_is_spelled_in_one_way() {
        for (secret, is_plain) in [(LONG, true), ("schlüssel", false), ("quoted\"one", false), ("two words", false)] {
            assert_eq!(Scrubber::new([LONG, secret]).0.are_plain, is_plain, "{secret}");
        }
    }

    #[test]
    fn what_is_short_is_part_of_every_text() {
        let scrubber = Scrubber::new(["x", "", "1234567", "  "]);
        assert!(scrubber.is_empty());
        assert_eq!(scrubber.text("context_length_exceeded x 1234567"), "context_length_exceeded x 1234567");
    }

    #[test]
    fn of_two_secrets_of_which_one_holds_the_other_nothing_is_left() {
        let whole = format!("{LONG}{LONG}");
        let scrubber = Scrubber::new([LONG, &whole]);
        assert_eq!(scrubber.text(&format!("a {whole} b {LONG}")), "a *** b ***");
        assert_eq!(Scrubber::new([LONG]).merged(&Scrubber::new([&whole])), scrubber);
    }

    #[test]
    fn headers_and_failures_lose_them_everywhere() {
        let scrubber = Scrubber::new([LONG]);
        let mut headers = HeaderMap::new();
        headers.append("x-codex-a", HeaderValue::try_from(format!("Bearer {LONG}")).unwrap());
        headers.append("x-codex-b", HeaderValue::from_bytes(&[b"\xff", LONG.as_bytes()].concat()).unwrap());
        headers.append("x-codex-c", HeaderValue::from_static("fine"));
        scrubber.headers(&mut headers);
        assert_eq!(headers["x-codex-a"], "Bearer ***");
        assert!(!headers["x-codex-b"].as_bytes().windows(LONG.len()).any(|window| window == LONG.as_bytes()));
        assert_eq!(headers["x-codex-c"], "fine");

        let said = || Some(format!("a {LONG}"));
        let raw = Json::from_text(&format!(r#"{{"a":["{LONG}"],"{LONG}":1}}"#)).unwrap();
        let mut failure =
            Failure { code: said(), message: LONG.to_owned(), kind: said(), param: said(), raw: Some(raw) };
        scrubber.failure(&mut failure);
        assert!(!format!("{failure:?}").contains(LONG), "{failure:?}");
        assert_eq!(failure.raw.unwrap().text(), r#"{"a":["***"],"***":1}"#);
    }
}
