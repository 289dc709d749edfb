//! What a server says of a reply that it keeps itself.

/// What a reply says when not the upstream but whoever translates keeps it, so that the client can go on from it. It has
/// begun when the [`Stamp`](crate::Stamp) says.
///
/// ```
/// use interlingua_translate::{Api, Kept, Stamp, Translator, Upstream};
///
/// let stamp = Stamp { id: "1".into(), created: 0 };
/// let body = br#"{"model":"m","input":"And then?"}"#;
/// let mut asked = Translator::new(Api::Responses).read(body)?;
/// let kept = Kept { id: "resp_b".into(), previous_response_id: Some("resp_a".into()), is_stored: true };
/// asked.keep(kept);
/// let reply = asked.to(&Upstream::usual(Api::Chat), stamp)?.reply;
///
/// let mut out = Vec::new();
/// reply.answer().whole(br#"{"id":"chatcmpl-1","choices":[{"message":{"content":"Hi"},"finish_reason":"stop"}]}"#, &mut out);
/// let said = String::from_utf8_lossy(&out);
/// assert!(said.contains(r#""id":"resp_b""#) && said.contains(r#""previous_response_id":"resp_a""#));
/// # Ok::<(), interlingua_translate::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// The id of the reply, in place of the upstream's: servers of the field repeat theirs.
    pub id: String,
    /// The reply that this one goes on from. It is no part of the request any more: its conversation is.
    pub previous_response_id: Option<String>,
    /// Whether the reply can be gone on from wherever the client asks next, or only here.
    pub is_stored: bool,
}
