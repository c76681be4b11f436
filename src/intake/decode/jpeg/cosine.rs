//! From the coefficients of a block to its samples, at an eighth, a quarter, half or all of its size.
//!
//! A block is made smaller by leaving out the frequencies that the smaller one cannot hold, and undoing the
//! cosine transform at the smaller size.

use std::array::from_fn;
use std::f32::consts::SQRT_2;

/// Row and column of each coefficient in the order of the file (ITU-T T.81, figure A.6).
const ZIGZAG: [u8; 64] = [
    0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7, 14, 21,
    28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54,
    47, 55, 62, 63,
];

/// What each row or column is multiplied by before the transform at each size, which so needs few multiplications.
/// For 8 these are those of Arai, Agui and Nakajima, divided by the root of 8.
fn prescale(side: usize, index: usize) -> f32 {
    const EIGHT: [f32; 8] =
        [0.353_553_4, 0.490_392_65, 0.461_939_8, 0.415_734_8, 0.353_553_4, 0.277_785_1, 0.191_341_7, 0.097_545_16];
    const FOUR: [f32; 4] = [0.353_553_4, 0.461_939_8, 0.353_553_4, 0.461_939_8];
    match side {
        8 => EIGHT.get(index).copied(),
        4 => FOUR.get(index).copied(),
        // 2 and 1: the roots of an eighth.
        _ => Some(0.353_553_4),
    }
    .unwrap_or_default()
}

/// Coefficients of one block, ready to be transformed; behind the 64th lies what is left out.
pub(super) type Block = [f32; 128];

/// Where coefficients go and what they are multiplied by, in the order of the file.
pub(super) struct Plan {
    pub(super) side: usize,
    steps: [(f32, u8); 64],
}

impl Plan {
    /// For samples of `side` by `side` from coefficients that were divided by `quantization`.
    pub(super) fn new(side: usize, quantization: &[u16; 64]) -> Self {
        let steps = from_fn(|index| {
            let at = usize::from(ZIGZAG[index]);
            let (row, column) = (at / 8, at % 8);
            if row >= side || column >= side {
                return (0.0, 64);
            }
            let factor = prescale(side, row) * prescale(side, column) * f32::from(quantization[index]);
            (factor, u8::try_from(row * side + column).unwrap_or(64))
        });
        Self { side, steps }
    }

    /// Puts the coefficient with that place in the file (0 to 63).
    #[inline]
    pub(super) fn put(&self, block: &mut Block, index: usize, number: i32) {
        let (factor, place) = self.steps[index & 63];
        block[usize::from(place & 127)] = real(number) * factor;
    }
}

#[expect(clippy::cast_precision_loss, reason = "coefficients have 16 bits")]
fn real(number: i32) -> f32 {
    number as f32
}

/// Undoes the transform of a block of `N` by `N`.
#[inline]
pub(super) fn samples<const N: usize>(
    block: &Block,
    transform: impl Fn([[f32; N]; N]) -> [[f32; N]; N],
) -> [[u8; N]; N] {
    let rows = from_fn(|row| from_fn(|column| block[(row * N + column) & 127]));
    let columns = transposed(transform(rows));
    transposed(transform(columns)).map(|row| row.map(sample))
}

fn transposed<const N: usize>(rows: [[f32; N]; N]) -> [[f32; N]; N] {
    from_fn(|row| from_fn(|column| rows[column][row]))
}

/// Rounded and moved to 0 to 255.
#[inline]
pub(super) fn sample(value: f32) -> u8 {
    // The lowest byte of a number of this size is its integer part: no conversion is needed.
    const SHIFT: f32 = 12_582_912.0;
    let shown = (value + 128.0).clamp(0.0, 255.0) + SHIFT;
    shown.to_bits().to_le_bytes()[0]
}

type Lane<const N: usize> = [f32; N];

fn add<const N: usize>(a: Lane<N>, b: Lane<N>) -> Lane<N> {
    from_fn(|i| a[i] + b[i])
}

fn sub<const N: usize>(a: Lane<N>, b: Lane<N>) -> Lane<N> {
    from_fn(|i| a[i] - b[i])
}

fn times<const N: usize>(a: Lane<N>, factor: f32) -> Lane<N> {
    a.map(|value| value * factor)
}

/// All columns at once, two samples each.
#[inline]
pub(super) fn two([a, b]: [[f32; 2]; 2]) -> [[f32; 2]; 2] {
    [add(a, b), sub(a, b)]
}

/// All columns at once, four samples each.
#[inline]
pub(super) fn four([a, b, c, d]: [[f32; 4]; 4]) -> [[f32; 4]; 4] {
    const TAN: f32 = 0.414_213_57;
    let (even, odd) = (add(a, c), sub(a, c));
    let (outer, inner) = (add(b, times(d, TAN)), sub(times(b, TAN), d));
    [add(even, outer), add(odd, inner), sub(odd, inner), sub(even, outer)]
}

/// All columns at once, eight samples each (Arai, Agui, Nakajima 1988).
#[inline]
pub(super) fn eight(rows: [[f32; 8]; 8]) -> [[f32; 8]; 8] {
    let [in0, in1, in2, in3, in4, in5, in6, in7] = rows;
    let (sum, difference) = (add(in0, in4), sub(in0, in4));
    let middle = add(in2, in6);
    let turned = sub(times(sub(in2, in6), SQRT_2), middle);
    let (even0, even3) = (add(sum, middle), sub(sum, middle));
    let (even1, even2) = (add(difference, turned), sub(difference, turned));

    let (z13, z10) = (add(in5, in3), sub(in5, in3));
    let (z11, z12) = (add(in1, in7), sub(in1, in7));
    let odd7 = add(z11, z13);
    let odd11 = times(sub(z11, z13), SQRT_2);
    let z5 = times(add(z10, z12), 1.847_759);
    let odd10 = sub(z5, times(z12, 1.082_392_2));
    let odd12 = sub(z5, times(z10, 2.613_126));
    let odd6 = sub(odd12, odd7);
    let odd5 = sub(odd11, odd6);
    let odd4 = sub(odd10, odd5);
    [
        add(even0, odd7),
        add(even1, odd6),
        add(even2, odd5),
        add(even3, odd4),
        sub(even3, odd4),
        sub(even2, odd5),
        sub(even1, odd6),
        sub(even0, odd7),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What T.81, A.3.3 defines, cut to the lowest frequencies and made anew at `N` samples.
    fn defined<const N: usize>(coefficients: &[i32; 64]) -> [[f64; N]; N] {
        let n = f64::from(u8::try_from(N).unwrap());
        let basis = |position: usize, frequency: usize| {
            let [position, frequency] = [position, frequency].map(|number| f64::from(u8::try_from(number).unwrap()));
            let scale = if frequency == 0.0 { 1.0 / n } else { 2.0 / n }.sqrt();
            scale * ((2.0 * position + 1.0) * frequency * std::f64::consts::PI / (2.0 * n)).cos()
        };
        from_fn(|y| {
            from_fn(|x| {
                let all = (0..N).flat_map(|v| (0..N).map(move |u| (v, u)));
                let sum: f64 = all.map(|(v, u)| f64::from(coefficients[v * 8 + u]) * basis(y, v) * basis(x, u)).sum();
                (sum * n / 8.0 + 128.0).clamp(0.0, 255.0)
            })
        })
    }

    fn check<const N: usize>(coefficients: &[i32; 64], transform: impl Fn([[f32; N]; N]) -> [[f32; N]; N]) {
        let plan = Plan::new(N, &[3; 64]);
        let mut block = [0.0; 128];
        for (index, natural) in ZIGZAG.iter().enumerate() {
            plan.put(&mut block, index, coefficients[usize::from(*natural)] / 3);
        }
        let seen = samples::<N>(&block, transform);
        let expected = defined::<N>(&coefficients.map(|value| value / 3 * 3));
        for (seen, expected) in seen.iter().flatten().zip(expected.iter().flatten()) {
            assert!((f64::from(*seen) - expected).abs() < 0.51, "{N}: {seen} instead of {expected}");
        }
    }

    proptest::proptest! {
        #[test]
        fn samples_are_as_the_standard_defines_them(values in proptest::collection::vec(-200..200_i32, 64)) {
            let coefficients: [i32; 64] = values.try_into().unwrap();
            check::<8>(&coefficients, eight);
            check::<4>(&coefficients, four);
            check::<2>(&coefficients, two);
            check::<1>(&coefficients, |block| block);
        }
    }
}
