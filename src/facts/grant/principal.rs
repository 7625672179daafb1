//! The subjects of `principal`: every user, group and role, save those that AWS makes for its own services.

use std::collections::BTreeSet;

use iam_eval::arn::Arn;
use iam_eval::wildcard_match;

use super::super::FactContext;
use super::super::subject::{Subject, no_pipelines};
use super::PRINCIPAL;
use super::allowance::{Allowance, Policies, Right};
use super::excess::{Yardstick, verdict};
use super::ground::Ground;
use super::guest::{Guests, UNSAID};
use super::known_parties::KnownParties;
use super::open::Opening;
use super::readers::{Becoming, Entrance, wideness};
use super::trust::{admits_people, entrance};
use crate::evidence::{About, Derived, Missing, observe};
use crate::model::{Described, Kind, Resource, iam};

/// One subject per identity.
pub(super) fn derive<'a>(ctx: &FactContext<'a>, policies: &Policies<'a>, ground: &Ground, becoming: &Becoming) -> Vec<Subject> {
    let yardstick = Yardstick::new();
    let known = KnownParties::new(ctx);
    let judge = |kind, id, person, entrance, held: &Allowance| {
        let about = About { kind, resource: id, key: String::new(), pipelines: no_pipelines() };
        // A group assumes no role.
        let never = || Derived::known(Vec::new());
        let entrance = with_stones(entrance, becoming.entrance(&about.resource.arn));
        let becoming = if kind == Kind::IamGroup { (never(), never()) } else { becoming.of(&about.resource.arn) };
        subject(ctx, &yardstick, ground, about, (person, entrance), held, becoming)
    };
    let mut subjects = Vec::new();
    for user in ctx.index.all::<iam::User>() {
        subjects.push(judge(Kind::IamUser, user.id.clone(), Derived::known(true), shut(), &policies.of_user(user)));
    }
    for group in ctx.index.all::<iam::Group>() {
        subjects.push(judge(Kind::IamGroup, group.id.clone(), Derived::known(true), shut(), &policies.of_group(group)));
    }
    for role in ctx.index.all::<iam::Role>().iter().filter(|role| !is_service_linked(role)) {
        let person = observe!(role.trust).map(|document| admits_people(&document, &role.id, ctx.index.now()));
        let entrance = observe!(role.trust).map(|document| entrance(&document, &role.id, &known));
        subjects.push(judge(Kind::IamRole, role.id.clone(), person, entrance, &policies.of_role(role, |_| false)));
    }
    subjects
}

/// `AWSServiceRoleFor…`: AWS makes it and only AWS can change it. The path is reserved, and part of the ARN.
fn is_service_linked<T: Described>(role: &Resource<T>) -> bool {
    Arn::parse(&role.id.arn).is_some_and(|arn| arn.resource.starts_with("role/aws-service-role/"))
}

/// How somebody becomes an administrator: for certain, and perhaps.
type Ways = (Derived<Vec<String>>, Derived<Vec<String>>);

/// Nobody assumes a user or a group.
fn shut() -> Derived<(Opening, Guests)> {
    Derived::known((Opening::default(), Guests::Shut))
}

/// Who from outside can become it: the widest of all.
fn widest(opening: &Opening, guests: Guests) -> Derived<&'static str> {
    if opening.anyone {
        return Derived::known("anyone");
    }
    if !opening.undeclared.is_empty() {
        return Derived::known("outsiders");
    }
    let unsaid = (guests == Guests::Unsaid).then(|| Missing::Outside(UNSAID.to_owned()));
    let missing: Vec<Missing> = opening.unsure.iter().cloned().chain(unsaid).collect();
    if !opening.issuers.is_empty() {
        Derived::known("issuer")
    } else if missing.is_empty() {
        Derived::known("nobody")
    } else {
        Derived::Unseen { missing, from: Vec::new() }
    }
}

/// Who from outside can become a principal.
struct Outside {
    /// The widest of all.
    word: Derived<&'static str>,
    /// In words.
    why: Derived<String>,
    /// Each of them.
    elements: Derived<BTreeSet<String>>,
}

/// The wider of two entrances, with its words: by its own trust policy, and over other roles.
fn with_stones(own: Derived<(Opening, Guests)>, stones: Derived<Entrance>) -> Outside {
    let (word, why) = (own.clone().and_then(|(opening, guests)| widest(&opening, guests)), own.clone().map(|(opening, _)| opening.why));
    let elements = own.map(|(opening, _)| opening.elements);
    let known = |word: &Derived<&'static str>| word.value().map_or(0, |word| wideness(word));
    match stones {
        Derived::Known { value: (stone, how), .. } if wideness(stone) > known(&word) && (word.value().is_some() || stone == "anyone") => {
            let elements = elements.map(|elements| elements.into_iter().chain([how.clone()]).collect());
            Outside { word: Derived::known(stone), why: Derived::known(how), elements }
        }
        Derived::Unseen { missing, from } if word.value() == Some(&"nobody") => Outside { word: Derived::Unseen { missing, from }, why, elements },
        _ => Outside { word, why, elements },
    }
}

fn subject(
    ctx: &FactContext<'_>,
    yardstick: &Yardstick,
    ground: &Ground,
    about: About,
    (person, entrance): (Derived<bool>, Outside),
    allowance: &Allowance,
    becoming: Ways,
) -> Subject {
    let declared = ctx.config.admins.iter().any(|admin| wildcard_match(admin, &about.resource.arn));
    let admin = yardstick.full_admin(allowance, ground);
    let (full_admin, why) = verdict(&admin, "no policy gives full administrator access");
    let excess = allowance.conclude(yardstick.excess(allowance, ground));
    Subject::new(PRINCIPAL.name, about)
        .with("person", person)
        .with("declared_admin", Derived::known(declared))
        .with("full_admin", full_admin)
        .with("full_admin_why", why)
        .with("admin_policies", admin.map(|rights| Right::policies(&rights)))
        .with("becomes_admin", becoming.0)
        .with("may_become_admin", becoming.1)
        .with("entrance", entrance.word)
        .with("openings", entrance.elements)
        .with("entrance_why", entrance.why)
        .with("excess", excess.clone().map(|rights| Right::words(&rights)))
        .with("excess_policies", excess.map(|rights| Right::policies(&rights)))
}
