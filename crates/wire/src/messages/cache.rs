//! What a prompt cache keeps.

use crate::core::object;

object! {
    /// Ends the cached prefix behind what it stands on. Messages: `CacheControlEphemeral`.
    #[derive(Default)]
    pub struct CacheControl {
        /// `ephemeral`. Messages: `cache_control.type`.
        optional kind as "type": String,
        /// `5m` or `1h`. Messages: `cache_control.ttl`.
        optional ttl: String,
    }
}
