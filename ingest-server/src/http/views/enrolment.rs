//! Enrolment, as the contract writes it; these types give it its place in the OpenAPI document.

use contract::v1::{EnrolmentAnswer, EnrolmentRequest, SignatureError};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What an agent sends once.
#[derive(Deserialize, ToSchema)]
#[schema(as = EnrolmentRequest)]
pub struct EnrolmentRequestView {
    /// The one-time token that an administrator made.
    token: String,
    /// The public half of the key the agent made: base64 of 32 bytes.
    #[schema(min_length = 44, max_length = 44)]
    public_key: String,
    /// The program's version.
    version: String,
}

impl TryFrom<EnrolmentRequestView> for EnrolmentRequest {
    type Error = SignatureError;
    fn try_from(view: EnrolmentRequestView) -> Result<Self, SignatureError> {
        Ok(Self {
            token: view.token,
            public_key: view.public_key.parse()?,
            version: view.version,
        })
    }
}

/// What the server answers once.
#[derive(Serialize, ToSchema)]
#[schema(as = EnrolmentAnswer)]
pub struct EnrolmentAnswerView {
    /// The name under which the token was made.
    pub agent: String,
    /// The server's public key: base64 of 32 bytes.
    pub server_public_key: String,
    /// Where the broker is.
    #[schema(example = "mqtt://10.0.0.5:1883")]
    pub mqtt_url: String,
    /// The password of MQTT user `{agent}`, shown once.
    pub mqtt_password: String,
    /// The bearer token for uploads, shown once.
    pub upload_token: String,
}

impl From<EnrolmentAnswer> for EnrolmentAnswerView {
    fn from(answer: EnrolmentAnswer) -> Self {
        Self {
            agent: answer.agent.to_string(),
            server_public_key: answer.server_public_key.to_string(),
            mqtt_url: answer.mqtt_url,
            mqtt_password: answer.mqtt_password,
            upload_token: answer.upload_token,
        }
    }
}

#[cfg(test)]
mod tests {
    use contract::v1::SecretKey;

    use super::*;

    #[test]
    fn the_answer_is_the_contract_s_answer() {
        let answer = EnrolmentAnswer {
            agent: "a".parse().unwrap(),
            server_public_key: SecretKey::from_bytes(&[7; 32]).public(),
            mqtt_url: "mqtt://127.0.0.1:1883".to_owned(),
            mqtt_password: "p".to_owned(),
            upload_token: "u".to_owned(),
        };
        let wire = serde_json::to_value(&answer).unwrap();
        assert_eq!(
            serde_json::to_value(EnrolmentAnswerView::from(answer)).unwrap(),
            wire
        );
    }
}
