//! Light on the figure: key, fill and rim lamps, occlusion, a drawn studio in the gloss.

use super::color::hex;
use super::grid::{Grid, Picture, Plane};
use super::style::{Finish, Metal};
use super::vector::{V3, mix, smoothstep};

/// A figure ready for the light; every grid has the same size.
pub(super) struct Figure {
    /// 0..1.
    pub(super) alpha: Plane,
    /// Linear paint.
    pub(super) albedo: Picture,
    /// Height over the plate; pixels.
    pub(super) height: Plane,
    /// Greatest height; pixels.
    pub(super) depth: f32,
    /// Whether the photo's frame cut the subject off.
    pub(super) cut: bool,
    /// Its most telling colour; linear.
    pub(super) accent: V3,
    /// Slope beyond which surfaces do not get steeper.
    pub(super) slope: f32,
}

const KEY: V3 = V3(-0.4802, 0.6202, 0.6202);
const FILL: V3 = V3(0.4997, 0.0999, 0.8603);
const RIM: V3 = V3(0.9665, 0.1977, 0.1648);
const VIEW: V3 = V3(0.0, 0.16, 0.987);

/// What falls on one point of the surface.
struct Point {
    normal: V3,
    albedo: V3,
    shadow: f32,
    occlusion: f32,
}

/// Linear light leaving the figure towards the viewer; may exceed 1 in highlights.
pub(super) fn shade(figure: &Figure, finish: &Finish, floor: V3) -> Picture {
    let occlusion = occlusion(figure, finish);
    let shadow = shadow(figure).resized(figure.alpha.w, figure.alpha.h);
    Grid::build(figure.alpha.w, figure.alpha.h, |x, y| {
        if figure.alpha.at(x, y) < 0.004 {
            return V3::default();
        }
        let point = Point {
            normal: normal(figure, x, y),
            albedo: figure.albedo.at(x, y),
            shadow: shadow.at(x, y).clamp(0.0, 1.0),
            occlusion: occlusion.at(x, y),
        };
        let light = finish
            .metal
            .as_ref()
            .map_or_else(|| paint_light(&point, finish, floor), |m| metal_light(&point, finish, m));
        let out = light * finish.exposure;
        if out.dot(V3::splat(1.0)).is_finite() { out.map(|v| v.clamp(0.0, 8.0)) } else { point.albedo * 0.5 }
    })
}

fn normal(figure: &Figure, x: usize, y: usize) -> V3 {
    let (gx, gy) = figure.height.gradient(x, y);
    let steep = (gx * gx + gy * gy).sqrt();
    let k = if steep > 1e-4 { figure.slope * (steep / figure.slope).tanh() / steep } else { 1.0 };
    V3(-gx * k, gy * k, 1.0).normalized()
}

/// Light kept in hollows, 0..1; both blurs are normalised by the outline, lest a dark halo follow it.
fn occlusion(figure: &Figure, finish: &Finish) -> Plane {
    let d = figure.depth.max(1.0);
    let hollow = |sigma: f32| {
        let over = figure.alpha.blur(sigma);
        let high = figure.height.zip(&figure.alpha, |h, a| h * a).blur(sigma);
        high.zip(&over, |h, a| h / a.max(1e-3)).zip(&figure.height, |g, h| g - h)
    };
    let (wide, fine) = (hollow(0.10 * d), hollow(3.0));
    let inner = figure.alpha.blur(5.0);
    Grid::build(wide.w, wide.h, |x, y| {
        let keep = smoothstep(0.55, 0.98, inner.at(x, y));
        let a = (wide.at(x, y) / (0.14 * d)).clamp(0.0, 0.5);
        let b = (fine.at(x, y) / 5.0).clamp(0.0, 0.3) * finish.crevice;
        1.0 - (a + b) * keep
    })
}

/// Share of the key light that arrives; marched over the heights at a quarter of the size.
fn shadow(figure: &Figure) -> Plane {
    let (w, h) = ((figure.alpha.w / 4).max(8), (figure.alpha.h / 4).max(8));
    let k = w as f32 / figure.alpha.w as f32;
    let low = figure.height.resized(w, h);
    let d = figure.depth.max(1.0);
    let flat = (KEY.0 * KEY.0 + KEY.1 * KEY.1).sqrt();
    let (dx, dy, rise) = (KEY.0 / flat, -KEY.1 / flat, KEY.2 / flat);
    let blocked = Grid::build(w, h, |x, y| {
        let here = low.at(x, y);
        (1..=12).fold(0.0_f32, |s, i| {
            let t = i as f32 * 0.06 * d;
            let over = low.bilinear(x as f32 + dx * t * k, y as f32 + dy * t * k) - here - t * rise;
            s.max(smoothstep(0.0, 0.1 * d, over))
        })
    });
    blocked.blur(1.0).map(|b| 1.0 - 0.55 * b)
}

/// A soft box and a strip as mirrored in a surface (shares of full light).
fn studio(normal: V3, rough: f32) -> f32 {
    let r = normal * (2.0 * normal.dot(VIEW)) - VIEW;
    let z = r.2.max(0.12) + 0.25;
    let (x, y) = (r.0 / z, r.1 / z);
    let b = 0.05 + 0.55 * rough;
    let panel = |cx: f32, cy: f32, hw: f32, hh: f32| {
        smoothstep(hw + b, hw - b, (x - cx).abs()) * smoothstep(hh + b, hh - b, (y - cy).abs())
    };
    panel(-0.62, 0.72, 0.34, 0.42) * (3.2 - 2.0 * rough)
        + panel(1.05, 0.1, 0.10, 0.9) * (1.3 - 0.7 * rough)
        + 0.8 * (0.20 + 0.22 * smoothstep(-0.3, 0.9, y))
}

/// Key light after wrapping and, for drawn looks, after banding.
fn key(p: &Point, f: &Finish) -> V3 {
    let d = ((p.normal.dot(KEY) + f.wrap) / (1.0 + f.wrap)).clamp(0.0, 1.0) * p.shadow;
    let banded = 0.30 + 0.34 * smoothstep(0.30, 0.37, d) + 0.26 * smoothstep(0.70, 0.76, d);
    let k = mix(d, banded, f.cel);
    let cool = f.cel * smoothstep(0.5, 0.25, d);
    V3(1.05, 1.013, 0.955) * k * mix(V3::splat(1.0), V3(0.90, 0.84, 1.12), cool)
}

fn paint_light(p: &Point, f: &Finish, floor: V3) -> V3 {
    let n = p.normal;
    let fill = n.dot(FILL).max(0.0) * 0.22;
    let ambient = (0.34 + 0.16 * n.1) * p.occlusion;
    let bounce = floor * (0.5 * (-n.1).max(0.0));
    let light = key(p, f) + V3(0.85, 0.93, 1.0) * fill + V3(0.95, 0.98, 1.05) * ambient + bounce;
    let inside = p.albedo * V3(1.05, 0.92, 0.86) * (f.sss * (1.0 - n.2).clamp(0.0, 1.0));
    let diffuse = (p.albedo * light + inside) * p.occlusion.sqrt();
    let nv = n.dot(VIEW).clamp(0.0, 1.0);
    let schlick = f.f0 + (1.0 - f.f0) * (1.0 - nv).powi(5) * 0.6;
    let gloss = studio(n, f.rough) * schlick * f.spec * p.occlusion * (0.35 + 0.65 * p.shadow) * GLOSS;
    let edge = f.rim * n.dot(RIM).max(0.0).powi(2) * (1.0 - n.2).clamp(0.0, 1.0);
    let fuzz = f.fuzz * (1.0 - n.2).clamp(0.0, 1.0).powi(2);
    diffuse + V3::splat(gloss) + (p.albedo * 0.6 + V3::splat(0.25)) * edge + (p.albedo * 0.7 + V3::splat(0.3)) * fuzz
}

/// Brings the highlights of ordinary plastic (F0 0.05) to visible strength.
const GLOSS: f32 = 4.0;

/// Metal keeps no diffuse colour of its own: the studio tinted (Schlick, "An inexpensive BRDF model", 1994).
fn metal_light(p: &Point, f: &Finish, metal: &Metal) -> V3 {
    let tint = hex(metal.tint).map(|v| v.powf(0.6)) * metal.gain;
    let mirror = studio(p.normal, f.rough) * 1.35 * p.occlusion * p.shadow.powf(0.7);
    let edge = f.rim * p.normal.dot(RIM).max(0.0).powi(2) * (1.0 - p.normal.2).clamp(0.0, 1.0);
    let diffuse = key(p, f) * 0.8 + V3::splat(0.18 * p.occlusion);
    p.albedo * tint * mirror + p.albedo * diffuse * 0.35 + tint * (0.35 * edge)
}
