//! Declarations that meet nothing in any account, or everything in each.

use super::{Config, External, Limits};

/// Length of the shortest prefix of a declared network.
const WIDEST: u8 = 8;

/// A value that is wrong, and what is wrong with it.
type Problem<'a> = (&'a str, String);

/// The first declaration with something wrong.
pub(super) fn first_problem(config: &Config) -> Option<Problem<'_>> {
    let external = &config.external;
    accounts(external)
        .chain(principals(config))
        .chain(organizations(external))
        .chain(organization_paths(external))
        .chain(vpc_endpoints(external))
        .chain(columns(config))
        .chain(empty_names(config))
        .chain(edges_declared_twice(config))
        .chain(networks(external))
        .chain(limits(&config.limits))
        .next()
}

fn accounts(external: &External) -> impl Iterator<Item = Problem<'_>> {
    let is_id = |text: &str| text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit());
    let wrong = external.accounts.iter().filter(move |text| !is_id(text));
    wrong.map(|text| (text.as_str(), format!("\"{text}\" is no account id (twelve digits)")))
}

/// Administrators and readers: ARNs, patterns of them or services, and not everybody.
fn principals(config: &Config) -> impl Iterator<Item = Problem<'_>> {
    let all = || config.admins.iter().map(|text| ("admins", text)).chain(config.readers.iter().map(|reader| ("readers", &reader.principal)));
    let is_everybody = |text: &str| text.trim_start_matches("arn").chars().all(|c| "*?:".contains(c));
    let everybody = all().filter(move |(_, text)| is_everybody(text));
    let everybody = everybody
        .map(|(table, text)| (text.as_str(), format!("{table}: \"{text}\" names everybody, so that nothing would be judged: name principals")));
    let wrong_account = all().filter_map(|(table, text)| Some((table, text, mistaken_account(text)?)));
    let wrong_account =
        wrong_account.map(|(table, text, account)| (text.as_str(), format!("{table}: \"{text}\": \"{account}\" is no account id (twelve digits)")));
    let is_arn = |text: &str| text.starts_with("arn:") || text.contains(['*', '?']) || text.contains(".amazonaws.com");
    let no_arn = all().filter(move |(_, text)| !is_arn(text)).map(|(table, text)| {
        (text.as_str(), format!("{table}: \"{text}\" is no ARN of a principal (`*` stands for any characters, as in arn:aws:iam::*:role/{text})"))
    });
    everybody.chain(wrong_account).chain(no_arn)
}

/// The account of an IAM or STS ARN, where it is neither an account id nor a pattern nor AWS's own policies'.
fn mistaken_account(arn: &str) -> Option<&str> {
    let mut fields = arn.strip_prefix("arn:")?.splitn(5, ':');
    let (service, account) = (fields.nth(1)?, fields.nth(1)?);
    let is_id = account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit());
    (matches!(service, "iam" | "sts") && !is_id && account != "aws" && !account.contains(['*', '?', '$'])).then_some(account)
}

fn is_organization_id(text: &str) -> bool {
    text.starts_with("o-") && !text.contains(['*', '?'])
}

fn organizations(external: &External) -> impl Iterator<Item = Problem<'_>> {
    let wrong = external.organizations.iter().filter(|text| !is_organization_id(text) && !text.starts_with("${"));
    wrong.map(|text| (text.as_str(), format!("external.organizations: \"{text}\" is no id of an organization (o-…)")))
}

fn organization_paths(external: &External) -> impl Iterator<Item = Problem<'_>> {
    let wrong =
        external.organization_paths.iter().filter(|text| !is_organization_id(text.split('/').next().unwrap_or_default()) || !text.contains('/'));
    wrong
        .map(|text| (text.as_str(), format!("external.organization-paths: \"{text}\" is no path (o-…/r-…/ou-…/*; the organization has no wildcard)")))
}

fn vpc_endpoints(external: &External) -> impl Iterator<Item = Problem<'_>> {
    let wrong = external.vpc_endpoints.iter().filter(|text| !text.starts_with("vpce-") && !text.starts_with("vpc-"));
    wrong.map(|text| (text.as_str(), format!("external.vpc-endpoints: \"{text}\" is no id of a VPC endpoint or VPC (vpce-…, vpc-…)")))
}

fn networks(external: &External) -> impl Iterator<Item = Problem<'_>> {
    let wide = external.networks.iter().filter(|text| text.parse::<ipnet::IpNet>().is_ok_and(|block| block.prefix_len() < WIDEST));
    wide.map(|text| (text.as_str(), format!("external.networks: \"{text}\" is so wide that it declares nobody (/{WIDEST} at most)")))
}

fn columns(config: &Config) -> impl Iterator<Item = Problem<'_>> {
    let wrong = config.chd_columns.iter().filter(|text| text.split('.').count() != 3);
    wrong.map(|text| (text.as_str(), format!("chd-columns: \"{text}\" is no schema.table.column")))
}

fn empty_names(config: &Config) -> impl Iterator<Item = Problem<'_>> {
    let named = config.flows.iter().map(|flow| ("flows, to", &flow.to)).chain(config.readers.iter().map(|reader| ("readers, data", &reader.data)));
    let named = named
        .chain(config.log_archive.iter().map(|place| ("log-archive", place)))
        .chain(config.edges.iter().map(|edge| ("edges, endpoint", &edge.endpoint)))
        .chain(config.edges.iter().filter_map(|edge| edge.external.as_ref().map(|external| ("edges, external", external))));
    named.filter(|(_, text)| text.trim().is_empty()).map(|(table, text)| (text.as_str(), format!("{table}: the name is empty")))
}

fn edges_declared_twice(config: &Config) -> impl Iterator<Item = Problem<'_>> {
    let twice = config.edges.iter().enumerate().filter(|(at, edge)| config.edges[..*at].iter().any(|other| other.endpoint == edge.endpoint));
    twice.map(|(_, edge)| (edge.endpoint.as_str(), format!("edges: \"{}\" is declared twice", edge.endpoint)))
}

/// Limits that ask for less than a requirement with a figure of its own.
fn limits(limits: &Limits) -> impl Iterator<Item = Problem<'_>> {
    let all = [("log-retention", &limits.log_retention, 365), ("log-at-hand", &limits.log_at_hand, 90)];
    all.into_iter()
        .filter(|(_, limit, least)| limit.days < *least)
        .map(|(name, limit, least)| (name, format!("limits.{name}: {} days are less than requirement 10.5.1 asks for ({least})", limit.days)))
}
