//! A request: who does what to which resource, and what is known of its context.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Pattern;
use super::action;
use super::context::{Absent, Context, Known};
use super::external_caller;
use super::principal::{ANY_SERVICE, Principal, PrincipalType};
use crate::arn::Arn;

/// The resource of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// ARN, `*` for actions without a resource, or a pattern.
    pub text: String,
    /// The pattern, where some resource that fits it is meant.
    pub(super) any: Option<Pattern>,
}

impl Target {
    /// One resource, by its exact ARN (or `*` for actions that have none).
    pub fn one(arn: &str) -> Self {
        Self { text: arn.to_owned(), any: None }
    }

    /// Some resource that fits a pattern, such as `arn:aws:s3:::cards/*`. A statement that reaches only some of them gives a condition.
    pub fn any(pattern: &str) -> Self {
        Self { text: pattern.to_owned(), any: Some(Pattern::wildcards(pattern)) }
    }

    /// What a pattern of a policy reaches.
    pub fn new(pattern: &Pattern) -> Self {
        Self { text: pattern.text().to_owned(), any: pattern.is_open().then(|| pattern.clone()) }
    }

    /// What people write: a pattern where it holds a wildcard, else one resource; `*` alone is the resource of actions that are on none.
    pub fn read(text: &str) -> Self {
        if text != "*" && text.contains(['*', '?']) { Self::any(text) } else { Self::one(text) }
    }

    /// The pattern, where some resource that fits it is meant.
    pub const fn pattern(&self) -> Option<&Pattern> {
        self.any.as_ref()
    }

    /// Whether some resource that fits is meant.
    pub const fn is_pattern(&self) -> bool {
        self.any.is_some()
    }

    /// The literal beginning, and whether more may follow.
    pub fn prefix(&self) -> (String, bool) {
        self.any.as_ref().map_or_else(|| (self.text.clone(), false), |pattern| (pattern.prefix(), true))
    }
}

/// A request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Who asks.
    pub principal: Principal,
    /// `service:Action`, as it was given.
    pub action: String,
    /// The resource.
    pub resource: Target,
    /// The account that owns the resource; `None` where it is not known.
    pub resource_account: Option<String>,
    /// What is known of the context.
    pub context: Context,
    /// The tags of who asks, where all that a request carries of them is known; by their keys in lower case.
    pub principal_tags: Option<Arc<BTreeMap<String, String>>>,
    /// Who asks takes tags of his own off, as he likes.
    drops_tags: bool,
    /// The action in lower case.
    pub(super) folded: String,
}

/// Services of which every request goes to the Region of the resource that it names.
const REGIONAL: [&str; 6] = ["dms", "kms", "rds-data", "redshift", "redshift-data", "secretsmanager"];

/// The trust policy of a role answers for these.
const ASSUME: [&str; 6] =
    ["sts:assumerole", "sts:assumerolewithsaml", "sts:assumerolewithwebidentity", "sts:tagsession", "sts:setsourceidentity", "sts:setcontext"];

impl Request {
    /// A request; where the account of the resource is not given, its ARN may say it.
    pub fn new(principal: Principal, action: &str, resource: Target, resource_account: Option<&str>, context: Context) -> Self {
        let of_arn = || Arn::parse(&resource.text).map(|arn| arn.account).filter(|account| super::principal_element::is_account(account));
        let resource_account = resource_account.or_else(of_arn).map(str::to_owned);
        Self {
            principal,
            action: action.to_owned(),
            folded: action.to_ascii_lowercase(),
            resource_account,
            principal_tags: None,
            drops_tags: false,
            context,
            resource,
        }
    }

    /// The same once who asks has other tags: any that he likes, or some of those that he has no more.
    #[must_use]
    pub fn with_other_tags(mut self, any: bool) -> Self {
        if any {
            self.principal_tags = None;
        }
        self.drops_tags = true;
        self
    }

    /// The service of the action, in lower case.
    pub fn service(&self) -> &str {
        self.folded.split(':').next().unwrap_or_default()
    }

    /// Whether the trust policy of a role answers for an action (in lower case).
    pub fn is_assume(action: &str) -> bool {
        ASSUME.contains(&action)
    }

    /// Whether nothing but the resource's own policy (or what it delegates to) can allow it: keys, and trust in a role.
    /// Source: KMS Developer Guide, "Key policies"; IAM User Guide, "Roles terms and concepts".
    pub fn needs_resource_policy(&self) -> bool {
        if let Some(asked) = &self.resource.any {
            // A pattern that may mean a key or a role is asked about as one.
            let may_be = |kind: &str| asked.overlaps(&Pattern::wildcards(kind));
            // Such as CreateKey: there is no key yet.
            let on_none = || action::lookup(&self.action).is_some_and(|action| action.takes_only_star());
            return (self.service() == "kms" && !on_none() && may_be("arn:*:kms:*:*:key/*"))
                || (Self::is_assume(&self.folded) && may_be("arn:*:iam::*:role/*"));
        }
        let Some(arn) = Arn::parse(&self.resource.text) else { return false };
        let key = self.service() == "kms" && arn.service == "kms" && arn.resource.starts_with("key/");
        let role = Self::is_assume(&self.folded) && arn.service == "iam" && arn.resource.starts_with("role/");
        key || role
    }

    /// What is known of a context key, which must be in lower case.
    pub fn key(&self, key: &str) -> Known<'_> {
        let outsider = self.context.absent() == Absent::ExternalCaller || self.principal.acts_for_any_other();
        let of_outsider = || match outsider {
            true => external_caller::key(key, &self.principal),
            // Of his organization this much is known: it is none of those that are. So it is of where he comes from, if nobody is named.
            false => (self.is_of_no_known_group(key)).then_some(Known::Foreign { may_lack: true }),
        };
        self.context.given(key).or_else(of_outsider).or_else(|| self.certain(key)).unwrap_or(match self.context.absent() {
            Absent::Complete => Known::Absent,
            Absent::Open | Absent::ExternalCaller => Known::Unknown,
        })
    }

    /// Whether a key is of a group, and the caller of none that is known: a principal of another account of its organization, and whoever is
    /// not named also of the networks from which he comes.
    fn is_of_no_known_group(&self, key: &str) -> bool {
        let outside = || self.principal.has_identity() && self.resource_account.as_deref() != Some(&*self.principal.account);
        let is_of_group =
            (external_caller::is_organization(key) && outside()) || (external_caller::is_place(key) && self.principal.is_nobody_named());
        is_of_group && self.context.groups().is_some()
    }

    /// The partition in which it is made, where the caller or the resource tells it.
    pub(super) fn partition(&self) -> Option<&str> {
        [&*self.principal.arn, self.resource.text.as_str()].into_iter().find_map(Arn::parse).map(|arn| arn.partition)
    }

    /// The Region to which the request goes, where the resource tells it.
    fn region(&self) -> Option<&str> {
        let region = Arn::parse(&self.resource.text).map(|arn| arn.region).filter(|region| !region.is_empty() && !region.contains(['*', '?', '$']));
        region.filter(|_| REGIONAL.contains(&self.service()))
    }

    /// Keys that follow from who asks and what for.
    fn certain(&self, key: &str) -> Option<Known<'_>> {
        let principal = &self.principal;
        let signed = principal.has_identity();
        if principal.who == PrincipalType::Stranger && matches!(key, "aws:principalarn" | "aws:principalaccount" | "kms:calleraccount") {
            return Some(match &*principal.account {
                "" => Known::Outside(self.resource_account.as_deref()?.into()),
                account if key == "aws:principalarn" => Known::Within(account.into()),
                account => Known::one(account),
            });
        }
        if let Some(account) = principal.acts_for().filter(|_| !principal.acts_for_any_other()) {
            match key {
                "aws:sourceaccount" | "aws:sourceowner" => return Some(Known::one(account)),
                _ if external_caller::is_of_the_served(key) => return Some(Known::Within(account.into())),
                _ => {}
            }
        }
        if let (Some(tags), Some(tag)) = (&self.principal_tags, key.strip_prefix("aws:principaltag/")) {
            return Some(match tags.get(tag) {
                Some(value) if self.drops_tags => Known::Perhaps(value.into()),
                Some(value) => Known::one(value),
                None => Known::Absent,
            });
        }
        Some(match key {
            // "Only if the principal is a member of an organization": services and those without an account are of none.
            "aws:principalorgid" | "aws:principalorgpaths"
                if matches!(principal.who, PrincipalType::Service | PrincipalType::Federated | PrincipalType::Anonymous) =>
            {
                Known::Absent
            }
            "aws:principalarn" => match principal.principal_arn() {
                Some(arn) => Known::one(arn),
                None if principal.who == PrincipalType::Anonymous => Known::Absent,
                None => return None,
            },
            "aws:principalaccount" if signed => Known::one(&principal.account),
            "aws:principalaccount" if principal.who == PrincipalType::Anonymous => Known::one("anonymous"),
            "kms:calleraccount" if signed && self.service() == "kms" => Known::one(&principal.account),
            "aws:principaltype" => Known::one(match principal.who {
                PrincipalType::Root => "Account",
                PrincipalType::User | PrincipalType::Group => "User",
                PrincipalType::Role | PrincipalType::Session => "AssumedRole",
                PrincipalType::FederatedUser => "FederatedUser",
                PrincipalType::Anonymous => "Anonymous",
                PrincipalType::Service | PrincipalType::Federated | PrincipalType::Stranger => return None,
            }),
            "aws:username" => match principal.who {
                PrincipalType::User => Known::one(principal.name()),
                PrincipalType::Service | PrincipalType::Stranger | PrincipalType::Group => return None,
                _ => Known::Absent,
            },
            "aws:userid" => match principal.who {
                PrincipalType::Root => Known::one(&principal.account),
                PrincipalType::Anonymous => Known::one("anonymous"),
                _ => return None,
            },
            "aws:principalisawsservice" => match principal.who {
                PrincipalType::Service => Known::one("true"),
                PrincipalType::Anonymous | PrincipalType::Federated => Known::Absent,
                _ => Known::one("false"),
            },
            "aws:principalservicename" => match principal.who {
                PrincipalType::Service if &*principal.arn == ANY_SERVICE => return None,
                PrincipalType::Service => Known::one(&principal.arn),
                _ => Known::Absent,
            },
            // Only in calls that a service makes under its own name.
            "aws:principalservicenameslist" | "aws:sourcearn" | "aws:sourceaccount" | "aws:sourceorgid" | "aws:sourceorgpaths" if signed => {
                Known::Absent
            }
            "aws:requestedregion" => Known::one(self.region()?),
            "aws:resourceaccount" => Known::one(self.resource_account.as_deref()?),
            "s3:resourceaccount" if self.service() == "s3" => Known::one(self.resource_account.as_deref()?),
            _ => return None,
        })
    }
}
