//! `pci-audit rules`: list, show, test, new.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::PathBuf;

use anyhow::Context as _;
use clap::{Args, Subcommand};

use super::output;
use super::stderr::say;
use crate::facts;
use crate::gate::{Exit, own};
use crate::model::Kind;
use crate::report::escape::lines;
use crate::rules::{Rule, RuleError, RuleSet, bench};

/// List, show, test or start rules.
#[derive(Debug, Args)]
pub(super) struct Rules {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List the rules, or the subjects they can be about
    List(List),
    /// Show one rule whole
    Show(Show),
    /// Lint rules and run their cases: the built-in ones, or those of a folder
    Test(Test),
    /// Start a rule of your own
    New(New),
}

#[derive(Debug, Args)]
struct List {
    /// Folder with rules of your own
    #[arg(long, value_name = "DIR", env = "PCI_AUDIT_RULES")]
    rules: Option<PathBuf>,
    /// List the subjects (fact kinds and resource kinds) with their fields instead
    #[arg(long, conflicts_with = "requirements")]
    kinds: bool,
    /// List the requirements instead: which rules bear on each, and what stays for people to check
    #[arg(long)]
    requirements: bool,
}

#[derive(Debug, Args)]
struct Show {
    /// Rule id
    id: String,
    /// Folder with rules of your own
    #[arg(long, value_name = "DIR", env = "PCI_AUDIT_RULES")]
    rules: Option<PathBuf>,
}

#[derive(Debug, Args)]
struct Test {
    /// Folder with rules; without it the built-in ones are tested
    folder: Option<PathBuf>,
}

#[derive(Debug, Args)]
struct New {
    /// Rule id, kebab-case; it becomes the file's name and never changes
    id: String,
    /// Fact kind or resource kind that it is about
    #[arg(long, default_value = "store")]
    subject: String,
    /// Folder to put it in
    #[arg(long, value_name = "DIR", default_value = "rules")]
    folder: PathBuf,
}

impl Rules {
    /// Runs the verb.
    ///
    /// # Errors
    /// Where a rule is broken or unknown, or a file cannot be written.
    pub(super) fn run(self) -> anyhow::Result<Exit> {
        match self.command {
            Command::List(command) => command.run(),
            Command::Show(command) => command.run(),
            Command::Test(command) => command.run(),
            Command::New(command) => command.run(),
        }
    }
}

fn read(folder: Option<&PathBuf>) -> Result<RuleSet, RuleError> {
    folder.map_or_else(RuleSet::builtin, |folder| RuleSet::with_folder(folder))
}

impl List {
    fn run(self) -> anyhow::Result<Exit> {
        let mut out = Vec::new();
        self.write(&mut out)?;
        print(&out)
    }

    fn write(&self, out: &mut dyn Write) -> anyhow::Result<()> {
        if self.kinds {
            for shape in facts::SHAPES {
                let kinds: Vec<&str> = shape.kinds.iter().map(|kind| kind.name()).collect();
                writeln!(out, "{}: {} ({})", shape.name, shape.doc, kinds.join(", "))?;
                fields(out, shape.name)?;
            }
            for kind in Kind::ALL {
                writeln!(out, "{kind}: the resource as AWS described it")?;
                fields(out, kind.name())?;
            }
            return Ok(());
        }
        let rules = read(self.rules.as_ref())?;
        if self.requirements {
            requirements(out, &rules)?;
            return Ok(());
        }
        let width = rules.rules.keys().map(|id| id.len()).max().unwrap_or_default();
        for rule in rules.rules.values() {
            writeln!(out, "{:width$}  {:8}  {:10}  {}", rule.id, rule.severity.name(), rule.noun, rule.title)?;
        }
        Ok(())
    }
}

/// Prints what others may have written: rules of their own have their own words. Lines break between words and keep their indent; commands do not break.
fn print(text: &[u8]) -> anyhow::Result<Exit> {
    let mut out = output::raw_stdout();
    for line in lines(&String::from_utf8_lossy(text)).lines() {
        let indent = &line[..line.len() - line.trim_start().len()];
        if line.trim_start().starts_with("aws ") {
            writeln!(out, "{line}")?;
        } else {
            let options = textwrap::Options::new(output::width()).subsequent_indent(indent).break_words(false);
            writeln!(out, "{}", textwrap::fill(line, options))?;
        }
    }
    out.flush()?;
    Ok(Exit::Clean)
}

fn requirements(out: &mut dyn Write, rules: &RuleSet) -> std::io::Result<()> {
    // The newest first: `pci-dss-4.0.1` before `pci-dss-3.2.1`.
    for standard in rules.standards.values().rev() {
        writeln!(out, "{}: {}", standard.id, standard.title)?;
        for requirement in &standard.requirements {
            writeln!(out, "  {:9}  {}", requirement.id, requirement.title)?;
            let bears = |rule: &&Rule| rule.all_requirements().any(|(name, ids)| *name == standard.id && ids.contains(&requirement.id));
            let bearing: Vec<&str> = rules.rules.values().filter(bears).map(|rule| &*rule.id).collect();
            if !bearing.is_empty() {
                writeln!(out, "             rules: {}", bearing.join(", "))?;
            }
            if !requirement.manual.is_empty() {
                writeln!(out, "             for people: {}", requirement.manual)?;
            }
        }
    }
    Ok(())
}

fn fields(out: &mut dyn Write, subject: &str) -> std::io::Result<()> {
    for field in facts::fields_of(subject) {
        let null = if field.nullable { " or null" } else { "" };
        writeln!(out, "    r.{}: {}{null}. {}", field.name, field.kind, field.doc)?;
    }
    Ok(())
}

impl Show {
    fn run(self) -> anyhow::Result<Exit> {
        let mut out = Vec::new();
        if let Some(own) = own::find(&self.id) {
            writeln!(out, "{} (the gate's own)\n{}\n\n{}\n\nRemediation: {}", own.id, own.title, own.rationale, own.remediation)?;
            return print(&out);
        }
        let rules = read(self.rules.as_ref())?;
        let rule = rules.get(&self.id).map_err(anyhow::Error::msg)?;
        show(&mut out, rule, &rules)?;
        print(&out)
    }
}

fn show(out: &mut dyn Write, rule: &Rule, rules: &RuleSet) -> std::io::Result<()> {
    writeln!(out, "{} ({}, {})\n{}\n", rule.id, rule.severity, rule.noun, rule.title)?;
    let mut told = BTreeSet::new();
    for (standard, ids) in rule.all_requirements() {
        let catalogue = rules.standards.get(standard);
        for id in ids.iter().filter(|id| told.insert((standard.clone(), (*id).clone()))) {
            let title =
                catalogue.and_then(|catalogue| catalogue.by_id().get(id.as_str()).map(|requirement| requirement.title.clone())).unwrap_or_default();
            writeln!(out, "  {standard} {id}: {title}")?;
        }
    }
    let kinds: Vec<&str> = rule.kinds.iter().map(|kind| kind.name()).collect();
    writeln!(out, "\nAbout: {} ({})", rule.subject, kinds.join(", "))?;
    for (what, expr) in [("Where", &rule.when), ("Manual where", &rule.manual_when), ("Holds where", &rule.assert)] {
        if let Some(expr) = expr {
            writeln!(out, "{what}: {}", expr.source())?;
        }
    }
    if let Some(open) = &rule.does_not_prove {
        writeln!(out, "Does not prove: {open}")?;
    }
    writeln!(out, "\n{}\n\nRemediation: {}", rule.rationale.trim(), rule.remediation.outline())?;
    for reference in &rule.references {
        writeln!(out, "See {reference}")?;
    }
    writeln!(out, "\nCases:")?;
    for case in &rule.cases {
        writeln!(out, "  {:14}  {}", case.expect.name(), case.name)?;
    }
    Ok(())
}

impl Test {
    fn run(self) -> anyhow::Result<Exit> {
        let rules = match &self.folder {
            Some(folder) => RuleSet::folder_only(folder)?,
            None => RuleSet::builtin()?,
        };
        let wrong = bench::run(&rules);
        if !wrong.is_empty() {
            return Err(RuleError::Problems(wrong).into());
        }
        let cases: usize = rules.rules.values().map(|rule| rule.cases.len()).sum();
        say(&format!("{} rules, {cases} cases: all hold", rules.rules.len()));
        Ok(Exit::Clean)
    }
}

impl New {
    fn run(self) -> anyhow::Result<Exit> {
        let Some(kinds) = facts::kinds_of(&self.subject) else {
            anyhow::bail!("no subject \"{}\" (`pci-audit rules list --kinds` names them)", self.subject);
        };
        if self.id.is_empty() || !self.id.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-') {
            anyhow::bail!("\"{}\" is no rule id: lower-case letters, digits and hyphens", self.id);
        }
        let path = self.folder.join(format!("{}.toml", self.id));
        if path.exists() {
            anyhow::bail!("{} exists already", path.display());
        }
        let fields = facts::fields_of(&self.subject);
        let boolean = fields.iter().find(|field| field.kind == "bool").or_else(|| fields.first());
        let field = boolean.map_or("name", |field| field.name.as_str());
        let kinds: Vec<String> = kinds.iter().map(|kind| format!("\"{kind}\"")).collect();
        let text = scaffold(&self.id, &self.subject, &kinds.join(", "), field);
        std::fs::create_dir_all(&self.folder).with_context(|| format!("cannot make {}", self.folder.display()))?;
        output::replace(&path, |file| file.write_all(text.as_bytes()))?;
        say(&format!("{} written: edit it, then run `pci-audit rules test {}`", path.display(), self.folder.display()));
        Ok(Exit::Clean)
    }
}

fn scaffold(id: &str, subject: &str, kinds: &str, field: &str) -> String {
    format!(
        r#"id = "{id}"
title = "What holds where this passes"
severity = "medium" # critical | high | medium | low | advisory
requirements = {{ "pci-dss-4.0.1" = ["2.2.6"] }}
subject = "{subject}" # `pci-audit rules list --kinds` names the subjects and their fields
kinds = [{kinds}]
assert = 'r.{field}'
message = "{{r.name}}: {field} is {{r.{field}}}"
rationale = "Why it matters."
remediation = "What to do with {{r.name}}."
references = []

[[case]]
name = "it holds"
expect = "pass"
r = {{ {field} = true }}

[[case]]
name = "it does not"
expect = "fail"
r = {{ {field} = false }}

[[case]]
name = "it was not read"
expect = "unknown"
r = {{}}
"#
    )
}
