//! The lint of `methods.toml`.

use std::collections::BTreeSet;

use iam_eval::action;

use super::*;

#[test]
fn every_method_is_named_once_and_has_a_source() {
    let mut ids = BTreeSet::new();
    let mut ways = BTreeSet::new();
    for method in methods() {
        assert!(ids.insert(&method.id), "{} twice", method.id);
        assert!(method.id.chars().all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '-'), "{}", method.id);
        assert!(method.source.starts_with("https://") && !method.source.contains(' '), "{}", method.id);
        let words = [Some(&method.name), method.given.as_ref()];
        assert!(words.into_iter().flatten().all(|text| !text.is_empty() && !text.ends_with('.') && !text.contains('\n')), "{}", method.id);
        let needs: Vec<String> = method.needs.iter().map(|need| format!("{} {:?}", need.action, need.on)).collect();
        assert!(ways.insert((needs, method.of.clone())), "{} needs what another one needs", method.id);
    }
    assert!(ids.len() >= 100);
}

#[test]
fn every_action_exists_as_it_is_written() {
    for (method, need) in methods().iter().flat_map(|method| method.needs.iter().map(move |need| (method, need))) {
        let action = action::lookup(&need.action).unwrap_or_else(|| panic!("{}: no action {}", method.id, need.action));
        assert_eq!(action.name(), need.action, "{}", method.id);
        let names_one = !matches!(need.on, On::Anything | On::Workload);
        assert!(!names_one || !action.takes_only_star(), "{}: {} takes no resource", method.id, need.action);
    }
}

#[test]
fn a_right_is_held_on_what_its_action_takes() {
    let example = |on: On, of: &Kind| -> Option<&'static str> {
        Some(match (on, of) {
            (On::User, _) => "arn:aws:iam::111122223333:user/a",
            (On::Role | On::PassedRole, _) => "arn:aws:iam::111122223333:role/a",
            (On::OwnTags | On::OwnTagsToDrop, _) => return None,
            (On::Provider, _) => "arn:aws:iam::111122223333:saml-provider/a",
            (On::OwnMembership | On::OwnGroupInline | On::OwnGroupAttached | On::Group | On::OwnGroup | On::GroupOfAnother, _) => {
                "arn:aws:iam::111122223333:group/a"
            }
            (On::OwnPolicy | On::PolicyOfAnother | On::OwnBoundary, _) => "arn:aws:iam::111122223333:policy/a",
            (On::Datum | On::DatumByIdentity | On::EndpointSecret, Kind::Secret) | (On::EndpointSecret, _) => {
                "arn:aws:secretsmanager:eu-west-1:111122223333:secret:a-abcdef"
            }
            (On::Datum, Kind::Bucket) => "arn:aws:s3:::a",
            (On::Objects | On::ObjectsByIdentity, _) => "arn:aws:s3:::a/b",
            (On::AccessPoint, _) => "arn:aws:s3:eu-west-1:111122223333:accesspoint/a/object/b",
            (On::Datum, Kind::KmsKey) => "arn:aws:kms:eu-west-1:111122223333:key/a",
            (On::Datum, Kind::RdsInstance) => "arn:aws:rds:eu-west-1:111122223333:db:a",
            (On::Datum, Kind::RdsCluster) => "arn:aws:rds:eu-west-1:111122223333:cluster:a",
            (On::Datum, Kind::RedshiftCluster) => "arn:aws:redshift:eu-west-1:111122223333:cluster:a",
            (On::Datum, Kind::DmsTask) => "arn:aws:dms:eu-west-1:111122223333:task:a",
            (On::Datum, Kind::DmsReplicationConfig) => "arn:aws:dms:eu-west-1:111122223333:replication-config:a",
            (On::Endpoint | On::SourceEndpoint, _) => "arn:aws:dms:eu-west-1:111122223333:endpoint:a",
            (On::Snapshot, Kind::RdsInstance) => "arn:aws:rds:eu-west-1:111122223333:snapshot:a",
            (On::Snapshot, Kind::RdsCluster) => "arn:aws:rds:eu-west-1:111122223333:cluster-snapshot:a",
            (On::Snapshot, Kind::RedshiftCluster) => "arn:aws:redshift:eu-west-1:111122223333:snapshot:a/b",
            (On::Database, _) => "arn:aws:redshift:eu-west-1:111122223333:dbname:a/b",
            (On::DatabaseUser, Kind::RedshiftCluster) => "arn:aws:redshift:eu-west-1:111122223333:dbuser:a/b",
            (On::DatabaseUser, _) => "arn:aws:rds-db:eu-west-1:111122223333:dbuser:a/b",
            (On::SecurityGroup, _) => "arn:aws:ec2:eu-west-1:111122223333:security-group/sg-1",
            _ => return None,
        })
    };
    let mut wrong = Vec::new();
    for method in methods() {
        for need in &method.needs {
            let action = action::lookup(&need.action).unwrap();
            if matches!(need.on, On::OwnTags | On::OwnTagsToDrop) {
                assert!(["user/a", "role/a"].iter().any(|of| action.takes(&format!("arn:aws:iam::111122223333:{of}"))), "{}", method.id);
            }
            for of in if method.of.is_empty() { &[Kind::Account][..] } else { &method.of } {
                let Some(arn) = example(need.on, of) else { continue };
                if !action.takes(arn) {
                    wrong.push(format!("{}: {} does not take {arn}", method.id, need.action));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_a_method_gives_fits_what_it_is_about() {
    for method in methods() {
        let id = &method.id;
        let on = |wanted: On| method.needs.iter().any(|need| need.on == wanted);
        assert!(!method.needs.is_empty(), "{id}");
        assert_eq!(method.gives.is_of_data(), !method.of.is_empty(), "{id}");
        assert!(!method.direct || method.gives.is_of_data(), "{id}");
        let fits = match method.gives {
            Gain::Target => [On::User, On::Role, On::Provider].into_iter().filter(|one| on(*one)).count() == 1,
            Gain::Group => on(On::Group),
            Gain::Unbound => method.needs.len() == 1 && (on(On::Itself) || method.needs.iter().any(|need| need.on.is_in_its_way())),
            Gain::PassedRole => on(On::PassedRole) && method.service.is_some(),
            // Which workloads run as which roles is not in the snapshot: never without a condition.
            Gain::WorkloadRole => on(On::Workload) && method.service.is_some() && method.given.is_some(),
            _ => true,
        };
        assert!(fits, "{id}");
        // What it takes to become another is no right of the method: any way will do.
        let of_another = method.needs.iter().filter(|need| need.on.is_of_another()).count();
        assert!(of_another == 0 || (of_another == 1 && method.needs.len() == 1 && method.gives == Gain::AnyRight), "{id}");
        assert_eq!(on(On::PassedRole), method.needs.iter().any(|need| need.action == "iam:PassRole"), "{id}");
    }
}

/// One published set of permissions.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Published {
    needs: Vec<String>,
    by: Vec<String>,
    left_out: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Lists {
    set: Vec<Published>,
}

/// Rights by which one becomes another user or role, beside the services that run as a role.
const BECOMING: [&str; 5] =
    ["iam:CreateAccessKey", "iam:CreateLoginProfile", "iam:UpdateAssumeRolePolicy", "iam:UpdateLoginProfile", "sts:AssumeRole"];

/// Whether whoever holds these actions is found by some method: all that the method needs is among them.
fn covering(held: &BTreeSet<String>) -> bool {
    let needs = |method: &&Method| method.needs.iter().all(|need| held.contains(&need.action));
    let of_another = |method: &&Method| method.needs.iter().any(|need| need.on.is_of_another());
    let found: Vec<&Method> = methods().iter().filter(needs).collect();
    // To assume a role is a step of its own, and needs no method.
    if held.len() == 1 && held.contains("sts:AssumeRole") {
        return true;
    }
    // Who changes another identity and becomes it must be found by that, not by what he might do to himself.
    let changes = methods().iter().filter(of_another).any(|method| method.needs.iter().any(|need| held.contains(&need.action)));
    let becomes = held.len() > 1 && BECOMING.iter().any(|action| held.contains(*action));
    if changes && becomes && held.len() == 2 { found.iter().any(of_another) } else { !found.is_empty() }
}

#[test]
fn every_published_set_of_permissions_is_covered_or_left_out_for_a_reason() {
    let lists: Lists = toml::from_str(include_str!("published.toml")).unwrap();
    let mut wrong = Vec::new();
    for published in &lists.set {
        let each = published.needs.iter().flat_map(|action| {
            let all: Vec<String> = action::expand(&iam_eval::Pattern::action(action)).map(|action| action.name()).collect();
            if all.is_empty() { vec![action.clone()] } else { all }
        });
        let held: BTreeSet<String> = each.collect();
        match (covering(&held), &published.left_out) {
            (true, None) => {}
            (false, Some(why)) if !why.is_empty() => {}
            (covered, why) => wrong.push(format!("{:?} of {:?}: covered {covered}, left out {why:?}", published.needs, published.by)),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let by = |list: &str| lists.set.iter().filter(|set| set.by.iter().any(|by| by == list)).count();
    let counts = ["pathfinding", "prowler", "rhino", "cloudsplaining"].map(|list| (list, by(list)));
    println!("published sets: {counts:?}; left out: {}", lists.set.iter().filter(|set| set.left_out.is_some()).count());
    assert!(counts.iter().all(|(_, count)| *count >= 25), "{counts:?}");
}
