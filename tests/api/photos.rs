//! What is told of a photo, by a dry run and in its figure, and what is refused.

#[expect(dead_code, reason = "it is made for the tests of intake")]
#[path = "../../src/intake/tests/draw.rs"]
mod draw;

use jpeg_encoder::{ColorType, Encoder};
use reqwest::Method;
use serde_json::{Value, json};

use self::draw::{Png, exif, gif, quarters, rgba, textured, with_segment};
use crate::app::{TestApp, json_of, problem_of};

/// A photo as a dry run tells it.
async fn told(app: &TestApp, photo: Vec<u8>) -> Value {
    let answer = app.request(Method::POST, "/v1/figures/validate").body(photo).send().await.unwrap();
    json_of(answer, 200).await["photo"].take()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_a_photo_is_told_by_a_dry_run_and_in_its_figure() {
    let app = TestApp::start().await;
    let sides = (400, 300);
    let flat = |value: u16| Png::new(sides, 8, 0).file(|_, _| vec![value]);
    let soft = Png::new(sides, 8, 0).file(|x, y| vec![u16::try_from((x + y) / 3).unwrap()]);
    let dim = Png::new(sides, 8, 0).file(|x, y| vec![if (x / 9 + y / 9) % 2 == 0 { 0 } else { 20 }]);
    let photos = [
        (draw::jpeg(&textured(400, 300)), true, json!([])),
        (draw::jpeg(&quarters(100, 300)), false, json!(["too_small"])),
        (flat(0), false, json!(["too_dark", "blank"])),
        (flat(255), false, json!(["too_bright", "blank"])),
        (flat(128), false, json!(["blank"])),
        (soft, true, json!(["blurred"])),
        (dim, true, json!(["too_dark", "low_contrast"])),
    ];
    for (photo, usable, issues) in photos {
        let dry = told(&app, photo.clone()).await;
        assert_eq!(dry["quality"], json!({"usable": usable, "issues": issues}), "{dry:#}");
        let figure = json_of(app.post("", photo).send().await.unwrap(), 201).await;
        assert_eq!(figure["photo"], dry, "{figure:#}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_kind_of_photo_is_taken_turned_and_told_by_what_it_is() {
    let app = TestApp::start().await;
    let picture = textured(200, 160);
    let turned = [b"Exif\0\0", &exif(6, true)[..]].concat();
    let mut ink = Vec::new();
    Encoder::new(&mut ink, 80).encode(&vec![90; 200 * 160 * 4], 200, 160, ColorType::CmykAsYcck).unwrap();
    let deep = Png::new((200, 160), 16, 6)
        .interlaced()
        .file(|x, y| [300 * x, 400 * y, 9, 65_535].map(|one| one.try_into().unwrap()).to_vec());
    let photos = [
        (with_segment(&draw::jpeg(&picture), 0xE1, &turned), "image/jpeg", (160, 200), json!(["exif", "gps"])),
        (ink, "image/jpeg", (200, 160), json!([])),
        (deep, "image/png", (200, 160), json!([])),
        (draw::webp(&rgba(&picture)), "image/webp", (200, 160), json!([])),
        (gif(&[rgba(&picture), rgba(&picture)]), "image/gif", (200, 160), json!([])),
        (include_bytes!("../fixtures/heic/exif_6.heic").to_vec(), "image/heic", (64, 96), Value::Null),
        (
            include_bytes!("../fixtures/heic/metadata.heic").to_vec(),
            "image/heic",
            (96, 64),
            json!(["exif", "gps", "xmp"]),
        ),
    ];
    for (photo, kind, (width, height), removed) in photos {
        let told = told(&app, photo).await;
        assert_eq!(told["media_type"], kind, "{told:#}");
        assert_eq!((&told["width"], &told["height"]), (&json!(width), &json!(height)), "{told:#}");
        assert!(removed.is_null() || told["metadata_removed"] == removed, "{told:#}");
        assert_eq!(told["oriented"], json!(width < height), "{told:#}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_photo_of_any_kind_that_is_cut_is_damaged() {
    let app = TestApp::start().await;
    let picture = textured(120, 90);
    let photos = [
        draw::jpeg(&picture),
        draw::jpeg_with(&picture, |encoder| encoder.set_progressive(true)),
        Png::new((120, 90), 8, 2).file(|x, y| picture.get_pixel(x, y).0.map(u16::from).to_vec()),
        draw::webp(&rgba(&picture)),
        include_bytes!("../fixtures/webp/lossy.webp").to_vec(),
        gif(&[rgba(&picture)]),
        include_bytes!("../fixtures/heic/grid.heic").to_vec(),
    ];
    for mut photo in photos {
        photo.truncate(photo.len() * 9 / 10);
        problem_of(app.post("", photo).send().await.unwrap(), 422, "photo_damaged").await;
    }
    assert_eq!(app.node.simulator().calls(), [], "the engine was asked");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_photo_that_is_taken_is_named_with_its_remedy() {
    let app = TestApp::start().await;
    let files: [(&[u8], &str, &str); 8] = [
        (b"\0\0\0\x1CftypavifXXXXavifmif1", "AVIF", "convert"),
        (b"<svg xmlns=\"http://www.w3.org/2000/svg\"/>", "SVG", "render"),
        (b"%PDF-1.7", "PDF", "export"),
        (b"\0\0\0\x18ftypisom\0\0\0\0isommp41", "MP4 video", "one frame"),
        (b"PK\x03\x04", "ZIP archive", "unpack"),
        (b"II\x2A\0\x10\0\0\0CR\x02\0", "camera raw (CR2)", "export"),
        (b"II\x2A\0\x08\0\0\0\x01\0", "TIFF", "convert"),
        (b"\xFF\x0A\x00", "JPEG XL", "convert"),
    ];
    for (file, name, remedy) in files {
        let problem =
            problem_of(app.post("", file.to_vec()).send().await.unwrap(), 415, "unsupported_image_type").await;
        let detail = problem["detail"].as_str().unwrap();
        assert!(detail.contains(name) && detail.contains(remedy), "{problem:#}");
    }
}
