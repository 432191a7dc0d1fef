//! Arbitrary values of the contract's types, for the property tests.

use contract::v1::{
    Ack, AckOutcome, AgentClock, AgentId, AutoReport, Basis, Bearing, CameraCounters, CameraId,
    CameraState, CameraStatus, CameraStatusReason, Clock, ClockReference, ClockSource, ClockTrust,
    EventId, Evidence, EvidenceId, EvidenceKind, GateStatus, Heading, Interval, Kind, ModelRef,
    Moment, NormBox, Part, Phase, Place, PoseStatus, Position, RedLightMoments, RefusalReason,
    Severity, Topic, TrackBrief, TrackSpeed, UnavailableReason, UnitId, WakeReason, ZoneId,
};
use jiff::Timestamp;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use uuid::Uuid;

const SLUG: &str = "[a-z0-9][a-z0-9_-]{0,63}";

pub(crate) fn agent() -> impl Strategy<Value = AgentId> {
    SLUG.prop_map(|text| text.parse().unwrap())
}

pub(crate) fn camera() -> impl Strategy<Value = CameraId> {
    SLUG.prop_map(|text| text.parse().unwrap())
}

pub(crate) fn zone() -> impl Strategy<Value = ZoneId> {
    SLUG.prop_map(|text| text.parse().unwrap())
}

pub(crate) fn unit() -> impl Strategy<Value = UnitId> {
    SLUG.prop_map(|text| text.parse().unwrap())
}

fn uuid() -> impl Strategy<Value = Uuid> {
    any::<u128>().prop_map(Uuid::from_u128)
}

pub(crate) fn event_id() -> impl Strategy<Value = EventId> {
    uuid().prop_map(EventId::from_uuid)
}

pub(crate) fn evidence_id() -> impl Strategy<Value = EvidenceId> {
    uuid().prop_map(EvidenceId::from_uuid)
}

fn sha256() -> impl Strategy<Value = String> {
    "[0-9a-f]{64}".prop_map(|text| text)
}

/// Any nanosecond from 1970 to 2200.
fn timestamp() -> impl Strategy<Value = Timestamp> {
    (0_i64..7_258_118_400, 0_i32..1_000_000_000)
        .prop_map(|(second, nanosecond)| Timestamp::new(second, nanosecond).unwrap())
}

fn interval() -> impl Strategy<Value = Interval> {
    (timestamp(), option::of(0_i64..86_400)).prop_map(|(start, length)| Interval {
        start,
        end: length.map(|s| {
            start
                .checked_add(jiff::SignedDuration::from_secs(s))
                .unwrap()
        }),
    })
}

fn fraction() -> impl Strategy<Value = f32> {
    0.0_f32..=1.0
}

/// Angles and lengths at a resolution of 10⁻⁷: `serde_json` reads short decimals exactly, others
/// within one unit in the last place, which no place on the ground needs.
fn decimal(low: i32, high: i32) -> impl Strategy<Value = f64> {
    (i64::from(low) * 10_000_000..=i64::from(high) * 10_000_000).prop_map(|units| {
        #[expect(clippy::cast_precision_loss, reason = "at most 1.8e9, exact in an f64")]
        let units = units as f64;
        units / 1e7
    })
}

fn position() -> impl Strategy<Value = Position> {
    (decimal(-90, 90), decimal(-180, 180)).prop_map(|(lat, lon)| Position { lat, lon })
}

fn place() -> impl Strategy<Value = Place> {
    prop_oneof![
        (position(), decimal(1, 100_000)).prop_map(|(position, uncertainty_m)| Place::Point {
            position,
            uncertainty_m
        }),
        (position(), decimal(0, 359), decimal(1, 180)).prop_map(
            |(from, degrees, uncertainty_deg)| Place::Bearing(Bearing {
                from,
                degrees,
                uncertainty_deg
            })
        ),
    ]
}

fn heading() -> impl Strategy<Value = Heading> {
    let angles = (any::<bool>(), decimal(0, 359), decimal(1, 180));
    angles.prop_map(|(on_ground, degrees, uncertainty_deg)| match on_ground {
        true => Heading::Ground {
            degrees,
            uncertainty_deg,
        },
        false => Heading::Picture {
            degrees,
            uncertainty_deg,
        },
    })
}

fn norm_box() -> impl Strategy<Value = NormBox> {
    (fraction(), fraction(), fraction(), fraction()).prop_map(|(x, y, w, h)| NormBox {
        x,
        y,
        w: w * (1.0 - x),
        h: h * (1.0 - y),
    })
}

fn track() -> impl Strategy<Value = TrackBrief> {
    (
        any::<u64>(),
        "\\PC{1,16}",
        fraction(),
        prop::collection::vec(norm_box(), 0..=16),
    )
        .prop_map(|(id, class, score, boxes)| TrackBrief {
            id,
            class,
            score,
            boxes,
        })
}

fn agent_clock() -> impl Strategy<Value = AgentClock> {
    (
        select(vec![
            ClockReference::Chrony,
            ClockReference::Timesyncd,
            ClockReference::Sntp,
        ]),
        any::<i64>(),
        any::<u64>(),
    )
        .prop_map(|(reference, offset_ms, uncertainty_ms)| AgentClock {
            reference,
            offset_ms,
            uncertainty_ms,
        })
}

fn clock() -> impl Strategy<Value = Clock> {
    (
        select(vec![ClockSource::Camera, ClockSource::Agent]),
        option::of(any::<i64>()),
        option::of(agent_clock()),
        select(vec![
            ClockTrust::Unknown,
            ClockTrust::Trusted,
            ClockTrust::AgentOff,
            ClockTrust::CameraOff,
            ClockTrust::Stepped,
        ]),
    )
        .prop_map(|(source, offset_ms, agent, trust)| Clock {
            source,
            offset_ms,
            agent,
            trust,
        })
}

fn evidence_kind() -> impl Strategy<Value = EvidenceKind> {
    select(vec![
        EvidenceKind::Preview,
        EvidenceKind::Still,
        EvidenceKind::StillOverlay,
        EvidenceKind::StillBefore,
        EvidenceKind::StillBeforeOverlay,
        EvidenceKind::StillAfter,
        EvidenceKind::StillAfterOverlay,
        EvidenceKind::Crop,
        EvidenceKind::Clip,
        EvidenceKind::Manifest,
        EvidenceKind::ManifestSignature,
    ])
}

fn unavailable_reason() -> impl Strategy<Value = UnavailableReason> {
    select(vec![
        UnavailableReason::NotInRing,
        UnavailableReason::CameraLost,
        UnavailableReason::DiskFull,
        UnavailableReason::EncodingFailed,
        UnavailableReason::AgentRestarted,
        UnavailableReason::Expired,
        UnavailableReason::Damaged,
    ])
}

fn part() -> impl Strategy<Value = Part> {
    (1_u32..100, 1_u32..100).prop_map(|(number, more)| Part {
        number,
        of: number + more,
    })
}

pub(crate) fn evidence() -> impl Strategy<Value = Evidence> {
    prop_oneof![
        (evidence_id(), evidence_kind()).prop_map(|(id, kind)| Evidence::Pending { id, kind }),
        (
            evidence_id(),
            evidence_kind(),
            "[a-z]{1,8}/[a-z0-9.+-]{1,16}",
            1_u64..=1 << 29,
            sha256(),
            option::of(interval()),
            option::of(part()),
            option::of(any::<u64>()),
        )
            .prop_map(|(id, kind, mime, bytes, sha256, shown, part, track)| {
                Evidence::Sealed {
                    id,
                    kind,
                    mime,
                    bytes,
                    sha256,
                    shown,
                    part,
                    track,
                }
            }),
        (evidence_id(), evidence_kind(), unavailable_reason())
            .prop_map(|(id, kind, reason)| Evidence::Unavailable { id, kind, reason }),
    ]
}

fn model() -> impl Strategy<Value = ModelRef> {
    ("[a-z0-9-]{1,32}", sha256()).prop_map(|(name, sha256)| ModelRef { name, sha256 })
}

fn moment() -> impl Strategy<Value = Moment> {
    (timestamp(), option::of(evidence_id())).prop_map(|(at, still)| Moment { at, still })
}

fn basis() -> impl Strategy<Value = Basis> {
    let red_light =
        (moment(), moment(), moment()).prop_map(|(before, crossing, after)| RedLightMoments {
            before,
            crossing,
            after,
        });
    (
        timestamp(),
        sha256(),
        option::of(sha256()),
        option::of("[a-z0-9.-]{1,64}"),
        option::of("[A-Z0-9.-]{1,64}"),
        option::of(red_light),
    )
        .prop_map(
            |(
                decided_at,
                config_version,
                zone_version,
                calibration_version,
                proposed_offence,
                red_light,
            )| {
                Basis {
                    decided_at,
                    config_version,
                    zone_version,
                    calibration_version,
                    proposed_offence,
                    red_light,
                }
            },
        )
}

/// Any report that [`AutoReport::validate`] accepts.
pub(crate) fn report() -> impl Strategy<Value = AutoReport> {
    let what = (
        event_id(),
        1_u32..,
        select(vec![Phase::Raised, Phase::Updated, Phase::Cleared]),
        select(Kind::ALL.to_vec()),
        "[a-z_]{1,64}",
        fraction(),
        select(vec![
            Severity::Low,
            Severity::Medium,
            Severity::High,
            Severity::Critical,
        ]),
    );
    let whence = (
        interval(),
        clock(),
        option::of(place()),
        agent(),
        camera(),
        option::of("\\PC{0,40}"),
        option::of("[a-z0-9-]{1,16}"),
        option::of(zone()),
    );
    let proof = (
        prop::collection::vec(track(), 0..=8),
        option::of(any::<u32>()),
        option::of(model()),
        "[a-z_]{1,20}/[0-9]{1,3}",
        option::of(basis()),
        option::of(heading()),
        prop::collection::vec(evidence(), 0..=16),
    );
    (what, whence, proof).prop_map(|(what, whence, proof)| {
        let (event_id, revision, phase, kind, detail, confidence, severity) = what;
        let (occurred, clock, place, agent, camera, camera_name, pose, zone) = whence;
        let (tracks, count, model, rule_version, basis, heading, evidence) = proof;
        AutoReport {
            event_id,
            revision,
            phase,
            kind,
            detail,
            confidence,
            severity,
            occurred,
            clock,
            place,
            agent,
            camera,
            camera_name,
            pose,
            zone,
            speeds: speeds_of(&tracks),
            heading,
            tracks,
            count,
            model,
            rule_version,
            basis,
            evidence,
        }
    })
}

/// One of every second track: half of all reports have none.
fn speeds_of(tracks: &[TrackBrief]) -> Vec<TrackSpeed> {
    let fast = tracks.iter().step_by(2).filter(|track| track.id % 2 == 0);
    let speed = |track: &TrackBrief| TrackSpeed {
        track: track.id,
        kmh: track.score * 100.0,
        uncertainty_kmh: 0.5,
    };
    fast.map(speed).collect()
}

fn refusal_reason() -> impl Strategy<Value = RefusalReason> {
    select(vec![
        RefusalReason::TooLarge,
        RefusalReason::Unsigned,
        RefusalReason::UnknownKey,
        RefusalReason::RevokedKey,
        RefusalReason::BadSignature,
        RefusalReason::Malformed,
        RefusalReason::Invalid,
        RefusalReason::WrongAgent,
        RefusalReason::Conflict,
    ])
}

pub(crate) fn ack() -> impl Strategy<Value = Ack> {
    let outcome = prop_oneof![
        Just(AckOutcome::Stored),
        (refusal_reason(), "\\PC{0,80}")
            .prop_map(|(reason, message)| AckOutcome::Refused { reason, message }),
    ];
    (
        option::of(event_id()),
        option::of(any::<u32>()),
        sha256(),
        outcome,
    )
        .prop_map(|(event_id, revision, sha256, outcome)| Ack {
            event_id,
            revision,
            sha256,
            outcome,
        })
}

fn camera_reason() -> impl Strategy<Value = CameraStatusReason> {
    select(vec![
        CameraStatusReason::Unreachable,
        CameraStatusReason::Unauthorized,
        CameraStatusReason::Forbidden,
        CameraStatusReason::Untrusted,
        CameraStatusReason::Busy,
        CameraStatusReason::NotFound,
        CameraStatusReason::UnsupportedCodec,
        CameraStatusReason::Stalled,
        CameraStatusReason::UdpBlocked,
        CameraStatusReason::NoKeyframe,
        CameraStatusReason::PictureSize,
        CameraStatusReason::EndOfStream,
        CameraStatusReason::Undecodable,
        CameraStatusReason::MainStreamLost,
        CameraStatusReason::Failed,
    ])
}

fn gate_status() -> impl Strategy<Value = GateStatus> {
    let reasons = select(vec![
        WakeReason::Off,
        WakeReason::Learning,
        WakeReason::Change,
        WakeReason::WholePicture,
        WakeReason::KeyframesTooRare,
        WakeReason::Event,
        WakeReason::Track,
        WakeReason::Hit,
    ]);
    (option::of(reasons), any::<u64>(), any::<u64>()).prop_map(|(awake, awake_s, watched_s)| {
        GateStatus {
            awake,
            awake_s,
            watched_s,
        }
    })
}

pub(crate) fn camera_status() -> impl Strategy<Value = CameraStatus> {
    let counters = (
        any::<u64>(),
        any::<u64>(),
        any::<u64>(),
        any::<u64>(),
        any::<u64>(),
    );
    let state = select(vec![
        CameraState::Connecting,
        CameraState::Running,
        CameraState::Retrying,
        CameraState::Stopped,
    ]);
    (
        (
            agent(),
            camera(),
            option::of("\\PC{0,40}"),
            state,
            option::of(camera_reason()),
        ),
        (
            timestamp(),
            option::of(timestamp()),
            option::of("[a-z0-9-]{1,16}"),
            option::of(gate_status()),
            counters,
        ),
    )
        .prop_map(|((agent, camera, name, state, reason), rest)| {
            let (since, last_picture, pose, gate, counts) = rest;
            let (received, decoded, analysed, dropped, reconnects) = counts;
            CameraStatus {
                agent,
                camera,
                name,
                state,
                reason,
                since,
                last_picture,
                pose_state: pose.is_some().then_some(PoseStatus::Standing),
                pose,
                gate,
                counters: CameraCounters {
                    received,
                    decoded,
                    analysed,
                    dropped,
                    reconnects,
                },
            }
        })
}

pub(crate) fn topic() -> impl Strategy<Value = Topic> {
    prop_oneof![
        agent().prop_map(Topic::Reports),
        agent().prop_map(Topic::Acks),
        agent().prop_map(Topic::AgentStatus),
        (agent(), camera()).prop_map(|(agent, camera)| Topic::CameraStatus(agent, camera)),
        (agent(), camera()).prop_map(|(agent, camera)| Topic::CameraPose(agent, camera)),
        agent().prop_map(Topic::Desired),
        agent().prop_map(Topic::Commands),
        agent().prop_map(Topic::Answers),
        unit().prop_map(Topic::UnitIncidents),
        unit().prop_map(Topic::UnitAcks),
        unit().prop_map(Topic::Signal),
    ]
}
