//! Merging, splitting, and undoing either: what moves, what is refused.
//!
//! A merge moves witnesses and writes that the one incident now stands inside the other; it throws
//! nothing away, so that undoing it brings back what was there. What happened in between is kept:
//! words of witnesses that came later go with their witness, witnesses that joined later stay with
//! the incident they joined, decisions stay with the incident they were taken on. Where that cannot
//! be, the undo is refused with the reason.
//!
//! The plans here are values; the store carries them out in one transaction. That merge and undo
//! are the identity is a property of the plans, tested below on a book in memory and again on both
//! databases.

use std::collections::BTreeSet;

/// One incident, as far as moving witnesses goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Side<I, W> {
    /// Which one.
    pub id: I,
    /// The incident it stands inside of.
    pub inside: Option<I>,
    /// Its witnesses.
    pub witnesses: BTreeSet<W>,
    /// Whether people decided about it.
    pub decided: Decided,
}

/// Whether people decided about an incident.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decided {
    /// Nobody has.
    Not,
    /// Somebody has.
    Yes,
}

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    /// All witnesses of one incident moved into another.
    Merge,
    /// Some witnesses of an incident moved into a new one.
    Split,
}

/// One merge or split that was carried out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step<I, W> {
    /// Which of the two.
    pub verb: Verb,
    /// The incident they left.
    pub from: I,
    /// The incident they moved to.
    pub to: I,
    /// The witnesses that moved.
    pub moved: BTreeSet<W>,
    /// Whether it was undone.
    pub undone: Undone,
}

/// Whether a step was undone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Undone {
    /// It stands.
    Not,
    /// It was.
    Yes,
}

/// What is to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan<I, W> {
    /// These witnesses move.
    pub moves: BTreeSet<W>,
    /// Into this incident.
    pub to: I,
    /// This incident now stands inside that one.
    pub retire: Option<(I, I)>,
    /// This incident stands by itself again.
    pub revive: Option<I>,
}

/// Why nothing is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Refusal {
    /// An incident cannot join itself.
    #[error("an incident cannot be merged with itself")]
    Itself,
    /// One of them stands inside another already.
    #[error("the incident was merged into another")]
    Inside,
    /// A witness is not of this incident.
    #[error("a report does not belong to this incident")]
    NotHere,
    /// None, or all, of its witnesses are to leave.
    #[error("a split leaves at least one report on each side")]
    NothingLeft,
    /// It was undone before.
    #[error("the step was undone already")]
    AlreadyUndone,
    /// The incident that took the witnesses was merged into another since: that is to be undone
    /// first.
    #[error("the incident was merged further since; undo that first")]
    MergedFurther,
    /// None of the witnesses that moved is there any more.
    #[error("none of the reports is there any more")]
    MovedOn,
    /// People decided about the new incident: the decision would be lost.
    #[error("people decided about the separate incident since")]
    DecidedSince,
}

impl Refusal {
    /// The word on the wire and in translations.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Itself => "merge_itself",
            Self::Inside => "merge_inside",
            Self::NotHere => "split_not_here",
            Self::NothingLeft => "split_nothing_left",
            Self::AlreadyUndone => "undo_already",
            Self::MergedFurther => "undo_merged_further",
            Self::MovedOn => "undo_moved_on",
            Self::DecidedSince => "undo_decided_since",
        }
    }
}

/// Moves everything of `from` into `to`.
///
/// # Errors
/// [`Refusal::Itself`], [`Refusal::Inside`].
pub fn merge<I: Copy + Eq, W: Clone + Ord>(
    from: &Side<I, W>,
    to: &Side<I, W>,
) -> Result<Plan<I, W>, Refusal> {
    if from.id == to.id {
        return Err(Refusal::Itself);
    }
    if from.inside.is_some() || to.inside.is_some() {
        return Err(Refusal::Inside);
    }
    Ok(Plan {
        moves: from.witnesses.clone(),
        to: to.id,
        retire: Some((from.id, to.id)),
        revive: None,
    })
}

/// Moves some witnesses of an incident into a new one, `to`.
///
/// # Errors
/// [`Refusal::Inside`], [`Refusal::NotHere`], [`Refusal::NothingLeft`].
pub fn split<I: Copy + Eq, W: Clone + Ord>(
    from: &Side<I, W>,
    witnesses: &BTreeSet<W>,
    to: I,
) -> Result<Plan<I, W>, Refusal> {
    if from.inside.is_some() {
        return Err(Refusal::Inside);
    }
    if !witnesses.is_subset(&from.witnesses) {
        return Err(Refusal::NotHere);
    }
    if witnesses.is_empty() || witnesses.len() == from.witnesses.len() {
        return Err(Refusal::NothingLeft);
    }
    Ok(Plan {
        moves: witnesses.clone(),
        to,
        retire: None,
        revive: None,
    })
}

/// Undoes a step. `from` and `to` are the step's incidents as they stand now.
///
/// # Errors
/// [`Refusal`].
pub fn undo<I: Copy + Eq, W: Clone + Ord>(
    step: &Step<I, W>,
    from: &Side<I, W>,
    to: &Side<I, W>,
) -> Result<Plan<I, W>, Refusal> {
    if step.undone == Undone::Yes {
        return Err(Refusal::AlreadyUndone);
    }
    if to.inside.is_some() {
        return Err(Refusal::MergedFurther);
    }
    let moves: BTreeSet<W> = step.moved.intersection(&to.witnesses).cloned().collect();
    if moves.is_empty() {
        return Err(Refusal::MovedOn);
    }
    let stays = to.witnesses.len() > moves.len();
    match step.verb {
        Verb::Merge if !stays => Err(Refusal::NothingLeft),
        Verb::Merge => Ok(Plan {
            moves,
            to: from.id,
            retire: None,
            revive: Some(from.id),
        }),
        Verb::Split if from.inside.is_some() => Err(Refusal::MergedFurther),
        Verb::Split if !stays && to.decided == Decided::Yes => Err(Refusal::DecidedSince),
        Verb::Split => Ok(Plan {
            moves,
            to: from.id,
            retire: (!stays).then_some((to.id, from.id)),
            revive: None,
        }),
    }
}

#[cfg(test)]
mod tests;
