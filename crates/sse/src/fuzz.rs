//! What holds for every input; the fuzz target and the property tests call it. Not part of the API.

use crate::{Eof, Error, OwnedEvent, Parser, write_event};

/// Takes `bytes` for an event stream and checks that
/// - the events and the error at the end do not depend on the chunks, nor on how they are taken, whatever the limit;
/// - an event written and read again is the same event.
///
/// # Panics
///
/// When that is not so.
pub fn check(bytes: &[u8]) {
    for eof in [Eof::Discard, Eof::Flush] {
        for limit in [1 << 20, 64, 9] {
            let whole = parse([bytes], limit, eof);
            assert_eq!(parse(bytes.chunks(1), limit, eof), whole, "byte by byte, {eof:?}, limit {limit}");
            assert_eq!(parse(bytes.chunks(3), limit, eof), whole, "in threes, {eof:?}, limit {limit}");
            assert_eq!(parse(uneven(bytes), limit, eof), whole, "in uneven chunks, {eof:?}, limit {limit}");
            assert_eq!(parse_of([bytes], limit, eof), whole, "lent, {eof:?}, limit {limit}");
            assert_eq!(parse_of(uneven(bytes), limit, eof), whole, "lent in uneven chunks, {eof:?}, limit {limit}");
        }
    }
    let (events, _) = parse([bytes], usize::MAX, Eof::Flush);
    let mut written = Vec::new();
    for OwnedEvent { event, data, id: _, retry: _, cut: _ } in &events {
        write_event(&mut written, event.as_deref(), data);
    }
    let (again, error) = parse([written.as_slice()], usize::MAX, Eof::Discard);
    assert_eq!(error, None, "no limit, no error");
    assert_eq!(names_and_data(&again), names_and_data(&events), "written and read again");
}

/// The events of a stream that arrives in `chunks`, and the error it ends in.
pub fn parse<'a>(
    chunks: impl IntoIterator<Item = &'a [u8]>,
    limit: usize,
    eof: Eof,
) -> (Vec<OwnedEvent>, Option<Error>) {
    let mut parser = Parser::with_limit(limit);
    let mut events = Vec::new();
    for chunk in chunks {
        parser.feed(chunk);
        if let Err(error) = drain(&mut parser, &mut events) {
            return (events, Some(error));
        }
    }
    parser.end(eof);
    let error = drain(&mut parser, &mut events).err();
    (events, error)
}

/// The same by [`Parser::next_of`].
pub fn parse_of<'a>(
    chunks: impl IntoIterator<Item = &'a [u8]>,
    limit: usize,
    eof: Eof,
) -> (Vec<OwnedEvent>, Option<Error>) {
    let mut parser = Parser::with_limit(limit);
    let mut events = Vec::new();
    for mut chunk in chunks {
        loop {
            match parser.next_of(&mut chunk) {
                Ok(Some(event)) => events.push(event.into_owned()),
                Ok(None) => break,
                Err(error) => return (events, Some(error)),
            }
        }
    }
    parser.end(eof);
    let error = drain(&mut parser, &mut events).err();
    (events, error)
}

fn drain(parser: &mut Parser, events: &mut Vec<OwnedEvent>) -> Result<(), Error> {
    while let Some(event) = parser.next_event()? {
        events.push(event.into_owned());
    }
    Ok(())
}

/// Chunks whose sizes (0 to 31) come from the bytes themselves, so that a fuzzer can move the cuts.
fn uneven(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = bytes;
    let mut empty_before = false;
    std::iter::from_fn(move || {
        let (first, _) = rest.split_first()?;
        let size = usize::from(first % 32).min(rest.len());
        let size = if size == 0 && empty_before { 1 } else { size };
        empty_before = size == 0;
        let (chunk, after) = rest.split_at(size);
        rest = after;
        Some(chunk)
    })
}

fn names_and_data(events: &[OwnedEvent]) -> Vec<(&str, &str)> {
    events.iter().map(|event| (event.name(), event.data.as_str())).collect()
}
