//! Logging in and out, and for whom a cookie or a key speaks. The shell around password, session and
//! limiter: it reads and writes the store, and takes the time from its caller. What does not belong
//! here: hashing and counting (`people`), cookies and headers (`http`).

use std::net::IpAddr;
use std::time::Instant;

use jiff::Timestamp;
use tokio::sync::Semaphore;
use tokio::task;

use crate::people::access::{Accessed, Purpose};
use crate::people::account::{Account, Standing as AccountStanding};
use crate::people::api_key::{ApiKey, ApiKeySecret};
use crate::people::limiter::{LoginLimiter, TooMany};
use crate::people::password::{self, Password, Verdict};
use crate::people::session::{self, NoRandomness, SessionToken, Span, Standing};
use crate::people::{Reach, Right, Username, audit};
use crate::store::{self, NewAccess, Store, StoreError};

/// Passwords that are verified at the same time; each takes 19 MiB and a core. More wait.
const PARALLEL_HASHES: usize = 2;

/// Why somebody was not let in.
#[derive(Debug, thiserror::Error)]
pub enum LoginRefusal {
    /// No such account, another password, or a disabled account: the caller learns no more.
    #[error("the user name or the password is wrong")]
    WrongCredentials,
    /// Too many attempts.
    #[error("too many attempts")]
    TooMany(#[source] TooMany),
    /// The store failed.
    #[error("the session could not be opened")]
    Store(#[from] StoreError),
    /// The operating system failed.
    #[error("no session token could be made")]
    Token(#[from] NoRandomness),
    /// The server is stopping.
    #[error("the server is stopping")]
    Stopping,
}

impl LoginRefusal {
    /// The word for logs and metrics.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::WrongCredentials => "wrong_credentials",
            Self::TooMany(_) => "too_many_attempts",
            Self::Store(_) | Self::Token(_) => "failed",
            Self::Stopping => "stopping",
        }
    }
}

/// Lets people in, slowly enough that guessing does not pay.
#[derive(Debug)]
pub struct Doorkeeper {
    limiter: LoginLimiter,
    hashing: Semaphore,
}

impl Default for Doorkeeper {
    fn default() -> Self {
        Self {
            limiter: LoginLimiter::default(),
            hashing: Semaphore::new(PARALLEL_HASHES),
        }
    }
}

/// A session that was just opened.
#[derive(Debug)]
pub struct Opened {
    /// For the cookie.
    pub token: SessionToken,
    /// Who it is, and for how long.
    pub session: LiveSession,
}

/// Somebody who is let in now: a person with a session, or a program with a key.
#[derive(Debug, Clone)]
pub struct LiveSession {
    /// Who it speaks for.
    pub account: Account,
    /// What unsafe requests repeat in a header; a program's need not.
    pub csrf_token: String,
    /// What was shown to be let in.
    pub credential: Credential,
    /// When it ends.
    pub span: Span,
}

/// What was shown to be let in.
#[derive(Debug, Clone)]
pub enum Credential {
    /// A person's cookie, by the hash that its session is stored under.
    Cookie {
        /// SHA-256 of the token, hexadecimal.
        token_hash: String,
    },
    /// A program's key.
    Key {
        /// The key.
        key: Box<ApiKey>,
        /// The hash that it is stored under.
        hash: String,
    },
}

impl LiveSession {
    /// May they do this at all? A program may what its key and its account's role may.
    #[must_use]
    pub fn may(&self, right: Right) -> bool {
        right.is_of(self.account.role)
            && match &self.credential {
                Credential::Cookie { .. } => true,
                Credential::Key { key, .. } => key.rights.contains(&right),
            }
    }

    /// How far their rights reach.
    #[must_use]
    pub fn reach(&self) -> Reach {
        let mut reach = self.account.reach();
        if let Credential::Key { key, .. } = &self.credential {
            reach.scopes.push(key.scope.clone());
        }
        reach
    }

    /// An entry of theirs for the access log.
    #[must_use]
    pub fn access(&self, act: Accessed, subject: String, purpose: Option<Purpose>) -> NewAccess {
        let key = match &self.credential {
            Credential::Cookie { .. } => None,
            Credential::Key { key, .. } => Some(key.id.to_string()),
        };
        NewAccess {
            actor: self.account.username.to_string(),
            key,
            act,
            subject,
            purpose,
            note: None,
        }
    }
}

/// Name and password as they were typed.
#[derive(Debug, Clone)]
pub struct Credentials {
    /// The name.
    pub username: String,
    /// The password.
    pub password: Password,
}

impl Doorkeeper {
    /// Opens a session for whoever knows the password.
    ///
    /// # Errors
    /// [`LoginRefusal`]; the same one, in the same time, for an unknown name and a wrong password.
    pub async fn log_in(
        &self,
        store: &Store,
        credentials: Credentials,
        address: IpAddr,
        now: Timestamp,
    ) -> Result<Opened, LoginRefusal> {
        let username: Option<Username> = credentials.username.parse().ok();
        let found = match &username {
            Some(username) => store::account_for_login(store, username).await?,
            None => None,
        };
        let known = found.as_ref().map(|(account, _)| account.username.clone());
        let result = self
            .try_log_in(store, credentials, found, address, now)
            .await;
        match &result {
            Ok(opened) => audit::logged_in(&opened.session.account.username, address),
            Err(refusal) => audit::refused(known.as_ref(), address, refusal.as_str()),
        }
        result
    }

    async fn try_log_in(
        &self,
        store: &Store,
        credentials: Credentials,
        found: Option<(Account, password::PasswordHash)>,
        address: IpAddr,
        now: Timestamp,
    ) -> Result<Opened, LoginRefusal> {
        let Credentials { username, password } = credentials;
        self.limiter
            .attempt(&limiter_key(&username), address, Instant::now())
            .map_err(LoginRefusal::TooMany)?;
        let (account, hash) = found.unzip();
        let verdict = self.verify(password, hash).await?;
        let account = account
            .filter(|account| {
                verdict == Verdict::Fits && account.standing == AccountStanding::Active
            })
            .ok_or(LoginRefusal::WrongCredentials)?;
        self.limiter.succeeded(&limiter_key(&username));
        open(store, account, now).await
    }

    async fn verify(
        &self,
        password: Password,
        hash: Option<password::PasswordHash>,
    ) -> Result<Verdict, LoginRefusal> {
        let _turn = self
            .hashing
            .acquire()
            .await
            .map_err(|_| LoginRefusal::Stopping)?;
        task::spawn_blocking(move || password::verify(&password, hash.as_ref()))
            .await
            .map_err(|_| LoginRefusal::Stopping)
    }
}

/// Names as typed are as long as the request allows; the limiter remembers the first bytes, which
/// is more than an account's name can have.
fn limiter_key(username: &str) -> String {
    username.chars().take(72).collect()
}

async fn open(store: &Store, account: Account, now: Timestamp) -> Result<Opened, LoginRefusal> {
    let token = session::mint_token()?;
    let csrf_token = session::mint_csrf_token()?;
    let token_hash = token.hash();
    let tx = store.begin().await?;
    store::open_session(&tx, &token_hash, account.id, &csrf_token, now).await?;
    tx.commit().await?;
    let session = LiveSession {
        account,
        csrf_token,
        credential: Credential::Cookie { token_hash },
        span: Span::beginning(now),
    };
    Ok(Opened { token, session })
}

/// Who the token speaks for; `None` where the session is over, unknown, or its account disabled.
///
/// # Errors
/// [`StoreError`].
pub async fn recognise(
    store: &Store,
    token: &SessionToken,
    now: Timestamp,
) -> Result<Option<LiveSession>, StoreError> {
    let hash = token.hash();
    let Some(mut session) = of_cookie(store, &hash, now).await? else {
        return Ok(None);
    };
    if session.span.standing(now) == Standing::Touch {
        let tx = store.begin().await?;
        store::touch_session(&tx, &hash, now).await?;
        tx.commit().await?;
        session.span.last_seen = now;
    }
    Ok(Some(session))
}

/// For whom a key acts; `None` where it is unknown, over or revoked, or its account disabled.
///
/// # Errors
/// [`StoreError`].
pub async fn recognise_key(
    store: &Store,
    secret: &ApiKeySecret,
    now: Timestamp,
) -> Result<Option<LiveSession>, StoreError> {
    let Some(session) = of_key(store, &secret.hash(), now).await? else {
        return Ok(None);
    };
    if let Credential::Key { key, .. } = &session.credential
        && key.is_to_be_touched(now)
    {
        let tx = store.begin().await?;
        store::touch_api_key(&tx, key.id, now).await?;
        tx.commit().await?;
    }
    Ok(Some(session))
}

/// The same session as it stands now, where it is still good; its use is not written down.
///
/// # Errors
/// [`StoreError`].
pub async fn look_again(
    store: &Store,
    session: &LiveSession,
    now: Timestamp,
) -> Result<Option<LiveSession>, StoreError> {
    match &session.credential {
        Credential::Cookie { token_hash } => of_cookie(store, token_hash, now).await,
        Credential::Key { hash, .. } => of_key(store, hash, now).await,
    }
}

async fn of_cookie(
    store: &Store,
    token_hash: &str,
    now: Timestamp,
) -> Result<Option<LiveSession>, StoreError> {
    let Some(stored) = store::session(store, token_hash).await? else {
        return Ok(None);
    };
    if stored.span.standing(now) == Standing::Over {
        return Ok(None);
    }
    let account = active(store, &stored.account_id).await?;
    Ok(account.map(|account| LiveSession {
        account,
        csrf_token: stored.csrf_token,
        credential: Credential::Cookie {
            token_hash: stored.token_hash,
        },
        span: stored.span,
    }))
}

async fn of_key(
    store: &Store,
    hash: &str,
    now: Timestamp,
) -> Result<Option<LiveSession>, StoreError> {
    let found = store::api_key(store, hash).await?;
    let Some((account, key)) = found.filter(|(_, key)| key.is_good(now)) else {
        return Ok(None);
    };
    let account = active(store, &account).await?;
    Ok(account.map(|account| LiveSession {
        account,
        csrf_token: String::new(),
        span: Span {
            last_seen: now,
            expires: key.expires_at,
        },
        credential: Credential::Key {
            key: Box::new(key),
            hash: hash.to_owned(),
        },
    }))
}

async fn active(store: &Store, id: &str) -> Result<Option<Account>, StoreError> {
    let account = store::account(store, id).await?;
    Ok(account.filter(|account| account.standing == AccountStanding::Active))
}

/// Ends a person's session. A program's key is revoked, not logged out: then this does nothing.
///
/// # Errors
/// [`StoreError`].
pub async fn log_out(store: &Store, session: &LiveSession) -> Result<(), StoreError> {
    let Credential::Cookie { token_hash } = &session.credential else {
        return Ok(());
    };
    let tx = store.begin().await?;
    store::end_session(&tx, token_hash).await?;
    tx.commit().await?;
    audit::logged_out(&session.account.username);
    Ok(())
}
