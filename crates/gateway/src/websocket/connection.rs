//! One connection: turn after turn, until somebody ends it.

use std::collections::VecDeque;
use std::time::Duration;

use axum::extract::ws::{CloseFrame, Message, WebSocket, close_code};
use futures_util::StreamExt;
use http::{HeaderMap, StatusCode};
use interlingua_executor::{Frame, Scrubber};
use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at, timeout};

use super::error_frame::error_frame;
use super::said::{Create, Said};
use super::turn::{self, End, Interrupts, Reply, is_last};
use super::watched::Watched;
use crate::ApiError;
use crate::app::{Shared, Stage};
use crate::error::closing;
use crate::store::{Conversations, Memory, StoreLimits};

/// A connection to one client.
pub(super) struct Connection {
    app: Shared,
    headers: HeaderMap,
    /// The keys that it was opened with.
    presented: Option<Scrubber>,
    /// Where it was opened.
    path: String,
    socket: WebSocket,
    conversations: Conversations,
    /// What the client has said and waits for its turn.
    waiting: VecDeque<Result<Create, Box<ApiError>>>,
    pings: Interval,
    /// When the client was last heard of.
    heard: Instant,
    /// When the connection is too old for another turn.
    old: Instant,
}

/// The most turns that wait. A client that says more is not listened to until some are over.
const MOST_WAITING: usize = 8;
/// How long a frame may take to go out.
const SEND_WAIT: Duration = Duration::from_secs(60);
/// How many pings in a row may stay without an answer.
const MOST_UNHEARD: u32 = 4;
/// How long an upstream may take to end behind the last event of its reply.
const END_WAIT: Duration = Duration::from_millis(50);
/// How long the client may take to answer that the connection ends.
const CLOSE_WAIT: Duration = Duration::from_secs(2);
/// The most of its turns that a connection keeps, in bytes.
const MOST_KEPT: usize = 64 * 1024 * 1024;

/// Why a connection ends.
struct Close {
    code: u16,
    why: &'static str,
}

/// What happens next.
enum Event {
    Said(Said),
    Frame(Option<Result<Frame, Box<ApiError>>>),
    Closed(Option<Close>),
    Nothing,
}

impl Connection {
    pub(super) fn new(
        app: Shared,
        headers: HeaderMap,
        presented: Option<Scrubber>,
        path: String,
        socket: WebSocket,
    ) -> Self {
        let limits = app.limits;
        let local = Memory::new(StoreLimits { bytes: MOST_KEPT, age: limits.socket_age.saturating_mul(2) });
        let conversations = Conversations::of(&app, &headers).with_local(local);
        let now = Instant::now();
        let mut pings = interval_at(now + limits.heartbeat, limits.heartbeat);
        pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let old = now + limits.socket_age;
        Self { app, headers, presented, path, socket, conversations, waiting: VecDeque::new(), pings, heard: now, old }
    }

    /// Serves it to its end.
    pub(super) async fn run(mut self) {
        tracing::info!("a WebSocket is open");
        let close = loop {
            let next = match self.waiting.pop_front() {
                Some(next) => next,
                None => match self.next().await {
                    Ok(next) => next,
                    Err(close) => break close,
                },
            };
            let turn = match next {
                _ if Instant::now() >= self.old => {
                    let _ = self.send_error(too_old(), None).await;
                    break Some(TOO_OLD);
                }
                Err(error) => self.send_error(*error, None).await,
                Ok(create) => self.turn(create).await,
            };
            if let Err(close) = turn {
                break close;
            }
        };
        let why = close.as_ref().map_or("the client has left", |close| close.why);
        tracing::info!(why, "a WebSocket is closed");
        if let Some(Close { code, why }) = close {
            let frame = CloseFrame { code, reason: why.into() };
            let ended = async {
                self.socket.send(Message::Close(Some(frame))).await.ok()?;
                while self.socket.recv().await.is_some_and(|message| message.is_ok()) {}
                Some(())
            };
            let _ = timeout(CLOSE_WAIT, ended).await;
        }
    }

    /// Waits for the client to say something.
    async fn next(&mut self) -> Result<Result<Create, Box<ApiError>>, Option<Close>> {
        loop {
            match self.event(None).await {
                Event::Said(Said::Create(create)) => return Ok(Ok(create)),
                Event::Said(Said::Wrong(error)) => return Ok(Err(error)),
                // Whatever it was about is over; a word about it would be taken for the next turn's.
                Event::Said(Said::Interrupt { response_id: _ }) | Event::Frame(_) | Event::Nothing => {}
                Event::Closed(close) => return Err(close),
            }
        }
    }

    /// Serves one turn.
    async fn turn(&mut self, create: Create) -> Result<(), Option<Close>> {
        let previous = create.previous_response_id.clone();
        let (app, conversations, headers) = (self.app.clone(), self.conversations.clone(), self.headers.clone());
        let mut watched = Watched::begin(self.app.clone(), &self.headers, self.presented.as_ref(), &self.path);
        let (reply, mut interrupts) = turn::begin(app, conversations, headers, create);
        let mut reply = watched.over(reply);
        let mut is_interrupted = false;
        loop {
            match self.event(Some(&mut reply)).await {
                Event::Frame(Some(Ok(frame))) => {
                    let is_over = is_last(frame.name.as_deref());
                    if frame.name.as_deref() == Some("response.failed") {
                        self.evict(previous.as_deref());
                    }
                    interrupts.watch(&frame);
                    self.send_frame(frame, &mut watched).await?;
                    if is_over {
                        // How it went is known when the upstream has ended as well; nobody waits for that for long.
                        let _ = timeout(END_WAIT, reply.next()).await;
                        return Ok(());
                    }
                }
                Event::Frame(Some(Err(error))) => {
                    self.evict(previous.as_deref());
                    return self.send_error(*error, Some(&mut watched)).await;
                }
                Event::Frame(None) => {
                    // The translator ends every reply; this is for one that it should not have.
                    let message = "the reply ended without its last event";
                    let error = ApiError::bad_gateway(message).with_code("stream_incomplete");
                    return self.send_error(error, Some(&mut watched)).await;
                }
                Event::Said(Said::Create(create)) => self.waiting.push_back(Ok(create)),
                Event::Said(Said::Wrong(error)) => self.waiting.push_back(Err(error)),
                Event::Said(Said::Interrupt { response_id }) => {
                    is_interrupted |= response_id.is_none() || interrupts.concerns(response_id.as_deref());
                }
                Event::Closed(close) => {
                    if close.as_ref().is_some_and(|close| close.code == STOPPING.code) {
                        drop(reply);
                        self.end(interrupts, End::Failed(closing()), &mut watched).await?;
                    }
                    return Err(close);
                }
                Event::Nothing => {}
            }
            if is_interrupted && interrupts.concerns(None) {
                // The upstream is let go of.
                drop(reply);
                return self.end(interrupts, End::Interrupted, &mut watched).await;
            }
        }
    }

    /// Ends a turn before its end.
    async fn end(&mut self, interrupts: Interrupts, end: End, watched: &mut Watched) -> Result<(), Option<Close>> {
        match interrupts.end(end).await {
            Some(frame) => self.send_frame(frame, watched).await,
            None => self.send_error(ApiError::closing(), Some(watched)).await,
        }
    }

    /// A continuation that fails is not to be tried again from the same place.
    fn evict(&self, previous: Option<&str>) {
        if let Some(id) = previous {
            self.conversations.evict(id);
        }
    }

    /// Waits for whatever comes first.
    async fn event(&mut self, reply: Option<&mut Reply>) -> Event {
        let is_idle = reply.is_none();
        let listens = self.waiting.len() < MOST_WAITING;
        let app = &self.app;
        let frame = async {
            match reply {
                Some(reply) => reply.next().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            // What the client says comes first: it may be that it wants no more.
            biased;
            message = self.socket.recv(), if listens => {
                self.heard = Instant::now();
                match message {
                    Some(Ok(Message::Text(text))) => Event::Said(Said::read(text.as_str().as_bytes())),
                    Some(Ok(Message::Binary(bytes))) => Event::Said(Said::read(&bytes)),
                    Some(Ok(Message::Ping(_) | Message::Pong(_))) => Event::Nothing,
                    Some(Ok(Message::Close(_)) | Err(_)) | None => Event::Closed(None),
                }
            }
            () = app.until(if is_idle { Stage::Stopping } else { Stage::Closing }) => Event::Closed(Some(STOPPING)),
            frame = frame => Event::Frame(frame),
            () = tokio::time::sleep_until(self.old), if is_idle => Event::Closed(Some(TOO_OLD)),
            _ = self.pings.tick() => {
                let patience = self.app.limits.heartbeat.saturating_mul(MOST_UNHEARD);
                if listens && self.heard.elapsed() > patience {
                    return Event::Closed(Some(UNHEARD));
                }
                match self.send(Message::Ping(bytes::Bytes::new())).await {
                    Ok(()) => Event::Nothing,
                    Err(close) => Event::Closed(close),
                }
            }
        }
    }

    async fn send_error(&mut self, error: ApiError, watched: Option<&mut Watched>) -> Result<(), Option<Close>> {
        let error = error.coded();
        let frame = error_frame(&error);
        self.send(Message::text(frame.clone())).await?;
        if let Some(watched) = watched {
            watched.refuses(&error, &frame);
        }
        Ok(())
    }

    async fn send_frame(&mut self, frame: Frame, watched: &mut Watched) -> Result<(), Option<Close>> {
        let sent = frame.clone();
        // What the translator writes is JSON, and so UTF-8.
        let Ok(text) = axum::extract::ws::Utf8Bytes::try_from(frame.data) else { return Ok(()) };
        self.send(Message::Text(text)).await?;
        watched.sends(&sent);
        Ok(())
    }

    async fn send(&mut self, message: Message) -> Result<(), Option<Close>> {
        match timeout(SEND_WAIT, self.socket.send(message)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(None),
            Err(_) => Err(Some(UNREAD)),
        }
    }
}

const TOO_OLD: Close = Close { code: close_code::NORMAL, why: "websocket_connection_limit_reached: connect again" };
const STOPPING: Close = Close { code: close_code::AWAY, why: "the gateway stops" };
const UNHEARD: Close = Close { code: close_code::POLICY, why: "no answer to pings" };
const UNREAD: Close = Close { code: close_code::POLICY, why: "frames are not read" };

fn too_old() -> ApiError {
    let message = "this WebSocket is as old as one may be; open another and send the whole conversation";
    ApiError::new(StatusCode::BAD_REQUEST, message).with_code("websocket_connection_limit_reached")
}
