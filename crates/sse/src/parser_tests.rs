//! What only the inside of the parser can show: how much work it does and how much it keeps.

use super::*;

/// What the parser has done, counted to hold it to linear time.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Work {
    bytes_searched: usize,
    bytes_moved: usize,
}

impl Work {
    pub(super) fn searched(&mut self, bytes: usize) {
        self.bytes_searched += bytes;
    }

    pub(super) fn moved(&mut self, bytes: usize) {
        self.bytes_moved += bytes;
    }
}

/// Feeds `bytes` in chunks and takes every event; the sizes of their data.
fn run(parser: &mut Parser, bytes: &[u8], chunk: usize) -> Vec<usize> {
    let mut sizes = Vec::new();
    for chunk in bytes.chunks(chunk) {
        parser.feed(chunk);
        while let Some(event) = parser.next_event().expect("within the limit") {
            sizes.push(event.data.len());
        }
    }
    sizes
}

/// Bytes that may have been touched: each is searched once, and moved once at most.
#[track_caller]
fn assert_linear(parser: &Parser, fed: usize) {
    let Work { bytes_searched, bytes_moved } = parser.work;
    assert!(bytes_searched <= fed, "{bytes_searched} of {fed} bytes searched");
    assert!(bytes_moved <= fed, "{bytes_moved} of {fed} bytes moved");
}

#[test]
fn a_long_line_is_searched_once_however_it_arrives() {
    let whole = DEFAULT_LIMIT - "data: ".len() - 1;
    for (length, chunk) in [(1 << 20, 1), (1 << 20, 7), (1 << 20, 1024), (whole, 16 * 1024), (whole, usize::MAX)] {
        let line = [b"data: ", "x".repeat(length).as_bytes(), b"\n\n"].concat();
        let mut parser = Parser::new();
        assert_eq!(run(&mut parser, &line, chunk), [length]);
        assert_linear(&parser, line.len());
    }
}

#[test]
fn many_lines_and_many_events_are_linear_too() {
    let many_lines = [b"data: x\n".repeat(50_000), b"\n".to_vec()].concat();
    let many_events = b"event: e\r\ndata: 0123456789\r\n\r\n: c\r\n\r\n".repeat(20_000);
    for bytes in [many_lines, many_events] {
        for chunk in [1, 64, 16 * 1024, bytes.len()] {
            let mut parser = Parser::new();
            run(&mut parser, &bytes, chunk);
            assert_linear(&parser, bytes.len());
        }
    }
}

#[test]
fn events_that_wait_in_the_parser_are_not_moved_for_every_few_that_are_taken() {
    let events = b"data: 0123456789\n\n".repeat(60_000);
    let mut parser = Parser::new();
    parser.feed(&events);
    let mut fed = events.len();
    let mut taken = 0;
    while parser.next_event().expect("within the limit").is_some() {
        taken += 1;
        if taken % 300 == 0 {
            parser.feed(b"\n");
            fed += 1;
        }
    }
    assert_eq!(taken, 60_000);
    assert_linear(&parser, fed);
}

#[test]
fn the_buffers_of_a_long_stream_do_not_grow() {
    let mut parser = Parser::new();
    let event = [b"data: ", "x".repeat(180).as_bytes(), b"\n\n"].concat();
    for _ in 0..1000 {
        run(&mut parser, &event.repeat(40), 1000);
        assert!(parser.buf.capacity() <= 4 * WORTH_MOVING, "{} bytes kept", parser.buf.capacity());
    }
}

#[test]
fn the_memory_of_a_large_event_is_given_back() {
    let line = [b"data: ", "x".repeat(1 << 20).as_bytes(), b"\n"].concat();
    let mut parser = Parser::new();
    assert_eq!(run(&mut parser, &[line.repeat(2), b"\n".to_vec()].concat(), 1 << 16), [(2 << 20) + 1]);
    assert!(parser.joined.capacity() >= 2 << 20);

    run(&mut parser, b"data: small\n\n", 5);
    assert!(parser.buf.capacity() <= IDLE_CAPACITY, "{} bytes kept", parser.buf.capacity());
    assert!(parser.joined.capacity() <= IDLE_CAPACITY, "{} bytes kept", parser.joined.capacity());
}

#[test]
fn data_lines_that_are_joined_do_not_stay_in_the_buffer_as_well() {
    let mut parser = Parser::new();
    run(&mut parser, &b"data: 0123456789\n".repeat(100_000), 1000);
    assert!(parser.buf.capacity() <= 4 * WORTH_MOVING, "{} bytes kept", parser.buf.capacity());
}

#[test]
fn one_line_of_data_is_lent_from_the_buffer() {
    let mut parser = Parser::new();
    parser.feed(b"data: one line\n\n");
    let data = parser.next_event().expect("no error").expect("an event").data.as_ptr();
    assert_eq!(data, parser.buf["data: ".len()..].as_ptr());
    assert_eq!(parser.joined.capacity(), 0);
}

#[test]
fn usual_events_are_lent_from_what_is_given() {
    let bytes = b"event: a\ndata: 1\n\nevent: b\ndata: 2\n\nid: 3\ndata: 3\n\ndata: 4\n\ndata: 5";
    let mut parser = Parser::new();
    let (mut rest, mut lent) = (&bytes[..], Vec::new());
    while let Some(event) = parser.next_of(&mut rest).expect("within the limit") {
        lent.push((event.data.to_owned(), bytes.as_ptr_range().contains(&event.data.as_ptr())));
    }
    let lent: Vec<_> = lent.iter().map(|(data, is_lent)| (data.as_str(), *is_lent)).collect();
    assert_eq!(lent, [("1", true), ("2", true), ("3", false), ("4", true)]);
    assert_eq!(&parser.buf[parser.line..], b"data: 5", "what is not whole is kept, and nothing else");
}

#[test]
fn what_is_given_is_searched_twice_at_most() {
    let unusual = b"id: 1\ndata: 0123456789\n\n".repeat(20_000);
    let returns = b"data: 0123456789\r\n\r\n".repeat(20_000);
    let long = [b"data: ", "x".repeat(1 << 20).as_bytes(), b"\n\n"].concat();
    for bytes in [unusual, returns, long] {
        for chunk in [1, 64, 16 * 1024, bytes.len()] {
            let mut parser = Parser::new();
            for mut chunk in bytes.chunks(chunk) {
                while parser.next_of(&mut chunk).expect("within the limit").is_some() {}
            }
            let Work { bytes_searched, bytes_moved } = parser.work;
            assert!(bytes_searched <= 3 * bytes.len(), "{bytes_searched} of {} bytes searched", bytes.len());
            assert!(bytes_moved <= bytes.len(), "{bytes_moved} of {} bytes moved", bytes.len());
        }
    }
}

#[test]
fn debug_output_shows_no_content() {
    let mut parser = Parser::new();
    parser.feed(b"event: secret\ndata: secret\nid: secret\ndata: secret");
    assert_eq!(parser.next_event(), Ok(None));
    let shown = format!("{parser:?}");
    assert!(!shown.contains("secret") && shown.contains("buffered: 12"), "{shown}");
}

#[test]
fn the_usual_events_are_those_that_the_lines_say() {
    use crate::fuzz::{parse, parse_of};

    let streams = [
        "event: a\ndata: 1\n\nevent: a\ndata: 2\n\nevent: b\ndata: 3\n\ndata: 4\n\n",
        "event: \ndata: 1\n\nevent: \ndata: 2\n\nevent: a\ndata: 3\n\nevent: \ndata: 4\n\n",
        "data: 1\ndata: 2\n\ndata: 3\r\n\r\ndata: 4\n\r\n: 5\n\ndata: 6\rdata: 7\n\n",
        "event: a\ndata: 1\n\nevent: a\ndata: 2\nid: 3\nretry: 4\n\nevent: a\n\nevent: ab\ndata: 5\n\ndata: 6",
        "\u{feff}event: a\ndata: 1\n\nevent: b\ndata: 2\n\nevent: b\r\ndata: 3\n\nevent: b\ndata: 4\r\r",
        "event: a\ndata: 1\n\nevent: a\ndata: \u{fc}\u{1f642}\n\nevent: a\ndata: 1234567890123456789012345678901234567890\n\n",
    ];
    for stream in streams {
        for limit in [1 << 20, 64, 57, 56, 55, 40, 12] {
            let by_lines = parse(stream.as_bytes().chunks(1), limit, Eof::Flush);
            for size in 1..=stream.len() {
                let chunks = || stream.as_bytes().chunks(size);
                assert_eq!(parse(chunks(), limit, Eof::Flush), by_lines, "{stream:?} {size} {limit}");
                assert_eq!(parse_of(chunks(), limit, Eof::Flush), by_lines, "{stream:?} {size} {limit}, lent");
            }
        }
    }
}
