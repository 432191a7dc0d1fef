//! `check`: would `serve` start? Nothing is left behind but what `serve` would make too.

use anyhow::bail;

use crate::agents;
use crate::broker;
use crate::config::{BrokerConfig, Config, EvidencePlace, Tls};
use crate::evidence::EvidenceStore;

pub(super) async fn run(config: &Config) -> anyhow::Result<()> {
    super::make_data_dir(&config.data_dir)?;
    let mut failed = 0;
    let mut line = |what: String, outcome: Result<(), String>| match outcome {
        Ok(()) => super::say(format!("ok      {what}")),
        Err(problem) => {
            failed += 1;
            super::say(format!("FAILED  {what}: {problem}"));
        }
    };
    line(
        format!("data_dir {}", config.data_dir.display()),
        writable(config),
    );
    line(
        format!("database {:?}", config.database),
        database(config).await,
    );
    if let EvidencePlace::S3(s3) = &config.evidence {
        let probe = EvidenceStore::probe(&config.evidence, &config.data_dir).await;
        line(
            format!("evidence.s3_url s3://{}/{}", s3.bucket, s3.prefix),
            probe.map_err(|error| chain(&error)),
        );
    }
    let key = config.data_dir.join("server.key");
    line(
        format!("server key {}", key.display()),
        agents::load_or_create(&key)
            .map(drop)
            .map_err(|error| chain(&error)),
    );
    line(
        format!("http.listen {}", config.http.listen),
        free(config.http.listen),
    );
    match &config.broker {
        BrokerConfig::Embedded { listen, tls, .. } => {
            line(format!("broker.listen {listen}"), free(*listen));
            if let Some(tls) = tls {
                line(
                    format!("broker.tls_listen {}", tls.listen),
                    free(tls.listen),
                );
                let files = broker::check_door(tls).map_err(|error| chain(&error));
                line(
                    "broker.tls_certificate, tls_key, tls_client_ca".to_owned(),
                    files,
                );
            }
        }
        BrokerConfig::External { url, trust, .. } => {
            if url.tls() == Tls::On {
                let files = broker::client_config(trust).map(drop);
                line(
                    "broker.ca_file, client_certificate, client_key".to_owned(),
                    files.map_err(|error| chain(&error)),
                );
            }
            line(
                format!("broker.url {url}"),
                reachable(url.host(), url.port()).await,
            );
        }
    }
    if failed > 0 {
        bail!("{failed} checks failed");
    }
    Ok(())
}

fn writable(config: &Config) -> Result<(), String> {
    let probe = config.data_dir.join(".check");
    std::fs::write(&probe, b"x")
        .and_then(|()| std::fs::remove_file(&probe))
        .map_err(|error| format!("cannot be written ({error}); check its rights and the disk"))
}

async fn database(config: &Config) -> Result<(), String> {
    let store = super::open_store(config)
        .await
        .map_err(|error| format!("{error:#}"))?;
    let answer = store.ping().await.map_err(|error| chain(&error));
    store.close().await;
    answer
}

fn free(address: std::net::SocketAddr) -> Result<(), String> {
    std::net::TcpListener::bind(address)
        .map(drop)
        .map_err(|error| {
            format!("cannot be listened on ({error}); choose another, or stop what uses the port")
        })
}

async fn reachable(host: &str, port: u16) -> Result<(), String> {
    let connect = tokio::net::TcpStream::connect((host, port));
    match tokio::time::timeout(std::time::Duration::from_secs(5), connect).await {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(error)) => Err(format!("cannot be reached ({error})")),
        Err(_) => Err("does not answer within 5 s".to_owned()),
    }
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}
