//! GitHub: workflow and action parse, no expression reaches a shell, and what they run is run: with a `pci-audit` that is the real one on a snapshot.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use super::{is_bash, path_with, program, strings, text, yaml};
use crate::support::account;

pub(super) const ACTION: &str = "action.yml";
const WORKFLOW: &str = "examples/github-actions/pci-audit.yml";

fn steps(name: &str) -> Vec<Value> {
    let document = yaml(name);
    let steps = [&document["runs"]["steps"], &document["jobs"]["audit"]["steps"]].into_iter().find_map(Value::as_array);
    steps.expect("steps").clone()
}

pub(super) fn step(name: &str, called: &str) -> Value {
    steps(name).into_iter().find(|step| step["name"] == called).unwrap_or_else(|| panic!("{name} has no step {called}"))
}

/// Runs a step as GitHub does (`bash --noprofile --norc -eo pipefail`): exit code, standard output.
pub(super) fn runs(step: &Value, at: &Path, environment: &[(&str, &str)]) -> (i32, String) {
    let script = at.join("step.sh");
    fs::write(&script, step["run"].as_str().expect("a script")).expect("written");
    let mut command = Command::new("bash");
    command.args(["--noprofile", "--norc", "-eo", "pipefail"]).arg(script).current_dir(at).env_clear();
    command.env("PATH", path_with(&at.join("bin"))).env("HOME", at).env("RUNNER_TEMP", at).env("PCI_AUDIT", env!("CARGO_BIN_EXE_pci-audit"));
    command.env("GITHUB_OUTPUT", at.join("outputs")).env("GITHUB_STEP_SUMMARY", at.join("summary.md")).envs(environment.iter().copied());
    let output = command.output().expect("bash runs");
    (output.status.code().expect("a code"), String::from_utf8(output.stdout).expect("UTF-8"))
}

/// A folder with a `pci-audit` that takes `scan` as `check` of an account, without the flags of the collector, and says what it was told.
fn folder(account: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("account.json"), account).expect("written");
    let scan = r#"printf '%s\n' "$@" >told
[ "$1" = scan ] && shift
kept=()
for word in "$@"; do case $word in --region=* | --all-regions) ;; *) kept+=("$word") ;; esac; done
echo "::error::said by a resource"
exec "$PCI_AUDIT" check account.json "${kept[@]}""#;
    program(&folder.path().join("bin"), "pci-audit", scan);
    folder
}

/// The audit with these inputs, over the defaults of the action.
fn audit(at: &Path, inputs: &[(&str, &str)]) -> (i32, String) {
    let action = yaml(ACTION);
    let variable = |name: &str| format!("INPUT_{}", name.to_uppercase().replace('-', "_"));
    let binary = at.join("bin/pci-audit");
    let mut environment: Vec<(String, String)> = Vec::new();
    for (name, input) in action["inputs"].as_object().expect("inputs") {
        let given = inputs.iter().find(|(given, _)| given == name).map(|(_, value)| *value);
        let value =
            given.unwrap_or_else(|| if name == "binary" { binary.to_str().expect("UTF-8") } else { input["default"].as_str().expect("a default") });
        environment.push((variable(name), value.to_owned()));
    }
    let step = step(ACTION, "Audit");
    // Each input reaches the shell as the variable of its name.
    let passed = step["env"].as_object().expect("an environment");
    for (name, _) in action["inputs"].as_object().expect("inputs") {
        assert_eq!(passed[&variable(name)], json!(format!("${{{{ inputs.{name} }}}}")));
    }
    let environment: Vec<(&str, &str)> = environment.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    runs(&step, at, &environment)
}

fn read(at: &Path, name: &str) -> String {
    fs::read_to_string(at.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

#[test]
fn no_expression_reaches_a_shell_and_every_action_has_a_version() {
    for name in [ACTION, WORKFLOW] {
        let document = yaml(name);
        let mut found = Vec::new();
        strings("", &document, &mut found);
        let scripts: Vec<&str> = found.iter().filter(|(key, _)| *key == "run").map(|(_, text)| *text).collect();
        assert!(scripts.len() >= 2, "{name}");
        for script in scripts {
            assert!(!script.contains("${{"), "{name}: an expression in a script is an injection: {script}");
            assert!(is_bash(script), "{name}: {script}");
        }
        for (_, uses) in found.iter().filter(|(key, _)| *key == "uses") {
            assert!(uses.split_once('@').is_some_and(|(_, version)| !version.is_empty()), "{name}: {uses}");
        }
    }
    let workflow = yaml(WORKFLOW);
    assert_eq!(workflow["permissions"], json!({}), "a job asks for what it needs");
    assert!(text(WORKFLOW).contains("commit SHA"));
}

#[test]
fn the_workflow_gives_inputs_and_takes_outputs_that_the_action_has() {
    let action = yaml(ACTION);
    let steps = steps(WORKFLOW);
    let uses = steps.iter().find(|step| step["uses"].as_str().is_some_and(|uses| uses.starts_with("pci-audit/"))).expect("our action is used");
    for input in uses["with"].as_object().expect("inputs").keys() {
        assert!(action["inputs"][input].is_object(), "the action has no input {input}");
    }
    let workflow = text(WORKFLOW);
    for (at, start) in workflow.match_indices("steps.audit.outputs.") {
        let output: String = workflow[at + start.len()..].chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '-').collect();
        assert!(action["outputs"][&output].is_object(), "the action has no output {output}");
    }
}

#[test]
fn the_audit_reports_and_gates() {
    let (leaky, at) = (folder(&account::text("leaky")), |folder: &tempfile::TempDir| folder.path().to_owned());
    let (code, said) = audit(&at(&leaky), &[("regions", "eu-west-1,us-east-2"), ("severity", "high")]);
    assert_eq!(code, 1, "{said}");
    assert!(said.contains("::error title=pci-audit::There are open findings"), "{said}");
    let outputs = read(leaky.path(), "outputs");
    for line in [
        "exit-code=1",
        "json=pci-audit-report/report.json",
        "sarif=pci-audit-report/report.sarif",
        "junit=pci-audit-report/report.xml",
        "markdown=pci-audit-report/report.md",
    ] {
        assert!(outputs.lines().any(|output| output == line), "{line} is not in {outputs}");
    }
    for value in yaml(ACTION)["outputs"].as_object().expect("outputs").values() {
        let value = value["value"].as_str().expect("text");
        let name = value.split("outputs.").nth(1).and_then(|rest| rest.split(' ').next()).expect("an output of the step");
        assert!(outputs.lines().any(|line| line.starts_with(&format!("{name}="))), "{value} is never set");
    }
    assert_eq!(read(leaky.path(), "summary.md"), read(leaky.path(), "pci-audit-report/report.md"));
    assert!(read(leaky.path(), "told").contains("--region=eu-west-1,us-east-2\n"));
    // What the program says stands where the runner takes no commands.
    let lines: Vec<&str> = said.lines().collect();
    let at_line = |start: &str| lines.iter().position(|line| line.starts_with(start)).unwrap_or_else(|| panic!("{start} is not in {said}"));
    let token = lines[at_line("::stop-commands::")].trim_start_matches("::stop-commands::");
    assert!(
        token.len() == 32
            && at_line("::stop-commands::") < at_line("::error::said by")
            && at_line("::error::said by") < at_line(&format!("::{token}::"))
    );

    // Against its own report the same account is as red as before; against what somebody accepted it is quiet. A gate that is left to the caller fails nothing.
    let previous = [("previous", "pci-audit-report/report.json"), ("output", "again"), ("regions", "all")];
    assert_eq!(audit(leaky.path(), &previous).0, 1);
    assert!(read(leaky.path(), "told").contains("--all-regions\n--previous=pci-audit-report/report.json\n"));
    let accept = ["baseline", "accept", "--report", "pci-audit-report/report.json", "--all"];
    assert_eq!(crate::support::command::run(leaky.path(), &accept).code, 0);
    let (code, said) = audit(leaky.path(), &[("baseline", "pci-baseline.json"), ("previous", "pci-audit-report/report.json"), ("output", "again")]);
    assert_eq!(code, 3, "one finding cannot be decided, and that is never accepted: {said}");
    let page = read(leaky.path(), "again/report.md");
    assert!(page.contains("known are still open") && !page.contains('✅'), "what is accepted is broken all the same");
    assert_eq!(audit(leaky.path(), &[("gate", "false"), ("fail-on", "any")]).0, 0);
    assert_eq!(step(WORKFLOW, "Gate (1 open findings, 3 evidence is incomplete)")["run"], "exit \"$CODE\"");
}

#[test]
fn missing_evidence_and_errors_are_told_apart() {
    let mut blind: Value = serde_json::from_str(&account::text("healthy")).expect("JSON");
    account::deny(&mut blind, "kms:GetKeyPolicy").expect("denied");
    let blind = folder(&blind.to_string());
    let (code, said) = audit(blind.path(), &[]);
    assert!(code == 3 && said.contains("::error title=pci-audit::Evidence is incomplete"), "{code} {said}");
    assert_eq!(audit(blind.path(), &[("gate", "false")]).0, 0);
    // An error fails whoever gates, and leaves no report of an earlier run to be taken for its own.
    fs::remove_file(blind.path().join("outputs")).expect("removed");
    let (code, said) = audit(blind.path(), &[("gate", "false"), ("severity", "enormous")]);
    assert!(code == 2 && said.contains("No verdict"), "{code} {said}");
    assert_eq!(read(blind.path(), "outputs"), "exit-code=2\n");
    // An input is a word, whatever is in it.
    let (code, _) = audit(blind.path(), &[("config", "$(touch made) `touch made`; touch made")]);
    assert!(code == 2 && !blind.path().join("made").exists());
}

#[test]
fn the_baseline_is_the_committed_one_and_the_report_before_the_newest_of_this_branch_of_this_repository() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = folder.path();
    let artifact = |run: u32, branch: &str, repository: u32, day: u32, expired: bool| {
        let origin = json!({"id": run, "head_branch": branch, "head_repository_id": repository, "repository_id": 1});
        json!({"expired": expired, "created_at": format!("2026-11-{day:02}T03:17:00Z"), "workflow_run": origin})
    };
    let list = |artifacts: &[Value]| fs::write(at.join("artifacts.json"), json!({"artifacts": artifacts}).to_string()).expect("written");
    program(&at.join("bin"), "gh", r#"case $1 in api) jq -r "$4" artifacts.json ;; run) echo "$@" >asked ;; esac"#);
    let chosen = || {
        let _ = fs::remove_file(at.join("outputs"));
        let (code, said) = runs(&step(WORKFLOW, "What to compare with"), at, &[("GITHUB_REPOSITORY", "us/shop"), ("GITHUB_REF_NAME", "main")]);
        assert_eq!(code, 0, "{said}");
        fs::read_to_string(at.join("outputs")).unwrap_or_default()
    };
    list(&[]);
    assert_eq!(chosen(), "", "the first night has nothing to compare with");
    list(&[artifact(1, "main", 2, 22, false), artifact(2, "other", 1, 22, false), artifact(3, "main", 1, 22, true)]);
    assert_eq!(chosen(), "", "a fork, another branch, one that is gone");
    list(&[artifact(4, "main", 1, 19, false), artifact(5, "main", 1, 21, false), artifact(6, "main", 2, 22, false)]);
    assert_eq!(chosen(), "previous=yesterday/report.json\n");
    assert!(read(at, "asked").starts_with("run download 5 "));
    fs::write(at.join("pci-baseline.json"), "{}").expect("written");
    assert_eq!(chosen(), "baseline=pci-baseline.json\nprevious=yesterday/report.json\n");
}
