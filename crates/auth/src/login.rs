//! Obtaining a login: in the browser, or with a code typed into a browser elsewhere.

mod browser;
mod callback;
mod device;
mod pages;
mod pkce;

pub use browser::{BrowserLogin, Paster};
pub use callback::PasteError;
pub use device::DeviceLogin;

use std::time::SystemTime;

use crate::{
    auth_file::{AuthFile, Content},
    config::Config,
    document::Document,
    error::Error,
    lock::{blocking, lock},
    place::{CodexLocks, Place},
    status::{self, Status},
    tokens::Tokens,
};

/// Makes sure, before a person is sent through a login, that its result can be saved.
async fn check(config: &Config) -> Result<(), Error> {
    let file = AuthFile::new(&config.auth_file);
    blocking(move || {
        file.create_folder()?;
        let (document, target) = current(&file)?;
        Place::reserve(&target, "checking", &document).map_err(|error| file.io("written", &error))?;
        Ok(())
    })
    .await?
    .map_err(Error::File)
}

/// Puts a new login in the file. Everything in there that is not the login stays.
async fn store(config: &Config, tokens: Tokens) -> Result<Status, Error> {
    let file = AuthFile::new(&config.auth_file);
    let _lock = lock(&file, config.refresh.lock).await?;
    let margin = config.refresh.margin;
    blocking(move || {
        let failed = |error: &std::io::Error| file.io("written", error);
        let _codex = CodexLocks::take(file.path()).map_err(|error| failed(&error))?;
        let (mut document, target) = current(&file)?;
        let broken = |error: serde_json::Error| failed(&error.into());
        document.set_string("auth_mode", "chatgpt").map_err(broken)?;
        if document.get("OPENAI_API_KEY").is_none() {
            document.set_null("OPENAI_API_KEY");
        }
        tokens.write(&mut document, SystemTime::now()).map_err(|what| failed(&std::io::Error::other(what)))?;
        let written = Place::reserve(&target, "login", &document).and_then(|place| place.put(&document));
        written.map_err(|error| failed(&error))?;
        let gone = || failed(&std::io::ErrorKind::NotFound.into());
        status::of(&file, &document, None, margin)?.ok_or_else(gone)
    })
    .await?
    .map_err(Error::File)
}

/// The file as it is, or an empty one.
fn current(file: &AuthFile) -> Result<(Document, std::path::PathBuf), crate::error::FileError> {
    match file.read()? {
        Some(Content { document, target }) => Ok((document, target)),
        None => Ok((Document::default(), file.target()?)),
    }
}
