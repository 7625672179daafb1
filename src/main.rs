//! The `pci-audit` command.

fn main() -> std::process::ExitCode {
    pci_audit::cli::main()
}
