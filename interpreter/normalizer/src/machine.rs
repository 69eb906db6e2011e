//! The traversal: a stack of work and a stack of finished terms.
//!
//! Visiting a node pushes what is left to do with it; a node's builder runs when the terms of its parts lie on top of
//! the value stack. Every value is a Par.

use std::sync::Arc;
use std::vec::Drain;

use rhodium_grammar::ast::{
    self, Ast, BundleKind, Ident, LetDecl, Name, NameId, Proc, ProcId, Receipt, Remainder, Span,
};
use rhodium_term::{BinaryOp, Category, Children, Head, Origin, SimpleType, Term, Var};

use crate::Options;
use crate::error::NormalizeError;
use crate::receive::Receive;
use crate::report::Report;
use crate::scope::{Connective, FreeMap, Scopes, Sort, Special};
use crate::unbound::Unbound;

/// One thing left to do.
pub(crate) enum Work<'a> {
    /// Visit a process.
    Proc(ProcId),
    /// Visit a part of a Par: parts that are Pars themselves are taken apart.
    Part(ProcId),
    /// Visit a name.
    Name(NameId),
    /// A finished item.
    Item(Term),
    /// `_`, there.
    Wildcard(Span),
    /// The variable with that number in the innermost bound map.
    Numbered(u32, Span),
    /// An identifier the author never declared, in name position.
    Special(Special, Span),
    /// A binder that no identifier means, of sort name.
    FreshBinder(Span),
    /// Resolve a remainder (before the elements it follows, language.md 3.2).
    Remainder(&'a Option<Remainder>),

    /// Build the node from its parts.
    Build(ProcId),
    /// Build a Par from all values above that height.
    ParEnd(usize),
    /// Build a Par from that many values.
    Compose(usize),
    /// Build a conjunction or disjunction from all values above that height; the chain's last node is the process.
    ChainEnd(Connective, usize, ProcId),
    /// Build a send from the channel and that many data.
    SendEnd { args: usize, persistent: bool, span: Span },
    /// Build a list from that many elements.
    ListEnd { elements: usize, span: Span },
    /// Build a bundle.
    BundleEnd(BundleKind, Span),
    /// Build a `new` without URIs from its body; leave its scope.
    NewEnd { count: u32, span: Span },

    /// Enter an operand that has its own free map.
    OpenFrame,
    /// Leave it; its binders are nobody's.
    CloseFrame,
    /// Enter a pattern.
    EnterPattern,
    /// Leave a pattern whose binders are nobody's.
    LeavePattern,
    /// Leave the pattern of a case; its binders are in scope from here.
    CaseScope,
    /// Build a case from pattern, guard if any, and body; leave its scope.
    CaseEnd { guard: bool },
    /// Build a match from the target and that many cases.
    MatchEnd { cases: usize, span: Span },

    /// Leave the patterns of a bind.
    BindEnd(BindRest<'a>, bool),
    /// All binds of a receive are read: sort them and enter the body.
    ReceiveScope(Box<Receive<'a>>),
    /// Build a receive from its binds, guard if any, and body; leave its scope.
    ReceiveEnd { binds: usize, persistent: bool, peek: bool, guard: bool, span: Span },
    /// Receipts that are left, then the body.
    Receipts(&'a [Receipt], ProcId),

    /// Declarations that are left of a sequential `let`, then the body.
    Let(&'a [LetDecl], ProcId, Span),
    /// The body of the receive an agent becomes; the number is that of the reply name.
    AgentBody(ProcId, u32),
    /// The body of an agent's receive of calls; the number is that of the arguments.
    AgentCalls { agent: ProcId, private: bool, args: u32 },
}

/// The remainder of a bind.
#[derive(Clone, Copy)]
pub(crate) enum BindRest<'a> {
    /// As written.
    Written(&'a Option<Remainder>),
    /// A fresh variable.
    Fresh(Span),
}

/// The state of the traversal.
pub(crate) struct Machine<'a> {
    pub ast: &'a Ast,
    pub options: &'a Options<'a>,
    pub report: Report<'a>,
    pub scopes: Scopes<'a>,
    pub work: Vec<Work<'a>>,
    pub values: Vec<Term>,
    /// Remainders that are resolved and not yet part of a collection or bind.
    pub remainders: Vec<Option<Var>>,
    /// Binders of the binds that are read and wait for the others of their receive.
    pub read: Vec<FreeMap>,
    /// Sorted binds of the receives whose body is being read.
    pub binds: Vec<Term>,
    /// Sizes of the scopes that patterns opened.
    pub sizes: Vec<u32>,
    /// What is wrong so far, in the order of the traversal.
    pub errors: Vec<NormalizeError>,
    /// Variables outside patterns that nothing binds.
    pub unbound: Unbound,
}

/// What a step of the machine gives.
pub(crate) type Step = Result<(), NormalizeError>;

/// Limit for the encoded size of a normal form, and for its sets of variables together.
const MAX_BYTES: u64 = 512 << 20;

/// The traversal ends after so many errors.
pub(crate) const MAX_ERRORS: usize = 64;

/// Runs the machine on a program. A step that fails leaves `Nil` where a value was wanted.
pub(crate) fn normalize(
    ast: &Ast,
    root: ProcId,
    options: &Options,
    text: Option<&str>,
) -> Result<Term, Vec<NormalizeError>> {
    let mut machine = Machine {
        ast,
        options,
        report: Report::new(text),
        scopes: Scopes::new(ast),
        work: vec![Work::Proc(root)],
        values: Vec::new(),
        remainders: Vec::new(),
        read: Vec::new(),
        binds: Vec::new(),
        sizes: Vec::new(),
        errors: Vec::new(),
        unbound: Unbound::default(),
    };
    let mut kept = 0;
    while let Some(work) = machine.work.pop() {
        if let Err(error) = machine.step(work) {
            machine.errors.push(error);
            if machine.errors.len() == MAX_ERRORS {
                break;
            }
        }
        // What nesting and free variables make of a small source can be quadratic in it.
        if let Some(top) = machine.values.last() {
            kept += top.locally_free().len() as u64;
            if kept > MAX_BYTES || top.size() > MAX_BYTES {
                let place = top.single_item().map_or(top.origin(), Term::origin);
                let error = machine.report.too_large(Span { start: place.start, end: place.end }, MAX_BYTES);
                machine.errors.push(error);
                return Err(machine.errors);
            }
        }
    }
    machine.check_top_level();
    if machine.errors.is_empty() { Ok(machine.pop()) } else { Err(machine.errors) }
}

impl<'a> Machine<'a> {
    fn step(&mut self, work: Work<'a>) -> Step {
        match work {
            Work::Proc(id) => return self.visit(id),
            Work::Part(id) => return self.part(id),
            Work::Name(id) => return self.name(id),
            Work::Item(item) => self.values.push(Term::single(item)),
            Work::Wildcard(span) => self.wildcard(span),
            Work::Numbered(number, span) => self.numbered(number, span),
            Work::Special(special, span) => return self.identifier(special.into(), Sort::Name, span),
            Work::FreshBinder(span) => {
                let var = self.scopes.fresh_binder(Sort::Name, span);
                self.push_var(var, span);
            }
            Work::Remainder(remainder) => return self.remainder(remainder),
            Work::Build(id) => return self.build(id),
            Work::ParEnd(base) => self.par_end(base),
            Work::Compose(parts) => {
                let parts = self.pop_many(parts);
                self.values.push(Term::compose(&parts));
            }
            Work::ChainEnd(kind, base, top) => self.chain_end(kind, base, top),
            Work::SendEnd { args, persistent, span } => self.send_end(args, persistent, span),
            Work::ListEnd { elements, span } => {
                let elements = self.pop_many(elements);
                let remainder = self.pop_remainder();
                self.push(Term::list(elements, remainder), span);
            }
            Work::BundleEnd(kind, span) => return self.bundle_end(kind, span),
            Work::NewEnd { count, span } => self.new_end(count, Vec::new(), span),
            Work::OpenFrame => self.scopes.open_frame(),
            Work::CloseFrame => drop(self.scopes.close_frame()),
            Work::EnterPattern => self.scopes.enter_pattern(),
            Work::LeavePattern => drop(self.scopes.leave_pattern()),
            Work::CaseScope => self.case_scope(),
            Work::CaseEnd { guard } => self.case_end(guard),
            Work::MatchEnd { cases, span } => self.match_end(cases, span),
            Work::BindEnd(rest, check) => return self.bind_end(rest, check),
            Work::ReceiveScope(receive) => return self.receive_scope(*receive),
            Work::ReceiveEnd { binds, persistent, peek, guard, span } => {
                self.receive_end(binds, persistent, peek, guard, span);
            }
            Work::Receipts(receipts, body) => self.receipts(receipts, body),
            Work::Let(decls, body, span) => self.sequential_let(decls, body, span),
            Work::AgentBody(id, reply) => self.agent_body(id, reply),
            Work::AgentCalls { agent, private, args } => self.agent_calls(agent, private, args),
        }
        Ok(())
    }

    /// The value on top. The builders take exactly what their visits put.
    pub(crate) fn pop(&mut self) -> Term {
        self.values.pop().unwrap_or_else(Term::nil)
    }

    /// The `count` values on top, the oldest first.
    pub(crate) fn pop_many(&mut self, count: usize) -> Children {
        self.take(count).collect()
    }

    fn take(&mut self, count: usize) -> Drain<'_, Term> {
        let from = self.values.len().saturating_sub(count);
        self.values.drain(from..)
    }

    /// A value and the `count` values on top of it, from which `build` makes an item.
    fn build_from(&mut self, count: usize, build: impl FnOnce(Term, Drain<'_, Term>) -> Term) -> Term {
        let mut parts = self.take(count + 1);
        let first = parts.next().unwrap_or_else(Term::nil);
        build(first, parts)
    }

    fn match_end(&mut self, cases: usize, span: Span) {
        let item = self.build_from(cases, |target, cases| Term::match_on(target, cases));
        self.push(item, span);
    }

    pub(crate) fn pop_remainder(&mut self) -> Option<Var> {
        self.remainders.pop().flatten()
    }

    /// Puts a Par of one item that stands at `span`.
    pub(crate) fn push(&mut self, item: Term, span: Span) {
        let origin = Origin { source: self.options.source, start: span.start, end: span.end };
        self.values.push(Term::single(item.at(origin)));
    }

    pub(crate) fn push_var(&mut self, var: Var, span: Span) {
        let depth = self.scopes.pattern_depth();
        self.push(Term::var(var, depth), span);
    }

    pub(crate) fn numbered(&mut self, number: u32, span: Span) {
        let var = self.scopes.numbered(number);
        self.push_var(var, span);
    }

    /// Plans visits so that they run from left to right.
    pub(crate) fn plan(&mut self, ids: &[ProcId]) {
        self.work.extend(ids.iter().rev().map(|id| Work::Proc(*id)));
    }

    /// Plans visits of names from left to right.
    pub(crate) fn plan_names(&mut self, ids: &[NameId]) {
        self.work.extend(ids.iter().rev().map(|id| Work::Name(*id)));
    }

    fn visit(&mut self, id: ProcId) -> Step {
        let span = self.ast.proc_span(id);
        match self.ast.proc(id) {
            Proc::Nil => self.values.push(Term::nil()),
            Proc::Bool(b) => self.push(Term::bool(*b), span),
            Proc::Int(i) => self.push(Term::int(*i), span),
            Proc::BigInt(i) => self.push(Term::ground(Head::BigInt(Arc::new(i.clone()))), span),
            Proc::Float(f) => self.push(Term::ground(Head::Double(f.to_bits())), span),
            Proc::BigRat(ratio) => self.push(Term::ground(Head::BigRat(Arc::new((**ratio).clone()))), span),
            Proc::FixedPoint(v, s) => self.push(Term::ground(Head::FixedPoint(Arc::new((v.clone(), *s)))), span),
            Proc::String(s) => self.push(Term::string(s.clone()), span),
            Proc::Uri(s) => self.push(Term::uri(s.clone()), span),
            Proc::SimpleType(t) => self.push(Term::simple_type(simple_type(*t)), span),
            Proc::Wildcard => self.wildcard(span),
            Proc::Var(ident) => return self.variable(*ident, Sort::Proc),
            Proc::VarRef { ident, name } => return self.reference(*ident, *name, span),
            Proc::Eval(name) => self.work.push(Work::Name(*name)),
            Proc::Par(_) => {
                self.work.push(Work::ParEnd(self.values.len()));
                self.work.push(Work::Part(id));
            }
            Proc::Select(_) => {
                self.values.push(Term::nil());
                return Err(self.report.select(span));
            }
            _ => self.visit_compound(id, span),
        }
        Ok(())
    }

    fn visit_compound(&mut self, id: ProcId, span: Span) {
        let proc = self.ast.proc(id);
        match proc {
            Proc::SendSync { channel, args, continuation } => {
                return self.send_sync(*channel, args, *continuation, span);
            }
            Proc::Contract { name, params, body } => return self.contract(*name, params, *body, span),
            Proc::For { receipts, body } => return self.work.push(Work::Receipts(receipts, *body)),
            Proc::Let { concurrent: true, decls, body } => return self.concurrent_let(decls, *body, span),
            Proc::Let { decls, body, .. } => return self.work.push(Work::Let(decls, *body, span)),
            Proc::Agent { name, .. } => return self.agent(id, *name, span),
            Proc::Conjunction(..) => return self.chain(id, Connective::And),
            Proc::Disjunction(..) => return self.chain(id, Connective::Or),
            _ => self.work.push(Work::Build(id)),
        }
        match proc {
            Proc::Unary(_, operand) | Proc::Bundle(_, operand) => self.work.push(Work::Proc(*operand)),
            Proc::Binary(ast::BinaryOp::Matches, target, pattern) => {
                self.work.extend([Work::LeavePattern, Work::Proc(*pattern), Work::EnterPattern, Work::Proc(*target)]);
            }
            Proc::Binary(_, left, right) => self.work.extend([Work::Proc(*right), Work::Proc(*left)]),
            Proc::Method { target, args, .. } => {
                // Arguments of methods are read from right to left (language.md 3.2).
                self.work.extend(args.iter().map(|arg| Work::Proc(*arg)));
                self.work.push(Work::Proc(*target));
            }
            Proc::Send { channel, args, .. } => {
                self.plan(args);
                self.work.push(Work::Name(*channel));
            }
            Proc::New { decls, body } => {
                self.bind_declarations(decls);
                self.work.push(Work::Proc(*body));
            }
            Proc::Match { target, cases } => {
                for case in cases.iter().rev() {
                    self.plan_case(case);
                }
                self.work.push(Work::Proc(*target));
            }
            Proc::If { condition, then, otherwise } => {
                self.work.extend(otherwise.map(Work::Proc));
                self.work.extend([Work::Proc(*then), Work::Proc(*condition)]);
            }
            Proc::List(elements, rest) | Proc::Set(elements, rest) | Proc::PathMap(elements, rest) => {
                self.plan(elements);
                self.work.push(Work::Remainder(rest));
            }
            Proc::Tuple(elements) => self.plan(elements),
            Proc::Map(entries, rest) => {
                self.work.extend(entries.iter().rev().flat_map(|(k, v)| [Work::Proc(*v), Work::Proc(*k)]));
                self.work.push(Work::Remainder(rest));
            }
            Proc::Negation(operand) => {
                self.work.extend([Work::CloseFrame, Work::Proc(*operand), Work::OpenFrame]);
            }
            _ => {}
        }
    }

    fn build(&mut self, id: ProcId) -> Step {
        let span = self.ast.proc_span(id);
        let item = match self.ast.proc(id) {
            Proc::Unary(op, _) => {
                let head = if *op == ast::UnaryOp::Not { Head::Not } else { Head::Neg };
                Term::operator(head, Children::from_iter([self.pop()]))
            }
            Proc::Binary(op, ..) => {
                let right = self.pop();
                let left = self.pop();
                match binary_op(*op) {
                    Some(op) => Term::operator(Head::Binary(op), [left, right]),
                    None => Term::matches(left, right),
                }
            }
            Proc::Method { name, args, .. } => {
                let name = self.ast.shared_text(name.symbol).clone();
                self.build_from(args.len(), |target, arguments| Term::method(name, target, arguments.rev()))
            }
            Proc::Send { persistent, args, .. } => {
                self.send_end(args.len(), *persistent, span);
                return Ok(());
            }
            Proc::New { decls, .. } => {
                let mut uris: Vec<Arc<str>> =
                    decls.iter().filter_map(|d| d.uri.as_ref()).map(|u| u.0.clone()).collect();
                uris.sort();
                self.new_end(decls.len() as u32, uris, span);
                return Ok(());
            }
            Proc::Match { cases, .. } => {
                self.match_end(cases.len(), span);
                return Ok(());
            }
            Proc::If { otherwise, .. } => {
                let otherwise = if otherwise.is_some() { self.pop() } else { Term::nil() };
                let then = self.pop();
                Term::conditional(self.pop(), then, otherwise)
            }
            Proc::Bundle(kind, _) => return self.bundle_end(*kind, span),
            Proc::List(elements, _) => Term::list(self.pop_many(elements.len()), self.pop_remainder()),
            Proc::Set(elements, _) => Term::set(self.take(elements.len()).collect(), self.pop_remainder()),
            Proc::PathMap(elements, _) => Term::path_map(self.pop_many(elements.len()), self.pop_remainder()),
            Proc::Tuple(elements) => Term::tuple(self.pop_many(elements.len())),
            Proc::Map(entries, _) => self.map(entries.len()),
            Proc::Negation(_) => {
                self.scopes.frame().connectives.push((Connective::Not, span));
                Term::connective(Head::ConnNot, Children::from_iter([self.pop()]))
            }
            // Nothing else is built from its node.
            _ => return Ok(()),
        };
        self.push(item, span);
        Ok(())
    }

    fn part(&mut self, id: ProcId) -> Step {
        match self.ast.proc(id) {
            Proc::Par(parts) => self.work.extend(parts.iter().rev().map(|p| Work::Part(*p))),
            Proc::Eval(name) => match self.ast.name(*name) {
                Name::Quote(inner) => self.work.push(Work::Part(*inner)),
                _ => self.work.push(Work::Name(*name)),
            },
            _ => return self.visit(id),
        }
        Ok(())
    }

    fn par_end(&mut self, base: usize) {
        // Maps that differ in values only compare as equal, and sorting keeps the order of equals. The network collects
        // the parts of a Par from right to left (two measured programs depend on it).
        let mut parts = self.values.split_off(base.min(self.values.len()));
        parts.reverse();
        self.values.push(Term::compose(&parts));
    }

    fn name(&mut self, id: NameId) -> Step {
        match self.ast.name(id) {
            Name::Wildcard => self.wildcard(self.ast.name_span(id)),
            Name::Var(ident) => return self.variable(*ident, Sort::Name),
            Name::Quote(proc) => self.work.push(Work::Proc(*proc)),
        }
        Ok(())
    }

    fn variable(&mut self, ident: Ident, sort: Sort) -> Step {
        let slot = self.scopes.slot(ident.symbol);
        self.identifier(slot, sort, ident.span)
    }

    fn send_end(&mut self, args: usize, persistent: bool, span: Span) {
        let item = self.build_from(args, |channel, data| Term::send(channel, data, persistent));
        self.push(item, span);
    }

    fn map(&mut self, entries: usize) -> Term {
        let mut parts = self.pop_many(2 * entries).into_iter();
        let mut pairs = Vec::with_capacity(entries);
        while let (Some(key), Some(value)) = (parts.next(), parts.next()) {
            pairs.push((key, value));
        }
        let remainder = self.pop_remainder();
        let map = Term::map(pairs, remainder);
        match remainder {
            // Of all collections only maps count their remainder (runtime.md 1.3).
            Some(var @ Var::Bound(_)) => {
                let depth = self.scopes.pattern_depth();
                let locally_free = map.locally_free().union(Term::var(var, depth).locally_free());
                Term::with_caches(map.head().clone(), map.children(), locally_free, map.connective_used())
            }
            _ => map,
        }
    }

    fn bundle_end(&mut self, kind: BundleKind, span: Span) -> Step {
        let body = self.pop();
        let connective = !body.items(Category::Connective).is_empty();
        self.push(Term::bundle(body, kind.write, kind.read), span);
        self.check_bundle(connective, span)
    }

    /// Declares the names of a `new`: plain ones in source order, then those with a URI in the order of the URIs.
    fn bind_declarations(&mut self, decls: &'a [ast::NameDecl]) {
        let mut ordered: Vec<&'a ast::NameDecl> = decls.iter().collect();
        let uri = |decl: &'a ast::NameDecl| decl.uri.as_ref().map(|u| &u.0);
        ordered.sort_by(|a, b| uri(a).cmp(&uri(b)));
        for decl in ordered {
            let slot = self.scopes.slot(decl.ident.symbol);
            self.scopes.bind(Some(slot), Sort::Name, decl.ident.span);
        }
    }

    fn new_end(&mut self, count: u32, uris: Vec<Arc<str>>, span: Span) {
        self.scopes.unbind(count);
        let body = self.pop();
        self.push(Term::new_names(count, uris, self.options.injections.to_vec(), body), span);
    }

    /// Plans a left-nested chain of `/\` or `\/` as one node, however long it is.
    fn chain(&mut self, top: ProcId, kind: Connective) {
        self.work.push(Work::ChainEnd(kind, self.values.len(), top));
        let mut left = top;
        while let Some((next, right)) = chain_link(self.ast, left, kind) {
            self.plan_operand(right, kind);
            left = next;
        }
        self.plan_operand(left, kind);
    }

    fn plan_operand(&mut self, id: ProcId, kind: Connective) {
        if kind == Connective::And {
            self.work.push(Work::Proc(id));
        } else {
            self.work.extend([Work::CloseFrame, Work::Proc(id), Work::OpenFrame]);
        }
    }

    fn chain_end(&mut self, kind: Connective, base: usize, top: ProcId) {
        let mut operands = self.values.split_off(base.min(self.values.len()));
        let head = if kind == Connective::And { Head::ConnAnd } else { Head::ConnOr };
        // A left operand that is one such connective joins the chain.
        if let Some(first) = operands.first().and_then(Term::single_item)
            && *first.head() == head
        {
            let inner = first.children().to_vec();
            operands.splice(0..1, inner);
        }
        let mut node = Some(top);
        while let Some(id) = node {
            let Some((left, _)) = chain_link(self.ast, id, kind) else { break };
            self.scopes.frame().connectives.push((kind, self.ast.proc_span(id)));
            // The inner nodes of a disjunction stand in operands, which remember for themselves.
            node = (kind == Connective::And).then_some(left);
        }
        self.push(Term::connective(head, operands), self.ast.proc_span(top));
    }
}

/// The operands of a node of the chain.
fn chain_link(ast: &Ast, id: ProcId, kind: Connective) -> Option<(ProcId, ProcId)> {
    match ast.proc(id) {
        Proc::Conjunction(left, right) if kind == Connective::And => Some((*left, *right)),
        Proc::Disjunction(left, right) if kind == Connective::Or => Some((*left, *right)),
        _ => None,
    }
}

fn simple_type(t: ast::SimpleType) -> SimpleType {
    match t {
        ast::SimpleType::Bool => SimpleType::Bool,
        ast::SimpleType::Int => SimpleType::Int,
        ast::SimpleType::BigInt => SimpleType::BigInt,
        ast::SimpleType::String => SimpleType::String,
        ast::SimpleType::Uri => SimpleType::Uri,
        ast::SimpleType::ByteArray => SimpleType::ByteArray,
    }
}

/// The operator of the normal form; `matches` is a node of its own.
fn binary_op(op: ast::BinaryOp) -> Option<BinaryOp> {
    Some(match op {
        ast::BinaryOp::Mult => BinaryOp::Mult,
        ast::BinaryOp::Div => BinaryOp::Div,
        ast::BinaryOp::Mod => BinaryOp::Mod,
        ast::BinaryOp::PercentPercent => BinaryOp::PercentPercent,
        ast::BinaryOp::Plus => BinaryOp::Plus,
        ast::BinaryOp::Minus => BinaryOp::Minus,
        ast::BinaryOp::PlusPlus => BinaryOp::PlusPlus,
        ast::BinaryOp::MinusMinus => BinaryOp::MinusMinus,
        ast::BinaryOp::Lt => BinaryOp::Lt,
        ast::BinaryOp::Lte => BinaryOp::Lte,
        ast::BinaryOp::Gt => BinaryOp::Gt,
        ast::BinaryOp::Gte => BinaryOp::Gte,
        ast::BinaryOp::Eq => BinaryOp::Eq,
        ast::BinaryOp::Neq => BinaryOp::Neq,
        ast::BinaryOp::Matches => return None,
        ast::BinaryOp::And => BinaryOp::And,
        ast::BinaryOp::Or => BinaryOp::Or,
        ast::BinaryOp::ShortAnd => BinaryOp::ShortAnd,
        ast::BinaryOp::ShortOr => BinaryOp::ShortOr,
    })
}
