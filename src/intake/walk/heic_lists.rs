//! What a HEIC may make its parser do, which believes counts and looks names up in lists, one after the other.
//!
//! A megabyte of lists that name each other would keep it busy for hours, and places without a size ask for the memory of a
//! hundred machines. Photos of 100 megapixels have some hundred tiles, at most two thousand.

use heic_rs::boxes::{BoxHeader, BoxIter};
use heic_rs::context::Context;
use heic_rs::meta::iloc::Construction;

/// Tiles of a grid; a 100-megapixel photo has 400 of 512 pixels a side, 1600 of 256.
pub(super) const MAX_TILES: usize = 2048;

/// Items of a file: tiles, as many for transparency, and what else there is.
const MAX_ITEMS: usize = 2 * MAX_TILES + 256;

/// Properties of one item; cameras give some six.
const MAX_PROPERTIES: usize = 16;

/// Bytes of a configuration of the decoder, which is read for every tile; cameras write some hundred.
const MAX_CONFIGURATION: usize = 4096;

/// Whether the parser can be let loose on the lists of `meta`. What it cannot read it refuses itself.
pub(super) fn are_short(bytes: &[u8]) -> bool {
    let meta = BoxIter::new(bytes).find(b"meta").ok().flatten();
    let Some((_, _, lists)) = meta.and_then(|meta| meta.full_box("meta").ok()) else {
        return true;
    };
    let mut associations = 0;
    for list in BoxIter::new(lists.rest()).map_while(Result::ok) {
        let short = match &list.boxtype {
            b"iloc" => places(&list).is_none_or(|(count, sized)| count <= MAX_ITEMS && sized),
            b"iprp" => {
                let lists = list.children().map_while(Result::ok).filter(|list| list.is(b"ipma"));
                associations += lists.filter_map(|list| entries(&list)).sum::<usize>();
                associations <= MAX_ITEMS
            }
            _ => true,
        };
        if !short {
            return false;
        }
    }
    true
}

/// How many places there are, and whether what tells one takes any bytes.
fn places(list: &BoxHeader<'_>) -> Option<(usize, bool)> {
    let (version, _, mut reader) = list.full_box("iloc").ok()?;
    let sizes = [reader.u8("sizes").ok()?, reader.u8("sizes").ok()?];
    let count = if version < 2 { reader.u16("count").ok()?.into() } else { reader.u32("count").ok()? };
    let some = sizes[0] != 0 || (version > 0 && sizes[1] & 0x0F != 0);
    Some((usize::try_from(count).ok()?, some))
}

fn entries(list: &BoxHeader<'_>) -> Option<usize> {
    let (_, _, mut reader) = list.full_box("ipma").ok()?;
    usize::try_from(reader.u32("count").ok()?).ok()
}

/// Whether what the parser has read can be looked up without end.
pub(super) fn are_plain(context: &Context<'_>) -> bool {
    let (meta, properties) = (&context.meta, &context.meta.props);
    let counts = [meta.items.len(), meta.refs.len(), meta.locations.len(), properties.assoc.len()];
    let few =
        counts.into_iter().all(|count| count <= MAX_ITEMS) && meta.refs.iter().all(|one| one.to.len() <= MAX_TILES);
    let configured = |own: &BoxHeader<'_>| own.is(b"hvcC");
    let simple = properties.assoc.iter().all(|(_, own)| {
        let configurations = own.iter().filter_map(|one| properties.resolve(*one)).filter(|own| configured(own));
        own.len() <= MAX_PROPERTIES && configurations.count() <= 1
    });
    let small = properties.boxes.iter().filter(|own| configured(own)).all(|own| own.payload.len() <= MAX_CONFIGURATION);
    // Items made of items can be nested so that their size is small but their making takes for ever.
    let nested = meta.locations.iter().any(|location| location.construction == Construction::Item);
    few && simple && small && !nested
}
