//! Targets with what is needed to reach them: clients for HTTP and mail, made once.

use crate::config::DispatchConfig;

use super::email::Post;
use super::webhook::Webhooks;

/// Who is told what, and the ways there.
pub struct Directory {
    pub(super) config: DispatchConfig,
    pub(super) webhooks: Webhooks,
    pub(super) post: Option<Post>,
}

/// Why targets cannot be reached at all.
#[derive(Debug, thiserror::Error)]
pub enum DirectoryError {
    /// The HTTP client could not be made.
    #[error("no HTTP client for webhooks could be made")]
    Webhooks(#[source] reqwest::Error),
    /// The mail server's settings will not do.
    #[error("the settings of [smtp] will not do: {0}")]
    Post(String),
}

impl Directory {
    /// Makes what is needed.
    ///
    /// # Errors
    /// [`DirectoryError`].
    pub fn new(config: DispatchConfig) -> Result<Self, DirectoryError> {
        let post = match &config.targets.smtp {
            None => None,
            Some(smtp) => Some(
                Post::new(
                    smtp,
                    config.smtp_password.as_ref(),
                    config.smtp_authority.as_deref(),
                )
                .map_err(DirectoryError::Post)?,
            ),
        };
        Ok(Self {
            webhooks: Webhooks::new().map_err(DirectoryError::Webhooks)?,
            config,
            post,
        })
    }
}
