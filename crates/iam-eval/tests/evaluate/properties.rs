//! What holds of the IAM evaluator whatever the policies: each property over thousands of generated ones.

use iam_eval::{Answer, Context, Decision, Policies, PolicySet, Principal, Request, Target, evaluate};
use proptest::prelude::*;
use serde_json::Value;

use crate::support::case::policy;
use crate::support::generator::{ACCOUNT, ACTIONS, Keys, RESOURCES, document, keys, resource_statement, statement};

const CASES: u32 = 2000;

const PRINCIPALS: [&str; 6] = [
    "arn:aws:iam::111111111111:user/alice",
    "arn:aws:iam::111111111111:role/dms",
    "arn:aws:sts::111111111111:assumed-role/dms/task",
    "arn:aws:iam::111111111111:root",
    "arn:aws:iam::222222222222:role/etl",
    "dms.amazonaws.com",
];

/// Statements of every layer; each list of statements is one policy.
#[derive(Debug, Clone)]
struct Setup {
    identity: Vec<Vec<Value>>,
    boundary: Option<Vec<Value>>,
    session: Option<Vec<Value>>,
    resource: Option<Vec<Value>>,
    scps: Vec<Vec<Value>>,
    /// Which layers were not seen.
    hidden: [bool; 4],
}

fn statements() -> impl Strategy<Value = Vec<Value>> {
    prop::collection::vec(statement(None), 0..6)
}

fn setup() -> impl Strategy<Value = Setup> {
    let identity = prop::collection::vec(statements(), 0..4);
    let resource = prop::option::weighted(0.7, prop::collection::vec(resource_statement(None), 0..5));
    let scps = prop_oneof![2 => Just(Vec::new()), 1 => prop::collection::vec(statements(), 1..3)];
    (identity, prop::option::weighted(0.3, statements()), prop::option::weighted(0.2, statements()), resource, scps)
        .prop_map(|(identity, boundary, session, resource, scps)| Setup { identity, boundary, session, resource, scps, hidden: [false; 4] })
}

impl Setup {
    fn policies(&self) -> Policies<String> {
        let set = |statements: &[Value], name: &str, hidden: bool| {
            if hidden { PolicySet::unseen(vec!["hidden".to_owned()]) } else { PolicySet::seen([policy(&document(statements), name)]) }
        };
        let mut identity = PolicySet::seen(self.identity.iter().map(|statements| policy(&document(statements), "identity")));
        if self.hidden[0] {
            identity.policies.pop();
            identity.missing.push("hidden".to_owned());
        }
        Policies {
            identity,
            boundary: self.boundary.as_ref().map(|statements| set(statements, "boundary", self.hidden[1])),
            session: self.session.as_ref().map(|statements| set(statements, "session", self.hidden[2])),
            resource: self.resource.as_ref().map(|statements| set(statements, "resource", self.hidden[3])),
            scps: Some(self.scps.iter().map(|statements| set(statements, "scp", false)).collect()),
            rcps: Some(Vec::new()),
            ..Policies::default()
        }
    }

    fn evaluate(&self, asked: &Asked) -> Decision<String> {
        evaluate(&asked.request(asked.context()), &self.policies())
    }
}

#[derive(Debug, Clone)]
struct Asked {
    principal: &'static str,
    action: &'static str,
    resource: String,
    some: bool,
    keys: Keys,
    open: bool,
}

fn asked() -> impl Strategy<Value = Asked> {
    // Mostly what goes together: an object, a key, a role.
    let pair = prop_oneof![
        4 => (0..2_usize, 0..2_usize), 2 => Just((2, 2)), 2 => Just((3, 3)), 1 => Just((4, 3)), 1 => (0..ACTIONS.len(), 0..RESOURCES.len()),
    ];
    asked_of(pair)
}

/// Objects and roles of the one account, for which a pattern belongs to the same account and needs no policy of its own either.
fn asked_of_plain_resources() -> impl Strategy<Value = Asked> {
    asked_of(prop_oneof![3 => (0..2_usize, 0..2_usize), 1 => Just((4, 3))])
}

fn asked_of(pair: impl Strategy<Value = (usize, usize)>) -> impl Strategy<Value = Asked> {
    (prop::sample::select(PRINCIPALS.as_slice()), pair, keys(), any::<bool>()).prop_map(|(principal, (action, resource), keys, open)| Asked {
        principal,
        action: ACTIONS[action],
        resource: RESOURCES[resource].to_owned(),
        some: false,
        keys,
        open,
    })
}

impl Asked {
    fn context(&self) -> Context {
        let start = if self.open { Context::open() } else { Context::complete() };
        self.keys.iter().fold(start, |context, (key, values)| context.with(key, values.clone()))
    }

    fn request(&self, context: Context) -> Request {
        let target = if self.some { Target::any(&self.resource) } else { Target::one(&self.resource) };
        let account = if self.resource.contains(":222222222222:") { "222222222222" } else { ACCOUNT };
        Request::new(Principal::parse(self.principal).expect("a principal"), self.action, target, Some(account), context)
    }
}

/// How much an answer grants.
fn rank(decision: &Decision<String>) -> u8 {
    match decision.answer {
        Answer::Allowed => 2,
        Answer::Conditional | Answer::Unknown => 1,
        Answer::ImplicitlyDenied | Answer::ExplicitlyDenied => 0,
    }
}

/// Whether a certain answer of one is the other's too.
fn agrees(less: &Decision<String>, more: &Decision<String>) -> bool {
    match less.answer {
        Answer::Allowed | Answer::ExplicitlyDenied => more.answer == less.answer,
        Answer::ImplicitlyDenied => more.answer.is_denied(),
        Answer::Conditional | Answer::Unknown => true,
    }
}

/// Puts a statement into one of the layers that are there.
fn put(setup: &mut Setup, layer: usize, identity: &Value, resource: &Value) {
    match (layer, &mut setup.boundary, &mut setup.session, &mut setup.resource) {
        (1, Some(boundary), _, _) => boundary.push(identity.clone()),
        (2, _, Some(session), _) => session.push(identity.clone()),
        (3, _, _, Some(policy)) => policy.push(resource.clone()),
        (4, ..) if !setup.scps.is_empty() => setup.scps[0].push(identity.clone()),
        _ => setup.identity.push(vec![identity.clone()]),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: CASES, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_deny_more_never_adds_a_grant(setup in setup(), asked in asked(), layer in 0..5_usize, one in statement(Some("Deny")), other in resource_statement(Some("Deny"))) {
        let mut more = setup.clone();
        put(&mut more, layer, &one, &other);
        prop_assert!(rank(&more.evaluate(&asked)) <= rank(&setup.evaluate(&asked)));
    }

    #[test]
    fn an_allow_more_never_removes_one(setup in setup(), asked in asked(), layer in 0..5_usize, one in statement(Some("Allow")), other in resource_statement(Some("Allow"))) {
        let mut more = setup.clone();
        put(&mut more, layer, &one, &other);
        prop_assert!(rank(&setup.evaluate(&asked)) <= rank(&more.evaluate(&asked)));
    }

    #[test]
    fn a_boundary_only_shrinks(setup in setup(), asked in asked(), boundary in statements()) {
        let free = Setup { boundary: None, ..setup.clone() };
        let bound = Setup { boundary: Some(boundary), ..setup };
        prop_assert!(rank(&bound.evaluate(&asked)) <= rank(&free.evaluate(&asked)));
    }

    #[test]
    fn order_does_not_matter(setup in setup(), asked in asked()) {
        let mut turned = setup.clone();
        turned.identity.reverse();
        for list in turned.identity.iter_mut().chain(&mut turned.boundary).chain(&mut turned.session).chain(&mut turned.resource).chain(&mut turned.scps) {
            list.reverse();
        }
        turned.scps.reverse();
        prop_assert_eq!(turned.evaluate(&asked).answer, setup.evaluate(&asked).answer);
    }

    /// What is certain without a policy is so with it, whatever it says; and where anything was not seen nothing is allowed for certain.
    #[test]
    fn hiding_a_policy_gives_unknown_or_leaves_what_was_decided(setup in setup(), asked in asked(), hidden in any::<[bool; 4]>()) {
        let full = setup.evaluate(&asked);
        let less = Setup { hidden, ..setup.clone() }.evaluate(&asked);
        let anything = hidden[0] || (hidden[1] && setup.boundary.is_some()) || (hidden[2] && setup.session.is_some()) || (hidden[3] && setup.resource.is_some());
        if anything {
            prop_assert!(less.answer == Answer::Unknown || (less.answer.is_denied() && full.answer != Answer::Allowed), "{:?} {:?}", less, full);
            prop_assert!(agrees(&less, &full), "{:?} {:?}", less, full);
            prop_assert_eq!(less.answer == Answer::Unknown, !less.missing.is_empty());
        } else {
            prop_assert_eq!(less, full);
        }
    }

    /// An open context that is decided is decided for every context that completes it.
    #[test]
    fn open_answers_hold_for_every_completion(setup in setup(), asked in asked(), more in keys()) {
        let open = setup.evaluate(&Asked { open: true, ..asked.clone() });
        let mut keys = more;
        keys.extend(asked.keys.clone());
        let complete = setup.evaluate(&Asked { open: false, keys, ..asked });
        prop_assert!(agrees(&open, &complete), "{:?} {:?}", open, complete);
        prop_assert_eq!(open.answer == Answer::Conditional, !open.conditions.is_empty());
    }

    /// A pattern that is decided is decided for every resource that fits it.
    #[test]
    fn answers_for_a_pattern_hold_for_every_resource_in_it(setup in setup(), asked in asked_of_plain_resources(), cut in 10..30_usize) {
        let pattern: String = asked.resource.chars().take(cut).chain(['*']).collect();
        let wide = setup.evaluate(&Asked { resource: pattern, some: true, ..asked.clone() });
        prop_assert!(agrees(&wide, &setup.evaluate(&asked)));
    }

    /// What holds of a role holds of each of its sessions.
    #[test]
    fn answers_for_a_role_hold_for_its_sessions(setup in setup(), asked in asked()) {
        let role = setup.evaluate(&Asked { principal: "arn:aws:iam::111111111111:role/dms", ..asked.clone() });
        for session in ["arn:aws:sts::111111111111:assumed-role/dms/task", "arn:aws:sts::111111111111:assumed-role/dms/other"] {
            let session = setup.evaluate(&Asked { principal: session, ..asked.clone() });
            prop_assert!(agrees(&role, &session), "{:?} {:?}", role, session);
        }
    }
}
