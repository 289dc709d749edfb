//! The stream adapter: order, errors, ends.

use std::task::Poll;

use futures_util::{FutureExt, StreamExt, stream};

use super::*;

type Seen = Vec<Result<String, EventsError<&'static str>>>;

/// All that comes out of a source that never waits.
fn collect(chunks: Vec<Result<&'static str, &'static str>>, parser: Parser, eof: Eof) -> Seen {
    let events = Events::new(stream::iter(chunks), parser, eof);
    events.map(|event| event.map(|event| event.data)).collect().now_or_never().expect("the source never waits")
}

#[test]
fn events_come_out_in_order_across_chunks() {
    let seen =
        collect(vec![Ok("data: a\n"), Ok("\ndata: b\n\nda"), Ok(""), Ok("ta: c\n\n")], Parser::new(), Eof::Discard);
    assert_eq!(seen, [Ok("a".into()), Ok("b".into()), Ok("c".into())]);
}

#[test]
fn the_end_of_the_source_flushes_or_discards() {
    let chunks = || vec![Ok("data: a\n\ndata: b")];
    assert_eq!(collect(chunks(), Parser::new(), Eof::Discard), [Ok("a".into())]);
    assert_eq!(collect(chunks(), Parser::new(), Eof::Flush), [Ok("a".into()), Ok("b".into())]);
}

#[test]
fn an_error_of_the_source_comes_after_the_events_before_it_and_ends_the_stream() {
    let chunks = vec![Ok("data: a\n\ndata: b"), Err("reset"), Ok("data: c\n\n")];
    let seen = collect(chunks, Parser::new(), Eof::Flush);
    assert_eq!(seen, [Ok("a".into()), Err(EventsError::Source("reset"))]);
}

#[test]
fn an_event_over_the_limit_is_one_error_and_the_end() {
    let chunks = vec![Ok("data: a\n\ndata: bbbbbbbbbbbbbbbb"), Ok("\n\ndata: c\n\n")];
    let seen = collect(chunks, Parser::with_limit(10), Eof::Flush);
    assert_eq!(seen, [Ok("a".into()), Err(EventsError::Parser(Error::EventTooLarge { limit: 10 }))]);
}

#[test]
fn a_source_that_is_done_is_not_polled_again() {
    let mut polls = 0;
    let source = stream::poll_fn(|_| {
        polls += 1;
        assert_eq!(polls, 1, "polled after its end");
        Poll::Ready(None::<Result<&str, &str>>)
    });
    let mut events = Events::new(source, Parser::new(), Eof::Flush);
    assert_eq!(events.next().now_or_never(), Some(None));
    assert_eq!(events.next().now_or_never(), Some(None));
}

#[test]
fn an_event_is_not_held_back_while_the_source_waits() {
    let source = stream::iter([Ok::<_, &str>("data: a\r\r")]).chain(stream::pending());
    let mut events = Events::new(source, Parser::new(), Eof::Flush);
    let first = events.next().now_or_never().flatten().expect("it is there already").expect("and no error");
    assert_eq!(first.data, "a");
    assert!(events.next().now_or_never().is_none(), "then it waits");
}
