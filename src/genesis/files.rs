//! Reading the inputs of a genesis.

use std::fmt::Display;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use rhodium_genesis::{ContractSet, FileErrors, MANIFEST, Parameters};
use rhodium_grammar::ast::Span;
use rhodium_keys::{SecretKey, read_secret_hex};

use super::diagnostics;
use crate::diagnostics::{Diagnostic, Source, codes};
use crate::embedded;

/// The longest file that is read.
const MAX_BYTES: u64 = 1 << 30;

/// The kind of errors in input files.
const KIND: &str = "InputError";

/// The name of a path in messages.
pub fn name(path: &Path) -> String {
    path.display().to_string()
}

/// Reads a file.
pub fn read_bytes(path: &Path) -> Result<Vec<u8>, Diagnostic> {
    let problem = |code, message: String| Diagnostic::environment(code, KIND, message).about(name(path));
    let bytes = read_up_to(path, MAX_BYTES + 1).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => problem(codes::MISSING, format!("there is no file {}", name(path))),
        _ => problem(codes::UNREADABLE, format!("cannot read {}: {error}", name(path))),
    })?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(problem(codes::TOO_LARGE, format!("{} is longer than {MAX_BYTES} bytes", name(path))));
    }
    Ok(bytes)
}

/// Reads a text file.
fn read_text(path: &Path) -> Result<Source, Diagnostic> {
    let text = String::from_utf8(read_bytes(path)?).map_err(|_| {
        Diagnostic::environment(codes::NOT_TEXT, KIND, format!("{} is not UTF-8 text", name(path))).about(name(path))
    })?;
    Ok(Source::new(name(path), text))
}

/// Reads a file of lines; all lines that are wrong are reported.
pub fn read_lines<T, P: Display>(
    path: &Path,
    parse: impl FnOnce(&[u8]) -> Result<T, FileErrors<P>>,
    code: impl Fn(&P) -> (&'static str, &'static str),
) -> Result<T, Vec<Diagnostic>> {
    let bytes = read_bytes(path).map_err(|error| vec![error])?;
    // Lines that are not text are an error of their own, so a faithful copy is needed only to be shown.
    let source = Source::new(name(path), String::from_utf8_lossy(&bytes).into_owned());
    parse(&bytes).map_err(|FileErrors(errors)| {
        let convert = |error: &rhodium_genesis::LineError<P>| {
            let (code, hint) = code(&error.problem);
            let span = line_span(&source.text, error.line);
            Diagnostic::of_input(code, KIND, &error.problem.to_string(), Some(&source), Some(span))
                .with_hint(Some(hint.to_owned()))
        };
        errors.iter().map(convert).collect()
    })
}

/// The bytes of a line, counted from 1.
fn line_span(text: &str, line: usize) -> Span {
    let start = text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum::<usize>();
    let content = text.get(start..).and_then(|rest| rest.lines().next()).unwrap_or_default();
    let offset = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    Span { start: offset(start), end: offset(start + content.len()) }
}

/// Reads the parameters; without a file they have their defaults.
pub fn read_parameters(path: Option<&Path>) -> Result<Parameters, Diagnostic> {
    let Some(path) = path else { return Ok(Parameters::default()) };
    let source = read_text(path)?;
    toml::from_str(&source.text).map_err(|error| {
        let offset = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        let span = error.span().map(|span| Span { start: offset(span.start), end: offset(span.end) });
        Diagnostic::of_input("E0528", KIND, error.message(), Some(&source), span)
            .with_hint(Some("parameters are TOML, such as `shard-name = \"root\"`".to_owned()))
    })
}

/// Reads a secret key: 64 hexadecimal digits.
pub fn read_key(path: &Path) -> Result<SecretKey, Diagnostic> {
    let text = zeroize::Zeroizing::new(read_text(path)?.text);
    read_secret_hex(&text).map_err(|error| {
        Diagnostic::of_input("E0610", KIND, &format!("the key file {} is not usable: {error}", name(path)), None, None)
            .with_hint(Some("the file holds a secret key as 64 hexadecimal digits".to_owned()))
    })
}

/// The contract set of a directory with a manifest, or the one that comes with the program.
pub fn read_contracts(directory: Option<&Path>) -> Result<ContractSet, Vec<Diagnostic>> {
    let embedded = embedded::contracts();
    let set = match directory {
        None => ContractSet::embedded(&embedded),
        Some(directory) => {
            let mut read = |file: &str, limit: u64| read_up_to(&directory.join(file), limit);
            ContractSet::from_manifest(&name(directory), &embedded, &mut read)
        }
    };
    set.map_err(|error| {
        let mut found = diagnostics(&error);
        if let Some(directory) = directory.filter(|directory| !directory.join(MANIFEST).exists()) {
            let message = format!("there is no manifest {}", name(&directory.join(MANIFEST)));
            found = vec![Diagnostic::environment(codes::MISSING, KIND, message)];
        }
        found
    })
}

fn read_up_to(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(limit).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Refuses a target that cannot be a file, before any work is done.
pub fn check_target(target: &Path) -> Result<(), Diagnostic> {
    if target.is_dir() || target.file_name().is_none() {
        let message = format!("{} is a directory, not a file to write", name(target));
        return Err(Diagnostic::environment(codes::DIRECTORY, KIND, message));
    }
    Ok(())
}
