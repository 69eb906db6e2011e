//! Compiles `proto/block.proto` to Rust types, without protoc.

use std::path::Path;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let schema = Path::new("proto/block.proto");
    println!("cargo:rerun-if-changed={}", schema.display());
    let descriptors = protox::compile([schema], ["proto"])?;
    prost_build::Config::new().compile_fds(descriptors)?;
    Ok(())
}
