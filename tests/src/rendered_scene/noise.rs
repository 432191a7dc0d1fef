//! Sensor noise: a few grey levels that change with each picture, so that the stream's pictures differ
//! as a camera's do and no encoder can skip them.

use std::time::Duration;

/// Largest change of a sample, in grey levels.
const AMPLITUDE: i16 = 3;

/// Adds the noise of the picture at `at` to packed RGBA; the same time gives the same noise.
pub(super) fn add(rgba: &mut [u8], at: Duration) {
    let mut state = 0x9E37_79B9_7F4A_7C15_u64 ^ u64::try_from(at.as_millis()).unwrap_or(u64::MAX);
    for pixel in rgba.chunks_exact_mut(4) {
        // xorshift64 (Marsaglia 2003): quick, and plain enough for noise.
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        let step = i16::try_from(state % 7).unwrap_or(0) - AMPLITUDE;
        for sample in pixel.iter_mut().take(3) {
            *sample = u8::try_from((i16::from(*sample) + step).clamp(0, 255)).unwrap_or(*sample);
        }
    }
}
