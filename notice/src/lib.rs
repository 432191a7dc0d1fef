//! What is told to whom about an incident: what it is ([`family`]), the facts of it ([`facts`]), who wants to know what
//! ([`target`]), what a target must be told now ([`mod@plan`]), what becomes of one message
//! ([`delivery`]), and how it reads as a Common Alerting Protocol message ([`cap`]) in a feed
//! ([`atom`]).
//!
//! Pure: values and a time go in, values come out. What does not belong here: sending (that is
//! `ingest-server`'s `dispatch`), words for people (those are the catalogue's), tables.

pub mod family;

pub mod facts;

pub mod target;

pub mod plan;

pub mod delivery;

mod xml;

pub mod cap;

pub mod atom;

pub use delivery::{Failure, State};
pub use facts::{Cause, Facts, Review};
pub use family::Family;
pub use plan::{Plan, Thread, Word, plan};
pub use target::{Channel, Target, Targets};
