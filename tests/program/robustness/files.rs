//! Files that are written: what stands at their paths, what they would overwrite, and readers that go away.
#![cfg(unix)]

use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _, symlink};

use super::*;

fn mode(folder: &Path, name: &str) -> u32 {
    fs::metadata(folder.join(name)).expect("there").permissions().mode() & 0o777
}

#[test]
fn two_outputs_on_one_path_are_refused_before_anything_is_read() {
    let at = folder();
    symlink("one", at.path().join("link")).expect("linked");
    symlink(".", at.path().join("here")).expect("linked");
    for other in ["one", "./one", "link", "here/one", "here/link"] {
        let said = run(at.path(), &["check", "nowhere.json", "-o", "json=one", "-o", &format!("sarif={other}")]);
        refused(&said, &["two outputs", "one"]);
        assert!(!said.stderr.contains("nowhere.json"), "before anything is read: {}", said.stderr);
    }
    let said = shell(at.path(), "mkfifo p; $P check plain.json -o json=p -o csv=p");
    refused(&said, &["two outputs"]);
    refused(&run(at.path(), &["diff", "plain.json", "leaky.json", "-o", "json=one", "-o", "markdown=one"]), &["two outputs"]);
    assert!(!at.path().join("one").exists());
    // A device takes what many write.
    assert_eq!(run(at.path(), &["check", "leaky.json", "-o", "json=/dev/null", "-o", "csv=/dev/null"]).code, 1);
}

#[test]
fn what_a_run_reads_is_not_overwritten() {
    let at = folder();
    let before = read(at.path(), "leaky.json");
    symlink("leaky.json", at.path().join("link")).expect("linked");
    put(at.path(), "mine.toml", "severity = \"low\"\n");
    for (output, config, words) in [
        ("leaky.json", "mine.toml", ["leaky.json", "the snapshot"]),
        ("./leaky.json", "mine.toml", ["leaky.json", "the snapshot"]),
        ("link", "mine.toml", ["link", "the snapshot"]),
        ("mine.toml", "mine.toml", ["mine.toml", "the configuration"]),
    ] {
        refused(&run(at.path(), &["check", "leaky.json", "--config", config, "-o", &format!("json={output}")]), &words);
    }
    put(at.path(), "w.toml", "");
    refused(&run(at.path(), &["check", "leaky.json", "--waivers", "w.toml", "-o", "csv=w.toml"]), &["w.toml", "waivers"]);
    refused(&run(at.path(), &["diff", "plain.json", "leaky.json", "-o", "json=leaky.json"]), &["leaky.json", "newer"]);
    assert_eq!(read(at.path(), "leaky.json"), before);
    // The report of yesterday is read before that of today replaces it.
    assert_eq!(run(at.path(), &["check", "leaky.json", "-o", "json=report.json"]).code, 1);
    assert_ne!(run(at.path(), &["check", "leaky.json", "--baseline", "report.json", "-o", "json=report.json"]).code, 2);
    assert_ne!(run(at.path(), &["check", "leaky.json", "--previous", "report.json", "-o", "json=report.json"]).code, 2);
    // Nothing but a report takes the place of a report: tickets are remembered in it.
    let yesterday = read(at.path(), "report.json");
    for format in ["csv", "markdown", "junit", "sarif", "feed", "baseline"] {
        for option in ["--previous", "--baseline"] {
            let said = run(at.path(), &["check", "leaky.json", option, "report.json", "-o", &format!("{format}=report.json")]);
            refused(&said, &["report.json", "would be overwritten"]);
        }
    }
    assert_eq!(read(at.path(), "report.json"), yesterday);
}

#[test]
fn outputs_are_proven_writable_before_anything_is_read_and_the_old_stays_until_the_new_is_whole() {
    let at = folder();
    put(at.path(), "old.json", "old");
    for (path, words) in [
        ("missing/r.json", ["missing", "No such file"]),
        (".", [".", "folder"]),
        ("/proc/x", ["/proc/x", "cannot write"]),
        ("old.json/r.json", ["old.json", "cannot write"]),
    ] {
        let said = run(at.path(), &["check", "nowhere.json", "-o", "csv=old.json", "-o", &format!("json={path}")]);
        refused(&said, &words);
        assert!(!said.stderr.contains("nowhere.json") && !said.stderr.contains("/.tmp."), "{}", said.stderr);
    }
    refused(&run(at.path(), &["check", "nowhere.json", "-o", "json=old.json"]), &["nowhere.json: No such file"]);
    assert_eq!(read(at.path(), "old.json"), "old");
    let left: Vec<_> = fs::read_dir(at.path()).expect("a folder").map(|entry| entry.expect("an entry").file_name()).collect();
    assert_eq!(left.len(), 3, "no temporary file is left: {left:?}");
    let said = run(at.path(), &["check", "leaky.json", "-o", "json=/dev/full", "-o", "csv=fine.csv"]);
    refused(&said, &["/dev/full", "No space left"]);
    assert!(at.path().join("fine.csv").exists(), "the others are written all the same");
}

#[test]
fn a_spool_is_a_regular_file() {
    let at = folder();
    let said = shell(at.path(), "mkfifo p; $P check plain.json -o json=r.json --feed-url http://127.0.0.1:9/ --feed-timeout 1 --feed-spool p");
    assert!(said.code == 2 && said.stderr.contains("the spool p is no regular file"), "{}", said.stderr);
}

#[test]
fn a_regular_file_keeps_its_mode_a_link_its_target_and_a_pipe_its_reader() {
    let at = folder();
    put(at.path(), "shared.json", "old");
    fs::set_permissions(at.path().join("shared.json"), fs::Permissions::from_mode(0o664)).expect("set");
    fs::create_dir(at.path().join("far")).expect("a folder");
    put(at.path(), "far/real.json", "old");
    symlink("far/real.json", at.path().join("link.json")).expect("linked");
    symlink("far/new.json", at.path().join("dangling.json")).expect("linked");
    let said =
        run(at.path(), &["check", "leaky.json", "-o", "json=shared.json", "-o", "sarif=link.json", "-o", "ocsf=dangling.json", "-o", "csv=new.csv"]);
    assert_eq!(said.code, 1, "{}", said.stderr);
    assert_eq!((mode(at.path(), "shared.json"), mode(at.path(), "new.csv"), mode(at.path(), "far/new.json")), (0o664, 0o600, 0o600));
    assert!(read(at.path(), "shared.json").contains("pci-audit/report/"));
    for link in ["link.json", "dangling.json"] {
        assert!(fs::symlink_metadata(at.path().join(link)).expect("there").is_symlink());
    }
    assert!(read(at.path(), "far/real.json").contains("sarif") && !read(at.path(), "far/new.json").is_empty());

    let said = shell(at.path(), "mkfifo p; cat p > got & $P check leaky.json -o json=p; code=$?; wait; exit $code");
    assert_eq!(said.code, 1, "{}", said.stderr);
    assert_eq!(read(at.path(), "got"), read(at.path(), "shared.json"));
    assert!(fs::metadata(at.path().join("p")).expect("there").file_type().is_fifo());
    let said =
        shell(at.path(), "$P check leaky.json -o json=>(gzip > z.gz) -o csv=/dev/null; code=$?; sleep 1; gunzip < z.gz > unzipped; exit $code");
    assert_eq!(said.code, 1, "{}", said.stderr);
    assert_eq!(read(at.path(), "unzipped"), read(at.path(), "shared.json"));
    assert!(fs::metadata("/dev/null").expect("there").file_type().is_char_device());
    let said = shell(at.path(), "$P check leaky.json -o json=/dev/stdout > out; exit $?");
    assert_eq!((said.code, read(at.path(), "out")), (1, read(at.path(), "shared.json")));
}

#[test]
fn a_reader_that_goes_away_changes_no_answer() {
    let at = folder();
    assert_eq!(run(at.path(), &["check", "plain.json", "-o", "json=p.json"]).code, 0);
    for (command, code) in [
        ("check leaky.json -v", 1),
        ("check leaky.json -o json", 1),
        ("check plain.json -v", 0),
        ("diff plain.json leaky.json --exit-code", 1),
        ("rules list --requirements", 0),
        ("generate completions bash", 0),
        ("generate man", 0),
        ("--help", 0),
        ("check nowhere.json", 2),
        ("check leaky.json --no-such-flag", 2),
    ] {
        for gone in ["1>&-", "2>&-", "1>&- 2>&-"] {
            let said = shell(at.path(), &format!("$P {command} {gone}; exit $?"));
            // A closed descriptor is no reader that has seen enough: what cannot be written may be told, but never by a crash.
            assert!([code, 2].contains(&said.code), "{command} {gone}: {} {}", said.code, said.stderr);
        }
        let said = shell(at.path(), &format!("( $P {command}; echo $? > code ) | true; cat code"));
        assert_eq!(said.stdout.trim(), code.to_string(), "{command} into a closed pipe: {}", said.stderr);
        let said = shell(at.path(), &format!("( $P {command} 2>&1 > /dev/null; echo $? > code ) | true; cat code"));
        assert_eq!(said.stdout.trim(), code.to_string(), "{command} with stderr into a closed pipe");
    }
}

#[test]
fn a_full_disk_is_an_error_of_every_generator() {
    let at = folder();
    for what in ["completions bash", "completions zsh", "man", "iam-policy", "schema report", "identity", "config-reference"] {
        let said = shell(at.path(), &format!("$P generate {what} > /dev/full; exit $?"));
        refused(&said, &["No space left"]);
    }
    for command in ["rules list", "rules show store-encrypted", "check leaky.json", "diff plain.json leaky.json", "waivers check"] {
        put(at.path(), "pci-audit.toml", "");
        let said = shell(at.path(), &format!("$P {command} > /dev/full; exit $?"));
        refused(&said, &["No space left"]);
    }
}
