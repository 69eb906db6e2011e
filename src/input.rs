//! Reading sources: files and standard input, with a clear error for everything that is not text.

use std::fs::{self, File};
use std::io::{self, Read};

use clap::Args;

use crate::diagnostics::{Diagnostic, Source, codes};

/// What may be read. Memory is bounded by the parser's limit on tokens; a long literal is one of them.
#[derive(Args, Clone, Copy, Debug)]
pub struct InputOptions {
    /// Longest source file in MiB
    #[arg(long, value_name = "MIB", default_value_t = 256, value_parser = clap::value_parser!(u64).range(1..=256))]
    max_source: u64,
}

/// The argument that stands for standard input.
pub const STDIN: &str = "-";

/// Reads a source; `-` is standard input.
pub fn read_source(path: &str, options: InputOptions) -> Result<Source, Diagnostic> {
    let limit = options.max_source << 20;
    let (name, bytes) = if path == STDIN {
        ("<stdin>", read_all(&mut io::stdin().lock(), limit))
    } else {
        (path, open(path)?.and_then(|mut file| read_all(&mut file, limit)))
    };
    let bytes = bytes.map_err(|error| unreadable(name, &error))?;
    if bytes.len() as u64 > limit {
        let message = format!("{name} is longer than {} MiB", options.max_source);
        let hint = "this is the limit for source files; --max-source sets another one, up to 256";
        return Err(problem(codes::TOO_LARGE, message).about(name).with_hint(Some(hint.to_owned())));
    }
    match String::from_utf8(bytes) {
        Ok(text) => Ok(Source::new(name, text)),
        Err(error) => Err(not_text(name, error.as_bytes(), error.utf8_error().valid_up_to())),
    }
}

/// Opens a file; what can be said without reading it is said at once.
pub fn open(path: &str) -> Result<io::Result<File>, Diagnostic> {
    match fs::metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            Err(problem(codes::MISSING, format!("there is no file {path}")).about(path))
        }
        Err(error) => Err(unreadable(path, &error)),
        Ok(metadata) if metadata.is_dir() => {
            Err(problem(codes::DIRECTORY, format!("{path} is a directory, not a source file")).about(path))
        }
        Ok(_) => Ok(File::open(path)),
    }
}

/// Everything, or one byte more than may be read.
fn read_all(reader: &mut dyn Read, limit: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    reader.take(limit + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn problem(code: &'static str, message: String) -> Diagnostic {
    Diagnostic::environment(code, "InputError", message)
}

/// The error of a file or directory that cannot be read.
pub fn unreadable(name: &str, error: &io::Error) -> Diagnostic {
    problem(codes::UNREADABLE, format!("cannot read {name}: {error}")).about(name)
}

fn not_text(name: &str, bytes: &[u8], valid: usize) -> Diagnostic {
    let before = &bytes[..valid.min(bytes.len())];
    let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
    let line_start = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    // Characters are counted by the bytes that start one.
    let column = before[line_start..].iter().filter(|byte| **byte & 0xC0 != 0x80).count() + 1;
    let byte = bytes.get(valid).copied().unwrap_or_default();
    let message = format!("{name} is not UTF-8 text: line {line}, column {column} has the byte 0x{byte:02x}");
    let mut error = problem(codes::NOT_TEXT, message).about(name);
    error.line = u32::try_from(line).ok();
    error.column = u32::try_from(column).ok();
    error.with_hint(Some("sources are UTF-8 text; this looks like a binary file or another encoding".to_owned()))
}
