//! The closed sets of words, so that a client's compiler knows them.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::people::Role;
use crate::people::access::Purpose;
use casework::lifecycle::RejectReason;

macro_rules! words {
    ($(#[$doc:meta])* $name:ident as $shown:ident { $($(#[$word_doc:meta])* $word:ident),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
        #[serde(rename_all = "snake_case")]
        #[schema(as = $shown)]
        pub enum $name {
            $($(#[$word_doc])* $word,)+
        }
    };
}

words!(
    /// What family of event an incident is.
    IncidentKind as IncidentKind {
        /// Smoke or flame.
        FireSmoke,
        /// Goods, stalls, vehicles or people occupy a pavement.
        Encroachment,
        /// A traffic rule was broken; the detail says which.
        TrafficViolation,
        /// Cattle on the carriageway.
        StrayCattle,
        /// The camera does not see.
        CameraHealth,
        /// Litter, noise, pollution: told by citizens.
        Environment,
        /// Roads, light, water, trees: told by citizens.
        Infrastructure,
        /// Disorder, building, food: told by citizens.
        UrbanOrder,
        /// Whatever else citizens tell.
        Other,
    }
);
words!(
    /// How much it matters if nobody looks.
    SeverityWord as Severity {
        /// Can wait for days.
        Low,
        /// Should be seen today.
        Medium,
        /// Should be seen now.
        High,
        /// Lives or forest are at risk.
        Critical,
    }
);
words!(
    /// What people decided.
    IncidentState as IncidentState {
        /// Nobody has looked yet.
        New,
        /// A citizen's report that may enter the workflow.
        Eligible,
        /// A citizen's report that may not; `state_detail` says why.
        NotEligible,
        /// Somebody looks at it.
        Acknowledged,
        /// It is real; without a unit it lies in the common tray.
        Confirmed,
        /// It is not; `rejected_reason` says why.
        Rejected,
        /// A unit has it before them.
        Routed,
        /// The unit took it.
        Accepted,
        /// The unit handed it back; `state_detail` says why.
        Returned,
        /// The unit works on it.
        InProgress,
        /// The unit says what it did; `state_detail` says `done`, or why not.
        Answered,
        /// The unit's leader stands by the answer.
        Approved,
        /// The unit's leader does not.
        SentBack,
        /// The answer is public.
        Published,
        /// Mended, and nobody objected.
        Resolved,
        /// Closed, and not mended; `state_detail` says why.
        ClosedUnresolved,
        /// It cannot be solved now; `state_detail` is the day to look again.
        Deferred,
        /// It was closed, and is open again.
        Reopened,
    }
);
words!(
    /// What the cameras say.
    CameraPhase as CameraPhase {
        /// It began.
        Raised,
        /// It goes on.
        Updated,
        /// It is over.
        Cleared,
    }
);
words!(
    /// Why an incident was rejected.
    RejectReasonWord as RejectReason {
        /// The camera saw something else, or nothing.
        FalseDetection,
        /// It is there, but breaks no rule.
        NotEligible,
        /// It is real, but not for this centre.
        OutsideRemit,
        /// The report was made in bad faith.
        Abuse,
        /// Another incident tells of it already.
        Duplicate,
    }
);
words!(
    /// What a piece of evidence shows.
    EvidenceKindWord as EvidenceKind {
        /// The deciding picture made small.
        Preview,
        /// The deciding picture.
        Still,
        /// The deciding picture with boxes, zone and time drawn in.
        StillOverlay,
        /// A picture from before the deciding one.
        StillBefore,
        /// That picture with boxes, zone and time drawn in.
        StillBeforeOverlay,
        /// A picture from after the deciding one.
        StillAfter,
        /// That picture with boxes, zone and time drawn in.
        StillAfterOverlay,
        /// One track, cut out of the picture that shows it best.
        Crop,
        /// The passage from pre-roll to post-roll.
        Clip,
        /// Every other part with its hash, and what was known when it was sealed.
        Manifest,
        /// The agent's signature over the exact bytes of the manifest.
        ManifestSignature,
    }
);
words!(
    /// Where a piece of evidence stands.
    EvidenceState as EvidenceState {
        /// It will exist.
        Pending,
        /// The agent has it and promised its hash; the bytes are on their way.
        Sealed,
        /// It is here, and its hash was verified.
        Stored,
        /// It was due and will never exist; the reason says why.
        Unavailable,
    }
);
words!(
    /// What a copy of a piece of evidence is for.
    CopyWord as CopyKind {
        /// Every browser plays it.
        Viewing,
        /// Nobody but the reported vehicle is recognised in it.
        Redacted,
    }
);
words!(
    /// Where a copy stands.
    CopyStateWord as CopyState {
        /// It waits.
        Queued,
        /// It is being made.
        Making,
        /// It is there.
        Made,
        /// A browser plays the original.
        NotNeeded,
        /// It will not be made; the reason says why.
        Failed,
    }
);
words!(
    /// What was done with a piece of evidence.
    ActWord as CustodyAct {
        /// Its last byte came from its agent.
        Received,
        /// Its bytes were held against the sealed hash.
        Verified,
        /// A person asked for a redacted copy.
        Asked,
        /// A copy was made.
        Derived,
        /// No copy could be made.
        NotDerived,
        /// A person looked at it, or at a copy.
        Viewed,
        /// It left with a bundle.
        Exported,
        /// The bundle it belongs to was released.
        Released,
        /// Its redacted copy was given out.
        Disclosed,
    }
);
words!(
    /// For whom a redacted copy is.
    RecipientWord as Recipient {
        /// A citizen.
        Citizen,
        /// A collection that models are trained with.
        Training,
    }
);
words!(
    /// Why a piece of evidence will never exist.
    UnavailableWord as UnavailableReason {
        /// The packet ring no longer held the passage.
        NotInRing,
        /// The camera went away before the passage was complete.
        CameraLost,
        /// The agent's disk was full.
        DiskFull,
        /// Cutting or encoding failed.
        EncodingFailed,
        /// The agent stopped before the piece was finished.
        AgentRestarted,
        /// It was older than the agent keeps evidence.
        Expired,
        /// It was lost or changed on the agent's disk.
        Damaged,
    }
);
words!(
    /// What a camera's supervisor is doing.
    CameraStateWord as CameraState {
        /// The first connection is under way.
        Connecting,
        /// Pictures arrive and are analysed.
        Running,
        /// Waiting to try again.
        Retrying,
        /// Stopped on purpose.
        Stopped,
    }
);
words!(
    /// Where a camera that turns stands.
    PoseStateWord as PoseState {
        /// In the pose that is named.
        Standing,
        /// On its way; its rules abstain.
        Turning,
        /// Nobody says where it looks; its rules abstain.
        Unknown,
    }
);
words!(
    /// Why a camera is not running.
    CameraReason as CameraReason {
        /// No connection could be made.
        Unreachable,
        /// User or password was refused.
        Unauthorized,
        /// The camera knows the user and does not let them see this stream.
        Forbidden,
        /// The camera's certificate is not trusted.
        Untrusted,
        /// The camera already serves as many as it can.
        Busy,
        /// The stream's path is unknown to the camera.
        NotFound,
        /// The stream's codec is not supported.
        UnsupportedCodec,
        /// Connected, but nothing came for too long.
        Stalled,
        /// Connected, but nothing comes over UDP.
        UdpBlocked,
        /// Pictures come, but none that decoding can begin with.
        NoKeyframe,
        /// The pictures are of no size, or larger than the agent handles.
        PictureSize,
        /// The camera ended the stream.
        EndOfStream,
        /// The stream cannot be decoded.
        Undecodable,
        /// The camera is watched; its main stream, from which evidence is cut, is away.
        MainStreamLost,
        /// Anything else; the agent's log has the cause.
        Failed,
    }
);
words!(
    /// Whether an agent is there.
    LivenessWord as Liveness {
        /// It is connected.
        Online,
        /// It said good-bye, or its last will spoke for it.
        Offline,
    }
);
words!(
    /// Whose clock the times come from.
    ClockSourceWord as ClockSource {
        /// The camera's own.
        Camera,
        /// The agent's, at arrival.
        Agent,
    }
);
words!(
    /// What an agent compares its own clock with.
    ClockReferenceWord as ClockReference {
        /// The machine's chronyd.
        Chrony,
        /// The machine's systemd-timesyncd.
        Timesyncd,
        /// The agent's own exchange with a time server.
        Sntp,
    }
);
words!(
    /// What to think of times.
    ClockTrustWord as ClockTrust {
        /// Nobody compared the clock with another.
        Unknown,
        /// Compared, and within the agent's bound.
        Trusted,
        /// The agent's clock is off.
        AgentOff,
        /// The camera's clock is off.
        CameraOff,
        /// The agent's clock was set lately.
        Stepped,
    }
);
words!(
    /// Where a command stands.
    CommandStateWord as CommandState {
        /// The broker does not have it yet.
        Queued,
        /// The broker has it; the agent has not answered.
        Sent,
        /// Carried out.
        Done,
        /// Not carried out; giving it again changes nothing.
        Refused,
        /// Not carried out; giving it again may help.
        Failed,
        /// Its time ran out without an answer.
        Expired,
    }
);
words!(
    /// Why somebody looks at what is masked.
    PurposeWord as Purpose {
        /// To decide whether an incident is real.
        Review,
        /// To write a file on a violation.
        Violation,
        /// To answer the person it concerns.
        Complaint,
        /// For whoever investigates, by the law.
        Investigation,
        /// To see whether the installation works.
        Maintenance,
    }
);
words!(
    /// What a person is here for.
    RoleWord as Role {
        /// Follows their own report.
        Citizen,
        /// Works the live queue.
        Operator,
        /// Answers for a shift.
        ShiftLead,
        /// Acts for a unit.
        AgencyHandler,
        /// Approves what their unit answers.
        AgencyLeader,
        /// Acts for a traffic police unit.
        TrafficPolice,
        /// Acts for a forest protection unit.
        ForestUnit,
        /// Sets the installation up.
        Administrator,
        /// Reads everything, changes nothing.
        Auditor,
    }
);

impl From<RejectReasonWord> for RejectReason {
    fn from(word: RejectReasonWord) -> Self {
        match word {
            RejectReasonWord::FalseDetection => Self::FalseDetection,
            RejectReasonWord::NotEligible => Self::NotEligible,
            RejectReasonWord::OutsideRemit => Self::OutsideRemit,
            RejectReasonWord::Abuse => Self::Abuse,
            RejectReasonWord::Duplicate => Self::Duplicate,
        }
    }
}

impl From<Role> for RoleWord {
    fn from(role: Role) -> Self {
        match role {
            Role::Citizen => Self::Citizen,
            Role::Operator => Self::Operator,
            Role::ShiftLead => Self::ShiftLead,
            Role::AgencyHandler => Self::AgencyHandler,
            Role::AgencyLeader => Self::AgencyLeader,
            Role::TrafficPolice => Self::TrafficPolice,
            Role::ForestUnit => Self::ForestUnit,
            Role::Administrator => Self::Administrator,
            Role::Auditor => Self::Auditor,
        }
    }
}

impl From<RoleWord> for Role {
    fn from(word: RoleWord) -> Self {
        match word {
            RoleWord::Citizen => Self::Citizen,
            RoleWord::Operator => Self::Operator,
            RoleWord::ShiftLead => Self::ShiftLead,
            RoleWord::AgencyHandler => Self::AgencyHandler,
            RoleWord::AgencyLeader => Self::AgencyLeader,
            RoleWord::TrafficPolice => Self::TrafficPolice,
            RoleWord::ForestUnit => Self::ForestUnit,
            RoleWord::Administrator => Self::Administrator,
            RoleWord::Auditor => Self::Auditor,
        }
    }
}

impl From<PurposeWord> for Purpose {
    fn from(word: PurposeWord) -> Self {
        match word {
            PurposeWord::Review => Self::Review,
            PurposeWord::Violation => Self::Violation,
            PurposeWord::Complaint => Self::Complaint,
            PurposeWord::Investigation => Self::Investigation,
            PurposeWord::Maintenance => Self::Maintenance,
        }
    }
}

#[cfg(test)]
mod tests {
    use contract::v1::Kind;

    use super::*;

    #[test]
    fn the_words_are_the_domain_s_words() {
        for kind in Kind::ALL {
            let word: IncidentKind = serde_json::from_value(kind.as_str().into()).unwrap();
            assert_eq!(serde_json::to_value(word).unwrap(), kind.as_str());
        }
        for reason in RejectReason::ALL.iter().copied() {
            let word: RejectReasonWord = serde_json::from_value(reason.as_str().into()).unwrap();
            assert_eq!(RejectReason::from(word), reason);
        }
        for role in Role::ALL {
            assert_eq!(
                serde_json::to_value(RoleWord::from(role)).unwrap(),
                role.as_str()
            );
            assert_eq!(Role::from(RoleWord::from(role)), role);
        }
        for purpose in Purpose::ALL {
            let word: PurposeWord = serde_json::from_value(purpose.as_str().into()).unwrap();
            assert_eq!(Purpose::from(word), purpose);
        }
    }
}
