//! Enrolment: a one-time token and the public key go to the server, its answer is kept.

use std::path::Path;

use contract::v1::{AgentId, EnrolmentAnswer, EnrolmentRequest};
use reqwest::StatusCode;
use serde::Deserialize;
use url::Url;
use zeroize::Zeroizing;

use super::{
    ENROLMENT_FILE, Enrolment, IdentityError, KEY_FILE, key_or_new, private_file, read_enrolment,
};

/// Whether an agent that is enrolled already may enrol anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Renewal {
    /// Refuse: the enrolment at hand stays.
    Refuse,
    /// Replace the enrolment; the key stays.
    Replace,
}

/// Why enrolment failed.
#[derive(Debug, thiserror::Error)]
pub enum EnrolError {
    /// It has been done before.
    #[error("this agent is enrolled already as `{agent}`; add `--again` to enrol anew")]
    AlreadyEnrolled {
        /// Under this name.
        agent: AgentId,
    },
    /// The address cannot carry the request.
    #[error("`{0}` cannot be a server's address; expected http://HOST:PORT or https://HOST")]
    Address(Url),
    /// Nobody answered.
    #[error("no answer from {url}; is the server running, and is the address right?")]
    Unreachable {
        /// The address.
        url: Url,
        /// Why not.
        #[source]
        source: reqwest::Error,
    },
    /// The token is unknown, used, or too old.
    #[error(
        "{url} refused the token: it is unknown, already used, or expired; an administrator makes \
         a new one with `ingest-server agent token NAME`"
    )]
    TokenRefused {
        /// The address.
        url: Url,
    },
    /// The server answered something else.
    #[error("{url} answered {status}: {title}")]
    Refused {
        /// The address.
        url: Url,
        /// The HTTP status.
        status: StatusCode,
        /// The server's sentence.
        title: String,
    },
    /// The answer is not what the contract says.
    #[error("{url} answered something that is not an enrolment; is this an ingest-server?")]
    Answer {
        /// The address.
        url: Url,
        /// Why not.
        #[source]
        source: reqwest::Error,
    },
    /// Key or answer cannot be kept.
    #[error(transparent)]
    Identity(#[from] IdentityError),
}

#[derive(Deserialize)]
struct Problem {
    title: String,
}

/// Enrols: makes the key where there is none, sends its public half, stores the answer.
///
/// # Errors
/// [`EnrolError`], each with its remedy. Nothing is stored but the key unless the server agreed.
pub async fn enrol(
    data_dir: &Path,
    client: &reqwest::Client,
    server: &Url,
    token: Zeroizing<String>,
    renewal: Renewal,
) -> Result<Enrolment, EnrolError> {
    let path = data_dir.join(ENROLMENT_FILE);
    if renewal == Renewal::Refuse
        && let Some(known) = read_enrolment(&path)?
    {
        return Err(EnrolError::AlreadyEnrolled {
            agent: known.answer.agent,
        });
    }
    let key = key_or_new(&data_dir.join(KEY_FILE))?;
    let request = EnrolmentRequest {
        token: token.trim().to_owned(),
        public_key: key.public(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
    };
    let answer = ask(client, server, &request).await?;
    let enrolment = Enrolment {
        server_url: server.clone(),
        answer,
    };
    let text =
        serde_json::to_string_pretty(&enrolment).map_err(|source| IdentityError::Enrolment {
            path: path.clone(),
            source,
        })?;
    private_file::write(&path, &Zeroizing::new(text))?;
    Ok(enrolment)
}

async fn ask(
    client: &reqwest::Client,
    server: &Url,
    request: &EnrolmentRequest,
) -> Result<EnrolmentAnswer, EnrolError> {
    let url = server
        .join("/api/v1/enrolments")
        .ok()
        .filter(|url| matches!(url.scheme(), "http" | "https"))
        .ok_or_else(|| EnrolError::Address(server.clone()))?;
    let response = client
        .post(url.clone())
        .json(request)
        .send()
        .await
        .map_err(|source| EnrolError::Unreachable {
            url: url.clone(),
            source,
        })?;
    let status = response.status();
    if status.is_success() {
        return response
            .json()
            .await
            .map_err(|source| EnrolError::Answer { url, source });
    }
    if status == StatusCode::FORBIDDEN {
        return Err(EnrolError::TokenRefused { url });
    }
    let title = match response.json::<Problem>().await {
        Ok(problem) => problem.title,
        Err(_) => "no reason given".to_owned(),
    };
    Err(EnrolError::Refused { url, status, title })
}

#[cfg(test)]
mod tests;
