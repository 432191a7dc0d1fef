//! What a person writes of a thing.

use crate::dice::Dice;
use crate::happening::Happening;
use crate::noise::{City, Noise};
use crate::town::Town;

const OPENINGS: [&str; 5] = [
    "",
    "Kính gửi cơ quan chức năng, ",
    "Đề nghị kiểm tra ",
    "Tôi xin phản ánh ",
    "Ad ơi ",
];
const ENDINGS: [&str; 5] = [
    "",
    ", đề nghị xử lý",
    ", mong sớm giải quyết",
    " đã nhiều lần rồi",
    ". Cảm ơn",
];

const HAILS: [&str; 5] = ["", "alo ", "Cho hỏi ", "BQT ơi ", "Nhờ mấy anh coi giùm "];
const CLOSES: [&str; 5] = [
    "",
    " ạ",
    " mà không ai giải quyết",
    " bực mình quá",
    ". Trân trọng",
];

/// A text in the person's words.
pub(crate) fn text(dice: &mut Dice, town: &Town, noise: &Noise, happening: &Happening) -> String {
    let said = happening.said_in(noise.city);
    // Most call it by what strikes everybody, some otherwise.
    let way = if dice.chance(0.6) {
        said[happening.said % said.len()]
    } else {
        dice.pick(said)
    };
    let text = match noise.city {
        City::Own => {
            let place = place(dice, town, happening);
            let (opening, ending) = (dice.pick(&OPENINGS), dice.pick(&ENDINGS));
            format!("{opening}{way}{place}{ending}")
        }
        City::Elsewhere => {
            let place = place_elsewhere(dice, town, happening);
            let (opening, ending) = (dice.pick(&HAILS), dice.pick(&CLOSES));
            if dice.chance(0.35) {
                format!("{opening}{place}, {way}{ending}")
            } else {
                format!("{opening}{way} {place}{ending}")
            }
        }
    };
    noise.typing.type_out(dice, &text)
}

fn place(dice: &mut Dice, town: &Town, happening: &Happening) -> String {
    let street = &town.streets[happening.spot.street].name;
    let house = happening.spot.house;
    match dice.below(5) {
        0 => String::new(),
        1 => format!(" đường {street}"),
        2 | 3 => format!(" trước số nhà {house} đường {street}"),
        _ => format!(" gần số {house} {street}"),
    }
}

/// Some name the house across the street, some only the corner.
fn place_elsewhere(dice: &mut Dice, town: &Town, happening: &Happening) -> String {
    let spot = happening.spot;
    let street = &town.streets[spot.street].name;
    let (house, letter) = (spot.house, spot.letter);
    match dice.below(20) {
        0..5 => "chỗ này".to_owned(),
        5..10 => format!("trên {street}"),
        10..14 => format!("số {house}{letter} {street}"),
        14..17 => format!("sn {house}{letter} đường {street}"),
        17 => format!("đối diện nhà số {} {street}", house ^ 1),
        _ => format!("gần ngã tư {street}"),
    }
}
