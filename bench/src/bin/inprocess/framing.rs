//! Framing alone.

use eventsource_stream::EventStream;
use futures_util::{FutureExt as _, StreamExt as _, stream};
use interlingua_bench as work;
use sse_stream::SseStream;

use crate::turns::{Asked, Case, Rows, measure};

pub fn alone(rows: &mut Rows, rounds: u32) {
    const GROUP: &str = "Framing alone";
    const PIECE: usize = 16 * 1024;
    let bytes = work::responses_stream();
    let pieces: Vec<&'static [u8]> = bytes.chunks(PIECE).map(|piece| &*piece.to_vec().leak()).collect();
    let pieces = &pieces;
    let mut copy = vec![0; bytes.len()];
    let copied = &bytes;
    let measured = measure(
        vec![
            Case::new("scan", move || pieces.iter().map(|piece| memchr::memchr_iter(b'\n', piece).count()).sum()),
            Case::new("copy", move || {
                copy.copy_from_slice(copied);
                copy.len()
            }),
            Case::new("ours", move || work::frame(pieces)),
            Case::new("sse-stream", move || {
                let source = stream::iter(pieces.iter().map(|piece| Ok::<_, std::io::Error>(*piece)));
                let events = SseStream::from_bytes_stream(source.map(|piece| piece.map(bytes_of)));
                let length = events.map(|event| event.unwrap().data.map_or(0, |data| data.len()));
                length.fold(0, |all, one| async move { all + one }).now_or_never().unwrap()
            }),
            Case::new("eventsource-stream", move || {
                let source = stream::iter(pieces.iter().map(|piece| Ok::<_, std::io::Error>(*piece)));
                let length = EventStream::new(source).map(|event| event.unwrap().data.len());
                length.fold(0, |all, one| async move { all + one }).now_or_never().unwrap()
            }),
        ],
        rounds,
    );
    let [scan, copy, ours, sse_stream, eventsource] = &measured[..] else { unreachable!() };
    rows.about(GROUP, "The bytes of a Responses stream as events, in pieces of 16 KiB.");
    let unit = "x the time of a scan for newlines";
    rows.time(GROUP, "a copy", unit, copy.times_longer(scan), None);
    rows.time(GROUP, "interlingua-sse", unit, ours.times_longer(scan), Some(Asked { must: 6.0, aim: 4.0 }));
    rows.note("events are lent from the pieces they came in; the rest is looking for their ends and checking that they are UTF-8");
    rows.time(GROUP, "sse-stream", unit, sse_stream.times_longer(scan), None);
    rows.time(GROUP, "eventsource-stream", unit, eventsource.times_longer(scan), None);
}

fn bytes_of(piece: &'static [u8]) -> bytes::Bytes {
    bytes::Bytes::from_static(piece)
}
