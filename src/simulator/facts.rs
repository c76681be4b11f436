//! What the simulator can say of a photo, in the words that schemas ask for.

use super::sculpt::{Observation, Subject};

/// Answers by property name; what is not known is left to the schema's neutral values.
pub(super) struct Facts {
    subject: &'static [&'static str],
    count: u32,
    colours: Vec<[u8; 3]>,
    issues: Vec<&'static str>,
    pose: &'static str,
    /// Whether there is a person to be dressed.
    dressed: bool,
    /// The prompt that was to be made better, in one paragraph.
    draft: Option<String>,
}

impl Facts {
    /// What can be seen in a photo.
    pub(super) fn seen(photo: &Observation) -> Self {
        let issue = |found: bool, name| found.then_some(name);
        let issues = [
            issue(photo.brightness < 0.12, "too_dark"),
            issue(photo.brightness > 0.93, "too_bright"),
            issue(photo.sharpness < 0.04, "blurry"),
            issue(photo.contrast < 0.03, "low_contrast"),
        ];
        Self {
            subject: match photo.subject {
                Subject::Person => &["person", "human", "people", "portrait", "character"],
                Subject::Object => &["object", "thing", "item", "other"],
                Subject::Closeup | Subject::Unclear => &["closeup", "close_up", "object", "other"],
            },
            count: photo.count,
            colours: photo.palette.iter().copied().take(6).collect(),
            issues: issues.into_iter().flatten().collect(),
            pose: if photo.aspect > WIDE { "lying or stretched out" } else { "upright" },
            dressed: photo.subject == Subject::Person,
            draft: None,
        }
    }

    /// What is said when photos are not looked at.
    pub(super) fn unseen() -> Self {
        Self {
            subject: &["person"],
            count: 1,
            colours: vec![[0x33, 0x66, 0x99]],
            issues: Vec::new(),
            pose: "upright",
            dressed: true,
            draft: None,
        }
    }

    /// What can be said of words alone.
    pub(super) fn of_words(words: &str) -> Self {
        Self { draft: Some(tidied(words)), ..Self::unseen() }
    }

    /// A text; several, from the best to the worst, where a schema may list its own.
    pub(super) fn texts(&self, property: &str) -> Vec<String> {
        let one = |text: &str| vec![text.to_owned()];
        match property {
            "subject" | "kind" => self.subject.iter().map(|s| (*s).to_owned()).collect(),
            "prompt" => vec![self.draft.clone().unwrap_or_else(|| self.summary())],
            "summary" | "description" => vec![self.summary()],
            "pose" => one(self.pose),
            "hair" => one("as in the photo"),
            "expression" => one("calm"),
            _ => self.draft.clone().into_iter().collect(),
        }
    }

    /// A list of texts.
    pub(super) fn lists(&self, property: &str) -> Vec<String> {
        match property {
            "palette" | "colors" => self.colours.iter().copied().map(hex).collect(),
            "issues" => self.issues.iter().map(|issue| (*issue).to_owned()).collect(),
            "attire" | "clothing" if self.dressed => {
                let main = self.colours.first().copied().map_or("plain", colour_name);
                vec![format!("{main} clothing")]
            }
            _ => Vec::new(),
        }
    }

    pub(super) fn number(&self, property: &str) -> Option<u32> {
        matches!(property, "count" | "subject_count" | "subjectCount").then_some(self.count)
    }

    pub(super) fn flag(&self, property: &str) -> bool {
        match property {
            "usable" => !self.issues.iter().any(|issue| issue.starts_with("too_dark")),
            _ => false,
        }
    }

    fn summary(&self) -> String {
        let subject = self.subject.first().copied().unwrap_or("subject");
        let mut names: Vec<&str> = self.colours.iter().copied().map(colour_name).collect();
        names.dedup();
        let colours = if names.is_empty() { "plain".to_owned() } else { names.join(", ") };
        match self.count {
            0 | 1 => format!("One {subject} in the middle of the picture; main colors: {colours}."),
            count => format!("{count} subjects, of the kind {subject}; main colors: {colours}."),
        }
    }
}

/// A subject wider than this times its height is not upright.
const WIDE: f32 = 1.4;

/// The longest prompt that is made; longer drafts are cut at a word.
const PROMPT_CHARS: usize = 4000;

/// One paragraph: a draft given as JSON is taken out of it, white space is made single.
fn tidied(words: &str) -> String {
    let value = serde_json::from_str::<serde_json::Value>(words).ok();
    let inner = value.as_ref().and_then(|v| v.get("draft").or_else(|| v.get("prompt"))?.as_str());
    let mut paragraph = String::new();
    for word in inner.unwrap_or(words).split_whitespace() {
        if paragraph.chars().count() + word.chars().count() >= PROMPT_CHARS {
            break;
        }
        if !paragraph.is_empty() {
            paragraph.push(' ');
        }
        paragraph.push_str(word);
    }
    paragraph
}

fn hex([red, green, blue]: [u8; 3]) -> String {
    format!("#{red:02x}{green:02x}{blue:02x}")
}

const NAMED: [(&str, [u8; 3]); 12] = [
    ("black", [15, 15, 15]),
    ("white", [240, 240, 240]),
    ("gray", [128, 128, 128]),
    ("red", [190, 40, 40]),
    ("orange", [230, 130, 40]),
    ("yellow", [235, 210, 60]),
    ("green", [60, 150, 70]),
    ("teal", [50, 140, 140]),
    ("blue", [50, 90, 180]),
    ("purple", [120, 70, 160]),
    ("brown", [110, 75, 50]),
    ("beige", [215, 190, 160]),
];

fn colour_name(colour: [u8; 3]) -> &'static str {
    let distance = |named: &[u8; 3]| -> u32 {
        let pairs = named.iter().zip(colour);
        pairs.map(|(a, b)| u32::from(a.abs_diff(b)).pow(2)).sum()
    };
    let nearest = NAMED.iter().min_by_key(|(_, named)| distance(named));
    nearest.map_or("plain", |(name, _)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_draft_becomes_one_bounded_paragraph() {
        assert_eq!(tidied(" a\n\n b\tc "), "a b c");
        assert_eq!(tidied(r#"{"draft":"x  y","style":"z"}"#), "x y");
        assert!(tidied(&"word ".repeat(5000)).chars().count() <= PROMPT_CHARS);
    }

    #[test]
    fn colours_have_ordinary_names() {
        assert_eq!(colour_name([200, 30, 30]), "red");
        assert_eq!(hex([200, 30, 0]), "#c81e00");
    }
}
