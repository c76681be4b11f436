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

mod anatomy;
mod backdrop;
mod base;
mod blocks;
mod body;
mod catalog;
mod color;
mod cut;
mod face;
mod facets;
mod features;
mod fit;
mod grade;
mod grain;
mod grid;
mod layout;
mod lexicon;
mod mascot;
mod mask;
mod mixture;
mod morphology;
mod noise;
mod observe;
mod package;
mod paint;
mod plate;
mod pose;
mod relief;
mod saliency;
mod scene;
mod shade;
mod smooth;
mod socle;
mod style;
mod superpixel;
#[cfg(test)]
mod tests;
mod vector;
mod warp;
mod words;

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
    let found = find(fit::photo(photo));
    let (w, h) = fit::working_size(brief.width, brief.height);
    let picture = render(&found, &style, (w, h), brief.seed);
    fit::enlarge(picture, brief.width.max(1), brief.height.max(1))
}

/// A photo and what was found in it.
struct Found {
    photo: grid::Picture,
    face: Option<face::Face>,
    mask: mask::Mask,
}

fn find(photo: grid::Picture) -> Found {
    let face = face::find(&photo).first().copied();
    let mask = mask::find(&photo, face.as_ref());
    Found { photo, face, mask }
}

fn render(found: &Found, style: &style::Style, frame: (usize, usize), seed: u64) -> RgbImage {
    let figure = form(found, style, frame, seed);
    let color = shade::shade(&figure, &style.finish, backdrop::floor_color(style.stage.setting));
    let at = layout::place(
        &figure.alpha,
        frame,
        base::thickness(style.stage.base),
        package::room(style.stage.package),
        figure.cut,
    );
    let lit = package::Lit { color: &color, alpha: &figure.alpha };
    let scene = scene::compose(&lit, &at, style.stage, figure.accent, seed);
    grade::develop(&scene, at.s, seed)
}

/// Cuts out, paints and raises the figure.
fn form(found: &Found, style: &style::Style, frame: (usize, usize), seed: u64) -> shade::Figure {
    let fit = layout::fit(frame.0, frame.1, style.stage.scale);
    let fit = (fit.0, fit.1 * pose::share(&style.form));
    let plate = plate::cut_out(&found.photo, &found.mask, found.face.as_ref(), fit);
    let plate = pose::strike(plate, &style.form, fit);
    let painted = paint::paint(&plate, &style.paint);
    let relief = relief::raise(&plate, &painted, &style.form);
    grain::apply(style, &plate, painted, relief, seed)
}
