//! What a stream is made of: one event, borrowed or owned.

use std::time::Duration;

/// An event as the standard's "message" event has it, borrowed from the [`Parser`](crate::Parser).
///
/// It lives until the parser is used again; [`into_owned`](Event::into_owned) makes a copy that lives longer.
///
/// ```
/// # use interlingua_sse::Parser;
/// let mut parser = Parser::new();
/// parser.feed(b"event: tick\ndata: 1\n\ndata: 2\n\n");
///
/// let tick = parser.next_event()?.expect("a whole event was fed");
/// assert_eq!(tick.event, Some("tick"));
/// let unnamed = parser.next_event()?.expect("so was a second");
/// assert_eq!(unnamed.event, None);
/// assert_eq!(unnamed.name(), "message");
/// # Ok::<(), interlingua_sse::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Event<'a> {
    /// The `event` field. `None` where it was absent or empty, which the standard takes for the same.
    pub event: Option<&'a str>,
    /// The `data` fields, joined by line feeds.
    pub data: &'a str,
    /// The last `id` field of the stream so far, in this event or an earlier one; empty where there was none.
    pub id: &'a str,
    /// The `retry` field of this event: how long to wait before reconnecting.
    pub retry: Option<Duration>,
    /// The stream ended before the blank line that closes the event, so `data` may be cut anywhere.
    /// Only [`Eof::Flush`](crate::Eof::Flush) brings such events out.
    pub cut: bool,
}

impl Event<'_> {
    /// The event's type: the `event` field, or `message` where there is none.
    #[must_use]
    pub fn name(&self) -> &str {
        self.event.unwrap_or(DEFAULT_NAME)
    }

    /// Copies the event out of the parser.
    ///
    /// ```
    /// # use interlingua_sse::Parser;
    /// let mut parser = Parser::new();
    /// parser.feed(b"data: one\n\ndata: two\n\n");
    /// let mut events = Vec::new();
    /// while let Some(event) = parser.next_event()? {
    ///     events.push(event.into_owned());
    /// }
    /// assert_eq!(events[1].data, "two");
    /// # Ok::<(), interlingua_sse::Error>(())
    /// ```
    #[must_use]
    pub fn into_owned(self) -> OwnedEvent {
        let Self { event, data, id, retry, cut } = self;
        OwnedEvent { event: event.map(str::to_owned), data: data.to_owned(), id: id.to_owned(), retry, cut }
    }
}

/// An [`Event`] that borrows nothing; the fields mean the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnedEvent {
    /// See [`Event::event`].
    pub event: Option<String>,
    /// See [`Event::data`].
    pub data: String,
    /// See [`Event::id`].
    pub id: String,
    /// See [`Event::retry`].
    pub retry: Option<Duration>,
    /// See [`Event::cut`].
    pub cut: bool,
}

impl OwnedEvent {
    /// The event's type: the `event` field, or `message` where there is none.
    #[must_use]
    pub fn name(&self) -> &str {
        self.event.as_deref().unwrap_or(DEFAULT_NAME)
    }
}

/// The type of an event that names none.
const DEFAULT_NAME: &str = "message";
