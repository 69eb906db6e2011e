//! Writing files so that there is never half of one.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use crate::diagnostics::{Diagnostic, codes};

/// A file that gets its name only when all of it is there; dropped before, it leaves nothing.
pub struct Draft {
    draft: PathBuf,
    target: PathBuf,
    published: bool,
}

impl Draft {
    /// Writes the bytes beside the target, with its permissions if there is one already.
    pub fn write(target: &Path, bytes: &[u8]) -> Result<Draft, Diagnostic> {
        let fill = |file: &mut BufWriter<File>| file.write_all(bytes).map_err(|error| unwritable(target, &error));
        Ok(Draft::fill(target, fill)?.0)
    }

    /// The same, piece by piece, with what filling it gives.
    pub fn fill<T>(
        target: &Path,
        fill: impl FnOnce(&mut BufWriter<File>) -> Result<T, Diagnostic>,
    ) -> Result<(Draft, T), Diagnostic> {
        let mut file_name = target.file_name().unwrap_or_default().to_owned();
        file_name.push(format!(".{}.tmp", std::process::id()));
        let draft = target.with_file_name(file_name);
        if let Some(parent) = target.parent().filter(|parent| !parent.as_os_str().is_empty()) {
            fs::create_dir_all(parent).map_err(|error| unwritable(target, &error))?;
        }
        let file = File::create_new(&draft).map_err(|error| unwritable(target, &error))?;
        // From here on the file is ours to remove.
        let draft = Draft { draft, target: target.to_owned(), published: false };
        if let Ok(metadata) = fs::metadata(target) {
            file.set_permissions(metadata.permissions()).map_err(|error| unwritable(target, &error))?;
        }
        let mut file = BufWriter::with_capacity(1 << 16, file);
        let filled = fill(&mut file)?;
        let synced = file.flush().and_then(|()| file.get_ref().sync_all());
        synced.map_err(|error| unwritable(target, &error))?;
        Ok((draft, filled))
    }

    /// Gives the file its name.
    pub fn publish(mut self) -> Result<(), Diagnostic> {
        fs::rename(&self.draft, &self.target).map_err(|error| unwritable(&self.target, &error))?;
        self.published = true;
        Ok(())
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        if !self.published {
            // There is nobody left to be told.
            let _ = fs::remove_file(&self.draft);
        }
    }
}

/// The error of a file that cannot be written.
pub fn unwritable(path: &Path, error: &io::Error) -> Diagnostic {
    let name = path.display();
    Diagnostic::environment(codes::UNWRITABLE, "InputError", format!("cannot write {name}: {error}"))
        .about(name.to_string())
}
