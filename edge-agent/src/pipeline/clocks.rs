//! One camera's view of the clocks: which time line an event is told by, what its report says of
//! the clocks, and the reports of a clock that is wrong.

use std::cell::RefCell;
use std::sync::Arc;

use contract::v1::{Clock, ClockTrust, EventId, Phase};

use crate::clock::{CameraClock, ClockBoard, EventTimes, camera_is_off};
use crate::config::ClockConfig;
use crate::rule::{ClockVerdict, ClockWrong, EventChange, WhoseClock};
use crate::time::{ClockAnchor, StreamTime};

/// The clocks, as one camera's analysis sees them.
pub(super) struct WatchClocks {
    config: ClockConfig,
    board: Arc<ClockBoard>,
    camera: Arc<CameraClock>,
    times: RefCell<EventTimes>,
    camera_wrong: ClockWrong,
    agent_wrong: Option<ClockWrong>,
}

/// Whether a camera's reports also tell of the agent's clock. One camera of an agent does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Spokesman {
    Yes,
    No,
}

impl WatchClocks {
    pub(super) fn new(
        config: ClockConfig,
        board: Arc<ClockBoard>,
        camera: Arc<CameraClock>,
        spokesman: Spokesman,
    ) -> Self {
        Self {
            config,
            board,
            camera,
            times: RefCell::default(),
            camera_wrong: ClockWrong::new(WhoseClock::Camera),
            agent_wrong: (spokesman == Spokesman::Yes).then(|| ClockWrong::new(WhoseClock::Agent)),
        }
    }

    /// The connection's clock, with what the agent's clock was set by since it began.
    pub(super) fn now(&self, anchor: ClockAnchor) -> ClockAnchor {
        self.times
            .borrow_mut()
            .now(anchor, self.board.state().set_by)
    }

    /// The clock by which a change of an event is told.
    pub(super) fn of(&self, event: EventId, phase: Phase, now: ClockAnchor) -> ClockAnchor {
        self.times.borrow_mut().of(event, phase, now)
    }

    /// What a report says of the clocks.
    pub(super) fn known(&self) -> Clock {
        let now = self.board.since_start();
        self.board
            .state()
            .of_report(&self.config, now, self.camera.offset_ms())
    }

    /// What is to be reported of the clocks themselves, at a picture.
    pub(super) fn look(&mut self, at: StreamTime) -> Vec<EventChange> {
        let camera = self.camera.offset_ms();
        let verdict = match camera {
            None => ClockVerdict::Unknown,
            Some(_) if camera_is_off(&self.config, camera) => ClockVerdict::Wrong,
            Some(_) => ClockVerdict::Right,
        };
        let mut changes: Vec<EventChange> =
            self.camera_wrong.observe(at, verdict).into_iter().collect();
        let trust = self
            .board
            .state()
            .trust(&self.config, self.board.since_start());
        let verdict = match trust {
            ClockTrust::Unknown | ClockTrust::CameraOff => ClockVerdict::Unknown,
            ClockTrust::Trusted => ClockVerdict::Right,
            ClockTrust::AgentOff | ClockTrust::Stepped => ClockVerdict::Wrong,
        };
        changes.extend(
            self.agent_wrong
                .as_mut()
                .and_then(|clock| clock.observe(at, verdict)),
        );
        changes
    }

    /// The connection ended.
    pub(super) fn end(&mut self, at: StreamTime) -> Vec<EventChange> {
        let camera = self.camera_wrong.end(at);
        let agent = self.agent_wrong.as_mut().and_then(|clock| clock.end(at));
        camera.into_iter().chain(agent).collect()
    }
}
