//! Brightness and differences of colour, as JPEG stores them, and red, green and blue (ITU-T T.871, 7).

use super::buffer::Buffer;
use super::raster::Picture;

/// Bits behind the point.
const BITS: u32 = 16;
const HALF: i32 = 1 << (BITS - 1);

/// One pixel as red, green and blue.
#[inline]
pub(super) fn rgb(luma: u8, blue: u8, red: u8) -> [u8; 3] {
    let (luma, blue, red) = (i32::from(luma) << BITS, i32::from(blue) - 128, i32::from(red) - 128);
    [luma + 91_881 * red, luma - 22_554 * blue - 46_802 * red, luma + 116_130 * blue].map(sample)
}

#[inline]
fn sample(value: i32) -> u8 {
    ((value + HALF) >> BITS).clamp(0, 255).to_le_bytes()[0]
}

#[inline]
fn luma([red, green, blue]: [i32; 3]) -> u8 {
    sample(19_595 * red + 38_470 * green + 7_471 * blue)
}

/// Differences of the sum of four pixels.
#[inline]
fn chroma([red, green, blue]: [i32; 3]) -> [u8; 2] {
    let cb = -11_059 * red - 21_709 * green + 32_768 * blue;
    let cr = 32_768 * red - 27_439 * green - 5_329 * blue;
    [cb, cr].map(|value| sample((value >> 2) + (128 << BITS)))
}

/// Separates tightly packed pixels; chroma is the mean of two by two.
pub(super) fn picture((width, height): (u32, u32), pixels: &[u8]) -> Picture {
    let across = width as usize;
    let pixels = pixels.as_chunks::<3>().0;
    let mut bright = Buffer::zeroed(pixels.len());
    bright.iter_mut().zip(pixels).for_each(|(to, pixel)| *to = luma(pixel.map(i32::from)));
    let half = Picture::half((width, height));
    let [mut blue, mut red] = [(); 2].map(|()| Buffer::zeroed(half.0 as usize * half.1 as usize));
    let mut places = blue.iter_mut().zip(red.iter_mut());
    for rows in pixels.chunks(2 * across.max(1)) {
        let (one, two) = rows.split_at(across.min(rows.len()));
        let two = if two.is_empty() { one } else { two };
        for ((one, two), (blue, red)) in one.chunks(2).zip(two.chunks(2)).zip(&mut places) {
            [*blue, *red] = chroma(sum(one, two));
        }
    }
    Picture { width, height, luma: bright, chroma: [blue, red] }
}

/// Of two by two pixels, those at an edge counted twice.
#[inline]
fn sum(one: &[[u8; 3]], two: &[[u8; 3]]) -> [i32; 3] {
    let pair = |pixels: &[[u8; 3]]| match pixels {
        [a, b] => std::array::from_fn(|i| i32::from(a[i]) + i32::from(b[i])),
        [a] => a.map(|sample| 2 * i32::from(sample)),
        _ => [0; 3],
    };
    let (one, two): ([i32; 3], [i32; 3]) = (pair(one), pair(two));
    std::array::from_fn(|i| one[i] + two[i])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pixel_keeps_its_colour() {
        for colour in [[0; 3], [255; 3], [255, 0, 0], [0, 255, 0], [0, 0, 255], [12, 200, 99]] {
            let picture = picture((1, 1), &colour);
            let [blue, red] = [0, 1].map(|index| picture.chroma[index][0]);
            let back = rgb(picture.luma[0], blue, red);
            let worst = back.iter().zip(colour).map(|(a, b)| a.abs_diff(b)).max();
            assert!(worst <= Some(2), "{colour:?} became {back:?}");
        }
    }

    #[test]
    fn chroma_is_the_mean_of_two_by_two_and_repeated_at_an_edge() {
        let row = [[255, 0, 0], [0, 0, 255], [0, 255, 0]];
        let picture = picture((3, 3), row.repeat(3).as_flattened());
        let [blue, red] = &picture.chroma;
        assert_eq!((&blue[..], &red[..]), (&[170, 44, 170, 44][..], &[181, 21, 181, 21][..]));
    }
}
