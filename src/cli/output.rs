//! Where reports go: stdout, or files that are replaced in one step.

use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use anyhow::Context as _;

use crate::report::Format;

/// Columns of a page for people that goes into a pipe.
pub const WIDTH: usize = 120;
/// Columns of one that goes into a file.
pub const FILE_WIDTH: usize = 160;

/// Columns of a page for people on stdout: the terminal's.
pub fn width() -> usize {
    if !std::io::stdout().is_terminal() {
        return WIDTH;
    }
    terminal_size::terminal_size().map_or(100, |(width, _)| usize::from(width.0))
}

/// One `-o FORMAT[=FILE]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Output<F = Format> {
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
        Ok(Self { format: format.parse()?, file: file.filter(|file| *file != "-").map(PathBuf::from) })
    }
}

/// Several outputs on stdout would be none that can be read.
///
/// # Errors
/// Where more than one has no file.
pub fn at_most_one_to_stdout<F>(outputs: &[Output<F>]) -> anyhow::Result<()> {
    if outputs.iter().filter(|output| output.file.is_none()).count() > 1 {
        anyhow::bail!("only one output can go to stdout: give the others a file, such as -o json=report.json");
    }
    Ok(())
}

/// Writes a file in one step, so that a reader never sees half of it and a failure loses nothing that was there.
///
/// # Errors
/// Names the file.
pub fn replace(path: &Path, write: impl FnOnce(&mut dyn Write) -> std::io::Result<()>) -> anyhow::Result<()> {
    let what = || format!("cannot write {}", path.display());
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(folder).with_context(what)?;
    {
        let mut buffered = std::io::BufWriter::new(file.as_file_mut());
        write(&mut buffered).and_then(|()| buffered.flush()).with_context(what)?;
    }
    // A machine that loses its power must not come back to an empty file under the right name.
    file.as_file().sync_all().with_context(what)?;
    file.persist(path).map_err(|error| error.error).with_context(what)?;
    Ok(())
}
