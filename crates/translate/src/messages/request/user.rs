//! Who asks: what clients write into `metadata.user_id`, which may be a name, or a JSON object of ids.

use serde::Deserialize;

use crate::hash::base32;

/// The longest name that goes as it is, in bytes.
const LONGEST: usize = 64;

/// What a `user_id` says.
pub(super) struct User {
    /// Whom it names, in a form that shows nobody's account.
    pub(super) id: String,
    /// The conversation, where it says one.
    pub(super) session: Option<String>,
}

#[derive(Deserialize)]
struct Ids {
    account_uuid: Option<String>,
    device_id: Option<String>,
    session_id: Option<String>,
}

/// Reads a `user_id`.
pub(super) fn read_user(user_id: String) -> User {
    if user_id.starts_with('{')
        && let Ok(Ids { account_uuid, device_id, session_id }) = serde_json::from_str(&user_id)
    {
        let named = |id: Option<String>| id.filter(|id| !id.is_empty());
        let session = named(session_id);
        let who = named(account_uuid).or_else(|| named(device_id)).unwrap_or(user_id);
        return User { id: base32(who.as_bytes(), 0), session };
    }
    let id = if user_id.len() <= LONGEST { user_id } else { base32(user_id.as_bytes(), 0) };
    User { id, session: None }
}
