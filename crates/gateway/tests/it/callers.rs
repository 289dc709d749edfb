//! Callers with keys of their own: models, limits, numbers, and replies that are nobody else's.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "helpers of tests may fail as tests do")]

use interlingua_gateway::{CallerKey, CallerLimits};
use interlingua_translate::Api;
use reqwest::RequestBuilder;
use serde_json::{Value, json};

use crate::support::{Plan, Setup, hello, refusal};

const LAPTOP: &str = "key-of-the-laptop";
const ROBOT: &str = "key-of-the-robot";

fn plan() -> Plan {
    let key = |name: &str, key: &str| CallerKey::new(name, &CallerKey::hash_of(key)).unwrap();
    let limits = CallerLimits { requests_per_minute: Some(3), ..CallerLimits::default() };
    let mut robot = key("robot", ROBOT);
    robot.limits = limits;
    robot.models = vec!["gpt-5*".to_owned()];
    Plan { callers: vec![key("laptop", LAPTOP), robot], inbound_key: Some("everybodys-key"), ..Plan::default() }
}

fn ask(setup: &Setup, model: &str) -> RequestBuilder {
    let mut asked = hello(false);
    asked["model"] = json!(model);
    setup.post("/v1/chat/completions", asked.to_string())
}

#[tokio::test]
async fn each_key_opens_the_door_to_its_own_models() {
    let setup = plan().start().await;
    for key in [LAPTOP, ROBOT, "everybodys-key"] {
        assert_eq!(ask(&setup, "gpt-5.4").bearer_auth(key).send().await.unwrap().status(), 200, "{key}");
        let seen = setup.replay.log().last().unwrap().header_names;
        assert!(seen.iter().all(|name| name != "authorization" && !name.contains("caller")), "{seen:?}");
    }
    assert_eq!(ask(&setup, "o3").bearer_auth(LAPTOP).send().await.unwrap().status(), 200);
    let (status, error) = refusal(ask(&setup, "o3").bearer_auth(ROBOT).send().await.unwrap()).await;
    assert_eq!((status, &error["code"]), (403, &json!("model_not_allowed")));
    assert!(error["message"].as_str().unwrap().contains("`robot`") && !error.to_string().contains(ROBOT));
    let (status, _) = refusal(ask(&setup, "gpt-5.4").bearer_auth("key-of-nobody").send().await.unwrap()).await;
    assert_eq!(status, 401);
    setup.stop().await;
}

#[tokio::test]
async fn what_is_asked_beside_an_answer_is_for_its_own_models_too() {
    let setup = plan().start().await;
    for path in ["/v1/responses/compact", "/v1/responses/input_tokens"] {
        let beside = json!({"model": "o3", "input": "Hello"}).to_string();
        let (status, error) = refusal(setup.post(path, beside).bearer_auth(ROBOT).send().await.unwrap()).await;
        assert_eq!((status, &error["code"]), (403, &json!("model_not_allowed")), "{path}");
    }
    assert_eq!(setup.replay.log().count(), 0);
    setup.stop().await;
}

#[tokio::test]
async fn who_has_asked_too_often_is_told_when_to_come_back_and_counted_by_name() {
    let setup = plan().start().await;
    for _ in 0..3 {
        assert_eq!(ask(&setup, "gpt-5.4").bearer_auth(ROBOT).send().await.unwrap().status(), 200);
    }
    let response = ask(&setup, "gpt-5.4").bearer_auth(ROBOT).send().await.unwrap();
    assert_eq!(response.headers()["retry-after"], "20");
    let (status, error) = refusal(response).await;
    assert_eq!((status, &error["code"]), (429, &json!("rate_limit_exceeded")));
    assert_eq!(
        ask(&setup, "gpt-5.4").bearer_auth(LAPTOP).send().await.unwrap().status(),
        200,
        "others are not held up"
    );
    let page = setup.client.get(format!("{}/metrics", setup.url)).bearer_auth(LAPTOP).send().await.unwrap();
    let page = page.text().await.unwrap();
    assert!(page.contains("interlingua_tokens_total{caller=\"robot\""), "{page}");
    assert!(!page.contains("key-of"), "{page}");
    setup.stop().await;
}

#[tokio::test]
async fn a_kept_reply_is_its_callers_alone() {
    // Such an upstream keeps nothing itself.
    let setup = Plan { api: Api::Chat, ..plan() }.start().await;
    let asked = json!({"model": "gpt-5.4", "input": "Hello", "store": true}).to_string();
    let kept = setup.post("/v1/responses", asked).bearer_auth(LAPTOP).send().await.unwrap();
    let kept: Value = serde_json::from_slice(&kept.bytes().await.unwrap()).unwrap();
    let url = format!("{}/v1/responses/{}", setup.url, kept["id"].as_str().unwrap());
    for (key, pretended, status) in [(LAPTOP, "laptop", 200), (ROBOT, "laptop", 404), ("everybodys-key", "laptop", 404)]
    {
        let request = setup.client.get(&url).bearer_auth(key).header("x-interlingua-caller", pretended);
        assert_eq!(request.send().await.unwrap().status(), status, "{key}");
    }
    setup.stop().await;
}
