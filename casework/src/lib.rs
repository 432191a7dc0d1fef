//! How an incident is worked: what people may decide ([`lifecycle`]), who holds it just now
//! ([`desk`]), which unit must act ([`routing`], [`area`], [`mod@unit`]), and by when ([`deadline`], [`clock`], [`duty`], [`overdue`]). What of this is a matter of the
//! installation stands in its [`policy`].
//!
//! Pure: values and a time go in, values come out. Nothing here reads a clock, a file or a database,
//! and nothing names a place, an agency or an article of law: those are data of the installation.
//!
//! What does not belong here: which reports are one incident (`merge`), tables, HTTP, delivery.

pub mod category;

pub mod unit;

pub mod people;

pub mod area;

pub mod desk;

pub mod deadline;

pub mod lifecycle;

pub mod clock;

pub mod routing;

pub mod overdue;

pub mod policy;

pub mod duty;
