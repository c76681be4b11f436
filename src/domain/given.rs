//! The options as a caller gives them, each checked for itself.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{AspectRatio, Delivery, Format, OptionFault, Size, Work};

/// The longest wishes, in characters.
const LONGEST_PROMPT: usize = 1_000;

/// The longest pseudonym of a person, in characters.
const LONGEST_END_USER: usize = 255;

/// The most pairs of metadata, and the longest name and value, in characters.
const METADATA: (usize, usize, usize) = (16, 40, 500);

/// The most images of one figure.
pub const MOST_IMAGES: u32 = 4;

/// The most faults that are told at once.
const MOST_FAULTS: usize = 32;

/// What the caller gave. A member that is absent was not given.
#[derive(Debug, Clone, Default)]
pub struct GivenOptions {
    /// The style's id.
    pub style: Option<String>,
    /// Extra wishes.
    pub prompt: Option<String>,
    /// Values of the options that the style lists: `base`, `packaging`, `setting`, `pose`, `scale`.
    pub looks: BTreeMap<String, String>,
    /// The ratio; `None` follows the photo.
    pub aspect_ratio: Option<AspectRatio>,
    /// The size.
    pub size: Option<Size>,
    /// How many images.
    pub n: Option<u32>,
    /// The file format.
    pub format: Option<Format>,
    /// Whether the engine writes the prompt.
    pub enhance: Option<bool>,
    /// How images come in a JSON answer.
    pub delivery: Option<Delivery>,
    /// The seed.
    pub seed: Option<u32>,
    /// For how long to keep the result, in seconds.
    pub retention_seconds: Option<u64>,
    /// The integrator's pseudonym for a person.
    pub end_user: Option<String>,
    /// The caller's own pairs.
    pub metadata: BTreeMap<String, String>,
    /// The most that it may cost, in micro-USD.
    pub max_cost_micro_usd: Option<u64>,
    /// What a prompt is to be written from in place of a photo: an analysis as JSON, not yet read.
    pub analysis: Option<String>,
    /// The caller's own salt of the receipt, base64url.
    pub commitment_salt: Option<String>,
    work: Work,
    taken: BTreeMap<String, String>,
    faults: Vec<OptionFault>,
}

impl GivenOptions {
    /// The names of the options that every style lists values for.
    pub const LOOKS: [&'static str; 5] = ["base", "packaging", "setting", "pose", "scale"];

    /// The options that never stand in a URL: free words, and what names a person.
    pub const NOT_IN_URLS: [&'static str; 5] = ["analysis", "prompt", "metadata", "end_user", "commitment_salt"];

    /// Nothing yet, for a request of which the options are those of its work.
    pub fn of(work: Work) -> Self {
        Self { work, ..Self::default() }
    }

    /// Whether there is an option of this name.
    pub fn takes(&self, name: &str) -> bool {
        self.work.options().contains(&name)
    }

    /// Takes one option in its text form, as it stands in a query or a form. A fault is kept for later.
    pub fn take(&mut self, name: &str, value: &str) {
        if self.taken.contains_key(name) {
            return self.fault(OptionFault::invalid(name, "given twice"));
        }
        // Python writes True and False.
        let value = if matches!(kind(name), Kind::Flag) { &value.to_ascii_lowercase() } else { value };
        match self.place(name, value) {
            Ok(()) => drop(self.taken.insert(name.to_owned(), value.to_owned())),
            Err(fault) => self.fault(fault),
        }
    }

    /// Takes one option as a JSON value; null is as if it was not given.
    pub fn take_json(&mut self, name: &str, value: &Value) {
        let wanted = kind(name);
        let text = match (wanted, value) {
            (_, Value::Null) => return,
            (Kind::Text, Value::String(text)) => text.clone(),
            (Kind::Number, Value::Number(number)) => number.to_string(),
            (Kind::Flag, Value::Bool(flag)) => flag.to_string(),
            (Kind::Pairs, Value::Object(_)) => value.to_string(),
            (Kind::None, _) => return self.fault(OptionFault::unknown(name)),
            (Kind::Text | Kind::Number | Kind::Flag | Kind::Pairs, _) => {
                return self.fault(OptionFault::invalid(name, format!("must be {}", wanted.words())));
            }
        };
        self.take(name, &text);
    }

    /// Notes a fault.
    pub fn fault(&mut self, fault: OptionFault) {
        if self.faults.len() < MOST_FAULTS {
            self.faults.push(fault);
        }
    }

    /// The faults so far, taken out.
    pub fn take_faults(&mut self) -> Vec<OptionFault> {
        std::mem::take(&mut self.faults)
    }

    /// What was given, in a form that is the same for every way of giving it.
    pub fn canonical(&self) -> String {
        serde_json::to_string(&self.taken).unwrap_or_default()
    }

    fn place(&mut self, name: &str, value: &str) -> Result<(), OptionFault> {
        match name {
            other if !self.takes(other) => Err(OptionFault::unknown(name)),
            "style" => set(name, &mut self.style, Some(value.to_owned()), "a style's id"),
            look if Self::LOOKS.contains(&look) => {
                self.looks.insert(name.to_owned(), value.to_owned());
                Ok(())
            }
            "aspect_ratio" if value == "auto" => Ok(()),
            "aspect_ratio" => {
                set(name, &mut self.aspect_ratio, AspectRatio::parse(value), "auto or a ratio such as 3:4")
            }
            "size" => set(name, &mut self.size, Size::parse(value), "1K, 2K or 4K"),
            "n" => set(name, &mut self.n, number(value, 1..=MOST_IMAGES), "a whole number from 1 to 4"),
            "format" => set(name, &mut self.format, Format::parse(value), "original, png, jpeg or webp"),
            "enhance" => set(name, &mut self.enhance, value.parse().ok(), "true or false"),
            "delivery" => set(name, &mut self.delivery, Delivery::parse(value), "link or inline"),
            "seed" => set(name, &mut self.seed, value.parse().ok(), "a whole number from 0 to 4294967295"),
            "retention_seconds" => {
                set(name, &mut self.retention_seconds, value.parse().ok(), "a whole number of seconds")
            }
            "max_cost_micro_usd" => {
                set(name, &mut self.max_cost_micro_usd, value.parse().ok(), "a whole number of micro-USD")
            }
            _ => self.place_words(name, value),
        }
    }

    fn place_words(&mut self, name: &str, value: &str) -> Result<(), OptionFault> {
        let short = |most: usize| Some(value.to_owned()).filter(|text| text.chars().count() <= most);
        match name {
            "prompt" => set(name, &mut self.prompt, short(LONGEST_PROMPT), "a text of at most 1000 characters"),
            "end_user" => {
                let text = short(LONGEST_END_USER).filter(|text| !text.is_empty());
                set(name, &mut self.end_user, text, "a text of 1 to 255 characters")
            }
            "commitment_salt" => {
                set(name, &mut self.commitment_salt, salt(value), "base64url of 32 bytes, without padding")
            }
            "analysis" => {
                self.analysis = Some(value.to_owned());
                Ok(())
            }
            "metadata" => {
                self.metadata = pairs(value).ok_or_else(|| {
                    OptionFault::invalid(name, "must be at most 16 pairs of texts, of 40 and 500 characters at most")
                })?;
                Ok(())
            }
            _ => Err(OptionFault::unknown(name)),
        }
    }
}

#[derive(Clone, Copy)]
enum Kind {
    Text,
    Number,
    Flag,
    Pairs,
    None,
}

impl Kind {
    fn words(self) -> &'static str {
        match self {
            Self::Text => "a text",
            Self::Number => "a number",
            Self::Flag => "true or false",
            Self::Pairs => "an object",
            Self::None => "absent",
        }
    }
}

fn kind(name: &str) -> Kind {
    match name {
        "n" | "seed" | "retention_seconds" | "max_cost_micro_usd" => Kind::Number,
        "enhance" => Kind::Flag,
        "metadata" | "analysis" => Kind::Pairs,
        "style" | "aspect_ratio" | "size" | "format" | "delivery" | "prompt" | "end_user" | "commitment_salt" => {
            Kind::Text
        }
        look if GivenOptions::LOOKS.contains(&look) => Kind::Text,
        _ => Kind::None,
    }
}

fn set<T>(name: &str, place: &mut Option<T>, value: Option<T>, wanted: &str) -> Result<(), OptionFault> {
    *place = Some(value.ok_or_else(|| OptionFault::invalid(name, format!("must be {wanted}")))?);
    Ok(())
}

fn number(text: &str, range: std::ops::RangeInclusive<u32>) -> Option<u32> {
    text.parse().ok().filter(|number| range.contains(number))
}

/// 32 bytes are 43 characters of base64url, of which the last carries four bits.
fn salt(text: &str) -> Option<String> {
    let known = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    (text.len() == 43 && text.bytes().all(known)).then(|| text.to_owned())
}

fn pairs(text: &str) -> Option<BTreeMap<String, String>> {
    let (most, name, value) = METADATA;
    let pairs: BTreeMap<String, String> = serde_json::from_str(text).ok()?;
    let fits = |(key, text): (&String, &String)| {
        !key.is_empty() && key.chars().count() <= name && text.chars().count() <= value
    };
    (pairs.len() <= most && pairs.iter().all(fits)).then_some(pairs)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_option_given_twice_is_a_fault() {
        let mut given = GivenOptions::default();
        for (name, value) in [("size", "2K"), ("size", "2K"), ("base", "stone"), ("base", "wood"), ("n", "4")] {
            given.take(name, value);
        }
        given.take("aspect_ratio", "auto");
        given.take("aspect_ratio", "3:4");
        let faults: Vec<_> = given.take_faults().into_iter().map(|fault| fault.option).collect();
        assert_eq!(faults, ["size", "base", "aspect_ratio"]);
        assert_eq!((given.size, given.n), (Some(Size::K2), Some(4)));
    }

    #[test]
    fn json_and_text_of_one_meaning_have_one_canonical_form() {
        let (mut text, mut json) = (GivenOptions::default(), GivenOptions::default());
        for (name, value) in [("n", "2"), ("style", "anime"), ("enhance", "False"), ("metadata", r#"{"a":"b"}"#)] {
            text.take(name, value);
        }
        let values = json!({"metadata": {"a": "b"}, "style": "anime", "enhance": false, "n": 2, "prompt": null});
        values.as_object().unwrap().iter().for_each(|(name, value)| json.take_json(name, value));
        assert!(text.take_faults().is_empty() && json.take_faults().is_empty());
        assert_eq!(text.canonical(), json.canonical());
    }

    #[test]
    fn what_cannot_be_is_told_by_name() {
        let long = "x".repeat(1_001);
        for (name, value) in [
            ("n", json!(5)),
            ("n", json!("2")),
            ("n", json!(1.5)),
            ("n", json!(-1)),
            ("enhance", json!("true")),
            ("prompt", json!(long)),
            ("end_user", json!("")),
            ("metadata", json!({"a": 1})),
            ("metadata", json!([])),
            ("commitment_salt", json!("short")),
            ("delivery", json!("pigeon")),
            ("max_cost_micro_usd", json!(-3)),
            ("style", json!({})),
            ("nothing", json!(1)),
        ] {
            let mut given = GivenOptions::default();
            given.take_json(name, &value);
            let faults = given.take_faults();
            assert_eq!(faults.iter().map(|fault| fault.option.as_str()).collect::<Vec<_>>(), [name], "{value}");
            assert_eq!(faults[0].unknown, name == "nothing");
        }
    }
}
