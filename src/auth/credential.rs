use super::AuthError;

/// Names under which clients put keys into URLs, lower case, without `-` and `_`.
const NAMES_IN_URL: [&str; 10] =
    ["key", "apikey", "xapikey", "accesskey", "accesstoken", "token", "auth", "authorization", "bearer", "jwt"];

/// The one credential of a request: `Authorization: Bearer <key>` (RFC 6750, section 2.1; the
/// scheme in any case) or `X-API-Key: <key>`. Headers come as names and raw values, all of them.
///
/// # Errors
/// [`AuthError`]: `Missing` for none, `Several` for more than one of either kind, `Scheme` for
/// another scheme, `Malformed` for an empty value or one that is no visible ASCII.
pub fn credential<'h, I>(headers: I) -> Result<&'h str, AuthError>
where
    I: IntoIterator<Item = (&'h str, &'h [u8])>,
{
    let mut found = None;
    for (name, value) in headers {
        let bearer = name.eq_ignore_ascii_case("authorization");
        if !bearer && !name.eq_ignore_ascii_case("x-api-key") {
            continue;
        }
        if found.replace((bearer, value)).is_some() {
            return Err(AuthError::Several);
        }
    }
    let (bearer, value) = found.ok_or(AuthError::Missing)?;
    let value = std::str::from_utf8(value).map_err(|_| AuthError::Malformed)?;
    let key = if bearer { after_bearer(value)? } else { value };
    if key.is_empty() || !key.bytes().all(|b| b.is_ascii_graphic()) {
        return Err(AuthError::Malformed);
    }
    Ok(key)
}

/// Refuses a request whose raw query string holds a key: URLs end in logs and histories.
///
/// # Errors
/// [`AuthError::InUrl`] when a parameter is named like a key or a value looks like one of ours.
pub fn refuse_key_in_query(raw: &str) -> Result<(), AuthError> {
    let holds_key = raw.split(['&', ';']).any(|pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let name: String = plain(name).chars().filter(char::is_ascii_alphanumeric).collect();
        NAMES_IN_URL.contains(&name.to_ascii_lowercase().as_str()) || looks_like_key(&plain(value))
    });
    if holds_key { Err(AuthError::InUrl) } else { Ok(()) }
}

fn after_bearer(value: &str) -> Result<&str, AuthError> {
    if value.is_empty() {
        return Err(AuthError::Malformed);
    }
    let (scheme, key) = value.split_once(' ').unwrap_or((value, ""));
    if scheme.eq_ignore_ascii_case("bearer") { Ok(key.trim_start_matches(' ')) } else { Err(AuthError::Scheme) }
}

fn looks_like_key(value: &str) -> bool {
    let value = value.trim_start();
    value.starts_with("eyJ") && value.matches('.').count() == 2
}

/// Percent-decoding that leaves what it cannot read: the result is only compared.
fn plain(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let code = (byte == b'%').then(|| bytes.get(at + 1..at + 3).and_then(hex)).flatten();
        at += if code.is_some() { 3 } else { 1 };
        out.push(code.unwrap_or(byte));
    }
    String::from_utf8_lossy(&out).into_owned()
}

fn hex(pair: &[u8]) -> Option<u8> {
    let digit = |b: u8| char::from(b).to_digit(16).and_then(|d| u8::try_from(d).ok());
    match pair {
        [high, low] => Some(digit(*high)? * 16 + digit(*low)?),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of<'h>(headers: &[(&'h str, &'h str)]) -> Result<&'h str, AuthError> {
        credential(headers.iter().map(|(name, value)| (*name, value.as_bytes())))
    }

    #[test]
    fn one_key_is_taken_from_either_header() {
        for (name, value) in [
            ("authorization", "Bearer a.b.c"),
            ("Authorization", "bearer a.b.c"),
            ("AUTHORIZATION", "BEARER  a.b.c"),
            ("X-API-Key", "a.b.c"),
            ("x-api-key", "a.b.c"),
        ] {
            assert_eq!(of(&[("host", "x"), (name, value)]), Ok("a.b.c"), "{name}: {value}");
        }
    }

    #[test]
    fn no_key_is_told_from_a_bad_one() {
        assert!(of(&[("host", "x")]).unwrap_err().is_missing());
        assert!(!of(&[("x-api-key", "")]).unwrap_err().is_missing());
    }

    #[test]
    fn everything_but_one_credential_is_refused() {
        use AuthError::{Malformed, Scheme, Several};
        let auth = ("authorization", "Bearer a.b.c");
        let key = ("x-api-key", "a.b.c");
        assert_eq!(of(&[auth, key]), Err(Several));
        assert_eq!(of(&[auth, auth]), Err(Several));
        assert_eq!(of(&[key, ("X-Api-Key", "")]), Err(Several));
        for (value, error) in [
            ("Basic YTpi", Scheme),
            ("a.b.c", Scheme),
            ("Bearera.b.c", Scheme),
            ("Bearer\ta.b.c", Scheme),
            (" Bearer a.b.c", Scheme),
            ("", Malformed),
            ("Bearer", Malformed),
            ("Bearer ", Malformed),
            ("Bearer a.b.c ", Malformed),
            ("Bearer a.b.c, Bearer a.b.c", Malformed),
            ("Bearer a.b.ç", Malformed),
        ] {
            assert_eq!(of(&[("authorization", value)]), Err(error), "{value:?}");
        }
        assert_eq!(credential([("x-api-key", &b"\xff"[..])]), Err(Malformed));
    }

    #[test]
    fn a_key_in_the_url_is_refused_under_any_spelling() {
        for bad in [
            "key=x",
            "api_key=x",
            "style=a&apikey=x",
            "API-Key=x",
            "access_token=x",
            "api%5Fkey=x",
            "%6bey=x",
            "a=1;token=x",
            "key",
            "x-api-key=",
            "jwt=1",
            "q=eyJhbGciOi.eyJh.sig",
            "q=eyJhbGciOi%2EeyJh%2Esig",
        ] {
            assert_eq!(refuse_key_in_query(bad), Err(AuthError::InUrl), "{bad}");
        }
        for good in ["", "style=pvc-scale&n=2", "cursor=eyJpZCI6MX0", "keyword=a", "a=%zz&b=%"] {
            assert_eq!(refuse_key_in_query(good), Ok(()), "{good}");
        }
    }
}
