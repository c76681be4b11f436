//! Whole pictures from drawn photos. Small frames: the subject's own search takes the same time at any size.

use image::{Rgb, RgbImage};

use super::catalog::STYLES;
use super::color::{display, lab, rgb};
use super::grid::Picture;
use super::mask::Mode;
use super::noise::hash;
use super::style::Pose;
use super::vector::V3;
use super::{Brief, Found, Subject, base, face, find, fit, form, layout, mask, observe, render, sculpt, shade};

mod choices;
mod wording;

/// Head with hair, eyes and mouth, shoulders in a red jacket, on a pale blue wall.
fn portrait(w: u32, h: u32) -> RgbImage {
    RgbImage::from_fn(w, h, |x, y| {
        let (u, v) = ((x as f32 + 0.5) / w as f32, (y as f32 + 0.5) / h as f32);
        let within = |cx: f32, cy: f32, rx: f32, ry: f32| ((u - cx) / rx).powi(2) + ((v - cy) / ry).powi(2) < 1.0;
        let shade = 1.0 - 0.25 * u;
        let color = if within(0.43, 0.37, 0.022, 0.016) || within(0.57, 0.37, 0.022, 0.016) {
            [30, 24, 22]
        } else if within(0.5, 0.50, 0.055, 0.014) {
            [150, 60, 60]
        } else if within(0.5, 0.40, 0.14, 0.19) {
            [226, 178, 150]
        } else if within(0.5, 0.33, 0.19, 0.22) {
            [70, 44, 28]
        } else if within(0.5, 0.62, 0.07, 0.10) {
            [206, 156, 130]
        } else if within(0.5, 1.0, 0.36, 0.34) {
            [178, 38, 44]
        } else {
            [176, 198, 214]
        };
        Rgb(color.map(|c| (c as f32 * shade) as u8))
    })
}

fn noise(w: u32, h: u32) -> RgbImage {
    RgbImage::from_fn(w, h, |x, y| Rgb([1, 2, 3].map(|s| (hash(x as i32, y as i32, s) * 255.0) as u8)))
}

fn small(prompt: &str, seed: u64) -> Brief<'_> {
    Brief { prompt, width: 96, height: 96, seed }
}

fn found(photo: &RgbImage) -> Found {
    find(fit::photo(photo))
}

/// The portrait off its middle, with its face, which no detector sees in a drawing.
fn person() -> Found {
    let photo = fit::photo(&image::imageops::crop_imm(&portrait(200, 200), 0, 0, 150, 200).to_image());
    let face = face::Face { x: 0.385, y: 0.275, w: 0.23, h: 0.26, score: 20.0 };
    let mask = mask::find(&photo, Some(&face));
    Found { photo, face: Some(face), mask }
}

#[test]
fn the_same_brief_gives_the_same_bytes_with_one_thread_and_with_eight() {
    let photo = portrait(160, 200);
    let on = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
        pool.install(|| sculpt(&photo, &small("claymation figure", 5)).into_raw())
    };
    let once = on(1);
    assert_eq!(once, on(1));
    assert_eq!(once, on(8));
}

#[test]
fn the_seed_changes_the_bytes_a_little() {
    let found = found(&portrait(160, 200));
    let (a, b) = (render(&found, &STYLES[0], (128, 128), 1), render(&found, &STYLES[0], (128, 128), 2));
    assert_ne!(a, b);
    let far = a.as_raw().iter().zip(b.as_raw()).filter(|(x, y)| x.abs_diff(**y) > 40).count();
    assert!(far < a.as_raw().len() / 4, "{far} samples differ much");
}

#[test]
fn no_photo_is_refused() {
    let black = RgbImage::new(40, 30);
    let white = RgbImage::from_pixel(30, 40, Rgb([255, 255, 255]));
    let odd =
        [RgbImage::new(0, 0), RgbImage::new(1, 1), RgbImage::new(1, 2000), noise(2000, 1), noise(64, 48), black, white];
    for photo in odd {
        let picture = sculpt(&photo, &small("PVC figure", 1));
        assert_eq!(picture.dimensions(), (96, 96), "photo {:?}", photo.dimensions());
    }
}

#[test]
fn every_style_takes_noise_and_odd_frames() {
    let found = found(&noise(60, 44));
    for (i, style) in STYLES.iter().enumerate() {
        let frame = [(96, 96), (256, 32), (32, 256)][i % 3];
        let picture = render(&found, style, frame, 3);
        assert_eq!(picture.dimensions(), (frame.0 as u32, frame.1 as u32), "{}", style.id);
    }
}

#[test]
fn the_picture_has_exactly_the_wanted_size() {
    let photo = portrait(60, 60);
    for (width, height) in [(1, 1), (200, 25), (25, 200), (0, 7)] {
        let picture = sculpt(&photo, &Brief { prompt: "", width, height, seed: 0 });
        assert_eq!(picture.dimensions(), (width.max(1), height.max(1)));
    }
}

#[test]
fn the_figure_stays_in_any_frame_in_any_pose() {
    let poses = [Pose::Natural, Pose::Frontal, Pose::Standing, Pose::Sitting, Pose::Waving, Pose::Dynamic];
    for (found, style) in [person(), found(&portrait(160, 200))].iter().flat_map(|f| STYLES.iter().map(move |s| (f, s)))
    {
        for (i, pose) in poses.into_iter().enumerate() {
            let mut style = style.clone();
            style.form.pose = pose;
            let frame = [(160, 160), (120, 200), (240, 130), (90, 330), (330, 90), (150, 190)][i];
            let figure = form(found, &style, frame, 1);
            let at = layout::place(&figure.alpha, frame, base::thickness(style.stage.base), 1.0, figure.cut);
            let f = at.figure;
            let within = f.x >= 0.0 && f.y >= 0.0 && f.x + f.w <= frame.0 as f32 && f.y + f.h <= frame.1 as f32;
            assert!(within, "{} {pose:?} in {frame:?}: {f:?}", style.id);
        }
    }
}

#[test]
fn a_portrait_is_found_whole_and_without_its_wall() {
    let photo = portrait(240, 300);
    let found = found(&photo);
    assert!((0.015..0.70).contains(&found.mask.area), "area {}", found.mask.area);
    assert!(matches!(found.mask.mode, Mode::Person | Mode::Object), "{:?}", found.mask.mode);
    let at = |u: f32, v: f32| {
        let a = &found.mask.alpha;
        a.at((u * (a.w - 1) as f32) as usize, (v * (a.h - 1) as f32) as usize)
    };
    assert!(at(0.5, 0.4) > 0.5, "the face");
    assert!(at(0.5, 0.85) > 0.5, "the jacket");
    assert!(at(0.05, 0.1) < 0.5 && at(0.95, 0.1) < 0.5, "the wall");
}

#[test]
fn heights_are_finite_bounded_and_nought_outside() {
    let found = found(&portrait(160, 200));
    for style in &STYLES {
        let figure = form(&found, style, (160, 160), 1);
        for (h, a) in figure.height.v.iter().zip(&figure.alpha.v) {
            assert!(h.is_finite() && *h <= 1.6 * figure.depth + 4.0, "{} {h} of {}", style.id, figure.depth);
            assert!(a.is_finite() && (-0.01..=1.01).contains(a), "{} {a}", style.id);
        }
        let lit: Picture = shade::shade(&figure, &style.finish, V3::splat(0.5));
        assert!(lit.v.iter().all(|c| c.dot(V3::splat(1.0)).is_finite()), "{}", style.id);
    }
}

/// The pairs of looks that are less than `least` apart.
fn alike(looks: &[Vec<f32>], least: f32) -> Vec<String> {
    let mut out = Vec::new();
    for (i, a) in looks.iter().enumerate() {
        for (j, b) in looks.iter().enumerate().skip(i + 1) {
            let d = a.iter().zip(b).map(|(x, y)| (x - y).powi(2)).sum::<f32>().sqrt();
            if d < least {
                out.push(format!("{} and {} are {d} apart", STYLES[i].id, STYLES[j].id));
            }
        }
    }
    out
}

/// Distances are those of Lab; 2 can just be seen between patches side by side.
#[test]
fn any_two_styles_look_different() {
    for (name, found) in [("person", person()), ("thing", found(&portrait(160, 200)))] {
        let looks: Vec<Vec<f32>> = STYLES.iter().map(|s| look(&render(&found, s, (160, 160), 1))).collect();
        let alike = alike(&looks, 16.0);
        assert!(alike.is_empty(), "{name}: {alike:#?}");
    }
}

/// The same without surroundings: material, paint and proportions alone tell the styles apart.
#[test]
fn any_two_figures_look_different_before_the_same_wall() {
    let found = person();
    let stage = STYLES[0].stage;
    let stage = super::style::Stage { package: super::style::Package::None, ..stage };
    let looks: Vec<Vec<f32>> = STYLES
        .iter()
        .map(|s| look(&render(&found, &super::style::Style { stage, ..s.clone() }, (160, 160), 1)))
        .collect();
    let alike = alike(&looks, 4.0);
    assert!(alike.is_empty(), "{alike:#?}");
}

/// Mean Lab of the upper 16 % and lower 10 %, mean and deviation in the middle, and its fine detail.
fn look(picture: &RgbImage) -> Vec<f32> {
    let (w, h) = (picture.width() as usize, picture.height() as usize);
    let at = |x: usize, y: usize| {
        let p = picture.get_pixel(x as u32, y as u32).0;
        lab(rgb(p[0], p[1], p[2]))
    };
    let mean = |x: (usize, usize), y: (usize, usize)| {
        let all: Vec<V3> = (y.0..y.1).flat_map(|j| (x.0..x.1).map(move |i| (i, j))).map(|(i, j)| at(i, j)).collect();
        let m = all.iter().fold(V3::default(), |s, &c| s + c) * (1.0 / all.len() as f32);
        let d = all.iter().map(|&c| (c - m) * (c - m)).fold(V3::default(), |s, c| s + c) * (1.0 / all.len() as f32);
        (m, d.map(f32::sqrt))
    };
    let (top, low) = (mean((0, w), (0, h * 16 / 100)).0, mean((0, w), (h * 9 / 10, h)).0);
    let (middle, deviation) = mean((w / 3, w * 2 / 3), (h / 4, h * 3 / 4));
    let detail: f32 = (h / 4..h * 3 / 4)
        .flat_map(|j| (w / 3..w * 2 / 3).map(move |i| (i, j)))
        .map(|(i, j)| (at(i - 1, j).0 + at(i + 1, j).0 + at(i, j - 1).0 + at(i, j + 1).0 - 4.0 * at(i, j).0).abs())
        .sum::<f32>()
        / ((w / 3) * (h / 2)) as f32;
    let mut out: Vec<f32> = [top, low, middle, deviation].iter().flat_map(|v| [v.0, v.1, v.2]).collect();
    out.push(60.0 * (1.0 + detail).log10());
    out
}

#[test]
fn paint_follows_the_photo() {
    let red = found(&portrait(160, 200));
    let mut blue = portrait(160, 200);
    blue.pixels_mut().for_each(|p| p.0 = [p.0[2], p.0[1], p.0[0]]);
    let blue = found(&blue);
    let leading = |f: &Found| display(form(f, &STYLES[0], (128, 128), 1).accent);
    let (r, b) = (leading(&red), leading(&blue));
    assert!(r[0] > r[2] && b[2] > b[0], "{r:?} and {b:?}");
}

#[test]
fn an_observer_reports_what_can_be_measured() {
    let seen = observe(&portrait(160, 200));
    assert!(matches!(seen.subject, Subject::Person | Subject::Object));
    assert!((3..=6).contains(&seen.palette.len()));
    assert!(seen.cut_off && seen.count == 1);
    for share in [seen.area, seen.brightness, seen.sharpness, seen.contrast, seen.colorfulness] {
        assert!((0.0..=1.0).contains(&share), "{seen:?}");
    }
}
