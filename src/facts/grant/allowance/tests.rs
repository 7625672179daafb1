//! More policies hold more, more denials hold less, a boundary only shrinks.

use proptest::prelude::*;

use super::super::excess::Yardstick;
use super::super::ground::Ground;
use super::*;
use crate::model::Snapshot;

fn ground() -> Ground {
    let text = format!(
        r#"{{"schema": "{}", "taken_at": "2026-03-01T00:00:00Z", "regions": ["eu-west-1"], "reads": [], "gaps": [], "resources": {{}},
        "caller": {{"account": "111122223333", "arn": "x", "partition": "aws"}}}}"#,
        crate::model::snapshot::SCHEMA
    );
    Ground::new(&Snapshot::of_test(&text))
}

fn read(statements: &[Statement]) -> Arc<Policy> {
    let version = Some("2012-10-17".to_owned());
    Arc::new(Policy::new(&Document { version, statement: statements.to_vec(), ..Document::default() }, "p", None))
}

fn allowance(statements: &[Statement], boundary: Option<&[Statement]>) -> Allowance {
    Allowance {
        tags: None,
        principal: Principal::holder("arn:aws:iam::111122223333:user/u", "111122223333"),
        context: Context::open(),
        account: "111122223333".into(),
        held: vec![Held { policy: read(statements), held: held_by_u(), from: None }],
        boundary: boundary.map(read),
        delegating: Arc::new(delegating("111122223333")),
        missing: Vec::new(),
        boundary_missing: Vec::new(),
        tags_missing: Vec::new(),
        from: Vec::new(),
    }
}

fn held_by_u() -> HeldPolicy {
    let id = Identity { arn: "arn:aws:iam::111122223333:user/u".into(), name: "u".into(), account: "111122223333".into(), region: "global".into() };
    Holding::user(&id).inline("p")
}

/// All that a set of policies is judged by: single accesses, and the over-broad rights.
fn judged(allowance: &Allowance) -> (Vec<bool>, Vec<bool>, bool) {
    let (yardstick, ground) = (Yardstick::new(), ground());
    let accesses = ["s3:GetObject", "s3:PutObject", "iam:PutRolePolicy", "dms:ModifyEndpoint"]
        .into_iter()
        .flat_map(|action| ["arn:aws:s3:::a/x", "arn:aws:s3:::*/*", "*"].map(|resource| allowance.holds(action, &Pattern::resource(resource))));
    let excess = yardstick.excess(allowance, &ground);
    let labels = ["*", "s3:*", "dms:*", "iam:*", "s3:Get*"].map(|label| excess.keys().any(|found| found.starts_with(&format!("{label} on "))));
    (accesses.collect(), labels.to_vec(), yardstick.full_admin(allowance, &ground).value().is_some_and(|found| !found.is_empty()))
}

/// Whether one set of judgements holds no more than another.
fn within(less: &(Vec<bool>, Vec<bool>, bool), more: &(Vec<bool>, Vec<bool>, bool)) -> bool {
    less.0.iter().zip(&more.0).all(|(a, b)| a <= b) && less.1.iter().zip(&more.1).all(|(a, b)| a <= b) && less.2 <= more.2
}

fn statement(effect: Option<Effect>) -> impl Strategy<Value = Statement> {
    let actions = prop::sample::subsequence(vec!["*", "s3:*", "s3:Get*", "iam:*", "dms:*", "S3:PutObject", "kms:${aws:x}"], 1..3);
    let resources =
        prop::sample::subsequence(vec!["*", "arn:aws:s3:::*", "arn:aws:s3:::a/*", "arn:aws:s3:::${aws:username}/*", "arn:aws:dms:*"], 1..3);
    let effects = effect.map_or_else(|| prop_oneof![3 => Just(Effect::Allow), 1 => Just(Effect::Deny)].boxed(), |effect| Just(effect).boxed());
    (effects, actions, resources, any::<[bool; 3]>()).prop_map(|(effect, actions, resources, [negate_action, negate_resource, narrow])| {
        let list = |items: Vec<&str>| Some(items.into_iter().map(str::to_owned).collect::<Vec<_>>());
        let (action, not_action) = if negate_action { (None, list(actions)) } else { (list(actions), None) };
        let (resource, not_resource) = if negate_resource { (None, list(resources)) } else { (list(resources), None) };
        let key = BTreeMap::from([("aws:MultiFactorAuthPresent".to_owned(), Values(vec!["true".to_owned()]))]);
        let condition = if narrow { BTreeMap::from([("Bool".to_owned(), key)]) } else { BTreeMap::new() };
        Statement { sid: None, effect, principal: None, not_principal: None, action, not_action, resource, not_resource, condition }
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn a_deny_more_never_adds_and_an_allow_more_never_removes(
        base in prop::collection::vec(statement(None), 0..4), deny in statement(Some(Effect::Deny)), allow in statement(Some(Effect::Allow)),
        boundary in prop::option::of(prop::collection::vec(statement(None), 1..3)),
    ) {
        let before = judged(&allowance(&base, boundary.as_deref()));
        let with = |extra: Statement| judged(&allowance(&[base.clone(), vec![extra]].concat(), boundary.as_deref()));
        prop_assert!(within(&with(deny), &before));
        prop_assert!(within(&before, &with(allow)));
    }

    #[test]
    fn a_boundary_only_shrinks_and_order_does_not_matter(
        base in prop::collection::vec(statement(None), 0..4), boundary in prop::collection::vec(statement(None), 0..3),
    ) {
        let (free, bound) = (judged(&allowance(&base, None)), judged(&allowance(&base, Some(&boundary))));
        prop_assert!(within(&bound, &free));
        let reversed = |list: &[Statement]| list.iter().rev().cloned().collect::<Vec<_>>();
        prop_assert_eq!(judged(&allowance(&reversed(&base), Some(&reversed(&boundary)))), bound);
    }
}
