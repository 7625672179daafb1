//! A file that a person names → its text, bounded: a device that never ends is an error, not a full memory.

use std::fs::File;
use std::io::{Error, ErrorKind, Read, Result};
use std::path::Path;

/// Bytes of the longest file that is read. The snapshot of an account with 1,000 pipelines has a twentieth of them.
const LIMIT: u64 = 1 << 30;

/// The whole text of a file, a pipe or a device.
///
/// # Errors
/// Where it cannot be read, is not UTF-8, or has over 1 GiB.
pub fn read(path: &Path) -> Result<String> {
    bounded(File::open(path)?, LIMIT)
}

fn bounded(reader: impl Read, limit: u64) -> Result<String> {
    let mut text = String::new();
    reader.take(limit + 1).read_to_string(&mut text)?;
    if text.len() as u64 > limit {
        return Err(Error::new(ErrorKind::FileTooLarge, format!("it has over {limit} bytes, which no file of pci-audit's has")));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::bounded;

    #[test]
    fn what_fits_is_read_whole_and_what_never_ends_is_an_error() {
        assert_eq!(bounded(&b"12345"[..], 5).unwrap(), "12345");
        let error = bounded(&b"123456"[..], 5).unwrap_err();
        assert_eq!(error.to_string(), "it has over 5 bytes, which no file of pci-audit's has");
        assert!(bounded(std::io::repeat(b'0'), 5).is_err());
    }
}
