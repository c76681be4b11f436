//! What the material itself adds to paint, outline and height.

use super::color::{hex, lab};
use super::grid::{Grid, Plane, Rect};
use super::noise::{Pcg, fbm, hash, value};
use super::paint::{Painted, accent, in_face};
use super::plate::{Plate, bounds};
use super::relief::Relief;
use super::shade::Figure;
use super::style::{Body, Grain, Style};
use super::vector::{V3, mix, smoothstep};
use super::{blocks, facets, features};

/// Finishes the figure's surface.
pub(super) fn apply(style: &Style, plate: &Plate, painted: Painted, relief: Relief, seed: u64) -> Figure {
    let accent = accent(&painted, &plate.alpha);
    let mut figure = Figure {
        cut: plate.cut,
        accent,
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
    if let Some(tone) = &plate.tone {
        figure.albedo = figure.albedo.zip(tone, |c, t| c * t);
    }
    let frontal = plate.face.as_ref().filter(|_| plate.frontal);
    let noise = (seed & 0xffff) as u32;
    if matches!(style.grain, Grain::Wood) {
        carve(&mut figure, noise);
    }
    features::draw(&mut figure, frontal, style.features);
    match style.grain {
        Grain::Smooth | Grain::Wood => {}
        Grain::Patina => patina(&mut figure, noise),
        Grain::Veins => veins(&mut figure, noise),
        Grain::Fur => fur(&mut figure, plate.face.as_ref(), noise),
        Grain::Brick if plate.solid.is_some() && style.form.body == Body::Minifig => {}
        Grain::Brick => blocks::bricks(&mut figure),
        Grain::Voxel => blocks::voxels(&mut figure, noise),
        Grain::Facets => facets::fold(&mut figure, noise),
        Grain::Clay => clay(&mut figure, plate.face.as_ref(), seed),
        Grain::Enamel => enamel(&mut figure, noise),
    }
    figure
}

/// Verdigris in the hollows.
fn patina(figure: &mut Figure, seed: u32) {
    let hollow = figure.height.blur(6.0).zip(&figure.height, |g, h| g - h);
    let green = hex(0x3f_7a66);
    paint_over(figure, |c, x, y| {
        let cloud = fbm(x as f32 * 0.012, y as f32 * 0.012, 4, seed);
        let k = smoothstep(0.15, 1.0, hollow.at(x, y) / 5.0 + 0.35 * (cloud - 0.45)) * 0.55;
        mix(c * (0.82 + 0.36 * cloud), green, k)
    });
}

fn paint_over(figure: &mut Figure, f: impl Fn(V3, usize, usize) -> V3 + Sync) {
    let albedo = &figure.albedo;
    figure.albedo = Grid::build(albedo.w, albedo.h, |x, y| f(albedo.at(x, y), x, y));
}

/// Grey veins: thin bands where a disturbed sine passes zero (Perlin, "An image synthesizer", 1985).
fn veins(figure: &mut Figure, seed: u32) {
    let k = 1.0 / figure.alpha.h as f32;
    paint_over(figure, |c, x, y| {
        let (u, v) = (x as f32 * k, y as f32 * k);
        let wander = fbm(u * 3.1, v * 3.1, 5, seed);
        let thin = fbm(u * 7.0 + 9.0, v * 7.0, 4, seed ^ 5);
        let major = (-((9.0 * u + 5.0 * v + 9.0 * wander).sin().abs()) / 0.07).exp();
        let minor = (-((15.0 * u - 11.0 * v + 12.0 * thin).sin().abs()) / 0.05).exp();
        mix(c, V3(0.20, 0.21, 0.25), (0.75 * major * smoothstep(0.35, 0.65, thin) + 0.40 * minor).min(0.7))
            * (0.94 + 0.12 * wander)
    });
}

/// Fibre noise of unit variance: white noise drawn out in three directions.
fn fibre(w: usize, h: usize, seed: u32) -> Plane {
    let white = |s: u32| Grid::build(w, h, move |x, y| hash(x as i32, y as i32, seed.wrapping_add(s)) - 0.5);
    let stretched = |p: Plane, rx: isize, ry: isize| {
        let k = 1.0 / ((2 * rx + 1) * (2 * ry + 1)) as f32;
        Grid::build(w, h, move |x, y| {
            let mut sum = 0.0;
            for j in -ry..=ry {
                for i in -rx..=rx {
                    sum += p.clamped(x as isize + i, y as isize + j);
                }
            }
            sum * k
        })
    };
    let (a, b, c) = (stretched(white(1), 0, 4), stretched(white(2), 3, 0), stretched(white(3), 1, 2));
    let sum = Grid::build(w, h, |x, y| a.at(x, y) + b.at(x, y) * 0.7 + c.at(x, y));
    let n = sum.v.len() as f32;
    let deviation = (sum.v.iter().map(|v| v * v).sum::<f32>() / n).sqrt().max(1e-6);
    sum.map(|v| (v / deviation).clamp(-3.0, 3.0))
}

/// Short pile, shorter on the face.
fn fur(figure: &mut Figure, face: Option<&Rect>, seed: u32) {
    let (w, h) = (figure.alpha.w, figure.alpha.h);
    let f = fibre(w, h, seed);
    let calm = Grid::build(w, h, |x, y| 1.0 - 0.6 * in_face(face, x as f32, y as f32));
    paint_over(figure, |c, x, y| c * (1.0 + 0.20 * f.at(x, y) * calm.at(x, y)).max(0.2));
    let depth = figure.depth;
    let patches = Grid::build(w, h, |x, y| value(x as f32 * 0.035, y as f32 * 0.035, seed) - 0.5);
    figure.height = Grid::build(w, h, |x, y| {
        figure.height.at(x, y)
            + depth * (0.009 * f.at(x, y) * calm.at(x, y) + 0.03 * patches.at(x, y) * figure.alpha.at(x, y))
    });
    seam(figure, face);
    let soft = figure.alpha.blur(4.5);
    figure.alpha = Grid::build(w, h, |x, y| {
        smoothstep(0.36, 0.56, soft.at(x, y) + 0.11 * f.at(x, y) * (1.0 - (2.0 * soft.at(x, y) - 1.0).abs()))
    });
}

/// A seam down the middle, sewn across in short stitches; it leaves the face free.
fn seam(figure: &mut Figure, face: Option<&Rect>) {
    let b = bounds(&figure.alpha);
    let axis = face.map_or(b.x + 0.5 * b.w, |f| f.x + 0.5 * f.w);
    let (gap, reach) = (0.022 * b.h, 0.016 * b.h);
    let thread = 0.0035 * b.h;
    let strength = if face.is_some() { 1.0 } else { 0.5 };
    let free = |x: usize, y: usize| strength * (1.0 - in_face(face, x as f32, y as f32));
    let groove = |x: usize| (-((x as f32 - axis) / (1.6 * thread)).powi(2)).exp();
    let stitch = |x: usize, y: usize| {
        let (off, row) = (x as f32 - axis, (y as f32 - 0.4 * (x as f32 - axis)) / gap);
        let across = smoothstep(thread, 0.4 * thread, (row - row.round()).abs() * gap);
        across * smoothstep(reach, 0.8 * reach, off.abs())
    };
    let depth = figure.depth;
    let height = &figure.height;
    figure.height = Grid::build(height.w, height.h, |x, y| {
        height.at(x, y) + depth * free(x, y) * (0.05 * stitch(x, y) - 0.10 * groove(x))
    });
    paint_over(figure, |c, x, y| {
        let dark = mix(c, c * 0.45, 0.8 * groove(x) * free(x, y));
        mix(dark, c * 0.30, 0.75 * stitch(x, y) * free(x, y))
    });
}

/// Turned wood under thin paint.
fn carve(figure: &mut Figure, seed: u32) {
    let (light, dark) = (hex(0xd9_a872), hex(0x9a_6234));
    let height = figure.height.clone();
    paint_over(figure, |c, x, y| {
        let (u, v) = (x as f32, y as f32);
        let flow = fbm(u * 0.010, v * 0.0035, 3, seed);
        let rings = 0.5 + 0.5 * (2.2 * (0.05 * u + 9.0 * flow + 0.12 * height.at(x, y))).sin();
        let pores = fbm(u * 0.35, v * 0.018, 2, seed ^ 9);
        let wood = mix(light, dark, 0.55 * rings * rings + 0.25 * (pores - 0.4));
        mix(c, wood, 0.30) * (1.0 - 0.16 * rings * rings - 0.14 * (pores - 0.5))
    });
}

/// Lumps, thumb marks and an unsteady outline.
fn clay(figure: &mut Figure, face: Option<&Rect>, seed: u64) {
    let (w, h) = (figure.alpha.w, figure.alpha.h);
    let noise = (seed & 0xffff) as u32;
    let wobble = |x: usize, y: usize, s: u32| (fbm(x as f32 * 0.022, y as f32 * 0.022, 2, noise ^ s) - 0.5) * 14.0;
    let moved = Grid::build(w, h, |x, y| figure.alpha.bilinear(x as f32 + wobble(x, y, 3), y as f32 + wobble(x, y, 8)));
    figure.alpha = moved;
    let mut rng = Pcg::new(seed ^ 0xc1a7);
    let prints: Vec<(f32, f32, f32, f32)> = (0..34)
        .map(|_| {
            (rng.unit() * w as f32, rng.unit() * h as f32, rng.between(0.035, 0.06) * w as f32, rng.between(0.0, 6.3))
        })
        .collect();
    let depth = figure.depth;
    let bumps = Grid::build(w, h, |x, y| {
        let (u, v) = (x as f32, y as f32);
        let calm = 1.0 - 0.8 * in_face(face, u, v);
        let lumps = 0.05 * (fbm(u * 0.022, v * 0.022, 3, noise) - 0.5);
        let marks: f32 = prints.iter().map(|p| print(p, u, v)).sum();
        depth * calm * (lumps + 0.012 * marks)
    });
    figure.height = figure.height.zip(&bumps, |h, b| h + b);
    paint_over(figure, |c, x, y| c * (0.92 + 0.16 * fbm(x as f32 * 0.05, y as f32 * 0.05, 2, noise.wrapping_add(21))));
}

/// One thumb mark: a shallow dent with ridges.
fn print(&(cx, cy, r, turn): &(f32, f32, f32, f32), x: f32, y: f32) -> f32 {
    let (dx, dy) = (x - cx, (y - cy) * 0.72);
    let q = (dx * dx + dy * dy) / (r * r);
    if q >= 1.0 {
        return 0.0;
    }
    let bend = (dx * turn.cos() + dy * turn.sin()) * 0.25;
    let ridges = ((q.sqrt() * r + bend) * 1.5).sin();
    (1.0 - q) * (0.22 * ridges - 1.1 * (1.0 - q))
}

/// Thick gloss paint that has come off here and there, down to the metal.
fn enamel(figure: &mut Figure, seed: u32) {
    let high = figure.height.blur(8.0);
    let metal = hex(0xb9_bec6);
    let height = figure.height.clone();
    paint_over(figure, |c, x, y| {
        let (u, v) = (x as f32, y as f32);
        let worn = (height.at(x, y) - high.at(x, y)) / 30.0 + 1.5 * (fbm(u * 0.045, v * 0.045, 4, seed) - 0.65);
        let chip = smoothstep(0.20, 0.26, worn);
        mix(c * (0.95 + 0.1 * value(u * 0.3, v * 0.3, seed)), metal, 0.9 * chip)
    });
}
