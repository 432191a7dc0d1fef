//! Number plates: the same, one letter apart, or different.

use crate::level::Level;
use crate::witness::{Plate, PlateReading};

/// Two plates differ: no score is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Different;

/// A plate's letters and digits, in capitals: how people and readers separate them says nothing.
#[must_use]
pub fn normal(text: &str) -> String {
    text.chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_uppercase)
        .collect()
}

/// What two plates say of each other.
///
/// # Errors
/// [`Different`].
pub fn compare(a: &Plate, b: &Plate) -> Result<Level, Different> {
    let (left, right) = (normal(&a.text), normal(&b.text));
    let unsure = a.reading.min(b.reading) == PlateReading::Unsure;
    if left == right {
        Ok(Level::PlateEqual)
    } else if unsure && one_edit_apart(&left, &right) {
        Ok(Level::PlateOneOff)
    } else {
        Err(Different)
    }
}

fn one_edit_apart(a: &str, b: &str) -> bool {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let (short, long) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    let same = short.iter().zip(&long).take_while(|(x, y)| x == y).count();
    let (rest, other) = (short.get(same..), long.get(same + 1..));
    match long.len() - short.len() {
        0 => short.get(same + 1..) == other,
        1 => rest == other,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plate(text: &str, reading: PlateReading) -> Plate {
        Plate {
            text: text.to_owned(),
            reading,
        }
    }

    #[test]
    fn one_letter_apart_counts_only_where_a_reading_is_unsure() {
        use PlateReading::{Sure, Unsure};
        #[rustfmt::skip]
        let table = [
            ("75A-123.45", Sure, "75a 12345", Sure, Ok(Level::PlateEqual)),
            ("75A-12345", Sure, "75A-12346", Sure, Err(Different)),
            ("75A-12345", Sure, "75A-12346", Unsure, Ok(Level::PlateOneOff)),
            ("75A-12345", Unsure, "75A-1234", Sure, Ok(Level::PlateOneOff)),
            ("75A-12345", Unsure, "5A-12345", Sure, Ok(Level::PlateOneOff)),
            ("75A-12345", Unsure, "75B-12346", Unsure, Err(Different)),
            ("75A-12345", Unsure, "", Unsure, Err(Different)),
        ];
        for (a, how_a, b, how_b, expected) in table {
            assert_eq!(
                compare(&plate(a, how_a), &plate(b, how_b)),
                expected,
                "{a} {b}"
            );
            assert_eq!(
                compare(&plate(b, how_b), &plate(a, how_a)),
                expected,
                "{b} {a}"
            );
        }
    }
}
