//! What is wrong with a report that somebody sends: which field, and a word that the server puts into
//! the sender's language.

use std::fmt;

/// One field that will not do.
#[derive(Debug, Clone, PartialEq, Eq, Hash, thiserror::Error)]
#[error("{field}: {problem}")]
pub struct Fault {
    /// The field's name, as the sender wrote it.
    pub field: String,
    /// What is wrong with it.
    pub problem: Problem,
}

impl Fault {
    /// A fault of a field.
    #[must_use]
    pub fn new(field: impl Into<String>, problem: Problem) -> Self {
        Self {
            field: field.into(),
            problem,
        }
    }
}

/// What is wrong with a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Problem {
    /// It must be there and is not.
    Missing,
    /// It holds more than it may.
    TooLong,
    /// There is no such service, attribute or value.
    Unknown,
    /// It is no number.
    NotANumber,
    /// The number lies outside its range.
    OutOfRange,
    /// It is no time with an offset, as in RFC 3339.
    NotATime,
    /// The time is still to come.
    Future,
    /// The time lies too far back.
    LongPast,
    /// One value is wanted and several came.
    OnlyOne,
    /// More came than are taken.
    TooMany,
    /// It is no telephone number.
    NotAPhone,
    /// It is no e-mail address.
    NotAnEmail,
    /// It is no web address.
    NotAnAddress,
    /// People leave it empty; programs that fill every field do not.
    LeaveEmpty,
    /// Latitude came without longitude, or the other way round.
    HalfAPlace,
    /// The place lies outside the area that is served.
    OutsideArea,
    /// The two ends of the range of dates are in the wrong order, or too far apart.
    RangeOfDates,
    /// The file is of a kind that is not taken.
    FileKind,
    /// The file is larger than may be.
    FileTooLarge,
    /// The picture has more pixels, or the film more seconds, than may be.
    FileTooBig,
    /// The file is damaged.
    FileDamaged,
}

impl Problem {
    /// Every problem.
    pub const ALL: [Self; 21] = [
        Self::Missing,
        Self::TooLong,
        Self::Unknown,
        Self::NotANumber,
        Self::OutOfRange,
        Self::NotATime,
        Self::Future,
        Self::LongPast,
        Self::OnlyOne,
        Self::TooMany,
        Self::NotAPhone,
        Self::NotAnEmail,
        Self::NotAnAddress,
        Self::LeaveEmpty,
        Self::HalfAPlace,
        Self::OutsideArea,
        Self::RangeOfDates,
        Self::FileKind,
        Self::FileTooLarge,
        Self::FileTooBig,
        Self::FileDamaged,
    ];

    /// The word on the wire and in the catalogue of texts.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::TooLong => "too_long",
            Self::Unknown => "unknown",
            Self::NotANumber => "not_a_number",
            Self::OutOfRange => "out_of_range",
            Self::NotATime => "not_a_time",
            Self::Future => "future",
            Self::LongPast => "long_past",
            Self::OnlyOne => "only_one",
            Self::TooMany => "too_many",
            Self::NotAPhone => "not_a_phone",
            Self::NotAnEmail => "not_an_email",
            Self::NotAnAddress => "not_an_address",
            Self::LeaveEmpty => "leave_empty",
            Self::HalfAPlace => "half_a_place",
            Self::OutsideArea => "outside_area",
            Self::RangeOfDates => "range_of_dates",
            Self::FileKind => "file_kind",
            Self::FileTooLarge => "file_too_large",
            Self::FileTooBig => "file_too_big",
            Self::FileDamaged => "file_damaged",
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
