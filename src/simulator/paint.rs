//! Pixel work, on a bounded pool and never on a worker.

use super::refusal::Refusal;
use super::sculpt::{Brief, Observation, observe, sculpt};
use super::state::State;
use actix_web::web;
use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::{ExtendedColorType, ImageEncoder, ImageReader, Limits, RgbImage};
use std::io::Cursor;
use std::sync::Arc;

/// An image file as base64, ready to be spliced.
#[derive(Debug, Clone)]
pub(super) struct Figure {
    pub(super) mime_type: &'static str,
    pub(super) base64: Arc<str>,
}

/// What to paint.
pub(super) struct Order {
    pub(super) prompt: String,
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) seed: u64,
}

/// A file that is answered as it is.
pub(super) fn as_it_is(file: &[u8]) -> Figure {
    let mime_type = image::guess_format(file).map_or("image/png", |kind| kind.to_mime_type());
    Figure { mime_type, base64: base64_simd::STANDARD.encode_to_string(file).into() }
}

/// Sculpts a photo, or an empty table where none was given.
pub(super) async fn figure(state: &State, photo: Option<Vec<u8>>, order: Order) -> Result<Figure, Refusal> {
    on_pool(state, move || {
        let photo = match photo {
            Some(file) => decoded(&file)?,
            None => RgbImage::from_pixel(64, 64, image::Rgb([200, 200, 200])),
        };
        let brief = Brief { prompt: &order.prompt, width: order.width, height: order.height, seed: order.seed };
        let png = encoded(&sculpt(&photo, &brief))?;
        Ok(Figure { mime_type: "image/png", base64: base64_simd::STANDARD.encode_to_string(png).into() })
    })
    .await
}

/// Looks at a photo.
pub(super) async fn observation(state: &State, photo: Vec<u8>) -> Result<Observation, Refusal> {
    on_pool(state, move || Ok(observe(&decoded(&photo)?))).await
}

/// The sides of a photo, from its header.
pub(super) fn sides(photo: &[u8]) -> Result<(u32, u32), Refusal> {
    let reader = ImageReader::new(Cursor::new(photo)).with_guessed_format();
    let reader = reader.map_err(|_| Refusal::unreadable_image())?;
    reader.into_dimensions().map_err(|_| Refusal::unreadable_image())
}

async fn on_pool<T, F>(state: &State, work: F) -> Result<T, Refusal>
where
    T: Send + 'static,
    F: FnOnce() -> Result<T, Refusal> + Send + 'static,
{
    let permit = state.pixel_work.acquire().await;
    // A panic of a decoder ends as a join error, which Google would call an internal one.
    let done = web::block(work).await.unwrap_or_else(|_| Err(Refusal::internal()));
    drop(permit);
    done
}

fn decoded(file: &[u8]) -> Result<RgbImage, Refusal> {
    let unreadable = |_| Refusal::unreadable_image();
    let (width, height) = sides(file)?;
    if u64::from(width) * u64::from(height) > 50_000_000 {
        return Err(Refusal::unreadable_image());
    }
    let reader = ImageReader::new(Cursor::new(file)).with_guessed_format();
    let mut reader = reader.map_err(|_| Refusal::unreadable_image())?;
    let mut limits = Limits::default();
    limits.max_alloc = Some(256 << 20);
    reader.limits(limits);
    Ok(reader.decode().map_err(unreadable)?.into_rgb8())
}

fn encoded(figure: &RgbImage) -> Result<Vec<u8>, Refusal> {
    let mut png = Vec::new();
    let encoder = PngEncoder::new_with_quality(&mut png, CompressionType::Fast, FilterType::Sub);
    let (width, height) = figure.dimensions();
    encoder.write_image(figure.as_raw(), width, height, ExtendedColorType::Rgb8).map_err(|_| Refusal::internal())?;
    Ok(png)
}
