//! Repeatable randomness: a small generator, hashed value noise and its octaves.

/// PCG-XSH-RR with 32 bits of output (O'Neill, "PCG: a family of simple fast space-efficient statistically
/// good algorithms for random number generation", 2014).
pub(super) struct Pcg(u64);

impl Pcg {
    pub(super) fn new(seed: u64) -> Self {
        let mut rng = Self(seed.wrapping_add(0x9e37_79b9_7f4a_7c15));
        rng.next();
        rng
    }

    fn next(&mut self) -> u32 {
        let old = self.0;
        self.0 = old.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let xored = ((((old >> 18) ^ old) >> 27) & 0xffff_ffff) as u32;
        xored.rotate_right((old >> 59) as u32)
    }

    /// Uniform in 0..1.
    pub(super) fn unit(&mut self) -> f32 {
        (self.next() >> 8) as f32 / 16_777_216.0
    }

    /// Uniform between the bounds.
    pub(super) fn between(&mut self, lo: f32, hi: f32) -> f32 {
        lo + (hi - lo) * self.unit()
    }
}

/// A number in 0..1 that depends on the lattice point and the seed alone.
pub(super) fn hash(x: i32, y: i32, seed: u32) -> f32 {
    let mut h =
        (x as u32).wrapping_mul(0x8da6_b343) ^ (y as u32).wrapping_mul(0xd816_3841) ^ seed.wrapping_mul(0xcb1a_b31f);
    h = (h ^ (h >> 15)).wrapping_mul(0x2c1b_3c6d);
    h = (h ^ (h >> 12)).wrapping_mul(0x297a_2d39);
    h ^= h >> 15;
    (h >> 8) as f32 / 16_777_216.0
}

/// Value noise in 0..1 with period 1 between lattice points.
pub(super) fn value(x: f32, y: f32, seed: u32) -> f32 {
    let (x0, y0) = (x.floor(), y.floor());
    let (fx, fy) = (x - x0, y - y0);
    let (sx, sy) = (fx * fx * (3.0 - 2.0 * fx), fy * fy * (3.0 - 2.0 * fy));
    let (i, j) = (x0 as i32, y0 as i32);
    let top = hash(i, j, seed) * (1.0 - sx) + hash(i.wrapping_add(1), j, seed) * sx;
    let j = j.wrapping_add(1);
    let low = hash(i, j, seed) * (1.0 - sx) + hash(i.wrapping_add(1), j, seed) * sx;
    top * (1.0 - sy) + low * sy
}

/// Fractal sum of `octaves` noises, each twice as fine and half as strong, in 0..1.
pub(super) fn fbm(x: f32, y: f32, octaves: u32, seed: u32) -> f32 {
    let (mut sum, mut amp, mut total, mut f) = (0.0, 1.0, 0.0, 1.0);
    for o in 0..octaves {
        sum += amp * value(x * f, y * f, seed.wrapping_add(o));
        total += amp;
        amp *= 0.5;
        f *= 2.03;
    }
    if total > 0.0 { sum / total } else { 0.5 }
}
