//! `pci-audit query reach`: whether a connection can be opened, and every leg of its path.

use std::io::Write;

use clap::Args;

use super::super::output;
use super::{Common, Form};
use crate::evidence::Index;
use crate::facts::exposure::query::{self, QueryError};
use crate::gate::Exit;
use crate::report::query::reach;
use crate::suggest::distance;

const EXAMPLES: &str = "\
Examples:
  pci-audit query reach --from internet --to orders-db --snapshot account.json
  pci-audit query reach --from 10.0.0.0/8 --to orders-db:1433 --snapshot account.json
  pci-audit query reach --from sg-0a1b2c3d --to orders-warehouse --snapshot account.json --output json

The answer is reachable, not reachable or unknown; the exit code is 0 whatever it is.";

/// Whether a connection from one to another can be opened, leg by leg, and which rule decides.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Reach {
    /// Who opens it: internet, a CIDR block or address, an ARN or name, eni-…, i-…, sg-… (its holders), vpc-… (whoever stands in it)
    #[arg(long, value_name = "WHO")]
    from: String,
    /// To whom: ARN, name, eni-… or i-…, with :PORT where another port than its own is meant
    #[arg(long, value_name = "WHERE[:PORT]")]
    to: String,
    #[command(flatten)]
    common: Common,
}

impl Reach {
    /// Answers.
    ///
    /// # Errors
    /// Where the snapshot cannot be read, or a name is nobody's.
    pub(super) fn run(self) -> anyhow::Result<Exit> {
        let snapshot = self.common.load()?;
        let index = Index::new(&snapshot);
        let answer = query::reach(&index, &self.from, &self.to).map_err(|error| anyhow::anyhow!("{}", with_near(&error)))?;
        let text = match self.common.output {
            Form::Text => reach::text(&index, &answer),
            Form::Json => reach::document(&index, &answer),
        };
        let mut out = output::raw_stdout();
        out.write_all(text.as_bytes())?;
        out.flush()?;
        Ok(Exit::Clean)
    }
}

/// The error, and the names that look like the one that was meant.
fn with_near(error: &QueryError) -> String {
    const NEAR: usize = 3;
    let QueryError::NoSuch { name, known, .. } = error else { return error.to_string() };
    let mut near: Vec<(usize, &String)> = known.iter().map(|known| (distance(name, known), known)).collect();
    near.retain(|(apart, known)| *apart <= 1 + name.len() / 3 || known.contains(name.as_str()));
    near.sort();
    let near: Vec<String> = near.into_iter().take(NEAR).map(|(_, known)| format!("\"{}\"", known.escape_debug())).collect();
    if near.is_empty() { error.to_string() } else { format!("{error}; near it: {}", near.join(", ")) }
}
