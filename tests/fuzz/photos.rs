//! Files that were photos once.

use std::{num::NonZeroUsize, time::Duration};

use bytes::Bytes;
use figurine::{
    domain::KeyId,
    intake::{Intake, IntakeError, Limits, Photo, probe},
};
use jpeg_encoder::{ColorType, Encoder, SamplingFactor};
use rustix::time::{ClockId, clock_gettime};

use crate::{Course, draw, fail, mutate::mutated, panicked};

/// Small, so that many fit into a run.
const LIMITS: Limits =
    Limits { max_bytes: 1 << 20, max_pixels: 4_000_000, longest_side: 64, decode_memory_bytes: 64 << 20 };

/// What none of these small files may take of a processor.
const MOST: Duration = Duration::from_secs(3);

/// Of this process, whatever else runs.
fn cpu_time() -> Duration {
    clock_gettime(ClockId::ProcessCPUTime).try_into().unwrap()
}

pub(crate) async fn run(course: &mut Course) {
    let intake = Intake::new(LIMITS, NonZeroUsize::MIN);
    let seeds = seeds();
    for (index, seed) in seeds.iter().enumerate() {
        let photo = intake.take_in(KeyId::random(), seed.clone().into()).await;
        photo.unwrap_or_else(|error| panic!("seed {index}: {error}"));
    }
    let (mut taken, mut damaged, mut slowest) = (0_u64, 0_u64, Duration::ZERO);
    while course.goes_on() {
        let file = mutated(&mut course.random, &seeds);
        let before = cpu_time();
        let probed = probe(&file);
        let photo = intake.take_in(KeyId::random(), Bytes::from(file.clone())).await;
        let took = cpu_time().saturating_sub(before);
        slowest = slowest.max(took);
        if took > MOST {
            fail("photos", &file, &format!("it takes {took:?} of a processor"));
        }
        if let Some(place) = panicked() {
            fail("photos", &file, &format!("panicked at {place}"));
        }
        match photo {
            Ok(photo) => {
                taken += 1;
                if let Err(why) = sound(&photo) {
                    fail("photos", &file, &why);
                }
                if probed.is_err() {
                    fail("photos", &file, "taken, but not known");
                }
            }
            Err(IntakeError::Busy) => fail("photos", &file, "the pool has died"),
            Err(_) => damaged += 1,
        }
    }
    println!("photos: {taken} taken, {damaged} refused, the slowest in {slowest:?} of a processor");
}

/// Whether what came out is a JPEG of pixels alone.
fn sound(photo: &Photo) -> Result<(), String> {
    let decoded = image::load_from_memory(photo.jpeg()).map_err(|error| error.to_string())?;
    let sides = (decoded.width(), decoded.height());
    let expected = (photo.width(), photo.height());
    let fits = sides == expected && sides.0.max(sides.1) <= LIMITS.longest_side;
    fits.then_some(()).ok_or_else(|| format!("{sides:?} instead of {expected:?}"))
}

fn seeds() -> Vec<Vec<u8>> {
    let picture = draw::textured(72, 50);
    let samples = |x: u32, y: u32| picture.get_pixel(x, y).0.map(u16::from).to_vec();
    let exif = draw::exif(6, true);
    let jpeg = |change: fn(&mut Encoder<&mut Vec<u8>>)| draw::jpeg_with(&picture, change);
    let mut cmyk = Vec::new();
    Encoder::new(&mut cmyk, 80).encode(&[90; 40 * 30 * 4], 40, 30, ColorType::CmykAsYcck).unwrap();
    let mut grey = Vec::new();
    Encoder::new(&mut grey, 80).encode(&[90; 40 * 30], 40, 30, ColorType::Luma).unwrap();
    let palette = draw::Png::new((40, 30), 4, 3).chunk(*b"PLTE", &[9, 200, 30, 77, 1, 255]).chunk(*b"tRNS", &[0, 255]);
    let wide = draw::Png::new((40, 30), 16, 6).interlaced();
    vec![
        draw::with_segment(&draw::jpeg(&picture), 0xE1, &[b"Exif\0\0", &exif[..]].concat()),
        jpeg(|encoder| encoder.set_sampling_factor(SamplingFactor::F_2_2)),
        jpeg(|encoder| encoder.set_sampling_factor(SamplingFactor::R_4_1_1)),
        jpeg(|encoder| encoder.set_restart_interval(2)),
        jpeg(|encoder| encoder.set_progressive(true)),
        jpeg(|encoder| encoder.set_optimized_huffman_tables(true)),
        cmyk,
        grey,
        draw::Png::new((72, 50), 8, 2).chunk(*b"eXIf", &exif).file(samples),
        palette.file(|x, y| vec![u16::from((x + y) % 2 == 0)]),
        wide.file(|x, y| vec![1000, 2000, u16::try_from(x * y).unwrap(), 30_000]),
        draw::webp(&draw::rgba(&picture)),
        draw::gif(&[draw::rgba(&picture), draw::rgba(&picture)]),
        include_bytes!("../fixtures/webp/lossy.webp").to_vec(),
        include_bytes!("../fixtures/webp/lossy_alpha.webp").to_vec(),
        include_bytes!("../fixtures/webp/animated.webp").to_vec(),
        include_bytes!("../fixtures/heic/grid.heic").to_vec(),
        include_bytes!("../fixtures/heic/alpha.heic").to_vec(),
        include_bytes!("../fixtures/heic/exif_7.heic").to_vec(),
        include_bytes!("../fixtures/heic/metadata.heic").to_vec(),
    ]
}
