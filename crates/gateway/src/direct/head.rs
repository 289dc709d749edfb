//! The head of a request as it is written, and of a reply as it is read (RFC 9112).

use bytes::Bytes;
use http::header::{CONNECTION, CONTENT_LENGTH, HOST, TRANSFER_ENCODING};
use http::uri::Authority;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode};
use interlingua_executor::TransportError;

use super::framing::{Chunked, Framing};

/// A request as it goes out, as often as it has to.
pub(super) struct Outgoing {
    pub(super) head: Vec<u8>,
    pub(super) body: Bytes,
    /// Whether its reply has no body, whatever its head says.
    is_of_head: bool,
}

impl Outgoing {
    pub(super) fn new(request: Request<Bytes>, host: &Authority) -> Self {
        const PORT: u16 = 80;
        let (parts, body) = request.into_parts();
        let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
        let name = if host.port_u16() == Some(PORT) { host.host() } else { host.as_str() };
        let mut head = Vec::with_capacity(1024);
        let mut put = |parts: &[&[u8]]| parts.iter().for_each(|part| head.extend_from_slice(part));
        put(&[parts.method.as_str().as_bytes(), b" ", path.as_bytes(), b" HTTP/1.1\r\n"]);
        if !parts.headers.contains_key(HOST) {
            put(&[b"host: ", name.as_bytes(), b"\r\n"]);
        }
        for (name, value) in &parts.headers {
            // How long the body is and what becomes of the connection is for us to say.
            if ![CONTENT_LENGTH, TRANSFER_ENCODING, CONNECTION].contains(name) {
                put(&[name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"]);
            }
        }
        if !body.is_empty() || !matches!(parts.method, Method::GET | Method::HEAD | Method::OPTIONS | Method::DELETE) {
            put(&[b"content-length: ", body.len().to_string().as_bytes(), b"\r\n"]);
        }
        put(&[b"\r\n"]);
        Self { head, body, is_of_head: parts.method == Method::HEAD }
    }

    pub(super) fn len(&self) -> usize {
        self.head.len() + self.body.len()
    }
}

/// The head of a reply.
pub(super) struct Head {
    pub(super) response: Response<()>,
    pub(super) framing: Framing,
    /// Whether the connection stays open behind the body.
    pub(super) stays_open: bool,
    /// How many bytes it has.
    pub(super) length: usize,
}

/// The most headers of a reply.
const HEADERS: usize = 128;

impl Head {
    /// Reads a head, where all of it is there. Of those that only tell of one to come nothing is told.
    pub(super) fn read(bytes: &[u8], request: &Outgoing) -> Result<Option<Self>, TransportError> {
        let mut before = 0;
        loop {
            let mut headers = [httparse::EMPTY_HEADER; HEADERS];
            let mut head = httparse::Response::new(&mut headers);
            let rest = bytes.get(before..).unwrap_or_default();
            let httparse::Status::Complete(length) = head.parse(rest).map_err(TransportError::foreign)? else {
                return Ok(None);
            };
            let status = StatusCode::from_u16(head.code.unwrap_or_default()).map_err(TransportError::foreign)?;
            before += length;
            if status == StatusCode::SWITCHING_PROTOCOLS {
                return Err(TransportError::foreign("the reply changes to a protocol that nobody asked for"));
            }
            if !status.is_informational() {
                let is_1_1 = head.version == Some(1);
                return Self::of(status, is_1_1, head.headers, before, request).map(Some);
            }
        }
    }

    fn of(
        status: StatusCode,
        is_1_1: bool,
        headers: &[httparse::Header<'_>],
        length: usize,
        request: &Outgoing,
    ) -> Result<Self, TransportError> {
        let mut map = HeaderMap::with_capacity(headers.len());
        for header in headers {
            let name = HeaderName::from_bytes(header.name.as_bytes()).map_err(TransportError::foreign)?;
            map.append(name, HeaderValue::from_bytes(header.value).map_err(TransportError::foreign)?);
        }
        let has_no_body = request.is_of_head || matches!(status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED);
        let announced = announced(&map)?;
        let codings = || words(&map, &TRANSFER_ENCODING);
        let framing = if has_no_body {
            Framing::Over
        } else if codings().next_back().is_some_and(|last| last.eq_ignore_ascii_case("chunked")) {
            Framing::Chunked(Chunked::Size)
        } else if map.contains_key(TRANSFER_ENCODING) {
            Framing::UntilClose
        } else {
            match announced {
                Some(0) => Framing::Over,
                Some(length) => Framing::Length(length),
                None => Framing::UntilClose,
            }
        };
        let says = |word: &str| words(&map, &CONNECTION).any(|said| said.eq_ignore_ascii_case(word));
        // A length beside chunks is a sign of something on the way that reads the one or the other.
        let is_odd = map.contains_key(TRANSFER_ENCODING) && (announced.is_some() || !is_1_1);
        let stays_open = (is_1_1 || says("keep-alive")) && !says("close") && framing != Framing::UntilClose && !is_odd;
        let mut response = Response::new(());
        *response.status_mut() = status;
        *response.headers_mut() = map;
        Ok(Self { response, framing, stays_open, length })
    }
}

/// The words of a header, in order.
fn words<'h>(headers: &'h HeaderMap, name: &HeaderName) -> impl DoubleEndedIterator<Item = &'h str> {
    let values = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).map(str::trim)
}

/// How long the body is said to be; said twice it has to be the same.
fn announced(headers: &HeaderMap) -> Result<Option<u64>, TransportError> {
    let mut announced = None;
    for value in headers.get_all(CONTENT_LENGTH) {
        for length in value.to_str().unwrap_or("?").split(',').map(str::trim) {
            let is_number = !length.is_empty() && length.bytes().all(|byte| byte.is_ascii_digit());
            let length = length.parse::<u64>().ok().filter(|_| is_number);
            if length.is_none() || announced.is_some_and(|known| Some(known) != length) {
                return Err(TransportError::foreign("the reply does not say how long it is (content-length)"));
            }
            announced = length;
        }
    }
    Ok(announced)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(method: Method) -> Outgoing {
        let mut request = Request::new(Bytes::new());
        *request.method_mut() = method;
        Outgoing::new(request, &Authority::from_static("example.org:80"))
    }

    fn read(head: &str) -> Option<Head> {
        Head::read(head.as_bytes(), &request(Method::POST)).unwrap()
    }

    #[test]
    fn a_request_is_written_as_it_is_and_says_how_long_it_is() {
        let asked = Request::post("http://example.org:8080/v1/responses?a=b")
            .header("x-a", "b")
            .header("content-length", "7")
            .header("connection", "close")
            .body(Bytes::from_static(b"{}"));
        let written = Outgoing::new(asked.unwrap(), &Authority::from_static("example.org:8080"));
        let head = "POST /v1/responses?a=b HTTP/1.1\r\nhost: example.org:8080\r\nx-a: b\r\ncontent-length: 2\r\n\r\n";
        assert_eq!((String::from_utf8(written.head.clone()).unwrap().as_str(), written.len()), (head, head.len() + 2));
        let get = request(Method::GET).head;
        assert_eq!(String::from_utf8(get).unwrap(), "GET / HTTP/1.1\r\nhost: example.org\r\n\r\n");
        assert!(request(Method::POST).head.ends_with(b"content-length: 0\r\n\r\n"));
    }

    #[test]
    fn the_end_of_a_body_is_where_its_head_says() {
        const CHUNKED: Framing = Framing::Chunked(Chunked::Size);
        for (head, framing, stays_open) in [
            ("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n", CHUNKED, true),
            ("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, Chunked\r\n\r\n", CHUNKED, true),
            ("HTTP/1.1 200 OK\r\ntransfer-encoding: gzip\r\n\r\n", Framing::UntilClose, false),
            ("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ncontent-length: 5\r\n\r\n", CHUNKED, false),
            ("HTTP/1.0 200 OK\r\ntransfer-encoding: chunked\r\nconnection: keep-alive\r\n\r\n", CHUNKED, false),
            ("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n", Framing::Length(5), true),
            ("HTTP/1.1 200 OK\r\ncontent-length: 5, 5\r\ncontent-length: 5\r\n\r\n", Framing::Length(5), true),
            ("HTTP/1.1 200 OK\r\ncontent-length: 5\r\nconnection: x, Close\r\n\r\n", Framing::Length(5), false),
            ("HTTP/1.0 200 OK\r\ncontent-length: 5\r\n\r\n", Framing::Length(5), false),
            ("HTTP/1.0 200 OK\r\ncontent-length: 5\r\nconnection: keep-alive\r\n\r\n", Framing::Length(5), true),
            ("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n", Framing::Over, true),
            ("HTTP/1.1 200 OK\r\n\r\n", Framing::UntilClose, false),
            ("HTTP/1.1 204 No Content\r\n\r\n", Framing::Over, true),
            ("HTTP/1.1 304\r\ncontent-length: 5\r\n\r\n", Framing::Over, true),
            ("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 x\r\na: b\r\n\r\nHTTP/1.1 204 x\r\n\r\n", Framing::Over, true),
        ] {
            let read = read(head).unwrap();
            assert_eq!((read.framing, read.stays_open, read.length), (framing, stays_open, head.len()), "{head:?}");
            for cut in 0..head.len() {
                assert!(
                    Head::read(&head.as_bytes()[..cut], &request(Method::POST)).unwrap().is_none(),
                    "{head:?} {cut}"
                );
            }
        }
        let head = b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n";
        assert_eq!(Head::read(head, &request(Method::HEAD)).unwrap().unwrap().framing, Framing::Over);
    }

    #[test]
    fn what_is_no_head_is_told_as_such() {
        for head in [
            "SSH-2.0-OpenSSH\r\n",
            "HTTP/2 200\r\n\r\n",
            "HTTP/1.1 99 x\r\n\r\n",
            "HTTP/1.1 101 Switching Protocols\r\n\r\n",
            "HTTP/1.1 200 OK\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\n",
            "HTTP/1.1 200 OK\r\ncontent-length: +5\r\n\r\n",
            "HTTP/1.1 200 OK\r\ncontent-length: \r\n\r\n",
            "HTTP/1.1 200 OK\r\nbad header\r\n\r\n",
        ] {
            let refused = Head::read(head.as_bytes(), &request(Method::POST));
            assert!(refused.is_err_and(|error| error.is_foreign()), "{head:?}");
        }
    }
}
