//! HEIC: boxes and items (ISO/IEC 14496-12, ISO/IEC 23008-12).
//!
//! The parser is `heic-rs`; what is asked of it is bounded here first, since a file of a few kilobytes can
//! describe pictures of gigabytes: by the parameter sets of its tiles, by tiles listed a thousand times, by
//! items made of items.

use bytes::Bytes;
use heic_rs::context::Context;
use heic_rs::props::ItemProps;
use heic_rs::props::simple::Clap;
use heic_rs::{Error, MatrixCoefficients, Mirror, Nclx, Range, Rotation, Transform};

use super::super::metadata::{Found, Removed};
use super::super::orient::Orientation;
use super::super::reader::Reader;
use super::super::source::Pieces;
use super::super::{IntakeError, Kind};
use super::heic_lists::{self, MAX_TILES};
use super::heic_sps;
use super::{Header, Need, Walked};

/// Bytes of the `meta` box; photos of 48 tiles have some 5 kB.
const MAX_META: usize = 1 << 20;

const REMEDY: &str = "convert it to JPEG, or set the camera to \"most compatible\"";

/// Reads the boxes and the parameter sets of every picture that a decoder would decode.
///
/// # Errors
///
/// [`IntakeError::Truncated`], [`IntakeError::Damaged`], [`IntakeError::Unsupported`].
pub(in super::super) fn head(bytes: &[u8]) -> Result<Header, IntakeError> {
    boxes(bytes)?;
    let context = open(bytes)?;
    let (item, props) = primary(&context)?;
    let (width, height) = context.coded_size(item, &props).map_err(|error| refused(&error))?;
    let main = pictures(&context, item, &props)?;
    let alpha = match alpha(&context, item)? {
        Some(alpha) => pictures(&context, alpha, &context.props(alpha).map_err(|error| refused(&error))?)?,
        None => Coded::default(),
    };
    let area = u64::from(width) * u64::from(height);
    // Tiles overhang the picture by less than a tile on each side; more is a bomb. Small pictures are padded.
    if main.sum.max(alpha.sum) > area.saturating_mul(2).saturating_add(1 << 22) {
        return Err(Kind::Heic.damaged());
    }
    // Planes of 16-bit samples with the decoder's own maps and pixels, for one tile; the whole picture with
    // its transparency; a copy of it when cropped; the coded bytes put together, and again without escapes.
    let copies = if crop(&props)?.is_some() { 2 } else { 1 };
    let tile = main.largest.max(alpha.largest).saturating_mul(12);
    let fixed = tile.saturating_add(area.saturating_mul(4 * copies)).saturating_add(2 * bytes.len() as u64 + (1 << 20));
    Ok(Header { kind: Kind::Heic, sides: (width, height), frames: 1, need: Need { fixed, per_scaled_pixel: 0 } })
}

/// Notes metadata and orientation; `irot` and `imir` rule, Exif's orientation does not (ISO/IEC 23008-12, 6.5).
///
/// # Errors
///
/// As [`head`].
pub(in super::super) fn walk(bytes: &Bytes) -> Result<Walked, IntakeError> {
    let mut removed = Removed::default();
    if boxes(bytes)? < bytes.len() {
        removed.note(Found::TrailingBytes);
    }
    let context = open(bytes)?;
    let (_, props) = primary(&context)?;
    note_items(&context, &mut removed);
    let icc = props.icc.map(|icc| bytes.slice_ref(icc));
    if icc.is_some() {
        removed.note(Found::Icc);
    }
    let orientation = orientation(&props.transforms);
    let mut pieces = Pieces::default();
    pieces.push(bytes.clone()).ok_or_else(|| Kind::Heic.damaged())?;
    Ok(Walked { orientation, icc, removed, pieces })
}

/// What `clap` leaves of the picture, which comes before turning and mirroring (ISO/IEC 23000-22, 7.3.6.7).
///
/// # Errors
///
/// [`IntakeError::Damaged`] for any other order.
pub(in super::super) fn crop(props: &ItemProps<'_>) -> Result<Option<Clap>, IntakeError> {
    let (first, rest) = match props.transforms.split_first() {
        Some((Transform::Crop(clap), rest)) => (Some(*clap), rest),
        Some(_) | None => (None, props.transforms.as_slice()),
    };
    let late = rest.iter().any(|transform| matches!(transform, Transform::Crop(_)));
    if late { Err(Kind::Heic.damaged()) } else { Ok(first) }
}

/// Opens a container that [`boxes`] has bounded.
pub(in super::super) fn open(bytes: &[u8]) -> Result<Context<'_>, IntakeError> {
    if !heic_lists::are_short(bytes) {
        return Err(Kind::Heic.damaged());
    }
    let context = Context::open(bytes).map_err(|error| refused(&error))?;
    if heic_lists::are_plain(&context) { Ok(context) } else { Err(Kind::Heic.damaged()) }
}

/// The picture that the file is about.
pub(in super::super) fn primary<'a>(context: &Context<'a>) -> Result<(u32, ItemProps<'a>), IntakeError> {
    let item = context.meta.primary_item().map_err(|error| refused(&error))?;
    match &item.item_type {
        b"hvc1" | b"grid" => Ok((item.id, context.props(item.id).map_err(|error| refused(&error))?)),
        b"av01" => Err(IntakeError::Unsupported { what: "AVIF", remedy: REMEDY }),
        _ => Err(IntakeError::Unsupported { what: "HEIF without HEVC", remedy: REMEDY }),
    }
}

/// The item with the transparency of `item`, if it has one.
pub(in super::super) fn alpha(context: &Context<'_>, item: u32) -> Result<Option<u32>, IntakeError> {
    context.alpha_item(item).map_err(|error| refused(&error))
}

/// What a refusal of the parser means.
pub(in super::super) fn refused(error: &Error) -> IntakeError {
    match error {
        Error::Truncated(_) => Kind::Heic.truncated(),
        Error::Unsupported(_) => IntakeError::Unsupported { what: "this variant of HEIC", remedy: REMEDY },
        Error::Malformed(_)
        | Error::MissingBox(_)
        | Error::MissingItem(_)
        | Error::MissingParameterSet(_)
        | Error::CyclicDerivation(_)
        | Error::PixelLimit { .. }
        | Error::Io(_)
        | Error::BoxTooLarge { .. }
        | _ => Kind::Heic.damaged(),
    }
}

fn orientation(transforms: &[Transform]) -> Orientation {
    transforms.iter().fold(Orientation::default(), |so_far, transform| {
        so_far.then(match transform {
            Transform::Rotate(Rotation::Ccw90) => Orientation::CounterClockwise,
            Transform::Rotate(Rotation::Ccw180) => Orientation::Half,
            Transform::Rotate(Rotation::Ccw270) => Orientation::Clockwise,
            // The parser names `imir`'s values the wrong way round: 0 exchanges top and bottom
            // (ISO/IEC 23008-12:2022, 6.5.12), as libheif and libavif have it.
            Transform::Mirror(Mirror::LeftRight) => Orientation::Flipped,
            Transform::Mirror(Mirror::TopBottom) => Orientation::Mirrored,
            Transform::Rotate(Rotation::None) | Transform::Crop(_) => Orientation::Upright,
        })
    })
}

/// Luma samples of coded pictures, by their parameter sets.
#[derive(Clone, Copy, Default)]
struct Coded {
    sum: u64,
    largest: u64,
}

/// Of all pictures that make up `item`.
fn pictures(context: &Context<'_>, item: u32, props: &ItemProps<'_>) -> Result<Coded, IntakeError> {
    let Some((grid, tiles)) = context.grid(item).map_err(|error| refused(&error))? else {
        let size = coded(props)?;
        return Ok(Coded { sum: size, largest: size });
    };
    if tiles.len() > MAX_TILES || grid.tile_count() > MAX_TILES as u64 {
        return Err(Kind::Heic.damaged());
    }
    tiles.iter().try_fold(Coded::default(), |so_far, tile| {
        let size = coded(&context.props(*tile).map_err(|error| refused(&error))?)?;
        Ok(Coded { sum: so_far.sum.saturating_add(size), largest: so_far.largest.max(size) })
    })
}

/// Luma samples of one coded picture.
///
/// # Errors
///
/// [`IntakeError::Damaged`] for one without parameter sets.
pub(in super::super) fn coded(props: &ItemProps<'_>) -> Result<u64, IntakeError> {
    let config = props.hvcc.as_ref().ok_or_else(|| Kind::Heic.damaged())?;
    let sets = config.parameter_sets();
    let sizes = sets.iter().filter_map(|set| heic_sps::parse(set)).map(|sps| sps.luma.0.saturating_mul(sps.luma.1));
    sizes.max().ok_or_else(|| Kind::Heic.damaged())
}

/// How the samples of a picture stand for colours: by `colr`, else by the bitstream, else by the default of
/// ISO/IEC 23000-22, 7.3.6.4: BT.601 in full range. The parser alone would take BT.709 in limited range.
pub(in super::super) fn nclx(whole: &ItemProps<'_>, own: &ItemProps<'_>) -> Nclx {
    if let Some(nclx) = whole.nclx.or(own.nclx) {
        return nclx;
    }
    let sets = own.hvcc.as_ref().map(heic_rs::props::hvcc::HevcConfig::parameter_sets).unwrap_or_default();
    let signal = sets.iter().filter_map(|set| heic_sps::parse(set)).find_map(|sps| sps.signal);
    let matrix_code = signal.map_or(2, |signal| signal.matrix);
    let matrix_code = if matrix_code == 2 { 6 } else { matrix_code };
    let full = signal.is_none_or(|signal| signal.full_range);
    Nclx {
        primaries: 1,
        transfer: 13,
        matrix: MatrixCoefficients::from_code(matrix_code),
        matrix_code,
        range: if full { Range::Full } else { Range::Limited },
    }
}

/// Items of metadata that are looked into; the names of others are noted.
const MAX_READ: usize = 8;

fn note_items(context: &Context<'_>, removed: &mut Removed) {
    let mut read = 0;
    for item in &context.meta.items {
        read += usize::from(matches!(&item.item_type, b"Exif" | b"mime"));
        match &item.item_type {
            b"Exif" if read > MAX_READ => removed.note(Found::Exif),
            b"mime" if read > MAX_READ => removed.note(Found::Xmp),
            b"Exif" => {
                let data = context.item_data(item.id).unwrap_or_default();
                removed.note_exif(heic_rs::metadata::exif_tiff(&data).unwrap_or_default());
            }
            b"mime" if heic_rs::metadata::is_xmp(item.content_type) => {
                removed.note_xmp(&context.item_data(item.id).unwrap_or_default());
            }
            b"hvc1" | b"grid" | b"iden" => {}
            _ => removed.note(Found::Other),
        }
    }
    let thumbnail =
        |reference: &heic_rs::meta::iref::ItemReference| reference.kind == heic_rs::meta::iref::RefKind::Thmb;
    if context.meta.refs.iter().any(thumbnail) {
        removed.note(Found::Thumbnail);
    }
}

/// Walks the outermost boxes and gives the position behind the last one.
fn boxes(bytes: &[u8]) -> Result<usize, IntakeError> {
    let (mut position, mut media) = (0, false);
    while position < bytes.len() {
        let mut reader = Reader::at(bytes, position);
        let Some((size, name)) = reader.u32_be().zip(reader.array::<4>()) else {
            break;
        };
        // Behind the image data anything may follow; before it, nonsense is damage.
        if media && !name.iter().all(u8::is_ascii_graphic) {
            break;
        }
        let size = match size {
            0 => bytes.len() - position,
            1 => large(&mut reader)?,
            size => size as usize,
        };
        if size < 8 || (name == *b"meta" && size > MAX_META) {
            return Err(Kind::Heic.damaged());
        }
        media |= name == *b"mdat";
        position =
            position.checked_add(size).filter(|end| *end <= bytes.len()).ok_or_else(|| Kind::Heic.truncated())?;
    }
    Ok(position)
}

fn large(reader: &mut Reader<'_>) -> Result<usize, IntakeError> {
    let size = reader.array().map(u64::from_be_bytes).ok_or_else(|| Kind::Heic.truncated())?;
    usize::try_from(size).ok().filter(|size| *size >= 16).ok_or_else(|| Kind::Heic.damaged())
}
