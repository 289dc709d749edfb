//! What the laws let pass although it breaks them.

use interlingua_sse::{Eof, Parser};

use crate::json;

/// Whether the upstream itself names a key twice: what is carried verbatim then does as well.
pub fn doubles_keys(bytes: &[u8]) -> bool {
    let mut parser = Parser::new();
    parser.feed(bytes);
    parser.end(Eof::Flush);
    while let Ok(Some(event)) = parser.next_event() {
        if json::has_doubled_key(event.data) {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubled_keys_are_looked_for_in_every_frame() {
        assert!(doubles_keys(b"data: {}\n\ndata: {\"a\":1,\"a\":2}\n\n"));
        assert!(!doubles_keys(b"data: {\"type\":\"keepalive\"}\n\n"));
    }
}
