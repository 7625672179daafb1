//! Who asks, and how a `Principal` element names them.
//!
//! Source: IAM User Guide, "AWS JSON policy elements: Principal" and "NotPrincipal". How a resource policy names its caller decides
//! whether a permissions boundary limits the grant.

use std::sync::Arc;

use super::principal_element::{is_account, is_same_service, service_of};
use super::ternary::Ternary;
use crate::arn::{Arn, account_root};
use crate::document::{Principals, Star, Values};

/// What kind of caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PrincipalType {
    /// The root user of an account.
    Root,
    /// An IAM user.
    User,
    /// An IAM role, by whatever session.
    Role,
    /// One session of a role.
    Session,
    /// A federated user session (`GetFederationToken`).
    FederatedUser,
    /// Whoever joins a group, by what it gets there: no principal of its own.
    Group,
    /// An AWS service by its service principal.
    Service,
    /// Whoever a SAML or OpenID Connect provider vouches for, before a role is assumed.
    Federated,
    /// Any principal of any account but the resource's, or of one account, whose administrators allow it what they like; or one that
    /// cannot be placed.
    Stranger,
    /// Someone without credentials.
    Anonymous,
}

/// Any principal of any account but the resource's.
const STRANGER: &str = "any principal of another account";

/// Any account but the resource's: for whom a service may act where nobody says for whom.
const ANY_OTHER: &str = "any other account";

/// Any service that acts for somebody, where nobody says which.
pub const ANY_SERVICE: &str = "any service";

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Principal {
    /// What kind of caller.
    pub who: PrincipalType,
    /// ARN, service principal, or `anonymous`.
    pub arn: Arc<str>,
    /// Its account; of a service that acts for one, that one; empty for other services, public identity providers and the anonymous.
    pub account: Arc<str>,
    /// The role behind a session; the role itself; empty for others.
    role: Arc<str>,
    /// What is thought away of what stands in its way, a bit each.
    freed: u16,
}

impl Principal {
    /// Reads an ARN, a twelve-digit account (its root), a service principal, the issuer of an identity provider, or `anonymous`.
    ///
    /// # Errors
    /// Where the text is none of these.
    pub fn parse(text: &str) -> Result<Self, String> {
        let plain = |who: PrincipalType, arn: &str| Self { who, ..Self::unplaced(arn) };
        if matches!(text, "anonymous" | "*") {
            return Ok(plain(PrincipalType::Anonymous, "anonymous"));
        }
        if is_account(text) {
            return Self::parse(&account_root("aws", text));
        }
        if service_of(text).is_some() {
            return Ok(plain(PrincipalType::Service, &text.to_ascii_lowercase()));
        }
        let Some(arn) = Arn::parse(text) else { return Err(format!("{text} is no ARN, account, service principal or \"anonymous\"")) };
        let kind = arn.resource.split('/').next().unwrap_or_default();
        let who = match (arn.service, kind) {
            ("iam", "root") => PrincipalType::Root,
            ("iam", "user") => PrincipalType::User,
            ("iam", "role") => PrincipalType::Role,
            ("iam", "saml-provider" | "oidc-provider") => PrincipalType::Federated,
            ("sts", "assumed-role") => PrincipalType::Session,
            ("sts", "federated-user") => PrincipalType::FederatedUser,
            _ => return Err(format!("{text} is no principal: expected a user, a role, a session, root, or an identity provider")),
        };
        if !is_account(arn.account) {
            return Err(format!("{text} names no account"));
        }
        let role = match who {
            PrincipalType::Role => text.to_owned(),
            // A session does not say the path of its role; `of_role` does.
            PrincipalType::Session => {
                let name = arn.resource.split('/').nth(1).unwrap_or_default();
                format!("arn:{}:iam::{}:role/{name}", arn.partition, arn.account)
            }
            _ => String::new(),
        };
        Ok(Self { who, arn: text.into(), account: arn.account.into(), role: role.into(), freed: 0 })
    }

    /// Any principal of any account but the one that owns the resource.
    pub fn stranger() -> Self {
        Self::unplaced(STRANGER)
    }

    /// Whether it is whoever there is, with credentials or without.
    pub fn is_nobody_named(&self) -> bool {
        self.who == PrincipalType::Anonymous || (self.who == PrincipalType::Stranger && self.account.is_empty() && &*self.arn == STRANGER)
    }

    /// Any principal of one account.
    pub fn someone_of(account: &str) -> Self {
        Self { account: account.into(), ..Self::unplaced(&format!("any principal of account {account}")) }
    }

    /// One that is known by its name alone: a canonical user id, an origin access identity.
    pub fn unplaced(name: &str) -> Self {
        Self { who: PrincipalType::Stranger, arn: name.into(), account: "".into(), role: "".into(), freed: 0 }
    }

    /// A service, by its service principal.
    pub fn service(name: &str) -> Self {
        Self { who: PrincipalType::Service, ..Self::unplaced(&name.to_ascii_lowercase()) }
    }

    /// A service that acts for an account, or for any but the resource's (IAM User Guide, "The confused deputy problem").
    pub fn acting(name: &str, account: Option<&str>) -> Self {
        Self { account: account.unwrap_or(ANY_OTHER).into(), ..Self::service(name) }
    }

    /// For whom a service acts, where that is asked.
    pub fn acts_for(&self) -> Option<&str> {
        (self.who == PrincipalType::Service && !self.account.is_empty()).then_some(&*self.account)
    }

    /// Whether it is a service that acts for whomever it likes.
    pub fn acts_for_any_other(&self) -> bool {
        self.acts_for() == Some(ANY_OTHER)
    }

    /// Whoever an identity provider vouches for, by its ARN or its public name (`accounts.google.com`).
    pub fn federated(provider: &str) -> Self {
        Self { who: PrincipalType::Federated, ..Self::unplaced(provider) }
    }

    /// Whoever holds what a user, a role or a group holds, by its ARN.
    pub fn holder(arn: &str, account: &str) -> Self {
        let group = Arn::parse(arn).is_some_and(|arn| arn.service == "iam" && arn.resource.starts_with("group/"));
        let who = if group { PrincipalType::Group } else { PrincipalType::User };
        Self::parse(arn).unwrap_or_else(|_| Self { who, account: account.into(), ..Self::unplaced(arn) })
    }

    /// The same user or role once these of the things that stand in its way are taken away; none is as it stands.
    #[must_use]
    pub const fn free_of(mut self, bits: u16) -> Self {
        self.freed = bits;
        self
    }

    /// What is thought away of what stands in its way.
    pub const fn freed(&self) -> u16 {
        self.freed
    }

    /// Whether nobody is it as things stand: whoever joins a group, or takes away what stands in its way.
    pub fn is_hypothetical(&self) -> bool {
        self.who == PrincipalType::Group || self.freed != 0
    }

    /// The same session with the whole ARN of its role, path and all.
    #[must_use]
    pub fn of_role(mut self, role: &str) -> Self {
        if self.who == PrincipalType::Session {
            self.role = role.into();
        }
        self
    }

    /// The name at the end of its ARN.
    pub fn name(&self) -> &str {
        self.arn.rsplit('/').next().unwrap_or_default()
    }

    /// `aws:PrincipalArn`: of a session, the role's.
    pub fn principal_arn(&self) -> Option<&str> {
        match self.who {
            PrincipalType::Root | PrincipalType::User | PrincipalType::FederatedUser => Some(&self.arn),
            PrincipalType::Role | PrincipalType::Session => Some(&self.role),
            PrincipalType::Group | PrincipalType::Service | PrincipalType::Federated | PrincipalType::Stranger | PrincipalType::Anonymous => None,
        }
    }

    /// Whether it has policies of its own; the others act by the resource's policy alone.
    pub const fn has_identity(&self) -> bool {
        !matches!(self.who, PrincipalType::Service | PrincipalType::Federated | PrincipalType::Anonymous)
    }

    /// Whether it always asks with temporary credentials.
    pub const fn is_session(&self) -> bool {
        matches!(self.who, PrincipalType::Role | PrincipalType::Session | PrincipalType::FederatedUser)
    }

    /// `AWSServiceRoleFor…`: organization policies do not apply to it (Organizations User Guide, "Service control policies").
    pub fn is_service_linked(&self) -> bool {
        Arn::parse(&self.role).is_some_and(|arn| arn.resource.starts_with("role/aws-service-role/"))
    }

    /// How a principal element names it.
    pub fn named_by(&self, principals: &Principals) -> Naming {
        let mut naming = Naming::default();
        let types = match principals {
            Principals::Any(Star::Star) => {
                naming.set(Way::Anyone, Ternary::Yes);
                return naming;
            }
            Principals::ByType(types) => types,
        };
        for (kind, Values(names)) in types {
            for name in names {
                let (way, truth) = self.named(kind, name);
                naming.set(way, truth);
            }
        }
        naming
    }

    fn named(&self, kind: &str, name: &str) -> (Way, Ternary) {
        match kind {
            // AWS takes a star of the type `AWS` alone. Should it stand elsewhere, it may be anyone.
            "Service" | "Federated" | "CanonicalUser" if name == "*" && self.who == PrincipalType::Stranger => (Way::Anyone, Ternary::Maybe),
            "AWS" => self.named_as_aws(name),
            "Service" if self.who == PrincipalType::Service => {
                let name = name.to_ascii_lowercase();
                let same = if name == "*" || name == *self.arn || is_same_service(&name, &self.arn) {
                    Ternary::Yes
                } else if service_of(&name).is_some() && service_of(&name) == service_of(&self.arn) {
                    // `dms.eu-west-1.amazonaws.com` is the service in one Region.
                    Ternary::Maybe
                } else {
                    Ternary::No
                };
                (Way::Own, same)
            }
            "Federated" => (Way::Own, Ternary::from(self.who == PrincipalType::Federated && (name == &*self.arn || name == "*"))),
            // The canonical id of an account is not known from its number.
            "CanonicalUser" if name == &*self.arn => (Way::Own, Ternary::Yes),
            "CanonicalUser" if self.who == PrincipalType::Root => (Way::Own, Ternary::Maybe),
            "CanonicalUser" if self.has_identity() && self.who != PrincipalType::Stranger => (Way::Account, Ternary::Maybe),
            _ => (Way::Own, Ternary::No),
        }
    }

    fn named_as_aws(&self, name: &str) -> (Way, Ternary) {
        if name == "*" {
            return (Way::Anyone, Ternary::Yes);
        }
        let account = Arn::parse(name).map(|arn| arn.account);
        // AWS takes no wildcard within an ARN here. Should one stand for the account, it may be anyone.
        if account.is_some_and(|account| account.contains(['*', '?'])) {
            return (Way::Anyone, Ternary::Maybe);
        }
        if !self.has_identity() {
            return (Way::Own, Ternary::No);
        }
        if self.who == PrincipalType::Stranger && account_of(name).is_none() {
            // Some principal of an account may be the one that is named.
            let may_be = if account == Some(&*self.account) && !self.account.is_empty() { Ternary::Maybe } else { Ternary::No };
            return (Way::Own, if name == &*self.arn { Ternary::Yes } else { may_be });
        }
        if let Some(account) = account_of(name) {
            let way = if self.who == PrincipalType::Root { Way::Own } else { Way::Account };
            return (way, Ternary::from(account == &*self.account));
        }
        if name == &*self.arn {
            return (if self.who == PrincipalType::Role { Way::Role } else { Way::Own }, Ternary::Yes);
        }
        if !self.role.is_empty() && name == &*self.role {
            return (Way::Role, Ternary::Yes);
        }
        // A session of the asked role: the one that asks may have this name.
        let session =
            self.who == PrincipalType::Role && Self::parse(name).is_ok_and(|other| other.who == PrincipalType::Session && self.is_role_of(&other));
        (Way::Own, if session { Ternary::Maybe } else { Ternary::No })
    }

    /// Roles of one account differ in name, whatever their paths.
    fn is_role_of(&self, session: &Self) -> bool {
        let name = |arn: &str| arn.rsplit('/').next().unwrap_or_default().to_owned();
        session.account == self.account && name(&session.role) == name(&self.role)
    }

    /// Whether a `NotPrincipal` element leaves it out. "AWS might validate the account first, then the role, and then the assumed-role user":
    /// so AWS wants the account listed beside the user, and the account and the role for a session.
    pub fn spared_by(&self, principals: &Principals) -> Ternary {
        let naming = self.named_by(principals);
        if naming.anyone == Ternary::Yes {
            return Ternary::Yes;
        }
        match self.who {
            PrincipalType::Root | PrincipalType::Service | PrincipalType::Federated => naming.own,
            PrincipalType::Anonymous => Ternary::No,
            PrincipalType::Stranger if naming.own == Ternary::Yes => Ternary::Yes,
            PrincipalType::Stranger | PrincipalType::Group => Ternary::all([Ternary::any([naming.own, naming.account]), Ternary::Maybe]),
            PrincipalType::User | PrincipalType::FederatedUser => listed(&[naming.own, naming.account]),
            PrincipalType::Session | PrincipalType::Role if naming.role == Ternary::No && naming.own != Ternary::No => Ternary::Maybe,
            PrincipalType::Session | PrincipalType::Role => listed(&[naming.role, naming.account]),
        }
    }
}

/// All listed: spared. Only some: AWS says no more than that it "might" be denied. The account alone, or nothing: not spared.
fn listed(parts: &[Ternary]) -> Ternary {
    let (own, _) = parts.split_at(parts.len().saturating_sub(1));
    if Ternary::all(parts.iter().copied()) == Ternary::Yes {
        Ternary::Yes
    } else if Ternary::any(own.iter().copied()) == Ternary::No {
        Ternary::No
    } else {
        Ternary::Maybe
    }
}

/// The account behind `111122223333` or `arn:aws:iam::111122223333:root`.
fn account_of(name: &str) -> Option<&str> {
    if is_account(name) {
        return Some(name);
    }
    Arn::parse(name).filter(|arn| arn.service == "iam" && arn.resource == "root").map(|arn| arn.account)
}

/// By which way an element names a caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Anyone,
    Account,
    Role,
    Own,
}

/// How a principal element names a caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Naming {
    /// As everyone.
    pub anyone: Ternary,
    /// As its account.
    pub account: Ternary,
    /// By its role.
    pub role: Ternary,
    /// By itself: user, session, service, provider, root user.
    pub own: Ternary,
}

impl Default for Naming {
    fn default() -> Self {
        Self { anyone: Ternary::No, account: Ternary::No, role: Ternary::No, own: Ternary::No }
    }
}

impl Naming {
    fn set(&mut self, way: Way, truth: Ternary) {
        let slot = match way {
            Way::Anyone => &mut self.anyone,
            Way::Account => &mut self.account,
            Way::Role => &mut self.role,
            Way::Own => &mut self.own,
        };
        *slot = Ternary::any([*slot, truth]);
    }

    /// In whatever way.
    pub fn at_all(&self) -> Ternary {
        Ternary::any([self.anyone, self.account, self.role, self.own])
    }

    /// So that no boundary or session policy limits the grant: as everyone or by itself.
    pub fn direct(&self) -> Ternary {
        Ternary::any([self.anyone, self.own])
    }
}
