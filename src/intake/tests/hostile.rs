//! Bytes made to hurt.

use crate::domain::KeyId;
use jpeg_encoder::SamplingFactor;

use super::super::{IntakeError, Kind};
use super::draw::{Png, chunk, exif, gif, jpeg, jpeg_with, quarters, rgba, textured, webp, with_segment, zlib};
use super::take_in;

fn is_damage(error: &IntakeError) -> bool {
    matches!(error, IntakeError::Truncated { .. } | IntakeError::Damaged { .. })
}

#[tokio::test]
async fn a_photo_cut_anywhere_is_refused() {
    let picture = textured(120, 90);
    let progressive = jpeg_with(&picture, |encoder| encoder.set_progressive(true));
    let heic: &[&[u8]] = &[
        include_bytes!("../../../tests/fixtures/heic/upright.heic"),
        include_bytes!("../../../tests/fixtures/heic/grid.heic"),
        include_bytes!("../../../tests/fixtures/heic/alpha.heic"),
    ];
    let png = Png::new((120, 90), 8, 2).file(|x, y| picture.get_pixel(x, y).0.map(u16::from).to_vec());
    let files = [jpeg(&picture), progressive, png, webp(&rgba(&picture)), gif(&[rgba(&picture)])];
    let lossy = include_bytes!("../../../tests/fixtures/webp/lossy_alpha.webp").to_vec();
    for file in files.into_iter().chain(heic.iter().map(|file| file.to_vec())).chain([lossy]) {
        let kind = Kind::recognise(&file).unwrap();
        let length = file.len();
        for cut in [length / 10, length / 2, length * 9 / 10, length - 8, length - 2, length - 1] {
            let error = take_in(file[..cut].to_vec()).await.expect_err(&format!("{kind:?} cut at {cut} of {length}"));
            assert!(is_damage(&error), "{kind:?} cut at {cut} of {length}: {error}");
        }
    }
}

#[tokio::test]
async fn a_cut_jpeg_with_an_end_put_on_is_refused() {
    let picture = textured(240, 180);
    let files = [
        jpeg(&picture),
        jpeg_with(&picture, |encoder| encoder.set_sampling_factor(SamplingFactor::R_4_2_0)),
        jpeg_with(&picture, |encoder| encoder.set_restart_interval(4)),
        jpeg_with(&picture, |encoder| encoder.set_progressive(true)),
        jpeg_with(&picture, |encoder| encoder.set_optimized_huffman_tables(true)),
    ];
    for (number, file) in files.iter().enumerate() {
        for tenth in 1..10 {
            let mut cut = file[..file.len() * tenth / 10].to_vec();
            cut.extend_from_slice(&[0xFF, 0xD9]);
            let error = take_in(cut).await.expect_err(&format!("file {number} cut at {tenth} tenths"));
            assert!(is_damage(&error), "{error}");
        }
    }
}

#[tokio::test]
async fn a_header_that_declares_too_much_is_refused_before_any_work() {
    let mut huge = jpeg(&quarters(16, 16));
    let frame = huge.windows(2).position(|pair| pair == [0xFF, 0xC0]).unwrap();
    huge[frame + 5..frame + 9].copy_from_slice(&[0xFF, 0xDC, 0xFF, 0xDC]);
    let mut canvas = b"RIFF\x18\0\0\0WEBPVP8L\x0C\0\0\0\x2F".to_vec();
    canvas.extend_from_slice(&(0x3FFF_u32 | 0x3FFF << 14).to_le_bytes());
    canvas.extend_from_slice(&[0; 7]);
    assert_eq!(canvas.len(), 32);
    let mut gif = gif(&[rgba(&quarters(4, 4))]);
    gif[6..10].copy_from_slice(&[0xFF; 4]);
    let mut png = b"\x89PNG\r\n\x1A\n".to_vec();
    png.extend(chunk(*b"IHDR", &[0, 0, 0x75, 0x30, 0, 0, 0x75, 0x30, 8, 6, 0, 0, 0]));
    let mut largest = b"\x89PNG\r\n\x1A\n".to_vec();
    largest.extend(chunk(*b"IHDR", &[0x7F, 0xFF, 0xFF, 0xFF, 0x7F, 0xFF, 0xFF, 0xFF, 16, 6, 0, 0, 0]));
    for file in [huge, canvas, gif, png, largest] {
        let kind = Kind::recognise(&file).unwrap();
        let refused = take_in(file).await.unwrap_err();
        assert!(matches!(refused, IntakeError::TooManyPixels { .. }), "{kind:?}: {refused}");
    }
}

#[tokio::test]
async fn an_extended_webp_cannot_hide_its_real_sides() {
    let still = webp(&rgba(&quarters(96, 64)));
    let mut file = b"RIFF\0\0\0\0WEBPVP8X\x0A\0\0\0\0\0\0\0\x01\0\0\x01\0\0".to_vec();
    file.extend_from_slice(&still[12..]);
    let size = u32::try_from(file.len() - 8).unwrap();
    file[4..8].copy_from_slice(&size.to_le_bytes());
    assert!(is_damage(&take_in(file).await.unwrap_err()));
}

#[tokio::test]
async fn a_palette_that_is_no_multiple_of_three_is_damage() {
    for length in [0, 1, 2, 4, 767, 769] {
        let file = Png::new((4, 4), 8, 3).chunk(*b"PLTE", &vec![0; length]).file(|_, _| vec![0]);
        assert!(is_damage(&take_in(file).await.unwrap_err()), "{length}");
    }
}

#[tokio::test]
async fn compressed_text_is_never_unpacked() {
    // A body that no inflater accepts: only whoever unpacks it can object.
    let text = [b"Comment\0\0", &[0xFF; 4096][..]].concat();
    let file = Png::new((200, 150), 8, 0).chunk(*b"zTXt", &text).file(|x, _| vec![u16::from(x < 99) * 255]);
    let photo = take_in(file).await.unwrap();
    assert_eq!(photo.report().metadata_removed, ["comment"]);
}

#[tokio::test]
async fn pixels_past_the_end_of_a_png_take_no_memory() {
    let mut file = b"\x89PNG\r\n\x1A\n".to_vec();
    file.extend(chunk(*b"IHDR", &[0, 0, 0, 200, 0, 0, 0, 150, 8, 0, 0, 0, 0]));
    file.extend(chunk(*b"IDAT", &zlib(&vec![0; 8 << 20])));
    file.extend(chunk(*b"IEND", b""));
    // Whether such a file is taken or refused, it must be so at once.
    if let Err(error) = take_in(file).await {
        assert!(is_damage(&error));
    }
}

#[tokio::test]
async fn exif_that_loops_or_lies_harms_nothing() {
    let mut looping = exif(6, true);
    // The first directory names itself as the next one.
    let length = looping.len();
    looping[length - 22..length - 18].copy_from_slice(&[0, 0, 0, 8]);
    let huge_count = b"MM\0\x2A\0\0\0\x08\xFF\xFF\x01\x12\0\x03\xFF\xFF\xFF\xFF".to_vec();
    let garbage: Vec<u8> = (0..2000_u32).flat_map(|i| i.wrapping_mul(2_654_435_761).to_be_bytes()).collect();
    for tiff in [looping, huge_count, garbage, Vec::new()] {
        let file = with_segment(&jpeg(&quarters(200, 150)), 0xE1, &[b"Exif\0\0", &tiff[..]].concat());
        let photo = take_in(file).await.unwrap();
        assert_eq!(photo.report().metadata_removed.first().map(String::as_str), Some("exif"));
    }
}

#[tokio::test]
async fn too_many_scans_are_refused() {
    let file = jpeg_with(&quarters(64, 64), |encoder| encoder.set_progressive(true));
    let scan = file.windows(2).position(|pair| pair == [0xFF, 0xDA]).unwrap();
    let end = scan + 2 + file[scan + 2..].windows(2).position(|pair| pair[0] == 0xFF && pair[1] > 0xBF).unwrap();
    let bomb = [&file[..scan], &file[scan..end].repeat(30), &file[scan..]].concat();
    assert_eq!(take_in(bomb).await.unwrap_err(), IntakeError::TooSlow);
}

#[tokio::test]
async fn a_heic_whose_bitstream_is_larger_than_it_says_is_damage() {
    let file = include_bytes!("../../../tests/fixtures/heic/upright.heic");
    let size = file.windows(4).position(|name| name == b"ispe").unwrap() + 8;
    for (width, height) in [(1_u32, 1_u32), (4096, 4096), (97, 64)] {
        let mut lie = file.to_vec();
        lie[size..size + 4].copy_from_slice(&width.to_be_bytes());
        lie[size + 4..size + 8].copy_from_slice(&height.to_be_bytes());
        match take_in(lie).await {
            Ok(photo) => assert_eq!((photo.width(), photo.height()), (96, 64)),
            Err(error) => assert!(is_damage(&error), "{error}"),
        }
    }
    let mut huge = file.to_vec();
    huge[size..size + 8].copy_from_slice(&[0, 0, 0x7F, 0xFF, 0, 0, 0x7F, 0xFF]);
    assert!(matches!(take_in(huge).await.unwrap_err(), IntakeError::TooManyPixels { .. }));
}

#[tokio::test]
async fn one_byte_changed_never_harms() {
    let picture = textured(48, 32);
    let seeds: [Vec<u8>; 6] = [
        jpeg(&picture),
        jpeg_with(&picture, |encoder| encoder.set_progressive(true)),
        Png::new((48, 32), 8, 2).file(|x, y| picture.get_pixel(x, y).0.map(u16::from).to_vec()),
        webp(&rgba(&picture)),
        gif(&[rgba(&picture)]),
        include_bytes!("../../../tests/fixtures/heic/grid.heic").to_vec(),
    ];
    let intake = super::intake();
    let mut random = 0x2545_F491_4F6C_DD1D_u64;
    for seed in seeds {
        for _ in 0..150 {
            let mut file = seed.clone();
            for _ in 0..=(random % 3) {
                random ^= random << 13;
                random ^= random >> 7;
                random ^= random << 17;
                let at = usize::try_from(random % file.len() as u64).unwrap();
                file[at] = random.to_be_bytes()[0];
            }
            if let Ok(photo) = intake.take_in(KeyId::random(), file.into()).await {
                assert!(photo.width() <= 1536 && photo.height() <= 1536);
            }
        }
    }
}

#[tokio::test]
async fn a_grid_that_lies_about_its_tiles_or_sides_is_damage() {
    let file = include_bytes!("../../../tests/fixtures/heic/grid.heic");
    // Version, flags, rows and columns less one, width, height.
    let grid = file.windows(8).position(|data| data == [0, 0, 2, 3, 0, 200, 0, 136]).unwrap();
    for lie in [[255, 255, 0, 200, 0, 136], [0, 0, 0, 200, 0, 136], [2, 3, 255, 255, 255, 255], [3, 2, 0, 200, 0, 136]]
    {
        let mut bomb = file.to_vec();
        bomb[grid + 2..grid + 8].copy_from_slice(&lie);
        let error = take_in(bomb).await.unwrap_err();
        assert!(is_damage(&error), "{lie:?}: {error}");
    }
}

#[tokio::test]
async fn a_heic_with_an_outsized_header_is_damage() {
    let file = include_bytes!("../../../tests/fixtures/heic/upright.heic");
    let meta = file.windows(4).position(|name| name == b"meta").unwrap() - 4;
    let filler = [&(2_u32 << 20).to_be_bytes()[..], b"free", &vec![0; (2 << 20) - 8]].concat();
    let length = u32::from_be_bytes(file[meta..meta + 4].try_into().unwrap());
    let end = meta + length as usize;
    let mut bomb = [&file[..end], &filler, &file[end..]].concat();
    bomb[meta..meta + 4].copy_from_slice(&(length + (2 << 20)).to_be_bytes());
    assert!(is_damage(&take_in(bomb).await.unwrap_err()));
}
