//! What AWS documents by engine release. Beyond the newest release that a table knows the answer is `None`: unknown, never the last known one.

use super::Engine;

/// What holds since which version.
pub struct Releases<T: 'static> {
    /// Of what, in words.
    pub about: &'static str,
    /// First version and what holds from there on, ascending; `None` where AWS does not say.
    since: &'static [(&'static [u64], Option<T>)],
    /// The newest release that AWS's page was read for: its versions begin with these numbers.
    newest: &'static [u64],
}

impl<T: Copy> Releases<T> {
    /// What holds for a version; `None` where the table does not know it.
    pub fn holds(&self, version: &str) -> Option<T> {
        let numbers = version_numbers(version);
        let release = numbers.get(..self.newest.len()).unwrap_or(&numbers);
        let known = !numbers.is_empty() && release <= self.newest;
        let since = self.since.iter().rev().find(|(first, _)| *first <= numbers.as_slice())?;
        since.1.filter(|_| known)
    }
}

/// The leading numbers of a version: `15.00.4430.1.v1` is 15, 0, 4430, 1.
fn version_numbers(version: &str) -> Vec<u64> {
    let mut numbers = Vec::new();
    for part in version.split('.') {
        let digits = &part[..part.find(|c: char| !c.is_ascii_digit()).unwrap_or(part.len())];
        if digits.is_empty() {
            break;
        }
        numbers.push(digits.parse().unwrap_or(u64::MAX));
        if digits.len() < part.len() {
            break;
        }
    }
    numbers
}

/// Whether a version is a given one or later, number by number.
pub fn at_least(version: &str, floor: &[u64]) -> bool {
    version_numbers(version).as_slice() >= floor
}

/// RDS User Guide, "Using SSL with a PostgreSQL DB instance": 1 for version 15 and later.
const POSTGRES_TLS: Releases<bool> =
    Releases { about: "rds.force_ssl of RDS for PostgreSQL", since: &[(&[], Some(false)), (&[15], Some(true))], newest: &[18] };

/// Aurora User Guide, "Requiring SSL/TLS for connections to Aurora PostgreSQL": 1 for version 17 and later.
const AURORA_POSTGRES_TLS: Releases<bool> =
    Releases { about: "rds.force_ssl of Aurora PostgreSQL", since: &[(&[], Some(false)), (&[17], Some(true))], newest: &[18] };

/// RDS User Guide, "Requiring SSL/TLS for all connections to a MySQL DB instance": ON for 9.7, OFF for 8.4 and lower; of those between it says nothing.
const MYSQL_TLS: Releases<bool> = Releases {
    about: "require_secure_transport of RDS for MySQL",
    since: &[(&[], Some(false)), (&[8, 5], None), (&[9, 7], Some(true))],
    newest: &[9, 7],
};

/// Aurora User Guide, "Requiring TLS connections to Aurora MySQL": ON for 8.4, OFF before.
const AURORA_MYSQL_TLS: Releases<bool> =
    Releases { about: "require_secure_transport of Aurora MySQL", since: &[(&[], Some(false)), (&[8, 4], Some(true))], newest: &[8, 4] };

/// RDS User Guide, "Requiring SSL/TLS for all connections to a MariaDB DB instance": OFF for 11.4 and lower, ON for 11.8; of those between it says nothing.
const MARIADB_TLS: Releases<bool> = Releases {
    about: "require_secure_transport of RDS for MariaDB",
    since: &[(&[], Some(false)), (&[11, 5], None), (&[11, 8], Some(true))],
    newest: &[11, 8],
};

/// RDS User Guide, "Using SSL with a Microsoft SQL Server DB instance": 0.
const SQLSERVER_TLS: Releases<bool> = Releases { about: "rds.force_ssl of RDS for SQL Server", since: &[(&[], Some(false))], newest: &[16] };

/// RDS User Guide, "Using SSL/TLS with an RDS for Db2 DB instance": Db2 listens on TCPIP.
const DB2_TLS: Releases<bool> = Releases { about: "DB2COMM of RDS for Db2", since: &[(&[], Some(false))], newest: &[12, 1] };

/// Whether an engine refuses clear text where nobody set its parameter: the table that says it.
pub const fn tls_required(engine: Engine) -> Option<&'static Releases<bool>> {
    match engine {
        Engine::Postgres => Some(&POSTGRES_TLS),
        Engine::AuroraPostgres => Some(&AURORA_POSTGRES_TLS),
        Engine::MySql => Some(&MYSQL_TLS),
        Engine::AuroraMySql => Some(&AURORA_MYSQL_TLS),
        Engine::MariaDb => Some(&MARIADB_TLS),
        Engine::SqlServer => Some(&SQLSERVER_TLS),
        Engine::Db2 => Some(&DB2_TLS),
        Engine::Oracle | Engine::Custom | Engine::Foreign | Engine::Unknown => None,
    }
}

/// `require_ssl` by the family of a default group (Redshift Management Guide, "Amazon Redshift parameter groups").
const REDSHIFT_TLS: Releases<bool> =
    Releases { about: "require_ssl of Redshift's default groups", since: &[(&[1], Some(false)), (&[2], Some(true))], newest: &[2, 0] };

/// `require_ssl` of a Redshift parameter group that does not say it. A custom group always says it, so a silent one is no proof.
pub fn redshift_requires_ssl(group: &str) -> Option<bool> {
    group.strip_prefix("default.redshift-").map_or(Some(false), |family| REDSHIFT_TLS.holds(family))
}

/// Whether `default` of `rds.tls10`, `rds.tls11`, `rds.rc4` and `rds.3des168` means *enabled*.
///
/// RDS User Guide, "Configuring SQL Server security protocols and ciphers": disabled for builds *after* some, else enabled.
pub const SQLSERVER_LEGACY_TLS: Releases<bool> = Releases {
    about: "the old protocols and ciphers of RDS for SQL Server",
    since: &[
        (&[12], Some(true)),
        (&[12, 0, 6449, 2], Some(false)),
        (&[13], Some(true)),
        (&[13, 0, 6435, 2], Some(false)),
        (&[14], Some(true)),
        (&[14, 0, 3465, 2], Some(false)),
        (&[15], Some(true)),
        (&[15, 0, 4365, 3], Some(false)),
        (&[16], Some(true)),
        (&[16, 0, 4120, 2], Some(false)),
    ],
    newest: &[16],
};

/// `ssl_min_protocol_version` of PostgreSQL where nobody set it (RDS shows TLSv1.2); the parameter came with PostgreSQL 12, `""` before that.
pub const POSTGRES_MIN_PROTOCOL: Releases<&str> =
    Releases { about: "ssl_min_protocol_version of PostgreSQL", since: &[(&[], Some("")), (&[12], Some("TLSv1.2"))], newest: &[18] };

/// Whether MySQL no longer has TLS 1.0 and 1.1 at all (RDS User Guide, "SSL/TLS support for MySQL": taken out with 8.0.28).
const MYSQL_LACKS_LEGACY_TLS: Releases<bool> =
    Releases { about: "TLS 1.0 and 1.1 of RDS for MySQL", since: &[(&[], Some(false)), (&[8, 0, 28], Some(true))], newest: &[9, 7] };

/// The same by the version of Aurora MySQL inside the engine's, `8.0.mysql_aurora.3.04.0` (Aurora User Guide, "TLS versions for Aurora MySQL").
const AURORA_MYSQL_LACKS_LEGACY_TLS: Releases<bool> =
    Releases { about: "TLS 1.0 and 1.1 of Aurora MySQL", since: &[(&[], Some(false)), (&[3, 4], Some(true))], newest: &[4] };

/// Whether a MySQL server no longer has TLS 1.0 and 1.1 at all. MariaDB still has them behind `tls_version`. `None`: not known of this version.
pub fn mysql_lacks_legacy_tls(engine: Engine, version: &str) -> Option<bool> {
    match engine {
        Engine::MySql => MYSQL_LACKS_LEGACY_TLS.holds(version),
        Engine::AuroraMySql => match version.split_once("mysql_aurora.") {
            Some((_, release)) => AURORA_MYSQL_LACKS_LEGACY_TLS.holds(release),
            None => MYSQL_LACKS_LEGACY_TLS.holds(version),
        },
        _ => Some(false),
    }
}

/// Whether Oracle's Native Network Encryption offers RC4, DES and 3DES where nobody listed the ciphers: all do before Oracle 26ai
/// (RDS User Guide, "Oracle native network encryption": ALLOW_WEAK_CRYPTO is TRUE by default).
pub const ORACLE_OFFERS_WEAK_CIPHERS: Releases<bool> =
    Releases { about: "the ciphers of Oracle's native network encryption", since: &[(&[], Some(true)), (&[26], Some(false))], newest: &[26] };

#[cfg(test)]
mod tests {
    use super::*;

    /// A table with its name, whatever it holds.
    struct Named {
        about: &'static str,
        newest: &'static [u64],
        knows: Box<dyn Fn(&str) -> bool>,
    }

    fn named<T: Copy>(table: &'static Releases<T>) -> Named {
        Named { about: table.about, newest: table.newest, knows: Box::new(|version| table.holds(version).is_some()) }
    }

    fn tables() -> Vec<Named> {
        vec![
            named(&POSTGRES_TLS),
            named(&AURORA_POSTGRES_TLS),
            named(&MYSQL_TLS),
            named(&AURORA_MYSQL_TLS),
            named(&MARIADB_TLS),
            named(&SQLSERVER_TLS),
            named(&DB2_TLS),
            named(&REDSHIFT_TLS),
            named(&SQLSERVER_LEGACY_TLS),
            named(&POSTGRES_MIN_PROTOCOL),
            named(&MYSQL_LACKS_LEGACY_TLS),
            named(&AURORA_MYSQL_LACKS_LEGACY_TLS),
            named(&ORACLE_OFFERS_WEAK_CIPHERS),
        ]
    }

    #[test]
    fn beyond_its_newest_release_every_table_is_silent() {
        let is_table = |line: &&str| line.trim_start_matches("pub ").starts_with("const ") && line.contains(": Releases<");
        let declared = include_str!("release.rs").lines().filter(is_table).count();
        assert_eq!(tables().len(), declared, "each table stands in the list above");
        for Named { about, newest, knows } in tables() {
            let text = |numbers: &[u64]| numbers.iter().map(u64::to_string).collect::<Vec<_>>().join(".");
            let (last, before) = newest.split_last().expect("a release");
            assert!(knows(&text(newest)) && knows(&format!("{}.99", text(newest))), "{about}: its newest release and a patch of it");
            assert!(!knows(&text(&[before, &[last + 1]].concat())), "{about}: the release after it");
            assert!(!knows(&text(&[newest.first().copied().unwrap_or_default() + 1])), "{about}: the next major version");
            assert!(!knows("") && !knows("new"), "{about}: what is no version");
        }
    }

    #[test]
    fn between_two_releases_that_a_page_names_nobody_knows() {
        let mysql = |version: &str| tls_required(Engine::MySql).and_then(|table| table.holds(version));
        assert_eq!(
            ["5.7.44", "8.0.36", "8.4.3", "9.1.0", "9.7.1", "9.8.0"].map(mysql),
            [Some(false), Some(false), Some(false), None, Some(true), None]
        );
        let mariadb = |version: &str| tls_required(Engine::MariaDb).and_then(|table| table.holds(version));
        assert_eq!(["10.6.18", "11.4.4", "11.7.1", "11.8.2", "12.0.1"].map(mariadb), [Some(false), Some(false), None, Some(true), None]);
    }

    #[test]
    fn a_build_is_compared_number_by_number() {
        let legacy = |version: &str| SQLSERVER_LEGACY_TLS.holds(version);
        assert_eq!(["15.00.4365.2.v1", "15.00.4365.3.v1", "15.00.4430.1.v1"].map(legacy), [Some(true), Some(false), Some(false)]);
        assert_eq!(["11.00.7507.2.v1", "17.00.1000.7.v1"].map(legacy), [None, None], "AWS's page does not list them");
        let aurora = |version: &str| mysql_lacks_legacy_tls(Engine::AuroraMySql, version);
        assert_eq!(
            ["5.7.mysql_aurora.2.11.1", "8.0.mysql_aurora.3.03.1", "8.0.mysql_aurora.3.04.0"].map(aurora),
            [Some(false), Some(false), Some(true)]
        );
        assert_eq!(["8.4.mysql_aurora.4.01.0", "8.4.7", "9.7.mysql_aurora.5.01.0"].map(aurora), [Some(true), Some(true), None]);
    }
}
