//! Keys, signatures, addresses and hashes.
//!
//! Nothing here reads the environment: entropy and file contents are handed in by the caller, and no
//! secret is ever printed, shown by `Debug` or put into an error.

mod address;
mod algorithm;
mod hash;
mod key;
mod key_file;
mod signature;
mod system;

pub use address::{
    Address, AddressError, address_from_eth, address_from_public_key, address_from_unforgeable, validate_address,
};
pub use algorithm::{Algorithm, eth_digest};
pub use hash::{blake2b256, blake2b512, keccak256, sha256};
pub use key::{KeyError, PublicKey, SecretKey};
pub use key_file::{read_public_hex, read_secret_hex, secret_file_name, write_public_hex, write_secret_hex};
pub use signature::{
    compact_to_der, der_to_compact, sign_secp256k1, sign_secp256k1_eth, verify_ed25519, verify_secp256k1,
    verify_secp256k1_eth,
};
pub use system::{SystemKey, SystemProfile, is_system_key, system_key, system_keys};
