//! What a record keeps, and what it does not show.

use super::*;

fn request() -> Request<()> {
    let headers = [("authorization", "Bearer sk-planted"), ("x-api-key", "other-planted"), ("accept", "text/plain")];
    let request = Request::post("/v1/responses?key=x");
    headers.iter().fold(request, |request, (name, value)| request.header(*name, *value)).body(()).unwrap()
}

fn seen() -> Looking {
    Looking { room: Some(Room::new()), knows_keys: true, ..Looking::default() }
}

#[test]
fn no_more_is_kept_than_there_is_room_for() {
    let exchange = Exchange::new("req_1".to_owned(), &request(), &Scrubber::default(), seen());
    let mebibyte = Bytes::from(vec![b'a'; 1024 * 1024]);
    let mut sent = Sent::default();
    for _ in 0..9 {
        exchange.sends(&mebibyte, &mut sent);
    }
    exchange.sent(sent);
    let state = exchange.state();
    assert_eq!((state.recording.marks().len(), state.recording.is_cut()), (8, true));
    assert_eq!((state.sent.bytes, state.sent.pieces), (9 * 1024 * 1024, 9), "all of it is counted");
    assert_eq!(exchange.head.path, "/v1/responses", "a query may hold a key");
    let blind = Exchange::new("req_2".to_owned(), &request(), &Scrubber::default(), Looking::default());
    let mut sent = Sent::default();
    blind.sends(&mebibyte, &mut sent);
    blind.sent(sent);
    let recording = blind.state().recording;
    assert!(recording.marks().is_empty() && !recording.is_cut());
    assert_eq!((blind.state().sent.bytes, blind.state().sent.pieces), (1024 * 1024, 1), "counted all the same");
}

#[test]
fn credentials_are_known_and_not_shown() {
    assert_eq!(shown(request().headers()), [("accept".to_owned(), "text/plain".to_owned())]);
    let exchange = Exchange::new("req_1".to_owned(), &request(), &Scrubber::new(["inbound-planted"]), seen());
    let told = exchange.state().secrets.text("sk-planted other-planted inbound-planted Bearer text/plain").into_owned();
    assert_eq!(told, "*** *** *** Bearer text/plain");
    let traced = Looking { room: None, ..seen() };
    let exchange = Exchange::new("req_2".to_owned(), &request(), &Scrubber::new(["inbound-planted"]), traced);
    assert_eq!(exchange.state().secrets.text("sk-planted inbound-planted"), "*** ***", "whether or not bytes are kept");
    let blind = Looking::default();
    let exchange = Exchange::new("req_3".to_owned(), &request(), &Scrubber::new(["inbound-planted"]), blind);
    assert_eq!(exchange.state().secrets.text("inbound-planted"), "***", "a name in a line of the log");
}

#[test]
fn where_room_is_scarce_the_oldest_that_are_over_make_way() {
    let room = Room::new();
    let board = board::Board::new();
    let mut exchanges = Vec::new();
    let body = Bytes::from(vec![b'a'; 8 * 1024 * 1024]);
    for number in 0..40 {
        let watching = Looking { room: Some(room.clone()), ..Looking::default() };
        let exchange = Arc::new(Exchange::new(format!("req_{number}"), &request(), &Scrubber::default(), watching));
        board.put(&exchange, &room);
        exchange.asked(Api::Chat, "m", &body);
        if number != 0 {
            exchange.ends(End::Whole);
        }
        exchanges.push(exchange.head.id.clone());
    }
    let shown: Vec<_> = board.all().iter().map(|exchange| exchange.head.id.clone()).collect();
    assert!(shown.len() < 40 && shown.first() == exchanges.last(), "{shown:?}");
    assert!(board.all().iter().all(|exchange| !exchange.state().recording.is_cut()));
}
