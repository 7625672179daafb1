//! The step of the action that gets a release, run against a repository and releases of our own: what is not a release is built, and what is not right is not run.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::github::{ACTION, runs, step};
use super::program;

const TARGET: &str = "x86_64-unknown-linux-musl";
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// A runner, and the repository of the action with one release.
struct Runner {
    folder: tempfile::TempDir,
    /// Of the release.
    commit: String,
}

impl Runner {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let at = folder.path();
        fs::create_dir_all(at.join("server/us/pci-audit")).expect("made");
        let mut runner = Self { folder, commit: String::new() };
        runner.git(&["init", "--quiet", "--initial-branch=main"]);
        runner.git(&["commit", "--quiet", "--allow-empty", "--message=released"]);
        runner.git(&["tag", "--annotate", "--message=released", &format!("v{VERSION}")]);
        runner.git(&["tag", "v0"]);
        runner.commit = runner.git(&["rev-parse", "HEAD"]);
        runner.git(&["commit", "--quiet", "--allow-empty", "--message=later"]);
        runner.git(&["tag", "later"]);
        // curl serves what is in `served`; gh says yes or no, as it is told, and keeps what it was asked.
        program(&runner.at().join("bin"), "curl", r#"for last; do :; done; cp "served/${last##*/}" . 2>/dev/null || cp "../served/${last##*/}" ."#);
        program(
            &runner.at().join("bin"),
            "gh",
            r#"case $* in *--help) exec test ! -e ../old-gh ;; *) echo "$@" >../asked; exec test ! -e ../forged ;; esac"#,
        );
        runner.serve();
        runner
    }

    fn at(&self) -> &Path {
        self.folder.path()
    }

    fn git(&self, arguments: &[&str]) -> String {
        let mut git = Command::new("git");
        git.args(["-c", "user.name=us", "-c", "user.email=us@example.com"]).args(arguments).current_dir(self.at().join("server/us/pci-audit"));
        let output = git.env("HOME", self.at()).env("GIT_CONFIG_NOSYSTEM", "1").output().expect("git runs");
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("UTF-8").trim().to_owned()
    }

    /// An archive as `packaging/pack` makes it, and its checksum.
    fn serve(&self) {
        let name = format!("pci-audit-v{VERSION}-{TARGET}");
        program(&self.at().join("served").join(&name), "pci-audit", "echo released");
        let pack = r#"tar -czf "$0.tar.gz" "$0"; rm -r "$0"; if command -v sha256sum >/dev/null; then sha256sum -- *; else shasum -a 256 -- *; fi >SHA256SUMS"#;
        let packed = Command::new("bash").args(["-ec", pack, &name]).current_dir(self.at().join("served")).status().expect("bash runs");
        assert!(packed.success());
    }

    /// Exit code, what was said, and what the binary says where there is one.
    fn gets(&self, reference: &str, more: &[(&str, &str)]) -> (i32, String, Option<String>) {
        let at = self.at();
        let (_, _) = (fs::remove_file(at.join("outputs")), fs::remove_file(at.join("asked")));
        let server = format!("file://{}/server", at.display());
        let mut environment = vec![
            ("ACTION_REPOSITORY", "us/pci-audit"),
            ("ACTION_REF", reference),
            ("GITHUB_SERVER_URL", &*server),
            ("GITHUB_ACTION_PATH", env!("CARGO_MANIFEST_DIR")),
            ("RUNNER_OS", "Linux"),
            ("RUNNER_ARCH", "X64"),
        ];
        environment.extend(more);
        let (code, said) = runs(&step(ACTION, "Get the release"), at, &environment);
        let outputs = fs::read_to_string(at.join("outputs")).unwrap_or_default();
        let binary = (outputs == "found=true\n").then(|| Command::new(at.join("pci-audit/bin/pci-audit")).output().expect("it runs").stdout);
        assert!(binary.is_some() || outputs.is_empty(), "{outputs}");
        (code, said, binary.map(|said| String::from_utf8(said).expect("UTF-8")))
    }

    fn is_built(&self, reference: &str, more: &[(&str, &str)], why: &str) {
        let (code, said, binary) = self.gets(reference, more);
        assert!(code == 0 && binary.is_none() && said.contains("built from source") && said.contains(why), "{reference}: {code} {said}");
    }

    fn is_refused(&self, why: &str) {
        let (code, said, binary) = self.gets("v0", &[]);
        assert!(code == 2 && binary.is_none() && said.contains("::error") && said.contains(why), "{code} {said}");
    }
}

#[test]
fn a_tag_and_a_commit_of_a_release_get_its_binary() {
    let runner = Runner::new();
    let tag = format!("v{VERSION}");
    for reference in [&*tag, &format!("refs/tags/{tag}"), "v0", &runner.commit] {
        let (code, said, binary) = runner.gets(reference, &[]);
        assert!(code == 0 && binary.as_deref() == Some("released\n"), "{reference}: {code} {said}");
        let asked = fs::read_to_string(runner.at().join("asked")).expect("the attestation is verified");
        for word in [
            "--repo us/pci-audit",
            "--signer-workflow us/pci-audit/.github/workflows/release.yml",
            &format!("--source-ref refs/tags/{tag} --source-digest {}", runner.commit),
        ] {
            assert!(asked.contains(word), "{word}: {asked}");
        }
    }
}

#[test]
fn what_is_no_release_is_built() {
    let runner = Runner::new();
    for reference in ["main", "later", "v99", &runner.git(&["rev-parse", "HEAD"]), "$(touch made)`touch made`;touch made", "--upload-pack=touch"] {
        runner.is_built(reference, &[], "is not the release");
    }
    runner.is_built("", &[], "without a ref");
    runner.is_built("v0", &[("ACTION_REPOSITORY", "us/no-such")], "is not the release");
    runner.is_built("v0", &[("RUNNER_ARCH", "RISCV64")], "no release for");
    runner.is_built("v0", &[("RUNNER_ARCH", "ARM64")], "cannot be downloaded");
    assert!(!runner.at().join("made").exists());
}

#[test]
fn what_is_not_right_is_not_run() {
    let runner = Runner::new();
    fs::write(runner.at().join("forged"), "").expect("written");
    runner.is_refused("is not attested");
    // A runner whose gh knows nothing of attestations holds the archive against its checksum, and says so.
    fs::write(runner.at().join("old-gh"), "").expect("written");
    let (code, said, binary) = runner.gets("v0", &[]);
    assert!(code == 0 && binary.is_some() && said.contains("checksum alone"), "{code} {said}");
    let sums = runner.at().join("served/SHA256SUMS");
    let right = fs::read_to_string(&sums).expect("checksums");
    for wrong in [right.replace(|c: char| c.is_ascii_digit(), "0"), right.replace(TARGET, "x86_64-unknown-linux-gnu"), String::new()] {
        fs::write(&sums, wrong).expect("written");
        runner.is_refused("has the checksum");
    }
}
