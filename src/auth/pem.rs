use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use super::KeyError;

/// What a PEM text holds (RFC 7468).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Label {
    /// PKCS#8, section 10.
    PrivateKey,
    /// `SubjectPublicKeyInfo`, section 13.
    PublicKey,
}

impl Label {
    const fn name(self) -> &'static str {
        match self {
            Self::PrivateKey => "PRIVATE KEY",
            Self::PublicKey => "PUBLIC KEY",
        }
    }
}

/// Reads a text with exactly one block. Our own reader, because the libraries' leave copies of a
/// private key in memory that is not cleared.
pub(super) fn read(text: &str) -> Result<(Label, Zeroizing<Vec<u8>>), KeyError> {
    let text = text.trim();
    let label = [Label::PrivateKey, Label::PublicKey]
        .into_iter()
        .find(|label| text.starts_with(&begin(*label)))
        .ok_or(KeyError::Pem)?;
    let body = text.strip_prefix(&begin(label)).and_then(|rest| rest.strip_suffix(&end(label))).ok_or(KeyError::Pem)?;
    let mut base64 = Zeroizing::new(String::with_capacity(body.len()));
    base64.extend(body.chars().filter(|c| !c.is_ascii_whitespace()));
    let der = STANDARD.decode(base64.as_bytes()).map_err(|_| KeyError::Pem)?;
    Ok((label, Zeroizing::new(der)))
}

/// Writes one block, with lines of 64 characters.
pub(super) fn write(label: Label, der: &[u8]) -> Zeroizing<String> {
    let base64 = Zeroizing::new(STANDARD.encode(der));
    let (begin, end) = (begin(label), end(label));
    // Whole at once: a string that grows leaves copies behind.
    let room = begin.len() + end.len() + base64.len() + base64.len() / 64 + 3;
    let mut text = Zeroizing::new(String::with_capacity(room));
    text.push_str(&begin);
    for (index, c) in base64.chars().enumerate() {
        if index % 64 == 0 {
            text.push('\n');
        }
        text.push(c);
    }
    text.push('\n');
    text.push_str(&end);
    text.push('\n');
    text
}

fn begin(label: Label) -> String {
    format!("-----BEGIN {}-----", label.name())
}

fn end(label: Label) -> String {
    format!("-----END {}-----", label.name())
}
