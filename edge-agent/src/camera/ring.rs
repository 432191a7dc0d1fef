//! The packet ring: the last seconds of a camera's encoded pictures, cut on demand. Pure.
//!
//! Units are held by GOP (keyframe and what hangs on it) and by connection. Two bounds: bytes are a
//! hard limit; seconds are what the ring tries to cover, so it holds that much plus at most the one
//! GOP that reaches back across the limit.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::access_unit::{AccessUnit, StreamInfo};
use super::passage::{Absence, Gap, Passage, PassageError};
use crate::time::{ClockAnchor, StreamTime};

/// The number of a connection to one camera, counted since the agent started.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Epoch(pub u64);

/// How much a ring holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RingLimits {
    /// Stream time that stays decodable.
    pub span: Duration,
    /// Most bytes of access units, ever.
    pub bytes: usize,
}

/// What became of a pushed unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// It is in the ring.
    Yes,
    /// No keyframe precedes it in the ring, so nothing could show it.
    NotDecodable,
    /// Its GOP alone is larger than the ring; the ring is empty until the next keyframe.
    GopTooLarge,
}

/// What ties one connection's stream time to clocks: each clock's time minus the stream's, in
/// nanoseconds, as far as what is held shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tie {
    /// The agent's wall clock (since 1970) at the arrival of the unit that came the quickest.
    pub arrival: i64,
    /// The camera's clock (since 1900), where it told the time.
    pub camera: Option<i64>,
    /// The first moment that is held,
    pub first: StreamTime,
    /// and the newest.
    pub newest: StreamTime,
}

impl Tie {
    /// Where nothing is held any more: by the connection's wall clock alone.
    #[must_use]
    pub fn by_wall(clock: ClockAnchor) -> Self {
        Self {
            arrival: nanos_since_1970(clock.wall).saturating_sub(clock.stream.as_nanos()),
            camera: None,
            first: clock.stream,
            newest: clock.stream,
        }
    }
}

fn nanos_since_1970(at: Timestamp) -> i64 {
    i64::try_from(at.as_nanosecond()).unwrap_or(i64::MAX)
}

/// The ring.
#[derive(Debug)]
pub struct PacketRing {
    limits: RingLimits,
    connections: VecDeque<Connection>,
    bytes: usize,
}

/// What is held of one connection; its GOPs in decode order.
#[derive(Debug)]
struct Connection {
    epoch: Epoch,
    info: StreamInfo,
    anchor: ClockAnchor,
    gops: VecDeque<Gop>,
    evicted: bool,
    /// Where the tail of the GOP that was too large ended: its other units are refused.
    refusing: bool,
}

#[derive(Debug)]
struct Gop {
    start: StreamTime,
    newest: StreamTime,
    bytes: usize,
    /// As [`Tie::arrival`] and [`Tie::camera`], of its units.
    arrival: i64,
    camera: Option<i64>,
    units: Vec<Arc<AccessUnit>>,
}

impl PacketRing {
    /// An empty ring.
    #[must_use]
    pub const fn new(limits: RingLimits) -> Self {
        Self {
            limits,
            connections: VecDeque::new(),
            bytes: 0,
        }
    }

    /// Begins a connection: stream time starts again, units pushed from now on belong to it.
    pub fn begin(&mut self, epoch: Epoch, info: StreamInfo, anchor: ClockAnchor) {
        self.connections
            .retain(|connection| !connection.gops.is_empty());
        self.connections.push_back(Connection {
            epoch,
            info,
            anchor,
            gops: VecDeque::new(),
            evicted: false,
            refusing: false,
        });
    }

    /// Adds the next unit of the current connection, in decode order, and lets go what no longer
    /// fits.
    pub fn push(&mut self, unit: Arc<AccessUnit>) -> Kept {
        let Some(connection) = self.connections.back_mut() else {
            return Kept::NotDecodable;
        };
        let bytes = unit.data.len();
        if unit.keyframe {
            connection.refusing = false;
            connection.gops.push_back(Gop::starting_with(unit));
        } else {
            match connection.gops.back_mut() {
                Some(gop) if !connection.refusing => gop.push(unit),
                _ => return Kept::NotDecodable,
            }
        }
        self.bytes += bytes;
        self.evict()
    }

    fn evict(&mut self) -> Kept {
        while self.bytes > self.limits.bytes {
            if self.gops() == 1 {
                if let Some(connection) = self.connections.back_mut() {
                    connection.refusing = true;
                }
                self.drop_oldest_gop();
                return Kept::GopTooLarge;
            }
            self.drop_oldest_gop();
        }
        while self.gops() > 1 && self.span_without_oldest_gop() >= self.limits.span {
            self.drop_oldest_gop();
        }
        Kept::Yes
    }

    fn drop_oldest_gop(&mut self) {
        let newest = self.connections.len().saturating_sub(1);
        for connection in &mut self.connections {
            if let Some(gop) = connection.gops.pop_front() {
                connection.evicted = true;
                self.bytes -= gop.bytes;
                break;
            }
        }
        let mut index = 0;
        self.connections.retain(|connection| {
            let keep = index == newest || !connection.gops.is_empty();
            index += 1;
            keep
        });
    }

    /// The units to show `from` to `to` of one connection, from the keyframe at or before `from`.
    ///
    /// What the ring does not hold is said in the passage's gaps.
    ///
    /// # Errors
    /// [`PassageError`] where the ring holds nothing of it at all.
    pub fn passage(
        &self,
        epoch: Epoch,
        from: StreamTime,
        to: StreamTime,
    ) -> Result<Passage, PassageError> {
        let connection = self
            .connections
            .iter()
            .find(|connection| connection.epoch == epoch)
            .ok_or(PassageError::ConnectionNotHeld)?;
        connection.passage(from, to)
    }

    /// The passages that show `from` to `to` of one connection's time and, where the camera was away
    /// in between, what the connections before and after it show of that, by the wall clock. In
    /// order of time; the connection's own is among them.
    ///
    /// # Errors
    /// As [`PacketRing::passage`].
    pub fn passages(
        &self,
        epoch: Epoch,
        from: StreamTime,
        to: StreamTime,
    ) -> Result<Vec<Passage>, PassageError> {
        let own = self.passage(epoch, from, to)?;
        let (start, end) = (own.anchor.wall_at(from), own.anchor.wall_at(to));
        let mut passages = vec![own];
        for other in self.connections.iter().filter(|c| c.epoch != epoch) {
            let (from, to) = (other.anchor.stream_at(start), other.anchor.stream_at(end));
            passages.extend(other.passage(from, to));
        }
        passages.sort_by_key(|passage| passage.epoch);
        Ok(passages)
    }

    /// A connection's wall clock and its newest moment, while it is held.
    #[must_use]
    pub fn end_of(&self, epoch: Epoch) -> Option<(ClockAnchor, StreamTime)> {
        let held = self.connections.iter().find(|c| c.epoch == epoch)?;
        Some((held.anchor, held.newest()?))
    }

    /// What ties a connection's time to clocks, while it is held.
    #[must_use]
    pub fn tie(&self, epoch: Epoch) -> Option<Tie> {
        self.connections.iter().find(|c| c.epoch == epoch)?.tie()
    }

    /// The ties of all connections that are held, the newest first.
    #[must_use]
    pub fn ties(&self) -> Vec<(Epoch, Tie)> {
        let held = self.connections.iter().rev();
        held.filter_map(|c| Some((c.epoch, c.tie()?))).collect()
    }

    /// When the unit of a moment of a connection had arrived whole, by the agent's wall clock, while it is held.
    #[must_use]
    pub fn arrival(&self, epoch: Epoch, at: StreamTime) -> Option<Timestamp> {
        let connection = self.connections.iter().find(|c| c.epoch == epoch)?;
        let mut units = connection.gops.iter().rev().flat_map(|gop| &gop.units);
        Some(units.find(|unit| unit.pts == at)?.arrival)
    }

    /// The newest moment of the current connection.
    #[must_use]
    pub fn newest(&self) -> Option<(Epoch, StreamTime)> {
        let connection = self.connections.back()?;
        Some((connection.epoch, connection.newest()?))
    }

    /// Bytes held.
    #[must_use]
    pub const fn bytes(&self) -> usize {
        self.bytes
    }

    /// Stream time held, summed over connections.
    #[must_use]
    pub fn span(&self) -> Duration {
        self.connections
            .iter()
            .map(|connection| connection.span_from(0))
            .sum()
    }

    fn span_without_oldest_gop(&self) -> Duration {
        let mut oldest_skipped = false;
        self.connections
            .iter()
            .map(|connection| {
                let skip = usize::from(!oldest_skipped && !connection.gops.is_empty());
                oldest_skipped |= skip == 1;
                connection.span_from(skip)
            })
            .sum()
    }

    fn gops(&self) -> usize {
        self.connections
            .iter()
            .map(|connection| connection.gops.len())
            .sum()
    }
}

impl Connection {
    fn newest(&self) -> Option<StreamTime> {
        self.gops.iter().map(|gop| gop.newest).max()
    }

    fn tie(&self) -> Option<Tie> {
        Some(Tie {
            arrival: self.gops.iter().map(|gop| gop.arrival).min()?,
            camera: self.gops.iter().rev().find_map(|gop| gop.camera),
            first: self.gops.front()?.start,
            newest: self.newest()?,
        })
    }

    fn span_from(&self, gop: usize) -> Duration {
        match (self.gops.get(gop), self.newest()) {
            (Some(first), Some(newest)) => newest.since(first.start),
            _ => Duration::ZERO,
        }
    }

    fn passage(&self, from: StreamTime, to: StreamTime) -> Result<Passage, PassageError> {
        let newest = self.newest().ok_or(PassageError::NothingHeld)?;
        let first = self
            .gops
            .iter()
            .rposition(|gop| gop.start <= from)
            .unwrap_or(0);
        let mut units: Vec<_> = self
            .gops
            .iter()
            .skip(first)
            .flat_map(|gop| gop.units.iter().cloned())
            .collect();
        // In decode order a picture shown after `to` may be needed by one shown before it.
        let end = units
            .iter()
            .rposition(|unit| unit.pts <= to)
            .map_or(0, |last| last + 1);
        units.truncate(end);
        let start = units.first().ok_or(PassageError::NothingHeld)?.pts;
        units.retain(|unit| unit.pts >= start);
        if newest < from {
            return Err(PassageError::NothingHeld);
        }
        let head = (start > from).then(|| Gap {
            missing: start.since(from),
            because: if self.evicted {
                Absence::Evicted
            } else {
                Absence::BeforeConnection
            },
        });
        let tail = (newest < to).then(|| Gap {
            missing: to.since(newest),
            because: Absence::NotReceived,
        });
        let (epoch, info, anchor) = (self.epoch, self.info.clone(), self.anchor);
        Ok(Passage {
            epoch,
            info,
            anchor,
            from,
            to,
            units,
            head,
            tail,
        })
    }
}

impl Gop {
    fn starting_with(unit: Arc<AccessUnit>) -> Self {
        Self {
            start: unit.pts,
            newest: unit.pts,
            bytes: unit.data.len(),
            arrival: late_by(&unit),
            camera: ahead_by(&unit),
            units: vec![unit],
        }
    }

    fn push(&mut self, unit: Arc<AccessUnit>) {
        self.newest = self.newest.max(unit.pts);
        self.bytes += unit.data.len();
        self.arrival = self.arrival.min(late_by(&unit));
        self.camera = ahead_by(&unit).or(self.camera);
        self.units.push(unit);
    }
}

/// Arrival minus stream time.
fn late_by(unit: &AccessUnit) -> i64 {
    nanos_since_1970(unit.arrival).saturating_sub(unit.pts.as_nanos())
}

/// The camera's time minus stream time.
fn ahead_by(unit: &AccessUnit) -> Option<i64> {
    let told = i64::try_from(unit.camera_time?.0).ok()?;
    Some(told.saturating_sub(unit.pts.as_nanos()))
}

#[cfg(test)]
#[path = "ring_tests.rs"]
mod tests;
