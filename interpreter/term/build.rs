//! Compiles `proto/rholang.proto` to Rust types, without protoc.

use std::path::Path;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let schema = Path::new("proto/rholang.proto");
    println!("cargo:rerun-if-changed={}", schema.display());
    let descriptors = protox::compile([schema], ["proto"])?;
    let mut config = prost_build::Config::new();
    config.btree_map(["."]);
    config.compile_fds(descriptors)?;
    Ok(())
}
