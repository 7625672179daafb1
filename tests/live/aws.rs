//! A running AWS of our own (`aws.py`, moto), and a runner of the program against it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use pci_audit::finding::{Severity, Verdict};
use pci_audit::report::View;
use serde_json::{Value, json};

use crate::command;

/// Where the accounts are built.
pub(crate) const REGION: &str = "eu-central-1";
/// No run of the program may take longer, whatever AWS does.
const HARD_LIMIT: Duration = Duration::from_secs(90);
/// What to do where Python or PyPI is missing.
const NEEDS: &str =
    "the live tests need Python 3 with venv, and PyPI: install python3 and python3-venv, or leave them out with `cargo test --no-default-features`";

/// A server with one account in it. One for all tests of this process that want this account, and whoever holds the guard has it alone:
/// its faults and counts are its own state.
pub(crate) struct Aws {
    address: String,
    /// Its end closes the server's standard input, which ends the server: also where this process is killed.
    _server: Child,
}

impl Aws {
    /// The account (`accounts.py` says which there are), built when first asked for: the program only reads, so it stays as it is.
    /// Without faults, and with no call counted.
    pub(crate) fn with(account: &'static str) -> MutexGuard<'static, Self> {
        static ACCOUNTS: [(&str, OnceLock<Mutex<Aws>>); 3] = [("healthy", OnceLock::new()), ("broken", OnceLock::new()), ("empty", OnceLock::new())];
        let (_, shared) = ACCOUNTS.iter().find(|(name, _)| *name == account).expect("one of the accounts");
        let aws = shared.get_or_init(|| Mutex::new(Self::start(account))).lock().unwrap_or_else(PoisonError::into_inner);
        aws.faults(json!({}));
        aws
    }

    fn start(account: &str) -> Self {
        let log = tmp().join(format!("aws-{account}.log"));
        let open = || File::create(&log).unwrap_or_else(|error| panic!("{}: {error}", log.display()));
        let mut server = Command::new(python())
            .arg(support("aws.py"))
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(open())
            .spawn()
            .unwrap_or_else(|error| panic!("{NEEDS} ({error})"));
        let mut line = String::new();
        let stdout = server.stdout.take().expect("it is piped");
        BufReader::new(stdout).read_line(&mut line).expect("the server writes text");
        let Some(address) = line.trim().strip_prefix("http://") else {
            panic!("aws.py did not start: {}", fs::read_to_string(&log).unwrap_or_default());
        };
        let aws = Self { address: address.to_owned(), _server: server };
        aws.post("/__account", &json!({"name": account}));
        aws
    }

    /// What AWS_ENDPOINT_URL must be.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The faults from now on (`faults.py` says which there are), and all counts at zero.
    pub(crate) fn faults(&self, faults: Value) {
        self.post("/__faults", &faults);
        self.post("/__reset", &json!({}));
    }

    /// Calls since the last change of faults, by `service:Operation`.
    pub(crate) fn calls(&self) -> BTreeMap<String, usize> {
        serde_json::from_value(self.request("GET", "/__stats", "")["calls"].take()).expect("counts")
    }

    /// Operations since the last change of faults that are no reads.
    pub(crate) fn writes(&self) -> Vec<String> {
        serde_json::from_value(self.request("GET", "/__stats", "")["writes"].take()).expect("names")
    }

    /// `pci-audit scan` of the account.
    pub(crate) fn scan(&self, more: &[&str]) -> Run {
        let mut arguments = vec!["scan", "--region", REGION];
        arguments.extend(more);
        self.run(&arguments, &[])
    }

    /// The program with these arguments, a JSON report where the verb gives one, and these variables over the usual ones; an empty value removes one.
    pub(crate) fn run(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Run {
        self.spawn(arguments, variables).end()
    }

    /// The same, not waited for.
    pub(crate) fn spawn(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Started {
        let home = tempfile::tempdir().expect("a temporary folder");
        let (stdout, stderr) = (home.path().join("stdout"), home.path().join("stderr"));
        let mut command = command::pci_audit(home.path());
        command.args(arguments).env("AWS_EC2_METADATA_DISABLED", "true");
        // Most accounts of the emulator are empty, and meant to be.
        if matches!(arguments.first(), Some(&("scan" | "check"))) {
            command.env("PCI_AUDIT_ALLOW_EMPTY", "*");
        }
        if matches!(arguments.first(), Some(&("scan" | "check"))) {
            command.args(["-o", "table", "-o", "json=report.json"]);
        }
        let url = self.url();
        let usual = [("AWS_ENDPOINT_URL", &*url), ("AWS_ACCESS_KEY_ID", "test"), ("AWS_SECRET_ACCESS_KEY", "test")];
        for (name, value) in usual.iter().chain(variables) {
            if value.is_empty() {
                command.env_remove(name)
            } else {
                command.env(name, value)
            };
        }
        let create = |path: &Path| File::create(path).expect("a file in a temporary folder");
        let child = command.stdin(Stdio::null()).stdout(create(&stdout)).stderr(create(&stderr)).spawn().expect("the program starts");
        Started { child, home, since: Instant::now(), what: format!("{arguments:?}") }
    }

    fn post(&self, path: &str, body: &Value) {
        let answer = self.request("POST", path, &body.to_string());
        assert_eq!(answer, json!({}), "{}", answer["error"].as_str().unwrap_or_default());
    }

    /// One request to the server's own pages. HTTP/1.0: the answer ends with the connection.
    fn request(&self, method: &str, path: &str, body: &str) -> Value {
        let mut stream = TcpStream::connect(&self.address).expect("the server listens");
        write!(stream, "{method} {path} HTTP/1.0\r\nContent-Length: {}\r\n\r\n{body}", body.len()).expect("the server reads");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("the server answers");
        let (_, json) = answer.split_once("\r\n\r\n").expect("an HTTP answer");
        serde_json::from_str(json).unwrap_or_else(|_| panic!("{path} answers {answer}"))
    }
}

/// A run of the program that goes on.
pub(crate) struct Started {
    child: Child,
    /// The folder that it runs in.
    pub home: tempfile::TempDir,
    since: Instant,
    what: String,
}

impl Started {
    /// Sends it a signal, by its name.
    #[cfg(unix)]
    pub(crate) fn signal(&self, name: &str) {
        let sent = Command::new("kill").arg(format!("-{name}")).arg(self.child.id().to_string()).status().expect("kill runs");
        assert!(sent.success(), "{} ended before it got its signal", self.what);
    }

    /// Waits for its end.
    pub(crate) fn end(mut self) -> Run {
        self.wait()
    }

    /// The same, and its folder stays.
    pub(crate) fn wait(&mut self) -> Run {
        let path = |name: &str| self.home.path().join(name);
        let status = loop {
            if let Some(status) = self.child.try_wait().expect("the program can be waited for") {
                break status;
            }
            if self.since.elapsed() > HARD_LIMIT {
                self.child.kill().expect("the program can be killed");
                panic!("{} still runs after {HARD_LIMIT:?}: {}", self.what, text(&path("stderr")));
            }
            std::thread::sleep(Duration::from_millis(5));
        };
        let json = text(&path("report.json"));
        let run = Run {
            code: status.code(),
            took: self.since.elapsed(),
            view: serde_json::from_str(&json).ok(),
            json,
            stdout: text(&path("stdout")),
            stderr: text(&path("stderr")),
        };
        assert!(!run.stderr.contains("panicked"), "{} panicked: {}", self.what, run.stderr);
        run
    }
}

/// What came of one run of the program.
#[derive(Debug)]
pub(crate) struct Run {
    /// Exit code; none where a signal ended it.
    pub code: Option<i32>,
    /// Wall time.
    pub took: Duration,
    /// The JSON report, parsed.
    pub view: Option<View>,
    /// The JSON report as it was written; empty where there is none.
    pub json: String,
    /// What people see.
    pub stdout: String,
    /// Messages.
    pub stderr: String,
}

/// Rule and ARN.
pub(crate) type Place = (String, String);

impl Run {
    /// The report; the test ends where there is none.
    pub(crate) fn report(&self) -> &View {
        self.view.as_ref().unwrap_or_else(|| panic!("no report, exit {:?}: {}", self.code, self.stderr))
    }

    /// The worst verdict of each rule on each resource.
    pub(crate) fn verdicts(&self) -> BTreeMap<Place, Verdict> {
        let mut worst = BTreeMap::new();
        for finding in &self.report().findings {
            // Verdicts are ordered worst first.
            let verdict = worst.entry((finding.rule.clone(), finding.resource.arn.clone())).or_insert(finding.verdict);
            *verdict = finding.verdict.min(*verdict);
        }
        worst
    }

    /// What the findings say otherwise than another run's, and the gaps; times of reading apart.
    pub(crate) fn differences(&self, other: &Self) -> Vec<String> {
        let lines = |run: &Self| -> BTreeSet<String> {
            let report = run.report();
            let said = report.findings.iter().map(|f| format!("{} {} {} {} {}: {}", f.rule, f.resource.arn, f.key, f.verdict, f.severity, f.message));
            said.chain(report.gaps.iter().map(|gap| format!("gap {}:{} {:?} {}", gap.service, gap.operation, gap.resource, gap.code))).collect()
        };
        lines(self).symmetric_difference(&lines(other)).cloned().collect()
    }

    /// The exit code that the findings call for.
    pub(crate) fn due_code(&self) -> i32 {
        let any = |verdict| self.report().findings.iter().any(|finding| finding.verdict == verdict && finding.severity > Severity::Advisory);
        if any(Verdict::Fail) {
            1
        } else if any(Verdict::Unknown) {
            3
        } else {
            0
        }
    }

    /// Codes of the gaps of a call.
    pub(crate) fn gaps(&self, call: &str) -> BTreeSet<&str> {
        self.report().gaps.iter().filter(|gap| format!("{}:{}", gap.service, gap.operation) == call).map(|gap| &*gap.code).collect()
    }
}

/// A file's text; empty where there is no file.
fn text(path: &Path) -> String {
    fs::read(path).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default()
}

pub(crate) fn support(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/support").join(file)
}

/// A folder that outlives the tests, below the target folder.
fn tmp() -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    fs::create_dir_all(&folder).expect("the target folder can be written");
    folder
}

/// Python with the packages of `requirements.txt`, installed once and again when that file changes. The lock is for tests of several processes.
pub(crate) fn python() -> PathBuf {
    let (folder, wanted) = (tmp().join("aws-python"), text(&support("requirements.txt")));
    let (python, installed) = (folder.join("bin/python"), folder.join("installed.txt"));
    let lock = File::create(tmp().join("aws-python.lock")).expect("the target folder can be written");
    lock.lock().expect("the file can be locked");
    if text(&installed) != wanted {
        let _ = fs::remove_dir_all(&folder);
        install(Command::new("python3").args(["-m", "venv"]).arg(&folder));
        install(
            Command::new(&python).args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r"]).arg(support("requirements.txt")),
        );
        fs::write(&installed, wanted).expect("the target folder can be written");
    }
    python
}

fn install(command: &mut Command) {
    match command.output() {
        Ok(done) if done.status.success() => {}
        Ok(done) => {
            let said = String::from_utf8_lossy(&done.stderr).into_owned() + &String::from_utf8_lossy(&done.stdout);
            panic!("{NEEDS} ({})", said.lines().rfind(|line| !line.trim().is_empty()).unwrap_or_default())
        }
        Err(error) => panic!("{NEEDS} ({error})"),
    }
}
