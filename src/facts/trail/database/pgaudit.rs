//! pgaudit: loaded, told what to record, and at a level that the server's log takes.
//!
//! Source: RDS User Guide, "Using pgAudit to log database activity"; pgAudit's README on `pgaudit.log` ("classes … can be subtracted by prefacing the class
//! with a - sign") and `pgaudit.log_level`; PostgreSQL manual, "Error Reporting and Logging" (failed logins are FATAL, which every level takes).

use super::super::super::store::parameters::{Force, Held};
use super::{Half, audited};
use crate::evidence::Derived;

const LIBRARIES: &str = "shared_preload_libraries";

/// Whether a parameter group makes pgaudit write.
pub(super) fn writes(held: &Held) -> Derived<Half> {
    held.value(LIBRARIES).and_then(|libraries| {
        let loaded = libraries.is_some_and(|libraries| libraries.split(',').any(|library| library.trim().eq_ignore_ascii_case("pgaudit")));
        if !loaded {
            return Derived::known(Half::is(false, format!("pgaudit is not in {LIBRARIES} of {}", held.group)));
        }
        held.force(LIBRARIES, true).and_then(|force| match force {
            Force::No(status) => {
                Derived::known(Half::is(false, format!("pgaudit in {LIBRARIES} of {} is not proven in force: {status}", held.group)))
            }
            _ => held.value("pgaudit.log").map(|log| records(held, log)),
        })
    })
}

/// What pgaudit records, once it is loaded.
fn records(held: &Held, log: Option<&str>) -> Half {
    let words = format!("pgaudit is loaded by {}, pgaudit.log={}", held.group, log.unwrap_or_default());
    match log {
        Some(log) if !recorded(log).is_empty() => match level(held) {
            Err(why) => Half::is(false, format!("{words}, but {why}")),
            Ok(Some(unsure)) => Half::asks(format!("{words}; {unsure}")),
            Ok(None) => Half::unless(left_out(log), words),
        },
        // It may still be set for a database or a role.
        log => Half::asks(format!("pgaudit is loaded by {}, pgaudit.log is {}", held.group, log.unwrap_or("not set"))),
    }
}

/// The classes of which somebody reads what was done: `misc` (such as VACUUM) and `function` alone are none.
const CLASSES: [(&str, &str); 4] = [("read", audited::ROWS), ("write", audited::WRITES), ("role", audited::ACCOUNTS), ("ddl", audited::TABLES)];

/// The classes that are recorded: each word adds one, or takes one away.
fn recorded(log: &str) -> Vec<&'static str> {
    let mut all = Vec::new();
    for word in log.split(',').map(|word| word.trim().to_ascii_lowercase()) {
        let (take, class) = word.strip_prefix('-').map_or((false, &*word), |class| (true, class));
        let named = || ["read", "write", "role", "ddl", "function", "misc", "misc_set"].into_iter().filter(|one| class == "all" || class == *one);
        if take {
            all.retain(|one| !named().any(|named| named == *one));
        } else {
            all.extend(named());
        }
    }
    all
}

fn left_out(log: &str) -> Vec<&'static str> {
    let recorded = recorded(log);
    CLASSES.into_iter().filter(|(class, _)| !recorded.contains(class)).map(|(_, what)| what).collect()
}

/// Levels as the server's log ranks them, least first.
const LEVELS: [&str; 12] = ["debug5", "debug4", "debug3", "debug2", "debug1", "info", "notice", "warning", "error", "log", "fatal", "panic"];

/// Whether the server's log takes what pgaudit writes; else why not. What is not known of it, in words.
fn level(held: &Held) -> Result<Option<String>, String> {
    let rank = |word: &str| LEVELS.iter().position(|level| level.eq_ignore_ascii_case(word));
    let (own, least) = (held.value("pgaudit.log_level"), held.value("log_min_messages"));
    // A snapshot of an older version may not hold them.
    let (Some(own), Some(least)) = (own.value(), least.value()) else { return Ok(Some("whether the log takes its records was not kept".to_owned())) };
    let (own, least) = (own.unwrap_or("log"), least.unwrap_or("warning"));
    match (rank(own), rank(least)) {
        (Some(at), Some(from)) if at < from => {
            Err(format!("it writes at pgaudit.log_level={own}, which log_min_messages={least} keeps out of the log"))
        }
        (Some(_), Some(_)) => Ok(None),
        _ => Ok(Some(format!("whether log_min_messages={least} takes pgaudit.log_level={own} is not known"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_word_of_the_setting_adds_a_class_or_takes_one_away() {
        for (log, out) in [
            ("all", &[][..]),
            ("ALL, -misc", &[]),
            ("read,write,role,ddl", &[]),
            ("all,-role", &[audited::ACCOUNTS]),
            ("-read,all", &[]),
            ("read", &[audited::WRITES, audited::ACCOUNTS, audited::TABLES]),
            ("read,write", &[audited::ACCOUNTS, audited::TABLES]),
        ] {
            assert_eq!(left_out(log), out, "{log}");
        }
        for nothing in ["none", "", "-all", "all,-all", "read,-read"] {
            assert!(recorded(nothing).is_empty(), "{nothing}");
        }
    }
}
