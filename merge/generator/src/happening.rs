//! What happens in the city: of which kind, where, how long, and who may notice.

use crate::Plan;
use crate::dice::Dice;
use crate::noise::City;
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
    /// Ways in which it is said in another city.
    pub(crate) otherwise: &'static [&'static str],
    /// Of a thousand incidents there, so many.
    share_elsewhere: u64,
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
        otherwise: &[
            "mấy hàng quán kê bàn nhựa ra hết chỗ người ta đi bộ",
            "tiệm sửa xe để xe ngổn ngang kín lề",
            "chợ cóc họp tràn xuống đường sáng nào cũng vậy",
            "nhà xây để gạch cát choán lối đi",
        ],
        share_elsewhere: 180,
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
        otherwise: &[
            "xe bốn chỗ nằm chình ình trước cửa nhà tôi từ sáng",
            "mấy chiếc ô tô đậu hai bên hẻm không vô được",
            "xe tải dừng ngay khúc cua cả buổi",
            "ô tô đỗ dưới biển cấm",
        ],
        share_elsewhere: 220,
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
        otherwise: &[
            "đống rác mấy hôm rồi chưa ai hốt",
            "người ta quăng bao rác đầy góc đường",
            "thùng rác tràn ra ruồi nhặng",
            "đổ trộm xà bần ban đêm",
        ],
        share_elsewhere: 210,
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
        otherwise: &[
            "hàng xóm hát loa thùng tới nửa đêm",
            "quán nhậu mở loa đinh tai nhức óc",
            "công trình khoan đục lúc năm giờ sáng",
        ],
        share_elsewhere: 90,
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
        otherwise: &[
            "cái hố giữa đường to bằng cái nón",
            "đường lún một khúc xe máy té hoài",
            "nắp hố ga bể lộ sắt ra ngoài",
        ],
        share_elsewhere: 70,
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
        otherwise: &[
            "nguyên dãy đèn tắt ngóm cả tuần nay",
            "hẻm tối thui vì bóng đèn hư",
            "cột đèn chớp tắt liên tục",
        ],
        share_elsewhere: 50,
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
        otherwise: &[
            "nước sạch phun lên từ dưới gạch từ hôm qua",
            "bể ống nước chảy lênh láng",
            "đồng hồ nước rỉ ướt cả lối đi",
        ],
        share_elsewhere: 80,
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
        otherwise: &[
            "bầy bò đứng chắn ngang đường xe không qua được",
            "bò ai thả rông ăn cả cây cảnh giải phân cách",
            "có mấy con trâu đang băng qua đường",
        ],
        share_elsewhere: 60,
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
        otherwise: &[
            "thấy khói mù mịt phía sau dãy nhà",
            "cháy bãi cỏ khô gió thổi mạnh",
            "lửa bén vô hàng rào rồi",
        ],
        share_elsewhere: 10,
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
        otherwise: &[
            "mấy thanh niên nẹt pô rú ga cả đêm",
            "đám đông cãi cọ xô xát trước quán",
        ],
        share_elsewhere: 30,
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
            let twin = twin(dice, town, plan, &one, all.len() + 1);
            all.push(one);
            all.push(twin);
        } else {
            all.push(one);
        }
    }
    all
}

fn happening(dice: &mut Dice, town: &Town, plan: &Plan, number: usize) -> Happening {
    let kind = kind(dice, plan.noise.city);
    let start = EPOCH + dice.between(0.0, plan.days * 86_400.0);
    Happening {
        label: format!("i{number}"),
        kind,
        spot: town.spot(dice),
        start,
        end: start + lasts(dice, plan.noise.city, kind),
        heading: dice.between(0.0, std::f64::consts::TAU),
        plate: plate(dice),
        said: dice.below(64) as usize,
    }
}

/// The same kind of thing a few steps away, while the first goes on.
fn twin(dice: &mut Dice, town: &Town, plan: &Plan, one: &Happening, number: usize) -> Happening {
    let start = dice.between(one.start, one.end);
    let spot = match plan.noise.city {
        City::Own => town.next_to(dice, one.spot),
        City::Elsewhere => town.beside(dice, one.spot),
    };
    Happening {
        label: format!("i{number}"),
        spot,
        start,
        end: start + lasts(dice, plan.noise.city, one.kind),
        plate: plate(dice),
        said: dice.below(64) as usize,
        ..one.clone()
    }
}

/// Seconds. Elsewhere most things are short, and some very long: lognormal, of about the same mean.
fn lasts(dice: &mut Dice, city: City, kind: &Kind) -> f64 {
    let mean = kind.hours * 3_600.0;
    300.0
        + match city {
            City::Own => dice.exponential(mean),
            City::Elsewhere => mean * 0.6 * dice.normal().exp(),
        }
}

fn kind(dice: &mut Dice, city: City) -> &'static Kind {
    let share = |kind: &Kind| match city {
        City::Own => kind.share,
        City::Elsewhere => kind.share_elsewhere,
    };
    let mut left = dice.below(KINDS.iter().map(share).sum());
    for kind in &KINDS {
        if left < share(kind) {
            return kind;
        }
        left -= share(kind);
    }
    &KINDS[0]
}

fn plate(dice: &mut Dice) -> String {
    let letter = char::from(b'A' + dice.below(8) as u8);
    format!("{}{letter}-{:05}", 10 + dice.below(80), dice.below(100_000))
}

impl Happening {
    /// The ways to say it in a city.
    pub(crate) const fn said_in(&self, city: City) -> &'static [&'static str] {
        match city {
            City::Own => self.kind.said,
            City::Elsewhere => self.kind.otherwise,
        }
    }

    /// Where it is at a time, metres east and north. Elsewhere herds go at twice the pace.
    pub(crate) fn at(&self, time: f64, city: City) -> (f64, f64) {
        let pace = match city {
            City::Own => 1.0,
            City::Elsewhere => 2.0,
        };
        let walked = self.kind.walks * pace * (time - self.start).max(0.0);
        (
            self.spot.east + walked * self.heading.sin(),
            self.spot.north + walked * self.heading.cos(),
        )
    }
}
