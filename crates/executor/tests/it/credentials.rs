//! Credentials that can renew themselves: a 401 costs one renewal and one more request, and never two.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use interlingua_auth::{Access, BoxFuture, Credentials, Error, Generation};
use interlingua_executor::{Executor, Phase};
use interlingua_model::Api;

use crate::support::{Scripted, config, hello, reply, request, response, streaming};

/// Hands out `a-token-0`, then `a-token-1`, and so on with each renewal.
#[derive(Debug, Default)]
struct Renewing(AtomicU32);

fn token(number: u32) -> Result<Access, Error> {
    Access::new(format!("a-token-{number}").into(), Generation::default())
}

impl Credentials for Renewing {
    fn access(&self) -> BoxFuture<'_, Result<Access, Error>> {
        Box::pin(async { token(self.0.load(Ordering::SeqCst)) })
    }

    fn on_unauthorized(&self, _refused: Generation) -> BoxFuture<'_, Result<Option<Access>, Error>> {
        Box::pin(async { token(self.0.fetch_add(1, Ordering::SeqCst) + 1).map(Some) })
    }
}

fn executor(upstream: &Scripted, credentials: Arc<Renewing>) -> Executor {
    upstream.executor(config(Api::Responses)).with_credentials(credentials)
}

fn tokens(upstream: &Scripted) -> Vec<String> {
    let header = |request: &http::Request<_>| request.headers()["authorization"].to_str().unwrap().to_owned();
    upstream.sent().iter().map(header).collect()
}

#[tokio::test]
async fn a_refused_token_is_renewed_once() {
    let upstream = Scripted::new([reply(401, "application/json", "{}"), streaming(hello())]);
    executor(&upstream, Arc::default()).ask(request(true)).await.unwrap();
    assert_eq!(tokens(&upstream), ["Bearer a-token-0", "Bearer a-token-1"]);
    let sent = upstream.sent();
    assert_eq!(sent[0].body(), sent[1].body());
}

#[tokio::test]
async fn a_second_refusal_is_final() {
    let refusal = || reply(401, "application/json", r#"{"detail":"a-token-1 is no good"}"#);
    let upstream = Scripted::new([refusal(), refusal()]);
    let error = executor(&upstream, Arc::default()).ask(request(true)).await.unwrap_err();
    assert_eq!((error.status().as_u16(), error.phase()), (401, Phase::Headers));
    assert!(error.needs_login());
    assert_eq!(
        error.failure().message,
        "the upstream refused the login again after it was renewed (*** is no good); run `interlingua login`"
    );
    assert_eq!(upstream.sent().len(), 2);
}

#[tokio::test]
async fn a_token_of_the_callers_is_never_renewed() {
    let upstream = Scripted::new([reply(401, "application/json", "{}")]);
    let credentials = Arc::new(Renewing::default());
    let theirs = executor(&upstream, Arc::clone(&credentials)).with_bearer("theirs").unwrap();
    assert_eq!(theirs.ask(request(true)).await.unwrap_err().status(), 401);
    assert_eq!(tokens(&upstream), ["Bearer theirs"]);
    assert_eq!(credentials.0.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn a_missing_login_is_the_callers_to_mend_and_nothing_is_sent() {
    #[derive(Debug)]
    struct Nobody;
    impl Credentials for Nobody {
        fn access(&self) -> BoxFuture<'_, Result<Access, Error>> {
            Box::pin(async { Err(Error::NotLoggedIn { path: "auth.json".into() }) })
        }
        fn on_unauthorized(&self, _refused: Generation) -> BoxFuture<'_, Result<Option<Access>, Error>> {
            Box::pin(async { Ok(None) })
        }
    }
    let upstream = Scripted::new([]);
    let executor = upstream.executor(config(Api::Responses)).with_credentials(Arc::new(Nobody));
    let error = executor.ask(request(false)).await.unwrap_err();
    assert_eq!((error.status().as_u16(), error.phase()), (401, Phase::Prepare));
    assert_eq!(error.failure().code.as_deref(), Some("login_required"));
    assert!(error.to_string().contains("interlingua login"), "{error}");
}

#[tokio::test]
async fn credentials_are_asked_before_every_request() {
    let body = || reply(200, "application/json", response("completed", &[]).to_string());
    let upstream = Scripted::new([body(), body()]);
    let credentials = Arc::new(Renewing::default());
    let executor = executor(&upstream, Arc::clone(&credentials));
    executor.ask(request(false)).await.unwrap();
    credentials.0.store(5, Ordering::SeqCst);
    executor.ask(request(false)).await.unwrap();
    assert_eq!(tokens(&upstream), ["Bearer a-token-0", "Bearer a-token-5"]);
}

#[tokio::test]
async fn a_key_goes_to_another_machine_over_tls_alone() {
    let at = |url: &str, allow_plain_http| {
        let mut config = config(Api::Responses);
        config.backend.base_url = Some(url.parse().unwrap());
        interlingua_executor::Config { allow_plain_http, ..config }
    };
    let body = || reply(200, "application/json", response("completed", &[]).to_string());
    for (url, allow, is_sent) in [
        ("http://upstream.test/v1", false, false),
        ("http://192.168.1.5:8080", false, false),
        ("http://localhost.evil.test", false, false),
        ("http://upstream.test/v1", true, true),
        ("http://127.0.0.1:1/v1", false, true),
        ("http://localhost:1/v1", false, true),
        ("http://[::1]:1/v1", false, true),
        ("https://upstream.test/v1", false, true),
    ] {
        let upstream = Scripted::new([body(), body()]);
        let credentials = Arc::new(Renewing::default());
        for executor in
            [upstream.executor(at(url, allow)), upstream.executor(at(url, allow)).with_credentials(credentials)]
        {
            match executor.ask(request(false)).await {
                Ok(_) => assert!(is_sent, "{url}"),
                Err(error) => {
                    assert!(!is_sent, "{url}: {error}");
                    assert_eq!((error.status().as_u16(), error.failure().code.as_deref()), (403, Some("plain_http")));
                    assert!(error.to_string().contains("allow_plain_http"), "{error}");
                }
            }
        }
        assert_eq!(upstream.sent().len(), if is_sent { 2 } else { 0 }, "{url}");
    }
    // Without a key there is nothing to read.
    let upstream = Scripted::new([body()]);
    let keyless = Executor::new(at("http://upstream.test", false), Arc::new(upstream.clone())).unwrap();
    keyless.ask(request(false)).await.unwrap();
}
