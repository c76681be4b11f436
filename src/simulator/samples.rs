//! The captured bodies, by name, with real pictures where the samples have placeholders.

use image::{ImageFormat, Rgb, RgbImage};
use serde::Deserialize;
use serde_json::Value;
use std::io::Cursor;

const SAMPLES: &str = include_str!("samples.json");

#[derive(Deserialize)]
struct Samples {
    errors: Vec<Sample>,
    responses: Vec<Sample>,
}

/// One captured answer.
#[derive(Deserialize)]
pub(super) struct Sample {
    name: String,
    pub(super) http: u16,
    pub(super) body: Value,
}

/// The sample of that name.
pub(super) fn find(name: &str) -> Option<Sample> {
    let samples: Samples = serde_json::from_str(SAMPLES).ok()?;
    let mut all = samples.errors.into_iter().chain(samples.responses);
    let mut sample = all.find(|sample| sample.name == name)?;
    fill(&mut sample.body);
    Some(sample)
}

/// Drafts are gray, what is final is red.
fn fill(value: &mut Value) {
    match value {
        Value::String(text) => match text.as_str() {
            "<draft>" | "<draft1>" | "<draft2>" => *text = picture([128, 128, 128]),
            "<final>" | "<base64>" => *text = picture([200, 30, 30]),
            "<id>" => "simulated".clone_into(text),
            _ => {}
        },
        Value::Array(items) => items.iter_mut().for_each(fill),
        Value::Object(members) => members.values_mut().for_each(fill),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn picture(colour: [u8; 3]) -> String {
    let mut jpeg = Cursor::new(Vec::new());
    let pixels = RgbImage::from_pixel(16, 16, Rgb(colour));
    // Writing 16 by 16 pixels to memory cannot fail; an empty picture would show in any test.
    let _ = pixels.write_to(&mut jpeg, ImageFormat::Jpeg);
    base64_simd::STANDARD.encode_to_string(jpeg.into_inner())
}
