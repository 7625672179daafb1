//! Flags over environment over file, for every key that has a flag. An environment belongs to a process: the test runs itself anew in one of its own.

use std::process::Command;

use clap::FromArgMatches as _;
use serde_json::{Value, json};

use super::super::aws::AwsArgs;
use super::super::config_reference::flags;
use super::AuditArgs;
use crate::config::Config;

/// Keys, and what stands in the file, in the environment and behind the flag, each as TOML. Switches are turned both ways.
const KEYS: &[(&str, [&str; 3])] = &[
    ("severity", ["'low'", "'medium'", "'high'"]),
    ("allow-unknown", ["true", "false", "true"]),
    ("fail-on", ["'any'", "'new'", "'any'"]),
    ("strict", ["false", "true", "false"]),
    ("baseline", ["'file'", "'variable'", "'flag'"]),
    ("previous", ["'file'", "'variable'", "'flag'"]),
    ("allow-empty", ["['file']", "['variable', 'two']", "['flag']"]),
    ("waivers-file", ["'file'", "'variable'", "'flag'"]),
    ("region", ["['file']", "['variable', 'two']", "['flag']"]),
    ("all-regions", ["true", "false", "true"]),
    ("profile", ["'file'", "'variable'", "'flag'"]),
    ("role-arn", ["'file'", "'variable'", "'flag'"]),
    ("external-id", ["'file'", "'variable'", "'flag'"]),
    ("rules", ["'file'", "'variable'", "'flag'"]),
    ("output", ["['file', 'two']", "['variable']", "['flag', 'two']"]),
    ("feed.url", ["'file'", "'variable'", "'flag'"]),
    ("feed.header-file", ["'file'", "'variable'", "'flag'"]),
    ("feed.spool", ["'file'", "'variable'", "'flag'"]),
    ("feed.required", ["false", "true", "false"]),
];

/// Flags that no key of the file stands for.
const NO_KEY: &[&str] = &["config", "verbose", "in_flight", "call_timeout", "feed_timeout"];

fn argument(key: &str) -> clap::Arg {
    let name = key.replace(['.', '-'], "_");
    flags().get_arguments().find(|argument| argument.get_id().as_str() == name).unwrap_or_else(|| panic!("{key} has no flag")).clone()
}

fn file(key: &str, toml: &str) -> Config {
    Config::parse(&format!("{key} = {toml}"), "f").unwrap_or_else(|error| panic!("{error}"))
}

/// The key's value in a configuration.
fn value(config: &Config, key: &str) -> Value {
    let mut value = serde_json::to_value(config).unwrap();
    // A table that is as by default is left out there.
    value["feed"] = json!(config.feed);
    key.split('.').fold(value, |value, name| value[name].clone())
}

/// A value as the command line and the environment spell it.
fn spelled(key: &str, toml: &str) -> String {
    match value(&file(key, toml), key) {
        Value::Array(list) => list.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(","),
        Value::String(text) => text,
        other => other.to_string(),
    }
}

/// A file's configuration with this environment and these flags put over it.
fn effective(mut config: Config, arguments: &[String]) -> Config {
    let matches = flags().try_get_matches_from(std::iter::once("scan".to_owned()).chain(arguments.iter().cloned())).unwrap();
    AuditArgs::from_arg_matches(&matches).unwrap().put_over(&mut config);
    AwsArgs::from_arg_matches(&matches).unwrap().put_over(&mut config);
    config
}

#[test]
fn every_flag_with_a_key_has_a_variable_and_is_tested() {
    for argument in flags().get_arguments().filter(|argument| !NO_KEY.contains(&argument.get_id().as_str())) {
        let id = argument.get_id().as_str();
        assert!(KEYS.iter().any(|(key, _)| key.replace(['.', '-'], "_") == id), "{id}: which key stands for it in the file?");
        let variable = argument.get_env().unwrap_or_else(|| panic!("{id} has no variable"));
        let name = argument.get_long().unwrap().to_uppercase().replace('-', "_");
        assert_eq!(variable.to_string_lossy(), format!("PCI_AUDIT_{name}"));
    }
}

/// What comes of each key with the file alone, and with a flag besides, in whatever environment this runs.
#[test]
#[ignore = "run by the test below, in an environment of its own"]
fn what_comes_of_each_key() {
    let outcome = |&(key, [in_file, _, by_flag]): &(&str, [&str; 3])| {
        let flag = format!("--{}={}", argument(key).get_long().unwrap(), spelled(key, by_flag));
        let outcome = [Vec::new(), vec![flag]].map(|flags| value(&effective(file(key, in_file), &flags), key));
        (key.to_owned(), json!(outcome))
    };
    let outcomes: serde_json::Map<String, Value> = KEYS.iter().map(outcome).collect();
    println!("\noutcomes {}", Value::Object(outcomes));
}

#[test]
fn flags_override_the_environment_and_that_the_file() {
    for with_variables in [false, true] {
        let mut inner = Command::new(std::env::current_exe().unwrap());
        inner.env_clear().args(["--exact", "cli::settings::tests::what_comes_of_each_key", "--ignored", "--nocapture"]);
        for (key, [_, variable, _]) in KEYS.iter().filter(|_| with_variables) {
            inner.env(argument(key).get_env().unwrap(), spelled(key, variable));
        }
        let output = inner.output().unwrap();
        let said = String::from_utf8(output.stdout).unwrap();
        let outcomes = said
            .lines()
            .find_map(|line| line.strip_prefix("outcomes "))
            .unwrap_or_else(|| panic!("{said}{}", String::from_utf8_lossy(&output.stderr)));
        let outcomes: Value = serde_json::from_str(outcomes).unwrap();
        for (key, [in_file, variable, by_flag]) in KEYS {
            let expected = [if with_variables { variable } else { in_file }, by_flag].map(|toml| value(&file(key, toml), key));
            assert_eq!(outcomes[*key], json!(expected), "{key}, variables: {with_variables}");
        }
    }
}

#[test]
fn the_stronger_of_region_and_all_regions_is_left() {
    let regions = |text: &str, flags: &[&str]| {
        let flags: Vec<String> = flags.iter().map(ToString::to_string).collect();
        let config = effective(Config::parse(text, "f").unwrap(), &flags);
        (config.region.join(","), config.all_regions)
    };
    assert_eq!(regions("all-regions = true", &["--region", "a", "--region", "b,c"]), ("a,b,c".to_owned(), None));
    assert_eq!(regions("region = ['a']", &["--all-regions"]), ("a".to_owned(), Some(true)), "all is all");
    assert_eq!(regions("region = ['a']\nall-regions = true", &["--all-regions=false"]), ("a".to_owned(), Some(false)));
    let both = flags().try_get_matches_from(["scan", "--region", "a", "--all-regions"]).unwrap();
    assert!(AwsArgs::from_arg_matches(&both).unwrap_err().to_string().contains("contradict"));
}
