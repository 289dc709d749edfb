//! Several upstreams, held alike.

use interlingua_model::{Request, Response};
use interlingua_wire::{chat, responses};

use crate::transport::BoxFuture;
use crate::{Answer, Error, EventStream, Executor, Reply};

/// Whatever answers requests: an [`Executor`], or something of an application's own that chooses among several.
///
/// ```
/// use std::sync::Arc;
/// use interlingua_executor::{Answer, BoxFuture, Error, EventStream, Reply, Upstream};
/// use interlingua_model::{Request, Response};
/// use interlingua_wire::{chat, responses};
///
/// /// Sends each model to an upstream of its own.
/// struct Routed {
///     small: Arc<dyn Upstream>,
///     large: Arc<dyn Upstream>,
/// }
///
/// impl Routed {
///     fn pick(&self, model: &str) -> &dyn Upstream {
///         if model.contains("mini") { &*self.small } else { &*self.large }
///     }
/// }
///
/// impl Upstream for Routed {
///     fn chat(&self, request: chat::Request) -> BoxFuture<'_, Result<Answer<Reply>, Error>> {
///         let upstream = self.pick(request.model.as_deref().unwrap_or_default());
///         upstream.chat(request)
///     }
///
///     fn responses(
///         &self,
///         request: responses::Request,
///     ) -> BoxFuture<'_, Result<Answer<Reply<responses::Response>>, Error>> {
///         let upstream = self.pick(request.model.as_deref().unwrap_or_default());
///         upstream.responses(request)
///     }
///
///     fn complete(&self, request: Request) -> BoxFuture<'_, Result<Answer<Response>, Error>> {
///         self.pick(&request.model).complete(request)
///     }
///
///     fn stream(&self, request: Request) -> BoxFuture<'_, Result<Answer<EventStream>, Error>> {
///         self.pick(&request.model).stream(request)
///     }
///
///     fn models(&self) -> BoxFuture<'_, Result<Answer<chat::ModelList>, Error>> {
///         self.large.models()
///     }
/// }
/// ```
pub trait Upstream: Send + Sync {
    /// See [`Executor::chat`].
    fn chat(&self, request: chat::Request) -> BoxFuture<'_, Result<Answer<Reply>, Error>>;

    /// See [`Executor::responses`].
    fn responses(
        &self,
        request: responses::Request,
    ) -> BoxFuture<'_, Result<Answer<Reply<responses::Response>>, Error>>;

    /// See [`Executor::complete`].
    fn complete(&self, request: Request) -> BoxFuture<'_, Result<Answer<Response>, Error>>;

    /// See [`Executor::stream`].
    fn stream(&self, request: Request) -> BoxFuture<'_, Result<Answer<EventStream>, Error>>;

    /// See [`Executor::models`].
    fn models(&self) -> BoxFuture<'_, Result<Answer<chat::ModelList>, Error>>;
}

impl Upstream for Executor {
    fn chat(&self, request: chat::Request) -> BoxFuture<'_, Result<Answer<Reply>, Error>> {
        Box::pin(self.chat(request))
    }

    fn responses(
        &self,
        request: responses::Request,
    ) -> BoxFuture<'_, Result<Answer<Reply<responses::Response>>, Error>> {
        Box::pin(self.responses(request))
    }

    fn complete(&self, request: Request) -> BoxFuture<'_, Result<Answer<Response>, Error>> {
        Box::pin(self.complete(request))
    }

    fn stream(&self, request: Request) -> BoxFuture<'_, Result<Answer<EventStream>, Error>> {
        Box::pin(self.stream(request))
    }

    fn models(&self) -> BoxFuture<'_, Result<Answer<chat::ModelList>, Error>> {
        Box::pin(self.models())
    }
}
