//! One client for everything: what goes through the proxy, and what is not followed.

use std::sync::{Arc, Mutex};

use interlingua_auth::{BrowserLogin, Credentials, DeviceLogin, Error, HttpClient, HttpSettings, Proxy, Stored, open};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

use crate::common::{EXPIRED, World, chatgpt, client};

/// A proxy that writes down what it is asked for and lets nothing through.
async fn proxy() -> (HttpClient, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://user:pass-word@{}", listener.local_addr().unwrap());
    let asked = Arc::new(Mutex::new(Vec::new()));
    let heads = Arc::clone(&asked);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let head = read_head(&mut stream).await;
            heads.lock().unwrap().push(head);
            stream.write_all(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n").await.unwrap();
        }
    });
    let settings = HttpSettings { proxy: Proxy::Url(url.into()), ..HttpSettings::default() };
    (settings.client().unwrap(), asked)
}

async fn read_head(stream: &mut TcpStream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.unwrap());
    }
    String::from_utf8(head).unwrap()
}

#[tokio::test]
async fn refresh_login_and_requests_go_through_the_same_proxy() {
    let (client, asked) = proxy().await;
    let world = World::logged_in(EXPIRED);
    let mut config = world.config();
    config.issuer = "https://issuer.invalid".parse().unwrap();
    config.refresh.attempts = 1;

    let Stored::ChatGpt(login) = open(&config, &client).unwrap() else { panic!("an API key") };
    let refresh = login.access().await.unwrap_err();
    let device = DeviceLogin::start(&config, &client).await.unwrap_err();
    let browser = BrowserLogin::start(&config, &client).await.unwrap();
    let state = browser.url().split("&state=").nth(1).unwrap().to_owned();
    browser.paster().paste(&format!("code=c&state={state}")).unwrap();
    let browser = browser.wait().await.unwrap_err();
    client.http().get("https://data.invalid/").send().await.unwrap_err();

    let asked = asked.lock().unwrap();
    let hosts: Vec<_> = asked.iter().map(|head| head.lines().next().unwrap()).collect();
    let issuer = "CONNECT issuer.invalid:443 HTTP/1.1";
    assert_eq!(hosts, [issuer, issuer, issuer, "CONNECT data.invalid:443 HTTP/1.1"]);
    assert!(asked.iter().all(|head| head.to_lowercase().contains("proxy-authorization: basic")));
    for error in [refresh, device, browser] {
        let text = format!("{error} {error:?}");
        assert!(matches!(error, Error::Issuer(_)), "{text}");
        assert!(!text.contains("pass-word") && text.contains("issuer.invalid"), "{text}");
    }
}

#[tokio::test]
async fn a_client_follows_no_redirect() {
    let world = World::logged_in(EXPIRED);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let location = world.issuer.url.clone();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        read_head(&mut stream).await;
        let answer = format!("HTTP/1.1 302 Found\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n");
        stream.write_all(answer.as_bytes()).await.unwrap();
    });
    let access = chatgpt(&world.config()).access().await.unwrap();
    let answer = client().http().get(format!("http://{address}/"));
    let answer = answer.header("authorization", access.authorization()).send().await.unwrap();
    assert_eq!(answer.status(), 302);
    assert_eq!(world.issuer.state().requests.len(), 1);
}

#[test]
fn what_cannot_be_used_is_said_when_the_client_is_built() {
    for roots in ["", "nonsense", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"] {
        let settings = HttpSettings { roots: Some(roots.into()), ..HttpSettings::default() };
        assert!(matches!(settings.client(), Err(Error::Config(_))), "{roots}");
    }
    let settings = HttpSettings { proxy: Proxy::Url("not a url".into()), ..HttpSettings::default() };
    assert!(matches!(settings.client(), Err(Error::Config(_))));
}

/// The variables of a process are its own, so each case is a process: this very program, as a child.
#[tokio::test]
async fn this_machine_is_never_looked_for_behind_a_proxy_of_the_environment() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let proxy = format!("http://{}", listener.local_addr().unwrap());
    let world = World::empty();
    let run = |names: &[&str], no_proxy: &str, url: String| {
        let mut command = tokio::process::Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", "http_client::asks_by_the_environment", "--ignored", "--nocapture"]);
        for name in ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "REQUEST_METHOD"] {
            command.env_remove(name).env_remove(name.to_lowercase());
        }
        command.env(URL, url).env("NO_PROXY", no_proxy).envs(names.iter().map(|name| (name, &proxy)));
        command.output()
    };
    let port = world.issuer.url.rsplit(':').next().unwrap().to_owned();
    for names in [&["HTTP_PROXY"][..], &["http_proxy"], &["ALL_PROXY"], &["all_proxy", "HTTPS_PROXY"]] {
        for host in ["127.0.0.1", "localhost"] {
            let output = run(names, "", format!("http://{host}:{port}/oauth/token")).await.unwrap();
            let words = String::from_utf8_lossy(&output.stdout);
            assert!(words.contains("status 405"), "{names:?} {host}: {words}");
        }
    }
    // The other machines are: the proxy is reached, and here it says nothing of use.
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let head = read_head(&mut stream).await;
            assert!(head.starts_with("GET http://data.invalid/"), "{head}");
            stream.write_all(b"HTTP/1.1 418 X\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").await.unwrap();
        }
    });
    let output = run(&["HTTP_PROXY"], "", "http://data.invalid/".to_owned()).await.unwrap();
    assert!(String::from_utf8_lossy(&output.stdout).contains("status 418"), "{output:?}");
    let output = run(&["HTTP_PROXY"], "data.invalid", "http://data.invalid/".to_owned()).await.unwrap();
    assert!(!String::from_utf8_lossy(&output.stdout).contains("status 418"), "{output:?}");
}

const URL: &str = "INTERLINGUA_AUTH_TEST_URL";

#[tokio::test]
#[ignore = "the child of another test"]
async fn asks_by_the_environment() {
    let client = HttpSettings::default().client().unwrap();
    match client.http().get(std::env::var(URL).unwrap()).send().await {
        Ok(answer) => println!("status {}", answer.status().as_u16()),
        Err(error) => println!("{error}"),
    }
}

#[test]
fn a_login_never_goes_over_plain_http_to_another_machine() {
    let with = |name: &'static str, value: &'static str| {
        interlingua_auth::Config::from_vars(move |asked| match asked {
            "CODEX_HOME" => Some("/srv".into()),
            _ => (asked == name).then(|| value.into()),
        })
    };
    for name in ["INTERLINGUA_ISSUER", "CODEX_REFRESH_TOKEN_URL_OVERRIDE", "CODEX_REVOKE_TOKEN_URL_OVERRIDE"] {
        for good in ["https://issuer.example", "http://127.0.0.1:1/x", "http://localhost:1", "http://[::1]:1"] {
            assert!(with(name, good).is_ok(), "{name}={good}");
        }
        for bad in ["http://issuer.example", "http://192.168.1.5", "http://localhost.evil.test"] {
            let error = with(name, bad).unwrap_err().to_string();
            assert!(error.contains(name) && error.contains("https://"), "{error}");
        }
    }
}
