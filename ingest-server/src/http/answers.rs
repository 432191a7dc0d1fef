//! Answers that several routes give alike, for the OpenAPI document.

use std::collections::BTreeMap;

use utoipa::IntoResponses;
use utoipa::openapi::{
    Content, Header, Object, Ref, RefOr, Response, ResponseBuilder, Schema, Type,
};

use super::error::PROBLEM_JSON;

type Responses = BTreeMap<String, RefOr<Response>>;

/// How a verb is answered: the incident as it stands then, or the problem.
pub(super) struct VerbAnswers;

impl IntoResponses for VerbAnswers {
    fn responses() -> Responses {
        let incident = Content::new(Some(Ref::from_schema_name("IncidentDetail")));
        let done = ResponseBuilder::new().content("application/json", incident);
        let refused = "`stale_version`, `transition_refused`, `merge_refused`";
        let mut answers = problems([
            ("400", ""),
            ("401", ""),
            ("403", "`not_allowed`, `csrf_token_invalid`"),
            ("404", ""),
            ("409", refused),
        ]);
        answers.insert("200".to_owned(), done.build().into());
        answers
    }
}

/// How what is done with a case is answered: the case as it stands then, or the problem.
pub(super) struct CaseAnswers;

impl IntoResponses for CaseAnswers {
    fn responses() -> Responses {
        let case = Content::new(Some(Ref::from_schema_name("Case")));
        let done = ResponseBuilder::new().content("application/json", case);
        let refused =
            "`stale_version`, `transition_refused` with its `reason`, `claimed_by_another`";
        let mut answers = problems([
            ("400", ""),
            ("401", ""),
            ("403", "`not_allowed`, `csrf_token_invalid`"),
            ("404", ""),
            ("409", refused),
            ("422", "`invalid_fields`"),
        ]);
        answers.insert("200".to_owned(), done.build().into());
        answers
    }
}

/// How bytes of evidence are answered.
pub(super) struct BytesAnswers;

impl IntoResponses for BytesAnswers {
    fn responses() -> Responses {
        let bytes = |description: &str| {
            ["image/jpeg", "video/mp4"].into_iter().fold(
                ResponseBuilder::new().description(description),
                |answer, mime| answer.content(mime, Content::new(None::<RefOr<Schema>>)),
            )
        };
        let text = Header::new(Object::with_type(Type::String));
        let range = bytes("The range").header("Content-Range", text);
        let mut answers = problems([
            ("400", ""),
            ("401", ""),
            (
                "404",
                "No such piece there, or its bytes or this copy are not here",
            ),
            ("416", "`range_not_satisfiable`"),
        ]);
        answers.insert("200".to_owned(), bytes("All bytes").build().into());
        answers.insert("206".to_owned(), range.build().into());
        answers
    }
}

fn problems<const N: usize>(told: [(&str, &str); N]) -> Responses {
    let of = |description: &str| {
        let problem = Content::new(Some(Ref::from_schema_name("Problem")));
        ResponseBuilder::new()
            .description(description)
            .content(PROBLEM_JSON, problem)
            .build()
    };
    told.into_iter()
        .map(|(status, description)| (status.to_owned(), of(description).into()))
        .collect()
}
