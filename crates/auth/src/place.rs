//! Putting a login into its file: in one step where that can be, over the old one where nothing else can, and never over a
//! newer one. Everything here blocks.
//!
//! The Codex CLI 0.169.0 takes no lock while it asks the issuer. It takes two while it compares the file with what it read
//! before and replaces it: `auth.lock` in the file's folder, and `auth.json.lock` inside of that, both by `flock`, and it
//! waits for both. A file that has changed in the meantime it leaves as it is. So whoever writes here takes the same two,
//! in that order, and compares as well. They are not held while the issuer is asked: the CLI could not save then what it
//! has spent our refresh token for.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, Write},
    path::{Path, PathBuf},
    time::{Duration, Instant, SystemTime},
};

use crate::{
    auth_file::{AuthFile, Content, Next, beside, folder, keep_owner, open_private, remove_leftovers},
    document::Document,
    tokens::{Fingerprint, Tokens},
};

/// Where a content that is to come will go.
#[derive(Debug)]
pub(crate) enum Place {
    /// Into a file of its own, which is then put in the place of the old one.
    Beside(Next),
    /// Over the old one, byte by byte: its folder takes no other file, as where it alone is mounted into a container.
    Over(PathBuf),
}

/// What became of a renewed login.
#[derive(Debug)]
pub(crate) enum Put {
    /// It is in the file.
    Saved,
    /// The file has a login that is no ancestor of it: somebody has logged in meanwhile.
    Newer(Tokens),
    /// The file has no login any more: somebody has logged out.
    Gone,
}

impl Place {
    /// Finds a place for `document`, and a little more, in or over `target`.
    pub(crate) fn reserve(target: &Path, name: &str, document: &Document) -> io::Result<Self> {
        match AuthFile::reserve(target, name, document) {
            Ok(next) => Ok(Self::Beside(next)),
            Err(error) if is_full(&error) || OpenOptions::new().write(true).open(target).is_err() => Err(error),
            Err(_) => Ok(Self::Over(target.to_owned())),
        }
    }

    /// Puts the document there. When it can only be left beside the file, [`AuthFile::successor`] finds it.
    pub(crate) fn put(self, document: &Document) -> io::Result<()> {
        match self {
            Self::Over(target) => write_over(&target, document, Room::ThereIs),
            Self::Beside(next) => {
                let target = next.target().to_owned();
                next.commit(document).or_else(|error| {
                    // What is mounted can be written and not replaced.
                    write_over(&target, document, Room::AsFar).map_err(|_| error)?;
                    remove_leftovers(&target);
                    Ok(())
                })
            }
        }
    }
}

/// Puts renewed tokens into the file, unless it has got others than `ancestors` have. Where it cannot be read any more, or
/// not be replaced, they are left beside it, in what `known` says that it held.
pub(crate) fn renew(
    file: &AuthFile,
    place: io::Result<Place>,
    ancestors: &[Fingerprint],
    tokens: &Tokens,
    mut known: Document,
) -> io::Result<Put> {
    let locked = CodexLocks::take(file.path()).and_then(|locks| Ok((locks, current(file, ancestors, tokens)?)));
    let (_locks, Content { mut document, target }) = match locked {
        Ok((locks, Current::Ancestor(content))) => (locks, content),
        Ok((_, Current::Newer(theirs))) => return Ok(Put::Newer(theirs)),
        Ok((_, Current::Gone)) => return Ok(Put::Gone),
        Err(error) => {
            if let Ok(Place::Beside(next)) = place {
                renewed(tokens, &mut known)?;
                next.leave(&known)?;
            }
            return Err(error);
        }
    };
    renewed(tokens, &mut document)?;
    match place {
        Ok(place) => place.put(&document)?,
        // No room for another file; there may be some in this one.
        Err(error) => write_over(&target, &document, Room::AsFar).map_err(|_| error)?,
    }
    Ok(Put::Saved)
}

fn renewed(tokens: &Tokens, document: &mut Document) -> io::Result<()> {
    tokens.write(document, SystemTime::now()).map_err(io::Error::other)
}

/// What the file holds at the moment of saving.
enum Current {
    /// What the renewed tokens come from.
    Ancestor(Content),
    Newer(Tokens),
    Gone,
}

fn current(file: &AuthFile, ancestors: &[Fingerprint], tokens: &Tokens) -> io::Result<Current> {
    let Some(content) = file.read().map_err(io::Error::other)? else {
        // Where the folder has gone as well, nobody has logged out.
        let is_there = fs::metadata(folder(&file.target().map_err(io::Error::other)?));
        return is_there.map(|_| Current::Gone);
    };
    let Some(theirs) = Tokens::read(&content.document).map_err(io::Error::other)? else { return Ok(Current::Gone) };
    let name = theirs.fingerprint();
    let is_ancestor = name.is_some_and(|name| ancestors.contains(&name) || tokens.fingerprint() == Some(name));
    Ok(if is_ancestor { Current::Ancestor(content) } else { Current::Newer(theirs) })
}

/// The locks under which the Codex CLI compares and replaces the file. Held until dropped.
#[derive(Debug)]
pub(crate) struct CodexLocks(#[expect(dead_code, reason = "held, not used")] Vec<File>);

impl CodexLocks {
    /// Takes both, in the CLI's order, and waits for each no longer than the CLI could hold it.
    pub(crate) fn take(auth_file: &Path) -> io::Result<Self> {
        let mut files = Vec::new();
        for path in [folder(auth_file).join("auth.lock"), beside(auth_file, ".lock")] {
            // Where it can be neither made nor opened, nobody who could replace the file holds it.
            let Ok(file) = open_private(&path).or_else(|_| File::open(&path)) else { continue };
            keep_owner(&file, auth_file);
            wait_for(&file, &path)?;
            files.push(file);
        }
        Ok(Self(files))
    }
}

fn wait_for(file: &File, path: &Path) -> io::Result<()> {
    const LONGEST: Duration = Duration::from_secs(10);
    const POLL: Duration = Duration::from_millis(20);
    let start = Instant::now();
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(()),
            Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Unsupported => return Ok(()),
            Err(TryLockError::Error(error)) => return Err(error),
            Err(TryLockError::WouldBlock) if start.elapsed() < LONGEST => std::thread::sleep(POLL),
            Err(TryLockError::WouldBlock) => {
                let message = format!("another program has held {} for {} s", path.display(), LONGEST.as_secs());
                return Err(io::Error::new(io::ErrorKind::TimedOut, message));
            }
        }
    }
}

/// How long a content may be that is written over the old one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Room {
    /// As long as it is.
    ThereIs,
    /// As long as what the file takes up already.
    AsFar,
}

/// Writes over the old content. There is a moment in which the file is neither, so this is for where there is no other way;
/// when it fails halfway, the old content is put back.
fn write_over(target: &Path, document: &Document, room: Room) -> io::Result<()> {
    let text = document.to_text(0).map_err(io::Error::other)?;
    let old = fs::read(target)?;
    let mut file = OpenOptions::new().write(true).open(target)?;
    if room == Room::AsFar && text.len() as u64 > taken(&file)? {
        return Err(io::ErrorKind::StorageFull.into());
    }
    if let Err(error) = file.write_all(text.as_bytes()) {
        io::Seek::rewind(&mut file)?;
        file.write_all(&old)?;
        return Err(error);
    }
    file.set_len(text.len() as u64)?;
    file.sync_all()
}

/// How many bytes a file takes up on the disk.
#[cfg(unix)]
fn taken(file: &File) -> io::Result<u64> {
    const BLOCK: u64 = 512;
    Ok(std::os::unix::fs::MetadataExt::blocks(&file.metadata()?) * BLOCK)
}

#[cfg(not(unix))]
fn taken(file: &File) -> io::Result<u64> {
    Ok(file.metadata()?.len())
}

fn is_full(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge)
}
