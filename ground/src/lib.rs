//! From a point of a picture to a place on the ground, and how far off that may be.
//!
//! ```text
//! street camera      four or more point pairs ─► Homography ─► place with an error ellipse
//! camera on a tower  position, height, azimuth, tilt, field of view ─► Tower ─► bearing,
//!                    and with flat ground or an elevation grid a place with an error ellipse
//! two bearings       ─► fix
//! a walk of places   ─► speed
//! ```
//!
//! Points of a picture are fractions of its width and height, from the upper left corner. Places are WGS84
//! degrees. Near a camera everything is metres east and north of it ([`East North`](geodesy::Offset)), where
//! the earth is flat enough. No place is given without its error.
//!
//! What does not belong here: files and configuration, which camera looks where just now (poses), zones.

pub mod geodesy;

pub mod ellipse;

pub mod homography;

pub mod elevation;

pub mod tower;

pub mod fix;

pub mod speed;
