//! Everything that is said to people beside a report: errors, warnings, notes. The one place that writes to stderr.
//!
//! What is said holds names, paths and texts of others. So each message is escaped, and cut in its middle where it is long: no message moves a cursor, hides
//! its end, begins a line of its own (a line that begins with `::` is a command to GitHub's runner), or repeats a value of 40 kB. A stderr that nobody reads
//! changes nothing.

use std::borrow::Cow;
use std::io::{IsTerminal, Write};

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};

use crate::report::View;
use crate::report::cut::cut;
use crate::report::escape::{escape, plain};
use crate::rules::{Problem, RuleError};

/// How much of a message is shown: its first characters, and its last.
const SHOWN: (usize, usize) = (1_600, 400);

/// How much of an argument of the command line.
const ARGUMENT: usize = 300;

/// How many problems of rules, or broken verdicts, are shown.
const PROBLEMS: usize = 50;

/// Characters of a drawn line.
const LINE: usize = 2_000;
/// What an error says to do about it stands on a line of its own.
const HELP: &str = "\n  help: ";

/// Says something beside the report.
pub(super) fn say(text: &str) {
    write(&shown(text));
}

/// Says why nothing came of it.
pub(super) fn complain(error: &anyhow::Error) {
    if let Some(RuleError::Problems(problems)) = error.downcast_ref() {
        let color = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
        for problem in problems.iter().take(PROBLEMS) {
            write(&draw(problem, color));
        }
        if problems.len() > PROBLEMS {
            say(&format!("error: {} more problems", problems.len() - PROBLEMS));
        }
        return;
    }
    say(&format!("error: {}", chain(error)));
}

/// Says what of a run cannot be trusted, and so ends it with an error: rules that broke while they ran, and findings that could not be told apart.
pub(super) fn broken(view: &View) {
    let broken = || view.findings.iter().filter_map(|finding| Some((finding, finding.rule_error.as_deref()?)));
    for (finding, why) in broken().take(PROBLEMS) {
        let key = if finding.key.is_empty() { String::new() } else { format!(" [{}]", finding.key) };
        say(&format!("error: rule {} on {}{key}: {why}", finding.rule, finding.resource.arn));
    }
    match broken().count() {
        0 => say(&format!("error: {}", view.summary.decision)),
        count if count > PROBLEMS => say(&format!("error: {} more verdicts broke; the reports list them", count - PROBLEMS)),
        _ => {}
    }
}

/// What the parser of the command line says: help on stdout, errors on stderr, where arguments are shown as safely as anything else.
pub(super) fn usage(error: &clap::Error) {
    let plainly = error.render().to_string();
    // One that we made ourselves knows no command: clap shows the usage of the wrong one.
    if error.context().next().is_none() && error.use_stderr() {
        return say(plainly.lines().next().unwrap_or_default());
    }
    let safe = |argument: &String| argument.chars().all(plain) && argument.chars().count() <= ARGUMENT;
    let arguments: Vec<String> = std::env::args_os().map(|argument| argument.to_string_lossy().into_owned()).collect();
    if !error.use_stderr() || arguments.iter().all(safe) {
        // A reader that went away has seen enough.
        let _ = error.print();
        return;
    }
    // The same mistake, of arguments that may be shown.
    let shown = arguments.iter().map(|argument| escape(&cut(argument, ARGUMENT)).into_owned());
    match super::command().try_get_matches_from(shown) {
        Err(error) => error.render().to_string().lines().for_each(say),
        Ok(_) => say(&plainly),
    }
}

/// The error and its causes. Many errors say their cause themselves: nothing is said twice.
pub(super) fn chain(error: &anyhow::Error) -> String {
    let mut text = String::new();
    for cause in error.chain().map(ToString::to_string) {
        if text.is_empty() {
            text = cause;
        } else if !text.contains(&cause) {
            text = format!("{text}: {cause}");
        }
    }
    text
}

/// A message as it may be shown.
pub(super) fn shown(text: &str) -> String {
    let text = without_passwords(text);
    // Escaped first: an escape is longer than what it stands for.
    text.split(HELP).map(|part| without_middle(&escape(part))).collect::<Vec<_>>().join(HELP)
}

/// A text whose addresses lose the user and the password that stand in them: `https://me:secret@host` is `https://…@host`.
fn without_passwords(text: &str) -> String {
    let mut parts = text.split("://");
    let mut safe = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let authority = part.split(|c: char| c.is_whitespace() || "/?#\"'<>`".contains(c)).next().unwrap_or_default();
        let rest = authority.rfind('@').and_then(|at| part.get(at..));
        safe.push_str("://");
        safe.push_str(&rest.map_or_else(|| part.to_owned(), |rest| format!("…{rest}")));
    }
    safe
}

/// A long text without its middle.
fn without_middle(text: &str) -> String {
    let (first, last) = SHOWN;
    let count = text.chars().count();
    if count <= first + last {
        return text.to_owned();
    }
    let head: String = text.chars().take(first).collect();
    let tail: String = text.chars().skip(count - last).collect();
    format!("{head} [… {} characters …] {tail}", count - first - last)
}

fn write(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}

/// A problem with the lines it is about.
fn draw(problem: &Problem, color: bool) -> String {
    let renderer = if color { Renderer::styled() } else { Renderer::plain() };
    // What could fool a reader is no part of the drawing, and each part is as long as what is drawn.
    let clean = |text: &str| text.chars().map(|c| if plain(c) || c == '\n' { c } else { '\u{fffd}' }).collect::<String>();
    let text = &*problem.source.text;
    let part = |range: std::ops::Range<usize>| clean(text.get(range).unwrap_or_default());
    let (before, within, after) = (part(0..problem.span.start), part(problem.span.clone()), part(problem.span.end..text.len()));
    let span = before.len()..before.len() + within.len();
    let (source, path, title) = (before + &within + &after, shown(&problem.source.path), shown(&problem.message));
    let snippet = Snippet::source(source).path(path).annotation(AnnotationKind::Primary.span(span));
    let drawn = renderer.render(&[Level::ERROR.primary_title(title.as_str()).element(snippet)]);
    // A line of a rule file may be as long as the file. What is cut ends no colour by itself.
    let line = |line: &str| match cut(line, LINE) {
        Cow::Borrowed(whole) => whole.to_owned(),
        Cow::Owned(part) => format!("{part}{}", if color { "\u{1b}[0m" } else { "" }),
    };
    drawn.lines().map(line).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;
    use crate::rules::{Rule, lint};

    /// A rule with a text in the place of its assertion.
    fn problems(path: &str, assertion: &str) -> Vec<Problem> {
        let text = format!(
            "id = \"x\"\ntitle = \"t\"\nseverity = \"low\"\nrequirements = {{}}\nsubject = \"store\"\nkinds = [\"bucket\"]\nassert = '''{assertion}'''\nmessage = \"m\"\nrationale = \"r\"\nremediation = \"r\"\n"
        );
        problems_of(path, &text)
    }

    fn problems_of(path: &str, text: &str) -> Vec<Problem> {
        Rule::parse(path, text).map_or_else(|problem| vec![problem], |rule| lint::check(&rule, &BTreeMap::new()))
    }

    #[test]
    fn a_problem_is_drawn_wherever_characters_of_several_bytes_stand() {
        let hostile = ["ö", "🦀", "\u{202e}", "e\u{301}", "\u{9b}", "\0", "\t", "\r\n", "注"];
        let sound = "r.public == null || r.name in [\"a\"]";
        for hostile in hostile {
            for at in 0..=sound.len() {
                let text = format!("{}{hostile}{}", &sound[..at], &sound[at..]);
                for problem in problems("x.toml", &text) {
                    let drawn = draw(&problem, false);
                    assert!(drawn.chars().all(|c| plain(c) || c == '\n'), "{text:?}: {drawn:?}");
                }
            }
        }
    }

    #[test]
    fn a_span_that_ends_inside_a_character_is_widened_to_it() {
        let problem = problems("x.toml", "r.größe").remove(0);
        let text = &problem.source.text;
        assert!(text.is_char_boundary(problem.span.start) && text.is_char_boundary(problem.span.end), "{:?}", problem.span);
    }

    #[test]
    fn long_messages_lose_their_middle_and_keep_their_help() {
        let text = shown(&format!("error: no such thing: {}: line 3\n  help: do this", "x".repeat(40_000)));
        assert!(text.len() < 2_200 && text.starts_with("error: no such") && text.ends_with(": line 3\n  help: do this"), "{text}");
        assert!(shown(&"\u{202e}".repeat(50_000)).len() < 5_000);
        assert_eq!(shown("a\n::error::b\u{1b}[2J"), "a‹U+000A›::error::b‹U+001B›[2J");
    }

    #[test]
    fn an_address_is_shown_without_its_password() {
        for (text, safe) in [
            ("no answer of http://u:SECRET@127.0.0.1:9/x", "no answer of http://…@127.0.0.1:9/x"),
            ("(https://SECRET@h)", "(https://…@h)"),
            ("http://u:SE@CRET@h?a=b@c", "http://…@h?a=b@c"),
            ("https://h/a@b and me@there", "https://h/a@b and me@there"),
            ("arn:aws:iam::1:role/x", "arn:aws:iam::1:role/x"),
        ] {
            assert_eq!(shown(text), safe);
        }
    }

    #[test]
    fn a_cause_that_the_error_says_itself_is_not_said_again() {
        let error = anyhow::Error::from(std::io::Error::other("no such file")).context("a.json: no such file").context("baseline");
        assert_eq!(chain(&error), "baseline: a.json: no such file");
    }

    proptest! {
        #[test]
        fn no_rule_text_breaks_the_reader(text in "\\PC*|[\\u{0}-\\u{2ff}]*|([a-z.(){}\\[\\]'\"!&|=+<>?:, 0-9]|r\\.public|ö|🦀|\\u{202e}){0,60}") {
            let mut all = problems_of("x.toml", &text);
            all.extend(problems("x.toml", &format!("r.public && {text} größe(")));
            for problem in all {
                let drawn = draw(&problem, true);
                let hostile = ['\u{202e}', '\u{9b}'];
                prop_assert!(!drawn.contains(hostile), "{}", drawn);
            }
        }
    }
}
