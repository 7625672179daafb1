//! What could not be seen, as a report says it.

use std::collections::BTreeSet;

use super::view::Unseen;
use crate::evidence::{Index, Missing};
use crate::model::calls;

/// What could not be seen, with the call that would have shown it.
pub(super) fn unseen(index: &Index<'_>, missing: &[Missing]) -> Vec<Unseen> {
    let mut all = BTreeSet::new();
    for missing in missing {
        let what = match missing {
            Missing::Field(at) => format!("{} of {} {}", at.field, at.kind, at.resource.name),
            other => other.to_string(),
        };
        let gaps = index.explain(missing);
        if gaps.is_empty() {
            all.insert(Unseen { what: what.clone(), call: None, code: None, permission: None });
        }
        for gap in gaps {
            let permission = calls::call(&gap.service, &gap.operation).map(|call| call.iam_action.to_owned());
            all.insert(Unseen {
                what: what.clone(),
                call: Some(format!("{}:{}", gap.service, gap.operation)),
                code: Some(gap.code.clone()),
                permission,
            });
        }
    }
    all.into_iter().collect()
}
