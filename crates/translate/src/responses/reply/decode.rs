//! A Responses reply as the canonical reply.

use interlingua_model::{Ending, Envelope, Origin, Response};
use interlingua_wire::responses as wire;

use super::decode_items::{ITEM, Reader};
use super::finish::judge;
use crate::{Error, Sent, Translated};

/// Reads a Responses reply.
///
/// Missing and null fields say nothing; a reply without a status is a completed one. Names and ids that the request
/// translation replaced are the caller's own again.
///
/// # Errors
/// [`Error::Upstream`] when the reply says that it failed, was cancelled or is still being made, although HTTP said
/// 200; [`Error::Malformed`] for a call that nobody could answer.
///
/// ```
/// use interlingua_translate::{Sent, Stamp, responses};
///
/// let sent = Sent::unknown(&Stamp { id: "1".into(), created: 0 });
/// let body = r#"{"id":"resp_1","status":"failed","error":{"code":"rate_limit_exceeded","message":"slow"}}"#;
/// let error = responses::decode_response(serde_json::from_str(body)?, &sent).unwrap_err();
/// assert_eq!((error.status(), error.code()), (429, Some("rate_limit_exceeded")));
/// # Ok::<(), serde_json::Error>(())
/// ```
pub fn decode_response(wire: wire::Response, sent: &Sent) -> Result<Translated<Response>, Error> {
    let mut reader = Reader::new(sent);
    reader.see_tools(wire.tools.as_ref());
    let mut losses = Vec::new();
    let (output, verdict) = judge(wire, None, &mut losses);
    let Ending { envelope, finish, usage, metadata, moderation, origins } = verdict.map_err(Error::Upstream)?;
    let mut items = Vec::with_capacity(output.len());
    for (index, item) in output.into_iter().enumerate() {
        items.push(reader.item(item, Origin::nth(ITEM, index))?);
    }
    let Envelope { id, created, model, service_tier } = envelope;
    let value = Response { id, created, model, service_tier, metadata, items, usage, moderation, finish, origins };
    Ok(Translated { value, losses })
}
