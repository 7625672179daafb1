//! What a database's audit must record (10.2.1.1, 10.2.1.2, 10.2.1.4, 10.2.1.5), and what its settings leave out.

/// Who reads and changes rows.
pub(super) const ROWS: &str = "who reads rows";
/// Who changes rows, where reads are recorded.
pub(super) const WRITES: &str = "who changes rows";
/// 10.2.1.4.
pub(super) const LOGINS: &str = "failed logins";
/// 10.2.1.5.
pub(super) const ACCOUNTS: &str = "changes of accounts and rights";
/// 10.2.1.2: what administrators do.
pub(super) const TABLES: &str = "changes of tables";

/// What the events of MySQL's, MariaDB's and Aurora MySQL's audit leave out.
///
/// `QUERY` is every statement, `QUERY_DML`, `QUERY_DDL` and `QUERY_DCL` a part of them each, `TABLE` which tables a statement touches, and only `CONNECT`
/// holds who tried to log in. Source: RDS User Guide, "MariaDB Audit Plugin support"; Aurora User Guide, "Using Advanced Auditing".
pub(super) fn not_in_events(events: &str) -> Vec<&'static str> {
    let any = |of: &[&str]| events.split(',').any(|event| of.iter().any(|one| event.trim().eq_ignore_ascii_case(one)));
    let demanded: [(&[&str], &str); 4] =
        [(&["QUERY", "QUERY_DML", "TABLE"], ROWS), (&["CONNECT"], LOGINS), (&["QUERY", "QUERY_DCL"], ACCOUNTS), (&["QUERY", "QUERY_DDL"], TABLES)];
    demanded.into_iter().filter(|(events, _)| !any(events)).map(|(_, what)| what).collect()
}
