//! What was found is named, and none of it is left.

use super::super::kind::contains;
use super::draw::{Png, exif, gif, jpeg, quarters, rgba, webp, with_segment};
use super::take_in;

const SECRET: &[u8] = b"Fountain Street 7";

/// Markers of the fitted JPEG: tables, frame, scan and JFIF's header, nothing else.
fn assert_clean(jpeg: &[u8]) {
    assert!(!contains(jpeg, SECRET));
    let mut position = 2;
    loop {
        let [0xFF, marker, high, low] = jpeg[position..position + 4] else { panic!("no marker at {position}") };
        assert!(matches!(marker, 0xE0 | 0xC0 | 0xC4 | 0xDB | 0xDA), "marker {marker:02X}");
        if marker == 0xE0 {
            assert_eq!(&jpeg[position + 4..position + 9], b"JFIF\0");
            assert_eq!(u16::from_be_bytes([high, low]), 16);
        }
        if marker == 0xDA {
            break;
        }
        position += 2 + usize::from(u16::from_be_bytes([high, low]));
    }
    assert_eq!(&jpeg[jpeg.len() - 2..], [0xFF, 0xD9]);
    assert_eq!(jpeg.windows(2).filter(|pair| *pair == [0xFF, 0xD9]).count(), 1);
}

#[tokio::test]
async fn everything_found_in_a_jpeg_is_named_in_order_and_gone() {
    let mut file = jpeg(&quarters(200, 160));
    let segments: [(u8, &[u8]); 8] = [
        (0xE1, &[b"Exif\0\0", &exif(3, true)[..], SECRET].concat()),
        (0xE1, &[b"http://ns.adobe.com/xap/1.0/\0", SECRET].concat()),
        (0xE2, &[b"ICC_PROFILE\0\x01\x01", SECRET].concat()),
        (0xE2, &[b"MPF\0", SECRET].concat()),
        (0xED, &[b"Photoshop 3.0\0", SECRET].concat()),
        (0xEB, SECRET),
        (0xFE, SECRET),
        (0xFE, b""),
    ];
    for (marker, body) in segments {
        file = with_segment(&file, marker, body);
    }
    file.extend_from_slice(SECRET);
    let photo = take_in(file).await.unwrap();
    let named = ["exif", "gps", "xmp", "iptc", "icc", "comment", "thumbnail", "other", "trailing_bytes"];
    assert_eq!(photo.report().metadata_removed, named);
    assert_clean(photo.jpeg());
}

#[tokio::test]
async fn everything_found_in_a_png_is_named_and_gone() {
    let png = Png::new((200, 160), 8, 0)
        .chunk(*b"eXIf", &[&exif(1, true)[..], SECRET].concat())
        .chunk(*b"tEXt", &[b"Author\0", SECRET].concat())
        .chunk(*b"zTXt", &[b"Raw profile type iptc\0\0", SECRET].concat())
        .chunk(*b"iTXt", &[b"XML:com.adobe.xmp\0\0\0\0\0", SECRET].concat())
        .chunk(*b"prVt", SECRET);
    let mut file = png.file(|x, _| vec![u16::from(x < 100) * 200]);
    file.extend_from_slice(SECRET);
    let photo = take_in(file).await.unwrap();
    let named = ["exif", "gps", "xmp", "iptc", "comment", "other", "trailing_bytes"];
    assert_eq!(photo.report().metadata_removed, named);
    assert_clean(photo.jpeg());
}

#[tokio::test]
async fn metadata_of_a_heic_is_named_and_gone() {
    let photo = take_in(include_bytes!("../../../tests/fixtures/heic/metadata.heic").as_slice()).await.unwrap();
    assert_eq!(photo.report().metadata_removed, ["exif", "gps", "xmp"]);
    assert_clean(photo.jpeg());
}

#[tokio::test]
async fn everything_found_in_a_webp_is_named_and_gone() {
    let chunk = |name: &[u8; 4], body: &[u8]| {
        let length = u32::try_from(body.len()).unwrap().to_le_bytes();
        [&name[..], &length, body, &[0][..body.len() % 2]].concat()
    };
    let still = webp(&rgba(&quarters(200, 160)));
    let extended = chunk(b"VP8X", &[0x2C, 0, 0, 0, 199, 0, 0, 159, 0, 0]);
    let chunks = [
        (b"ICCP", SECRET.to_vec()),
        (b"EXIF", [&exif(1, true)[..], SECRET].concat()),
        (b"XMP ", SECRET.to_vec()),
        (b"prVt", SECRET.to_vec()),
    ];
    let chunks: Vec<u8> = chunks.iter().flat_map(|(name, body)| chunk(name, body)).collect();
    let body = [&b"WEBP"[..], &extended, &still[12..], &chunks].concat();
    let file = [&b"RIFF"[..], &u32::try_from(body.len()).unwrap().to_le_bytes(), &body, SECRET].concat();
    let photo = take_in(file).await.unwrap();
    assert_eq!(photo.report().metadata_removed, ["exif", "gps", "xmp", "icc", "other", "trailing_bytes"]);
    assert_clean(photo.jpeg());
}

#[tokio::test]
async fn everything_found_in_a_gif_is_named_and_gone() {
    let file = gif(&[rgba(&quarters(200, 160))]);
    let end = file.len() - 1;
    let length = u8::try_from(SECRET.len()).unwrap();
    let said = [&[length][..], SECRET, &[0]].concat();
    let extensions =
        [&[0x21, 0xFE][..], &said, &[0x21, 0xFF, 11], b"XMP DataXMP", &said, &[0x21, 0xFF, 11], b"SOMEBODY1.0", &said];
    let file = [&file[..end], &extensions.concat(), &file[end..], SECRET].concat();
    let photo = take_in(file).await.unwrap();
    assert_eq!(photo.report().metadata_removed, ["xmp", "comment", "other", "trailing_bytes"]);
    assert_clean(photo.jpeg());
}

#[tokio::test]
async fn a_clean_photo_has_nothing_to_name() {
    let photo = take_in(jpeg(&quarters(200, 160))).await.unwrap();
    assert!(photo.report().metadata_removed.is_empty());
    assert_clean(photo.jpeg());
}

#[tokio::test]
async fn debug_shows_no_byte_of_the_photo() {
    let photo = take_in(jpeg(&quarters(200, 160))).await.unwrap();
    let shown = format!("{photo:?}");
    assert!(shown.len() < 400 && !shown.contains("255, 216"), "{shown}");
}
