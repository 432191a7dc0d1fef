//! The people who log in, and the programs that act for them: accounts, roles, rights and their reach,
//! sessions, keys, and what keeps strangers out.
//!
//! [`right`] says what a role may do at all, [`scope`] to what; [`access`] keeps who saw what is masked
//! or private. [`password`] hashes with Argon2id, [`session`] mints tokens and says when they end, [`limiter`]
//! slows guessing down, [`audit`] writes who did what. `crate::login` puts them together.
//!
//! What does not belong here: SQL (`store::accounts`, `store::sessions`), cookies and headers
//! (`http`), agents and their secrets (`agents`).

pub mod access;
pub mod account;
pub mod api_key;
pub mod audit;
pub mod limiter;
pub mod password;
pub mod report_limiter;
pub mod right;
pub mod scope;
pub mod session;
pub mod vault;

pub use account::{Account, AccountFault, NewAccount, Username};
pub use casework::people::Role;
pub use right::Right;
pub use scope::{Reach, Scope};
