//! The kinds of figure, one row each.

use super::style::{Base, Body, Features, Finish, Form, Grain, Metal, Package, Paint, Setting, Stage, Style};

const FORM: Form =
    Form { depth: 0.34, part: 0.15, detail: 0.035, blur: 1.4, slope: 2.2, head: 0.0, body: Body::Natural };

const fn stage(base: Base, setting: Setting, package: Package, scale: f32) -> Stage {
    Stage { base, setting, package, scale }
}

/// All kinds; the first is the fallback.
#[rustfmt::skip]
pub(super) const STYLES: [Style; 16] = [
    Style {
        id: "pvc-scale",
        form: FORM,
        paint: Paint::PLAIN,
        finish: Finish::PLAIN,
        grain: Grain::Smooth,
        features: Features::Photo,
        stage: stage(Base::Gloss, Setting::Desk, Package::Box, 1.0),
    },
    Style {
        id: "anime",
        form: Form { depth: 0.40, part: 0.20, detail: 0.015, blur: 2.0, head: 0.22, ..FORM },
        paint: Paint { colors: 9, snap: 0.93, face: 0.85, flatten: 0.75, chroma: 1.42, tone: 0.62, mono: None },
        finish: Finish { rough: 0.20, spec: 0.45, wrap: 0.25, rim: 1.3, cel: 0.8, crevice: 0.5, exposure: 1.08, ..Finish::PLAIN },
        grain: Grain::Smooth,
        features: Features::Anime,
        stage: stage(Base::Acrylic, Setting::Lilac, Package::None, 1.0),
    },
    Style {
        id: "chibi",
        form: Form { depth: 0.46, part: 0.22, detail: 0.012, blur: 2.4, head: 1.5, body: Body::Doll, ..FORM },
        paint: Paint { colors: 8, snap: 0.93, face: 0.85, flatten: 0.7, chroma: 1.3, tone: 0.5, mono: None },
        finish: Finish { rough: 0.16, spec: 0.65, f0: 0.06, wrap: 0.2, crevice: 0.6, exposure: 1.04, ..Finish::PLAIN },
        grain: Grain::Smooth,
        features: Features::Chibi,
        stage: stage(Base::Acrylic, Setting::Pink, Package::None, 0.98),
    },
    Style {
        id: "capsule-toy",
        form: Form { depth: 0.42, part: 0.20, detail: 0.015, blur: 2.2, head: 1.1, body: Body::Doll, ..FORM },
        paint: Paint { colors: 7, snap: 0.95, face: 0.85, flatten: 0.75, chroma: 1.35, tone: 0.5, mono: None },
        finish: Finish { rough: 0.34, spec: 0.45, wrap: 0.2, crevice: 0.6, ..Finish::PLAIN },
        grain: Grain::Smooth,
        features: Features::Chibi,
        stage: stage(Base::Cup, Setting::Night, Package::Capsule, 0.80),
    },
    Style {
        id: "action-figure",
        form: Form { depth: 0.38, part: 0.20, detail: 0.04, ..FORM },
        paint: Paint { colors: 10, snap: 0.85, chroma: 1.35, ..Paint::PLAIN },
        finish: Finish { rough: 0.22, spec: 0.60, ..Finish::PLAIN },
        grain: Grain::Smooth,
        features: Features::Photo,
        stage: stage(Base::White, Setting::Orange, Package::Blister, 0.80),
    },
    Style {
        id: "vinyl-bighead",
        form: Form { depth: 0.42, part: 0.12, detail: 0.01, blur: 2.4, head: 0.5, body: Body::BigHead, ..FORM },
        paint: Paint { colors: 7, snap: 0.95, face: 0.9, flatten: 0.8, chroma: 1.25, tone: 0.5, mono: None },
        finish: Finish { rough: 0.42, spec: 0.55, wrap: 0.15, crevice: 0.6, ..Finish::PLAIN },
        grain: Grain::Smooth,
        features: Features::Buttons,
        stage: stage(Base::White, Setting::Teal, Package::Box, 0.96),
    },
    Style {
        id: "brick-minifig",
        form: Form { depth: 0.24, part: 0.0, detail: 0.0, blur: 1.2, slope: 1.3, head: 0.0, body: Body::Minifig },
        paint: Paint { colors: 11, snap: 0.9, face: 0.8, flatten: 0.6, chroma: 1.4, ..Paint::PLAIN },
        finish: Finish { rough: 0.18, spec: 0.50, rim: 0.5, ..Finish::PLAIN },
        grain: Grain::Brick,
        features: Features::Dots,
        stage: stage(Base::Studs, Setting::Yellow, Package::None, 1.0),
    },
    Style {
        id: "plush",
        form: Form { depth: 0.50, part: 0.26, detail: 0.01, blur: 2.2, head: 0.7, body: Body::Doll, ..FORM },
        paint: Paint { colors: 8, snap: 0.93, face: 0.85, flatten: 0.7, chroma: 1.1, tone: 0.6, mono: None },
        finish: Finish { rough: 0.95, spec: 0.05, f0: 0.02, wrap: 0.55, rim: 0.2, fuzz: 0.42, crevice: 1.2, ..Finish::PLAIN },
        grain: Grain::Fur,
        features: Features::Stitched,
        stage: stage(Base::Wood, Setting::Sand, Package::None, 1.0),
    },
    Style {
        id: "resin-kit",
        form: Form { part: 0.15, detail: 0.08, blur: 1.2, ..FORM },
        paint: Paint { mono: Some((0x8f_9498, 0.50, 0.52)), ..Paint::PLAIN },
        finish: Finish { rough: 0.45, spec: 0.35, f0: 0.045, rim: 0.4, ..Finish::PLAIN },
        grain: Grain::Smooth,
        features: Features::Photo,
        stage: stage(Base::Steel, Setting::Grey, Package::None, 1.0),
    },
    Style {
        id: "bronze-bust",
        form: Form { part: 0.14, detail: 0.075, blur: 1.3, ..FORM },
        paint: Paint { flatten: 0.4, mono: Some((0xb0_7d4a, 0.34, 0.52)), ..Paint::PLAIN },
        finish: Finish { rough: 0.36, rim: 0.9, metal: Some(Metal { tint: 0xff_bd75, gain: 1.25 }), ..Finish::PLAIN },
        grain: Grain::Patina,
        features: Features::Photo,
        stage: stage(Base::Stone, Setting::Gallery, Package::None, 1.0),
    },
    Style {
        id: "marble-bust",
        form: Form { part: 0.14, detail: 0.09, blur: 1.3, ..FORM },
        paint: Paint { mono: Some((0xfb_f6ea, 0.62, 0.40)), ..Paint::PLAIN },
        finish: Finish { rough: 0.50, spec: 0.30, f0: 0.04, wrap: 0.30, sss: 0.10, rim: 0.3, exposure: 0.66, ..Finish::PLAIN },
        grain: Grain::Veins,
        features: Features::Photo,
        stage: stage(Base::Marble, Setting::Museum, Package::None, 1.0),
    },
    Style {
        id: "voxel",
        form: Form { depth: 0.34, part: 0.10, detail: 0.0, blur: 0.6, slope: 2.0, ..FORM },
        paint: Paint { colors: 12, snap: 0.8, face: 0.6, flatten: 0.4, chroma: 1.3, ..Paint::PLAIN },
        finish: Finish { rough: 0.8, spec: 0.10, wrap: 0.1, rim: 0.3, ..Finish::PLAIN },
        grain: Grain::Voxel,
        features: Features::Photo,
        stage: stage(Base::Grass, Setting::Meadow, Package::None, 1.0),
    },
    Style {
        id: "wooden-peg",
        form: Form { depth: 0.40, part: 0.06, detail: 0.02, blur: 1.6, body: Body::Peg, ..FORM },
        paint: Paint { colors: 7, snap: 0.95, face: 0.9, flatten: 0.7, chroma: 1.0, tone: 0.6, mono: None },
        finish: Finish { rough: 0.60, spec: 0.22, f0: 0.04, wrap: 0.2, rim: 0.3, ..Finish::PLAIN },
        grain: Grain::Wood,
        features: Features::Dots,
        stage: stage(Base::Wood, Setting::Workshop, Package::None, 1.0),
    },
    Style {
        id: "tin-soldier",
        form: Form { depth: 0.26, part: 0.22, detail: 0.07, blur: 1.2, ..FORM },
        paint: Paint { colors: 8, snap: 0.92, face: 0.6, flatten: 0.6, chroma: 1.35, tone: 0.7, mono: None },
        finish: Finish { rough: 0.22, rim: 0.8, metal: Some(Metal { tint: 0xe8_ecf2, gain: 0.95 }), exposure: 0.95, ..Finish::PLAIN },
        grain: Grain::Enamel,
        features: Features::Photo,
        stage: stage(Base::Tin, Setting::Parchment, Package::None, 0.92),
    },
    Style {
        id: "papercraft",
        form: Form { depth: 0.42, part: 0.16, detail: 0.02, blur: 0.4, slope: 1.5, ..FORM },
        paint: Paint { colors: 10, snap: 0.6, chroma: 1.25, ..Paint::PLAIN },
        finish: Finish { rough: 0.90, spec: 0.04, f0: 0.02, wrap: 0.12, rim: 0.2, crevice: 0.3, ..Finish::PLAIN },
        grain: Grain::Facets,
        features: Features::Photo,
        stage: stage(Base::White, Setting::Mint, Package::None, 1.0),
    },
    Style {
        id: "claymation",
        form: Form { depth: 0.46, part: 0.20, detail: 0.015, blur: 2.2, head: 0.55, ..FORM },
        paint: Paint { colors: 8, snap: 0.93, face: 0.85, flatten: 0.7, chroma: 1.2, tone: 0.55, mono: None },
        finish: Finish { rough: 0.62, spec: 0.22, f0: 0.04, wrap: 0.4, sss: 0.10, rim: 0.3, ..Finish::PLAIN },
        grain: Grain::Clay,
        features: Features::Balls,
        stage: stage(Base::Grass, Setting::Sky, Package::None, 1.0),
    },
];
