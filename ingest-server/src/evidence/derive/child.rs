//! Processes that touch foreign bytes: started, held to a time and a size in memory, ended.

use std::process::Stdio;
use std::time::Duration;

use rustix::process::{Pid, Resource, Rlimit, prlimit};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::{Child, Command};
use tokio::time::timeout;

use super::failure::Failure;

/// Most bytes of an answer on standard output, and of complaints on standard error that are logged.
const MAX_OUTPUT: u64 = 64 * 1024 * 1024;
const MAX_COMPLAINT: u64 = 4 * 1024;
/// Largest file that such a process may write.
const MAX_FILE: u64 = 1024 * 1024 * 1024;

/// What a process may use.
#[derive(Debug, Clone, Copy)]
pub(in crate::evidence) struct Limits {
    /// From its start to its end.
    pub(in crate::evidence) time: Duration,
    /// Bytes of address space.
    pub(in crate::evidence) memory: u64,
}

/// How a process ended, within its limits.
#[derive(Debug)]
pub(super) struct Ended {
    /// Whether it says that it did what it should.
    pub(super) outcome: Outcome,
    /// What it printed.
    pub(super) output: Vec<u8>,
}

/// What the exit status says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    Success,
    Failure,
}

/// Runs a process to its end, with `input` on its standard input.
///
/// # Errors
/// [`Failure::NotRun`], [`Failure::TimeLimit`], [`Failure::Crashed`] where a signal ended it.
pub(super) async fn run(
    mut command: Command,
    input: &[u8],
    limits: Limits,
) -> Result<Ended, Failure> {
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        // Each thread of the C library would take 64 MiB of address space of its own.
        .env("MALLOC_ARENA_MAX", "2")
        // No machine code is made at run time where foreign bytes are decoded; systemd forbids it too.
        .env("ORC_CODE", "backup")
        .kill_on_drop(true);
    let mut child = command.spawn().map_err(|error| {
        tracing::debug!(error = %error, "a process could not be started");
        Failure::NotRun
    })?;
    limit(&child, limits)?;
    // Dropped with the future when the time is over, which kills the process.
    match timeout(limits.time, talk(&mut child, input)).await {
        Ok(ended) => ended,
        Err(_) => Err(Failure::TimeLimit),
    }
}

/// Set from outside, before the process is told what to do.
fn limit(child: &Child, limits: Limits) -> Result<(), Failure> {
    let pid = child.id().and_then(|id| i32::try_from(id).ok());
    let pid = pid.and_then(Pid::from_raw).ok_or(Failure::NotRun)?;
    let set = |resource, most| {
        let most = Rlimit {
            current: Some(most),
            maximum: Some(most),
        };
        prlimit(Some(pid), resource, most).map_err(|_| Failure::NotRun)
    };
    set(Resource::As, limits.memory)?;
    set(Resource::Fsize, MAX_FILE)?;
    // Of all its threads together: an end for what outlives a server that was killed.
    set(
        Resource::Cpu,
        limits.time.as_secs().saturating_mul(8).max(1),
    )?;
    // Evidence does not lie about in core files.
    set(Resource::Core, 0)?;
    Ok(())
}

async fn talk(child: &mut Child, input: &[u8]) -> Result<Ended, Failure> {
    let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let tell = async {
        if let Some(mut stdin) = stdin {
            // A process that ended before it read everything says why by its status.
            drop(stdin.write_all(input).await);
        }
    };
    let (mut output, mut complaint) = (Vec::new(), Vec::new());
    let hear = async {
        match stdout {
            Some(stdout) => stdout
                .take(MAX_OUTPUT)
                .read_to_end(&mut output)
                .await
                .map(drop),
            None => Ok(()),
        }
    };
    let hear_complaints = async {
        let Some(mut stderr) = stderr else { return };
        drop(
            (&mut stderr)
                .take(MAX_COMPLAINT)
                .read_to_end(&mut complaint)
                .await,
        );
        // The rest is let go, so that the process does not wait for a reader.
        drop(tokio::io::copy(&mut stderr, &mut tokio::io::sink()).await);
    };
    let ((), heard, ()) = tokio::join!(tell, hear, hear_complaints);
    let status = child.wait().await.map_err(|_| Failure::NotRun)?;
    if !status.success() {
        let complaint = String::from_utf8_lossy(&complaint);
        tracing::debug!(status = %status, said = %complaint.trim(), "a process ended badly");
    }
    heard.map_err(|_| Failure::NotRun)?;
    match status.code() {
        None => Err(Failure::Crashed),
        Some(0) => Ok(Ended {
            outcome: Outcome::Success,
            output,
        }),
        Some(_) => Ok(Ended {
            outcome: Outcome::Failure,
            output,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("/bin/sh");
        command.arg("-c").arg(script);
        command
    }

    const LIMITS: Limits = Limits {
        time: Duration::from_secs(20),
        memory: 512 * 1024 * 1024,
    };

    #[tokio::test]
    async fn a_process_is_heard_and_its_status_told() {
        let told = run(shell("cat; echo x >&2"), b"input", LIMITS)
            .await
            .unwrap();
        assert_eq!(
            (told.outcome, &told.output[..]),
            (Outcome::Success, &b"input"[..])
        );
        let told = run(shell("exit 3"), b"", LIMITS).await.unwrap();
        assert_eq!(told.outcome, Outcome::Failure);
    }

    #[tokio::test]
    async fn who_takes_too_long_or_too_much_is_ended() {
        let hurried = Limits {
            time: Duration::from_millis(100),
            ..LIMITS
        };
        let late = run(shell("sleep 60"), b"", hurried).await.unwrap_err();
        assert_eq!(late, Failure::TimeLimit);
        let killed = run(shell("kill -SEGV $$"), b"", LIMITS).await.unwrap_err();
        assert_eq!(killed, Failure::Crashed);
        // More than it may have: the shell reads its limit, which holds for whatever it starts.
        let told = run(shell("read x; ulimit -v"), b"now\n", LIMITS)
            .await
            .unwrap();
        assert_eq!(told.output, b"524288\n");
        let missing = run(Command::new("/nonexistent"), b"", LIMITS)
            .await
            .unwrap_err();
        assert_eq!(missing, Failure::NotRun);
    }
}
