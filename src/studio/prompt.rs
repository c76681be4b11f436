//! The prompt: subject, then style, material, base, setting, camera, light, then what must not appear.
//! Soft wording of likeness, no brands: demanding prompts are refused for photos of faces.

use super::style::Style;
use crate::domain::{Analysis, Minor, Options, SubjectKind};

/// The longest prompt that is used, in characters.
pub(super) const LONGEST: usize = 4_000;

/// The style's template filled in. Used as it is, or as the draft that the engine works out.
pub(super) fn compose(style: &Style, options: &Options, analysis: &Analysis) -> String {
    let looks = &style.looks;
    let (pose, scale) = (looks.pose.words(&options.pose), looks.scale.words(&options.scale));
    let base = looks.base.words(&options.base);
    let parts = [
        format!("A collectible figure, {scale}, of {}, {pose}.", subject(analysis)),
        facts(analysis),
        style.material.clone(),
        format!("It stands on {base}."),
        looks.packaging.words(&options.packaging).to_owned(),
        format!("The setting is {}.", looks.setting.words(&options.setting)),
        wishes(options, analysis),
        style.camera.clone(),
        style.light.clone(),
        LIKENESS.to_owned(),
        MUST_NOT.to_owned(),
    ];
    let text = parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ");
    text.chars().take(LONGEST).collect()
}

/// The caller's own wishes, told as such. They are dropped where the subject might be a child.
fn wishes(options: &Options, analysis: &Analysis) -> String {
    let words = options.prompt.iter().filter(|_| analysis.apparent_minor == Minor::None);
    let words = words.flat_map(|text| text.split_whitespace()).collect::<Vec<_>>().join(" ");
    let words: String = words.chars().filter(|c| !c.is_control()).collect();
    match words.trim_end_matches('.') {
        "" => String::new(),
        words => format!("The customer wishes: {words}."),
    }
}

const LIKENESS: &str = "Take hair, clothing, colors and silhouette from the photo, in the manner of a sculptor.";

const MUST_NOT: &str = "One complete figure alone in the picture. No words, no letters, no logos, no extra people.";

fn subject(analysis: &Analysis) -> &str {
    match analysis.subject {
        SubjectKind::Person => "the person in the photo",
        SubjectKind::People => "the people in the photo as one group",
        SubjectKind::Animal => "the animal in the photo",
        SubjectKind::Character => "the character in the photo",
        SubjectKind::Object => "the main thing in the photo",
    }
}

fn facts(analysis: &Analysis) -> String {
    let list = |label: &str, items: &[String]| match items {
        [] => String::new(),
        items => format!(" {label}: {}.", items.join(", ")),
    };
    let sentence = |text: &str| match text.trim().trim_end_matches('.') {
        "" => String::new(),
        text => format!("{text}."),
    };
    let pose = if analysis.pose.is_empty() { String::new() } else { format!(" Pose: {}", sentence(&analysis.pose)) };
    [
        sentence(&analysis.summary),
        pose,
        list("Wears", &analysis.attire),
        list("With", &analysis.accessories),
        list("Main colors", &analysis.palette),
    ]
    .concat()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{
        domain::{GivenOptions, PhotoReport},
        studio::{CheckedOptions, styles},
    };

    /// The renderer is tested against the same file, so that it knows each style by the template's words.
    #[test]
    fn every_template_reads_as_the_committed_prompts() {
        let committed: serde_json::Value = serde_json::from_str(include_str!("../../tests/data/prompts.json")).unwrap();
        let analysis: Analysis = serde_json::from_value(json!({
            "subject": "person", "count": 1, "summary": "One person in the middle of the picture; main colors: orange, brown.",
            "pose": "upright", "attire": ["orange clothing"], "palette": ["#c0562a"], "accessories": [],
            "apparent_minor": "none", "quality": {"usable": true, "issues": []}
        }))
        .unwrap();
        let photo: PhotoReport = serde_json::from_value(json!({
            "media_type": "image/jpeg", "width": 100, "height": 100, "oriented": false, "metadata_removed": [],
            "bytes": 1, "quality": {"usable": true, "issues": []}
        }))
        .unwrap();
        let composed = styles().iter().map(|style| {
            let mut given = GivenOptions::default();
            given.take("style", &style.id);
            let options = CheckedOptions::check(given, 3_600).unwrap().for_photo(Some(&photo));
            (style.id.clone(), compose(style, &options, &analysis).into())
        });
        let composed = serde_json::Value::Object(composed.collect());
        assert_eq!(composed, committed, "prompts.json should be:\n{composed:#}");
    }
}
