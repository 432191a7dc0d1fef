//! Logging in and out, and who a cookie speaks for. The shell around password, session and
//! limiter: it reads and writes the store, and takes the time from its caller. What does not belong
//! here: hashing and counting (`people`), cookies and headers (`http`).

use std::net::IpAddr;
use std::time::Instant;

use jiff::Timestamp;
use tokio::sync::Semaphore;
use tokio::task;

use crate::people::account::{Account, Standing as AccountStanding};
use crate::people::limiter::{LoginLimiter, TooMany};
use crate::people::password::{self, Password, Verdict};
use crate::people::session::{self, NoRandomness, SessionToken, Span, Standing};
use crate::people::{Username, audit};
use crate::store::{self, Store, StoreError};

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

/// A session that is good now.
#[derive(Debug, Clone)]
pub struct LiveSession {
    /// Who it speaks for.
    pub account: Account,
    /// What unsafe requests repeat in a header.
    pub csrf_token: String,
    /// The hash it is stored under.
    pub token_hash: String,
    /// When it ends.
    pub span: Span,
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
        token_hash,
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
    let Some(mut session) = look_up(store, &token.hash(), now).await? else {
        return Ok(None);
    };
    if session.span.standing(now) == Standing::Touch {
        let tx = store.begin().await?;
        store::touch_session(&tx, &session.token_hash, now).await?;
        tx.commit().await?;
        session.span.last_seen = now;
    }
    Ok(Some(session))
}

/// The session stored under this hash, where it is still good; its use is not written down.
///
/// # Errors
/// [`StoreError`].
pub async fn look_up(
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
    let account = store::account(store, &stored.account_id).await?;
    Ok(account
        .filter(|account| account.standing == AccountStanding::Active)
        .map(|account| LiveSession {
            account,
            csrf_token: stored.csrf_token,
            token_hash: stored.token_hash,
            span: stored.span,
        }))
}

/// Ends a session.
///
/// # Errors
/// [`StoreError`].
pub async fn log_out(store: &Store, session: &LiveSession) -> Result<(), StoreError> {
    let tx = store.begin().await?;
    store::end_session(&tx, &session.token_hash).await?;
    tx.commit().await?;
    audit::logged_out(&session.account.username);
    Ok(())
}
