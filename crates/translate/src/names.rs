//! Tool names within a backend's limits, there and back.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use interlingua_model::{ItemKind, Request, Tool, ToolChoice, ToolKind, ToolRef};

/// Which names a request's tools go by on the wire, and whose they are in a reply.
///
/// A legal name of no group stays as it is. A group's name is put in front (`crm__get`), an illegal character
/// becomes `_`, and a name that is too long or too short ends in a hash of the whole. Two different names never meet:
/// legal ones claim theirs first, the others are rehashed until they are free. The same request always gives the
/// same table, so nothing needs to be stored between a request and its reply.
#[derive(Debug, Clone, Default)]
pub(crate) struct Names {
    to_wire: HashMap<Name, String>,
    from_wire: HashMap<String, Name>,
    /// The custom tools that are declared, by wire name.
    customs: HashSet<String>,
}

/// A tool's name as the caller knows it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Name {
    pub(crate) namespace: Option<String>,
    pub(crate) name: String,
}

/// What a name has to look like beside its letters.
#[derive(Debug, Clone, Copy)]
pub(crate) struct NameForm {
    /// The shortest, in bytes.
    pub(crate) least: usize,
    /// The longest, in bytes.
    pub(crate) limit: usize,
    /// Whether it begins with a letter or `_`.
    pub(crate) wants_initial: bool,
}

impl NameForm {
    /// Any name of at most so many bytes.
    pub(crate) fn up_to(limit: usize) -> Self {
        Self { least: 1, limit, wants_initial: false }
    }

    fn is_met(self, name: &str) -> bool {
        let has_initial = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
        name.len() >= self.least.min(self.limit).max(1)
            && name.len() <= self.limit
            && name.chars().all(is_legal_char)
            && (has_initial || !self.wants_initial)
    }
}

/// Letters of the hash that ends a shortened name; 40 bits.
const HASH_LETTERS: usize = 8;

impl Names {
    pub(crate) fn new(request: &Request, form: NameForm) -> Self {
        let mut names = Self::default();
        // Nearly always every name goes as it is.
        if !mentioned(request).all(|name| name.namespace.is_none() && form.is_met(name.name)) {
            names.claim_all(request, form);
        }
        for tool in &request.tools {
            if let Some((name, ToolKind::Custom)) = declared(tool) {
                let wire = names.wire(name.namespace, name.name.to_owned());
                names.customs.insert(wire);
            }
        }
        names
    }

    fn claim_all(&mut self, request: &Request, form: NameForm) {
        let (mut legal, mut illegal) = (Vec::new(), Vec::new());
        let mut seen = HashSet::new();
        for name in mentioned(request) {
            if seen.insert(name) {
                let flat = name.flat();
                let list = if form.is_met(&flat) { &mut legal } else { &mut illegal };
                list.push((name, flat));
            }
        }
        // Names without a group first: a group's flattened name must not take the name of a plain tool.
        legal.sort_by_key(|(name, _)| name.namespace.is_some());
        for (name, flat) in legal.into_iter().chain(illegal) {
            self.claim(name.to_owned(), &flat, form);
        }
    }

    /// The name on the wire. A name the request never mentions goes as it is.
    pub(crate) fn wire(&self, namespace: Option<&str>, name: String) -> String {
        if self.to_wire.is_empty() {
            return name;
        }
        let key = Name { namespace: namespace.map(str::to_owned), name };
        self.to_wire.get(&key).cloned().unwrap_or(key.name)
    }

    /// The wire name of a tool that a choice names, which may be a group's tool by its flattened name.
    pub(crate) fn wire_choice<'a>(&'a self, name: &'a str) -> &'a str {
        let plain = Name { namespace: None, name: name.to_owned() };
        let grouped = || self.to_wire.iter().find(|(known, _)| known.namespace.is_some() && known.flat() == name);
        self.to_wire.get(&plain).or_else(|| grouped().map(|(_, wire)| wire)).map_or(name, String::as_str)
    }

    /// Whose name it is, when the wire name is not the caller's own.
    pub(crate) fn original(&self, wire: &str) -> Option<&Name> {
        self.from_wire.get(wire)
    }

    /// Whether the request declares a custom tool that goes by this wire name.
    pub(crate) fn is_custom(&self, wire: &str) -> bool {
        self.customs.contains(wire)
    }

    fn claim(&mut self, name: Name, flat: &str, form: NameForm) {
        let mut wire = flat.to_owned();
        let mut salt = 0_u32;
        while !form.is_met(&wire) || self.is_taken(&wire) {
            wire = changed(flat, form, salt);
            salt += 1;
        }
        self.from_wire.insert(wire.clone(), name.clone());
        self.to_wire.insert(name, wire);
    }

    fn is_taken(&self, wire: &str) -> bool {
        self.from_wire.contains_key(wire)
    }
}

impl Name {
    fn flat(&self) -> String {
        Mention { namespace: self.namespace.as_deref(), name: &self.name }.flat()
    }
}

/// A tool's name where the request says it.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Mention<'r> {
    namespace: Option<&'r str>,
    name: &'r str,
}

impl Mention<'_> {
    fn flat(self) -> String {
        match self.namespace {
            Some(namespace) => format!("{namespace}__{}", self.name),
            None => self.name.to_owned(),
        }
    }

    fn to_owned(self) -> Name {
        Name { namespace: self.namespace.map(str::to_owned), name: self.name.to_owned() }
    }
}

/// A tool's name for a client that knows no groups. A group that has the name of its tool is none: a server that looked for a
/// tool tells of it so, whom the client knows by the one name.
pub(crate) fn flat_name<'a>(namespace: Option<&str>, name: Cow<'a, str>) -> Cow<'a, str> {
    match namespace {
        Some(namespace) if *namespace != *name => Cow::Owned(format!("{namespace}__{name}")),
        Some(_) | None => name,
    }
}

/// Every tool name a request mentions: declared, chosen, or called in its history.
fn mentioned(request: &Request) -> impl Iterator<Item = Mention<'_>> {
    let declared = request.tools.iter().filter_map(|tool| declared(tool).map(|(name, _)| name));
    let called = request.items.iter().filter_map(|item| match &item.kind {
        ItemKind::ToolCall(call) => Some(Mention { namespace: call.namespace.as_deref(), name: &call.name }),
        ItemKind::Message(_)
        | ItemKind::ToolResult(_)
        | ItemKind::Reasoning(_)
        | ItemKind::ImageGeneration(_)
        | ItemKind::Opaque(_) => None,
    });
    declared.chain(called).chain(chosen(request))
}

fn declared(tool: &Tool) -> Option<(Mention<'_>, ToolKind)> {
    let (namespace, name, kind) = match tool {
        Tool::Function(tool) => (&tool.namespace, &tool.name, ToolKind::Function),
        Tool::Custom(tool) => (&tool.namespace, &tool.name, ToolKind::Custom),
        Tool::Hosted(_) | Tool::Opaque { .. } => return None,
    };
    Some((Mention { namespace: namespace.as_deref(), name }, kind))
}

/// Names a choice mentions; one that already is the flattened name of a declared group's tool is left to it.
fn chosen(request: &Request) -> impl Iterator<Item = Mention<'_>> {
    let refs: &[ToolRef] = match request.tool_choice.as_ref().map(|choice| &choice.value) {
        Some(ToolChoice::Tool(tool)) => std::slice::from_ref(tool),
        Some(ToolChoice::Allowed { tools, .. }) => tools,
        Some(ToolChoice::None | ToolChoice::Auto | ToolChoice::Required | ToolChoice::Opaque(_)) | None => &[],
    };
    let is_flat = |name: &str| {
        let grouped = |(declared, _): (Mention<'_>, _)| declared.namespace.is_some() && declared.flat() == name;
        request.tools.iter().filter_map(declared).any(grouped)
    };
    refs.iter().filter_map(move |tool| match tool {
        ToolRef::Named { name, .. } if !is_flat(name) => Some(Mention { namespace: None, name }),
        ToolRef::Named { .. } | ToolRef::Hosted { .. } | ToolRef::Opaque(_) => None,
    })
}

fn is_legal_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || c == '-'
}

fn changed(flat: &str, form: NameForm, salt: u32) -> String {
    let hash = crate::hash::base32(flat.as_bytes(), salt);
    let keep = form.limit.saturating_sub(HASH_LETTERS + 1);
    let legal = flat.chars().map(|c| if is_legal_char(c) { c } else { '_' });
    let initial =
        Some('_').filter(|_| form.wants_initial && !flat.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_'));
    let mut name: String = initial.into_iter().chain(legal).take(keep).collect();
    name.push('_');
    let letters = HASH_LETTERS.max(form.least.min(form.limit).saturating_sub(name.len()));
    name.extend(hash.chars().cycle().take(letters));
    name
}

#[cfg(test)]
mod tests {
    use super::*;
    use interlingua_model::{FunctionTool, Origin};

    fn request(names: &[&str]) -> Request {
        let mut request = Request::new("m");
        for name in names {
            request.tools.push(Tool::Function(FunctionTool {
                origin: Origin::default(),
                name: (*name).to_owned(),
                namespace: None,
                description: None,
                parameters: None,
                strict: None,
                cache_breakpoint: None,
                beside: Vec::new(),
            }));
        }
        request
    }

    fn wire(names: &Names, name: &str) -> String {
        names.wire(None, name.to_owned())
    }

    #[test]
    fn legal_names_stay() {
        let names = Names::new(&request(&["get_weather"]), NameForm::up_to(64));
        assert_eq!(wire(&names, "get_weather"), "get_weather");
    }

    #[test]
    fn a_long_name_that_shortens_to_anothers_exact_name_gets_a_third() {
        let long = "x".repeat(80);
        let taken = wire(&Names::new(&request(&[&long]), NameForm::up_to(64)), &long);
        for order in [[&*long, &*taken], [&*taken, &*long]] {
            let names = Names::new(&request(&order), NameForm::up_to(64));
            assert_eq!(wire(&names, &taken), taken, "a legal name keeps its place");
            assert_ne!(wire(&names, &long), taken);
            assert_eq!(names.original(&wire(&names, &long)).unwrap().name, long);
        }
    }

    #[test]
    fn a_name_that_is_too_short_or_begins_wrong_is_made_longer_and_led_back() {
        let form = NameForm { least: 3, limit: 64, wants_initial: true };
        let names = Names::new(&request(&["ls", "9lives", "abc"]), form);
        assert_eq!(wire(&names, "abc"), "abc");
        for name in ["ls", "9lives"] {
            let wire = wire(&names, name);
            assert!(form.is_met(&wire) && wire.contains(name), "{wire}");
            assert_eq!(names.original(&wire).unwrap().name, name);
        }
    }

    #[test]
    fn names_that_differ_only_in_illegal_characters_stay_apart() {
        let names = Names::new(&request(&["a.b", "a:b", "a_b"]), NameForm::up_to(64));
        let wires: HashSet<_> = ["a.b", "a:b", "a_b"].iter().map(|name| wire(&names, name)).collect();
        assert_eq!(wires.len(), 3);
    }
}
