//! How fast evidence goes up: a share of the link in bytes a second, and pieces small enough for it.
//! Pure: times are passed in.

use std::num::NonZeroU64;
use std::time::{Duration, Instant};

/// Smallest and largest piece of one request. A large one wastes little on its head; a small one is
/// soon over, so that what is more urgent need not wait.
const SMALLEST: usize = 4 * 1024;
const LARGEST: usize = 256 * 1024;
/// The first piece: eight seconds at 32 kbit/s.
const FIRST: usize = 32 * 1024;
/// A piece that took less may be larger next time, one that took more must be smaller.
const QUICK: Duration = Duration::from_secs(1);
const SLOW: Duration = Duration::from_secs(6);

/// The share of the link, and what the link has shown.
#[derive(Debug)]
pub(super) struct Pace {
    bytes_per_s: Option<NonZeroU64>,
    free_at: Option<Instant>,
    piece: usize,
}

impl Pace {
    pub(super) fn new(bytes_per_s: Option<NonZeroU64>) -> Self {
        let mut pace = Self {
            bytes_per_s,
            free_at: None,
            piece: 0,
        };
        pace.set_piece(FIRST);
        pace
    }

    /// Most bytes of the next piece.
    pub(super) const fn piece(&self) -> usize {
        self.piece
    }

    /// Books a piece, and says how long it must wait for its turn.
    pub(super) fn book(&mut self, bytes: usize, now: Instant) -> Duration {
        let Some(rate) = self.bytes_per_s else {
            return Duration::ZERO;
        };
        let start = self.free_at.map_or(now, |free| free.max(now));
        #[expect(clippy::cast_precision_loss, reason = "a piece is far below 2⁵³ bytes")]
        let takes = Duration::from_secs_f64(bytes as f64 / rate.get() as f64);
        self.free_at = Some(start + takes);
        start.saturating_duration_since(now)
    }

    /// Takes note of how long a piece took.
    pub(super) fn took(&mut self, time: Duration) {
        if time < QUICK {
            self.set_piece(self.piece * 2);
        } else if time > SLOW {
            self.set_piece(self.piece / 2);
        }
    }

    /// Takes note of a piece that did not get through.
    pub(super) fn failed(&mut self) {
        self.set_piece(self.piece / 2);
    }

    /// Not above a second's share, so that several uploads take turns.
    fn set_piece(&mut self, bytes: usize) {
        let share = self
            .bytes_per_s
            .and_then(|rate| usize::try_from(rate.get()).ok())
            .unwrap_or(LARGEST);
        self.piece = bytes.clamp(SMALLEST, LARGEST).min(share.max(SMALLEST));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_uploads_together_stay_within_their_share() {
        let mut pace = Pace::new(NonZeroU64::new(10_000));
        let now = Instant::now();
        assert_eq!(pace.piece(), 10_000);
        let waits: Vec<u64> = (0..4)
            .map(|_| pace.book(5_000, now).as_millis() as u64)
            .collect();
        assert_eq!(waits, [0, 500, 1000, 1500]);
        let later = now + Duration::from_secs(60);
        assert_eq!(
            pace.book(5_000, later),
            Duration::ZERO,
            "nothing is saved up"
        );
        assert_eq!(pace.book(5_000, later), Duration::from_millis(500));
        let mut free = Pace::new(None);
        assert_eq!(free.book(1 << 30, now), Duration::ZERO);
    }

    #[test]
    fn pieces_fit_the_link() {
        let mut pace = Pace::new(None);
        for _ in 0..9 {
            pace.took(Duration::from_millis(10));
        }
        assert_eq!(pace.piece(), LARGEST);
        pace.took(Duration::from_secs(3));
        assert_eq!(pace.piece(), LARGEST);
        pace.took(Duration::from_secs(60));
        assert_eq!(pace.piece(), LARGEST / 2);
        for _ in 0..9 {
            pace.failed();
        }
        assert_eq!(pace.piece(), SMALLEST);
    }
}
