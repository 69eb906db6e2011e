//! The `rho` command.
fn main() {}
