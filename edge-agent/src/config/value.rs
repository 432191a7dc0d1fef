//! TOML values to typed ones: each converter names what it wants where it gets something else.

use std::fmt::Display;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use toml::de::DeValue;

use super::fault::{Wrong, suggestion};

type Converted<T> = Result<T, Wrong>;

fn not_a(wanted: &str, value: &DeValue<'_>) -> Wrong {
    Wrong::new(
        format!("is a {}, not {wanted}", value.type_str()),
        format!("give {wanted}"),
    )
}

/// A string that is not blank.
pub(super) fn text(value: &DeValue<'_>) -> Converted<String> {
    let text = value.as_str().ok_or_else(|| not_a("a string", value))?;
    if text.trim().is_empty() {
        return Err(Wrong::new("is empty", "give it a value, or remove the key"));
    }
    Ok(text.to_owned())
}

/// A string that is not blank and has at most `most` bytes: what a report has room for.
pub(super) fn text_up_to(most: usize) -> impl Fn(&DeValue<'_>) -> Converted<String> {
    move |value| {
        let text = text(value)?;
        if text.len() <= most {
            return Ok(text);
        }
        Err(Wrong::new(
            format!("has {} bytes", text.len()),
            format!("shorten it to {most} bytes"),
        ))
    }
}

/// A string of a type that can say itself what is wrong with it.
pub(super) fn parsed<T: FromStr<Err: Display>>(value: &DeValue<'_>) -> Converted<T> {
    let text = value.as_str().ok_or_else(|| not_a("a string", value))?;
    text.parse()
        .map_err(|error: T::Err| Wrong::new(format!("{text:?}: {error}"), "correct it"))
}

/// A number, whole or not, in a range.
pub(super) fn number(range: RangeInclusive<f64>) -> impl Fn(&DeValue<'_>) -> Converted<f64> {
    move |value| {
        let number = raw_number(value).ok_or_else(|| not_a("a number", value))?;
        if range.contains(&number) {
            return Ok(number);
        }
        let (low, high) = (range.start(), range.end());
        Err(Wrong::new(
            format!("{number} is out of range"),
            format!("give {low} to {high}"),
        ))
    }
}

/// A share, 0 to 1.
pub(super) fn share(value: &DeValue<'_>) -> Converted<f32> {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a share needs no more than 24 bits"
    )]
    let narrow = |wide: f64| wide as f32;
    number(0.0..=1.0)(value).map(narrow)
}

/// A length in mean sides of a box.
pub(super) fn sides(value: &DeValue<'_>) -> Converted<f32> {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a length in sides needs no more than 24 bits"
    )]
    let narrow = |wide: f64| wide as f32;
    number(0.0..=100.0)(value).map(narrow)
}

/// An angle in degrees, 0 to 90.
pub(super) fn degrees(value: &DeValue<'_>) -> Converted<f32> {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "an angle needs no more than 24 bits"
    )]
    let narrow = |wide: f64| wide as f32;
    number(0.0..=90.0)(value).map(narrow)
}

/// A number of any size as `f32`.
pub(super) fn real(value: &DeValue<'_>) -> Converted<f32> {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "picture levels need no more than 24 bits"
    )]
    let narrow = |wide: f64| wide as f32;
    number(-1e6..=1e6)(value).map(narrow)
}

/// Seconds, whole or not, in a range.
pub(super) fn seconds(range: RangeInclusive<f64>) -> impl Fn(&DeValue<'_>) -> Converted<Duration> {
    let number = number(range);
    move |value| number(value).map(Duration::from_secs_f64)
}

/// A whole number in a range.
pub(super) fn integer<T>(range: RangeInclusive<T>) -> impl Fn(&DeValue<'_>) -> Converted<T>
where
    T: TryFrom<i64> + PartialOrd + Display,
{
    move |value| {
        let whole = value
            .as_integer()
            .and_then(|integer| i64::from_str_radix(integer.as_str(), integer.radix()).ok())
            .ok_or_else(|| not_a("a whole number", value))?;
        match T::try_from(whole) {
            Ok(number) if range.contains(&number) => Ok(number),
            _ => Err(Wrong::new(
                format!("{whole} is out of range"),
                format!("give {} to {}", range.start(), range.end()),
            )),
        }
    }
}

/// The name of a file, without a folder.
pub(super) fn file_name(value: &DeValue<'_>) -> Converted<String> {
    let text = text(value)?;
    let plain = !text.contains(['/', '\\', '\0']) && text != "." && text != "..";
    if plain {
        return Ok(text);
    }
    Err(Wrong::new(
        format!("{text:?} is no plain file name"),
        "give the file's name without a folder",
    ))
}

/// A path; a relative one starts at the configuration file's folder.
pub(super) fn path(base: &Path) -> impl Fn(&DeValue<'_>) -> Converted<PathBuf> + '_ {
    move |value| text(value).map(|text| base.join(text))
}

/// One of a few words.
pub(super) fn one_of<T: Copy>(words: &[(&str, T)]) -> impl Fn(&DeValue<'_>) -> Converted<T> {
    move |value| {
        let text = value.as_str().ok_or_else(|| not_a("a string", value))?;
        let known: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
        let found = words.iter().find(|(word, _)| *word == text);
        found.map(|(_, meaning)| *meaning).ok_or_else(|| {
            Wrong::new(
                format!("{text:?} is not a known word"),
                suggestion(text, &known),
            )
        })
    }
}

/// A list, each item by the same converter; a fault names the item.
pub(super) fn list<T>(
    item: impl Fn(&DeValue<'_>) -> Converted<T>,
) -> impl Fn(&DeValue<'_>) -> Converted<Vec<T>> {
    move |value| {
        let items = value.as_array().ok_or_else(|| not_a("a list", value))?;
        let converted = items.iter().enumerate().map(|(index, value)| {
            item(value.get_ref()).map_err(|wrong| {
                Wrong::new(format!("item {index} {}", wrong.problem), wrong.remedy)
            })
        });
        converted.collect()
    }
}

/// A list of exactly `N` items.
pub(super) fn array<const N: usize, T>(
    item: impl Fn(&DeValue<'_>) -> Converted<T>,
) -> impl Fn(&DeValue<'_>) -> Converted<[T; N]> {
    let list = list(item);
    move |value| {
        let items = list(value)?;
        let found = items.len();
        <[T; N]>::try_from(items).map_err(|_| {
            Wrong::new(
                format!("is a list of length {found}"),
                format!("give exactly {N}"),
            )
        })
    }
}

/// A table of words to words.
pub(super) fn word_map(value: &DeValue<'_>) -> Converted<Vec<(String, String)>> {
    let table = value.as_table().ok_or_else(|| not_a("a table", value))?;
    let pairs = table.iter().map(|(key, value)| {
        let word = text(value.get_ref())?;
        Ok((key.get_ref().to_string(), word))
    });
    pairs.collect()
}

/// 64 hexadecimal digits, in lower case.
pub(super) fn sha256(value: &DeValue<'_>) -> Converted<String> {
    let text = text(value)?;
    let good = text.len() == 64
        && text
            .bytes()
            .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    if good {
        return Ok(text);
    }
    Err(Wrong::new(
        format!("{text:?} is not a SHA-256"),
        "give 64 lower-case hexadecimal digits (`sha256sum FILE` prints them)",
    ))
}

fn raw_number(value: &DeValue<'_>) -> Option<f64> {
    if let Some(integer) = value.as_integer() {
        let whole = i64::from_str_radix(integer.as_str(), integer.radix()).ok()?;
        return i32::try_from(whole)
            .map(f64::from)
            .ok()
            .or_else(|| whole.to_string().parse().ok());
    }
    value.as_float()?.as_str().parse().ok()
}
