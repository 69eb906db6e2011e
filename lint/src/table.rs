//! The one table of lints.

/// How a finding counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Not reported.
    Allow,
    /// Reported.
    Warn,
    /// Reported, and the check fails.
    Deny,
}

/// A lint.
#[derive(Debug, PartialEq, Eq)]
pub struct Lint {
    /// The stable code.
    pub code: &'static str,
    /// The name for people, used to allow it.
    pub name: &'static str,
    /// What it counts as unless told otherwise.
    pub level: Level,
    /// What it finds, in one sentence.
    pub summary: &'static str,
}

macro_rules! lints {
    ($($id:ident $code:literal $name:literal $level:ident $summary:literal)*) => {
        /// The lints by name; the number is the place in [`LINTS`].
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub(crate) enum Id { $($id),* }

        /// All lints, by code.
        pub const LINTS: &[Lint] =
            &[$(Lint { code: $code, name: $name, level: Level::$level, summary: $summary }),*];
    };
}

lints! {
    UnusedName "W0101" "unused-name" Warn "a name declared by `new` that nothing uses"
    UnusedVariable "W0102" "unused-variable" Warn
        "a variable bound by a pattern, a `let` or a parameter list that nothing uses"
    Shadowing "W0103" "shadowing" Warn "a binder that hides another one of the same name"
    RebindingPattern "W0104" "rebinding-pattern" Warn
        "a pattern that binds a new variable where the one outside was probably meant"
    ForgeableReceive "W0201" "forgeable-receive" Warn
        "a receive or contract on a name that everybody can write"
    UnreachableContract "W0202" "unreachable-contract" Warn "a receive or contract that nothing can ever send to"
    UnheardSend "W0203" "unheard-send" Warn "a send that nothing can ever receive"
    SameChannelJoin "W0204" "same-channel-join" Warn "a join of one channel with itself"
    BundleMisuse "W0205" "bundle-misuse" Warn
        "a bundle used against its permissions, or one that leaves none, or one in a pattern"
    UnknownUrn "W0301" "unknown-urn" Deny "a URN that nothing is bound to, or an address that the registry never gives"
    SystemArity "W0302" "system-arity" Warn "a message to the system with a number of data that it never takes"
    SystemArgument "W0303" "system-argument" Warn "a message to the system with data of a kind that it refuses"
    UnreachableCase "W0401" "unreachable-case" Warn "a case of a `match` that is never chosen"
    ConstantCondition "W0402" "constant-condition" Warn
        "a condition or guard that is always true, always false or no boolean"
    UnevaluatedPattern "W0403" "unevaluated-pattern" Warn "an operator in a pattern, where nothing is evaluated"
    UselessExpression "W0404" "useless-expression" Warn "a value that stands as a process, where it does nothing"
    DuplicateEntry "W0405" "duplicate-entry" Warn "a key of a map or an element of a set that is written twice"
    UnknownLint "W0901" "unknown-lint" Warn "a comment that allows a lint which does not exist"
    UnusedAllow "W0902" "unused-allow" Warn "a comment that allows a lint which finds nothing there"
}

impl Id {
    pub(crate) fn lint(self) -> &'static Lint {
        &LINTS[self as usize]
    }
}

/// The lint of this name.
#[must_use]
pub fn lint(name: &str) -> Option<&'static Lint> {
    LINTS.iter().find(|lint| lint.name == name)
}

/// The name of a lint that somebody probably meant.
#[must_use]
pub fn nearest(name: &str) -> Option<&'static str> {
    rhodium_registry::nearest(name, LINTS.iter().map(|lint| lint.name))
}

/// The place of a lint in [`LINTS`].
pub(crate) fn position(name: &str) -> Option<usize> {
    LINTS.iter().position(|lint| lint.name == name)
}

/// A level for every lint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Levels([Level; LINTS.len()]);

impl Default for Levels {
    fn default() -> Self {
        Levels(std::array::from_fn(|k| LINTS[k].level))
    }
}

/// Which lints a level is set for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Selection {
    /// All of them.
    All,
    /// Those that warn unless told otherwise.
    Warnings,
    /// One.
    One(&'static Lint),
}

impl Selection {
    /// What a name selects: `all`, `warnings` or a lint.
    #[must_use]
    pub fn named(name: &str) -> Option<Selection> {
        match name {
            "all" => Some(Selection::All),
            "warnings" => Some(Selection::Warnings),
            name => lint(name).map(Selection::One),
        }
    }

    fn contains(self, lint: &Lint) -> bool {
        match self {
            Selection::All => true,
            Selection::Warnings => lint.level == Level::Warn,
            Selection::One(one) => one == lint,
        }
    }
}

impl Levels {
    /// Sets the level of the selected lints.
    pub fn set(&mut self, selection: Selection, level: Level) {
        for (current, lint) in self.0.iter_mut().zip(LINTS) {
            if selection.contains(lint) {
                *current = level;
            }
        }
    }

    pub(crate) fn at(&self, place: usize) -> Level {
        self.0[place]
    }

    pub(crate) fn of(&self, id: Id) -> Level {
        self.0[id as usize]
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn codes_and_names_are_unique_and_well_formed() {
        assert!(LINTS.is_sorted_by(|a, b| a.code < b.code));
        assert_eq!(LINTS.iter().map(|lint| lint.name).collect::<BTreeSet<_>>().len(), LINTS.len());
        for lint in LINTS {
            assert!(lint.code.len() == 5 && lint.code.starts_with('W'), "{}", lint.code);
            assert!(lint.name.bytes().all(|b| b == b'-' || b.is_ascii_lowercase()), "{}", lint.name);
            assert!(!lint.summary.ends_with('.') && !["all", "warnings"].contains(&lint.name));
        }
    }

    #[test]
    fn selections() {
        let mut levels = Levels::default();
        assert_eq!(levels.of(Id::UnknownUrn), Level::Deny);
        levels.set(Selection::Warnings, Level::Allow);
        assert_eq!((levels.of(Id::Shadowing), levels.of(Id::UnknownUrn)), (Level::Allow, Level::Deny));
        levels.set(Selection::named("unused-name").expect("a lint"), Level::Deny);
        assert_eq!(levels.of(Id::UnusedName), Level::Deny);
        levels.set(Selection::All, Level::Allow);
        assert_eq!((levels.of(Id::UnusedName), levels.of(Id::UnknownUrn)), (Level::Allow, Level::Allow));
        assert_eq!(Selection::named("unused"), None);
    }
}
