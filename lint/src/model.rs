//! What the walk learns about a program, as tables over the syntax tree: which binder every identifier means, what
//! runs, what is sent and received where.

use rhodium_grammar::ast::{Ast, Ident, Name, NameId, Proc, ProcId, Span};

/// `*@*@x` is followed so far; nobody writes more, and following all of them at each would take quadratic time.
const MAX_QUOTES: usize = 8;

/// Index of a binder; binders are numbered in the order in which the walk meets them.
pub(crate) type BinderId = u32;

/// What an identifier is where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub(crate) enum Occurrence {
    /// Nothing binds it.
    #[default]
    Unbound,
    /// It is a binder.
    Binds(BinderId),
    /// It means a binder.
    Uses(BinderId),
}

/// The constructs that bind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BinderKind {
    /// `new`
    New,
    /// `for`
    Receive,
    /// The parameters of contracts and of the members of agents.
    Parameter,
    /// A case of a `match`.
    Case,
    /// `let`
    Let,
    /// The pattern of `matches`, or an operand of `\/` or `~`: nothing can use it.
    Discarded,
}

/// A binder.
#[derive(Clone, Debug)]
pub(crate) struct Binder<'a> {
    pub ident: Ident,
    pub kind: BinderKind,
    /// Whether it is bound as a name: it is a process otherwise.
    pub name: bool,
    /// The URN, for a `new` that has one.
    pub urn: Option<&'a str>,
    pub uses: u32,
    /// The binder of the same identifier that it hides.
    pub hides: Option<BinderId>,
    /// Whether what it is bound to mentions the binder that it hides (`let x = x + 1`, `for (@x <- x)`).
    pub renews: bool,
    /// What it is bound to, where the source says so.
    pub value: Option<ProcId>,
    /// How many patterns enclose its scope.
    pub depth: u32,
    /// When it was used last, in the time of the walk.
    pub last_use: u32,
}

/// How a process stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// It runs.
    Runs,
    /// It is data, and may run elsewhere.
    Data,
    /// It is a part of a pattern that is compared with evaluated data.
    Pattern,
    /// It is inside a quote, or a part of a pattern that is compared with a process.
    Quoted,
}

/// How a name declared by `new` is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// Something is sent on it.
    Send,
    /// Something is received from it.
    Receive,
    /// Anything else: it may become known to others.
    Escape,
}

/// A use of a name declared by `new`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Use {
    pub binder: BinderId,
    pub role: Role,
    /// The body of a receive in which it stands.
    pub region: u32,
    pub span: Span,
}

/// The body of a receive or contract: runs when all its sources have sent.
#[derive(Clone, Debug)]
pub(crate) struct Region {
    pub parent: u32,
    /// The sources that are names declared by `new`.
    pub sources: Vec<(BinderId, Span)>,
}

/// A receipt or contract.
#[derive(Clone, Debug)]
pub(crate) struct Receive {
    pub contract: bool,
    pub sources: Vec<NameId>,
    /// Outside patterns and quotes.
    pub code: bool,
}

/// A program with everything the walk has learnt.
pub(crate) struct Model<'a> {
    pub ast: &'a Ast,
    pub source: &'a str,
    pub binders: Vec<Binder<'a>>,
    /// All processes in the order of the source, each after those around it.
    pub visits: Vec<(ProcId, Place)>,
    /// The same, each after those inside it.
    pub finished: Vec<ProcId>,
    pub uses: Vec<Use>,
    /// The first is the program.
    pub regions: Vec<Region>,
    pub receives: Vec<Receive>,
    pub(crate) procs: Vec<Occurrence>,
    pub(crate) names: Vec<Occurrence>,
    /// For every process, whether every variable in it that comes from outside stands for a forgeable value.
    pub(crate) forgeable: Vec<bool>,
}

impl Binder<'_> {
    /// Whether the construct that binds it is itself a part of a pattern, which it must resemble.
    pub fn is_in_pattern(&self) -> bool {
        self.depth > 0 && self.kind != BinderKind::Discarded
    }
}

impl<'a> Model<'a> {
    /// What a variable or reference is.
    pub fn of_proc(&self, id: ProcId) -> Occurrence {
        self.procs.get(id.0 as usize).copied().unwrap_or_default()
    }

    /// What a name that is an identifier is.
    pub fn of_name(&self, id: NameId) -> Occurrence {
        self.names.get(id.0 as usize).copied().unwrap_or_default()
    }

    pub fn binder(&self, id: BinderId) -> &Binder<'a> {
        &self.binders[id as usize]
    }

    /// The spelling of a binder.
    pub fn text(&self, id: BinderId) -> &'a str {
        self.ast.text(self.binder(id).ident.symbol)
    }

    /// Where a binder stands.
    pub fn place(&self, id: BinderId) -> Span {
        self.binder(id).ident.span
    }

    /// Whether everybody can write this process.
    pub fn is_forgeable(&self, id: ProcId) -> bool {
        self.forgeable.get(id.0 as usize).copied().unwrap_or(false)
    }

    /// The process behind a name, and the binder it is known from, if the source says what it is.
    pub fn behind_name(&self, id: NameId) -> Option<(ProcId, Option<BinderId>)> {
        match self.ast.name(id) {
            Name::Wildcard => None,
            Name::Var(_) => self.behind_binder(self.of_name(id)),
            Name::Quote(proc) => Some(self.behind(*proc)),
        }
    }

    /// The process that a process stands for: the value of a variable that has one, else itself.
    pub fn behind(&self, mut id: ProcId) -> (ProcId, Option<BinderId>) {
        for _ in 0..MAX_QUOTES {
            let value = match self.ast.proc(id) {
                Proc::Var(_) => self.behind_binder(self.of_proc(id)),
                Proc::Eval(name) => match self.ast.name(*name) {
                    Name::Quote(inner) => {
                        id = *inner;
                        continue;
                    }
                    _ => self.behind_binder(self.of_name(*name)),
                },
                _ => None,
            };
            return value.unwrap_or((id, None));
        }
        (id, None)
    }

    fn behind_binder(&self, occurrence: Occurrence) -> Option<(ProcId, Option<BinderId>)> {
        match occurrence {
            Occurrence::Uses(binder) => self.binder(binder).value.map(|value| (value, Some(binder))),
            _ => None,
        }
    }

    /// The binder that a name is, when it is not known to stand for something else.
    pub fn binder_of_name(&self, id: NameId) -> Option<BinderId> {
        let occurrence = match self.behind_name(id) {
            Some((proc, _)) => match self.ast.proc(proc) {
                Proc::Var(_) => self.of_proc(proc),
                Proc::Eval(name) => self.of_name(*name),
                _ => return None,
            },
            None => self.of_name(id),
        };
        match occurrence {
            Occurrence::Uses(binder) => Some(binder),
            _ => None,
        }
    }

    /// The text of a place in the source, for messages.
    pub fn snippet(&self, span: Span) -> &'a str {
        self.source.get(span.range()).unwrap_or_default()
    }
}
