//! Byte streams of H.264 and H.265 (Annex B of either) to their units.

/// The units of an access unit, without start codes and the zeros between them.
pub(crate) fn units(stream: &[u8]) -> Vec<&[u8]> {
    each_unit(stream).collect()
}

/// As [`units`], no further than they are taken.
pub(crate) fn each_unit(stream: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut start = next_start(stream, 0).map(|(_, after)| after);
    let pieces = std::iter::from_fn(move || {
        let from = start?;
        let next = next_start(stream, from);
        let to = next.map_or(stream.len(), |(before, _)| before);
        start = next.map(|(_, after)| after);
        let mut unit = stream.get(from..to).unwrap_or_default();
        // A unit never ends in a zero: those belong to the next start code, or to nothing.
        while let Some((0, rest)) = unit.split_last() {
            unit = rest;
        }
        Some(unit)
    });
    pieces.filter(|unit| !unit.is_empty())
}

/// The stream from the first unit on for which that holds; what lies behind is not looked at.
pub(crate) fn first_unit(stream: &[u8], wanted: impl Fn(&&[u8]) -> bool) -> Option<&[u8]> {
    let mut start = next_start(stream, 0);
    while let Some((_, from)) = start {
        // Its end is not looked for: whoever asks reads its first bytes.
        let unit = stream.get(from..).unwrap_or_default();
        if wanted(&unit) {
            return Some(unit);
        }
        start = next_start(stream, from);
    }
    None
}

/// The next `00 00 01` at or after `from`: where it begins and where it ends.
fn next_start(stream: &[u8], from: usize) -> Option<(usize, usize)> {
    let mut at = from;
    while let Some(window) = stream.get(at..at + 3) {
        match window {
            [0, 0, 1] => return Some((at, at + 3)),
            // No start code can include a byte above one.
            [_, _, 2..=255] => at += 3,
            _ => at += 1,
        }
    }
    None
}

/// A unit's payload without the bytes that keep it from looking like a start code.
pub(crate) fn unescaped(unit: &[u8]) -> Vec<u8> {
    let mut payload = Vec::with_capacity(unit.len());
    let mut zeros = 0;
    for byte in unit {
        if zeros >= 2 && *byte == 3 {
            zeros = 0;
            continue;
        }
        zeros = if *byte == 0 { zeros + 1 } else { 0 };
        payload.push(*byte);
    }
    payload
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn units_come_out_without_what_lies_between() {
        let stream = [
            0, 0, 0, 1, 9, 16, 0, 0, 1, 6, 5, 0, 0, 0, 0, 1, 0x65, 0x88, 0, 0,
        ];
        let expected: [&[u8]; 3] = [&[9, 16], &[6, 5], &[0x65, 0x88]];
        assert_eq!(units(&stream), expected);
        assert!(units(&[1, 2, 3]).is_empty() && units(&[0, 0, 1]).is_empty());
    }

    #[test]
    fn escapes_go() {
        assert_eq!(
            unescaped(&[1, 0, 0, 3, 1, 0, 0, 3, 3]),
            [1, 0, 0, 1, 0, 0, 3]
        );
    }

    proptest! {
        #[test]
        fn what_is_put_together_comes_apart(
            parts in prop::collection::vec(prop::collection::vec(2..=255_u8, 1..40), 0..8),
            long in any::<bool>(),
        ) {
            let code: &[u8] = if long { &[0, 0, 0, 1] } else { &[0, 0, 1] };
            let stream: Vec<u8> = parts.iter().flat_map(|part| [code, part].concat()).collect();
            prop_assert_eq!(units(&stream), parts);
        }

        #[test]
        fn garbage_does_no_harm(bytes in prop::collection::vec(0..4_u8, 0..200)) {
            let total: usize = units(&bytes).iter().map(|unit| unit.len()).sum();
            prop_assert!(total <= bytes.len());
        }
    }
}
