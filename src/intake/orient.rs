//! Turning a picture upright.

use super::buffer::Buffer;

/// How stored pixels must be turned or mirrored; numbered as in Exif (CIPA DC-008, tag 0x0112).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Orientation {
    /// 1: as stored.
    #[default]
    Upright,
    /// 2: mirrored left to right.
    Mirrored,
    /// 3: turned by half.
    Half,
    /// 4: mirrored top to bottom.
    Flipped,
    /// 5: mirrored along the main diagonal.
    Transposed,
    /// 6: to be turned a quarter clockwise.
    Clockwise,
    /// 7: mirrored along the other diagonal.
    Transversed,
    /// 8: to be turned a quarter counter-clockwise.
    CounterClockwise,
}

impl Orientation {
    /// All eight, in Exif's order.
    pub(super) const ALL: [Self; 8] = [
        Self::Upright,
        Self::Mirrored,
        Self::Half,
        Self::Flipped,
        Self::Transposed,
        Self::Clockwise,
        Self::Transversed,
        Self::CounterClockwise,
    ];

    /// By Exif's number; anything outside 1 to 8 means as stored.
    pub(super) fn from_exif(number: u32) -> Self {
        let index = usize::try_from(number).unwrap_or(0).wrapping_sub(1);
        Self::ALL.get(index).copied().unwrap_or_default()
    }

    /// Whether it changes anything.
    pub(super) fn turns(self) -> bool {
        self != Self::Upright
    }

    /// Whether width and height change places.
    pub(super) fn swaps_sides(self) -> bool {
        matches!(self, Self::Transposed | Self::Clockwise | Self::Transversed | Self::CounterClockwise)
    }

    /// The sides after turning.
    pub(super) fn turned(self, (width, height): (u32, u32)) -> (u32, u32) {
        if self.swaps_sides() { (height, width) } else { (width, height) }
    }

    /// This orientation followed by `next`.
    pub(super) fn then(self, next: Self) -> Self {
        let combined = Steps::of(self).then(Steps::of(next));
        Self::ALL.into_iter().find(|one| Steps::of(*one) == combined).unwrap_or_default()
    }
}

/// An orientation as: first exchange x and y, then mirror each axis of the result.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Steps {
    swap: bool,
    mirror_x: bool,
    mirror_y: bool,
}

impl Steps {
    fn of(orientation: Orientation) -> Self {
        let (swap, mirror_x, mirror_y) = match orientation {
            Orientation::Upright => (false, false, false),
            Orientation::Mirrored => (false, true, false),
            Orientation::Half => (false, true, true),
            Orientation::Flipped => (false, false, true),
            Orientation::Transposed => (true, false, false),
            Orientation::Clockwise => (true, true, false),
            Orientation::Transversed => (true, true, true),
            Orientation::CounterClockwise => (true, false, true),
        };
        Self { swap, mirror_x, mirror_y }
    }

    fn then(self, next: Self) -> Self {
        let (mirror_x, mirror_y) =
            if next.swap { (self.mirror_y, self.mirror_x) } else { (self.mirror_x, self.mirror_y) };
        Self { swap: self.swap != next.swap, mirror_x: mirror_x != next.mirror_x, mirror_y: mirror_y != next.mirror_y }
    }
}

/// Side of the square that is turned at a time, in pixels, so that both sides of the copy stay in cache.
const TILE: usize = 32;

/// Turns tightly packed pixels of `N` bytes; the new sides are [`Orientation::turned`].
///
/// Pixels that `from` lacks stay zero.
pub(super) fn turn<const N: usize>(from: &[u8], sides: (u32, u32), orientation: Orientation) -> Buffer {
    let (width, height) = (sides.0 as usize, sides.1 as usize);
    let steps = Steps::of(orientation);
    let turned = orientation.turned(sides);
    let (new_width, new_height) = (turned.0 as usize, turned.1 as usize);
    let mut to = Buffer::zeroed(width * height * N);
    let (from, _) = from.as_chunks::<N>();
    let (pixels, _) = to.as_chunks_mut::<N>();
    for (tile_y, tile_x) in tiles(new_width, new_height) {
        for y in tile_y..(tile_y + TILE).min(new_height) {
            for x in tile_x..(tile_x + TILE).min(new_width) {
                let a = if steps.mirror_x { new_width - 1 - x } else { x };
                let b = if steps.mirror_y { new_height - 1 - y } else { y };
                let (old_x, old_y) = if steps.swap { (b, a) } else { (a, b) };
                if let (Some(pixel), Some(old)) = (pixels.get_mut(y * new_width + x), from.get(old_y * width + old_x)) {
                    *pixel = *old;
                }
            }
        }
    }
    to
}

fn tiles(width: usize, height: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..height).step_by(TILE).flat_map(move |y| (0..width).step_by(TILE).map(move |x| (y, x)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Where Exif says that the stored first row and first column are shown.
    #[test]
    fn each_orientation_brings_the_stored_corners_to_where_exif_says() {
        // A stored picture of 3 by 2 pixels: a b c / d e f.
        let shown: [(&str, &[u8]); 8] = [
            ("upright", b"abcdef"),
            ("mirrored", b"cbafed"),
            ("half", b"fedcba"),
            ("flipped", b"defabc"),
            ("transposed", b"adbecf"),
            ("clockwise", b"daebfc"),
            ("transversed", b"fcebda"),
            ("counter-clockwise", b"cfbead"),
        ];
        for (orientation, (name, expected)) in Orientation::ALL.into_iter().zip(shown) {
            assert_eq!(turn::<1>(b"abcdef", (3, 2), orientation)[..], *expected, "{name}");
        }
    }

    proptest::proptest! {
        #[test]
        fn two_orientations_in_a_row_equal_their_combination(first in 0_usize..8, second in 0_usize..8, width in 1_u32..40, height in 1_u32..40) {
            let pixels: Vec<u8> = (0..width * height).flat_map(u32::to_le_bytes).collect();
            let (first, second) = (Orientation::ALL[first], Orientation::ALL[second]);
            let once = turn::<4>(&pixels, (width, height), first);
            let twice = turn::<4>(&once, first.turned((width, height)), second);
            proptest::prop_assert_eq!(&*twice, &*turn::<4>(&pixels, (width, height), first.then(second)));
        }

        #[test]
        fn turning_loses_no_pixel(number in 0_u32..10, width in 1_u32..70, height in 1_u32..70) {
            let pixels: Vec<u8> = (0..width * height).flat_map(u32::to_le_bytes).collect();
            let turned = turn::<4>(&pixels, (width, height), Orientation::from_exif(number));
            let mut numbers: Vec<u32> = turned.as_chunks::<4>().0.iter().map(|b| u32::from_le_bytes(*b)).collect();
            numbers.sort_unstable();
            proptest::prop_assert_eq!(numbers, (0..width * height).collect::<Vec<_>>());
        }
    }
}
