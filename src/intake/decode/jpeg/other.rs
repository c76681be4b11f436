//! The rarer JPEGs by `jpeg-decoder`: progressive ones, ink, RGB kept as such.

use jpeg_decoder::{Decoder, Error, PixelFormat};

use super::super::super::buffer::Buffer;
use super::super::super::raster::{Channels, Raster};
use super::super::super::source::Source;
use super::super::super::{IntakeError, Kind};

pub(super) fn decode(source: Source, at_least: (u32, u32)) -> Result<Raster, IntakeError> {
    let mut decoder = Decoder::new(source);
    let side = |side: u32| u16::try_from(side).unwrap_or(u16::MAX);
    decoder.scale(side(at_least.0), side(at_least.1)).map_err(|error| refused(&error))?;
    let pixels = Buffer::from(decoder.decode().map_err(|error| refused(&error))?);
    let info = decoder.info().ok_or_else(|| Kind::Jpeg.damaged())?;
    let channels = match info.pixel_format {
        PixelFormat::L8 => Channels::Grey,
        PixelFormat::RGB24 => Channels::Rgb,
        PixelFormat::CMYK32 => Channels::Cmyk,
        PixelFormat::L16 => return Err(Kind::Jpeg.damaged()),
    };
    Raster::new((info.width.into(), info.height.into()), channels, pixels).ok_or_else(|| Kind::Jpeg.damaged())
}

fn refused(error: &Error) -> IntakeError {
    match error {
        Error::Unsupported(_) => IntakeError::Unsupported {
            what: "this variant of JPEG",
            remedy: "save it as an ordinary 8-bit baseline or progressive JPEG",
        },
        Error::Format(_) | Error::Io(_) | Error::Internal(_) => Kind::Jpeg.damaged(),
    }
}
