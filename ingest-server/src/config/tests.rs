//! The configuration: defaults, every fault with its key, nothing secret printed.

use super::*;

fn parse(text: &str) -> Result<Config, ConfigError> {
    Config::parse(text, Path::new("/etc/vong/server.toml"))
}

fn faults(text: &str) -> Vec<Fault> {
    match parse(text) {
        Err(ConfigError::Faults { faults, .. }) => faults,
        other => panic!("expected faults, got {other:?}"),
    }
}

#[test]
fn an_empty_file_is_a_whole_configuration() {
    let config = parse("data_dir = \"/var/lib/vong\"").unwrap();
    assert_eq!(config.http.listen, "127.0.0.1:8080".parse().unwrap());
    assert_eq!(config.database.reveal(), "sqlite:///var/lib/vong/vong.db");
    let BrokerConfig::Embedded {
        listen,
        tls: None,
        advertise,
    } = config.broker
    else {
        panic!("the default broker is embedded");
    };
    assert_eq!((listen.port(), advertise), (1883, None));
}

#[test]
fn every_fault_is_listed_with_its_key() {
    let faults = faults(
        r#"
        data_dir = 7
        [http]
        listen = "nowhere"
        public_url = "ftp://x"
        lisen = "127.0.0.1:1"
        [broker]
        username = "x"
        [database]
        url = "mysql://x"
        [extra]
        key = 1
        "#,
    );
    let keys: Vec<&str> = faults.iter().map(|fault| fault.key.as_str()).collect();
    assert_eq!(
        keys,
        [
            "data_dir",
            "http.listen",
            "http.public_url",
            "broker.username",
            "database.url",
            "extra",
            "http.lisen"
        ]
    );
    let misspelt = faults
        .iter()
        .find(|fault| fault.key == "http.lisen")
        .unwrap();
    assert_eq!(misspelt.remedy, "did you mean http.listen?");
}

#[test]
fn an_external_broker_needs_its_password_file() {
    let faults = faults("[broker]\nurl = \"mqtt://broker\"\nlisten = \"127.0.0.1:0\"");
    let keys: Vec<&str> = faults.iter().map(|fault| fault.key.as_str()).collect();
    assert_eq!(keys, ["broker.listen", "broker.password_file"]);
}

#[test]
fn a_secret_in_a_url_is_never_shown() {
    for text in [
        "[broker]\nurl = \"mqtt://user:hunter2@host\"\npassword_file = \"/dev/null\"",
        "[database]\nurl = \"mysql://user:hunter2@host\"",
    ] {
        let shown = format!("{}", parse(text).unwrap_err());
        assert!(!shown.contains("hunter2"), "{shown}");
    }
    let config = parse("[database]\nurl = \"postgres://user:hunter2@host/vong\"").unwrap();
    assert!(!format!("{config:?}").contains("hunter2"));
}

#[test]
fn mqtt_urls() {
    for (text, shown) in [
        ("mqtt://host", Some("mqtt://host:1883")),
        ("mqtts://host", Some("mqtts://host:8883")),
        ("mqtt://[::1]:9", Some("mqtt://[::1]:9")),
        ("http://host", None),
        ("mqtt://", None),
        ("host:1883", None),
    ] {
        let parsed = text.parse::<MqttUrl>().ok().map(|url| url.to_string());
        assert_eq!(parsed.as_deref(), shown, "{text}");
    }
}

#[test]
fn the_example_is_a_valid_configuration_as_it_stands() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../config/server.example.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    let config = Config::parse(&text, &path).unwrap();
    assert_eq!(config.data_dir, Path::new("/var/lib/vong"));
    // The keys that are commented out must be keys all the same.
    let external = text
        .replace("listen = \"127.0.0.1:1883\"", "")
        .replace("# public_url", "public_url")
        .replace("# url =", "url =")
        .replace("# username", "username")
        .replace("# password_file", "password_file");
    match Config::parse(&external, &path) {
        Err(ConfigError::Faults { faults, .. }) => {
            let unknown = faults
                .iter()
                .find(|fault| fault.key != "broker.password_file");
            assert!(unknown.is_none(), "{unknown:?}");
        }
        Ok(_) => panic!("the password file of the example exists here"),
        Err(other) => panic!("{other:?}"),
    }
}

#[test]
fn a_door_with_tls_needs_certificate_and_key() {
    let found = faults("[broker]\ntls_listen = \"0.0.0.0:8883\"\nca_file = \"ca.pem\"");
    let keys: Vec<&str> = found.iter().map(|fault| fault.key.as_str()).collect();
    assert_eq!(
        keys,
        ["broker.ca_file", "broker.tls_certificate", "broker.tls_key"]
    );
    let text = "[broker]\ntls_listen = \"0.0.0.0:8883\"\ntls_certificate = \"b.pem\"\n\
                tls_key = \"/k/b.key\"\ntls_client_ca = \"ca.pem\"";
    let BrokerConfig::Embedded { tls: Some(tls), .. } = parse(text).unwrap().broker else {
        panic!("no door with TLS");
    };
    assert_eq!(tls.listen.port(), 8883);
    assert_eq!(tls.certificate, Path::new("/etc/vong/b.pem"));
    assert_eq!(tls.key, Path::new("/k/b.key"));
    assert_eq!(
        tls.client_ca.as_deref(),
        Some(Path::new("/etc/vong/ca.pem"))
    );
}

#[test]
fn an_external_broker_s_trust_is_whole() {
    let base = "[broker]\nurl = \"mqtts://b\"\npassword_file = \"/dev/null\"\n";
    let half = faults(&format!("{base}client_key = \"k\""));
    assert_eq!(half[0].key, "broker.client_certificate");
    let text = format!("{base}ca_file = \"ca.pem\"");
    let BrokerConfig::External { trust, .. } = parse(&text).unwrap().broker else {
        panic!("the broker is external");
    };
    assert_eq!(
        trust.ca_file.as_deref(),
        Some(Path::new("/etc/vong/ca.pem"))
    );
    assert_eq!(trust.client, None);
}

#[test]
fn limits_of_copies_are_whole_numbers_of_a_range() {
    let config = parse("[copies]\ntime_limit_s = 60\n[redaction]\nedge_agent = \"agent\"").unwrap();
    assert_eq!(config.copies.time_limit, Duration::from_secs(60));
    assert_eq!(config.copies.memory_limit, 4096 << 20);
    let program = config.copies.edge_agent.unwrap();
    assert_eq!(program, Path::new("/etc/vong/agent"), "beside the file");
    let found =
        faults("[copies]\ntime_limit_s = 5\nmemory_limit_mib = \"2 GiB\"\n[redaction]\nmodell = 1");
    let keys: Vec<&str> = found.iter().map(|fault| fault.key.as_str()).collect();
    assert_eq!(
        keys,
        [
            "copies.time_limit_s",
            "copies.memory_limit_mib",
            "redaction.modell"
        ]
    );
}

#[test]
fn the_example_of_targets_is_valid_but_for_its_secrets() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../config/targets.example.toml");
    let text = std::fs::read_to_string(path).unwrap();
    let targets = notice::Targets::parse(&text).unwrap();
    assert_eq!(targets.targets.len(), 8);
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("targets.toml"), &text).unwrap();
    let file = dir.path().join("server.toml");
    let config = "[dispatch]\ntargets_file = \"targets.toml\"";
    let missing = || match Config::parse(config, &file) {
        Err(ConfigError::Faults { faults, .. }) => faults,
        other => panic!("{other:?}"),
    };
    let faults = missing();
    assert_eq!(faults.len(), 4, "{faults:?}");
    assert!(
        faults
            .iter()
            .all(|fault| fault.key == "dispatch.targets_file")
    );
    for name in [
        "smtp.password",
        "kiem-lam-cap.token",
        "phong-chay.secret",
        "csgt.secret",
    ] {
        std::fs::write(dir.path().join(name), "too short\n").unwrap();
    }
    let faults = missing();
    assert_eq!(
        faults.len(),
        3,
        "a mail server's password may be anything: {faults:?}"
    );
    for name in ["kiem-lam-cap.token", "phong-chay.secret", "csgt.secret"] {
        std::fs::write(dir.path().join(name), "0123456789abcdef\n").unwrap();
    }
    let config = Config::parse(config, &file).unwrap().dispatch;
    assert_eq!(config.secrets.len(), 3);
    assert!(!format!("{config:?}").contains("0123456789abcdef"));
}
