//! What a library's error comes from, wherever in its chain that stands.
//!
//! What does not belong here: what a failure means for a message (the crate `notice`).

use std::error::Error;

/// Whether TLS is at fault: a certificate, or the talk before it.
pub(super) fn is_of_tls(error: &(dyn Error + 'static)) -> bool {
    let mut cause = Some(error);
    while let Some(one) = cause {
        if one.is::<rustls::Error>() {
            return true;
        }
        // An I/O error holds its cause, and does not name it as its source.
        let held = one
            .downcast_ref::<std::io::Error>()
            .and_then(std::io::Error::get_ref);
        if matches!(held, Some(held) if held.is::<rustls::Error>()) {
            return true;
        }
        cause = one.source();
    }
    false
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    #[test]
    fn tls_is_found_within_an_io_error() {
        let tls = rustls::Error::HandshakeNotComplete;
        assert!(is_of_tls(&tls));
        assert!(is_of_tls(&io::Error::new(io::ErrorKind::InvalidData, tls)));
        assert!(!is_of_tls(&io::Error::from(io::ErrorKind::TimedOut)));
    }
}
