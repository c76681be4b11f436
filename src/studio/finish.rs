//! Checking and converting the image: a damaged one is never delivered.

use std::io::Cursor;

use aws_lc_rs::digest;
use bytes::Bytes;
use image::{
    DynamicImage, ImageFormat,
    codecs::{
        jpeg::JpegEncoder,
        png::{CompressionType, FilterType, PngEncoder},
        webp::WebPEncoder,
    },
};
use zeroize::Zeroizing;

use super::{Studio, StudioError};
use crate::{
    domain::{Format, hex},
    intake::Kind,
};

const JPEG_QUALITY: u8 = 92;

/// An image that was decoded whole and is of the format that was asked for.
pub struct Finished {
    /// The image file.
    pub bytes: Zeroizing<Vec<u8>>,
    /// Its media type.
    pub media_type: &'static str,
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// SHA-256 of the file, in hexadecimal digits.
    pub sha256: String,
}

impl Studio {
    /// Checks an image and converts it if its kind is not the one asked for.
    ///
    /// # Errors
    /// When the image is damaged or no PNG, JPEG or WebP, or cannot be converted.
    pub async fn finish(&self, rendered: Zeroizing<Vec<u8>>, format: Format) -> Result<Finished, StudioError> {
        let shared = Bytes::from_owner(rendered);
        let probe = self.intake.check_image(shared.clone()).await.map_err(StudioError::Image)?;
        let have = Served::of(probe.kind).ok_or(StudioError::Convert)?;
        let want = match format {
            Format::Original => have,
            Format::Png => Served::Png,
            Format::Jpeg => Served::Jpeg,
            Format::Webp => Served::WebP,
        };
        let bytes = if have == want {
            Zeroizing::new(shared.to_vec())
        } else {
            self.intake.on_pool(move || convert(&shared, have, want)).await.map_err(StudioError::Image)??
        };
        let sha256 = hex(digest::digest(&digest::SHA256, &bytes).as_ref());
        Ok(Finished {
            bytes,
            media_type: want.codec().to_mime_type(),
            width: probe.width,
            height: probe.height,
            sha256,
        })
    }
}

/// The formats that are served.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Served {
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

fn convert(bytes: &[u8], have: Served, want: Served) -> Result<Zeroizing<Vec<u8>>, StudioError> {
    // The bytes were decoded whole within limits before.
    let image = image::load_from_memory_with_format(bytes, have.codec()).map_err(|_| StudioError::Convert)?;
    let mut out = Cursor::new(Vec::with_capacity(bytes.len()));
    let written = match want {
        Served::Jpeg => {
            let encoder = JpegEncoder::new_with_quality(&mut out, JPEG_QUALITY);
            DynamicImage::from(image.into_rgb8()).write_with_encoder(encoder)
        }
        Served::WebP => DynamicImage::from(image.into_rgba8()).write_with_encoder(WebPEncoder::new_lossless(&mut out)),
        Served::Png => {
            let (compression, filter) = (CompressionType::Fast, FilterType::Adaptive);
            image.write_with_encoder(PngEncoder::new_with_quality(&mut out, compression, filter))
        }
    };
    written.map_err(|_| StudioError::Convert)?;
    Ok(Zeroizing::new(out.into_inner()))
}
