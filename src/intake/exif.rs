//! The three things that are asked of Exif (CIPA DC-008, 4.6): how to turn the picture, whether it names a place, and whether
//! it holds a second picture.
//!
//! Values may lie anywhere and be as long as the block, so nothing but these is read: forty thousand entries in half a megabyte
//! can all name the same half megabyte.

use super::reader::Reader;

/// What a block says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Said {
    /// The number of the orientation, where there is one.
    pub(super) orientation: Option<u32>,
    /// A directory with a place.
    pub(super) place: bool,
    /// A directory with a thumbnail.
    pub(super) thumbnail: bool,
}

const ORIENTATION: u16 = 0x0112;
const PLACE: u16 = 0x8825;

/// Reads a block that begins with the order of its bytes; what it lacks or gets wrong is not said.
pub(super) fn read(block: &[u8]) -> Said {
    let big = block.starts_with(b"MM");
    let mut said = Said::default();
    let tiff = Tiff { block, big };
    if (big || block.starts_with(b"II")) && tiff.short(2) == Some(42) {
        // A block that ends early has said what it could.
        let _rest = tiff.first(&mut said);
    }
    said
}

struct Tiff<'a> {
    block: &'a [u8],
    /// The higher byte first.
    big: bool,
}

impl Tiff<'_> {
    /// The first directory, and whether there is a second.
    fn first(&self, said: &mut Said) -> Option<()> {
        let start = self.long(4)?;
        let end = start + 2 + 12 * self.entries(start)?;
        for entry in (start + 2..end).step_by(12) {
            match self.short(entry)? {
                ORIENTATION if said.orientation.is_none() => said.orientation = self.number(entry),
                PLACE => said.place |= self.entries(self.long(entry + 8)?).is_some_and(|count| count > 0),
                _ => {}
            }
        }
        let next = self.long(end).filter(|next| *next > 0)?;
        said.thumbnail = self.entries(next)? > 0;
        Some(())
    }

    /// How many entries a directory has.
    fn entries(&self, start: usize) -> Option<usize> {
        self.short(start).map(usize::from)
    }

    /// The only, or first, number of an entry, by its type (TIFF 6.0, 2).
    fn number(&self, entry: usize) -> Option<u32> {
        match (self.short(entry + 2)?, self.long(entry + 4)?) {
            (1, 1..) => self.block.get(entry + 8).map(|byte| (*byte).into()),
            (3, 1..) => self.short(entry + 8).map(Into::into),
            (4, 1..) => self.long(entry + 8).and_then(|number| number.try_into().ok()),
            _ => None,
        }
    }

    fn short(&self, at: usize) -> Option<u16> {
        let mut reader = Reader::at(self.block, at);
        if self.big { reader.u16_be() } else { reader.u16_le() }
    }

    fn long(&self, at: usize) -> Option<usize> {
        let mut reader = Reader::at(self.block, at);
        let number = if self.big { reader.u32_be() } else { reader.u32_le() };
        number.and_then(|number| number.try_into().ok())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// In either order of bytes: a directory with those entries of tag, type and value, and whether another follows.
    fn block(big: bool, entries: &[(u16, u16, u32)], next: bool) -> Vec<u8> {
        let short = |number: u16| if big { number.to_be_bytes() } else { number.to_le_bytes() };
        let long = |number: u32| if big { number.to_be_bytes() } else { number.to_le_bytes() };
        let mut block = if big { b"MM".to_vec() } else { b"II".to_vec() };
        block.extend(short(42));
        block.extend(long(8));
        block.extend(short(entries.len().try_into().unwrap()));
        let end = 8 + 2 + 12 * u32::try_from(entries.len()).unwrap() + 4;
        for (tag, kind, value) in entries {
            block.extend([short(*tag), short(*kind)].concat());
            block.extend(long(1));
            if *kind == 3 {
                block.extend([short((*value).try_into().unwrap()), [0; 2]].concat());
            } else {
                block.extend(long(if *tag == PLACE { end } else { *value }));
            }
        }
        block.extend(long(if next { end } else { 0 }));
        block.extend(short(1));
        block
    }

    #[test]
    fn what_is_asked_is_read_in_either_order_of_bytes() {
        for big in [true, false] {
            let said = read(&block(big, &[(0x010F, 2, 0), (ORIENTATION, 3, 6), (PLACE, 4, 0)], true));
            assert_eq!(said, Said { orientation: Some(6), place: true, thumbnail: true });
            let said = read(&block(big, &[(ORIENTATION, 4, 8), (ORIENTATION, 3, 6)], false));
            assert_eq!(said, Said { orientation: Some(8), ..Said::default() });
            assert_eq!(read(&block(big, &[(ORIENTATION, 2, 3)], false)), Said::default());
        }
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_harm(big: bool, rest in proptest::collection::vec(proptest::num::u8::ANY, 0..80), cut in 0_usize..40) {
            read(&rest);
            let mut whole = block(big, &[(ORIENTATION, 3, 6), (PLACE, 4, 0)], true);
            whole.truncate(cut);
            proptest::prop_assert!(read(&whole).orientation.is_none_or(|number| number == 6));
            whole.extend(rest);
            read(&whole);
        }
    }
}
