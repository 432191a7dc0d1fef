//! The people who log in: accounts, roles, sessions, and what keeps strangers out.
//!
//! [`password`] hashes with Argon2id, [`session`] mints tokens and says when they end, [`limiter`]
//! slows guessing down, [`audit`] writes who did what. `crate::login` puts them together.
//!
//! What does not belong here: SQL (`store::accounts`, `store::sessions`), cookies and headers
//! (`http`), agents and their secrets (`agents`).

pub mod account;
pub mod audit;
pub mod limiter;
pub mod password;
pub mod role;
pub mod session;

pub use account::{Account, AccountFault, NewAccount, Username};
pub use role::Role;
