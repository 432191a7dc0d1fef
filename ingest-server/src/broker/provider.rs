//! What the broker asks of us: is this password good, and is this right given.

use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;

use mqtt5::broker::{AuthProvider, AuthResult};
use mqtt5::packet::connect::ConnectPacket;
use mqtt5::protocol::v5::reason_codes::ReasonCode;

use super::rights::{Client, may_publish, may_subscribe};
use crate::agents::TokenHash;
use crate::store::{self, Store};
use crate::telemetry::BROKER_DENIALS;

/// Passwords against the store, rights against [`super::rights`].
pub(super) struct Provider {
    store: Store,
    server_password: TokenHash,
}

/// What became of a log-in.
enum Verdict {
    Welcome(String),
    Refused,
    /// The store could not be asked: the client is told to try again later.
    Unknown,
}

impl Provider {
    pub(super) fn new(store: Store, server_password: TokenHash) -> Self {
        Self {
            store,
            server_password,
        }
    }

    async fn judge(&self, connect: &ConnectPacket) -> Verdict {
        let (Some(user), Some(password)) = (&connect.username, &connect.password) else {
            return Verdict::Refused;
        };
        let (Some(client), Ok(password)) = (Client::of_user(user), std::str::from_utf8(password))
        else {
            return Verdict::Refused;
        };
        if !client.may_use_client_id(&connect.client_id) {
            return Verdict::Refused;
        }
        let presented = TokenHash::of(password);
        let matches = match &client {
            Client::Server => presented.matches(self.server_password.as_str()),
            Client::Agent(agent) => match store::agent(&self.store, agent).await {
                Ok(Some(row)) => {
                    row.revoked_at.is_none() && presented.matches(&row.mqtt_password_hash)
                }
                Ok(None) => false,
                Err(error) => {
                    tracing::error!(error = %error, "an agent's password could not be checked");
                    return Verdict::Unknown;
                }
            },
            Client::Unit(unit) => match store::unit_credential(&self.store, unit).await {
                Ok(Some(row)) => {
                    row.revoked_at.is_none() && presented.matches(&row.mqtt_password_hash)
                }
                Ok(None) => false,
                Err(error) => {
                    tracing::error!(error = %error, "a unit's password could not be checked");
                    return Verdict::Unknown;
                }
            },
            Client::Teller(_) => match store::teller_credential(&self.store, user).await {
                Ok(Some(row)) => {
                    row.revoked_at.is_none() && presented.matches(&row.mqtt_password_hash)
                }
                Ok(None) => false,
                Err(error) => {
                    tracing::error!(error = %error, "a teller's password could not be checked");
                    return Verdict::Unknown;
                }
            },
        };
        if matches {
            Verdict::Welcome(user.clone())
        } else {
            Verdict::Refused
        }
    }
}

impl AuthProvider for Provider {
    fn authenticate<'a>(
        &'a self,
        connect: &'a ConnectPacket,
        client_addr: SocketAddr,
    ) -> Pin<Box<dyn Future<Output = mqtt5::Result<AuthResult>> + Send + 'a>> {
        Box::pin(async move {
            Ok(match self.judge(connect).await {
                Verdict::Welcome(user) => AuthResult::success_with_user(user),
                Verdict::Unknown => AuthResult::fail(ReasonCode::ServerUnavailable),
                Verdict::Refused => {
                    metrics::counter!(BROKER_DENIALS, "action" => "connect").increment(1);
                    tracing::warn!(client.address = %client_addr, "MQTT log-in refused");
                    AuthResult::fail(ReasonCode::BadUsernameOrPassword)
                }
            })
        })
    }

    fn authorize_publish<'a>(
        &'a self,
        _client_id: &str,
        user_id: Option<&'a str>,
        topic: &'a str,
    ) -> Pin<Box<dyn Future<Output = bool> + Send + 'a>> {
        let given = user_id
            .and_then(Client::of_user)
            .is_some_and(|c| may_publish(&c, topic));
        Box::pin(std::future::ready(noted("publish", user_id, topic, given)))
    }

    fn authorize_subscribe<'a>(
        &'a self,
        _client_id: &str,
        user_id: Option<&'a str>,
        topic_filter: &'a str,
    ) -> Pin<Box<dyn Future<Output = bool> + Send + 'a>> {
        let given = user_id
            .and_then(Client::of_user)
            .is_some_and(|c| may_subscribe(&c, topic_filter));
        Box::pin(std::future::ready(noted(
            "subscribe",
            user_id,
            topic_filter,
            given,
        )))
    }
}

fn noted(action: &'static str, user: Option<&str>, topic: &str, given: bool) -> bool {
    if !given {
        metrics::counter!(BROKER_DENIALS, "action" => action).increment(1);
        tracing::warn!(
            client.user = user,
            mqtt.topic = topic,
            "MQTT {action} denied"
        );
    }
    given
}
