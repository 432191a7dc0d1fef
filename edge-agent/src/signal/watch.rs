//! All signals of one camera, picture by picture.

use std::time::Duration;

use contract::v1::{Aspect, ZoneId};
use jiff::Timestamp;

use super::board::{SignalBoard, Word};
use super::lamp;
use super::pixels::HeadMap;
use super::reader::LampReader;
use super::state::{Doubt, SignalReading, SignalState, Source};
use crate::camera::Frame;
use crate::config::{CameraConfig, ControllerConfig, LampConfig, PoseId, SignalConfig};
use crate::time::StreamTime;

/// Lamp and controller may differ for so long: the picture is older than the word.
const APART: Duration = Duration::from_millis(1500);

/// Reads one camera's signals.
#[derive(Debug)]
pub struct SignalWatch {
    signals: Vec<Signal>,
    board: SignalBoard,
}

#[derive(Debug)]
struct Signal {
    id: ZoneId,
    /// Where it is seen; in every pose where none is named.
    pose: Option<PoseId>,
    lamp: Option<Lamp>,
    controller: Option<ControllerConfig>,
    /// Since when lamp and controller say different things.
    differ_since: Option<StreamTime>,
}

#[derive(Debug)]
struct Lamp {
    config: LampConfig,
    map: Option<HeadMap>,
    reader: LampReader,
}

/// What one of lamp and controller says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Said {
    state: SignalState,
    since: StreamTime,
    seen_at: StreamTime,
}

impl SignalWatch {
    /// The signals of a configured camera; the board is where controllers' words are noted, empty for a
    /// recording.
    #[must_use]
    pub fn of(camera: &CameraConfig, board: SignalBoard) -> Self {
        Self {
            signals: camera.signals.iter().map(Signal::new).collect(),
            board,
        }
    }

    /// Becomes what the configuration says now. A signal that is as it was does not notice.
    pub fn follow(&mut self, camera: &CameraConfig) {
        let mut before = std::mem::take(&mut self.signals);
        let signals = camera.signals.iter().map(|config| {
            let same = before.iter().position(|signal| signal.is(config));
            match same {
                Some(at) => before.swap_remove(at),
                None => Signal::new(config),
            }
        });
        self.signals = signals.collect();
    }

    /// What each signal of a pose shows as of this picture, in the order of the configuration; `now` is the
    /// agent's clock when the picture came. Times must not go back between two calls of [`SignalWatch::end`].
    pub fn look(&mut self, frame: &Frame, pose: PoseId, now: Timestamp) -> Vec<SignalReading> {
        let board = &self.board;
        let here = |signal: &&mut Signal| signal.pose.is_none_or(|of| of == pose);
        let signals = self.signals.iter_mut().filter(here);
        signals
            .map(|signal| signal.look(frame, board, now))
            .collect()
    }

    /// The stream ended or broke, or the camera turned: what comes next is another time line, or another view.
    pub fn end(&mut self) {
        for signal in &mut self.signals {
            signal.differ_since = None;
            if let Some(lamp) = &mut signal.lamp {
                lamp.reader = LampReader::new();
            }
        }
    }
}

impl Signal {
    fn new(config: &SignalConfig) -> Self {
        Self {
            id: config.id.clone(),
            pose: config.pose,
            lamp: config.lamp.clone().map(Lamp::new),
            controller: config.controller.clone(),
            differ_since: None,
        }
    }

    /// Whether it is made from that.
    fn is(&self, config: &SignalConfig) -> bool {
        self.id == config.id
            && self.pose == config.pose
            && self.lamp.as_ref().map(|lamp| &lamp.config) == config.lamp.as_ref()
            && self.controller == config.controller
    }

    fn look(&mut self, frame: &Frame, board: &SignalBoard, now: Timestamp) -> SignalReading {
        let lamp = self.lamp.as_mut().map(|lamp| lamp.look(frame));
        let told = self.controller.as_ref().map(|controller| {
            let word = board.word(&controller.id, &controller.group, now);
            said(word, frame.pts)
        });
        let (said, source) = match (lamp, told) {
            (Some(lamp), Some(told)) => self.together(lamp, told, frame.pts),
            (Some(lamp), None) => (lamp, Source::Lamp),
            (None, Some(told)) => (told, Source::Controller),
            (None, None) => (said(None, frame.pts), Source::Controller),
        };
        SignalReading {
            signal: self.id.clone(),
            state: said.state,
            since: said.since,
            seen_at: said.seen_at,
            source,
        }
    }

    /// What to make of lamp and controller: the one that knows where the other does not; where both know
    /// and differ for long, neither is believed.
    fn together(&mut self, lamp: Said, told: Said, at: StreamTime) -> (Said, Source) {
        let known = |said: Said| !matches!(said.state, SignalState::Unknown(_));
        if lamp.state != told.state && known(lamp) && known(told) {
            let since = *self.differ_since.get_or_insert(at);
            if at.since(since) > APART {
                let doubt = Said {
                    state: SignalState::Unknown(Doubt::Disagrees),
                    since,
                    seen_at: at,
                };
                return (doubt, Source::Both);
            }
            return (lamp, Source::Lamp);
        }
        self.differ_since = None;
        if lamp.state == told.state {
            let both = Said {
                since: lamp.since.max(told.since),
                ..lamp
            };
            return (both, Source::Both);
        }
        match known(lamp) {
            true => (lamp, Source::Lamp),
            false => (told, Source::Controller),
        }
    }
}

/// What a controller says, on the stream's time. Red with amber is about to be green: nobody is told for it.
fn said(word: Option<Word>, at: StreamTime) -> Said {
    let Some(Word { aspect, age }) = word else {
        return Said {
            state: SignalState::Unknown(Doubt::Silent),
            since: at,
            seen_at: at,
        };
    };
    let state = match aspect {
        Aspect::Red => SignalState::Red,
        Aspect::RedAmber | Aspect::Amber | Aspect::FlashingAmber | Aspect::Off => {
            SignalState::Amber
        }
        Aspect::Green => SignalState::Green,
    };
    Said {
        state,
        since: at - age,
        seen_at: at,
    }
}

impl Lamp {
    const fn new(config: LampConfig) -> Self {
        Self {
            config,
            map: None,
            reader: LampReader::new(),
        }
    }

    fn look(&mut self, frame: &Frame) -> Said {
        let map = match self.map.take() {
            Some(map) if map.size() == frame.size => map,
            _ => HeadMap::of(&self.config, frame.size),
        };
        let glimpse = lamp::look(&map.read(frame), self.config.lit_from);
        self.map = Some(map);
        let (state, since, seen_at) = self.reader.take(frame.pts, glimpse);
        Said {
            state,
            since,
            seen_at,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::camera::{ColorMatrix, ColorRange, PixelFormat};
    use crate::config::Config;
    use crate::geometry::PictureSize;

    const RED: SignalState = SignalState::Red;
    const GREEN: SignalState = SignalState::Green;
    const DARK: SignalState = SignalState::Unknown(Doubt::Dark);
    const SILENT: SignalState = SignalState::Unknown(Doubt::Silent);
    const DISAGREES: SignalState = SignalState::Unknown(Doubt::Disagrees);

    #[test]
    fn lamp_and_controller_help_each_other_and_neither_is_believed_against_the_other() {
        for (lamp, told, at_once, later) in [
            (RED, RED, (RED, Source::Both), (RED, Source::Both)),
            (
                DARK,
                RED,
                (RED, Source::Controller),
                (RED, Source::Controller),
            ),
            (RED, SILENT, (RED, Source::Lamp), (RED, Source::Lamp)),
            (
                DARK,
                SILENT,
                (SILENT, Source::Controller),
                (SILENT, Source::Controller),
            ),
            (RED, GREEN, (RED, Source::Lamp), (DISAGREES, Source::Both)),
        ] {
            let mut signal = Signal {
                id: "main".parse().unwrap(),
                pose: None,
                lamp: None,
                controller: None,
                differ_since: None,
            };
            let mut seen = Vec::new();
            for second in [0.0, 1.0, 2.0] {
                let at = StreamTime::from_secs_f64(second);
                let said = |state| Said {
                    state,
                    since: StreamTime::ZERO,
                    seen_at: at,
                };
                let (said, source) = signal.together(said(lamp), said(told), at);
                seen.push((said.state, source));
            }
            assert_eq!((seen[0], seen[2]), (at_once, later), "{lamp:?} {told:?}");
        }
    }

    fn frame() -> Frame {
        Frame {
            pts: StreamTime::ZERO,
            wall: Timestamp::UNIX_EPOCH,
            size: PictureSize {
                width: 2,
                height: 2,
            },
            format: PixelFormat::I420,
            range: ColorRange::Limited,
            matrix: ColorMatrix::Bt601,
            planes: Vec::new(),
        }
    }

    /// A camera with a signal in each of two poses and one in both, all told by controllers; `group` is the last
    /// one's.
    fn told(group: &str) -> CameraConfig {
        let signal = |id: &str, keys: &str| {
            format!("[[camera.signal]]\nid = \"{id}\"\ncontroller = \"c\"\n{keys}\n")
        };
        let text = format!(
            "[[model]]\nname = \"yolox-nano\"\n[[camera]]\nid = \"cam\"\nurl = \"rtsp://h/p\"\n\
             poses = {{ source = \"mqtt\" }}\n[[camera.pose]]\nname = \"north\"\n[[camera.pose]]\nname = \"east\"\n{}{}{}",
            signal("a", "group = \"1\"\npose = \"north\""),
            signal("b", "group = \"2\"\npose = \"east\""),
            signal("c", &format!("group = \"{group}\"")),
        );
        let config = Config::parse(&text, Path::new("agent.toml")).unwrap();
        config.cameras[0].clone()
    }

    #[test]
    fn signals_of_the_pose_are_looked_at_and_no_others() {
        let mut watch = SignalWatch::of(&told("3"), SignalBoard::default());
        for (pose, wanted) in [(0, ["a", "c"]), (1, ["b", "c"])] {
            let readings = watch.look(&frame(), PoseId(pose), Timestamp::UNIX_EPOCH);
            let seen: Vec<&str> = readings.iter().map(|one| one.signal.as_str()).collect();
            assert_eq!(seen, wanted);
        }
    }

    #[test]
    fn a_new_plan_leaves_alone_what_is_as_it_was() {
        let mut watch = SignalWatch::of(&told("3"), SignalBoard::default());
        let then = Some(StreamTime::from_secs_f64(5.0));
        for signal in &mut watch.signals {
            signal.differ_since = then;
        }
        watch.follow(&told("4"));
        let kept: Vec<bool> = watch
            .signals
            .iter()
            .map(|signal| signal.differ_since == then)
            .collect();
        assert_eq!(kept, [true, true, false]);
        let group = |signal: &Signal| signal.controller.as_ref().map(|told| told.group.clone());
        assert_eq!(watch.signals.last().and_then(group).as_deref(), Some("4"));
    }

    #[test]
    fn a_controllers_word_dates_back_on_the_stream() {
        let at = StreamTime::from_secs_f64(10.0);
        let word = Word {
            aspect: Aspect::Red,
            age: Duration::from_secs(4),
        };
        assert_eq!(said(Some(word), at).since, StreamTime::from_secs_f64(6.0));
        assert_eq!(said(None, at).state, SILENT);
        let amber = Word {
            aspect: Aspect::RedAmber,
            ..word
        };
        assert_eq!(said(Some(amber), at).state, SignalState::Amber);
    }
}
