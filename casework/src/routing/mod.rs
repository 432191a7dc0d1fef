//! Which unit must act: an ordered list of rules, the first that fits wins, and the answer says why.
//!
//! A rule is data: a name, conditions that must all hold, a lead unit and supporting ones. The explanation
//! lists every rule before the match with the first condition that failed. A rule that cannot be judged (its
//! area or unit is gone) is skipped, and says so loudly: in Signalen such a rule is switched off in silence.
//! Where nothing fits, the incident goes to the common tray; it is never lost.
//!
//! What does not belong here: sending anything, storing rules.

mod condition;
mod rehearsal;
mod route;
mod visibility;

#[cfg(test)]
mod tests;

pub use condition::{Condition, Hours, Severity, Source, Subject, Term};
pub use rehearsal::{Moved, Rehearsal, rehearse};
pub use route::{Broken, Explained, Route, Routed, Router, Rule, Verdict};
pub use visibility::may_see;
