//! A drawn portrait, for who has no photo at hand.

use image::{Rgb, RgbImage, codecs::jpeg::JpegEncoder};

const WIDTH: u32 = 960;
const HEIGHT: u32 = 1_200;

/// An ellipse: center, radii and color; coordinates are shares of the picture's width and height.
struct Shape {
    center: (f32, f32),
    radii: (f32, f32),
    color: [f32; 3],
}

const fn shape(center: (f32, f32), radii: (f32, f32), color: [f32; 3]) -> Shape {
    Shape { center, radii, color }
}

const SKIN: [f32; 3] = [226.0, 176.0, 146.0];
const HAIR: [f32; 3] = [74.0, 44.0, 30.0];
const COAT: [f32; 3] = [38.0, 84.0, 140.0];
const SCARF: [f32; 3] = [206.0, 62.0, 52.0];

/// From back to front.
const SHAPES: [Shape; 16] = [
    shape((0.50, 0.40), (0.235, 0.255), HAIR),
    shape((0.36, 0.52), (0.085, 0.190), HAIR),
    shape((0.64, 0.52), (0.085, 0.190), HAIR),
    shape((0.50, 1.05), (0.400, 0.330), COAT),
    shape((0.50, 0.66), (0.080, 0.120), [208.0, 156.0, 128.0]),
    shape((0.50, 0.755), (0.170, 0.055), SCARF),
    shape((0.57, 0.86), (0.045, 0.120), [188.0, 50.0, 44.0]),
    shape((0.50, 0.43), (0.180, 0.205), SKIN),
    shape((0.50, 0.265), (0.195, 0.085), HAIR),
    shape((0.425, 0.425), (0.038, 0.017), [250.0, 248.0, 244.0]),
    shape((0.575, 0.425), (0.038, 0.017), [250.0, 248.0, 244.0]),
    shape((0.425, 0.425), (0.015, 0.015), [46.0, 92.0, 74.0]),
    shape((0.575, 0.425), (0.015, 0.015), [46.0, 92.0, 74.0]),
    shape((0.425, 0.390), (0.046, 0.008), HAIR),
    shape((0.575, 0.390), (0.046, 0.008), HAIR),
    shape((0.50, 0.545), (0.056, 0.014), [178.0, 72.0, 72.0]),
];

/// The portrait as a JPEG file.
pub(super) fn jpeg() -> Vec<u8> {
    let picture = RgbImage::from_fn(WIDTH, HEIGHT, pixel);
    let mut bytes = Vec::new();
    // Writing a picture of this size to memory does not fail; if it did, the server would refuse an empty photo.
    let _ = picture.write_with_encoder(JpegEncoder::new_with_quality(&mut bytes, 92));
    bytes
}

#[expect(clippy::cast_precision_loss, reason = "coordinates are far below 2^24")]
fn pixel(x: u32, y: u32) -> Rgb<u8> {
    let (u, v) = (x as f32 / WIDTH as f32, y as f32 / HEIGHT as f32);
    let wall = 1.0 - 0.25 * v + 0.06 * (u - 0.3);
    let mut color = [196.0 * wall, 206.0 * wall, 190.0 * wall];
    for shape in &SHAPES {
        let (dx, dy) = ((u - shape.center.0) / shape.radii.0, (v - shape.center.1) / shape.radii.1);
        let inside = 1.0 - dx * dx - dy * dy;
        let edge = (inside * shape.radii.0 * 400.0).clamp(0.0, 1.0);
        // Light from the upper left, as on a ball.
        let light = 0.86 + 0.20 * inside.max(0.0).sqrt() - 0.09 * dx - 0.09 * dy;
        for (channel, own) in color.iter_mut().zip(shape.color) {
            *channel += edge * (own * light - *channel);
        }
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to a byte")]
    Rgb(color.map(|channel| channel.clamp(0.0, 255.0) as u8))
}
