//! A place that something is written to, proven writable before the work begins.
//!
//! | what stands there | proven by | written |
//! |---|---|---|
//! | nothing, or a regular file | a temporary file beside it | beside it, then renamed over it; the mode stays, a new file has 0600 |
//! | a regular file in a folder that takes none (one file mounted into a container) | opening it | in place |
//! | a device, a pipe, anything below /dev/fd and /proc | opening it | as a stream |
//!
//! Symlinks are followed: it is what they lead to that is written.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::Context as _;

/// Where something will be written.
#[derive(Debug)]
pub(crate) struct Place {
    /// As it was asked for.
    path: PathBuf,
    /// Behind all links.
    target: PathBuf,
    how: How,
}

#[derive(Debug)]
enum How {
    /// A regular file, or none yet: replaced in one step.
    Replaced,
    /// A regular file that nothing can be put beside.
    InPlace,
    /// Anything else, opened.
    Stream(File),
}

impl Place {
    /// Proves that something can be written there. Nothing that stands there changes.
    ///
    /// # Errors
    /// Names the path, and why.
    pub(crate) fn open(path: &Path) -> anyhow::Result<Self> {
        let what = || format!("cannot write {}", path.display());
        let special = ["/dev/fd", "/dev/stderr", "/proc"].iter().any(|folder| path.starts_with(folder));
        let found = fs::metadata(path).ok();
        if found.as_ref().is_some_and(Metadata::is_dir) {
            anyhow::bail!("{}: it is a folder", what());
        }
        if special || found.as_ref().is_some_and(|found| !found.is_file()) {
            let stream = OpenOptions::new().append(true).open(path).with_context(what)?;
            return Ok(Self { path: path.to_owned(), target: path.to_owned(), how: How::Stream(stream) });
        }
        let target = behind_links(path).with_context(what)?;
        let folder = folder_of(&target);
        let how = match tempfile::tempfile_in(folder).map_err(cause) {
            Ok(_) => How::Replaced,
            Err(_) if found.is_some() && OpenOptions::new().write(true).open(&target).is_ok() => How::InPlace,
            Err(error) => return Err(error).with_context(|| format!("{}: nothing can be put into {}", what(), folder.display())),
        };
        Ok(Self { path: path.to_owned(), target, how })
    }

    /// Writes it. Where that fails, a regular file is as it was.
    ///
    /// # Errors
    /// Names the path.
    pub(crate) fn write(self, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> anyhow::Result<()> {
        let written = match &self.how {
            How::Replaced => replace(&self.target, write),
            How::InPlace => in_place(&self.target, write),
            How::Stream(file) => stream(file, write),
        };
        written.map_err(cause).with_context(|| format!("cannot write {}", self.path.display()))
    }
}

/// Places that one run writes to, each proven; no two are one, and none is a file that the run reads.
#[derive(Debug, Default)]
pub(crate) struct Places(Vec<Place>);

impl Places {
    /// Proves them all. `reads` are the files that the run reads, by what they are to it.
    ///
    /// # Errors
    /// Names the first that cannot be written, that two outputs share, or that would overwrite what is read.
    pub(crate) fn open<'a>(writes: impl IntoIterator<Item = &'a Path>, reads: &[(&str, &Path)]) -> anyhow::Result<Self> {
        let writes: Vec<&Path> = writes.into_iter().collect();
        // Who is whom is asked first: opening a pipe may wait for its reader, opening it twice for ever.
        for (at, path) in writes.iter().enumerate() {
            if let Some(other) = writes.iter().take(at).find(|other| is_one(other, path)) {
                let also = if other == path { String::new() } else { format!(" ({} leads to it)", other.display()) };
                anyhow::bail!("two outputs would go to {}{also}, and one would be lost: give each a file of its own", path.display());
            }
        }
        keep(writes.iter().copied(), reads)?;
        Ok(Self(writes.into_iter().map(Place::open).collect::<anyhow::Result<_>>()?))
    }

    /// The place of a path, to be written now.
    ///
    /// # Errors
    /// Where it was not proven, and cannot be.
    pub(crate) fn take(&mut self, path: &Path) -> anyhow::Result<Place> {
        match self.0.iter().position(|place| place.path == path) {
            Some(at) => Ok(self.0.swap_remove(at)),
            None => Place::open(path),
        }
    }
}

/// Holds that nothing that is read is written over.
///
/// # Errors
/// Names the first file that would be.
pub(crate) fn keep<'a>(writes: impl IntoIterator<Item = &'a Path>, reads: &[(&str, &Path)]) -> anyhow::Result<()> {
    for path in writes {
        if let Some((what, read)) = reads.iter().find(|(_, read)| is_one(read, path)) {
            anyhow::bail!("{} is {what}{}: it would be overwritten; give the output another file", path.display(), same(read, path));
        }
    }
    Ok(())
}

fn same(read: &Path, path: &Path) -> String {
    if read == path { String::new() } else { format!(" ({})", read.display()) }
}

/// Whether two paths lead to one file or pipe. Devices take what many write.
fn is_one(one: &Path, other: &Path) -> bool {
    let device = fs::metadata(one).is_ok_and(|found| is_device(&found));
    if device {
        return false;
    }
    match (behind_links(one), behind_links(other)) {
        (Ok(one), Ok(other)) => one == other,
        _ => one == other,
    }
}

#[cfg(unix)]
fn is_device(found: &Metadata) -> bool {
    use std::os::unix::fs::FileTypeExt as _;
    found.file_type().is_char_device() || found.file_type().is_block_device()
}

#[cfg(not(unix))]
fn is_device(_: &Metadata) -> bool {
    false
}

/// The path behind all symlinks, also where the last leads to nothing yet.
fn behind_links(path: &Path) -> io::Result<PathBuf> {
    /// As Linux does.
    const LINKS: usize = 40;
    let mut path = path.to_owned();
    for _ in 0..LINKS {
        match fs::read_link(&path) {
            Ok(link) => path = folder_of(&path).join(link),
            Err(_) => {
                let name = path.file_name().ok_or_else(|| io::Error::other("it names no file"))?;
                let folder = folder_of(&path);
                let folder = fs::canonicalize(folder).map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", folder.display())))?;
                return Ok(folder.join(name));
            }
        }
    }
    Err(io::Error::other("too many symbolic links"))
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."))
}

fn replace(target: &Path, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    let mut file = tempfile::NamedTempFile::new_in(folder_of(target))?;
    buffered(file.as_file_mut(), write)?;
    if let Ok(old) = fs::metadata(target) {
        keep_owner_and_mode(file.as_file(), &old)?;
    }
    // A machine that loses its power must not come back to an empty file under the right name.
    file.as_file().sync_all()?;
    file.persist(target).map(drop).or_else(|failed| {
        // A file that is mounted by itself cannot be renamed over. What is to be written is whole by now.
        let whole = fs::read(failed.file.path())?;
        in_place(target, |out| out.write_all(&whole)).map_err(|_| failed.error)
    })
}

#[cfg(unix)]
fn keep_owner_and_mode(file: &File, old: &Metadata) -> io::Result<()> {
    use std::os::unix::fs::{MetadataExt as _, fchown};
    // The superuser may, others own what they replace.
    let _ = fchown(file, Some(old.uid()), Some(old.gid()));
    file.set_permissions(old.permissions())
}

#[cfg(not(unix))]
fn keep_owner_and_mode(file: &File, old: &Metadata) -> io::Result<()> {
    file.set_permissions(old.permissions())
}

fn in_place(target: &Path, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    // Whole before anything of the old is lost.
    let mut whole = Vec::new();
    write(&mut whole)?;
    let mut file = OpenOptions::new().write(true).truncate(true).open(target)?;
    file.write_all(&whole)?;
    file.sync_all()
}

fn stream(file: &File, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    let mut file: &File = file;
    buffered(&mut file, write)
}

fn buffered(file: &mut dyn Write, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    let mut buffered = BufWriter::new(file);
    write(&mut buffered).and_then(|()| buffered.flush())
}

/// The cause of an error of a temporary file, whose made-up name means nothing to anybody.
fn cause(error: io::Error) -> io::Error {
    if error.raw_os_error().is_some() {
        return error;
    }
    let kind = error.kind();
    match error.into_inner() {
        Some(inner) => match inner.source() {
            Some(source) => io::Error::new(kind, source.to_string()),
            None => io::Error::new(kind, inner),
        },
        None => kind.into(),
    }
}
