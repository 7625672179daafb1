//! Every command line that we show to people has a verb and flags that the program has.

use std::fs;
use std::path::Path;

use super::path;
use crate::support::command::run;

/// Flags that only the collector has, with a value each.
const AWS_FLAGS: &[&str] = &["--region", "--profile", "--role-arn", "--external-id", "--snapshot"];

fn files(folder: &Path, found: &mut Vec<std::path::PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("readable").path();
        if path.is_dir() { files(&path, found) } else { found.push(path) }
    }
}

/// The command lines of a text: in Markdown the code, elsewhere what is no comment but for the code in it.
fn commands(name: &str, text: &str) -> Vec<Vec<String>> {
    let markdown = name.ends_with(".md");
    let joined = text.replace("\\\n", " ");
    let mut fenced = false;
    let mut found = Vec::new();
    for line in joined.lines() {
        if markdown && line.trim_start().starts_with("```") {
            fenced = !fenced;
        }
        let prose = (markdown && !fenced) || line.trim_start().starts_with('#') || line.contains("description:");
        // Code in prose stands between backticks; a line of code is one piece.
        let pieces: Vec<&str> = if prose { line.split('`').skip(1).step_by(2).collect() } else { vec![line] };
        for piece in pieces {
            for (at, _) in piece.match_indices("pci-audit ") {
                let before = piece[..at].trim_end();
                let begins = before.is_empty() || before.ends_with(['|', ';', '&', '(', '`', '"', '-']);
                if begins {
                    found.push(words(&piece[at + "pci-audit ".len()..]));
                }
            }
        }
    }
    found.retain(|command| command.first().is_some_and(|verb| verb.starts_with(|c: char| c.is_ascii_lowercase())));
    found
}

/// The words of a command, up to where the shell goes on with something else. A variable or an ellipsis is a word like any other.
fn words(command: &str) -> Vec<String> {
    let (mut words, mut word, mut quote) = (Vec::new(), String::new(), None);
    for c in command.chars() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (None, '\'' | '"') => quote = Some(c),
            (None, '|' | ';' | '&' | '>' | ')' | '`' | '#') => break,
            (None, ' ') => words.extend(Some(std::mem::take(&mut word)).filter(|word| !word.is_empty())),
            (_, c) => word.push(c),
        }
    }
    words.extend(Some(word).filter(|word| !word.is_empty() && !word.chars().all(|c| c.is_ascii_digit())));
    words
}

/// The same without the collector: `scan` is `check` with flags of its own.
fn offline(command: &[String]) -> Option<Vec<String>> {
    match command.first().map(String::as_str) {
        Some("collect") => None,
        Some("scan") => {
            let mut words = command.iter().skip(1);
            let mut kept = vec!["check".to_owned(), "account.json".to_owned()];
            while let Some(word) = words.next() {
                if AWS_FLAGS.contains(&word.as_str()) {
                    words.next();
                } else if word != "--all-regions" && !AWS_FLAGS.iter().any(|flag| word.starts_with(&format!("{flag}="))) {
                    kept.push(word.clone());
                }
            }
            Some(kept)
        }
        _ => Some(command.to_vec()),
    }
}

#[test]
fn every_command_that_we_show_is_one() {
    let mut sources = vec![path("README.md"), path("CONTRIBUTING.md"), path("action.yml"), path("docs/configuration.md")];
    files(&path("examples"), &mut sources);
    let folder = tempfile::tempdir().expect("a folder");
    let mut seen = 0;
    for source in sources {
        let name = source.strip_prefix(path("")).expect("below the root").display().to_string();
        for command in commands(&name, &fs::read_to_string(&source).expect("readable")) {
            seen += 1;
            let tried = if cfg!(feature = "aws") { Some(command.clone()) } else { offline(&command) };
            let Some(tried) = tried else { continue };
            // clap reads every flag before it prints help. An array of the shell stands for flags that are tested where it is filled.
            let tried: Vec<&str> = tried.iter().map(String::as_str).filter(|word| !word.contains("[@]")).chain(["--help"]).collect();
            let said = run(folder.path(), &tried);
            assert_eq!(said.code, 0, "{name}: pci-audit {}\n{}", command.join(" "), said.stderr);
        }
    }
    assert!(seen >= 25, "{seen}: the search finds too few");
}

#[test]
fn the_search_finds_commands_where_they_stand() {
    let markdown = "pci-audit sees much; `pci-audit rules list` names it\n```\nx | pci-audit check a.json \\\n  -o json # a word\n```\n";
    assert_eq!(commands("a.md", markdown), [vec!["rules", "list"], vec!["check", "a.json", "-o", "json"]]);
    let script = "# pci-audit is run here, see `pci-audit demo`\n[ 1 ] && pci-audit scan \"${a[@]}\" -o json=x >log 2>&1\n";
    assert_eq!(commands("a.sh", script), [vec!["demo"], vec!["scan", "${a[@]}", "-o", "json=x"]]);
    let scan = ["scan", "--region", "a", "--all-regions", "--profile=b", "--strict"].map(str::to_owned);
    assert_eq!(offline(&scan), Some(["check", "account.json", "--strict"].map(str::to_owned).to_vec()));
}
