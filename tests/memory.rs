//! What a photo and its figure hold: taking one in never more than its permit beyond its own bytes, little for a baseline
//! JPEG, and no copy of what was received; making one no copy for each call; an answer no more than its cap allows.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test's helpers fail as the test does")]

#[expect(dead_code, reason = "it is made for the tests of the API")]
#[path = "api/app.rs"]
mod app;
#[expect(dead_code, reason = "it is made for the tests of intake")]
#[path = "../src/intake/tests/draw.rs"]
mod draw;
#[path = "flood/mod.rs"]
mod flood;
#[path = "held/mod.rs"]
mod held;

use std::{num::NonZeroUsize, sync::LazyLock, time::Duration};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use figurine::{
    domain::KeyId,
    engine::{Engine, EngineSettings, Failure, ImageAsk, Meter, Photo64},
    intake::{Intake, Limits},
};
use jpeg_encoder::{Encoder, SamplingFactor};
use peak_alloc::PeakAlloc;
use serde_json::{Value, json};
use tokio::{sync::Mutex, time::Instant};

use crate::{
    app::{Form, TestApp, json_of},
    flood::{BYTES, Flood, UNDER_WAY},
    held::Held,
};

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
    const LENGTH: usize = 18 << 20;
    let _turn = TURN.lock().await;
    let app = TestApp::start().await;
    let mut photo = draw::jpeg(&draw::textured(320, 240));
    photo.resize(LENGTH, 7);
    let photo = Bytes::from(photo);
    let form = Bytes::from(Form::default().file("image", &photo).body());
    // Base64 is decoded where it lies.
    let json = format!(r#"{{"image":{{"data":"{}"}}}}"#, STANDARD.encode(&photo)).into();
    for (kind, body) in [("image/jpeg", photo), (Form::TYPE, form), ("application/json", json)] {
        let length = body.len();
        let asked = app.request(reqwest::Method::POST, "/v1/figures/validate").header("Content-Type", kind).body(body);
        let held = held(async || {
            let told = json_of(asked.send().await.unwrap(), 200).await;
            assert_eq!(told["photo"]["metadata_removed"], serde_json::json!(["trailing_bytes"]), "{told:#}");
        });
        let held = held.await;
        println!("{kind} of {:.1} MiB: {:.1} MiB held", mib(length as u64), mib(held));
        assert!(held < (length + (8 << 20)) as u64, "{kind}: {held} bytes");
    }
}

/// A job sends its photo with every call. Its base64 is there when the first call is, and with four more calls under way
/// at once not even one more of it is.
#[tokio::test(flavor = "multi_thread")]
async fn the_photos_base64_is_made_once_for_all_calls_of_a_job() {
    let _turn = TURN.lock().await;
    let engine = Held::start();
    let url = engine.base_url();
    let vars = [
        ("GEMINI_API_KEY", "not-a-real-key"),
        ("FIGURINE_GEMINI_TIER", "paid"),
        ("FIGURINE_GEMINI_BASE_URL", &url),
        ("FIGURINE_LONGEST_SIDE", "3000"),
    ];
    let app = TestApp::with(&vars, |_| {}).await;
    let asked = app.post("?n=4&enhance=false", draw::jpeg(&draw::textured(3000, 2000)));
    let told = json_of(asked.header("Prefer", "respond-async").send().await.unwrap(), 202).await;
    let analysis = engine.next();
    assert!(analysis.bytes > 1 << 20, "{} bytes tell nothing", analysis.bytes);
    let (photo, of_analysis) = (analysis.bytes as u64, analysis.path.clone());
    let held = held(async || {
        analysis.answer(&words(&ANALYSIS));
        let calls: Vec<_> = (0..4).map(|_| engine.next()).collect();
        let held = MEMORY.current_usage();
        for call in calls {
            // A photo and nothing else is as long.
            assert!(call.bytes as u64 > photo - (64 << 10), "{} {}", call.path, call.bytes);
            assert_ne!(call.path, of_analysis);
            call.answer(&image());
        }
        println!("four calls of {:.1} MiB each: {:.1} MiB in all", mib(photo), mib(held as u64));
    });
    let held = held.await;
    println!("held for four calls beside the first one's {:.1} MiB: {:.1} MiB", mib(photo), mib(held));
    assert!(held < photo, "{held} bytes for four calls of {photo}");
    let figure = app.ended(told["id"].as_str().unwrap()).await;
    assert_eq!((&figure["status"], figure["images"].as_array().unwrap().len()), (&"succeeded".into(), 4), "{figure:#}");
}

static ANALYSIS: LazyLock<Value> = LazyLock::new(|| {
    json!({
        "subject": "person", "count": 1, "summary": "Somebody in a coat.", "pose": "standing", "attire": ["a coat"],
        "palette": ["#336699"], "accessories": [], "apparent_minor": "none", "quality": {"usable": true, "issues": []}
    })
});

fn words(said: &Value) -> Value {
    let parts = json!([{"text": said.to_string()}]);
    json!({"candidates": [{"content": {"role": "model", "parts": parts}, "finishReason": "STOP"}]})
}

fn image() -> Value {
    let data = STANDARD.encode(app::png(64, 64));
    let parts = json!([{"inlineData": {"mimeType": "image/png", "data": data}}]);
    json!({"candidates": [{"content": {"role": "model", "parts": parts}, "finishReason": "STOP"}]})
}

/// Of an answer that has no end and no declared length, no more is held than its cap and what it grew from.
#[tokio::test(flavor = "multi_thread")]
async fn an_answer_without_end_is_held_up_to_its_cap_alone() {
    let _turn = TURN.lock().await;
    let flood = Flood::start();
    let settings = EngineSettings::new(flood.base_url(), "a-key".into());
    let cap = settings.image_cap_bytes;
    let engine = Engine::new(settings).unwrap();
    let photo = Photo64::jpeg(&draw::jpeg(&draw::textured(320, 240)));
    let models = ["gemini-3-pro-image".to_owned()];
    let held = held(async || {
        let ask = ImageAsk { prompt: "A figure.", photo: &photo, aspect_ratio: "1:1", image_size: "1K", seed: None };
        let error =
            engine.image(&models, ask, Instant::now() + Duration::from_secs(20), &Meter::default()).await.unwrap_err();
        assert_eq!(*error.failure(), Failure::TooLarge);
    });
    let (held, sent) = (held.await, flood.sent());
    println!("of {BYTES} bytes {sent} were sent and {held} held");
    assert!((cap..cap + UNDER_WAY).contains(&sent) && sent < BYTES, "{sent} of {BYTES} bytes were sent");
    assert!(held < (2 * cap + (4 << 20)) as u64, "{held} bytes under a cap of {cap}");
    assert!(MEMORY.current_usage() < cap, "nothing of it stays");
}

#[expect(clippy::cast_precision_loss, reason = "mebibytes")]
fn mib(bytes: u64) -> f64 {
    bytes as f64 / f64::from(1 << 20)
}
