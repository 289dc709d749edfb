//! `[[upstream]]`: one of several, as the file has it.

use std::fmt;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};
use interlingua_executor::{BaseUrl, Profile, ReadyProfile};
use interlingua_gateway::{Member, Target, Upstream, UpstreamConfig};
use interlingua_translate::{Api, Policy, SettingValue, settings};
use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, MapAccess, Visitor};

use crate::api::ApiName;
use crate::keys::{self, Found};
use crate::profile;

settings! {
    /// One upstream of several.
    pub(crate) struct UpstreamTable {
        /// What it is called: in `fallback`, in messages, in the log. Where neither `kind` nor `url` says who it is, one of
        /// the kinds.
        name: String = String::new(),
        /// Who it is: `codex`, `openai`, `anthropic`, `replay` or the name of a ready profile that says where it lives.
        kind: Option<String> = None,
        /// Where it lives, if it is none of those or not where it usually is; what SDKs call `base_url`.
        url: Option<String> = None,
        /// What it speaks. Unset: what its profile says, else `messages` for `anthropic`, `chat` for `openai` and
        /// a `url`, else `responses`.
        api: Option<ApiName> = None,
        /// What it accepts and forces: the name of a profile, the path of a file beside this one, or the tables of
        /// [docs/profiles.md](profiles.md) right here.
        profile: Option<ProfileKey> = None,
        /// The variable that holds its key. Unset: `OPENAI_API_KEY` for `openai`, `ANTHROPIC_API_KEY` for `anthropic`, else
        /// `ANTHROPIC_AUTH_TOKEN`, which holds a token and no API key, and what a ready profile that is the `kind` says
        /// (`interlingua profiles`); otherwise the caller's own key is passed on.
        key_env: Option<String> = None,
        /// The file that holds its key.
        key_file: Option<String> = None,
        /// Where the login of `codex` lies, if not where `CODEX_HOME` says: two logins are two upstreams.
        codex_home: Option<String> = None,
        /// Whether its replies in a client's own API are put together anew, for servers that speak it by half. Otherwise they
        /// are passed on with their bytes as they came.
        repair: bool = false,
        /// The largest event of its streams, in MiB; what an event repeats of earlier ones does not count.
        max_event_mib: usize = 16,
        /// Whether a key may go to it over plain HTTP although it is another machine.
        allow_plain_http: bool = false,
        /// The models that it answers, with `*` for any text. Empty: all.
        models: Vec<String> = Vec::new(),
        /// Who is asked in its place, in this order, where it cannot be reached or its login or plan is used up.
        fallback: Vec<String> = Vec::new(),
    }
}

/// A profile by name, by file, or as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ProfileKey {
    Named(String),
    Inline(Box<Profile>),
}

impl SettingValue for ProfileKey {
    const KIND: &'static str = "a name, a path or tables";
}

impl<'de> Deserialize<'de> for ProfileKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;
        impl<'de> Visitor<'de> for Either {
            type Value = ProfileKey;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a name, a path or the tables of a profile")
            }

            fn visit_str<E>(self, name: &str) -> Result<ProfileKey, E> {
                Ok(ProfileKey::Named(name.to_owned()))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<ProfileKey, A::Error> {
                Profile::deserialize(MapAccessDeserializer::new(map))
                    .map(|profile| ProfileKey::Inline(Box::new(profile)))
            }
        }
        deserializer.deserialize_any(Either)
    }
}

/// So many MiB, in bytes.
pub(crate) fn mib(count: usize) -> usize {
    count.saturating_mul(1024 * 1024)
}

impl UpstreamTable {
    /// Finds its key and its login. Paths are beside `folder`.
    pub(crate) async fn open(self, folder: &Path, policy: Policy) -> Result<Member> {
        let name = self.name.clone();
        let (models, fallback) = (self.models.clone(), self.fallback.clone());
        let config = self.config(folder, policy).with_context(|| format!("upstream `{name}`"))?;
        let upstream = Upstream::open(config).await.with_context(|| format!("upstream `{name}`"))?;
        Ok(Member { name, models, fallback, upstream })
    }

    fn config(self, folder: &Path, policy: Policy) -> Result<UpstreamConfig> {
        let Self {
            name,
            kind,
            url,
            api,
            profile,
            key_env,
            key_file,
            codex_home,
            repair,
            max_event_mib,
            allow_plain_http,
            models: _,
            fallback: _,
        } = self;
        if name.is_empty() {
            bail!("it has no `name`");
        }
        let url = url.as_deref().map(str::parse::<BaseUrl>).transpose().context("`url`")?;
        let (target, base_url) = match (kind.as_deref(), url) {
            (None, Some(url)) => (Target::Url(url), None),
            (Some(kind), url) => (of_kind(kind).with_context(|| no_kind("kind", kind))?, url),
            (None, None) => {
                // A profile by name may say who it is.
                let by_profile = match &profile {
                    Some(ProfileKey::Named(name)) => of_kind(name),
                    Some(ProfileKey::Inline(_)) | None => None,
                };
                let target = of_kind(&name).or(by_profile);
                (
                    target
                        .with_context(|| format!("it has neither `kind` nor `url`, and {}", no_kind("name", &name)))?,
                    None,
                )
            }
        };
        let api = api.map(|ApiName(api)| api);
        let profile = match profile {
            Some(ProfileKey::Named(name)) => {
                let api = api.unwrap_or_else(|| target.usual_api());
                let path = folder.join(&name);
                let file =
                    if Profile::named(&name, api).is_some() { name } else { path.to_string_lossy().into_owned() };
                Some(profile::load(&file, api)?)
            }
            Some(ProfileKey::Inline(profile)) => Some(*profile),
            None => None,
        };
        let key = match (key_env, key_file) {
            (Some(_), Some(_)) => bail!("it has `key_env` and `key_file`; one of them says where its key is"),
            (Some(variable), None) => Some(
                keys::in_variable(&variable)
                    .with_context(|| format!("`key_env` says that its key is in {variable}, and that is not set"))?,
            ),
            (None, Some(file)) => Some(Found { key: key_in(&folder.join(file))?, is_token: false }),
            (None, None) => match &target {
                Target::OpenAi => keys::of(Api::Chat),
                Target::Anthropic => keys::of(Api::Messages),
                Target::Ready(ready) => profile::key_of(*ready),
                Target::Codex | Target::Replay | Target::Url(_) => None,
            },
        };
        let login = match (&target, codex_home) {
            (Target::Codex, home) => Some(login_at(home.map(|home| folder.join(home)).as_deref())?),
            (Target::OpenAi | Target::Anthropic | Target::Replay | Target::Url(_) | Target::Ready(_), Some(_)) => {
                bail!("`codex_home` is for the kind `codex`")
            }
            (Target::OpenAi | Target::Anthropic | Target::Replay | Target::Url(_) | Target::Ready(_), None) => None,
        };
        let (api_key, key_is_token) = key.map(|Found { key, is_token }| (key.into(), is_token)).unzip();
        Ok(UpstreamConfig {
            target: Some(target),
            base_url,
            api,
            profile,
            repair,
            max_event: Some(mib(max_event_mib)),
            allow_plain_http,
            policy,
            api_key,
            key_is_token: key_is_token.unwrap_or_default(),
            login,
            ..UpstreamConfig::default()
        })
    }
}

fn of_kind(word: &str) -> Option<Target> {
    match word {
        "codex" => Some(Target::Codex),
        "openai" => Some(Target::OpenAi),
        "anthropic" => Some(Target::Anthropic),
        "replay" => Some(Target::Replay),
        name => ReadyProfile::named(name)?.name.parse().ok(),
    }
}

fn no_kind(key: &str, word: &str) -> String {
    format!(
        "`{key}` is `{word}`, which is none of codex, openai, anthropic, replay and the profiles that say where they live (`interlingua profiles`)"
    )
}

/// The longest file that is taken for one with a key in it.
const LONGEST_KEY: u64 = 64 * 1024;

fn key_in(path: &Path) -> Result<String> {
    let shown = path.display();
    let about = fs::metadata(path).with_context(|| format!("the key in {shown} cannot be read"))?;
    if !about.is_file() || about.len() > LONGEST_KEY {
        bail!("{shown} is no file with a key in it");
    }
    let text = fs::read_to_string(path).with_context(|| format!("the key in {shown} cannot be read"))?;
    let key = text.trim();
    if key.is_empty() {
        bail!("{shown} is empty, and a key should be in it");
    }
    Ok(key.to_owned())
}

/// The login in that folder, or where the environment says.
fn login_at(home: Option<&Path>) -> Result<interlingua_auth::Config> {
    Ok(interlingua_auth::Config::from_vars(|name| match (home, name) {
        (Some(home), "CODEX_HOME") => Some(home.as_os_str().to_owned()),
        _ => std::env::var_os(name),
    })?)
}
