//! The catalogue as HTTP asks for it: in the language that the caller prefers.

use axum::http::{HeaderMap, header};

pub use crate::words::{Language, detail, dispatch, error_title, field_problem, page, said};

impl Language {
    /// The language that `Accept-Language` prefers among those there are; Vietnamese where it
    /// names neither.
    #[must_use]
    pub fn of(headers: &HeaderMap) -> Self {
        let accepted = headers
            .get(header::ACCEPT_LANGUAGE)
            .and_then(|value| value.to_str().ok());
        let mut best = (0.0, Self::default());
        for range in accepted.unwrap_or_default().split(',') {
            let (tag, quality) = range.split_once(";q=").unwrap_or((range, "1"));
            let quality: f32 = quality.trim().parse().unwrap_or(0.0);
            let primary = tag.trim().split('-').next().unwrap_or_default();
            let language = match primary {
                _ if primary.eq_ignore_ascii_case("vi") => Self::Vietnamese,
                _ if primary.eq_ignore_ascii_case("en") => Self::English,
                _ => continue,
            };
            if quality > best.0 {
                best = (quality, language);
            }
        }
        best.1
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;
    use contract::v1::FieldProblem;

    use super::*;
    use crate::http::error::{CODES, DETAILS};

    #[test]
    fn both_languages_have_every_text_and_no_other() {
        for language in [Language::Vietnamese, Language::English] {
            let [errors, details, fields, _] = crate::words::api_keys(language);
            let sorted = |words: &[&'static str]| {
                let mut words = words.to_vec();
                words.sort_unstable();
                words
            };
            assert_eq!(errors, sorted(&CODES));
            assert_eq!(details, sorted(&DETAILS));
            let mut problems = FieldProblem::ALL.map(FieldProblem::as_str).to_vec();
            problems.push("unreadable");
            problems.extend(citizens::Problem::ALL.map(citizens::Problem::as_str));
            problems.sort_unstable();
            problems.dedup();
            assert_eq!(fields, problems);
            for code in errors {
                assert!(
                    CODES
                        .iter()
                        .any(|known| *known == code && !error_title(language, known).is_empty())
                );
            }
        }
        let [_, _, _, pages] = crate::words::api_keys(Language::Vietnamese);
        assert_eq!(pages, crate::words::api_keys(Language::English)[3]);
    }

    #[test]
    fn vietnamese_comes_first_unless_english_is_preferred() {
        use Language::{English, Vietnamese};
        let table = [
            ("", Vietnamese),
            ("*", Vietnamese),
            ("fr", Vietnamese),
            ("en", English),
            ("en-GB,en;q=0.9", English),
            ("EN-us", English),
            ("vi,en;q=0.8", Vietnamese),
            ("en;q=0.8,vi", Vietnamese),
            ("fr,en;q=0.5", English),
            ("en;q=0", Vietnamese),
            ("en;q=nonsense", Vietnamese),
        ];
        for (accept, expected) in table {
            let mut headers = HeaderMap::new();
            headers.insert(
                header::ACCEPT_LANGUAGE,
                HeaderValue::from_str(accept).unwrap(),
            );
            assert_eq!(Language::of(&headers), expected, "{accept:?}");
        }
        assert_eq!(Language::of(&HeaderMap::new()), Vietnamese);
    }
}
