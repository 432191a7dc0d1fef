//! What traffic signals show: read off the picture, told by a controller, or both.
//!
//! Reading is pure but for `pixels`, which takes colours out of a decoded picture: `lamp` says what one
//! picture shows, `reader` what the signal is, with hysteresis and with doubt. What does not belong here:
//! what follows for who crosses a line (`rule::red_light`), and MQTT (`outbox`).

mod state;

mod lamp;
mod pixels;
mod reader;

mod board;
mod watch;

pub use board::SignalBoard;
pub use state::{Doubt, SignalReading, SignalState, Source};
pub use watch::SignalWatch;
