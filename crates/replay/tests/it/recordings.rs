//! Against what lies outside this crate, where it is there: the project's fixtures, and requests that real APIs have accepted.

use std::path::{Path, PathBuf};

use http::StatusCode;
use interlingua_replay::Replay;

use crate::asking::path_of;
use crate::client::Client;

#[tokio::test]
async fn every_fixture_is_served_to_its_own_request() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures");
    if !folder.is_dir() {
        eprintln!("skipped: {} is not there", folder.display());
        return;
    }
    let upstream = Replay::from_dir(folder).unwrap();
    let cases: Vec<_> = upstream.cases().cloned().collect();
    let server = upstream.spawn().await.unwrap();
    let client = Client::new(server.addr());
    for case in &cases {
        let reply = client.post(path_of(case.api), &case.request).await;
        assert_eq!(reply.header("x-replay-case"), case.name);
        let recorded = case.stream.as_ref().or(case.whole.as_ref()).unwrap();
        assert_eq!(reply.status.as_u16(), recorded.status, "{}", case.name);
        assert!(reply.body == recorded.body, "{}", case.name);
    }
    assert!(cases.len() >= 40);
}

#[tokio::test]
async fn no_request_that_a_real_api_has_accepted_is_refused() {
    let default = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/recordings");
    let folder = std::env::var_os("INTERLINGUA_RECORDINGS").map_or(default, PathBuf::from);
    let Ok(interactions) = std::fs::read_to_string(folder.join("interactions.tsv")) else {
        eprintln!("skipped: no recordings in {}", folder.display());
        return;
    };
    let server = Replay::embedded().spawn().await.unwrap();
    let client = Client::new(server.addr());
    let mut accepted = 0;
    for line in interactions.lines().skip(1) {
        let &[request, _, "200", host] = line.split('\t').collect::<Vec<_>>().as_slice() else { continue };
        let base = match host {
            "api.openai.com" => "/v1",
            "chatgpt.com" => "/backend-api/codex",
            _ => continue,
        };
        let Ok(body) = std::fs::read(folder.join(format!("{request}.json"))) else { continue };
        let path = if request.starts_with("chat") { "chat/completions" } else { "responses" };
        let reply = client.post_bytes(&format!("{base}/{path}"), body).await;
        assert_eq!(reply.status, StatusCode::OK, "{request}: {}", reply.text());
        accepted += 1;
    }
    assert!(accepted > 100, "only {accepted} requests were found");
}
