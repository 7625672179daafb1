//! What is known of the world around an account: the parties that `pci-audit.toml` declares, and the account's own networks and identities.

use std::sync::{Arc, OnceLock};

use iam_eval::arn::Arn;
use iam_eval::principal_element::NamedPrincipal;
use iam_eval::{Group, Groups};
use jiff::Timestamp;

use crate::config::Config;
use crate::evidence::{Index, Missing};
use crate::facts::FactContext;
use crate::model::Kind;
use crate::model::network::{NatGateway, NetworkInterface, Vpc, VpcEndpoint};

/// Whether nobody declared whom a policy names: not of the owner's account, not under `external.accounts`.
pub(super) fn is_undeclared(whom: &NamedPrincipal, owner: &str, config: &Config) -> bool {
    match whom {
        NamedPrincipal::Account { account, .. } => undeclared_account(account, owner, config),
        NamedPrincipal::Stranger(_) => true,
        // A public issuer (`cognito-identity.amazonaws.com`) belongs to no account: its conditions decide.
        NamedPrincipal::Federated(provider) => Arn::parse(provider).is_some_and(|arn| undeclared_account(arn.account, owner, config)),
        NamedPrincipal::Anyone | NamedPrincipal::Service(_) | NamedPrincipal::Deleted(_) => false,
    }
}

/// Whether an account is neither the owner's nor declared.
pub(super) fn undeclared_account(account: &str, owner: &str, config: &Config) -> bool {
    account != owner && !config.external.accounts.iter().any(|declared| declared == account)
}

/// The known parties.
pub struct KnownParties<'a> {
    /// The declarations.
    pub config: &'a Config,
    /// The time from which policies are read.
    pub now: Timestamp,
    index: Option<&'a Index<'a>>,
    /// The groups of the account itself, once they are gathered.
    own: Option<&'a OnceLock<Arc<Groups>>>,
}

impl<'a> KnownParties<'a> {
    /// Those of a run.
    pub const fn new(ctx: &'a FactContext<'_>) -> Self {
        Self { config: ctx.config, now: ctx.index.now(), index: Some(ctx.index), own: Some(&ctx.own_groups) }
    }

    /// Those that are declared, and none that a snapshot shows.
    pub const fn declared(config: &'a Config, now: Timestamp) -> Self {
        Self { config, now, index: None, own: None }
    }

    /// Whether an identity provider is declared.
    pub fn is_provider(&self, arn: &str) -> bool {
        self.config.external.identity_providers.iter().any(|provider| iam_eval::wildcard_match(&provider.arn, arn))
    }

    /// The groups that are known to the owner of a resource. Linear in the networks of the snapshot, once for the account itself.
    pub fn groups(&self, owner: &str) -> Arc<Groups> {
        match self.own.filter(|_| self.index.is_some_and(|index| *index.snapshot.caller.account == *owner)) {
            Some(own) => own.get_or_init(|| self.gathered(owner)).clone(),
            None => self.gathered(owner),
        }
    }

    fn gathered(&self, owner: &str) -> Arc<Groups> {
        let external = &self.config.external;
        let mut groups = Groups {
            organizations: external.organizations.clone(),
            units: external.organization_paths.clone(),
            places: external.vpc_endpoints.iter().cloned().collect(),
            networks: external.networks.iter().filter_map(|text| network(text)).collect(),
            accounts: external.accounts.iter().cloned().chain([owner.to_owned()]).collect(),
        };
        if let Some(index) = self.index {
            let own = index.all::<Vpc>().iter().map(|vpc| &vpc.id).chain(index.all::<VpcEndpoint>().iter().map(|endpoint| &endpoint.id));
            groups.places.extend(own.filter_map(|id| Some(Arn::parse(&id.arn)?.tail().to_owned())));
            let interfaces = index.all::<NetworkInterface>().iter().filter_map(|interface| interface.fields.public_ips.known());
            let gateways = index.all::<NatGateway>().iter().filter_map(|gateway| gateway.fields.public_ips.known());
            groups.networks.extend(interfaces.chain(gateways).flatten().filter_map(|address| network(address)));
        }
        Arc::new(groups)
    }

    /// What was not seen and may be the account's own, where a group is not known.
    pub fn unseen(&self, group: Group, value: &str) -> Vec<Missing> {
        let Some(index) = self.index else { return Vec::new() };
        let kind = match group {
            Group::Vpc => Kind::Vpc,
            Group::Endpoint => Kind::VpcEndpoint,
            Group::Network => Kind::NetworkInterface,
            // AWS gives them out at random, and a snapshot does not hold them.
            Group::Identity => return vec![Missing::Outside(format!("whose unique id {value} is"))],
            Group::Organization | Group::Unit | Group::EndpointsOf => return Vec::new(),
        };
        let regions = index.snapshot.regions.iter().filter(|region| index.hides(kind, region));
        regions.map(|region| Missing::Members { kind, region: region.as_str().into() }).collect()
    }
}

fn network(text: &str) -> Option<ipnet::IpNet> {
    text.parse().ok().or_else(|| text.parse::<std::net::IpAddr>().ok().map(Into::into))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outsiders_are_told_from_the_account_itself() {
        let mut config = Config::default();
        config.external.accounts.push("222233334444".into());
        let undeclared = |name: &str| is_undeclared(&NamedPrincipal::grantee(name), "111122223333", &config);
        assert!(!undeclared("111122223333") && !undeclared("arn:aws:iam::111122223333:root") && !undeclared("arn:aws:iam::222233334444:role/etl"));
        assert!(undeclared("999988887777") && undeclared("arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E1"));
        assert!(!undeclared("AROAEXAMPLEEXAMPLE123"), "a deleted role cannot come back");
    }
}
