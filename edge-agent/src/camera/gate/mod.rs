//! The activity gate: when a quiet camera's keyframes are enough. Pure: access units' times and
//! sizes, luma grids of decoded pictures and the word of the analysis in; decisions with a reason
//! out. No decoder, no clock, no lock.
//!
//! Asleep, only keyframes are decoded. Each is compared with the learned background
//! (`background`), and every so often one is shown to the detector (a *glance*), at least twice
//! within the shortest event that a rule declares. What changed, or what the detector sees, wakes
//! the gate, and decoding begins where all was still quiet, so the beginning is analysed too.
//! Sizes of predicted units (`sizes`) may only make the gate look sooner (a *peek*).
//!
//! What does not belong here: what is worth staying awake for (`analysis`, which tells it).

mod background;
mod cadence;
mod grid;
mod handle;
mod patience;
mod reason;
mod sizes;
mod views;

use std::time::Duration;

use background::Change;
use cadence::Cadence;
pub(crate) use grid::LumaGrid;
pub(crate) use handle::Transition;
pub use handle::{GateHandle, GateReport, Signal};
use patience::Patience;
pub use reason::{Cause, Waking};
use sizes::Sizes;
use views::{View, Views};

use super::unit_kind::UnitKind;
use crate::config::{CameraConfig, GateMode};
use crate::pose::PoseState;
use crate::time::StreamTime;

/// How long the gate stays open after the last thing that stirred.
const HOLD: Duration = Duration::from_secs(5);
/// Pictures are compared, and shown to the detector, no rarer than this while the gate is shut.
const LONGEST_GLANCE: Duration = Duration::from_secs(10);
/// Keyframes that come oftener than this are not all decoded while the gate is shut.
const LONGEST_LOOK: Duration = Duration::from_secs(2);
/// How far back decoding begins at most: a longer burst would be late for what happens now.
const LONGEST_BACKLOG: Duration = Duration::from_secs(12);
/// Keyframes that are compared before the gate shuts for the first time.
const LEARNED: u32 = 3;
/// A weak change is shown to the detector, no oftener than this.
const WEAK_GLANCE: Duration = Duration::from_secs(2);
/// Cameras' keyframes come a little early or late: one part in so many is tolerated, half of it
/// before the gate shuts.
const TOLERANCE: u32 = 20;
/// Unusual sizes are checked no sooner after one another; doubled each time they meant nothing.
const PEEK: (Duration, Duration) = (Duration::from_secs(4), Duration::from_secs(128));

/// What a gate is told about its camera.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GatePolicy {
    /// What the configuration says.
    pub mode: GateMode,
    /// The shortest event that a rule must not miss; none where no rule runs.
    pub shortest_event: Option<Duration>,
    /// Time between two analysed pictures; zero where each is.
    pub analysis_period: Duration,
}

impl GatePolicy {
    /// What a camera's configuration says.
    #[must_use]
    pub fn of(camera: &CameraConfig) -> Self {
        let period = Duration::try_from_secs_f64(1.0 / camera.analyse_fps);
        Self {
            mode: camera.gate,
            shortest_event: camera.shortest_event(),
            analysis_period: period.unwrap_or_default(),
        }
    }

    /// The longest interval of a camera's keyframes with which the gate can shut: two must fall into
    /// the shortest event, and the ring must still hold what lies between.
    #[must_use]
    pub fn longest_keyframe_interval(&self) -> Duration {
        let half = self.shortest_event.map(|shortest| shortest / 2);
        half.unwrap_or(LONGEST_BACKLOG).min(LONGEST_BACKLOG)
    }
}

/// One access unit, as far as the gate cares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct UnitFacts {
    pub(crate) pts: StreamTime,
    pub(crate) kind: UnitKind,
    pub(crate) bytes: usize,
}

/// What to do with an access unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Feed {
    /// Not decoded.
    Leave,
    /// A keyframe: decoded by itself, its picture told with [`Gate::look`].
    Look,
    /// Everything from the last keyframe to it is decoded, and the last picture told with
    /// [`Gate::peek`].
    Peek,
    /// Decoded in its turn.
    Next,
    /// Everything from the keyframe at or before that moment to it is decoded.
    From(StreamTime),
}

/// What to do with a picture that was decoded by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Looked {
    /// Nothing.
    Quiet,
    /// It is shown to the detector; if that sees something, the gate wakes.
    Glance,
    /// It is analysed like any other.
    InTurn,
    /// The gate woke: decode everything since the keyframe at or before that moment.
    Woken(StreamTime),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Asleep,
    Awake { because: Waking, until: StreamTime },
}

/// The gate of one connection.
#[derive(Debug)]
pub(crate) struct Gate {
    policy: GatePolicy,
    state: State,
    cadence: Cadence,
    sizes: Sizes,
    view: View,
    views: Views,
    patience: Patience,
    newest: StreamTime,
    last_keyframe: Option<StreamTime>,
    looked: Option<StreamTime>,
    /// The last moment that was compared and quiet.
    quiet: Option<StreamTime>,
    glance: Option<Glance>,
    /// Where decoding is to begin at the next unit.
    called: Option<StreamTime>,
    peeked: Option<StreamTime>,
    peek_wait: Duration,
}

/// The last picture that was shown to the detector while the gate was shut.
#[derive(Debug, Clone, Copy)]
struct Glance {
    at: StreamTime,
    /// The one before it: whatever this one shows began after that.
    before: StreamTime,
}

impl Gate {
    /// A gate that is open and learns.
    pub(crate) fn new(policy: GatePolicy) -> Self {
        Self {
            policy,
            state: State::Awake {
                because: Waking::Learning,
                until: StreamTime::ZERO,
            },
            cadence: Cadence::default(),
            sizes: Sizes::default(),
            view: View::default(),
            views: Views::default(),
            patience: Patience::default(),
            newest: StreamTime::ZERO,
            last_keyframe: None,
            looked: None,
            quiet: None,
            glance: None,
            called: None,
            peeked: None,
            peek_wait: PEEK.0,
        }
    }

    /// Why it is open; nothing while it is shut.
    pub(crate) fn waking(&self) -> Option<Waking> {
        match (self.policy.mode, self.state) {
            (GateMode::Off, _) => Some(Waking::Off),
            (GateMode::Keyframes, _) | (GateMode::Auto, State::Asleep) => None,
            (GateMode::Auto, State::Awake { because, .. }) => Some(because),
        }
    }

    /// The camera stands elsewhere, turns, or nobody knows: what was learnt is of the view that it left. A view
    /// that comes into sight is looked at for a while, as after a start.
    pub(crate) fn turn(&mut self, state: PoseState) {
        let Some(state) = self.views.turn(state, &mut self.view) else {
            return;
        };
        (self.quiet, self.glance, self.called) = (None, None, None);
        if let PoseState::At(_) = state {
            self.state = State::Awake {
                because: Waking::Learning,
                until: self.newest + HOLD,
            };
        }
    }

    /// What is to be done with the next unit, in decode order.
    pub(crate) fn unit(&mut self, unit: &UnitFacts) -> Feed {
        self.newest = self.newest.max(unit.pts);
        let is_keyframe = unit.kind == UnitKind::Keyframe;
        if is_keyframe {
            self.cadence.keyframe(unit.pts);
        }
        let blind = self.is_blind();
        if is_keyframe {
            self.last_keyframe = Some(unit.pts);
        }
        let hint = self.sizes.is_unusual(unit.kind, unit.bytes);
        if let Some(from) = self.called.take() {
            return Feed::From(from);
        }
        if self.views.is_nowhere() && self.policy.mode == GateMode::Auto {
            return self.keyframe_alone(is_keyframe, self.look_every());
        }
        match (self.policy.mode, self.state) {
            (GateMode::Off, _) => Feed::Next,
            (GateMode::Keyframes, _) => {
                self.keyframe_alone(is_keyframe, self.policy.analysis_period)
            }
            (GateMode::Auto, State::Awake { .. }) => match self.keyframes_suffice() {
                true => {
                    let every = self.look_every().min(self.policy.analysis_period);
                    self.keyframe_alone(is_keyframe, every)
                }
                false => Feed::Next,
            },
            (GateMode::Auto, State::Asleep) => {
                if blind {
                    return Feed::From(self.wake(Waking::KeyframesTooRare, self.quiet));
                }
                match hint && !is_keyframe && self.may_peek() {
                    true => {
                        self.peeked = Some(self.newest);
                        Feed::Peek
                    }
                    false => self.keyframe_alone(is_keyframe, self.look_every()),
                }
            }
        }
    }

    /// A keyframe is decoded where the next one would come later than `every` after the last.
    fn keyframe_alone(&mut self, is_keyframe: bool, every: Duration) -> Feed {
        let due = |looked| self.would_exceed(self.newest.since(looked), every);
        if !is_keyframe || !self.looked.is_none_or(due) {
            return Feed::Leave;
        }
        self.looked = Some(self.newest);
        Feed::Look
    }

    /// Takes the picture of a keyframe that was decoded by itself.
    pub(crate) fn look(&mut self, at: StreamTime, grid: &LumaGrid) -> Looked {
        if self.views.is_nowhere() && self.policy.mode == GateMode::Auto {
            return Looked::Quiet;
        }
        let change = self.view.background.look(grid);
        match (self.policy.mode, self.state) {
            (GateMode::Auto, State::Asleep) => self.look_asleep(at, change),
            (GateMode::Auto, State::Awake { .. }) => {
                self.look_awake(at, change);
                Looked::InTurn
            }
            (GateMode::Keyframes | GateMode::Off, _) => Looked::InTurn,
        }
    }

    fn look_asleep(&mut self, at: StreamTime, change: Change) -> Looked {
        self.patience.regain(at);
        let change = match self.patience.is_deaf(at) {
            true => change.min(Change::Weak),
            false => change,
        };
        let waking = match change {
            Change::Local => Some(Waking::Change),
            Change::Whole => Some(Waking::WholePicture),
            Change::None | Change::Weak => None,
        };
        if let Some(waking) = waking {
            return Looked::Woken(self.wake(waking, self.quiet));
        }
        self.quiet = Some(at);
        let due = |since: Duration| {
            let weak = change == Change::Weak && since >= WEAK_GLANCE;
            let next = self
                .look_every()
                .max(self.cadence.longest().unwrap_or_default());
            weak || since + next > tolerated(self.glance_every())
        };
        let since = self.glance.map(|glance| at.since(glance.at));
        if !since.is_none_or(due) {
            return Looked::Quiet;
        }
        let before = self.glance.map_or(at, |glance| glance.at);
        self.glance = Some(Glance { at, before });
        Looked::Glance
    }

    /// A keyframe's picture while the gate is open; it may shut.
    fn look_awake(&mut self, at: StreamTime, change: Change) {
        self.view.looks = self.view.looks.saturating_add(1);
        let State::Awake { because, until } = self.state else {
            return;
        };
        let in_vain = match because {
            Waking::Change | Waking::WholePicture => self.patience.is_lost(at),
            _ => {
                self.patience.regain(at);
                false
            }
        };
        if in_vain || self.patience.is_deaf(at) {
            if at >= until || in_vain {
                self.try_to_shut(at);
            }
            return;
        }
        match change {
            Change::None => {}
            Change::Weak => self.stay(because, at),
            // The first picture is a change from nothing.
            _ if because == Waking::Learning && self.view.looks < LEARNED => self.stay(because, at),
            Change::Local => self.stay(Waking::Change, at),
            Change::Whole => self.stay(Waking::WholePicture, at),
        }
        if change == Change::None && at >= until {
            self.try_to_shut(at);
        }
    }

    /// Compares a keyframe's picture while the gate is open.
    pub(crate) fn compare(&mut self, at: StreamTime, grid: &LumaGrid) {
        if self.views.is_nowhere() {
            return;
        }
        let change = self.view.background.look(grid);
        self.look_awake(at, change);
    }

    /// Whether the picture of a keyframe is worth comparing while the gate is open.
    pub(crate) fn wants_comparison(&mut self, at: StreamTime) -> bool {
        let due = self.policy.mode == GateMode::Auto
            && self
                .looked
                .is_none_or(|looked| self.would_exceed(at.since(looked), self.look_every()));
        if due {
            self.looked = Some(at);
        }
        due
    }

    /// Takes the newest picture after a peek. Where it shows no change either, the hint meant
    /// nothing; else decoding is to begin at the moment that comes back.
    pub(crate) fn peek(&mut self, grid: &LumaGrid) -> Option<StreamTime> {
        let change = match self.patience.is_deaf(self.newest) {
            true => Change::None,
            false => self.view.background.compare(grid),
        };
        match change {
            Change::None | Change::Weak => {
                self.peek_wait = (self.peek_wait * 2).min(PEEK.1);
                None
            }
            Change::Local => {
                self.peek_wait = PEEK.0;
                Some(self.wake(Waking::Change, self.quiet))
            }
            Change::Whole => {
                self.peek_wait = PEEK.0;
                Some(self.wake(Waking::WholePicture, self.quiet))
            }
        }
    }

    /// The analysis says that a picture holds the gate open, or wakes it. Where the picture was a
    /// glance, it comes again in its turn, with whatever is shown after the moment that comes back.
    pub(crate) fn hold(&mut self, at: StreamTime, cause: Cause) -> Option<StreamTime> {
        let because = Waking::Attention(cause);
        self.patience.restore();
        if self.policy.mode != GateMode::Auto {
            return None;
        }
        if let State::Awake { .. } = self.state {
            self.stay(because, at);
            return None;
        }
        let glance = self.glance.filter(|glance| glance.at == at);
        // Else the gate shut while the analysis was at work.
        let quiet = glance.map_or(at, |glance| glance.before);
        self.called = Some(self.wake(because, Some(quiet)));
        glance.map(|glance| glance.before)
    }

    /// A new plan has other rules.
    pub(crate) const fn set_shortest_event(&mut self, shortest: Option<Duration>) {
        self.policy.shortest_event = shortest;
    }

    /// Opens; returns where decoding begins: at the last quiet moment, if that is not too far back.
    fn wake(&mut self, because: Waking, quiet: Option<StreamTime>) -> StreamTime {
        self.state = State::Awake {
            because,
            until: self.newest + HOLD,
        };
        let farthest = self.newest - LONGEST_BACKLOG;
        quiet.unwrap_or(farthest).max(farthest)
    }

    fn stay(&mut self, because: Waking, at: StreamTime) {
        if let State::Awake { until, .. } = self.state {
            let hold = HOLD.max(self.policy.analysis_period * 2);
            let until = until.max(at + hold);
            self.state = State::Awake { because, until };
        }
    }

    fn try_to_shut(&mut self, at: StreamTime) {
        let needed = self.policy.longest_keyframe_interval();
        let why_not = match self.cadence.longest() {
            None => Some(Waking::Learning),
            _ if self.view.looks < LEARNED => Some(Waking::Learning),
            Some(interval) if interval > needed + needed / (2 * TOLERANCE) => {
                Some(Waking::KeyframesTooRare)
            }
            Some(_) => None,
        };
        match why_not {
            Some(because) => self.state = State::Awake { because, until: at },
            None => {
                self.state = State::Asleep;
                self.quiet = Some(at);
                self.glance = Some(Glance { at, before: at });
            }
        }
    }

    /// Whether keyframes come too rarely, or the next one should have been there.
    fn is_blind(&self) -> bool {
        let longest = tolerated(self.policy.longest_keyframe_interval());
        let overdue = |keyframe| self.newest.since(keyframe) > longest;
        self.last_keyframe.is_some_and(overdue) || self.cadence.longest() > Some(longest)
    }

    /// Whether, `since` after the last one, waiting for the next keyframe would take longer than
    /// `most` in all.
    fn would_exceed(&self, since: Duration, most: Duration) -> bool {
        since + self.cadence.longest().unwrap_or_default() > tolerated(most)
    }

    /// Time between two pictures that are compared, where keyframes come that often.
    fn look_every(&self) -> Duration {
        self.policy.longest_keyframe_interval().min(LONGEST_LOOK)
    }

    /// Time between two glances: two fall into the shortest event, wherever the keyframes lie.
    fn glance_every(&self) -> Duration {
        let every = self.policy.longest_keyframe_interval().min(LONGEST_GLANCE);
        every.max(self.policy.analysis_period)
    }

    /// Whether the analysis looks so rarely that keyframes alone give it all its pictures.
    fn keyframes_suffice(&self) -> bool {
        let interval = self.cadence.longest();
        interval.is_some_and(|interval| interval <= self.policy.analysis_period)
    }

    fn may_peek(&self) -> bool {
        let rested = |peeked| self.newest.since(peeked) >= self.peek_wait;
        self.peeked.is_none_or(rested)
            && self.last_keyframe.is_some_and(|keyframe| {
                // Soon after a keyframe there is nothing to gain over waiting for the next.
                self.newest.since(keyframe) < self.policy.longest_keyframe_interval()
                    && self.cadence.longest() > Some(Duration::from_millis(1_200))
            })
    }
}

fn tolerated(most: Duration) -> Duration {
    most + most / TOLERANCE
}

#[cfg(test)]
mod tests;
