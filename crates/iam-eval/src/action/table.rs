//! `data/actions.txt` → services with their actions. The grammar is written down in `tools/generate.py`.

use std::sync::{Arc, OnceLock};

use crate::Pattern;
use crate::action::{AccessLevel, ResourceType};

/// The table as it is embedded.
pub(super) const TEXT: &str = include_str!("data/actions.txt");

/// A service: its lines at first, its actions once somebody asks.
#[derive(Debug)]
pub(super) struct Service {
    /// Prefix of its actions.
    pub prefix: &'static str,
    lines: &'static str,
    read: OnceLock<Actions>,
}

/// What the lines of a service say.
#[derive(Debug, Default)]
pub(super) struct Actions {
    /// Kinds of resources; profiles point into it.
    pub types: Vec<ResourceType>,
    /// Condition keys; profiles point into it.
    pub keys: Vec<&'static str>,
    /// Actions, by lower-case name.
    pub entries: Vec<Entry>,
}

/// One action.
#[derive(Debug)]
pub(super) struct Entry {
    /// Name without the service.
    pub name: String,
    /// The same in lower case.
    pub lower: String,
    /// What it shares with its like.
    pub profile: Arc<Profile>,
}

/// What actions of a service have in common.
#[derive(Debug)]
pub(super) struct Profile {
    /// Kind of access.
    pub level: AccessLevel,
    /// Positions of resource types, each with whether it is needed.
    pub types: Vec<(usize, bool)>,
    /// Positions of condition keys.
    pub keys: Vec<usize>,
}

impl Service {
    /// Its actions; reads its lines the first time.
    pub(super) fn read(&'static self) -> &'static Actions {
        self.read.get_or_init(|| Actions::new(self.prefix, self.lines))
    }
}

/// Every service, by prefix.
pub(super) fn services() -> &'static [Service] {
    static SERVICES: OnceLock<Vec<Service>> = OnceLock::new();
    SERVICES.get_or_init(|| {
        let blocks = TEXT.split("\n@").skip(1);
        let service = |block: &'static str| {
            let (prefix, lines) = block.split_once('\n').unwrap_or((block, ""));
            Service { prefix, lines, read: OnceLock::new() }
        };
        blocks.map(service).collect()
    })
}

impl Actions {
    fn new(service: &str, lines: &'static str) -> Self {
        let mut all = Self::default();
        // Lines before the first profile name no action.
        let mut current: Option<Arc<Profile>> = None;
        for line in lines.lines() {
            if let Some(kind) = line.strip_prefix('~') {
                all.types.push(resource_type(service, kind));
            } else if let Some(key) = line.strip_prefix('?') {
                all.keys.push(key);
            } else if let Some(text) = line.strip_prefix('!') {
                current = profile(text).map(Arc::new);
            } else if let Some(profile) = &current {
                all.entries.extend(names(line).map(|name| Entry { lower: name.to_ascii_lowercase(), name, profile: profile.clone() }));
            }
        }
        all.entries.sort_by(|a, b| a.lower.cmp(&b.lower));
        all
    }
}

fn resource_type(service: &str, line: &'static str) -> ResourceType {
    let (arns, name) = line.split_once(' ').unwrap_or((line, ""));
    let whole = |arn: &str| if arn.starts_with("arn:") { arn.to_owned() } else { format!("arn:*:{service}:*:*:{arn}") };
    ResourceType { name, arns: arns.split(',').map(|arn| Pattern::resource(&whole(arn))).collect() }
}

fn profile(line: &str) -> Option<Profile> {
    let mut words = line.split(' ');
    let level = match words.next()? {
        "L" => AccessLevel::List,
        "R" => AccessLevel::Read,
        "T" => AccessLevel::Tagging,
        "W" => AccessLevel::Write,
        "P" => AccessLevel::Permissions,
        _ => return None,
    };
    let items = |word: &'_ str| word.split(',').filter(|item| *item != "-").map(str::to_owned).collect::<Vec<_>>();
    let types = items(words.next()?);
    let keys = items(words.next()?);
    Some(Profile {
        level,
        types: types.iter().filter_map(|item| Some((item.trim_end_matches('*').parse().ok()?, item.ends_with('*')))).collect(),
        keys: keys.iter().filter_map(|item| item.parse().ok()).collect(),
    })
}

/// `Create{Endpoint,Tags}` → `CreateEndpoint`, `CreateTags`.
fn names(line: &str) -> impl Iterator<Item = String> {
    let (word, ends) = line.strip_suffix('}').and_then(|open| open.split_once('{')).unwrap_or((line, ""));
    ends.split(',').map(move |end| format!("{word}{end}"))
}
