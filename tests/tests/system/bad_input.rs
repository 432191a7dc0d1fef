//! What people get wrong: each fault is one sentence that names the thing and the remedy.

use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Output};

use hex::ToHex as _;
use sha2::{Digest as _, Sha256};
use system_tests::camera_simulator::{CameraSimulator, Playback};
use system_tests::harness::{
    Agent, AgentSetup, CameraSetup, Program, models_folder, path_of, short_visit,
};

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
    for word in ["cam-1", "960", "540", "yolox-nano"] {
        assert!(said.contains(word), "{word:?} is missing in:\n{said}");
    }
}

#[test]
fn a_model_that_is_not_the_catalogues_is_never_run() {
    let models = tempfile::tempdir().unwrap();
    let mut model = std::fs::read(models_folder().unwrap().join("yolox_nano.onnx")).unwrap();
    let middle = model.len() / 2;
    model[middle] ^= 1;
    std::fs::write(models.path().join("yolox_nano.onnx"), model).unwrap();
    let own = format!("models_dir = {:?}", models_folder().unwrap());
    let tampered = format!("models_dir = {:?}", models.path());
    let (_folder, agent) = agent_config(NOBODY, |text| text.replace(&own, &tampered));
    let words = ["yolox_nano.onnx", "sha256"];
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
    let own = format!("models_dir = {:?}", models_folder().unwrap());
    let empty = format!("models_dir = {:?}", models.path());
    let (_folder, agent) = agent_config(NOBODY, |text| text.replace(&own, &empty));
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
    let file = models_folder().unwrap().join("yolox_nano.onnx");
    let hash: String = Sha256::digest(std::fs::read(&file).unwrap()).encode_hex();
    let own = format!(
        "name = \"yolox-nano\"\nfamily = \"yolox\"\nfile = {file:?}\nsha256 = {hash:?}\n\
         input = [320, 320]\ncolor = \"bgr\"\nplacement = \"top-left\"\npad = 114\n\
         labels = \"coco-80\""
    );
    let (_folder, agent) = agent_config(NOBODY, |text| text.replace("name = \"yolox-nano\"", &own));
    let words = ["yolox-nano", "416", "320"];
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
