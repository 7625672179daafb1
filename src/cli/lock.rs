//! One run at a time: a lock beside a file that is read, changed and written back.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::Context as _;

/// How often a lock is asked for that another run has.
const PAUSE: Duration = Duration::from_millis(50);

/// A file beside another that one run at a time has locked. The system lets go of it where a run dies.
#[derive(Debug)]
pub(super) struct Lock {
    path: PathBuf,
    _file: File,
}

impl Lock {
    /// Takes the lock of a file, which `what` names for people. Waits so long for a run that has it.
    ///
    /// # Errors
    /// Where another run keeps it, or the file of the lock cannot be written.
    pub(super) fn take(file: &Path, what: &str, patience: Duration) -> anyhow::Result<Self> {
        let mut name = file.as_os_str().to_owned();
        name.push(".lock");
        let path = PathBuf::from(name);
        let context = || format!("cannot lock {what}: {}", path.display());
        let begun = Instant::now();
        loop {
            let mut options = OpenOptions::new();
            #[cfg(unix)]
            std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
            let lock = options.write(true).create(true).truncate(false).open(&path).with_context(context)?;
            match lock.try_lock() {
                Ok(()) if is_at(&lock, &path) => return Ok(Self { path, _file: lock }),
                // Whoever had it took the file away.
                Ok(()) => {}
                Err(TryLockError::WouldBlock) if begun.elapsed() < patience => std::thread::sleep(PAUSE),
                Err(TryLockError::WouldBlock) => {
                    anyhow::bail!("another run has kept {what} {} for {} seconds: run again when it is done", file.display(), patience.as_secs())
                }
                Err(TryLockError::Error(error)) => return Err(error).with_context(context),
            }
        }
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // While it is locked still: whoever waits for it sees that it is gone.
        if cfg!(unix) {
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

/// Whether an open file is still the one at a path.
#[cfg(unix)]
fn is_at(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    let same = |one: std::fs::Metadata, other: std::fs::Metadata| (one.dev(), one.ino()) == (other.dev(), other.ino());
    file.metadata().is_ok_and(|open| std::fs::metadata(path).is_ok_and(|there| same(open, there)))
}

#[cfg(not(unix))]
fn is_at(_: &File, _: &Path) -> bool {
    true
}
