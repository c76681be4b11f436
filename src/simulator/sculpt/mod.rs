//! Turns a photo into a picture of a collectible figure without a generative model: finds the subject, lifts it off
//! its background, raises a relief, paints, lights and stages it. Pure and deterministic: the same photo, brief and
//! size give the same bytes.
#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    clippy::cast_possible_wrap,
    clippy::many_single_char_names,
    clippy::similar_names,
    reason = "pixel arithmetic moves between coordinates and numbers all the time, within small ranges"
)]

mod backdrop;
mod base;
mod color;
mod cut;
mod face;
mod features;
mod fit;
mod grade;
mod grain;
mod grid;
mod layout;
mod lexicon;
mod mask;
mod mixture;
mod morphology;
mod noise;
mod observe;
mod package;
mod paint;
mod plate;
mod relief;
mod saliency;
mod scene;
mod shade;
mod smooth;
mod style;
mod superpixel;
mod vector;
mod warp;

use image::RgbImage;

pub use observe::{Observation, Subject, observe};

/// What is to be made, in the ordinary words of an image prompt.
#[derive(Clone, Copy, Debug)]
pub struct Brief<'a> {
    /// Describes material, base, packaging and setting; unknown words are passed over.
    pub prompt: &'a str,
    /// Width of the picture; pixels, at least 1.
    pub width: u32,
    /// Height of the picture; pixels, at least 1.
    pub height: u32,
    /// Varies texture, backdrop and grain.
    pub seed: u64,
}

/// Makes the figure. Never fails: from a photo without a subject it makes a medallion.
pub fn sculpt(photo: &RgbImage, brief: &Brief<'_>) -> RgbImage {
    let style = lexicon::read(brief.prompt);
    let photo = fit::photo(photo);
    let (w, h) = fit::working_size(brief.width, brief.height);
    let picture = render(&photo, &style, (w, h), brief.seed);
    fit::enlarge(picture, brief.width.max(1), brief.height.max(1))
}

fn render(photo: &grid::Picture, style: &style::Style, frame: (usize, usize), seed: u64) -> RgbImage {
    let faces = face::find(photo);
    let face = faces.first();
    let mask = mask::find(photo, face);
    let plate = plate::cut_out(photo, &mask, face, layout::fit(frame.0, frame.1, 1.0));
    let plate = warp::grow_head(plate, style.form.head);
    let painted = paint::paint(&plate, &style.paint);
    let relief = relief::raise(&plate, &painted, &style.form);
    let accent = paint::accent(&painted, &plate.alpha);
    let figure = grain::apply(style, &plate, painted, relief, seed);
    let floor = backdrop::floor_color(style.stage.setting);
    let color = shade::shade(&figure, &style.finish, floor);
    let at = layout::place(&figure.alpha, frame, base::thickness(style.stage.base), plate.cut);
    let lit = package::Lit { color: &color, alpha: &figure.alpha };
    let scene = scene::compose(&lit, &at, style.stage, accent, seed);
    grade::develop(&scene, at.s, seed)
}
// DEBUG
/// debug
#[doc(hidden)]
pub fn debug_mask(photo: &RgbImage) -> RgbImage {
    let p = fit::photo(photo);
    let faces = face::find(&p);
    let m = mask::find(&p, faces.first());
    let (w, h) = (m.alpha.w, m.alpha.h);
    let e = saliency::gather(&m.lab);
    let mut out = RgbImage::new(w as u32 * 5, h as u32);
    for y in 0..h {
        for x in 0..w {
            let c = color::display(color::unlab(m.lab.at(x, y)));
            let a = m.alpha.at(x, y);
            out.put_pixel(x as u32, y as u32, image::Rgb(c));
            out.put_pixel((x + w) as u32, y as u32, image::Rgb(c.map(|v| (f32::from(v) * (0.2 + 0.8 * a)) as u8)));
            for (k, p) in [&e.saliency, &e.background, &m.alpha].iter().enumerate() {
                out.put_pixel((x + w * (2 + k)) as u32, y as u32, image::Rgb([(p.at(x, y) * 255.0) as u8; 3]));
            }
        }
    }
    eprintln!("{:?} area {} face {:?}", m.mode, m.area, faces.first());
    out
}
