//! From which score a detection is strong, where only scores are known and not their scale.

use super::read::Seen;

/// Halfway from the weakest score to the one that a quarter of all exceed. Detectors score on
/// scales of their own (0.5 to 1, 0.1 to 0.9, −1 to 60), and all of them score most of what is
/// there near the upper end. Where all scores are the same, all are strong.
#[must_use]
pub fn strong_score(seen: &[Seen]) -> f32 {
    let mut scores: Vec<f32> = seen.iter().map(|seen| seen.detection.score).collect();
    if scores.is_empty() {
        return 0.0;
    }
    let upper = scores.len() * 3 / 4;
    let (below, upper, _) = scores.select_nth_unstable_by(upper, f32::total_cmp);
    let weakest = below.iter().copied().fold(*upper, f32::min);
    f32::midpoint(weakest, *upper)
}
