//! The splittable BLAKE2b generator of unforgeable names.
//!
//! A [`Random`] is the state of a BLAKE2b-512 tree hash (runtime.md section 3). It is a plain value of fixed size:
//! splitting copies it and appends to a path, and nothing is hashed until a name is drawn or states are merged.

mod blake;
mod codec;
mod random;
mod seed;
#[cfg(target_arch = "x86_64")]
mod wide;

pub use codec::{ENCODED_LEN, RandomError};
pub use random::Random;
pub use seed::{block_seed, deploy_seed};
