//! What a caller's program is: a family and a major version out of closed lists, read from `User-Agent` and kept in its
//! place. The header itself is kept nowhere.

use woothee::parser::Parser;

/// Programs that call APIs and that the parser of browsers does not know, by the product (RFC 9110, section 10.1.5) that
/// their `User-Agent` begins with.
const LIBRARIES: [(&str, &str); 22] = [
    ("curl", "curl"),
    ("Wget", "wget"),
    ("python-requests", "python-requests"),
    ("python-httpx", "httpx"),
    ("Python", "python"),
    ("aiohttp", "aiohttp"),
    ("Go-http-client", "go"),
    ("okhttp", "okhttp"),
    ("Java-http-client", "java"),
    ("Apache-HttpClient", "apache-httpclient"),
    ("axios", "axios"),
    ("node", "node"),
    ("undici", "undici"),
    ("Deno", "deno"),
    ("Bun", "bun"),
    ("reqwest", "reqwest"),
    ("Dart", "dart"),
    ("Ruby", "ruby"),
    ("GuzzleHttp", "guzzle"),
    ("PostmanRuntime", "postman"),
    ("HTTPie", "httpie"),
    ("schemathesis", "schemathesis"),
];

/// Browsers, by the parser's names for them.
const BROWSERS: [(&str, &str); 9] = [
    ("Chrome", "chrome"),
    ("Edge", "edge"),
    ("Firefox", "firefox"),
    ("Internet Explorer", "internet-explorer"),
    ("Opera", "opera"),
    ("Safari", "safari"),
    ("SamsungBrowser", "samsung-browser"),
    ("Vivaldi", "vivaldi"),
    ("Webview", "webview"),
];

/// Devices, by the parser's categories.
const DEVICES: [(&str, &str); 6] = [
    ("pc", "desktop"),
    ("smartphone", "phone"),
    ("mobilephone", "phone"),
    ("appliance", "appliance"),
    ("crawler", "crawler"),
    ("misc", "program"),
];

/// The longest `User-Agent` that is looked at, in bytes.
const LONGEST: usize = 512;

/// A caller's program and what it runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Client {
    /// The kind of device: `desktop`, `phone`, `appliance`, `crawler`, `program` or `unknown`.
    pub device: &'static str,
    /// The program's family, such as `curl` or `chrome`; `other` for one that is not known, `none` without a header.
    pub family: &'static str,
    /// Its major version, where that is known and below 256.
    pub major: Option<u8>,
}

impl Client {
    /// A caller that does not say what it is.
    pub const NONE: Self = Self { device: "unknown", family: "none", major: None };

    /// Reads a `User-Agent`.
    pub fn of(user_agent: Option<&str>) -> Self {
        let Some(text) = user_agent.map(str::trim).filter(|text| !text.is_empty()) else { return Self::NONE };
        if text.len() > LONGEST {
            return Self { family: "other", ..Self::NONE };
        }
        let (product, version) = text.split_once('/').unwrap_or((text, ""));
        if let Some(family) = known(&LIBRARIES, product) {
            return Self { device: "program", family, major: major(version) };
        }
        let Some(read) = Parser::new().parse(text) else { return Self { family: "other", ..Self::NONE } };
        let device = known(&DEVICES, read.category).unwrap_or("unknown");
        match known(&BROWSERS, read.name) {
            Some(family) => Self { device, family, major: major(read.version) },
            None => Self { device, family: "other", major: None },
        }
    }

    /// Family and major version as one word.
    pub fn name(self) -> String {
        self.major.map_or_else(|| self.family.to_owned(), |major| format!("{} {major}", self.family))
    }
}

fn known(list: &[(&str, &'static str)], name: &str) -> Option<&'static str> {
    list.iter().find(|(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, known)| *known)
}

fn major(version: &str) -> Option<u8> {
    let digits = version.split(|character: char| !character.is_ascii_digit()).next()?;
    digits.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_and_browsers_are_told_by_family_and_major_version() {
        let chrome = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 \
                      Safari/537.36";
        let iphone = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) \
                      Version/17.1 Mobile/15E148 Safari/604.1";
        for (text, device, name) in [
            ("curl/8.5.0", "program", "curl 8"),
            ("python-requests/2.31.0", "program", "python-requests 2"),
            ("okhttp/4.12.0", "program", "okhttp 4"),
            ("Go-http-client/1.1", "program", "go 1"),
            ("node", "program", "node"),
            ("curl/999999", "program", "curl"),
            (chrome, "desktop", "chrome 120"),
            (iphone, "phone", "safari 17"),
            ("anna@example.org/1.0 my secret", "unknown", "other"),
            ("  ", "unknown", "none"),
        ] {
            let client = Client::of(Some(text));
            assert_eq!((client.device, client.name().as_str()), (device, name), "{text}");
        }
        assert_eq!(Client::of(None), Client::NONE);
        assert_eq!(Client::of(Some(&"curl/8 ".repeat(200))).family, "other");
    }
}
