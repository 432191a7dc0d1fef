//! One camera's web service: what must be known once before it can be asked where it stands.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use reqwest::Client;
use reqwest::header::CONTENT_TYPE;
use url::Url;

use super::OnvifError;
use super::digest::Token;
use super::soap::{Answer, Ask, Motors, Preset, Status};
use crate::config::{OnvifPoses, PoseId, Poses, PtzPosition, Stand};

/// How long one answer may take.
const PATIENCE: Duration = Duration::from_secs(5);
/// Longest answer: a hundred presets take some ten kilobytes.
const MOST_BYTES: usize = 512 * 1024;

/// A camera that was found to have motors.
pub(super) struct Session<'a> {
    device: Device<'a>,
    ptz: Url,
    profile: String,
    stands: Vec<(PoseId, PtzPosition)>,
}

/// Whom to ask, as whom, and by which clock.
struct Device<'a> {
    client: &'a Client,
    onvif: &'a OnvifPoses,
    /// The camera's clock minus ours: a token of another time is refused.
    ahead: SignedDuration,
}

impl<'a> Session<'a> {
    /// Finds the motors and the presets that poses name.
    pub(super) async fn open(
        client: &'a Client,
        onvif: &'a OnvifPoses,
        poses: &Poses,
    ) -> Result<Self, OnvifError> {
        let mut device = Device {
            client,
            onvif,
            ahead: SignedDuration::ZERO,
        };
        device.ahead = device.clock().await;
        let said = device.ask(&onvif.url, Ask::Services).await?;
        let services = Answer::read(&said)?;
        let media = device.beside(&services.service("Media")?);
        let ptz = device.beside(&services.service("PTZ")?);
        let said = device.ask(&media, Ask::Profiles).await?;
        let profile = chosen(&Answer::read(&said)?, onvif.profile.as_deref())?;
        let named = |stand: &Option<Stand>| matches!(stand, Some(Stand::Preset(_)));
        let presets = match poses.named.iter().any(|pose| named(&pose.stand)) {
            true => {
                let said = device.ask(&ptz, Ask::Presets(&profile)).await?;
                Answer::read(&said)?.presets()
            }
            false => Vec::new(),
        };
        Ok(Self {
            stands: stands(poses, &presets)?,
            device,
            ptz,
            profile,
        })
    }

    /// Where each pose is.
    pub(super) fn stands(&self) -> Vec<(PoseId, PtzPosition)> {
        self.stands.clone()
    }

    /// Where the motors stand now.
    pub(super) async fn status(&self) -> Result<Status, OnvifError> {
        let ask = Ask::Status(&self.profile);
        let said = self.device.ask(&self.ptz, ask).await?;
        Answer::read(&said)?.status()
    }
}

impl Device<'_> {
    /// How far the camera's clock is ahead; a camera that does not say it goes by ours.
    async fn clock(&self) -> SignedDuration {
        // Everybody may ask for the time, so that they can make a token.
        let said = self.post(&self.onvif.url, Ask::Time, None).await;
        let time = said.ok().and_then(|said| Answer::read(&said).ok()?.time());
        time.map_or(SignedDuration::ZERO, |time| {
            time.duration_since(Timestamp::now())
        })
    }

    async fn ask(&self, url: &Url, ask: Ask<'_>) -> Result<String, OnvifError> {
        let login = self.onvif.login.as_ref().map(|(user, password)| {
            let nonce: [u8; 16] = rand::random();
            let now = Timestamp::now().checked_add(self.ahead);
            let created = now.unwrap_or_default().strftime("%Y-%m-%dT%H:%M:%S.%3fZ");
            let token = Token::new(&nonce, created.to_string(), password.expose());
            (user.as_str(), token)
        });
        let login = login.as_ref().map(|(user, token)| (*user, token));
        self.post(url, ask, login).await
    }

    async fn post(
        &self,
        url: &Url,
        ask: Ask<'_>,
        login: Option<(&str, &Token)>,
    ) -> Result<String, OnvifError> {
        let kind = format!(
            "application/soap+xml; charset=utf-8; action=\"{}\"",
            ask.action()
        );
        let request = self
            .client
            .post(url.clone())
            .header(CONTENT_TYPE, kind)
            .body(ask.envelope(login));
        let exchange = async {
            let mut answer = request.send().await.map_err(OnvifError::Http)?;
            if answer.status() == reqwest::StatusCode::UNAUTHORIZED {
                return Err(OnvifError::Unauthorized);
            }
            let mut bytes = Vec::new();
            while let Some(chunk) = answer.chunk().await.map_err(OnvifError::Http)? {
                bytes.extend_from_slice(&chunk);
                if bytes.len() > MOST_BYTES {
                    return Err(OnvifError::TooLong);
                }
            }
            Ok(String::from_utf8_lossy(&bytes).into_owned())
        };
        let patient = tokio::time::timeout(PATIENCE, exchange).await;
        patient.unwrap_or(Err(OnvifError::Slow))
    }

    /// A service's address at the host that the configuration names: a camera behind a translated address
    /// names one that nobody else can reach.
    fn beside(&self, address: &str) -> Url {
        let mut url = self.onvif.url.clone();
        if let Ok(service) = Url::parse(address) {
            url.set_path(service.path());
            url.set_query(service.query());
        }
        url
    }
}

fn chosen(answer: &Answer<'_>, wanted: Option<&str>) -> Result<String, OnvifError> {
    let profiles = answer.profiles();
    let moves = |motors: Motors| motors == Motors::Yes;
    let found = match wanted {
        Some(token) => profiles.iter().find(|profile| profile.token == token),
        None => profiles.iter().find(|profile| moves(profile.motors)),
    };
    match (found, wanted) {
        (Some(profile), _) => Ok(profile.token.clone()),
        (None, Some(token)) => Err(OnvifError::NoProfile(token.to_owned())),
        (None, None) => Err(OnvifError::NoMotors),
    }
}

fn stands(poses: &Poses, presets: &[Preset]) -> Result<Vec<(PoseId, PtzPosition)>, OnvifError> {
    let mut stands = Vec::new();
    for (pose, named) in poses.all().into_iter().zip(&poses.named) {
        let position = match &named.stand {
            Some(Stand::At(position)) => *position,
            Some(Stand::Preset(name)) => of_preset(name, presets)?,
            None => continue,
        };
        stands.push((pose, position));
    }
    Ok(stands)
}

fn of_preset(name: &str, presets: &[Preset]) -> Result<PtzPosition, OnvifError> {
    let found = presets
        .iter()
        .find(|preset| preset.token == name)
        .or_else(|| presets.iter().find(|preset| preset.name == name));
    let Some(preset) = found else {
        let known = presets.iter().map(|preset| match preset.name.is_empty() {
            true => preset.token.clone(),
            false => format!("{} ({})", preset.token, preset.name),
        });
        return Err(OnvifError::NoPreset {
            name: name.to_owned(),
            known: known.collect::<Vec<_>>().join(", "),
        });
    };
    preset
        .position
        .ok_or_else(|| OnvifError::NoPosition(name.to_owned()))
}
