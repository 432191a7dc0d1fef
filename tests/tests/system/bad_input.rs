//! What people get wrong: each fault is one sentence that names the thing and the remedy.

use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Output};

use hex::ToHex as _;
use jiff::SignedDuration;
use sha2::{Digest as _, Sha256};
use system_tests::camera_simulator::{CameraSimulator, Playback};
use system_tests::harness::{
    Agent, AgentSetup, CameraSetup, OnvifSimulator, Program, path_of, short_visit, starter,
    starter_file, strongest_model,
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

/// What people draw, measure and write down of a camera, each wrong in one way: `check` names file, line and key in one
/// line, says what to do, and `run` does not start.
#[test]
fn each_wrong_zone_measure_schedule_pose_and_map_is_one_clear_error() {
    const TOWER: &str = "place = { lat = 16.5, lon = 107.5 }\n\
        calibration = { height_m = 30.0, azimuth = 90.0, tilt = 4.0, field_of_view = 60.0 }\n";
    const POSES: &str = "[camera.poses]\nsource = \"timed\"\nsince = \"2026-01-01T00:00:00+07:00\"\n\
        tour = [{ pose = \"north\", seconds = 60 }, { pose = \"eats\", seconds = 60 }]\n\
        [[camera.pose]]\nname = \"north\"\n[[camera.pose]]\nname = \"east\"\n";
    let zone = |polygon: &str| format!("[[camera.zone]]\nid = \"z\"\npolygon = {polygon}\n");
    let parking = |keys: &str| format!("[[camera.rule]]\nkind = \"illegal_parking\"\n{keys}\n");
    let table: &[(&str, String, &str, &str)] = &[
        (
            "a zone outside of the picture",
            zone("[[0.1, 0.1], [1.4, 0.1], [0.5, 0.9]]"),
            "camera[0].zone[0].polygon",
            "lies outside the picture",
        ),
        (
            "a polygon that crosses itself",
            zone("[[0.1, 0.1], [0.9, 0.9], [0.9, 0.1], [0.1, 0.9]]"),
            "camera[0].zone[0].polygon",
            "crosses edge",
        ),
        (
            "a polygon without an inside",
            zone("[[0.0, 0.0], [0.5, 0.5], [1.0, 1.0]]"),
            "camera[0].zone[0].polygon",
            "no area",
        ),
        (
            "four points on one line",
            "[camera.calibration]\npairs = [[0.1, 0.9, 16.1, 107.1], [0.2, 0.8, 16.2, 107.2], \
             [0.3, 0.7, 16.3, 107.3], [0.4, 0.6, 16.4, 107.4]]\n"
                .to_owned(),
            "camera[0].calibration.pairs",
            "lie on one line",
        ),
        (
            "a schedule that never opens",
            parking("schedule = [\"mon 08:00-10:00\"]\nallowed_hours = [\"mon-wed\"]"),
            "camera[0].rule[0]",
            "never opens",
        ),
        (
            "a schedule of no length",
            parking("schedule = [\"18:00-18:00\"]"),
            "camera[0].rule[0].schedule",
            "never opens",
        ),
        (
            "a preset that does not exist",
            POSES.to_owned(),
            "camera[0].poses.tour[1].pose",
            "did you mean \"east\"?",
        ),
        (
            "a zone of a pose that does not exist",
            format!(
                "{}pose = \"north\"\n",
                zone("[[0.1, 0.1], [0.9, 0.1], [0.5, 0.9]]")
            ),
            "camera[0].zone[0].pose",
            "no pose \"north\"",
        ),
        (
            "a map of heights that was cut short",
            format!("elevation = \"N16E107.hgt\"\n{TOWER}"),
            "camera[0].elevation",
            "N16E107.hgt",
        ),
        (
            "a map of heights that is not there",
            format!("elevation = \"N16E108.hgt\"\n{TOWER}"),
            "camera[0].elevation",
            "cannot be read",
        ),
        (
            "a direction of a camera that has none",
            "[[camera.rule]]\nkind = \"fire_smoke\"\n[[camera.rule.known_source]]\nname = \"kiln\"\nbearing = 90\n"
                .to_owned(),
            "camera[0].rule[0].known_source[0].bearing",
            "nobody knows in which direction",
        ),
    ];
    let folder = tempfile::tempdir().unwrap();
    // A tile of 1201 rows, half of it.
    std::fs::write(folder.path().join("N16E107.hgt"), vec![0_u8; 1201 * 1201]).unwrap();
    let file = folder.path().join("agent.toml");
    for (why, tables, key, says) in table {
        let text = format!(
            "[[model]]\nname = \"vong-starter\"\n[[camera]]\nid = \"cam\"\nurl = \"{NOBODY}\"\n{tables}"
        );
        std::fs::write(&file, text).unwrap();
        for arguments in [&["check"][..], &["run"]] {
            fails_saying(
                Program::EdgeAgent,
                arguments,
                &file,
                &["agent.toml:", key, says],
            );
        }
        let output = Command::new(path_of(Program::EdgeAgent).unwrap())
            .arg("--config")
            .arg(&file)
            .arg("check")
            .output()
            .unwrap();
        let said = text_of_faults(&output);
        assert_eq!(said.len(), 1, "{why}: {said:#?}");
        assert!(
            said[0].contains("; "),
            "{why}: it says what to do: {said:?}"
        );
    }
}

/// The lines that name the file and a key.
fn text_of_faults(output: &Output) -> Vec<String> {
    let said = text(output);
    let faults = said.lines().filter(|line| line.contains("agent.toml:"));
    faults.map(str::to_owned).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_preset_that_the_camera_does_not_have_is_named_by_the_probe() {
    let motors = OnvifSimulator::start("ptz", "secret", SignedDuration::ZERO);
    let motors = motors.await.unwrap();
    let cameras = CameraSimulator::start();
    let url = cameras.add("cam-1", short_visit().unwrap(), Playback::Looped, None);
    let url = url.unwrap();
    let (folder, agent) = agent_config(&url, |text| text);
    let login = folder.path().join("login");
    std::fs::write(&login, "ptz\nsecret\n").unwrap();
    agent
        .amend(|config| {
            let camera = config["camera"][0].as_table_mut().unwrap();
            let mut poses = toml::toml! { source = "onvif" };
            poses.insert("url".to_owned(), motors.url().into());
            let login = login.to_string_lossy().into_owned();
            poses.insert("credentials_file".to_owned(), login.into());
            camera.insert("poses".to_owned(), poses.into());
            let pose = toml::toml! {
                name = "south"
                preset = "suoth"
            };
            camera.insert("pose".to_owned(), vec![pose].into());
        })
        .unwrap();
    let words = ["cam-1", "no preset \"suoth\"", "north", "east"];
    tokio::task::spawn_blocking(move || {
        let arguments = ["check", "--probe"];
        fails_saying(Program::EdgeAgent, &arguments, &agent.config_file(), &words);
    })
    .await
    .unwrap();
}
