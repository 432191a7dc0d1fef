//! The kinds of thing that happen in every city; how often, each city says itself.

/// A kind of thing.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Kind {
    pub(crate) code: &'static str,
    /// How long it lasts on average, hours.
    pub(crate) hours: f64,
    /// Whether cameras know it.
    pub(crate) seen_by_cameras: f64,
    /// People who report it, on average, beyond the first.
    pub(crate) more_reports: f64,
    /// How fast it walks, metres a second.
    pub(crate) walks: f64,
    /// How large it is, metres.
    pub(crate) wide: f64,
    /// Whether it is a vehicle with a plate.
    pub(crate) plate: bool,
}

pub(crate) const KINDS: [Kind; 10] = [
    Kind {
        code: "encroachment",
        hours: 3.5,
        seen_by_cameras: 0.7,
        more_reports: 0.9,
        walks: 0.0,
        wide: 4.0,
        plate: false,
    },
    Kind {
        code: "traffic_violation/illegal_parking",
        hours: 1.0,
        seen_by_cameras: 0.5,
        more_reports: 0.5,
        walks: 0.0,
        wide: 3.0,
        plate: true,
    },
    Kind {
        code: "environment/litter",
        hours: 60.0,
        seen_by_cameras: 0.0,
        more_reports: 0.8,
        walks: 0.0,
        wide: 4.0,
        plate: false,
    },
    Kind {
        code: "environment/noise",
        hours: 3.0,
        seen_by_cameras: 0.0,
        more_reports: 0.7,
        walks: 0.0,
        wide: 15.0,
        plate: false,
    },
    Kind {
        code: "infrastructure/road",
        hours: 200.0,
        seen_by_cameras: 0.0,
        more_reports: 0.9,
        walks: 0.0,
        wide: 5.0,
        plate: false,
    },
    Kind {
        code: "infrastructure/street_light",
        hours: 90.0,
        seen_by_cameras: 0.0,
        more_reports: 0.7,
        walks: 0.0,
        wide: 4.0,
        plate: false,
    },
    Kind {
        code: "infrastructure/water_leak",
        hours: 20.0,
        seen_by_cameras: 0.0,
        more_reports: 1.1,
        walks: 0.0,
        wide: 4.0,
        plate: false,
    },
    Kind {
        code: "stray_cattle",
        hours: 0.8,
        seen_by_cameras: 0.8,
        more_reports: 1.6,
        walks: 0.25,
        wide: 12.0,
        plate: false,
    },
    Kind {
        code: "fire_smoke",
        hours: 1.2,
        seen_by_cameras: 0.8,
        more_reports: 2.5,
        walks: 0.0,
        wide: 15.0,
        plate: false,
    },
    Kind {
        code: "urban_order",
        hours: 2.0,
        seen_by_cameras: 0.0,
        more_reports: 0.6,
        walks: 0.0,
        wide: 10.0,
        plate: false,
    },
];
