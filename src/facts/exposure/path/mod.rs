//! Paths: whether a connection from one place to another can be opened, leg by leg, both ways, and which rule decides each leg.
//!
//! Two ends and a port → an [`Answer`]. Every leg is a set of addresses that get through it (known, possible, unseen), and a path is what its legs have in
//! common, so "reachable from the internet" means that some public address and some client port get a packet in and the reply out.

pub mod acl;
mod answer;
mod ask;
pub mod between;
mod fronts;
mod ground;
pub mod groups;
mod interface;
pub mod internet;
mod legs;
mod next_hop;
mod opened;
pub mod outside;
pub mod over;
mod packet;
pub mod peering;
mod route;
mod stand;
mod transit;
pub mod via;
mod vicinity;
mod walk;

pub use answer::{Answer, Leg};
pub use ask::{Origin, Reach, ask, interfaces, whoever};
pub use fronts::ACCELERATOR;
pub use ground::{Ground, Network};
pub use interface::{is_nat_gateway, subnet_of};
pub use legs::Port;
pub use next_hop::NextHop;
pub(super) use packet::span_in_words;
pub use packet::{Protocol, Span, pieces};
pub use stand::{Guard, Stand, blocks};
pub use vicinity::{leads_to, meant};
