//! What happens in the city: of which kind, where, how long, and who may notice.

use crate::Plan;
use crate::dice::Dice;
use crate::town::{Spot, Town};

/// A kind of thing.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Kind {
    pub(crate) code: &'static str,
    /// Of a thousand incidents so many are of this kind.
    share: u64,
    /// How long it lasts on average, hours.
    hours: f64,
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
    /// Ways to say it.
    pub(crate) said: &'static [&'static str],
}

pub(crate) const KINDS: [Kind; 10] = [
    Kind {
        code: "encroachment",
        share: 300,
        hours: 3.5,
        seen_by_cameras: 0.7,
        more_reports: 0.9,
        walks: 0.0,
        wide: 4.0,
        plate: false,
        said: &[
            "hàng quán bày bàn ghế chiếm hết vỉa hè",
            "lấn chiếm vỉa hè buôn bán",
            "quán để bàn ghế tràn ra lề đường",
            "bán hàng rong chắn lối đi bộ trên vỉa hè",
        ],
    },
    Kind {
        code: "traffic_violation/illegal_parking",
        share: 190,
        hours: 1.0,
        seen_by_cameras: 0.5,
        more_reports: 0.5,
        walks: 0.0,
        wide: 3.0,
        plate: true,
        said: &[
            "xe ô tô đỗ sai quy định chắn lối đi",
            "xe hơi đậu dưới lòng đường cấm đỗ",
            "ô tô dừng đỗ lâu trước cổng nhà",
        ],
    },
    Kind {
        code: "environment/litter",
        share: 170,
        hours: 60.0,
        seen_by_cameras: 0.0,
        more_reports: 0.8,
        walks: 0.0,
        wide: 4.0,
        plate: false,
        said: &[
            "rác thải chất đống bốc mùi hôi",
            "đổ rác bừa bãi nhiều ngày không dọn",
            "bãi rác tự phát gây ô nhiễm",
        ],
    },
    Kind {
        code: "environment/noise",
        share: 60,
        hours: 3.0,
        seen_by_cameras: 0.0,
        more_reports: 0.7,
        walks: 0.0,
        wide: 15.0,
        plate: false,
        said: &[
            "hát karaoke loa kéo ồn ào quá khuya",
            "quán mở nhạc to gây mất trật tự",
        ],
    },
    Kind {
        code: "infrastructure/road",
        share: 90,
        hours: 200.0,
        seen_by_cameras: 0.0,
        more_reports: 0.9,
        walks: 0.0,
        wide: 5.0,
        plate: false,
        said: &[
            "mặt đường bị hư hỏng có ổ gà sâu nguy hiểm",
            "ổ gà lớn giữa đường dễ gây tai nạn",
            "nắp cống bị vỡ hở miệng",
        ],
    },
    Kind {
        code: "infrastructure/street_light",
        share: 70,
        hours: 90.0,
        seen_by_cameras: 0.0,
        more_reports: 0.7,
        walks: 0.0,
        wide: 4.0,
        plate: false,
        said: &[
            "đèn đường không sáng nhiều đêm liền",
            "trụ đèn chiếu sáng bị hỏng tối om",
        ],
    },
    Kind {
        code: "infrastructure/water_leak",
        share: 50,
        hours: 20.0,
        seen_by_cameras: 0.0,
        more_reports: 1.1,
        walks: 0.0,
        wide: 4.0,
        plate: false,
        said: &[
            "ống nước bị vỡ nước chảy tràn ra đường",
            "rò rỉ nước máy ngập cả mặt đường",
        ],
    },
    Kind {
        code: "stray_cattle",
        share: 40,
        hours: 0.8,
        seen_by_cameras: 0.8,
        more_reports: 1.6,
        walks: 0.25,
        wide: 12.0,
        plate: false,
        said: &[
            "đàn bò đi lạc giữa đường rất nguy hiểm",
            "trâu bò thả rông trên đường phố",
            "mấy con bò nằm giữa lòng đường",
        ],
    },
    Kind {
        code: "fire_smoke",
        share: 10,
        hours: 1.2,
        seen_by_cameras: 0.8,
        more_reports: 2.5,
        walks: 0.0,
        wide: 15.0,
        plate: false,
        said: &[
            "có khói đen bốc cao nghi cháy",
            "đang cháy lớn khói nhiều",
            "cháy bãi cỏ lửa lan nhanh",
        ],
    },
    Kind {
        code: "urban_order",
        share: 20,
        hours: 2.0,
        seen_by_cameras: 0.0,
        more_reports: 0.6,
        walks: 0.0,
        wide: 10.0,
        plate: false,
        said: &[
            "thanh niên tụ tập đua xe gây rối",
            "nhóm người đánh nhau ngoài đường",
        ],
    },
];

/// One thing that happened.
#[derive(Debug, Clone)]
pub(crate) struct Happening {
    pub(crate) label: String,
    pub(crate) kind: &'static Kind,
    pub(crate) spot: Spot,
    /// Seconds of Unix time.
    pub(crate) start: f64,
    pub(crate) end: f64,
    pub(crate) heading: f64,
    pub(crate) plate: String,
    /// The words that people on the spot would choose.
    pub(crate) said: usize,
}

/// An evening of late 2025.
const EPOCH: f64 = 1_764_000_000.0;

pub(crate) fn happenings(dice: &mut Dice, town: &Town, plan: &Plan) -> Vec<Happening> {
    let km2 = (town.side_m / 1_000.0).powi(2);
    let count = (km2 * plan.days * plan.per_km2_day) as usize;
    let mut all = Vec::with_capacity(count);
    while all.len() < count {
        let one = happening(dice, town, plan, all.len());
        if dice.chance(plan.noise.twins) {
            let twin = twin(dice, town, &one, all.len() + 1);
            all.push(one);
            all.push(twin);
        } else {
            all.push(one);
        }
    }
    all
}

fn happening(dice: &mut Dice, town: &Town, plan: &Plan, number: usize) -> Happening {
    let kind = kind(dice);
    let start = EPOCH + dice.between(0.0, plan.days * 86_400.0);
    Happening {
        label: format!("i{number}"),
        kind,
        spot: town.spot(dice),
        start,
        end: start + 300.0 + dice.exponential(kind.hours * 3_600.0),
        heading: dice.between(0.0, std::f64::consts::TAU),
        plate: plate(dice),
        said: dice.below(64) as usize,
    }
}

/// The same kind of thing a few steps away, while the first goes on.
fn twin(dice: &mut Dice, town: &Town, one: &Happening, number: usize) -> Happening {
    let start = dice.between(one.start, one.end);
    Happening {
        label: format!("i{number}"),
        spot: town.next_to(dice, one.spot),
        start,
        end: start + 300.0 + dice.exponential(one.kind.hours * 3_600.0),
        plate: plate(dice),
        said: dice.below(64) as usize,
        ..one.clone()
    }
}

fn kind(dice: &mut Dice) -> &'static Kind {
    let mut left = dice.below(KINDS.iter().map(|kind| kind.share).sum());
    for kind in &KINDS {
        if left < kind.share {
            return kind;
        }
        left -= kind.share;
    }
    &KINDS[0]
}

fn plate(dice: &mut Dice) -> String {
    let letter = char::from(b'A' + dice.below(8) as u8);
    format!("{}{letter}-{:05}", 10 + dice.below(80), dice.below(100_000))
}

impl Happening {
    /// Where it is at a time, metres east and north.
    pub(crate) fn at(&self, time: f64) -> (f64, f64) {
        let walked = self.kind.walks * (time - self.start).max(0.0);
        (
            self.spot.east + walked * self.heading.sin(),
            self.spot.north + walked * self.heading.cos(),
        )
    }
}
