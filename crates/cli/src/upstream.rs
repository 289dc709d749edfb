//! The flags that say who answers.

use anyhow::Result;
use interlingua_executor::{BaseUrl, ReadyProfile};
use interlingua_gateway::{Target, UpstreamConfig};
use interlingua_translate::{Api, Policy};

use crate::keys::{self, Found};
use crate::{api, profile};

/// Who answers.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct UpstreamArgs {
    /// codex, openai, anthropic, replay, a ready profile (`interlingua profiles`), or a base URL; without it openai, or codex if there is a login and no OPENAI_API_KEY
    #[arg(long, env = "INTERLINGUA_UPSTREAM", value_name = "UPSTREAM")]
    pub(crate) upstream: Option<String>,
    /// What the upstream speaks; by default what its profile says, else messages for anthropic, chat for openai and URLs, else responses
    #[arg(long, env = "INTERLINGUA_DIALECT", value_parser = api::parser())]
    pub(crate) dialect: Option<Api>,
    /// Where the upstream lives, if not where it usually does (what SDKs call `base_url`)
    #[arg(long, env = "INTERLINGUA_BASE_URL", value_name = "URL")]
    pub(crate) base_url: Option<String>,
    /// What the upstream accepts and forces, and where it lives: openai, codex, anthropic, compatible, a ready profile, or a TOML file
    #[arg(long, env = "INTERLINGUA_PROFILE")]
    pub(crate) profile: Option<String>,
}

impl UpstreamArgs {
    /// With the key of the environment.
    pub(crate) fn config(&self) -> Result<UpstreamConfig> {
        // A profile by name may say who it is.
        let is_ready = |name: &&str| {
            ReadyProfile::named(name).is_some() && name.parse::<Target>().is_ok() && self.base_url.is_none()
        };
        let named = self.upstream.as_deref().or_else(|| self.profile.as_deref().filter(is_ready));
        let target = named.map(str::parse::<Target>).transpose()?;
        // Where there is no home folder there is no login either.
        let login = interlingua_auth::Config::from_env();
        let login = if target == Some(Target::Codex) { Some(login?) } else { login.ok() };
        let api = self.dialect.unwrap_or_else(|| target.as_ref().unwrap_or(&Target::OpenAi).usual_api());
        let profile = self.profile.as_deref().map(|name| profile::load(name, api)).transpose()?;
        let speaks = profile.as_ref().map_or(api, |profile| profile.upstream.api());
        let found = match &target {
            // A key is for its own server.
            Some(Target::Ready(ready)) => profile::key_of(*ready),
            Some(Target::Codex | Target::OpenAi | Target::Anthropic | Target::Replay | Target::Url(_)) | None => {
                keys::of(speaks)
            }
        };
        let (api_key, key_is_token) = found.map(|Found { key, is_token }| (key, is_token)).unzip();
        Ok(UpstreamConfig {
            target,
            base_url: self.base_url.as_deref().map(str::parse::<BaseUrl>).transpose()?,
            api: self.dialect,
            profile,
            policy: Policy::Lenient,
            api_key: api_key.map(Into::into),
            key_is_token: key_is_token.unwrap_or_default(),
            login,
            ..UpstreamConfig::default()
        })
    }

    /// The same, where what is missing here follows from `other`.
    pub(crate) fn or(self, other: Self) -> Self {
        let Self { upstream, dialect, base_url, profile } = self;
        Self {
            upstream: upstream.or(other.upstream),
            dialect: dialect.or(other.dialect),
            base_url: base_url.or(other.base_url),
            profile: profile.or(other.profile),
        }
    }
}
