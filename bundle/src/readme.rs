//! The verifier's README: the same text in every bundle.

pub(crate) const TEXT: &str = include_str!("../texts/README.txt");
