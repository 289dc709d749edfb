//! What clients keep for the gateway and cannot read or change: an envelope that only its own key opens.
//!
//! A summary of a conversation travels with the client, so that nothing has to be remembered here and any gateway with the
//! same key can go on from it. Sealed it cannot be made up: nobody else can put words into a history.

use std::fmt;
use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use interlingua_executor::one_line;
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::digest;
use ring::rand::{SecureRandom, SystemRandom};
use secrecy::{ExposeSecret, SecretString};

use crate::StartError;

/// With which key summaries are sealed.
#[derive(Debug, Clone, Default)]
pub enum SealConfig {
    /// One of this process alone: what it has sealed, none after it opens.
    #[default]
    Process,
    /// One that all gateways of an installation are given.
    Key(SealKey),
    /// One that lies in a file, which is made on first use and only its owner can read.
    File(PathBuf),
}

/// A key to seal with. Shown nowhere.
#[derive(Clone)]
pub struct SealKey(SecretString);

impl SealKey {
    /// A key: any text.
    ///
    /// # Errors
    /// It is shorter than 16 characters.
    pub fn new(key: &str) -> Result<Self, StartError> {
        const SHORTEST: usize = 16;
        if key.chars().count() < SHORTEST {
            return Err(StartError::SealKey);
        }
        Ok(Self(SecretString::from(key)))
    }

    /// The key, for whatever must not repeat it.
    pub(crate) fn secret(&self) -> &str {
        self.0.expose_secret()
    }
}

impl fmt::Debug for SealKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SealKey(***)")
    }
}

/// What every envelope begins with: whose it is, and the version of what follows.
pub(crate) const PREFIX: &str = "ilseal1.";

/// Seals and opens envelopes.
pub(crate) struct Seal {
    config: SealConfig,
    /// Made on first use: a gateway that seals nothing writes no file.
    key: Mutex<Option<[u8; KEY_LEN]>>,
    random: SystemRandom,
}

const KEY_LEN: usize = 32;

impl Seal {
    pub(crate) fn new(config: SealConfig) -> Self {
        Self { config, key: Mutex::new(None), random: SystemRandom::new() }
    }

    /// Seals a text.
    ///
    /// # Errors
    /// There is no key and none can be made, in words for whoever runs the gateway.
    pub(crate) fn seal(&self, text: &str) -> Result<String, String> {
        let mut nonce = [0; NONCE_LEN];
        self.random.fill(&mut nonce).map_err(|_| "the system gives no random numbers".to_owned())?;
        let mut sealed = text.as_bytes().to_vec();
        let key = self.key()?;
        key.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), aad(), &mut sealed)
            .map_err(|_| "the summary is too long to be sealed".to_owned())?;
        Ok(format!("{PREFIX}{}", BASE64.encode([&nonce[..], &sealed].concat())))
    }

    /// The text in an envelope. `None` for one that was not sealed with this key, or has been changed.
    pub(crate) fn open(&self, envelope: &str) -> Option<String> {
        let bytes = BASE64.decode(envelope.strip_prefix(PREFIX)?).ok()?;
        let (nonce, sealed) = bytes.split_at_checked(NONCE_LEN)?;
        let key = self.key().map_err(|error| tracing::warn!(%error, "no key to open a summary with")).ok()?;
        let mut sealed = sealed.to_vec();
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let text = key.open_in_place(nonce, aad(), &mut sealed).ok()?;
        String::from_utf8(text.to_vec()).ok()
    }

    fn key(&self) -> Result<LessSafeKey, String> {
        let mut known = self.key.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let bytes = match *known {
            Some(bytes) => bytes,
            None => *known.insert(self.make()?),
        };
        let key = UnboundKey::new(&CHACHA20_POLY1305, &bytes).map_err(|_| "the key has a wrong length".to_owned())?;
        Ok(LessSafeKey::new(key))
    }

    fn make(&self) -> Result<[u8; KEY_LEN], String> {
        match &self.config {
            SealConfig::Process => self.random_key(),
            SealConfig::Key(key) => Ok(stretched(key.secret())),
            SealConfig::File(path) => {
                let unusable = |error: io::Error| {
                    let error = one_line(&error);
                    format!(
                        "the key that summaries are sealed with cannot be kept in {}: {error}; set INTERLINGUA_SEAL_KEY",
                        path.display()
                    )
                };
                if let Some(text) = read(path).map_err(unusable)? {
                    return Ok(stretched(&text));
                }
                let made = self.random_key()?;
                create(path, &hex(&made)).map_err(unusable)?;
                // Another process may have been first.
                let text = read(path).map_err(unusable)?.ok_or_else(|| unusable(io::ErrorKind::NotFound.into()))?;
                Ok(stretched(&text))
            }
        }
    }

    fn random_key(&self) -> Result<[u8; KEY_LEN], String> {
        let mut key = [0; KEY_LEN];
        self.random.fill(&mut key).map_err(|_| "the system gives no random numbers".to_owned())?;
        Ok(key)
    }
}

/// A key of the right length out of a text of any.
fn stretched(text: &str) -> [u8; KEY_LEN] {
    let mut context = digest::Context::new(&digest::SHA256);
    context.update(PREFIX.as_bytes());
    context.update(text.trim_end().as_bytes());
    let mut key = [0; KEY_LEN];
    key.copy_from_slice(context.finish().as_ref());
    key
}

/// The version is sealed along, so that no envelope passes for one of another.
fn aad() -> Aad<&'static [u8]> {
    Aad::from(PREFIX.as_bytes())
}

/// The key in a file; `None` where there is no file.
fn read(path: &Path) -> io::Result<Option<String>> {
    const SHORTEST: usize = 32;
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    if text.trim_end().len() < SHORTEST {
        return Err(io::Error::new(
            io::ErrorKind::InvalidData,
            "there is no key in it; delete it, and a new one is made",
        ));
    }
    Ok(Some(text))
}

/// Writes a file that only its owner can read, whole or not at all; one that is there stays.
fn create(path: &Path, key: &str) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let new = path.with_extension(format!("new.{}", std::process::id()));
    let written = write_new(&new, key).and_then(|()| match fs::hard_link(&new, path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        linked => linked,
    });
    let removed = fs::remove_file(&new);
    written.and(removed)
}

fn write_new(path: &Path, key: &str) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    let mut file = options.open(path)?;
    file.write_all(key.as_bytes())?;
    file.sync_all()
}

fn hex(bytes: &[u8]) -> String {
    use fmt::Write as _;
    bytes.iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(key: &str) -> Seal {
        Seal::new(SealConfig::Key(SealKey::new(key).unwrap()))
    }

    #[test]
    fn what_is_sealed_is_opened_by_the_same_key_alone() {
        let (one, same, other) =
            (with("a key of many letters"), with("a key of many letters"), with("another key of many"));
        for text in ["", "a", "Grüße 🌍", &"long ".repeat(10_000)] {
            let envelope = one.seal(text).unwrap();
            assert_eq!(same.open(&envelope).as_deref(), Some(text));
            assert_eq!(other.open(&envelope), None);
        }
        assert_ne!(one.seal("a").unwrap(), one.seal("a").unwrap(), "no two are the same");
        assert!(!one.seal("the secret words").unwrap().contains("secret"));
    }

    #[test]
    fn a_changed_envelope_is_none() {
        let seal = with("a key of many letters");
        let envelope = seal.seal("Buy milk.").unwrap();
        for at in PREFIX.len()..envelope.len() {
            let mut letters: Vec<char> = envelope.chars().collect();
            letters[at] = if letters[at] == 'A' { 'B' } else { 'A' };
            let forged: String = letters.into_iter().collect();
            assert_eq!(seal.open(&forged), None, "{at}");
        }
        for none in
            ["", "gAAAAABnotours", PREFIX, "ilseal1.AAAA", &envelope[..envelope.len() - 4], &format!("{envelope}AAAA")]
        {
            assert_eq!(seal.open(none), None, "{none}");
        }
    }

    #[test]
    fn the_file_is_made_once_and_for_its_owner() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a/b/seal.key");
        let make = || Seal::new(SealConfig::File(path.clone()));
        let first = make();
        assert!(!path.exists(), "made on first use");
        let envelope = first.seal("x").unwrap();
        assert_eq!(make().open(&envelope).as_deref(), Some("x"));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1, "nothing else is left");
    }

    #[test]
    fn many_at_once_have_one_key() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("seal.key");
        create(&path, &"a".repeat(64)).unwrap();
        create(&path, &"b".repeat(64)).unwrap();
        assert_eq!(read(&path).unwrap().unwrap(), "a".repeat(64), "who comes first wins");
    }

    #[test]
    fn a_file_that_cannot_be_used_says_so() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("seal.key");
        fs::write(&path, "").unwrap();
        let error = Seal::new(SealConfig::File(path)).seal("x").unwrap_err();
        assert!(error.contains("seal.key") && error.contains("INTERLINGUA_SEAL_KEY"), "{error}");
    }
}
