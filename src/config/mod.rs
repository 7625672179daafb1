//! `pci-audit.toml` as plain data: what only the entity can know, and the numbers that its risk analyses set.

mod declaration;
mod exception;
mod file;
mod mention;

use std::collections::BTreeMap;
use std::path::PathBuf;

pub use exception::{Attest, Day, Exception, FILL_IN, LONGEST_DAYS, Retired, Waiver};
pub use file::ConfigError;
pub use mention::Mention;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::finding::Severity;

/// The whole configuration. Unknown keys are errors.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct Config {
    /// The least severity that gates. Default: `low`, everything but advice.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub severity: Option<Severity>,
    /// Whether an `unknown` may pass the gate. Default: `false`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allow_unknown: Option<bool>,
    /// Which open findings gate: `any`, or those that are `new` against the baseline. Default: `any`, with a baseline `new`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fail_on: Option<FailOn>,
    /// Whether findings of rules that the baseline did not know gate too. Default: `true`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub strict: Option<bool>,
    /// The report of the run before: it feeds tickets and says since when a finding is open. It never gates.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub previous: Option<PathBuf>,
    /// What a person has accepted: the file that `pci-audit baseline accept` writes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub baseline: Option<PathBuf>,
    /// Regions in which nothing may be there to judge; `*` is every one, in a run without a baseline.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub allow_empty: Vec<String>,
    /// A file with more `[[waivers]]`, `[[attest]]` and `[[retired]]`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waivers_file: Option<PathBuf>,
    /// Regions to scan. Default: the one configured for AWS.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub region: Vec<String>,
    /// Whether to scan every region that the account has enabled. Default: `false`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub all_regions: Option<bool>,
    /// Profile of the shared AWS configuration. Default: what AWS's own tools would take.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub profile: Option<String>,
    /// Role to assume before anything is read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role_arn: Option<String>,
    /// External id for that role.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
    /// Folder with rules of your own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rules: Option<PathBuf>,
    /// Outputs, `FORMAT` or `FORMAT=FILE`. Default: `table`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub output: Vec<String>,
    /// The ticket feed: where its events go, and which findings have tickets.
    #[serde(skip_serializing_if = "Feed::is_default")]
    pub feed: Feed,
    /// Principals (ARNs, `*` as wildcard; in place of the account, `*` is this account) that are meant to administer: they may hold everything.
    pub admins: Vec<String>,
    /// Parties outside this account that are known and meant.
    pub external: External,
    /// Network flows into the stores that are approved.
    pub flows: Vec<Flow>,
    /// Principals that are meant to read, unlock or re-route data, beside `admins` and the roles that are wired into a pipeline.
    pub readers: Vec<Reader>,
    /// Edges of pipelines that AWS does not show, such as the server behind a secret.
    pub edges: Vec<Edge>,
    /// Columns that hold account data, as `schema.table.column`, `*` as wildcard.
    pub chd_columns: Vec<String>,
    /// Places (bucket, log group or account) where logs are archived for their whole retention.
    pub log_archive: Vec<String>,
    /// Whether 4.2.1 is read as if the VPC were an open network.
    pub treat_vpc_as_public: bool,
    /// Numbers that a targeted risk analysis sets.
    pub limits: Limits,
    /// Severity by rule id, in place of the rule's own.
    pub severities: BTreeMap<String, Severity>,
    /// Findings that are accepted for a time.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub waivers: Vec<Waiver>,
    /// Answers to questions.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub attest: Vec<Attest>,
    /// Departures that are accepted: what the baseline watched and is meant to be gone.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub retired: Vec<Retired>,
    /// Where the file names rules.
    #[serde(skip)]
    pub mentions: Vec<Mention>,
}

/// Which open findings gate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum FailOn {
    /// Every one.
    Any,
    /// Those that the baseline does not have, or has as less bad.
    New,
}

impl std::str::FromStr for FailOn {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        match name {
            "any" => Ok(Self::Any),
            "new" => Ok(Self::New),
            _ => Err(format!("\"{name}\" is neither any nor new")),
        }
    }
}

/// Where ticket events go, and which findings have tickets.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case", expecting = "a table [feed]")]
pub struct Feed {
    /// Address that takes one POST an event: https, or http to this machine.
    pub url: Option<String>,
    /// File with the headers that the address asks for, such as `Authorization: Bearer …`, one a line.
    pub header_file: Option<PathBuf>,
    /// File that keeps events which could not be sent. Default: `pci-audit-ACCOUNT.unsent.ndjson` beside the feed or the JSON report.
    pub spool: Option<PathBuf>,
    /// Whether events that could not be sent are an error, exit code 2, and not just a warning.
    pub required: bool,
    /// Whether questions (`manual`) have tickets until they are answered.
    pub questions: bool,
}

impl Feed {
    fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// Known outside parties.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case", expecting = "a table [external]")]
pub struct External {
    /// Account ids.
    pub accounts: Vec<String>,
    /// CIDR blocks.
    pub networks: Vec<String>,
    /// Ids of organizations (`o-…`) whose accounts are all known; `${aws:ResourceOrgID}` for the account's own, where a policy says that.
    pub organizations: Vec<String>,
    /// Paths of organizational units (`o-…/r-…/ou-…/*`, as `aws:PrincipalOrgPaths` has them; `*` as wildcard) whose accounts are known.
    pub organization_paths: Vec<String>,
    /// Ids of VPC endpoints (`vpce-…`) and VPCs (`vpc-…`) of other accounts.
    pub vpc_endpoints: Vec<String>,
    /// SAML and OpenID Connect providers of this account whose users are known.
    pub identity_providers: Vec<IdentityProvider>,
}

/// A known identity provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", expecting = "a table such as { arn = \"…\", reason = \"…\" }")]
pub struct IdentityProvider {
    /// ARN of the provider, `*` as wildcard.
    pub arn: String,
    /// Who runs it, and why its users may come in.
    pub reason: String,
}

/// An approved flow.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", expecting = "a table [[flows]] with from, to and reason")]
pub struct Flow {
    /// Source: a CIDR block or a security group id.
    pub from: String,
    /// Name or ARN of the store; `*` is every store.
    pub to: String,
    /// Why it is needed.
    pub reason: String,
}

/// A declared reader of data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", expecting = "a table [[readers]] with principal, data and reason")]
pub struct Reader {
    /// Principal: an ARN, `*` as wildcard. In place of the account, `*` is this account; another one is spelled out.
    pub principal: String,
    /// Name or ARN of the store, bucket, key or secret; `*` is all data.
    pub data: String,
    /// Why it is needed.
    pub reason: String,
}

/// A declared edge.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", expecting = "a table [[edges]] with endpoint and server or external")]
pub struct Edge {
    /// Name or ARN of the DMS endpoint.
    pub endpoint: String,
    /// Name or ARN of the database or warehouse behind it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server: Option<String>,
    /// Or: who runs the server, where it is not in this account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external: Option<String>,
}

/// The numbers, each in days, each with the analysis that set it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case", expecting = "a table [limits]")]
pub struct Limits {
    /// Cryptoperiod of keys (3.7.4).
    pub key_rotation: Limit,
    /// Rotation of system passwords (8.6.3).
    pub secret_rotation: Limit,
    /// How long a stopped part of a pipeline may stay.
    pub left_over: Limit,
    /// How long before its end a certificate is worth a word.
    pub certificate_expiry: Limit,
    /// How long logs are kept (10.5.1). The standard's 365, or more.
    pub log_retention: Limit,
    /// How long logs are at hand (10.5.1). The standard's three months, 90, or more.
    pub log_at_hand: Limit,
}

/// One number and where it comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", expecting = "a table such as { days = 60, citation = \"the analysis that set it\" }")]
pub struct Limit {
    /// Days.
    pub days: u32,
    /// The targeted risk analysis, policy or requirement that set it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub citation: Option<String>,
}

impl Default for Limits {
    fn default() -> Self {
        let standard = |days| Limit { days, citation: Some("pci-dss-4.0.1 10.5.1".to_owned()) };
        let tool = |days| Limit { days, citation: None };
        Self {
            key_rotation: tool(365),
            secret_rotation: tool(90),
            left_over: tool(30),
            certificate_expiry: tool(30),
            log_retention: standard(365),
            log_at_hand: standard(90),
        }
    }
}

impl Limits {
    /// Each by its name in the configuration, in the order of [`CFG`].
    pub fn named(&self) -> [(&'static str, &Limit); 6] {
        [
            ("key-rotation", &self.key_rotation),
            ("secret-rotation", &self.secret_rotation),
            ("left-over", &self.left_over),
            ("certificate-expiry", &self.certificate_expiry),
            ("log-retention", &self.log_retention),
            ("log-at-hand", &self.log_at_hand),
        ]
    }
}

/// What rules see as `cfg`: name, and what it says.
pub const CFG: &[(&str, &str)] = &[
    ("key_rotation_days", "limits.key-rotation"),
    ("secret_rotation_days", "limits.secret-rotation"),
    ("left_over_days", "limits.left-over"),
    ("certificate_expiry_days", "limits.certificate-expiry"),
    ("log_retention_days", "limits.log-retention"),
    ("log_at_hand_days", "limits.log-at-hand"),
    ("treat_vpc_as_public", "treat-vpc-as-public"),
];

impl Config {
    /// What rules see as `cfg`: the keys of [`CFG`].
    pub fn cfg(&self) -> serde_json::Map<String, serde_json::Value> {
        let days = self.limits.named().map(|(_, limit)| limit);
        let mut cfg: serde_json::Map<_, _> = CFG.iter().zip(days).map(|((name, _), limit)| ((*name).to_owned(), limit.days.into())).collect();
        cfg.insert("treat_vpc_as_public".to_owned(), self.treat_vpc_as_public.into());
        cfg
    }
}
