//! Several machines that use one login, each with a copy of it: what they tell each other.
//!
//! A refresh token is spent once, by whoever holds the lock that is called after it. What it was spent for is left under
//! that name for the others, sealed with a key that is made of the spent token itself: whoever had the login before can
//! read what became of it, and nobody else can, or put something in its place.

use std::time::{Duration, SystemTime};

use ring::{
    aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey},
    hkdf::{HKDF_SHA256, Salt},
    rand::{SecureRandom, SystemRandom},
};
use secrecy::{ExposeSecret, SecretString};

use crate::{
    access::BoxFuture,
    document::Document,
    tokens::{Fingerprint, Tokens},
};

/// A place that all machines which use one login can reach, such as a server of Redis. It is told no secret: names are
/// hashes, and values are sealed.
///
/// It may be out of reach at any time. Logins are then renewed as if there were no other machine; what the others should
/// know is told them later.
pub trait Replicas: Send + Sync {
    /// Takes the lock of this name for `hold`, if nobody but `holder` has it; whether it has now. Does not wait for it.
    fn try_lock<'a>(
        &'a self,
        name: &'a str,
        holder: &'a str,
        hold: Duration,
    ) -> BoxFuture<'a, Result<bool, Unreachable>>;

    /// Lets go of a lock, if `holder` has it.
    fn unlock<'a>(&'a self, name: &'a str, holder: &'a str) -> BoxFuture<'a, Result<(), Unreachable>>;

    /// Leaves a value for the others, for as long as `keep`.
    fn put<'a>(&'a self, name: &'a str, value: Vec<u8>, keep: Duration) -> BoxFuture<'a, Result<(), Unreachable>>;

    /// What was left under a name.
    fn get<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<Option<Vec<u8>>, Unreachable>>;
}

/// The place cannot be reached now. Whoever says so has told the person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unreachable;

/// How long a lock holds whose holder has died: longer than a request to the issuer, and the saving of its answer, may take,
/// and shorter than others wait.
pub(crate) const HOLD: Duration = Duration::from_secs(45);

/// How long the others can find out what became of a login: longer than an access token of ChatGPT lasts, several times.
pub(crate) const KEEP: Duration = Duration::from_secs(90 * 24 * 60 * 60);

/// The name of the lock on a refresh token.
pub(crate) fn lock_name(token: Fingerprint) -> String {
    format!("login-lock:{token}")
}

/// The name under which lies what a refresh token was spent for.
pub(crate) fn successor_name(spent: Fingerprint) -> String {
    format!("login:{spent}")
}

/// A name for whoever takes a lock, of which there is no other.
pub(crate) fn holder() -> Option<String> {
    let mut bytes = [0; 16];
    SystemRandom::new().fill(&mut bytes).ok()?;
    Some(format!("{:032x}", u128::from_ne_bytes(bytes)))
}

/// The tokens that `spent` was spent for, for the eyes of those who had it.
pub(crate) fn seal(spent: &SecretString, tokens: &Tokens) -> Option<Vec<u8>> {
    let mut document = Document::default();
    tokens.write(&mut document, SystemTime::now()).ok()?;
    let mut nonce = [0; NONCE_LEN];
    SystemRandom::new().fill(&mut nonce).ok()?;
    let mut sealed = document.to_text(0).ok()?.into_bytes();
    let tag =
        key(spent)?.seal_in_place_separate_tag(Nonce::assume_unique_for_key(nonce), Aad::empty(), &mut sealed).ok()?;
    Some([&nonce[..], &sealed, tag.as_ref()].concat())
}

/// Reads what [`seal`] wrote. None where it was written by anybody who did not have `spent`.
pub(crate) fn unseal(spent: &SecretString, sealed: &[u8]) -> Option<Tokens> {
    let (nonce, sealed) = sealed.split_first_chunk::<NONCE_LEN>()?;
    let mut text = sealed.to_vec();
    let text = key(spent)?.open_in_place(Nonce::assume_unique_for_key(*nonce), Aad::empty(), &mut text).ok()?;
    let document = Document::parse(std::str::from_utf8(text).ok()?).ok()?;
    Tokens::read(&document).ok()?
}

/// The key that a spent token makes. Its fingerprint, which everybody may know, comes from another function.
fn key(spent: &SecretString) -> Option<LessSafeKey> {
    let secret = Salt::new(HKDF_SHA256, b"interlingua login").extract(spent.expose_secret().as_bytes());
    let key = secret.expand(&[b"successor"], &CHACHA20_POLY1305).ok()?;
    Some(LessSafeKey::new(UnboundKey::from(key)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_became_of_a_token_is_read_by_whoever_had_it_alone() {
        let secret = |text: &str| SecretString::from(text);
        let tokens = Tokens {
            id_token: None,
            access_token: secret("access-planted"),
            refresh_token: Some(secret("refresh-planted")),
            account_id: Some("acct-1".to_owned()),
        };
        let sealed = seal(&secret("spent-planted"), &tokens).unwrap();
        assert!(!String::from_utf8_lossy(&sealed).contains("planted"));
        let read = unseal(&secret("spent-planted"), &sealed).unwrap();
        assert!(read.is_same(&tokens) && read.account_id.as_deref() == Some("acct-1"));
        assert!(unseal(&secret("another"), &sealed).is_none());
        let mut changed = sealed.clone();
        changed[20] ^= 1;
        assert!(unseal(&secret("spent-planted"), &changed).is_none());
        assert!(unseal(&secret("spent-planted"), b"short").is_none());
        assert_ne!(seal(&secret("spent-planted"), &tokens).unwrap(), sealed, "never sealed twice alike");
    }
}
