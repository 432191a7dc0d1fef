//! `serve`: the parts, wired together and taken down in order.
//!
//! Up: database, key, broker, evidence, intake, web. Down: the web side stops taking requests,
//! intake finishes the batch under way and acks it, then the broker lets everybody go.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;
use contract::v1::{PublicKey, SecretKey};
use jiff::Timestamp;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use url::Url;
use uuid::Uuid;

use super::endpoints::{Endpoints, reachable};
use super::stop;
use crate::agents::{self, Enrolment};
use crate::broker::{self, EmbeddedBroker, SERVER_USER};
use crate::changes::ChangeBus;
use crate::config::{BrokerConfig, Config, MqttUrl, Password, Tls};
use crate::dispatch::{Directory, Dispatch, Dispatcher};
use crate::evidence::EvidenceStore;
use crate::http::{self, AppState, BrokerLink, Services};
use crate::intake::{BrokerAccess, Health, Intake, RetainedLiveness};
use crate::office::Offices;
use crate::orders::{Courier, Orders};
use crate::people::vault::Vault;
use crate::reception::errands::Errands;
use crate::reception::{Parts, Reception, keeping};
use crate::review::Timekeeper;
use crate::store::{self, Store};
use crate::telemetry;

pub(super) async fn run(config: Config) -> anyhow::Result<()> {
    let stop = CancellationToken::new();
    stop::on_signal(&stop)?;
    let metrics = telemetry::start_metrics().context("metrics could not start")?;
    let store = super::open_store(&config).await?;
    hint_first_account(&store).await?;
    let key = Arc::new(agents::load_or_create(&config.data_dir.join("server.key"))?);
    // Bound early: a taken port is told before anything else has started.
    let listener = TcpListener::bind(config.http.listen)
        .await
        .with_context(|| {
            format!(
                "the web side cannot listen on {}; change http.listen, or stop what uses the port",
                config.http.listen
            )
        })?;
    let http_address = listener.local_addr()?;
    let broker = Broker::start(&config, &store).await?;
    let changes = ChangeBus::default();
    let (place, folder) = (&config.evidence, &config.data_dir);
    let evidence = EvidenceStore::open_at(place, folder, store.clone(), changes.clone())?;
    let merging = Arc::new(config.merging.clone());
    let intake = broker.intake(&store, &merging, &changes, &key).start(&stop);
    let orders = Orders::new(store.clone(), changes.clone());
    let courier = Courier {
        orders: orders.clone(),
        key: Arc::clone(&key),
        outlet: intake.outlet(),
        health: intake.health(),
    };
    let courier = tokio::spawn(courier.run(stop.clone()));
    let offices = Offices::default();
    let public_url = public_url(&config, http_address)?;
    let dispatch = Dispatch::new(
        (
            store.clone(),
            changes.clone(),
            evidence.clone(),
            offices.clone(),
        ),
        Arc::clone(&key),
        public_url.clone(),
        Directory::new(config.dispatch.clone()).context("dispatch.targets_file")?,
    );
    let dispatcher = Dispatcher::new(dispatch.clone(), intake.outlet(), intake.health());
    let dispatcher = tokio::spawn(dispatcher.run(stop.clone()));
    let program = std::env::current_exe().context("this program's own file cannot be found")?;
    let workshop = evidence.workshop(program.clone(), &config.copies);
    let workshop = tokio::spawn(workshop.run(stop.clone()));
    let timekeeper = Timekeeper {
        store: store.clone(),
        offices: offices.clone(),
        changes: changes.clone(),
    };
    let timekeeper = tokio::spawn(timekeeper.run(stop.clone()));
    let reception = Reception::new(Parts {
        store: store.clone(),
        model: Arc::clone(&merging),
        changes: changes.clone(),
        offices: offices.clone(),
        cleaner: evidence.cleaner(program.clone(), &config.copies),
        vault: Vault::load_or_create(&config.citizens.contact_keys_file)?,
        config: config.citizens.clone(),
    });
    let errands = Errands {
        reception: reception.clone(),
        orders: orders.clone(),
    };
    let errands = tokio::spawn(errands.run(stop.clone()));
    let keeping = tokio::spawn(keeping::run(reception.clone(), stop.clone()));
    let endpoints = Endpoints::write(
        &config.data_dir,
        &format!("http://{}", reachable(http_address)),
        &broker.access.url.to_string(),
    )?;
    let services = Services {
        store: store.clone(),
        merging,
        changes,
        evidence,
        reception,
        trusted_proxies: config.http.trusted_proxies.clone(),
        offices,
        orders,
        enrolment: Enrolment::new(store.clone(), key.public(), broker.advertised.clone()),
        key: Arc::clone(&key),
        broker: link_of(intake.health()),
        data_dir: config.data_dir.clone(),
        public_url,
        dispatch,
        metrics,
        stopping: stop.clone(),
    };
    tell_started(&config, http_address, &broker, &key.public());
    let stopped = stop.clone().cancelled_owned();
    let served = http::serve(AppState::new(services), listener, stopped).await;
    // Also after an error of the web side: the rest is taken down in order.
    stop.cancel();
    if let Err(error) = courier.await {
        tracing::error!(error = %error, "the courier of orders ended badly");
    }
    if let Err(error) = dispatcher.await {
        tracing::error!(error = %error, "the dispatcher to units ended badly");
    }
    if let Err(error) = workshop.await {
        tracing::error!(error = %error, "the maker of copies ended badly");
    }
    if let Err(error) = timekeeper.await {
        tracing::error!(error = %error, "the timekeeper ended badly");
    }
    if let Err(error) = errands.await {
        tracing::error!(error = %error, "the errands for citizens' reports ended badly");
    }
    if let Err(error) = keeping.await {
        tracing::error!(error = %error, "the keeping of citizens' reports ended badly");
    }
    let taken_in = intake.finished().await;
    broker.stop().await;
    store.close().await;
    drop(endpoints);
    tracing::info!("stopped");
    served.context("the web side failed")?;
    taken_in.context("reports were not taken in any more; start the server again")
}

/// The broker that intake speaks to, wherever it runs.
struct Broker {
    embedded: Option<EmbeddedBroker>,
    access: BrokerAccess,
    advertised: MqttUrl,
}

impl Broker {
    async fn start(config: &Config, store: &Store) -> anyhow::Result<Self> {
        let client_id = client_id(&config.data_dir)?;
        match &config.broker {
            BrokerConfig::External {
                url,
                username,
                password,
                trust,
                advertise,
            } => Ok(Self {
                embedded: None,
                access: BrokerAccess {
                    url: url.clone(),
                    client_id,
                    username: username.clone(),
                    password: password.clone(),
                    tls: match url.tls() {
                        Tls::On => Some(broker::client_config(trust).context("broker.url")?),
                        Tls::Off => None,
                    },
                },
                advertised: advertise.clone(),
            }),
            BrokerConfig::Embedded {
                listen,
                tls,
                advertise,
            } => {
                // Whoever was connected before is not now; who comes back says so.
                let tx = store.begin().await?;
                store::mark_all_offline(&tx, Timestamp::now()).await?;
                tx.commit().await?;
                let broker = EmbeddedBroker::start(*listen, tls.as_ref(), store.clone()).await?;
                let url = mqtt_url(reachable(broker.address()), Tls::Off);
                let door = broker
                    .tls_address()
                    .map_or_else(|| url.clone(), |door| mqtt_url(reachable(door), Tls::On));
                Ok(Self {
                    access: BrokerAccess {
                        url: url.clone(),
                        client_id,
                        username: SERVER_USER.to_owned(),
                        password: Password::from(broker.server_password().to_owned()),
                        tls: None,
                    },
                    embedded: Some(broker),
                    advertised: advertise.clone().unwrap_or(door),
                })
            }
        }
    }

    fn intake(
        &self,
        store: &Store,
        merging: &Arc<merge::Model>,
        changes: &ChangeBus,
        key: &Arc<SecretKey>,
    ) -> Intake {
        Intake {
            store: store.clone(),
            merging: Arc::clone(merging),
            changes: changes.clone(),
            key: Arc::clone(key),
            broker: self.access.clone(),
            retained: match self.embedded {
                Some(_) => RetainedLiveness::Stale,
                None => RetainedLiveness::Current,
            },
        }
    }

    async fn stop(self) {
        if let Some(broker) = self.embedded {
            broker.stop().await;
        }
    }
}

fn mqtt_url(address: SocketAddr, tls: Tls) -> MqttUrl {
    let host = match address {
        SocketAddr::V4(address) => address.ip().to_string(),
        SocketAddr::V6(address) => format!("[{}]", address.ip()),
    };
    MqttUrl::new(tls, &host, address.port())
}

/// The consumer's name at the broker: kept, so that its session is found again; random, so that
/// several servers at one broker do not push each other out.
fn client_id(data_dir: &Path) -> anyhow::Result<String> {
    let file = data_dir.join("client-id");
    if let Ok(text) = std::fs::read_to_string(&file)
        && let Ok(id) = text.trim().parse::<Uuid>()
    {
        return Ok(format!("vong-ingest-{id}"));
    }
    let id = Uuid::new_v4();
    std::fs::write(&file, format!("{id}\n"))
        .with_context(|| format!("{} cannot be written", file.display()))?;
    Ok(format!("vong-ingest-{id}"))
}

fn link_of(mut health: watch::Receiver<Health>) -> watch::Receiver<BrokerLink> {
    let (sender, link) = watch::channel(BrokerLink::Down);
    tokio::spawn(async move {
        loop {
            let ready = health.borrow_and_update().is_ready();
            sender.send_replace(if ready {
                BrokerLink::Up
            } else {
                BrokerLink::Down
            });
            if health.changed().await.is_err() {
                return;
            }
        }
    });
    link
}

fn public_url(config: &Config, bound: SocketAddr) -> anyhow::Result<Url> {
    match &config.http.public_url {
        Some(url) => Ok(url.clone()),
        None => Url::parse(&format!("http://{}", reachable(bound)))
            .context("the bound address is no URL"),
    }
}

async fn hint_first_account(store: &Store) -> anyhow::Result<()> {
    if store::accounts(store).await?.is_empty() {
        tracing::warn!(
            "nobody can log in yet; make the first account with: \
             ingest-server user add NAME --role administrator --password-file FILE"
        );
    }
    Ok(())
}

fn tell_started(config: &Config, http: SocketAddr, broker: &Broker, key: &PublicKey) {
    tracing::info!(
        http.address = %http,
        mqtt.url = %broker.access.url,
        mqtt.embedded = broker.embedded.is_some(),
        data.dir = %config.data_dir.display(),
        server.key = %contract::v1::key_id(key),
        "serving"
    );
}
