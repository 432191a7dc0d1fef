//! Who is told what: the file of targets, and the secrets that lie in files of their own.

use std::collections::BTreeMap;
use std::path::Path;

use notice::target::TargetsError;
use notice::{Channel, Targets};

use super::{Fault, Password};

/// Targets and what is needed to reach them. Key `dispatch.targets_file`; without it nobody is told.
#[derive(Debug, Clone, Default)]
pub struct DispatchConfig {
    /// Who is told what. Paths in it are whole.
    pub targets: Targets,
    /// The secret of each target that has one: what a webhook is signed with, what the reader of a feed
    /// shows.
    pub secrets: BTreeMap<String, Password>,
    /// The mail server's password.
    pub smtp_password: Option<Password>,
    /// An authority (PEM) to trust beside the system's on the way to the mail server.
    pub smtp_authority: Option<Vec<u8>>,
}

impl DispatchConfig {
    /// Reads the file and what it names; relative paths lie beside it.
    ///
    /// # Errors
    /// Every fault, its key below `key`.
    pub(super) fn read(key: &str, file: &Path) -> Result<Self, Vec<Fault>> {
        let text = std::fs::read_to_string(file).map_err(|error| {
            let problem = format!("{} cannot be read ({error})", file.display());
            vec![fault(key, problem, "check the path and its rights")]
        })?;
        let targets = Targets::parse(&text).map_err(|error| listed(key, file, error))?;
        let mut reader = Files {
            folder: file.parent().unwrap_or(Path::new("")),
            key,
            faults: Vec::new(),
        };
        let secrets = secrets(&targets, &mut reader);
        let smtp = targets.smtp.as_ref();
        let smtp_password = smtp
            .and_then(|smtp| smtp.password_file.as_deref())
            .and_then(|file| reader.secret("smtp.password_file", file));
        let smtp_authority = smtp
            .and_then(|smtp| smtp.ca_file.as_deref())
            .and_then(|file| reader.bytes("smtp.ca_file", file));
        if reader.faults.is_empty() {
            Ok(Self {
                targets,
                secrets,
                smtp_password,
                smtp_authority,
            })
        } else {
            Err(reader.faults)
        }
    }
}

fn secrets(targets: &Targets, reader: &mut Files<'_>) -> BTreeMap<String, Password> {
    let mut found = BTreeMap::new();
    for target in &targets.targets {
        let (leaf, file) = match &target.channel {
            Channel::Webhook(webhook) => ("secret_file", &webhook.secret_file),
            Channel::CapFeed(feed) => ("token_file", &feed.token_file),
            Channel::Mqtt(_) | Channel::Email(_) => continue,
        };
        let key = format!("target.{}.channel.{leaf}", target.name);
        if let Some(secret) = reader.secret(&key, file) {
            found.insert(target.name.to_string(), secret);
        }
    }
    found
}

/// Shortest secret that is taken, in characters: nobody guesses 128 random bits in hexadecimal.
const LEAST_SECRET: usize = 16;

struct Files<'a> {
    folder: &'a Path,
    key: &'a str,
    faults: Vec<Fault>,
}

impl Files<'_> {
    fn bytes(&mut self, leaf: &str, file: &Path) -> Option<Vec<u8>> {
        let file = self.folder.join(file);
        std::fs::read(&file)
            .map_err(|error| {
                let problem = format!("{leaf}: {} cannot be read ({error})", file.display());
                let fault = fault(self.key, problem, "check the path and its rights");
                self.faults.push(fault);
            })
            .ok()
    }

    fn secret(&mut self, leaf: &str, file: &Path) -> Option<Password> {
        let bytes = self.bytes(leaf, file)?;
        let text = String::from_utf8_lossy(&bytes);
        let line = text.lines().next().unwrap_or_default().trim();
        if leaf != "smtp.password_file" && line.chars().count() < LEAST_SECRET {
            let problem =
                format!("{leaf}: the file's first line has fewer than {LEAST_SECRET} characters");
            self.faults.push(fault(
                self.key,
                problem,
                "write a random one, e.g. from: openssl rand -hex 32",
            ));
            return None;
        }
        Some(Password::from(line.to_owned()))
    }
}

fn listed(key: &str, file: &Path, error: TargetsError) -> Vec<Fault> {
    match error {
        TargetsError::Shape(error) => vec![fault(
            key,
            format!("{}: {error}", file.display()),
            "docs/CONFIG.md has every key of the file of targets",
        )],
        TargetsError::Faults(faults) => faults
            .into_iter()
            .map(|one| {
                let problem = format!("{}: {} {}", file.display(), one.key, one.problem);
                fault(key, problem, &one.remedy)
            })
            .collect(),
    }
}

fn fault(key: &str, problem: String, remedy: &str) -> Fault {
    Fault {
        key: key.to_owned(),
        problem,
        remedy: remedy.to_owned(),
    }
}
