//! What is not taken is refused by what it is.

use super::super::{Intake, IntakeError, Kind, Limits, probe};
use super::draw::{Png, gif, jpeg, quarters, rgba, webp};
use super::{LIMITS, intake, take_in};
use crate::domain::KeyId;
use std::num::NonZeroUsize;

/// First bytes of what is not taken, and what it is.
const OTHERS: [(&[u8], &str); 37] = [
    (b"BZh91AY", "bzip2 archive"),
    (b"\xFD7zXZ\0", "xz archive"),
    (b"\x28\xB5\x2F\xFD", "Zstandard archive"),
    (b"FLV\x01", "Flash video"),
    (b"\0\0\x01\xBA\x44", "MPEG video"),
    (b"\x30\x26\xB2\x75\x8E", "Windows Media video"),
    (b"\0\0\0\x18ftypM4V \0\0\0\0M4V mp42", "MP4 video"),
    (b"II\x2A\0\x08\0\0\0\x01\0NIKON CORPORATION", "camera raw (NEF)"),
    (b"II\x2A\0\x08\0\0\0\x01\0SONY", "camera raw (ARW)"),
    (b"MM\0\x2A\0\0\0\x08PENTAX", "camera raw (PEF)"),
    (b"IIRO\x08\0", "camera raw (ORF)"),
    (b"II\x55\0\x18\0", "camera raw (RW2)"),
    (b"FUJIFILMCCD-RAW ", "camera raw (RAF)"),
    (b"II\xBC\x01", "JPEG XR"),
    (b"%!PS-Adobe-3.0", "PostScript"),
    (b"\0\0\0\x1CftypavifXXXXavifmif1", "AVIF"),
    (b"\0\0\0\x1CftypavisXXXXavifmif1", "AVIF"),
    (b"\0\0\0\x18ftypmif1\0\0\0\0mif1avif", "AVIF"),
    (b"\0\0\0\x18ftypisom\0\0\0\0isommp41", "MP4 video"),
    (b"\0\0\0\x14ftypqt  \0\0\0\0qt  ", "QuickTime video"),
    (b"\0\0\0\x18ftypcrx \0\0\0\0crx isom", "camera raw (CR3)"),
    (b"<?xml version=\"1.0\"?>\n<svg xmlns=\"http://www.w3.org/2000/svg\"/>", "SVG"),
    (b"\xEF\xBB\xBF  <SVG></SVG>", "SVG"),
    (b"%PDF-1.7", "PDF"),
    (b"PK\x03\x04", "ZIP archive"),
    (b"\x1F\x8B\x08", "gzip archive"),
    (b"Rar!\x1A\x07", "RAR archive"),
    (b"7z\xBC\xAF\x27\x1C", "7-Zip archive"),
    (b"\x1A\x45\xDF\xA3", "Matroska or WebM video"),
    (b"RIFF\0\0\0\0AVI LIST", "AVI video"),
    (b"II\x2A\0\x10\0\0\0CR\x02\0", "camera raw (CR2)"),
    (b"II\x2A\0\x08\0\0\0\x01\0\x12\xC6\x01\0\x04\0\0\0", "camera raw (DNG)"),
    (b"II\x2A\0\x08\0\0\0\x01\0", "TIFF"),
    (b"\xFF\x0A\x00", "JPEG XL"),
    (b"\0\0\0\x0CjP  \r\n\x87\n", "JPEG 2000"),
    (b"8BPS\0\x01", "Photoshop document"),
    (b"BM\x36\0\0\0\0\0\0\0", "BMP"),
];

#[tokio::test]
async fn other_kinds_are_named_with_a_remedy() {
    let tar = [&[b'a'; 257][..], b"ustar\x0000"].concat();
    let files = OTHERS.into_iter().chain([(&tar[..], "tar archive")]);
    for (file, name) in files {
        match take_in(file.to_vec()).await {
            Err(IntakeError::Unsupported { what, remedy }) => assert!(what == name && !remedy.is_empty(), "{what}"),
            other => panic!("{name}: {other:?}"),
        }
    }
}

#[tokio::test]
async fn what_is_no_image_is_told_so() {
    let files: [(&[u8], Option<&str>); 7] = [
        (b"hello", None),
        (b"\0", None),
        (b"\xFF", None),
        (b"<!DOCTYPE html><p>", Some("HTML")),
        (b"{\"error\":1}", Some("JSON")),
        (b"<note/>", Some("XML")),
        (b"OggS", Some("audio")),
    ];
    for (file, name) in files {
        match take_in(file).await {
            Err(IntakeError::NotAnImage { what }) => assert_eq!(what, name),
            other => panic!("{name:?}: {other:?}"),
        }
    }
    assert_eq!(take_in(&b""[..]).await.unwrap_err(), IntakeError::Empty);
}

#[tokio::test]
async fn the_limits_of_bytes_and_pixels_hold() {
    let file = jpeg(&quarters(200, 100));
    let small = Limits { max_bytes: 100, ..LIMITS };
    let refused =
        Intake::new(small, NonZeroUsize::MIN).take_in(KeyId::random(), file.clone().into()).await.unwrap_err();
    assert_eq!(refused, IntakeError::TooLarge { bytes: file.len() as u64, max: 100 });
    let small = Limits { max_pixels: 19_999, ..LIMITS };
    let refused = Intake::new(small, NonZeroUsize::MIN).take_in(KeyId::random(), file.into()).await.unwrap_err();
    assert_eq!(refused, IntakeError::TooManyPixels { width: 200, height: 100, max: 19_999 });
}

#[tokio::test]
async fn the_limits_of_memory_and_frames_hold() {
    let file = jpeg(&quarters(200, 100));
    let small = Limits { decode_memory_bytes: 100_000, ..LIMITS };
    let refused = Intake::new(small, NonZeroUsize::MIN).take_in(KeyId::random(), file.into()).await.unwrap_err();
    assert!(matches!(refused, IntakeError::TooMuchMemory { max: 100_000, .. }), "{refused}");
    let frame = rgba(&quarters(2, 2));
    let refused = take_in(gif(&vec![frame; 1001])).await.unwrap_err();
    assert_eq!(refused, IntakeError::TooManyFrames { max: 1000 });
}

#[tokio::test]
async fn a_refusal_shows_nothing_of_the_photo() {
    let mut file = jpeg(&quarters(200, 100));
    file.truncate(file.len() / 2);
    let refused = take_in(file).await.unwrap_err();
    assert_eq!(refused.to_string(), "the JPEG is cut off");
}

#[tokio::test]
async fn checking_an_image_proves_it_whole() {
    let picture = quarters(200, 100);
    let png = Png::new((200, 100), 8, 2).file(|x, y| picture.get_pixel(x, y).0.map(u16::from).to_vec());
    for (file, kind) in [(jpeg(&picture), Kind::Jpeg), (webp(&rgba(&picture)), Kind::WebP), (png, Kind::Png)] {
        let intake = intake();
        let checked = intake.check_image(file.clone().into()).await.unwrap();
        assert_eq!((checked.kind, checked.width, checked.height, checked.frames), (kind, 200, 100, 1));
        assert_eq!(probe(&file).unwrap(), checked);
        for cut in [file.len() / 10, file.len() / 2, file.len() - 3] {
            assert!(intake.check_image(file[..cut].to_vec().into()).await.is_err());
        }
        if kind == Kind::Png {
            for at in (33..file.len() - 12).step_by(7) {
                let mut changed = file.clone();
                changed[at] ^= 1;
                assert!(intake.check_image(changed.into()).await.is_err(), "byte {at} of {}", file.len());
            }
            // The checksum of a header that asks for another row, or one less, is right.
            for height in [99, 101_u32] {
                let mut changed = file.clone();
                changed[20..24].copy_from_slice(&height.to_be_bytes());
                let sum = crc32fast::hash(&changed[12..29]);
                changed[29..33].copy_from_slice(&sum.to_be_bytes());
                assert!(intake.check_image(changed.into()).await.is_err(), "{height} rows");
            }
        }
    }
    for (sides, depth, colour) in [((37, 21), 16, 6), ((3, 5), 1, 0), ((200, 100), 8, 4)] {
        let file = Png::new(sides, depth, colour).file(|x, y| {
            let sample = u16::try_from((x + y) % 2).unwrap();
            vec![sample; [1, 0, 3, 1, 2, 0, 4][usize::from(colour)]]
        });
        assert!(intake().check_image(file.into()).await.is_ok(), "{sides:?} {depth} {colour}");
    }
    let refused = intake().check_image(gif(&[rgba(&picture)]).into()).await.unwrap_err();
    assert!(matches!(refused, IntakeError::Unsupported { what: "GIF", .. }));
}

#[tokio::test]
async fn poor_photos_are_told_in_quality() {
    let issues = async |file: Vec<u8>| {
        let photo = take_in(file).await.unwrap();
        let quality = &photo.report().quality;
        (quality.usable, quality.issues.join(" "))
    };
    let sides = (400, 300);
    let flat = |value: u16| Png::new(sides, 8, 0).file(|_, _| vec![value]);
    assert_eq!(issues(flat(128)).await, (false, "blank".into()));
    assert_eq!(issues(flat(0)).await, (false, "too_dark blank".into()));
    assert_eq!(issues(flat(255)).await, (false, "too_bright blank".into()));
    assert_eq!(issues(jpeg(&quarters(100, 300))).await, (false, "too_small".into()));
    assert_eq!(issues(jpeg(&super::draw::textured(400, 300))).await, (true, String::new()));
    let soft = Png::new(sides, 8, 0).file(|x, y| vec![u16::try_from((x + y) / 3).unwrap()]);
    assert_eq!(issues(soft).await, (true, "blurred".into()));
    let dark = Png::new(sides, 8, 0).file(|x, y| vec![if (x / 9 + y / 9) % 2 == 0 { 0 } else { 20 }]);
    assert_eq!(issues(dark).await, (true, "too_dark low_contrast".into()));
}
