//! The durable queue between what was seen and what the server has committed.
//!
//! A report is in the outbox from the moment its revision exists until the server's signed ack
//! says `stored` for exactly its bytes; evidence from its sealing until its upload is complete.
//! Kill the process at any moment: the next start finds the same.
//!
//! Bounds and policy, all of it in [`Store`]:
//! - evidence takes at most `max_bytes − reserved_report_bytes`. Where that is full, the oldest
//!   clips of the lowest severity go first, then stills; the report says so in a later revision;
//! - reports take at most `reserved_report_bytes`. Where that is full, dead letters go first, then
//!   `updated` revisions that a later revision of the same event replaces, then whole events of
//!   the lowest severity, oldest first;
//! - whatever goes is counted in a row that nothing drops ([`Loss`]), in a metric, and in the log.
//!
//! SQL is spoken in `store` and nowhere else, MQTT in `publisher` and nowhere else. What does not
//! belong here: what a report says (`report`), cutting evidence (`evidence`).

mod ack;
mod backoff;
mod inbox;
mod publisher;
mod record;
mod store;
mod uploader;
mod window;

pub use ack::AckFault;
pub use inbox::{Inbox, OrderBells, OrderFault};
pub use publisher::{AgentBoard, BrokerAddress, BrokerAddressError, Publisher, StatusBoard};
pub use record::{
    Acked, Filed, Filing, Limits, Loss, LostThing, OpenEvent, StoredReport, Tally, Upload,
};
pub use store::{Depth, FILED_EVENTS_KEPT, Findings, Store, StoreError};
pub use uploader::Uploader;
