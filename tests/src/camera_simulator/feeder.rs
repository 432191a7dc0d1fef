//! Pushes access units into one RTSP media as they fall due: the thread behind each stream.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use gstreamer as gst;
use gstreamer_app::AppSrc;

use super::device::Playback;
use super::footage::Footage;
use super::playhead::{Due, Playhead};

/// What the camera is told to do to its stream. Further ways to misbehave are further variants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Behaviour {
    /// Sends what it films.
    Sending,
    /// Keeps its connections and sends nothing.
    Stalled,
}

#[derive(Debug)]
struct State {
    behaviour: Behaviour,
    /// Grows when every running stream must end.
    generation: u64,
    /// When the camera first filmed; its clock runs from here.
    born: Option<Instant>,
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

    /// Ends every stream that runs now; later ones are not touched.
    pub(super) fn end_streams(&self) {
        self.lock().generation += 1;
        self.changed.notify_all();
    }
}

/// Starts the thread that feeds one media. It ends with the footage, with [`Control::end_streams`],
/// or when the media no longer takes anything.
pub(super) fn start(source: AppSrc, footage: Footage, playback: Playback, control: Arc<Control>) {
    let (generation, born) = {
        let mut state = control.lock();
        (
            state.generation,
            *state.born.get_or_insert_with(Instant::now),
        )
    };
    std::thread::spawn(move || {
        source.set_caps(Some(&footage.caps));
        let feeder = Feeder {
            source,
            footage,
            playback,
            control,
            generation,
            born,
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
}

/// Why a wait was over.
enum Waited {
    Due,
    Stalled,
    Ended,
}

impl Feeder {
    fn run(&self) {
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
                Waited::Ended => return,
            }
        }
        let _ = self.source.end_of_stream();
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
        let mut buffer = due.unit.data.copy(); // shares the bytes, owns its times
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
