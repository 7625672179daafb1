//! The answer about a path: reachable, not, or not known, with every leg in order and the rule that decided it.

use super::cidr::Addresses;
use super::leg_kind::LegKind;
use crate::evidence::{Derived, FieldRef, Missing};

/// One leg of a path.
#[derive(Debug, Clone)]
pub struct Leg {
    /// What it is.
    pub kind: LegKind,
    /// The resource that decides.
    pub resource: String,
    /// Its rule, in words.
    pub rule: String,
    /// Whether it is open; `None` is not known. Behind a leg that is shut: whether it would be.
    pub open: Option<bool>,
    /// The observed fields it rests on.
    pub from: Vec<FieldRef>,
    /// What would tell.
    pub missing: Vec<Missing>,
}

impl Leg {
    /// `route: rtb-1 sends 0.0.0.0/0 to igw-1`.
    pub fn words(&self) -> String {
        format!("{}: {} {}", self.kind.words(), self.resource, self.rule).trim_end().to_owned()
    }
}

/// The answer.
#[derive(Debug, Clone)]
pub struct Answer {
    /// Whether a packet and its reply get through.
    pub open: Derived<bool>,
    /// Every leg in order.
    pub legs: Vec<Leg>,
    /// The sender's addresses that get through, or may.
    pub source: Addresses,
    /// The receiver's addresses that they get to, or may.
    pub target: Addresses,
    /// A client port at which the reply comes back, where one does.
    pub client_port: u16,
}

impl Answer {
    /// `reachable`, `not reachable` or `unknown`.
    pub fn word(&self) -> &'static str {
        match self.open.value() {
            Some(true) => "reachable",
            Some(false) => "not reachable",
            None => "unknown",
        }
    }

    /// How far it gets: of several paths the one that gets furthest is the answer.
    pub fn rank(&self) -> (u8, usize) {
        let rank = match self.open.value() {
            Some(true) => 2,
            None => 1,
            Some(false) => 0,
        };
        (rank, self.legs.iter().take_while(|leg| leg.open != Some(false)).count())
    }
}
