//! The Codex backend: what it is asked, what it refuses, its limits and its models.

use std::time::{Duration, SystemTime};

use interlingua_executor::{Error, Executor, LimitKind, Phase, Reply};
use serde_json::{Value, json};

use crate::codex_backend::{Answer, Backend, SECRET, created, delta, failed, hello};
use crate::support::{chat, drain, request, streamed};

/// The text of an answer, streamed or not.
async fn text(executor: &Executor, stream: bool) -> Result<String, Error> {
    Ok(match executor.ask(request(stream)).await?.value {
        Reply::Whole(response) => {
            let response: Value = serde_json::from_slice(&response).unwrap();
            response["choices"][0]["message"]["content"].as_str().unwrap().to_owned()
        }
        Reply::Stream(stream) => {
            let chunks = drain(stream).await.0;
            let chunks = chunks.iter().filter_map(|chunk| serde_json::from_str::<Value>(chunk).ok());
            chunks.filter_map(|chunk| chunk["choices"][0]["delta"]["content"].as_str().map(str::to_owned)).collect()
        }
    })
}

fn burst() -> Answer {
    let error = json!({"error": {"type": "rate_limit_exceeded", "message": "slow down"}});
    Answer::json(429, &error).header("retry-after-ms", "20")
}

fn used_up() -> Value {
    json!({"type": "usage_limit_reached", "message": "The usage limit has been reached", "plan_type": "plus",
           "resets_at": 4_000_000_000_u64, "resets_in_seconds": 7200})
}

fn overloaded() -> Value {
    json!({"code": "server_is_overloaded", "message": "at capacity"})
}

#[tokio::test]
async fn a_request_has_everything_the_backend_asks_for_and_nothing_it_refuses() {
    let (backend, executor) = Backend::start([]).await;
    let body = json!({
        "model": "gpt-5.4", "temperature": 0.5, "max_tokens": 100, "user": "u", "seed": 1, "stop": "x", "top_p": 1.0,
        "metadata": {"a": "b"}, "store": true, "stream": true, "stream_options": {"include_usage": true},
        "service_tier": "auto",
        "messages": [{"role": "system", "content": "be brief"}, {"role": "user", "content": "hi"}],
        "tools": [{"type": "function", "function": {"name": "f".repeat(100), "parameters": {}}}],
    });
    let answer = executor.ask(chat(&body)).await.unwrap();
    assert!(answer.meta.losses.len() > 5, "{:?}", answer.meta.losses);
    drain(streamed(answer.value)).await;
    let (headers, body) = backend.asked().remove(0);
    assert_eq!(headers["chatgpt-account-id"], "acct-1");
    assert_eq!(headers["originator"], "codex_cli_rs");
    assert_eq!(headers["accept"], "text/event-stream");
    assert!(headers["user-agent"].to_str().unwrap().starts_with("codex"));
    assert_eq!(body["reasoning"], json!({"effort": "medium", "summary": "auto"}));
    assert_eq!(body["parallel_tool_calls"], true);
    assert_eq!(body["instructions"], "");
}

#[tokio::test]
async fn a_conversation_keeps_its_id_and_the_callers_key_comes_first() {
    let (backend, executor) = Backend::start([]).await;
    let hi = json!({"role": "user", "content": "hi"});
    let turns = [
        json!({"model": "gpt-5.4", "messages": [hi]}),
        json!({"model": "gpt-5.4", "messages": [hi, {"role": "assistant", "content": "Hello"}, {"role": "user", "content": "?"}]}),
        json!({"model": "gpt-5.4", "messages": [hi], "prompt_cache_key": "mine"}),
    ];
    for turn in &turns {
        executor.ask(chat(turn)).await.unwrap();
    }
    let ids: Vec<_> = backend
        .asked()
        .iter()
        .map(|(headers, body)| {
            assert_eq!(headers["session-id"], body["prompt_cache_key"].as_str().unwrap());
            body["prompt_cache_key"].as_str().unwrap().to_owned()
        })
        .collect();
    assert_eq!((&ids[0], ids[2].as_str()), (&ids[1], "mine"));
    assert_ne!(ids[0], ids[2]);
}

#[tokio::test]
async fn what_may_pass_is_asked_again_as_a_status_and_inside_a_stream() {
    let setbacks = [
        burst(),
        Answer::json(503, &json!({"detail": "busy"})).header("retry-after-ms", "20"),
        Answer::events(&[created(), failed(&overloaded())]),
        Answer::events(&[created(), json!({"type": "error", "code": "rate_limit_exceeded", "message": "slow down"})]),
    ];
    for (number, setback) in setbacks.into_iter().enumerate() {
        for stream in [true, false] {
            let (backend, executor) = Backend::start([setback.clone()]).await;
            assert_eq!(text(&executor, stream).await.unwrap(), "Hello", "{number}");
            let asked = backend.asked();
            assert_eq!(asked.len(), 2, "{number}");
            assert_eq!(asked[0].1, asked[1].1, "the same request");
        }
    }
}

#[tokio::test]
async fn a_setback_that_lasts_is_told_after_three_attempts() {
    let (backend, executor) = Backend::start(std::iter::repeat_n(burst(), 5)).await;
    let error = text(&executor, true).await.unwrap_err();
    assert_eq!((error.status().as_u16(), error.failure().message.as_str()), (429, "slow down"));
    assert_eq!(error.usage_limit(), None, "a burst is no used-up plan");
    assert_eq!(backend.asked().len(), 3);
}

#[tokio::test]
async fn a_used_up_plan_is_typed_has_its_status_and_is_asked_once() {
    let inside = |event| Answer::events(&[created(), event]);
    let mut coded = used_up();
    coded["code"] = "usage_limit_reached".into();
    let answers = [
        Answer::json(429, &json!({"error": used_up()})),
        inside(failed(&coded)),
        inside(json!({"type": "error", "error": used_up()})),
        Answer::json(200, &json!({"error": used_up()})),
    ];
    for (number, answer) in answers.into_iter().enumerate() {
        for stream in [true, false] {
            let (backend, executor) = Backend::start([answer.clone()]).await;
            let error = text(&executor, stream).await.unwrap_err();
            assert_eq!(error.status(), 429, "{number}: {error:?}");
            assert_eq!(error.retry_after(), Some(Duration::from_secs(7200)), "{number}");
            let limit = error.usage_limit().unwrap();
            assert_eq!((limit.kind, limit.plan.as_deref()), (LimitKind::UsageLimitReached, Some("plus")), "{number}");
            assert_eq!(limit.resets_at, Some(SystemTime::UNIX_EPOCH + Duration::from_secs(4_000_000_000)));
            let body = serde_json::to_value(error.body()).unwrap();
            assert_eq!(body["error"]["resets_at"], 4_000_000_000_u64, "{number}: {body}");
            assert_eq!(backend.asked().len(), 1, "{number}");
        }
    }
    for code in ["insufficient_quota", "usage_not_included", "quota_exceeded"] {
        let (backend, executor) = Backend::start([Answer::json(429, &json!({"error": {"code": code}}))]).await;
        let error = text(&executor, true).await.unwrap_err();
        assert_eq!(error.usage_limit().map(|limit| limit.kind.as_str()), Some(code));
        assert_eq!(backend.asked().len(), 1, "{code}");
    }
}

#[tokio::test]
async fn nothing_is_asked_again_once_something_was_said() {
    let said = Answer::events(&[created(), delta("Hel"), failed(&overloaded())]);
    let cut = Answer::events(&[created(), delta("Hel")]).cut();
    for answer in [said, cut] {
        let (backend, executor) = Backend::start([answer.clone()]).await;
        let stream = streamed(executor.ask(request(true)).await.unwrap().value);
        let (events, stream) = drain(stream).await;
        assert!(events.last().unwrap().contains("\"error\""), "{events:?}");
        assert!(stream.report().unwrap().failure.is_some());
        assert_eq!(backend.asked().len(), 1);

        let (backend, executor) = Backend::start([answer]).await;
        assert_eq!(text(&executor, false).await.unwrap_err().phase(), Phase::MidStream);
        assert_eq!(backend.asked().len(), 1);
    }
}

#[tokio::test]
async fn a_stream_that_ends_without_its_last_event_is_no_answer() {
    for answer in [Answer::events(&[created()]), Answer::events(&[created()]).cut(), Answer::events(&[])] {
        for stream in [true, false] {
            let (backend, executor) = Backend::start([answer.clone()]).await;
            let error = text(&executor, stream).await.unwrap_err();
            assert_eq!((error.status().as_u16(), error.failure().code.as_deref()), (502, Some("stream_incomplete")));
            assert_eq!(backend.asked().len(), 1, "it may have been answered");
        }
    }
}

#[tokio::test]
async fn pages_and_details_become_short_errors_with_the_request_id() {
    let page = "<!DOCTYPE html><html><title>Just a moment...</title>challenge-platform</html>";
    let refusals = [
        (Answer::new(403, "text/html; charset=UTF-8", page).header("cf-ray", "8f1-FRA"), 403, "web page", "8f1-FRA"),
        (Answer::json(400, &json!({"detail": "Unsupported parameter: x"})), 400, "Unsupported parameter: x", ""),
        (Answer::new(400, "application/json", "").header("x-request-id", "req_1"), 400, "nothing more", "req_1"),
    ];
    for (answer, status, says, id) in refusals {
        let (backend, executor) = Backend::start([answer]).await;
        let error = text(&executor, true).await.unwrap_err();
        assert_eq!((error.status().as_u16(), error.phase()), (status, Phase::Headers));
        assert!(error.failure().message.contains(says) && !error.to_string().contains('<'), "{error}");
        assert_eq!(error.request_id().unwrap_or_default(), id);
        assert_eq!(backend.asked().len(), 1);
    }
}

#[tokio::test]
async fn whoever_leaves_while_the_next_attempt_is_due_is_asked_for_no_more() {
    let slow = Answer::json(503, &json!({"detail": "busy"})).header("retry-after-ms", "300");
    let (backend, executor) = Backend::start([slow]).await;
    let call = tokio::time::timeout(Duration::from_millis(150), text(&executor, true)).await;
    assert!(call.is_err(), "it was waiting");
    tokio::time::sleep(Duration::from_millis(400)).await;
    assert_eq!(backend.asked().len(), 1);
}

#[tokio::test]
async fn a_refused_token_is_renewed_once_and_then_the_person_is_told_what_to_do() {
    let (backend, executor) = Backend::start([]).await;
    backend.refuse_tokens_below(1);
    assert_eq!(text(&executor, true).await.unwrap(), "Hello");
    let tokens = |backend: &Backend| -> Vec<String> {
        backend.asked().iter().map(|(headers, _)| headers["authorization"].to_str().unwrap().to_owned()).collect()
    };
    // The list of models came first and had the token renewed.
    assert_eq!(tokens(&backend), [format!("Bearer {SECRET}-1")]);

    backend.refuse_tokens_below(u32::MAX);
    let error = text(&executor, false).await.unwrap_err();
    assert!(error.needs_login());
    assert_eq!((error.status().as_u16(), error.failure().code.as_deref()), (401, Some("login_required")));
    assert!(error.to_string().contains("interlingua login"), "{error}");
    assert_eq!(tokens(&backend).len(), 3, "one replay");
}

#[tokio::test]
async fn limits_are_kept_from_headers_and_from_events() {
    let event = json!({"type": "codex.rate_limits", "plan_type": "pro",
                       "rate_limits": {"primary": {"used_percent": 40.5, "window_minutes": 300, "reset_at": 1_900_000_000}}});
    let mut events = hello();
    events.insert(2, event.clone());
    let with_headers = |answer: Answer| {
        answer.header("x-codex-primary-used-percent", "12.5").header("x-codex-primary-window-minutes", "300")
    };
    let answers = [with_headers(Answer::events(&hello())), Answer::events(&events)];
    let (_backend, executor) = Backend::start(answers).await;
    assert_eq!(executor.rate_limits(), None);

    assert_eq!(text(&executor, true).await.unwrap(), "Hello");
    let limits = executor.rate_limits().unwrap();
    assert_eq!(limits.windows()[0].used_percent.to_bits(), 12.5_f64.to_bits());
    assert!(limits.taken.elapsed().unwrap() < Duration::from_secs(60));

    for stream in [true, false] {
        let (_backend, executor) = Backend::start([Answer::events(&events)]).await;
        assert_eq!(text(&executor, stream).await.unwrap(), "Hello", "the event does not disturb the answer");
        let limits = executor.rate_limits().unwrap();
        assert_eq!(serde_json::from_str::<Value>(limits.report.as_ref().unwrap().text()).unwrap(), event, "raw");
        assert_eq!(limits.windows()[0].used_percent.to_bits(), 40.5_f64.to_bits());
        assert_eq!(limits.plan().as_deref(), Some("pro"));
    }
}

#[tokio::test]
async fn the_use_of_the_plan_can_be_asked_for() {
    let (backend, executor) = Backend::start([]).await;
    let limits = executor.usage().await.unwrap();
    let windows = limits.windows();
    assert_eq!(windows.iter().map(|window| window.name).collect::<Vec<_>>(), ["primary", "secondary"]);
    assert_eq!(windows[0].length, Some(Duration::from_secs(18_000)));
    assert_eq!(executor.rate_limits(), Some(limits));
    assert!(backend.asked().is_empty(), "no model was asked");
}

fn model_list(etag: &str) -> Answer {
    let levels = |efforts: &[&str]| efforts.iter().map(|effort| json!({ "effort": effort })).collect::<Vec<_>>();
    let list = json!({"models": [
        {"slug": "gpt-lite", "visibility": "list", "use_responses_lite": true, "default_reasoning_level": "medium",
         "supported_reasoning_levels": levels(&["low", "medium"])},
        {"slug": "gpt-5.4", "visibility": "list", "supported_reasoning_levels": levels(&["low", "medium", "high"])},
        {"slug": "gpt-inner", "visibility": "hide"},
    ]});
    Answer::json(200, &list).header("etag", etag)
}

async fn names(executor: &Executor) -> Result<Vec<String>, Error> {
    let list = executor.models().await?.value;
    Ok(list.data.unwrap().into_iter().map(|model| model.id.unwrap()).collect())
}

#[tokio::test]
async fn a_models_own_ways_are_read_from_the_list() {
    let (backend, executor) = Backend::start([]).await;
    let backend = backend.with_models([model_list("\"1\"")]);
    let tools = json!([{"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}]);
    for model in ["gpt-lite", "gpt-5.4"] {
        let body = json!({"model": model, "messages": [{"role": "user", "content": "hi"}], "tools": tools,
                          "reasoning_effort": "xhigh"});
        let answer = executor.ask(chat(&body)).await.unwrap();
        assert!(answer.meta.losses.iter().any(|loss| loss.path == "reasoning_effort"), "{:?}", answer.meta.losses);
    }
    let asked = backend.asked();
    let (headers, lite) = &asked[0];
    assert_eq!(headers["x-openai-internal-codex-responses-lite"], "true");
    assert_eq!((&lite["tools"], &lite["instructions"]), (&Value::Null, &json!("")));
    assert_eq!(lite["parallel_tool_calls"], false);
    assert_eq!(lite["input"][0]["type"], "additional_tools");
    assert_eq!(lite["input"][0]["role"], "developer");
    assert_eq!((&lite["reasoning"]["context"], &lite["reasoning"]["effort"]), (&json!("all_turns"), &json!("medium")));
    let (headers, plain) = &asked[1];
    assert!(!headers.contains_key("x-openai-internal-codex-responses-lite"));
    assert_eq!((&plain["tools"][0]["name"], &plain["reasoning"]["effort"]), (&json!("f"), &json!("high")));
    let asked = backend.asked_models();
    assert_eq!(asked.len(), 1, "asked for once");
    assert!(asked[0].0.starts_with("client_version="), "{asked:?}");
}

#[tokio::test]
async fn the_list_is_kept_and_the_last_good_one_stays() {
    let (backend, executor) = Backend::start([]).await;
    let unchanged = Answer::new(304, "text/plain", "");
    let broken = Answer::new(200, "text/html", "<html>");
    let backend = backend.with_models([model_list("\"1\""), unchanged, broken, model_list("\"2\"")]);
    for _ in 0..4 {
        assert_eq!(names(&executor).await.unwrap(), ["gpt-lite", "gpt-5.4"]);
    }
    let etags: Vec<_> =
        backend.asked_models().iter().map(|(_, headers)| headers.get("if-none-match").cloned()).collect();
    assert_eq!(etags[0], None);
    assert!(etags[1..].iter().all(|etag| etag.as_ref().is_some_and(|etag| etag == "\"1\"")), "{etags:?}");
    // From here on there is no list any more.
    assert_eq!(names(&executor).await.unwrap().len(), 2);

    let (_backend, executor) = Backend::start([]).await;
    assert_eq!(names(&executor).await.unwrap_err().status(), 404, "nothing is compiled in");
}

#[tokio::test]
async fn no_token_is_ever_shown() {
    let echo = |status| {
        Answer::json(status, &json!({"error": {"message": format!("who is Bearer {SECRET}-0?"), "code": "no"}}))
    };
    let mut told = Vec::new();
    for answer in [echo(400), echo(403), Answer::events(&[created()]).cut(), burst()] {
        let (_backend, executor) = Backend::start(std::iter::repeat_n(answer, 3)).await;
        let error = text(&executor, true).await.unwrap_err();
        told.extend([format!("{executor:?}"), format!("{error:?}"), error.to_string()]);
        told.push(serde_json::to_string(&error.body()).unwrap());
        told.push(format!("{:?} {:?}", error.head(), executor.rate_limits()));
    }
    let (backend, executor) = Backend::start([]).await;
    backend.refuse_tokens_below(u32::MAX);
    for error in [executor.usage().await.unwrap_err(), executor.models().await.unwrap_err()] {
        told.extend([format!("{error:?}"), error.to_string()]);
    }
    assert!(told.iter().all(|text| !text.contains(SECRET)), "{told:#?}");
}
