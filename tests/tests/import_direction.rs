//! The architecture as a test: imports go one way, foreign libraries stay in their one home, files
//! stay readable. DESIGN: `docs/ARCHITECTURE.md`.

#![expect(clippy::unwrap_used, reason = "a test stops where it cannot go on")]

use std::path::{Path, PathBuf};

use system_tests::source_rules::{
    Crate, ForeignLibrary, Layers, Source, broken_layers, broken_rules, broken_shape,
};

const CONTRACT: Crate = Crate {
    name: "contract",
    order: &["v1"],
    foreign: &[
        ForeignLibrary {
            name: "gstreamer",
            homes: &[],
        },
        ForeignLibrary {
            name: "rumqttc",
            homes: &[],
        },
        ForeignLibrary {
            name: "sqlx",
            homes: &[],
        },
        ForeignLibrary {
            name: "sea_orm",
            homes: &[],
        },
        ForeignLibrary {
            name: "tokio",
            homes: &[],
        },
    ],
};

const BUNDLE: Crate = Crate {
    name: "bundle",
    order: &[
        "digest", "known", "archive", "chain", "seal", "record", "manifest", "layout", "texts",
        "page", "readme", "dossier", "verify",
    ],
    foreign: &[
        ForeignLibrary {
            name: "tokio",
            homes: &[],
        },
        ForeignLibrary {
            name: "crc32fast",
            homes: &["digest.rs", "archive/read.rs"],
        },
    ],
};

const CASEWORK: Crate = Crate {
    name: "casework",
    order: &[
        "category",
        "unit",
        "people",
        "area",
        "desk",
        "deadline",
        "lifecycle",
        "clock",
        "routing",
        "overdue",
        "policy",
        "duty",
    ],
    foreign: &[
        ForeignLibrary {
            name: "tokio",
            homes: &[],
        },
        ForeignLibrary {
            name: "sea_orm",
            homes: &[],
        },
        ForeignLibrary {
            name: "geojson",
            homes: &["area.rs"],
        },
    ],
};

const CITIZENS: Crate = Crate {
    name: "citizens",
    order: &[
        "fault", "service", "contact", "draft", "code", "stage", "sniff", "exif", "open311",
    ],
    foreign: &[
        ForeignLibrary {
            name: "tokio",
            homes: &[],
        },
        ForeignLibrary {
            name: "sea_orm",
            homes: &[],
        },
        ForeignLibrary {
            name: "form_urlencoded",
            homes: &["open311/form.rs"],
        },
    ],
};

const GROUND: Crate = Crate {
    name: "ground",
    order: &[
        "geodesy",
        "ellipse",
        "homography",
        "elevation",
        "tower",
        "fix",
        "speed",
    ],
    foreign: &[
        ForeignLibrary {
            name: "geographiclib_rs",
            homes: &["geodesy.rs"],
        },
        ForeignLibrary {
            name: "tiff",
            homes: &["elevation.rs", "elevation/geotiff.rs"],
        },
    ],
};

const MERGE: Crate = Crate {
    name: "merge",
    order: &[
        "level", "text", "place", "category", "witness", "time", "plate", "picture", "topic",
        "model", "profile", "score", "block", "decide", "learn", "evaluate", "casebook",
    ],
    foreign: &[
        ForeignLibrary {
            name: "tokio",
            homes: &[],
        },
        ForeignLibrary {
            name: "sea_orm",
            homes: &[],
        },
        ForeignLibrary {
            name: "h3o",
            homes: &["block.rs"],
        },
        ForeignLibrary {
            name: "unicode_normalization",
            homes: &["text.rs"],
        },
        ForeignLibrary {
            name: "city_generator",
            homes: &[],
        },
    ],
};

const NOTICE: Crate = Crate {
    name: "notice",
    order: &[
        "family", "facts", "target", "plan", "delivery", "xml", "cap", "atom",
    ],
    foreign: &[
        ForeignLibrary {
            name: "tokio",
            homes: &[],
        },
        ForeignLibrary {
            name: "sea_orm",
            homes: &[],
        },
        ForeignLibrary {
            name: "quick_xml",
            homes: &["xml.rs"],
        },
        ForeignLibrary {
            name: "roxmltree",
            homes: &["xml/reading.rs"],
        },
    ],
};

/// Labelled sets that the scorer's own constants had shaped would prove nothing.
const CITY_GENERATOR: Crate = Crate {
    name: "merge/generator",
    order: &[
        "dice",
        "town",
        "typing",
        "kind",
        "phrases",
        "city",
        "noise",
        "happening",
        "words",
        "report",
    ],
    foreign: &[ForeignLibrary {
        name: "merge",
        homes: &[],
    }],
};

const EDGE_AGENT: Crate = Crate {
    name: "edge-agent",
    order: &[
        "geometry",
        "telemetry",
        "time",
        "config",
        "clock",
        "pose",
        "camera",
        "motion",
        "detect",
        "verify",
        "track",
        "closeup",
        "scene",
        "signal",
        "rule",
        "analysis",
        "lockstep",
        "scorecard",
        "evidence",
        "report",
        "identity",
        "outbox",
        "pipeline",
        "cmd",
    ],
    foreign: &[
        ForeignLibrary {
            name: "gstreamer",
            homes: &["camera/", "evidence/annotated.rs"],
        },
        ForeignLibrary {
            name: "gio",
            homes: &["camera/trust.rs", "camera/rtsp_fixture.rs"],
        },
        ForeignLibrary {
            name: "gstreamer_app",
            homes: &["camera/", "evidence/annotated.rs"],
        },
        ForeignLibrary {
            name: "gstreamer_video",
            homes: &["camera/"],
        },
        ForeignLibrary {
            name: "opencv",
            homes: &["motion/"],
        },
        ForeignLibrary {
            name: "ort",
            homes: &["detect/session.rs"],
        },
        ForeignLibrary {
            name: "rumqttc",
            homes: &["outbox/publisher"],
        },
        ForeignLibrary {
            name: "sqlx",
            homes: &["outbox/store/"],
        },
        ForeignLibrary {
            name: "sea_orm",
            homes: &[],
        },
        ForeignLibrary {
            name: "mqtt5",
            homes: &[],
        },
        ForeignLibrary {
            name: "roxmltree",
            homes: &["pose/onvif/"],
        },
    ],
};

const INGEST_SERVER: Crate = Crate {
    name: "ingest-server",
    order: &[
        "config",
        "telemetry",
        "words",
        "chain",
        "incident",
        "changes",
        "custody",
        "people",
        "store",
        "office",
        "login",
        "agents",
        "broker",
        "evidence",
        "intake",
        "orders",
        "review",
        "reception",
        "export",
        "dispatch",
        "http",
        "cmd",
    ],
    foreign: &[
        ForeignLibrary {
            name: "sea_orm",
            homes: &["store/"],
        },
        ForeignLibrary {
            name: "sea_orm_migration",
            homes: &["store/"],
        },
        ForeignLibrary {
            name: "sqlx",
            homes: &["store/"],
        },
        ForeignLibrary {
            name: "mqtt5",
            homes: &["broker/"],
        },
        ForeignLibrary {
            name: "rumqttc",
            homes: &["intake/consumer.rs"],
        },
        ForeignLibrary {
            name: "object_store",
            homes: &["evidence/"],
        },
        ForeignLibrary {
            name: "lettre",
            homes: &["dispatch/email.rs"],
        },
        ForeignLibrary {
            name: "axum",
            homes: &["http/"],
        },
        ForeignLibrary {
            name: "gstreamer",
            homes: &["evidence/derive/film.rs"],
        },
        ForeignLibrary {
            name: "gstreamer_video",
            homes: &["evidence/derive/film.rs"],
        },
        ForeignLibrary {
            name: "image",
            homes: &["evidence/derive/still.rs"],
        },
        ForeignLibrary {
            name: "image_webp",
            homes: &["evidence/derive/still.rs"],
        },
        ForeignLibrary {
            name: "rustix",
            homes: &["evidence/derive/child.rs"],
        },
    ],
};

const CONSOLE: Layers = Layers {
    order: &["i18n", "api", "state", "ui", "features", "app"],
};

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("the repository")
        .to_owned()
}

/// Every file below `folder` whose name ends in one of `endings`, paths relative to `folder`.
fn sources(folder: &Path, endings: &[&str]) -> Vec<Source> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        let entries =
            std::fs::read_dir(&next).unwrap_or_else(|error| panic!("{}: {error}", next.display()));
        for entry in entries {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if endings
                .iter()
                .any(|ending| path.to_string_lossy().ends_with(ending))
            {
                let relative = path
                    .strip_prefix(folder)
                    .unwrap()
                    .to_string_lossy()
                    .into_owned();
                found.push(Source {
                    text: std::fs::read_to_string(&path).unwrap(),
                    path: relative,
                });
            }
        }
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    assert!(!found.is_empty(), "{} holds no sources", folder.display());
    found
}

fn assert_none(faults: &[String]) {
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

fn check_crate(rules: &Crate) {
    assert_none(&broken_rules(
        rules,
        &sources(&repository().join(rules.name).join("src"), &[".rs"]),
    ));
}

#[test]
fn contract_imports_go_one_way() {
    check_crate(&CONTRACT);
    check_crate(&BUNDLE);
    check_crate(&MERGE);
    check_crate(&NOTICE);
    check_crate(&CITY_GENERATOR);
}

#[test]
fn edge_agent_imports_go_one_way() {
    check_crate(&EDGE_AGENT);
}

#[test]
fn casework_imports_go_one_way() {
    check_crate(&CASEWORK);
}

#[test]
fn citizens_imports_go_one_way() {
    check_crate(&CITIZENS);
}

#[test]
fn ground_imports_go_one_way() {
    check_crate(&GROUND);
}

#[test]
fn ingest_server_imports_go_one_way() {
    check_crate(&INGEST_SERVER);
}

#[test]
fn console_imports_go_one_way() {
    let src = repository().join("ingest-server/console/src");
    assert_none(&broken_layers(&CONSOLE, &sources(&src, &[".ts", ".tsx"])));
}

#[test]
fn every_rust_file_is_readable_and_says_its_purpose() {
    let mut faults = Vec::new();
    for folder in [
        "contract/src",
        "contract/tests",
        "bundle/src",
        "casework/src",
        "citizens/src",
        "edge-agent/src",
        "ground/src",
        "ingest-server/src",
        "merge/src",
        "merge/tests",
        "merge/generator/src",
        "tests/src",
        "tests/tests",
    ] {
        for source in sources(&repository().join(folder), &[".rs"]) {
            faults.extend(
                broken_shape(&source)
                    .iter()
                    .map(|fault| format!("{folder}/{fault}")),
            );
        }
    }
    assert_none(&faults);
}
