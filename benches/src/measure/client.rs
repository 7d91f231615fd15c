//! A client that costs next to nothing: it shares the machine with the server that is measured.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use crate::figures::Latencies;

/// Connections that ask at once.
pub(crate) const CONNECTIONS: usize = 8;

/// What to ask for.
pub(crate) struct Request {
    pub(crate) method: &'static str,
    pub(crate) path: String,
    pub(crate) body: String,
}

/// One connection that is kept.
pub(crate) struct Connection {
    stream: BufReader<TcpStream>,
    token: String,
    body: Vec<u8>,
}

impl Connection {
    pub(crate) fn open(server: SocketAddr, token: &str) -> std::io::Result<Self> {
        let stream = TcpStream::connect(server)?;
        stream.set_nodelay(true)?;
        Ok(Self { stream: BufReader::new(stream), token: token.to_owned(), body: Vec::new() })
    }

    /// Sends a request and reads the whole answer: status and body.
    pub(crate) fn ask(&mut self, request: &Request) -> std::io::Result<(u16, &[u8])> {
        let Request { method, path, body } = request;
        let head = format!(
            "{method} /api/v1{path} HTTP/1.1\r\nHost: desk\r\nAuthorization: Bearer {}\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            self.token,
            body.len()
        );
        self.stream.get_mut().write_all(head.as_bytes())?;
        let (mut status, mut length) = (0, 0);
        let mut line = String::new();
        loop {
            line.clear();
            self.stream.read_line(&mut line)?;
            let trimmed = line.trim_end();
            if trimmed.is_empty() {
                break;
            }
            if let Some(rest) = trimmed.strip_prefix("HTTP/1.1 ") {
                status = rest.split(' ').next().and_then(|code| code.parse().ok()).unwrap_or(0);
            } else if let Some((name, value)) = trimmed.split_once(':')
                && name.eq_ignore_ascii_case("content-length")
            {
                length = value.trim().parse().unwrap_or(0);
            }
        }
        self.body.resize(length, 0);
        self.stream.read_exact(&mut self.body)?;
        Ok((status, &self.body))
    }
}

/// Returns the first value of a key in an answer, as far as it is a plain string.
pub(crate) fn value_of(body: &[u8], key: &str) -> Option<String> {
    let text = std::str::from_utf8(body).ok()?;
    let (_, rest) = text.split_once(&format!("\"{key}\":\""))?;
    rest.split_once('"').map(|(value, _)| value.to_owned())
}

/// How a load went.
pub(crate) struct Load {
    pub(crate) rate: f64,
    pub(crate) times: Latencies,
    /// Ids in the answers.
    pub(crate) ids: Vec<String>,
}

/// Asks on all connections for some seconds, each the next as soon as it has an answer. Every answer must be `good`.
pub(crate) fn load(
    server: SocketAddr,
    token: &str,
    seconds: u64,
    good: u16,
    next: impl Fn(usize) -> Request + Sync,
) -> Load {
    let begun = Instant::now();
    let until = begun + Duration::from_secs(seconds);
    let results: Vec<(Vec<Duration>, Vec<String>)> = std::thread::scope(|threads| {
        let connections: Vec<_> = (0..CONNECTIONS)
            .map(|number| {
                let next = &next;
                threads.spawn(move || {
                    let mut connection = Connection::open(server, token).unwrap();
                    let (mut times, mut ids) = (Vec::new(), Vec::new());
                    for at in (number..).step_by(CONNECTIONS) {
                        let request = next(at);
                        let begun = Instant::now();
                        if begun >= until {
                            break;
                        }
                        let (status, body) = connection.ask(&request).unwrap();
                        times.push(begun.elapsed());
                        assert_eq!(status, good, "{}", String::from_utf8_lossy(body));
                        if good == 201 {
                            ids.extend(value_of(body, "id"));
                        }
                    }
                    (times, ids)
                })
            })
            .collect();
        connections.into_iter().map(|connection| connection.join().unwrap()).collect()
    });
    let seconds = begun.elapsed().as_secs_f64();
    let (times, ids): (Vec<_>, Vec<_>) = results.into_iter().unzip();
    let times: Vec<Duration> = times.into_iter().flatten().collect();
    Load {
        rate: times.len() as f64 / seconds,
        times: Latencies::of(times),
        ids: ids.into_iter().flatten().collect(),
    }
}
