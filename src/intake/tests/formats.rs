//! Every kind and variant that is taken, down to its pixels.

use image::RgbaImage;
use jpeg_encoder::{ColorType, Encoder, SamplingFactor};

use super::super::decode::{Pixels, Wanted, decode};
use super::super::source::Deadline;
use super::super::{Kind, probe, walk};
use super::draw::{
    BLUE, GREEN, Png, RED, WHITE, YELLOW, assert_near, chunk, corners, gif, jpeg, jpeg_with, quarters, rgba, textured,
    webp, zlib,
};
use super::take_in;

const QUARTERS: [[u8; 3]; 4] = [RED, GREEN, BLUE, YELLOW];

async fn assert_quarters(file: Vec<u8>, tolerance: u8, what: &str) {
    let photo = take_in(file).await.unwrap_or_else(|error| panic!("{what}: {error}"));
    assert_near(corners(photo.jpeg()), QUARTERS, tolerance, what);
}

#[tokio::test]
async fn a_jpeg_is_taken_at_every_subsampling_baseline_and_progressive() {
    let samplings = [
        SamplingFactor::R_4_4_4,
        SamplingFactor::R_4_2_2,
        SamplingFactor::R_4_4_0,
        SamplingFactor::R_4_2_0,
        SamplingFactor::R_4_1_1,
    ];
    for sampling in samplings {
        for progressive in [false, true] {
            let file = jpeg_with(&quarters(160, 120), |encoder| {
                encoder.set_sampling_factor(sampling);
                encoder.set_progressive(progressive);
            });
            assert_quarters(file, 6, &format!("{sampling:?}, progressive: {progressive}")).await;
        }
    }
}

#[tokio::test]
async fn a_jpeg_with_restart_markers_is_taken() {
    let file = jpeg_with(&quarters(160, 120), |encoder| encoder.set_restart_interval(3));
    assert_quarters(file, 4, "restarts").await;
}

#[tokio::test]
async fn a_jpeg_of_odd_sides_is_taken() {
    for (width, height) in [(1, 1), (7, 9), (17, 33), (161, 119)] {
        let photo = take_in(jpeg(&quarters(width, height))).await.unwrap();
        assert_eq!((photo.width(), photo.height()), (width, height));
    }
}

#[tokio::test]
async fn a_grey_jpeg_stays_grey() {
    let mut file = Vec::new();
    let grey: Vec<u8> = (0..200 * 150).map(|i| if i % 200 < 100 { 60 } else { 190 }).collect();
    Encoder::new(&mut file, 95).encode(&grey, 200, 150, ColorType::Luma).unwrap();
    let photo = take_in(file).await.unwrap();
    assert_near(corners(photo.jpeg()), [[60; 3], [190; 3], [60; 3], [190; 3]], 2, "grey");
}

#[tokio::test]
async fn ink_becomes_light_in_cmyk_and_ycck() {
    let inks = [[0, 220, 220, 30], [200, 0, 200, 20], [220, 220, 0, 10], [0, 10, 220, 0]];
    let shown = inks.map(|[c, m, y, k]| [c, m, y].map(|ink: u32| u8::try_from((255 - ink) * (255 - k) / 255).unwrap()));
    // The second size is fitted, which must not take black ink for alpha.
    for (width, height) in [(160_u16, 120_u16), (2400, 1800)] {
        let ink = |x: u16, y: u16| {
            inks[usize::from(x >= width / 2) + 2 * usize::from(y >= height / 2)].map(|ink| u8::try_from(ink).unwrap())
        };
        let pixels: Vec<u8> = (0..height).flat_map(|y| (0..width).flat_map(move |x| ink(x, y))).collect();
        for colour in [ColorType::Cmyk, ColorType::CmykAsYcck] {
            let mut file = Vec::new();
            Encoder::new(&mut file, 95).encode(&pixels, width, height, colour).unwrap();
            let photo = take_in(file).await.unwrap();
            assert_near(corners(photo.jpeg()), shown, 6, &format!("{colour:?} {width}"));
        }
    }
}

#[tokio::test]
async fn a_large_photo_is_fitted_to_the_longest_side() {
    for (width, height, fitted) in [(3200, 2400, (1536, 1152)), (1200, 3000, (614, 1536)), (1600, 40, (1536, 38))] {
        let photo = take_in(jpeg(&quarters(width, height))).await.unwrap();
        assert_eq!((photo.width(), photo.height()), fitted);
        assert_eq!((photo.report().width, photo.report().height), (width, height));
        assert_near(corners(photo.jpeg()), QUARTERS, 5, "fitted");
    }
}

#[tokio::test]
async fn what_is_small_enough_comes_out_visually_the_same() {
    let mut picture = textured(640, 480);
    picture.pixels_mut().for_each(|pixel| pixel.0 = [pixel.0[0] / 2 + 64; 3]);
    let photo = take_in(jpeg(&picture)).await.unwrap();
    let out = image::load_from_memory(photo.jpeg()).unwrap().to_luma8();
    let before = image::DynamicImage::ImageRgb8(picture).to_luma8();
    let error: f64 = out.iter().zip(before.iter()).map(|(a, b)| f64::from(a.abs_diff(*b)).powi(2)).sum();
    let psnr = 10.0 * (255.0 * 255.0 * 640.0 * 480.0 / error).log10();
    assert!(psnr > 34.0, "{psnr}");
}

#[tokio::test]
async fn a_png_is_taken_in_every_colour_type_depth_and_interlacing() {
    let picture = quarters(50, 34);
    let pixel = |x: u32, y: u32| picture.get_pixel(x, y).0;
    let wide = |sample: u8| u16::from(sample) * 257;
    for interlaced in [false, true] {
        let png = |depth, colour| {
            let png = Png::new((50, 34), depth, colour);
            if interlaced { png.interlaced() } else { png }
        };
        let narrow = |x, y| pixel(x, y).map(u16::from).to_vec();
        assert_quarters(png(8, 2).file(narrow), 4, "rgb 8").await;
        assert_quarters(png(16, 2).file(|x, y| pixel(x, y).map(wide).to_vec()), 4, "rgb 16").await;
        let opaque = |x, y| [&narrow(x, y)[..], &[255]].concat();
        assert_quarters(png(8, 6).file(opaque), 4, "rgba 8").await;
        let opaque = |x, y| [&pixel(x, y).map(wide)[..], &[65_535]].concat();
        assert_quarters(png(16, 6).file(opaque), 4, "rgba 16").await;
        for depth in [2, 4, 8] {
            let file = png(depth, 3).chunk(*b"PLTE", QUARTERS.as_flattened()).file(|x, y| vec![index(x, y)]);
            assert_quarters(file, 4, &format!("palette {depth}")).await;
        }
    }
}

fn index(x: u32, y: u32) -> u16 {
    u16::from(x >= 25) + 2 * u16::from(y >= 17)
}

#[tokio::test]
async fn a_grey_png_is_taken_at_every_depth() {
    for depth in [1_u8, 2, 4, 8, 16] {
        let most = u16::MAX >> (16 - depth);
        let file = Png::new((50, 34), depth, 0).file(|x, _| vec![if x < 25 { 0 } else { most }]);
        let photo = take_in(file).await.unwrap();
        assert_near(corners(photo.jpeg()), [[0; 3], WHITE, [0; 3], WHITE], 3, &format!("grey {depth}"));
    }
}

#[tokio::test]
async fn transparency_is_white_in_every_way_a_png_can_say_it() {
    let expected = [WHITE, GREEN, BLUE, YELLOW];
    let alpha = |x, y| if index(x, y) == 0 { 0 } else { 255 };
    let colour = |x, y| QUARTERS[usize::from(index(x, y))].map(u16::from);
    let files = [
        Png::new((50, 34), 8, 6).file(|x, y| [&colour(x, y)[..], &[alpha(x, y)]].concat()),
        Png::new((50, 34), 8, 3)
            .chunk(*b"PLTE", QUARTERS.as_flattened())
            .chunk(*b"tRNS", &[0])
            .file(|x, y| vec![index(x, y)]),
        Png::new((50, 34), 8, 2).chunk(*b"tRNS", &[0, RED[0], 0, RED[1], 0, RED[2]]).file(|x, y| colour(x, y).to_vec()),
    ];
    for file in files {
        assert_near(corners(take_in(file).await.unwrap().jpeg()), expected, 5, "transparency");
    }
    let grey = Png::new((50, 34), 16, 4).file(|x, y| vec![0, alpha(x, y) * 257]);
    assert_near(corners(take_in(grey).await.unwrap().jpeg()), [WHITE, [0; 3], [0; 3], [0; 3]], 4, "grey with alpha");
}

#[tokio::test]
async fn a_webp_is_taken_lossless_lossy_and_with_alpha() {
    let mut picture = rgba(&quarters(50, 34));
    assert_quarters(webp(&picture), 4, "lossless").await;
    assert_quarters(include_bytes!("../../../tests/fixtures/webp/lossy.webp").to_vec(), 8, "lossy").await;
    picture.enumerate_pixels_mut().filter(|(x, y, _)| index(*x, *y) == 0).for_each(|(.., pixel)| pixel.0[3] = 0);
    let expected = [WHITE, GREEN, BLUE, YELLOW];
    for file in [webp(&picture), include_bytes!("../../../tests/fixtures/webp/lossy_alpha.webp").to_vec()] {
        assert_near(corners(take_in(file).await.unwrap().jpeg()), expected, 8, "alpha");
    }
}

#[tokio::test]
async fn an_animation_shows_its_first_frame() {
    let black = RgbaImage::from_pixel(96, 64, image::Rgba([0, 0, 0, 255]));
    let file = gif(&[rgba(&quarters(96, 64)), black]);
    assert_eq!(super::super::probe(&file).unwrap().frames, 2);
    assert_quarters(file, 6, "gif").await;
    let file = include_bytes!("../../../tests/fixtures/webp/animated.webp");
    assert_eq!(super::super::probe(file).unwrap().frames, 2);
    assert_quarters(file.to_vec(), 8, "webp").await;
}

#[tokio::test]
async fn a_transparent_gif_is_white_where_it_is_transparent() {
    let mut picture = rgba(&quarters(96, 64));
    picture.enumerate_pixels_mut().filter(|(x, y, _)| *x < 48 && *y < 32).for_each(|(.., pixel)| pixel.0[3] = 0);
    let photo = take_in(gif(&[picture])).await.unwrap();
    assert_near(corners(photo.jpeg()), [WHITE, GREEN, BLUE, YELLOW], 6, "gif");
}

#[tokio::test]
async fn a_heic_is_taken_whole_tiled_and_with_alpha() {
    assert_quarters(include_bytes!("../../../tests/fixtures/heic/upright.heic").to_vec(), 8, "one picture").await;
    let tiled = take_in(include_bytes!("../../../tests/fixtures/heic/grid.heic").as_slice()).await.unwrap();
    assert_eq!((tiled.width(), tiled.height()), (200, 136));
    assert_near(corners(tiled.jpeg()), QUARTERS, 8, "tiles");
    let alpha = take_in(include_bytes!("../../../tests/fixtures/heic/alpha.heic").as_slice()).await.unwrap();
    assert_near(corners(alpha.jpeg()), [WHITE, GREEN, BLUE, YELLOW], 8, "alpha");
}

#[tokio::test]
async fn the_bytes_decide_what_a_file_is() {
    let photo = take_in(Png::new((50, 34), 8, 0).file(|_, _| vec![128])).await.unwrap();
    assert_eq!(photo.report().media_type, "image/png");
    let photo = take_in(include_bytes!("../../../tests/fixtures/heic/upright.heic").as_slice()).await.unwrap();
    assert_eq!(photo.report().media_type, "image/heic");
}

#[tokio::test]
async fn an_animated_png_shows_its_first_frame() {
    let picture = quarters(50, 34);
    // Two frames, the second of them black; what a frame shows begins with its number.
    let control =
        |number: u8| [&[0, 0, 0, number, 0, 0, 0, 50, 0, 0, 0, 34][..], &[0; 8], &[0, 1, 0, 1, 0, 0]].concat();
    let png = Png::new((50, 34), 8, 2).chunk(*b"acTL", &[0, 0, 0, 2, 0, 0, 0, 0]).chunk(*b"fcTL", &control(0));
    let file = png.file(|x, y| picture.get_pixel(x, y).0.map(u16::from).to_vec());
    let black = [&[0, 0, 0, 2][..], &zlib(&[0; 34 * 151])].concat();
    let end = file.len() - 12;
    let file = [&file[..end], &chunk(*b"fcTL", &control(1)), &chunk(*b"fdAT", &black), &file[end..]].concat();
    assert_eq!(super::super::probe(&file).unwrap().frames, 2);
    assert_quarters(file, 6, "animated PNG").await;
}

#[tokio::test]
async fn a_jpeg_with_a_scan_for_each_component_is_taken() {
    for sampling in [SamplingFactor::R_4_4_4, SamplingFactor::R_4_2_0, SamplingFactor::R_4_1_0] {
        // Tables made for the picture come with scans of one component each.
        let file = jpeg_with(&quarters(161, 119), |encoder| {
            encoder.set_sampling_factor(sampling);
            encoder.set_optimized_huffman_tables(true);
        });
        assert_eq!(file.windows(2).filter(|pair| *pair == [0xFF, 0xDA]).count(), 3);
        assert_quarters(file, 6, &format!("{sampling:?}")).await;
    }
}

#[tokio::test]
async fn what_comes_out_is_the_same_in_two_decoders() {
    for file in [jpeg(&textured(333, 222)), jpeg(&textured(3000, 2000)), webp(&rgba(&textured(200, 151)))] {
        let photo = take_in(file).await.unwrap();
        let one = image::load_from_memory(photo.jpeg()).unwrap().to_rgb8();
        let mut other = jpeg_decoder::Decoder::new(photo.jpeg());
        let pixels = other.decode().unwrap();
        let sides = other.info().map(|info| (u32::from(info.width), u32::from(info.height)));
        assert_eq!(sides, Some((photo.width(), photo.height())));
        let far = one.iter().zip(&pixels).filter(|(one, other)| one.abs_diff(**other) > 24).count();
        assert!(one.len() == pixels.len() && far * 100 < pixels.len(), "{far} of {}", pixels.len());
    }
}

#[test]
fn a_baseline_jpeg_has_the_pixels_that_another_decoder_sees() {
    let changes: [fn(&mut Encoder<&mut Vec<u8>>); 3] =
        [|_| (), |encoder| encoder.set_restart_interval(5), |encoder| encoder.set_optimized_huffman_tables(true)];
    for (number, change) in changes.into_iter().enumerate() {
        let file = jpeg_with(&textured(301, 203), |encoder| {
            encoder.set_sampling_factor(SamplingFactor::R_4_4_4);
            change(encoder);
        });
        let expected = image::load_from_memory(&file).unwrap().to_rgb8();
        let file = bytes::Bytes::from(file);
        let (header, walked) = (probe::header(&file).unwrap(), walk::walk(Kind::Jpeg, &file).unwrap());
        let wanted = Wanted { sides: (301, 203), full_chroma: true };
        let decoded = decode(&header, walked, wanted, Deadline::after(std::time::Duration::from_secs(20))).unwrap();
        let Pixels::Raster(raster) = decoded.pixels else { panic!("no raster") };
        let worst = raster.data().iter().zip(expected.iter()).map(|(a, b)| a.abs_diff(*b)).max();
        assert!(worst <= Some(3), "file {number}: {worst:?}");
    }
}
