//! HEIC by `heic-rs`.

use heic_rs::{DecodeOptions, PixelLayout};
use zeroize::Zeroizing;

use super::super::raster::{Channels, Raster};
use super::super::walk::{Header, heic};
use super::super::{IntakeError, Kind};
use super::rasters::opaque;

pub(super) fn decode(bytes: &[u8], header: &Header) -> Result<Raster, IntakeError> {
    let context = heic::open(bytes)?;
    let (item, props) = heic::primary(&context)?;
    let transparent = heic::alpha(&context, item)?.is_some();
    let layout = if transparent { PixelLayout::Rgba8 } else { PixelLayout::Rgb8 };
    let pixels = u64::from(header.sides.0) * u64::from(header.sides.1);
    let options = DecodeOptions::default()
        .with_layout(layout)
        .with_max_pixels(Some(pixels))
        .with_transforms(false)
        .with_threads(Some(1));
    let mut image = heic_rs::decode(bytes, &options).map_err(|error| heic::refused(&error))?;
    if let Some(clap) = heic::crop(&props)? {
        image = heic_rs::transform::crop(image, clap).map_err(|error| heic::refused(&error))?;
    }
    let mut data = Zeroizing::new(image.data);
    if transparent {
        opaque::<4, 3>(&mut data, Channels::Rgb);
    }
    Raster::new((image.width, image.height), Channels::Rgb, data).ok_or_else(|| Kind::Heic.damaged())
}
