//! What identifiers mean where the traversal stands: bound maps, free maps and their undoing (language.md 3.2).
//!
//! Both chains are kept in one table with a stack of entries per identifier, so entering and leaving a scope costs only
//! what the scope declares and every look-up takes constant time at any depth.

use rhodium_grammar::ast::{Ast, Span, Symbol};
use rhodium_term::Var;

use crate::spelling;

/// The two sorts of variables (language.md 3.1).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Sort {
    Name,
    Proc,
}

/// The logical connectives that are remembered for the static checks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Connective {
    And,
    Or,
    Not,
}

impl Connective {
    pub(crate) fn symbol(self) -> &'static str {
        match self {
            Connective::And => "/\\",
            Connective::Or => "\\/",
            Connective::Not => "~",
        }
    }

    pub(crate) fn describe(self) -> &'static str {
        match self {
            Connective::And => "/\\ (conjunction)",
            Connective::Or => "\\/ (disjunction)",
            Connective::Not => "~ (negation)",
        }
    }
}

/// The identifiers that the `agent` sugar declares although the author never does (language.md 2.9).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Special {
    This,
    Private,
    Return,
}

const SPECIALS: [&str; 3] = ["this", "private", "return"];

/// Row of an identifier in the table.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Slot(u32);

impl From<Special> for Slot {
    fn from(special: Special) -> Slot {
        Slot(special as u32)
    }
}

#[derive(Clone, Copy)]
struct Bound {
    level: u32,
    number: u32,
    sort: Sort,
    span: Span,
}

#[derive(Clone, Copy)]
struct Free {
    frame: u32,
    span: Span,
}

struct Row<'a> {
    text: &'a str,
    bound: Vec<Bound>,
    free: Vec<Free>,
}

impl<'a> Row<'a> {
    fn of(text: &'a str) -> Self {
        Row { text, bound: Vec::new(), free: Vec::new() }
    }
}

/// A variable collected by a free map. Fresh variables have no slot: nothing in the source can mean them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FreeVar {
    pub slot: Option<Slot>,
    pub sort: Sort,
    pub span: Span,
}

/// A free map: the binders of a pattern, in the order of their levels, and what else the checks ask for.
#[derive(Default, Debug)]
pub(crate) struct FreeMap {
    pub vars: Vec<FreeVar>,
    pub wildcards: Vec<Span>,
    pub connectives: Vec<(Connective, Span)>,
}

/// Why an identifier cannot stand where it stands.
pub(crate) enum Misuse {
    /// Bound with the other sort, there.
    Sort(Span),
    /// Already a binder of this pattern, there.
    Reuse(Span),
}

/// What a variable reference found.
pub(crate) enum Reference {
    Unbound,
    /// Bound with the other sort, there.
    Misused(Span),
    Found {
        index: u32,
        depth: u32,
    },
}

/// The table.
pub(crate) struct Scopes<'a> {
    ast: &'a Ast,
    slots: Vec<Slot>,
    rows: Vec<Row<'a>>,
    /// Number of entries of each bound map of the chain, the innermost last.
    levels: Vec<u32>,
    /// The free maps that are open, the innermost last.
    frames: Vec<FreeMap>,
    /// Every entry of every open bound map, for undoing.
    log: Vec<Option<Slot>>,
}

impl<'a> Scopes<'a> {
    pub(crate) fn new(ast: &'a Ast) -> Self {
        let rows = SPECIALS.iter().map(|text| Row::of(text)).collect();
        Scopes { ast, slots: Vec::new(), rows, levels: vec![0], frames: vec![FreeMap::default()], log: Vec::new() }
    }

    /// The row of an identifier.
    pub(crate) fn slot(&mut self, symbol: Symbol) -> Slot {
        let index = symbol.0 as usize;
        // Symbols are dense, so all up to this one exist.
        for next in self.slots.len()..=index {
            let text = self.ast.text(Symbol(next as u32));
            let slot = match SPECIALS.iter().position(|s| *s == text) {
                Some(special) => Slot(special as u32),
                None => {
                    self.rows.push(Row::of(text));
                    Slot(self.rows.len() as u32 - 1)
                }
            };
            self.slots.push(slot);
        }
        self.slots[index]
    }

    /// The spelling of an identifier.
    pub(crate) fn text(&self, slot: Slot) -> &'a str {
        self.rows[slot.0 as usize].text
    }

    fn row(&mut self, slot: Slot) -> &mut Row<'a> {
        &mut self.rows[slot.0 as usize]
    }

    fn level(&self) -> u32 {
        self.levels.len() as u32 - 1
    }

    /// How many patterns surround the place.
    pub(crate) fn pattern_depth(&self) -> u32 {
        self.level()
    }

    fn count(&mut self) -> &mut u32 {
        if self.levels.is_empty() {
            self.levels.push(0);
        }
        let last = self.levels.len() - 1;
        &mut self.levels[last]
    }

    /// The identifier in scope that is spelled most like this one.
    pub(crate) fn nearest(&self, text: &str) -> Option<&'a str> {
        let level = self.level();
        let visible = |row: &&Row<'a>| row.bound.last().is_some_and(|bound| bound.level <= level);
        spelling::nearest(text, self.rows.iter().filter(visible).map(|row| row.text))
    }

    /// Adds an entry to the innermost bound map; gives its number.
    pub(crate) fn bind(&mut self, slot: Option<Slot>, sort: Sort, span: Span) -> u32 {
        let level = self.level();
        let count = self.count();
        let number = *count;
        *count += 1;
        if let Some(slot) = slot {
            self.row(slot).bound.push(Bound { level, number, sort, span });
        }
        self.log.push(slot);
        number
    }

    /// Takes back the last `entries` entries of the innermost bound map.
    pub(crate) fn unbind(&mut self, entries: u32) {
        for _ in 0..entries {
            if let Some(Some(slot)) = self.log.pop() {
                self.row(slot).bound.pop();
            }
        }
        let count = self.count();
        *count = count.saturating_sub(entries);
    }

    /// The variable with that number in the innermost bound map.
    pub(crate) fn numbered(&mut self, number: u32) -> Var {
        Var::Bound(self.count().saturating_sub(number + 1))
    }

    /// Where the identifier was bound last in the innermost bound map, by an entry not older than `since`.
    pub(crate) fn bound_since(&mut self, slot: Slot, since: u32) -> Option<Span> {
        let level = self.level();
        let entry = self.row(slot).bound.last().filter(|b| b.level == level && b.number >= since)?;
        Some(entry.span)
    }

    /// Number of entries of the innermost bound map.
    pub(crate) fn bound_count(&mut self) -> u32 {
        *self.count()
    }

    /// Enters a pattern: a fresh bound map and a fresh free map.
    pub(crate) fn enter_pattern(&mut self) {
        self.levels.push(0);
        self.open_frame();
    }

    /// Leaves a pattern; its binders are given back.
    pub(crate) fn leave_pattern(&mut self) -> FreeMap {
        self.levels.pop();
        self.close_frame()
    }

    /// Opens a free map of its own for an operand (`\/`, `~`).
    pub(crate) fn open_frame(&mut self) {
        self.frames.push(FreeMap::default());
    }

    /// Closes the innermost free map.
    pub(crate) fn close_frame(&mut self) -> FreeMap {
        let frame = self.frames.pop().unwrap_or_default();
        for slot in frame.vars.iter().filter_map(|v| v.slot) {
            self.row(slot).free.pop();
        }
        frame
    }

    /// The innermost free map.
    pub(crate) fn frame(&mut self) -> &mut FreeMap {
        if self.frames.is_empty() {
            self.frames.push(FreeMap::default());
        }
        let last = self.frames.len() - 1;
        &mut self.frames[last]
    }

    /// The free map of the whole program.
    pub(crate) fn outermost_frame(&self) -> Option<&FreeMap> {
        self.frames.first()
    }

    /// The variable that an identifier means, which becomes a binder if nothing binds it.
    pub(crate) fn variable(&mut self, slot: Slot, sort: Sort, span: Span) -> Result<Var, Misuse> {
        let level = self.level();
        if let Some(bound) = self.row(slot).bound.last().copied().filter(|b| b.level == level) {
            return if bound.sort == sort { Ok(self.numbered(bound.number)) } else { Err(Misuse::Sort(bound.span)) };
        }
        let frame = self.frames.len() as u32;
        if let Some(free) = self.row(slot).free.last().filter(|f| f.frame == frame) {
            return Err(Misuse::Reuse(free.span));
        }
        self.row(slot).free.push(Free { frame, span });
        Ok(self.binder(Some(slot), sort, span))
    }

    fn binder(&mut self, slot: Option<Slot>, sort: Sort, span: Span) -> Var {
        let vars = &mut self.frame().vars;
        vars.push(FreeVar { slot, sort, span });
        Var::Free(vars.len() as u32 - 1)
    }

    /// A new binder of the innermost free map that no identifier means.
    pub(crate) fn fresh_binder(&mut self, sort: Sort, span: Span) -> Var {
        self.binder(None, sort, span)
    }

    /// Looks outward for what `=x` or `=*x` refers to (language.md 3.3).
    pub(crate) fn reference(&mut self, slot: Slot, sort: Sort) -> Reference {
        let Some(bound) = self.row(slot).bound.last().copied() else { return Reference::Unbound };
        if bound.sort != sort {
            return Reference::Misused(bound.span);
        }
        let entries = self.levels.get(bound.level as usize).copied().unwrap_or(0);
        Reference::Found { index: entries.saturating_sub(bound.number + 1), depth: self.level() - bound.level }
    }
}
