//! Pictures that a server made: kept with the reply they are part of, and shown to the upstream when it is gone on from.
#![expect(clippy::unwrap_used, reason = "helpers of tests may fail as tests do")]

use interlingua_replay::Replay;
use interlingua_translate::Api;
use serde_json::{Value, json};

use crate::support::{Plan, Setup, data};

async fn over(case: &str, api: Api) -> Setup {
    let fixtures = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures");
    let replay = Replay::from_dir(fixtures).unwrap().case(case);
    Plan { api, ..Plan::default() }.over(replay).await
}

fn sent(setup: &Setup) -> Value {
    serde_json::from_slice(&setup.replay.log().last().unwrap().request).unwrap()
}

fn losses(response: &reqwest::Response) -> String {
    response.headers()["x-interlingua-losses"].to_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_kept_picture_of_a_chat_upstream_is_shown_to_it_on_the_next_turn() {
    let setup = over("chat/images", Api::Chat).await;
    for streamed in [false, true] {
        let asks = json!({"model": "m", "input": "Draw a dot.", "stream": streamed});
        let response = setup.post("/v1/responses", asks.to_string()).bearer_auth("k").send().await.unwrap();
        assert_eq!((response.status().as_u16(), &*losses(&response)), (200, "0"));
        let body = response.text().await.unwrap();
        let reply: Value = if streamed {
            let last = data(&body).into_iter().rfind(|data| *data != "[DONE]").unwrap();
            serde_json::from_str::<Value>(last).unwrap()["response"].take()
        } else {
            serde_json::from_str(&body).unwrap()
        };
        let made = &reply["output"][1];
        assert_eq!((&made["type"], &made["status"]), (&json!("image_generation_call"), &json!("completed")), "{reply}");
        let url = format!("data:image/png;base64,{}", made["result"].as_str().unwrap());

        let next = json!({"model": "m", "input": "Make it red.", "previous_response_id": reply["id"]});
        let response = setup.post("/v1/responses", next.to_string()).bearer_auth("k").send().await.unwrap();
        assert_eq!(losses(&response), "1; moved_media");
        let messages = sent(&setup)["messages"].take();
        assert_eq!(messages.as_array().unwrap().len(), 4, "{messages}");
        assert_eq!(messages[2]["role"], "user");
        assert_eq!(messages[2]["content"][1], json!({"type": "image_url", "image_url": {"url": url}}), "{messages}");
        assert_eq!(messages[3]["content"], "Make it red.");
    }
    setup.stop().await;
}

#[tokio::test]
async fn a_chat_client_gets_the_picture_of_a_hosted_tool_and_brings_it_back() {
    let setup = over("responses/image-generation", Api::Responses).await;
    let asks = json!({"model": "m", "messages": [{"role": "user", "content": "Draw a dot."}]});
    let response = setup.post("/v1/chat/completions", asks.to_string()).bearer_auth("k").send().await.unwrap();
    assert!(!losses(&response).contains("hosted_call"), "{}", losses(&response));
    let reply: Value = serde_json::from_slice(&response.bytes().await.unwrap()).unwrap();
    let message = &reply["choices"][0]["message"];
    let url = message["images"][0]["image_url"]["url"].as_str().unwrap();
    assert!(url.starts_with("data:image/png;base64,iVBORw"), "{message}");

    let next =
        json!({"model": "m", "messages": [asks["messages"][0], message, {"role": "user", "content": "Red, please."}]});
    let response = setup.post("/v1/chat/completions", next.to_string()).bearer_auth("k").send().await.unwrap();
    assert_eq!(response.status(), 200);
    let input = sent(&setup)["input"].take();
    let shown = input.as_array().unwrap().iter().find(|item| item["content"][1]["type"] == "input_image").unwrap();
    assert_eq!((&shown["role"], &shown["content"][1]["image_url"]), (&json!("user"), &json!(url)));
    setup.stop().await;
}
