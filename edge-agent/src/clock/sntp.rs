//! An exchange with a time server as RFC 5905 has it, in its simple form (RFC 4330). Pure: bytes and
//! times in, offset out.

use jiff::Timestamp;

/// Seconds from 1900, where NTP begins, to 1970.
const NTP_TO_UNIX: i64 = 2_208_988_800;
/// Bytes of a packet without extensions.
pub(super) const PACKET_BYTES: usize = 48;
/// No leap warning, version 4, mode 3 (client).
const CLIENT: u8 = 0x23;
/// A server further than this from its reference is not worth asking, in seconds.
const MOST_DISTANCE_S: f64 = 3.0;

/// Why an answer says nothing about the time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum SntpError {
    /// Shorter than a packet.
    #[error("the answer is too short")]
    Short,
    /// Not an answer of a server, or of another version.
    #[error("the answer is not a time server's")]
    Mode,
    /// It answers another question, an old or a forged one.
    #[error("the answer is to another question")]
    Origin,
    /// The server does not know the time itself.
    #[error("the server is not synchronised")]
    Unsynchronised,
    /// The server refuses to answer so often.
    #[error("the server asks to be left alone")]
    KissOfDeath,
}

/// What an exchange says of the agent's clock.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Exchange {
    /// The agent's clock minus the server's, in seconds.
    pub(super) offset_s: f64,
    /// By how much that may be wrong, either way, in seconds.
    pub(super) uncertainty_s: f64,
}

/// The question, and the number by which its answer is known.
pub(super) fn question(nonce: u64) -> [u8; PACKET_BYTES] {
    let mut packet = [0; PACKET_BYTES];
    packet[0] = CLIENT;
    // Where the time of sending stands, a random number serves as well, and cannot be guessed by
    // somebody who would forge an answer.
    packet[40..].copy_from_slice(&nonce.to_be_bytes());
    packet
}

/// Reads the answer to a question of that number, sent and received at these times of the agent.
pub(super) fn read(
    packet: &[u8],
    nonce: u64,
    sent: Timestamp,
    received: Timestamp,
) -> Result<Exchange, SntpError> {
    let packet: &[u8; PACKET_BYTES] = packet.first_chunk().ok_or(SntpError::Short)?;
    let (leap, mode) = (packet[0] >> 6, packet[0] & 0b111);
    if mode != 4 {
        return Err(SntpError::Mode);
    }
    if word(packet, 24) != nonce {
        return Err(SntpError::Origin);
    }
    let stratum = packet[1];
    if stratum == 0 {
        return Err(SntpError::KissOfDeath);
    }
    let (delay, dispersion) = (short(packet, 4), short(packet, 8));
    let distance = delay / 2.0 + dispersion;
    if leap == 3 || stratum > 15 || word(packet, 40) == 0 || distance > MOST_DISTANCE_S {
        return Err(SntpError::Unsynchronised);
    }
    let (came, left) = (
        seconds_since(packet, 32, sent),
        seconds_since(packet, 40, sent),
    );
    let took = received.duration_since(sent).as_secs_f64();
    // RFC 5905 §8: the server minus the client, and the way there and back.
    let server_ahead = (came + (left - took)) / 2.0;
    let way = (took - (left - came)).max(0.0);
    Ok(Exchange {
        offset_s: -server_ahead,
        uncertainty_s: way / 2.0 + distance,
    })
}

fn word(packet: &[u8; PACKET_BYTES], at: usize) -> u64 {
    let mut bytes = [0; 8];
    bytes.copy_from_slice(&packet[at..at + 8]);
    u64::from_be_bytes(bytes)
}

/// A number of 16 whole and 16 fractional bits.
fn short(packet: &[u8; PACKET_BYTES], at: usize) -> f64 {
    let mut bytes = [0; 4];
    bytes.copy_from_slice(&packet[at..at + 4]);
    f64::from(u32::from_be_bytes(bytes)) / 65_536.0
}

/// A timestamp of the packet, in seconds after a moment near it. NTP counts 136 years and begins
/// again; near a known moment there is no doubt which round is meant.
fn seconds_since(packet: &[u8; PACKET_BYTES], at: usize, near: Timestamp) -> f64 {
    let stamp = word(packet, at);
    let near_s = near.as_second() + NTP_TO_UNIX;
    let whole = i64::try_from(stamp >> 32).unwrap_or_default();
    let round = 1_i64 << 32;
    let behind = (whole - near_s).rem_euclid(round);
    let seconds = if behind >= round / 2 {
        behind - round
    } else {
        behind
    };
    let fraction =
        f64::from(u32::try_from(stamp & 0xffff_ffff).unwrap_or_default()) / 4_294_967_296.0;
    #[expect(clippy::cast_precision_loss, reason = "less than 2³² seconds")]
    let seconds = seconds as f64;
    seconds + fraction - f64::from(near.subsec_nanosecond()) / 1e9
}

/// A moment as NTP writes it: 32 whole and 32 fractional bits of seconds since 1900, as RTCP sender
/// reports have it too. `None` before 2000, which is what a camera without a clock says.
pub(super) fn from_ntp(stamp: u64) -> Option<Timestamp> {
    const YEAR_2000: i64 = 946_684_800;
    let seconds = i64::try_from(stamp >> 32).ok()? - NTP_TO_UNIX;
    let nanos = ((stamp & 0xffff_ffff) * 1_000_000_000) >> 32;
    let nanos = i32::try_from(nanos).ok()?;
    Timestamp::new(seconds, nanos)
        .ok()
        .filter(|_| seconds >= YEAR_2000)
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;
    use proptest::prelude::*;

    use super::*;

    fn at(ms: i64) -> Timestamp {
        Timestamp::from_millisecond(1_800_000_000_000 + ms).unwrap()
    }

    fn stamp(at: Timestamp) -> u64 {
        let seconds = u64::try_from(at.as_second() + NTP_TO_UNIX).unwrap() & 0xffff_ffff;
        let nanos = u64::try_from(at.subsec_nanosecond()).unwrap();
        (seconds << 32) | ((nanos << 32) / 1_000_000_000)
    }

    fn answer(nonce: u64, came: Timestamp, left: Timestamp) -> [u8; PACKET_BYTES] {
        let mut packet = [0; PACKET_BYTES];
        packet[0] = 0x24;
        packet[1] = 2;
        packet[24..32].copy_from_slice(&nonce.to_be_bytes());
        packet[32..40].copy_from_slice(&stamp(came).to_be_bytes());
        packet[40..48].copy_from_slice(&stamp(left).to_be_bytes());
        packet
    }

    proptest! {
        /// Whatever the offset and the way: the truth lies within the uncertainty.
        #[test]
        fn the_true_offset_lies_within_the_uncertainty(
            ahead_ms in -7_200_000_i64..7_200_000, there in 0_i64..2_000, back in 0_i64..2_000,
            thinks in 0_i64..100, year in 0_i64..150,
        ) {
            let base = SignedDuration::from_hours(24 * 365 * year);
            let agent = at(0) + base;
            let server = agent - SignedDuration::from_millis(ahead_ms);
            let came = server + SignedDuration::from_millis(there);
            let left = came + SignedDuration::from_millis(thinks);
            let received = agent + SignedDuration::from_millis(there + thinks + back);
            let exchange = read(&answer(7, came, left), 7, agent, received).unwrap();
            let wrong = exchange.offset_s - ahead_ms as f64 / 1e3;
            prop_assert!(wrong.abs() <= exchange.uncertainty_s + 1e-5, "{wrong} {exchange:?}");
        }

        #[test]
        fn foreign_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
            let _ = read(&bytes, 1, at(0), at(1));
        }
    }

    #[test]
    fn an_answer_that_says_nothing_is_refused_with_the_reason() {
        let good = answer(7, at(1), at(1));
        let changed = |change: &dyn Fn(&mut [u8; PACKET_BYTES])| {
            let mut packet = good;
            change(&mut packet);
            read(&packet, 7, at(0), at(2)).err()
        };
        assert_eq!(changed(&|_| ()), None);
        assert_eq!(read(&good[..47], 7, at(0), at(2)), Err(SntpError::Short));
        assert_eq!(read(&good, 8, at(0), at(2)), Err(SntpError::Origin));
        assert_eq!(changed(&|p| p[0] = 0x23), Some(SntpError::Mode));
        assert_eq!(changed(&|p| p[0] |= 0xc0), Some(SntpError::Unsynchronised));
        assert_eq!(changed(&|p| p[1] = 0), Some(SntpError::KissOfDeath));
        assert_eq!(changed(&|p| p[1] = 16), Some(SntpError::Unsynchronised));
        assert_eq!(changed(&|p| p[9] = 4), Some(SntpError::Unsynchronised));
        assert_eq!(
            changed(&|p| p[40..].fill(0)),
            Some(SntpError::Unsynchronised)
        );
    }

    #[test]
    fn a_camera_without_a_clock_says_no_time() {
        assert_eq!(from_ntp(0), None);
        assert_eq!(from_ntp(stamp(Timestamp::UNIX_EPOCH)), None);
        let now = from_ntp(stamp(at(1_500))).unwrap();
        assert!(now.duration_since(at(1_500)).abs() < SignedDuration::from_millis(1));
    }
}
