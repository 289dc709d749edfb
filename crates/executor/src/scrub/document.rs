//! A JSON document without secrets, every other byte as it was.

use std::borrow::Cow;

use memchr::{memchr, memchr_iter, memchr2, memmem};

use super::{Place, Scrubber};

/// How much of a document is gone through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Extent {
    /// All of it: it is an error.
    All,
    /// What it says of failures: it is an answer, or may be.
    Failures,
}

/// Members that tell of a failure, wherever they stand: what is in them is no model's.
const FAILURES: [&str; 12] = [
    "error",
    "errors",
    "detail",
    "details",
    "last_error",
    "incomplete_details",
    "error_description",
    "error_message",
    "finish_reason",
    "native_finish_reason",
    "stop_reason",
    "metadata",
];

/// Members of the document itself that are no answer either.
const BESIDE: [&str; 14] = [
    "message",
    "code",
    "param",
    "msg",
    "title",
    "reason",
    "type",
    "object",
    "status",
    "id",
    "model",
    "provider",
    "system_fingerprint",
    "service_tier",
];

/// Deeper than documents go that anybody reads.
const DEEPEST: usize = 128;

impl Scrubber {
    /// The body of an error without the secrets: of a JSON document the values that are texts, spelled as they may be; of
    /// anything else all of it.
    #[must_use]
    pub fn body<'b>(&self, body: &'b [u8]) -> Cow<'b, [u8]> {
        if self.is_empty() {
            return Cow::Borrowed(body);
        }
        rewritten(self, body, Extent::All).map_or(Cow::Borrowed(body), Cow::Owned)
    }

    /// A reply, or one event of it, without the secrets in what it says of failures: the members of error objects, and the
    /// ids and words that stand beside an answer. Texts of the answer are a model's, who may have been asked to repeat them,
    /// and stay as they are.
    #[must_use]
    pub fn failures<'b>(&self, document: &'b [u8]) -> Cow<'b, [u8]> {
        if !self.may_be_in(document) {
            return Cow::Borrowed(document);
        }
        rewritten(self, document, Extent::Failures).map_or(Cow::Borrowed(document), Cow::Owned)
    }

    /// Whether a document may hold a secret in what it says of failures. Said of nearly none, and at little cost.
    pub(super) fn may_be_in(&self, document: &[u8]) -> bool {
        !self.is_empty() && (self.holds(document) || may_spell_otherwise(document, self.0.are_plain))
    }
}

/// The document without the secrets, or `None` where there are none. What is no JSON, or stops being it, is gone through as
/// a text, unless it may be an answer.
fn rewritten(scrubber: &Scrubber, document: &[u8], extent: Extent) -> Option<Vec<u8>> {
    let begins = document.iter().find(|byte| !byte.is_ascii_whitespace());
    if !matches!(begins, Some(b'{' | b'[' | b'"')) {
        return text(scrubber, document);
    }
    Walk { scrubber, extent, document, out: Vec::new(), copied: 0, levels: Vec::new() }.run()
}

/// Whether a document may spell something in another way than it is, where it tells of a failure. Encoders write `/` as `\/`,
/// and `+`, `<` and `&` as numbers; what is `plain` has no other characters that are written with a backslash.
fn may_spell_otherwise(document: &[u8], plain: bool) -> bool {
    const WORDS: [&[u8]; 4] = [b"\"error", b"\"detail", b"\"message\"", b"_reason\""];
    let spells = |at: usize| match document.get(at + 1..).unwrap_or_default() {
        [b'/', ..] | [b'u', b'0', b'0', b'2'..=b'7', ..] => true,
        _ => !plain,
    };
    memchr_iter(b'\\', document).any(spells) && WORDS.iter().any(|word| memmem::find(document, word).is_some())
}

fn text(scrubber: &Scrubber, bytes: &[u8]) -> Option<Vec<u8>> {
    // What is not UTF-8 keeps every byte, unless there is something to take out.
    if !scrubber.holds(bytes) {
        return None;
    }
    match scrubber.text(&String::from_utf8_lossy(bytes)) {
        Cow::Owned(clean) => Some(clean.into_bytes()),
        Cow::Borrowed(_) => None,
    }
}

struct Walk<'w> {
    scrubber: &'w Scrubber,
    extent: Extent,
    document: &'w [u8],
    out: Vec<u8>,
    /// Up to where the document is written.
    copied: usize,
    levels: Vec<Level>,
}

/// An object or an array that is open.
struct Level {
    kind: Kind,
    /// Whether it stands in what tells of a failure.
    fails: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Array,
    /// The next text is a name.
    BeforeName,
    /// The next value is that of a member, which tells of a failure or not.
    InMember {
        fails: bool,
    },
}

impl Walk<'_> {
    fn run(mut self) -> Option<Vec<u8>> {
        let mut at = 0;
        while let Some(&byte) = self.document.get(at) {
            match byte {
                b'"' => {
                    let Some(end) = end_of_string(self.document, at) else { break };
                    self.string(at, end);
                    at = end;
                    continue;
                }
                b'{' | b'[' if self.levels.len() == DEEPEST => break,
                b'{' => self.open(Kind::BeforeName),
                b'[' => self.open(Kind::Array),
                b'}' | b']' => _ = self.levels.pop(),
                b',' => {
                    if let Some(Level { kind: kind @ Kind::InMember { .. }, .. }) = self.levels.last_mut() {
                        *kind = Kind::BeforeName;
                    }
                }
                _ => {}
            }
            at += 1;
        }
        let rest = self.document.get(at..).filter(|rest| !rest.is_empty() && self.extent == Extent::All);
        if let Some(clean) = rest.and_then(|rest| text(self.scrubber, rest)) {
            self.put(at, self.document.len(), &clean);
        }
        if self.copied == 0 {
            return None;
        }
        self.out.extend_from_slice(self.document.get(self.copied..).unwrap_or_default());
        Some(self.out)
    }

    fn open(&mut self, kind: Kind) {
        let fails = self.is_failure();
        self.levels.push(Level { kind, fails });
    }

    /// Whether the value that comes next tells of a failure.
    fn is_failure(&self) -> bool {
        self.levels.last().is_some_and(|level| match level.kind {
            Kind::InMember { fails } => fails,
            Kind::Array | Kind::BeforeName => level.fails,
        })
    }

    /// A text, quotes included.
    fn string(&mut self, start: usize, end: usize) {
        let Some(token) = self.document.get(start..end) else { return };
        let place = match self.levels.last() {
            Some(Level { kind: Kind::BeforeName, .. }) => Place::Name,
            _ => Place::Value,
        };
        let is_reached = self.extent == Extent::All || self.is_failure();
        if place == Place::Name {
            self.name(token);
        }
        let is_spelled_out = memchr(b'\\', token).is_some();
        if !is_reached || !(is_spelled_out || self.scrubber.holds(token)) {
            return;
        }
        let inner = token.get(1..token.len() - 1).unwrap_or_default();
        let said = serde_json::from_slice::<String>(token).unwrap_or_else(|_| String::from_utf8_lossy(inner).into());
        if let Cow::Owned(clean) = self.scrubber.in_place(&said, place)
            && let Ok(clean) = serde_json::to_vec(&clean)
        {
            self.put(start, end, &clean);
        }
    }

    fn name(&mut self, token: &[u8]) {
        let name = token.get(1..token.len() - 1).unwrap_or_default();
        let is_one_of = |names: &[&str]| names.iter().any(|known| known.as_bytes() == name);
        let is_top = self.levels.len() == 1;
        // A tool's code is written by a model; a code of an error has a message beside it.
        let is_beside =
            is_top && is_one_of(&BESIDE) && (name != b"code" || memmem::find(self.document, b"\"message\"").is_some());
        let is_failure = is_one_of(&FAILURES) && (name != b"metadata" || self.levels.iter().any(|level| level.fails));
        if let Some(level) = self.levels.last_mut() {
            level.kind = Kind::InMember { fails: level.fails || is_failure || is_beside };
        }
    }

    fn put(&mut self, start: usize, end: usize, clean: &[u8]) {
        self.out.extend_from_slice(self.document.get(self.copied..start).unwrap_or_default());
        self.out.extend_from_slice(clean);
        self.copied = end;
    }
}

/// The place behind the closing quote of the text that begins at `start`.
fn end_of_string(document: &[u8], start: usize) -> Option<usize> {
    let mut at = start + 1;
    loop {
        let found = at + memchr2(b'"', b'\\', document.get(at..)?)?;
        match document.get(found)? {
            b'"' => return Some(found + 1),
            _ => at = found + 2,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "sk-0123456789/abcdefghij";

    fn clean(extent: Extent, document: &str) -> String {
        let rewritten = rewritten(&Scrubber::new([KEY, "short-key"]), document.as_bytes(), extent);
        rewritten.map_or_else(|| document.to_owned(), |clean| String::from_utf8(clean).unwrap())
    }

    #[test]
    fn an_error_loses_them_in_every_text_however_it_is_spelled() {
        for spelled in [KEY, r"sk-0123456789\/abcdefghij", r"\u0073k-0123456789\u002fabcdefghij"] {
            let document =
                format!("{{ \"a\" : [1.0, \"x {spelled}\", {{\"b\":\"{spelled}\"}}],\n\"c\\n\":\"\\u00e4\" }}\n");
            let expected = "{ \"a\" : [1.0, \"x ***\", {\"b\":\"***\"}],\n\"c\\n\":\"\\u00e4\" }\n";
            assert_eq!(clean(Extent::All, &document), expected, "{spelled}");
        }
        assert_eq!(clean(Extent::All, &format!("\"{KEY}\"")), "\"***\"");
        assert_eq!(clean(Extent::All, &format!("<p>{KEY}</p>")), "<p>***</p>");
        // Cut in the middle of a text.
        assert_eq!(clean(Extent::All, &format!("{{\"a\":\"{KEY} an")), "{\"a\":\"*** an");
        let nested = format!("{}\"{KEY}\"", "[".repeat(500));
        assert!(!clean(Extent::All, &nested).contains(KEY));
    }

    #[test]
    fn names_are_an_apis_words_unless_they_can_be_none() {
        let document = format!(r#"{{"short-key":"short-key","{KEY}":{{"short-key":"xshort-key"}}}}"#);
        let expected = r#"{"short-key":"***","***":{"short-key":"xshort-key"}}"#;
        assert_eq!(clean(Extent::All, &document), expected);
    }

    #[test]
    fn of_an_answer_only_what_tells_of_failures_is_touched() {
        for (document, expected) in [
            (
                r#"{"error":{"message":"K","a":["K",{"b":"K"}]},"x":"K"}"#,
                r#"{"error":{"message":"*","a":["*",{"b":"*"}]},"x":"K"}"#,
            ),
            (
                r#"{"type":"error","message":"K","code":"K","param":"K"}"#,
                r#"{"type":"error","message":"*","code":"*","param":"*"}"#,
            ),
            (
                r#"{"type":"response.failed","response":{"error":{"code":"x","message":"K"},"output":[{"content":[{"text":"K"}]}]}}"#,
                r#"{"type":"response.failed","response":{"error":{"code":"x","message":"*"},"output":[{"content":[{"text":"K"}]}]}}"#,
            ),
            (
                r#"{"type":"response.output_text.delta","delta":"K"}"#,
                r#"{"type":"response.output_text.delta","delta":"K"}"#,
            ),
            (r#"{"type":"x.code.done","code":"K"}"#, r#"{"type":"x.code.done","code":"K"}"#),
            (
                r#"{"id":"K","choices":[{"error":{"metadata":{"raw":"K"}},"finish_reason":"K","delta":{"content":"K"}}]}"#,
                r#"{"id":"*","choices":[{"error":{"metadata":{"raw":"*"}},"finish_reason":"*","delta":{"content":"K"}}]}"#,
            ),
            (
                r#"{"choices":[{"message":{"content":"K"}}],"metadata":{"a":"K"}}"#,
                r#"{"choices":[{"message":{"content":"K"}}],"metadata":{"a":"K"}}"#,
            ),
            (r#"{"detail":"K"}"#, r#"{"detail":"*"}"#),
            (r#"[{"error":"K"}]"#, r#"[{"error":"*"}]"#),
            (r#"{"error":null,"output":"K"}"#, r#"{"error":null,"output":"K"}"#),
        ] {
            let (document, expected) = (document.replace('K', KEY), expected.replace('*', "***").replace('K', KEY));
            assert_eq!(clean(Extent::Failures, &document), expected);
        }
    }

    #[test]
    fn an_escaped_one_is_looked_for_only_beside_words_of_failure() {
        assert!(may_spell_otherwise(br#"{"error":"a\/b"}"#, true));
        assert!(may_spell_otherwise(br#"{"error":"\u0073k"}"#, true));
        assert!(may_spell_otherwise(br#"{"error":"\u00e4"}"#, false));
        assert!(!may_spell_otherwise(br#"{"choices":[{"delta":{"content":"a\/"}}]}"#, true));
        assert!(!may_spell_otherwise(br#"{"error":"ab"}"#, true));
        // What every text has, and a plain secret has not.
        let usual = br#"{"choices":[{"delta":{"content":"a\n\"\u00e4\u2019\\"},"finish_reason":null}]}"#;
        assert!(!may_spell_otherwise(usual, true) && may_spell_otherwise(usual, false));
    }
}
