//! Where reports go: stdout, or files. A regular file is replaced in one step; whatever else stands at a path (a device, a pipe) is written to and stays.

mod place;

use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::str::FromStr;

pub(super) use place::{Place, Places, keep};

use crate::report::Format;

/// Columns of a page for people that goes into a pipe.
pub(super) const WIDTH: usize = 120;
/// Columns of one that goes into a file.
pub(super) const FILE_WIDTH: usize = 160;

/// Columns of a page for people on stdout: the terminal's.
pub(super) fn width() -> usize {
    if !std::io::stdout().is_terminal() {
        return WIDTH;
    }
    terminal_size::terminal_size().map_or(100, |(width, _)| usize::from(width.0))
}

/// One `-o FORMAT[=FILE]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Output<F = Format> {
    /// The format.
    pub format: F,
    /// The file; `None` is stdout.
    pub file: Option<PathBuf>,
}

impl<F: FromStr<Err = String>> FromStr for Output<F> {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (format, file) = text.split_once('=').map_or((text, None), |(format, file)| (format, Some(file)));
        if file == Some("") {
            return Err(format!("-o {text}: the file name is empty"));
        }
        let stdout = |file: &&str| ["-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"].contains(file);
        Ok(Self { format: format.parse()?, file: file.filter(|file| !stdout(file)).map(PathBuf::from) })
    }
}

/// Several outputs on stdout would be none that can be read.
///
/// # Errors
/// Where more than one has no file.
pub(super) fn at_most_one_to_stdout<F>(outputs: &[Output<F>]) -> anyhow::Result<()> {
    if outputs.iter().filter(|output| output.file.is_none()).count() > 1 {
        anyhow::bail!("only one output can go to stdout: give the others a file, such as -o json=report.json");
    }
    Ok(())
}

/// Writes a file in one step, so that a reader never sees half of it and a failure loses nothing that was there.
///
/// # Errors
/// Names the file.
pub(super) fn replace(path: &Path, write: impl FnOnce(&mut dyn Write) -> std::io::Result<()>) -> anyhow::Result<()> {
    Place::open(path)?.write(write)
}

/// Stdout, for words to people and for reports: with colours where it shows them. A reader that closed the pipe has seen enough: that is no error, and the
/// verb answers what it would have answered.
pub(super) fn stdout() -> impl Write {
    Patient(anstream::AutoStream::auto(std::io::stdout()).lock())
}

/// Stdout as it is, for what programs read.
pub(super) fn raw_stdout() -> impl Write {
    Patient(std::io::stdout().lock())
}

struct Patient<W>(W);

impl<W: Write> Write for Patient<W> {
    fn write(&mut self, buffer: &[u8]) -> std::io::Result<usize> {
        match self.0.write(buffer) {
            Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(buffer.len()),
            other => other,
        }
    }

    fn flush(&mut self) -> std::io::Result<()> {
        match self.0.flush() {
            Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
            other => other,
        }
    }
}
