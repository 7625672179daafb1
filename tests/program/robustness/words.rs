//! What is said to people, and what is written for programs: no text of others moves a cursor, begins a line of its own, or writes configuration; no secret
//! is shown.

use serde_json::Value;

use super::*;

/// Would clear a terminal, break lines, be a command to GitHub's runner, turn text around, and end a string.
const HOSTILE: &str = "x\u{1b}[2J\r\n::error::y\u{202e}z\u{9b}31m\u{7f}\u{0}";

fn safe(text: &str) {
    let raw = text.chars().find(|c| (c.is_control() && *c != '\n') || ('\u{202a}'..='\u{202e}').contains(c) || ('\u{2066}'..='\u{2069}').contains(c));
    assert_eq!(raw, None, "{text:?}");
    assert!(!text.lines().any(|line| line.trim_start().starts_with("::")), "{text}");
    let long = text.lines().find(|line| line.chars().count() >= 3_000);
    assert_eq!(long.map(|line| line.chars().take(200).collect::<String>()), None, "a value is repeated whole");
}

/// Everything that stands in an argument, in a file's name or in a file, and goes wrong.
fn errors(at: &Path) -> Vec<Said> {
    // An argument holds no NUL.
    let word = HOSTILE.trim_end_matches('\0');
    let (long, many) = (format!("{word}{}", "a".repeat(40_000)), "b".repeat(40_000));
    let json = |value: &str| Value::String(value.to_owned()).to_string();
    let toml = |value: &str| toml::Value::String(value.to_owned()).to_string();
    let mut said = Vec::new();
    for text in [word, &long, &many] {
        for arguments in [
            vec!["check", text],
            vec!["check", "plain.json", "-o", text],
            vec!["check", "plain.json", "-o", &format!("json={text}/x")],
            vec!["check", "plain.json", "--severity", text],
            vec!["check", "plain.json", "--fail-on", text],
            vec!["check", "plain.json", "--config", text],
            vec!["check", "plain.json", "--rules", text],
            vec!["check", "plain.json", "--baseline", text],
            vec!["check", "plain.json", "--waivers", text],
            vec!["check", "plain.json", "--feed-url", text, "-o", "json=r"],
            vec!["check", "plain.json", "--feed-url", "http://127.0.0.1:9/", "--feed-spool", text, "--feed-timeout", text],
            vec!["check", "plain.json", &format!("--{text}")],
            vec![text],
            vec!["diff", text, "plain.json"],
            vec!["diff", "plain.json", "leaky.json", "-o", text],
            vec!["waive", text],
            vec!["waive", "0123456789abcdef", "--report", text],
            vec!["waivers", "check", text],
            vec!["baseline", text],
            vec!["rules", "show", text],
            vec!["rules", "test", text],
            vec!["rules", "new", text],
            vec!["rules", "new", "x", "--subject", text],
            vec!["generate", "schema", text],
            vec!["query", "access", "--snapshot", "plain.json", "--principal", text, "--action", "s3:GetObject", "--resource", "*"],
            vec!["query", "access", "--snapshot", "plain.json", "--who-can", "--action", "s3:GetObject", "--resource", text],
            vec!["query", "access", "--snapshot", "plain.json", "--who-can", "--action", "s3:GetObject", "--resource", "*", "--context", text],
            vec!["query", "access", "--snapshot", "plain.json", "--who-can", "--action", "s3:GetObject", "--resource", "*", "--through", text],
            vec!["query", "access", "--snapshot", "plain.json", "--who-can", "--action", "s3:GetObject", "--resource", "*", "--scp", text],
            vec!["query", "reach", "--snapshot", "plain.json", "--from", text, "--to", "internet"],
            vec!["query", "reach", "--snapshot", "plain.json", "--from", "internet", "--to", text],
        ] {
            said.push(run(at, &arguments));
        }
    }
    for text in [HOSTILE, &long, &many] {
        put(at, "snapshot.json", &format!("{{\"schema\": {}}}", json(text)));
        said.push(run(at, &["check", "snapshot.json"]));
        said.push(run(at, &["diff", "snapshot.json", "plain.json"]));
        put(at, "snapshot.json", &format!("{{{}: 1}}", json(text)));
        said.push(run(at, &["check", "snapshot.json"]));
        said.push(run(at, &["check", "plain.json", "--baseline", "snapshot.json"]));
        said.push(run(at, &["waive", "0123456789abcdef", "--report", "snapshot.json"]));
        put(at, "snapshot.json", &account::text("plain").replacen("\"rds-instance\"", &json(text), 1));
        said.push(run(at, &["check", "snapshot.json"]));
        put(
            at,
            "baseline.json",
            &format!("{{\"schema\": \"pci-audit/baseline/1\", \"account\": {}, \"regions\": [], \"rules\": [], \"findings\": []}}", json(text)),
        );
        said.push(run(at, &["check", "plain.json", "--baseline", "baseline.json"]));
        put(at, "policy.json", &format!("{{\"Statement\": {{\"Effect\": {}}}}}", json(text)));
        let asked =
            ["query", "access", "--snapshot", "plain.json", "--who-can", "--action", "s3:GetObject", "--resource", "*", "--scp", "policy.json"];
        said.push(run(at, &asked));
        for config in [
            format!("{} = 1\n", toml(text)),
            format!("severity = {}\n", toml(text)),
            format!("[severities]\n{} = \"low\"\n", toml(text)),
            format!("[external]\nnetworks = [{}]\n", toml(text)),
            format!("[[edges]]\nendpoint = {}\n", toml(text)),
            format!(
                "[[waivers]]\nfinding = {}\nreason = \"r\"\napprover = \"a\"\nreference = \"x\"\napproved = 2026-01-01\nexpires = 2026-02-01\n",
                toml(text)
            ),
            format!(
                "[[attest]]\nrule = {0}\nresource = \"*\"\nholds = true\nanswer = \"r\"\nby = \"a\"\nevidence = \"x\"\non = 2026-01-01\nexpires = 2026-02-01\n",
                toml(text)
            ),
            format!("output = [{}]\n", toml(text)),
            format!("baseline = {}\n", toml(text)),
        ] {
            put(at, "c.toml", &config);
            said.push(run(at, &["check", "plain.json", "--config", "c.toml"]));
        }
        for rule in [
            format!("{} = 1\n", toml(text)),
            format!(
                "id = {0}\ntitle = {0}\nseverity = \"low\"\nsubject = {0}\nkinds = [{0}]\nassert = {0}\nmessage = {0}\nrationale = {0}\nremediation = {0}\n[requirements]\n{0} = [{0}]\n",
                toml(text)
            ),
        ] {
            put(at, "r/x.toml", &rule);
            said.push(run(at, &["rules", "test", "r"]));
        }
        put(at, "headers", &format!("{text}\n"));
        said.push(run(at, &["check", "plain.json", "-o", "json=r.json", "--feed-url", "http://127.0.0.1:9/", "--feed-header-file", "headers"]));
        put(at, "spool", &format!("{text}\n"));
        said.push(run(at, &["check", "plain.json", "-o", "json=r.json", "--feed-url", "http://127.0.0.1:9/", "--feed-spool", "spool"]));
    }
    said
}

#[test]
fn no_error_repeats_a_text_of_others_as_it_is() {
    let at = folder();
    for said in errors(at.path()) {
        assert_eq!(said.code, 2, "{}{}", said.stdout, said.stderr);
        assert!(!said.stderr.trim().is_empty() && !said.stderr.contains("panicked"), "{}", said.stderr);
        safe(&said.stderr);
        assert!(said.stderr.len() < 60_000, "{} bytes", said.stderr.len());
    }
}

/// A report whose every text of others is hostile.
fn hostile_report(at: &Path) -> Value {
    fn spoil(value: &mut Value, key: &str) {
        const OURS: [&str; 17] = [
            "schema",
            "verdict",
            "severity",
            "rule_severity",
            "taken_at",
            "read_at",
            "first_seen",
            "last_seen",
            "since",
            "at",
            "exit_code",
            "standing",
            "fate",
            "automation",
            "fingerprint",
            "account",
            "hint",
        ];
        match value {
            Value::String(text) if !OURS.contains(&key) => *text = format!("{HOSTILE}\n## head\n| `a` | <b> [l](http://x) {text}"),
            Value::Array(items) => items.iter_mut().for_each(|item| spoil(item, key)),
            Value::Object(map) => map.iter_mut().for_each(|(key, value)| spoil(value, key)),
            _ => {}
        }
    }
    let mut report: Value = serde_json::from_str(&read(at, "report.json")).expect("JSON");
    for part in ["findings", "gaps", "connected", "access", "unused", "rules"] {
        spoil(&mut report[part], part);
    }
    report
}

#[test]
fn a_report_of_others_writes_no_configuration_no_markdown_and_no_command() {
    let at = folder();
    assert_eq!(run(at.path(), &["check", "leaky.json", "-o", "json=report.json"]).code, 1);
    let report = hostile_report(at.path());
    put(at.path(), "hostile.json", &report.to_string());
    let fail = report["findings"].as_array().expect("findings").iter().find(|finding| finding["verdict"] == "fail").expect("a fail");
    let fingerprint = fail["fingerprint"].as_str().expect("text");

    let filled = ["--reason", HOSTILE.trim_end_matches('\0'), "--approver", "a\"\nadmins = [\"*\"]", "--reference", "'''\nadmins = [\"*\"]\n"];
    let stub = run(at.path(), &[&["waive", fingerprint, "--report", "hostile.json"][..], &filled].concat());
    assert_eq!(stub.code, 0, "{}", stub.stderr);
    // One line of a comment, whatever the report holds; the rest is parsed below.
    let mut lines = stub.stdout.lines();
    assert!(lines.next().is_some_and(|line| line.starts_with('#')) && lines.next() == Some("[[waivers]]"), "{}", stub.stdout);
    let written: toml::Table = toml::from_str(&stub.stdout).expect("TOML");
    assert_eq!(written.keys().collect::<Vec<_>>(), ["waivers"], "no key but its own");
    let waiver = &written["waivers"][0];
    assert_eq!((waiver["reason"].as_str(), waiver["finding"].as_str()), (Some(filled[1]), Some(fingerprint)));

    for arguments in [
        &["diff", "report.json", "hostile.json", "-o", "table", "-v"][..],
        &["diff", "report.json", "hostile.json", "-o", "markdown"],
        &["diff", "hostile.json", "report.json", "-o", "markdown"],
    ] {
        let said = run(at.path(), arguments);
        assert_eq!(said.code, 0, "{}", said.stderr);
        let raw = said.stdout.chars().find(|c| (c.is_control() && *c != '\n') || ('\u{202a}'..='\u{202e}').contains(c));
        assert_eq!(raw, None, "{arguments:?}");
        assert!(!said.stdout.lines().any(|line| line.starts_with("## head") || line.trim_start().starts_with("::")), "{arguments:?}");
    }
    put(at.path(), "pci-audit.toml", &stub.stdout.replace("\\u0000", ""));
    safe(&run(at.path(), &["waivers", "check", "--report", "hostile.json"]).stdout);
}

#[test]
fn words_of_a_rule_of_others_reach_the_terminal_safely() {
    let at = folder();
    assert_eq!(run(at.path(), &["rules", "new", "my-rule", "--subject", "rds-instance", "--folder", "r"]).code, 0);
    let rule = read(at.path(), "r/my-rule.toml");
    let hostile = toml::Value::String(HOSTILE.to_owned()).to_string();
    put(at.path(), "r/my-rule.toml", &rule.replace("\"What holds where this passes\"", &hostile).replace("\"Why it matters.\"", &hostile));
    for arguments in
        [&["rules", "list", "--rules", "r"][..], &["rules", "show", "my-rule", "--rules", "r"], &["check", "leaky.json", "--rules", "r", "-v"]]
    {
        let said = run(at.path(), arguments);
        let raw = said.stdout.chars().find(|c| c.is_control() && *c != '\n');
        assert_eq!((raw, said.stdout.contains('\u{202e}')), (None, false), "{arguments:?}: {}", said.stderr);
    }
}

#[test]
fn no_help_and_no_error_shows_a_secret() {
    let at = folder();
    let secrets = [
        ("PCI_AUDIT_FEED_URL", "https://hooks.example/services/SECRET?token=SECRET"),
        ("PCI_AUDIT_EXTERNAL_ID", "SECRET"),
        ("PCI_AUDIT_FEED_HEADER", "Authorization: SECRET"),
        ("PCI_AUDIT_PROFILE", "SECRET"),
        ("PCI_AUDIT_BASELINE", "SECRET"),
    ];
    for verb in [
        &["--help"][..],
        &["scan", "--help"],
        &["collect", "-h"],
        &["check", "--help"],
        &["diff", "--help"],
        &["rules", "list", "--help"],
        &["generate", "man"],
        &["check", "--nonsense"],
    ] {
        let said = crate::support::command::said(pci_audit(at.path()).args(verb).envs(secrets).output().expect("the binary runs"));
        assert!(!said.stdout.contains("SECRET") && !said.stderr.contains("SECRET"), "{verb:?}: {}{}", said.stdout, said.stderr);
    }
    let help = run(at.path(), &["check", "--help"]).stdout;
    assert!(help.split_whitespace().collect::<Vec<_>>().join(" ").contains("[env: PCI_AUDIT_FEED_URL]"), "the name stays: {help}");
    for url in ["http://127.0.0.1:9/services/T0/SECRET", "http://127.0.0.1:9/?token=SECRET", "https://SECRET@h/", "SECRET"] {
        let said = run(at.path(), &["check", "leaky.json", "-o", "json=r.json", "--feed-url", url, "--feed-timeout", "1"]);
        assert!(!said.stderr.contains("SECRET") && !said.stderr.is_empty(), "{}", said.stderr);
    }
}

#[test]
fn a_variable_that_nobody_reads_is_not_passed_over() {
    let at = folder();
    let with = |name: &str| {
        crate::support::command::said(pci_audit(at.path()).args(["check", "plain.json"]).env(name, "high").output().expect("the binary runs"))
    };
    refused(&with("PCI_AUDIT_SEVERTY"), &["PCI_AUDIT_SEVERTY", "did you mean `PCI_AUDIT_SEVERITY`?"]);
    refused(&with("PCI_AUDIT_FEED_HEADERS"), &["PCI_AUDIT_FEED_HEADERS", "`PCI_AUDIT_FEED_HEADER"]);
    for injected in ["PCI_AUDIT_PORT", "PCI_AUDIT_SERVICE_HOST", "PCI_AUDIT_PORT_80_TCP"] {
        let said = with(injected);
        assert_eq!((said.code, said.stderr.lines().count()), (0, 1), "{}", said.stderr);
        assert!(said.stderr.starts_with("warning: ") && said.stderr.contains(injected), "{}", said.stderr);
    }
    assert_eq!(with("PCI_AUDIT_SEVERITY").stderr, "");
}

#[test]
fn nothing_is_said_twice() {
    let at = folder();
    for arguments in [
        &["check", "nowhere.json"][..],
        &["check", "plain.json", "--baseline", "nowhere.json"],
        &["baseline", "nowhere.json"],
        &["diff", "nowhere.json", "plain.json"],
        &["rules", "test", "nowhere.json"],
        &["waivers", "check", "nowhere.json"],
    ] {
        let said = run(at.path(), arguments);
        refused(&said, &["nowhere.json", "No such file"]);
        assert_eq!(said.stderr.matches("No such file").count(), 1, "{}", said.stderr);
    }
}
