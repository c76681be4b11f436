//! The four corners of each orientation land where they should, in every container that can turn.

use super::draw::{
    BLUE, GREEN, Png, RED, YELLOW, assert_near, corners, exif, jpeg, quarters, rgba, webp, with_segment,
};
use super::take_in;

/// What is shown of red, green / blue, yellow as stored (CIPA DC-008, tag 0x0112).
const SHOWN: [[[u8; 3]; 4]; 8] = [
    [RED, GREEN, BLUE, YELLOW],
    [GREEN, RED, YELLOW, BLUE],
    [YELLOW, BLUE, GREEN, RED],
    [BLUE, YELLOW, RED, GREEN],
    [RED, BLUE, GREEN, YELLOW],
    [BLUE, RED, YELLOW, GREEN],
    [YELLOW, GREEN, BLUE, RED],
    [GREEN, YELLOW, RED, BLUE],
];

async fn assert_shown(file: Vec<u8>, orientation: usize, what: &str) {
    let photo = take_in(file).await.unwrap();
    let what = format!("{what}, orientation {orientation}");
    let sides = if orientation < 5 { (96, 64) } else { (64, 96) };
    assert_eq!((photo.width(), photo.height()), sides, "{what}");
    assert_eq!((photo.report().width, photo.report().height), sides, "{what}");
    assert_eq!(photo.report().oriented, orientation != 1, "{what}");
    assert_near(corners(photo.jpeg()), SHOWN[orientation - 1], 8, &what);
}

#[tokio::test]
async fn a_jpeg_is_turned_by_exif() {
    for orientation in 1..=8 {
        let exif = exif(orientation.try_into().unwrap(), false);
        let segment = [b"Exif\0\0", &exif[..]].concat();
        assert_shown(with_segment(&jpeg(&quarters(96, 64)), 0xE1, &segment), orientation, "JPEG").await;
    }
}

#[tokio::test]
async fn a_png_is_turned_by_exif() {
    let picture = quarters(96, 64);
    for orientation in 1..=8 {
        let png = Png::new((96, 64), 8, 2).chunk(*b"eXIf", &exif(orientation.try_into().unwrap(), false));
        let file = png.file(|x, y| picture.get_pixel(x, y).0.map(u16::from).to_vec());
        assert_shown(file, orientation, "PNG").await;
    }
}

#[tokio::test]
async fn a_webp_is_turned_by_exif() {
    for orientation in 1..=8 {
        let still = webp(&rgba(&quarters(96, 64)));
        let exif = exif(orientation.try_into().unwrap(), false);
        let mut body = b"VP8X\x0A\0\0\0\x08\0\0\0\x5F\0\0\x3F\0\0".to_vec();
        body.extend_from_slice(&still[12..]);
        body.extend_from_slice(b"EXIF");
        body.extend_from_slice(&u32::try_from(exif.len()).unwrap().to_le_bytes());
        body.extend_from_slice(&exif);
        let size = u32::try_from(body.len() + 4).unwrap().to_le_bytes();
        assert_shown([b"RIFF", &size[..], b"WEBP", &body].concat(), orientation, "WebP").await;
    }
}

#[tokio::test]
async fn a_heic_is_turned_by_its_own_boxes() {
    let files: [&[u8]; 7] = [
        include_bytes!("../../../tests/fixtures/heic/exif_2.heic"),
        include_bytes!("../../../tests/fixtures/heic/exif_3.heic"),
        include_bytes!("../../../tests/fixtures/heic/exif_4.heic"),
        include_bytes!("../../../tests/fixtures/heic/exif_5.heic"),
        include_bytes!("../../../tests/fixtures/heic/exif_6.heic"),
        include_bytes!("../../../tests/fixtures/heic/exif_7.heic"),
        include_bytes!("../../../tests/fixtures/heic/exif_8.heic"),
    ];
    for (file, orientation) in files.into_iter().zip(2..) {
        assert_shown(file.to_vec(), orientation, "HEIC").await;
    }
}

#[tokio::test]
async fn a_large_photo_is_turned_after_it_is_fitted() {
    let segment = [b"Exif\0\0", &exif(6, false)[..]].concat();
    let photo = take_in(with_segment(&jpeg(&quarters(3200, 2400)), 0xE1, &segment)).await.unwrap();
    assert_eq!((photo.width(), photo.height()), (1152, 1536));
    assert_eq!((photo.report().width, photo.report().height), (2400, 3200));
    assert_near(corners(photo.jpeg()), SHOWN[5], 6, "fitted and turned");
}

#[tokio::test]
async fn nonsense_in_exif_turns_nothing() {
    for orientation in [0, 9, 255, 65_535] {
        let segment = [b"Exif\0\0", &exif(orientation, false)[..]].concat();
        assert_shown(with_segment(&jpeg(&quarters(96, 64)), 0xE1, &segment), 1, "out of range").await;
    }
}
