//! Reports: a [`View`] in, bytes out. Pure: no clock, no environment, and nothing here can change a verdict or the exit code, which the gate has set before.

mod about;
mod asff;
mod baseline;
mod build;
mod conceal;
mod csv;
pub mod cut;
mod decision;
pub mod diff;
pub mod escape;
pub mod feed;
mod json;
mod junit;
mod lists;
mod markdown;
mod ocsf;
pub mod query;
mod remarks;
mod requirement;
mod sarif;
mod table;
pub mod ticket;
mod unseen;
pub mod view;

#[cfg(test)]
mod example;

use std::fmt;
use std::io;
use std::str::FromStr;

pub use baseline::text as baseline_text;
pub use build::{Hashes, Seen, Terms, build};
pub use remarks::interruption;
pub use table::TableStyle;
pub use view::View;

/// An output format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Format {
    /// For people at a terminal.
    Table,
    /// The whole view: the contract with other tools.
    Json,
    /// SARIF 2.1.0, for code scanning platforms.
    Sarif,
    /// OCSF Compliance Findings, for security lakes.
    Ocsf,
    /// AWS Security Finding Format, for Security Hub.
    Asff,
    /// JUnit XML, for CI systems.
    Junit,
    /// One finding a row, for spreadsheets.
    Csv,
    /// A job summary or a comment on a pull request.
    Markdown,
    /// What a later run compares itself with, made for committing.
    Baseline,
    /// What happened to tickets since the report before, one JSON object a line.
    Feed,
}

impl Format {
    /// Every format.
    pub const ALL: [Self; 10] =
        [Self::Table, Self::Json, Self::Sarif, Self::Ocsf, Self::Asff, Self::Junit, Self::Csv, Self::Markdown, Self::Baseline, Self::Feed];

    /// The name on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Table => "table",
            Self::Json => "json",
            Self::Sarif => "sarif",
            Self::Ocsf => "ocsf",
            Self::Asff => "asff",
            Self::Junit => "junit",
            Self::Csv => "csv",
            Self::Markdown => "markdown",
            Self::Baseline => "baseline",
            Self::Feed => "feed",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Format {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|format| format.name() == name)
            .ok_or_else(|| format!("no format \"{name}\": one of {}", Self::ALL.map(Self::name).join(", ")))
    }
}

/// Writes one report. `style` concerns the table alone.
///
/// # Errors
/// Whatever `out` answers; nothing else can go wrong.
pub fn write(format: Format, view: &View, style: &TableStyle, out: &mut dyn io::Write) -> io::Result<()> {
    let text = match format {
        Format::Json => return json::write(view, 2, out),
        Format::Sarif => return json::write(&sarif::log(view), 4, out),
        Format::Ocsf => return json::write(&ocsf::Events(view), 1, out),
        Format::Asff => return json::write(&asff::Batches(view), 3, out),
        Format::Baseline => return json::write(&baseline::of(view), 2, out),
        Format::Table => table::text(view, style),
        Format::Junit => junit::text(view),
        Format::Csv => csv::text(view),
        Format::Markdown => markdown::text(view),
        // Without a report to compare with; who has one calls `feed::events`.
        Format::Feed => feed::text(&feed::events(None, view)),
    };
    out.write_all(text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_are_known_by_their_names() {
        for format in Format::ALL {
            assert_eq!(format.name().parse(), Ok(format));
        }
        assert_eq!(
            "html".parse::<Format>(),
            Err("no format \"html\": one of table, json, sarif, ocsf, asff, junit, csv, markdown, baseline, feed".to_owned())
        );
    }
}
