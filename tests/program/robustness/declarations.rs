//! Declarations of the configuration: one that can meet nothing is an error with its line, one that meets nothing is told.

use serde_json::Value;

use super::*;

fn unused(at: &Path, config: &str) -> Vec<String> {
    put(at, "pci-audit.toml", config);
    let said = run(at, &["check", "leaky.json", "-o", "json=r.json"]);
    assert!([0, 1].contains(&said.code), "{}", said.stderr);
    let report: Value = serde_json::from_str(&read(at, "r.json")).expect("JSON");
    report["unused"].as_array().expect("a list").iter().map(|text| text.as_str().expect("text").to_owned()).collect()
}

#[test]
fn what_meets_nothing_is_told_and_what_meets_something_is_not() {
    let at = folder();
    let account: Value = serde_json::from_str(&account::text("leaky")).expect("JSON");
    let of = |kind: &str, key: &str| account["resources"][kind][0]["id"][key].as_str().expect("text").to_owned();
    let (role, bucket, endpoint, group) = (of("iam-role", "arn"), of("bucket", "name"), of("dms-endpoint", "name"), of("security-group", "name"));
    let met = format!(
        "admins = [\"{role}\", \"arn:aws:iam::*:role/*\"]\nlog-archive = [\"{bucket}\"]\n\
         [[readers]]\nprincipal = \"{role}\"\ndata = \"{bucket}\"\nreason = \"r\"\n\
         [[edges]]\nendpoint = \"{endpoint}\"\nexternal = \"x\"\n\
         [[flows]]\nfrom = \"{group}\"\nto = \"*\"\nreason = \"r\"\n[[flows]]\nfrom = \"0.0.0.0/0\"\nto = \"*\"\nreason = \"r\"\n"
    );
    assert_eq!(unused(at.path(), &met), Vec::<String>::new());
    let void = "admins = [\"arn:aws:iam::123456789012:role/no-such\"]\nlog-archive = [\"no-such-bucket\"]\n\
        [external]\naccounts = [\"000000000001\"]\nnetworks = [\"203.0.113.77/32\"]\n\
        [[readers]]\nprincipal = \"arn:aws:iam::123456789012:user/nobody-at-all\"\ndata = \"no-data\"\nreason = \"r\"\n\
        [[edges]]\nendpoint = \"no-endpoint\"\nserver = \"no-server\"\n\
        [[flows]]\nfrom = \"sg-00000000\"\nto = \"no-store\"\nreason = \"r\"\n";
    let told = unused(at.path(), void);
    for word in ["role/no-such", "no-such-bucket", "000000000001", "nobody-at-all", "no-data", "no-endpoint", "no-server", "sg-00000000", "no-store"]
    {
        assert!(told.iter().any(|text| text.contains(word)), "{word}: {told:?}");
    }
    let table = run(at.path(), &["check", "leaky.json"]).stdout;
    assert!(table.contains("declarations that meet nothing") && table.contains("no-endpoint"), "{table}");
}

#[test]
fn a_limit_without_an_analysis_and_a_region_that_was_not_taken_are_said() {
    let at = folder();
    put(at.path(), "pci-audit.toml", "region = [\"us-east-2\", \"eu-west-3\"]\n[limits]\nsecret-rotation = { days = 6000 }\n");
    let said = run(at.path(), &["check", "leaky.json"]);
    assert!(said.stdout.contains("secret-rotation 6000 days (declared, without the analysis that set it)"), "{}", said.stdout);
    assert!(said.stderr.contains("eu-west-3 was asked for and is not in it"), "{}", said.stderr);
}

#[test]
fn what_can_meet_nothing_or_meets_everything_is_an_error_with_its_line() {
    let at = folder();
    for (text, words) in [
        ("\n[external]\naccounts = [\"12345\"]\n", ["pci-audit.toml:3", "no account id"]),
        ("\nadmins = [\"boss\"]\n", ["pci-audit.toml:2", "no ARN of a principal"]),
        ("chd-columns = [\"orders.pan\"]\n", ["pci-audit.toml:1", "schema.table.column"]),
        ("[[readers]]\nprincipal = \"boss\"\ndata = \"*\"\nreason = \"r\"\n", ["pci-audit.toml:2", "readers"]),
        ("log-archive = [\" \"]\n", ["pci-audit.toml:1", "the name is empty"]),
        ("admins = [\"*\"]\n", ["pci-audit.toml:1", "names everybody"]),
        ("admins = [\"arn:aws:iam::12345678901:role/boss\"]\n", ["pci-audit.toml:1", "\"12345678901\" is no account id (twelve digits)"]),
        (
            "[[readers]]\nprincipal = \"arn:aws:sts::12345:assumed-role/x/y\"\ndata = \"*\"\nreason = \"r\"\n",
            ["pci-audit.toml:2", "is no account id (twelve digits)"],
        ),
        ("[limits]\nsecret-rotation = 60\n", ["pci-audit.toml:2", "expected a table such as { days = 60, citation"]),
        ("edges = [\"x\"]\n", ["pci-audit.toml:1", "expected a table [[edges]] with endpoint and server or external"]),
        ("[external]\nidentity-providers = [\"x\"]\n", ["pci-audit.toml:2", "expected a table such as { arn"]),
        ("[[readers]]\nprincipal = \"arn:*\"\ndata = \"*\"\nreason = \"r\"\n", ["pci-audit.toml:2", "names everybody"]),
        ("[external]\norganization-paths = [\"o-*/*\"]\n", ["pci-audit.toml:2", "is no path"]),
        ("[external]\norganizations = [\"o-*\"]\n", ["pci-audit.toml:2", "is no id of an organization"]),
        ("[external]\nnetworks = [\"0.0.0.0/1\"]\n", ["pci-audit.toml:2", "so wide that it declares nobody"]),
        ("[[edges]]\nendpoint = \"a\"\nexternal = \"\"\n", ["pci-audit.toml", "edges, external: the name is empty"]),
        ("[[edges]]\nendpoint = \"a\"\nexternal = \"b\"\n[[edges]]\nendpoint = \"a\"\nserver = \"c\"\n", ["pci-audit.toml", "declared twice"]),
        ("[limits]\nlog-retention = { days = 364 }\n", ["pci-audit.toml:2", "less than requirement 10.5.1"]),
        ("[limits]\nlog-at-hand = { days = 0 }\n", ["pci-audit.toml:2", "less than requirement 10.5.1"]),
    ] {
        put(at.path(), "pci-audit.toml", text);
        refused(&run(at.path(), &["check", "leaky.json"]), &words);
    }
}
