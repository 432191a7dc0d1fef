//! A camera's motors that are not there: a small ONVIF device service, as far as the agent asks it, on a port of
//! its own. It turns when it is told, keeps silent when it is told, and lets in one user alone, by a digest that
//! it computes with another library than the agent's.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::Context as _;
use jiff::{SignedDuration, Timestamp};
use sha1::{Digest as _, Sha1};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// How far off the time of a token may be, as cameras have it.
const TOKEN_AGE: Duration = Duration::from_secs(30);

/// A camera that turns.
#[derive(Debug)]
pub struct OnvifSimulator {
    port: u16,
    shared: Arc<Mutex<Motors>>,
    task: JoinHandle<()>,
}

#[derive(Debug)]
struct Motors {
    user: String,
    password: String,
    position: [f64; 3],
    motion: Motion,
    clock_ahead: SignedDuration,
    nonces: HashSet<String>,
    refused: u32,
    told: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Motion {
    Idle,
    Moving,
    /// It does not answer.
    Away,
}

impl OnvifSimulator {
    /// A camera that stands at 0, 0, 0 and whose clock is ahead of everybody's.
    ///
    /// # Errors
    /// Where no port is free.
    pub async fn start(
        user: &str,
        password: &str,
        clock_ahead: SignedDuration,
    ) -> anyhow::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")
            .await
            .context("a port for ONVIF")?;
        let port = listener.local_addr()?.port();
        let shared = Arc::new(Mutex::new(Motors {
            user: user.to_owned(),
            password: password.to_owned(),
            position: [0.0; 3],
            motion: Motion::Idle,
            clock_ahead,
            nonces: HashSet::new(),
            refused: 0,
            told: 0,
        }));
        let task = tokio::spawn(serve(listener, Arc::clone(&shared)));
        Ok(Self { port, shared, task })
    }

    /// The address of its device service.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}/onvif/device_service", self.port)
    }

    /// From now on it stands there.
    pub fn stand_at(&self, pan: f64, tilt: f64, zoom: f64) {
        let mut motors = lock(&self.shared);
        (motors.position, motors.motion) = ([pan, tilt, zoom], Motion::Idle);
    }

    /// From now on it turns.
    pub fn turn(&self) {
        lock(&self.shared).motion = Motion::Moving;
    }

    /// From now on it does not answer.
    pub fn fall_silent(&self) {
        lock(&self.shared).motion = Motion::Away;
    }

    /// Requests that it refused: another user or password, a token of another time, or one that came before.
    #[must_use]
    pub fn refused(&self) -> u32 {
        lock(&self.shared).refused
    }

    /// How often it told where it stands.
    #[must_use]
    pub fn told(&self) -> u32 {
        lock(&self.shared).told
    }
}

impl Drop for OnvifSimulator {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn lock(shared: &Mutex<Motors>) -> MutexGuard<'_, Motors> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn serve(listener: TcpListener, shared: Arc<Mutex<Motors>>) {
    while let Ok((stream, _)) = listener.accept().await {
        let shared = Arc::clone(&shared);
        tokio::spawn(async move {
            // A client that hangs up has its reasons.
            let _ = answer(stream, &shared).await;
        });
    }
}

/// One request, one answer, and the connection is closed.
async fn answer(mut stream: TcpStream, shared: &Mutex<Motors>) -> anyhow::Result<()> {
    let body = read_body(&mut stream).await?;
    let Some((status, text)) = lock(shared).reply(&body) else {
        return Ok(());
    };
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: application/soap+xml; charset=utf-8\r\nContent-Length: {}\r\n\
         Connection: close\r\n\r\n",
        text.len()
    );
    stream.write_all(head.as_bytes()).await?;
    stream.write_all(text.as_bytes()).await?;
    Ok(stream.shutdown().await?)
}

async fn read_body(stream: &mut TcpStream) -> anyhow::Result<String> {
    let mut bytes = Vec::new();
    let mut buffer = [0_u8; 4096];
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| {
                let (name, value) = line.split_once(':')?;
                let is_length = name.eq_ignore_ascii_case("content-length");
                is_length.then(|| value.trim().parse::<usize>().ok())?
            });
            if body.len() >= length.unwrap_or(0) {
                return Ok(body.to_owned());
            }
        }
        let read = stream.read(&mut buffer).await?;
        anyhow::ensure!(read > 0, "the request ends early");
        bytes.extend_from_slice(buffer.get(..read).unwrap_or_default());
    }
}

impl Motors {
    /// Status line and body; none where it keeps silent.
    fn reply(&mut self, request: &str) -> Option<(&'static str, String)> {
        if self.motion == Motion::Away {
            return None;
        }
        if request.contains("GetSystemDateAndTime") {
            return Some(("200 OK", wrapped(&self.time())));
        }
        if !self.lets_in(request) {
            self.refused += 1;
            let fault = "<s:Fault><s:Code><s:Value>s:Sender</s:Value><s:Subcode><s:Value>ter:NotAuthorized</s:Value>\
                </s:Subcode></s:Code><s:Reason><s:Text xml:lang=\"en\">Sender not authorized</s:Text></s:Reason></s:Fault>";
            return Some(("400 Bad Request", wrapped(fault)));
        }
        let body = if request.contains("GetCapabilities") {
            // As behind a translated address: nobody can reach that host.
            "<tds:GetCapabilitiesResponse><tds:Capabilities><tt:Media><tt:XAddr>http://192.0.2.99/onvif/media</tt:XAddr>\
             </tt:Media><tt:PTZ><tt:XAddr>http://192.0.2.99/onvif/ptz</tt:XAddr></tt:PTZ></tds:Capabilities>\
             </tds:GetCapabilitiesResponse>"
                .to_owned()
        } else if request.contains("GetProfiles") {
            "<trt:GetProfilesResponse><trt:Profiles token=\"fixed\"><tt:Name>a</tt:Name></trt:Profiles>\
             <trt:Profiles token=\"moves\"><tt:PTZConfiguration token=\"p\"/></trt:Profiles></trt:GetProfilesResponse>"
                .to_owned()
        } else if request.contains("GetPresets") {
            let preset = |token, name, position| {
                format!(
                    "<tptz:Preset token=\"{token}\"><tt:Name>{name}</tt:Name><tt:PTZPosition>{}</tt:PTZPosition></tptz:Preset>",
                    placed(position)
                )
            };
            format!(
                "<tptz:GetPresetsResponse>{}{}</tptz:GetPresetsResponse>",
                preset("1", "north", [0.0; 3]),
                preset("2", "east", [0.5, 0.0, 0.0])
            )
        } else {
            self.told += 1;
            let word = match self.motion {
                Motion::Moving => "MOVING",
                Motion::Idle | Motion::Away => "IDLE",
            };
            format!(
                "<tptz:GetStatusResponse><tptz:PTZStatus><tt:Position>{}</tt:Position><tt:MoveStatus><tt:PanTilt>{word}\
                 </tt:PanTilt><tt:Zoom>IDLE</tt:Zoom></tt:MoveStatus><tt:UtcTime>2026-01-01T00:00:00Z</tt:UtcTime>\
                 </tptz:PTZStatus></tptz:GetStatusResponse>",
                placed(self.position)
            )
        };
        Some(("200 OK", wrapped(&body)))
    }

    fn now(&self) -> Timestamp {
        Timestamp::now() + self.clock_ahead
    }

    fn time(&self) -> String {
        let now = self.now();
        let part = |format: &str| now.strftime(format).to_string();
        let element = |name: &str, format: &str| format!("<tt:{name}>{}</tt:{name}>", part(format));
        let time =
            [("Hour", "%-H"), ("Minute", "%-M"), ("Second", "%-S")].map(|(n, f)| element(n, f));
        let date = [("Year", "%Y"), ("Month", "%-m"), ("Day", "%-d")].map(|(n, f)| element(n, f));
        format!(
            "<tds:GetSystemDateAndTimeResponse><tds:SystemDateAndTime><tt:UTCDateTime><tt:Time>{}</tt:Time>\
             <tt:Date>{}</tt:Date></tt:UTCDateTime></tds:SystemDateAndTime></tds:GetSystemDateAndTimeResponse>",
            time.concat(),
            date.concat()
        )
    }

    /// Whether a request carries this user's token, made a moment ago and never seen before.
    fn lets_in(&mut self, request: &str) -> bool {
        let field = |name: &str| {
            let from = request.find(&format!(":{name}"))?;
            let text = request.get(from..)?;
            let begin = text.find('>')? + 1;
            let end = text.find("</")?;
            text.get(begin..end)
        };
        let (Some(user), Some(digest), Some(nonce), Some(created)) = (
            field("Username>"),
            field("Password "),
            field("Nonce "),
            field("Created>"),
        ) else {
            return false;
        };
        let fresh = created.parse::<Timestamp>().is_ok_and(|made| {
            let age = self.now().duration_since(made).abs();
            Duration::try_from(age).is_ok_and(|age| age <= TOKEN_AGE)
        });
        let Ok(raw) = base64_decoded(nonce) else {
            return false;
        };
        let mut hasher = Sha1::new();
        hasher.update(raw);
        hasher.update(created);
        hasher.update(&self.password);
        let expected: [u8; 20] = hasher.finalize().into();
        let right = base64_decoded(digest).is_ok_and(|digest| digest == expected);
        user == self.user && fresh && right && self.nonces.insert(nonce.to_owned())
    }
}

fn placed([pan, tilt, zoom]: [f64; 3]) -> String {
    format!("<tt:PanTilt x=\"{pan}\" y=\"{tilt}\"/><tt:Zoom x=\"{zoom}\"/>")
}

fn wrapped(body: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><s:Envelope xmlns:s=\"http://www.w3.org/2003/05/soap-envelope\" \
         xmlns:tt=\"http://www.onvif.org/ver10/schema\" xmlns:tds=\"http://www.onvif.org/ver10/device/wsdl\" \
         xmlns:trt=\"http://www.onvif.org/ver10/media/wsdl\" xmlns:tptz=\"http://www.onvif.org/ver20/ptz/wsdl\" \
         xmlns:ter=\"http://www.onvif.org/ver10/error\"><s:Body>{body}</s:Body></s:Envelope>"
    )
}

/// Base64 by hand: the agent's encoder is not to judge itself.
fn base64_decoded(text: &str) -> Result<Vec<u8>, ()> {
    let value = |byte: u8| match byte {
        b'A'..=b'Z' => Ok(u32::from(byte - b'A')),
        b'a'..=b'z' => Ok(u32::from(byte - b'a') + 26),
        b'0'..=b'9' => Ok(u32::from(byte - b'0') + 52),
        b'+' => Ok(62),
        b'/' => Ok(63),
        _ => Err(()),
    };
    let (mut bits, mut held, mut bytes) = (0_u32, 0_u32, Vec::new());
    for byte in text.trim_end_matches('=').bytes() {
        bits = (bits << 6) | value(byte)?;
        held += 6;
        if held >= 8 {
            held -= 8;
            bytes.push(u8::try_from((bits >> held) & 0xff).map_err(|_| ())?);
        }
    }
    Ok(bytes)
}
