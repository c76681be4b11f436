//! A mixture of full Gaussians over Lab colours, fitted by expectation–maximisation
//! (Dempster, Laird and Rubin 1977) from a deterministic start by principal-axis splitting.

use super::vector::V3;

const COMPONENTS: usize = 5;
const STEPS: usize = 8;
/// Added to every variance, so that a flat area does not become a needle; (Lab units)².
const FLOOR: f32 = 6.0;

/// One Gaussian: weight, mean, inverse covariance (xx, xy, xz, yy, yz, zz) and its logarithmic factor.
#[derive(Clone, Copy)]
struct Component {
    mean: V3,
    inverse: [f32; 6],
    log: f32,
}

/// Density of colours.
pub(super) struct Mixture(Vec<Component>);

/// Weighted sums of a component: weight, first and second moments.
#[derive(Clone, Copy, Default)]
struct Moments {
    n: f32,
    sum: V3,
    square: [f32; 6],
}

impl Moments {
    fn add(&mut self, c: V3, k: f32) {
        self.n += k;
        self.sum = self.sum + c * k;
        let q = [c.0 * c.0, c.0 * c.1, c.0 * c.2, c.1 * c.1, c.1 * c.2, c.2 * c.2];
        self.square.iter_mut().zip(q).for_each(|(s, q)| *s += q * k);
    }

    fn mean(&self) -> V3 {
        self.sum * (1.0 / self.n.max(1e-6))
    }

    fn covariance(&self) -> [f32; 6] {
        let m = self.mean();
        let k = 1.0 / self.n.max(1e-6);
        let mm = [m.0 * m.0, m.0 * m.1, m.0 * m.2, m.1 * m.1, m.1 * m.2, m.2 * m.2];
        let mut c: [f32; 6] = std::array::from_fn(|i| self.square[i] * k - mm[i]);
        for i in [0, 3, 5] {
            c[i] = c[i].max(0.0) + FLOOR;
        }
        c
    }

    fn component(&self, total: f32) -> Component {
        let [xx, xy, xz, yy, yz, zz] = self.covariance();
        let minors = [
            yy * zz - yz * yz,
            xz * yz - xy * zz,
            xy * yz - xz * yy,
            xx * zz - xz * xz,
            xy * xz - xx * yz,
            xx * yy - xy * xy,
        ];
        let det = (xx * minors[0] + xy * minors[1] + xz * minors[2]).max(FLOOR.powi(3) * 0.2);
        let share = (self.n / total.max(1e-6)).max(1e-5);
        Component { mean: self.mean(), inverse: minors.map(|m| m / det), log: share.ln() - 0.5 * det.ln() }
    }
}

impl Component {
    /// Logarithm of weight × density, without the constant.
    fn log_density(&self, c: V3) -> f32 {
        let d = c - self.mean;
        let [xx, xy, xz, yy, yz, zz] = self.inverse;
        let q = d.0 * (xx * d.0 + 2.0 * (xy * d.1 + xz * d.2)) + d.1 * (yy * d.1 + 2.0 * yz * d.2) + zz * d.2 * d.2;
        self.log - 0.5 * q.max(0.0)
    }
}

impl Mixture {
    /// Fits colours with weights; a mixture of one wide Gaussian where there are none.
    pub(super) fn fit(colors: &[V3], weights: &[f32]) -> Self {
        let total: f32 = weights.iter().sum();
        let mut mixture = Self(split(colors, weights).iter().map(|m| m.component(total)).collect());
        for _ in 0..STEPS {
            let mut moments = vec![Moments::default(); mixture.0.len()];
            for (&c, &k) in colors.iter().zip(weights) {
                if k < 1e-3 {
                    continue;
                }
                let share = mixture.shares(c);
                moments.iter_mut().zip(share).for_each(|(m, s)| m.add(c, s * k));
            }
            mixture = Self(moments.iter().map(|m| m.component(total)).collect());
        }
        mixture
    }

    fn shares(&self, c: V3) -> [f32; COMPONENTS] {
        let mut logs = [f32::MIN; COMPONENTS];
        logs.iter_mut().zip(&self.0).for_each(|(l, g)| *l = g.log_density(c));
        let top = logs.iter().copied().fold(f32::MIN, f32::max);
        let e = logs.map(|l| (l - top).exp());
        let sum: f32 = e.iter().sum();
        e.map(|v| v / sum)
    }

    /// Logarithm of the density at a colour, up to a constant common to all mixtures.
    pub(super) fn log_likelihood(&self, c: V3) -> f32 {
        let mut logs = [f32::MIN; COMPONENTS];
        logs.iter_mut().zip(&self.0).for_each(|(l, g)| *l = g.log_density(c));
        let top = logs.iter().copied().fold(f32::MIN, f32::max);
        top + logs.iter().map(|l| (l - top).exp()).sum::<f32>().ln()
    }
}

/// Splits the colours along the principal axis of the widest group until there are enough groups.
fn split(colors: &[V3], weights: &[f32]) -> Vec<Moments> {
    split_into(colors, weights, COMPONENTS)
}

/// Mean colours of `count` groups that are split along principal axes; some may be empty and black.
pub(super) fn split_means(colors: &[V3], count: usize) -> Vec<V3> {
    split_into(colors, &vec![1.0; colors.len()], count).iter().map(Moments::mean).collect()
}

fn split_into(colors: &[V3], weights: &[f32], count: usize) -> Vec<Moments> {
    let mut group = vec![0_usize; colors.len()];
    let gather = |group: &[usize], g: usize| {
        let mut m = Moments::default();
        for ((&c, &k), &at) in colors.iter().zip(weights).zip(group) {
            if at == g {
                m.add(c, k);
            }
        }
        m
    };
    let mut moments = vec![gather(&group, 0)];
    while moments.len() < count {
        let spread = |m: &Moments| {
            let c = m.covariance();
            (c[0] + c[3] + c[5]) * m.n
        };
        let widest = (1..moments.len()).fold(0, |b, i| if spread(&moments[i]) > spread(&moments[b]) { i } else { b });
        let (mean, axis) = (moments[widest].mean(), principal_axis(&moments[widest].covariance()));
        let fresh = moments.len();
        for (at, &c) in group.iter_mut().zip(colors) {
            if *at == widest && (c - mean).dot(axis) > 0.0 {
                *at = fresh;
            }
        }
        moments[widest] = gather(&group, widest);
        moments.push(gather(&group, fresh));
    }
    moments
}

/// Power iteration on a symmetric matrix.
pub(super) fn principal_axis(c: &[f32; 6]) -> V3 {
    let mut v = V3(0.7, 0.6, 0.4);
    for _ in 0..12 {
        v = V3(
            c[0] * v.0 + c[1] * v.1 + c[2] * v.2,
            c[1] * v.0 + c[3] * v.1 + c[4] * v.2,
            c[2] * v.0 + c[4] * v.1 + c[5] * v.2,
        )
        .normalized();
    }
    v
}
