//! Whether the model keeps up with a camera, judged from two counts some time apart. Pure.

use contract::v1::CameraCounters;

/// Over this share of the pictures that were due, in tenths, a camera counts as overloaded …
const TOO_MANY_TENTHS: u64 = 1;
/// … where at least so many were due: two in a pause say nothing.
const LEAST_DUE: u64 = 10;

/// Whether the model keeps up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Load {
    /// Nearly every picture that was due was analysed.
    #[default]
    KeepsUp,
    /// Some were replaced by newer ones before the model had time.
    Overloaded,
}

impl Load {
    /// From the counts then and now; as `before` where too little happened to say.
    pub(super) const fn of(then: &CameraCounters, now: &CameraCounters, before: Self) -> Self {
        let dropped = now.dropped.saturating_sub(then.dropped);
        let due = now.analysed.saturating_sub(then.analysed) + dropped;
        if due < LEAST_DUE {
            before
        } else if 10 * dropped > TOO_MANY_TENTHS * due {
            Self::Overloaded
        } else {
            Self::KeepsUp
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tenth_of_what_was_due_is_too_much_to_drop() {
        let count = |analysed, dropped| CameraCounters {
            analysed,
            dropped,
            ..CameraCounters::default()
        };
        let then = count(1000, 50);
        for (analysed, dropped, before, wanted) in [
            (150, 0, Load::Overloaded, Load::KeepsUp),
            (135, 15, Load::Overloaded, Load::KeepsUp),
            (134, 16, Load::KeepsUp, Load::Overloaded),
            (0, 150, Load::KeepsUp, Load::Overloaded),
            (3, 3, Load::KeepsUp, Load::KeepsUp),
            (3, 3, Load::Overloaded, Load::Overloaded),
        ] {
            let now = count(1000 + analysed, 50 + dropped);
            assert_eq!(
                Load::of(&then, &now, before),
                wanted,
                "{analysed} {dropped}"
            );
        }
    }
}
