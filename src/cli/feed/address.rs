//! Where events are sent: an address that may be used, and headers that are never shown.

use std::fmt;
use std::path::Path;

use anyhow::Context as _;
use ureq::http::{HeaderName, HeaderValue, Uri};

/// An address, and what to tell it beside the event.
pub(crate) struct Address {
    /// The address.
    pub uri: Uri,
    /// Headers; they hold credentials.
    pub headers: Vec<(HeaderName, HeaderValue)>,
}

// By hand: headers hold credentials, and the path and the query of a webhook are one.
impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.uri.scheme_str().unwrap_or_default(), self.uri.authority().map_or("", |authority| authority.as_str()))
    }
}

impl Address {
    /// From a URL and the headers of the environment or of a file.
    ///
    /// # Errors
    /// Where events would go over the network in clear text, a credential stands in the address, or a header is none. No message shows a header.
    pub(crate) fn parse(url: &str, environment: Option<String>, file: Option<&Path>) -> anyhow::Result<Self> {
        // Never the URL itself: it may hold a credential.
        let uri: Uri = url.parse().ok().context("--feed-url is no URL")?;
        let authority = uri.authority().context("--feed-url needs a host, such as https://tickets.example/hook")?;
        anyhow::ensure!(!authority.as_str().contains('@'), "--feed-url holds a user or a password: put it into a header, in --feed-header-file");
        let host = authority.host();
        let loopback = host == "localhost" || host.trim_matches(['[', ']']).parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback());
        match uri.scheme_str() {
            Some("https") if !cfg!(feature = "tls") => {
                anyhow::bail!("this build has no TLS: build pci-audit with its default features to send to https")
            }
            Some("https") => {}
            Some("http") if loopback => {}
            Some("http") => anyhow::bail!("--feed-url: findings do not go over the network in clear text: use https ({host} is not this machine)"),
            _ => anyhow::bail!("--feed-url: only https is spoken, and http to this machine"),
        }
        let (text, from) = match (environment, file) {
            (Some(text), _) => (text, "PCI_AUDIT_FEED_HEADER".to_owned()),
            (None, Some(file)) => {
                (crate::text_file::read(file).with_context(|| format!("cannot read {}", file.display()))?, file.display().to_string())
            }
            (None, None) => (String::new(), String::new()),
        };
        let header = |(number, line): (usize, &str)| {
            let parsed = line.split_once(':').and_then(|(name, value)| {
                let mut value = HeaderValue::from_str(value.trim()).ok()?;
                value.set_sensitive(true);
                Some((HeaderName::from_bytes(name.trim().as_bytes()).ok()?, value))
            });
            parsed.with_context(|| format!("{from}, line {}: not a header such as `Authorization: Bearer …`", number + 1))
        };
        let headers = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()).map(header).collect::<anyhow::Result<_>>()?;
        Ok(Self { uri, headers })
    }
}
