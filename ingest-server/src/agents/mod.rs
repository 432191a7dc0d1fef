//! Agents as the server knows them: how one becomes known, what it is known by, how it is shut out.
//!
//! What does not belong here: what agents send (that is `intake`), and what they may publish (that
//! is `broker`).

mod enrolment;
mod mosquitto;
mod revocation;
mod rotation;
mod server_key;
mod token;

pub use enrolment::{EnrolError, Enrolment, create_token};
pub use mosquitto::{MosquittoPasswords, MosquittoUser, mosquitto_hash, mosquitto_passwords};
pub use revocation::{RevokeKeyError, revoke, revoke_key};
pub use rotation::{Rotation, RotationError, rotate};
pub use server_key::{ServerKeyError, load_or_create};
pub use token::{Token, TokenHash};

use contract::v1::AgentId;

use crate::store::{self, Access, StoreError};

/// The welcome agent that holds this upload token.
///
/// # Errors
/// [`StoreError`] where the database cannot be asked.
pub async fn agent_of_upload_token(
    on: &impl Access,
    token: &str,
) -> Result<Option<AgentId>, StoreError> {
    store::active_agent_of_upload_token(on, TokenHash::of(token).as_str()).await
}
