//! Enrolment: a one-time token in, an agent with its own password and upload token out.

use std::sync::Arc;

use contract::v1::{AgentId, EnrolmentAnswer, EnrolmentRequest, PublicKey};
use jiff::{SignedDuration, Timestamp};

use super::mosquitto::mosquitto_hash;
use super::token::{Token, TokenHash};
use crate::config::MqttUrl;
use crate::store::{self, EnrolOutcome, Enrolled, Store, StoreError};

/// Why an agent was not enrolled.
#[derive(Debug, thiserror::Error)]
pub enum EnrolError {
    /// The token is unknown, used or past its time. It is not said which: that is nobody's business.
    #[error(
        "the token is unknown, used or expired; make a new one with: ingest-server agent token NAME"
    )]
    InvalidToken,
    /// The public key belongs to another agent, or was revoked.
    #[error(
        "the public key belongs to another agent, or was revoked; remove agent.key and enrol again"
    )]
    KeyOfAnotherAgent,
    /// The operating system has no randomness.
    #[error("the operating system's random source failed")]
    Random(#[from] rand::rand_core::OsError),
    /// The database did not do it.
    #[error("the enrolment could not be stored")]
    Store(#[from] StoreError),
}

/// What enrolment tells every agent.
#[derive(Debug)]
struct Facts {
    server_public_key: PublicKey,
    mqtt_url: MqttUrl,
}

/// Lets agents in. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Enrolment {
    store: Store,
    facts: Arc<Facts>,
}

impl Enrolment {
    /// Enrolment into `store`; agents are told the server's key and where the broker is.
    #[must_use]
    pub fn new(store: Store, server_public_key: PublicKey, mqtt_url: MqttUrl) -> Self {
        Self {
            store,
            facts: Arc::new(Facts {
                server_public_key,
                mqtt_url,
            }),
        }
    }

    /// Enrols the agent that the token was made for. Its password and upload token are in the
    /// answer and nowhere else.
    ///
    /// # Errors
    /// [`EnrolError`]; then the token is as good as it was before.
    pub async fn enrol(&self, request: &EnrolmentRequest) -> Result<EnrolmentAnswer, EnrolError> {
        let password = Token::mint()?;
        let upload_token = Token::mint()?;
        let enrolled = Enrolled {
            public_key: request.public_key,
            mqtt_password_hash: password.hash().as_str().to_owned(),
            mosquitto_hash: mosquitto_hash(password.reveal())?,
            upload_token_hash: upload_token.hash().as_str().to_owned(),
            version: request
                .version
                .chars()
                .filter(|c| !c.is_control())
                .take(64)
                .collect(),
        };
        let token = TokenHash::of(&request.token);
        let tx = self.store.begin().await?;
        let agent = match store::enrol(&tx, token.as_str(), &enrolled, Timestamp::now()).await? {
            EnrolOutcome::Enrolled(agent) => agent,
            EnrolOutcome::NoSuchToken => return Err(EnrolError::InvalidToken),
            EnrolOutcome::KeyOfAnotherAgent => return Err(EnrolError::KeyOfAnotherAgent),
        };
        tx.commit().await?;
        tracing::info!(agent.id = %agent, "agent enrolled");
        Ok(EnrolmentAnswer {
            agent,
            server_public_key: self.facts.server_public_key,
            mqtt_url: self.facts.mqtt_url.to_string(),
            mqtt_password: password.reveal().to_owned(),
            upload_token: upload_token.reveal().to_owned(),
        })
    }
}

/// Makes a one-time token for an agent's name, good for `lifetime`.
///
/// # Errors
/// [`EnrolError::Random`], [`EnrolError::Store`].
pub async fn create_token(
    store: &Store,
    agent: &AgentId,
    lifetime: SignedDuration,
) -> Result<Token, EnrolError> {
    let token = Token::mint()?;
    let now = Timestamp::now();
    let tx = store.begin().await?;
    store::insert_enrolment_token(&tx, token.hash().as_str(), agent, now, now + lifetime).await?;
    tx.commit().await?;
    Ok(token)
}
