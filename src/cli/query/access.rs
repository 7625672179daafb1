//! `pci-audit query access`: what a principal can do, or who can do something.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;
use clap::Args;
use iam_eval::arn::Arn;
use iam_eval::document::{Document, Effect};
use iam_eval::{Context, Decision, Pattern, Policy, PolicySet, Principal, Target, action};
use jiff::Timestamp;

use super::super::output;
use super::{Common, Form};
use crate::evidence::{Index, Missing};
use crate::facts::grant::access::{self, NoPrincipal};
use crate::gate::Exit;
use crate::report::escape::escape;
use crate::report::query::access as report;
use crate::suggest::{distance, nearest};

/// Who can do what to which resource, and which statements decide.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  pci-audit query access --snapshot account.json --principal etl --action s3:GetObject --resource 'arn:aws:s3:::cards/*'
  pci-audit query access --snapshot account.json --who-can --action kms:Decrypt --resource arn:aws:kms:eu-west-1:111122223333:key/…
  pci-audit query access --snapshot account.json --principal etl --action s3:PutObject --resource 'arn:aws:s3:::cards/*' --through vpce-0a1b2c3d

What is not said with --context is not known: where an answer hangs on it, it is `conditional` and lists the conditions.
Exit codes: 0 answered · 2 usage error or no such principal · 3 something that decides was not read")]
pub(super) struct Access {
    #[command(flatten)]
    common: Common,
    /// Who: an ARN, a name that only one user or role has, a service such as dms.amazonaws.com, or `anonymous`
    #[arg(long, value_name = "PRINCIPAL", required_unless_present = "who_can")]
    principal: Option<String>,
    /// Ask for everyone who can
    #[arg(long, conflicts_with = "principal")]
    who_can: bool,
    /// The action, such as s3:GetObject
    #[arg(long, value_name = "SERVICE:ACTION")]
    action: String,
    /// The resource's ARN; with * or ?, some resource that fits; `*` alone for actions that are on none, else any resource of the account
    #[arg(long, value_name = "ARN")]
    resource: String,
    /// What is known of the request, such as aws:SourceVpce=vpce-1; again for several values; KEY= says that the request lacks it
    #[arg(long, value_name = "KEY=VALUE")]
    context: Vec<String>,
    /// The VPC endpoint that the request goes through: its policy counts, and aws:SourceVpce, aws:SourceVpc and aws:SourceIp are as AWS sets them
    #[arg(long, value_name = "VPCE")]
    through: Option<String>,
    /// Service control policies of one level (root, then each unit, then the account): a file with one policy, or a list; a level without
    /// any Allow is taken to stand beside AWS's own full access
    #[arg(long, value_name = "FILE")]
    scp: Vec<PathBuf>,
    /// Resource control policies of one level, likewise
    #[arg(long, value_name = "FILE")]
    rcp: Vec<PathBuf>,
}

impl Access {
    /// Runs the verb.
    ///
    /// # Errors
    /// Where the snapshot or a policy cannot be read, or there is no such principal.
    pub(super) fn run(self) -> anyhow::Result<Exit> {
        let mut given = self.context()?;
        self.check()?;
        let snapshot = self.common.load()?;
        let levels = |paths: &[PathBuf]| paths.iter().map(|path| level(path, snapshot.taken_at)).collect::<anyhow::Result<Vec<PolicySet<Missing>>>>();
        let (scps, rcps) = (levels(&self.scp)?, levels(&self.rcp)?);
        let index = Index::new(&snapshot);
        let mut access = access::Access::new(&index);
        if !scps.is_empty() {
            access = access.with_scps(scps);
        }
        if !rcps.is_empty() {
            access = access.with_rcps(rcps);
        }
        let through = self.through(&index)?;
        if let Some(through) = &through {
            access = access.through(through);
            let supplied: Vec<_> = through.keys.iter().filter(|(key, _)| !given.keys().any(|said| said.eq_ignore_ascii_case(key))).collect();
            given.extend(supplied.into_iter().map(|(key, values)| ((*key).to_owned(), values.clone())));
        }
        let context = given.iter().fold(Context::open(), |context, (key, values)| context.with(key, values.clone()));
        let any = action::lookup(&self.action).filter(|action| self.resource == "*" && !action.takes_only_star());
        let targets = any.map_or_else(|| vec![Target::read(&self.resource)], |action| access.any_of(action));
        let mut best = Best::default();
        match &self.principal {
            Some(text) => {
                let principal = access.principal(text).map_err(|problem| no_principal(&access, text, &problem))?;
                for target in &targets {
                    best.add(principal.clone(), access.decide(&principal, &self.action, target, &context), target);
                }
            }
            None => {
                for target in &targets {
                    let found = access.who_can(&self.action, target, &context);
                    found.decisions.into_iter().for_each(|(principal, decision)| best.add(principal, decision, target));
                    best.missing.extend(found.missing);
                }
            }
        }
        let (decisions, missing) = best.told(any.is_some());
        let question = report::Question {
            action: self.action,
            resource: self.resource,
            any_of: any.map(|action| action.resource_types().map(|(kind, _)| kind.name.to_owned()).collect()).unwrap_or_default(),
            through: through.map(|through| through.name),
            context: given,
            who_can: self.who_can,
        };
        let answer = report::Access::new(&index, question, &decisions, &missing);
        let mut stdout = output::stdout();
        let text = match self.common.output {
            Form::Json => answer.json(),
            Form::Text => answer.words(output::width(), true),
        };
        stdout.write_all(text.as_bytes())?;
        stdout.flush()?;
        Ok(if answer.is_incomplete() { Exit::Incomplete } else { Exit::Clean })
    }

    fn check(&self) -> anyhow::Result<()> {
        let whole = self.action.split_once(':').is_some_and(|(service, action)| !service.is_empty() && !action.is_empty());
        if !whole || self.action.contains(['*', '?']) {
            anyhow::bail!("--action {}: name one action, such as s3:GetObject", escape(&self.action));
        }
        if action::lookup(&self.action).is_none() {
            anyhow::bail!("--action {}", escape(&no_action(&self.action)));
        }
        if self.resource != "*" && Arn::parse(&self.resource).is_none() {
            anyhow::bail!("--resource {}: name an ARN, such as arn:aws:s3:::bucket/key, or *", self.resource);
        }
        Ok(())
    }

    fn through(&self, index: &Index<'_>) -> anyhow::Result<Option<access::Through>> {
        let Some(name) = &self.through else { return Ok(None) };
        let found = access::Through::find(index, name, &self.action, &self.resource);
        // The names come from the snapshot.
        found.map(Some).map_err(|problem| anyhow::anyhow!("--through {name}: {}", escape(&problem.to_string())))
    }

    /// What was said of the request.
    fn context(&self) -> anyhow::Result<BTreeMap<String, Vec<String>>> {
        let mut given: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for pair in &self.context {
            let Some((key, value)) = pair.split_once('=').filter(|(key, _)| !key.is_empty()) else {
                anyhow::bail!("--context {pair}: write KEY=VALUE");
            };
            let values = given.entry(key.to_owned()).or_default();
            if !value.is_empty() {
                values.push(value.to_owned());
            }
        }
        Ok(given)
    }
}

/// The easiest answer for each principal, on whichever of the resources that are asked about.
#[derive(Default)]
struct Best {
    decisions: BTreeMap<Principal, (Decision<Missing>, String)>,
    missing: BTreeSet<Missing>,
}

impl Best {
    fn add(&mut self, principal: Principal, decision: Decision<Missing>, on: &Target) {
        if self.decisions.get(&principal).is_none_or(|(known, _)| decision.answer < known.answer) {
            self.decisions.insert(principal, (decision, on.text.clone()));
        }
    }

    /// The decisions, each with the resource that it is about where there were several to choose from.
    fn told(self, several: bool) -> (Vec<report::Answered>, Vec<Missing>) {
        let told = |(principal, (decision, on)): (_, (Decision<Missing>, String))| {
            let on = (several && on != "*" && !decision.answer.is_denied()).then_some(on);
            report::Answered { principal, decision, on }
        };
        (self.decisions.into_iter().map(told).collect(), self.missing.into_iter().collect())
    }
}

/// That there is no such action, and which was meant: an action of the same service before the same action of another one.
fn no_action(name: &str) -> String {
    let (service, short) = name.split_once(':').unwrap_or((name, ""));
    let of = |pattern: &str| action::expand(&Pattern::action(pattern)).map(|action| action.name()).collect::<Vec<_>>();
    let own = of(&format!("{service}:*"));
    let near = if own.is_empty() { of(&format!("*:{short}")) } else { own };
    let known = if near.is_empty() { of("*") } else { near };
    let folded: BTreeMap<String, &String> = known.iter().map(|name| (name.to_ascii_lowercase(), name)).collect();
    let hint = nearest(&name.to_ascii_lowercase(), folded.keys().map(String::as_str)).and_then(|near| folded.get(near));
    let hint = hint.map(|near| format!("; did you mean {near}?")).unwrap_or_default();
    format!("{name}: this version knows no such action of AWS{hint}")
}

/// One level of organization policies.
fn level(path: &Path, now: Timestamp) -> anyhow::Result<PolicySet<Missing>> {
    let name = path.display().to_string();
    let text = crate::text_file::read(path).with_context(|| name.clone())?;
    let value: serde_json::Value = serde_json::from_str(&text).with_context(|| name.clone())?;
    let documents = if let serde_json::Value::Array(items) = value { items } else { vec![value] };
    let documents = documents.iter().map(|document| Document::parse(&document.to_string()));
    let documents = documents.collect::<Result<Vec<_>, _>>().map_err(|problem| anyhow::anyhow!("{name}: {problem}"))?;
    let allows = documents.iter().flat_map(|document| &document.statement).any(|statement| statement.effect == Effect::Allow);
    let full = (!allows).then(|| Document::parse(r#"{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}"#));
    let full = full.and_then(Result::ok).map(|document| Arc::new(Policy::new(&document, "full access (assumed)", None)));
    Ok(PolicySet::seen(documents.iter().map(|document| Arc::new(Policy::new(document, &name, None).as_of(now))).chain(full)))
}

/// Why there is no such principal, and which are near.
fn no_principal(access: &access::Access<'_>, text: &str, problem: &NoPrincipal) -> anyhow::Error {
    let hint = if *problem == NoPrincipal::Unknown { near(access, text) } else { String::new() };
    // The names come from the snapshot.
    anyhow::anyhow!("--principal {text}: {}", escape(&format!("{problem}{hint}")))
}

fn near(access: &access::Access<'_>, text: &str) -> String {
    let wanted = text.rsplit('/').next().unwrap_or(text).to_lowercase();
    let mut near: Vec<(usize, &Principal)> =
        access.principals().map(|principal| (distance(&wanted, &principal.name().to_lowercase()), principal)).collect();
    near.sort_unstable();
    let close =
        |distance: usize, principal: &Principal| distance <= 4.min(wanted.chars().count() / 2) || principal.name().to_lowercase().contains(&wanted);
    let near: Vec<&str> =
        near.into_iter().filter(|(distance, principal)| close(*distance, principal)).map(|(_, principal)| &*principal.arn).take(3).collect();
    if near.is_empty() { String::new() } else { format!("; did you mean {}?", near.join(" or ")) }
}
