//! Which upstream answers a request: by the name of its model.

mod fallback;
mod models;
mod named;
mod wanted;

use std::cmp::Reverse;
use std::fmt;
use std::sync::Arc;

use http::StatusCode;
use interlingua_executor::Scrubber;
use interlingua_model::{Api, Request, Sourced};

use crate::models::of_messages::PREFIX;
use crate::pattern::Pattern;
use crate::replicas::Link;
use crate::{ApiError, StartError, Upstream, exchange};

pub(crate) use fallback::{Attempt, How};
use named::Named;
pub(crate) use wanted::{Glance, Wanted};

/// One of several upstreams: what it is called, which models are its own, and who answers in its place.
#[derive(Debug)]
pub struct Member {
    /// What it is called, in the configuration and in messages.
    pub name: String,
    /// The models that it answers, where `*` stands for any text; none: all.
    pub models: Vec<String>,
    /// The names of those that are asked in its place, in this order, while nothing has been said: where it cannot be
    /// reached, or its login or its plan is used up.
    pub fallback: Vec<String>,
    /// Who it is.
    pub upstream: Upstream,
}

/// All upstreams of a gateway, and other names for their models.
///
/// A request goes to the first whose [`Member::models`] have its model. A single [`Upstream`] answers every model.
///
/// ```
/// use interlingua_gateway::{Member, Target, Upstream, UpstreamConfig, Upstreams};
///
/// # tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(async {
/// let upstream = Upstream::open(UpstreamConfig { target: Some(Target::Replay), ..UpstreamConfig::default() }).await?;
/// let member = Member { name: "recorded".into(), models: vec!["gpt-*".into()], fallback: Vec::new(), upstream };
/// let upstreams = Upstreams::new(vec![member], [("fast".into(), "gpt-5.4-mini".into())], false)?;
/// assert_eq!(upstreams.members().count(), 1);
/// # Ok::<(), interlingua_gateway::StartError>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Upstreams {
    members: Vec<Known>,
    /// The closest first.
    aliases: Vec<(Pattern, String)>,
    efforts_in_names: bool,
}

/// A member whose references have been looked up.
struct Known {
    name: String,
    models: Vec<Pattern>,
    /// Places in the list of members.
    fallback: Vec<usize>,
    upstream: Arc<Upstream>,
}

/// Where a request goes.
#[derive(Debug)]
pub(crate) struct Route {
    /// The model's name where the upstream knows it by another one.
    pub(crate) model: Option<String>,
    /// The effort that stood in the name.
    pub(crate) effort: Option<&'static str>,
    /// Who answers.
    pub(crate) first: Arc<Upstream>,
    /// Who is asked in its place, in this order.
    pub(crate) others: Vec<Arc<Upstream>>,
}

/// How clients of Messages say that they count on a window of a million tokens.
const LONG_WINDOW: &str = "[1m]";

/// Tells who is asked now.
pub(crate) fn told(upstream: &Upstream) {
    exchange::note(|exchange| exchange.answers(upstream.name(), upstream.api()));
}

impl Route {
    /// Puts the model's name and effort of the route into a request.
    pub(crate) fn apply(&self, request: &mut Request) {
        if let Some(model) = &self.model {
            request.model.clone_from(model);
        }
        if let Some(effort) = self.effort {
            request.reasoning.effort = Some(Sourced::at("model", effort.to_owned()));
        }
    }
}

impl Upstreams {
    /// Those of `members`, in order, and `aliases`: other names for models, and what they stand for. An alias may have `*`
    /// for any text. With `efforts_in_names` an effort at the end of a model's name (`gpt-5.5-high`, `gpt-5.5(high)`) is the
    /// request's.
    ///
    /// # Errors
    /// There is none; two have one name; a fallback is none of them.
    pub fn new(
        members: Vec<Member>,
        aliases: impl IntoIterator<Item = (String, String)>,
        efforts_in_names: bool,
    ) -> Result<Self, StartError> {
        let names: Vec<String> = members.iter().map(|member| member.name.clone()).collect();
        let place = |name: &str| names.iter().position(|known| known == name);
        let wrong = |message: String| Err(StartError::Upstream(message));
        if names.is_empty() {
            return wrong("there is no upstream".to_owned());
        }
        let mut list = Vec::with_capacity(members.len());
        for (own, Member { name, models, fallback, upstream }) in members.into_iter().enumerate() {
            if place(&name) != Some(own) {
                return wrong(format!("two upstreams are called `{name}`"));
            }
            let mut places = Vec::with_capacity(fallback.len());
            for other in fallback {
                match place(&other) {
                    Some(place) if place == own => return wrong(format!("the upstream `{name}` falls back on itself")),
                    Some(place) => places.push(place),
                    None => {
                        let names = names.join(", ");
                        return wrong(format!("`{name}` falls back on `{other}`, and the upstreams are {names}"));
                    }
                }
            }
            let models = models.iter().map(|model| Pattern::new(model)).collect();
            list.push(Known { name, models, fallback: places, upstream: Arc::new(upstream) });
        }
        let mut aliases: Vec<_> = aliases.into_iter().map(|(alias, model)| (Pattern::new(&alias), model)).collect();
        // A file's table has no order, so the closest alias wins: a plain name, then the longest with a gap.
        aliases.sort_by_key(|(alias, _)| (alias.as_plain().is_none(), Reverse(alias.as_str().len())));
        Ok(Self { members: list, aliases, efforts_in_names })
    }

    /// The same, and no answer repeats what is hidden where it tells of a failure.
    pub(crate) fn hiding(mut self, hidden: &Scrubber) -> Self {
        // They are new, and nobody else holds them.
        for upstream in self.members.iter_mut().filter_map(|member| Arc::get_mut(&mut member.upstream)) {
            upstream.hide(hidden);
        }
        self
    }

    /// The same, and their logins are renewed by one gateway at a time.
    pub(crate) fn sharing(self, link: Option<&Arc<Link>>) -> Self {
        if let Some(link) = link {
            self.members.iter().for_each(|member| member.upstream.share(link));
        }
        self
    }

    /// Their names and who they are, in order.
    pub fn members(&self) -> impl Iterator<Item = (&str, &Upstream)> {
        self.members.iter().map(|member| (member.name.as_str(), &*member.upstream))
    }

    /// The upstream that a request for this model goes to.
    ///
    /// # Errors
    /// No upstream answers it.
    pub fn upstream_of(&self, model: &str) -> Result<&Upstream, ApiError> {
        let first = self.route(Some(model))?.first;
        let member = self.members.iter().find(|member| Arc::ptr_eq(&member.upstream, &first));
        member.map(|member| &*member.upstream).ok_or_else(|| self.unknown(model))
    }

    /// The aliases that are plain names, with the models that they stand for.
    pub fn aliases(&self) -> impl Iterator<Item = (&str, &str)> {
        self.aliases.iter().filter_map(|(alias, model)| Some((alias.as_plain()?, model.as_str())))
    }

    /// Who answers where no model is named.
    pub(crate) fn first(&self) -> Option<&Arc<Upstream>> {
        self.members.first().map(|member| &member.upstream)
    }

    /// Whether every request goes to one upstream as it is, so that nobody has to look for its model.
    pub(crate) fn is_single(&self) -> bool {
        let Self { members, aliases, efforts_in_names } = self;
        let is_any = |member: &Known| member.models.is_empty() && member.fallback.is_empty();
        aliases.is_empty() && !efforts_in_names && members.len() == 1 && members.iter().all(is_any)
    }

    /// Where a request of a client of this API goes, by the model that it names.
    pub(crate) fn route_for(&self, client: Api, model: Option<&str>) -> Result<Route, ApiError> {
        let name = model.map(|model| self.name_for(client, model));
        let mut route = self.route(name)?;
        if route.model.is_none() && name != model {
            route.model = name.map(str::to_owned);
        }
        Ok(route)
    }

    /// The model that a client of this API means. Clients of Messages mark a long window at the end of a name, and have a
    /// prefix in front of the names of a list that are none of Anthropic's. A name that is known with them keeps them.
    pub(crate) fn name_for<'m>(&self, client: Api, model: &'m str) -> &'m str {
        if client != Api::Messages {
            return model;
        }
        let is_alias = |name: &str| self.aliases.iter().any(|(alias, _)| alias.as_plain() == Some(name));
        let name = model.strip_suffix(LONG_WINDOW).filter(|_| !is_alias(model)).unwrap_or(model);
        let is_named = |pattern: &Pattern| pattern.as_str() != "*" && pattern.fits(name);
        let mut patterns = self.aliases.iter().map(|(alias, _)| alias);
        let mut models = self.members.iter().flat_map(|member| &member.models);
        match name.strip_prefix(PREFIX) {
            Some(plain) if !patterns.any(is_named) && !models.any(is_named) => plain,
            Some(_) | None => name,
        }
    }

    /// Where a request for this model goes. Without one the first upstream says best what is missing.
    pub(crate) fn route(&self, model: Option<&str>) -> Result<Route, ApiError> {
        let asked = model.unwrap_or_default();
        let mut name = Named { model: asked, effort: None };
        let mut stands_for = self.stands_for(asked);
        if stands_for.is_none() && self.efforts_in_names {
            name = Named::of(asked);
            stands_for = self.stands_for(name.model);
        }
        let target = stands_for.unwrap_or(name.model);
        let member = match model {
            Some(_) => self.members.iter().find(|member| member.answers(target)),
            None => self.members.first(),
        };
        let Some(Known { name: _, models: _, fallback, upstream }) = member else {
            return Err(self.unknown(asked));
        };
        let others = fallback.iter().filter_map(|&place| self.members.get(place));
        Ok(Route {
            model: (target != asked).then(|| target.to_owned()),
            effort: name.effort,
            first: Arc::clone(upstream),
            others: others.map(|other| Arc::clone(&other.upstream)).collect(),
        })
    }

    /// Whether a request for this model would go to the upstream at `place`.
    pub(crate) fn is_answered_by(&self, model: &str, place: usize) -> bool {
        self.members.iter().position(|member| member.answers(model)) == Some(place)
    }

    fn stands_for(&self, model: &str) -> Option<&str> {
        self.aliases.iter().find(|(alias, _)| alias.fits(model)).map(|(_, model)| model.as_str())
    }

    fn unknown(&self, model: &str) -> ApiError {
        let mut known: Vec<&str> = self.aliases.iter().map(|(alias, _)| alias.as_str()).collect();
        known.extend(self.members.iter().flat_map(|member| member.models.iter().map(Pattern::as_str)));
        let message = format!("no upstream answers the model `{model}`; there are {}", known.join(", "));
        let refusal = ApiError::new(StatusCode::NOT_FOUND, message);
        refusal.with_param("model").with_code("model_not_found")
    }
}

impl Known {
    fn answers(&self, model: &str) -> bool {
        self.models.is_empty() || self.models.iter().any(|pattern| pattern.fits(model))
    }
}

/// One upstream for every model, called as it is addressed.
impl From<Upstream> for Upstreams {
    fn from(upstream: Upstream) -> Self {
        let name = upstream.name().to_owned();
        let only = Known { name, models: Vec::new(), fallback: Vec::new(), upstream: Arc::new(upstream) };
        Self { members: vec![only], aliases: Vec::new(), efforts_in_names: false }
    }
}

impl fmt::Debug for Upstreams {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.members()).finish()
    }
}

#[cfg(test)]
mod tests {
    use std::error::Error;

    use super::*;
    use crate::{Target, UpstreamConfig};

    async fn member(name: &str, models: &[&str], fallback: &[&str]) -> Member {
        let target = Some(Target::Url("http://127.0.0.1:9/v1".parse().unwrap()));
        let upstream = Upstream::open(UpstreamConfig { target, ..UpstreamConfig::default() }).await.unwrap();
        let owned = |list: &[&str]| list.iter().map(|text| (*text).to_owned()).collect();
        Member { name: name.to_owned(), models: owned(models), fallback: owned(fallback), upstream }
    }

    async fn three(efforts_in_names: bool) -> Upstreams {
        let members = vec![
            member("codex", &["gpt-*"], &["openai"]).await,
            member("openai", &["o3", "gpt-4*"], &[]).await,
            member("local", &["qwen*"], &[]).await,
        ];
        let alias = |from: &str, to: &str| (from.to_owned(), to.to_owned());
        Upstreams::new(members, [alias("fast", "qwen3"), alias("claude-*", "gpt-5.5")], efforts_in_names).unwrap()
    }

    fn place(upstreams: &Upstreams, route: &Route) -> usize {
        upstreams.members.iter().position(|member| Arc::ptr_eq(&member.upstream, &route.first)).unwrap()
    }

    #[tokio::test]
    async fn a_request_goes_where_its_model_belongs() {
        let upstreams = three(false).await;
        for (model, member, sent) in [
            ("gpt-5.5", 0, None),
            ("gpt-4o", 0, None),
            ("o3", 1, None),
            ("qwen", 2, None),
            ("fast", 2, Some("qwen3")),
            ("claude-sonnet-4-5", 0, Some("gpt-5.5")),
        ] {
            let route = upstreams.route(Some(model)).unwrap();
            assert_eq!((place(&upstreams, &route), route.model.as_deref()), (member, sent), "{model}");
            assert_eq!(route.others.len(), usize::from(member == 0), "{model}");
        }
        assert_eq!(place(&upstreams, &upstreams.route(None).unwrap()), 0);
    }

    #[tokio::test]
    async fn a_model_that_nobody_answers_is_named_beside_those_that_there_are() {
        let refusal = three(false).await.route(Some("o4")).unwrap_err();
        assert_eq!(refusal.status, 404);
        let text = refusal.to_string();
        assert!(text.contains("`o4`") && text.contains("fast, claude-*, gpt-*, o3, gpt-4*, qwen*"), "{text}");
    }

    #[tokio::test]
    async fn an_effort_is_taken_off_the_name_where_that_is_switched_on() {
        let (off, on) = (three(false).await, three(true).await);
        assert_eq!(off.route(Some("gpt-5.5-high")).unwrap().effort, None);
        for (model, sent, effort) in [
            ("gpt-5.5-high", Some("gpt-5.5"), Some("high")),
            ("gpt-5.5(xhigh)", Some("gpt-5.5"), Some("xhigh")),
            ("fast-low", Some("qwen3"), Some("low")),
            ("fast", Some("qwen3"), None),
            ("gpt-5.5-turbo", None, None),
        ] {
            let route = on.route(Some(model)).unwrap();
            assert_eq!((route.model.as_deref(), route.effort), (sent, effort), "{model}");
        }
    }

    #[tokio::test]
    async fn the_names_of_messages_are_cut_to_what_an_upstream_knows() {
        let upstreams = three(false).await;
        for (model, member, sent) in [
            ("anthropic/qwen3", 2, Some("qwen3")),
            ("qwen3[1m]", 2, Some("qwen3")),
            ("anthropic/gpt-5.5[1m]", 0, Some("gpt-5.5")),
            ("claude-opus-5[1m]", 0, Some("gpt-5.5")),
            ("anthropic/fast", 2, Some("qwen3")),
            ("fast", 2, Some("qwen3")),
            ("o3", 1, None),
        ] {
            let route = upstreams.route_for(Api::Messages, Some(model)).unwrap();
            assert_eq!((place(&upstreams, &route), route.model.as_deref()), (member, sent), "{model}");
        }
        assert!(upstreams.route_for(Api::Chat, Some("anthropic/qwen3")).is_err());
        let members = vec![member("router", &["anthropic/*"], &[]).await, member("other", &["*"], &[]).await];
        let upstreams = Upstreams::new(members, [], false).unwrap();
        let named = upstreams.route_for(Api::Messages, Some("anthropic/claude-opus-5")).unwrap();
        assert_eq!((place(&upstreams, &named), named.model.as_deref()), (0, None), "it is known by that name");
    }

    #[tokio::test]
    async fn what_contradicts_itself_is_refused() -> Result<(), Box<dyn Error>> {
        let refused = |members| Upstreams::new(members, [], false).unwrap_err().to_string();
        assert_eq!(refused(Vec::new()), "there is no upstream");
        let twice = vec![member("a", &[], &[]).await, member("a", &[], &[]).await];
        assert_eq!(refused(twice), "two upstreams are called `a`");
        assert!(refused(vec![member("a", &[], &["b"]).await]).contains("falls back on `b`"));
        assert!(refused(vec![member("a", &[], &["a"]).await]).contains("itself"));
        Ok(())
    }
}
