//! Compressed request bodies, on every route that takes one.
#![expect(clippy::unwrap_used, reason = "helpers of tests may fail as tests do")]

use std::convert::Infallible;
use std::io::Write;

use flate2::Compression;
use flate2::write::{GzEncoder, ZlibEncoder};
use interlingua_translate::Api;
use reqwest::Response;
use ruzstd::encoding::{CompressionLevel, compress_to_vec};
use serde_json::json;

use crate::support::{Plan, Setup, hello, refusal};

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
        "zstd" => compress_to_vec(bytes, CompressionLevel::Fastest),
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
    for api in [Api::Chat, Api::Responses] {
        let setup = Plan { api, ..Plan::default() }.start().await;
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

/// Sends `body` in pieces of `size` bytes, so that nothing ends where a piece does.
async fn send_in_pieces(setup: &Setup, path: &str, encoding: &str, body: &[u8], size: usize) -> Response {
    let pieces: Vec<_> = body.chunks(size).map(|piece| Ok::<_, Infallible>(piece.to_vec())).collect();
    let body = reqwest::Body::wrap_stream(futures_util::stream::iter(pieces));
    setup.post(path, body).header("content-encoding", encoding).send().await.unwrap()
}

#[tokio::test]
async fn a_body_may_come_in_any_pieces() {
    let setup = Plan::default().start().await;
    let mut question = json!({"model": "gpt-5.4", "input": "Hello"}).to_string().into_bytes();
    question.resize(300_000, b' ');
    for encoding in ENCODINGS {
        let body = encoded(encoding, &question);
        for size in [7, 1000, 150_000] {
            let size = if body.len() / size > 1000 { 1000 } else { size };
            let response = send_in_pieces(&setup, "/v1/responses", encoding, &body, size).await;
            assert_eq!(response.status(), 200, "{encoding} {size}");
        }
    }
    setup.stop().await;
}

/// A short conversation, compressed by the command `zstd -3 --check` of the reference implementation.
const BY_ZSTD: [u8; 190] = *b"(\xb5/\xfddl\x00\x85\x05\x00\xe2\x89\x1e\x1d`I\x9c\x03\xf5\x8d\x89Xk\xcc\x98c\x1b\xb1\xa6\x83\xa2\x01\x88y\x18\xc2\xb9\x93\x91\x08\x00p<\x8d\x81b\xe3\x84Q[\x8b\x11\x8e\xc8\x00\xd2g*\x9b\x07\xce\x03\x95\x89=\xae&U\xf4iN\xe0`;\x9e\x14\xcb}\xf2\xd1\x9a\xbc\x88\x10\xdc*XjK\xb5\xd81\x05\x1en[\x82\x16\xf5e\xe3\xe8\x93\xc5s\x9f\xea\xfc\xf2\x93Y*zB\xbf\xd2\x16\x8d\xad>\x9d\xcf\x01\xa0\x80\xc2&\xc7y8\x95\xc6J8&\x13\x00B\xa3\x81\x0b\x0f\x80\xd9\xb7!K\x00\x16$\xa6QT\xa1\xcd\x86-$x\xdc\x08\xfbap\xd3h\x18\x07h\xd8\x22\x04\xf6\x09b\xc1\xf0\x11<\x94q\xe2\x90\x07\x93\x0c^\xf3\x14\xd3";

#[tokio::test]
async fn what_the_reference_implementation_of_zstd_writes_is_read() {
    let setup = Plan::default().start().await;
    assert_eq!(send(&setup, "/v1/responses", "zstd", BY_ZSTD.to_vec()).await.status(), 200);
    let skipped = b"\x5a\x2a\x4d\x18\x03\0\0\0...".to_vec();
    assert_eq!(send(&setup, "/v1/responses", "zstd", [skipped, BY_ZSTD.to_vec()].concat()).await.status(), 200);
    let mut broken = BY_ZSTD;
    *broken.last_mut().unwrap() ^= 1;
    let (status, error) = refusal(send(&setup, "/v1/responses", "zstd", broken.to_vec()).await).await;
    assert_eq!(status, 400);
    assert!(error["message"].as_str().unwrap().contains("checksum"), "{error}");
    setup.stop().await;
}

/// A frame without an announced size, of blocks that are one byte repeated 128 Ki times: 4 bytes for each.
fn bomb(blocks: usize) -> Vec<u8> {
    let mut frame = b"\x28\xb5\x2f\xfd\x00\x58".to_vec();
    for _ in 0..blocks {
        frame.extend(((128 * 1024_u32) << 3 | 1 << 1).to_le_bytes().into_iter().take(3).chain([b' ']));
    }
    frame
}

#[tokio::test]
async fn a_small_body_that_grows_beyond_all_bounds_is_refused_before_it_has() {
    let mut plan = Plan::default();
    plan.limits.body = 1024 * 1024;
    let setup = plan.start().await;
    let before = most_memory();
    // 400 kB, which would be 13 GB.
    let (status, error) = refusal(send(&setup, "/v1/responses", "zstd", bomb(100_000)).await).await;
    assert_eq!((status, error["code"].as_str()), (413, Some("request_too_large")), "{error}");
    for encoding in ["gzip", "deflate"] {
        let bomb = encoded(encoding, &vec![b' '; 20 * 1024 * 1024]);
        assert!(bomb.len() < 1024 * 1024, "{encoding}");
        let (status, error) = refusal(send(&setup, "/v1/responses", encoding, bomb).await).await;
        assert_eq!((status, error["code"].as_str()), (413, Some("request_too_large")), "{encoding}: {error}");
    }
    // One that says how large it will be, and one that wants a window larger than the body may be.
    let announced = b"\x28\xb5\x2f\xfd\xa0\0\0\0\x40".to_vec();
    let (status, error) = refusal(send(&setup, "/v1/responses", "zstd", announced).await).await;
    assert_eq!((status, error["code"].as_str()), (413, Some("request_too_large")), "{error}");
    let window = b"\x28\xb5\x2f\xfd\x00\xa8".to_vec();
    let (status, error) = refusal(send(&setup, "/v1/responses", "zstd", window).await).await;
    assert_eq!(status, 400, "{error}");
    setup.stop().await;
    let grown = most_memory().saturating_sub(before);
    assert!(grown < 512 * 1024, "{grown} KiB more at some time");
}

#[tokio::test]
async fn no_frame_makes_room_by_what_it_says_alone() {
    let setup = Plan::default().start().await;
    // 32 MiB that are their own window, of which nothing comes.
    let announced = b"\x28\xb5\x2f\xfd\xa0\0\0\0\x02".to_vec();
    let (status, error) = refusal(send(&setup, "/v1/responses", "zstd", announced).await).await;
    assert!(status == 400 && error["message"].as_str().unwrap().contains("8 MiB"), "{error}");
    setup.stop().await;
}

/// The most memory that this process ever held, in KiB; 0 where nobody says.
fn most_memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().strip_suffix(" kB")?.parse().ok()).unwrap_or(0)
}
