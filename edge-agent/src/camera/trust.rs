//! Whether the camera at the other end of TLS is the one that was meant.
//!
//! Its certificate must come from an authority of its `ca_file`, or of the system where it has none,
//! and bear the host's name. A `ca_file` that holds the camera's very certificate vouches for it
//! whatever name it bears: cameras sign their own, for a name that nobody calls them by.

use std::path::Path;

use gio::prelude::*;
use gio::{TlsCertificate, TlsCertificateFlags, TlsFileDatabase};
use gstreamer as gst;
use tokio::sync::mpsc;

use super::fault::{CameraError, GstFault};

/// Makes the receiver trust `ca_file` and nobody else, and say why it does not trust a camera.
pub(crate) fn apply(
    camera: &gst::Element,
    ca_file: Option<&Path>,
    faults: mpsc::Sender<CameraError>,
) -> Result<(), CameraError> {
    let mut known: Vec<String> = Vec::new();
    if let Some(file) = ca_file {
        let unreadable = |error: gst::glib::Error| CameraError::Authorities {
            file: file.to_owned(),
            source: GstFault::new("TLS", error.message()),
        };
        let certificates = TlsCertificate::list_new_from_file(file).map_err(unreadable)?;
        known.extend(certificates.iter().filter_map(pem));
        let authorities = TlsFileDatabase::new(file).map_err(unreadable)?;
        camera.set_property("tls-database", &authorities);
    }
    // Asked only about certificates that did not pass.
    camera.connect("accept-certificate", false, move |values| {
        let shown = values.get(2)?.get::<TlsCertificate>().ok()?;
        let wrong = values.get(3)?.get::<TlsCertificateFlags>().ok()?;
        let vouched = wrong == TlsCertificateFlags::BAD_IDENTITY
            && pem(&shown).is_some_and(|shown| known.contains(&shown));
        if !vouched {
            // Full: an earlier fault ends the session. Closed: it is being dropped.
            drop(faults.try_send(CameraError::Untrusted(said(wrong))));
        }
        Some(vouched.to_value())
    });
    Ok(())
}

fn pem(certificate: &TlsCertificate) -> Option<String> {
    certificate.certificate_pem().map(Into::into)
}

/// What is wrong with a certificate, in words.
fn said(wrong: TlsCertificateFlags) -> String {
    let words = [
        (
            TlsCertificateFlags::UNKNOWN_CA,
            "no trusted authority signed it",
        ),
        (
            TlsCertificateFlags::BAD_IDENTITY,
            "it bears another host's name",
        ),
        (TlsCertificateFlags::NOT_ACTIVATED, "it is not valid yet"),
        (TlsCertificateFlags::EXPIRED, "it has expired"),
        (TlsCertificateFlags::REVOKED, "it was revoked"),
        (TlsCertificateFlags::INSECURE, "its algorithm is not safe"),
    ];
    let said: Vec<&str> = words
        .iter()
        .filter(|(flag, _)| wrong.contains(*flag))
        .map(|(_, words)| *words)
        .collect();
    match said.is_empty() {
        true => "its signature does not fit, or it cannot be checked".to_owned(),
        false => said.join(", "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_of_a_certificate_is_said() {
        let two = TlsCertificateFlags::UNKNOWN_CA | TlsCertificateFlags::EXPIRED;
        assert_eq!(said(two), "no trusted authority signed it, it has expired");
        let other = TlsCertificateFlags::GENERIC_ERROR;
        assert!(said(other).contains("cannot be checked"));
    }
}
