//! Toy bodies as lists of solid pieces, from the hindmost to the foremost.

use super::style::{Body, Pose};

/// One solid. Places and sizes are shares of the figure's height, x from its axis.
#[derive(Clone, Copy)]
pub(super) struct Piece {
    pub(super) middle: (f32, f32),
    pub(super) half: (f32, f32),
    /// Half width at the upper end, as a factor.
    pub(super) taper: f32,
    /// How far the upper end is moved sideways.
    pub(super) lean: f32,
    /// Exponent of the superellipse: 2 round, 6 boxy.
    pub(super) power: f32,
    /// Photographed rows it shows: 0 the crown, 1 the chin, 2 the lower end.
    pub(super) rows: (f32, f32),
    /// Photographed columns: middle and half width, in shares of the subject's half width there.
    pub(super) columns: (f32, f32),
    /// Greatest height, share of the figure's depth.
    pub(super) depth: f32,
    /// Factor on the photographed colour; shoes are dark.
    pub(super) tone: f32,
    /// Exponent of the way down its rows: above 1 the upper rows, the hair, take more room.
    pub(super) bow: f32,
}

/// What a piece shows of the photo: rows, columns, depth.
type Skin = ((f32, f32), (f32, f32), f32);

const fn piece(middle: (f32, f32), half: (f32, f32), shape: (f32, f32), skin: Skin) -> Piece {
    let (rows, columns, depth) = skin;
    Piece { middle, half, taper: shape.0, lean: 0.0, power: shape.1, rows, columns, depth, tone: 1.0, bow: 1.0 }
}

const fn leaning(lean: f32, mut piece: Piece) -> Piece {
    piece.lean = lean;
    piece
}

const fn toned(tone: f32, mut piece: Piece) -> Piece {
    piece.tone = tone;
    piece
}

const fn hairy(bow: f32, mut piece: Piece) -> Piece {
    piece.bow = bow;
    piece
}

/// The same on the left; the columns too.
const fn left(mut piece: Piece) -> Piece {
    piece.middle.0 = -piece.middle.0;
    piece.lean = -piece.lean;
    piece.columns.0 = -piece.columns.0;
    piece
}

/// Pieces, greatest half width, and where the face is drawn (middle and half size).
pub(super) struct Plan {
    pub(super) pieces: Vec<Piece>,
    pub(super) half: f32,
    pub(super) face: (f32, f32, f32),
    /// Index of the head's first piece: a subject without a face is put on what comes before it.
    pub(super) head: usize,
}

impl Plan {
    fn new(limbs: &[&[Piece]], head: &[Piece], half: f32, face: (f32, f32, f32)) -> Self {
        let mut pieces = limbs.concat();
        let at = pieces.len();
        pieces.extend_from_slice(head);
        Self { pieces, half, face, head: at }
    }
}

/// The pieces of a body in a pose; nothing for a body as photographed.
pub(super) fn plan(body: Body, pose: Pose) -> Option<Plan> {
    let raised = matches!(pose, Pose::Waving | Pose::Dynamic);
    Some(match body {
        Body::Natural | Body::Bust => return None,
        Body::Peg => Plan::new(&[PEG_BODY], PEG_HEAD, 0.27, (0.0, 0.265, 0.160)),
        Body::Doll => {
            let legs = if pose == Pose::Sitting { DOLL_SEAT } else { DOLL_FEET };
            let arms = if raised { DOLL_WAVE } else { DOLL_ARMS };
            Plan::new(&[arms, DOLL_TORSO, legs], DOLL_HEAD, 0.34, (0.0, 0.395, 0.235))
        }
        Body::BigHead => Plan::new(&[BIG_BODY], BIG_HEAD, 0.38, (0.0, 0.385, 0.265)),
        Body::Minifig => Plan::new(&[MINIFIG_BODY], MINIFIG_HEAD, 0.33, (0.0, 0.240, 0.120)),
        Body::Blocks => Plan::new(&[BLOCK_BODY], BLOCK_HEAD, 0.30, (0.0, 0.205, 0.125)),
        Body::Statue | Body::Jointed => {
            let legs = if pose == Pose::Dynamic { STRIDE } else { STATUE_LEGS };
            let arms = if raised { STATUE_WAVE } else { STATUE_ARMS };
            let joints = if body == Body::Statue {
                &[]
            } else if pose == Pose::Dynamic {
                STRIDE_JOINTS
            } else {
                JOINTS
            };
            Plan::new(&[legs, arms, joints, STATUE_TORSO], STATUE_HEAD, 0.27, (0.0, 0.142, 0.078))
        }
    })
}

/// A plain patch of clothing from the sides of the body.
const CLOTH: Skin = ((1.80, 1.82), (0.45, 0.03), 0.60);
/// A patch of the cheek.
const BARE: Skin = ((0.82, 0.86), (0.0, 0.10), 0.70);
/// A sleeve.
const SLEEVE: Skin = ((1.25, 1.70), (0.80, 0.10), 0.60);
/// Chest and belly.
const CHEST: Skin = ((1.06, 1.85), (0.0, 0.80), 0.85);

#[rustfmt::skip]
const PEG_BODY: &[Piece] = &[
    piece((0.0, 0.70), (0.265, 0.30), (0.52, 4.5), ((1.05, 1.95), (0.0, 0.90), 0.95)),
];
#[rustfmt::skip]
const PEG_HEAD: &[Piece] = &[
    hairy(1.5, piece((0.0, 0.225), (0.215, 0.225), (1.0, 2.0), ((0.0, 1.02), (0.0, 0.98), 1.0))),
];

#[rustfmt::skip]
const DOLL_FEET: &[Piece] = &[
    left(piece((0.080, 0.945), (0.080, 0.055), (1.0, 2.6), CLOTH)),
    piece((0.080, 0.945), (0.080, 0.055), (1.0, 2.6), CLOTH),
];
/// Soles towards the viewer.
#[rustfmt::skip]
const DOLL_SEAT: &[Piece] = &[
    left(leaning(-0.05, piece((0.200, 0.900), (0.115, 0.100), (0.9, 2.4), CLOTH))),
    leaning(-0.05, piece((0.200, 0.900), (0.115, 0.100), (0.9, 2.4), CLOTH)),
    left(toned(0.62, piece((0.232, 0.918), (0.082, 0.080), (1.0, 2.0), ((1.80, 1.82), (0.45, 0.03), 0.95)))),
    toned(0.62, piece((0.232, 0.918), (0.082, 0.080), (1.0, 2.0), ((1.80, 1.82), (0.45, 0.03), 0.95))),
];
#[rustfmt::skip]
const DOLL_ARMS: &[Piece] = &[
    left(leaning(-0.09, piece((0.205, 0.785), (0.052, 0.105), (1.0, 2.3), SLEEVE))),
    leaning(-0.09, piece((0.205, 0.785), (0.052, 0.105), (1.0, 2.3), SLEEVE)),
];
#[rustfmt::skip]
const DOLL_WAVE: &[Piece] = &[
    left(leaning(-0.09, piece((0.205, 0.785), (0.052, 0.105), (1.0, 2.3), SLEEVE))),
    leaning(0.15, piece((0.205, 0.715), (0.054, 0.125), (0.95, 2.3), SLEEVE)),
    piece((0.285, 0.600), (0.050, 0.050), (1.0, 2.2), BARE),
];
#[rustfmt::skip]
const DOLL_TORSO: &[Piece] = &[
    piece((0.0, 0.795), (0.185, 0.175), (0.74, 3.0), ((1.06, 1.85), (0.0, 0.80), 0.66)),
];
#[rustfmt::skip]
const DOLL_HEAD: &[Piece] = &[
    hairy(1.5, piece((0.0, 0.330), (0.335, 0.325), (1.0, 2.25), ((0.0, 1.03), (0.0, 0.97), 1.0))),
];

#[rustfmt::skip]
const BIG_BODY: &[Piece] = &[
    left(piece((0.085, 0.92), (0.085, 0.085), (1.0, 4.0), ((1.85, 1.98), (0.4, 0.3), 0.45))),
    piece((0.085, 0.92), (0.085, 0.085), (1.0, 4.0), ((1.85, 1.98), (0.4, 0.3), 0.45)),
    left(piece((0.20, 0.73), (0.055, 0.125), (0.9, 2.6), SLEEVE)),
    piece((0.20, 0.73), (0.055, 0.125), (0.9, 2.6), SLEEVE),
    piece((0.0, 0.74), (0.175, 0.18), (0.86, 4.0), ((1.08, 1.85), (0.0, 0.80), 0.62)),
];
#[rustfmt::skip]
const BIG_HEAD: &[Piece] = &[
    hairy(1.5, piece((0.0, 0.325), (0.375, 0.315), (1.0, 3.0), ((0.0, 1.03), (0.0, 0.97), 1.0))),
];

#[rustfmt::skip]
const MINIFIG_BODY: &[Piece] = &[
    left(piece((0.108, 0.855), (0.100, 0.145), (1.0, 9.0), ((1.80, 1.82), (0.45, 0.03), 0.75))),
    piece((0.108, 0.855), (0.100, 0.145), (1.0, 9.0), ((1.80, 1.82), (-0.45, 0.03), 0.75)),
    piece((0.0, 0.695), (0.208, 0.034), (1.0, 9.0), ((1.66, 1.70), (0.0, 0.10), 0.70)),
    left(piece((0.268, 0.645), (0.050, 0.050), (1.0, 2.4), BARE)),
    piece((0.268, 0.645), (0.050, 0.050), (1.0, 2.4), BARE),
    left(leaning(-0.085, piece((0.232, 0.500), (0.064, 0.145), (1.0, 3.4), SLEEVE))),
    leaning(-0.085, piece((0.232, 0.500), (0.064, 0.145), (1.0, 3.4), SLEEVE)),
    piece((0.0, 0.505), (0.212, 0.162), (0.76, 9.0), ((1.06, 1.72), (0.0, 0.74), 0.85)),
];
#[rustfmt::skip]
const MINIFIG_HEAD: &[Piece] = &[
    piece((0.0, 0.335), (0.075, 0.03), (1.0, 5.0), ((0.84, 0.9), (0.0, 0.2), 0.6)),
    piece((0.0, 0.215), (0.130, 0.115), (1.0, 5.0), ((0.30, 1.02), (0.0, 0.80), 0.95)),
    piece((0.0, 0.105), (0.152, 0.090), (0.92, 3.2), ((0.02, 0.28), (0.0, 0.85), 1.0)),
];

#[rustfmt::skip]
const BLOCK_BODY: &[Piece] = &[
    left(piece((0.079, 0.80), (0.076, 0.20), (1.0, 40.0), CLOTH)),
    piece((0.079, 0.80), (0.076, 0.20), (1.0, 40.0), CLOTH),
    left(toned(0.40, piece((0.079, 0.965), (0.076, 0.040), (1.0, 40.0), CLOTH))),
    toned(0.40, piece((0.079, 0.965), (0.076, 0.040), (1.0, 40.0), CLOTH)),
    left(toned(0.85, piece((0.218, 0.485), (0.057, 0.150), (1.0, 40.0), SLEEVE))),
    toned(0.85, piece((0.218, 0.485), (0.057, 0.150), (1.0, 40.0), SLEEVE)),
    left(piece((0.218, 0.605), (0.057, 0.030), (1.0, 40.0), BARE)),
    piece((0.218, 0.605), (0.057, 0.030), (1.0, 40.0), BARE),
    piece((0.0, 0.485), (0.158, 0.160), (1.0, 40.0), ((1.06, 1.80), (0.0, 0.75), 0.75)),
];
#[rustfmt::skip]
const BLOCK_HEAD: &[Piece] = &[
    hairy(1.3, piece((0.0, 0.165), (0.172, 0.165), (1.0, 40.0), ((0.02, 1.0), (0.0, 0.88), 1.0))),
];

#[rustfmt::skip]
const STATUE_LEGS: &[Piece] = &[
    left(leaning(-0.022, piece((0.080, 0.760), (0.055, 0.200), (1.25, 5.0), CLOTH))),
    leaning(-0.022, piece((0.080, 0.760), (0.055, 0.200), (1.25, 5.0), CLOTH)),
    left(toned(0.34, piece((0.083, 0.962), (0.063, 0.038), (0.85, 2.8), CLOTH))),
    toned(0.34, piece((0.083, 0.962), (0.063, 0.038), (0.85, 2.8), CLOTH)),
    toned(0.80, piece((0.0, 0.570), (0.128, 0.060), (0.95, 3.2), CLOTH)),
];
/// The weight on the left leg, the right one bent and set out.
#[rustfmt::skip]
const STRIDE: &[Piece] = &[
    left(leaning(0.020, piece((0.050, 0.760), (0.055, 0.200), (1.25, 5.0), CLOTH))),
    leaning(-0.020, piece((0.175, 0.800), (0.050, 0.105), (1.05, 4.0), CLOTH)),
    leaning(-0.100, piece((0.130, 0.655), (0.062, 0.095), (1.05, 3.2), CLOTH)),
    left(toned(0.34, piece((0.045, 0.968), (0.063, 0.034), (0.85, 2.8), CLOTH))),
    toned(0.34, piece((0.205, 0.905), (0.062, 0.034), (0.85, 2.8), CLOTH)),
    toned(0.80, piece((0.0, 0.570), (0.128, 0.060), (0.95, 3.2), CLOTH)),
];
#[rustfmt::skip]
const STATUE_ARMS: &[Piece] = &[
    left(piece((0.222, 0.590), (0.036, 0.044), (1.0, 2.3), BARE)),
    piece((0.222, 0.590), (0.036, 0.044), (1.0, 2.3), BARE),
    left(leaning(-0.055, piece((0.205, 0.425), (0.048, 0.150), (1.15, 3.2), SLEEVE))),
    leaning(-0.055, piece((0.205, 0.425), (0.048, 0.150), (1.15, 3.2), SLEEVE)),
];
#[rustfmt::skip]
const STATUE_WAVE: &[Piece] = &[
    left(piece((0.222, 0.590), (0.036, 0.044), (1.0, 2.3), BARE)),
    left(leaning(-0.055, piece((0.205, 0.425), (0.048, 0.150), (1.15, 3.2), SLEEVE))),
    piece((0.232, 0.085), (0.036, 0.044), (1.0, 2.3), BARE),
    leaning(0.020, piece((0.218, 0.205), (0.042, 0.095), (0.95, 3.0), SLEEVE)),
    leaning(0.075, piece((0.185, 0.315), (0.046, 0.070), (1.0, 2.6), SLEEVE)),
];
#[rustfmt::skip]
const STATUE_TORSO: &[Piece] = &[
    piece((0.0, 0.395), (0.138, 0.165), (1.24, 4.5), CHEST),
];
/// Discs at shoulders, elbows, hips and knees, with a darker ring.
#[rustfmt::skip]
const JOINTS: &[Piece] = &[
    left(toned(0.55, piece((0.080, 0.765), (0.072, 0.022), (1.0, 4.0), ((1.80, 1.82), (0.45, 0.03), 0.66)))),
    toned(0.55, piece((0.080, 0.765), (0.072, 0.022), (1.0, 4.0), ((1.80, 1.82), (0.45, 0.03), 0.66))),
    left(toned(0.80, piece((0.080, 0.765), (0.044, 0.044), (1.0, 2.0), ((1.80, 1.82), (0.45, 0.03), 0.80)))),
    toned(0.80, piece((0.080, 0.765), (0.044, 0.044), (1.0, 2.0), ((1.80, 1.82), (0.45, 0.03), 0.80))),
    left(toned(0.60, piece((0.205, 0.440), (0.054, 0.020), (1.0, 4.0), SLEEVE))),
    toned(0.60, piece((0.205, 0.440), (0.054, 0.020), (1.0, 4.0), SLEEVE)),
    left(toned(0.75, piece((0.178, 0.300), (0.058, 0.058), (1.0, 2.0), SLEEVE))),
    toned(0.75, piece((0.178, 0.300), (0.058, 0.058), (1.0, 2.0), SLEEVE)),
];
#[rustfmt::skip]
const STRIDE_JOINTS: &[Piece] = &[
    left(toned(0.80, piece((0.050, 0.765), (0.044, 0.044), (1.0, 2.0), ((1.80, 1.82), (0.45, 0.03), 0.80)))),
    toned(0.80, piece((0.165, 0.720), (0.044, 0.044), (1.0, 2.0), ((1.80, 1.82), (0.45, 0.03), 0.80))),
    left(toned(0.60, piece((0.205, 0.440), (0.054, 0.020), (1.0, 4.0), SLEEVE))),
    toned(0.75, piece((0.214, 0.285), (0.044, 0.044), (1.0, 2.0), SLEEVE)),
    left(toned(0.75, piece((0.178, 0.300), (0.058, 0.058), (1.0, 2.0), SLEEVE))),
    toned(0.75, piece((0.158, 0.335), (0.058, 0.058), (1.0, 2.0), SLEEVE)),
];
#[rustfmt::skip]
const STATUE_HEAD: &[Piece] = &[
    piece((0.0, 0.232), (0.052, 0.040), (1.0, 5.0), ((0.98, 1.10), (0.0, 0.55), 0.55)),
    piece((0.0, 0.122), (0.108, 0.124), (1.0, 2.35), ((0.0, 1.03), (0.0, 0.97), 1.0)),
];
