//! Changes to bytes, the same for the same seed.

/// Numbers that look random (Marsaglia's xorshift64*).
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed | 1)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    /// From 0 to below `end`, or 0.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() >> 16).unwrap() % end.max(1)
    }

    pub(crate) fn byte(&mut self) -> u8 {
        self.next().to_be_bytes()[1]
    }
}

/// A few changes to one of `seeds`, some of them with parts of another.
pub(crate) fn mutated(random: &mut Random, seeds: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = seeds[random.below(seeds.len())].clone();
    for _ in 0..=random.below(6) {
        change(random, &mut bytes, seeds);
    }
    if bytes.starts_with(b"\x89PNG") && random.below(4) > 0 {
        mend_png(&mut bytes);
    }
    bytes
}

fn change(random: &mut Random, bytes: &mut Vec<u8>, seeds: &[Vec<u8>]) {
    const ODD: [u32; 10] = [0, 1, 7, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 0x7FFF_FFFF, u32::MAX];
    // Headers are shorter than pixels and matter more.
    let near = if random.below(2) == 0 { bytes.len().min(200) } else { bytes.len() };
    let at = random.below(near);
    let (end, length) = (bytes.len(), 1 + random.below(40));
    let until = (at + length).min(end);
    match random.below(10) {
        0 if at < end => bytes[at] ^= 1 << random.below(8),
        1 if at < end => bytes[at] = random.byte(),
        2 if at + 4 <= end => {
            let number = ODD[random.below(ODD.len())];
            let number = if random.below(2) == 0 { number.to_be_bytes() } else { number.to_le_bytes() };
            let size = 1 + random.below(4);
            bytes[at..at + size].copy_from_slice(&number[4 - size..]);
        }
        3 => drop(bytes.drain(at.min(end)..until)),
        4 => {
            let part = bytes[at.min(end)..until].to_vec();
            drop(bytes.splice(until..until, part));
        }
        5 => drop(bytes.splice(at.min(end)..at.min(end), std::iter::repeat_n(random.byte(), length))),
        6 => bytes.truncate(at),
        // Lists grow.
        8 => {
            let part = bytes[at.min(end)..until].repeat(1 + random.below(300));
            drop(bytes.splice(until..until, part));
        }
        7 => {
            let other = &seeds[random.below(seeds.len())];
            let from = random.below(other.len());
            let part = other[from..(from + 4 * length).min(other.len())].to_vec();
            drop(bytes.splice(at.min(end)..until, part));
        }
        _ => {
            for _ in 0..length {
                let at = random.below(end);
                if let Some(byte) = bytes.get_mut(at) {
                    *byte = random.byte();
                }
            }
        }
    }
}

/// Makes the checksums right again, without which nobody looks further.
fn mend_png(bytes: &mut [u8]) {
    let mut position = 8;
    while let Some(length) = bytes.get(position..position + 4).map(|four| u32::from_be_bytes(four.try_into().unwrap()))
    {
        let end = position + 8 + usize::try_from(length).unwrap();
        let Some(named) = bytes.get(position + 4..end) else { break };
        let crc = named.iter().fold(u32::MAX, |crc, byte| {
            (0..8).fold(crc ^ u32::from(*byte), |crc, _| if crc & 1 == 1 { crc >> 1 ^ 0xEDB8_8320 } else { crc >> 1 })
        });
        let Some(place) = bytes.get_mut(end..end + 4) else { break };
        place.copy_from_slice(&(!crc).to_be_bytes());
        position = end + 4;
    }
}
