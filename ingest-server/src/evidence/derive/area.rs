//! Boxes in fractions of a picture, and which areas of it are made unrecognisable.
//!
//! What is known are boxes of whole people and vehicles, sometimes of plates. Too much is covered
//! rather than too little: a head is the upper 40 % of a person with a margin, of somebody who sits or
//! is cut off the whole box; of a two-wheeler all of it and where its rider's head is; of other vehicles
//! the lower 65 %, where plates are on cars, lorries and buses, unless a plate detector found the plate.

use serde::{Deserialize, Serialize};

/// A box in fractions of the picture; `x1` and `y1` are its right and lower edge.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(super) struct Area {
    pub(super) x0: f32,
    pub(super) y0: f32,
    pub(super) x1: f32,
    pub(super) y1: f32,
}

impl Area {
    pub(super) const WHOLE: Self = Self {
        x0: 0.0,
        y0: 0.0,
        x1: 1.0,
        y1: 1.0,
    };

    fn size(self) -> f32 {
        (self.x1 - self.x0).max(0.0) * (self.y1 - self.y0).max(0.0)
    }

    fn common(self, other: Self) -> f32 {
        let both = Self {
            x0: self.x0.max(other.x0),
            y0: self.y0.max(other.y0),
            x1: self.x1.min(other.x1),
            y1: self.y1.min(other.y1),
        };
        both.size()
    }

    /// Intersection over union, 0 to 1.
    pub(super) fn iou(self, other: Self) -> f32 {
        let common = self.common(other);
        let all = self.size() + other.size() - common;
        if all > 0.0 { common / all } else { 0.0 }
    }

    fn holds_middle_of(self, other: Self) -> bool {
        let (x, y) = (
            f32::midpoint(other.x0, other.x1),
            f32::midpoint(other.y0, other.y1),
        );
        self.x0 <= x && x <= self.x1 && self.y0 <= y && y <= self.y1
    }

    /// Wider and higher by these shares of its sides, to the left and right, up and down.
    fn grown(self, sideways: f32, up: f32, down: f32) -> Self {
        let (width, height) = (self.x1 - self.x0, self.y1 - self.y0);
        Self {
            x0: (self.x0 - sideways * width).clamp(0.0, 1.0),
            y0: (self.y0 - up * height).clamp(0.0, 1.0),
            x1: (self.x1 + sideways * width).clamp(0.0, 1.0),
            y1: (self.y1 + down * height).clamp(0.0, 1.0),
        }
    }

    /// Its upper share.
    fn upper(self, share: f32) -> Self {
        Self {
            y1: self.y0 + share * (self.y1 - self.y0),
            ..self
        }
    }

    /// Its lower share.
    fn lower(self, share: f32) -> Self {
        Self {
            y0: self.y1 - share * (self.y1 - self.y0),
            ..self
        }
    }

    /// As much between this and `next`, `share` of the way.
    pub(super) fn towards(self, next: Self, share: f32) -> Self {
        let between = |from: f32, to: f32| from + share * (to - from);
        Self {
            x0: between(self.x0, next.x0),
            y0: between(self.y0, next.y0),
            x1: between(self.x1, next.x1),
            y1: between(self.y1, next.y1),
        }
    }
}

/// What a box is of, as far as it matters here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Sort {
    Person,
    TwoWheeler,
    /// Car, lorry, bus: whatever has its plates low.
    Vehicle,
    Plate,
}

impl Sort {
    /// By the class's word, ours or a plate model's own; `None` for what nobody is recognised by.
    pub(super) fn of(class: &str) -> Option<Self> {
        match class {
            "person" | "face" | "head" => Some(Self::Person),
            "two_wheeler" => Some(Self::TwoWheeler),
            "car" | "large_vehicle" => Some(Self::Vehicle),
            "plate" | "license_plate" | "licence_plate" | "number_plate" => Some(Self::Plate),
            _ => None,
        }
    }

    /// Whether it is something that can break a traffic rule as a vehicle.
    pub(super) const fn is_vehicle(self) -> bool {
        matches!(self, Self::TwoWheeler | Self::Vehicle)
    }
}

/// One thing that was found in a picture.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(super) struct Seen {
    pub(super) sort: Sort,
    pub(super) area: Area,
}

/// The areas of a picture that are covered, where `kept` is the box of the reported vehicle.
pub(super) fn covered(seen: &[Seen], kept: &[Area]) -> Vec<Area> {
    let of_sort = |sort| seen.iter().filter(move |one| one.sort == sort);
    let others: Vec<Seen> = seen
        .iter()
        .filter(|one| one.sort.is_vehicle() && !is_kept(one, kept))
        .copied()
        .collect();
    let mut areas: Vec<Area> = of_sort(Sort::Person).map(|one| head(one.area)).collect();
    for plate in of_sort(Sort::Plate) {
        let on_kept = kept.iter().any(|kept| kept.holds_middle_of(plate.area));
        let on_other = others
            .iter()
            .any(|other| other.area.holds_middle_of(plate.area));
        if !on_kept || on_other {
            areas.push(plate.area.grown(0.25, 0.5, 0.5));
        }
    }
    for other in &others {
        let found = of_sort(Sort::Plate).any(|plate| other.area.holds_middle_of(plate.area));
        match other.sort {
            Sort::TwoWheeler => areas.push(other.area.grown(0.1, 0.6, 0.05)),
            _ if found => {}
            _ => areas.push(other.area.lower(0.65).grown(0.08, 0.0, 0.08)),
        }
    }
    areas
}

/// Whether a vehicle is the reported one: a second box of it, perhaps of another class, is it too.
fn is_kept(one: &Seen, kept: &[Area]) -> bool {
    kept.iter().any(|kept| kept.iou(one.area) >= 0.6)
}

fn head(person: Area) -> Area {
    let (width, height) = (person.x1 - person.x0, person.y1 - person.y0);
    // Shares of a picture that is wider than high: such a box is about square in pixels.
    let upright = height > width * 2.2;
    let part = if upright { person.upper(0.4) } else { person };
    part.grown(0.25, 0.15, 0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn area(x0: f32, y0: f32, x1: f32, y1: f32) -> Area {
        Area { x0, y0, x1, y1 }
    }

    fn holds(areas: &[Area], x: f32, y: f32) -> bool {
        let inside = |area: &Area| area.x0 <= x && x <= area.x1 && area.y0 <= y && y <= area.y1;
        areas.iter().any(inside)
    }

    #[test]
    fn heads_plates_and_riders_are_covered_and_the_reported_vehicle_is_not() {
        let seen = [
            (Sort::Person, area(0.05, 0.2, 0.1, 0.6)),
            (Sort::Person, area(0.15, 0.2, 0.35, 0.4)),
            (Sort::Vehicle, area(0.4, 0.4, 0.6, 0.6)),
            (Sort::TwoWheeler, area(0.7, 0.5, 0.76, 0.7)),
            (Sort::Vehicle, area(0.8, 0.4, 1.0, 0.6)),
        ]
        .map(|(sort, area)| Seen { sort, area });
        let areas = covered(&seen, &[area(0.41, 0.4, 0.6, 0.61)]);
        #[rustfmt::skip]
        let points = [
            ("a head",                      0.075, 0.25, true),
            ("feet",                        0.075, 0.55, false),
            ("somebody who sits, knees",    0.25,  0.38, true),
            ("the reported car's plate",    0.5,   0.55, false),
            ("a two-wheeler's plate",       0.73,  0.65, true),
            ("its rider's head",            0.73,  0.42, true),
            ("another car's plate",         0.9,   0.55, true),
            ("its roof",                    0.9,   0.42, false),
        ];
        for (what, x, y, expected) in points {
            assert_eq!(holds(&areas, x, y), expected, "{what}");
        }
        assert!(holds(&covered(&seen, &[]), 0.5, 0.55), "nobody is excepted");
    }

    #[test]
    fn a_plate_that_was_found_is_covered_and_spares_the_rest_of_its_car() {
        let car = Seen {
            sort: Sort::Vehicle,
            area: area(0.2, 0.2, 0.6, 0.6),
        };
        let plate = Seen {
            sort: Sort::Plate,
            area: area(0.38, 0.5, 0.42, 0.52),
        };
        let areas = covered(&[car, plate], &[]);
        assert!(holds(&areas, 0.4, 0.51) && !holds(&areas, 0.25, 0.51));
        let kept = covered(&[car, plate], &[car.area]);
        assert!(kept.is_empty(), "{kept:?}");
        let bike = Seen {
            sort: Sort::TwoWheeler,
            area: area(0.35, 0.3, 0.45, 0.58),
        };
        let before_it = covered(&[car, plate, bike], &[car.area]);
        assert!(
            holds(&before_it, 0.4, 0.51),
            "the plate of a motorcycle before the car"
        );
    }
}
