//! Colours come out as sRGB shows them.

use super::draw::{
    BLUE, GREEN, Png, RED, YELLOW, assert_near, corners, jpeg, quarters, rgba, webp, with_segment, zlib,
};
use super::take_in;

const PROFILE: &[u8] = include_bytes!("../../../tests/fixtures/display_p3.icc");
const QUARTERS: [[u8; 3]; 4] = [RED, GREEN, BLUE, YELLOW];

/// Display P3 to sRGB by the matrices of CSS Color 4 (10.1 and 10.7), clipped.
fn p3_to_srgb(colour: [u8; 3]) -> [u8; 3] {
    const MATRIX: [[f64; 3]; 3] =
        [[1.224_940_1, -0.224_940_4, 0.0], [-0.042_056_9, 1.042_057_1, 0.0], [-0.019_637_6, -0.078_636_1, 1.098_273_5]];
    let linear = colour.map(|sample| {
        let value = f64::from(sample) / 255.0;
        if value <= 0.040_45 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
    });
    MATRIX.map(|row| {
        let value: f64 = row.iter().zip(linear).map(|(factor, value)| factor * value).sum();
        let value = value.clamp(0.0, 1.0);
        let shown = if value <= 0.003_130_8 { value * 12.92 } else { 1.055 * value.powf(1.0 / 2.4) - 0.055 };
        // Between 0 and 255.
        u8::try_from((0..=255_u8).filter(|step| f64::from(*step) <= shown * 255.0 + 0.5).count() - 1).unwrap()
    })
}

#[tokio::test]
async fn display_p3_becomes_srgb_in_every_container() {
    let picture = quarters(200, 160);
    let segment = [b"ICC_PROFILE\0\x01\x01", PROFILE].concat();
    let chunk = [b"P3\0\0", &zlib(PROFILE)[..]].concat();
    let png = Png::new((200, 160), 8, 2).chunk(*b"iCCP", &chunk);
    let still = webp(&rgba(&picture));
    let mut body = b"WEBPVP8X\x0A\0\0\0\x20\0\0\0\xC7\0\0\x9F\0\0ICCP".to_vec();
    body.extend_from_slice(&u32::try_from(PROFILE.len()).unwrap().to_le_bytes());
    body.extend_from_slice(PROFILE);
    body.extend_from_slice(&still[12..]);
    let size = u32::try_from(body.len()).unwrap().to_le_bytes();
    let files = [
        ("JPEG", with_segment(&jpeg(&picture), 0xE2, &segment)),
        ("PNG", png.file(|x, y| picture.get_pixel(x, y).0.map(u16::from).to_vec())),
        ("WebP", [b"RIFF", &size[..], &body].concat()),
        ("HEIC", include_bytes!("../../../tests/fixtures/heic/display_p3.heic").to_vec()),
    ];
    for (kind, file) in files {
        let photo = take_in(file).await.unwrap();
        assert_near(corners(photo.jpeg()), QUARTERS.map(p3_to_srgb), 3, kind);
        assert!(photo.report().metadata_removed.contains(&"icc".to_owned()), "{kind}");
    }
}

#[tokio::test]
async fn a_profile_in_several_segments_is_put_together() {
    let (first, second) = PROFILE.split_at(300);
    let file = with_segment(&jpeg(&quarters(200, 160)), 0xE2, &[b"ICC_PROFILE\0\x01\x02", first].concat());
    let file = with_segment(&file, 0xE2, &[b"ICC_PROFILE\0\x02\x02", second].concat());
    assert_near(corners(take_in(file).await.unwrap().jpeg()), QUARTERS.map(p3_to_srgb), 3, "two parts");
}

#[tokio::test]
async fn a_profile_that_cannot_be_used_counts_as_none() {
    let garbage: Vec<u8> = (0..3000_u32).flat_map(|i| i.wrapping_mul(2_654_435_761).to_be_bytes()).collect();
    let mut cut = PROFILE.to_vec();
    cut.truncate(200);
    let mut grey = PROFILE.to_vec();
    grey[16..20].copy_from_slice(b"GRAY");
    for profile in [garbage, cut, grey, Vec::new()] {
        let file = with_segment(&jpeg(&quarters(200, 160)), 0xE2, &[b"ICC_PROFILE\0\x01\x01", &profile[..]].concat());
        assert_near(corners(take_in(file).await.unwrap().jpeg()), QUARTERS, 5, "no use");
    }
    let alone = with_segment(&jpeg(&quarters(200, 160)), 0xE2, &[b"ICC_PROFILE\0\x02\x02", PROFILE].concat());
    assert_near(corners(take_in(alone).await.unwrap().jpeg()), QUARTERS, 5, "half a profile");
}

#[tokio::test]
async fn a_profile_for_grey_is_applied_to_grey() {
    let mut profile = moxcms::ColorProfile::new_gray_with_gamma(1.0);
    profile.profile_class = moxcms::ProfileClass::DisplayDevice;
    let chunk = [b"linear\0\0", &zlib(&profile.encode().unwrap())[..]].concat();
    let file = Png::new((200, 160), 8, 0).chunk(*b"iCCP", &chunk).file(|x, _| vec![if x < 100 { 55 } else { 188 }]);
    // Linear light of 55 and 188 in 255ths, in sRGB's curve.
    let (dark, light) = ([128; 3], [222; 3]);
    assert_near(corners(take_in(file).await.unwrap().jpeg()), [dark, light, dark, light], 3, "grey");
}

/// What littlecms 2.19 makes of Display P3 with the same profile, relative colorimetric (`ImageCms` of Pillow 13.0).
const BY_LITTLECMS: [([u8; 3], [u8; 3]); 12] = [
    ([220, 30, 30], [240, 0, 0]),
    ([30, 180, 30], [0, 183, 0]),
    ([30, 30, 220], [30, 30, 229]),
    ([230, 220, 30], [232, 220, 0]),
    ([200, 150, 120], [209, 147, 115]),
    ([90, 60, 45], [95, 58, 42]),
    ([128, 128, 128], [128, 128, 128]),
    ([10, 20, 30], [7, 20, 31]),
    ([250, 245, 235], [251, 245, 234]),
    ([120, 160, 200], [108, 161, 204]),
    ([60, 120, 60], [30, 122, 52]),
    ([180, 80, 140], [194, 72, 143]),
];

#[tokio::test]
async fn display_p3_is_within_3_of_what_littlecms_makes_of_it() {
    let chunk = [b"P3\0\0", &zlib(PROFILE)[..]].concat();
    for (given, expected) in BY_LITTLECMS {
        let segment = [b"ICC_PROFILE\0\x01\x01", PROFILE].concat();
        let flat = image::RgbImage::from_pixel(160, 160, image::Rgb(given));
        let png = Png::new((160, 160), 8, 2).chunk(*b"iCCP", &chunk).file(|_, _| given.map(u16::from).to_vec());
        for (file, tolerance) in [(png, 3), (with_segment(&jpeg(&flat), 0xE2, &segment), 4)] {
            let photo = take_in(file).await.unwrap();
            assert_near(corners(photo.jpeg()), [expected; 4], tolerance, &format!("{given:?}"));
        }
    }
}
