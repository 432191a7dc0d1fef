//! What a path below the endpoint asks for.

use super::Format;

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Resource {
    /// `discovery`.
    Discovery,
    /// `services`.
    Services,
    /// `services/{service_code}`.
    Definition(String),
    /// `requests`.
    Requests,
    /// `requests/{service_request_id}`.
    Request(String),
    /// `tokens/{token}`.
    Token(String),
    /// `servicerequestupdates`.
    Updates,
}

/// Reads a path; none where it names nothing. The format comes even where the rest does not read, so
/// that the error is written in it.
#[must_use]
pub fn parse(path: &str) -> (Option<Resource>, Option<Format>) {
    let path = path.trim_matches('/');
    let Some((name, ending)) = path.rsplit_once('.') else {
        return (None, None);
    };
    let format = Format::of_ending(ending);
    let resource = match name.split_once('/') {
        None => match name {
            "discovery" => Some(Resource::Discovery),
            "services" => Some(Resource::Services),
            "requests" => Some(Resource::Requests),
            "servicerequestupdates" => Some(Resource::Updates),
            _ => None,
        },
        Some((_, id)) if id.is_empty() || id.contains('/') || id.len() > 200 => None,
        Some(("services", code)) => Some(Resource::Definition(code.to_owned())),
        Some(("requests", id)) => Some(Resource::Request(id.to_owned())),
        Some(("tokens", token)) => Some(Resource::Token(token.to_owned())),
        Some(_) => None,
    };
    (resource.filter(|_| format.is_some()), format)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_of_the_standard_read_and_no_others() {
        use Format::{Json, Xml};
        let text = str::to_owned;
        for (path, resource, format) in [
            ("services.xml", Some(Resource::Services), Some(Xml)),
            (
                "services/033.json",
                Some(Resource::Definition(text("033"))),
                Some(Json),
            ),
            ("requests.json", Some(Resource::Requests), Some(Json)),
            (
                "requests/123456.xml",
                Some(Resource::Request(text("123456"))),
                Some(Xml),
            ),
            (
                "tokens/a.b.xml",
                Some(Resource::Token(text("a.b"))),
                Some(Xml),
            ),
            ("discovery.json", Some(Resource::Discovery), Some(Json)),
            (
                "servicerequestupdates.xml",
                Some(Resource::Updates),
                Some(Xml),
            ),
            ("nothing.json", None, Some(Json)),
            ("requests/a/b.json", None, Some(Json)),
            ("requests/.json", None, Some(Json)),
            ("requests", None, None),
            ("requests.html", None, None),
            ("", None, None),
        ] {
            assert_eq!(parse(path), (resource, format), "{path}");
        }
    }
}
