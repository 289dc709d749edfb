//! The calls in terms of the model, and the list of models.

use futures_util::StreamExt;
use interlingua_executor::Phase;
use interlingua_model::Api;
use interlingua_model::{Content, Event, Finish, Item, ItemKind, Message, Origin, Request, Role};
use interlingua_translate::End;
use serde_json::json;

use crate::support::{
    Scripted, completed, config, created, delta, event, failed, hello, in_progress, item_added, message, reply,
    response, streaming,
};

fn greeting() -> Request {
    let mut request = Request::new("gpt-5.4");
    let hello = Message::new(Role::User, Content::Text("hi".to_owned()));
    request.items.push(Item::new(Origin::default(), ItemKind::Message(hello)));
    request
}

#[tokio::test]
async fn the_whole_reply() {
    let body = response("completed", &[message("Hello")]).to_string();
    let upstream = Scripted::new([reply(200, "application/json", body)]);
    let answer = upstream.executor(config(Api::Responses)).complete(greeting()).await.unwrap();
    assert_eq!(answer.value.id.as_deref(), Some("resp_1"));
    assert_eq!(answer.value.finish, Finish::Completed);
    assert_eq!(answer.value.items.len(), 1);
    assert!(answer.meta.timings.ready >= answer.meta.timings.headers);
}

#[tokio::test]
async fn the_events_of_a_reply() {
    let upstream = Scripted::new([streaming(hello())]);
    let answer = upstream.executor(config(Api::Responses)).stream(greeting()).await.unwrap();
    let mut stream = answer.value;
    let mut text = String::new();
    let mut last = None;
    while let Some(event) = stream.next().await {
        if let Event::TextDelta { text: more, .. } = &event {
            text.push_str(more);
        }
        last = Some(event);
    }
    assert_eq!(text, "Hello");
    assert!(matches!(last, Some(Event::Finished(_))), "{last:?}");
    assert_eq!(stream.outcome().unwrap().end, End::Completed);
    assert!(stream.next().await.is_none(), "fused");
}

#[tokio::test]
async fn a_failure_before_any_output_is_an_error_and_a_later_one_an_event() {
    let early = [created(), in_progress(), item_added(), failed("rate_limit_exceeded", "slow down")];
    let upstream = Scripted::new([streaming(early)]);
    let error = upstream.executor(config(Api::Responses)).stream(greeting()).await.unwrap_err();
    assert_eq!((error.status().as_u16(), error.phase()), (429, Phase::FirstEvent));

    let late = [created(), item_added(), delta("Hel"), failed("server_error", "boom")];
    let upstream = Scripted::new([streaming(late)]);
    let answer = upstream.executor(config(Api::Responses)).stream(greeting()).await.unwrap();
    let events: Vec<_> = answer.value.collect().await;
    let Some(Event::Failed(failure)) = events.last() else { panic!("{events:?}") };
    assert_eq!(failure.message, "boom");
}

#[tokio::test]
async fn an_event_that_cannot_be_read_fails_the_reply() {
    let broken = event(&json!({"type": "response.output_text.delta", "output_index": 0, "delta": 7}));
    let upstream = Scripted::new([streaming([created(), item_added(), broken, completed("Hello")])]);
    let error = upstream.executor(config(Api::Responses)).stream(greeting()).await.unwrap_err();
    assert_eq!((error.status().as_u16(), error.failure().code.as_deref()), (502, Some("upstream_malformed")));
}

#[tokio::test]
async fn the_list_of_models() {
    let list = json!({"object": "list", "data": [{"id": "gpt-5.4", "object": "model"}]}).to_string();
    let upstream = Scripted::new([reply(200, "application/json", list)]);
    let answer = upstream.executor(config(Api::Responses)).models().await.unwrap();
    assert_eq!(answer.value.data.unwrap()[0].id.as_deref(), Some("gpt-5.4"));
    let sent = &upstream.sent()[0];
    assert_eq!((sent.method().as_str(), sent.uri().path()), ("GET", "/v1/models"));
    assert!(!sent.headers().contains_key("content-type"));
}
