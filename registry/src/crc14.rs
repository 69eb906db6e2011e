//! The 14-bit checksum of registry URIs (registry-genesis 2.3).

/// x^14 + x^11 + x^2 + 1 with its top bit.
const POLYNOMIAL: u16 = 0x4805;

/// CRC-14: initial value 0, no reflection, no final xor.
#[must_use]
pub fn crc14(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0, |register, byte| {
        (0..8).fold(register ^ (u16::from(*byte) << 6), |register, _| {
            let shifted = register << 1;
            if shifted & 0x4000 == 0 { shifted } else { shifted ^ POLYNOMIAL }
        })
    })
}
