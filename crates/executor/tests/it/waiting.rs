//! Every wait has its limit. The clock is paused, so the times are exact.

use std::time::Duration;

use crate::support::{
    Piece, Script, Scripted, completed, config, created, delta, failed, item_added, item_done, reply_with, request,
    streamed, streaming, text_and_last,
};
use futures_util::StreamExt;
use interlingua_executor::{Config, Executor, Phase, Timeouts};
use interlingua_model::Api;
use tokio::time::Instant;

const SECOND: Duration = Duration::from_secs(1);

fn impatient(upstream: &Scripted) -> Executor {
    let timeouts = Timeouts {
        headers: 40 * SECOND,
        first_event: 30 * SECOND,
        idle: 20 * SECOND,
        hold: 15 * SECOND,
        ..Timeouts::default()
    };
    upstream.executor(Config { timeouts, ..config(Api::Responses) })
}

#[tokio::test(start_paused = true)]
async fn the_head_of_the_reply() {
    let start = Instant::now();
    let error = impatient(&Scripted::new([Script::Silence])).ask(request(true)).await.unwrap_err();
    assert_eq!(start.elapsed(), 40 * SECOND);
    assert!(error.is_timeout());
    assert_eq!((error.status().as_u16(), error.phase()), (504, Phase::Headers));
    assert_eq!(error.to_string(), "the upstream did not answer within 40 s");
    assert_eq!(error.failure().code.as_deref(), Some("upstream_timeout"));
}

#[tokio::test(start_paused = true)]
async fn the_first_event_where_nothing_is_handed_out_meanwhile() {
    let comments = || Piece::Bytes(": still thinking\n\n".into());
    let pieces = || [comments(), Piece::Wait(25 * SECOND), comments(), Piece::Stall];
    let start = Instant::now();
    let error = impatient(&Scripted::new([streaming(pieces())])).ask(request(false)).await.unwrap_err();
    assert_eq!(start.elapsed(), 30 * SECOND, "comments do not count");
    assert!(error.is_timeout());
    assert_eq!((error.status().as_u16(), error.phase()), (504, Phase::FirstEvent));
}

#[tokio::test(start_paused = true)]
async fn the_first_event_of_a_stream_that_is_out_already() {
    let start = Instant::now();
    let upstream = Scripted::new([streaming([Piece::Stall])]);
    let answer = impatient(&upstream).ask(request(true)).await.unwrap();
    assert_eq!(start.elapsed(), 15 * SECOND, "handed out after the hold");
    let (text, last) = text_and_last(streamed(answer.value)).await;
    assert_eq!(start.elapsed(), 30 * SECOND);
    assert_eq!(text, "");
    assert!(last.contains("upstream_timeout") && last.contains("no event within 30 s"), "{last}");
    assert_eq!(upstream.open_bodies(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_pause_in_the_middle() {
    let start = Instant::now();
    let pieces = [created(), item_added(), delta("Hel"), Piece::Wait(19 * SECOND), delta("lo"), Piece::Stall];
    let answer = impatient(&Scripted::new([streaming(pieces)])).ask(request(true)).await.unwrap();
    let (text, last) = text_and_last(streamed(answer.value)).await;
    assert_eq!(start.elapsed(), 39 * SECOND);
    assert_eq!(text, "Hello");
    assert!(last.contains("upstream_timeout") && last.contains("nothing for 20 s"), "{last}");
}

#[tokio::test(start_paused = true)]
async fn comments_keep_a_stream_alive_that_has_begun() {
    let alive = || [Piece::Wait(19 * SECOND), Piece::Bytes(": alive\n\n".into())];
    let mut pieces = vec![created(), item_added(), delta("Hello")];
    pieces.extend(alive().into_iter().chain(alive()).chain(alive()));
    pieces.extend([item_done("Hello"), completed("Hello")]);
    let answer = impatient(&Scripted::new([streaming(pieces)])).ask(request(true)).await.unwrap();
    assert_eq!(text_and_last(streamed(answer.value)).await, ("Hello".to_owned(), "[DONE]".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn a_pause_in_a_whole_reply() {
    let start = Instant::now();
    let pieces = [Piece::Bytes("{".into()), Piece::Wait(19 * SECOND), Piece::Bytes("\"id\":".into()), Piece::Stall];
    let upstream = Scripted::new([reply_with(200, &[("content-type", "application/json")], pieces)]);
    let error = impatient(&upstream).ask(request(false)).await.unwrap_err();
    assert_eq!(start.elapsed(), 39 * SECOND);
    assert!(error.is_timeout());
    assert_eq!((error.status().as_u16(), error.phase()), (504, Phase::MidStream));
}

#[tokio::test(start_paused = true)]
async fn there_is_no_limit_on_the_whole() {
    let mut pieces = vec![created(), item_added()];
    for _ in 0..1000 {
        pieces.extend([Piece::Wait(10 * SECOND), delta("x")]);
    }
    let text = "x".repeat(1000);
    pieces.extend([item_done(&text), completed(&text)]);
    let answer = impatient(&Scripted::new([streaming(pieces)])).ask(request(true)).await.unwrap();
    assert_eq!(text_and_last(streamed(answer.value)).await, (text, "[DONE]".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn a_failure_while_held_is_an_error_and_after_it_an_event() {
    let late = |wait| streaming([created(), Piece::Wait(wait), failed("rate_limit_exceeded", "later")]);
    let error = impatient(&Scripted::new([late(14 * SECOND)])).ask(request(true)).await.unwrap_err();
    assert_eq!(error.status(), 429);

    let answer = impatient(&Scripted::new([late(16 * SECOND)])).ask(request(true)).await.unwrap();
    let (text, last) = text_and_last(streamed(answer.value)).await;
    assert_eq!(text, "");
    assert!(last.contains("rate_limit_exceeded"), "{last}");
}

#[tokio::test(start_paused = true)]
async fn output_is_handed_on_before_the_next_event_is_there() {
    let pieces = [created(), item_added(), delta("Hel"), Piece::Wait(10 * SECOND), delta("lo"), Piece::Stall];
    let start = Instant::now();
    let answer = impatient(&Scripted::new([streaming(pieces)])).ask(request(true)).await.unwrap();
    let mut stream = streamed(answer.value);
    assert!(String::from_utf8_lossy(&stream.next().await.unwrap()).contains("Hel"));
    assert_eq!(start.elapsed(), Duration::ZERO);
    assert!(String::from_utf8_lossy(&stream.next().await.unwrap()).contains("lo"));
    assert_eq!(start.elapsed(), 10 * SECOND);
}

#[tokio::test(start_paused = true)]
async fn an_upstream_that_only_chatters_does_not_keep_the_thread() {
    let chatter = (0..100_000).map(|_| Piece::Bytes(": \n\n".into()));
    let upstream = Scripted::new([streaming(chatter)]);
    let executor = impatient(&upstream);
    let call = executor.ask(request(true));
    let mut polls = 0;
    let error = tokio::join!(call, async {
        for _ in 0..100 {
            tokio::task::yield_now().await;
            polls += 1;
        }
    });
    assert_eq!(polls, 100);
    assert_eq!(error.0.unwrap_err().failure().code.as_deref(), Some("stream_incomplete"));
}

#[tokio::test(start_paused = true)]
async fn a_transport_that_can_only_sleep_keeps_the_same_limits() {
    let start = Instant::now();
    let pieces = [created(), item_added(), delta("Hel"), Piece::Wait(19 * SECOND), delta("lo"), Piece::Stall];
    let answer = impatient(&Scripted::without_alarms([streaming(pieces)])).ask(request(true)).await.unwrap();
    let (text, last) = text_and_last(streamed(answer.value)).await;
    assert_eq!(start.elapsed(), 39 * SECOND);
    assert_eq!(text, "Hello");
    assert!(last.contains("upstream_timeout") && last.contains("nothing for 20 s"), "{last}");
}

#[tokio::test(start_paused = true)]
async fn a_stream_makes_as_many_timers_however_long_it_is() {
    let mut made = Vec::new();
    for events in [5, 500] {
        let mut pieces = vec![created(), item_added()];
        pieces.extend((0..events).flat_map(|_| [delta("x"), Piece::Wait(SECOND)]));
        pieces.extend([item_done(&"x".repeat(events)), completed(&"x".repeat(events))]);
        let upstream = Scripted::new([streaming(pieces)]);
        let answer = impatient(&upstream).ask(request(true)).await.unwrap();
        assert_eq!(text_and_last(streamed(answer.value)).await, ("x".repeat(events), "[DONE]".to_owned()));
        made.push(upstream.timers());
    }
    assert!(made[0] > 0 && made[0] == made[1], "{made:?}");
}

#[tokio::test(start_paused = true)]
async fn what_comes_at_once_is_handed_out_at_once_and_nothing_waits() {
    let mut pieces = vec![created(), item_added()];
    pieces.extend((0..100).map(|_| delta("x")));
    pieces.push(Piece::Wait(SECOND));
    let text = "x".repeat(100) + "y";
    pieces.extend([delta("y"), Piece::Wait(SECOND), item_done(&text), completed(&text)]);
    let answer = impatient(&Scripted::new([streaming(pieces)])).ask(request(true)).await.unwrap();
    let (start, mut stream, mut handed_out) = (Instant::now(), streamed(answer.value), Vec::new());
    while let Some(bytes) = stream.next().await {
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        handed_out.push((start.elapsed(), text.matches("\"x\"").count(), text.matches("\"y\"").count()));
    }
    assert_eq!(handed_out, [(Duration::ZERO, 100, 0), (SECOND, 0, 1), (2 * SECOND, 0, 0)]);
}
