//! The lists that people read beside the verdicts → rows of the view: what is connected to the data, who can read it.

use serde_json::Value;

use super::about::reference;
use super::unseen::unseen;
use super::view::{Access, Connection, ListNote, Unlisted, View};
use crate::engine::{List, Listing};
use crate::evidence::{Derived, Index};

/// Adds the rows of every list. Linear in their number.
pub(super) fn add(view: &mut View, index: &Index<'_>, listings: &[Listing]) {
    for listing in listings {
        let (data, list) = (reference(&listing.about), listing.list.name().to_owned());
        let note = |note: &String| ListNote { list: list.clone(), data: data.clone(), note: note.clone() };
        view.list_notes.extend(listing.notes.iter().map(note));
        match &listing.items {
            Derived::Unseen { missing, .. } => {
                view.unlisted.push(Unlisted { list, data, unseen: unseen(index, missing) });
            }
            Derived::Known { value, .. } => {
                for item in value.as_array().into_iter().flatten() {
                    let text = |key: &str| item.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
                    let yes = |key: &str| match item.get(key).and_then(Value::as_str) {
                        Some("yes") => Some(true),
                        Some("no") => Some(false),
                        _ => None,
                    };
                    let data = data.clone();
                    match listing.list {
                        List::Connected => view.connected.push(Connection {
                            data,
                            interface: text("interface"),
                            port: text("port"),
                            system: text("system"),
                            kind: text("kind"),
                            way: text("way"),
                            public: yes("public"),
                            path: text("path"),
                        }),
                        List::Access => view.access.push(Access {
                            data,
                            principal: text("principal"),
                            right: text("right"),
                            kind: text("kind"),
                            person: yes("person"),
                            declared: yes("declared") == Some(true),
                            way: text("way"),
                            path: text("path"),
                            condition: text("condition"),
                        }),
                    }
                }
            }
        }
    }
}
