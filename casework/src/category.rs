//! Categories as words: `traffic_violation/wrong_way` lies below `traffic_violation`.
//!
//! What does not belong here: which categories there are.

/// Is `category` this family itself, or below it?
#[must_use]
pub fn is_family(family: &str, category: &str) -> bool {
    category
        .strip_prefix(family)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_family_is_a_whole_word() {
        for (family, category, expected) in [
            ("water", "water", true),
            ("water", "water/leak", true),
            ("water", "waterway", false),
            ("water/leak", "water", false),
        ] {
            assert_eq!(is_family(family, category), expected, "{family} {category}");
        }
    }
}
