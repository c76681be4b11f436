//! Every value that a style offers can be seen.

use image::RgbImage;
use serde_json::Value;

use super::super::lexicon::read;
use super::super::{Found, render};
use super::person;
use super::wording::templates;

/// The studio's styles as data; the words of their choices stand in its prompts.
const FILES: [&str; 16] = [
    include_str!("../../../studio/styles/pvc-scale.json"),
    include_str!("../../../studio/styles/anime.json"),
    include_str!("../../../studio/styles/chibi.json"),
    include_str!("../../../studio/styles/capsule-toy.json"),
    include_str!("../../../studio/styles/action-figure.json"),
    include_str!("../../../studio/styles/vinyl-bighead.json"),
    include_str!("../../../studio/styles/brick-minifig.json"),
    include_str!("../../../studio/styles/plush.json"),
    include_str!("../../../studio/styles/resin-kit.json"),
    include_str!("../../../studio/styles/bronze-bust.json"),
    include_str!("../../../studio/styles/marble-bust.json"),
    include_str!("../../../studio/styles/voxel.json"),
    include_str!("../../../studio/styles/wooden-peg.json"),
    include_str!("../../../studio/styles/tin-soldier.json"),
    include_str!("../../../studio/styles/papercraft.json"),
    include_str!("../../../studio/styles/claymation.json"),
];

/// Least mean difference of two values' pictures, in steps of 255; nothing but the value differs between them.
const SEEN: f32 = 0.6;

fn picture(found: &Found, prompt: &str) -> RgbImage {
    render(found, &read(prompt), (112, 112), 1)
}

fn apart(a: &RgbImage, b: &RgbImage) -> f32 {
    let sum: u64 = a.as_raw().iter().zip(b.as_raw()).map(|(x, y)| u64::from(x.abs_diff(*y))).sum();
    sum as f32 / a.as_raw().len() as f32
}

/// Any two values of an option show, and none makes another style of the figure.
fn differ(option: &str) {
    let (found, templates) = (person(), templates());
    let mut alike = Vec::new();
    for file in FILES {
        let style: Value = serde_json::from_str(file).expect("a style");
        let id = style["id"].as_str().expect("an id");
        let choice = &style["looks"][option];
        let values = choice["values"].as_object().expect("values");
        let usual = values[choice["default"].as_str().expect("a default")].as_str().expect("words");
        let template = &templates[id];
        assert!(template.contains(usual), "{id}: {usual}");
        let prompts: Vec<(&String, String)> =
            values.iter().map(|(v, w)| (v, template.replacen(usual, w.as_str().expect("words"), 1))).collect();
        let pictures: Vec<RgbImage> = prompts.iter().map(|(_, p)| picture(&found, p)).collect();
        for (i, (a, prompt)) in prompts.iter().enumerate() {
            assert_eq!(read(prompt).id, id, "{option} {a}: {prompt}");
            for (j, (b, _)) in prompts.iter().enumerate().skip(i + 1) {
                let d = apart(&pictures[i], &pictures[j]);
                if d < SEEN {
                    alike.push(format!("{id}: {option} {a} and {b} are {d} apart"));
                }
            }
        }
    }
    assert!(alike.is_empty(), "{}", alike.join("\n"));
}

#[test]
fn every_base_shows() {
    differ("base");
}

#[test]
fn every_packaging_shows() {
    differ("packaging");
}

#[test]
fn every_setting_shows() {
    differ("setting");
}

#[test]
fn every_pose_shows() {
    differ("pose");
}
