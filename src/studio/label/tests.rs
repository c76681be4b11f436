use std::{io::Cursor, ops::Range};

use image::{DynamicImage, ImageFormat, Rgba, RgbaImage};

use super::{has_credentials, labeled};
use crate::studio::finish::Served;

const SOURCE: &str = "compositeWithTrainedAlgorithmicMedia";
const TERM: &str = "http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia";

fn picture() -> DynamicImage {
    RgbaImage::from_fn(61, 47, |x, y| Rgba([u8::try_from(x * 4).unwrap(), u8::try_from(y * 5).unwrap(), 90, 200]))
        .into()
}

fn written(image: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    image.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

/// Files of every kind that engines may send, and how the pixels' own bytes begin in each.
fn files() -> [(&'static str, Served, Vec<u8>, &'static [u8]); 6] {
    let opaque = DynamicImage::from(picture().into_rgb8());
    [
        ("PNG", Served::Png, written(&picture(), ImageFormat::Png), b"IDAT"),
        ("JPEG", Served::Jpeg, written(&opaque, ImageFormat::Jpeg), b"\xff\xdb"),
        ("lossless WebP", Served::WebP, written(&opaque, ImageFormat::WebP), b"VP8L"),
        ("lossless WebP with alpha", Served::WebP, written(&picture(), ImageFormat::WebP), b"VP8L"),
        ("lossy WebP", Served::WebP, include_bytes!("../../../tests/fixtures/webp/lossy.webp").to_vec(), b"VP8 "),
        (
            "extended WebP",
            Served::WebP,
            include_bytes!("../../../tests/fixtures/webp/lossy_alpha.webp").to_vec(),
            b"ALPH",
        ),
    ]
}

fn place(file: &[u8], words: &[u8]) -> Option<usize> {
    file.windows(words.len()).position(|window| window == words)
}

/// The bytes that the pixels are in.
fn pixels<'a>(file: &'a [u8], kind: Served, begin: &[u8]) -> &'a [u8] {
    let start = place(file, begin).unwrap();
    let length = |at: usize| u32::from_le_bytes(*file[at..].first_chunk().unwrap()) as usize;
    match kind {
        Served::Png | Served::Jpeg => &file[start..],
        // The picture's chunk, and with alpha the two.
        Served::WebP if begin == b"ALPH" => {
            let second = place(file, b"VP8 ").unwrap();
            &file[start..second + 8 + length(second + 4)]
        }
        Served::WebP => &file[start..start + 8 + length(start + 4)],
    }
}

#[test]
fn a_label_is_beside_the_pixels_and_leaves_every_byte_of_theirs_alone() {
    for (name, kind, file, begin) in files() {
        let made = labeled(&file, kind, SOURCE).unwrap_or_else(|| panic!("{name} has no label"));
        assert!(place(&made, TERM.as_bytes()).is_some(), "{name}");
        assert_eq!(pixels(&made, kind, begin), pixels(&file, kind, begin), "{name}");
        let (before, after) = (image::load_from_memory(&file).unwrap(), image::load_from_memory(&made).unwrap());
        assert_eq!(before, after, "{name} has the pixels that it had");
        assert!(made.len() - file.len() < 900, "{name} grew by {}", made.len() - file.len());
        assert_eq!(labeled(&made, kind, SOURCE), None, "{name} is labeled once");
    }
}

#[test]
fn labeled_files_are_whole_in_the_eyes_of_intake() {
    let limits = crate::intake::Limits {
        max_bytes: 1 << 20,
        max_pixels: 1 << 20,
        longest_side: 1_024,
        decode_memory_bytes: 64 << 20,
    };
    let intake = crate::intake::Intake::new(limits, std::num::NonZeroUsize::MIN);
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    for (name, kind, file, _) in files() {
        let made = labeled(&file, kind, SOURCE).unwrap();
        let before = runtime.block_on(intake.check_image(file.into())).unwrap();
        let after = runtime.block_on(intake.check_image(made.into()));
        assert_eq!(after, Ok(before), "{name}");
    }
}

fn png_with(file: &[u8], name: [u8; 4], body: &[u8]) -> Vec<u8> {
    let mut chunk = u32::try_from(body.len()).unwrap().to_be_bytes().to_vec();
    chunk.extend_from_slice(&name);
    chunk.extend_from_slice(body);
    chunk.extend_from_slice(&crc32fast::hash(&chunk[4..]).to_be_bytes());
    inserted(file, 33..33, &chunk)
}

fn jpeg_with(file: &[u8], marker: u8, body: &[u8]) -> Vec<u8> {
    let length = u16::try_from(body.len() + 2).unwrap().to_be_bytes();
    inserted(file, 2..2, &[&[0xFF, marker], &length[..], body].concat())
}

fn webp_with(file: &[u8], name: [u8; 4], body: &[u8]) -> Vec<u8> {
    let mut made = [file, &name, &u32::try_from(body.len()).unwrap().to_le_bytes(), body].concat();
    made.resize(made.len().next_multiple_of(2), 0);
    let length = u32::try_from(made.len() - 8).unwrap();
    made[4..8].copy_from_slice(&length.to_le_bytes());
    made
}

fn inserted(file: &[u8], place: Range<usize>, piece: &[u8]) -> Vec<u8> {
    super::with_piece(file, place, piece).unwrap()
}

/// The beginning of a JUMBF box of content credentials, as it stands in `APP11`.
const JUMBF: &[u8] = b"JP\x00\x01\x00\x00\x00\x01\x00\x00\x00\x40jumb\x00\x00\x00\x1ejumdc2pa\x00\x11\x00\x10\x80\x00\x00\xaa\x008\x9bq\x03c2pa\x00";

#[test]
fn a_file_with_content_credentials_is_left_as_it_is() {
    let [(_, _, png, _), (_, _, jpeg, _), (_, _, webp, _), ..] = files();
    for (kind, plain, signed) in [
        (Served::Png, &png, png_with(&png, *b"caBX", JUMBF)),
        (Served::Jpeg, &jpeg, jpeg_with(&jpeg, 0xEB, JUMBF)),
        (Served::WebP, &webp, webp_with(&webp, *b"C2PA", JUMBF)),
    ] {
        assert!(!has_credentials(plain, kind), "{kind:?}");
        assert!(has_credentials(&signed, kind), "{kind:?}");
        assert_eq!(labeled(&signed, kind, SOURCE), None, "{kind:?}");
    }
    let other = jpeg_with(&jpeg, 0xEB, &[&JUMBF[..22], b"json", &JUMBF[26..]].concat());
    assert!(!has_credentials(&other, Served::Jpeg), "boxes of other kinds are no credentials");
}

const OWN: &str = "<x:xmpmeta xmlns:x=\"adobe:ns:meta/\"><rdf:RDF \
    xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\"><rdf:Description rdf:about=\"\" \
    xmlns:xmp=\"http://ns.adobe.com/xap/1.0/\" xmp:CreatorTool=\"The engine\"/></rdf:RDF></x:xmpmeta>";

fn with_own_packet(kind: Served, file: &[u8], packet: &str) -> Vec<u8> {
    match kind {
        Served::Png => png_with(file, *b"iTXt", &[b"XML:com.adobe.xmp\0\0\0\0\0", packet.as_bytes()].concat()),
        Served::Jpeg => jpeg_with(file, 0xE1, &[b"http://ns.adobe.com/xap/1.0/\0", packet.as_bytes()].concat()),
        Served::WebP => webp_with(file, *b"XMP ", packet.as_bytes()),
    }
}

#[test]
fn what_an_engine_says_in_its_own_packet_stays_beside_the_label() {
    for (name, kind, file, begin) in files() {
        let own = with_own_packet(kind, &file, OWN);
        let made = labeled(&own, kind, SOURCE).unwrap();
        for words in [TERM, "The engine"] {
            assert!(place(&made, words.as_bytes()).is_some(), "{words} is not in the {name}");
        }
        let packets = made.windows(9).filter(|window| window == b"</rdf:RDF").count();
        assert_eq!(packets, 1, "{name} has one packet");
        assert_eq!(pixels(&made, kind, begin), pixels(&file, kind, begin), "{name}");
        assert_eq!(image::load_from_memory(&file).unwrap(), image::load_from_memory(&made).unwrap(), "{name}");
        let said = OWN.replace("xmp:CreatorTool=\"The engine\"", "xmlns:i=\"x\" i:DigitalSourceType=\"http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia\"");
        assert_eq!(labeled(&with_own_packet(kind, &file, &said), kind, SOURCE), None, "{name} says it already");
        let wrong = said.replace("trainedAlgorithmicMedia", "digitalCapture");
        let put_right = labeled(&with_own_packet(kind, &file, &wrong), kind, SOURCE).unwrap();
        assert!(
            place(&put_right, TERM.as_bytes()).is_some() && place(&put_right, b"digitalCapture").is_none(),
            "{name}"
        );
    }
}

proptest::proptest! {
    #[test]
    fn no_file_can_make_the_labeler_panic(at in 0_usize..400, byte: u8, cut in 0_usize..3_000, which in 0_usize..6) {
        let (_, kind, mut file, _) = files()[which].clone();
        file.truncate(cut);
        if let Some(place) = file.get_mut(at) {
            *place = byte;
        }
        has_credentials(&file, kind);
        labeled(&file, kind, SOURCE);
    }
}
