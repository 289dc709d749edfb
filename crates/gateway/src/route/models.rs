//! One list of all models.

use futures_util::future::join_all;
use http::HeaderMap;
use interlingua_executor::one_line;
use interlingua_wire::chat::{Model, ModelList};

use super::Upstreams;
use crate::ApiError;

impl Upstreams {
    /// What there is to ask for: of every upstream the models that would go to it, and behind them the aliases that are
    /// plain names. An upstream that cannot be asked is left out, unless it is the only one.
    pub(crate) async fn models(&self, caller: &HeaderMap) -> Result<ModelList, ApiError> {
        if self.is_single() {
            let Some(upstream) = self.first() else { return Ok(ModelList::default()) };
            return Ok(upstream.executor_for(caller)?.models().await?.value);
        }
        let lists = join_all(self.members().map(|(name, upstream)| async move {
            let answer = match upstream.executor_for(caller) {
                Ok(executor) => executor.models().await.map_err(ApiError::from),
                Err(error) => Err(error),
            };
            answer.map(|answer| answer.value.data.unwrap_or_default()).map_err(|error| (name, error))
        }));
        let mut data = Vec::new();
        let mut failure = None;
        let mut any = false;
        for (place, list) in lists.await.into_iter().enumerate() {
            match list {
                Ok(models) => {
                    any = true;
                    let goes_there =
                        |model: &Model| model.id.as_deref().is_some_and(|id| self.is_answered_by(id, place));
                    data.extend(models.into_iter().filter(goes_there));
                }
                Err((name, error)) => {
                    tracing::warn!(upstream = name, error = %one_line(&error), "its models are not listed");
                    failure.get_or_insert(error);
                }
            }
        }
        if let Some(error) = failure.filter(|_| !any) {
            return Err(error);
        }
        for (alias, _) in self.aliases() {
            if data.iter().all(|model| model.id.as_deref() != Some(alias)) {
                let (id, object) = (Some(alias.to_owned()), Some("model".to_owned()));
                data.push(Model { id, object, ..Model::default() });
            }
        }
        Ok(ModelList { object: Some("list".to_owned()), data: Some(data), ..ModelList::default() })
    }
}
