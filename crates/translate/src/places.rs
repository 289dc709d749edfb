//! Where each thing of a written request came from, so that an upstream's complaint can be told in the client's words.

use std::collections::HashSet;

use interlingua_model::{Arguments, Origin, Tool, ToolKind};

/// The places of a request that was written for an upstream. Small: no text of the conversation is in it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Places {
    written: Vec<Written>,
    /// Things that were told in other words, so that no place inside leads back.
    whole: HashSet<Origin>,
}

#[derive(Debug, Clone, Copy)]
struct Written {
    at: At,
    what: What,
    origin: Origin,
}

/// A place in the written document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum At {
    /// `temperature`, `reasoning.effort`.
    Field(&'static str),
    /// `input[3]`.
    Item(&'static str, usize),
    /// `messages[3].tool_calls[1]`.
    Inner(&'static str, usize, &'static str, usize),
}

/// What stands at a place. Every API has its own words for what is inside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum What {
    Setting,
    Message,
    Part,
    Call,
    CustomCall,
    Result,
    Tool,
    CustomTool,
    Format,
}

/// A thing inside what stands at a place, in nobody's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Word {
    Arguments,
    CallId,
    Content,
    Description,
    Detail,
    FileData,
    FileId,
    Filename,
    ImageUrl,
    Input,
    Kind,
    Name,
    Parameters,
    Schema,
    Strict,
    Text,
}

/// How an API spells a thing inside another. Where it has several spellings the first one is written, all are read.
pub(crate) type Spelling = (What, Word, &'static str);

impl What {
    pub(crate) fn of_tool(tool: &Tool) -> Self {
        if let Tool::Custom(_) = tool { Self::CustomTool } else { Self::Tool }
    }

    pub(crate) fn of_call(arguments: &Arguments) -> Self {
        match arguments.kind() {
            ToolKind::Function => Self::Call,
            ToolKind::Custom => Self::CustomCall,
        }
    }
}

impl Places {
    /// Lets whatever is written of this thing lead to it as a whole.
    pub(crate) fn take_whole(&mut self, origin: Origin) {
        self.whole.insert(origin);
    }

    /// No places yet, and room for those of so many items and tools and of the settings that are usual.
    pub(crate) fn with_room(count: usize) -> Self {
        const SETTINGS: usize = 8;
        Self { written: Vec::with_capacity(count + SETTINGS), whole: HashSet::new() }
    }

    #[inline]
    pub(crate) fn add(&mut self, at: At, what: What, origin: Origin) {
        let what = if self.whole.contains(&origin) { What::Setting } else { what };
        self.written.push(Written { at, what, origin });
    }

    /// The place in the client's document of a path in the written one; `None` for what was added on the way.
    pub(crate) fn callers(&self, param: &str, theirs: Words, ours: Words) -> Option<String> {
        if param == "model" {
            return Some(param.to_owned());
        }
        let (Written { at, what, origin }, rest) = self.longest(param)?;
        let path = origin.path();
        if path.is_empty() {
            return None;
        }
        // What came out of a field's own text has nothing inside it that the client knows.
        let is_field = !path.contains('[') && matches!(what, What::Message | What::Tool | What::CustomTool);
        match (rest, at) {
            (Some(_), _) if is_field => Some(path),
            (Some(rest), _) => {
                let inside = ours.translate(rest, what, theirs, &path).unwrap_or_default();
                Some(format!("{path}{inside}"))
            }
            (None, At::Field(_)) => Some(path),
            // A list as a whole has no origin of its own; its first item leads to the one it came from.
            (None, At::Item(..) | At::Inner(..)) => Some(path.split(['[']).next().unwrap_or(&path).to_owned()),
        }
    }

    /// What stands at the deepest known place of a path, and the rest of the path; without a rest, the first thing inside
    /// the path.
    fn longest<'p>(&self, param: &'p str) -> Option<(Written, Option<&'p str>)> {
        let known = self.written.iter().filter_map(|written| {
            let rest = inside(param, &written.at.path())?;
            Some((param.len() - rest.len(), *written, rest))
        });
        if let Some((_, written, rest)) = known.max_by_key(|(length, ..)| *length) {
            return Some((written, Some(rest)));
        }
        let head = param.split('[').next().unwrap_or(param);
        let first = self.written.iter().find(|written| inside(&written.at.path(), head).is_some());
        first.map(|written| (*written, None))
    }
}

/// What of a path lies inside another.
fn inside<'p>(path: &'p str, outer: &str) -> Option<&'p str> {
    path.strip_prefix(outer).filter(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
}

/// The words of an API.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Words {
    /// How it spells each thing.
    pub(crate) spellings: &'static [Spelling],
    /// Whether what is the third part of a message elsewhere is the third of what it came from.
    pub(crate) parts_keep_their_places: bool,
    /// How it spells it in what stands at this path of its document, where that differs.
    pub(crate) at: fn(path: &str, spelled: &'static str) -> &'static str,
}

impl Words {
    /// A path inside a thing, out of the words of `theirs`. `None` where either has no word for it.
    fn translate(self, rest: &str, what: What, theirs: Self, path: &str) -> Option<String> {
        if rest.is_empty() {
            return Some(String::new());
        }
        let of_kind = |words: Self| words.spellings.iter().filter(move |(of, ..)| *of == what);
        let read =
            of_kind(theirs).filter_map(|(_, word, spelled)| Some((spelled.len(), *word, inside(rest, spelled)?)));
        let (_, word, more) = read.max_by_key(|(length, ..)| *length)?;
        let (_, _, spelled) = of_kind(self).find(|(_, known, _)| *known == word)?;
        let spelled = (self.at)(path, spelled);
        // A part of content has words of its own.
        match (word, more.split_once(']')) {
            (Word::Content, Some(_)) if !self.parts_keep_their_places => Some(spelled.to_owned()),
            (Word::Content, Some((index, rest))) => {
                let inside = self.translate(rest, What::Part, theirs, path).unwrap_or_default();
                Some(format!("{spelled}{index}]{inside}"))
            }
            // What is inside is a text for some APIs and an object for others.
            (Word::Arguments | Word::Input, _) => Some(spelled.to_owned()),
            _ => Some(format!("{spelled}{more}")),
        }
    }
}

impl At {
    fn path(self) -> String {
        match self {
            Self::Field(field) => field.to_owned(),
            Self::Item(list, index) => format!("{list}[{index}]"),
            Self::Inner(list, index, inner, number) => format!("{list}[{index}].{inner}[{number}]"),
        }
    }
}
