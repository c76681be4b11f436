//! What taking a photo in holds beyond its own bytes: never more than its permit, little for a baseline JPEG, and no copy
//! of what was received.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test's helpers fail as the test does")]

#[expect(dead_code, reason = "it is made for the tests of the API")]
#[path = "api/app.rs"]
mod app;
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
use tokio::sync::Mutex;

use crate::app::{Form, TestApp, json_of};

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

const LIMITS: Limits =
    Limits { max_bytes: 64 << 20, max_pixels: 100_000_000, longest_side: 1536, decode_memory_bytes: 512 << 20 };

/// One test at a time measures.
static TURN: Mutex<()> = Mutex::const_new(());

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
    let _turn = TURN.lock().await;
    let small = draw::rgba(&draw::textured(1800, 1200));
    let png = draw::Png::new((1800, 1200), 8, 2);
    let files = [
        ("JPEG, 12 MP", jpeg((4000, 3000), |_| ())),
        ("JPEG, 48 MP", jpeg((8000, 6000), |_| ())),
        ("JPEG, 12 MP, 4:4:4", jpeg((4000, 3000), |encoder| encoder.set_sampling_factor(SamplingFactor::F_1_1))),
        ("progressive JPEG, 12 MP", jpeg((4000, 3000), |encoder| encoder.set_progressive(true))),
        ("PNG, 2 MP", png.file(|x, y| small.get_pixel(x, y).0[..3].iter().map(|sample| u16::from(*sample)).collect())),
        (
            "PNG whose profile is 60 MB of nothing",
            draw::Png::new((3000, 2000), 8, 2)
                .chunk(*b"iCCP", &profile())
                .file(|x, _| vec![if x < 999 { 0 } else { 255 }; 3]),
        ),
        (
            "PNG whose Exif names all of itself 2000 times",
            draw::Png::new((200, 150), 8, 0).chunk(*b"eXIf", &exif()).file(|x, _| vec![if x < 99 { 0 } else { 255 }]),
        ),
        ("lossless WebP with alpha, 2 MP", draw::webp(&small)),
        ("GIF, 0.5 MP", draw::gif(&[draw::rgba(&draw::quarters(900, 600))])),
        ("HEIC in tiles", include_bytes!("fixtures/heic/grid.heic").to_vec()),
        ("HEIC with alpha", include_bytes!("fixtures/heic/alpha.heic").to_vec()),
    ];
    // What their threads keep stays as it is while the next one is measured.
    let mut intakes = Vec::new();
    for (name, file) in files {
        let file = Bytes::from(file);
        let intake = Intake::new(LIMITS, NonZeroUsize::MIN);
        let permit = intake.memory(&file).unwrap();
        let held = held(async || drop(intake.take_in(KeyId::random(), file).await.unwrap())).await;
        intakes.push(intake);
        println!("{name}: {:.1} MiB held, {:.1} permitted", mib(held), mib(permit));
        assert!(held <= permit + SLACK, "{name}: {held} bytes are more than the {permit} permitted");
        if name.starts_with("JPEG") {
            assert!(held <= 32 << 20, "{name}: {held} bytes");
        }
    }
}

/// Sixty million zeros, packed as the rows of a picture.
fn profile() -> Vec<u8> {
    let mut file = std::io::Cursor::new(Vec::new());
    image::GrayImage::new(10_000, 6_000).write_to(&mut file, image::ImageFormat::Png).unwrap();
    let (mut packed, mut rest) = (b"none\0\0".to_vec(), &file.get_ref()[8..]);
    while let Some((length, chunk)) = rest.split_first_chunk::<4>() {
        let length = u32::from_be_bytes(*length) as usize;
        if chunk.starts_with(b"IDAT") {
            packed.extend_from_slice(&chunk[4..4 + length]);
        }
        rest = &chunk[8 + length..];
    }
    packed
}

/// Two thousand entries of 24,000 bytes each, all of them the same.
fn exif() -> Vec<u8> {
    let entry = |tag: u16| [&tag.to_be_bytes()[..], &[0, 7, 0, 0, 0x5D, 0xC0, 0, 0, 0, 8]].concat();
    let entries: Vec<u8> = (0x9000..0x9000 + 2000).flat_map(entry).collect();
    [b"MM\0\x2A\0\0\0\x08", &2000_u16.to_be_bytes()[..], &entries, &[0; 4]].concat()
}

/// The most that is held at a time while something is done, beyond what was held before.
async fn held(act: impl AsyncFnOnce()) -> u64 {
    MEMORY.reset_peak_usage();
    let before = MEMORY.current_usage();
    act().await;
    MEMORY.peak_usage().saturating_sub(before) as u64
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_is_held_once_and_never_copied() {
    const LENGTH: usize = 20 << 20;
    let _turn = TURN.lock().await;
    let app = TestApp::start().await;
    let mut photo = draw::jpeg(&draw::textured(320, 240));
    photo.resize(LENGTH, 7);
    let photo = Bytes::from(photo);
    let form = Bytes::from(Form::default().file("image", &photo).body());
    for (kind, body) in [("image/jpeg", photo), (Form::TYPE, form)] {
        let asked = app.request(reqwest::Method::POST, "/v1/figures/validate").header("Content-Type", kind).body(body);
        let held = held(async || {
            let told = json_of(asked.send().await.unwrap(), 200).await;
            assert_eq!(told["photo"]["metadata_removed"], serde_json::json!(["trailing_bytes"]), "{told:#}");
        });
        let held = held.await;
        println!("{kind} of 20 MiB: {:.1} MiB held", mib(held));
        assert!(held < (LENGTH + (8 << 20)) as u64, "{kind}: {held} bytes");
    }
}

#[expect(clippy::cast_precision_loss, reason = "mebibytes")]
fn mib(bytes: u64) -> f64 {
    bytes as f64 / f64::from(1 << 20)
}
