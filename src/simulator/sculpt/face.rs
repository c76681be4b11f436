//! Faces, by the `SeetaFace` funnel cascade (Wu et al., "Funnel-structured cascade for multi-view face detection
//! with alignment-awareness", 2016) as ported by the crate `rustface`.

use super::color::luminance;
use super::grid::Picture;

/// A face box; lengths are shares of the photo's longest side.
#[derive(Clone, Copy, Debug)]
pub(super) struct Face {
    /// Left edge.
    pub(super) x: f32,
    /// Upper edge.
    pub(super) y: f32,
    pub(super) w: f32,
    pub(super) h: f32,
    /// How certain the detector is; frontal faces reach 20, profiles 6.
    pub(super) score: f32,
}

/// Longest side at which faces are looked for; pixels.
const LONGEST: usize = 320;
/// Least side of a photo worth searching, at that size; pixels.
const LEAST: usize = 48;

/// All faces, the most certain first, then by position.
pub(super) fn find(photo: &Picture) -> Vec<Face> {
    let scale = LONGEST as f32 / photo.w.max(photo.h) as f32;
    let side = |n: usize| ((n as f32 * scale).round() as usize).max(1);
    let (w, h) = (side(photo.w), side(photo.h));
    if w.min(h) < LEAST {
        return Vec::new();
    }
    let small = photo.resized(w, h);
    let gray: Vec<u8> = small.v.iter().map(|&c| (luminance(c).clamp(0.0, 1.0).powf(1.0 / 2.2) * 255.0) as u8).collect();
    let mut faces = detect(&gray, w as u32, h as u32);
    faces.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.y.total_cmp(&b.y)).then(a.x.total_cmp(&b.x)));
    faces
}

#[cfg(not(face_model))]
fn detect(_gray: &[u8], _w: u32, _h: u32) -> Vec<Face> {
    Vec::new()
}

#[cfg(face_model)]
fn detect(gray: &[u8], w: u32, h: u32) -> Vec<Face> {
    use std::sync::LazyLock;

    static MODEL: LazyLock<Option<rustface::Model>> =
        LazyLock::new(|| rustface::read_model(include_bytes!(concat!(env!("OUT_DIR"), "/face.bin")).as_slice()).ok());
    let Some(model) = MODEL.as_ref() else {
        return Vec::new();
    };
    let mut detector = rustface::create_detector_with_model(model.clone());
    detector.set_min_face_size(24);
    detector.set_score_thresh(2.0);
    detector.set_pyramid_scale_factor(0.8);
    detector.set_slide_window_step(4, 4);
    let unit = 1.0 / LONGEST as f32;
    let boxes = detector.detect(&rustface::ImageData::new(gray, w, h));
    boxes
        .iter()
        .map(|f| {
            let b = f.bbox();
            Face {
                x: b.x() as f32 * unit,
                y: b.y() as f32 * unit,
                w: b.width() as f32 * unit,
                h: b.height() as f32 * unit,
                score: f.score() as f32,
            }
        })
        .collect()
}
