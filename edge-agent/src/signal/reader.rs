//! What a lamp is, from what each picture shows of it: with hysteresis, and with doubt. Pure.
//!
//! A colour is believed once it was seen twice over a while, and dates from its first sight. Pictures that
//! show nothing are bridged for a moment, since LED lamps flicker and blades of wipers pass; after that
//! nobody knows.

use std::time::Duration;

use super::lamp::Glimpse;
use super::state::{Doubt, SignalState};
use crate::time::StreamTime;

/// A new colour is believed when it was seen for so long,
const SETTLES: Duration = Duration::from_millis(300);
/// and in so many pictures.
const SETTLES_IN: u32 = 2;
/// What was seen last goes on for so long while nothing is seen.
const GOES_ON: Duration = Duration::from_millis(1000);

/// The state of one lamp.
#[derive(Debug, Clone)]
pub(super) struct LampReader {
    state: SignalState,
    since: StreamTime,
    seen_at: StreamTime,
    /// A colour that is not believed yet: since when, and in how many pictures.
    coming: Option<(SignalState, StreamTime, u32)>,
    begun: bool,
}

impl LampReader {
    pub(super) const fn new() -> Self {
        Self {
            state: SignalState::Unknown(Doubt::Dark),
            since: StreamTime::ZERO,
            seen_at: StreamTime::ZERO,
            coming: None,
            begun: false,
        }
    }

    /// Takes the next picture; returns state, since when, and when it was last seen.
    pub(super) fn take(
        &mut self,
        at: StreamTime,
        glimpse: Glimpse,
    ) -> (SignalState, StreamTime, StreamTime) {
        if !self.begun {
            (self.begun, self.since, self.seen_at) = (true, at, at);
        }
        match glimpse {
            Glimpse::Red => self.colour(at, SignalState::Red),
            Glimpse::Amber => self.colour(at, SignalState::Amber),
            Glimpse::Green => self.colour(at, SignalState::Green),
            Glimpse::Dark => self.doubt(at, Doubt::Dark),
            Glimpse::Hidden => self.doubt(at, Doubt::Hidden),
            Glimpse::TwoColours => self.doubt(at, Doubt::TwoColours),
        }
        (self.state, self.since, self.seen_at)
    }

    fn colour(&mut self, at: StreamTime, colour: SignalState) {
        if colour == self.state {
            self.seen_at = at;
            self.coming = None;
            return;
        }
        let (since, pictures) = match self.coming {
            Some((same, since, pictures)) if same == colour => (since, pictures + 1),
            _ => (at, 1),
        };
        self.coming = Some((colour, since, pictures));
        if pictures >= SETTLES_IN && at.since(since) >= SETTLES {
            (self.state, self.since, self.seen_at) = (colour, since, at);
            self.coming = None;
        } else if at.since(self.seen_at) > GOES_ON {
            self.lose(at, Doubt::Dark);
        }
    }

    fn doubt(&mut self, at: StreamTime, doubt: Doubt) {
        if let Some((_, since, _)) = self.coming
            && at.since(since) > GOES_ON
        {
            self.coming = None;
        }
        if at.since(self.seen_at) > GOES_ON || matches!(self.state, SignalState::Unknown(_)) {
            self.lose(at, doubt);
        }
    }

    fn lose(&mut self, at: StreamTime, doubt: Doubt) {
        match self.state {
            SignalState::Unknown(_) => self.state = SignalState::Unknown(doubt),
            _ => (self.state, self.since) = (SignalState::Unknown(doubt), self.seen_at),
        }
        self.seen_at = at;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Five pictures a second, a letter each: r, a, g, `.` dark, h hidden, 2 two colours.
    fn states(glimpses: &str) -> String {
        let mut reader = LampReader::new();
        let read = glimpses.chars().enumerate().map(|(index, letter)| {
            let glimpse = match letter {
                'r' => Glimpse::Red,
                'a' => Glimpse::Amber,
                'g' => Glimpse::Green,
                'h' => Glimpse::Hidden,
                '2' => Glimpse::TwoColours,
                _ => Glimpse::Dark,
            };
            let at = StreamTime::from_secs_f64(index as f64 / 5.0);
            match reader.take(at, glimpse).0 {
                SignalState::Red => 'R',
                SignalState::Amber => 'A',
                SignalState::Green => 'G',
                SignalState::Unknown(_) => '?',
            }
        });
        read.collect()
    }

    #[test]
    fn states_follow_the_lamp_and_nothing_else() {
        for (why, glimpses, wanted) in [
            ("a colour settles", "rrrrr", "??RRR"),
            ("one flash is nothing", "ggggr.gggg", "??GGGGGGGG"),
            ("an LED flickers", "rrr.r..r.rr", "??RRRRRRRRR"),
            ("it turns", "gggggaaaaarrrr", "??GGGGGAAAAARR"),
            ("hidden for long", "rrrrhhhhhhhhhrrr", "??RRRRRRR??????R"),
            (
                "hidden while it turns",
                "gggghhhhhhhhhrrrr",
                "??GGGGGGG??????RR",
            ),
            ("two colours", "rrrr22222222", "??RRRRRRR???"),
            ("always dark", "......", "??????"),
        ] {
            let read = states(glimpses);
            assert_eq!(read, wanted, "{why}: {glimpses}");
        }
    }

    #[test]
    fn a_colour_dates_from_its_first_sight() {
        let mut reader = LampReader::new();
        let at = |index: u8| StreamTime::from_secs_f64(f64::from(index) / 5.0);
        for index in 0..4 {
            reader.take(at(index), Glimpse::Green);
        }
        for index in 4..8 {
            reader.take(at(index), Glimpse::Red);
        }
        let (state, since, seen_at) = reader.take(at(8), Glimpse::Dark);
        assert_eq!((state, since), (SignalState::Red, at(4)));
        assert_eq!(seen_at, at(7));
    }
}
