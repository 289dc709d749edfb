//! The file of the login on the disk: reading, locking and replacing it. Everything here blocks.
//!
//! Beside `auth.json` lie, for as long as they are needed:
//! - `auth.json.interlingua-lock`, held during a refresh. It is never deleted: removing a lock file that another process
//!   has just opened would let two of them in. Where it cannot be made, `auth.json` itself is locked.
//! - `auth.lock` and `auth.json.lock`, the Codex CLI's, held while the file is replaced: see [`crate::place`].
//! - `auth.json.interlingua-next-<fingerprint>`, the coming content. It is named after the refresh token it replaces, made
//!   before that token is spent (so that a full disk or a read-only folder shows in time), and renamed to `auth.json`.
//!   When a process dies between the two, whoever comes next finds the successor of the spent token under that name.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, Read, Seek, Write},
    path::{Path, PathBuf},
};

use crate::{
    document::Document,
    error::{FileError, FileProblem},
    fault::{self, Point},
    tokens::{Fingerprint, Tokens},
};

/// The file as the configuration names it. Where it really lies is looked up at every use, since symlinks change.
#[derive(Debug, Clone)]
pub(crate) struct AuthFile {
    path: PathBuf,
}

/// What one reading found.
#[derive(Debug, Clone)]
pub(crate) struct Content {
    pub(crate) document: Document,
    /// Where it was read from: the end of a chain of symlinks.
    pub(crate) target: PathBuf,
}

impl AuthFile {
    pub(crate) fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Reads the file. `Ok(None)` only where there is none: what cannot be read or understood is an error, never "empty".
    pub(crate) fn read(&self) -> Result<Option<Content>, FileError> {
        let target = self.target()?;
        let mut bytes = Vec::new();
        match self.open(&target)? {
            None => return Ok(None),
            Some(file) => {
                file.take(SIZE_LIMIT + 1).read_to_end(&mut bytes).map_err(|error| self.io("read", &error))?;
            }
        }
        if bytes.len() as u64 > SIZE_LIMIT {
            return Err(self.malformed(format!("it is longer than {SIZE_LIMIT} bytes")));
        }
        let text = std::str::from_utf8(&bytes).map_err(|_| self.malformed("it is not UTF-8".to_owned()))?;
        // The parser's own message may quote a value.
        let document = Document::parse(text).map_err(|error| {
            let what = if error.is_data() { "not an object with distinct keys" } else { "not valid JSON" };
            self.malformed(format!("{what}, line {} column {}", error.line(), error.column()))
        })?;
        Ok(Some(Content { document, target }))
    }

    /// Opens what is a file. To open a FIFO would be to wait for somebody who writes into it.
    fn open(&self, target: &Path) -> Result<Option<File>, FileError> {
        let check = |metadata: fs::Metadata| {
            if metadata.is_file() {
                return Ok(());
            }
            let what = if metadata.is_dir() { "it is a folder" } else { "it is no regular file" };
            Err(self.malformed(what.to_owned()))
        };
        let opened = fs::metadata(target).and_then(|metadata| match check(metadata) {
            Ok(()) => File::open(target).map(Ok),
            Err(error) => Ok(Err(error)),
        });
        match opened {
            Ok(opened) => opened.map(Some),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(self.io("read", &error)),
        }
    }

    /// The file at the end of the symlinks, existing or not.
    pub(crate) fn target(&self) -> Result<PathBuf, FileError> {
        let mut path = self.path.clone();
        for _ in 0..SYMLINK_LIMIT {
            match fs::read_link(&path) {
                Ok(link) => path = folder(&path).join(link),
                Err(_) => return Ok(path),
            }
        }
        Err(self.io("read", &io::Error::other("too many symlinks")))
    }

    /// Makes the folder of a first login.
    pub(crate) fn create_folder(&self) -> Result<(), FileError> {
        fs::create_dir_all(folder(&self.target()?)).map_err(|error| self.io("written", &error))
    }

    /// Takes the lock if it is free; does not wait.
    pub(crate) fn try_lock(&self) -> Result<Option<Lock>, FileError> {
        let target = self.target()?;
        let file = match open_private(&lock_path(&target)) {
            Ok(file) => file,
            // Nobody can replace a file in a folder that takes no new ones, so the file itself is a lock as good.
            Err(error) => self.open(&target)?.ok_or_else(|| self.io("locked", &error))?,
        };
        match file.try_lock() {
            Ok(()) => Ok(Some(Lock { _file: file })),
            Err(TryLockError::WouldBlock) => Ok(None),
            // A file system without locks. One process is still safe, and refusing to work would help nobody.
            Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Unsupported => {
                Ok(Some(Lock { _file: file }))
            }
            Err(TryLockError::Error(error)) => Err(self.io("locked", &error)),
        }
    }

    pub(crate) fn lock_path(&self) -> PathBuf {
        self.target().map_or_else(|_| self.path.clone(), |target| lock_path(&target))
    }

    /// The tokens that replaced `spent` in a process that died before it could put them in place. Follows the chain to its
    /// end, as such a thing may have happened more than once.
    pub(crate) fn successor(target: &Path, spent: Fingerprint) -> Option<(Tokens, PathBuf)> {
        let mut newest = None;
        let mut spent = Some(spent);
        for _ in 0..CHAIN_LIMIT {
            let Some(name) = spent else { break };
            let next = Self::new(next_path(target, &name.to_string()));
            let Ok(Some(content)) = next.read() else { break };
            let Ok(Some(tokens)) = Tokens::read(&content.document) else { break };
            spent = tokens.fingerprint().filter(|next| *next != name);
            newest = Some((tokens, next.path));
        }
        newest
    }

    /// Where what follows one of `spent` was left, the last first.
    pub(crate) fn left_beside(&self, spent: &[Fingerprint]) -> Option<PathBuf> {
        let target = self.target().ok()?;
        spent.iter().rev().map(|name| next_path(&target, &name.to_string())).find(|path| path.is_file())
    }

    /// Makes the file that will become `target`, readable for its owner only, with the room for `document` and some more.
    pub(crate) fn reserve(target: &Path, name: &str, document: &Document) -> io::Result<Next> {
        let path = next_path(target, name);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let mut next = Next { file: create_private(&path)?, path, target: target.to_owned(), keep: false };
        let room = document.to_text(0).map_err(io::Error::other)?.len() + ROOM;
        next.file.write_all(&vec![b' '; room])?;
        fault::point(Point::Reserved);
        Ok(next)
    }

    /// Removes the file, and everything of ours beside it that holds a token.
    pub(crate) fn remove(&self) -> Result<(), FileError> {
        let target = self.target()?;
        remove_leftovers(&target);
        fs::remove_file(&target).map_err(|error| self.io("removed", &error))
    }

    pub(crate) fn io(&self, action: &'static str, error: &io::Error) -> FileError {
        self.error(FileProblem::Io { action, reason: plain(error) })
    }

    pub(crate) fn malformed(&self, what: String) -> FileError {
        self.error(FileProblem::Malformed(what))
    }

    pub(crate) fn error(&self, problem: FileProblem) -> FileError {
        FileError { path: self.path.clone(), problem }
    }
}

/// Held until dropped. The operating system releases it when the process dies.
#[derive(Debug)]
pub(crate) struct Lock {
    _file: File,
}

/// The coming content of the file, on the disk but not in its place yet. Removed when dropped without a content.
#[derive(Debug)]
pub(crate) struct Next {
    file: File,
    path: PathBuf,
    target: PathBuf,
    keep: bool,
}

impl Next {
    /// The file whose place it will take.
    pub(crate) fn target(&self) -> &Path {
        &self.target
    }

    /// Writes the content and leaves it beside the file, where [`AuthFile::successor`] finds it.
    pub(crate) fn leave(mut self, document: &Document) -> io::Result<()> {
        self.write(document)
    }

    /// Writes the content and puts it in the file's place. When only the last step fails the content stays on the disk,
    /// where [`AuthFile::successor`] finds it.
    pub(crate) fn commit(mut self, document: &Document) -> io::Result<()> {
        self.write(document)?;
        fs::rename(&self.path, &self.target)?;
        fault::point(Point::Renamed);
        sync_folder(folder(&self.target))?;
        fault::point(Point::FolderSynced);
        remove_leftovers(&self.target);
        Ok(())
    }

    fn write(&mut self, document: &Document) -> io::Result<()> {
        let text = document.to_text(0).map_err(io::Error::other)?;
        self.file.rewind()?;
        self.file.write_all(text.as_bytes())?;
        self.file.set_len(text.len() as u64)?;
        self.keep = true;
        fault::point(Point::Written);
        self.file.sync_all()?;
        fault::point(Point::Synced);
        keep_owner(&self.file, &self.target);
        Ok(())
    }
}

impl Drop for Next {
    fn drop(&mut self) {
        if !self.keep {
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// The operating system's sentence without Rust's "(os error N)".
pub(crate) fn plain(error: &io::Error) -> String {
    let text = error.to_string();
    match text.find(" (os error") {
        Some(end) => text.get(..end).unwrap_or(&text).to_lowercase(),
        None => text,
    }
}

/// A login file has 5 KB; anything of this size is something else.
const SIZE_LIMIT: u64 = 1024 * 1024;
/// As Linux has it.
const SYMLINK_LIMIT: usize = 40;
/// How many crashes in a row are followed up.
const CHAIN_LIMIT: usize = 16;
/// How many bytes a renewed login may be longer than the old one without the disk being asked again.
const ROOM: usize = 8 * 1024;

pub(crate) fn folder(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

pub(crate) fn beside(target: &Path, suffix: &str) -> PathBuf {
    let mut name = target.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

fn lock_path(target: &Path) -> PathBuf {
    beside(target, ".interlingua-lock")
}

fn next_path(target: &Path, name: &str) -> PathBuf {
    beside(target, &format!("{NEXT}{name}"))
}

const NEXT: &str = ".interlingua-next-";

pub(crate) fn remove_leftovers(target: &Path) {
    let Some(name) = target.file_name().and_then(|name| name.to_str()) else { return };
    let prefix = format!("{name}{NEXT}");
    for entry in fs::read_dir(folder(target)).into_iter().flatten().flatten() {
        if entry.file_name().to_str().is_some_and(|name| name.starts_with(&prefix)) {
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// Opens or makes a file that only its owner may read.
pub(crate) fn open_private(path: &Path) -> io::Result<File> {
    private(OpenOptions::new().write(true).create(true).truncate(false)).open(path)
}

/// Makes such a file where there is none; never follows a symlink.
fn create_private(path: &Path) -> io::Result<File> {
    private(OpenOptions::new().write(true).create_new(true)).open(path)
}

#[cfg(unix)]
fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600)
}

#[cfg(not(unix))]
fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    options
}

/// A file renewed by root must still belong to the person whose login it is. Whoever is not root keeps it anyway.
#[cfg(unix)]
pub(crate) fn keep_owner(file: &File, target: &Path) {
    use std::os::unix::fs::MetadataExt;
    if let Ok(old) = fs::metadata(target) {
        let _ = std::os::unix::fs::fchown(file, Some(old.uid()), Some(old.gid()));
    }
}

#[cfg(not(unix))]
pub(crate) fn keep_owner(_file: &File, _target: &Path) {}

#[cfg(unix)]
fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

#[cfg(not(unix))]
fn sync_folder(_folder: &Path) -> io::Result<()> {
    Ok(())
}
