//! Sealed thoughts for clients that drop what their API has no word for: kept here under the call that they led to, and put
//! back in front of it when the conversation goes on.
//!
//! They lie in the same store as replies, under the caller and a hash of the call: its id, its tool, its arguments, and how the
//! conversation began, since some servers give the same ids to everybody. What is not found is not missed: the request goes
//! out as the client sent it.

use std::sync::Arc;

use bytes::Bytes;
use futures_util::future::join_all;
use http::HeaderMap;
use interlingua_executor::{BoxFuture, Keeper, Last, Reply, one_line};
use interlingua_model::{Api, Item, ItemKind, ReasoningItem, Request, Role, Seal};
use interlingua_translate::{Asked, CallThoughts, Upstream as Ways};
use ring::digest;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::app::App;
use crate::exchange;
use crate::route::How;
use crate::store::{Key, Owner, Store};

/// The most bytes of thoughts that are kept for one call.
const MOST_BYTES: usize = 1024 * 1024;
/// The most turns of a conversation whose thoughts are looked for, the newest ones.
const MOST_TURNS: usize = 256;

/// Where the thoughts of one caller are kept.
#[derive(Clone)]
pub(crate) struct Thoughts {
    owner: Owner,
    store: Arc<dyn Store>,
}

impl Thoughts {
    /// Those of the caller with these headers; `None` where none are kept.
    pub(crate) fn of(app: &App, headers: &HeaderMap) -> Option<Self> {
        let store = app.store.clone().filter(|_| app.reasoning_cache)?;
        Some(Self { owner: Owner::of(app.inbound_key.as_ref(), headers), store })
    }

    /// How somebody is asked whose thoughts are put back, and kept.
    pub(crate) fn asking(thoughts: Option<Self>) -> How<Reply> {
        Box::new(move |executor, mut asked| {
            let thoughts = thoughts.clone();
            Box::pin(async move {
                let ways = &executor.config().upstream;
                let Some(thoughts) = thoughts.filter(|_| takes_any_back(ways, asked.model())) else {
                    return executor.ask(asked).await;
                };
                let beginning = beginning(asked.request());
                thoughts.put_back(&mut asked, ways.api(), &beginning).await;
                asked.remember();
                executor.ask_kept(asked, Arc::new(Remembering { thoughts, beginning })).await
            })
        })
    }

    /// Puts thoughts in front of the calls that they led to, where their turn has none. Only who made them gets them back.
    async fn put_back(&self, asked: &mut Asked, maker: Api, beginning: &str) {
        let items = &asked.request().items;
        let mut turns = bare_turns(items);
        let surplus = turns.len().saturating_sub(MOST_TURNS);
        turns.drain(..surplus);
        let found = join_all(turns.iter().map(|turn| async {
            let found = join_all(turn.iter().map(|at| async {
                let call = items.get(*at).and_then(|item| call(item, beginning))?;
                Some((*at, self.find(call, maker).await?))
            }));
            found.await.into_iter().flatten().collect::<Vec<_>>()
        }));
        let found: Vec<_> = found.await;
        let missed = found.iter().filter(|turn| turn.is_empty()).count();
        exchange::note(|exchange| exchange.recalled(found.len() - missed, missed));
        let mut found: Vec<_> = found.into_iter().flatten().collect();
        found.sort_by_key(|(at, _)| *at);
        let items = &mut asked.request().items;
        // From the end, so that no place moves before it is needed.
        for (at, thoughts) in found.into_iter().rev() {
            let Some(origin) = items.get(at).map(|item| item.origin) else { continue };
            for thought in thoughts.into_iter().rev() {
                items.insert(at, Item::new(origin, ItemKind::Reasoning(thought)));
            }
        }
    }

    /// What is kept for a call, of this maker.
    async fn find(&self, call: String, maker: Api) -> Option<Vec<ReasoningItem>> {
        let found = self.store.get(Key { owner: self.owner, id: call }).await;
        let bytes = found
            .inspect_err(|error| tracing::warn!(error = %one_line(error), "thoughts could not be looked for"))
            .ok()??;
        let kept: Vec<KeptThought> = serde_json::from_slice(&bytes).ok()?;
        let thoughts: Vec<_> = kept.into_iter().filter_map(|thought| thought.read(maker)).collect();
        (!thoughts.is_empty()).then_some(thoughts)
    }
}

/// Whether an upstream has a use for sealed thoughts.
fn takes_any_back(ways: &Ways, model: &str) -> bool {
    match ways {
        Ways::Chat(ways) => !ways.for_model(model).carried.is_empty(),
        Ways::Responses(_) | Ways::Messages(_) => true,
    }
}

/// Keeps the thoughts of a reply.
struct Remembering {
    thoughts: Thoughts,
    beginning: String,
}

impl Keeper for Remembering {
    fn keep(&self, last: Last) -> BoxFuture<'static, Bytes> {
        let (Last::Whole(bytes) | Last::Event { name: _, data: bytes }) = last;
        Box::pin(std::future::ready(bytes))
    }

    fn remember(&self, thoughts: Vec<CallThoughts>) -> BoxFuture<'static, ()> {
        let Thoughts { owner, store } = self.thoughts.clone();
        let kept: Vec<_> = thoughts
            .iter()
            .filter_map(|call| {
                let CallThoughts { call_id, name, arguments, thoughts } = call;
                let kept: Vec<_> = thoughts.iter().filter_map(KeptThought::of).collect();
                let value = serde_json::to_vec(&kept).ok().filter(|value| value.len() <= MOST_BYTES)?;
                Some((Key { owner, id: key(call_id, name, arguments, &self.beginning) }, value))
            })
            .collect();
        Box::pin(async move {
            for (key, value) in kept {
                if let Err(error) = store.put(key, value.into(), Vec::new()).await {
                    tracing::warn!(error = %one_line(&error), "the thoughts of a reply could not be kept");
                }
            }
        })
    }
}

/// A sealed thought, as the store has it.
#[derive(Serialize, Deserialize)]
struct KeptThought {
    id: Option<String>,
    summary: Vec<String>,
    content: Vec<String>,
    maker: String,
    is_redacted: bool,
    data: String,
}

impl KeptThought {
    fn of(thought: &ReasoningItem) -> Option<Self> {
        let ReasoningItem { id, summary, content, seal, status: _ } = thought.clone();
        let Seal { maker, is_redacted, data } = seal?;
        Some(Self { id, summary, content, maker: maker.name().to_owned(), is_redacted, data })
    }

    fn read(self, by: Api) -> Option<ReasoningItem> {
        let Self { id, summary, content, maker, is_redacted, data } = self;
        let maker = maker.parse().ok().filter(|maker| *maker == by)?;
        Some(ReasoningItem { id, summary, content, seal: Some(Seal { maker, is_redacted, data }), status: None })
    }
}

/// The turns of the model that make calls and have no sealed thoughts: where their calls stand.
fn bare_turns(items: &[Item]) -> Vec<Vec<usize>> {
    let mut turns = Vec::new();
    let (mut calls, mut is_sealed) = (Vec::new(), false);
    for (at, item) in items.iter().enumerate() {
        match &item.kind {
            ItemKind::Reasoning(thought) => is_sealed |= thought.seal.is_some(),
            ItemKind::ToolCall(_) => calls.push(at),
            ItemKind::ImageGeneration(_) => {}
            ItemKind::Message(message) if message.role == Role::Assistant => {}
            ItemKind::Message(_) | ItemKind::ToolResult(_) | ItemKind::Opaque(_) => {
                let calls = std::mem::take(&mut calls);
                if !calls.is_empty() && !is_sealed {
                    turns.push(calls);
                }
                is_sealed = false;
            }
        }
    }
    turns
}

/// Under what the thoughts of a call are kept.
fn call(item: &Item, beginning: &str) -> Option<String> {
    let ItemKind::ToolCall(call) = &item.kind else { return None };
    Some(key(&call.call_id, &call.name, call.arguments.text(), beginning))
}

fn key(call_id: &str, name: &str, arguments: &str, beginning: &str) -> String {
    use std::fmt::Write as _;
    // Clients write the arguments anew, so what they say counts, and not how.
    let arguments = serde_json::from_str::<Value>(arguments).map_or_else(|_| arguments.to_owned(), |it| it.to_string());
    let mut context = digest::Context::new(&digest::SHA256);
    for part in [call_id, name, &arguments, beginning] {
        context.update(&part.len().to_be_bytes());
        context.update(part.as_bytes());
    }
    context.finish().as_ref().iter().fold("thoughts_".to_owned(), |mut key, byte| {
        let _ = write!(key, "{byte:02x}");
        key
    })
}

/// How a conversation began: the first words of its user.
fn beginning(request: &Request) -> String {
    let words = request.items.iter().find_map(|item| match &item.kind {
        ItemKind::Message(message) if message.role == Role::User => Some(&message.content),
        ItemKind::Message(_)
        | ItemKind::ToolCall(_)
        | ItemKind::ToolResult(_)
        | ItemKind::Reasoning(_)
        | ItemKind::ImageGeneration(_)
        | ItemKind::Opaque(_) => None,
    });
    words.map_or_else(String::new, |words| words.texts().collect())
}
