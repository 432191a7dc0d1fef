//! A new key for an agent that is enrolled: the old one vouches for it.
//!
//! The new key is on the disk before the server hears of it, so that no crash leaves a server that
//! knows a key that nobody has. Asking again with the same key is answered again.

use std::path::Path;

use contract::v1::{
    KEY_ROTATION_PATH, KeyRotationAnswer, KeyRotationRequest, NEW_SIGNATURE_HEADER,
    SIGNATURE_PROPERTY, key_id, sign,
};
use jiff::Timestamp;
use reqwest::StatusCode;
use serde::Deserialize;
use url::Url;

use super::{
    Enrolment, Identity, IdentityError, KEY_FILE, NEXT_KEY_FILE, key_or_new, private_file,
};

/// Why the key was not changed. The old one stays in use.
#[derive(Debug, thiserror::Error)]
pub enum RotateError {
    /// The address cannot carry the request.
    #[error("`{0}` cannot be a server's address; expected http://HOST:PORT or https://HOST")]
    Address(Url),
    /// The request cannot be written as JSON.
    #[error("the request cannot be encoded")]
    Encode(#[source] serde_json::Error),
    /// Nobody answered, or the answer broke off. The server may have agreed.
    #[error(
        "no answer from {url}; the old key stays in use; run `edge-agent enroll --rotate` again"
    )]
    Unreachable {
        /// The address.
        url: Url,
        /// Why not.
        #[source]
        source: reqwest::Error,
    },
    /// The server knows neither token nor key, or has revoked them.
    #[error(
        "{url} answered {status}: {title}; where the old key is lost or revoked, get a one-time \
         token, remove agent.key and agent.key.next, and enrol with `--again`"
    )]
    Refused {
        /// The address.
        url: Url,
        /// The HTTP status.
        status: StatusCode,
        /// The server's sentence.
        title: String,
    },
    /// The answer speaks of another key.
    #[error("{url} answered about another key; the old key stays in use")]
    OtherKey {
        /// The address.
        url: Url,
    },
    /// A key cannot be read or kept.
    #[error(transparent)]
    Identity(#[from] IdentityError),
}

#[derive(Deserialize)]
struct Problem {
    title: String,
}

/// Makes a new key, has the server accept it, and puts it in the old one's place. An agent that
/// runs meanwhile signs with the old one until it is restarted.
///
/// # Errors
/// [`RotateError`]; the old key stays in use then.
pub async fn rotate(
    data_dir: &Path,
    client: &reqwest::Client,
    server: Option<&Url>,
) -> Result<KeyRotationAnswer, RotateError> {
    let Identity { key, enrolment } = Identity::load(data_dir)?;
    let next_path = data_dir.join(NEXT_KEY_FILE);
    let next = key_or_new(&next_path)?;
    let body = serde_json::to_vec(&KeyRotationRequest {
        agent: enrolment.answer.agent.clone(),
        public_key: next.public(),
        requested_at: Timestamp::now(),
    })
    .map_err(RotateError::Encode)?;
    let signatures = [&key, &next].map(|key| sign(key, KEY_ROTATION_PATH, &body).to_string());
    let server = server.unwrap_or(&enrolment.server_url);
    let answer = ask(client, server, &enrolment, body, signatures).await?;
    if answer.key_id != key_id(&next.public()) {
        return Err(RotateError::OtherKey {
            url: server.clone(),
        });
    }
    private_file::rename(&next_path, &data_dir.join(KEY_FILE))?;
    Ok(answer)
}

async fn ask(
    client: &reqwest::Client,
    server: &Url,
    enrolment: &Enrolment,
    body: Vec<u8>,
    [old, new]: [String; 2],
) -> Result<KeyRotationAnswer, RotateError> {
    let url = server
        .join(KEY_ROTATION_PATH)
        .ok()
        .filter(|url| matches!(url.scheme(), "http" | "https"))
        .ok_or_else(|| RotateError::Address(server.clone()))?;
    let unreachable = |source| RotateError::Unreachable {
        url: url.clone(),
        source,
    };
    let response = client
        .post(url.clone())
        .bearer_auth(&enrolment.answer.upload_token)
        .header(reqwest::header::CONTENT_TYPE, "application/json")
        .header(SIGNATURE_PROPERTY, old)
        .header(NEW_SIGNATURE_HEADER, new)
        .body(body)
        .send()
        .await
        .map_err(unreachable)?;
    let status = response.status();
    if status.is_success() {
        return response.json().await.map_err(unreachable);
    }
    let title = match response.json::<Problem>().await {
        Ok(problem) => problem.title,
        Err(_) => "no reason given".to_owned(),
    };
    Err(RotateError::Refused { url, status, title })
}

#[cfg(test)]
mod tests;
