//! The `pci-audit` command.
fn main() {}
