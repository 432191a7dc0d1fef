//! Carries out what the server wants: desired state first, then commands, one at a time.
//!
//! Orders come from the disk, where the inbox put them, so a restart carries on where it stopped:
//! a command without an answer is carried out, unless its time is over. Every command is answered
//! once. What does not belong here: whether an order is the server's (`outbox`).

mod capture;
mod simulation;
mod wishes;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use contract::v1::{
    Action, AgentId, Answer, AnswerOutcome, CameraDesired, CameraId, Command, CommandRefusal,
    Evidence, SecretKey,
};
use jiff::Timestamp;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use self::capture::Captured;
use self::simulation::Question;
use super::exhibits::Exhibits;
use crate::analysis::{Plan, TrackMemory};
use crate::camera::CameraHealth;
use crate::config::Config;
use crate::outbox::{AgentBoard, Inbox, OrderBells, Store, StoreError};
use crate::report::AnswerMessage;
use crate::telemetry::{chain, metric};

/// How long to wait before a failed read or write of the disk is tried again.
const RETRY_EVERY: Duration = Duration::from_secs(1);
/// Commands that may wait; what is above is answered as busy.
const MOST_WAITING: usize = 16;

/// Carries out the server's orders.
pub(super) struct Orders {
    pub(super) agent: AgentId,
    pub(super) key: Arc<SecretKey>,
    pub(super) config: Arc<Config>,
    pub(super) inbox: Inbox,
    pub(super) posts: HashMap<CameraId, Post>,
    pub(super) board: Arc<AgentBoard>,
}

/// One camera, as orders reach it.
pub(super) struct Post {
    pub(super) exhibits: Exhibits,
    pub(super) memory: TrackMemory,
    pub(super) health: watch::Receiver<CameraHealth>,
    pub(super) plan: watch::Sender<Arc<Plan>>,
}

impl Orders {
    /// Works until `stop`; a command under way is finished.
    pub(super) async fn run(self, stop: CancellationToken) {
        let mut applied = None;
        loop {
            let done = match self.apply_desired(&mut applied).await {
                Ok(()) => self.carry_out_all(&stop).await,
                Err(error) => Err(error),
            };
            let pause = match done {
                Ok(()) => Duration::MAX,
                Err(error) => {
                    metrics::counter!(metric::OUTBOX_FAILED).increment(1);
                    tracing::error!(error = %chain(&error), "cannot read or keep orders; trying again");
                    RETRY_EVERY
                }
            };
            tokio::select! {
                () = self.bells().taken.notified() => {}
                () = tokio::time::sleep(pause), if pause != Duration::MAX => {}
                () = stop.cancelled() => return,
            }
        }
    }

    fn bells(&self) -> &OrderBells {
        &self.inbox.bells
    }

    fn store(&self) -> &Store {
        &self.inbox.store
    }

    async fn carry_out_all(&self, stop: &CancellationToken) -> Result<(), StoreError> {
        let waiting = self.store().waiting_commands().await?;
        let (now, too_many) = waiting.split_at(waiting.len().min(MOST_WAITING));
        for command in too_many {
            let outcome = refused(CommandRefusal::Busy, "too many commands wait already");
            self.answer(command, outcome).await?;
        }
        for command in now {
            if stop.is_cancelled() {
                return Ok(());
            }
            let outcome = self.carry_out(command).await;
            self.answer(command, outcome).await?;
        }
        Ok(())
    }

    async fn carry_out(&self, command: &Command) -> AnswerOutcome {
        if command.expires_at <= Timestamp::now() {
            return failed("it expired before it could be carried out".to_owned());
        }
        let Some(post) = self.posts.get(command.action.camera()) else {
            let message = format!("this agent has no camera {}", command.action.camera());
            return refused(CommandRefusal::UnknownCamera, &message);
        };
        match &command.action {
            Action::Snapshot { .. } => captured(capture::snapshot(post).await),
            Action::Clip { seconds, .. } => {
                captured(capture::clip(post, Duration::from_secs(u64::from(*seconds))).await)
            }
            Action::Simulate {
                camera,
                rule,
                parameters,
                danger_level,
                zones,
                masks,
                seconds,
            } => {
                let question = Question {
                    camera,
                    rule,
                    parameters,
                    danger_level: *danger_level,
                    view: CameraDesired {
                        zones: zones.clone(),
                        masks: masks.clone(),
                        ..CameraDesired::default()
                    },
                    back: Duration::from_secs(u64::from(*seconds)),
                };
                self.simulate(post, &question).await
            }
        }
    }

    async fn answer(&self, command: &Command, outcome: AnswerOutcome) -> Result<(), StoreError> {
        let evidence: &[Evidence] = match &outcome {
            AnswerOutcome::Done { evidence, .. } => evidence,
            AnswerOutcome::Refused { .. } | AnswerOutcome::Failed { .. } => &[],
        };
        let label = match &outcome {
            AnswerOutcome::Done { .. } => "done",
            AnswerOutcome::Refused { reason, .. } => reason.as_str(),
            AnswerOutcome::Failed { .. } => "failed",
        };
        metrics::counter!(
            metric::COMMANDS, "action" => command.action.as_str(), "outcome" => label
        )
        .increment(1);
        match &outcome {
            AnswerOutcome::Done { .. } => {
                tracing::info!(command.id = %command.id, "command carried out");
            }
            AnswerOutcome::Refused { message, .. } | AnswerOutcome::Failed { message } => {
                tracing::warn!(
                    command.id = %command.id,
                    command.action = command.action.as_str(),
                    outcome = label,
                    "a command was not carried out: {message}"
                );
            }
        }
        let evidence = evidence.to_vec();
        let answer = Answer {
            command: command.id,
            sequence: command.sequence,
            answered_at: Timestamp::now(),
            outcome,
        };
        match AnswerMessage::new(&answer, &self.agent, &self.key) {
            Ok(message) => {
                self.store().answer(command.id, &message, &evidence).await?;
                self.bells().answered.notify_one();
            }
            Err(error) => {
                tracing::error!(error = %chain(&error), "an answer cannot be encoded; this is a fault of the agent");
            }
        }
        Ok(())
    }
}

fn captured(captured: Captured) -> AnswerOutcome {
    match captured {
        Captured::Kept(evidence) => AnswerOutcome::Done {
            evidence: vec![*evidence],
            simulation: None,
        },
        Captured::Refused(reason, message) => refused(reason, &message),
        Captured::Failed(message) => failed(message),
    }
}

fn refused(reason: CommandRefusal, message: &str) -> AnswerOutcome {
    AnswerOutcome::Refused {
        reason,
        message: message.to_owned(),
    }
}

fn failed(message: String) -> AnswerOutcome {
    AnswerOutcome::Failed { message }
}
