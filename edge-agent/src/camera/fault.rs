//! What can go wrong with a camera, and the status word and remedy for each.

use std::time::Duration;

use contract::v1::CameraStatusReason;
use gstreamer as gst;

use super::format::{self, Format};

/// Why a camera's stream is not there.
#[derive(Debug, thiserror::Error)]
pub enum CameraError {
    /// No connection could be made.
    #[error("no connection to the camera")]
    Unreachable(#[source] GstFault),
    /// User or password was refused.
    #[error("the camera refused the user name or password")]
    Unauthorized(#[source] GstFault),
    /// The stream's path is unknown to the camera.
    #[error("the camera knows no such stream")]
    NotFound(#[source] GstFault),
    /// The stream's codec is not in the format table.
    #[error(
        "the stream is {codec}, which is not supported ({} are)",
        Format::supported()
    )]
    UnsupportedCodec {
        /// What it is, by its usual name where that is known, and its RTP encoding name or media type.
        codec: String,
    },
    /// The session has no video at all.
    #[error("the stream carries no video")]
    NoVideo,
    /// Nothing came for too long.
    #[error("nothing came for {} s", .0.as_secs())]
    Stalled(Duration),
    /// The camera ended the stream.
    #[error("the camera ended the stream")]
    EndOfStream,
    /// Units come, pictures do not.
    #[error("the stream cannot be decoded")]
    Undecodable(#[source] Option<GstFault>),
    /// The stream broke for another reason.
    #[error("the stream broke")]
    Stream(#[source] GstFault),
    /// GStreamer lacks an element or could not start.
    #[error("GStreamer cannot build {what}")]
    Pipeline {
        /// Which pipeline.
        what: &'static str,
        /// GStreamer's words.
        #[source]
        source: GstFault,
    },
    /// The agent's own code panicked while it handled this camera.
    #[error("the camera's task panicked: {0}")]
    Panicked(String),
}

/// An error as GStreamer put it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message} ({origin})")]
pub struct GstFault {
    /// GStreamer's sentence.
    pub message: String,
    /// The element it came from.
    pub origin: String,
}

impl GstFault {
    /// A fault of our own pipeline code, with the cause in words.
    pub(crate) fn new(origin: &str, message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            origin: origin.to_owned(),
        }
    }

    /// From a bus message, with the detail of GStreamer's debug text that follows its source line.
    pub(crate) fn from_message(error: &gst::message::Error) -> Self {
        let origin = error.src().map_or_else(String::new, |src| {
            use gst::prelude::GstObjectExt;
            src.name().to_string()
        });
        let detail = error.debug();
        // The debug text is `file.c(line): function (): path:\ndetail`; the detail is what helps.
        let detail = detail
            .as_deref()
            .and_then(|text| text.split_once('\n'))
            .map(|(_, d)| d.trim());
        let message = match detail.filter(|detail| !detail.is_empty()) {
            Some(detail) => format!("{} {detail}", error.error().message()),
            None => error.error().message().to_owned(),
        };
        Self { message, origin }
    }
}

impl CameraError {
    /// A codec, by its RTP encoding name or media type, that the format table lacks.
    pub(crate) fn unsupported(word: &str) -> Self {
        Self::UnsupportedCodec {
            codec: format::name_of_refused(word),
        }
    }

    /// From an error message of the receiving pipeline.
    pub(crate) fn from_receive(error: &gst::message::Error) -> Self {
        let fault = GstFault::from_message(error);
        let glib = error.error();
        if let Some(kind) = glib.kind::<gst::ResourceError>() {
            return match kind {
                gst::ResourceError::NotAuthorized => Self::Unauthorized(fault),
                gst::ResourceError::NotFound => Self::NotFound(fault),
                gst::ResourceError::OpenRead
                | gst::ResourceError::OpenWrite
                | gst::ResourceError::OpenReadWrite => Self::Unreachable(fault),
                _ => Self::Stream(fault),
            };
        }
        match glib.kind::<gst::StreamError>() {
            Some(gst::StreamError::CodecNotFound | gst::StreamError::WrongType) => {
                Self::unsupported(&fault.message)
            }
            Some(gst::StreamError::Decode | gst::StreamError::Format) => {
                Self::Undecodable(Some(fault))
            }
            _ => Self::Stream(fault),
        }
    }

    /// The word for the camera's status.
    #[must_use]
    pub const fn reason(&self) -> CameraStatusReason {
        match self {
            Self::Unreachable(_) => CameraStatusReason::Unreachable,
            Self::Unauthorized(_) => CameraStatusReason::Unauthorized,
            Self::NotFound(_) => CameraStatusReason::NotFound,
            Self::UnsupportedCodec { .. } | Self::NoVideo => CameraStatusReason::UnsupportedCodec,
            Self::Stalled(_) => CameraStatusReason::Stalled,
            Self::EndOfStream => CameraStatusReason::EndOfStream,
            Self::Undecodable(_) => CameraStatusReason::Undecodable,
            Self::Stream(_) | Self::Pipeline { .. } | Self::Panicked(_) => {
                CameraStatusReason::Failed
            }
        }
    }

    /// What an operator can do about it, one sentence.
    #[must_use]
    pub fn remedy(&self) -> String {
        match self {
            Self::Unreachable(_) => {
                "Check the camera's power and network, and host and port in its url.".to_owned()
            }
            Self::Unauthorized(_) => {
                "Check the user in its url and the content of its password_file.".to_owned()
            }
            Self::NotFound(_) => {
                "Check the path in its url against the camera's manual.".to_owned()
            }
            Self::UnsupportedCodec { .. } | Self::NoVideo => {
                format!("Set the stream to one of: {}.", Format::supported())
            }
            Self::Stalled(_) => "Check the network's load and the camera's own health.".to_owned(),
            Self::EndOfStream => {
                "Nothing to do unless it repeats; then look at the camera's log.".to_owned()
            }
            Self::Undecodable(_) => {
                "Restart the camera, lower its bit rate, or check the network for loss.".to_owned()
            }
            Self::Pipeline { .. } => {
                "Install the GStreamer plugins base, good, bad and libav.".to_owned()
            }
            Self::Stream(_) => "The agent connects again by itself.".to_owned(),
            Self::Panicked(_) => "Report this log line; the agent connects again.".to_owned(),
        }
    }
}
