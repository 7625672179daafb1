use std::collections::VecDeque;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use super::deliver::{Delivered, Patience, deliver};
use super::outbox::{Letter, Outbox};
use super::*;

/// What the receiver does with one request.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Does {
    Answer(u16),
    /// 429, and when to come back.
    Busy(u64),
    Redirect,
    /// Says nothing.
    Hang,
    /// Closes the connection.
    Drop,
}

/// A request, as far as it matters here.
#[derive(Debug, Clone, PartialEq)]
struct Got {
    key: String,
    authorization: String,
    body: String,
}

/// A real HTTP server on this machine: does one thing after another, then answers 200.
struct Receiver {
    address: SocketAddr,
    got: Arc<Mutex<Vec<Got>>>,
}

impl Receiver {
    fn start(does: &[Does]) -> Self {
        Self::on(TcpListener::bind("127.0.0.1:0").unwrap(), does)
    }

    fn on(listener: TcpListener, does: &[Does]) -> Self {
        let address = listener.local_addr().unwrap();
        let got = Arc::new(Mutex::new(Vec::new()));
        let (log, does) = (got.clone(), Arc::new(Mutex::new(VecDeque::from(does.to_vec()))));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (log, does) = (log.clone(), does.clone());
                std::thread::spawn(move || serve(stream.unwrap(), &log, &does));
            }
        });
        Self { address, got }
    }

    fn address(&self) -> Address {
        at(self.address)
    }

    fn keys(&self) -> Vec<String> {
        self.got.lock().unwrap().iter().map(|got| got.key.clone()).collect()
    }
}

fn serve(mut stream: TcpStream, log: &Mutex<Vec<Got>>, does: &Mutex<VecDeque<Does>>) {
    let (mut seen, mut buffer) = (Vec::new(), [0; 4096]);
    loop {
        let end = loop {
            if let Some(at) = seen.windows(4).position(|window| window == b"\r\n\r\n") {
                break at + 4;
            }
            match stream.read(&mut buffer) {
                Ok(read) if read > 0 => seen.extend_from_slice(&buffer[..read]),
                _ => return,
            }
        };
        let head = String::from_utf8(seen[..end].to_vec()).unwrap();
        let header = |name: &str| {
            let line = head.lines().find_map(|line| line.split_once(": ").filter(|(key, _)| key.eq_ignore_ascii_case(name)));
            line.map(|(_, value)| value.to_owned()).unwrap_or_default()
        };
        let length: usize = header("content-length").parse().unwrap();
        while seen.len() < end + length {
            let read = stream.read(&mut buffer).unwrap();
            seen.extend_from_slice(&buffer[..read]);
        }
        let body = String::from_utf8(seen[end..end + length].to_vec()).unwrap();
        seen.drain(..end + length);
        log.lock().unwrap().push(Got { key: header("idempotency-key"), authorization: header("authorization"), body });
        let next = does.lock().unwrap().pop_front().unwrap_or(Does::Answer(200));
        let answer = match next {
            Does::Hang => {
                std::thread::sleep(Duration::from_secs(3));
                return;
            }
            Does::Drop => return,
            Does::Answer(status) => format!("HTTP/1.1 {status} X\r\nContent-Length: 2\r\n\r\nhi"),
            Does::Busy(seconds) => format!("HTTP/1.1 429 X\r\nRetry-After: {seconds}\r\nContent-Length: 0\r\n\r\n"),
            Does::Redirect => "HTTP/1.1 302 X\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n".to_owned(),
        };
        if stream.write_all(answer.as_bytes()).is_err() {
            return;
        }
    }
}

fn at(address: SocketAddr) -> Address {
    Address::parse(&format!("http://{address}/hook?key=hidden"), Some("Authorization: Bearer s3cret".to_owned()), None).unwrap()
}

fn quick() -> Patience {
    let millis = Duration::from_millis;
    Patience { request: millis(300), attempts: 3, pause: millis(20), longest: millis(50), all: Duration::from_secs(20) }
}

/// Letters by number; those of one ticket share a letter of the alphabet.
fn letters(tickets: &str) -> Vec<Letter> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("spool");
    let line = |(number, ticket): (usize, char)| {
        format!(
            "{{\"schema\": \"pci-audit/feed/1\", \"id\": \"{number}\", \"ticket_key\": \"{ticket}\", \"account\": \"1\", \"previous_run\": null}}\n"
        )
    };
    std::fs::write(&path, tickets.chars().enumerate().map(line).collect::<String>()).unwrap();
    Outbox::open(&path, quick().all).unwrap().take()
}

fn ids(letters: &[Letter]) -> Vec<&str> {
    letters.iter().map(|letter| letter.id.as_str()).collect()
}

fn sent(receiver: &Receiver, tickets: &str) -> Delivered {
    deliver(&receiver.address(), &quick(), letters(tickets))
}

#[test]
fn events_arrive_in_order_with_their_ids_and_headers() {
    let receiver = Receiver::start(&[]);
    let done = sent(&receiver, "aba");
    assert_eq!((done.sent, done.kept.len(), done.troubles.len()), (3, 0, 0));
    let got = receiver.got.lock().unwrap();
    assert_eq!(got.iter().map(|got| got.key.as_str()).collect::<Vec<_>>(), ["0", "1", "2"]);
    assert!(got.iter().all(|got| got.authorization == "Bearer s3cret" && got.body.contains("pci-audit/feed/1")));
}

#[test]
fn what_fails_for_a_while_is_tried_again_under_the_same_id() {
    for does in [Does::Answer(500), Does::Answer(503), Does::Answer(408), Does::Answer(429), Does::Drop, Does::Hang] {
        let receiver = Receiver::start(&[does]);
        let done = sent(&receiver, "ab");
        assert_eq!((done.sent, done.kept.len()), (2, 0), "{does:?}: {:?}", done.troubles);
        assert_eq!(receiver.keys(), ["0", "0", "1"], "{does:?}");
    }
}

#[test]
fn a_receiver_that_says_when_is_asked_then() {
    let receiver = Receiver::start(&[Does::Busy(1)]);
    let begun = Instant::now();
    assert_eq!(sent(&receiver, "a").sent, 1);
    assert!(begun.elapsed() >= Duration::from_secs(1));
}

#[test]
fn a_receiver_that_stays_away_keeps_everything_in_order_for_next_time() {
    for does in [Does::Answer(502), Does::Drop, Does::Hang] {
        let receiver = Receiver::start(&[Does::Answer(200), does, does, does]);
        let done = sent(&receiver, "abc");
        assert_eq!((done.sent, ids(&done.kept)), (1, vec!["1", "2"]), "{does:?}");
        assert_eq!(done.troubles.len(), 1);
        let again = deliver(&receiver.address(), &quick(), done.kept);
        assert_eq!(again.sent, 2);
        assert_eq!(receiver.keys(), ["0", "1", "1", "1", "1", "2"]);
    }
}

#[test]
fn a_receiver_that_is_restarted_gets_the_rest() {
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let down = deliver(&at(address), &quick(), letters("ab"));
    assert_eq!((down.sent, ids(&down.kept)), (0, vec!["0", "1"]));
    assert!(down.troubles[0].contains("no connection"), "{:?}", down.troubles);
    let starting = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(100));
        Receiver::on(TcpListener::bind(address).unwrap(), &[])
    });
    let patient = Patience { attempts: 40, ..quick() };
    assert_eq!(deliver(&at(address), &patient, down.kept).sent, 2);
    assert_eq!(starting.join().unwrap().keys(), ["0", "1"]);
}

#[test]
fn an_event_that_is_refused_holds_up_its_own_ticket_alone() {
    let receiver = Receiver::start(&[Does::Answer(422)]);
    let done = sent(&receiver, "abac");
    assert_eq!((done.sent, ids(&done.kept)), (2, vec!["0", "2"]));
    assert_eq!(receiver.keys(), ["0", "1", "3"], "once, and not the later event of its ticket");
    assert!(done.troubles[0].contains("422") && done.troubles[0].contains("ticket a"), "{:?}", done.troubles);
}

#[test]
fn wrong_credentials_or_a_redirect_stop_at_once_and_nothing_secret_is_said() {
    for does in [Does::Answer(401), Does::Answer(403), Does::Answer(404), Does::Redirect] {
        let receiver = Receiver::start(&[does]);
        let done = sent(&receiver, "ab");
        assert_eq!((done.sent, done.kept.len(), receiver.keys().len()), (0, 2, 1), "{does:?}");
        assert!(!done.troubles[0].contains("s3cret") && !done.troubles[0].contains("hidden"), "{:?}", done.troubles);
    }
}

#[test]
fn sending_ends_in_time() {
    let receiver = Receiver::start(&[Does::Hang; 50]);
    let begun = Instant::now();
    let patience = Patience { attempts: 50, all: Duration::from_secs(1), ..quick() };
    let done = deliver(&receiver.address(), &patience, letters("abc"));
    assert_eq!(done.kept.len(), 3);
    assert!(begun.elapsed() < Duration::from_secs(3), "{:?}", begun.elapsed());
}

#[test]
fn findings_and_credentials_stay_off_clear_networks_and_out_of_messages() {
    let parse = |url: &str, header: Option<&str>| Address::parse(url, header.map(str::to_owned), None).map(|address| format!("{address:?}"));
    for (url, says) in [
        ("http://tickets.example/hook?key=s3cret", "clear text"),
        ("http://10.0.0.1/", "clear text"),
        ("ftp://tickets.example/", "only https"),
        ("https://me:s3cret@tickets.example/", "a user or a password"),
        ("no url, s3cret", "no URL"),
    ] {
        let error = parse(url, None).unwrap_err().to_string();
        assert!((error.contains(says) || !cfg!(feature = "tls")) && !error.contains("s3cret"), "{error}");
    }
    for url in ["http://localhost:1/x", "http://127.0.0.1:1/x", "http://[::1]:1/x"] {
        assert!(parse(url, Some("X-Token: s3cret\n\nX-Other: y")).is_ok_and(|shown| !shown.contains("s3cret")));
    }
    assert_eq!(parse("https://tickets.example/", None).is_ok(), cfg!(feature = "tls"));
    let error = parse("http://localhost/", Some("X: y\ns3cret")).unwrap_err().to_string();
    assert!(error.contains("PCI_AUDIT_FEED_HEADER, line 2") && !error.contains("s3cret"), "{error}");
}

#[test]
fn a_spool_is_private_and_never_thrown_away_unread() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("spool");
    let mut outbox = Outbox::open(&path, quick().all).unwrap();
    outbox.put(letters("ab"));
    outbox.save().unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }
    drop(outbox);
    let mut outbox = Outbox::open(&path, quick().all).unwrap();
    let letters = outbox.take();
    assert_eq!(ids(&letters), ["0", "1"]);
    outbox.save().unwrap();
    drop(outbox);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "nothing waits, and no lock is left");
    std::fs::write(&path, "{}\n").unwrap();
    let error = format!("{:#}", Outbox::open(&path, quick().all).unwrap_err());
    assert!(error.contains(":1 is no event"), "{error}");
    assert!(Outbox::open(Path::new("/proc/self/mem"), quick().all).is_err());
}

#[test]
fn one_run_at_a_time_has_the_spool() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("spool");
    let first = Outbox::open(&path, quick().all).unwrap();
    let error = Outbox::open(&path, Duration::from_millis(120)).unwrap_err().to_string();
    assert!(error.contains("another run"), "{error}");
    let other = path.clone();
    let waiting =
        std::thread::spawn(move || ids(&Outbox::open(&other, quick().all).unwrap().take()).into_iter().map(str::to_owned).collect::<Vec<_>>());
    std::thread::sleep(Duration::from_millis(100));
    let mut first = first;
    first.put(letters("ab"));
    first.save().unwrap();
    drop(first);
    assert_eq!(waiting.join().unwrap(), ["0", "1"], "what the first left is there");
}
