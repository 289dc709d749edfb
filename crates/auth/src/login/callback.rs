//! The end of a browser login: the address the browser is sent to, as a request to the server here or pasted by a person.

use std::{
    convert::Infallible,
    io,
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use http::{Method, Request};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use reqwest::Url;
use secrecy::{ExposeSecret, SecretString};
use subtle::ConstantTimeEq;
use tokio::{
    io::AsyncWriteExt,
    net::{TcpListener, TcpStream},
    sync::{Semaphore, mpsc, oneshot},
    task::JoinSet,
    time::timeout,
};

use super::pages::Page;
use crate::{
    config::LoginPolicy,
    error::{Error, LoginError},
};

/// Why a pasted address is not taken. The login goes on waiting.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PasteError {
    /// It has no `code` and `state`.
    #[error("this is not the address at the end of the login; copy the whole one, beginning with http://localhost")]
    NotACallback,
    /// Its `state` is that of another login.
    #[error("this address belongs to another login; use the one that began with the address shown here")]
    WrongState,
    /// The login has already ended.
    #[error("the login has already ended")]
    Ended,
}

/// An accepted end of a login, and where to send the page that tells how it went on.
pub(crate) struct Callback {
    pub(crate) code: Result<SecretString, LoginError>,
    pub(crate) page: Option<oneshot::Sender<Page>>,
}

/// What makes an address the end of this login.
#[derive(Clone)]
pub(crate) struct Expected {
    pub(crate) state: SecretString,
    pub(crate) callbacks: mpsc::Sender<Callback>,
}

impl Expected {
    /// Reads the query of a callback. Without the right `state` nothing in it is believed, a refusal neither.
    pub(crate) fn read(&self, query: &str) -> Result<Result<SecretString, LoginError>, PasteError> {
        // A URL is the one thing at hand that decodes a query.
        let mut url = Url::parse("http://localhost/").map_err(|_| PasteError::NotACallback)?;
        url.set_query(Some(query));
        let value = |name: &str| url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned());
        let state = value("state").ok_or(PasteError::NotACallback)?;
        if !bool::from(state.as_bytes().ct_eq(self.state.expose_secret().as_bytes())) {
            return Err(PasteError::WrongState);
        }
        if let Some(error) = value("error") {
            let plain = error.len() <= 64 && error.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
            return Ok(Err(LoginError::Denied(plain.then_some(error))));
        }
        let code = value("code").filter(|code| !code.is_empty()).ok_or(PasteError::NotACallback)?;
        Ok(Ok(SecretString::from(code)))
    }

    async fn answer(&self, request: Request<Incoming>) -> Page {
        if request.method() != Method::GET {
            return Page::WrongMethod;
        }
        let code = match request.uri().path() {
            PATH => match self.read(request.uri().query().unwrap_or_default()) {
                Ok(code) => code,
                Err(PasteError::WrongState) => return Page::WrongState,
                Err(PasteError::NotACallback | PasteError::Ended) => return Page::NotACallback,
            },
            "/cancel" => Err(LoginError::Cancelled),
            _ => return Page::NotFound,
        };
        let (sender, page) = oneshot::channel();
        if self.callbacks.send(Callback { code, page: Some(sender) }).await.is_err() {
            return Page::Failed;
        }
        page.await.unwrap_or(Page::Failed)
    }
}

/// Where the issuer sends the browser.
pub(crate) const PATH: &str = "/auth/callback";
/// An address longer than this is not a callback. Bytes.
pub(crate) const REQUEST_LIMIT: usize = 16 * 1024;

/// How many browsers at once. More wait.
const CONNECTIONS: usize = 16;
/// From the connection to the end of a request's head.
const HEAD_LIMIT: Duration = Duration::from_secs(10);
/// From the connection to the page, redeeming the code included.
const CONNECTION_LIMIT: Duration = Duration::from_secs(90);
/// For the last page to reach the browser.
const GOODBYE_LIMIT: Duration = Duration::from_secs(2);

/// The server. Stops when dropped.
pub(crate) struct Server {
    pub(crate) port: u16,
    connections: Arc<Semaphore>,
    acceptors: JoinSet<()>,
}

impl Server {
    /// Listens at every address of the policy that this machine has.
    pub(crate) async fn start(policy: &LoginPolicy, expected: &Expected) -> Result<Self, Error> {
        let listeners = listen(policy).await?;
        let port =
            listeners.first().and_then(|listener| listener.local_addr().ok()).map_or(0, |address| address.port());
        let connections = Arc::new(Semaphore::new(CONNECTIONS));
        let mut acceptors = JoinSet::new();
        for listener in listeners {
            acceptors.spawn(accept(listener, Arc::clone(&connections), expected.clone()));
        }
        Ok(Self { port, connections, acceptors })
    }

    /// Lets the pages under way reach their browsers, then stops.
    pub(crate) async fn finish(self) {
        let everyone = u32::try_from(CONNECTIONS).unwrap_or(u32::MAX);
        let _ = timeout(GOODBYE_LIMIT, self.connections.acquire_many(everyone)).await;
        drop(self.acceptors);
    }
}

async fn accept(listener: TcpListener, connections: Arc<Semaphore>, expected: Expected) {
    let mut tasks = JoinSet::new();
    loop {
        while tasks.try_join_next().is_some() {}
        let Ok((stream, _)) = listener.accept().await else {
            // Out of file descriptors, most likely.
            tokio::time::sleep(Duration::from_millis(100)).await;
            continue;
        };
        let Ok(permit) = Arc::clone(&connections).acquire_owned().await else { return };
        let expected = expected.clone();
        tasks.spawn(async move {
            let _permit = permit;
            let _ = timeout(CONNECTION_LIMIT, serve(stream, &expected)).await;
        });
    }
}

async fn serve(stream: TcpStream, expected: &Expected) -> Result<(), hyper::Error> {
    let service = service_fn(|request| async { Ok::<_, Infallible>(expected.answer(request).await.response()) });
    http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_LIMIT)
        .max_buf_size(REQUEST_LIMIT)
        .keep_alive(false)
        .serve_connection(TokioIo::new(stream), service)
        .await
}

/// The first address decides the port when it is 0. An address this machine does not have (IPv6 switched off) is left out.
async fn listen(policy: &LoginPolicy) -> Result<Vec<TcpListener>, Error> {
    let mut port = policy.callback_port;
    let mut listeners = Vec::new();
    let mut problem = io::Error::from(io::ErrorKind::AddrNotAvailable);
    for address in &policy.callback_addresses {
        match bind(*address, port).await {
            Ok(listener) => {
                port = listener.local_addr().map_or(port, |address| address.port());
                listeners.push(listener);
            }
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => return Err(in_use(port, &error)),
            Err(error) => problem = error,
        }
    }
    if listeners.is_empty() { Err(in_use(port, &problem)) } else { Ok(listeners) }
}

/// A login that was left waiting, here or in the Codex CLI, gives its port up on `/cancel`.
async fn bind(address: IpAddr, port: u16) -> io::Result<TcpListener> {
    let address = SocketAddr::new(address, port);
    for _ in 0..BIND_ATTEMPTS {
        match TcpListener::bind(address).await {
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => {
                let _ = timeout(BIND_WAIT, cancel(address)).await;
                tokio::time::sleep(BIND_WAIT).await;
            }
            bound => return bound,
        }
    }
    TcpListener::bind(address).await
}

const BIND_ATTEMPTS: usize = 10;
const BIND_WAIT: Duration = Duration::from_millis(200);

async fn cancel(address: SocketAddr) -> io::Result<()> {
    let mut stream = TcpStream::connect(address).await?;
    let request = format!("GET /cancel HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    stream.readable().await
}

fn in_use(port: u16, error: &io::Error) -> Error {
    Error::Login(LoginError::Port { port, reason: crate::auth_file::plain(error) })
}
