//! What people get wrong: each fault is one sentence that names the thing and the remedy.

use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Output};

use hex::ToHex as _;
use sha2::{Digest as _, Sha256};
use system_tests::camera_simulator::{CameraSimulator, Playback};
use system_tests::harness::{
    Agent, AgentSetup, CameraSetup, Program, path_of, short_visit, starter, starter_file,
    strongest_model,
};
use toml::{Table, Value};

fn text(output: &Output) -> String {
    format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

/// Runs the program, which must fail, and say all of `words` without a panic.
fn fails_saying(program: Program, arguments: &[&str], config: &Path, words: &[&str]) {
    let output = Command::new(path_of(program).unwrap())
        .arg("--config")
        .arg(config)
        .args(arguments)
        // The folders in the configuration are meant, and no others.
        .env_remove("VONG_MODELS_MIRROR")
        .output()
        .unwrap();
    let said = text(&output);
    assert!(!output.status.success(), "{arguments:?} must fail:\n{said}");
    assert!(
        output.status.code().is_some_and(|code| code < 100),
        "a panic or a signal:\n{said}"
    );
    for word in words {
        assert!(said.contains(word), "{word:?} is missing in:\n{said}");
    }
    assert!(
        !said.contains("panicked") && !said.contains("backtrace"),
        "{said}"
    );
}

/// A folder with an agent's configuration, changed by `change`.
fn agent_config(url: &str, change: impl FnOnce(String) -> String) -> (tempfile::TempDir, Agent) {
    let folder = tempfile::tempdir().unwrap();
    let cameras = vec![CameraSetup::parking("cam-1", url)];
    let setup = AgentSetup {
        name: "site-1".to_owned(),
        cameras,
    };
    let agent = Agent::configure(folder.path(), &setup).unwrap();
    let text = std::fs::read_to_string(agent.config_file()).unwrap();
    std::fs::write(agent.config_file(), change(text)).unwrap();
    (folder, agent)
}

const NOBODY: &str = "rtsp://127.0.0.1:9/none";

#[test]
fn a_misspelt_key_is_named_with_the_one_that_was_meant() {
    let (_folder, agent) = agent_config(NOBODY, |text| text.replace("dwell_s", "dwel_s"));
    let words = ["agent.toml", "dwel_s", "dwell_s"];
    for arguments in [&["check"][..], &["run"]] {
        fails_saying(Program::EdgeAgent, arguments, &agent.config_file(), &words);
    }
}

#[test]
fn a_missing_configuration_is_named() {
    let missing = Path::new("/nonexistent/agent.toml");
    for program in [Program::EdgeAgent, Program::IngestServer] {
        fails_saying(program, &["check"], missing, &["/nonexistent/agent.toml"]);
    }
}

#[test]
fn an_unreachable_camera_is_named_by_the_probe() {
    let (_folder, agent) = agent_config(NOBODY, |text| text);
    let words = [
        "cam-1",
        "no connection to the camera",
        "Check the camera's power",
    ];
    fails_saying(
        Program::EdgeAgent,
        &["check", "--probe"],
        &agent.config_file(),
        &words,
    );
}

#[test]
fn a_good_camera_passes_the_probe() {
    let cameras = CameraSimulator::start();
    let url = cameras
        .add("cam-1", short_visit().unwrap(), Playback::Looped, None)
        .unwrap();
    let (_folder, agent) = agent_config(&url, |text| text);
    let output = Command::new(path_of(Program::EdgeAgent).unwrap())
        .arg("--config")
        .arg(agent.config_file())
        .args(["check", "--probe"])
        .output()
        .unwrap();
    let said = text(&output);
    assert!(output.status.success(), "{said}");
    let model = strongest_model().unwrap().name;
    for word in ["cam-1", "960", "540", &model] {
        assert!(said.contains(word), "{word:?} is missing in:\n{said}");
    }
}

/// The configuration with this model as the only one, and no other folder of models.
fn with_model(text: &str, model: Table, models: &Path) -> String {
    let mut config: Table = toml::from_str(text).unwrap();
    for camera in config["camera"].as_array_mut().unwrap() {
        let camera = camera.as_table_mut().unwrap();
        camera.insert("model".to_owned(), model["name"].clone());
    }
    config.insert("model".to_owned(), Value::Array(vec![Value::Table(model)]));
    let folder = Value::from(models.to_string_lossy().into_owned());
    let detect = config["detect"].as_table_mut().unwrap();
    detect.insert("models_dir".to_owned(), folder);
    toml::to_string(&config).unwrap()
}

/// A user's own model, which is the starter's file under another name.
fn own_model(file: &Path, sha256: &str, side: i64) -> Table {
    let mut model = toml::toml! {
        name = "my-own"
        family = "vong"
        color = "rgb"
    };
    let classes = starter().unwrap().sees;
    model.insert("classes".to_owned(), Value::from(classes));
    let file = file.to_string_lossy().into_owned();
    model.insert("file".to_owned(), Value::from(file));
    model.insert("sha256".to_owned(), Value::from(sha256));
    model.insert("input".to_owned(), Value::from(vec![side, side]));
    model
}

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).encode_hex()
}

#[test]
fn a_model_that_is_not_what_was_described_is_never_run() {
    let models = tempfile::tempdir().unwrap();
    let mut model = std::fs::read(starter_file()).unwrap();
    let described = sha256(&model);
    let middle = model.len() / 2;
    model[middle] ^= 1;
    let file = models.path().join("tampered.onnx");
    std::fs::write(&file, model).unwrap();
    let (_folder, agent) = agent_config(NOBODY, |text| {
        with_model(&text, own_model(&file, &described, 320), models.path())
    });
    let words = ["tampered.onnx", "sha256"];
    fails_saying(
        Program::EdgeAgent,
        &["check", "--probe"],
        &agent.config_file(),
        &words,
    );
}

#[test]
fn a_missing_model_is_named_with_its_url_and_folder() {
    let models = tempfile::tempdir().unwrap();
    let nano = toml::toml! { name = "yolox-nano" };
    let (_folder, agent) = agent_config(NOBODY, |text| with_model(&text, nano, models.path()));
    let folder = models.path().to_string_lossy().into_owned();
    let words = ["yolox_nano.onnx", "https://", folder.as_str()];
    fails_saying(
        Program::EdgeAgent,
        &["check", "--probe"],
        &agent.config_file(),
        &words,
    );
}

#[test]
fn a_model_of_another_shape_is_refused_with_both_shapes() {
    let models = tempfile::tempdir().unwrap();
    let described = sha256(&std::fs::read(starter_file()).unwrap());
    let model = own_model(&starter_file(), &described, 416);
    let (_folder, agent) = agent_config(NOBODY, |text| with_model(&text, model, models.path()));
    let words = ["my-own", "416", "320"];
    fails_saying(
        Program::EdgeAgent,
        &["check", "--probe"],
        &agent.config_file(),
        &words,
    );
}

#[test]
fn an_agent_that_is_not_enrolled_says_how_to_enrol() {
    let (_folder, agent) = agent_config(NOBODY, |text| text);
    fails_saying(
        Program::EdgeAgent,
        &["run"],
        &agent.config_file(),
        &["enroll"],
    );
}

#[test]
fn a_port_in_use_is_named() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let folder = tempfile::tempdir().unwrap();
    for (http, broker, key) in [
        (address.as_str(), "127.0.0.1:0", "http"),
        ("127.0.0.1:0", address.as_str(), "broker"),
    ] {
        let config = folder.path().join("server.toml");
        let text = format!(
            "data_dir = {:?}\n[http]\nlisten = {http:?}\n[broker]\nlisten = {broker:?}\n",
            folder.path().join(key)
        );
        std::fs::write(&config, text).unwrap();
        fails_saying(
            Program::IngestServer,
            &["serve"],
            &config,
            &[address.as_str(), key],
        );
    }
}

#[test]
fn a_misspelt_key_of_the_server_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("server.toml");
    std::fs::write(&config, "[http]\nlisen = \"127.0.0.1:0\"\n").unwrap();
    fails_saying(
        Program::IngestServer,
        &["check"],
        &config,
        &["server.toml", "http.lisen"],
    );
}
