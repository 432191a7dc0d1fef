//! What a person writes of a thing.

use crate::dice::Dice;
use crate::happening::Happening;
use crate::noise::Typing;
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

/// A text in the person's words.
pub(crate) fn text(dice: &mut Dice, town: &Town, typing: Typing, happening: &Happening) -> String {
    let said = happening.kind.said;
    // Most call it by what strikes everybody, some otherwise.
    let way = if dice.chance(0.6) {
        said[happening.said % said.len()]
    } else {
        dice.pick(said)
    };
    let street = &town.streets[happening.spot.street].name;
    let house = happening.spot.house;
    let place = match dice.below(5) {
        0 => String::new(),
        1 => format!(" đường {street}"),
        2 | 3 => format!(" trước số nhà {house} đường {street}"),
        _ => format!(" gần số {house} {street}"),
    };
    let text = format!(
        "{}{way}{place}{}",
        dice.pick(&OPENINGS),
        dice.pick(&ENDINGS)
    );
    typing.type_out(dice, &text)
}
