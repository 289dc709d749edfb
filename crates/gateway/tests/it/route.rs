//! Several upstreams: who answers, under which name, and who answers in its place.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "helpers of tests may fail as tests do")]

use std::time::Duration;

use futures_util::future::join_all;
use interlingua_gateway::{Member, Target, Upstream, UpstreamConfig, Upstreams};
use interlingua_replay::{Faults, Replay, Server};
use interlingua_translate::Api;
use serde_json::{Value, json};

use crate::support::{Setup, refusal, serving};

/// A replay behind an upstream of that name, of one case if it is named.
async fn recorded(name: &str, api: Api, case: &str, models: &[&str], fallback: &[&str]) -> (Member, Server) {
    let replay = Replay::embedded();
    let replay = if case.is_empty() { replay } else { replay.case(case) };
    behind(name, api, replay, models, fallback).await
}

async fn behind(name: &str, api: Api, replay: Replay, models: &[&str], fallback: &[&str]) -> (Member, Server) {
    let replay = replay.spawn().await.unwrap();
    let target = Some(Target::Url(replay.base_url().parse().unwrap()));
    let config = UpstreamConfig { target, api: Some(api), ..UpstreamConfig::default() };
    let owned = |list: &[&str]| list.iter().map(|text| (*text).to_owned()).collect();
    let upstream = Upstream::open(config).await.unwrap();
    (Member { name: name.to_owned(), models: owned(models), fallback: owned(fallback), upstream }, replay)
}

/// Nobody listens there.
async fn nobody(name: &str, api: Api, fallback: &[&str]) -> Member {
    let target = Some(Target::Url("http://127.0.0.1:9/v1".parse().unwrap()));
    let config = UpstreamConfig { target, api: Some(api), ..UpstreamConfig::default() };
    let fallback = fallback.iter().map(|text| (*text).to_owned()).collect();
    Member { name: name.to_owned(), models: Vec::new(), fallback, upstream: Upstream::open(config).await.unwrap() }
}

fn alias(from: &str, to: &str) -> (String, String) {
    (from.to_owned(), to.to_owned())
}

fn hello(model: &str, stream: bool) -> Value {
    json!({"model": model, "messages": [{"role": "user", "content": "Hello"}], "stream": stream})
}

async fn ask(setup: &Setup, model: &str, stream: bool) -> (u16, String) {
    let response = setup.ask(&hello(model, stream)).await;
    (response.status().as_u16(), response.text().await.unwrap())
}

fn model_seen(replay: &Server) -> String {
    seen(replay)["model"].as_str().unwrap().to_owned()
}

/// The last body that it got.
fn seen(replay: &Server) -> Value {
    serde_json::from_slice(&replay.log().last().unwrap().request).unwrap()
}

#[tokio::test]
async fn each_model_goes_to_its_upstream_under_its_own_name() {
    let (chat, chat_replay) = recorded("local", Api::Chat, "", &["qwen*"], &[]).await;
    let (responses, responses_replay) = recorded("openai", Api::Responses, "", &["gpt-*"], &[]).await;
    let aliases = [alias("fast", "qwen3"), alias("claude-*", "gpt-5.5")];
    let setup = serving(Upstreams::new(vec![chat, responses], aliases, true).unwrap()).await;
    for (asked, replay, sent) in [
        ("qwen3", &chat_replay, "qwen3"),
        ("fast", &chat_replay, "qwen3"),
        ("gpt-5.5", &responses_replay, "gpt-5.5"),
        ("claude-haiku-4-5", &responses_replay, "gpt-5.5"),
    ] {
        for stream in [false, true] {
            let before = replay.log().count();
            let (status, body) = ask(&setup, asked, stream).await;
            assert_eq!(status, 200, "{asked}: {body}");
            assert_eq!((replay.log().count(), model_seen(replay).as_str()), (before + 1, sent), "{asked}");
        }
    }
    // An effort in a name is the request's, in the words of either upstream.
    assert_eq!(ask(&setup, "gpt-5.5-high", false).await.0, 200);
    let sent = seen(&responses_replay);
    assert_eq!((&sent["model"], &sent["reasoning"]["effort"]), (&json!("gpt-5.5"), &json!("high")));
    assert_eq!(ask(&setup, "fast(low)", true).await.0, 200);
    let sent = seen(&chat_replay);
    assert_eq!((&sent["model"], &sent["reasoning_effort"]), (&json!("qwen3"), &json!("low")));
    let (status, error) = refusal(setup.ask(&hello("o3", false)).await).await;
    assert_eq!((status, &error["code"], &error["param"]), (404, &json!("model_not_found"), &json!("model")));
    setup.stop().await;
}

#[tokio::test]
async fn a_client_of_messages_reads_the_name_it_asked_by_and_the_others_the_upstreams() {
    for api in [Api::Chat, Api::Responses] {
        let (upstream, replay) = recorded("upstream", api, "", &[], &[]).await;
        let (second, _second) = recorded("second", api, "", &[], &[]).await;
        let first = Member { models: vec!["first-*".to_owned()], ..nobody("first", api, &["second"]).await };
        let aliases = [alias("claude-*", "gpt-5.5"), alias("sonnet", "first-choice")];
        let setup = serving(Upstreams::new(vec![first, upstream, second], aliases, false).unwrap()).await;
        // Of another name, also where another upstream stands in, and of one that the upstream knows in more detail.
        for model in ["claude-opus-5-5", "sonnet", "gpt-5.5"] {
            for stream in [false, true] {
                let body = json!({"model": model, "max_tokens": 99, "stream": stream, "messages": [{"role": "user", "content": "Hello"}]});
                let said = setup.post("/v1/messages", body.to_string()).send().await.unwrap().text().await.unwrap();
                assert!(said.contains(&format!(r#""model":"{model}""#)), "{api:?}, {model}: {said}");
                assert_eq!(said.matches(r#""model":"#).count(), 1, "{said}");
            }
        }
        assert_eq!(model_seen(&replay), "gpt-5.5");
        let (_, said) = ask(&setup, "claude-opus-5-5", false).await;
        assert!(!said.contains("claude-opus-5-5"), "{said}");
        setup.stop().await;
    }
}

#[tokio::test]
async fn what_is_passed_on_under_another_name_is_otherwise_untouched() {
    let (chat, replay) = recorded("local", Api::Chat, "", &[], &[]).await;
    let setup = serving(Upstreams::new(vec![chat], [alias("fast", "qwen3")], false).unwrap()).await;
    let body = r#"{ "messages":[{"role":"user","content":"Hello"}], "temperature" : 1.0, "model":"fast", "prompt_cache_key":"k" }"#;
    assert_eq!(setup.post("/v1/chat/completions", body).send().await.unwrap().status(), 200);
    let seen = replay.log().last().unwrap();
    assert_eq!(seen.request, body.replace("\"fast\"", "\"qwen3\""));
    setup.stop().await;
}

#[tokio::test]
async fn who_cannot_be_reached_is_stood_in_for() {
    let pairs = [Api::Chat, Api::Responses].map(|first| [Api::Chat, Api::Responses].map(|second| (first, second)));
    join_all(pairs.concat().into_iter().map(|(first, second)| async move {
        let (other, replay) = recorded("second", second, "", &[], &[]).await;
        let members = vec![nobody("first", first, &["second"]).await, other];
        let setup = serving(Upstreams::new(members, [], false).unwrap()).await;
        for (status, body) in join_all([false, true].map(|stream| ask(&setup, "gpt-5.5", stream))).await {
            assert_eq!(status, 200, "{first} {second}: {body}");
            assert!(body.contains("chat.completion"), "{body}");
        }
        assert_eq!(replay.log().count(), 2);
        setup.stop().await;
    }))
    .await;
}

#[tokio::test]
async fn a_plan_that_is_used_up_is_stood_in_for_and_a_busy_server_is_not() {
    for (case, status) in [("responses/codex-usage-limit", 200), ("responses/error-401", 401)] {
        let (first, first_replay) = recorded("first", Api::Responses, case, &[], &["second"]).await;
        let (second, second_replay) = recorded("second", Api::Chat, "", &[], &[]).await;
        let setup = serving(Upstreams::new(vec![first, second], [], false).unwrap()).await;
        let (answered, body) = ask(&setup, "gpt-5.5", true).await;
        assert_eq!(answered, status, "{case}: {body}");
        assert_eq!(first_replay.log().count(), 1, "{case}");
        assert_eq!(second_replay.log().count(), u64::from(status == 200), "{case}");
        setup.stop().await;
    }
}

#[tokio::test]
async fn there_is_one_list_of_all_models() {
    let (chat, _chat) = recorded("local", Api::Chat, "", &["gpt-5.4*"], &[]).await;
    let (rest, _rest) = recorded("rest", Api::Responses, "", &[], &[]).await;
    let dead = Member { models: vec!["x".to_owned()], ..nobody("dead", Api::Chat, &[]).await };
    let aliases = [alias("fast", "gpt-5.4"), alias("claude-*", "gpt-5.4")];
    let setup = serving(Upstreams::new(vec![dead, chat, rest], aliases, false).unwrap()).await;
    let response = setup.client.get(format!("{}/v1/models", setup.url)).send().await.unwrap();
    let list: Value = serde_json::from_slice(&response.bytes().await.unwrap()).unwrap();
    let ids: Vec<&str> = list["data"].as_array().unwrap().iter().map(|model| model["id"].as_str().unwrap()).collect();
    assert_eq!(ids.last(), Some(&"fast"), "{ids:?}");
    let mut once = ids.clone();
    once.sort_unstable();
    once.dedup();
    assert_eq!(once.len(), ids.len(), "no model twice: {ids:?}");
    setup.stop().await;
}

/// Two hundred streams that are under way when others take the place of their upstream.
#[tokio::test]
async fn no_stream_is_dropped_when_the_upstreams_change() {
    let slow = Replay::embedded().faults(Faults { delay: Duration::from_millis(20), ..Faults::default() });
    let (first, first_replay) = behind("first", Api::Responses, slow, &[], &[]).await;
    let (second, second_replay) = recorded("second", Api::Chat, "", &[], &[]).await;
    let setup = serving(Upstreams::new(vec![first], [], false).unwrap()).await;
    let streams: Vec<_> = (0..200)
        .map(|_| {
            let request = setup.post("/v1/chat/completions", hello("gpt-5.5", true).to_string());
            tokio::spawn(async move { request.send().await.unwrap().text().await.unwrap() })
        })
        .collect();
    while first_replay.log().count() < 200 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    setup.handle.replace(Upstreams::new(vec![second], [], false).unwrap()).await;
    assert_eq!(ask(&setup, "gpt-5.5", false).await.0, 200);
    assert_eq!(second_replay.log().count(), 1, "what comes now goes to the new one");
    for stream in streams {
        let body = stream.await.unwrap();
        assert!(body.ends_with("data: [DONE]\n\n"), "{body}");
    }
    setup.stop().await;
}
