//! What travels: a protocol and ports, one way and back.
//!
//! A client picks its own port; network ACLs see it on the way back (VPC guide, "Ephemeral ports": by default from 1024-65535, and nobody is bound to it).

use crate::model::network::{AclEntry, Permission};

/// A transport protocol that has ports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Protocol {
    /// TCP.
    Tcp,
    /// UDP.
    Udp,
}

impl Protocol {
    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Tcp => "tcp",
            Self::Udp => "udp",
        }
    }

    fn is(self, text: &str) -> bool {
        let (name, number) = match self {
            Self::Tcp => ("tcp", "6"),
            Self::Udp => ("udp", "17"),
        };
        text == name || text == number
    }
}

/// First and last port.
pub type Span = (u16, u16);

/// The ports that a client may use for itself: whoever attacks picks the one that gets through.
pub(super) const CLIENT: Span = (1, u16::MAX);
/// Those that clients use unless somebody picks another.
pub(super) const EPHEMERAL: Span = (1024, u16::MAX);

/// Clamps what AWS says to a span of ports; `None` where it says nothing sensible.
fn span(first: i64, last: i64) -> Option<Span> {
    let (first, last) = (first.max(0), last.min(u16::MAX.into()));
    Some((u16::try_from(first).ok()?, u16::try_from(last).ok()?)).filter(|(first, last)| first <= last)
}

/// The ports that a permission of a security group opens for a protocol; `None` where it opens none.
pub(super) fn opened(permission: &Permission, protocol: Protocol) -> Option<Span> {
    match permission.protocol.as_str() {
        "-1" | "all" => Some((0, u16::MAX)),
        text if protocol.is(text) => match (permission.from_port, permission.to_port) {
            (None | Some(-1), _) => Some((0, u16::MAX)),
            (Some(first), last) => span(first, last.unwrap_or(u16::MAX.into())),
        },
        _ => None,
    }
}

/// The ports that an entry of a network ACL is about; `None` where it is about another protocol.
pub(super) fn matched(entry: &AclEntry, protocol: Protocol) -> Option<Span> {
    match entry.protocol.as_str() {
        "-1" => Some((0, u16::MAX)),
        text if protocol.is(text) => match (entry.from_port, entry.to_port) {
            (None, _) => Some((0, u16::MAX)),
            (Some(first), last) => span(first, last.unwrap_or(u16::MAX.into())),
        },
        _ => None,
    }
}

/// Cuts a span where others begin or end: within a piece, all of them say the same. Ascending.
pub fn pieces(of: Span, cuts: impl IntoIterator<Item = Span>) -> Vec<Span> {
    let mut starts = vec![of.0];
    for (first, last) in cuts {
        starts.push(first);
        starts.extend(last.checked_add(1));
    }
    starts.retain(|start| (of.0..=of.1).contains(start));
    starts.sort_unstable();
    starts.dedup();
    let ends = starts.iter().skip(1).map(|next| next - 1).chain([of.1]);
    starts.iter().copied().zip(ends).collect()
}

/// A span of a protocol's ports in words: `tcp 22`, `udp, all ports`.
pub(crate) fn span_in_words(protocol: Protocol, span: Span) -> String {
    if span == (0, u16::MAX) { format!("{}, all ports", protocol.name()) } else { format!("{} {}", protocol.name(), words(span)) }
}

/// A span in words.
pub(super) fn words((first, last): Span) -> String {
    match (first, last) {
        (0, u16::MAX) => "all ports".to_owned(),
        (first, last) if first == last => first.to_string(),
        (first, last) => format!("{first}-{last}"),
    }
}
