//! Rules of other people: texts in any script, expressions without end, folders without end.

use super::*;

/// A rule about stores with this assertion.
fn rule(assertion: &str) -> String {
    format!(
        r#"id = "bomb"
title = "What holds where this passes"
severity = "medium"
requirements = {{ "pci-dss-4.0.1" = ["2.2.6"] }}
subject = "store"
kinds = ["bucket"]
assert = '''{assertion}'''
message = "m"
rationale = "r"
remediation = "r"
[[case]]
name = "a"
expect = "pass"
r = {{ in_family = true }}
[[case]]
name = "b"
expect = "fail"
r = {{ in_family = false }}
[[case]]
name = "c"
expect = "unknown"
r = {{}}
"#
    )
}

fn tested(assertion: &str) -> Said {
    let at = folder();
    put(at.path(), "r/bomb.toml", &rule(assertion));
    ends(pci_audit(at.path()).args(["rules", "test", "r"]))
}

#[test]
fn a_rule_in_any_script_is_refused_with_its_place() {
    for hostile in ["größe", "名前", "🦀", "\u{202e}x", "e\u{301}", "\u{9b}31m"] {
        for assertion in [format!("r.{hostile}"), format!("r.in_family && {hostile}"), format!("{hostile}("), format!("'{hostile}' ==")] {
            let said = tested(&assertion);
            refused(&said, &["bomb.toml:"]);
            assert!(!said.stderr.contains(['\u{202e}', '\u{9b}', '\u{1b}']), "{assertion:?}: {:?}", said.stderr);
        }
    }
    // As a value it is as good as any other text.
    assert_eq!(tested("r.in_family && 'größe 🦀' != ''").code, 0);
}

#[test]
fn an_expression_that_takes_too_many_steps_is_an_error_of_its_rule() {
    let digits = "[1,2,3,4,5,6,7,8,9,0,1,2,3,4,5,6,7,8,9,0]";
    let nested = |each: &str| (0..5).fold("r.in_family".to_owned(), |inner, depth| format!("{digits}.{each}(v{depth}, {inner})"));
    let doubled = format!("[\"a\"]{} == [\"x\"] || r.in_family", ".map(a, a + a)".repeat(40));
    let lists = format!("[[1]]{} == [[2]] || r.in_family", ".map(a, a + a)".repeat(40));
    let maps = format!("[\"a\"]{} == [\"x\"] || r.in_family", ".map(a, {'a': a, 'b': a, 'c': a, 'd': a})".repeat(18));
    let filtered = (0..5).fold("true".to_owned(), |inner, depth| format!("size({digits}.filter(v{depth}, {inner})) > 0"));
    let swallowed = format!("true || {}", nested("all"));
    for assertion in [
        nested("all"),
        nested("exists").replace("r.in_family", "!r.in_family"),
        nested("exists_one").replace("r.in_family", "!r.in_family"),
        format!("{filtered} && r.in_family"),
        format!("{} || r.in_family", nested("map").replace("r.in_family", "1") + " == []"),
        doubled,
        lists,
        maps,
    ] {
        let said = tested(&assertion);
        refused(&said, &["bomb.toml", "the rule breaks", "takes more than 1000000 steps"]);
    }
    // On the threads of a check, too: their stacks are made for it.
    let at = folder();
    let deep = format!("{}r.in_family", "!!(".repeat(38)) + &")".repeat(38);
    for assertion in
        [format!("[\"a\"]{} == [\"x\"] || r.in_family", ".map(a, a + a)".repeat(40)), deep, vec!["1"; 98].join(" + ") + " > 0 && r.in_family"]
    {
        put(at.path(), "r/bomb.toml", &rule(&assertion));
        let said = ends(pci_audit(at.path()).args(["check", "plain.json", "--rules", "r", "-o", "json=r.json"]));
        assert!([0, 1, 2].contains(&said.code), "{assertion}: {} {}", said.code, said.stderr);
    }
    put(at.path(), "r/bomb.toml", &(rule("r.in_family") + &"[[adjust]]\nwhen = 'r.in_family'\nseverity = \"low\"\n".repeat(200)));
    refused(&run(at.path(), &["rules", "test", "r"]), &["bomb.toml", "more than 100 expressions"]);
    // What is never run costs nothing.
    assert!(!tested(&swallowed).stderr.contains("steps"));
    refused(&tested(&format!("r.in_family && {}", vec!["1"; 150].join(" + ") + " > 0")), &["operations deep"]);
    refused(&tested("r.in_family && 'a'.matches('(((a{900}){900}){900})')"), &["matches"]);
}

#[test]
fn what_rules_commonly_do_is_far_from_the_limit() {
    let long = (0..200).map(|number| number.to_string()).collect::<Vec<_>>().join(",");
    for assertion in [
        format!("r.in_family && [{long}].all(a, a < 1000 && a != 500)"),
        format!("r.in_family && [{long}].filter(a, a > 3).map(a, a * 2).exists(b, b == 8)"),
        "r.in_family && '123456789012'.matches('^[0-9]{12}$') && !'x'.matches('[0-9]')".to_owned(),
        format!("r.in_family && [{long}].map(a, string(a)).all(a, a.matches('^[0-9]+$'))"),
    ] {
        let said = tested(&assertion);
        assert_eq!(said.code, 0, "{assertion}: {}", said.stderr);
    }
}

#[test]
fn a_rule_that_breaks_while_it_runs_is_said_aloud_whatever_is_written() {
    let at = folder();
    put(
        at.path(),
        "r/bomb.toml",
        &rule("r.in_family && (1 / (r.in_family ? 0 : 1)) == 1").replace("[[case]]\nname = \"a\"\nexpect = \"pass\"\nr = { in_family = true }\n", ""),
    );
    let said = run(at.path(), &["check", "plain.json", "--rules", "r", "-o", "json=report.json"]);
    assert_eq!(said.code, 2);
    assert!(said.stderr.contains("bomb.toml"), "without a case that passes: {}", said.stderr);
    put(at.path(), "r/bomb.toml", &rule("r.name != 'case' ? r.name + 1 == '' : r.in_family"));
    for outputs in [&["-o", "json=report.json"][..], &["-o", "table"], &["-o", "json=a.json", "-o", "sarif=b", "-o", "csv=c"]] {
        let said = run(at.path(), &[&["check", "plain.json", "--rules", "r"], outputs].concat());
        assert_eq!(said.code, 2, "{}", said.stderr);
        for word in ["error: rule bomb on arn:aws:s3:::", "no `add` of string and int"] {
            assert!(said.stderr.contains(word), "{word}: {}", said.stderr);
        }
    }
}

#[cfg(unix)]
#[test]
fn a_folder_of_rules_ends_and_holds_regular_files() {
    let at = folder();
    put(at.path(), "links/bomb.toml", &rule("r.in_family"));
    for link in ["a", "b", "c"] {
        std::os::unix::fs::symlink(".", at.path().join("links").join(link)).expect("linked");
    }
    std::os::unix::fs::symlink("bomb.toml", at.path().join("links/other.toml")).expect("linked");
    let said = ends(pci_audit(at.path()).args(["rules", "test", "links"]));
    refused(&said, &["links/other.toml", "differs from the file's name"]);
    fs::remove_file(at.path().join("links/other.toml")).expect("removed");
    let said = ends(pci_audit(at.path()).args(["rules", "test", "links"]));
    assert!(said.code == 0 && said.stderr.contains("1 rules, 3 cases"), "{}", said.stderr);

    fs::create_dir(at.path().join("pipe")).expect("a folder");
    assert_eq!(shell(at.path(), "mkfifo pipe/x.toml").code, 0);
    refused(&ends(pci_audit(at.path()).args(["rules", "test", "pipe"])), &["pipe/x.toml", "regular file"]);
    refused(&ends(pci_audit(at.path()).args(["check", "plain.json", "--rules", "pipe"])), &["pipe/x.toml", "regular file"]);

    fs::create_dir(at.path().join("empty")).expect("a folder");
    refused(&run(at.path(), &["rules", "test", "empty"]), &["empty", "no rule"]);
    refused(&run(at.path(), &["check", "plain.json", "--rules", "empty"]), &["empty", "no rule"]);
    std::os::unix::fs::symlink("nowhere.toml", at.path().join("empty/x.toml")).expect("linked");
    refused(&run(at.path(), &["rules", "test", "empty"]), &["empty/x.toml", "No such file"]);
}
