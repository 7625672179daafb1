//! Snapshots of an older schema: what they do not hold is unknown and says so, what they hold stays.

use pci_audit::evidence::Index;
use pci_audit::evidence::{FieldRef, Missing};
use pci_audit::model::snapshot::{OLDER, SCHEMA};
use pci_audit::model::{Kind, Snapshot, network};

use crate::support::account;

/// An account as schema 1 would have kept it.
fn first(name: &str) -> Snapshot {
    let mut old: serde_json::Value = serde_json::from_str(&account::text(name)).expect("an account is JSON");
    old["schema"] = "pci-audit/snapshot/1".into();
    let resources = old["resources"].as_object_mut().expect("resources are a map");
    for kind in ["network-interface", "vpc-endpoint", "redshift-data-share"] {
        resources.remove(kind);
    }
    let fields = [
        ("subnet", "cidr"),
        ("subnet", "ipv6_cidrs"),
        ("iam-user", "tags"),
        ("iam-role", "tags"),
        ("redshift-cluster", "managed_endpoints"),
        ("redshift-cluster", "endpoint_authorizations"),
        ("bucket", "owner"),
        ("bucket", "ownership"),
    ];
    for (kind, field) in fields {
        for resource in resources.get_mut(kind).and_then(serde_json::Value::as_array_mut).into_iter().flatten() {
            resource["fields"].as_object_mut().expect("fields are a map").remove(field).expect("a field of this version");
        }
    }
    Snapshot::parse(&old.to_string(), "old.json").unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn what_an_older_schema_did_not_list_may_be_there_and_what_it_listed_is_whole() {
    let snapshot = first("healthy");
    let index = Index::new(&snapshot);
    let listed = |kind, region| (index.listed(kind, region).value().is_some(), index.hides(kind, region));
    for kind in [Kind::NetworkInterface, Kind::VpcEndpoint, Kind::RedshiftDataShare] {
        assert_eq!(listed(kind, "us-east-2"), (false, true), "{kind}");
    }
    // Nothing names a NAT gateway or a transit gateway: today's version would not have asked either.
    for kind in [Kind::Subnet, Kind::VpcPeering, Kind::RedshiftCluster, Kind::NatGateway, Kind::TransitGatewayAttachment] {
        assert_eq!(listed(kind, "us-east-2"), (true, false), "{kind}");
    }
    assert_eq!(listed(Kind::IamRole, "global"), (true, false));
}

#[test]
fn a_field_that_an_older_schema_does_not_hold_says_so() {
    let snapshot = first("healthy");
    let index = Index::new(&snapshot);
    let subnet = &index.all::<network::Subnet>()[0];
    assert!(subnet.fields.cidr.is_unseen());
    let gaps = index.explain(&Missing::Field(FieldRef { kind: Kind::Subnet, resource: subnet.id.clone(), field: "cidr" }));
    assert!(!gaps.is_empty() && gaps.iter().all(|gap| gap.code == OLDER && gap.message.contains("snapshot/1")), "{gaps:?}");
}

#[test]
fn no_verdict_of_an_older_snapshot_is_our_bug() {
    for name in ["healthy", "leaky"] {
        let broken: Vec<_> = account::check(&first(name), "").into_iter().filter(|finding| finding.rule_error.is_some()).collect();
        assert!(broken.is_empty(), "{broken:#?}");
    }
}

/// One of each schema, as the version of its time wrote it. They are read for ever: a new schema adds a file, and none of these is ever changed.
#[test]
fn a_snapshot_of_each_schema_is_read_for_ever() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/snapshots");
    let mut schemas = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("readable").path();
        let written: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(&path).expect("readable")).expect("JSON");
        let snapshot = Snapshot::load(&path).unwrap_or_else(|error| panic!("{error}"));
        let findings = account::check(&snapshot, "");
        let broken: Vec<_> = findings.iter().filter(|finding| finding.rule_error.is_some()).collect();
        assert!(broken.is_empty() && findings.len() > 50, "{}: {broken:#?}", path.display());
        let schema = written["schema"].as_str().expect("text").to_owned();
        assert_eq!(format!("pci-audit/snapshot/{}", path.file_stem().expect("a name").to_string_lossy()), schema);
        schemas.push(schema);
    }
    schemas.sort();
    let newest = SCHEMA.rsplit('/').next().and_then(|number| number.parse::<usize>().ok()).expect("a number");
    assert_eq!(schemas, (1..=newest).map(|number| format!("pci-audit/snapshot/{number}")).collect::<Vec<_>>(), "a file for each schema");
}

#[test]
fn what_is_no_snapshot_is_called_by_its_name() {
    let said = |text: &str| Snapshot::parse(text, "file.json").expect_err(text).to_string();
    let report = said(r#"{"schema": "pci-audit/report/1", "run": {}}"#);
    assert!(report.starts_with("file.json: this is a report, not a snapshot"), "{report}");
    assert!(said(r#"{"schema": "pci-audit/baseline/1"}"#).contains("this is a baseline, not a snapshot"));
    let newer = said(r#"{"schema": "pci-audit/snapshot/99", "written_by": "pci-audit 9.1.0", "planets": []}"#);
    assert!(newer.contains("snapshot/99\" (written by pci-audit 9.1.0)") && newer.contains("a newer pci-audit reads it"), "{newer}");
    assert!(said("{}").contains("not a snapshot"));
}

#[test]
fn an_older_snapshot_is_written_as_one_of_this_version() {
    let snapshot = first("healthy");
    assert_eq!(Snapshot::parse(&snapshot.to_json(), "again").expect("a snapshot"), snapshot);
}
