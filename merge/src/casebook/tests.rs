//! A book in memory that carries plans out, and properties of random lives of it.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;

type Id = u8;
type Word = u16;

/// What is stored of an incident besides its witnesses.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Case {
    inside: Option<Id>,
    decision: Option<u8>,
}

/// Incidents, where each witness is at home, what each said last; and the steps.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Book {
    cases: BTreeMap<Id, Case>,
    home: BTreeMap<Word, Id>,
    said: BTreeMap<Word, u8>,
    steps: Vec<Step<Id, Word>>,
}

impl Book {
    /// The bytes that stand for what is stored, the log of steps apart: what stands inside another
    /// without a witness was made by a split that was undone, and is no more than its trace.
    fn stored(&self) -> Vec<u8> {
        let full: BTreeSet<Id> = self.home.values().copied().collect();
        let cases: Vec<_> = self
            .cases
            .iter()
            .filter(|(id, case)| full.contains(id) || case.inside.is_none() || !self.is_trace(**id))
            .collect();
        format!("{cases:?} {:?} {:?}", self.home, self.said).into_bytes()
    }

    fn is_trace(&self, id: Id) -> bool {
        self.steps
            .iter()
            .any(|step| step.verb == Verb::Split && step.to == id && step.undone == Undone::Yes)
    }

    fn side(&self, id: Id) -> Option<Side<Id, Word>> {
        let case = self.cases.get(&id)?;
        Some(Side {
            id,
            inside: case.inside,
            witnesses: self
                .home
                .iter()
                .filter(|(_, home)| **home == id)
                .map(|(witness, _)| *witness)
                .collect(),
            decided: if case.decision.is_some() {
                Decided::Yes
            } else {
                Decided::Not
            },
        })
    }

    fn carry_out(&mut self, plan: &Plan<Id, Word>) {
        for witness in &plan.moves {
            self.home.insert(*witness, plan.to);
        }
        if let Some((id, inside)) = plan.retire {
            self.cases.get_mut(&id).unwrap().inside = Some(inside);
        }
        if let Some(id) = plan.revive {
            self.cases.get_mut(&id).unwrap().inside = None;
        }
    }

    fn open(&mut self, witness: Word) -> Id {
        let id = Id::try_from(self.cases.len()).unwrap();
        let case = Case {
            inside: None,
            decision: None,
        };
        self.cases.insert(id, case);
        self.home.insert(witness, id);
        self.said.insert(witness, 0);
        id
    }

    fn merge(&mut self, from: Id, to: Id) -> Option<Result<usize, Refusal>> {
        let (a, b) = (self.side(from)?, self.side(to)?);
        Some(merge(&a, &b).map(|plan| self.remember(Verb::Merge, from, &plan)))
    }

    fn split(&mut self, from: Id, some: &BTreeSet<Word>) -> Option<Result<usize, Refusal>> {
        let to = Id::try_from(self.cases.len()).ok()?;
        Some(split(&self.side(from)?, some, to).map(|plan| {
            let case = Case {
                inside: None,
                decision: None,
            };
            self.cases.insert(to, case);
            self.remember(Verb::Split, from, &plan)
        }))
    }

    fn remember(&mut self, verb: Verb, from: Id, plan: &Plan<Id, Word>) -> usize {
        self.carry_out(plan);
        self.steps.push(Step {
            verb,
            from,
            to: plan.to,
            moved: plan.moves.clone(),
            undone: Undone::Not,
        });
        self.steps.len() - 1
    }

    fn undo(&mut self, index: usize) -> Result<(), Refusal> {
        let step = self.steps[index].clone();
        let (from, to) = (self.side(step.from).unwrap(), self.side(step.to).unwrap());
        let plan = undo(&step, &from, &to)?;
        self.carry_out(&plan);
        self.steps[index].undone = Undone::Yes;
        Ok(())
    }

    fn take(&mut self, edit: &Edit) {
        match *edit {
            Edit::Open(witness) => {
                if !self.home.contains_key(&witness) {
                    self.open(witness);
                }
            }
            Edit::Join(witness, id) => {
                let stands = self
                    .cases
                    .get(&id)
                    .is_some_and(|case| case.inside.is_none());
                if stands && !self.home.contains_key(&witness) {
                    self.home.insert(witness, id);
                    self.said.insert(witness, 0);
                }
            }
            Edit::Say(witness, word) => {
                if let Some(said) = self.said.get_mut(&witness) {
                    *said = word;
                }
            }
            Edit::Decide(id, decision) => {
                if let Some(case) = self.cases.get_mut(&id).filter(|case| case.inside.is_none()) {
                    case.decision = Some(decision);
                }
            }
        }
    }

    /// Every witness is at home in one incident that stands by itself.
    fn is_sound(&self) -> bool {
        self.home
            .values()
            .all(|id| self.cases.get(id).is_some_and(|case| case.inside.is_none()))
    }
}

#[derive(Debug, Clone)]
enum Edit {
    Open(Word),
    Join(Word, Id),
    Say(Word, u8),
    Decide(Id, u8),
}

fn any_edit(ids: Id) -> impl Strategy<Value = Edit> {
    prop_oneof![
        (0..40_u16, 0..ids).prop_map(|(witness, id)| Edit::Join(witness, id)),
        (0..40_u16, any::<u8>()).prop_map(|(witness, word)| Edit::Say(witness, word)),
        (0..ids, any::<u8>()).prop_map(|(id, decision)| Edit::Decide(id, decision)),
    ]
}

/// A book of up to 8 incidents with up to 24 witnesses.
fn any_book() -> impl Strategy<Value = Book> {
    let open = (2..8_u16).prop_map(|n| (0..n).map(Edit::Open).collect::<Vec<_>>());
    (open, proptest::collection::vec(any_edit(8), 0..24)).prop_map(|(open, edits)| {
        let mut book = Book::default();
        for edit in open.iter().chain(&edits) {
            book.take(edit);
        }
        book
    })
}

proptest! {
    #[test]
    fn merge_and_undo_are_the_identity_on_what_is_stored(
        mut book in any_book(), from in 0..8_u8, to in 0..8_u8,
    ) {
        let before = book.stored();
        if let Some(Ok(step)) = book.merge(from, to) {
            prop_assert_ne!(&book.stored(), &before);
            prop_assert!(book.is_sound());
            prop_assert_eq!(book.undo(step), Ok(()));
            prop_assert_eq!(book.stored(), before);
            prop_assert_eq!(book.undo(step), Err(Refusal::AlreadyUndone));
        }
    }

    #[test]
    fn split_and_undo_are_the_identity_on_what_is_stored(
        mut book in any_book(), from in 0..8_u8,
        some in proptest::collection::btree_set(0..40_u16, 1..6),
    ) {
        let before = book.stored();
        if let Some(Ok(step)) = book.split(from, &some) {
            prop_assert!(book.is_sound());
            prop_assert_eq!(book.undo(step), Ok(()));
            prop_assert_eq!(book.stored(), before);
        }
    }

    /// What happens between a merge and its undo is kept: the book ends as if the merge had never
    /// been, or the undo is refused and nothing is lost.
    #[test]
    fn later_edits_are_kept(
        book in any_book(), from in 0..8_u8, to in 0..8_u8,
        edits in proptest::collection::vec(any_edit(8), 0..12),
    ) {
        let (mut merged, mut never) = (book.clone(), book);
        if let Some(Ok(step)) = merged.merge(from, to) {
            for edit in &edits {
                // What is addressed to the incident inside is refused to people while it is there.
                if matches!(edit, Edit::Join(_, id) | Edit::Decide(id, _) if *id == from) {
                    continue;
                }
                merged.take(edit);
                never.take(edit);
            }
            prop_assert_eq!(merged.undo(step), Ok(()));
            prop_assert_eq!(merged.stored(), never.stored());
        }
    }

    /// Whatever is merged, split and undone, in whatever order: no witness is ever without a home
    /// or lost.
    #[test]
    fn no_witness_is_ever_lost(
        mut book in any_book(),
        steps in proptest::collection::vec((0..3_u8, 0..12_u8, 0..12_u8, any::<proptest::sample::Index>()), 0..30),
    ) {
        let witnesses = book.home.len();
        for (what, a, b, index) in steps {
            match what {
                0 => { let _ = book.merge(a, b); }
                1 => {
                    let here: Vec<Word> = book.side(a).map(|side| side.witnesses.into_iter().collect()).unwrap_or_default();
                    let some = here.iter().copied().filter(|witness| (u16::from(b) >> (witness % 4)) & 1 == 1).collect();
                    let _ = book.split(a, &some);
                }
                _ if book.steps.is_empty() => {}
                _ => { let _ = book.undo(index.index(book.steps.len())); }
            }
            prop_assert!(book.is_sound());
            prop_assert_eq!(book.home.len(), witnesses);
        }
    }
}

fn three() -> Book {
    let mut book = Book::default();
    for witness in 0..3 {
        book.open(witness);
    }
    book
}

#[test]
fn an_undo_that_would_lose_something_is_refused_with_the_reason() {
    let mut book = three();
    let first = book.merge(0, 1).unwrap().unwrap();
    let second = book.merge(1, 2).unwrap().unwrap();
    assert_eq!(book.undo(first), Err(Refusal::MergedFurther));
    assert_eq!(book.undo(second), Ok(()));
    let away = book.split(1, &BTreeSet::from([0])).unwrap().unwrap();
    assert_eq!(book.undo(first), Err(Refusal::MovedOn));
    book.take(&Edit::Decide(3, 7));
    assert_eq!(book.undo(away), Err(Refusal::DecidedSince));
    assert_eq!(book.merge(0, 2).unwrap(), Err(Refusal::Inside));
    assert_eq!(book.merge(2, 2).unwrap(), Err(Refusal::Itself));
    assert_eq!(
        book.split(2, &BTreeSet::from([2])).unwrap(),
        Err(Refusal::NothingLeft)
    );
    assert_eq!(
        book.split(2, &BTreeSet::from([0])).unwrap(),
        Err(Refusal::NotHere)
    );
}

#[test]
fn a_merge_whose_own_side_went_away_is_not_undone_into_nothing() {
    let mut book = three();
    let merged = book.merge(0, 1).unwrap().unwrap();
    book.split(1, &BTreeSet::from([1])).unwrap().unwrap();
    assert_eq!(book.undo(merged), Err(Refusal::NothingLeft));
}
