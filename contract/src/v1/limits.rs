//! Size limits. The agent keeps them before it queues; the server enforces them before it parses.

/// Most bytes of one report message: a report is text, its evidence goes over HTTP.
pub const MAX_REPORT_BYTES: usize = 64 * 1024;
/// Most bytes of one status message.
pub const MAX_STATUS_BYTES: usize = 8 * 1024;
/// Most bytes of one piece of evidence: about four minutes at 16 Mbit/s.
pub const MAX_EVIDENCE_BYTES: u64 = 512 * 1024 * 1024;
/// Most tracks in one report.
pub const MAX_TRACKS: usize = 64;
/// Most boxes of one track in a report.
pub const MAX_BOXES_PER_TRACK: usize = 16;
/// Most evidence entries of one report.
pub const MAX_EVIDENCE_ENTRIES: usize = 32;
/// Most bytes of a report's detail.
pub const MAX_DETAIL_BYTES: usize = 64;
/// Most bytes of a class, a pose, a model's name, a rule's version, a media type, the name of a
/// parameter, or one word of its value.
pub const MAX_WORD_BYTES: usize = 64;
/// Most bytes of a camera's name for people.
pub const MAX_CAMERA_NAME_BYTES: usize = 256;

/// Most bytes of one desired state.
pub const MAX_DESIRED_BYTES: usize = 64 * 1024;
/// Most bytes of one command.
pub const MAX_COMMAND_BYTES: usize = 16 * 1024;
/// Most bytes of one answer to a command.
pub const MAX_ANSWER_BYTES: usize = 32 * 1024;
/// Most cameras in one desired state.
pub const MAX_DESIRED_CAMERAS: usize = 256;
/// Most zones, and most masks, of one camera.
pub const MAX_SHAPES_PER_CAMERA: usize = 64;
/// Most corners of one zone or mask.
pub const MAX_CORNERS: usize = 64;
/// Most changed, and most muted, rules of one camera.
pub const MAX_RULES_PER_CAMERA: usize = 32;
/// Most changed parameters of one rule.
pub const MAX_PARAMETERS: usize = 32;
/// Most words of a parameter that is a list.
pub const MAX_PARAMETER_ITEMS: usize = 32;
/// Most refused keys that an agent names.
pub const MAX_REFUSED_KEYS: usize = 16;
/// Furthest back that a clip may be asked for, in seconds.
pub const MAX_CLIP_SECONDS: u32 = 600;
/// Furthest back that a rule may be simulated, in seconds.
pub const MAX_SIMULATED_SECONDS: u32 = 6 * 60 * 60;
/// Most candidates that a simulation names.
pub const MAX_SIMULATED_CANDIDATES: usize = 64;
/// Most intervals that a simulation names.
pub const MAX_SIMULATED_INTERVALS: usize = 64;

/// A message is larger than the contract allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{actual} bytes, the limit is {limit}")]
pub struct SizeError {
    /// The message's size in bytes.
    pub actual: usize,
    /// The limit in bytes.
    pub limit: usize,
}

/// Checks a report message's size.
///
/// # Errors
/// [`SizeError`] where it is over [`MAX_REPORT_BYTES`].
pub const fn check_report_size(payload: &[u8]) -> Result<(), SizeError> {
    if payload.len() > MAX_REPORT_BYTES {
        return Err(SizeError {
            actual: payload.len(),
            limit: MAX_REPORT_BYTES,
        });
    }
    Ok(())
}
