//! Three components: a colour (linear light or Lab) or a direction.

use std::ops::{Add, Mul, Sub};

/// Three `f32` components with component-wise arithmetic.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct V3(pub(super) f32, pub(super) f32, pub(super) f32);

impl V3 {
    /// All components equal.
    pub(super) const fn splat(v: f32) -> Self {
        Self(v, v, v)
    }

    pub(super) fn dot(self, o: Self) -> f32 {
        self.0 * o.0 + self.1 * o.1 + self.2 * o.2
    }

    /// Euclidean length.
    pub(super) fn length(self) -> f32 {
        self.dot(self).sqrt()
    }

    /// Unit vector of the same direction; the z axis where the length is zero.
    pub(super) fn normalized(self) -> Self {
        let l = self.length();
        if l > 1e-9 { self * (1.0 / l) } else { Self(0.0, 0.0, 1.0) }
    }

    pub(super) fn map(self, f: impl Fn(f32) -> f32) -> Self {
        Self(f(self.0), f(self.1), f(self.2))
    }

    pub(super) fn max(self, o: Self) -> Self {
        Self(self.0.max(o.0), self.1.max(o.1), self.2.max(o.2))
    }
}

impl Add for V3 {
    type Output = Self;
    fn add(self, o: Self) -> Self {
        Self(self.0 + o.0, self.1 + o.1, self.2 + o.2)
    }
}

impl Sub for V3 {
    type Output = Self;
    fn sub(self, o: Self) -> Self {
        Self(self.0 - o.0, self.1 - o.1, self.2 - o.2)
    }
}

impl Mul<f32> for V3 {
    type Output = Self;
    fn mul(self, k: f32) -> Self {
        Self(self.0 * k, self.1 * k, self.2 * k)
    }
}

impl Mul for V3 {
    type Output = Self;
    fn mul(self, o: Self) -> Self {
        Self(self.0 * o.0, self.1 * o.1, self.2 * o.2)
    }
}

/// Linear interpolation from `a` (t = 0) to `b` (t = 1).
pub(super) fn mix<T: Copy + Add<Output = T> + Sub<Output = T> + Mul<f32, Output = T>>(a: T, b: T, t: f32) -> T {
    a + (b - a) * t
}

/// Smoothstep between the edges `a` and `b`; also falling, where `a > b`.
pub(super) fn smoothstep(a: f32, b: f32, x: f32) -> f32 {
    let d = b - a;
    let t = if d.abs() < 1e-9 { if x < a { 0.0 } else { 1.0 } } else { ((x - a) / d).clamp(0.0, 1.0) };
    t * t * (3.0 - 2.0 * t)
}

/// Gaussian bell of height 1 at `d` standard deviations squared (`d2` = distance² ÷ σ²).
pub(super) fn bell(d2: f32) -> f32 {
    (-0.5 * d2).exp()
}
