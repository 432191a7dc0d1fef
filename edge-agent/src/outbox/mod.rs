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
//! - whatever goes is counted in rows that nothing drops, in a metric, in the log, and told to the
//!   server in a gap report ([`StoredGap`]).
//!
//! A report is *queued*, then *sent*, then *accepted* (its row goes) or *refused* (it stays, for a
//! person). What is urgent goes first; revisions of one event keep their order.
//!
//! SQL is spoken in `store` and nowhere else, MQTT in `publisher` and nowhere else. What does not
//! belong here: what a report says (`report`), cutting evidence (`evidence`).

mod ack;
mod backoff;
mod inbox;
mod link;
mod publisher;
mod record;
mod signals;
mod store;
mod uploader;
mod window;

pub use ack::AckFault;
pub use inbox::{Inbox, OrderBells, OrderFault};
pub use link::BrokerLink;
pub use publisher::{
    AgentBoard, BrokerAddress, BrokerAddressError, PoseEars, Publisher, StatusBoard,
};
pub use record::{
    Acked, DeliveryState, Filed, Filing, Limits, OpenEvent, StoredGap, StoredReport, Tally, Upload,
    Urgency,
};
pub use signals::SignalPost;
pub use store::{Depth, FILED_EVENTS_KEPT, Findings, GapAnswer, Store, StoreError};
pub use uploader::{UploadLimits, Uploader};
