//! One camera's view of the clocks: which time line an event is told by, what its report says of
//! the clocks, and what its health is to know of them.

use std::cell::RefCell;
use std::sync::Arc;

use contract::v1::{Clock, ClockTrust, EventId, Phase};

use super::health::ClockVerdicts;
use crate::clock::{CameraClock, ClockBoard, EventTimes, camera_is_off};
use crate::config::ClockConfig;
use crate::rule::Verdict;
use crate::time::ClockAnchor;

/// The clocks, as one camera's analysis sees them.
pub(super) struct WatchClocks {
    config: ClockConfig,
    board: Arc<ClockBoard>,
    camera: Arc<CameraClock>,
    times: RefCell<EventTimes>,
    spokesman: Spokesman,
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
            spokesman,
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

    /// What is to be reported of the clocks themselves.
    pub(super) fn verdicts(&self) -> ClockVerdicts {
        let offset = self.camera.offset_ms();
        let camera = match offset {
            None => Verdict::Unknown,
            Some(_) if camera_is_off(&self.config, offset) => Verdict::Bad,
            Some(_) => Verdict::Good,
        };
        if self.spokesman == Spokesman::No {
            return ClockVerdicts {
                camera,
                agent: Verdict::Unknown,
                known: Verdict::Unknown,
            };
        }
        let now = self.board.since_start();
        let trust = self.board.state().trust(&self.config, now);
        let (agent, known) = match trust {
            ClockTrust::Unknown => (Verdict::Unknown, Verdict::Bad),
            ClockTrust::CameraOff => (Verdict::Unknown, Verdict::Good),
            ClockTrust::Trusted => (Verdict::Good, Verdict::Good),
            ClockTrust::AgentOff | ClockTrust::Stepped => (Verdict::Bad, Verdict::Good),
        };
        ClockVerdicts {
            camera,
            agent,
            known,
        }
    }
}
