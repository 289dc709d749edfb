//! The key of one caller, as the configuration has it.

use std::fmt;

use ring::digest::{SHA256, SHA256_OUTPUT_LEN, digest};

use crate::StartError;

/// A key of one caller, and what it may do. Only a hash of the key is known here.
#[derive(Clone, PartialEq, Eq)]
pub struct CallerKey {
    /// Whose it is: in the log, in the numbers, in refusals. Never the key.
    pub name: String,
    pub(crate) hash: [u8; SHA256_OUTPUT_LEN],
    /// The models it may ask for, by the names that it asks with, where `*` stands for any text; none: all.
    pub models: Vec<String>,
    /// How much it may ask for.
    pub limits: CallerLimits,
}

/// How much a caller may ask for; `None` is without a limit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CallerLimits {
    /// Requests in a minute. So many may come at once after a minute without any.
    pub requests_per_minute: Option<u32>,
    /// Tokens in a minute, in and out, as the upstream counts them. What a reply cost is known at its end, so a large one may
    /// overdraw, and the next one waits.
    pub tokens_per_minute: Option<u32>,
    /// Requests at a time.
    pub at_once: Option<u32>,
}

impl CallerKey {
    /// The caller `name`, whose key has this SHA-256, in hexadecimal.
    ///
    /// ```
    /// use interlingua_gateway::{CallerKey, CallerLimits};
    ///
    /// let hash = CallerKey::hash_of("a-key-of-16-char");
    /// let key = CallerKey::new("laptop", &hash)?;
    /// assert_eq!(key.limits, CallerLimits::default());
    /// assert!(CallerKey::new("laptop", "a-key-of-16-char").is_err(), "not the key itself");
    /// # Ok::<(), interlingua_gateway::StartError>(())
    /// ```
    ///
    /// # Errors
    /// The name is empty or holds what a header cannot carry, or this is no SHA-256.
    pub fn new(name: impl Into<String>, sha256: &str) -> Result<Self, StartError> {
        let name = name.into();
        if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(StartError::Caller(format!("the name {name:?} of a key must be visible ASCII characters")));
        }
        let mut hash = [0; SHA256_OUTPUT_LEN];
        let pairs = sha256.as_bytes().chunks(2).map(|pair| {
            let text =
                std::str::from_utf8(pair).ok().filter(|text| text.bytes().all(|byte| byte.is_ascii_hexdigit()))?;
            u8::from_str_radix(text, 16).ok()
        });
        let is_hash = sha256.len() == 2 * SHA256_OUTPUT_LEN
            && hash.iter_mut().zip(pairs).all(|(byte, read)| read.map(|read| *byte = read).is_some());
        if !is_hash {
            // It may be the key itself, so it is not repeated.
            let message =
                format!("the key `{name}` needs `sha256` as 64 hexadecimal digits: `interlingua config key` makes one");
            return Err(StartError::Caller(message));
        }
        Ok(Self { name, hash, models: Vec::new(), limits: CallerLimits::default() })
    }

    /// The SHA-256 of a key, in hexadecimal.
    #[must_use]
    pub fn hash_of(key: &str) -> String {
        use std::fmt::Write as _;
        digest(&SHA256, key.as_bytes()).as_ref().iter().fold(String::new(), |mut hex, byte| {
            let _ = write!(hex, "{byte:02x}");
            hex
        })
    }
}

impl fmt::Debug for CallerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallerKey").field("name", &self.name).finish_non_exhaustive()
    }
}
