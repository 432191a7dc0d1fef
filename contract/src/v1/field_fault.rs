//! What is wrong with a message that parsed: which field, and a word that either program can put
//! into a person's language.

use std::fmt;

/// One field that will not do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("field `{field}`: {problem}")]
pub struct FieldFault {
    /// The field's path, e.g. `cameras.cam-1.masks[0]`.
    pub field: String,
    /// What is wrong with it.
    pub problem: FieldProblem,
}

impl FieldFault {
    pub(super) fn new(field: impl Into<String>, problem: FieldProblem) -> Self {
        Self {
            field: field.into(),
            problem,
        }
    }
}

/// What is wrong with a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FieldProblem {
    /// A number outside its range, or not finite.
    OutOfRange,
    /// A list with more entries, or a text with more bytes, than the contract allows.
    TooMany,
    /// The name of a rule or parameter with a character that none has.
    BadName,
    /// The same name twice.
    Duplicate,
    /// A polygon with fewer than three corners.
    TooFewCorners,
    /// A corner outside the picture.
    OutsidePicture,
    /// A polygon that crosses or touches itself.
    SelfIntersecting,
    /// A polygon whose corners lie on one line.
    Flat,
    /// A time that is over.
    Past,
}

impl FieldProblem {
    /// Every problem.
    pub const ALL: [Self; 9] = [
        Self::OutOfRange,
        Self::TooMany,
        Self::BadName,
        Self::Duplicate,
        Self::TooFewCorners,
        Self::OutsidePicture,
        Self::SelfIntersecting,
        Self::Flat,
        Self::Past,
    ];

    /// The word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::OutOfRange => "out_of_range",
            Self::TooMany => "too_many",
            Self::BadName => "bad_name",
            Self::Duplicate => "duplicate",
            Self::TooFewCorners => "too_few_corners",
            Self::OutsidePicture => "outside_picture",
            Self::SelfIntersecting => "self_intersecting",
            Self::Flat => "flat",
            Self::Past => "past",
        }
    }
}

impl fmt::Display for FieldProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
