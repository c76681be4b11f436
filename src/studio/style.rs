//! Styles: data files that say what a figure is made of and what may be chosen about it.

use std::{collections::BTreeMap, sync::LazyLock};

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::domain::{AspectRatio, GivenOptions, OptionFault, Options, PhotoReport};

/// The style that is used when none is given.
pub const DEFAULT_STYLE: &str = "pvc-scale";

const FILES: [&str; 16] = [
    include_str!("styles/pvc-scale.json"),
    include_str!("styles/anime.json"),
    include_str!("styles/chibi.json"),
    include_str!("styles/capsule-toy.json"),
    include_str!("styles/action-figure.json"),
    include_str!("styles/vinyl-bighead.json"),
    include_str!("styles/brick-minifig.json"),
    include_str!("styles/plush.json"),
    include_str!("styles/resin-kit.json"),
    include_str!("styles/bronze-bust.json"),
    include_str!("styles/marble-bust.json"),
    include_str!("styles/voxel.json"),
    include_str!("styles/wooden-peg.json"),
    include_str!("styles/tin-soldier.json"),
    include_str!("styles/papercraft.json"),
    include_str!("styles/claymation.json"),
];

static STYLES: LazyLock<Vec<Style>> =
    LazyLock::new(|| FILES.iter().filter_map(|text| serde_json::from_str(text).ok()).collect());

/// A style of figure.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Style {
    /// Its id.
    #[schema(example = "pvc-scale")]
    pub id: String,
    /// Grows with every change of what it makes.
    pub version: u32,
    /// Its name, for people.
    pub title: String,
    /// What comes out, in one sentence.
    pub description: String,
    /// Whether it is used when the subject might be a child.
    pub child_safe: bool,
    /// What the figure is made of, as it stands in the prompt.
    pub material: String,
    /// How it is looked at, as it stands in the prompt.
    pub camera: String,
    /// How it is lit, as it stands in the prompt.
    pub light: String,
    /// What may be chosen: `base`, `packaging`, `setting`, `pose` and `scale`.
    pub looks: Looks,
}

/// What may be chosen about a style.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Looks {
    /// What the figure stands on.
    pub base: Choice,
    /// What it comes in.
    pub packaging: Choice,
    /// Where it stands.
    pub setting: Choice,
    /// How it stands.
    pub pose: Choice,
    /// How large it pretends to be.
    pub scale: Choice,
}

/// The values of one option, each with the words that stand for it in the prompt.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Choice {
    /// The value that is used when none is given.
    pub default: String,
    /// Every value, and its words.
    pub values: BTreeMap<String, String>,
}

impl Choice {
    /// The words for a value; empty for a value that it does not have.
    pub fn words(&self, value: &str) -> &str {
        self.values.get(value).map_or("", String::as_str)
    }

    fn pick(&self, name: &str, given: &mut BTreeMap<String, String>) -> Result<String, OptionFault> {
        let Some(value) = given.remove(name) else { return Ok(self.default.clone()) };
        if self.values.contains_key(&value) {
            return Ok(value);
        }
        let values: Vec<_> = self.values.keys().map(String::as_str).collect();
        Err(OptionFault::invalid(name, format!("must be one of: {}", values.join(", "))))
    }
}

/// Every style, in the order in which they are listed.
pub fn styles() -> &'static [Style] {
    &STYLES
}

/// One style.
pub fn style(id: &str) -> Option<&'static Style> {
    styles().iter().find(|style| style.id == id)
}

/// The options that were given, checked against their style before a photo is seen.
#[derive(Debug, Clone)]
pub struct CheckedOptions {
    options: Options,
    follow_photo: bool,
}

impl CheckedOptions {
    /// Checks what was given and fills in the rest. `longest_retention` is the server's, in seconds.
    ///
    /// # Errors
    /// Every fault at once.
    pub fn check(mut given: GivenOptions, longest_retention: u64) -> Result<Self, Vec<OptionFault>> {
        let mut faults = given.take_faults();
        let id = given.style.take().unwrap_or_else(|| DEFAULT_STYLE.to_owned());
        let Some(style) = style(&id) else {
            faults.push(unknown_style());
            return Err(faults);
        };
        let mut pick = |name: &str, choice: &Choice| {
            choice.pick(name, &mut given.looks).unwrap_or_else(|fault| {
                faults.push(fault);
                String::new()
            })
        };
        let Looks { base, packaging, setting, pose, scale } = &style.looks;
        let (base, packaging) = (pick("base", base), pick("packaging", packaging));
        let (setting, pose, scale) = (pick("setting", setting), pick("pose", pose), pick("scale", scale));
        let retention_seconds = retention(&given, longest_retention).map_err(|fault| faults.push(fault));
        let (Ok(retention_seconds), true) = (retention_seconds, faults.is_empty()) else { return Err(faults) };
        let options = Options {
            style: id,
            style_version: style.version,
            base,
            packaging,
            setting,
            pose,
            scale,
            aspect_ratio: given.aspect_ratio.unwrap_or(AspectRatio::nearest(1, 1)),
            size: given.size.unwrap_or_default(),
            n: given.n.unwrap_or(1),
            format: given.format.unwrap_or_default(),
            enhance: given.enhance.unwrap_or(true),
            delivery: given.delivery.unwrap_or_default(),
            seed: given.seed,
            retention_seconds,
            prompt: given.prompt,
            max_cost_micro_usd: given.max_cost_micro_usd,
        };
        Ok(Self { options, follow_photo: given.aspect_ratio.is_none() })
    }

    /// The options, but for the ratio where it follows the photo.
    pub fn options(&self) -> &Options {
        &self.options
    }

    /// The effective options for a photo, where there is one. A ratio that follows it is one of those that are drawn.
    #[must_use]
    pub fn for_photo(mut self, photo: Option<&PhotoReport>, draws: impl Fn(AspectRatio) -> bool) -> Options {
        if let Some(photo) = photo.filter(|_| self.follow_photo) {
            self.options.aspect_ratio = AspectRatio::nearest_of(photo.width, photo.height, draws);
        }
        self.options
    }
}

fn retention(given: &GivenOptions, longest: u64) -> Result<u64, OptionFault> {
    let seconds = given.retention_seconds.unwrap_or(longest);
    if (0..=longest).contains(&seconds) {
        return Ok(seconds);
    }
    Err(OptionFault::invalid("retention_seconds", format!("must be from 0 to {longest}")))
}

fn unknown_style() -> OptionFault {
    let ids: Vec<_> = styles().iter().map(|style| style.id.as_str()).collect();
    OptionFault::invalid("style", format!("must be one of: {}", ids.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_style_file_is_read_and_its_defaults_are_among_its_values() {
        assert_eq!(styles().len(), FILES.len());
        assert!(style(DEFAULT_STYLE).is_some());
        for style in styles() {
            let Looks { base, packaging, setting, pose, scale } = &style.looks;
            for choice in [base, packaging, setting, pose, scale] {
                assert!(choice.values.contains_key(&choice.default), "{} {choice:?}", style.id);
            }
        }
    }

    #[test]
    fn every_style_file_fits_the_schema_and_the_schema_refuses_others() {
        let schema = serde_json::from_str(include_str!("../../tests/data/style.schema.json")).unwrap();
        let schema = jsonschema::validator_for(&schema).unwrap();
        for (text, style) in FILES.iter().zip(styles()) {
            let mut file = serde_json::from_str(text).unwrap();
            if let Err(fault) = schema.validate(&file) {
                panic!("{}: {} at {}", style.id, fault, fault.instance_path());
            }
            for (place, wrong) in [("/version", "1"), ("/looks/base/default", "Black Disc"), ("/light", "soft")] {
                let right = std::mem::replace(file.pointer_mut(place).unwrap(), wrong.into());
                assert!(!schema.is_valid(&file), "{} with {wrong:?} at {place}", style.id);
                *file.pointer_mut(place).unwrap() = right;
            }
        }
    }

    #[test]
    fn every_fault_of_the_options_is_told_at_once() {
        let mut given = GivenOptions::default();
        for (name, value) in [("color", "red"), ("base", "jelly"), ("pose", "flying"), ("retention_seconds", "4000")] {
            given.take(name, value);
        }
        let faults = CheckedOptions::check(given, 3_600).unwrap_err();
        let names: Vec<_> = faults.iter().map(|fault| fault.option.as_str()).collect();
        assert_eq!(names, ["color", "base", "pose", "retention_seconds"]);
    }
}
