//! A JSON body: the photo as base64 in `image.data`, or its upload in `image.upload_id`, every other member an option.

use std::{borrow::Cow, fmt, ops::Range};

use actix_web::web::Bytes;
use serde::{
    Deserialize, Deserializer,
    de::{DeserializeSeed, Error, IgnoredAny, MapAccess, Visitor},
};
use serde_json::Value;

use super::Buffer;
use crate::{
    domain::{Code, GivenOptions, OptionFault, SecretBytes, UploadId},
    flow::Source,
    http::problem::Problem,
};

/// Reads a body; gives the photo. Its base64 is decoded where it lies.
///
/// # Errors
/// When the body is not one JSON object, or names two photos.
pub(super) fn read(mut body: Buffer, given: &mut GivenOptions) -> Result<Option<Source>, Problem> {
    let place = {
        let mut reader = serde_json::Deserializer::from_slice(&body);
        let image = Top(given).deserialize(&mut reader).and_then(|image| reader.end().map(|()| image));
        let Some(image) = image.map_err(|error| told(&error))? else { return Ok(None) };
        match (image.data.map(|text| text.0), image.upload_id) {
            (None, id) => return Ok(Some(Source::Upload(upload(id.as_ref().map(|text| &*text.0), given)))),
            (Some(_), Some(_)) => {
                return Err(Problem::new(Code::ImageAmbiguous, "image has both data and upload_id."));
            }
            (Some(Cow::Borrowed(text)), None) => Place::Within(range_of(text, &body)),
            // A text with escapes is not the base64 itself.
            (Some(Cow::Owned(text)), None) => Place::Apart(SecretBytes::new(text.into_bytes())),
        }
    };
    let decoded = match place {
        Place::Within(range) => decode(body.get_mut(range.clone()).unwrap_or_default())
            .map(|made| (range.start + made.start)..(range.start + made.end)),
        Place::Apart(text) => {
            body = text;
            decode(&mut body)
        }
    };
    let Some(made) = decoded else {
        given.fault(OptionFault::invalid("image", "data must be base64 or a data: URL with base64"));
        return Ok(Some(Source::File(Bytes::new())));
    };
    body.truncate(made.end);
    Ok(Some(Source::File(Bytes::from_owner(body).slice(made.start..))))
}

/// The upload that is named; a text that is no id is a fault, and stands for one that nobody has.
fn upload(id: Option<&str>, given: &mut GivenOptions) -> UploadId {
    id.and_then(|text| UploadId::parse(text).ok()).unwrap_or_else(|| {
        given.fault(OptionFault::invalid("image", "upload_id must be the id of an upload"));
        UploadId::random()
    })
}

enum Place {
    Within(Range<usize>),
    Apart(Buffer),
}

fn range_of(text: &str, body: &[u8]) -> Range<usize> {
    let start = text.as_ptr().addr() - body.as_ptr().addr();
    start..start + text.len()
}

/// Decodes base64 in place, either alphabet (RFC 4648), padded or not, with or without the head of a `data:` URL
/// (RFC 2397); says where the bytes are.
fn decode(text: &mut [u8]) -> Option<Range<usize>> {
    let head = if text.get(..5).is_some_and(|start| start.eq_ignore_ascii_case(b"data:")) {
        let comma = text.iter().take(LONGEST_HEAD).position(|byte| *byte == b',')?;
        text[..comma].ends_with(b";base64").then_some(comma + 1)?
    } else {
        0
    };
    let coded = &mut text[head..];
    for byte in coded.iter_mut() {
        match byte {
            b'-' => *byte = b'+',
            b'_' => *byte = b'/',
            _ => {}
        }
    }
    let length = base64_simd::forgiving_decode_inplace(coded).ok()?.len();
    Some(head..head + length)
}

/// The longest head of a `data:` URL, in bytes.
const LONGEST_HEAD: usize = 256;

fn told(error: &serde_json::Error) -> Problem {
    let (line, column) = (error.line(), error.column());
    let detail = if error.is_data() {
        format!(
            "The body must be one object, with each member once and image as an object (line {line}, column {column})."
        )
    } else {
        format!("The body is not JSON (line {line}, column {column}).")
    };
    Problem::new(Code::MalformedJson, detail)
}

/// Reads the body's object: options go where they belong, the photo's text comes out.
struct Top<'g>(&'g mut GivenOptions);

impl<'de> DeserializeSeed<'de> for Top<'_> {
    type Value = Option<Image<'de>>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Top<'_> {
    type Value = Option<Image<'de>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut image = None;
        while let Some(name) = map.next_key::<String>()? {
            if name == "image" {
                let one = map.next_value::<Image<'de>>()?;
                if (one.data.is_none() && one.upload_id.is_none()) || image.replace(one).is_some() {
                    return Err(A::Error::custom("image empty or twice"));
                }
            } else if self.0.takes(&name) {
                self.0.take_json(&name, &map.next_value::<Value>()?);
            } else {
                map.next_value::<IgnoredAny>()?;
                self.0.fault(OptionFault::unknown(&name));
            }
        }
        Ok(image)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Image<'a> {
    #[serde(borrow, default)]
    data: Option<Text<'a>>,
    #[serde(borrow, default)]
    upload_id: Option<Text<'a>>,
}

/// A text, borrowed wherever it stands as it is. (`Cow` alone is always read as owned.)
struct Text<'a>(Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct AsText;
        impl<'de> Visitor<'de> for AsText {
            type Value = Text<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text")
            }
            fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Text(Cow::Borrowed(text)))
            }
            fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Text(Cow::Owned(text.to_owned())))
            }
        }
        deserializer.deserialize_str(AsText)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_text(text: &str) -> Result<(Option<Bytes>, Vec<OptionFault>), Code> {
        let mut given = GivenOptions::default();
        let source = read(SecretBytes::new(text.as_bytes().to_vec()), &mut given).map_err(|problem| problem.code())?;
        let image = source.map(|source| if let Source::File(bytes) = source { bytes } else { Bytes::new() });
        Ok((image, given.take_faults()))
    }

    #[test]
    fn every_spelling_of_base64_gives_the_same_bytes() {
        for data in [
            "+/9qYQ==",
            "+/9qYQ",
            "-_9qYQ",
            "data:image/jpeg;base64,+/9qYQ==",
            "DATA:;base64,+/9qYQ",
            r"+\/9qYQ==",
            r"+/9q\nYQ==",
        ] {
            let (image, faults) = read_text(&format!(r#"{{"image":{{"data":"{data}"}},"n":2}}"#)).unwrap();
            assert_eq!(image.as_deref(), Some(&b"\xfb\xffja"[..]), "{data}");
            assert!(faults.is_empty(), "{faults:?}");
        }
    }

    #[test]
    fn the_shortest_base64_is_base64() {
        let (image, faults) = read_text(r#"{"image":{"data":"AAAA"}}"#).unwrap();
        assert_eq!((image.as_deref(), faults.len()), (Some(&[0_u8, 0, 0][..]), 0));
    }

    #[test]
    fn what_is_not_base64_is_a_fault_of_image() {
        for data in ["+/9qY", "@@@@@@@@", "data:image/jpeg,abcd", "data:;base64", "ä"] {
            let (_, faults) = read_text(&format!(r#"{{"image":{{"data":"{data}"}}}}"#)).unwrap();
            assert_eq!(faults.first().map(|fault| fault.option.as_str()), Some("image"), "{data}");
        }
    }

    #[test]
    fn a_body_is_one_object_or_nothing() {
        let deep = format!(r#"{{"style":{}1{}}}"#, "[".repeat(5_000), "]".repeat(5_000));
        for body in [
            "",
            "[]",
            "null",
            "{",
            r#"{"image":1}"#,
            r#"{"image":{}}"#,
            r#"{"image":{"data":"","url":""}}"#,
            "{} {}",
            r#"{"image":{"data":"AAAA"},"image":{"data":"AAAA"}}"#,
            "{\"a\":\"\u{1}\"}",
            &deep,
        ] {
            assert_eq!(read_text(body).err(), Some(Code::MalformedJson), "{}", &body[..body.len().min(60)]);
        }
        let (image, faults) = read_text(r#"{"style":"a","style":"b","nothing":{}}"#).unwrap();
        assert!(image.is_none());
        assert_eq!(faults.iter().map(|fault| fault.option.as_str()).collect::<Vec<_>>(), ["style", "nothing"]);
    }
}
