//! What can go wrong with a camera, and the status word and remedy for each.

use std::path::PathBuf;
use std::time::Duration;

use contract::v1::CameraStatusReason;
use gstreamer as gst;

use super::address::Carrier;
use super::format::{self, Format};
use super::size::SizeFault;

/// GStreamer's words where a camera takes the connection and does not answer.
const NO_ANSWER: &str = "Timeout while waiting for server response";

/// Why a camera's stream is not there.
#[derive(Debug, thiserror::Error)]
pub enum CameraError {
    /// No connection could be made.
    #[error("no connection to the camera")]
    Unreachable(#[source] GstFault),
    /// User or password was refused.
    #[error("the camera refused the user name or password")]
    Unauthorized(#[source] GstFault),
    /// The camera knows the user, who may not see this stream.
    #[error("the camera does not let this user see the stream")]
    Forbidden(#[source] GstFault),
    /// The camera serves as many as it can.
    #[error("the camera already serves as many as it can")]
    Busy(#[source] GstFault),
    /// The camera's certificate does not pass.
    #[error("the camera's certificate is not trusted: {0}")]
    Untrusted(String),
    /// The authorities that its certificate is held to are not there.
    #[error("ca_file {} cannot be used", file.display())]
    Authorities {
        /// The file.
        file: PathBuf,
        /// Why not.
        #[source]
        source: GstFault,
    },
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
    /// The camera was asked to send over UDP, and nothing came for too long.
    #[error("nothing came over UDP for {} s", .0.as_secs())]
    UdpBlocked(Duration),
    /// The camera does not send over UDP.
    #[error("the camera does not send over UDP")]
    UdpRefused(#[source] GstFault),
    /// Units come, and none that decoding can begin with.
    #[error("no keyframe came for {} s", .0.as_secs())]
    NoKeyframe(Duration),
    /// The pictures are of no size, or too large.
    #[error(transparent)]
    PictureSize(#[from] SizeFault),
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

    /// From an error message of the receiving pipeline, whose packets `carrier` carries; a file's come
    /// as over TCP: none is lost.
    pub(crate) fn from_receive(error: &gst::message::Error, carrier: Carrier) -> Self {
        let fault = GstFault::from_message(error);
        match rtsp_status(&fault.message) {
            Some(401) => return Self::Unauthorized(fault),
            Some(403) => return Self::Forbidden(fault),
            Some(404 | 410) => return Self::NotFound(fault),
            Some(453 | 503) => return Self::Busy(fault),
            Some(461) => return Self::UdpRefused(fault),
            _ => {}
        }
        let glib = error.error();
        // GStreamer's one word for "no codec of ours" and "not over UDP". Codecs were looked at before.
        let no_stream = glib.kind::<gst::StreamError>() == Some(gst::StreamError::CodecNotFound);
        if no_stream && carrier == Carrier::Udp {
            return Self::UdpRefused(fault);
        }
        if let Some(kind) = glib.kind::<gst::ResourceError>() {
            return match kind {
                gst::ResourceError::NotAuthorized => Self::Unauthorized(fault),
                gst::ResourceError::NotFound => Self::NotFound(fault),
                gst::ResourceError::OpenRead
                | gst::ResourceError::OpenWrite
                | gst::ResourceError::OpenReadWrite => Self::Unreachable(fault),
                _ if fault.message.contains(NO_ANSWER) => Self::Unreachable(fault),
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
            Self::Forbidden(_) => CameraStatusReason::Forbidden,
            Self::Busy(_) => CameraStatusReason::Busy,
            Self::Untrusted(_) | Self::Authorities { .. } => CameraStatusReason::Untrusted,
            Self::NotFound(_) => CameraStatusReason::NotFound,
            Self::UnsupportedCodec { .. } | Self::NoVideo => CameraStatusReason::UnsupportedCodec,
            Self::Stalled(_) => CameraStatusReason::Stalled,
            Self::UdpBlocked(_) | Self::UdpRefused(_) => CameraStatusReason::UdpBlocked,
            Self::NoKeyframe(_) => CameraStatusReason::NoKeyframe,
            Self::PictureSize(_) => CameraStatusReason::PictureSize,
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
                "Check the user in its url and the content of its password_file or credentials_file."
                    .to_owned()
            }
            Self::Forbidden(_) => {
                "Give this user the right to watch, in the camera's own settings.".to_owned()
            }
            Self::Busy(_) => {
                "Close other viewers of this camera, or raise its limit of them.".to_owned()
            }
            Self::Untrusted(_) => {
                "Put its authority's certificate, or the camera's own, into its ca_file.".to_owned()
            }
            Self::Authorities { .. } => {
                "Put certificates in PEM form there, readable by the agent's user.".to_owned()
            }
            Self::NotFound(_) => {
                "Check the path in its url against the camera's manual.".to_owned()
            }
            Self::UnsupportedCodec { .. } | Self::NoVideo => {
                format!("Set the stream to one of: {}.", Format::supported())
            }
            Self::Stalled(_) => "Check the network's load and the camera's own health.".to_owned(),
            Self::UdpBlocked(_) | Self::UdpRefused(_) => {
                "Set its transport to \"tcp\" or \"auto\", or open the way for UDP.".to_owned()
            }
            Self::NoKeyframe(_) => {
                "Set the camera's keyframe interval to some seconds at most.".to_owned()
            }
            Self::PictureSize(SizeFault::TooLarge { .. }) => {
                "Lower the stream's resolution, or name the camera's second stream as sub_url."
                    .to_owned()
            }
            Self::PictureSize(SizeFault::Nothing { .. }) => {
                "Set the stream's resolution anew, or restart the camera.".to_owned()
            }
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

/// The status that the camera answered with, where GStreamer quotes one: `Forbidden (403)`.
fn rtsp_status(message: &str) -> Option<u16> {
    let numbers = message.rsplit('(').filter_map(|tail| tail.split_once(')'));
    numbers
        .filter_map(|(number, _)| number.parse().ok())
        .find(|status| (300..600).contains(status))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_is_found_where_one_is_quoted() {
        let cases = [
            ("Forbidden (403)", Some(403)),
            ("Error (461): Unsupported transport", Some(461)),
            (
                "gstrtspsrc.c(6795) Not Enough Bandwidth (453) now",
                Some(453),
            ),
            ("Could not connect. (Generic error)", None),
            ("(12)", None),
        ];
        for (message, status) in cases {
            assert_eq!(rtsp_status(message), status, "{message}");
        }
    }
}
