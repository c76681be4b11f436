//! What is asked, and the body that asks it.

use super::models::{ModelFacts, facts};
use super::outcome::Plea;
use super::payload::Payload;
use super::photo64::Photo64;
use super::wire::{
    Blob, Content, GenerationConfig, ImageConfig, Part, Request, SAFETY_SETTINGS, ThinkingConfig, split_at_hole,
};
use crate::domain::SecretBytes;
use bytes::Bytes;
use std::fmt;
use zeroize::Zeroizing;

/// A question that wants JSON: an analysis, or a prompt made better.
pub struct TextAsk<'a> {
    /// What the model is told to be; never a caller's words.
    pub system: &'a str,
    /// The question.
    pub text: &'a str,
    /// The photo, if it is about one.
    pub photo: Option<&'a Photo64>,
    /// JSON Schema of the answer, in the keywords that Gemini knows (no `const`, no `pattern`).
    pub schema: serde_json::Value,
}

/// A request for one image made from a photo.
pub struct ImageAsk<'a> {
    /// What to make.
    pub prompt: &'a str,
    /// From whom.
    pub photo: &'a Photo64,
    /// One of the fourteen, such as `3:4`.
    pub aspect_ratio: &'a str,
    /// `1K`, `2K`, `4K`, or `512` where a model has it.
    pub image_size: &'a str,
    /// Best effort upstream, where it has 32 bits; exact in the simulator.
    pub seed: Option<i64>,
}

impl fmt::Debug for TextAsk<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TextAsk({} bytes, {:?})", self.text.len(), self.photo)
    }
}

impl fmt::Debug for ImageAsk<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ImageAsk({} bytes, {:?})", self.prompt.len(), self.photo)
    }
}

/// Either of the two.
pub(super) enum Ask<'a> {
    Text(TextAsk<'a>),
    Image(ImageAsk<'a>),
}

impl Ask<'_> {
    /// Whether the model may be able to answer; of an unknown one anything is believed.
    pub(super) fn fits(&self, model: &str) -> bool {
        match self {
            Self::Text(_) => true,
            Self::Image(ask) => facts(model).is_none_or(|known| known.draws(ask.aspect_ratio, ask.image_size)),
        }
    }

    /// The body for one model, with a plea added when the last answer was not of use.
    pub(super) fn body(&self, model: &str, plea: Option<Plea>) -> Payload {
        let (words, photo) = match self {
            Self::Text(ask) => (ask.text, ask.photo),
            Self::Image(ask) => (ask.prompt, Some(ask.photo)),
        };
        let nameless = matches!((self, plea), (Self::Image(_), Some(Plea::NamesOut))).then(|| without_names(words));
        let words = nameless.as_ref().map_or(words, |words| words.as_str());
        let words = Zeroizing::new(match plea {
            Some(plea) => format!("{words}\n\n{}", plea.sentence()),
            None => words.to_owned(),
        });
        let request = self.request(&words, facts(model), plea);
        let mut frame = SecretBytes::new(Vec::with_capacity(4096 + 2 * words.len()));
        if serde_json::to_writer(&mut *frame, &request).is_err() {
            // Only a map with keys that are no strings fails to serialize, and there is none.
            frame.clear();
        }
        let Some(photo) = photo else { return Payload::new([Bytes::from_owner(frame)]) };
        let at = split_at_hole(&frame);
        let mut head = Bytes::from_owner(frame);
        let tail = head.split_off(at);
        Payload::new([head, photo.expose(), tail])
    }

    fn request<'a>(&'a self, words: &'a str, known: Option<&'static ModelFacts>, plea: Option<Plea>) -> Request<'a> {
        let (system, photo, mut generation_config) = match self {
            Self::Text(ask) => (Some(ask.system), ask.photo, json_config(&ask.schema)),
            Self::Image(ask) => (None, Some(ask.photo), image_config(ask, known)),
        };
        let least = known.and_then(|known| known.least_thinking);
        generation_config.thinking_config =
            least.filter(|_| plea == Some(Plea::Shorter)).map(|thinking_level| ThinkingConfig { thinking_level });
        let picture = photo.map(|photo| Part::InlineData(Blob { mime_type: photo.mime_type(), data: "" }));
        Request {
            contents: [Content { role: Some("user"), parts: picture.into_iter().chain([Part::Text(words)]).collect() }],
            system_instruction: system.map(|system| Content { role: None, parts: vec![Part::Text(system)] }),
            generation_config,
            safety_settings: &SAFETY_SETTINGS,
            store: false,
        }
    }
}

/// A prompt without what looks like a name: words with a capital that begin no sentence. What was too close to a known work
/// is asked for once more like that.
fn without_names(prompt: &str) -> Zeroizing<String> {
    let mut kept = Zeroizing::new(String::with_capacity(prompt.len()));
    let mut begins = true;
    for word in prompt.split_inclusive(char::is_whitespace) {
        let bare = word.trim_matches(|c: char| !c.is_alphanumeric());
        // Abbreviations of materials are all capitals.
        let named = bare.starts_with(char::is_uppercase) && bare.contains(char::is_lowercase);
        let (before, after) = word.split_once(bare).unwrap_or_default();
        kept.push_str(before);
        if begins || !named {
            kept.push_str(bare);
        }
        kept.push_str(after);
        begins = after.contains(['.', '!', '?', '\n']);
    }
    kept
}

fn json_config(schema: &serde_json::Value) -> GenerationConfig<'_> {
    GenerationConfig {
        response_mime_type: Some("application/json"),
        response_json_schema: Some(schema),
        ..GenerationConfig::default()
    }
}

fn image_config<'a>(ask: &ImageAsk<'a>, known: Option<&'static ModelFacts>) -> GenerationConfig<'a> {
    GenerationConfig {
        response_modalities: Some(&["TEXT", "IMAGE"]),
        image_config: Some(ImageConfig {
            aspect_ratio: ask.aspect_ratio,
            image_size: known.is_none_or(|known| known.takes_size).then_some(ask.image_size),
        }),
        seed: ask.seed.map(fold_seed),
        ..GenerationConfig::default()
    }
}

/// The wire has 32 bits; folding keeps different seeds different as far as that goes.
fn fold_seed(seed: i64) -> i32 {
    let bits = seed.cast_unsigned();
    let folded = (bits ^ (bits >> 31)) & 0x7fff_ffff;
    let kept = u64::try_from(seed).is_ok_and(|seed| seed <= 0x7fff_ffff);
    i32::try_from(if kept { bits } else { folded }).unwrap_or(i32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn image_body(model: &str, photo: &Photo64) -> Value {
        let ask = Ask::Image(ImageAsk {
            prompt: "a \"data\":\"\" toy",
            photo,
            aspect_ratio: "3:4",
            image_size: "1K",
            seed: Some(7),
        });
        serde_json::from_slice(&ask.body(model, None).concat()).unwrap()
    }

    #[test]
    fn an_image_request_is_exactly_what_the_contract_asks_for() {
        let photo = Photo64::jpeg(b"abc");
        let body = image_body("gemini-3-pro-image", &photo);
        assert_eq!(
            body,
            json!({
                "contents": [{"role": "user", "parts": [
                    {"inlineData": {"mimeType": "image/jpeg", "data": "YWJj"}},
                    {"text": "a \"data\":\"\" toy"}]}],
                "generationConfig": {
                    "responseModalities": ["TEXT", "IMAGE"],
                    "imageConfig": {"aspectRatio": "3:4", "imageSize": "1K"}, "seed": 7},
                "safetySettings": [
                    {"category": "HARM_CATEGORY_SEXUALLY_EXPLICIT", "threshold": "BLOCK_LOW_AND_ABOVE"},
                    {"category": "HARM_CATEGORY_HARASSMENT", "threshold": "BLOCK_MEDIUM_AND_ABOVE"},
                    {"category": "HARM_CATEGORY_HATE_SPEECH", "threshold": "BLOCK_MEDIUM_AND_ABOVE"},
                    {"category": "HARM_CATEGORY_DANGEROUS_CONTENT", "threshold": "BLOCK_MEDIUM_AND_ABOVE"}],
                "store": false
            })
        );
    }

    #[test]
    fn the_size_is_left_out_for_a_model_that_has_only_one() {
        let body = image_body("gemini-2.5-flash-image", &Photo64::jpeg(b"abc"));
        let config = &body["generationConfig"]["imageConfig"];
        assert_eq!(config, &json!({"aspectRatio": "3:4"}));
    }

    #[test]
    fn what_was_too_close_to_a_known_work_is_asked_for_without_names() {
        let prompt = "A toy of PVC. Wears \"Nike Air Jordan shoes\", like Spider-Man from Marvel. Its base: clear, 3D.";
        let expected = "A toy of PVC. Wears \"   shoes\", like  from . Its base: clear, 3D.";
        assert_eq!(without_names(prompt).as_str(), expected);
        let ask = ImageAsk { prompt, photo: &Photo64::jpeg(b"x"), aspect_ratio: "1:1", image_size: "1K", seed: None };
        let body = Ask::Image(ask).body("m", Some(Plea::NamesOut)).concat();
        assert!(!String::from_utf8(body).unwrap().contains("Marvel"));
    }

    #[test]
    fn a_photo_hides_its_bytes_from_debug() {
        let photo = Photo64::jpeg(b"abcabc");
        assert_eq!(format!("{photo:?}"), "Photo64(8 bytes of base64)");
    }

    #[test]
    fn any_seed_fits_the_wire() {
        for seed in [0, 7, -1, i64::MAX, i64::MIN, 1 << 40] {
            assert!(fold_seed(seed) >= 0);
        }
        assert_eq!(fold_seed(7), 7);
    }
}
