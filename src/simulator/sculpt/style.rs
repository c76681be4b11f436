//! Kinds of figure as data: how they are formed, painted, lit and staged.

/// One kind of figure.
#[derive(Clone, Debug)]
pub(super) struct Style {
    /// Name, for tests and lists alone.
    #[cfg_attr(not(test), expect(dead_code, reason = "tests tell styles apart by it"))]
    pub(super) id: &'static str,
    pub(super) form: Form,
    pub(super) paint: Paint,
    pub(super) finish: Finish,
    pub(super) grain: Grain,
    pub(super) features: Features,
    pub(super) stage: Stage,
}

/// Shape; lengths are shares of the plate's short side.
#[derive(Clone, Debug)]
pub(super) struct Form {
    /// Greatest height.
    pub(super) depth: f32,
    /// Weight of the pillows under patches of paint.
    pub(super) part: f32,
    /// Weight of photographed detail.
    pub(super) detail: f32,
    /// Final softening; pixels.
    pub(super) blur: f32,
    /// Steepest slope.
    pub(super) slope: f32,
    /// How much the head outgrows the body; 0 leaves the proportions.
    pub(super) head: f32,
    /// Outline that replaces a person's own in any pose but the photographed one.
    pub(super) body: Body,
    /// Held where the prompt names no pose.
    pub(super) pose: Pose,
}

/// Colours.
#[derive(Clone, Debug)]
pub(super) struct Paint {
    /// Number of paints.
    pub(super) colors: usize,
    /// How firmly colours are moved to the nearest paint, 0..1.
    pub(super) snap: f32,
    /// The share of that inside a face.
    pub(super) face: f32,
    /// Share of the photographed light that is taken out.
    pub(super) flatten: f32,
    /// Factor on chroma.
    pub(super) chroma: f32,
    /// Weight of lightness when paints are chosen.
    pub(super) tone: f32,
    /// One colour for all instead: `0xRRGGBB`, brightness at Lab L 0 and what L 100 adds.
    pub(super) mono: Option<(u32, f32, f32)>,
}

impl Paint {
    /// Colours nearly as photographed.
    pub(super) const PLAIN: Self =
        Self { colors: 12, snap: 0.75, face: 0.4, flatten: 0.5, chroma: 1.18, tone: 0.8, mono: None };
}

/// Surface under light.
#[derive(Clone, Debug)]
pub(super) struct Finish {
    /// 0 mirror, 1 chalk.
    pub(super) rough: f32,
    /// Strength of the gloss.
    pub(super) spec: f32,
    /// Reflectance seen straight on.
    pub(super) f0: f32,
    /// How far light creeps round the form.
    pub(super) wrap: f32,
    pub(super) rim: f32,
    /// Light through thin edges.
    pub(super) sss: f32,
    /// Light caught by fibres at the edges.
    pub(super) fuzz: f32,
    /// How drawn the shading is: 1 gives three bands.
    pub(super) cel: f32,
    /// Factor on the darkness of fine hollows.
    pub(super) crevice: f32,
    pub(super) exposure: f32,
    pub(super) metal: Option<Metal>,
}

impl Finish {
    /// Painted plastic.
    pub(super) const PLAIN: Self = Self {
        rough: 0.28,
        spec: 0.55,
        f0: 0.05,
        wrap: 0.08,
        rim: 0.6,
        sss: 0.0,
        fuzz: 0.0,
        cel: 0.0,
        crevice: 1.0,
        exposure: 1.0,
        metal: None,
    };
}

/// A metallic sheen.
#[derive(Clone, Debug)]
pub(super) struct Metal {
    pub(super) tint: u32,
    pub(super) gain: f32,
}

/// Texture in the material.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Grain {
    Smooth,
    Patina,
    Veins,
    Fur,
    Brick,
    Voxel,
    Facets,
    Wood,
    Clay,
    Enamel,
}

/// How a face is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Features {
    /// As photographed.
    Photo,
    /// Big drawn eyes.
    Anime,
    /// Very big eyes, low in the face.
    Chibi,
    /// Dots and a smile.
    Dots,
    /// Round black buttons, no mouth.
    Buttons,
    /// Sewn-on eyes and a stitched mouth.
    Stitched,
    /// Balls with pupils.
    Balls,
    /// Squares, to be cut into cubes.
    Cubes,
    /// Painted with a fine brush.
    Painted,
}

/// The outline of a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Body {
    /// As photographed.
    Natural,
    /// Head and chest as photographed, on a stem.
    Bust,
    /// A turned peg: ball and cone.
    Peg,
    /// A round head, larger than the rest.
    Doll,
    /// A boxy head on a small body.
    BigHead,
    /// A toy of plastic bricks with stud, torso, hips and legs.
    Minifig,
    /// A square head on square limbs, to be cut into cubes.
    Blocks,
    /// A whole person.
    Statue,
    /// A whole person with visible joints.
    Jointed,
}

/// How the figure holds itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pose {
    /// As photographed: a bust where the photo ends at the chest.
    Natural,
    /// Turned to the viewer: both sides alike.
    Frontal,
    Standing,
    Sitting,
    Waving,
    /// Leaning into a step, one arm raised.
    Dynamic,
}

/// Where the figure stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stage {
    pub(super) base: Base,
    pub(super) setting: Setting,
    pub(super) package: Package,
    /// Factor on the figure's size.
    pub(super) scale: f32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Base {
    Gloss,
    Acrylic,
    Stone,
    Marble,
    Wood,
    Studs,
    White,
    Steel,
    Grass,
    Tin,
    Cup,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Setting {
    Desk,
    Lilac,
    Gallery,
    Museum,
    Pink,
    White,
    Sand,
    Yellow,
    Mint,
    Workshop,
    Sky,
    Grey,
    Blue,
    Night,
    Teal,
    Meadow,
    Parchment,
    Shelf,
    Sunset,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Package {
    None,
    Box,
    Blister,
    Capsule,
    Dome,
}
