//! Deterministic accounts of any size: the healthy fixture, its own names and ids numbered through, once per pipeline.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use serde_json::Value;

const HEALTHY: &str = include_str!("../fixtures/accounts/healthy.json");

/// Kinds that an account has once or a few times, however many pipelines it runs.
const SHARED: [&str; 3] = ["account", "iam-policy", "trail"];
/// Roles that DMS looks up by name: one each.
const FIXED: [&str; 3] = ["dms-vpc-role", "dms-cloudwatch-logs-role", "dms-access-for-endpoint"];

/// A snapshot of this many pipelines, as JSON text.
pub(crate) fn account(pipelines: usize) -> String {
    let whole: Value = serde_json::from_str(HEALTHY).expect("the fixture is JSON");
    let resources = whole["resources"].as_object().expect("resources are a map");
    let (mut tokens, mut random) = (BTreeSet::new(), BTreeSet::new());
    for list in resources.iter().filter(|(kind, _)| !SHARED.contains(&kind.as_str())).map(|(_, list)| list) {
        for resource in list.as_array().expect("a kind is a list") {
            if resource["id"]["name"].as_str().is_some_and(|name| FIXED.contains(&name)) {
                continue;
            }
            tokens.insert(resource["id"]["name"].as_str().expect("a name").to_owned());
            let arn = resource["id"]["arn"].as_str().expect("an ARN");
            let tail = arn.rsplit([':', '/']).next().unwrap_or(arn);
            tokens.insert(tail.to_owned());
            // DMS ends ARNs in random letters without a hyphen: left alone, every pipeline would name the same two endpoints.
            random.extend((tail.len() > 20).then(|| tail.to_owned()));
        }
    }
    // A name made of another (`/aws/rds/instance/NAME/error`) is numbered where that one stands in it, so that references still meet.
    let names: Vec<String> = tokens.into_iter().filter(|token| (token.contains('-') && token.len() > 3) || random.contains(token)).collect();
    let tokens: Vec<String> =
        names.iter().filter(|name| !names.iter().any(|other| other != *name && name.contains(other.as_str()))).cloned().collect();

    let mut text = format!(
        "{{\"schema\":{},\"taken_at\":{},\"caller\":{},\"regions\":{},\"gaps\":[],\"reads\":[",
        whole["schema"], whole["taken_at"], whole["caller"], whole["regions"]
    );
    let reads: Vec<String> = whole["reads"].as_array().expect("reads").iter().map(Value::to_string).collect();
    repeat(&mut text, &reads, &tokens, pipelines);
    text.push_str("],\"resources\":{");
    for (position, (kind, list)) in resources.iter().enumerate() {
        write!(text, "{}\"{kind}\":[", if position == 0 { "" } else { "," }).expect("writing to a string");
        let items: Vec<String> = list.as_array().expect("a kind is a list").iter().map(Value::to_string).collect();
        repeat(&mut text, &items, &tokens, if SHARED.contains(&kind.as_str()) { 1 } else { pipelines });
        text.push(']');
    }
    text.push_str("}}");
    text
}

fn repeat(text: &mut String, items: &[String], tokens: &[String], times: usize) {
    // Each item once as a template, cut where a token stands.
    let templates: Vec<Vec<Piece<'_>>> = items.iter().map(|item| cut(item, tokens)).collect();
    let mut first = true;
    for number in 0..times {
        for template in &templates {
            // What no pipeline's name stands in is there once.
            if number > 0 && template.len() == 1 {
                continue;
            }
            if !std::mem::take(&mut first) {
                text.push(',');
            }
            for piece in template {
                match piece {
                    Piece::Plain(plain) => text.push_str(plain),
                    Piece::Token(token) => write!(text, "{token}-{number}").expect("writing to a string"),
                }
            }
        }
    }
}

enum Piece<'a> {
    Plain(&'a str),
    Token(&'a str),
}

fn cut<'a>(item: &'a str, tokens: &[String]) -> Vec<Piece<'a>> {
    let (mut pieces, mut plain, mut at) = (Vec::new(), 0, 0);
    while at < item.len() {
        let found = tokens.iter().find(|token| item.is_char_boundary(at) && item[at..].starts_with(token.as_str()));
        if let Some(token) = found {
            pieces.push(Piece::Plain(&item[plain..at]));
            pieces.push(Piece::Token(&item[at..at + token.len()]));
            at += token.len();
            plain = at;
        } else {
            at += 1;
        }
    }
    pieces.push(Piece::Plain(&item[plain..]));
    pieces
}
