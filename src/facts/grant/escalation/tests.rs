//! The lint of `methods.toml`.

use std::collections::BTreeSet;

use super::super::action;
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
            (On::Group | On::OwnGroup, _) => "arn:aws:iam::111122223333:group/a",
            (On::OwnPolicy, _) => "arn:aws:iam::111122223333:policy/a",
            (On::Datum | On::EndpointSecret, Kind::Secret) | (On::EndpointSecret, _) => {
                "arn:aws:secretsmanager:eu-west-1:111122223333:secret:a-abcdef"
            }
            (On::Datum, Kind::Bucket) => "arn:aws:s3:::a",
            (On::Objects, _) => "arn:aws:s3:::a/b",
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
            Gain::Target => on(On::User) ^ on(On::Role),
            Gain::Group => on(On::Group),
            Gain::PassedRole => on(On::PassedRole) && method.service.is_some(),
            // Which workloads run as which roles is not in the snapshot: never without a condition.
            Gain::WorkloadRole => on(On::Workload) && method.service.is_some() && method.given.is_some(),
            _ => true,
        };
        assert!(fits, "{id}");
        assert_eq!(on(On::PassedRole), method.needs.iter().any(|need| need.action == "iam:PassRole"), "{id}");
    }
}
