//! The server's HTTP API as a browser uses it: log-in, cookie, CSRF token, live events.

use std::time::Duration;

use anyhow::{Context as _, ensure};
use bytes::Bytes;
use futures_util::StreamExt as _;
use futures_util::stream::BoxStream;
use reqwest::{Client, Method, StatusCode};
use serde_json::{Value, json};
use tokio::time::timeout;

/// A request that the server refused.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{status}: {problem}")]
pub struct ApiError {
    /// The HTTP status.
    pub status: StatusCode,
    /// The problem document, or null.
    pub problem: Value,
}

/// A person's session with the server.
#[derive(Debug, Clone)]
pub struct ApiClient {
    base: String,
    client: Client,
    csrf: String,
}

impl ApiClient {
    /// Logs in.
    ///
    /// # Errors
    /// Where the server cannot be reached or refuses.
    pub async fn log_in(base: &str, username: &str, password: &str) -> anyhow::Result<Self> {
        super::install_tls_provider();
        let client = Client::builder().cookie_store(true).build()?;
        let mut api = Self {
            base: base.to_owned(),
            client,
            csrf: String::new(),
        };
        let credentials = json!({ "username": username, "password": password });
        let session = api
            .send(Method::POST, "/api/v1/session", Some(credentials))
            .await?;
        api.csrf = session["csrf_token"]
            .as_str()
            .context("no CSRF token")?
            .to_owned();
        Ok(api)
    }

    /// Reads a resource.
    ///
    /// # Errors
    /// Where the server cannot be reached or refuses.
    pub async fn get(&self, path: &str) -> anyhow::Result<Value> {
        self.send(Method::GET, path, None).await
    }

    /// Posts to a resource; a refusal is an [`ApiError`].
    ///
    /// # Errors
    /// Where the server cannot be reached or refuses.
    pub async fn post(&self, path: &str, body: Value) -> anyhow::Result<Value> {
        self.send(Method::POST, path, Some(body)).await
    }

    /// Replaces a resource; a refusal is an [`ApiError`].
    ///
    /// # Errors
    /// Where the server cannot be reached or refuses.
    pub async fn put(&self, path: &str, body: Value) -> anyhow::Result<Value> {
        self.send(Method::PUT, path, Some(body)).await
    }

    /// The bytes at a path of the server.
    ///
    /// # Errors
    /// Where the server cannot be reached or refuses.
    pub async fn bytes(&self, path: &str) -> anyhow::Result<Bytes> {
        let answer = self
            .client
            .get(format!("{}{path}", self.base))
            .send()
            .await?;
        Ok(answer.error_for_status()?.bytes().await?)
    }

    /// Every incident, newest first.
    ///
    /// # Errors
    /// Where the server cannot be reached or refuses.
    pub async fn incidents(&self) -> anyhow::Result<Vec<Value>> {
        let mut found = Vec::new();
        let mut path = "/api/v1/incidents?limit=100".to_owned();
        loop {
            let page = self.get(&path).await?;
            found.extend(page["items"].as_array().cloned().unwrap_or_default());
            match page["next_cursor"].as_str() {
                Some(cursor) => path = format!("/api/v1/incidents?limit=100&cursor={cursor}"),
                None => return Ok(found),
            }
        }
    }

    /// One incident with its events, evidence and history.
    ///
    /// # Errors
    /// Where the server cannot be reached or refuses.
    pub async fn incident(&self, id: &str) -> anyhow::Result<Value> {
        self.get(&format!("/api/v1/incidents/{id}")).await
    }

    /// Every incident in detail.
    ///
    /// # Errors
    /// Where the server cannot be reached or refuses.
    pub async fn incidents_in_detail(&self) -> anyhow::Result<Vec<Value>> {
        let mut details = Vec::new();
        for incident in self.incidents().await? {
            details.push(
                self.incident(incident["id"].as_str().context("an id")?)
                    .await?,
            );
        }
        Ok(details)
    }

    /// The bytes of a piece of evidence.
    ///
    /// # Errors
    /// Where the server cannot be reached or refuses.
    pub async fn evidence(&self, incident: &str, piece: &str) -> anyhow::Result<Bytes> {
        let path = format!("/api/v1/incidents/{incident}/evidence/{piece}?purpose=review");
        self.bytes(&path).await
    }

    /// What the server knows of a camera, once it knows it.
    ///
    /// # Errors
    /// Where the server cannot be reached or refuses.
    pub async fn camera(&self, id: &str) -> anyhow::Result<Option<Value>> {
        let cameras = self.get("/api/v1/cameras").await?;
        let items = cameras["items"].as_array().cloned().unwrap_or_default();
        Ok(items.into_iter().find(|camera| camera["id"] == id))
    }

    /// The messages the server could not accept.
    ///
    /// # Errors
    /// Where the server cannot be reached or refuses.
    pub async fn quarantine(&self) -> anyhow::Result<Vec<Value>> {
        let list = self.get("/api/v1/quarantine").await?;
        Ok(list["items"].as_array().cloned().unwrap_or_default())
    }

    /// Listens to live events.
    ///
    /// # Errors
    /// Where the server cannot be reached or refuses.
    pub async fn live(&self) -> anyhow::Result<Live> {
        let answer = self
            .client
            .get(format!("{}/api/v1/events", self.base))
            .send()
            .await?;
        ensure!(
            answer.status().is_success(),
            "live events: {}",
            answer.status()
        );
        Ok(Live {
            chunks: answer.bytes_stream().boxed(),
            pending: String::new(),
        })
    }

    async fn send(&self, method: Method, path: &str, body: Option<Value>) -> anyhow::Result<Value> {
        let mut request = self.client.request(method, format!("{}{path}", self.base));
        if !self.csrf.is_empty() {
            request = request.header("X-CSRF-Token", &self.csrf);
        }
        if let Some(body) = body {
            request = request.json(&body);
        }
        let answer = request.send().await?;
        let status = answer.status();
        let text = answer.text().await?;
        let value = serde_json::from_str(&text).unwrap_or(Value::Null);
        if status.is_success() {
            Ok(value)
        } else {
            Err(ApiError {
                status,
                problem: value,
            }
            .into())
        }
    }
}

/// A stream of server-sent events.
pub struct Live {
    chunks: BoxStream<'static, reqwest::Result<Bytes>>,
    pending: String,
}

impl Live {
    /// The next event of a name, its data parsed; none when the patience or the stream ends.
    pub async fn next(&mut self, name: &str, patience: Duration) -> Option<Value> {
        timeout(patience, async {
            loop {
                if let Some(data) = self.take(name) {
                    return Some(data);
                }
                let chunk = self.chunks.next().await?.ok()?;
                self.pending.push_str(&String::from_utf8_lossy(&chunk));
            }
        })
        .await
        .ok()
        .flatten()
    }

    /// Takes whole events off the pending text up to the first of that name.
    fn take(&mut self, name: &str) -> Option<Value> {
        while let Some((event, rest)) = self.pending.split_once("\n\n") {
            let field = |key: &str| {
                event
                    .lines()
                    .find_map(|line| line.strip_prefix(key))
                    .map(str::trim_start)
            };
            let found = (field("event:") == Some(name))
                .then(|| serde_json::from_str(field("data:").unwrap_or_default()).ok())
                .flatten();
            self.pending = rest.to_owned();
            if found.is_some() {
                return found;
            }
        }
        None
    }
}
