//! Numbers out of a parameter set, bit by bit (ITU-T H.264 §7.2 and §9.1).

/// Reads from the first bit on; `None` behind the last.
pub(crate) struct Bits<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Bits<'a> {
    pub(crate) const fn of(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    pub(crate) fn bit(&mut self) -> Option<u32> {
        let byte = self.bytes.get(self.at / 8)?;
        let bit = byte >> (7 - self.at % 8) & 1;
        self.at += 1;
        Some(u32::from(bit))
    }

    /// At most 32 bits, the most significant first.
    pub(crate) fn bits(&mut self, count: u32) -> Option<u32> {
        let mut value = 0;
        for _ in 0..count {
            value = value << 1 | self.bit()?;
        }
        Some(value)
    }

    pub(crate) fn skip(&mut self, count: usize) {
        self.at += count;
    }

    /// `ue(v)`: an unsigned Exp-Golomb number below 2³¹.
    pub(crate) fn golomb(&mut self) -> Option<u32> {
        let mut zeros = 0;
        while self.bit()? == 0 {
            zeros += 1;
            if zeros > 30 {
                return None;
            }
        }
        Some((1 << zeros) - 1 + self.bits(zeros)?)
    }

    /// `se(v)`: a signed Exp-Golomb number (ITU-T H.264 §9.1.1).
    pub(crate) fn signed_golomb(&mut self) -> Option<i32> {
        let number = self.golomb()?;
        let half = i32::try_from(number.div_ceil(2)).ok()?;
        Some(if number % 2 == 1 { half } else { -half })
    }

    /// Skips `profile_tier_level` of so many sub-layers (ITU-T H.265 §7.3.3).
    pub(crate) fn skip_sub_layers(&mut self, count: u32) -> Option<()> {
        if count == 0 {
            return Some(());
        }
        let mut present = Vec::new();
        for _ in 0..count {
            present.push((self.bit()?, self.bit()?));
        }
        for _ in count..8 {
            self.skip(2);
        }
        for (profile, level) in present {
            self.skip(if profile == 1 { 88 } else { 0 });
            self.skip(if level == 1 { 8 } else { 0 });
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn golomb_numbers_of_table_9_2() {
        // 1 | 010 | 011 | 00100 | 00101
        let mut bits = Bits::of(&[0b1010_0110, 0b0100_0010, 0b1000_0000]);
        let numbers: Vec<u32> = std::iter::from_fn(|| bits.golomb()).take(5).collect();
        assert_eq!(numbers, [0, 1, 2, 3, 4]);
        let mut bits = Bits::of(&[0b1010_0110, 0b0100_0010, 0b1000_0000]);
        let numbers: Vec<i32> = std::iter::from_fn(|| bits.signed_golomb())
            .take(5)
            .collect();
        assert_eq!(numbers, [0, 1, -1, 2, -2]);
        assert_eq!(Bits::of(&[0; 8]).golomb(), None);
        assert_eq!(Bits::of(&[0xff]).bits(9), None);
    }
}
