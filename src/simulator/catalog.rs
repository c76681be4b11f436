//! The models that the simulator knows, and the pixels that they draw.

use super::refusal::Refusal;
use serde_json::{Value, json};

/// One model.
#[derive(Debug)]
pub(super) struct Model {
    pub(super) name: &'static str,
    /// Image sizes, empty for a text model.
    pub(super) sizes: &'static [&'static str],
    many_ratios: bool,
    /// Whether `imageSize` may be given.
    takes_size: bool,
    /// Aliases exist only on `v1beta`.
    beta_only: bool,
    input_limit: u32,
}

impl Model {
    pub(super) fn draws(&self) -> bool {
        !self.sizes.is_empty()
    }

    /// What `models.get` says.
    pub(super) fn described(&self) -> Value {
        json!({
            "name": format!("models/{}", self.name),
            "version": "001",
            "displayName": self.name,
            "description": "Served by the simulator.",
            "inputTokenLimit": self.input_limit,
            "outputTokenLimit": 32_768,
            "supportedGenerationMethods": ["generateContent"],
            "thinking": true,
        })
    }
}

const fn painter(name: &'static str, sizes: &'static [&'static str], many_ratios: bool) -> Model {
    Model { name, sizes, many_ratios, takes_size: true, beta_only: false, input_limit: 65_536 }
}

const fn writer(name: &'static str) -> Model {
    Model { name, sizes: &[], many_ratios: false, takes_size: false, beta_only: false, input_limit: 1_048_576 }
}

pub(super) static MODELS: &[Model] = &[
    painter("gemini-nano-banana-2.1", &["1K", "2K", "4K"], true),
    painter("gemini-3-pro-image", &["1K", "2K", "4K"], false),
    painter("gemini-3.1-flash-image", &["512", "1K", "2K", "4K"], true),
    painter("gemini-3.1-flash-lite-image", &["1K"], true),
    Model { takes_size: false, ..painter("gemini-2.5-flash-image", &["1K"], false) },
    writer("gemini-3.5-flash-lite"),
    writer("gemini-3.8-flash"),
    writer("gemini-3.1-flash-lite"),
    writer("gemini-4-argon"),
    Model { beta_only: true, ..writer("gemini-flash-latest") },
];

pub(super) fn find(name: &str, version: &str) -> Result<&'static Model, Refusal> {
    let name = name.strip_prefix("models/").unwrap_or(name);
    let found = MODELS.iter().find(|model| model.name == name);
    found.filter(|model| !model.beta_only || version == "v1beta").ok_or_else(|| Refusal::model_not_found(name, version))
}

/// Ratios with their pixels at 1K: the guide's table, and its 1-megapixel rule for the rest.
const RATIOS: [(&str, u32, u32, bool); 14] = [
    ("1:1", 1024, 1024, true),
    ("2:3", 848, 1264, true),
    ("3:2", 1264, 848, true),
    ("3:4", 896, 1200, true),
    ("4:3", 1200, 896, true),
    ("4:5", 928, 1152, true),
    ("5:4", 1152, 928, true),
    ("9:16", 768, 1376, true),
    ("16:9", 1376, 768, true),
    ("21:9", 1584, 672, true),
    ("1:4", 512, 2048, false),
    ("4:1", 2048, 512, false),
    ("1:8", 352, 2928, false),
    ("8:1", 2928, 352, false),
];

/// The pixels that a model draws for a ratio (none: the photo's own nearest) and a size.
pub(super) fn pixels(
    model: &Model,
    ratio: Option<&str>,
    size: Option<&str>,
    photo: (u32, u32),
) -> Result<(u32, u32), Refusal> {
    if size.is_some() && !model.takes_size {
        return Err(Refusal::invalid("Image size is not enabled for this model"));
    }
    let size = size.unwrap_or("1K");
    if !model.sizes.contains(&size) {
        return Err(Refusal::invalid(format!("Unsupported image size: {size}.")));
    }
    let nearest = nearest_ratio(photo);
    let known = RATIOS.iter().find(|(name, ..)| *name == ratio.unwrap_or(nearest));
    let Some((_, width, height, _)) = known.filter(|(.., usual)| *usual || model.many_ratios) else {
        return Err(Refusal::invalid("Aspect ratio is not enabled for this model"));
    };
    Ok(match size {
        "512" => (width / 2, height / 2),
        "2K" => (width * 2, height * 2),
        "4K" => (width * 4, height * 4),
        _ => (*width, *height),
    })
}

fn nearest_ratio((width, height): (u32, u32)) -> &'static str {
    let wanted = (f64::from(width.max(1)) / f64::from(height.max(1))).ln();
    let usual = RATIOS.iter().filter(|(.., usual)| *usual);
    let distance = |w: u32, h: u32| ((f64::from(w) / f64::from(h)).ln() - wanted).abs();
    let nearest = usual.min_by(|a, b| distance(a.1, a.2).total_cmp(&distance(b.1, b.2)));
    nearest.map_or("1:1", |(name, ..)| name)
}

/// Output tokens of one image, as Google counts them.
pub(super) fn image_tokens(model: &Model, size: Option<&str>) -> i64 {
    match (model.name, size.unwrap_or("1K")) {
        ("gemini-2.5-flash-image", _) => 1_290,
        ("gemini-3-pro-image", "4K") => 2_000,
        ("gemini-nano-banana-2.1", "4K") => 3_767,
        ("gemini-3-pro-image", _) | (_, "1K") => 1_120,
        (_, "512") => 747,
        (_, "2K") => 1_680,
        _ => 2_520,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(model: &str, ratio: Option<&str>, size: Option<&str>) -> Result<(u32, u32), u16> {
        let model = find(model, "v1").unwrap();
        pixels(model, ratio, size, (3024, 4032)).map_err(|refusal| refusal.http)
    }

    #[test]
    fn pixels_follow_the_guides_table() {
        let pro = "gemini-3-pro-image";
        assert_eq!(drawn(pro, Some("3:4"), Some("1K")), Ok((896, 1200)));
        assert_eq!(drawn(pro, Some("16:9"), Some("4K")), Ok((5504, 3072)));
        assert_eq!(drawn("gemini-3.1-flash-image", Some("2:3"), Some("512")), Ok((424, 632)));
        assert_eq!(drawn(pro, None, None), Ok((896, 1200)));
        assert_eq!(drawn(pro, Some("1:8"), None), Err(400));
        assert_eq!(drawn(pro, Some("3:4"), Some("1k")), Err(400));
        assert_eq!(drawn("gemini-2.5-flash-image", Some("3:4"), Some("1K")), Err(400));
    }

    #[test]
    fn every_ratio_has_its_shape_and_grows_by_whole_factors_of_its_size() {
        for (ratio, width, height, _) in RATIOS {
            let (across, down) = ratio.split_once(':').unwrap();
            let wanted = across.parse::<f64>().unwrap() / down.parse::<f64>().unwrap();
            let shape = f64::from(width) / f64::from(height);
            assert!((shape / wanted - 1.0).abs() < 0.05, "{ratio} is drawn as {shape}");
            for (size, factor) in [("1K", 1), ("2K", 2), ("4K", 4)] {
                let found = drawn("gemini-nano-banana-2.1", Some(ratio), Some(size));
                assert_eq!(found, Ok((width * factor, height * factor)), "{ratio} {size}");
            }
        }
    }

    #[test]
    fn aliases_exist_only_on_the_beta_version() {
        assert!(find("gemini-flash-latest", "v1beta").is_ok());
        assert_eq!(find("gemini-flash-latest", "v1").unwrap_err().http, 404);
    }
}
