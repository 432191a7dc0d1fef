//! `[[camera]]`: where its streams are, who is let in, and what carries them.

use std::path::{Path, PathBuf};

use url::Url;

use super::agent::address;
use super::camera::{Reach, Transport};
use super::fault::Wrong;
use super::secret::{self, Secret};
use super::section::Section;
use super::value;

/// The keys of a camera that say how to reach it.
pub(super) struct Streams {
    pub(super) url: Option<Url>,
    pub(super) sub_url: Option<Url>,
    pub(super) password: Option<Secret>,
    pub(super) transport: Transport,
    pub(super) ca_file: Option<PathBuf>,
    user: Option<String>,
}

impl Streams {
    /// Whom to log in as, where the configuration says both user and password.
    pub(super) fn login(&self) -> Option<(String, Secret)> {
        Some((self.user.clone()?, self.password.clone()?))
    }
}

/// The address of a camera that is a recording (RFC 2606: nobody has it).
const NOWHERE: &str = "rtsp://recording.invalid/";

pub(super) fn read(section: &Section<'_>, base: &Path, reach: Reach) -> Streams {
    let of_camera = |raw: &toml::de::DeValue<'_>| address(raw, &["rtsp", "rtsps"]);
    let mut url = match reach {
        Reach::Recording if !section.has("url") => Url::parse(NOWHERE).ok(),
        Reach::Recording | Reach::Address => section.required("url", &of_camera),
    };
    let mut sub_url = section.optional("sub_url", &of_camera);
    let words = [
        ("tcp", Transport::Tcp),
        ("udp", Transport::Udp),
        ("auto", Transport::Auto),
    ];
    let transport = section.or("transport", Transport::Tcp, &value::one_of(&words));
    let login = read_login(section, base);
    let named = url.as_ref().map(Url::username).and_then(decoded);
    let user = login.user.clone().or(named);
    // In a URL a user is percent-encoded, and stays so from one to the other.
    let of_file = login.user.map(|user| user.replace('%', "%25"));
    let of_url = url.as_ref().map(|url| url.username().to_owned());
    for url in [&mut url, &mut sub_url].into_iter().flatten() {
        let of_url = of_url.as_ref().filter(|_| url.username().is_empty());
        if let Some(user) = of_file.as_ref().or(of_url) {
            // Fails for addresses without a host alone, which were refused.
            let _ = url.set_username(user);
        }
    }
    let encrypted = |url: &Option<Url>| url.as_ref().is_some_and(|url| url.scheme() == "rtsps");
    let any_encrypted = encrypted(&url) || encrypted(&sub_url);
    if any_encrypted && transport != Transport::Tcp {
        let wrong = Wrong::new(
            "would take the pictures of an rtsps:// camera out of its encryption",
            "remove it: rtsps:// goes over TCP",
        );
        section.note("transport", wrong);
    }
    let ca_file = section.optional("ca_file", &certificates(base));
    if ca_file.is_some() && !any_encrypted {
        let wrong = Wrong::new(
            "is of no use: neither url nor sub_url is an rtsps:// address",
            "remove it, or write rtsps:// where the camera speaks TLS",
        );
        section.note("ca_file", wrong);
    }
    Streams {
        url,
        sub_url,
        password: login.password,
        transport,
        ca_file,
        user,
    }
}

/// A user as people write it; none where the URL names none.
fn decoded(user: &str) -> Option<String> {
    // A form's names are percent-encoded as a URL's user is, but for the plus sign.
    let pair = user.replace('+', "%2B");
    let (name, _) = url::form_urlencoded::parse(pair.as_bytes()).next()?;
    (!name.is_empty()).then(|| name.into_owned())
}

#[derive(Default)]
struct Login {
    user: Option<String>,
    password: Option<Secret>,
}

/// `password_file`, whose first line is the password; or `credentials_file`, whose first line is the
/// user and whose second is the password.
fn read_login(section: &Section<'_>, base: &Path) -> Login {
    let password_file = section.optional("password_file", &value::path(base));
    let credentials_file = section.optional("credentials_file", &value::path(base));
    match (password_file, credentials_file) {
        (Some(_), Some(_)) => {
            let wrong = Wrong::new(
                "says the password a second time: password_file is there too",
                "remove one of them",
            );
            section.note("credentials_file", wrong);
            Login::default()
        }
        (Some(file), None) => match secret::read(&file) {
            Ok(password) => Login {
                user: None,
                password: Some(password),
            },
            Err(wrong) => {
                section.note("password_file", wrong);
                Login::default()
            }
        },
        (None, Some(file)) => match secret::read_pair(&file) {
            Ok((user, password)) => Login {
                user: Some(user),
                password: Some(password),
            },
            Err(wrong) => {
                section.note("credentials_file", wrong);
                Login::default()
            }
        },
        (None, None) => Login::default(),
    }
}

/// A file that holds certificates.
fn certificates(base: &Path) -> impl Fn(&toml::de::DeValue<'_>) -> Result<PathBuf, Wrong> + '_ {
    const REMEDY: &str = "put certificates in PEM form there, readable by the agent's user";
    move |raw| {
        let file = value::path(base)(raw)?;
        let content = std::fs::read_to_string(&file).map_err(|error| {
            Wrong::new(
                format!("{} cannot be read: {error}", file.display()),
                REMEDY,
            )
        })?;
        match content.contains("-----BEGIN CERTIFICATE-----") {
            true => Ok(file),
            false => Err(Wrong::new(
                format!("{} holds no certificate", file.display()),
                REMEDY,
            )),
        }
    }
}

#[cfg(test)]
#[path = "camera_stream_tests.rs"]
mod tests;
