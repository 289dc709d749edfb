//! Laws over random streams, and agreement with two independent parsers of the same standard.

use std::time::Duration;

use interlingua_sse::{Eof, fuzz, write_comment, write_event};
use proptest::prelude::*;

/// An event as all three parsers can tell it: name, data, last event id.
type Told = (String, String, String);

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn chunks_do_not_matter_and_written_events_read_the_same(stream in stream()) {
        fuzz::check(&stream);
    }

    #[test]
    fn sse_parse_agrees(stream in stream(), chunk in 1..40usize) {
        let mut theirs = Vec::new();
        let mut parser = sse_parse::SseParser::new();
        for bytes in stream.chunks(chunk) {
            parser.feed(bytes);
            while let Some(event) = parser.next_event() {
                theirs.push((event.event, event.data, event.id));
            }
        }
        prop_assert_eq!(ours(&stream, chunk), theirs);
    }

    #[test]
    fn sse_core_agrees(stream in stream(), chunk in 1..40usize) {
        let mut theirs: Vec<Told> = Vec::new();
        let mut parser = sse_core::SseDecoder::new();
        for mut bytes in stream.chunks(chunk) {
            while let Some(event) = parser.next(&mut bytes) {
                if let sse_core::SseEvent::Message(event) = event.expect("far below its limit") {
                    let id = event.last_event_id.as_deref().unwrap_or_default().to_owned();
                    theirs.push((event.event.into_owned(), event.data, id));
                }
            }
        }
        prop_assert_eq!(ours(&stream, chunk), theirs);
    }

    #[test]
    fn a_written_event_reads_back(name in "[a-z._]{1,20}", data in "(\\PC|\n){0,60}") {
        let mut stream = Vec::new();
        write_comment(&mut stream, &data);
        write_event(&mut stream, Some(&name), &data);
        let (events, error) = fuzz::parse([stream.as_slice()], usize::MAX, Eof::Discard);
        prop_assert_eq!(error, None);
        let read: Vec<_> = events.iter().map(|event| (event.name(), event.data.as_str())).collect();
        prop_assert_eq!(read, [(name.as_str(), data.as_str())]);
    }

    #[test]
    fn a_retry_is_the_number_it_spells(milliseconds: u64) {
        let stream = format!("retry: {milliseconds}\ndata\n\n");
        let (events, _) = fuzz::parse([stream.as_bytes()], usize::MAX, Eof::Discard);
        prop_assert_eq!(events[0].retry, Some(Duration::from_millis(milliseconds)));
    }
}

fn ours(stream: &[u8], chunk: usize) -> Vec<Told> {
    let (events, error) = fuzz::parse(stream.chunks(chunk), usize::MAX, Eof::Discard);
    assert_eq!(error, None, "no limit, no error");
    events.into_iter().map(|event| (event.name().to_owned(), event.data, event.id)).collect()
}

/// Streams made of what matters to a parser, so that most of them are nearly right.
fn stream() -> impl Strategy<Value = Vec<u8>> {
    let token = prop_oneof![
        6 => Just(b"\n".to_vec()),
        3 => Just(b"\r".to_vec()),
        3 => Just(b"\r\n".to_vec()),
        4 => Just(b"\n\n".to_vec()),
        8 => Just(b"data".to_vec()),
        3 => Just(b"event".to_vec()),
        3 => Just(b"id".to_vec()),
        2 => Just(b"retry".to_vec()),
        8 => Just(b":".to_vec()),
        4 => Just(b" ".to_vec()),
        1 => Just(b"\0".to_vec()),
        2 => Just(b"\xEF\xBB\xBF".to_vec()),
        1 => prop::collection::vec(any::<u8>(), 0..4),
        3 => "[0-9a-z]{0,3}".prop_map(String::into_bytes),
        1 => "\\PC{0,3}".prop_map(String::into_bytes),
    ];
    prop::collection::vec(token, 0..60).prop_map(|tokens| tokens.concat())
}
