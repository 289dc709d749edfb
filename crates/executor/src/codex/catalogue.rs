//! The models of a backend that tells their ways, and what they change in its profile.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use http::HeaderValue;
use interlingua_translate::Upstream;
use interlingua_translate::responses::Field;
use interlingua_wire::{chat, messages};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::config::{CATALOGUE_AGE, CATALOGUE_PAUSE};
use crate::http::head::ReplyHead;

/// A list of models as the backend gave it: `{"models":[{"slug", "visibility", "supported_reasoning_levels", ..}]}`, or that
/// of an upstream of Messages.
#[derive(Debug)]
pub(crate) struct Catalogue {
    /// The head it came with.
    pub(crate) head: ReplyHead,
    /// What to ask with whether anything has changed.
    pub(crate) etag: Option<HeaderValue>,
    models: Vec<Entry>,
}

/// A model, and how requests for it are written.
#[derive(Debug)]
struct Entry {
    slug: String,
    is_listed: bool,
    upstream: Upstream,
}

impl Catalogue {
    /// Reads a list. An entry that cannot be read is left out: it is newer than this program.
    pub(crate) fn read(
        head: ReplyHead,
        etag: Option<HeaderValue>,
        body: &[u8],
        base: &Upstream,
    ) -> Result<Self, serde_json::Error> {
        if let Upstream::Messages(base) = base {
            let list: messages::ModelList = serde_json::from_slice(body)?;
            let models = list.data.unwrap_or_default().into_iter();
            let entry = |model: messages::Model| {
                let upstream = Upstream::Messages(base.with_model(&model));
                Some(Entry { slug: model.id?, is_listed: true, upstream })
            };
            return Ok(Self { head, etag, models: models.filter_map(entry).collect() });
        }
        let List { models } = serde_json::from_slice(body)?;
        let models = models.into_iter().filter_map(|raw| serde_json::from_str::<Told>(raw.get()).ok());
        Ok(Self { head, etag, models: models.map(|told| told.entry(base)).collect() })
    }

    /// How requests for a model are written, where the model is known.
    pub(crate) fn upstream(&self, model: &str) -> Option<&Upstream> {
        self.models.iter().find(|entry| entry.slug == model).map(|entry| &entry.upstream)
    }

    /// The models that the backend shows to people, in its order, as the public API lists them.
    pub(crate) fn list(&self) -> chat::ModelList {
        let listed = self.models.iter().filter(|entry| entry.is_listed);
        let models = listed.map(|entry| chat::Model {
            id: Some(entry.slug.clone()),
            object: Some("model".to_owned()),
            ..chat::Model::default()
        });
        chat::ModelList { object: Some("list".to_owned()), data: Some(models.collect()), ..chat::ModelList::default() }
    }
}

#[derive(Deserialize)]
struct List<'a> {
    #[serde(borrow)]
    models: Vec<&'a RawValue>,
}

/// What an entry says that matters here.
#[derive(Deserialize)]
struct Told {
    slug: String,
    visibility: Option<String>,
    supported_reasoning_levels: Option<Vec<Level>>,
    default_reasoning_level: Option<String>,
    support_verbosity: Option<bool>,
    use_responses_lite: Option<bool>,
    supports_parallel_tool_calls: Option<bool>,
}

#[derive(Deserialize)]
struct Level {
    effort: String,
}

impl Told {
    fn entry(self, base: &Upstream) -> Entry {
        let Self {
            slug,
            visibility,
            supported_reasoning_levels,
            default_reasoning_level,
            support_verbosity,
            use_responses_lite,
            supports_parallel_tool_calls,
        } = self;
        let is_listed = visibility.is_none_or(|visibility| visibility == "list");
        // Only a Responses backend has a list of this form.
        let Upstream::Responses(base) = base else { return Entry { slug, is_listed, upstream: base.clone() } };
        let mut ways = base.clone();
        ways.lite = use_responses_lite.unwrap_or(ways.lite);
        let levels = supported_reasoning_levels.unwrap_or_default();
        if !levels.is_empty() {
            ways.efforts = levels.into_iter().map(|level| level.effort).collect();
            // The usual effort stays where the model takes it.
            let takes = |effort: &String| ways.efforts.contains(effort);
            if !ways.default_effort.as_ref().is_some_and(takes) {
                ways.default_effort = default_reasoning_level.filter(takes);
            }
        }
        if support_verbosity == Some(false) {
            ways.refused.push(Field::TextVerbosity);
        }
        if supports_parallel_tool_calls == Some(false) {
            ways.default_parallel_tool_calls = ways.default_parallel_tool_calls.map(|_| false);
        }
        Entry { slug, is_listed, upstream: Upstream::Responses(ways) }
    }
}

/// The last good list of one upstream.
#[derive(Debug, Default)]
pub(crate) struct LastCatalogue(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    catalogue: Option<Arc<Catalogue>>,
    /// Before that it is not asked for again.
    not_before: Option<Instant>,
}

impl LastCatalogue {
    pub(crate) fn read(&self) -> Option<Arc<Catalogue>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).catalogue.clone()
    }

    /// Whether it is time to ask. Where something is known, one request asks and the others go on with that; where
    /// nothing is known yet, each asks for itself.
    pub(crate) fn is_due(&self, now: Instant) -> bool {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_due = state.not_before.is_none_or(|not_before| now >= not_before);
        if is_due && state.catalogue.is_some() {
            state.not_before = now.checked_add(CATALOGUE_PAUSE);
        }
        is_due
    }

    /// There is a newer one, or the same again.
    pub(crate) fn keep(&self, catalogue: &Arc<Catalogue>, now: Instant) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *state = State { catalogue: Some(Arc::clone(catalogue)), not_before: now.checked_add(CATALOGUE_AGE) };
    }

    /// It could not be had; what is known stays.
    pub(crate) fn failed(&self, now: Instant) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.not_before = now.checked_add(CATALOGUE_PAUSE);
    }
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, StatusCode};

    use interlingua_translate::ResponsesUpstream;

    use super::*;

    fn codex() -> Upstream {
        Upstream::Responses(ResponsesUpstream::codex())
    }

    fn ways<'c>(catalogue: &'c Catalogue, model: &str) -> &'c ResponsesUpstream {
        let Some(Upstream::Responses(ways)) = catalogue.upstream(model) else { panic!("{model} is known") };
        ways
    }

    fn catalogue(body: &str) -> Catalogue {
        let head = ReplyHead::new(StatusCode::OK, &HeaderMap::new());
        Catalogue::read(head, None, body.as_bytes(), &codex()).unwrap()
    }

    #[test]
    fn a_models_ways_change_the_profile() {
        let catalogue = catalogue(
            r#"{"models":[
                {"slug":"lite","use_responses_lite":true,"default_reasoning_level":"high","support_verbosity":false,
                 "supported_reasoning_levels":[{"effort":"low","description":"d"},{"effort":"high"}]},
                {"slug":"plain","supported_reasoning_levels":[{"effort":"medium"}],"supports_parallel_tool_calls":false},
                {"slug":7},
                {"slug":"bare","visibility":"hide","supported_reasoning_levels":null}
            ],"more":1}"#,
        );
        let lite = ways(&catalogue, "lite");
        assert!(lite.lite);
        assert_eq!((lite.efforts.join(" "), lite.default_effort.as_deref()), ("low high".to_owned(), Some("high")));
        assert!(lite.refuses(Field::TextVerbosity));
        let plain = ways(&catalogue, "plain");
        assert_eq!((plain.lite, plain.default_effort.as_deref()), (false, Some("medium")));
        assert_eq!(plain.default_parallel_tool_calls, Some(false));
        assert_eq!(catalogue.upstream("bare"), Some(&codex()));
        assert_eq!(catalogue.upstream("unknown"), None);
        let listed = catalogue.list().data.unwrap().into_iter().map(|model| model.id.unwrap());
        assert_eq!(listed.collect::<Vec<_>>(), ["lite", "plain"]);
    }

    #[test]
    fn what_is_no_list_is_refused() {
        let head = ReplyHead::new(StatusCode::OK, &HeaderMap::new());
        for body in ["", "[]", "{}", r#"{"models":null}"#, "<html>"] {
            assert!(Catalogue::read(head.clone(), None, body.as_bytes(), &codex()).is_err(), "{body}");
        }
    }

    #[test]
    fn one_asks_again_and_the_others_go_on() {
        let now = Instant::now();
        let last = LastCatalogue::default();
        assert!(last.is_due(now) && last.is_due(now), "nothing is known yet");
        last.keep(&Arc::new(catalogue(r#"{"models":[]}"#)), now);
        assert!(!last.is_due(now));
        let later = now + CATALOGUE_AGE;
        assert!(last.is_due(later) && !last.is_due(later));
        last.failed(later);
        assert!(!last.is_due(later) && last.read().is_some());
        assert!(last.is_due(later + CATALOGUE_PAUSE));
    }
}
