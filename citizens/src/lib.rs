//! What citizens tell a city: which kinds of report there are ([`service`]), what one says and what of
//! it will not do ([`draft`]), whom to call back ([`contact`]), how it is followed ([`code`],
//! [`stage`]), what the attached files are and tell of themselves ([`sniff`], [`exif`]), and Open311
//! `GeoReport` v2 as values and text ([`open311`]).
//!
//! Pure: values, bytes and a time go in, values come out. Every name of a kind, a group, a place is
//! data of the installation (`data/services.toml` is what is shipped).
//!
//! What does not belong here: tables, HTTP, keys, pictures' pixels, which reports are one incident
//! (`merge`), what people decide (`casework`).

pub mod fault;

pub mod service;

pub mod contact;

pub mod draft;

pub mod code;

pub mod stage;

pub mod sniff;

pub mod exif;

pub mod open311;

pub use code::FollowCode;
pub use contact::Contact;
pub use draft::{Draft, Insist, Spot, Told};
pub use fault::{Fault, Problem};
pub use service::{Lang, Service, Services, ServicesError, Words};
pub use stage::Stage;
