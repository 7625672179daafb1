//! What colours mean. A colour never says what the words beside it do not.

use anstyle::{AnsiColor, Style};

use crate::report::view::{Hint, Severity, Verdict};

/// Running text.
pub(crate) const PLAIN: Style = Style::new();
/// Headings, and the names of resources.
pub(crate) const STRONG: Style = Style::new().bold();
/// What the eye may skip: rules between sections, ids, provenance.
pub(crate) const FAINT: Style = Style::new().dimmed();
/// What could not be read.
pub(crate) const UNREAD: Style = AnsiColor::Magenta.on_default().bold();
/// Questions.
pub(crate) const ASK: Style = AnsiColor::Cyan.on_default();
/// Passes.
pub(crate) const GOOD: Style = AnsiColor::Green.on_default();
/// Failures.
pub(crate) const BAD: Style = AnsiColor::Red.on_default().bold();

/// Of a severity.
pub(crate) const fn severity(severity: Severity) -> Style {
    match severity {
        Severity::Critical => AnsiColor::BrightRed.on_default().bold(),
        Severity::High => AnsiColor::Red.on_default(),
        Severity::Medium => AnsiColor::Yellow.on_default(),
        Severity::Low => AnsiColor::Cyan.on_default(),
        Severity::Advisory => FAINT,
    }
}

/// Of a verdict.
pub(crate) const fn verdict(verdict: Verdict) -> Style {
    match verdict {
        Verdict::Fail => BAD,
        Verdict::Unknown => UNREAD,
        Verdict::Manual => ASK,
        Verdict::Pass => GOOD,
        Verdict::NotApplicable => FAINT,
    }
}

/// Of a hint.
pub(crate) const fn hint(hint: Hint) -> Style {
    match hint {
        Hint::NotInPlace => BAD,
        Hint::NotRead => UNREAD,
        Hint::Ask => ASK,
        Hint::PartlySupported | Hint::Attested | Hint::Supported => GOOD,
        Hint::NoSuchResource => FAINT,
    }
}

/// The sign of a verdict, one column wide.
pub(crate) const fn sign(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Fail => "✗",
        Verdict::Unknown => "?",
        Verdict::Manual => "M",
        Verdict::Pass => "✓",
        Verdict::NotApplicable => "–",
    }
}
