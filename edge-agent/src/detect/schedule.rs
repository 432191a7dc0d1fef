//! Who is looked at next: one model, many cameras. Pure: values and a time in, a batch out.
//!
//! A camera has one seat, and a seat waits with at most one job; what a camera films meanwhile waits
//! in its own mailbox of one, where the newest wins. Earliest deadline first: a job's deadline is a
//! camera's period after it sat down and never moves, so one that was passed over becomes the most
//! urgent, and none starves. A batch is begun when it is full, when everybody is there, or when the
//! first has waited for the fill window. What does not belong here: threads, pictures, models.

use std::collections::BTreeMap;
use std::time::Duration;

/// One camera's place at a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct SeatId(pub(super) u64);

/// A time since the schedule began.
pub(super) type Moment = Duration;

/// How batches are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Terms {
    /// Most pictures, or windows of them, in one batch; at least 1.
    pub(super) places: usize,
    /// How long the first of a batch waits for others.
    pub(super) fill: Duration,
}

/// What waits for the model.
#[derive(Debug)]
pub(super) struct Schedule<J> {
    terms: Terms,
    seats: usize,
    waiting: BTreeMap<SeatId, Waiting<J>>,
    /// How many jobs were taken so far.
    turns: u64,
    /// The number of each seat's last turn.
    last_turns: BTreeMap<SeatId, u64>,
}

/// A job that waits, or goes into a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Waiting<J> {
    /// The job.
    pub(super) job: J,
    /// How many places it takes.
    pub(super) places: usize,
    /// Since when it waits.
    pub(super) since: Moment,
    /// When it should be done.
    pub(super) deadline: Moment,
}

/// What to do.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Next<J> {
    /// Look at these now, the most urgent first.
    Look(Vec<Waiting<J>>),
    /// Nothing before this moment, unless somebody sits down.
    WaitUntil(Moment),
    /// Nobody waits.
    Rest,
}

impl<J> Schedule<J> {
    /// Nobody is there yet.
    pub(super) const fn new(terms: Terms) -> Self {
        Self {
            terms,
            seats: 0,
            waiting: BTreeMap::new(),
            turns: 0,
            last_turns: BTreeMap::new(),
        }
    }

    /// One more camera may come with jobs.
    pub(super) const fn arrive(&mut self) {
        self.seats += 1;
    }

    /// A camera is gone, and what it waited with.
    pub(super) fn leave(&mut self, seat: SeatId) {
        self.seats = self.seats.saturating_sub(1);
        self.waiting.remove(&seat);
        self.last_turns.remove(&seat);
    }

    /// A camera sits down with a job that should be done within `patience`. Whatever the seat waited
    /// with is replaced, but the turn is kept.
    pub(super) fn put(
        &mut self,
        seat: SeatId,
        job: J,
        places: usize,
        now: Moment,
        patience: Duration,
    ) {
        let turn = self.waiting.get(&seat);
        let (since, deadline) =
            turn.map_or((now, now + patience), |turn| (turn.since, turn.deadline));
        let waiting = Waiting {
            job,
            places: places.max(1),
            since,
            deadline,
        };
        self.waiting.insert(seat, waiting);
    }

    /// What to do now. Times never go back.
    pub(super) fn next(&mut self, now: Moment) -> Next<J> {
        let Some(first) = self.waiting.values().map(|waiting| waiting.since).min() else {
            return Next::Rest;
        };
        let places: usize = self.waiting.values().map(|waiting| waiting.places).sum();
        let full = places >= self.terms.places;
        let all_there = self.waiting.len() >= self.seats;
        let begin = first + self.terms.fill;
        if full || all_there || now >= begin {
            Next::Look(self.take())
        } else {
            Next::WaitUntil(begin)
        }
    }

    /// The most urgent jobs that fit a batch; the first fits always. Of equally urgent ones that whose
    /// last turn is longest ago goes first, and in a batch turns are counted one by one: any fixed
    /// order would prefer the same seat in every round.
    fn take(&mut self) -> Vec<Waiting<J>> {
        let mut order: Vec<(Moment, Option<u64>, SeatId, usize)> = self
            .waiting
            .iter()
            .map(|(seat, waiting)| {
                let last = self.last_turns.get(seat).copied();
                (waiting.deadline, last, *seat, waiting.places)
            })
            .collect();
        order.sort_unstable();
        let mut free = self.terms.places;
        let mut batch = Vec::new();
        for (_, _, seat, places) in order {
            // Nobody is overtaken by a smaller job: that could go on for ever.
            if places > free && !batch.is_empty() {
                break;
            }
            free = free.saturating_sub(places);
            batch.extend(self.waiting.remove(&seat));
            self.turns += 1;
            self.last_turns.insert(seat, self.turns);
        }
        batch
    }
}

#[cfg(test)]
#[path = "schedule_tests.rs"]
mod tests;
