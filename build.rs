//! Compiles every system contract to its exact source and its normal form in protobuf, and writes the table that
//! `src/embedded.rs` includes. A contract that does not compile stops the build with its place.

use std::error::Error;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::{env, fs, process};

use rhodium_grammar::LineIndex;
use rhodium_grammar::ast::Span;
use rhodium_normalizer::{CompileError, Options, compile};
use rhodium_term::proto;

/// Where the contracts are, from the root of the project.
const CONTRACTS: &str = "rholang/system";

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed={CONTRACTS}");
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or("cargo gives no OUT_DIR")?);
    let mut files: Vec<PathBuf> =
        fs::read_dir(CONTRACTS)?.map(|entry| Ok(entry?.path())).collect::<Result<_, Box<dyn Error>>>()?;
    files.retain(|path| path.extension().is_some_and(|extension| extension == "rho"));
    files.sort();
    let mut table = String::from("&[\n");
    let mut faults = 0;
    for path in files {
        let source = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        match compile(&source, &Options::default()) {
            Ok(term) => add(&mut table, &out, &path, &source, &proto::encode(&term))?,
            Err(error) => faults += report(&path, &source, &error),
        }
    }
    if faults > 0 {
        process::exit(1);
    }
    fs::write(out.join("contracts.rs"), table + "]\n")?;
    Ok(())
}

/// Writes source and normal form of a contract, and its row.
fn add(table: &mut String, out: &Path, path: &Path, source: &str, term: &[u8]) -> Result<(), Box<dyn Error>> {
    let name = path.file_stem().and_then(|name| name.to_str()).ok_or("a contract's name is no text")?;
    fs::write(out.join(name).with_extension("rho"), source)?;
    fs::write(out.join(name).with_extension("par"), term)?;
    let file = |extension: &str| format!("concat!(env!(\"OUT_DIR\"), \"/{name}.{extension}\")");
    writeln!(
        table,
        "    Contract {{ name: {name:?}, path: \"{CONTRACTS}/{name}.rho\", source: include_str!({}), term: include_bytes!({}) }},",
        file("rho"),
        file("par")
    )?;
    Ok(())
}

/// Prints what is wrong, and says how many things are.
fn report(path: &Path, source: &str, error: &CompileError) -> usize {
    let index = LineIndex::new(source);
    let print = |span: Span, code: &str, message: &str| {
        let position = index.position(span.start);
        let message = message.replace('\n', " ");
        println!("cargo::error={}:{}:{}: [{code}] {message}", path.display(), position.line, position.column);
    };
    match error {
        CompileError::Syntax(errors) => {
            errors.iter().for_each(|error| print(error.span, error.code, &error.message));
            errors.len()
        }
        CompileError::Normalize(errors) => {
            errors.iter().for_each(|error| print(error.span, error.code(), &error.message));
            errors.len()
        }
    }
}
