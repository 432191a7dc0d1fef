//! Copies derived from evidence: one that every browser plays, and one in which nobody but the
//! reported vehicle is recognised. The original is read and never touched.
//!
//! A queue in the database says what is to be made; one copy is made at a time. Whatever decodes
//! foreign bytes runs in a process of its own, held to a time and a size: it may fail, and then the
//! copy is a row with a reason, tried again a few times. Intake never waits for any of it. What does
//! not belong here: who may have a copy (`http`, `export`).

mod failure;
mod container;
mod area;
mod offender;
mod mosaic;
mod film;
mod still;
mod task;
mod child;
mod finder;
mod witness;
mod making;
mod queue;
mod clean;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::sync::Notify;

pub use self::clean::{CleanFile, Cleaner};
pub use self::failure::Failure;
pub use self::task::{TaskError, carry_out_task};

pub(super) use self::child::Limits;
pub(super) use self::finder::Finder;
#[cfg(test)]
pub(crate) use self::still::png_for_tests;
use super::objects::Objects;
use crate::changes::ChangeBus;
use crate::config::CopiesConfig;
use crate::store::{CopyMade, Store};

/// Makes copies, one at a time.
pub struct Workshop {
    store: Store,
    objects: Objects,
    changes: ChangeBus,
    bell: Arc<Notify>,
    folder: PathBuf,
    program: PathBuf,
    finder: Finder,
    limits: Limits,
}

/// What a copy became, before it is written down.
enum Came {
    Made(CopyMade),
    NotNeeded,
}

impl Workshop {
    pub(super) fn new(
        (store, objects, changes): (Store, Objects, ChangeBus),
        bell: Arc<Notify>,
        data_dir: &Path,
        program: PathBuf,
        config: &CopiesConfig,
    ) -> Self {
        Self {
            store,
            objects,
            changes,
            bell,
            folder: data_dir.join("copies"),
            finder: Finder::of(&program, config),
            program,
            limits: Limits {
                time: config.time_limit,
                memory: config.memory_limit,
            },
        }
    }
}

impl Finder {
    pub(in crate::evidence) fn of(program: &Path, config: &CopiesConfig) -> Self {
        let agent = config.edge_agent.clone();
        Self {
            program: agent.unwrap_or_else(|| beside(program)),
            config: config.edge_agent_config.clone(),
            model: config.model.clone(),
            plate_model: config.plate_model.clone(),
        }
    }
}

/// The agent's program: beside this one where both are installed, else wherever the system finds it.
fn beside(program: &Path) -> PathBuf {
    let neighbour = program.with_file_name("edge-agent");
    if neighbour.is_file() {
        neighbour
    } else {
        PathBuf::from("edge-agent")
    }
}
