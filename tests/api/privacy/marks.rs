//! Marks: bytes that a caller sends or gets and that must be found nowhere else in clear.

use std::path::Path;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::Value;

/// How many bytes tell one photo or image from all others.
const TELLING: usize = 48;

/// What is searched for, each with what it is.
#[derive(Default, Clone)]
pub(super) struct Marks(Vec<(String, Vec<u8>)>);

impl Marks {
    /// Words as they stand, also in base64 where that begins at any byte of three.
    pub(super) fn words(&mut self, what: &str, words: &str) {
        assert!(words.len() >= 12, "{what}: {words:?} could turn up by chance");
        self.add(what, words.as_bytes());
        for skipped in 0..3 {
            let encoded = STANDARD.encode(&words.as_bytes()[skipped..]);
            self.add(&format!("{what} in base64"), &encoded.as_bytes()[..encoded.len() / 4 * 4 - 4]);
        }
    }

    /// Part of a file, and of its base64.
    pub(super) fn file(&mut self, what: &str, bytes: &[u8]) {
        let middle = bytes.len() / 2 / 3 * 3;
        let part = &bytes[middle..middle + TELLING];
        self.add(what, part);
        self.add(&format!("{what} in base64"), STANDARD.encode(part).as_bytes());
    }

    fn add(&mut self, what: &str, mark: &[u8]) {
        if !self.0.iter().any(|(_, known)| known == mark) {
            self.0.push((what.to_owned(), mark.to_vec()));
        }
    }

    /// Which marks are in these bytes.
    pub(super) fn found_in(&self, bytes: &[u8]) -> Vec<&str> {
        self.0.iter().filter(|(_, mark)| holds(bytes, mark)).map(|(what, _)| what.as_str()).collect()
    }
}

/// Whether these bytes hold others.
pub(super) fn holds(bytes: &[u8], part: &[u8]) -> bool {
    let Some((first, rest)) = part.split_first() else { return true };
    let mut from = bytes;
    while let Some(at) = from.iter().position(|byte| byte == first) {
        from = &from[at + 1..];
        if from.starts_with(rest) {
            return true;
        }
    }
    false
}

/// A JPEG file with words in its EXIF description and in a comment.
pub(super) fn with_words(jpeg: &[u8], words: &str) -> Vec<u8> {
    let text = [words.as_bytes(), b"\0"].concat();
    let length = u32::try_from(text.len()).unwrap();
    // TIFF, little-endian, one directory with one entry: 0x010e, text, that long, at byte 26.
    let mut exif = b"Exif\0\0II*\0\x08\0\0\0\x01\0\x0e\x01\x02\0".to_vec();
    exif.extend(length.to_le_bytes());
    exif.extend([26, 0, 0, 0, 0, 0, 0, 0]);
    exif.extend(&text);
    let segment = |marker: u8, body: &[u8]| {
        let length = u16::try_from(body.len() + 2).unwrap().to_be_bytes();
        [&[0xff, marker], &length[..], body].concat()
    };
    [&jpeg[..2], &segment(0xe1, &exif), &segment(0xfe, &text), &jpeg[2..]].concat()
}

/// The photos in the bodies that an engine has received, as files.
pub(super) fn photos_in(bodies: &Path) -> Vec<Vec<u8>> {
    let mut photos = Vec::new();
    for entry in std::fs::read_dir(bodies).unwrap() {
        let body = std::fs::read(entry.unwrap().path()).unwrap();
        // One that is just being written is read the next time.
        let body: Value = serde_json::from_slice(&body).unwrap_or_default();
        pictures(&body, &mut photos);
    }
    photos
}

fn pictures(value: &Value, into: &mut Vec<Vec<u8>>) {
    match value {
        Value::Object(fields) => {
            let inline = fields.get("inlineData").or(fields.get("inline_data"));
            if let Some(data) = inline.and_then(|inline| inline["data"].as_str()) {
                into.push(STANDARD.decode(data).unwrap());
            }
            for field in fields.values() {
                pictures(field, into);
            }
        }
        Value::Array(items) => {
            for item in items {
                pictures(item, into);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
