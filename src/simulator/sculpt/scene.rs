//! Puts the lit figure into its surroundings.

use super::backdrop;
use super::base;
use super::grid::{Grid, Picture};
use super::layout::Layout;
use super::package::{self, Lit};
use super::style::{Base, Stage};
use super::vector::{V3, bell, mix, smoothstep};

/// Composes the picture in linear light; `accent` is a leading colour of the figure.
pub(super) fn compose(lit: &Lit<'_>, at: &Layout, stage: Stage, accent: V3, seed: u64) -> Picture {
    let back = backdrop::paint(stage.setting, at, seed);
    let back = package::behind(back, stage.package, at, lit, accent).blur(0.8);
    let mut scene = Grid::build(at.w, at.h, |x, y| {
        let behind = back.bilinear((x as f32 - 0.5) * 0.5, (y as f32 - 0.5) * 0.5);
        behind * base::cast(at, x as f32 + 0.5, y as f32 + 0.5)
    });
    let low = at.figure.y + at.figure.h;
    base::draw(&mut scene, stage.base, at, &|x, y| {
        let (px, py) = (x - at.left, 2.0 * low - y - at.up);
        if py < 0.0 || px < 0.0 || px >= lit.alpha.w as f32 || py >= lit.alpha.h as f32 {
            return (V3::default(), 0.0);
        }
        (lit.color.bilinear(px, py), lit.alpha.bilinear(px, py))
    });
    ground(&mut scene, at, stage.base);
    if at.peg {
        peg(&mut scene, at);
    }
    place(&mut scene, lit, at);
    package::front(&mut scene, stage.package, at);
    scene
}

/// The figure's own shadow on the base; without it everything floats.
fn ground(scene: &mut Picture, at: &Layout, base: Base) {
    let y = at.figure.y + at.figure.h;
    let (rx, ry) = (at.foot.max(0.10 * at.rx) * 1.12, (0.56 * at.ry).max(at.foot * 0.22));
    let strength = match base {
        Base::Acrylic => 0.42,
        Base::Gloss
        | Base::Stone
        | Base::Marble
        | Base::Wood
        | Base::Studs
        | Base::White
        | Base::Steel
        | Base::Grass
        | Base::Tin
        | Base::Cup => 0.62,
    };
    for j in 0..at.h {
        for i in 0..at.w {
            let (px, py) = (i as f32 + 0.5, j as f32 + 0.5);
            let on = smoothstep(1.02, 0.98, ((px - at.cx) / at.rx).powi(2) + ((py - at.top) / at.ry).powi(2));
            if on > 0.0 {
                let (u, v) = ((px - at.foot_x - 0.06 * at.rx) / rx, (py - y + 0.35 * ry) / ry);
                let k = 1.0 - strength * on * bell(1.2 * (u * u + v * v)).min(1.0);
                let c = &mut scene.v[j * at.w + i];
                *c = *c * k;
            }
        }
    }
}

/// A clear rod that carries a figure with too small a foot.
fn peg(scene: &mut Picture, at: &Layout) {
    let r = (0.011 * at.s).max(1.0);
    let (y0, y1) = (at.figure.y + 0.7 * at.figure.h, at.top + 0.30 * at.ry);
    for y in y0.max(0.0) as usize..(y1.max(0.0) as usize).min(at.h) {
        for x in (at.cx - r).max(0.0) as usize..((at.cx + r).max(0.0) as usize + 1).min(at.w) {
            let t = (x as f32 + 0.5 - at.cx) / r;
            let streak = 0.15 + 0.75 * bell(((t + 0.4) / 0.2).powi(2)) + 0.2 * t.abs();
            let c = &mut scene.v[y * at.w + x];
            *c = mix(*c, *c * 0.8 + V3::splat(0.35 * streak), smoothstep(1.0, 0.8, t.abs()));
        }
    }
}

fn place(scene: &mut Picture, lit: &Lit<'_>, at: &Layout) {
    let (dx, dy) = (at.left.round() as isize, at.up.round() as isize);
    for y in 0..lit.alpha.h {
        let sy = y as isize + dy;
        if sy < 0 || sy >= at.h as isize {
            continue;
        }
        for x in 0..lit.alpha.w {
            let sx = x as isize + dx;
            let a = lit.alpha.at(x, y);
            if sx >= 0 && sx < at.w as isize && a > 0.0 {
                let c = &mut scene.v[sy as usize * at.w + sx as usize];
                *c = mix(*c, lit.color.at(x, y), a);
            }
        }
    }
}
