//! Compressed request bodies, on every route that takes one.
#![expect(clippy::unwrap_used, reason = "helpers of tests may fail as tests do")]

mod support;

use std::io::Write;

use flate2::Compression;
use flate2::write::{GzEncoder, ZlibEncoder};
use interlingua_executor::Dialect;
use reqwest::Response;
use serde_json::json;
use support::{Plan, Setup, hello, refusal};

const ENCODINGS: [&str; 4] = ["identity", "gzip", "deflate", "zstd"];

fn encoded(encoding: &str, bytes: &[u8]) -> Vec<u8> {
    match encoding {
        "gzip" => {
            let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
            encoder.write_all(bytes).unwrap();
            encoder.finish().unwrap()
        }
        "deflate" => {
            let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
            encoder.write_all(bytes).unwrap();
            encoder.finish().unwrap()
        }
        "zstd" => zstd::encode_all(bytes, 3).unwrap(),
        _ => bytes.to_vec(),
    }
}

async fn send(setup: &Setup, path: &str, encoding: &str, body: Vec<u8>) -> Response {
    setup.post(path, body).header("content-encoding", encoding).send().await.unwrap()
}

fn bodies() -> [(&'static str, Vec<u8>); 2] {
    let question = json!({"model": "gpt-5.4", "input": "Hello"});
    [
        ("/v1/chat/completions", hello(false).to_string().into_bytes()),
        ("/v1/responses", question.to_string().into_bytes()),
    ]
}

#[tokio::test]
async fn a_compressed_body_is_read_like_any_other_and_goes_on_without_compression() {
    for dialect in [Dialect::Chat, Dialect::Responses] {
        let setup = Plan { dialect, ..Plan::default() }.start().await;
        for (path, body) in bodies() {
            for encoding in ENCODINGS {
                let response = send(&setup, path, encoding, encoded(encoding, &body)).await;
                assert_eq!(response.status(), 200, "{path} {encoding}");
                let exchange = setup.replay.log().last().unwrap();
                assert_eq!(exchange.header("content-encoding"), None);
                assert!(exchange.request.starts_with(b"{"), "{path} {encoding}");
            }
        }
        setup.stop().await;
    }
}

#[tokio::test]
async fn a_corrupt_body_is_a_400_and_an_unknown_encoding_a_415() {
    let setup = Plan::default().start().await;
    for (path, body) in bodies() {
        for encoding in ["gzip", "deflate", "zstd"] {
            let whole = encoded(encoding, &body);
            let half = whole.get(..whole.len() / 2).unwrap().to_vec();
            for corrupt in [body.clone(), half] {
                let (status, error) = refusal(send(&setup, path, encoding, corrupt).await).await;
                assert_eq!(status, 400, "{path} {encoding}: {error}");
            }
        }
        for encoding in ["br", "compress", "gzip, zstd"] {
            let (status, error) = refusal(send(&setup, path, encoding, body.clone()).await).await;
            assert_eq!((status, error["code"].as_str()), (415, Some("unsupported_media_type")), "{encoding}");
            assert!(error["message"].as_str().unwrap().contains("zstd"), "it names what there is: {error}");
        }
    }
    assert_eq!(setup.replay.log().count(), 0);
    setup.stop().await;
}

#[tokio::test]
async fn the_limit_counts_what_comes_out() {
    let mut plan = Plan::default();
    plan.limits.body = 10_000;
    let setup = plan.start().await;
    for (path, body) in bodies() {
        for encoding in ENCODINGS {
            for (length, status) in [(10_000, 200), (10_001, 413), (5_000_000, 413)] {
                let mut filled = body.clone();
                filled.resize(length, b' ');
                let compressed = encoded(encoding, &filled);
                let response = send(&setup, path, encoding, compressed).await;
                assert_eq!(response.status(), status, "{path} {encoding} {length}");
            }
        }
    }
    setup.stop().await;
}
