//! `[clock]`: what the agent's clock is compared with, and how far it may be off.

use std::time::Duration;

use super::fault::Wrong;
use super::section::Section;
use super::value;

/// `[clock]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClockConfig {
    /// A time server (`host:port`) that the agent asks itself where neither chronyd nor
    /// systemd-timesyncd runs. Absent: none is asked.
    pub ntp_server: Option<String>,
    /// The agent's clock is wrong beyond this. Default 500 ms.
    pub max_offset: Duration,
    /// A camera's clock is wrong where it is further than this from the agent's. Default 2000 ms.
    pub camera_max_offset: Duration,
    /// How often the clock is compared. Default 64 s.
    pub check_every: Duration,
}

pub(super) fn read(section: Section<'_>) -> ClockConfig {
    let ms = |key, default, most| {
        let number = section.or(key, default, &value::integer(1..=most));
        Duration::from_millis(number)
    };
    let config = ClockConfig {
        ntp_server: section.optional("ntp_server", &server),
        max_offset: ms("max_offset_ms", 500, 60_000),
        camera_max_offset: ms("camera_max_offset_ms", 2_000, 3_600_000),
        check_every: section.or(
            "check_every_s",
            Duration::from_secs(64),
            &value::seconds(1.0..=3_600.0),
        ),
    };
    section.finish();
    config
}

/// A host with a port, 123 where none is given.
fn server(raw: &toml::de::DeValue<'_>) -> Result<String, Wrong> {
    let text = value::text(raw)?;
    let remedy = "give a host, e.g. \"time.example.org\", or host:port";
    if text.contains('/') || text.contains(char::is_whitespace) {
        return Err(Wrong::new(format!("{text:?} is not a host"), remedy));
    }
    let has_port = match text.rsplit_once(':') {
        // An IPv6 address stands in brackets where a port follows.
        Some((host, port)) => {
            port.parse::<u16>().is_ok() && (!host.contains(':') || host.ends_with(']'))
        }
        None => false,
    };
    Ok(match (has_port, text.contains(':')) {
        (true, _) => text,
        (false, false) => format!("{text}:123"),
        (false, true) if text.starts_with('[') => format!("{text}:123"),
        (false, true) => format!("[{text}]:123"),
    })
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use crate::config::Config;

    fn server(text: &str) -> Result<Option<String>, String> {
        let file = format!(
            "[clock]\nntp_server = \"{text}\"\n[[model]]\nname = \"yolox-nano\"\n[[camera]]\n\
             id = \"cam-1\"\nurl = \"rtsp://host/path\"\n"
        );
        Config::parse(&file, Path::new("agent.toml"))
            .map(|config| config.clock.ntp_server)
            .map_err(|error| error.to_string())
    }

    #[test]
    fn a_server_is_a_host_with_or_without_a_port() {
        for (text, wanted) in [
            ("time.example.org", "time.example.org:123"),
            ("10.0.0.5:1123", "10.0.0.5:1123"),
            ("::1", "[::1]:123"),
            ("[::1]:1123", "[::1]:1123"),
        ] {
            assert_eq!(server(text), Ok(Some(wanted.to_owned())), "{text}");
        }
        for bad in ["ntp://host", "a host", ""] {
            assert!(server(bad).is_err(), "{bad}");
        }
    }
}
