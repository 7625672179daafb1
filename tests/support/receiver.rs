//! A real HTTP server on this machine, for what is POSTed to it.

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// One request.
pub(crate) struct Posted {
    /// By name in lower case.
    pub headers: BTreeMap<String, String>,
    pub body: String,
}

/// What is answered: a status, and more headers as lines.
pub(crate) type Answer = (u16, &'static str);

type Handler = Arc<Mutex<dyn FnMut(Posted) -> Answer + Send>>;

/// Answers every POST as the handler says, until the process ends.
pub(crate) fn start(handler: impl FnMut(Posted) -> Answer + Send + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    let handler: Handler = Arc::new(Mutex::new(handler));
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let handler = handler.clone();
            std::thread::spawn(move || serve(stream, &handler));
        }
    });
    address
}

/// Serves one connection; `None` where it ends.
fn serve(mut stream: TcpStream, handler: &Handler) -> Option<()> {
    let mut seen = Vec::new();
    let read = |seen: &mut Vec<u8>, stream: &mut TcpStream| {
        let mut buffer = [0; 4096];
        let count = stream.read(&mut buffer).ok().filter(|count| *count > 0)?;
        seen.extend_from_slice(&buffer[..count]);
        Some(())
    };
    loop {
        let end = loop {
            match seen.windows(4).position(|window| window == b"\r\n\r\n") {
                Some(at) => break at + 4,
                None => read(&mut seen, &mut stream)?,
            }
        };
        let head = String::from_utf8_lossy(&seen[..end]).into_owned();
        let headers: BTreeMap<String, String> =
            head.lines().filter_map(|line| line.split_once(": ")).map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned())).collect();
        let length: usize = headers.get("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
        while seen.len() < end + length {
            read(&mut seen, &mut stream)?;
        }
        let body = String::from_utf8_lossy(&seen[end..end + length]).into_owned();
        seen.drain(..end + length);
        let (status, more) = handler.lock().expect("no test panics in it")(Posted { headers, body });
        stream.write_all(format!("HTTP/1.1 {status} X\r\n{more}Content-Length: 0\r\n\r\n").as_bytes()).ok()?;
    }
}
