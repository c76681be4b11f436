//! What taking a photo in holds beyond its own bytes: never more than its permit, and little for a baseline JPEG.

#![expect(clippy::unwrap_used, reason = "a test's helpers fail as the test does")]

#[expect(dead_code, reason = "it is made for the tests of intake")]
#[path = "../src/intake/tests/draw.rs"]
mod draw;

use std::num::NonZeroUsize;

use bytes::Bytes;
use figurine::{
    domain::KeyId,
    intake::{Intake, Limits},
};
use jpeg_encoder::{Encoder, SamplingFactor};
use peak_alloc::PeakAlloc;

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

const LIMITS: Limits =
    Limits { max_bytes: 64 << 20, max_pixels: 100_000_000, longest_side: 1536, decode_memory_bytes: 512 << 20 };

/// What no permit speaks of: stacks of decoders, tables, the encoder's rows.
const SLACK: u64 = 2 << 20;

fn jpeg(sides: (u32, u32), change: impl FnOnce(&mut Encoder<&mut Vec<u8>>)) -> Vec<u8> {
    draw::jpeg_with(&draw::quarters(sides.0, sides.1), |encoder| {
        encoder.set_sampling_factor(SamplingFactor::F_2_2);
        change(encoder);
    })
}

#[tokio::test]
async fn no_photo_holds_more_than_its_permit_and_a_baseline_jpeg_at_most_32_mib() {
    let small = draw::rgba(&draw::textured(1800, 1200));
    let png = draw::Png::new((1800, 1200), 8, 2);
    let files = [
        ("JPEG, 12 MP", jpeg((4000, 3000), |_| ())),
        ("JPEG, 48 MP", jpeg((8000, 6000), |_| ())),
        ("JPEG, 12 MP, 4:4:4", jpeg((4000, 3000), |encoder| encoder.set_sampling_factor(SamplingFactor::F_1_1))),
        ("progressive JPEG, 12 MP", jpeg((4000, 3000), |encoder| encoder.set_progressive(true))),
        ("PNG, 2 MP", png.file(|x, y| small.get_pixel(x, y).0[..3].iter().map(|sample| u16::from(*sample)).collect())),
        ("lossless WebP with alpha, 2 MP", draw::webp(&small)),
        ("GIF, 0.5 MP", draw::gif(&[draw::rgba(&draw::quarters(900, 600))])),
        ("HEIC in tiles", include_bytes!("fixtures/heic/grid.heic").to_vec()),
        ("HEIC with alpha", include_bytes!("fixtures/heic/alpha.heic").to_vec()),
    ];
    let intake = Intake::new(LIMITS, NonZeroUsize::MIN);
    for (name, file) in files {
        let file = Bytes::from(file);
        let permit = intake.memory(&file).unwrap();
        MEMORY.reset_peak_usage();
        let before = MEMORY.current_usage();
        let photo = intake.take_in(KeyId::random(), file).await.unwrap();
        let held = (MEMORY.peak_usage() - before) as u64;
        println!("{name}: {:.1} MiB held, {:.1} permitted", mib(held), mib(permit));
        assert!(held <= permit + SLACK, "{name}: {held} bytes are more than the {permit} permitted");
        if name.starts_with("JPEG") {
            assert!(held <= 32 << 20, "{name}: {held} bytes");
        }
        drop(photo);
    }
}

#[expect(clippy::cast_precision_loss, reason = "mebibytes")]
fn mib(bytes: u64) -> f64 {
    bytes as f64 / f64::from(1 << 20)
}
