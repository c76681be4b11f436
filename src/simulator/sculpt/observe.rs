//! What can be seen in a photo without a model.

use image::RgbImage;

use super::color::{display, luminance};
use super::grid::percentile;
use super::mask::Mode;
use super::{face, fit, mask, paint, plate};

/// What kind of subject it seems to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// At least one human face was found.
    Person,
    /// Something without a face that ends inside the frame.
    Object,
    /// Something that fills the frame.
    Closeup,
    /// Nothing could be told from its surroundings.
    Unclear,
}

/// What can be seen without a model.
#[derive(Clone, Debug)]
pub struct Observation {
    /// What kind of subject.
    pub subject: Subject,
    /// Faces, or 1.
    pub count: u32,
    /// Three to six display colours of the subject, most area first.
    pub palette: Vec<[u8; 3]>,
    /// The subject's share of the frame, 0..1.
    pub area: f32,
    /// Mean lightness of the photo, 0..1.
    pub brightness: f32,
    /// Strength of fine detail in the subject, 0 (blurred) to 1 (crisp).
    pub sharpness: f32,
    /// Span between dark and bright parts, 0..1.
    pub contrast: f32,
    /// Width of the subject's box over its height.
    pub aspect: f32,
    /// Middle of the subject; shares of width and height from the upper left.
    pub centre: (f32, f32),
    /// Whether the subject touches the lower edge of the photo.
    pub cut_off: bool,
    /// Mean strength of colour, 0 (grey) to 1 (vivid).
    pub colorfulness: f32,
}

/// Looks at a photo.
pub fn observe(photo: &RgbImage) -> Observation {
    let picture = fit::photo(photo);
    let faces = face::find(&picture);
    let mask = mask::find(&picture, faces.first());
    let (lab, alpha) = (&mask.lab, &mask.alpha);
    let bounds = plate::bounds(alpha);
    let light: Vec<f32> = lab.v.iter().map(|c| c.0 / 100.0).collect();
    let n = light.len() as f32;
    let chroma = lab.v.iter().map(|c| (c.1 * c.1 + c.2 * c.2).sqrt()).sum::<f32>() / n;
    let mut palette: Vec<[u8; 3]> = paint::main_colors(lab, alpha, 5).into_iter().map(display).collect();
    while palette.len() < 3 {
        palette.push(palette.last().copied().unwrap_or([128, 128, 128]));
    }
    let (w, h) = (alpha.w as f32, alpha.h as f32);
    Observation {
        subject: subject(mask.mode),
        count: (faces.len() as u32).max(1),
        palette,
        area: mask.area,
        brightness: light.iter().sum::<f32>() / n,
        sharpness: sharpness(&picture),
        contrast: (percentile(light.clone(), 0.95) - percentile(light, 0.05)).clamp(0.0, 1.0),
        aspect: (bounds.w / w * picture.w as f32) / (bounds.h / h * picture.h as f32).max(1e-3),
        centre: ((bounds.x + 0.5 * bounds.w) / w, (bounds.y + 0.5 * bounds.h) / h),
        cut_off: bounds.y + bounds.h > h - 2.0,
        colorfulness: (chroma / 60.0).clamp(0.0, 1.0),
    }
}

fn subject(mode: Mode) -> Subject {
    match mode {
        Mode::Person => Subject::Person,
        Mode::Object => Subject::Object,
        Mode::Closeup => Subject::Closeup,
        Mode::Medallion => Subject::Unclear,
    }
}

/// Strongest two per cent of the luminance's Laplacian, scaled so that a crisp photo reaches 1.
fn sharpness(picture: &super::grid::Picture) -> f32 {
    let light = picture.map(|c| luminance(c).max(0.0).sqrt());
    let edges: Vec<f32> = (0..light.v.len())
        .map(|i| {
            let (x, y) = ((i % light.w) as isize, (i / light.w) as isize);
            let around =
                light.clamped(x - 1, y) + light.clamped(x + 1, y) + light.clamped(x, y - 1) + light.clamped(x, y + 1);
            (around - 4.0 * light.clamped(x, y)).abs()
        })
        .collect();
    (percentile(edges, 0.98) / 0.35).clamp(0.0, 1.0)
}
