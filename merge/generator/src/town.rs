//! Streets with names and house numbers, markets, and cameras that watch both pavements.

use crate::dice::Dice;

/// Somewhere in a warm country; nothing stands there.
const ORIGIN: (f64, f64) = (15.2, 107.9);
const NORTH_M: f64 = 110_700.0;
const HOUSE_M: f64 = 7.0;
/// What is written behind the number of a house that was divided, and of one in a lane.
const LETTERS: [&str; 3] = ["a", "b", "c"];
const LANES: [&str; 3] = ["/2", "/4", "/6"];

#[derive(Debug, Clone)]
pub(crate) struct Street {
    pub(crate) name: String,
    from: (f64, f64),
    along: (f64, f64),
    length: f64,
    /// How much oftener things happen here.
    busy: f64,
}

/// A spot on a pavement, metres east and north.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Spot {
    pub(crate) east: f64,
    pub(crate) north: f64,
    pub(crate) street: usize,
    pub(crate) house: u32,
    /// What stands behind the number.
    pub(crate) letter: &'static str,
}

#[derive(Debug, Clone)]
pub(crate) struct Camera {
    pub(crate) id: usize,
    east: f64,
    north: f64,
}

#[derive(Debug, Clone)]
pub(crate) struct Town {
    pub(crate) streets: Vec<Street>,
    pub(crate) cameras: Vec<Camera>,
    pub(crate) side_m: f64,
    narrow: f64,
}

const SYLLABLES: [&str; 24] = [
    "An", "Bình", "Cẩm", "Diệu", "Đông", "Hải", "Hoa", "Khánh", "Lâm", "Liên", "Mai", "Minh",
    "Nam", "Ngọc", "Phú", "Quang", "Sơn", "Tân", "Thanh", "Trung", "Vân", "Viên", "Xuân", "Yên",
];

impl Town {
    pub(crate) fn build(dice: &mut Dice, side_km: f64) -> Self {
        let side_m = side_km * 1_000.0;
        let count = (side_km * side_km * 14.0) as usize;
        let streets: Vec<Street> = (0..count.max(4)).map(|_| street(dice, side_m)).collect();
        let cameras = (0..count / 2)
            .map(|id| {
                let spot = spot_on(dice, &streets, None);
                Camera {
                    id,
                    east: spot.east,
                    north: spot.north,
                }
            })
            .collect();
        Self {
            streets,
            cameras,
            side_m,
            narrow: ORIGIN.0.to_radians().cos(),
        }
    }

    /// A spot on some street, busier ones oftener.
    pub(crate) fn spot(&self, dice: &mut Dice) -> Spot {
        spot_on(dice, &self.streets, None)
    }

    /// A spot a few steps away: across the street, or some doors along.
    pub(crate) fn next_to(&self, dice: &mut Dice, spot: Spot) -> Spot {
        let street = &self.streets[spot.street];
        let doors = if dice.chance(0.5) {
            0
        } else {
            2 + dice.below(2) as u32 * 2
        };
        let house = if doors == 0 {
            spot.house ^ 1
        } else {
            spot.house + doors
        };
        street.spot(spot.street, house)
    }

    /// A spot a few steps away: the same number with a letter, some doors along, or across the street.
    pub(crate) fn beside(&self, dice: &mut Dice, spot: Spot) -> Spot {
        if dice.chance(0.4) {
            let (far, angle) = (
                dice.between(6.0, 16.0),
                dice.between(0.0, std::f64::consts::TAU),
            );
            return Spot {
                east: spot.east + far * angle.sin(),
                north: spot.north + far * angle.cos(),
                letter: "b",
                ..spot
            };
        }
        self.next_to(dice, spot)
    }

    /// A spot in the same row: the next doors, the same number with a letter, or across the street.
    pub(crate) fn in_the_row(&self, dice: &mut Dice, spot: Spot) -> Spot {
        let street = &self.streets[spot.street];
        match dice.below(10) {
            0..2 => Spot {
                letter: dice.pick::<&str>(&LETTERS),
                ..street.spot(spot.street, spot.house)
            },
            2..4 => street.spot(spot.street, spot.house ^ 1),
            _ => street.spot(spot.street, spot.house + 2 + 2 * dice.below(3) as u32),
        }
    }

    /// A spot round the corner: another door of the same lane, or what stands back to back with it.
    pub(crate) fn in_the_lane(&self, dice: &mut Dice, spot: Spot) -> Spot {
        let (far, angle) = (
            dice.between(8.0, 20.0),
            dice.between(0.0, std::f64::consts::TAU),
        );
        let (house, letter) = if dice.chance(0.6) {
            (spot.house, *dice.pick(&LANES))
        } else {
            (spot.house + 1 + dice.below(30) as u32, "")
        };
        Spot {
            east: spot.east + far * angle.sin(),
            north: spot.north + far * angle.cos(),
            house,
            letter,
            ..spot
        }
    }

    /// A spot some plots along the same street.
    pub(crate) fn along(&self, dice: &mut Dice, spot: Spot) -> Spot {
        self.streets[spot.street].spot(spot.street, spot.house + 4 + dice.below(10) as u32)
    }

    /// The camera that watches a spot, and the zone of it: one for each pavement.
    pub(crate) fn watched(&self, spot: Spot) -> Option<(&Camera, &'static str)> {
        let near =
            |camera: &&Camera| (camera.east - spot.east).hypot(camera.north - spot.north) < 45.0;
        let side = if spot.house.is_multiple_of(2) {
            "even"
        } else {
            "odd"
        };
        Some((self.cameras.iter().find(near)?, side))
    }

    pub(crate) fn degrees(&self, east: f64, north: f64) -> (f64, f64) {
        (
            ORIGIN.0 + north / NORTH_M,
            ORIGIN.1 + east / (111_320.0 * self.narrow),
        )
    }
}

fn street(dice: &mut Dice, side_m: f64) -> Street {
    let along = if dice.chance(0.5) {
        (1.0, 0.0)
    } else {
        (0.0, 1.0)
    };
    let tilt = dice.between(-0.12, 0.12);
    let length = dice.between(250.0, 1_200.0);
    Street {
        name: format!(
            "{} {} {}",
            dice.pick(&SYLLABLES),
            dice.pick(&SYLLABLES),
            dice.pick(&SYLLABLES)
        ),
        from: (dice.between(0.0, side_m), dice.between(0.0, side_m)),
        along: (
            along.0 * tilt.cos() - along.1 * tilt.sin(),
            along.0 * tilt.sin() + along.1 * tilt.cos(),
        ),
        length,
        busy: if dice.chance(0.15) { 5.0 } else { 1.0 },
    }
}

fn spot_on(dice: &mut Dice, streets: &[Street], only: Option<usize>) -> Spot {
    let at = only.unwrap_or_else(|| {
        loop {
            let at = dice.below(streets.len() as u64) as usize;
            if dice.chance(streets[at].busy / 5.0) {
                break at;
            }
        }
    });
    let houses = (streets[at].length / HOUSE_M * 2.0) as u64;
    streets[at].spot(at, 1 + dice.below(houses) as u32)
}

impl Street {
    /// Odd numbers stand on one side, even ones on the other, 14 metres across.
    fn spot(&self, street: usize, house: u32) -> Spot {
        let along = f64::from(house / 2) * HOUSE_M;
        let across = if house.is_multiple_of(2) { 7.0 } else { -7.0 };
        Spot {
            east: self.from.0 + along * self.along.0 - across * self.along.1,
            north: self.from.1 + along * self.along.1 + across * self.along.0,
            street,
            house,
            letter: "",
        }
    }
}
