//! `delivery=inline`: the images as base64 in the JSON answer.

use super::{Api, problem::Problem};
use crate::{
    domain::{Delivery, Figure},
    store::Job,
};

/// The most that all images of an answer have together as base64, in bytes.
const MOST: u64 = 8 * 1024 * 1024;

/// Fills the images in where that was asked for and they are not too long.
///
/// # Errors
/// When store or vault fail.
pub(super) async fn filled(api: &Api, job: &Job, mut figure: Figure) -> Result<Figure, Problem> {
    if figure.options.delivery != Delivery::Inline {
        return Ok(figure);
    }
    let length: u64 = figure.images.iter().map(|image| image.bytes.div_ceil(3) * 4).sum();
    figure.inline_omitted = length > MOST;
    if !figure.inline_omitted {
        for image in &mut figure.images {
            let bytes = api.flow.read_image(job, image.index).await?;
            image.data = bytes.map(|bytes| base64_simd::STANDARD.encode_to_string(bytes.as_slice()));
        }
    }
    Ok(figure)
}
