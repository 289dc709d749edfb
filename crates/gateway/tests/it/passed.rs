//! A client whose upstream speaks its own API: the reply is passed on as it came, or put together anew where that is wanted.

use interlingua_translate::Api;
use serde_json::Value;

use crate::support::{Plan, Setup, data, hello, refusal};

async fn over_chat(faults: &'static str, repair: bool) -> Setup {
    Plan { api: Api::Chat, faults, repair, ..Plan::default() }.start().await
}

#[tokio::test]
async fn the_reply_is_passed_on_byte_for_byte_and_repaired_where_that_is_wanted() {
    for stream in [false, true] {
        let setup = over_chat("", false).await;
        let response = setup.ask(&hello(stream)).await;
        let kind = if stream { "text/event-stream; charset=utf-8" } else { "application/json" };
        assert_eq!(response.headers()["content-type"], kind, "as the upstream calls it");
        assert!(!response.headers().contains_key("x-interlingua-losses"), "nothing was translated");
        assert!(response.headers()["x-upstream-request-id"].to_str().unwrap().starts_with("req_replay"));
        let passed = response.bytes().await.unwrap();
        assert_eq!(passed, setup.replay.log().last().unwrap().reply, "stream: {stream}");
        setup.stop().await;

        let setup = over_chat("", true).await;
        let response = setup.ask(&hello(stream)).await;
        assert!(response.headers().contains_key("x-interlingua-losses"));
        let repaired = response.bytes().await.unwrap();
        assert_ne!(repaired, setup.replay.log().last().unwrap().reply, "stream: {stream}");
        assert_ne!(repaired, passed);
        setup.stop().await;
    }
}

#[tokio::test]
async fn a_stream_without_its_end_gets_an_error_and_a_page_a_status() {
    for repair in [false, true] {
        let setup = over_chat("cut=4", repair).await;
        let body = setup.ask(&hello(true)).await.text().await.unwrap();
        let last: Value = serde_json::from_str(data(&body).last().unwrap()).unwrap();
        assert_eq!(last["error"]["code"], "stream_incomplete", "{body}");
        setup.replay.set_faults("html; status=200".parse().unwrap());
        for stream in [false, true] {
            let (status, error) = refusal(setup.ask(&hello(stream)).await).await;
            assert_eq!((status, error["code"].as_str()), (502, Some("upstream_malformed")), "{error}");
        }
        setup.stop().await;
    }
}

#[tokio::test]
async fn an_error_in_the_apis_envelope_is_passed_on_as_it_came() {
    let setup = over_chat("status=429", false).await;
    let response = setup.ask(&hello(true)).await;
    assert_eq!((response.status().as_u16(), &response.headers()["retry-after"]), (429, &"1".parse().unwrap()));
    assert_eq!(response.bytes().await.unwrap(), setup.replay.log().last().unwrap().reply);
    setup.stop().await;
}
