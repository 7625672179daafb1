//! Who outside this account was let into a warehouse, past its security groups: data shares, endpoint authorizations, endpoints of others
//! (7.3.3, 7.2.2, 1.3.1).
//!
//! Source: Redshift API, DataShareAssociation (`AUTHORIZED`: the producer let the consumer in; `ACTIVE`: it uses the share; `AVAILABLE`: it
//! may; `PENDING_AUTHORIZATION`: nobody let it in yet; `DEAUTHORIZED`, `REJECTED`: no longer) and EndpointAuthorization (`Authorized`,
//! `Revoking`: the endpoints still stand); Redshift Database Developer Guide, "Data sharing": a consumer is an account, a namespace's ARN,
//! `DataCatalog/ACCOUNT` for Lake Formation, or `ADX` for whoever subscribes on AWS Data Exchange.

use std::collections::BTreeSet;

use iam_eval::arn::Arn;
use iam_eval::principal_element::is_account;

use super::SHARING;
use crate::evidence::{About, Derived, observe};
use crate::facts::{FactContext, Subject};
use crate::model::redshift::{Cluster, DataShare, DataShareConsumer, EndpointAuthorization, ManagedEndpoint};
use crate::model::{Described, Identity, Resource};
use crate::network::partial::Partial;

/// The subjects: every cluster and every data share.
pub(super) fn derive(ctx: &FactContext<'_>) -> Vec<Subject> {
    let clusters = ctx.index.all::<Cluster>().iter().map(|cluster| of_cluster(ctx, cluster));
    let shares = ctx.index.all::<DataShare>().iter().map(|share| of_share(ctx, share));
    clusters.chain(shares).collect()
}

fn of_cluster(ctx: &FactContext<'_>, cluster: &Resource<Cluster>) -> Subject {
    let parties = Parties { ctx, own: &cluster.id };
    let authorized = observe!(cluster.endpoint_authorizations).map(|all| all.iter().filter_map(authorization).collect());
    let endpoints = observe!(cluster.managed_endpoints).map(|all| all.iter().filter_map(endpoint).collect());
    parties.subject::<Cluster>(vec![authorized, endpoints], Derived::known(false))
}

fn of_share(ctx: &FactContext<'_>, share: &Resource<DataShare>) -> Subject {
    let parties = Parties { ctx, own: &share.id };
    let consumers = observe!(share.consumers).map(|all| all.iter().filter_map(consumer).collect::<Vec<_>>());
    // The mark lets nobody in as long as nobody consumes.
    let consumed = consumers.clone().map(|consumers| !consumers.is_empty());
    let public = observe!(share.allows_public_consumers).and(consumed);
    parties.subject::<DataShare>(vec![consumers], public)
}

/// Somebody who was let in.
#[derive(Debug, Clone)]
struct Party {
    /// The account; `None` where AWS does not say whose it is.
    account: Option<String>,
    /// As commands name it: an account, or a word such as `ADX` (Redshift API, DeauthorizeDataShare, `ConsumerIdentifier`).
    id: String,
    /// How it is called, and what it may do.
    words: String,
}

fn consumer(consumer: &DataShareConsumer) -> Option<Party> {
    let status = consumer.status.as_deref().unwrap_or("in a status that AWS does not say");
    if matches!(status, "PENDING_AUTHORIZATION" | "DEAUTHORIZED" | "REJECTED") {
        return None;
    }
    let name = consumer.consumer.as_str();
    let of_arn = Arn::parse(name).map(|arn| arn.account);
    let account = of_arn.or_else(|| name.strip_prefix("DataCatalog/")).unwrap_or(name);
    let id = of_arn.unwrap_or(name).to_owned();
    let words = if name == "ADX" { "whoever subscribes on AWS Data Exchange".to_owned() } else { format!("{name} consumes it") };
    Some(Party { account: is_account(account).then(|| account.to_owned()), id, words: format!("{words} ({status})") })
}

fn authorization(authorization: &EndpointAuthorization) -> Option<Party> {
    let account = &authorization.grantee;
    let from = if authorization.all_vpcs {
        "any of its VPCs".to_owned()
    } else if authorization.vpcs.is_empty() {
        "no VPC yet".to_owned()
    } else {
        authorization.vpcs.join(", ")
    };
    let status = if authorization.status == "Authorized" { String::new() } else { format!(" ({})", authorization.status) };
    Some(Party {
        account: is_account(account).then(|| account.clone()),
        id: account.clone(),
        words: format!("{account} may make endpoints from {from}{status}"),
    })
}

fn endpoint(endpoint: &ManagedEndpoint) -> Option<Party> {
    // Where AWS names no owner it is this account's own.
    let owner = endpoint.owner.as_deref()?;
    let vpc = endpoint.vpc_id.as_deref().unwrap_or("a VPC that AWS does not name");
    Some(Party {
        account: is_account(owner).then(|| owner.to_owned()),
        id: owner.to_owned(),
        words: format!("{owner} has the endpoint {} in {vpc}", endpoint.name),
    })
}

/// Sorts those who were let in.
struct Parties<'w, 'i> {
    ctx: &'w FactContext<'i>,
    own: &'w std::sync::Arc<Identity>,
}

impl Parties<'_, '_> {
    fn is_own(&self, party: &Party) -> bool {
        party.account.as_deref() == Some(&*self.own.account)
    }

    fn is_declared(&self, party: &Party) -> bool {
        party.account.as_ref().is_some_and(|account| self.ctx.config.external.accounts.contains(account))
    }

    fn subject<T: Described>(&self, lists: Vec<Derived<Vec<Party>>>, public: Derived<bool>) -> Subject {
        let mut consumers = BTreeSet::new();
        let (mut undeclared, mut declared) = (Partial::<Vec<String>>::default(), Partial::<Vec<String>>::default());
        for list in lists {
            for all in [&mut undeclared, &mut declared] {
                all.from.extend(list.from().iter().cloned());
                all.missing.extend(list.missing().iter().cloned());
            }
            for party in list.value().into_iter().flatten().filter(|party| !self.is_own(party)) {
                let all = if self.is_declared(party) {
                    &mut declared
                } else {
                    consumers.insert(party.id.clone());
                    &mut undeclared
                };
                all.known.push(party.words.clone());
            }
        }
        let about = About { kind: T::KIND, resource: self.own.clone(), key: String::new(), pipelines: self.ctx.pipelines.of(T::KIND, &self.own.arn) };
        Subject::new(SHARING.name, about)
            .with("undeclared", undeclared.listed())
            .with("undeclared_consumers", Derived::known(consumers.into_iter().collect::<Vec<_>>()))
            .with("declared", declared.listed())
            .with("public_consumers", public)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn party(name: &str, status: Option<&str>) -> Option<Option<String>> {
        consumer(&DataShareConsumer { consumer: name.to_owned(), status: status.map(str::to_owned) }).map(|party| party.account)
    }

    #[test]
    fn a_consumer_counts_from_authorization_to_its_end() {
        let account = Some(Some("210987654321".to_owned()));
        for status in ["ACTIVE", "AUTHORIZED", "AVAILABLE", "SOMETHING_NEW"] {
            assert_eq!(party("210987654321", Some(status)), account, "{status}");
        }
        assert_eq!(party("210987654321", None), account);
        for status in ["PENDING_AUTHORIZATION", "DEAUTHORIZED", "REJECTED"] {
            assert_eq!(party("210987654321", Some(status)), None, "{status}");
        }
    }

    #[test]
    fn consumers_are_known_by_account_in_every_form() {
        let account = Some(Some("210987654321".to_owned()));
        assert_eq!(party("arn:aws:redshift:eu-west-1:210987654321:namespace:b94d1f06", Some("ACTIVE")), account);
        assert_eq!(party("DataCatalog/210987654321", Some("ACTIVE")), account);
        assert_eq!(party("ADX", Some("ACTIVE")), Some(None), "nobody knows who subscribes");
        assert_eq!(party("arn:aws:redshift", Some("ACTIVE")), Some(None));
    }
}
