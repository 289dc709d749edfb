//! Keys, names of models, lists of models, and heartbeats, as clients of Messages know them.

use interlingua_gateway::{Config, InboundKey};
use interlingua_translate::Api;
use serde_json::{Value, json};

use super::{Double, Told, answer_in, hello, over, refused};
use crate::support::{Plan, data, impatient};

#[tokio::test]
async fn either_header_has_the_key_and_neither_goes_on() {
    for api in Api::ALL.iter().copied() {
        let double = Double::start(move |_| Told::json(200, &answer_in(api))).await;
        let inbound_key = Some(InboundKey::new("key-of-the-gateway").unwrap());
        let setup = over(double.config(api), Config { inbound_key, ..Config::default() }).await;
        let asked = |headers: &[(&'static str, &'static str)]| {
            let asked = setup.post("/v1/messages", hello(false).to_string());
            headers.iter().fold(asked, |asked, (name, value)| asked.header(*name, *value)).send()
        };
        let (bearer, key) = (("authorization", "Bearer key-of-the-gateway"), ("x-api-key", "key-of-the-gateway"));
        for headers in [
            &[bearer][..],
            &[key],
            &[bearer, key],
            &[("authorization", "Bearer another-one"), key],
            &[bearer, ("x-api-key", "another-one")],
        ] {
            assert_eq!(asked(headers).await.unwrap().status(), 200, "{headers:?}");
            let seen = double.asked().pop().unwrap();
            assert!(seen.header("authorization").is_none() && seen.header("x-api-key").is_none(), "{headers:?}");
        }
        for headers in [&[][..], &[("authorization", "Bearer another-one")], &[("x-api-key", "another-one")]] {
            let (status, class, ..) = refused(asked(headers).await.unwrap()).await;
            assert_eq!((status, class.as_str()), (401, "authentication_error"), "{headers:?}");
        }
        // The probe comes without.
        let probe = setup.client.head(format!("{}/api/hello", setup.url)).send().await.unwrap();
        assert_eq!(probe.status(), 200);
        setup.stop().await;
    }
}

#[tokio::test]
async fn the_marks_of_a_models_name_do_not_go_on_and_are_there_again_in_the_reply() {
    for api in Api::ALL.iter().copied() {
        let double = Double::start(move |_| Told::json(200, &answer_in(api))).await;
        let setup = over(double.config(api), Config::default()).await;
        for model in ["gpt-5.5", "anthropic/gpt-5.5", "gpt-5.5[1m]", "anthropic/gpt-5.5[1m]"] {
            let mut body = hello(false);
            body["model"] = json!(model);
            let reply = setup.post("/v1/messages", body.to_string()).send().await.unwrap();
            assert_eq!(reply.status(), 200);
            let reply: Value = reply.json().await.unwrap();
            // What is passed on is left alone where nobody changed the name on the way there.
            let said =
                if api == Api::Messages && model == "gpt-5.5" { answer_in(api)["model"].clone() } else { json!(model) };
            assert_eq!(reply["model"], said, "{model} {api:?}");
            let seen: Value = serde_json::from_str(&double.asked().pop().unwrap().body).unwrap();
            assert_eq!(seen["model"], "gpt-5.5", "{model} {api:?}");
        }
        setup.stop().await;
    }
}

#[tokio::test]
async fn models_are_listed_in_each_clients_form_whoever_lists_them() {
    let openais = json!({"object": "list", "data": [
        {"id": "gpt-5.5", "object": "model", "created": 1_700_000_000, "owned_by": "o", "max_model_len": 9}]});
    let anthropics = json!({"data": [{"type": "model", "id": "claude-opus-5", "display_name": "Claude Opus 5",
        "created_at": "2023-11-14T22:13:20Z", "lifecycle": "active", "max_tokens": 7}], "has_more": false});
    for (api, told, listed, id) in [
        (Api::Chat, openais, "anthropic/gpt-5.5", "gpt-5.5"),
        (Api::Messages, anthropics, "claude-opus-5", "claude-opus-5"),
    ] {
        let whole = if api == Api::Messages { "/v1/models?limit=1000" } else { "/v1/models" };
        let double = Double::start(move |seen| {
            assert_eq!(seen.path, whole);
            Told::json(200, &told)
        })
        .await;
        let setup = over(double.config(api), Config::default()).await;
        let get = async |path: &str, is_of_messages: bool| -> Value {
            let request = setup.client.get(format!("{}{path}", setup.url));
            let request = if is_of_messages { request.header("anthropic-version", "2023-06-01") } else { request };
            let response = request.send().await.unwrap();
            assert_eq!(response.status(), 200, "{path}");
            assert_eq!(response.headers().contains_key("request-id"), is_of_messages);
            serde_json::from_slice(&response.bytes().await.unwrap()).unwrap()
        };
        let list = get("/v1/models?limit=1000", true).await;
        assert_eq!(double.listings(), 1);
        assert_eq!(
            (&list["has_more"], &list["first_id"], &list["last_id"]),
            (&json!(false), &json!(listed), &json!(listed))
        );
        let model = &list["data"][0];
        for (name, value) in
            [("type", "model"), ("id", listed), ("created_at", "2023-11-14T22:13:20Z"), ("lifecycle", "active")]
        {
            assert_eq!(model[name], value, "{model}");
        }
        assert!(model["display_name"].is_string() && model.get("object").is_none(), "{model}");
        for name in [listed, id] {
            assert_eq!(&get(&format!("/v1/models/{name}"), true).await, model);
        }
        let list = get("/v1/models", false).await;
        let model = &list["data"][0];
        assert_eq!((&list["object"], &model["object"], &model["id"]), (&json!("list"), &json!("model"), &json!(id)));
        assert_eq!(model["created"], 1_700_000_000);
        assert_eq!(&get(&format!("/v1/models/{id}"), false).await, model);
        setup.stop().await;
    }
}

/// The rest of a stream that is slow is bridged by the API's own event, before its beginning and between two others.
#[tokio::test]
async fn a_pause_is_bridged_by_a_ping() {
    for api in Api::ALL.iter().copied() {
        let setup = Plan { api, faults: "delay=250ms", ..impatient() }.start().await;
        let response = setup.post("/v1/messages", hello(true).to_string()).send().await.unwrap();
        assert_eq!(response.headers()["content-type"].to_str().unwrap().split(';').next(), Some("text/event-stream"));
        let body = response.text().await.unwrap();
        assert!(body.contains("event: ping\ndata: {\"type\":\"ping\"}\n\n"), "{api:?}: {body}");
        assert!(!body.contains(": keepalive"), "{body}");
        let events: Vec<Value> = data(&body).into_iter().map(|data| serde_json::from_str(data).unwrap()).collect();
        assert_eq!(events.last().unwrap()["type"], "message_stop", "{api:?}: {body}");
        for (name, data) in body.lines().filter_map(|line| line.strip_prefix("event: ")).zip(&events) {
            assert_eq!(data["type"], name, "each event is whole");
        }
        setup.stop().await;
    }
}
