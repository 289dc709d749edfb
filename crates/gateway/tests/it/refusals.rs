//! What is refused, and how it is said: in OpenAI's shape, with the path in the caller's own document.

use serde_json::json;

use crate::support::{Plan, hello, refusal};

#[tokio::test]
async fn an_unknown_path_is_told_the_known_ones() {
    let setup = Plan::default().start().await;
    let (status, error) = refusal(setup.post("/v1/completions", "{}").send().await.unwrap()).await;
    assert_eq!(status, 404);
    let message = error["message"].as_str().unwrap();
    for part in ["POST /v1/completions", "/v1/chat/completions", "/v1/responses", "/v1/models", "/healthz"] {
        assert!(message.contains(part), "{message}");
    }
    setup.stop().await;
}

#[tokio::test]
async fn a_wrong_method_is_told_so() {
    let setup = Plan::default().start().await;
    for path in ["/v1/chat/completions", "/chat/completions"] {
        let response = setup.client.get(format!("{}{path}", setup.url)).send().await.unwrap();
        assert_eq!(response.headers()["allow"], "POST");
        assert_eq!(refusal(response).await.0, 405);
    }
    let response = setup.post("/healthz", "{}").send().await.unwrap();
    assert_eq!(refusal(response).await.0, 405);
    setup.stop().await;
}

#[tokio::test]
async fn a_body_that_does_not_say_it_is_json_is_refused() {
    let setup = Plan::default().start().await;
    let url = format!("{}/v1/chat/completions", setup.url);
    for kind in [None, Some("text/plain"), Some("application/x-www-form-urlencoded"), Some("multipart/form-data")] {
        let request = setup.client.post(&url).body(hello(false).to_string());
        let request = kind.into_iter().fold(request, |request, kind| request.header("content-type", kind));
        let (status, error) = refusal(request.send().await.unwrap()).await;
        assert_eq!((status, error["code"].as_str()), (415, Some("unsupported_media_type")), "{kind:?}");
    }
    for kind in ["application/json; charset=utf-8", "Application/JSON", "application/vnd.api+json"] {
        let request = setup.client.post(&url).body(hello(false).to_string()).header("content-type", kind);
        assert_eq!(request.send().await.unwrap().status(), 200, "{kind}");
    }
    setup.stop().await;
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused_and_one_within_passes() {
    let mut plan = Plan::default();
    plan.limits.body = 1000;
    let setup = plan.start().await;
    let filled = |length: usize| {
        let empty = hello(false).to_string();
        format!("{}{}", empty, " ".repeat(length - empty.len()))
    };
    assert_eq!(setup.post("/v1/chat/completions", filled(1000)).send().await.unwrap().status(), 200);
    for length in [1001, 100_000, 10_000_000] {
        let (status, error) = refusal(setup.post("/v1/chat/completions", filled(length)).send().await.unwrap()).await;
        assert_eq!(status, 413, "{length}");
        assert!(error["message"].as_str().unwrap().contains("1000 bytes"));
    }
    assert_eq!(setup.replay.log().count(), 1, "the upstream has seen only the first");
    setup.stop().await;
}

#[tokio::test]
async fn an_image_of_20_mib_passes() {
    let setup = Plan::default().start().await;
    let url = format!("data:image/png;base64,{}", "iVBORw0KGgo=".repeat(20 * 1024 * 1024 / 12));
    let body = json!({"model": "gpt-5.4", "messages": [{"role": "user", "content": [
        {"type": "text", "text": "What is this?"},
        {"type": "image_url", "image_url": {"url": url}},
    ]}]});
    assert_eq!(setup.ask(&body).await.status(), 200);
    setup.stop().await;
}

#[tokio::test]
async fn what_is_wrong_in_a_body_is_told_by_place() {
    let setup = Plan::default().start().await;
    let cases = [
        ("{\"model\":\n", None, "line 2 column 0"),
        ("", None, "empty"),
        (r#"{"model":"m","messages":"hi"}"#, Some("messages"), "expected"),
        (
            r#"{"model":"m","messages":[{"role":"user","content":[{"type":"text","text":1}]}]}"#,
            Some("messages[0].content[0].text"),
            "expected",
        ),
        (r#"{"model":"m","messages":[]}"#, Some("messages"), ""),
        (r#"{"model":"m","messages":[{"role":"wizard","content":"x"}]}"#, Some("messages[0].role"), ""),
        (r#"{"model":"m","messages":[{"role":"user","content":"x"}],"n":2}"#, Some("n"), ""),
        (r#"{"messages":[{"role":"user","content":"x"}]}"#, Some("model"), ""),
    ];
    for (body, param, part) in cases {
        let (status, error) = refusal(setup.post("/chat/completions", body).send().await.unwrap()).await;
        assert_eq!(status, 400, "{body}");
        assert_eq!(error["type"], "invalid_request_error");
        assert_eq!(error["param"].as_str(), param, "{body}: {error}");
        assert!(error["message"].as_str().unwrap().contains(part), "{body}: {error}");
    }
    assert_eq!(setup.replay.log().count(), 0, "nothing of it went upstream");
    setup.stop().await;
}

#[tokio::test]
async fn an_upstream_that_is_not_there_is_a_502() {
    let setup = Plan::default().start().await;
    setup.replay.set_faults("cut=0".parse().unwrap());
    for stream in [false, true] {
        let (status, error) = refusal(setup.ask(&hello(stream)).await).await;
        assert_eq!((status, error["type"].as_str()), (502, Some("server_error")), "stream: {stream}: {error}");
    }
    setup.stop().await;
}

#[tokio::test]
async fn errors_of_the_upstream_keep_their_status_and_words() {
    let setup = Plan::default().start().await;
    for (fault, status, part) in [
        ("status=401", 401, "Incorrect API key"),
        ("status=429", 429, "Rate limit"),
        ("status=503", 503, "overloaded"),
        ("html", 403, "web page"),
    ] {
        setup.replay.set_faults(fault.parse().unwrap());
        for stream in [false, true] {
            let (got, error) = refusal(setup.ask(&hello(stream)).await).await;
            assert_eq!(got, status, "{fault}");
            let message = error["message"].as_str().unwrap();
            assert!(message.contains(part) && !message.contains('<'), "{fault}: {message}");
        }
    }
    setup.stop().await;
}

#[tokio::test]
async fn a_limit_tells_when_to_come_back() {
    let setup = Plan { case: Some("responses/error-429-rate-limit"), ..Plan::default() }.start().await;
    let response = setup.ask(&hello(true)).await;
    let headers = response.headers().clone();
    assert!(headers.contains_key("retry-after"), "{headers:?}");
    assert!(headers.keys().any(|name| name.as_str().starts_with("x-ratelimit-")), "{headers:?}");
    assert_eq!(refusal(response).await.0, 429);
    setup.stop().await;
}

#[tokio::test]
async fn a_refusal_inside_a_200_is_an_honest_status() {
    let setup = Plan { case: Some("responses/codex-usage-limit"), ..Plan::default() }.start().await;
    let (status, error) = refusal(setup.ask(&hello(true)).await).await;
    assert_eq!((status, error["code"].as_str()), (429, Some("usage_limit_reached")));
    setup.stop().await;
}
