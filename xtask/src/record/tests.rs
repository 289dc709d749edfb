use std::io::{BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::thread;

use tempfile::TempDir;

use super::*;
use crate::case::{self, Origin};

const EVENTS: &str =
    "data: {\"id\":\"resp_1\",\"model\":\"m-2\",\"request\":\"req_abcdef012345\"}\r\n\r\ndata: [DONE]\r\n\r\n";

/// A project with one request, and an upstream that answers it once over real HTTP.
struct Scene {
    folder: TempDir,
    base_url: String,
    asked: Option<thread::JoinHandle<String>>,
}

impl Scene {
    fn new(status: &str, content_type: &str, body: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("request.json"), "{\"model\":\"m\",\"input\":\"hi\"}").unwrap();
        let mut scene = Self { folder, base_url: String::new(), asked: None };
        scene.answer(status, content_type, body);
        scene
    }

    fn answer(&mut self, status: &str, content_type: &str, body: &str) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        self.base_url = format!("http://{}/v1", listener.local_addr().unwrap());
        let head = format!(
            "HTTP/1.1 {status}\r\ncontent-type: {content_type}\r\nretry-after: 7\r\nx-request-id: 11112222-33\r\n\
             content-length: {}\r\nconnection: close\r\n\r\n",
            body.len()
        );
        let answer = head + body;
        self.asked = Some(thread::spawn(move || {
            let (mut connection, _) = listener.accept().unwrap();
            let request = read_request(&mut BufReader::new(&connection));
            connection.write_all(answer.as_bytes()).unwrap();
            request
        }));
    }

    fn record(&self, case: &str, change: impl FnOnce(&mut Arguments)) -> Result<()> {
        let mut arguments = Arguments {
            case: case.to_owned(),
            base_url: Some(self.base_url.clone()),
            captured: None,
            model: None,
            key_env: None,
            request: Some(self.folder.path().join("request.json")),
            stream: false,
            shows: None,
            upstream: None,
            force: false,
        };
        change(&mut arguments);
        record(&self.project(), &arguments, Some("the-key-of-this-test"))
    }

    fn project(&self) -> Project {
        Project::at(self.folder.path())
    }

    /// What the upstream was asked: head and body.
    fn asked(&mut self) -> String {
        self.asked.take().unwrap().join().unwrap()
    }
}

fn read_request(reader: &mut impl std::io::BufRead) -> String {
    let mut request = String::new();
    let mut length = 0;
    loop {
        let start = request.len();
        reader.read_line(&mut request).unwrap();
        let line = request[start..].to_ascii_lowercase();
        if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        if line == "\r\n" {
            break;
        }
    }
    reader.take(length).read_to_string(&mut request).unwrap();
    request
}

#[test]
fn a_stream_is_kept_to_the_byte_with_its_request_and_where_it_comes_from() {
    let mut scene = Scene::new("200 OK", "text/event-stream", EVENTS);
    scene.record("responses/a-stream", |arguments| arguments.stream = true).unwrap();

    let asked = scene.asked();
    assert!(asked.starts_with("POST /v1/responses HTTP/1.1\r\n"), "{asked}");
    assert!(asked.contains("authorization: Bearer the-key-of-this-test\r\n"), "{asked}");
    let project = scene.project();
    let body = asked.split("\r\n\r\n").nth(1).unwrap();
    assert_eq!(project.read("fixtures/responses/a-stream/request.json").unwrap(), body);
    assert!(body.contains("\"stream\": true"), "{body}");

    let kept = project.read("fixtures/responses/a-stream/stream.sse").unwrap();
    assert_eq!(kept, EVENTS.replace("abcdef012345", "000000000000"));
    let case = case::read(&project, "responses/a-stream").unwrap();
    assert_eq!((case.origin, case.shows.as_str()), (Origin::Recorded, "a stream."));
    assert_eq!((case.model.as_str(), case.upstream.as_str()), ("m-2", "127.0.0.1"));
    assert!(case.recorded.is_some());
    assert_eq!(case.redacted[0].file, "stream.sse");
    let part = case.stream.unwrap();
    assert_eq!((part.status, part.sha256), (200, case::sha256(kept.as_bytes())));
    assert_eq!(part.headers["retry-after"], "7");
}

#[test]
fn the_second_reply_joins_the_first_in_its_case() {
    let mut scene = Scene::new("200 OK", "text/event-stream", EVENTS);
    scene.record("chat/both", |arguments| arguments.stream = true).unwrap();
    scene.answer("429 Too Many Requests", "application/json", "{\"error\":{}}");
    scene.record("chat/both", |_| {}).unwrap();

    assert!(!scene.asked().contains("\"stream\""));
    let case = case::read(&scene.project(), "chat/both").unwrap();
    assert_eq!(case.stream.unwrap().status, 200);
    assert_eq!(case.response.unwrap().status, 429);
    let request = scene.project().read("fixtures/chat/both/request.json").unwrap();
    assert!(request.contains("\"stream\": true"), "{request}");
}

#[test]
fn another_request_does_not_join() {
    let mut scene = Scene::new("200 OK", "text/event-stream", EVENTS);
    scene.record("chat/both", |arguments| arguments.stream = true).unwrap();
    scene.answer("200 OK", "application/json", "{}");
    let error = scene.record("chat/both", |arguments| arguments.model = Some("n".to_owned())).unwrap_err().to_string();
    assert!(error.contains("another request"), "{error}");
}

#[test]
fn a_reply_is_replaced_only_by_force() {
    let mut scene = Scene::new("200 OK", "application/json", "{\"a\":1}");
    scene.record("chat/one", |_| {}).unwrap();
    scene.answer("200 OK", "application/json", "{\"a\":2}");
    let error = scene.record("chat/one", |_| {}).unwrap_err().to_string();
    assert!(error.contains("--force"), "{error}");
    scene.record("chat/one", |arguments| arguments.force = true).unwrap();
    assert_eq!(scene.project().read("fixtures/chat/one/response.json").unwrap(), "{\"a\":2}");
}

#[test]
fn a_reply_with_a_credential_leaves_nothing_behind() {
    let shaped = ["{\"echo\":\"sk", "-proj-Ab3dEf6hIj9kLm2nOp5q\"}"].concat();
    for body in [shaped.as_str(), "{\"echo\":\"the-key-of-this-test\"}"] {
        let scene = Scene::new("200 OK", "application/json", body);
        let error = scene.record("chat/leak", |_| {}).unwrap_err().to_string();
        assert!(error.contains("nothing was written"), "{error}");
        assert!(!scene.project().path("fixtures").exists());
    }
}

#[test]
fn a_case_has_a_protocol_and_a_name() {
    for wrong in ["text", "chat/", "chat/a/b", "chat/../x", "assistants/text", "chat/Text"] {
        let scene = Scene::new("200 OK", "application/json", "{}");
        assert!(scene.record(wrong, |_| {}).unwrap_err().to_string().contains("is no case"), "{wrong}");
    }
}

#[test]
fn an_upstream_that_is_not_there_is_named() {
    let mut scene = Scene::new("200 OK", "application/json", "{}");
    scene.base_url = "http://127.0.0.1:1/v1".to_owned();
    let error = scene.record("chat/one", |_| {}).unwrap_err().to_string();
    assert!(error.contains("no reply from http://127.0.0.1:1/v1/chat/completions"), "{error}");
}

#[test]
fn a_captured_exchange_becomes_a_case_without_asking_anybody() {
    let scene = Scene::new("200 OK", "text/event-stream", EVENTS);
    let captured = scene.folder.path().join("captured/responses/1700000000-abcdef01");
    fs::create_dir_all(&captured).unwrap();
    let about = "schema = 1\nshows = \"It failed.\"\norigin = \"recorded\"\nendpoint = \"POST /v1/responses\"\n\
                 upstream = \"127.0.0.1:8080\"\nmodel = \"m\"\n\n[stream]\nstatus = 200\ncontent-type = \"text/event-stream\"\n";
    for (name, text) in [
        ("case.toml", about),
        ("request.json", "{\"model\":\"m\",\"input\":\"hi\",\"stream\":true}"),
        ("stream.sse", EVENTS),
    ] {
        fs::write(captured.join(name), text).unwrap();
    }
    let project = scene.project();
    let take = |case: &str| {
        let arguments = Arguments {
            case: case.to_owned(),
            base_url: None,
            captured: Some(captured.clone()),
            model: None,
            key_env: None,
            request: None,
            stream: false,
            shows: Some("What a user reported.".to_owned()),
            upstream: None,
            force: false,
        };
        run(&project, &arguments)
    };
    take("responses/reported").unwrap();
    let kept = |file: &str| fs::read_to_string(project.path(&case::path("responses/reported", file))).unwrap();
    assert_eq!(kept("request.json"), "{\"model\":\"m\",\"input\":\"hi\",\"stream\":true}");
    assert!(kept("stream.sse").contains("[DONE]"));
    let about = kept("case.toml");
    assert!(
        about.contains("What a user reported.") && about.contains("recorded = ") && about.contains("sha256 = "),
        "{about}"
    );
    assert!(take("responses/reported").unwrap_err().to_string().contains("--force"));
    assert!(take("chat/reported").unwrap_err().to_string().contains("an exchange over responses"));
}
