//! Thoughts that a model writes at the beginning of its text, between tags such as `<think>` and `</think>`.
//!
//! Only what the text begins with is a thought: a tag after the first word is text about tags. Arguments are never looked
//! into. A tag may be cut anywhere; what may be the beginning of one waits for the rest.

/// Takes thoughts out of a text that comes in pieces.
#[derive(Debug, Clone)]
pub(super) struct ThinkTags {
    /// What begins and what ends thoughts.
    pairs: Vec<(String, String)>,
    phase: Phase,
    /// What waits: white space, and what may be the beginning of a tag.
    held: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// Nothing has come but white space.
    Start,
    /// In thoughts that the closing tag of this pair ends.
    Inside { pair: usize, has_begun: bool },
    /// Behind thoughts; others may follow.
    Behind,
    /// The rest is text.
    Text,
}

/// What a piece of the text turns out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Piece<'a> {
    Thought(&'a str),
    Text(&'a str),
}

impl ThinkTags {
    /// `None` where there are no tags to look for.
    pub(super) fn new(pairs: &[(String, String)]) -> Option<Self> {
        let is_usable = |(_, close): &&(String, String)| !close.is_empty();
        let pairs: Vec<_> = pairs.iter().filter(is_usable).cloned().collect();
        (!pairs.is_empty()).then(|| Self { pairs, phase: Phase::Start, held: String::new() })
    }

    /// Whether nothing more can be a thought.
    pub(super) fn is_past(&self) -> bool {
        self.phase == Phase::Text
    }

    /// Whether what waits may still turn out to be text.
    pub(super) fn may_be_text(&self) -> bool {
        self.phase == Phase::Start
    }

    /// Takes more of the text.
    pub(super) fn push(&mut self, text: &str, out: &mut impl FnMut(Piece<'_>)) {
        let all = std::mem::take(&mut self.held) + text;
        let mut rest = all.as_str();
        loop {
            match self.phase {
                Phase::Text => return tell(Piece::Text(rest), out),
                Phase::Start | Phase::Behind => {
                    let trimmed = rest.trim_start();
                    match self.opening(trimmed) {
                        Opening::Whole { pair, length } => {
                            self.phase = Phase::Inside { pair, has_begun: false };
                            rest = trimmed.get(length..).unwrap_or_default();
                        }
                        Opening::Unsure => return self.hold(rest),
                        Opening::None => {
                            rest = if self.phase == Phase::Start { rest } else { trimmed };
                            self.phase = Phase::Text;
                        }
                    }
                }
                Phase::Inside { pair, has_begun } => {
                    let close = self.pairs.get(pair).map_or("", |(_, close)| close.as_str());
                    if let Some((thought, behind)) = rest.split_once(close) {
                        tell(Piece::Thought(within(thought, has_begun).trim_end()), out);
                        self.phase = Phase::Behind;
                        rest = behind;
                        continue;
                    }
                    let sure = rest.get(..rest.len() - beginning(rest, close)).unwrap_or_default().trim_end();
                    let (thought, held) = rest.split_at_checked(sure.len()).unwrap_or((rest, ""));
                    let thought = within(thought, has_begun);
                    tell(Piece::Thought(thought), out);
                    self.phase = Phase::Inside { pair, has_begun: has_begun || !thought.is_empty() };
                    return self.hold(held);
                }
            }
        }
    }

    /// Says that the text is over, and gives what has waited.
    pub(super) fn finish(&mut self, out: &mut impl FnMut(Piece<'_>)) {
        let held = std::mem::take(&mut self.held);
        match std::mem::replace(&mut self.phase, Phase::Text) {
            Phase::Start | Phase::Text => tell(Piece::Text(&held), out),
            Phase::Inside { pair: _, has_begun } => tell(Piece::Thought(within(&held, has_begun).trim_end()), out),
            Phase::Behind => {}
        }
    }

    fn hold(&mut self, rest: &str) {
        rest.clone_into(&mut self.held);
    }

    fn opening(&self, text: &str) -> Opening {
        let tags = || self.pairs.iter().enumerate().filter(|(_, (open, _))| !open.is_empty());
        if let Some((pair, (open, _))) = tags().find(|(_, (open, _))| text.starts_with(open.as_str())) {
            return Opening::Whole { pair, length: open.len() };
        }
        if tags().any(|(_, (open, _))| open.starts_with(text)) {
            return Opening::Unsure;
        }
        let bare = self.pairs.iter().position(|(open, _)| open.is_empty()).filter(|_| self.phase == Phase::Start);
        match bare {
            // White space alone decides nothing.
            Some(_) if text.is_empty() => Opening::Unsure,
            Some(pair) => Opening::Whole { pair, length: 0 },
            None => Opening::None,
        }
    }
}

enum Opening {
    Whole {
        pair: usize,
        length: usize,
    },
    /// It may still become one.
    Unsure,
    None,
}

/// A thought without the white space that it begins with.
fn within(thought: &str, has_begun: bool) -> &str {
    if has_begun { thought } else { thought.trim_start() }
}

/// How many bytes at the end of a text may be the beginning of a tag.
fn beginning(text: &str, tag: &str) -> usize {
    let starts = tag.char_indices().skip(1).filter_map(|(at, _)| tag.get(..at));
    starts.filter(|start| text.ends_with(start)).map(str::len).max().unwrap_or(0)
}

fn tell(piece: Piece<'_>, out: &mut impl FnMut(Piece<'_>)) {
    let (Piece::Thought(text) | Piece::Text(text)) = &piece;
    if !text.is_empty() {
        out(piece);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(open, close)| ((*open).to_owned(), (*close).to_owned())).collect()
    }

    /// The thoughts and the text of an answer that comes in these pieces.
    fn told<'t>(tags: &[(&str, &str)], pieces: impl IntoIterator<Item = &'t str>) -> (String, String) {
        let mut sieve = ThinkTags::new(&pairs(tags)).unwrap();
        let (mut thoughts, mut said) = (String::new(), String::new());
        let mut take = |piece: Piece<'_>| match piece {
            Piece::Thought(thought) => thoughts.push_str(thought),
            Piece::Text(text) => said.push_str(text),
        };
        for piece in pieces {
            sieve.push(piece, &mut take);
        }
        sieve.finish(&mut take);
        (thoughts, said)
    }

    const THINK: (&str, &str) = ("<think>", "</think>");

    #[test]
    fn however_it_is_cut_the_same_comes_out() {
        for (tags, text, thoughts, said) in [
            (&[THINK][..], "<think>ab</think>\n\nc <think>d", "ab", "c <think>d"),
            (&[THINK], " \n<think>\né ü\n</think> c", "é ü", "c"),
            (&[THINK], "<think>\n\n</think>\n\nc", "", "c"),
            (&[THINK], "<think>a</think><think>b</think>c", "ab", "c"),
            (&[THINK], "<think>a </thin b", "a </thin b", ""),
            (&[THINK], "<thinker> x", "", "<thinker> x"),
            (&[THINK], "  x <think>y</think>", "", "  x <think>y</think>"),
            (&[THINK], "<thi", "", "<thi"),
            (&[THINK], "", "", ""),
            (&[THINK], "  ", "", "  "),
            (&[THINK, ("<thought>", "</thought>")], "<thought>a</think></thought>b", "a</think>", "b"),
            (&[("", "</think>")], "a</think>b", "a", "b"),
            (&[("", "</think>"), THINK], "<think>a</think>b", "a", "b"),
        ] {
            assert_eq!(told(tags, [text]), (thoughts.to_owned(), said.to_owned()), "{text:?} at once");
            for (at, _) in text.char_indices() {
                let (one, other) = text.split_at(at);
                assert_eq!(told(tags, [one, other]), (thoughts.to_owned(), said.to_owned()), "{text:?} cut at {at}");
            }
            let mut letters = text.char_indices().map(|(at, letter)| &text[at..at + letter.len_utf8()]);
            assert_eq!(told(tags, &mut letters), (thoughts.to_owned(), said.to_owned()), "{text:?} letter by letter");
        }
    }

    #[test]
    fn a_pair_that_never_ends_is_none() {
        assert!(ThinkTags::new(&pairs(&[("<think>", "")])).is_none());
        assert!(ThinkTags::new(&[]).is_none());
    }
}
