//! The configuration file.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use anyhow::{Context, Result, anyhow};
use interlingua_gateway::{CallerKey, Upstreams};
use interlingua_translate::{Policy, SettingValue, nearest, settings};
use serde::Deserialize;
use serde::de::value::SeqAccessDeserializer;
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};

use crate::api::ApiName;
use crate::config::key::KeyTable;
use crate::config::upstream::{UpstreamTable, mib};
use crate::serve::log::LogFormat;
use crate::upstream::UpstreamArgs;

settings! {
    /// What the file says; flags and variables win over it.
    pub(crate) struct File {
        /// Where to listen: address and port.
        listen: Option<String> = None,
        /// Who answers, where there is only one: `codex`, `openai`, `anthropic`, `replay` or a base URL. Of several each is a table
        /// `[[upstream]]`.
        upstream: Option<UpstreamKey> = None,
        /// What the only upstream speaks.
        dialect: Option<ApiName> = None,
        /// Where the only upstream lives, if not where it usually does.
        base_url: Option<String> = None,
        /// What the only upstream accepts and forces: the name of a profile or a file.
        profile: Option<String> = None,
        /// Whether replies of the only upstream in a client's own API are put together anew instead of passed on.
        repair: bool = false,
        /// The largest event of a stream, in MiB; what an event repeats of earlier ones does not count.
        max_event_mib: Option<usize> = None,
        /// Whether a key may go over plain HTTP to an upstream that is another machine.
        allow_plain_http: bool = false,
        /// Whether requests are refused that cannot be translated without a change of meaning.
        strict: bool = false,
        /// What callers have to present. Better in the variable `INTERLINGUA_INBOUND_KEY`.
        inbound_key: Option<Hidden> = None,
        /// Names and addresses by which it may be asked without a key, besides those of this machine.
        allowed_hosts: Vec<String> = Vec::new(),
        /// Web pages that may ask, by their origin: `https://app.example`. With an inbound key they need it as well.
        allowed_origins: Vec<String> = Vec::new(),
        /// Where replies of Responses are kept for clients that go on from them: `memory`, `off`, a file, or a URL of Redis (`rediss://` for TLS), over which several gateways also share limits and logins: [docs/replicas.md](replicas.md).
        store: Option<Hidden> = None,
        /// Whether clients of Responses may open a WebSocket.
        websocket: bool = true,
        /// Whether sealed thoughts are kept in the store for clients that drop them, and put back when the conversation goes on.
        reasoning_cache: bool = true,
        /// Whether an effort at the end of a model's name, as in `gpt-5.5-high` or `gpt-5.5(high)`, is the request's.
        efforts_in_names: bool = false,
        /// The folder into which each exchange is written, as a case that `interlingua replay` serves. Keys are taken out, what
        /// people said is not.
        capture: Option<String> = None,
        /// Whether the last 64 exchanges are shown on a page, at `/` of the same address.
        inspect: bool = false,
        /// How the log is written: `text` for people, or `json`, one object a line.
        log_format: Option<LogFormat> = None,
        /// Paths of the upstream that are passed on untouched, with `*` for any text: `/v1/embeddings`, `/v1/audio/*`.
        passthrough: Vec<String> = Vec::new(),
        /// Callers with keys of their own, each a table `[[key]]`.
        key: Keys = Keys::default(),
        /// Other names for models, with `*` for any text, and the models that they stand for.
        aliases: Aliases = Aliases::default(),
    }
}

/// The key `upstream`: one by name or address, or several tables.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum UpstreamKey {
    One(String),
    Several(Vec<UpstreamTable>),
}

impl SettingValue for UpstreamKey {
    const KIND: &'static str = "a name or a URL, or tables";
}

impl<'de> Deserialize<'de> for UpstreamKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;
        impl<'de> Visitor<'de> for Either {
            type Value = UpstreamKey;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a name, a URL, or tables `[[upstream]]`")
            }

            fn visit_str<E>(self, name: &str) -> Result<UpstreamKey, E> {
                Ok(UpstreamKey::One(name.to_owned()))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, tables: A) -> Result<UpstreamKey, A::Error> {
                Vec::deserialize(SeqAccessDeserializer::new(tables)).map(UpstreamKey::Several)
            }
        }
        deserializer.deserialize_any(Either)
    }
}

/// The tables `[[key]]`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub(crate) struct Keys(pub(crate) Vec<KeyTable>);

impl SettingValue for Keys {
    const KIND: &'static str = "tables";

    fn shown(&self) -> String {
        "none".to_owned()
    }
}

impl Keys {
    pub(crate) fn callers(self) -> Result<Vec<CallerKey>> {
        self.0.into_iter().map(KeyTable::caller).collect()
    }
}

/// A text that is shown nowhere.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub(crate) struct Hidden(pub(crate) String);

impl fmt::Debug for Hidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl SettingValue for Hidden {
    const KIND: &'static str = "text";
}

/// Other names for models, and what they stand for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Aliases(Vec<(String, String)>);

impl SettingValue for Aliases {
    const KIND: &'static str = "a table of texts";

    fn shown(&self) -> String {
        "{}".to_owned()
    }
}

impl<'de> Deserialize<'de> for Aliases {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Table;
        impl<'de> Visitor<'de> for Table {
            type Value = Aliases;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a table of names")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Aliases, A::Error> {
                let mut list = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    list.push(pair);
                }
                Ok(Aliases(list))
            }
        }
        deserializer.deserialize_map(Table)
    }
}

/// Reads the file. What it does not know it refuses, with the line and the nearest right word.
pub(crate) fn read(path: &Path) -> Result<File> {
    let text = fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))?;
    toml::from_str(&text).map_err(|mut error: toml::de::Error| {
        // The line at fault may be the one with the key in it.
        error.set_input(None);
        let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        anyhow!("{} is wrong in line {line}: {}", path.display(), explained(error.message()))
    })
}

/// What serde says of an unknown key, with the one that was probably meant.
fn explained(message: &str) -> String {
    let known = || message.split('`').skip(3).step_by(2);
    match message.strip_prefix("unknown field `").and_then(|rest| rest.split('`').next()) {
        Some(word) => match nearest(word, known()) {
            Some(name) => format!("`{word}` is no key here; did you mean `{name}`?"),
            None => format!("`{word}` is no key here; there are {}", known().collect::<Vec<_>>().join(", ")),
        },
        None => message.to_owned(),
    }
}

/// What the command line says of who answers.
#[derive(Debug, Clone, Default)]
pub(crate) struct Flags {
    pub(crate) upstream: UpstreamArgs,
    pub(crate) repair: bool,
    pub(crate) max_event_mib: Option<usize>,
    pub(crate) allow_plain_http: bool,
    pub(crate) strict: bool,
    pub(crate) aliases: Vec<Alias>,
    pub(crate) efforts_in_names: bool,
}

/// `NAME=MODEL`
#[derive(Debug, Clone)]
pub(crate) struct Alias {
    name: String,
    model: String,
}

impl FromStr for Alias {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        let (name, model) = text.split_once('=').ok_or("an alias is NAME=MODEL")?;
        Ok(Self { name: name.to_owned(), model: model.to_owned() })
    }
}

/// Who answers, as flags and the file say it together.
#[derive(Debug, Clone)]
pub(crate) struct Answering {
    only: UpstreamArgs,
    several: Vec<UpstreamTable>,
    aliases: Vec<(String, String)>,
    efforts_in_names: bool,
    repair: bool,
    max_event: Option<usize>,
    allow_plain_http: bool,
    policy: Policy,
    /// Where the file lies, which is where the paths in it begin.
    folder: PathBuf,
}

impl File {
    /// Who answers by this file, where the flags say nothing else.
    pub(crate) fn answering(&self, flags: &Flags, path: Option<&Path>) -> Answering {
        let Flags { upstream: flags, repair, max_event_mib, allow_plain_http, strict, aliases, efforts_in_names } =
            flags;
        let aliases = aliases.iter().map(|Alias { name, model }| (name.clone(), model.clone()));
        let (one, several) = match &self.upstream {
            Some(UpstreamKey::One(name)) => (Some(name.clone()), Vec::new()),
            Some(UpstreamKey::Several(tables)) => (None, tables.clone()),
            None => (None, Vec::new()),
        };
        let dialect = self.dialect.map(|ApiName(api)| api);
        let own =
            UpstreamArgs { upstream: one, dialect, base_url: self.base_url.clone(), profile: self.profile.clone() };
        Answering {
            // Whoever names an upstream on the command line wants that one.
            several: if flags.upstream.is_some() { Vec::new() } else { several },
            only: flags.clone().or(own),
            // Of two that fit alike the first is taken.
            aliases: aliases.chain(self.aliases.0.iter().cloned()).collect(),
            efforts_in_names: *efforts_in_names || self.efforts_in_names,
            repair: *repair || self.repair,
            max_event: max_event_mib.or(self.max_event_mib).map(mib),
            allow_plain_http: *allow_plain_http || self.allow_plain_http,
            policy: if *strict || self.strict { Policy::Strict } else { Policy::Lenient },
            folder: path.and_then(Path::parent).map(Path::to_owned).unwrap_or_default(),
        }
    }
}

impl Answering {
    /// Finds all keys and logins.
    pub(crate) async fn open(self) -> Result<Upstreams> {
        let Self { only, several, aliases, efforts_in_names, repair, max_event, allow_plain_http, policy, folder } =
            self;
        let mut members = Vec::with_capacity(several.len());
        for table in several {
            members.push(table.open(&folder, policy).await?);
        }
        if members.is_empty() {
            let mut config = only.config()?;
            config.policy = policy;
            config.repair = repair;
            config.max_event = max_event;
            config.allow_plain_http = allow_plain_http;
            let upstream = interlingua_gateway::Upstream::open(config).await.context("the upstream cannot be used")?;
            if aliases.is_empty() && !efforts_in_names {
                return Ok(upstream.into());
            }
            let name = upstream.name().to_owned();
            members.push(interlingua_gateway::Member { name, models: Vec::new(), fallback: Vec::new(), upstream });
        }
        Ok(Upstreams::new(members, aliases, efforts_in_names)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_key_is_told_with_the_nearest_right_one() {
        let said = |text: &str| explained(toml::from_str::<File>(text).unwrap_err().message());
        assert_eq!(said("lisen = \"x\""), "`lisen` is no key here; did you mean `listen`?");
        assert_eq!(said("[[upstream]]\nname = \"a\"\nmodles = []"), "`modles` is no key here; did you mean `models`?");
        assert!(said("zzzzzzzzzzzz = 1").contains("there are listen, upstream"));
        assert!(said("listen = 1").contains("expected a string"), "{}", said("listen = 1"));
    }
}
