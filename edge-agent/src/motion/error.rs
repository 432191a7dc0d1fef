//! What can go wrong in looking at motion.

/// Why a picture was not looked at.
#[derive(Debug, thiserror::Error)]
pub enum MotionError {
    /// The luma plane has fewer bytes than the picture's size needs.
    #[error("the luma plane of a picture of {width} × {height} pixels is too short")]
    Picture {
        /// The picture's width.
        width: u32,
        /// Its height.
        height: u32,
    },
    /// Two pictures that must be of one size are not.
    #[error("pictures of {0} × {1} and {2} × {3} pixels cannot be compared")]
    Sizes(u32, u32, u32, u32),
    /// `OpenCV` refused.
    #[error("OpenCV failed")]
    OpenCv(#[source] opencv::Error),
}

impl From<opencv::Error> for MotionError {
    fn from(error: opencv::Error) -> Self {
        Self::OpenCv(error)
    }
}
