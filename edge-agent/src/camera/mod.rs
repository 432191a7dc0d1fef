//! Cameras: encoded access units in, a packet ring that remembers them, pictures on demand.
//!
//! GStreamer is spoken here (and in `evidence/annotated`, which encodes for a person) and nowhere
//! else. What does not belong here: models, rules, anything that knows why a picture is wanted.
//!
//! One camera, live: `rtsp` receives → `ring` remembers → `gate` decides → `decoder` decodes →
//! `sampler` picks → `mailbox` hands over; `gated` is the middle of that, `decoding` its thread,
//! `supervisor` keeps it going. A camera with a main stream beside the one that is analysed has a
//! second ring: `footage` finds a moment of one in the other. One file, lock-step: `file`, through
//! the gate: `gated_file`; of a codec that no camera sends here: `foreign_file`. One picture: `picture_file`.

mod access_unit;
pub(crate) mod bits;
mod frame;
pub(crate) mod nal;
mod size;

mod format;
mod header;
mod source;
mod url;

mod address;
mod fault;
mod passage;
mod ring;
mod shared_ring;

mod counters;
mod mailbox;

mod backoff;
mod pace;
mod parameter_sets;
mod sampler;
mod thinning;
mod timeline;
mod unit_kind;

mod gate;

mod alone;
mod decoder;
mod decoding;
mod file;
mod foreign_file;
mod gated;
mod gated_file;
mod glimpse;
mod picture_file;
mod picture_folder;
mod probe;
mod receive;
mod rtsp;
mod sample;
mod trust;

mod connection;
mod supervisor;

mod footage;

#[cfg(test)]
pub(crate) mod clips_fixture;
#[cfg(test)]
mod access_tests;
#[cfg(test)]
mod hostile_tests;
#[cfg(test)]
mod gate_live_tests;
#[cfg(test)]
mod live_tests;
#[cfg(test)]
pub(crate) mod ring_fixture;
#[cfg(test)]
mod rtsp_fixture;
#[cfg(test)]
mod rtsp_tricks;
#[cfg(test)]
mod scripted_rtsp;
#[cfg(test)]
mod two_streams_tests;
#[cfg(test)]
mod video_fixture;

pub use access_unit::{AccessUnit, CameraTime, Codec, StreamInfo};
pub use address::{Carrier, StreamAddress};
pub use alone::{Receivers, Units, decode as decode_alone};
pub use counters::{Counters, Dropped};
pub use fault::{CameraError, GstFault};
pub use file::{FileError, FileItem, FileSource, Timing};
pub use footage::{Footage, FoundBy, Place};
pub use foreign_file::ForeignFile;
pub use frame::{ColorMatrix, ColorRange, Frame, PixelFormat, Plane};
pub use gate::{Cause, GateHandle, GatePolicy, GateReport, Signal, Waking};
pub use gated::Regard;
#[cfg(test)]
pub(crate) use gated_file::GatedStream;
pub use gated_file::{GatedFile, GatedItem};
#[cfg(test)]
pub(crate) use video_fixture::encoded_video;

pub use glimpse::last_picture;
pub use header::read_header;
pub use mailbox::{Delivery, FrameMailbox, Picture};
pub use passage::{Absence, Gap, Passage, PassageError};
pub use picture_file::{PictureError, frame_of, read_picture};
pub use picture_folder::PictureFolder;
pub use probe::{ProbeReport, Told, probe};
pub use ring::{Epoch, Kept, PacketRing, RingLimits, Tie};
pub(crate) use sampler::Sampler;
pub use shared_ring::{Reached, SharedRing};
pub use size::{Duty, SizeFault};
pub use source::{CameraSource, DecoderOptions, Patience};
pub use supervisor::{Camera, CameraHealth, supervise};
pub use url::{Credentials, StreamUrl, StreamUrlError};
