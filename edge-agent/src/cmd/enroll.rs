//! `enroll`: makes this agent known to its server, once; with `--rotate`, changes its key.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use url::Url;
use zeroize::Zeroizing;

use crate::config::Config;
use crate::identity::{Renewal, client_config, enrol, http_client, rotate};

/// Makes the agent's key where there is none, sends its public half with the one-time token, and
/// keeps the server's answer in the data folder.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The server's address, e.g. `https://vong.example` or `http://10.0.0.5:8080`.
    #[arg(long, value_name = "URL", required_unless_present = "rotate")]
    server: Option<Url>,
    /// File that holds the one-time token.
    #[arg(
        long,
        value_name = "FILE",
        conflicts_with = "token",
        required_unless_present_any = ["token", "rotate"]
    )]
    token_file: Option<PathBuf>,
    /// The one-time token; other users of this machine can read it while the command runs.
    #[arg(long, value_name = "TOKEN")]
    token: Option<String>,
    /// Enrol anew although this agent is enrolled already; the key stays.
    #[arg(long)]
    again: bool,
    /// Change the key of this agent, which is enrolled: the old key vouches for the new one, and no
    /// token is needed. Restart the agent afterwards.
    #[arg(long, conflicts_with_all = ["again", "token", "token_file"])]
    rotate: bool,
}

/// Enrols, and says under which name.
///
/// # Errors
/// Where the configuration, the token or the server does not let it.
pub(super) fn run(config: &Path, args: &Args) -> anyhow::Result<ExitCode> {
    let config = Config::load(config)?;
    let client = http_client(client_config(&config.server)?)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("cannot start")?;
    if args.rotate {
        let server = args.server.as_ref().or(config.server.http_url.as_ref());
        let rotated = runtime.block_on(rotate(&config.agent.data_dir, &client, server))?;
        super::say(&format!(
            "`{}` signs with key {} from its next start; restart it before {}, when the old key \
             ends",
            rotated.agent, rotated.key_id, rotated.old_key_until
        ))?;
        return Ok(ExitCode::SUCCESS);
    }
    let server = args
        .server
        .as_ref()
        .context("give the server's address with --server")?;
    let token = token(args)?;
    let renewal = if args.again {
        Renewal::Replace
    } else {
        Renewal::Refuse
    };
    let enrolled = runtime.block_on(enrol(
        &config.agent.data_dir,
        &client,
        server,
        token,
        renewal,
    ))?;
    super::say(&format!(
        "enrolled as `{}` at {}; start with `edge-agent run`",
        enrolled.answer.agent, enrolled.server_url
    ))?;
    Ok(ExitCode::SUCCESS)
}

fn token(args: &Args) -> anyhow::Result<Zeroizing<String>> {
    match (&args.token, &args.token_file) {
        (Some(token), _) => Ok(Zeroizing::new(token.clone())),
        (None, Some(file)) => std::fs::read_to_string(file)
            .map(Zeroizing::new)
            .with_context(|| format!("cannot read the token file {}", file.display())),
        (None, None) => anyhow::bail!("give the one-time token with --token-file or --token"),
    }
}
