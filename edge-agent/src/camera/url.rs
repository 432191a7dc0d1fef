//! A stream's address with its credentials taken out, so that no log line can carry them.

use std::fmt;

use url::Url;
use zeroize::Zeroizing;

/// Why a text is not a stream's address. Never quotes the text: it may hold a password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StreamUrlError {
    /// Not a URL at all.
    #[error("not a URL; write rtsp://user@host:554/path")]
    Malformed(#[source] url::ParseError),
    /// A scheme the agent does not speak.
    #[error("scheme {0:?} is not supported; use rtsp or rtsps")]
    Scheme(String),
    /// No host.
    #[error("the URL names no host")]
    NoHost,
    /// A user name or password whose percent-encoding is not UTF-8.
    #[error("user name or password in the URL is not valid percent-encoded UTF-8")]
    Credentials,
}

/// User name and password of a camera. Debug output shows neither.
#[derive(Clone)]
pub struct Credentials {
    user: String,
    password: Zeroizing<String>,
}

/// Where a camera's stream is. Display and Debug show the address without credentials.
#[derive(Clone)]
pub struct StreamUrl {
    location: Url,
    credentials: Option<Credentials>,
}

impl StreamUrl {
    /// Takes an address apart; `password` (from the camera's password file) replaces one in the
    /// address.
    ///
    /// # Errors
    /// [`StreamUrlError`] where it is not an RTSP address.
    pub fn parse(text: &str, password: Option<Zeroizing<String>>) -> Result<Self, StreamUrlError> {
        let mut location = Url::parse(text).map_err(StreamUrlError::Malformed)?;
        if !matches!(location.scheme(), "rtsp" | "rtsps") {
            return Err(StreamUrlError::Scheme(location.scheme().to_owned()));
        }
        if location.host_str().is_none_or(str::is_empty) {
            return Err(StreamUrlError::NoHost);
        }
        let user = decoded(location.username())?;
        let inline = location
            .password()
            .map(decoded)
            .transpose()?
            .map(Zeroizing::new);
        let password = password.or(inline);
        let credentials = (!user.is_empty() || password.is_some()).then(|| Credentials {
            user,
            password: password.unwrap_or_default(),
        });
        // Both setters fail only for addresses without a host, refused above.
        location
            .set_username("")
            .map_err(|()| StreamUrlError::NoHost)?;
        location
            .set_password(None)
            .map_err(|()| StreamUrlError::NoHost)?;
        Ok(Self {
            location,
            credentials,
        })
    }

    /// The address without credentials.
    #[must_use]
    pub fn location(&self) -> &str {
        self.location.as_str()
    }

    /// What to log in with.
    #[must_use]
    pub const fn credentials(&self) -> Option<&Credentials> {
        self.credentials.as_ref()
    }
}

impl Credentials {
    /// The user's name.
    #[must_use]
    pub fn user(&self) -> &str {
        &self.user
    }

    /// The password; for the RTSP client only.
    #[must_use]
    pub fn password(&self) -> &str {
        &self.password
    }
}

fn decoded(part: &str) -> Result<String, StreamUrlError> {
    let mut bytes = Vec::with_capacity(part.len());
    let mut rest = part.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let high = rest
                .next()
                .and_then(hex_digit)
                .ok_or(StreamUrlError::Credentials)?;
            let low = rest
                .next()
                .and_then(hex_digit)
                .ok_or(StreamUrlError::Credentials)?;
            bytes.push(high << 4 | low);
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).map_err(|_| StreamUrlError::Credentials)
}

fn hex_digit(byte: u8) -> Option<u8> {
    char::from(byte)
        .to_digit(16)
        .and_then(|digit| u8::try_from(digit).ok())
}

impl fmt::Display for StreamUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.location.as_str())
    }
}

impl fmt::Debug for StreamUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StreamUrl({})", self.location)
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credentials(redacted)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_leave_the_address() {
        let url = StreamUrl::parse("rtsp://me:p%40ss@cam.example:8554/live?ch=1", None).unwrap();
        assert_eq!(url.location(), "rtsp://cam.example:8554/live?ch=1");
        let credentials = url.credentials().unwrap();
        assert_eq!((credentials.user(), credentials.password()), ("me", "p@ss"));
        for shown in [
            format!("{url}"),
            format!("{url:?}"),
            format!("{credentials:?}"),
        ] {
            assert!(!shown.contains("p@ss") && !shown.contains("p%40ss") && !shown.contains("me:"));
        }
    }

    #[test]
    fn the_password_file_wins() {
        let file = Zeroizing::new("from-file".to_owned());
        let url = StreamUrl::parse("rtsp://me:inline@cam/", Some(file)).unwrap();
        assert_eq!(url.credentials().unwrap().password(), "from-file");
        assert!(
            StreamUrl::parse("rtsp://cam/", None)
                .unwrap()
                .credentials()
                .is_none()
        );
    }

    #[test]
    fn bad_addresses_are_refused_without_quoting_them() {
        for bad in [
            "rtsp://u:secret@",
            "http://u:secret@cam/",
            "secret",
            "rtsp://u%zz:secret@cam/",
        ] {
            let error = StreamUrl::parse(bad, None).unwrap_err();
            assert!(
                !format!("{error} {error:?}").contains("secret"),
                "{error:?}"
            );
        }
    }
}
