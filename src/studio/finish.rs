//! Checking and converting the image: a damaged one is never delivered.

use std::io::Cursor;

use aws_lc_rs::digest;
use bytes::Bytes;
use image::{
    DynamicImage, ImageDecoder, ImageEncoder, ImageFormat, ImageReader, RgbImage, Rgba, RgbaImage,
    codecs::{
        jpeg::JpegEncoder,
        png::{CompressionType, FilterType, PngEncoder},
        webp::WebPEncoder,
    },
    imageops,
    metadata::Orientation,
};

use super::{Studio, StudioError, label};
use crate::{
    domain::{Format, SecretBytes, hex},
    intake::{IntakeError, Kind},
};

const JPEG_QUALITY: u8 = 92;

/// An image that was proven whole and is of the format that was asked for.
pub struct Finished {
    /// The image file.
    pub bytes: SecretBytes,
    /// Its media type.
    pub media_type: &'static str,
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// SHA-256 of the file, in hexadecimal digits.
    pub sha256: String,
    /// What became of the content credentials that it came with.
    pub credentials: Credentials,
}

/// What is known of an image's content credentials (C2PA), the strongest last.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Credentials {
    /// The engine made none.
    #[default]
    Absent,
    /// The engine made them and they are in the file, untouched.
    Present,
    /// The engine made them; they went with the conversion to another kind of file.
    Removed,
}

impl Credentials {
    /// As the figure object names it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Absent => "absent",
            Self::Present => "present",
            Self::Removed => "removed-by-transcode",
        }
    }
}

impl Studio {
    /// Checks an image, converts it if its kind is not the one asked for, and labels the file with how it came about unless
    /// it carries content credentials. Without a conversion the pixels stay the engine's own, byte by byte.
    ///
    /// # Errors
    /// When the image is damaged or no PNG, JPEG or WebP, or cannot be converted.
    pub async fn finish(&self, rendered: Bytes, format: Format) -> Result<Finished, StudioError> {
        let probe = self.intake.check_image(rendered.clone()).await.map_err(StudioError::Image)?;
        let have = Served::of(probe.kind).ok_or(StudioError::Convert)?;
        let want = match format {
            Format::Original => have,
            Format::Png => Served::Png,
            Format::Jpeg => Served::Jpeg,
            Format::Webp => Served::WebP,
        };
        let source = self.kind().digital_source_type();
        let credentials = match (label::has_credentials(&rendered, have), have == want) {
            (false, _) => Credentials::Absent,
            (true, true) => Credentials::Present,
            (true, false) => Credentials::Removed,
        };
        let (bytes, (width, height)) = if have == want {
            (labeled(&rendered, want, source), (probe.width, probe.height))
        } else {
            let work = move || {
                convert(&rendered, have, want).map(|(converted, sides)| (labeled(&converted, want, source), sides))
            };
            self.intake.on_pool(work).await.map_err(StudioError::Image)??
        };
        let sha256 = hex(digest::digest(&digest::SHA256, &bytes).as_ref());
        Ok(Finished { bytes, media_type: want.codec().to_mime_type(), width, height, sha256, credentials })
    }
}

fn labeled(file: &[u8], kind: Served, source: &str) -> SecretBytes {
    SecretBytes::new(label::labeled(file, kind, source).unwrap_or_else(|| file.to_vec()))
}

/// The formats that are served.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Served {
    Png,
    Jpeg,
    WebP,
}

impl Served {
    fn of(kind: Kind) -> Option<Self> {
        match kind {
            Kind::Png => Some(Self::Png),
            Kind::Jpeg => Some(Self::Jpeg),
            Kind::WebP => Some(Self::WebP),
            Kind::Gif | Kind::Heic => None,
        }
    }

    fn codec(self) -> ImageFormat {
        match self {
            Self::Png => ImageFormat::Png,
            Self::Jpeg => ImageFormat::Jpeg,
            Self::WebP => ImageFormat::WebP,
        }
    }
}

/// Converts an image, and gives its sides. It is turned as its Exif says, keeps its color profile, and where the new kind has
/// no transparency stands on white.
fn convert(bytes: &[u8], have: Served, want: Served) -> Result<(SecretBytes, (u32, u32)), StudioError> {
    // The bytes were proven whole and within limits before.
    let damaged = |_| StudioError::Image(IntakeError::Damaged { what: "image" });
    let mut decoder = ImageReader::with_format(Cursor::new(bytes), have.codec()).into_decoder().map_err(damaged)?;
    let profile = decoder.icc_profile().ok().flatten().filter(|profile| profile.get(16..20) == Some(b"RGB "));
    let turn = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let mut image = DynamicImage::from_decoder(decoder).map_err(damaged)?;
    image.apply_orientation(turn);
    let sides = (image.width(), image.height());
    let mut out = Cursor::new(Vec::with_capacity(bytes.len()));
    let written = match want {
        Served::Jpeg => {
            let encoder = JpegEncoder::new_with_quality(&mut out, JPEG_QUALITY);
            DynamicImage::from(on_white(image)).write_with_encoder(with_profile(encoder, profile))
        }
        Served::WebP => {
            let encoder = WebPEncoder::new_lossless(&mut out);
            DynamicImage::from(image.into_rgba8()).write_with_encoder(with_profile(encoder, profile))
        }
        Served::Png => {
            let (compression, filter) = (CompressionType::Fast, FilterType::Adaptive);
            let encoder = PngEncoder::new_with_quality(&mut out, compression, filter);
            image.write_with_encoder(with_profile(encoder, profile))
        }
    };
    written.map_err(|_| StudioError::Convert)?;
    Ok((SecretBytes::new(out.into_inner()), sides))
}

fn with_profile<E: ImageEncoder>(mut encoder: E, profile: Option<Vec<u8>>) -> E {
    if let Some(profile) = profile {
        // All three take one.
        drop(encoder.set_icc_profile(profile));
    }
    encoder
}

fn on_white(image: DynamicImage) -> RgbImage {
    if !image.color().has_alpha() {
        return image.into_rgb8();
    }
    let mut white = RgbaImage::from_pixel(image.width(), image.height(), Rgba([255; 4]));
    imageops::overlay(&mut white, &image.into_rgba8(), 0, 0);
    DynamicImage::from(white).into_rgb8()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_conversion_keeps_what_an_image_looks_like() {
        let profile = [&[0; 16][..], b"RGB ", &[0; 108]].concat();
        let mut half = RgbaImage::from_pixel(40, 20, Rgba([0, 0, 0, 0]));
        half.put_pixel(0, 0, Rgba([200, 0, 0, 255]));
        let mut png = Vec::new();
        let mut encoder = PngEncoder::new(&mut png);
        encoder.set_icc_profile(profile.clone()).unwrap();
        // Exif: little-endian, one entry, Orientation (0x0112) as a short: turn by a quarter.
        let turned = b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0".to_vec();
        encoder.set_exif_metadata(turned).unwrap();
        DynamicImage::from(half).write_with_encoder(encoder).unwrap();
        for want in [Served::Jpeg, Served::WebP] {
            let (converted, sides) = convert(&png, Served::Png, want).unwrap();
            let mut decoder =
                ImageReader::with_format(Cursor::new(converted.as_slice()), want.codec()).into_decoder().unwrap();
            assert_eq!((sides, decoder.dimensions()), ((20, 40), (20, 40)), "{want:?}");
            assert_eq!(decoder.icc_profile().unwrap(), Some(profile.clone()), "{want:?}");
            let image = DynamicImage::from_decoder(decoder).unwrap();
            let corner = image.to_rgba8().get_pixel(0, 39).0;
            match want {
                Served::Jpeg => assert!(corner[..3].iter().all(|value| *value > 250), "{corner:?}"),
                Served::WebP | Served::Png => assert_eq!(corner[3], 0),
            }
        }
    }
}
