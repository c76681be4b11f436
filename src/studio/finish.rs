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
        let bytes = if have == want {
            labeled(&rendered, want, source)
        } else {
            let work = move || convert(&rendered, have, want).map(|converted| labeled(&converted, want, source));
            self.intake.on_pool(work).await.map_err(StudioError::Image)??
        };
        let sha256 = hex(digest::digest(&digest::SHA256, &bytes).as_ref());
        Ok(Finished {
            bytes,
            media_type: want.codec().to_mime_type(),
            width: probe.width,
            height: probe.height,
            sha256,
            credentials,
        })
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

fn convert(bytes: &[u8], have: Served, want: Served) -> Result<SecretBytes, StudioError> {
    // The bytes were proven whole and within limits before.
    let image = image::load_from_memory_with_format(bytes, have.codec())
        .map_err(|_| StudioError::Image(IntakeError::Damaged { what: "image" }))?;
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
    Ok(SecretBytes::new(out.into_inner()))
}
