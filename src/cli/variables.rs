//! Variables of the environment that begin as ours do and are none: a misspelt one must not be passed over in silence.

use std::collections::BTreeSet;
use std::ffi::OsString;

use super::stderr::say;
use crate::suggest::did_you_mean;

const PREFIX: &str = "PCI_AUDIT_";

/// Read without a flag.
const MORE: [&str; 1] = ["PCI_AUDIT_FEED_HEADER"];

/// Looks at the names. What is near to a variable of ours is taken for it; of all others one line is said, since Kubernetes sets such names by itself.
///
/// # Errors
/// Names the variable, and the one that was meant.
pub(super) fn check(names: impl Iterator<Item = OsString>) -> anyhow::Result<()> {
    let known = known();
    let ours = |name: &OsString| name.to_string_lossy().starts_with(PREFIX);
    let unknown: BTreeSet<String> = names.filter(ours).map(|name| name.to_string_lossy().into_owned()).filter(|name| !known.contains(name)).collect();
    for name in &unknown {
        let short = |name: &'_ str| name.trim_start_matches(PREFIX).to_owned();
        let shorts: Vec<String> = known.iter().map(|known| short(known)).collect();
        let hint = did_you_mean(&short(name), shorts.iter().map(String::as_str));
        if !hint.is_empty() {
            anyhow::bail!("no variable {name} is read{}", hint.replacen('`', &format!("`{PREFIX}"), 1));
        }
    }
    if !unknown.is_empty() {
        let names: Vec<String> = unknown.into_iter().collect();
        say(&format!("warning: no such variable is read: {}", names.join(", ")));
    }
    Ok(())
}

/// The variables of all flags of all verbs.
fn known() -> BTreeSet<String> {
    fn collect(command: &clap::Command, known: &mut BTreeSet<String>) {
        known.extend(command.get_arguments().filter_map(|argument| argument.get_env()).map(|name| name.to_string_lossy().into_owned()));
        command.get_subcommands().for_each(|command| collect(command, known));
    }
    let mut known: BTreeSet<String> = MORE.map(str::to_owned).into();
    collect(&super::command(), &mut known);
    // A build without the collector shares its environment with one that has it.
    known.extend(
        super::config_reference::flags().get_arguments().filter_map(|argument| argument.get_env()).map(|name| name.to_string_lossy().into_owned()),
    );
    known
}
