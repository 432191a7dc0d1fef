//! What the gate learnt of each pose of a camera that turns.

use std::collections::BTreeMap;

use super::background::Background;
use crate::config::PoseId;
use crate::pose::PoseState;

/// Backgrounds of the poses that the camera is not in.
#[derive(Debug, Default)]
pub(super) struct Views {
    state: Option<PoseState>,
    elsewhere: BTreeMap<PoseId, View>,
}

/// What was learnt of one view.
#[derive(Debug, Default)]
pub(super) struct View {
    pub(super) background: Background,
    /// Keyframes that were compared.
    pub(super) looks: u32,
}

impl Views {
    /// Whether nothing is to be seen: the camera turns, or nobody knows where it looks.
    pub(super) const fn is_nowhere(&self) -> bool {
        matches!(self.state, Some(PoseState::Turning | PoseState::Unknown))
    }

    /// The camera stands elsewhere: puts what was learnt away and gives what was known of the new view, where
    /// it is one. Nothing where the camera stands as before.
    pub(super) fn turn(&mut self, state: PoseState, here: &mut View) -> Option<PoseState> {
        if self.state == Some(state) {
            return None;
        }
        let learnt = std::mem::take(here);
        match self.state.replace(state) {
            Some(PoseState::At(left)) => drop(self.elsewhere.insert(left, learnt)),
            // What was learnt before anybody said where it looks is of this view, as far as anybody knows.
            None => *here = learnt,
            Some(PoseState::Turning | PoseState::Unknown) => {}
        }
        if let PoseState::At(pose) = state
            && let Some(known) = self.elsewhere.remove(&pose)
        {
            *here = known;
        }
        Some(state)
    }
}
