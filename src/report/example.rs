//! A view for tests: a small account in which every verdict, severity and hint occurs, and names that an attacker chose.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use super::view::{
    Access, Attested, BySeverity, Connection, Counts, Evidence, Fate, Finding, Gap, Gone, Hint, Limit, ListNote, Requirement, Requirements,
    ResourceRef, RuleInfo, Run, SCHEMA, Severity, Standing, Summary, Unlisted, Unseen, Verdict, View, Waiver,
};

/// Names with everything that should not reach a terminal.
pub(super) const HOSTILE: [&str; 5] = [
    "db\u{1b}[2J\u{1b}[31mPASS\u{1b}[0m\r\n✓ all good",
    "db-\u{202e}ssap\u{2066}x\u{200b}y\u{9b}31m\u{7}",
    "👩\u{200d}👩\u{200d}👧 🇩🇪 注文データベース ❤\u{fe0f} e\u{301}",
    "[click here](https://evil.example/) {0} <script>alert(1)</script>",
    "very-long-name-without-any-break-very-long-name-without-any-break-very-long-name-without-any-break-very-long-name-without-any-break-very-long-name-0123456789",
];

const ACCOUNT: &str = "123456789012";

/// Id, title, severity, 4.0.1, 3.2.1.
type Rule = (&'static str, &'static str, Severity, &'static [&'static str], &'static [&'static str]);

const RULES: [Rule; 9] = [
    ("internet-reachable", "Nobody on the internet can open the data port", Severity::Critical, &["1.4.4", "1.4.2", "1.3.1"], &["1.3", "1.3.2"]),
    (
        "ingress-wider-than-peers",
        "Security groups admit the peers of the pipeline and nobody else",
        Severity::Medium,
        &["1.3.1", "1.2.5"],
        &["1.2.1"],
    ),
    ("store-encrypted", "Storage is encrypted at rest", Severity::High, &["3.5.1", "3.5.1.3"], &["3.4", "3.4.1"]),
    ("store-customer-key", "Storage is locked by a customer-managed key", Severity::Advisory, &["3.6.1", "3.7.4"], &["3.5"]),
    ("pan-unreadable-in-store", "PAN is unreadable by more than storage encryption", Severity::High, &["3.5.1", "3.5.1.2"], &["3.4"]),
    ("server-requires-tls", "The database server refuses clear-text connections", Severity::High, &["8.3.2", "2.2.7", "4.2.1"], &["4.1", "2.3"]),
    ("secret-rotated", "Secrets are rotated within the declared period", Severity::Medium, &["8.6.3"], &["8.2.4"]),
    ("redshift-audit-log", "Redshift delivers its audit log", Severity::High, &["10.2.1", "10.2.1.4"], &["10.1"]),
    ("pipeline-not-left-over", "No part of a pipeline is left over", Severity::Low, &["7.2.5", "3.2.1"], &["2.2.5"]),
];

fn requirements(rule: &Rule) -> Requirements {
    let ids = |ids: &[&str]| ids.iter().map(|id| (*id).to_owned()).collect();
    BTreeMap::from([("pci-dss-4.0.1".to_owned(), ids(rule.3)), ("pci-dss-3.2.1".to_owned(), ids(rule.4))])
}

fn finding(rule: &str, verdict: Verdict, kind: &str, name: &str, message: &str) -> Finding {
    let rule = RULES.iter().find(|(id, ..)| *id == rule).expect("a rule of the example");
    let region = if kind == "secret" { "us-east-1" } else { "eu-west-1" };
    let arn = format!("arn:aws:{}:{region}:{ACCOUNT}:{kind}:{name}", if kind.starts_with("redshift") { "redshift" } else { "rds" });
    let fingerprint = [rule.0, &arn, message]
        .concat()
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    let read_at = "2026-11-20T09:14:03Z".parse().ok();
    Finding {
        fingerprint: format!("{fingerprint:016x}"),
        rule: rule.0.to_owned(),
        title: rule.1.to_owned(),
        verdict,
        severity: rule.2,
        rule_severity: rule.2,
        requirements: requirements(rule),
        resource: ResourceRef {
            arn: arn.clone(),
            name: name.to_owned(),
            kind: kind.to_owned(),
            account: ACCOUNT.to_owned(),
            region: region.to_owned(),
        },
        key: String::new(),
        pipelines: vec![format!("arn:aws:dms:eu-west-1:{ACCOUNT}:task:ORDERS")],
        message: format!("{name}: {message}"),
        ask: None,
        offending: None,
        evidence: vec![Evidence {
            resource: arn,
            kind: kind.to_owned(),
            call: "rds:DescribeDBParameters".to_owned(),
            read_at,
            fields: BTreeMap::from([(
                "parameters".to_owned(),
                json!({"rds.force_ssl": {"value": "0", "source": "user"}, "ssl_min_protocol_version": null}),
            )]),
        }],
        unseen: Vec::new(),
        remediation: (verdict == Verdict::Fail)
            .then(|| format!("Set it, then apply it:\n  aws rds modify-db-parameter-group --db-parameter-group-name {name}")),
        commands: if verdict == Verdict::Fail {
            vec![format!("aws rds modify-db-parameter-group --db-parameter-group-name {name}")]
        } else {
            Vec::new()
        },
        does_not_prove: (rule.0 == "server-requires-tls").then(|| "that clients verify the server's certificate".to_owned()),
        rule_error: None,
        standing: None,
        grown: Vec::new(),
        gates: verdict == Verdict::Fail,
        waiver: None,
        attested: None,
        first_seen: None,
    }
}

fn unknown(rule: &str, kind: &str, name: &str) -> Finding {
    let message = "whether it does could not be seen: rds:DescribeDBParameters answered AccessDenied; allow rds:DescribeDBParameters";
    let mut finding = finding(rule, Verdict::Unknown, kind, name, message);
    finding.evidence.clear();
    finding.unseen = vec![Unseen {
        what: "parameters of rds-parameter-group orders-pg".to_owned(),
        call: Some("rds:DescribeDBParameters".to_owned()),
        code: Some("AccessDenied".to_owned()),
        permission: Some("rds:DescribeDBParameters".to_owned()),
    }];
    finding
}

fn data(kind: &str, name: &str) -> ResourceRef {
    let arn = format!("arn:aws:rds:eu-west-1:{ACCOUNT}:{kind}:{name}");
    ResourceRef { arn, name: name.to_owned(), kind: kind.to_owned(), account: ACCOUNT.to_owned(), region: "eu-west-1".to_owned() }
}

fn connected() -> Vec<Connection> {
    let connection = |number: usize, system: &str, way: &str, public| Connection {
        data: data("rds-instance", "orders-db"),
        interface: format!("eni-{number:08x}"),
        port: "5432".to_owned(),
        system: system.to_owned(),
        kind: "ec2".to_owned(),
        way: way.to_owned(),
        public,
        path: "subnet-a to subnet-b: sg-0a1b2c3d lets in holders of sg-7 on tcp 5432".to_owned(),
    };
    let mut all = vec![connection(1, HOSTILE[0], "over eni-2 (bastion)", Some(false)), connection(2, "bastion", "directly", Some(true))];
    all.extend((3..20).map(|number| connection(number, HOSTILE[4], "directly", if number == 4 { None } else { Some(false) })));
    all
}

fn access() -> Vec<Access> {
    let access = |name: &str, principal: &str, right: &str, declared: bool, condition: &str| Access {
        data: data("bucket", name),
        principal: principal.to_owned(),
        right: right.to_owned(),
        kind: "role".to_owned(),
        person: (principal != "*").then_some(!declared),
        declared,
        way: "directly".to_owned(),
        path: "policy orders-read, statement ReadAll".to_owned(),
        condition: condition.to_owned(),
    };
    let etl = format!("arn:aws:iam::{ACCOUNT}:role/etl");
    let mut all = vec![access("staging", &etl, "read", true, ""), access("staging", &etl, "unlock", true, "aws:SourceVpce = vpce-1")];
    all.push(access(HOSTILE[3], &format!("arn:aws:iam::{ACCOUNT}:user/{}", HOSTILE[1]), "re-route", false, ""));
    all.extend((0..30).map(|number| access(&format!("bucket-{number}"), "*", "read", false, "")));
    all
}

fn findings() -> Vec<Finding> {
    use Verdict::{Fail, Manual, NotApplicable, Pass};
    let open = "0.0.0.0/0 can open port 5432 through sg-0a1b2c3d (rule sgr-77), acl-9 and the internet gateway igw-5 of vpc-1";
    let mut list = vec![
        finding("internet-reachable", Fail, "rds-instance", "orders-db", open),
        finding("internet-reachable", Pass, "redshift-cluster", "warehouse", "no public network can open port 5439"),
        finding(
            "ingress-wider-than-peers",
            Fail,
            "rds-instance",
            "orders-db",
            "10.0.0.0/8 is admitted by sg-0a1b2c3d, wider than its peers dms-1 and app-1",
        ),
        finding("ingress-wider-than-peers", Pass, "redshift-cluster", "warehouse", "admits sg-7 only"),
        finding("store-encrypted", Pass, "rds-instance", "orders-db", "encrypted with key alias/orders"),
        finding("store-encrypted", Fail, "redshift-cluster", "warehouse", "not encrypted at rest, unless PAN is unreadable another way"),
        finding("store-customer-key", Fail, "rds-instance", "orders-db", "locked by the AWS-managed key alias/aws/rds"),
        finding("store-customer-key", Fail, "redshift-cluster", "warehouse", "no key at all"),
        finding("store-customer-key", NotApplicable, "bucket", "audit-logs", "audit delivery takes SSE-S3 only"),
        finding("server-requires-tls", Fail, "redshift-cluster", "warehouse", "require_ssl is false in force, though true is pending a reboot"),
        unknown("server-requires-tls", "rds-instance", "orders-db"),
        finding("secret-rotated", Fail, "secret", "orders/dms-user", "last rotated 2026-03-02, 263 days before the scan; 90 are allowed"),
        finding(
            "redshift-audit-log",
            Fail,
            "redshift-cluster",
            "warehouse",
            "logging is on, but the last delivery failed on 2026-11-19 (bucket policy)",
        ),
        finding("pipeline-not-left-over", Fail, "dms-task", "orders-task-old", "stopped since 2026-08-01, 111 days before the scan; 30 are allowed"),
        finding("pipeline-not-left-over", Pass, "dms-task", "orders-task", "running"),
    ];
    for name in ["orders-db", "warehouse"] {
        let mut question =
            finding("pan-unreadable-in-store", Manual, "rds-instance", name, "encrypted at rest; whether columns hold clear PAN lies in the data");
        question.ask = Some("Is PAN stored here, and if so truncated, tokenised, hashed with a key or encrypted by the application? List candidate columns with:\n  select table_name, column_name from information_schema.columns where column_name ~* '(pan|card)'".to_owned());
        list.push(question);
    }
    for name in HOSTILE {
        list.push(finding("server-requires-tls", Fail, "rds-instance", name, &format!("rds.force_ssl is 0 in {name}")));
        list.push(finding("store-encrypted", Pass, "rds-instance", name, "encrypted"));
        list.push(unknown("redshift-audit-log", "redshift-cluster", name));
        let mut question = finding("pan-unreadable-in-store", Manual, "rds-instance", name, "ask");
        question.ask = Some(format!("What is in {name}?"));
        list.push(question);
    }
    accepted(&mut list);
    // The baseline knew all of it but this.
    for finding in &mut list {
        finding.standing = Some(match (finding.rule.as_str(), finding.verdict) {
            ("internet-reachable", Fail) => Standing::New,
            ("pipeline-not-left-over", _) => Standing::NewRule,
            ("server-requires-tls", Verdict::Unknown) => Standing::EvidenceLost,
            _ => Standing::Known,
        });
    }
    list
}

/// Findings that somebody has waived or answered, some of them too long ago.
fn accepted(list: &mut Vec<Finding>) {
    use Verdict::{Fail, Manual};
    let waiver = |reference: &str, expired| Waiver {
        reason: format!("retired in 2027; compensating control in {}", HOSTILE[3]),
        approver: "Jo Müller, CISO".to_owned(),
        approved: "2026-01-12".to_owned(),
        expires: if expired { "2026-10-31" } else { "2027-01-11" }.to_owned(),
        reference: reference.to_owned(),
        expired,
        outgrown: Vec::new(),
    };
    let clear = "not encrypted at rest";
    list.push(Finding { waiver: Some(waiver("CCW-7", false)), ..finding("store-encrypted", Fail, "rds-instance", "archive-db", clear) });
    list.push(Finding { waiver: Some(waiver("=CCW-8", true)), ..finding("store-encrypted", Fail, "rds-instance", "ledger-db", clear) });
    list.push(Finding { waiver: Some(waiver("OPS-12", false)), ..unknown("redshift-audit-log", "redshift-cluster", "archive") });
    list.push(Finding {
        waiver: Some(waiver("TRA-3", false)),
        ..finding("pipeline-not-left-over", Fail, "dms-task", HOSTILE[1], "stopped since 2026-01-01")
    });
    let answer = |holds, expired| Attested {
        holds,
        answer: format!("PAN is {} by the application", if holds { "tokenised" } else { "kept in clear" }),
        by: "R. Okafor <r@example.com>".to_owned(),
        on: "2026-03-02".to_owned(),
        evidence: "https://wiki.example/pan|inventory".to_owned(),
        expires: if expired { "2026-09-01" } else { "2027-03-01" }.to_owned(),
        expired,
    };
    for (name, holds, expired) in [("tokens-db", true, false), ("clear-db", false, false), ("stale-db", true, true)] {
        let mut question = finding("pan-unreadable-in-store", Manual, "rds-instance", name, "encrypted at rest");
        question.ask = Some(format!("Is PAN stored in {name}?"));
        question.attested = Some(answer(holds, expired));
        list.push(question);
    }
}

/// What the baseline had and this run has not.
fn gone() -> Vec<Gone> {
    let gone = |rule: &str, resource: String, severity, fate, number: u8| Gone {
        rule: rule.to_owned(),
        resource,
        region: "eu-west-1".to_owned(),
        fingerprint: format!("{number:016x}"),
        severity,
        fate,
    };
    let arn = |name: &str| format!("arn:aws:rds:eu-west-1:{ACCOUNT}:db:{name}");
    vec![
        gone("secret-rotated", arn("gone-since"), Severity::Medium, Fate::OutOfScope, 3),
        gone("server-requires-tls", arn(HOSTILE[0]), Severity::High, Fate::Resolved, 1),
        gone("store-encrypted", arn("out-of-sight"), Severity::High, Fate::EvidenceLost, 2),
    ]
}

fn gap(service: &str, operation: &str, resource: Option<&str>, code: &str, message: &str, hides: &[&str]) -> Gap {
    Gap {
        account: ACCOUNT.to_owned(),
        region: "eu-west-1".to_owned(),
        service: service.to_owned(),
        operation: operation.to_owned(),
        iam_action: format!("{service}:{operation}"),
        resource: resource.map(str::to_owned),
        code: code.to_owned(),
        message: message.to_owned(),
        hides: hides.iter().map(|rule| (*rule).to_owned()).collect(),
    }
}

fn roll_up(findings: &[Finding]) -> Vec<Requirement> {
    let mut verdicts: BTreeMap<(String, String), (Vec<Verdict>, Vec<String>)> = BTreeMap::new();
    for finding in findings.iter().filter(|finding| finding.severity != Severity::Advisory) {
        for (standard, ids) in &finding.requirements {
            for id in ids {
                let entry = verdicts.entry((standard.clone(), id.clone())).or_default();
                entry.0.push(finding.verdict);
                entry.1.push(finding.rule.clone());
            }
        }
    }
    let requirement = |((standard, id), (verdicts, mut rules)): ((String, String), (Vec<Verdict>, Vec<String>))| {
        let counts = Counts::new(verdicts);
        let hint = match counts {
            Counts { fail: 1.., .. } => Hint::NotInPlace,
            Counts { unknown: 1.., .. } => Hint::NotRead,
            Counts { manual: 1.., .. } => Hint::Ask,
            _ => Hint::Supported,
        };
        rules.sort();
        rules.dedup();
        let title = format!("What requirement {id} asks for, in one sentence of our own words");
        Requirement { standard, id, title, hint, counts, rules, manual: Some("interviews and documents".to_owned()) }
    };
    let mut rolled: Vec<Requirement> = verdicts.into_iter().map(requirement).collect();
    for (id, hint) in [("3.7.5", Hint::NoSuchResource), ("4.2.1.1", Hint::NoSuchResource), ("12.3.3", Hint::PartlySupported)] {
        let (standard, title) = ("pci-dss-4.0.1".to_owned(), "Certificates and cipher suites are inventoried and reviewed".to_owned());
        rolled.push(Requirement { standard, id: id.to_owned(), title, hint, counts: Counts::default(), rules: Vec::new(), manual: None });
    }
    rolled
}

/// The view.
pub(super) fn view() -> View {
    let mut findings = findings();
    for finding in &mut findings {
        let open = matches!(finding.verdict, Verdict::Fail | Verdict::Unknown) && !finding.is_waived();
        finding.gates = open && finding.severity > Severity::Advisory;
    }
    let severities = |verdict| BySeverity::new(findings.iter().filter(|finding| finding.verdict == verdict).map(|finding| finding.severity));
    let (fails, unknowns) = (severities(Verdict::Fail), severities(Verdict::Unknown));
    let verdicts = Counts::new(findings.iter().map(|finding| finding.verdict));
    let waived = findings.iter().filter(|finding| finding.verdict == Verdict::Fail && finding.is_waived()).count();
    let open = verdicts.fail - fails.advisory - waived;
    let incomplete = findings.iter().filter(|finding| finding.verdict == Verdict::Unknown && !finding.is_waived()).count();
    let lost = findings.iter().filter(|finding| finding.standing == Some(Standing::EvidenceLost)).count() + 1;
    let limit = |name: &str, days, citation: Option<&str>| Limit { name: name.to_owned(), days, citation: citation.map(str::to_owned) };
    let denied = "User: arn:aws:sts::123456789012:assumed-role/auditor is not authorized to perform: rds:DescribeDBParameters";
    let mut view = View {
        schema: SCHEMA.to_owned(),
        run: Run {
            tool: "pci-audit".to_owned(),
            version: "0.1.0".to_owned(),
            account: ACCOUNT.to_owned(),
            caller: format!("arn:aws:sts::{ACCOUNT}:assumed-role/auditor"),
            partition: "aws".to_owned(),
            regions: vec!["eu-west-1".to_owned(), "us-east-1".to_owned()],
            taken_at: "2026-11-20T09:14:00Z".parse().expect("a time"),
            snapshot_sha256: "3f9a".repeat(16),
            config_sha256: "1b2c".repeat(16),
            rules_sha256: "77de".repeat(16),
            limits: vec![
                limit("key-rotation", 365, None),
                limit("secret-rotation", 90, Some("TRA 2026-04")),
                limit("left-over", 30, None),
                limit("log-retention", 365, Some("pci-dss-4.0.1 10.5.1")),
            ],
            severity_threshold: Severity::Low,
            allow_unknown: false,
            fail_on: "any".to_owned(),
            strict: true,
            question_tickets: false,
            regions_not_scanned: None,
            actions: BTreeSet::new(),
        },
        summary: Summary {
            verdicts,
            fails,
            unknowns,
            open,
            incomplete,
            open_known: BySeverity::default(),
            departed: 0,
            empty: 0,
            nothing_judged: false,
            advice: fails.advisory,
            waived,
            evidence_lost: lost,
            exit_code: 1,
            decision: format!("{open} open findings at or above low"),
            notes: Vec::new(),
        },
        requirements: roll_up(&findings),
        gaps: vec![
            gap("kms", "GetKeyPolicy", Some("arn:aws:kms:eu-west-1:123456789012:key/1"), "ThrottlingException", "Rate exceeded", &[]),
            gap(
                "rds",
                "DescribeDBParameters",
                Some("arn:aws:rds:eu-west-1:123456789012:pg:orders-pg"),
                "AccessDenied",
                denied,
                &["server-requires-tls"],
            ),
            gap(
                "rds",
                "DescribeDBParameters",
                Some("arn:aws:rds:eu-west-1:123456789012:pg:\u{1b}[1m"),
                "AccessDenied",
                denied,
                &["server-requires-tls"],
            ),
            gap("redshift", "DescribeLoggingStatus", None, "AccessDenied", denied, &["redshift-audit-log"]),
        ],
        findings,
        rules: RULES
            .iter()
            .map(|rule| RuleInfo {
                id: rule.0.to_owned(),
                title: rule.1.to_owned(),
                severity: rule.2,
                noun: "store".to_owned(),
                requirements: requirements(rule),
                rationale: "Whoever reads what is not protected reads card data.".to_owned(),
                remediation: "Change it: `aws rds modify {r.name}`.".to_owned(),
                references: vec!["https://docs.aws.amazon.com/".to_owned()],
                proves: "part".to_owned(),
                does_not_prove: Some("that nobody reads it".to_owned()),
            })
            .collect(),
        connected: connected(),
        access: access(),
        list_notes: vec![ListNote {
            list: "connected".to_owned(),
            data: data("rds-instance", "orders-db"),
            note: "there may be more: not everything was seen".to_owned(),
        }],
        unlisted: vec![Unlisted {
            list: "connected".to_owned(),
            data: data("redshift-cluster", HOSTILE[1]),
            unseen: vec![Unseen {
                what: "some network-interface in eu-west-1".to_owned(),
                call: Some("ec2:DescribeNetworkInterfaces".to_owned()),
                code: None,
                permission: None,
            }],
        }],
        gone: gone(),
        left: Vec::new(),
        watched: BTreeSet::new(),
        unused: vec![format!("answer of a rule on {}", HOSTILE[3]), "waiver of finding 0123456789abcdef".to_owned()],
        history: Vec::new(),
    };
    view.sort();
    view
}
