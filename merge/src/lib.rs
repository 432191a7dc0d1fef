//! Which reports tell of one incident.
//!
//! Pure: values and a time go in, values come out, and the same values always give the same answer.
//! A [`Witness`] is what one report says; a [`Profile`] is what an incident's witnesses say
//! together. [`mod@decide`] weighs a witness against the incidents that [`block`] names, by a score in
//! bits ([`score`]) whose every term has a name, and answers: link, suggest, or new, with the
//! reasons. [`casebook`] is the model of merging, splitting and undoing. [`evaluate`] and [`learn`]
//! measure the decisions on labelled reports and re-estimate the weights from what people decided.
//!
//! What does not belong here: SQL, clocks, HTTP, wire formats, names of places. All numbers that
//! weigh are data: `data/model.toml`, replaceable by configuration.

pub mod level;
pub mod text;
pub mod place;
pub mod category;
pub mod witness;
pub mod time;
pub mod plate;
pub mod picture;
pub mod topic;
pub mod model;
pub mod profile;
pub mod score;
pub mod block;
pub mod decide;
pub mod learn;
pub mod evaluate;
pub mod casebook;

pub use category::{Category, Code, Relation};
pub use decide::{Candidate, Decision, Standing, Verdict, Why, decide};
pub use level::{Feature, Level};
pub use model::{Fault, Model, ModelError};
pub use place::Place;
pub use profile::Profile;
pub use score::{Finding, Score, Veto};
pub use witness::{Picture, Plate, PlateReading, Source, Span, Witness};
