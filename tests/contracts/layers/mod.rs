//! The shape of the house: modules import only what stands before them, and no file grows past its cap.

mod circles;

use std::fs;
use std::path::{Path, PathBuf};

/// Low to high. `collect` stands beside the pure layers: only `cli` may import it.
const LAYERS: &[&str] = &[
    "suggest",
    "text_file",
    "model",
    "aws_defaults",
    "evidence",
    "network",
    "finding",
    "config",
    "collect",
    "facts",
    "rules",
    "engine",
    "gate",
    "report",
    "cli",
];

/// The nouns of `facts`, low to high: what a noun asks of another one it asks downwards.
const NOUNS: &[&str] = &["pipeline", "exposure", "grant", "key", "store", "hop", "trail", "credential"];

/// No file is longer.
const LINES: usize = 600;

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("src exists") {
        let path = entry.expect("readable").path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found
}

fn source_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// The sources of the program and of the crates beside it.
fn source_folders() -> Vec<PathBuf> {
    let crates = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("crates")).expect("there are crates");
    std::iter::once(source_folder()).chain(crates.map(|entry| entry.expect("readable").path().join("src"))).collect()
}

fn layer_of(path: &Path) -> Option<usize> {
    let first = path.strip_prefix(source_folder()).ok()?.components().next()?.as_os_str().to_string_lossy().replace(".rs", "");
    LAYERS.iter().position(|layer| *layer == first)
}

#[test]
fn a_module_imports_only_what_stands_before_it() {
    let mut wrong = Vec::new();
    for path in sources(&source_folder()) {
        let Some(own) = layer_of(&path) else { continue };
        let text = fs::read_to_string(&path).expect("readable");
        for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.trim_start().starts_with("//")) {
            for (at, _) in line.match_indices("crate::") {
                let rest: String = line[at + 7..].chars().take_while(|c| c.is_ascii_lowercase() || *c == '_').collect();
                let Some(other) = LAYERS.iter().position(|layer| *layer == rest) else { continue };
                let collect_from_elsewhere = LAYERS[other] == "collect" && LAYERS[own] != "cli" && own != other;
                if other > own || collect_from_elsewhere {
                    wrong.push(format!("{}:{}: {} imports {}", path.display(), number + 1, LAYERS[own], LAYERS[other]));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The module of a file below a `src`, as names from the crate's root on.
fn module_of(path: &Path, root: &Path) -> Vec<String> {
    let below = path.strip_prefix(root).expect("below src").with_extension("");
    let mut names: Vec<String> = below.iter().map(|name| name.to_string_lossy().into_owned()).collect();
    if names.last().is_some_and(|last| last == "mod") {
        names.pop();
    }
    names
}

/// What a line of a module names by `crate::` or `super::`, from the crate's root on.
fn named(line: &str, module: &[String]) -> Vec<Vec<String>> {
    let word = |text: &str| text.chars().take_while(|c| c.is_ascii_lowercase() || *c == '_').collect::<String>();
    let mut found = Vec::new();
    for (at, _) in line.match_indices("crate::") {
        found.push(line[at + 7..].split("::").take(2).map(word).collect());
    }
    for (at, _) in line.match_indices("super::").filter(|(at, _)| !line[..*at].ends_with("super::")) {
        let mut rest = &line[at..];
        let mut base = module.len();
        while let Some(above) = rest.strip_prefix("super::") {
            (rest, base) = (above, base.saturating_sub(1));
        }
        found.push(module[..base].iter().cloned().chain([word(rest)]).collect());
    }
    found
}

#[test]
fn a_noun_asks_only_those_below_it() {
    let rank = |noun: &str| NOUNS.iter().position(|one| *one == noun);
    let (mut wrong, mut looked) = (Vec::new(), 0);
    for path in sources(&source_folder().join("facts")) {
        let module = module_of(&path, &source_folder());
        let Some(own) = module.get(1).and_then(|noun| rank(noun)) else { continue };
        let text = fs::read_to_string(&path).expect("readable");
        for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.trim_start().starts_with("//")) {
            for name in named(line, &module).iter().filter(|name| name.first().is_some_and(|first| first == "facts")) {
                let Some(other) = name.get(1).and_then(|noun| rank(noun)).filter(|other| *other != own) else { continue };
                looked += 1;
                if other > own {
                    wrong.push(format!("{}:{}: {} asks {}", path.display(), number + 1, NOUNS[own], NOUNS[other]));
                }
            }
        }
    }
    assert!(looked > 20, "{looked}: the test sees nothing");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_noun_has_its_place() {
    let folders = fs::read_dir(source_folder().join("facts")).expect("readable").filter_map(Result::ok).filter(|entry| entry.path().is_dir());
    let unplaced: Vec<_> = folders.map(|entry| entry.file_name()).filter(|name| !NOUNS.iter().any(|noun| name == noun)).collect();
    assert!(unplaced.is_empty(), "{unplaced:?}");
}

#[test]
fn only_one_folder_names_the_cel_crate_and_only_collect_names_the_sdk() {
    for path in sources(&source_folder()) {
        let text = fs::read_to_string(&path).expect("readable");
        let name = path.strip_prefix(source_folder()).expect("below src").to_string_lossy().into_owned();
        assert!(!text.contains("use cel::") || name.starts_with("rules/expr"), "{name} names the CEL crate");
        assert!(!text.contains("aws_sdk_") || name.starts_with("collect"), "{name} names the AWS SDK");
    }
}

#[test]
fn no_file_is_too_long_to_read() {
    let long: Vec<String> = source_folders()
        .iter()
        .flat_map(|root| sources(root))
        .map(|path| (fs::read_to_string(&path).expect("readable").lines().count(), path))
        .filter(|(lines, _)| *lines > LINES)
        .map(|(lines, path)| format!("{} has {lines} lines", path.display()))
        .collect();
    assert!(long.is_empty(), "{}", long.join("\n"));
}
