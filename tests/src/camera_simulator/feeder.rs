//! Pushes access units into one RTSP media as they fall due: the thread behind each stream.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use gstreamer as gst;
use gstreamer_app::AppSrc;

use super::device::Playback;
use super::footage::Footage;
use super::playhead::{Due, Playhead};
use super::wire;

/// Which of a camera's streams.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Which {
    /// The one it began with, which films what it is told.
    First,
    /// One beside it, which goes on with what it has.
    Beside,
}

/// What the camera is told to do to its stream. Further ways to misbehave are further variants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Behaviour {
    /// Sends what it films.
    Sending,
    /// Keeps its connections and sends nothing.
    Stalled,
    /// Sends noise in place of what it films.
    Garbling,
}

#[derive(Debug)]
struct State {
    behaviour: Behaviour,
    /// Grows when every running stream must end.
    generation: u64,
    /// When the camera first filmed; its clock runs from here.
    born: Option<Instant>,
    /// How far ahead the time is that it tells.
    clock_ahead: Duration,
    /// What its first stream films in place of what it began with, and how often that was changed.
    footage: Option<Footage>,
    edition: u64,
}

/// The remote control of one camera's streams, shared by its feeders.
#[derive(Debug)]
pub(super) struct Control {
    state: Mutex<State>,
    changed: Condvar,
}

impl Control {
    pub(super) fn new() -> Arc<Self> {
        let state = State {
            behaviour: Behaviour::Sending,
            generation: 0,
            born: None,
            clock_ahead: Duration::ZERO,
            footage: None,
            edition: 0,
        };
        Arc::new(Self {
            state: Mutex::new(state),
            changed: Condvar::new(),
        })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells every stream how to behave from now on.
    pub(super) fn behave(&self, behaviour: Behaviour) {
        self.lock().behaviour = behaviour;
        self.changed.notify_all();
    }

    /// Has it film something else from now on, on the connections that are and that come.
    pub(super) fn film(&self, footage: Footage) {
        let mut state = self.lock();
        state.footage = Some(footage);
        state.edition += 1;
        self.changed.notify_all();
    }

    /// Has it tell a time that is so far ahead.
    pub(super) fn set_clock_ahead(&self, ahead: Duration) {
        self.lock().clock_ahead = ahead;
    }

    /// How far ahead the time is that it tells.
    pub(super) fn clock_ahead(&self) -> Duration {
        self.lock().clock_ahead
    }

    /// Ends every stream that runs now; later ones are not touched.
    pub(super) fn end_streams(&self) {
        self.lock().generation += 1;
        self.changed.notify_all();
    }
}

/// Starts the thread that feeds one media. It ends with the footage, with [`Control::end_streams`],
/// or when the media no longer takes anything.
pub(super) fn start(
    source: AppSrc,
    footage: Footage,
    playback: Playback,
    which: Which,
    control: Arc<Control>,
) {
    let (generation, born) = {
        let mut state = control.lock();
        let born = *state.born.get_or_insert_with(Instant::now);
        (state.generation, born)
    };
    std::thread::spawn(move || {
        source.set_caps(Some(&footage.caps));
        let mut feeder = Feeder {
            source,
            footage,
            playback,
            control,
            generation,
            born,
            which,
            edition: 0,
        };
        feeder.run();
    });
}

struct Feeder {
    source: AppSrc,
    footage: Footage,
    playback: Playback,
    control: Arc<Control>,
    generation: u64,
    born: Instant,
    which: Which,
    edition: u64,
}

/// Why a wait was over.
enum Waited {
    Due,
    Stalled,
    Changed,
    Ended,
}

impl Feeder {
    fn run(&mut self) {
        let opened = self.born.elapsed();
        // The stream's zero is the first unit's time, which lies at most a GOP before now.
        let mut head = Playhead::at(self.footage.clone(), self.playback, opened);
        let mut late = None;
        while let Some(due) = head.next() {
            // The first unit goes at once; the rest keep their distance to it.
            let lag = *late.get_or_insert_with(|| opened.saturating_sub(due.at));
            match self.wait_until(due.at + lag) {
                Waited::Due => {
                    if self.push(&due, opened.saturating_sub(lag)).is_err() {
                        return;
                    }
                }
                Waited::Stalled => {
                    if !self.wait_while_stalled() {
                        return;
                    }
                    head = Playhead::at(
                        self.footage.clone(),
                        self.playback,
                        self.born.elapsed().saturating_sub(lag),
                    );
                }
                Waited::Changed => {
                    self.take_up_change();
                    let now = self.born.elapsed().saturating_sub(lag);
                    head = Playhead::at(self.footage.clone(), self.playback, now);
                }
                Waited::Ended => return,
            }
        }
        let _ = self.source.end_of_stream();
    }

    fn take_up_change(&mut self) {
        let state = self.control.lock();
        self.edition = state.edition;
        // A session has one codec: this one goes on with what it had.
        let fits = |footage: &&Footage| footage.codec == self.footage.codec;
        if let Some(footage) = state.footage.as_ref().filter(fits) {
            self.footage = footage.clone();
            self.source.set_caps(Some(&footage.caps));
        }
    }

    fn wait_until(&self, at: Duration) -> Waited {
        let mut state = self.control.lock();
        loop {
            if state.generation != self.generation {
                return Waited::Ended;
            }
            if state.behaviour == Behaviour::Stalled {
                return Waited::Stalled;
            }
            if self.which == Which::First && state.edition != self.edition {
                return Waited::Changed;
            }
            let left = at.saturating_sub(self.born.elapsed());
            if left.is_zero() {
                return Waited::Due;
            }
            (state, _) = self
                .control
                .changed
                .wait_timeout(state, left)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Whether the stream may go on.
    fn wait_while_stalled(&self) -> bool {
        let mut state = self.control.lock();
        while state.behaviour == Behaviour::Stalled && state.generation == self.generation {
            state = self
                .control
                .changed
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
        state.generation == self.generation
    }

    fn push(&self, due: &Due, zero: Duration) -> Result<(), gst::FlowError> {
        let garbling = self.control.lock().behaviour == Behaviour::Garbling;
        let noise = garbling.then(|| wire::garbled(&due.unit.data)).flatten();
        // A copy shares the bytes and owns its times.
        let mut buffer = noise.unwrap_or_else(|| due.unit.data.copy());
        if let Some(buffer) = buffer.get_mut() {
            buffer.set_pts(clock_time(due.shown.saturating_sub(zero)));
            buffer.set_dts(clock_time(due.at.saturating_sub(zero)));
        }
        self.source.push_buffer(buffer).map(|_| ())
    }
}

fn clock_time(time: Duration) -> gst::ClockTime {
    gst::ClockTime::from_nseconds(u64::try_from(time.as_nanos()).unwrap_or(u64::MAX))
}
