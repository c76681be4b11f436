//! The entropy-coded data of one scan as bits (ITU-T T.81, F.2.2.5).

/// Bits of a scan, without stuffed bytes; behind the data's end they are zero and counted.
///
/// It is small and copied, so that loops over it keep it in registers.
#[derive(Clone, Copy)]
pub(super) struct Bits<'a> {
    data: &'a [u8],
    at: usize,
    /// The next bits, the first one highest. Below `count` there may be more of them already.
    window: u64,
    count: u32,
    /// How many of the `count` bits stand for data that is not there.
    missing: u32,
}

impl<'a> Bits<'a> {
    pub(super) fn new(data: &'a [u8]) -> Self {
        Self { data, at: 0, window: 0, count: 0, missing: 0 }
    }

    /// The next 64 bits, of which [`Bits::fill`] makes at least the first 32 valid.
    #[inline]
    pub(super) fn window(&self) -> u64 {
        self.window
    }

    /// Makes at least 32 bits valid: a code and the number behind it.
    #[expect(clippy::inline_always, reason = "half of the time of a decode is spent here")]
    #[inline(always)]
    pub(super) fn fill(&mut self) {
        if self.count < 32 {
            match self.data.get(self.at..).and_then(<[u8]>::first_chunk).map(|next| u64::from_be_bytes(*next)) {
                Some(next) if !has_ff(next) => {
                    self.window |= next >> self.count;
                    let bytes = (64 - self.count) / 8;
                    self.at += bytes as usize;
                    self.count += bytes * 8;
                }
                _ => *self = self.byte_by_byte(),
            }
        }
    }

    /// Passes over bits that are valid, at most 31.
    #[expect(clippy::inline_always, reason = "as above")]
    #[inline(always)]
    pub(super) fn skip(&mut self, bits: u32) {
        self.window <<= bits & 63;
        self.count = self.count.wrapping_sub(bits);
    }

    /// The next `bits` bits (1 to 15) as the number that they stand for (T.81, F.12).
    #[expect(clippy::inline_always, reason = "as above")]
    #[inline(always)]
    pub(super) fn number(&mut self, bits: u32) -> i32 {
        let value = i32::try_from(self.window >> ((64 - bits) & 63)).unwrap_or(0);
        self.skip(bits);
        extended(value, bits)
    }

    /// Whether more has been passed over than was there.
    #[inline]
    pub(super) fn is_short(&self) -> bool {
        self.count < self.missing
    }

    /// Goes on behind the next restart marker and gives its number; `None` when there is none.
    pub(super) fn restart(&mut self) -> Option<u8> {
        (self.window, self.count, self.missing) = (0, 0, 0);
        loop {
            self.at += self.data.get(self.at..)?.iter().position(|byte| *byte == 0xFF)?;
            match *self.data.get(self.at + 1)? {
                0xFF => self.at += 1,
                marker @ 0xD0..=0xD7 => {
                    self.at += 2;
                    return Some(marker - 0xD0);
                }
                _ => self.at += 2,
            }
        }
    }

    #[cold]
    #[inline(never)]
    fn byte_by_byte(mut self) -> Self {
        while self.count <= 56 {
            let byte = match self.data.get(self.at..).unwrap_or_default() {
                [0xFF, 0, ..] => {
                    self.at += 2;
                    0xFF
                }
                // A marker is the end of these bits.
                [0xFF, ..] | [] => {
                    self.missing += 8;
                    0
                }
                [byte, ..] => {
                    self.at += 1;
                    *byte
                }
            };
            self.window |= u64::from(byte) << (56 - self.count);
            self.count += 8;
        }
        self
    }
}

/// The number that `bits` bits of `value` stand for: those that begin with 0 are negative.
#[inline]
pub(super) fn extended(value: i32, bits: u32) -> i32 {
    let negative = (value >> (bits - 1)) - 1;
    value + (negative & (1 - (1 << bits)))
}

/// Whether one of the eight bytes is 0xFF.
fn has_ff(bytes: u64) -> bool {
    const ONES: u64 = 0x0101_0101_0101_0101;
    (!bytes).wrapping_sub(ONES) & bytes & (ONES << 7) != 0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bits: &mut Bits<'_>, count: u32) -> u64 {
        bits.fill();
        let value = bits.window() >> (64 - count);
        bits.skip(count);
        value
    }

    #[test]
    fn stuffed_bytes_are_taken_out_and_markers_end_the_bits() {
        let mut bits = Bits::new(&[0x12, 0xFF, 0, 0x34, 0xFF, 0xD0, 0x56]);
        assert_eq!((read(&mut bits, 12), read(&mut bits, 12)), (0x12F, 0xF34));
        assert!(!bits.is_short());
        assert_eq!(read(&mut bits, 3), 0);
        assert!(bits.is_short());
        assert_eq!(bits.restart(), Some(0));
        assert_eq!(read(&mut bits, 8), 0x56);
        assert!(!bits.is_short());
        assert_eq!(bits.restart(), None);
    }

    proptest::proptest! {
        #[test]
        fn bits_come_as_they_were_written(plain in proptest::collection::vec(proptest::num::u8::ANY, 0..60), sizes in proptest::collection::vec(1_u32..32, 0..60)) {
            let stuffed: Vec<u8> =
                plain.iter().flat_map(|byte| if *byte == 0xFF { vec![0xFF, 0] } else { vec![*byte] }).collect();
            let mut bits = Bits::new(&stuffed);
            let mut position = 0;
            for size in sizes {
                let expected = (position..position + size as usize)
                    .fold(0, |value, at| value << 1 | u64::from(plain.get(at / 8).map_or(0, |byte| byte >> (7 - at % 8) & 1)));
                proptest::prop_assert_eq!(read(&mut bits, size), expected);
                position += size as usize;
                proptest::prop_assert_eq!(bits.is_short(), position > plain.len() * 8);
            }
        }
    }

    #[test]
    fn numbers_that_begin_with_0_are_negative() {
        let numbers =
            [(0, 1), (1, 1), (0, 3), (3, 3), (4, 3), (7, 3), (0, 15)].map(|(value, bits)| extended(value, bits));
        assert_eq!(numbers, [-1, 1, -7, -4, 4, 7, -32_767]);
    }
}
