//! The answer of `query reach`: every leg with the rule that decided it, a drawing of the path, or JSON.

use std::fmt::Write as _;

use serde::Serialize;

use super::super::escape::{columns, escape};
use super::super::json;
use super::super::unseen::unseen;
use super::super::view::Unseen;
use crate::evidence::Index;
use crate::network::cidr::Family;
use crate::network::{Leg, Reach};

/// The drawing's width.
const WIDTH: usize = 80;
/// Where the words of a leg begin.
const INDENT: usize = 18;

/// The answer as other tools read it.
#[derive(Debug, Serialize)]
struct Document<'r> {
    schema: &'static str,
    from: &'r str,
    to: &'r str,
    protocol: &'static str,
    port: Option<u16>,
    answer: &'static str,
    /// The sender's addresses that get through, or may.
    sources: Vec<String>,
    /// A port of the client's to which the replies come back.
    client_port: u16,
    legs: Vec<Step<'r>>,
    unseen: Vec<Unseen>,
}

#[derive(Debug, Serialize)]
struct Step<'r> {
    leg: &'static str,
    resource: &'r str,
    rule: &'r str,
    /// `null` is not known.
    open: Option<bool>,
    evidence: Vec<Evidence<'r>>,
    unseen: Vec<Unseen>,
}

#[derive(Debug, Serialize)]
struct Evidence<'r> {
    kind: &'static str,
    resource: &'r str,
    field: &'static str,
}

/// As JSON.
pub fn document(index: &Index<'_>, reach: &Reach) -> String {
    let answer = &reach.answer;
    let evidence = |leg: &'_ Leg| -> Vec<(String, &'static str, &'static str)> {
        let mut all: Vec<_> = leg.from.iter().map(|at| (at.resource.arn.to_string(), at.kind.name(), at.field)).collect();
        all.sort();
        all.dedup();
        all
    };
    let rows: Vec<Vec<(String, &'static str, &'static str)>> = answer.legs.iter().map(evidence).collect();
    let legs = answer.legs.iter().zip(&rows).map(|(leg, rows)| Step {
        leg: leg.kind.words(),
        resource: &leg.resource,
        rule: &leg.rule,
        open: leg.open,
        evidence: rows.iter().map(|(resource, kind, field)| Evidence { kind, resource, field }).collect(),
        unseen: unseen(index, &leg.missing),
    });
    let document = Document {
        schema: "pci-audit/reach/1",
        from: &reach.from,
        to: &reach.to,
        protocol: reach.port.protocol.name(),
        port: reach.port.number,
        answer: answer.word(),
        sources: answer.source.blocks().iter().map(ToString::to_string).collect(),
        client_port: answer.client_port,
        legs: legs.collect(),
        unseen: unseen(index, answer.open.missing()),
    };
    json::text(&document, 2)
}

/// For people: the answer, the drawing, what was not seen.
pub fn text(index: &Index<'_>, reach: &Reach) -> String {
    let mut text = String::new();
    let answer = &reach.answer;
    let word = answer.word().to_uppercase();
    line(&mut text, 0, &format!("{word}: {} to {}, {}", reach.from, reach.to, reach.port.words()));
    let decider = match answer.open.value() {
        Some(true) => None,
        Some(false) => answer.legs.iter().find(|leg| leg.open == Some(false)),
        None => answer.legs.iter().find(|leg| leg.open.is_none()),
    };
    if let Some(leg) = decider {
        let verb = if leg.open.is_none() { "What is not known" } else { "What decides" };
        line(&mut text, 0, &format!("{verb}: {}", leg.words()));
    } else if answer.open.value() == Some(&true) && ["internet", "outside network", "a host in "].iter().any(|who| reach.from.contains(who)) {
        line(&mut text, 0, &format!("Who gets through: {}", blocks(reach)));
    } else if answer.legs.is_empty() {
        line(&mut text, 0, "Nobody stands at one of the two ends.");
    }
    text.push('\n');
    draw(&mut text, reach);
    let missing = unseen(index, answer.open.missing());
    if !missing.is_empty() {
        text.push_str("\nNot seen:\n");
        for one in missing {
            let call = one.call.map(|call| format!(" ({call})")).unwrap_or_default();
            line(&mut text, 2, &format!("{}{call}", one.what));
        }
    }
    text
}

fn blocks(reach: &Reach) -> String {
    const NAMED: usize = 4;
    // All of IPv4 that is public are some 3.7 thousand million addresses, and all of IPv6 that is given out an eighth of it.
    if reach.answer.source.count(Family::V4) > 3_600_000_000 || reach.answer.source.count(Family::V6) > u128::MAX / 2 {
        return "practically every public address".to_owned();
    }
    let blocks = reach.answer.source.blocks();
    let more = blocks.len().saturating_sub(NAMED);
    let mut named: Vec<String> = blocks.iter().take(NAMED).map(ToString::to_string).collect();
    if more > 0 {
        named.push(format!("{more} more blocks"));
    }
    named.join(", ")
}

/// Two boxes, the legs between them on the way there, and those of the replies.
fn draw(text: &mut String, reach: &Reach) {
    let (there, back): (Vec<&Leg>, Vec<&Leg>) = {
        // The first leg about replies ends the way there: what follows is the way back.
        let turn = reach.answer.legs.iter().position(|leg| leg.kind.is_way_back()).unwrap_or(reach.answer.legs.len());
        let (there, back) = reach.answer.legs.split_at(turn);
        (there.iter().collect(), back.iter().collect())
    };
    frame(text, &reach.from);
    let shut = way(text, &there, false);
    text.push_str(if shut { "    :\n" } else { "    v\n" });
    frame(text, &format!("{}, {}", reach.to, reach.port.words()));
    if back.is_empty() {
        return;
    }
    let shut = way(text, &back, shut);
    text.push_str(if shut { "    :\n" } else { "    v\n" });
    let port = if reach.answer.client_port == 0 { String::new() } else { format!(", a client port such as {}", reach.answer.client_port) };
    frame(text, &format!("{}{port}", reach.from));
}

/// The legs of one way; whether it is shut.
fn way(text: &mut String, legs: &[&Leg], mut shut: bool) -> bool {
    text.push_str(if shut { "    :\n" } else { "    |\n" });
    for leg in legs {
        let (mark, word) = match (leg.open, shut) {
            (Some(true), false) => ("|", "open"),
            (Some(true), true) => (":", "(open)"),
            (Some(false), false) => ("X", "SHUT"),
            (Some(false), true) => (":", "(shut)"),
            (None, false) => ("?", "unknown"),
            (None, true) => (":", "(unknown)"),
        };
        shut |= leg.open == Some(false);
        let lines = wrapped(&leg.words(), WIDTH - INDENT);
        for (at, words) in lines.iter().enumerate() {
            let after = if shut { ":" } else { "|" };
            let head = if at == 0 { format!("    {mark}  [{word}]") } else { format!("    {after}") };
            writeln!(text, "{}", format!("{head:INDENT$}{words}").trim_end()).expect("writing to a string");
        }
    }
    shut
}

fn frame(text: &mut String, words: &str) {
    let lines = wrapped(words, WIDTH - 6);
    let width = lines.iter().map(|line| columns(line)).max().unwrap_or_default();
    let edge = format!("  +{}+\n", "-".repeat(width + 2));
    text.push_str(&edge);
    for line in &lines {
        writeln!(text, "  | {line}{} |", " ".repeat(width.saturating_sub(columns(line)))).expect("writing to a string");
    }
    text.push_str(&edge);
}

fn line(text: &mut String, indent: usize, words: &str) {
    for line in wrapped(words, WIDTH - indent) {
        writeln!(text, "{:indent$}{line}", "").expect("writing to a string");
    }
}

/// Text in lines of at most so many columns; a word that is longer is cut.
fn wrapped(words: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in escape(words).split(' ') {
        let mut rest = word;
        loop {
            let line = lines.last_mut().expect("there is one from the start");
            let gap = usize::from(!line.is_empty());
            if columns(line) + gap + columns(rest) <= width {
                if gap == 1 {
                    line.push(' ');
                }
                line.push_str(rest);
                break;
            }
            if columns(rest) <= width {
                lines.push(String::new());
                continue;
            }
            // Longer than a line of its own: cut where the line is full.
            if gap == 1 {
                lines.push(String::new());
                continue;
            }
            let mut end = 0;
            for (at, c) in rest.char_indices() {
                let next = at + c.len_utf8();
                if columns(rest.get(..next).unwrap_or_default()) > width {
                    break;
                }
                end = next;
            }
            let (head, tail) = rest.split_at(end);
            lines.last_mut().expect("there is one from the start").push_str(head);
            lines.push(String::new());
            rest = tail;
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_fit_whatever_they_hold() {
        let long = "x".repeat(300);
        for text in ["", " ", "a b c", &long, &format!("short {long} short"), "注文 データ 注文 データ 注文 データ 注文 データ 注文 データ"]
        {
            assert!(wrapped(text, 20).iter().all(|line| columns(line) <= 20), "{text}");
        }
        assert_eq!(wrapped("one two three", 8), ["one two", "three"]);
    }
}
