//! Proxies that pass on and do nothing else: what no gateway over the same libraries can be cheaper than.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::pin::Pin;
use std::str::FromStr;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::{Body, Frame, Incoming};
use hyper::client::conn::http1 as client;
use hyper::header::{CONTENT_TYPE, HOST};
use hyper::server::conn::http1 as server;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};

use crate::Result;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Each piece is written as it comes, and a task of its own reads the upstream: what is written without a thought.
    Plain,
    /// What is read at once is written at once, by the task that serves the client.
    Joining,
}

impl Kind {
    pub fn name(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Joining => "joining",
        }
    }
}

impl FromStr for Kind {
    type Err = String;

    fn from_str(name: &str) -> std::result::Result<Self, String> {
        [Self::Plain, Self::Joining]
            .into_iter()
            .find(|kind| kind.name() == name)
            .ok_or_else(|| format!("no proxy is {name}"))
    }
}

/// Serves for ever, and says where.
pub async fn run(kind: Kind, upstream: &str) -> Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    eprintln!("http://{}", listener.local_addr()?);
    let pool = Arc::new(Pool { upstream: upstream.to_owned(), kind, idle: Mutex::default() });
    loop {
        let (socket, _) = listener.accept().await?;
        socket.set_nodelay(true)?;
        let pool = Arc::clone(&pool);
        tokio::spawn(async move {
            let service = service_fn(move |request| Arc::clone(&pool).passed(request));
            // A client that has gone is no matter.
            let _ended = server::Builder::new().serve_connection(TokioIo::new(socket), service).await;
        });
    }
}

type Sender = client::SendRequest<Full<Bytes>>;
type Driven = client::Connection<TokioIo<TcpStream>, Full<Bytes>>;

/// A connection; one that nobody else drives has its driver along.
struct Connection {
    sender: Sender,
    driven: Option<Driven>,
}

impl Connection {
    fn drive(&mut self, cx: &mut Context<'_>) {
        if let Some(driven) = &mut self.driven
            && Pin::new(driven).poll(cx).is_ready()
        {
            self.driven = None;
        }
    }
}

struct Pool {
    upstream: String,
    kind: Kind,
    idle: Mutex<VecDeque<Connection>>,
}

impl Pool {
    async fn passed(self: Arc<Self>, request: Request<Incoming>) -> Result<Response<Passed>> {
        let (parts, body) = request.into_parts();
        let mut asked = Request::new(Full::new(body.collect().await?.to_bytes()));
        *asked.method_mut() = parts.method;
        *asked.uri_mut() = parts.uri;
        *asked.headers_mut() = parts.headers;
        asked.headers_mut().insert(HOST, self.upstream.parse()?);
        let mut connection = self.connection().await?;
        let mut reply = Box::pin(connection.sender.send_request(asked));
        let driven = &mut connection.driven;
        let reply = poll_fn(|cx| {
            if let Poll::Ready(reply) = reply.as_mut().poll(cx) {
                return Poll::Ready(reply);
            }
            if let Some(driven) = driven {
                let _pending = Pin::new(driven).poll(cx);
            }
            reply.as_mut().poll(cx)
        })
        .await?;
        let (head, incoming) = reply.into_parts();
        let mut response = Response::new(Passed { incoming, connection: Some(connection), pool: self });
        *response.status_mut() = head.status;
        if let Some(kind) = head.headers.get(CONTENT_TYPE) {
            response.headers_mut().insert(CONTENT_TYPE, kind.clone());
        }
        Ok(response)
    }

    fn idle(&self) -> Option<Connection> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop_back()
    }

    async fn connection(&self) -> Result<Connection> {
        while let Some(mut connection) = self.idle() {
            let is_ready = poll_fn(|cx| {
                connection.drive(cx);
                Poll::Ready(connection.sender.is_ready())
            });
            if is_ready.await {
                return Ok(connection);
            }
        }
        let socket = TcpStream::connect(&self.upstream).await?;
        socket.set_nodelay(true)?;
        let (sender, driven) = client::handshake(TokioIo::new(socket)).await?;
        if self.kind == Kind::Joining {
            return Ok(Connection { sender, driven: Some(driven) });
        }
        tokio::spawn(driven);
        Ok(Connection { sender, driven: None })
    }
}

/// The body of a reply on its way.
struct Passed {
    incoming: Incoming,
    connection: Option<Connection>,
    pool: Arc<Pool>,
}

impl Passed {
    fn poll_one(&mut self, cx: &mut Context<'_>) -> Poll<Option<hyper::Result<Frame<Bytes>>>> {
        let frame = Pin::new(&mut self.incoming).poll_frame(cx);
        match &mut self.connection {
            Some(connection) if frame.is_pending() && connection.driven.is_some() => {
                connection.drive(cx);
                Pin::new(&mut self.incoming).poll_frame(cx)
            }
            _ => frame,
        }
    }
}

impl Body for Passed {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<hyper::Result<Frame<Bytes>>>> {
        /// How much is joined at most, in bytes.
        const MOST: usize = 64 * 1024;
        let this = &mut *self;
        let mut joined = Vec::new();
        loop {
            match this.poll_one(cx) {
                Poll::Ready(Some(Ok(frame))) if this.pool.kind == Kind::Plain => return Poll::Ready(Some(Ok(frame))),
                Poll::Ready(Some(Ok(frame))) => {
                    joined.extend_from_slice(frame.data_ref().map_or(&[], |data| &data[..]));
                    if joined.len() < MOST {
                        continue;
                    }
                }
                Poll::Ready(None) => {
                    if let Some(mut connection) = this.connection.take() {
                        connection.drive(cx);
                        this.pool.idle.lock().unwrap_or_else(PoisonError::into_inner).push_back(connection);
                    }
                    if joined.is_empty() {
                        return Poll::Ready(None);
                    }
                }
                Poll::Pending if joined.is_empty() => return Poll::Pending,
                Poll::Pending => {}
                failed @ Poll::Ready(Some(Err(_))) => return failed,
            }
            return Poll::Ready(Some(Ok(Frame::data(joined.into()))));
        }
    }
}
