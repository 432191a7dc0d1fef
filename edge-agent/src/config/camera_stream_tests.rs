//! How to reach a camera, as people write it.

use std::path::Path;

use super::super::{Config, Transport};

fn camera(keys: &str, folder: &Path) -> Result<super::super::CameraConfig, String> {
    let text = format!("[[model]]\nname = \"yolox-nano\"\n[[camera]]\nid = \"cam-1\"\n{keys}\n");
    Config::parse(&text, &folder.join("agent.toml"))
        .map(|config| config.cameras[0].clone())
        .map_err(|error| error.to_string())
}

fn user(url: &url::Url) -> &str {
    url.username()
}

#[test]
fn user_and_password_come_from_where_they_are_written() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("login"), "a b%c@d\nhunter2\n").unwrap();
    std::fs::write(folder.path().join("password"), "hunter3\n").unwrap();
    let of_file = camera(
        "url = \"rtsp://h/1\"\nsub_url = \"rtsp://other@h/2\"\ncredentials_file = \"login\"",
        folder.path(),
    )
    .unwrap();
    let password = of_file
        .password
        .as_ref()
        .map(|secret| secret.expose().to_owned());
    assert_eq!(password.as_deref(), Some("hunter2"));
    let sub_url = of_file.sub_url.unwrap();
    assert_eq!(
        (user(&of_file.url), user(&sub_url)),
        ("a%20b%25c%40d", "a%20b%25c%40d")
    );
    let of_url = camera(
        "url = \"rtsp://v%40@h/1\"\nsub_url = \"rtsp://h/2\"\npassword_file = \"password\"",
        folder.path(),
    )
    .unwrap();
    assert_eq!(
        user(&of_url.sub_url.unwrap()),
        "v%40",
        "one camera, one user"
    );
    assert_eq!((of_url.transport, of_url.ca_file), (Transport::Tcp, None));
}

#[test]
fn what_contradicts_itself_is_a_fault_with_a_remedy() {
    let folder = tempfile::tempdir().unwrap();
    for (name, content) in [
        ("ca.pem", "-----BEGIN CERTIFICATE-----\n"),
        ("words", "no certificate\n"),
        ("password", "p\n"),
        ("login", "only a user\n"),
    ] {
        std::fs::write(folder.path().join(name), content).unwrap();
    }
    for (keys, fault) in [
        ("url = \"http://h/1\"", "url"),
        ("url = \"rtsp://u:p@h/1\"", "password"),
        ("url = \"rtsp://h/1\"\nsub_url = \"h/2\"", "sub_url"),
        ("url = \"rtsp://h/1\"\ntransport = \"sctp\"", "transport"),
        ("url = \"rtsps://h/1\"\ntransport = \"udp\"", "encryption"),
        ("url = \"rtsp://h/1\"\nca_file = \"ca.pem\"", "of no use"),
        (
            "url = \"rtsps://h/1\"\nca_file = \"words\"",
            "no certificate",
        ),
        (
            "url = \"rtsps://h/1\"\nca_file = \"none\"",
            "cannot be read",
        ),
        (
            "url = \"rtsp://h/1\"\ncredentials_file = \"login\"",
            "lacks a line",
        ),
        (
            "url = \"rtsp://h/1\"\ncredentials_file = \"login\"\npassword_file = \"password\"",
            "a second time",
        ),
    ] {
        let told = camera(keys, folder.path()).unwrap_err();
        assert!(told.contains(fault), "{keys}\n{told}");
    }
    let good = "url = \"rtsps://h/1\"\nca_file = \"ca.pem\"";
    assert!(camera(good, folder.path()).unwrap().ca_file.is_some());
}
