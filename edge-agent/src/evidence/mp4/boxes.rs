//! Boxes: a length, four letters, and what is inside (ISO/IEC 14496-12 §4.2).

/// Writes a box around what `inside` writes.
pub(super) fn boxed(out: &mut Vec<u8>, kind: &[u8; 4], inside: impl FnOnce(&mut Vec<u8>)) {
    let start = out.len();
    put_u32(out, 0);
    out.extend_from_slice(kind);
    inside(out);
    // Callers keep every box below 4 GiB; see `ContainerError::TooLarge`.
    let length = u32::try_from(out.len() - start).unwrap_or(u32::MAX);
    if let Some(place) = out.get_mut(start..start + 4) {
        place.copy_from_slice(&length.to_be_bytes());
    }
}

/// Writes a box with version and flags.
pub(super) fn full_box(
    out: &mut Vec<u8>,
    kind: &[u8; 4],
    (version, flags): (u8, u32),
    inside: impl FnOnce(&mut Vec<u8>),
) {
    boxed(out, kind, |out| {
        put_u32(out, u32::from(version) << 24 | flags & 0x00ff_ffff);
        inside(out);
    });
}

pub(super) fn put_u16(out: &mut Vec<u8>, value: u16) {
    out.extend_from_slice(&value.to_be_bytes());
}

pub(super) fn put_u32(out: &mut Vec<u8>, value: u32) {
    out.extend_from_slice(&value.to_be_bytes());
}

pub(super) fn put_u64(out: &mut Vec<u8>, value: u64) {
    out.extend_from_slice(&value.to_be_bytes());
}

/// A signed number of 32 bits; what does not fit is cut to the nearest that does.
pub(super) fn signed(value: i64) -> u32 {
    let fitting = i32::try_from(value).unwrap_or(if value < 0 { i32::MIN } else { i32::MAX });
    u32::from_be_bytes(fitting.to_be_bytes())
}
