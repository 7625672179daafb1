//! How an endpoint logs in, and as whom (8.3.2, 8.6.1, 7.2.5).
//!
//! DMS never returns passwords: a secret, IAM or Kerberos is said, everything else was supplied to the endpoint directly
//! (kept encrypted by DMS, but static).

use iam_eval::arn::Arn;

use crate::aws_defaults;
use crate::evidence::{Derived, Missing, observe};
use crate::facts::FactContext;
use crate::facts::pipeline::Server;
use crate::model::secret::Secret;
use crate::model::{Kind, Resource, dms};

/// The setting that holds the secret of an endpoint's main login (DMS API reference).
const MAIN: &str = "SecretsManagerSecretId";

/// Administrators that engines and AWS set up by themselves.
const ADMINISTRATORS: &[&str] = &["sa", "admin", "administrator", "postgres", "root", "master", "rdsadmin", "awsuser", "sys", "system"];

/// One login of an endpoint.
#[derive(Debug, Clone)]
pub(super) struct Login {
    /// Tells several logins of one endpoint apart: empty for the only one, else the setting.
    pub key: String,
    /// The secret it uses, as AWS says it.
    pub secret: Option<String>,
    /// Whether it is the login of the data connection, which `Username` is about (Oracle ASM has another).
    pub main: bool,
}

/// Whose rights a login has.
#[derive(Debug, Clone)]
pub(super) struct Standing {
    /// An administrator's.
    pub master: bool,
    /// Which name, matched with what.
    pub why: String,
}

/// Whether an engine takes a login; the others are reached with a role (DMS user guide, targets S3, Kinesis, DynamoDB, Neptune, OpenSearch).
pub(super) fn takes_login(engine: &str) -> bool {
    !matches!(engine, "s3" | "dynamodb" | "kinesis" | "neptune" | "lakehouse" | "dms-transfer" | "opensearch" | "elasticsearch" | "timestream")
}

/// The logins of an endpoint: one per secret, and a main one without a secret where no secret is for it.
pub(super) fn logins(secrets: &[dms::SecretUse]) -> Vec<Login> {
    let several = secrets.len() > 1;
    let mut logins: Vec<_> = secrets
        .iter()
        .map(|used| {
            let main = used.setting == MAIN || (!several && used.setting.is_empty());
            let key = if main { String::new() } else { used.setting.clone() };
            Login { key, secret: Some(used.secret_id.clone()), main }
        })
        .collect();
    if !logins.iter().any(|login| login.main) {
        logins.push(Login { key: String::new(), secret: None, main: true });
    }
    logins
}

/// `secret`, `iam`, `kerberos`, `password` or `none`.
pub(super) fn method(endpoint: &Resource<dms::Endpoint>, login: &Login) -> Derived<String> {
    let secrets = observe!(endpoint.secrets);
    let known = |method: &str| Derived::known(method.to_owned());
    observe!(endpoint.engine).and_then(|engine| {
        if !takes_login(&engine) {
            return known("none");
        }
        if login.secret.is_some() {
            return secrets.map(|_| "secret".to_owned());
        }
        let without = match engine.as_str() {
            "kafka" => observe!(endpoint.kafka_security_protocol).map(|protocol| match protocol.as_deref() {
                // A client key or a SASL password, supplied to the endpoint.
                Some("ssl-authentication" | "sasl-ssl") => "password".to_owned(),
                _ => "none".to_owned(),
            }),
            _ => observe!(endpoint.authentication_method).and_then(|method| match method.map(|method| method.to_ascii_lowercase()).as_deref() {
                Some("iam") => known("iam"),
                Some("kerberos") => known("kerberos"),
                _ if engine == "mongodb" => observe!(endpoint.mongodb_auth_type)
                    .map(|kind| if kind.is_some_and(|kind| kind.eq_ignore_ascii_case("no")) { "none".to_owned() } else { "password".to_owned() }),
                _ => known("password"),
            }),
        };
        secrets.and_then(|_| without)
    })
}

/// The secret behind what an endpoint calls it; unseen where it is not in the answer.
pub(super) fn secret<'a>(ctx: &FactContext<'a>, endpoint: &Resource<dms::Endpoint>, id: &str) -> Derived<&'a Resource<Secret>> {
    let region = Arn::parse(id).map_or(&*endpoint.id.region, |arn| arn.region);
    match ctx.pipelines.named(Kind::Secret, region, id) {
        Some(found) => ctx.index.get::<Secret>(&found.region, &found.arn),
        None => ctx.index.find::<Secret>(region, id).and_then(|found| {
            found.map_or_else(|| Derived::unseen(Missing::Outside(format!("secret {id}, which is not in this account's answer"))), Derived::known)
        }),
    }
}

/// Whether a login name is visible, and nobody knows the server whose master user it may be.
pub(super) fn uncompared<'a>(ctx: &FactContext<'a>, endpoint: &'a Resource<dms::Endpoint>, login: &Login) -> Derived<bool> {
    let visible = observe!(endpoint.username).map(|username| login.main && username.is_some_and(|username| !username.is_empty()));
    visible.and(ctx.pipelines.edge(endpoint).map(|edge| edge.resolved_server().is_none()))
}

/// Whether a login is an administrator's. A name that hides in a secret of one's own says nothing: `master` is false, and so is any claim.
pub(super) fn standing<'a>(
    ctx: &FactContext<'a>,
    endpoint: &'a Resource<dms::Endpoint>,
    login: &Login,
    uncompared: &Derived<bool>,
) -> Derived<Standing> {
    let by_secret = observe!(endpoint.secrets).and_then(|_| match &login.secret {
        Some(id) => secret(ctx, endpoint, id).and_then(|secret| managed(ctx, secret)),
        None => Derived::known(None),
    });
    let by_name = if login.main { by_name(ctx, endpoint) } else { Derived::known(None) };
    let hidden = format!("the login name hides in secret {}", login.secret.as_deref().unwrap_or("none"));
    let plain = observe!(endpoint.username).map(|username| match username.filter(|username| !username.is_empty()) {
        Some(username) if uncompared.value() == Some(&true) => format!("logs in as {username}, at a server whose master user is not known"),
        Some(username) if login.main => format!("logs in as {username}"),
        _ if login.secret.is_some() => hidden,
        _ => "its login stands neither in its settings nor in a secret: it may hide in its connection attributes".to_owned(),
    });
    // One known administrator decides, whatever else is unseen.
    match (by_secret, by_name) {
        (Derived::Known { value: Some(why), from }, _) | (_, Derived::Known { value: Some(why), from }) => {
            Derived::Known { value: Standing { master: true, why }, from }
        }
        (by_secret, by_name) => by_secret.zip(by_name).zip(plain).map(|(_, why)| Standing { master: false, why }),
    }
}

/// Why a visible login name is an administrator's.
fn by_name<'a>(ctx: &FactContext<'a>, endpoint: &'a Resource<dms::Endpoint>) -> Derived<Option<String>> {
    observe!(endpoint.username).and_then(|username| {
        let Some(username) = username.filter(|username| !username.is_empty()) else { return Derived::known(None) };
        // SQL Server writes "DOMAIN\\user", Azure "user@server".
        let bare = username.rsplit('\\').next().unwrap_or(&username);
        let bare = bare.split('@').next().unwrap_or(bare);
        if ADMINISTRATORS.iter().any(|admin| admin.eq_ignore_ascii_case(bare)) {
            return Derived::known(Some(format!("{username} is a built-in administrator's name")));
        }
        ctx.pipelines.edge(endpoint).and_then(|edge| {
            let Some(server) = edge.resolved_server() else { return Derived::known(None) };
            let master = match server {
                Server::RdsInstance(server) => observe!(server.master_username),
                Server::RdsCluster(server) => observe!(server.master_username),
                Server::Redshift(server) => observe!(server.master_username),
            };
            master.map(|master| {
                let master = master.filter(|master| master.eq_ignore_ascii_case(bare) || master.eq_ignore_ascii_case(&username));
                master.map(|master| format!("{username} is the master user {master} of {}", server.id().name))
            })
        })
    })
}

/// Why a secret is a master user's: a service manages it, or a server names it as its own.
fn managed(ctx: &FactContext<'_>, secret: &Resource<Secret>) -> Derived<Option<String>> {
    let name = &secret.id.name;
    if let Some(owner) = ctx.pipelines.uses(Kind::Secret, &secret.id.arn).iter().find(|reference| reference.role == "master") {
        let field = if owner.by_kind == Kind::RedshiftCluster { "master_secret_arn" } else { "master_secret" };
        let at = crate::evidence::FieldRef { kind: owner.by_kind, resource: owner.by.clone(), field };
        return Derived::known(Some(format!("secret {name} is the master secret of {} {}", owner.by_kind, owner.by.name))).resting_on(&[at]);
    }
    observe!(secret.owning_service).map(|service| {
        service
            .filter(|service| aws_defaults::manages_master_secrets(service))
            .map(|service| format!("secret {name} is a master secret that {service} manages"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn used(setting: &str) -> dms::SecretUse {
        dms::SecretUse { setting: setting.into(), secret_id: format!("of-{setting}"), role_arn: None }
    }

    #[test]
    fn one_login_per_secret_and_a_main_one() {
        let keys = |secrets: &[dms::SecretUse]| logins(secrets).into_iter().map(|login| (login.key, login.main)).collect::<Vec<_>>();
        assert_eq!(keys(&[]), [(String::new(), true)]);
        assert_eq!(keys(&[used(MAIN)]), [(String::new(), true)]);
        let asm = "SecretsManagerOracleAsmSecretId";
        assert_eq!(keys(&[used(MAIN), used(asm)]), [(String::new(), true), (asm.into(), false)]);
        assert_eq!(keys(&[used(asm)]), [(asm.into(), false), (String::new(), true)]);
    }
}
