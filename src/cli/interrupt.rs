//! Ctrl-C and SIGTERM while AWS is asked: the first ends the collection, which then keeps what it read; the next one ends the program.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use crate::collect::Stopper;

/// The signal that came, if one did: how the program ends hangs on it.
#[derive(Debug, Clone, Default)]
pub(super) struct Signal(Arc<AtomicU8>);

/// The program was told to end, and did; it is said already.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("interrupted")]
pub(super) struct Interrupted {
    /// What a process answers that a signal ended: 128 and its number.
    pub code: u8,
}

impl Signal {
    /// Listens from now on, to the end of the program.
    ///
    /// # Errors
    /// Where the system does not let it.
    #[cfg(unix)]
    pub(super) fn listen(stopper: Stopper) -> std::io::Result<Self> {
        use signal_hook::consts::{SIGINT, SIGTERM};
        let signal = Self::default();
        let mut signals = signal_hook::iterator::Signals::new([SIGINT, SIGTERM])?;
        let seen = signal.clone();
        std::thread::spawn(move || {
            for number in signals.forever().filter_map(|number| u8::try_from(number).ok()) {
                if seen.0.swap(number, Ordering::SeqCst) != 0 || !stopper.stop() {
                    std::process::exit(i32::from(128 + number));
                }
            }
        });
        Ok(signal)
    }

    /// Elsewhere a signal ends the program as it always did.
    ///
    /// # Errors
    /// None.
    #[cfg(not(unix))]
    pub(super) fn listen(stopper: Stopper) -> std::io::Result<Self> {
        drop(stopper);
        Ok(Self::default())
    }

    /// Whether one came, and how the program then ends.
    pub(super) fn interrupted(&self) -> Option<Interrupted> {
        Some(self.0.load(Ordering::SeqCst)).filter(|number| *number != 0).map(|number| Interrupted { code: 128 + number })
    }
}

/// Where what was read goes when not all of it could be: beside the snapshot that was asked for, which stays as it is.
pub(super) fn partial(snapshot: &Path) -> PathBuf {
    snapshot.with_extension("partial.json")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_partial_snapshot_stands_beside_the_whole_one() {
        for (whole, part) in
            [("account.json", "account.partial.json"), ("a/b.c/account", "a/b.c/account.partial.json"), ("x.y.json", "x.y.partial.json")]
        {
            assert_eq!(partial(Path::new(whole)), Path::new(part));
        }
    }
}
