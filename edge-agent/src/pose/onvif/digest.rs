//! The WS-Security user name token with a password digest (OASIS, `UsernameToken` Profile 1.0, §3.1):
//! `Base64(SHA-1(nonce + created + password))`. Pure.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::digest::{Context, SHA1_FOR_LEGACY_USE_ONLY};

/// What proves a password without saying it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Token {
    /// Base64 of the nonce.
    pub(super) nonce: String,
    /// When it was made, by the camera's clock.
    pub(super) created: String,
    /// The digest in Base64.
    pub(super) digest: String,
}

impl Token {
    /// The token of a password.
    pub(super) fn new(nonce: &[u8], created: String, password: &str) -> Self {
        let mut context = Context::new(&SHA1_FOR_LEGACY_USE_ONLY);
        context.update(nonce);
        context.update(created.as_bytes());
        context.update(password.as_bytes());
        Self {
            nonce: STANDARD.encode(nonce),
            digest: STANDARD.encode(context.finish()),
            created,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;
    use std::process::{Command, Stdio};

    use super::*;

    /// The example of the ONVIF Application Programmer's Guide, §6.1.1.3.
    #[test]
    fn the_digest_is_that_of_the_guides_example() {
        let nonce = STANDARD.decode("LKqI6G/AikKCQrN0zqZFlg==").unwrap();
        let token = Token::new(&nonce, "2010-09-16T07:50:45Z".to_owned(), "userpassword");
        assert_eq!(token.digest, "tuOSpGlFlIXsozq4HFNeeGeFLEI=");
        assert_eq!(token.nonce, "LKqI6G/AikKCQrN0zqZFlg==");
    }

    /// Another program's SHA-1 over the same bytes.
    #[test]
    fn the_digest_is_what_another_program_computes() {
        let (nonce, created, password) =
            (b"\x00\xff nonce \n", "2026-11-02T03:10:00.250Z", "mật khẩu");
        let mut other = Command::new("sha1sum")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut input = other.stdin.take().unwrap();
        for part in [nonce.as_slice(), created.as_bytes(), password.as_bytes()] {
            input.write_all(part).unwrap();
        }
        drop(input);
        let said = other.wait_with_output().unwrap().stdout;
        let hex_digits = std::str::from_utf8(&said)
            .unwrap()
            .split(' ')
            .next()
            .unwrap();
        let expected = STANDARD.encode(hex::decode(hex_digits).unwrap());
        assert_eq!(
            Token::new(nonce, created.to_owned(), password).digest,
            expected
        );
    }
}
