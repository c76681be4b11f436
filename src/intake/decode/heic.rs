//! HEIC by `heic-rs`, tile by tile: one tile at a time is in memory, and the clock is looked at between them.

use std::cell::Cell;

use heic_rs::context::Context;
use heic_rs::props::ItemProps;
use heic_rs::{Image, PixelLayout, hevc};
use zeroize::Zeroizing;

use super::super::buffer::Buffer;
use super::super::raster::{Channels, Raster};
use super::super::source::Deadline;
use super::super::walk::{Header, heic};
use super::super::{IntakeError, Kind};
use super::rasters::over_white;

pub(super) fn decode(bytes: &[u8], header: &Header, deadline: Deadline) -> Result<Raster, IntakeError> {
    let context = heic::open(bytes)?;
    let (item, props) = heic::primary(&context)?;
    let work = Work { bytes: Cell::new(4 * bytes.len()), samples: Cell::new(MOST_SAMPLES) };
    let painter = Painter { context: &context, most: header.sides, deadline, work };
    let mut picture = painter.paint(item, &props, PixelLayout::Rgb8)?;
    if let Some(item) = heic::alpha(&context, item)? {
        let props = context.props(item).map_err(|error| heic::refused(&error))?;
        lay_on_white(&mut picture, &painter.paint(item, &props, PixelLayout::Gray8)?)?;
    }
    if let Some(clap) = heic::crop(&props)? {
        picture = heic_rs::transform::crop(picture, clap).map_err(|error| heic::refused(&error))?;
    }
    let sides = (picture.width, picture.height);
    Raster::new(sides, Channels::Rgb, Buffer::from(picture.data)).ok_or_else(|| Kind::Heic.damaged())
}

struct Painter<'a> {
    context: &'a Context<'a>,
    /// Sides that were let through.
    most: (u32, u32),
    deadline: Deadline,
    work: Work,
}

/// Luma samples of slices beyond one for each picture that may be decoded: 10 of a whole 12-megapixel photo.
///
/// The decoder asks no clock within a picture, and paints it as often as slices of it come.
const MOST_SAMPLES: u64 = 128 << 20;

/// What may still be asked of the decoder. Tiles may share bytes, but not so that a small file becomes a large one.
struct Work {
    bytes: Cell<usize>,
    samples: Cell<u64>,
}

impl Work {
    fn spend(&self, slices: &[&[u8]], samples: u64) -> Result<(), IntakeError> {
        let bytes = slices.iter().map(|slice| slice.len()).sum();
        let again = samples.saturating_mul((slices.len() as u64).saturating_sub(1));
        self.bytes.set(self.bytes.get().checked_sub(bytes).ok_or(IntakeError::TooSlow)?);
        self.samples.set(self.samples.get().checked_sub(again).ok_or(IntakeError::TooSlow)?);
        Ok(())
    }
}

impl Painter<'_> {
    fn paint(&self, item: u32, props: &ItemProps<'_>, layout: PixelLayout) -> Result<Image, IntakeError> {
        let Some((grid, tiles)) = self.context.grid(item).map_err(|error| heic::refused(&error))? else {
            return self.coded(item, props, props, layout);
        };
        if grid.output_width > self.most.0 || grid.output_height > self.most.1 {
            return Err(Kind::Heic.damaged());
        }
        let (width, height) = (grid.output_width, grid.output_height);
        let mut canvas = Image::zeroed(width, height, layout, u64::MAX).map_err(|error| heic::refused(&error))?;
        let mut sides = None;
        for (tile, index) in tiles.iter().zip(0_u32..) {
            if self.deadline.is_past() {
                return Err(IntakeError::TooSlow);
            }
            let own = self.context.props(*tile).map_err(|error| heic::refused(&error))?;
            let image = self.coded(*tile, props, &own, layout)?;
            let (across, down) = *sides.get_or_insert((image.width, image.height));
            let covers = u64::from(across) * u64::from(grid.columns) >= u64::from(width)
                && u64::from(down) * u64::from(grid.rows) >= u64::from(height);
            if !covers || (image.width, image.height) != (across, down) {
                return Err(Kind::Heic.damaged());
            }
            place(&mut canvas, &image, (index % grid.columns * across, index / grid.columns * down));
            drop(Zeroizing::new(image.data));
        }
        Ok(canvas)
    }

    /// One coded picture; `whole` is the item that it belongs to.
    fn coded(
        &self,
        item: u32,
        whole: &ItemProps<'_>,
        own: &ItemProps<'_>,
        layout: PixelLayout,
    ) -> Result<Image, IntakeError> {
        let config = own.hvcc.as_ref().ok_or_else(|| Kind::Heic.damaged())?;
        let data = self.context.item_data(item).map_err(|error| heic::refused(&error))?;
        let slices = config.split_nals(&data).map_err(|error| heic::refused(&error))?;
        self.work.spend(&slices, heic::coded(own)?)?;
        let decoded = hevc::decode_still(&config.parameter_sets(), &slices).and_then(|frame| {
            let mut nclx = heic::nclx(whole, own);
            if layout.is_gray() {
                nclx.range = heic_rs::Range::Full;
            }
            heic_rs::color::convert(&frame, None, nclx, layout, u64::MAX, Some(1))
        });
        decoded.map_err(|error| heic::refused(&error))
    }
}

/// Copies what lies within the canvas.
fn place(canvas: &mut Image, tile: &Image, (left, top): (u32, u32)) {
    let pixel = canvas.layout.bytes_per_pixel();
    let (row, from) = (canvas.row_bytes(), tile.row_bytes());
    let start = left as usize * pixel;
    let count = from.min(row.saturating_sub(start));
    let rows = canvas.data.chunks_exact_mut(row).skip(top as usize);
    for (to, from) in rows.zip(tile.data.chunks_exact(from)) {
        if let (Some(to), Some(from)) = (to.get_mut(start..start + count), from.get(..count)) {
            to.copy_from_slice(from);
        }
    }
}

fn lay_on_white(picture: &mut Image, alpha: &Image) -> Result<(), IntakeError> {
    if (picture.width, picture.height) != (alpha.width, alpha.height) {
        return Err(Kind::Heic.damaged());
    }
    for (pixel, alpha) in picture.data.as_chunks_mut::<3>().0.iter_mut().zip(&alpha.data) {
        *pixel = pixel.map(|sample| over_white(sample, *alpha));
    }
    Ok(())
}
