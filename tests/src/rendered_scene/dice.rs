//! Chance that repeats: the same seed gives the same throws.

/// A generator of throws.
#[derive(Debug, Clone)]
pub(super) struct Dice(u64);

impl Dice {
    /// From a seed; neighbouring seeds give unlike throws.
    pub(super) fn new(seed: u64) -> Self {
        // splitmix64 (Steele et al. 2014) spreads small seeds; xorshift must not start at zero.
        let mut z = seed.wrapping_add(0x9E37_79B9_7F4A_7C15);
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        Self((z ^ (z >> 31)) | 1)
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// A number from 0 to below 1.
    pub(super) fn share(&mut self) -> f32 {
        let bits = u16::try_from(self.next() >> 48).unwrap_or(0);
        f32::from(bits) / 65_536.0
    }

    /// A number from `low` to below `high`.
    pub(super) fn between(&mut self, low: f32, high: f32) -> f32 {
        low + (high - low) * self.share()
    }

    /// A whole number below `limit`; 0 where that is 0.
    pub(super) fn below(&mut self, limit: u64) -> u64 {
        (self.next() >> 33) % limit.max(1)
    }

    /// One of these.
    pub(super) fn pick<T: Copy>(&mut self, of: &[T]) -> Option<T> {
        of.get(self.index(of.len())?).copied()
    }

    fn index(&mut self, length: usize) -> Option<usize> {
        usize::try_from(self.below(u64::try_from(length).ok()?)).ok()
    }

    /// Whether a thing of that likelihood, 0 to 1, happens.
    pub(super) fn happens(&mut self, likelihood: f32) -> bool {
        self.share() < likelihood
    }
}
