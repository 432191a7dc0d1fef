//! An RTSP server that says what it is told to and sends no picture: for answers that a real one gives
//! only on a bad day.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// An answer: status line behind the version, further header lines, body.
#[derive(Debug, Clone, Default)]
pub(crate) struct Answer {
    pub(crate) status: String,
    pub(crate) headers: Vec<String>,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn of(status: &str) -> Self {
        Self {
            status: status.to_owned(),
            ..Self::default()
        }
    }

    pub(crate) fn with(mut self, header: impl Into<String>) -> Self {
        self.headers.push(header.into());
        self
    }

    /// One H.264 stream.
    pub(crate) fn video() -> Self {
        let body = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\nm=video 0 RTP/AVP 96\r\n\
            c=IN IP4 0.0.0.0\r\na=rtpmap:96 H264/90000\r\na=control:track1\r\n";
        Self {
            status: "200 OK".to_owned(),
            headers: vec!["Content-Type: application/sdp".to_owned()],
            body: body.to_owned(),
        }
    }
}

/// The server; its threads end with the test's process.
pub(crate) struct ScriptedRtsp {
    port: u16,
    requests: Arc<Mutex<Vec<String>>>,
}

impl ScriptedRtsp {
    /// Answers each request, which comes with its headers, by `script`.
    pub(crate) fn start(script: impl Fn(&str) -> Answer + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let heard = Arc::clone(&requests);
        let script = Arc::new(script);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (heard, script) = (Arc::clone(&heard), Arc::clone(&script));
                std::thread::spawn(move || serve(stream, &heard, &*script));
            }
        });
        Self { port, requests }
    }

    pub(crate) fn url(&self) -> String {
        format!("rtsp://127.0.0.1:{}/live", self.port)
    }

    /// What it was asked so far: method, URL and headers of each.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }
}

fn serve(stream: TcpStream, heard: &Mutex<Vec<String>>, script: &dyn Fn(&str) -> Answer) {
    let mut lines = BufReader::new(stream.try_clone().unwrap());
    let mut answers = stream;
    loop {
        let mut request = String::new();
        loop {
            let mut line = String::new();
            match lines.read_line(&mut line) {
                Ok(0) | Err(_) => return,
                Ok(_) if line.trim().is_empty() => break,
                Ok(_) => request.push_str(&line),
            }
        }
        heard.lock().unwrap().push(request.clone());
        let of_header = |name: &str| {
            let line = request.lines().find(|line| line.starts_with(name));
            line.unwrap_or_default().to_owned()
        };
        let Answer {
            status,
            headers,
            body,
        } = match request.starts_with("OPTIONS") {
            true => Answer::of("200 OK").with("Public: DESCRIBE, SETUP, PLAY, TEARDOWN"),
            false => script(&request),
        };
        let mut answer = format!("RTSP/1.0 {status}\r\n{}\r\n", of_header("CSeq"));
        for header in headers {
            answer.push_str(&format!("{header}\r\n"));
        }
        answer.push_str(&format!("Content-Length: {}\r\n\r\n{body}", body.len()));
        if answers.write_all(answer.as_bytes()).is_err() {
            return;
        }
    }
}
