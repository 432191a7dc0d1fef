//! The API as its callers see it: the real router over a real database in a folder of its own.

mod access;
mod access_outside;
mod accounts;
mod app;
mod bundles;
mod dispatch;
mod citizens;
mod casework;
mod copies;
mod evidence;
mod incidents;
mod live;
mod masking;
mod merging;
mod open311;
mod operation;
mod orders;
mod overdue;
mod rights;
mod session;
mod uploads;
