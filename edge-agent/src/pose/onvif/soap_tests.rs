//! Messages of ONVIF: digests checked against computations of others, answers as cameras give them.

use super::*;

fn wrapped(body: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><env:Envelope xmlns:env=\"{ENVELOPE}\" \
         xmlns:tt=\"http://www.onvif.org/ver10/schema\" xmlns:tptz=\"{PTZ}\" xmlns:trt=\"{MEDIA}\" \
         xmlns:tds=\"{DEVICE}\" xmlns:ter=\"http://www.onvif.org/ver10/error\"><env:Body>{body}</env:Body></env:Envelope>"
    )
}

fn status(position: &str, moves: &str) -> Status {
    let text = wrapped(&format!(
        "<tptz:GetStatusResponse><tptz:PTZStatus><tt:Position>{position}</tt:Position>{moves}\
         <tt:UtcTime>2026-11-02T03:10:00Z</tt:UtcTime></tptz:PTZStatus></tptz:GetStatusResponse>"
    ));
    Answer::read(&text).unwrap().status().unwrap()
}

const AT: &str = "<tt:PanTilt x=\"0.25\" y=\"-0.5\" space=\"http://www.onvif.org/ver10/tptz/PanTiltSpaces/PositionGenericSpace\"/><tt:Zoom x=\"0\"/>";

#[test]
fn a_status_says_where_and_whether_it_moves() {
    for (moves, expected) in [
        (
            "<tt:MoveStatus><tt:PanTilt>IDLE</tt:PanTilt><tt:Zoom>IDLE</tt:Zoom></tt:MoveStatus>",
            Moving::No,
        ),
        (
            "<tt:MoveStatus><tt:PanTilt>MOVING</tt:PanTilt><tt:Zoom>IDLE</tt:Zoom></tt:MoveStatus>",
            Moving::Yes,
        ),
        (
            "<tt:MoveStatus><tt:PanTilt>IDLE</tt:PanTilt><tt:Zoom>MOVING</tt:Zoom></tt:MoveStatus>",
            Moving::Yes,
        ),
        (
            "<tt:MoveStatus><tt:PanTilt>UNKNOWN</tt:PanTilt><tt:Zoom>IDLE</tt:Zoom></tt:MoveStatus>",
            Moving::Unsaid,
        ),
        ("", Moving::Unsaid),
    ] {
        let read = status(AT, moves);
        assert_eq!(read.moving, expected, "{moves}");
        assert_eq!(
            read.position,
            Some(PtzPosition {
                pan: 0.25,
                tilt: -0.5,
                zoom: Some(0.0)
            })
        );
    }
    assert_eq!(status("", "").position, None);
    assert_eq!(status("<tt:PanTilt x=\"NaN\" y=\"0\"/>", "").position, None);
}

#[test]
fn profiles_presets_services_and_the_clock_are_read() {
    let text = wrapped(
        "<trt:GetProfilesResponse><trt:Profiles token=\"main\" fixed=\"true\"><tt:Name>m</tt:Name></trt:Profiles>\
         <trt:Profiles token=\"ptz\"><tt:PTZConfiguration token=\"p\"/></trt:Profiles></trt:GetProfilesResponse>",
    );
    let profiles = Answer::read(&text).unwrap().profiles();
    let read: Vec<_> = profiles
        .iter()
        .map(|p| (p.token.as_str(), p.motors))
        .collect();
    assert_eq!(read, [("main", Motors::No), ("ptz", Motors::Yes)]);
    let text = wrapped(&format!(
        "<tptz:GetPresetsResponse><tptz:Preset token=\"1\"><tt:Name>bắc</tt:Name><tt:PTZPosition>{AT}\
         </tt:PTZPosition></tptz:Preset><tptz:Preset token=\"2\"/></tptz:GetPresetsResponse>"
    ));
    let presets = Answer::read(&text).unwrap().presets();
    assert_eq!((presets[0].name.as_str(), presets.len()), ("bắc", 2));
    assert!(presets[0].position.is_some() && presets[1].position.is_none());
    let text = wrapped(
        "<tds:GetCapabilitiesResponse><tds:Capabilities><tt:Media><tt:XAddr>http://10.0.0.9/onvif/media</tt:XAddr>\
         </tt:Media><tt:PTZ><tt:XAddr>http://10.0.0.9/onvif/ptz</tt:XAddr></tt:PTZ></tds:Capabilities></tds:GetCapabilitiesResponse>",
    );
    let services = Answer::read(&text).unwrap();
    assert_eq!(
        services.service("PTZ").unwrap(),
        "http://10.0.0.9/onvif/ptz"
    );
    assert!(matches!(
        services.service("Events"),
        Err(OnvifError::Lacks("Events"))
    ));
    let text = wrapped(
        "<tds:GetSystemDateAndTimeResponse><tds:SystemDateAndTime><tt:UTCDateTime><tt:Time><tt:Hour>3</tt:Hour>\
         <tt:Minute>10</tt:Minute><tt:Second>7</tt:Second></tt:Time><tt:Date><tt:Year>2026</tt:Year><tt:Month>11</tt:Month>\
         <tt:Day>2</tt:Day></tt:Date></tt:UTCDateTime></tds:SystemDateAndTime></tds:GetSystemDateAndTimeResponse>",
    );
    let time = Answer::read(&text).unwrap().time().unwrap();
    assert_eq!(time.to_string(), "2026-11-02T03:10:07Z");
}

#[test]
fn faults_and_rubbish_are_told() {
    let fault = |code: &str| {
        wrapped(&format!(
            "<env:Fault><env:Code><env:Value>env:Sender</env:Value><env:Subcode><env:Value>{code}</env:Value>\
             </env:Subcode></env:Code><env:Reason><env:Text xml:lang=\"en\">No such token</env:Text></env:Reason></env:Fault>"
        ))
    };
    assert!(matches!(
        Answer::read(&fault("ter:NotAuthorized")),
        Err(OnvifError::Unauthorized)
    ));
    let refused = Answer::read(&fault("ter:NoProfile"))
        .err()
        .unwrap()
        .to_string();
    assert_eq!(refused, "the camera refuses: No such token");
    for rubbish in [
        "",
        "<html>",
        "404",
        "<!DOCTYPE a [<!ENTITY b \"c\">]><a>&b;</a>",
    ] {
        assert!(
            matches!(Answer::read(rubbish), Err(OnvifError::NoXml(_))),
            "{rubbish}"
        );
    }
    let empty = wrapped("");
    assert!(matches!(
        Answer::read(&empty).unwrap().status(),
        Err(OnvifError::Lacks("PTZStatus"))
    ));
}

#[test]
fn what_is_asked_is_well_formed_whatever_the_user_is_called() {
    let token = Token::new(b"nonce", "2026-11-02T03:10:00Z".to_owned(), "p");
    for ask in [
        Ask::Time,
        Ask::Services,
        Ask::Profiles,
        Ask::Presets("a<b&\"c"),
        Ask::Status("a<b&\"c"),
    ] {
        let text = ask.envelope(Some(("viewer & <co>", &token)));
        let document = Document::parse(&text).unwrap();
        let user = find(document.root(), "Username").unwrap();
        assert_eq!(user.text(), Some("viewer & <co>"));
        let (namespace, name) = ask.words();
        let body = find(document.root(), name).unwrap();
        assert_eq!(body.tag_name().namespace(), Some(namespace));
        assert!(!ask.envelope(None).contains("Security"));
    }
}
