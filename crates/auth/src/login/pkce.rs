//! Proof Key for Code Exchange (RFC 7636) and other random strings of a login.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::{
    digest::{SHA256, digest},
    rand::{SecureRandom, SystemRandom},
};
use secrecy::{ExposeSecret, SecretString};

use crate::error::Error;

/// A `code_verifier` of 86 characters (section 4.1 allows 43 to 128).
pub(crate) fn verifier() -> Result<SecretString, Error> {
    random::<64>()
}

/// The `S256` challenge of a verifier (section 4.2).
pub(crate) fn challenge(verifier: &SecretString) -> String {
    URL_SAFE_NO_PAD.encode(digest(&SHA256, verifier.expose_secret().as_bytes()))
}

/// A `state` of 256 random bits (RFC 6749, section 10.12).
pub(crate) fn state() -> Result<SecretString, Error> {
    random::<32>()
}

fn random<const N: usize>() -> Result<SecretString, Error> {
    let mut bytes = [0; N];
    let broken = |_| Error::Config("the operating system gives no random numbers".to_owned());
    SystemRandom::new().fill(&mut bytes).map_err(broken)?;
    Ok(SecretString::from(URL_SAFE_NO_PAD.encode(bytes)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_challenge_is_that_of_the_standard() {
        // RFC 7636, appendix B.
        let verifier = SecretString::from("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
        assert_eq!(challenge(&verifier), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    }

    #[test]
    fn no_two_are_the_same() {
        let (a, b) = (verifier().unwrap(), verifier().unwrap());
        assert_ne!(a.expose_secret(), b.expose_secret());
        assert_eq!(a.expose_secret().len(), 86);
        assert_eq!(state().unwrap().expose_secret().len(), 43);
    }
}
