//! What a person writes of a thing.

use crate::city::City;
use crate::dice::Dice;
use crate::happening::Happening;
use crate::noise::Noise;
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

const CALLS: [&str; 4] = ["", "", "ad ", "hi "];
const SIGHS: [&str; 5] = ["", "", " help", " xử lý đi", " pls check"];
const SALUTES: [&str; 4] = [
    "Kính gửi Uỷ ban nhân dân, tôi xin phản ánh việc ",
    "Đề nghị các cơ quan xem xét tình trạng ",
    "Người dân khu vực chúng tôi rất bức xúc vì ",
    "Cử tri kiến nghị: ",
];
const THANKS: [&str; 4] = [
    ". Rất mong được quan tâm giải quyết, tôi xin chân thành cảm ơn",
    ". Đề nghị chính quyền địa phương có biện pháp xử lý dứt điểm",
    ", đã phản ánh nhiều lần nhưng chưa được xử lý",
    "",
];

const GREETINGS: [&str; 4] = ["", "Chào trung tâm, ", "Báo giúp: ", "Dạ "];
const FAREWELLS: [&str; 4] = [
    "",
    ", xem giúp bà con",
    ", nhờ cho người xuống",
    "... hết chịu nổi",
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
    let said = happening.ways;
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
        City::Market => {
            let place = place_in_the_market(dice, town, happening);
            let (call, sigh) = (dice.pick(&CALLS), dice.pick(&SIGHS));
            format!("{call}{way}{place}{sigh}")
        }
        City::Province => {
            let place = place_in_the_province(dice, town, happening);
            let (salute, thanks) = (dice.pick(&SALUTES), dice.pick(&THANKS));
            format!("{salute}{way} tại {place}{thanks}")
        }
        City::Harbour => {
            let place = place_by_the_water(dice, town, happening);
            let (greeting, farewell) = (dice.pick(&GREETINGS), dice.pick(&FAREWELLS));
            if dice.chance(0.3) {
                format!("{greeting}{place}: {way}{farewell}")
            } else {
                format!("{greeting}{way}, {place}{farewell}")
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

/// Hardly anybody says where; who does leaves out the word before the number.
fn place_in_the_market(dice: &mut Dice, town: &Town, happening: &Happening) -> String {
    let spot = happening.spot;
    let street = &town.streets[spot.street].name;
    let (house, letter) = (spot.house, spot.letter);
    match dice.below(20) {
        0..11 => String::new(),
        11..14 => format!(" {street}"),
        14..17 => format!(" {house}{letter} {street}"),
        17 => format!(" gần {house}{letter} {street}"),
        18 => format!(" đối diện {} {street}", house ^ 1),
        _ => format!(" no {house}{letter} {street} st"),
    }
}

/// Everybody says where; some have the number from the gate of a neighbour.
fn place_in_the_province(dice: &mut Dice, town: &Town, happening: &Happening) -> String {
    let spot = happening.spot;
    let street = &town.streets[spot.street].name;
    let house = if dice.chance(0.1) {
        spot.house + 2
    } else {
        spot.house
    };
    let (group, mark) = (1 + spot.street % 9, 1 + spot.house / 12);
    match dice.below(20) {
        0..9 => format!("số nhà {house}, đường {street}, tổ {group}"),
        9..12 => format!("trước nhà số {house} đường {street}"),
        12..15 => format!("km {mark} đường {street}"),
        _ => format!("tổ {group}, đường {street}"),
    }
}

/// Lanes and what stands beside: half of the numbers are of a lane's mouth.
fn place_by_the_water(dice: &mut Dice, town: &Town, happening: &Happening) -> String {
    let spot = happening.spot;
    let street = &town.streets[spot.street].name;
    let (house, letter) = (spot.house, spot.letter);
    match dice.below(20) {
        0..6 => "ngay chỗ tôi đứng".to_owned(),
        6..10 => format!("đoạn {street}"),
        10..13 => format!("kiệt {house}{letter} {street}"),
        13..16 => format!("nhà {house}{letter} {street}"),
        16 => format!("hẻm cạnh số {} đường {street}", house + 2),
        17 => format!("ngay trước {house}{letter} {street}"),
        _ => format!("khúc cua {street}"),
    }
}
