//! What others build on: public formats, ids, frozen bytes, older files, and the shape of the house.

mod diff;
#[path = "../../src/report/example.rs"]
mod example;
mod feed_mappings;
mod formats;
mod frozen;
mod generated;
mod identity;
mod layers;
mod older;
mod sarif;
#[path = "../support/mod.rs"]
mod support;

use pci_audit::report::view;
