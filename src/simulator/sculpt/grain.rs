//! What the material itself adds to paint, outline and height.

use super::color::{hex, lab};
use super::features;
use super::grid::Grid;
use super::noise::fbm;
use super::paint::Painted;
use super::plate::Plate;
use super::relief::Relief;
use super::shade::Figure;
use super::style::{Grain, Style};
use super::vector::{V3, mix, smoothstep};

/// Finishes the figure's surface.
pub(super) fn apply(style: &Style, plate: &Plate, painted: Painted, relief: Relief, seed: u64) -> Figure {
    let mut figure = Figure {
        alpha: plate.alpha.clone(),
        albedo: painted.albedo,
        height: relief.height,
        depth: relief.depth,
        slope: style.form.slope,
    };
    if let Some((color, low, gain)) = style.paint.mono {
        let tint = hex(color);
        figure.albedo = figure.albedo.map(|c| tint * (low + gain * lab(c).0 / 100.0));
    }
    features::draw(&mut figure, plate, style.features);
    match style.grain {
        Grain::Smooth => {}
        Grain::Patina => patina(&mut figure, (seed & 0xffff) as u32),
    }
    figure
}

/// Verdigris in the hollows.
fn patina(figure: &mut Figure, seed: u32) {
    let hollow = figure.height.blur(6.0).zip(&figure.height, |g, h| g - h);
    let green = hex(0x3f_7a66);
    let (w, h) = (figure.alpha.w, figure.alpha.h);
    figure.albedo = Grid::build(w, h, |x, y| {
        let cloud = fbm(x as f32 * 0.012, y as f32 * 0.012, 4, seed);
        let k = smoothstep(0.15, 1.0, hollow.at(x, y) / 5.0 + 0.35 * (cloud - 0.45)) * 0.55;
        let worn: V3 = figure.albedo.at(x, y) * (0.82 + 0.36 * cloud);
        mix(worn, green, k)
    });
}
