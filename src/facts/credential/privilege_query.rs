//! The read-only query that lists what the current login may do, per engine. Run it as the DMS user; nothing here runs it.

/// The query for a DMS engine name; `None` where the engine has no rights to list in SQL.
pub(super) fn privilege_query(engine: &str) -> Option<&'static str> {
    Some(match engine {
        "sqlserver" | "babelfish" | "azuredb" | "azure-sql-managed-instance" => {
            "SELECT 'SERVER' AS scope, permission_name FROM fn_my_permissions(NULL, 'SERVER') UNION ALL SELECT 'DATABASE', permission_name FROM fn_my_permissions(NULL, 'DATABASE')"
        }
        "mysql" | "mariadb" | "aurora" | "aurora-serverless" | "gcp-mysql" => "SHOW GRANTS FOR CURRENT_USER()",
        "postgres" | "aurora-postgresql" | "aurora-postgresql-serverless" => {
            "SELECT c.oid::regclass, has_table_privilege(c.oid, 'SELECT') AS reads, has_table_privilege(c.oid, 'INSERT, UPDATE, DELETE') AS writes FROM pg_class c WHERE c.relkind IN ('r', 'p')"
        }
        "oracle" => {
            "SELECT privilege AS p, '-' AS o FROM session_privs UNION ALL SELECT role, 'role' FROM session_roles UNION ALL SELECT privilege, owner||'.'||table_name FROM user_tab_privs"
        }
        "db2" => "SELECT privilege, objectschema, objectname FROM sysibmadm.privileges WHERE authid = SESSION_USER ORDER BY 1, 2, 3",
        "db2-zos" => "SELECT grantee, dbname, tcreator, ttname FROM sysibm.systabauth WHERE grantee = CURRENT SQLID",
        "redshift" | "redshift-serverless" => {
            "SELECT namespace_name, relation_name, privilege_type FROM svv_relation_privileges WHERE identity_name = current_user OR identity_type IN ('role', 'group', 'public')"
        }
        "sybase" => "EXEC sp_displayroles; EXEC sp_helprotect",
        "mongodb" | "docdb" => "db.runCommand({connectionStatus: 1, showPrivileges: true})",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queries_read_and_are_short() {
        for engine in ["sqlserver", "mysql", "postgres", "oracle", "db2", "db2-zos", "redshift", "sybase", "mongodb"] {
            let query = privilege_query(engine).expect("has one");
            assert!(query.len() <= 200, "{engine}: {}", query.len());
            assert!(["SELECT", "SHOW", "EXEC sp_", "db.runCommand"].iter().any(|start| query.starts_with(start)), "{engine}");
        }
        assert_eq!(privilege_query("s3"), None);
    }
}
