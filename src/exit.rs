//! Exit statuses; `docs/cli.md` lists them for users.

use std::process::ExitCode;

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exit {
    /// Everything worked.
    Ok = 0,
    /// The program does not compile, or failed while it ran.
    Program = 1,
    /// The command line makes no sense.
    Usage = 2,
    /// A file or a store is missing, unreadable or in the way.
    Environment = 3,
    /// What was to be verified is not what it claims to be.
    Verification = 4,
    /// A bug of ours.
    Bug = 70,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(exit as u8)
    }
}
