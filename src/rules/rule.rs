//! A rule: one TOML file with its metadata, its expressions, its words and its cases.

use std::path::PathBuf;
use std::sync::Arc;

use serde::Deserialize;
use toml::Spanned;

use super::expr::{Expr, ExprError};
use super::template::Template;
use super::{Problem, Source};
use crate::finding::{Requirements, Severity, Verdict};
use crate::model::Kind;

/// The file, as it is written.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleFile {
    id: Spanned<String>,
    title: String,
    severity: Severity,
    requirements: Requirements,
    subject: Spanned<String>,
    #[serde(default)]
    kinds: Vec<Spanned<String>>,
    when: Option<Spanned<String>>,
    manual_when: Option<Spanned<String>>,
    assert: Option<Spanned<String>>,
    ask: Option<Spanned<String>>,
    message: Spanned<String>,
    offending: Option<Spanned<String>>,
    #[serde(default)]
    proves: Proves,
    does_not_prove: Option<String>,
    #[serde(default)]
    adjust: Vec<AdjustFile>,
    rationale: String,
    remediation: Spanned<String>,
    #[serde(default)]
    references: Vec<String>,
    #[serde(default)]
    case: Vec<CaseFile>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct AdjustFile {
    when: Spanned<String>,
    severity: Option<Severity>,
    #[serde(default)]
    requirements: Requirements,
    #[serde(default)]
    instead: Requirements,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct CaseFile {
    name: Spanned<String>,
    expect: Verdict,
    severity: Option<Severity>,
    #[serde(default)]
    r: toml::Table,
    #[serde(default)]
    cfg: toml::Table,
}

/// How much of its requirements a pass proves.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Proves {
    /// All that the control plane can show.
    #[default]
    Full,
    /// A part; `does_not_prove` says which is left.
    Part,
}

/// A compiled rule.
#[derive(Debug)]
pub struct Rule {
    /// Public id, kebab-case, never changed.
    pub id: Arc<str>,
    /// The folder it lies in: pipeline, exposure, store…
    pub noun: String,
    /// What holds where it passes.
    pub title: String,
    /// Severity before adjustments.
    pub severity: Severity,
    /// Requirements before adjustments.
    pub requirements: Requirements,
    /// Fact kind or resource kind.
    pub subject: String,
    /// Resource kinds that it is about.
    pub kinds: Vec<Kind>,
    /// Known false: not applicable.
    pub when: Option<Expr>,
    /// Known true: manual.
    pub manual_when: Option<Expr>,
    /// What must hold; without it the rule is always manual.
    pub assert: Option<Expr>,
    /// The question for a person.
    pub ask: Option<Template>,
    /// One line.
    pub message: Template,
    /// The elements that offend: lists of fields (`r.a + r.b`) each by itself, so that one which was not seen hides no other.
    pub offending: Vec<Expr>,
    /// How much a pass proves.
    pub proves: Proves,
    /// What a pass leaves open.
    pub does_not_prove: Option<String>,
    /// Adjustments, in order.
    pub adjust: Vec<Adjust>,
    /// Why it matters.
    pub rationale: String,
    /// What to do.
    pub remediation: Template,
    /// Where to read on.
    pub references: Vec<String>,
    /// Its cases.
    pub cases: Vec<Case>,
    /// Where it was read from.
    pub source: Source,
    /// Where in the file its id, subject, kinds and expressions stand: for the lint.
    pub(super) spans: Spans,
}

/// An adjustment: the first whose condition is known to be true applies.
#[derive(Debug)]
pub struct Adjust {
    /// Condition.
    pub when: Expr,
    /// Severity instead.
    pub severity: Option<Severity>,
    /// Requirements in addition.
    pub requirements: Requirements,
    /// Requirements in place of the rule's own: where what it judges is no evidence for those.
    pub instead: Requirements,
}

/// A case: a subject as the rule sees it, and the verdict it must give.
#[derive(Debug, Clone)]
pub struct Case {
    /// What it shows.
    pub name: String,
    /// The verdict.
    pub expect: Verdict,
    /// The severity after adjustments, where the case says one.
    pub severity: Option<Severity>,
    /// Fields; what is left out is unseen.
    pub r: serde_json::Map<String, serde_json::Value>,
    /// Settings that differ from the defaults.
    pub cfg: serde_json::Map<String, serde_json::Value>,
    pub(super) span: std::ops::Range<usize>,
}

#[derive(Debug, Clone, Default)]
pub(super) struct Spans {
    pub id: std::ops::Range<usize>,
    pub subject: std::ops::Range<usize>,
    pub kinds: Vec<std::ops::Range<usize>>,
    pub message: std::ops::Range<usize>,
}

/// `r.a + r.b` in its parts; any other expression as it is.
fn sum_of_fields(source: &Spanned<String>) -> Vec<Spanned<String>> {
    let is_field = |part: &str| part.strip_prefix("r.").is_some_and(|name| name.chars().all(|c| c.is_ascii_lowercase() || c == '_'));
    let parts: Vec<&str> = source.get_ref().split('+').map(str::trim).collect();
    if parts.iter().all(|part| is_field(part)) {
        parts.into_iter().map(|part| Spanned::new(source.span(), part.to_owned())).collect()
    } else {
        vec![source.clone()]
    }
}

impl Rule {
    /// Reads and compiles one file.
    ///
    /// # Errors
    /// The first problem, with its place in the file.
    pub fn parse(path: &str, text: &str) -> Result<Self, Problem> {
        let source = Source { path: path.to_owned(), text: text.into() };
        let file: RuleFile = toml::from_str(text).map_err(|error| {
            let message = error.message().lines().next().unwrap_or("not TOML").to_owned();
            source.problem(error.span().unwrap_or(0..0), message)
        })?;
        let compile = |spanned: &Spanned<String>| Expr::compile(spanned.get_ref()).map_err(|error| source.at(spanned, &error));
        let optional = |spanned: &Option<Spanned<String>>| spanned.as_ref().map(compile).transpose();
        let template = |spanned: &Spanned<String>| Template::compile(spanned.get_ref()).map_err(|error| source.at(spanned, &error));
        let spans = Spans {
            id: file.id.span(),
            subject: file.subject.span(),
            kinds: file.kinds.iter().map(Spanned::span).collect(),
            message: file.message.span(),
        };
        let kind = |name: &Spanned<String>| {
            let known = || Kind::ALL.iter().map(|kind| kind.name()).collect::<Vec<_>>().join(", ");
            name.get_ref()
                .parse::<Kind>()
                .map_err(|()| source.problem(name.span(), format!("no resource kind \"{}\": one of {}", name.get_ref(), known())))
        };
        let adjust = |entry: &AdjustFile| {
            let (requirements, instead) = (entry.requirements.clone(), entry.instead.clone());
            Ok(Adjust { when: compile(&entry.when)?, severity: entry.severity, requirements, instead })
        };
        Ok(Self {
            id: file.id.get_ref().as_str().into(),
            noun: noun(path),
            title: file.title,
            severity: file.severity,
            requirements: file.requirements,
            kinds: file.kinds.iter().map(kind).collect::<Result<_, _>>()?,
            subject: file.subject.into_inner(),
            when: optional(&file.when)?,
            manual_when: optional(&file.manual_when)?,
            assert: optional(&file.assert)?,
            ask: file.ask.as_ref().map(template).transpose()?,
            message: template(&file.message)?,
            offending: match &file.offending {
                Some(source) => sum_of_fields(source).iter().map(compile).collect::<Result<_, _>>()?,
                None => Vec::new(),
            },
            proves: file.proves,
            does_not_prove: file.does_not_prove,
            adjust: file.adjust.iter().map(adjust).collect::<Result<_, Problem>>()?,
            rationale: file.rationale,
            remediation: template(&file.remediation)?,
            references: file.references,
            cases: file.case.into_iter().map(Case::from).collect(),
            spans,
            source,
        })
    }

    /// Every requirement that a finding of it may carry, by standard.
    pub fn all_requirements(&self) -> impl Iterator<Item = (&String, &Vec<String>)> {
        let adjusted = self.adjust.iter().flat_map(|entry| [&entry.requirements, &entry.instead]);
        std::iter::once(&self.requirements).chain(adjusted).flatten()
    }

    /// Every expression that decides the verdict, in order of evaluation.
    pub fn deciding(&self) -> impl Iterator<Item = &Expr> {
        [&self.when, &self.manual_when, &self.assert].into_iter().flatten()
    }

    /// Every expression of the rule, templates included.
    pub fn expressions(&self) -> impl Iterator<Item = &Expr> {
        let templates = [Some(&self.message), self.ask.as_ref(), Some(&self.remediation)].into_iter().flatten();
        self.deciding().chain(self.adjust.iter().map(|entry| &entry.when)).chain(&self.offending).chain(templates.flat_map(Template::expressions))
    }
}

impl From<CaseFile> for Case {
    fn from(file: CaseFile) -> Self {
        let json = |table: toml::Table| match serde_json::to_value(table) {
            Ok(serde_json::Value::Object(map)) => map,
            _ => serde_json::Map::new(),
        };
        let mut r = json(file.r);
        // TOML has no null: the text "null" stands for AWS's "none".
        for value in r.values_mut() {
            if value == "null" {
                *value = serde_json::Value::Null;
            }
        }
        Self { span: file.name.span(), name: file.name.into_inner(), expect: file.expect, severity: file.severity, r, cfg: json(file.cfg) }
    }
}

impl Source {
    fn at(&self, spanned: &Spanned<String>, error: &ExprError) -> Problem {
        let span = spanned.span();
        // The span includes the quotes: an offset points inside, as exactly as escapes allow.
        let quotes = if self.text.get(span.clone()).is_some_and(|text| text.starts_with("'''") || text.starts_with("\"\"\"")) { 3 } else { 1 };
        let place = error.offset.map_or(span.clone(), |offset| {
            let start = (span.start + quotes + offset).min(span.end);
            start..(start + 1).min(span.end.max(start))
        });
        self.problem(place, error.message.clone())
    }
}

/// The folder of a rule file is its noun.
fn noun(path: &str) -> String {
    PathBuf::from(path).parent().and_then(|folder| folder.file_name()).map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}
