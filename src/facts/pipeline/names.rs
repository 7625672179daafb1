//! What an id means: ARN, partial ARN, id, alias or name → the resource that goes by it. AWS lets each service spell ids its own way.

use std::collections::HashMap;
use std::sync::Arc;

use iam_eval::arn::Arn;

use crate::evidence::Index;
use crate::model::{Identity, Kind};

/// Every way to call every resource that can be named.
pub(super) struct Names<'a> {
    index: &'a Index<'a>,
    /// Names, ids and aliases; the region is empty where names are unique in the account (IAM) or in the world (S3).
    by_name: HashMap<(Kind, &'a str, &'a str), &'a Arc<Identity>>,
}

impl<'a> Names<'a> {
    /// Indexes everything. Linear in the snapshot.
    pub(super) fn new(index: &'a Index<'a>) -> Self {
        let resources = &index.snapshot.resources;
        let mut by_name = HashMap::with_capacity(resources.identities().count() + 2 * resources.kms_keys.len());
        for (kind, id) in resources.identities() {
            by_name.insert((kind, place(kind, &id.region), &*id.name), id);
            if kind == Kind::Secret {
                // "arn:…:secret:name-AbCdEf" may be written without its last seven characters.
                if let Some(short) = id.arn.len().checked_sub(7).and_then(|end| id.arn.get(..end)).filter(|_| is_suffixed(&id.arn)) {
                    by_name.insert((kind, &*id.region, short), id);
                }
            }
        }
        for key in &resources.kms_keys {
            let (id, region) = (&key.id, &*key.id.region);
            if let Some((_, tail)) = id.arn.rsplit_once('/') {
                by_name.insert((Kind::KmsKey, region, tail), id);
            }
            for alias in key.fields.aliases.known().into_iter().flatten() {
                by_name.insert((Kind::KmsKey, region, alias.as_str()), id);
            }
        }
        Self { index, by_name }
    }

    /// Who goes by an id, as written in a region.
    pub(super) fn resolve(&self, kind: Kind, region: &str, id: &str) -> Option<&'a Arc<Identity>> {
        if let Some(found) = self.by_arn(kind, id).or_else(|| self.by_name.get(&(kind, place(kind, region), id)).copied()) {
            return Some(found);
        }
        let arn = Arn::parse(id);
        match kind {
            // The ARNs of log groups are also written with a final ":*".
            Kind::LogGroup => self.by_arn(kind, id.strip_suffix(":*")?),
            Kind::KmsKey => match arn {
                // An alias's ARN; a key's own ARN was looked up above.
                Some(arn) => self.by_name.get(&(kind, arn.region, arn.resource)).copied().filter(|found| *found.account == *arn.account),
                None => self.by_name.get(&(kind, region, id.strip_prefix("key/")?)).copied(),
            },
            _ => None,
        }
    }

    fn by_arn(&self, kind: Kind, arn: &str) -> Option<&'a Arc<Identity>> {
        self.index.snapshot.resources.identity(kind, self.index.position(kind, arn)?)
    }
}

fn place(kind: Kind, region: &str) -> &str {
    match kind {
        Kind::Bucket | Kind::IamRole | Kind::IamUser | Kind::IamGroup | Kind::IamPolicy => "",
        _ => region,
    }
}

/// Whether an ARN ends in the hyphen and six characters that Secrets Manager adds.
fn is_suffixed(arn: &str) -> bool {
    arn.rsplit_once('-').is_some_and(|(_, tail)| tail.len() == 6 && tail.bytes().all(|byte| byte.is_ascii_alphanumeric()))
}
