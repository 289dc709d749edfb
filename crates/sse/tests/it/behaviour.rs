//! What a caller relies on beyond the standard: promptness, limits, and what comes after the end.

use interlingua_sse::{DEFAULT_LIMIT, Eof, Error, Parser, write_event};

/// The data of the events that can be taken now.
fn take(parser: &mut Parser) -> Vec<String> {
    let mut data = Vec::new();
    while let Some(event) = parser.next_event().expect("within the limit") {
        data.push(event.data.to_owned());
    }
    data
}

#[test]
fn an_event_comes_out_with_the_last_byte_of_its_blank_line() {
    for end in ["\n\n", "\r\r", "\n\r", "\r\n\n", "\r\n\r"] {
        let mut parser = Parser::new();
        for byte in format!("data: x{end}").into_bytes() {
            assert_eq!(take(&mut parser), [""; 0], "too early, {end:?}");
            parser.feed(&[byte]);
        }
        assert_eq!(take(&mut parser), ["x"], "too late, {end:?}");
    }
}

#[test]
fn a_blank_line_that_ends_in_crlf_is_complete_at_its_cr() {
    let mut parser = Parser::new();
    parser.feed(b"data: x\r\n\r");
    assert_eq!(take(&mut parser), ["x"]);
    parser.feed(b"\ndata: y\r\n\r\n");
    assert_eq!(take(&mut parser), ["y"], "the LF belongs to the blank line before");
}

#[test]
fn each_chunk_gives_the_event_it_completes() {
    let mut parser = Parser::new();
    for data in ["a", "b", "c"] {
        parser.feed(format!("data: {data}\n\n").as_bytes());
        assert_eq!(take(&mut parser), [data]);
    }
}

#[test]
fn events_may_be_left_in_the_parser_while_it_is_fed() {
    let mut parser = Parser::new();
    for piece in ["data: a\n", "\ndata: b\nda", "ta: c\n\n", "data: d\n\n"] {
        parser.feed(piece.as_bytes());
    }
    assert_eq!(take(&mut parser), ["a", "b\nc", "d"]);
}

#[test]
fn a_long_stream_in_small_chunks_loses_nothing() {
    let expected: Vec<String> = (0..3000).map(|number| format!("{number}\n{}", number * 7)).collect();
    let mut stream = Vec::new();
    for data in &expected {
        write_event(&mut stream, Some("e"), data);
    }
    for chunk in [1, 13, 64, 1000] {
        let mut parser = Parser::new();
        let mut data = Vec::new();
        for bytes in stream.chunks(chunk) {
            parser.feed(bytes);
            data.extend(take(&mut parser));
        }
        assert_eq!(data, expected, "in chunks of {chunk}");
    }
}

#[test]
fn the_limit_counts_all_that_is_between_two_blank_lines() {
    let cases = [
        ("data: 12\n\n", 9, true),
        ("data: 12\n\n", 8, false),
        // A CRLF counts as one byte.
        ("data: 1\r\ndata: 2\r\n\r\n", 16, true),
        ("data: 1\r\ndata: 2\r\n\r\n", 15, false),
        (": comment\ndata: 1\n\n", 18, true),
        (": comment\ndata: 1\n\n", 17, false),
        // Blank lines and the byte order mark do not.
        ("\u{feff}data: 12\n\ndata: 34\n\n\n\n\n", 9, true),
    ];
    for (stream, limit, fits) in cases {
        for chunk in [1, 2, stream.len()] {
            let mut parser = Parser::with_limit(limit);
            let mut last = Ok(None);
            for bytes in stream.as_bytes().chunks(chunk) {
                parser.feed(bytes);
                while let Ok(Some(_)) = parser.next_event() {}
                last = parser.next_event().map(|event| event.map(|event| event.data.to_owned()));
            }
            let expected = if fits { Ok(None) } else { Err(Error::EventTooLarge { limit }) };
            assert_eq!(last, expected, "{stream:?} in chunks of {chunk}, limit {limit}");
        }
    }
}

#[test]
fn neither_empty_lines_nor_missing_ones_get_around_the_limit() {
    let endless = [
        ("empty data lines", "data:\n"),
        ("colonless data lines", "data\r"),
        ("events named again and again", "event: x\n"),
        ("comments", ":\r\n"),
        ("no line end at all", "x"),
    ];
    for (what, piece) in endless {
        let mut parser = Parser::with_limit(100_000);
        let failed_after = (1..=200_000).find(|_| {
            parser.feed(piece.as_bytes());
            parser.next_event().is_err()
        });
        assert!(failed_after.is_some(), "{what}");
    }
}

#[test]
fn the_default_limit_lets_a_large_image_through_and_no_more() {
    let mut parser = Parser::new();
    parser.feed(b"data: ");
    parser.feed("A".repeat(DEFAULT_LIMIT - b"data: ".len()).as_bytes());
    assert_eq!(parser.next_event(), Ok(None));
    parser.feed(b"A");
    assert_eq!(parser.next_event(), Err(Error::EventTooLarge { limit: DEFAULT_LIMIT }));
}

#[test]
fn an_error_is_final_and_is_not_the_end_of_the_stream() {
    let mut parser = Parser::with_limit(10);
    parser.feed(b"data: a\n\ndata: too long\n\ndata: b\n\n");
    assert_eq!(parser.next_event().map(|event| event.map(|event| event.data.len())), Ok(Some(1)));
    let error = Error::EventTooLarge { limit: 10 };
    assert_eq!(parser.next_event(), Err(error));
    parser.feed(b"\n\ndata: c\n\n");
    assert_eq!(parser.next_event(), Err(error));
    parser.end(Eof::Flush);
    assert_eq!(parser.next_event(), Err(error));
    assert_eq!(
        error.to_string(),
        "a server-sent event is larger than the limit of 10 bytes, or its blank line never came"
    );
}

#[test]
fn only_the_event_that_the_end_cuts_off_is_marked() {
    let mut parser = Parser::new();
    parser.feed(b"data: whole\n\nevent: e\ndata: {\"cut\":");
    parser.end(Eof::Flush);
    let cuts: Vec<bool> =
        std::iter::from_fn(|| parser.next_event().expect("no limit").map(|event| event.cut)).collect();
    assert_eq!(cuts, [false, true]);
}

#[test]
fn nothing_comes_after_the_end() {
    let mut parser = Parser::new();
    parser.feed(b"data: a\n\ndata: b");
    parser.end(Eof::Discard);
    parser.end(Eof::Flush);
    parser.feed(b"\n\n");
    assert_eq!(take(&mut parser), ["a"]);
}
