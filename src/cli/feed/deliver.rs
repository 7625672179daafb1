//! Letters → POSTs, at least once each, in order: with patience for a receiver that is down, and none for one that refuses.
//!
//! | answer | what follows |
//! |---|---|
//! | 2xx | sent |
//! | 5xx, 408, 429, no answer in time, no connection | tried again, later each time (`Retry-After` is minded); then all the rest waits for the next run |
//! | 400, 409, 413, 422 and the like: this event is refused | it waits, with later events of its ticket; the others are sent |
//! | 3xx, 401, 403, 404, 405, 407, 410: address or credentials are wrong | all the rest waits |

use std::collections::HashSet;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::time::{Duration, Instant};

use ureq::Agent;

use super::address::Address;
use super::outbox::Letter;

/// How long is waited for what.
#[derive(Debug, Clone, Copy)]
pub(super) struct Patience {
    /// For one answer.
    pub request: Duration,
    /// How often one event is tried.
    pub attempts: u32,
    /// Before the second attempt; twice as long before each further one.
    pub pause: Duration,
    /// The longest pause.
    pub longest: Duration,
    /// For everything.
    pub all: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        let seconds = Duration::from_secs;
        Self { request: seconds(15), attempts: 5, pause: Duration::from_millis(500), longest: seconds(30), all: seconds(300) }
    }
}

/// What became of the letters.
#[derive(Debug)]
pub(super) struct Delivered {
    /// How many were taken.
    pub sent: usize,
    /// Those that were not, in order.
    pub kept: Vec<Letter>,
    /// Why, a line each.
    pub troubles: Vec<String>,
}

enum Answer {
    Taken,
    /// Perhaps later; after so long, if it said so.
    Later(String, Option<Duration>),
    /// Not this one.
    Refused(u16),
    /// None of them.
    Wrong(u16),
}

/// Sends letters in their order, those of one ticket never out of it.
pub(super) fn deliver(address: &Address, patience: &Patience, letters: Vec<Letter>) -> Delivered {
    let (begun, agent) = (Instant::now(), agent(address, patience));
    let mut delivered = Delivered { sent: 0, kept: Vec::new(), troubles: Vec::new() };
    let mut blocked: HashSet<String> = HashSet::new();
    let mut letters = letters.into_iter();
    while let Some(letter) = letters.next() {
        if blocked.contains(&letter.ticket_key) {
            delivered.kept.push(letter);
            continue;
        }
        let stopped = match persist(&agent, address, patience, begun, &letter) {
            Answer::Taken => {
                delivered.sent += 1;
                continue;
            }
            Answer::Refused(status) => {
                delivered.troubles.push(format!("{address} refused event {} of ticket {} with {status}", letter.id, letter.ticket_key));
                blocked.insert(letter.ticket_key.clone());
                delivered.kept.push(letter);
                continue;
            }
            Answer::Wrong(status) => format!("{address} answered {status}: the address or the credentials are not right"),
            Answer::Later(why, _) => format!("{address}: {why}"),
        };
        delivered.troubles.push(stopped);
        delivered.kept.push(letter);
        delivered.kept.extend(letters.by_ref());
    }
    delivered
}

/// One letter, until it is taken or refused, or patience ends.
fn persist(agent: &Agent, address: &Address, patience: &Patience, begun: Instant, letter: &Letter) -> Answer {
    let mut pause = patience.pause;
    let mut attempt = 1;
    loop {
        let left = patience.all.saturating_sub(begun.elapsed());
        if left.is_zero() {
            return Answer::Later(format!("not all was sent within {} seconds", patience.all.as_secs()), None);
        }
        let answer = post(agent, address, patience.request.min(left), letter);
        let Answer::Later(why, asked) = answer else { return answer };
        let left = patience.all.saturating_sub(begun.elapsed());
        let wait = asked.unwrap_or_else(|| jittered(pause));
        if attempt >= patience.attempts || wait >= left {
            return Answer::Later(format!("{why} (attempt {attempt})"), None);
        }
        std::thread::sleep(wait);
        pause = (pause * 2).min(patience.longest);
        attempt += 1;
    }
}

fn post(agent: &Agent, address: &Address, timeout: Duration, letter: &Letter) -> Answer {
    let mut request = agent.post(&address.uri).config().timeout_global(Some(timeout)).build();
    for (name, value) in &address.headers {
        request = request.header(name, value);
    }
    let request = request.header("Content-Type", "application/json").header("Idempotency-Key", &letter.id);
    let mut response = match request.send(letter.line.as_bytes()) {
        Ok(response) => response,
        Err(ureq::Error::Timeout(_)) => return Answer::Later("no answer in time".to_owned(), None),
        Err(ureq::Error::Io(error)) => return Answer::Later(format!("no connection ({error})"), None),
        #[cfg(feature = "tls")]
        Err(ureq::Error::Rustls(error)) => return Answer::Later(format!("TLS: {error}"), None),
        // Others may name the address, which may hold a credential.
        Err(_) => return Answer::Later("no connection, or no HTTP spoken on it".to_owned(), None),
    };
    let status = response.status().as_u16();
    let asked = response.headers().get("retry-after").and_then(|value| value.to_str().ok()).and_then(|text| text.trim().parse().ok());
    // Read to its end, so that the connection can be used again; what it says does not matter.
    let _ = response.body_mut().with_config().limit(64 * 1024).read_to_vec();
    match status {
        200..=299 => Answer::Taken,
        408 | 429 | 500..=599 => Answer::Later(format!("answered {status}"), asked.map(Duration::from_secs)),
        300..=399 | 401 | 403 | 404 | 405 | 407 | 410 => Answer::Wrong(status),
        _ => Answer::Refused(status),
    }
}

fn agent(address: &Address, patience: &Patience) -> Agent {
    let config = Agent::config_builder()
        .http_status_as_error(false)
        // A redirect would carry findings and credentials to an address that nobody configured.
        .max_redirects(0)
        .max_redirects_will_error(false)
        .timeout_connect(Some(patience.request))
        .user_agent(concat!("pci-audit/", env!("CARGO_PKG_VERSION")));
    // This machine is not reached over a proxy.
    let config = if address.uri.scheme_str() == Some("http") { config.proxy(None) } else { config };
    #[cfg(feature = "tls")]
    let config = config.tls_config(tls());
    config.build().into()
}

/// TLS as the collector speaks it: aws-lc, and the certificates that this machine trusts.
#[cfg(feature = "tls")]
fn tls() -> ureq::tls::TlsConfig {
    use ureq::tls::{Certificate, RootCerts, TlsConfig};
    let trusted = rustls_native_certs::load_native_certs().certs;
    let trusted: Vec<Certificate<'static>> = trusted.iter().map(|certificate| Certificate::from_der(certificate).to_owned()).collect();
    TlsConfig::builder()
        .unversioned_rustls_crypto_provider(std::sync::Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
        .root_certs(RootCerts::from(trusted))
        .build()
}

/// Between half of it and all of it, so that many runs do not come back at the same moment.
fn jittered(pause: Duration) -> Duration {
    // The standard library seeds its hashes by chance.
    let chance = RandomState::new().build_hasher().finish() % 1000;
    pause / 2 + pause.mul_f64(chance as f64 / 2000.0)
}
