//! JPEG, scaled down in the cosine transform.

mod baseline;
mod bits;
mod cosine;
mod huffman;
mod other;
mod plane;

use self::plane::Plane;
use super::super::buffer::Buffer;
use super::super::raster::{Channels, Picture, Raster};
use super::super::source::{Deadline, Pieces};
use super::super::walk::jpeg_frame::Frame;
use super::super::ycc;
use super::super::{IntakeError, Kind};
use super::{Pixels, Wanted};

/// Decodes at the smallest scale that still has both sides wanted.
pub(super) fn decode(pieces: Pieces, wanted: Wanted, deadline: Deadline) -> Result<Pixels, IntakeError> {
    let look = Look::at(&pieces)?;
    let ordinary = look.frame.components.len() == 1 || (look.frame.components.len() == 3 && !look.rgb);
    if look.frame.progressive || !ordinary {
        return other::decode(pieces.open(deadline), wanted.sides).map(Pixels::Raster);
    }
    let halved = |index| if index == 0 || wanted.full_chroma { wanted.sides } else { Picture::half(wanted.sides) };
    let planes = baseline::decode(pieces.iter(), &look.frame, halved, deadline)?;
    match planes.as_slice() {
        [grey] => grey_of(grey, wanted.sides),
        [luma, chroma @ ..] if !wanted.full_chroma => picture(luma, chroma, wanted.sides),
        [luma, blue, red] => rgb([luma, blue, red], wanted.sides),
        _ => None,
    }
    .ok_or_else(|| Kind::Jpeg.damaged())
}

/// What says how samples are stored.
struct Look {
    frame: Frame,
    /// Red, green and blue themselves, not brightness and differences.
    rgb: bool,
}

impl Look {
    fn at(pieces: &Pieces) -> Result<Self, IntakeError> {
        let (mut frame, mut adobe_rgb, mut jfif) = (None, false, false);
        for piece in pieces.iter() {
            match piece {
                [0xFF, marker @ (0xC0..=0xC3 | 0xC5..=0xC7 | 0xC9..=0xCB | 0xCD..=0xCF), _, _, body @ ..] => {
                    frame = Some(Frame::parse(*marker, body)?);
                }
                // Its last byte says how colours are transformed (Adobe Technical Note 5116).
                [0xFF, 0xEE, _, _, b'A', b'd', b'o', b'b', b'e', _, _, _, _, _, _, transform, ..] => {
                    adobe_rgb = *transform == 0;
                }
                [0xFF, 0xE0, ..] => jfif = true,
                _ => {}
            }
        }
        let frame = frame.ok_or_else(|| Kind::Jpeg.damaged())?;
        let named_rgb = frame.components.iter().map(|component| component.id).eq(*b"RGB");
        Ok(Self { frame, rgb: adobe_rgb || (named_rgb && !jfif) })
    }
}

fn grey_of(plane: &Plane, sides: (u32, u32)) -> Option<Pixels> {
    Raster::new(sides, Channels::Grey, plane.fitted(sides)?).map(Pixels::Raster)
}

fn picture(luma: &Plane, chroma: &[Plane], sides: (u32, u32)) -> Option<Pixels> {
    let half = Picture::half(sides);
    let [blue, red] = chroma else { return None };
    let chroma = [blue.fitted(half)?, red.fitted(half)?];
    Some(Pixels::Picture(Picture { width: sides.0, height: sides.1, luma: luma.fitted(sides)?, chroma }))
}

fn rgb(planes: [&Plane; 3], sides: (u32, u32)) -> Option<Pixels> {
    let [luma, blue, red] = planes.map(|plane| plane.fitted(sides));
    let (luma, blue, red) = (luma?, blue?, red?);
    let mut rgb = Buffer::zeroed(luma.len() * 3);
    let samples = luma.iter().zip(blue.iter()).zip(red.iter());
    for (pixel, ((luma, blue), red)) in rgb.as_chunks_mut::<3>().0.iter_mut().zip(samples) {
        *pixel = ycc::rgb(*luma, *blue, *red);
    }
    Raster::new(sides, Channels::Rgb, rgb).map(Pixels::Raster)
}
