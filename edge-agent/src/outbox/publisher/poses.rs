//! Where cameras look, as whoever turns them says over MQTT. Not signed: the broker's rights say who may say it,
//! and all that it can do is to name a pose of the configuration or to keep rules silent.

use std::collections::BTreeMap;

use contract::v1::{
    AgentId, CameraId, CameraPose, EventType, MAX_STATUS_BYTES, PoseStatus, Topic, decode,
};
use jiff::Timestamp;
use rumqttc::v5::mqttbytes::QoS;
use rumqttc::v5::mqttbytes::v5::Publish;

use super::Connection;
use crate::config::Poses;
use crate::pose::{PoseHandle, PoseState};
use crate::telemetry::{chain, metric};

/// Cameras that are told where they look, by their topic.
#[derive(Debug, Default)]
pub struct PoseEars(BTreeMap<String, Ear>);

#[derive(Debug)]
struct Ear {
    camera: CameraId,
    poses: Poses,
    handle: PoseHandle,
}

/// Why a word on a camera's pose is not believed.
#[derive(Debug, thiserror::Error)]
enum PoseFault {
    #[error("it has {0} bytes, which is too many")]
    TooLarge(usize),
    #[error("it is no camera pose")]
    Malformed(#[source] contract::v1::CloudEventError),
    #[error(
        "it names no pose where one is stood in, or one where none is, or another camera than its topic"
    )]
    Invalid,
    #[error("the camera has no pose {0:?}")]
    Unknown(String),
}

impl PoseEars {
    /// Listens for one camera.
    pub fn listen(
        &mut self,
        agent: &AgentId,
        camera: &CameraId,
        poses: &Poses,
        handle: &PoseHandle,
    ) {
        let topic = Topic::CameraPose(agent.clone(), camera.clone()).to_string();
        let ear = Ear {
            camera: camera.clone(),
            poses: poses.clone(),
            handle: handle.clone(),
        };
        self.0.insert(topic, ear);
    }

    /// Takes a message, where its topic is one of these; `None` where it is not.
    fn hear(&self, topic: &[u8], payload: &[u8], now: Timestamp) -> Option<()> {
        let ear = self.0.get(std::str::from_utf8(topic).ok()?)?;
        match ear.read(payload) {
            // A word from the future is as new as it can be.
            Ok((at, state)) => ear.handle.tell(at.min(now), state),
            Err(fault) => {
                ear.handle.tell(now, PoseState::Unknown);
                metrics::counter!(
                    metric::POSE_FAILED, "camera" => ear.camera.to_string(), "reason" => "malformed"
                )
                .increment(1);
                tracing::warn!(
                    camera.id = %ear.camera,
                    error = %chain(&fault),
                    "what was said of this camera's pose cannot be used; its pose is unknown"
                );
            }
        }
        Some(())
    }
}

impl Ear {
    fn read(&self, payload: &[u8]) -> Result<(Timestamp, PoseState), PoseFault> {
        if payload.len() > MAX_STATUS_BYTES {
            return Err(PoseFault::TooLarge(payload.len()));
        }
        // An empty retained message takes back what was said.
        if payload.is_empty() {
            return Ok((Timestamp::MAX, PoseState::Unknown));
        }
        let said = decode::<CameraPose>(payload, EventType::CameraPose);
        let said = said.map_err(PoseFault::Malformed)?.data;
        if !said.is_valid() || said.camera != self.camera {
            return Err(PoseFault::Invalid);
        }
        let state = match (said.state, said.pose) {
            (PoseStatus::Standing, Some(name)) => {
                let pose = self.poses.find(&name);
                PoseState::At(pose.ok_or(PoseFault::Unknown(name))?)
            }
            (PoseStatus::Turning, _) => PoseState::Turning,
            (PoseStatus::Standing | PoseStatus::Unknown, _) => PoseState::Unknown,
        };
        Ok((said.at, state))
    }
}

impl Connection<'_> {
    pub(super) fn subscribe_to_poses(&self) {
        for topic in self.publisher.poses.0.keys() {
            // A fresh queue takes these: an agent has no more cameras than it holds requests.
            let _ = self.client.try_subscribe(topic, QoS::AtLeastOnce);
        }
    }

    /// Takes a word on a camera's pose; nothing where it is about another thing.
    pub(super) fn hear_pose(&self, publish: &Publish) -> Option<()> {
        let poses = &self.publisher.poses;
        poses.hear(&publish.topic, &publish.payload, Timestamp::now())?;
        // Where the queue is full, the broker says it again on the next connection.
        let _ = self.client.try_ack(publish);
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use jiff::SignedDuration;
    use serde_json::json;

    use super::*;
    use crate::config::{Config, PoseId};

    fn said(data: serde_json::Value) -> Vec<u8> {
        let event = json!({
            "specversion": "1.0", "id": "1", "source": "/ptz", "type": "vong.camera-pose.v1",
            "time": "2026-11-02T03:10:00Z", "data": data
        });
        serde_json::to_vec(&event).unwrap()
    }

    #[test]
    fn what_is_said_is_believed_where_it_names_a_pose_and_is_unknown_where_it_does_not() {
        let text = "[[model]]\nname = \"yolox-nano\"\n[[camera]]\nid = \"tower\"\nurl = \"rtsp://h/p\"\n\
            [camera.poses]\nsource = \"mqtt\"\nsettle_s = 0\n[[camera.pose]]\nname = \"north\"\n[[camera.pose]]\nname = \"east\"\n";
        let config = Config::parse(text, Path::new("agent.toml")).unwrap();
        let camera = &config.cameras[0];
        let mut ears = PoseEars::default();
        let (agent, handle) = ("site-1".parse().unwrap(), PoseHandle::of(&camera.poses));
        ears.listen(&agent, &camera.id, &camera.poses, &handle);
        let topic = b"vong/v1/agents/site-1/cameras/tower/pose";
        let start: Timestamp = "2026-11-02T03:10:00Z".parse().unwrap();
        let at = |second: i64| start + SignedDuration::from_secs(second);
        let standing = |pose: &str, second| {
            said(json!({"camera": "tower", "state": "standing", "pose": pose, "at": at(second)}))
        };
        for (second, message, expected) in [
            (1, standing("north", 1), PoseState::At(PoseId(0))),
            (
                2,
                said(json!({"camera": "tower", "state": "turning", "at": at(2)})),
                PoseState::Turning,
            ),
            (3, standing("east", 9), PoseState::At(PoseId(1))),
            (4, standing("south", 4), PoseState::Unknown),
            (5, standing("north", 5), PoseState::At(PoseId(0))),
            (6, b"north".to_vec(), PoseState::Unknown),
            (7, standing("north", 7), PoseState::At(PoseId(0))),
            (
                8,
                said(json!({"camera": "other", "state": "standing", "pose": "north", "at": at(8)})),
                PoseState::Unknown,
            ),
            (9, standing("north", 9), PoseState::At(PoseId(0))),
            (
                10,
                said(json!({"camera": "tower", "state": "standing", "at": at(10)})),
                PoseState::Unknown,
            ),
            (11, standing("east", 11), PoseState::At(PoseId(1))),
            (12, Vec::new(), PoseState::Unknown),
        ] {
            assert_eq!(ears.hear(topic, &message, at(second)), Some(()));
            assert_eq!(handle.at(at(second)), expected, "second {second}");
        }
        let elsewhere = b"vong/v1/agents/site-1/cameras/other/pose";
        assert_eq!(ears.hear(elsewhere, &standing("north", 1), at(13)), None);
    }
}
