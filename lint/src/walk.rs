//! The walk over the syntax tree: scopes as the normaliser has them, but tolerant of programs that do not compile.
//!
//! A stack of steps; visiting a node pushes what is left to do with it, so nesting costs heap only.

use rhodium_grammar::ast::{
    AgentMember, AgentMemberKind, Ast, BinaryOp, Case, Ident, LetDecl, Name, NameDecl, NameId, NameList, Proc, ProcId,
    Receipt, Remainder, Source,
};

use crate::model::{Binder, BinderId, BinderKind, Model, Occurrence, Place, Receive, Region, Role, Use};

/// One thing left to do.
#[derive(Clone, Copy)]
enum Step<'a> {
    Proc(ProcId, Place),
    Leave(ProcId),
    Name(NameId, Role, Place),
    Remainder(&'a Remainder),
    /// Enter a pattern; what it is matched with began at that time.
    EnterPattern(BinderKind, u32),
    /// Leave it; its binders wait for [`Step::Bind`].
    LeavePattern,
    /// Leave it; its binders are nobody's.
    DropPattern,
    /// Bring the binders of so many patterns into scope.
    Bind(usize),
    Unbind,
    /// The binders of a case stand for parts of the target.
    CaseValues(ProcId, ProcId),
    LetValues(&'a LetDecl),
    /// The body of a receive begins.
    EnterRegion(&'a [rhodium_grammar::ast::Bind]),
    /// The body of a contract begins.
    EnterContract(NameId),
    LeaveRegion,
    Receipts(&'a [Receipt], ProcId, Place),
    Lets(&'a [LetDecl], ProcId, Place),
}

/// The binders of a pattern.
struct Frame {
    kind: BinderKind,
    since: u32,
    binders: Vec<BinderId>,
}

struct Walk<'a> {
    model: Model<'a>,
    steps: Vec<Step<'a>>,
    /// The binders in scope by symbol, the innermost last.
    scopes: Vec<Vec<BinderId>>,
    frames: Vec<Frame>,
    /// Patterns that are left and wait for [`Step::Bind`].
    left: Vec<Vec<BinderId>>,
    bound: Vec<BinderId>,
    /// The height of `bound` before each scope.
    heights: Vec<usize>,
    /// How many patterns are open.
    depth: u32,
    region: u32,
    /// Counts uses.
    time: u32,
    /// For every process that is open: the number of binders when it began, and the lowest one used inside that may
    /// stand for something that not everybody can write.
    open: Vec<(u32, u32)>,
}

const NONE: u32 = u32::MAX;

/// Walks over a program.
pub(crate) fn walk<'a>(ast: &'a Ast, root: ProcId, source: &'a str) -> Model<'a> {
    let model = Model {
        ast,
        source,
        binders: Vec::new(),
        visits: Vec::with_capacity(ast.len()),
        finished: Vec::with_capacity(ast.len()),
        uses: Vec::new(),
        regions: vec![Region { parent: 0, sources: Vec::new() }],
        receives: Vec::new(),
        procs: vec![Occurrence::Unbound; ast.len()],
        names: Vec::new(),
        forgeable: vec![false; ast.len()],
    };
    let mut walk = Walk {
        model,
        steps: vec![Step::Proc(root, Place::Runs)],
        scopes: Vec::new(),
        frames: Vec::new(),
        left: Vec::new(),
        bound: Vec::new(),
        heights: Vec::new(),
        depth: 0,
        region: 0,
        time: 0,
        open: Vec::new(),
    };
    while let Some(step) = walk.steps.pop() {
        walk.step(step);
    }
    walk.model
}

/// How a part that is evaluated stands.
fn operand(place: Place) -> Place {
    if place == Place::Runs { Place::Data } else { place }
}

/// How a part stands that patterns compare as a process, and others evaluate.
fn process_part(place: Place) -> Place {
    match place {
        Place::Runs => Place::Data,
        Place::Pattern => Place::Quoted,
        other => other,
    }
}

/// How the body of a construct stands.
fn body_of(place: Place) -> Place {
    if place == Place::Pattern { Place::Quoted } else { place }
}

impl<'a> Walk<'a> {
    fn step(&mut self, step: Step<'a>) {
        match step {
            Step::Proc(id, place) => self.visit(id, place),
            Step::Leave(id) => self.leave(id),
            Step::Name(id, role, place) => self.name(id, role, place),
            Step::Remainder(remainder) => {
                if let Some(ident) = remainder.var {
                    self.identifier(ident, Role::Escape);
                }
            }
            Step::EnterPattern(kind, since) => {
                self.depth += 1;
                self.frames.push(Frame { kind, since, binders: Vec::new() });
            }
            Step::LeavePattern => {
                self.depth -= 1;
                self.left.extend(self.frames.pop().map(|frame| frame.binders));
            }
            Step::DropPattern => {
                self.depth -= 1;
                self.frames.pop();
            }
            Step::Bind(count) => {
                let from = self.left.len().saturating_sub(count);
                self.heights.push(self.bound.len());
                for binder in self.left.split_off(from).into_iter().flatten() {
                    self.bind(binder);
                }
            }
            Step::Unbind => self.unbind(),
            Step::CaseValues(pattern, target) => self.destructure(pattern, target),
            Step::LetValues(decl) => self.let_values(decl),
            Step::EnterRegion(binds) => {
                let names = binds.iter().filter_map(|bind| match &bind.source {
                    Source::Plain(name) | Source::ReceiveSend(name) => Some(*name),
                    // The reply comes on a fresh name, whoever answers.
                    Source::SendReceive(..) => None,
                });
                self.enter_region(names);
            }
            Step::EnterContract(name) => self.enter_region(std::iter::once(name)),
            Step::LeaveRegion => self.region = self.model.regions[self.region as usize].parent,
            Step::Receipts(receipts, body, place) => self.receipts(receipts, body, place),
            Step::Lets(decls, body, place) => self.lets(decls, body, place),
        }
    }

    fn plan(&mut self, steps: impl IntoIterator<Item = Step<'a>>) {
        let start = self.steps.len();
        self.steps.extend(steps);
        self.steps[start..].reverse();
    }

    fn visit(&mut self, id: ProcId, place: Place) {
        self.model.visits.push((id, place));
        self.open.push((self.model.binders.len() as u32, NONE));
        self.steps.push(Step::Leave(id));
        let (part, inner, body) = (operand(place), process_part(place), body_of(place));
        match self.model.ast.proc(id) {
            Proc::Var(ident) | Proc::VarRef { ident, .. } => {
                self.model.procs[id.0 as usize] = match self.model.ast.proc(id) {
                    Proc::VarRef { .. } => self.reference(*ident),
                    _ => self.identifier(*ident, Role::Escape),
                };
            }
            Proc::Eval(name) => match self.model.ast.name(*name) {
                Name::Quote(quoted) => self.steps.push(Step::Proc(*quoted, place)),
                _ => self.steps.push(Step::Name(*name, Role::Escape, place)),
            },
            Proc::Par(parts) => self.plan(parts.iter().map(|p| Step::Proc(*p, place))),
            Proc::Unary(_, operand) => self.steps.push(Step::Proc(*operand, inner)),
            Proc::Binary(BinaryOp::Matches, target, pattern) => self.plan([
                Step::Proc(*target, inner),
                Step::EnterPattern(BinderKind::Discarded, self.time),
                Step::Proc(*pattern, Place::Pattern),
                Step::DropPattern,
            ]),
            Proc::Binary(_, left, right) => self.plan([Step::Proc(*left, inner), Step::Proc(*right, inner)]),
            Proc::Method { target, args, .. } => {
                self.plan(std::iter::once(target).chain(args).map(|p| Step::Proc(*p, inner)));
            }
            Proc::Send { channel, args, .. } => self.send(*channel, args, place),
            Proc::SendSync { channel, args, continuation } => {
                self.steps.extend(continuation.map(|p| Step::Proc(p, body)));
                self.send(*channel, args, place);
            }
            Proc::New { decls, body: inside } => {
                self.declare(decls);
                self.plan([Step::Proc(*inside, body), Step::Unbind]);
            }
            Proc::Contract { name, params, body } => self.contract(*name, params, *body, place),
            Proc::For { receipts, body: inside } => self.steps.push(Step::Receipts(receipts, *inside, body)),
            Proc::Select(branches) => {
                let steps = branches.iter().map(|b| Step::Receipts(std::slice::from_ref(&b.receipt), b.body, body));
                self.plan(steps);
            }
            Proc::Match { target, cases } => self.cases(*target, cases, place),
            Proc::If { condition, then, otherwise } => {
                let branches = std::iter::once(*then).chain(*otherwise).map(|p| Step::Proc(p, body));
                self.plan(std::iter::once(Step::Proc(*condition, inner)).chain(branches));
            }
            Proc::Let { concurrent: true, decls, body: inside } => self.let_group(decls, &[], *inside, body),
            Proc::Let { decls, body: inside, .. } => self.steps.push(Step::Lets(decls, *inside, body)),
            Proc::Bundle(_, content) => self.steps.push(Step::Proc(*content, body)),
            Proc::List(elements, rest) | Proc::Set(elements, rest) | Proc::PathMap(elements, rest) => {
                let rest = rest.iter().map(Step::Remainder);
                self.plan(rest.chain(elements.iter().map(|p| Step::Proc(*p, part))));
            }
            Proc::Tuple(elements) => self.plan(elements.iter().map(|p| Step::Proc(*p, part))),
            Proc::Map(entries, rest) => {
                let entries = entries.iter().flat_map(|(k, v)| [Step::Proc(*k, part), Step::Proc(*v, part)]);
                self.plan(rest.iter().map(Step::Remainder).chain(entries));
            }
            Proc::Conjunction(left, right) => self.plan([Step::Proc(*left, part), Step::Proc(*right, part)]),
            Proc::Disjunction(left, right) => {
                let operand = |p| self.discarded(p, part);
                let steps = [operand(*left), operand(*right)].concat();
                self.plan(steps);
            }
            Proc::Negation(negated) => {
                let steps = self.discarded(*negated, part);
                self.plan(steps);
            }
            Proc::Agent { name, members } => self.agent(*name, members, body),
            _ => {}
        }
    }

    /// An operand whose binders are nobody's. It has the pattern's own scope.
    fn discarded(&self, operand: ProcId, place: Place) -> Vec<Step<'a>> {
        if self.depth == 0 {
            return vec![Step::Proc(operand, place)];
        }
        vec![Step::EnterPattern(BinderKind::Discarded, self.time), Step::Proc(operand, place), Step::DropPattern]
    }

    fn leave(&mut self, id: ProcId) {
        self.model.finished.push(id);
        let Some((binders, lowest)) = self.open.pop() else { return };
        self.model.forgeable[id.0 as usize] = lowest >= binders;
        self.used(lowest);
    }

    /// Notes the use of a binder that may stand for something that not everybody can write.
    fn used(&mut self, binder: BinderId) {
        if let Some((_, lowest)) = self.open.last_mut() {
            *lowest = (*lowest).min(binder);
        }
    }

    fn name(&mut self, id: NameId, role: Role, place: Place) {
        match self.model.ast.name(id) {
            Name::Wildcard => {}
            Name::Var(ident) => {
                let role = if place == Place::Runs { role } else { Role::Escape };
                let occurrence = self.identifier(*ident, role);
                if let Occurrence::Binds(binder) = occurrence {
                    self.model.binders[binder as usize].name = true;
                }
                let index = id.0 as usize;
                if self.model.names.len() <= index {
                    self.model.names.resize(index + 1, Occurrence::Unbound);
                }
                self.model.names[index] = occurrence;
            }
            Name::Quote(proc) => {
                let place = if place == Place::Pattern { place } else { Place::Quoted };
                self.steps.push(Step::Proc(*proc, place));
            }
        }
    }

    fn identifier(&mut self, ident: Ident, role: Role) -> Occurrence {
        let innermost = self.innermost(ident);
        match innermost {
            Some(binder) if self.model.binders[binder as usize].depth == self.depth => self.use_of(binder, ident, role),
            _ if self.depth > 0 => Occurrence::Binds(self.pattern_binder(ident, innermost)),
            _ => {
                self.used(0);
                Occurrence::Unbound
            }
        }
    }

    /// `=x`, which looks through all patterns around it.
    fn reference(&mut self, ident: Ident) -> Occurrence {
        match self.innermost(ident) {
            Some(binder) => self.use_of(binder, ident, Role::Escape),
            None => Occurrence::Unbound,
        }
    }

    fn innermost(&self, ident: Ident) -> Option<BinderId> {
        self.scopes.get(ident.symbol.0 as usize)?.last().copied()
    }

    fn use_of(&mut self, id: BinderId, ident: Ident, role: Role) -> Occurrence {
        self.time += 1;
        let binder = &mut self.model.binders[id as usize];
        binder.uses += 1;
        binder.last_use = self.time;
        if binder.kind == BinderKind::New {
            self.model.uses.push(Use { binder: id, role, region: self.region, span: ident.span });
        }
        let value = binder.value;
        if !value.is_some_and(|value| self.model.is_forgeable(value)) {
            self.used(id);
        }
        Occurrence::Uses(id)
    }

    fn pattern_binder(&mut self, ident: Ident, hides: Option<BinderId>) -> BinderId {
        let Some(frame) = self.frames.last() else { return 0 };
        let renews = hides.is_some_and(|hidden| self.model.binders[hidden as usize].last_use > frame.since);
        let id = self.add(ident, frame.kind, hides, None);
        self.model.binders[id as usize].renews = renews;
        if let Some(frame) = self.frames.last_mut() {
            frame.binders.push(id);
        }
        id
    }

    fn add(&mut self, ident: Ident, kind: BinderKind, hides: Option<BinderId>, urn: Option<&'a str>) -> BinderId {
        self.model.binders.push(Binder {
            ident,
            kind,
            name: kind == BinderKind::New,
            urn,
            uses: 0,
            hides,
            renews: false,
            value: None,
            depth: self.depth,
            last_use: 0,
        });
        self.model.binders.len() as u32 - 1
    }

    fn declare(&mut self, decls: &'a [NameDecl]) {
        self.heights.push(self.bound.len());
        for decl in decls {
            let hides = self.innermost(decl.ident);
            let id = self.add(decl.ident, BinderKind::New, hides, decl.uri.as_ref().map(|(urn, _)| &**urn));
            self.bind(id);
        }
    }

    fn bind(&mut self, id: BinderId) {
        let binder = &mut self.model.binders[id as usize];
        binder.depth = self.depth;
        let symbol = binder.ident.symbol.0 as usize;
        if self.scopes.len() <= symbol {
            self.scopes.resize(symbol + 1, Vec::new());
        }
        self.scopes[symbol].push(id);
        self.bound.push(id);
    }

    fn unbind(&mut self) {
        let height = self.heights.pop().unwrap_or(0);
        for id in self.bound.split_off(height).into_iter().rev() {
            let symbol = self.model.binders[id as usize].ident.symbol.0 as usize;
            self.scopes[symbol].pop();
        }
    }

    fn send(&mut self, channel: NameId, args: &'a [ProcId], place: Place) {
        let name = Step::Name(channel, Role::Send, body_of(place));
        let inner = process_part(place);
        self.plan(std::iter::once(name).chain(args.iter().map(|p| Step::Proc(*p, inner))));
    }

    fn enter_region(&mut self, names: impl Iterator<Item = NameId>) {
        let private = |name: NameId| match self.model.of_name(name) {
            Occurrence::Uses(binder) => {
                let known = &self.model.binders[binder as usize];
                let private = known.kind == BinderKind::New && known.urn.is_none();
                private.then(|| (binder, self.model.ast.name_span(name)))
            }
            _ => None,
        };
        let sources = names.filter_map(private).collect();
        self.model.regions.push(Region { parent: self.region, sources });
        self.region = self.model.regions.len() as u32 - 1;
    }

    fn note_receive(&mut self, contract: bool, sources: Vec<NameId>, place: Place) {
        let code = self.depth == 0 && place != Place::Quoted;
        self.model.receives.push(Receive { contract, sources, code });
    }

    fn pattern(
        &mut self,
        kind: BinderKind,
        since: u32,
        list: &'a NameList,
    ) -> impl Iterator<Item = Step<'a>> + use<'a> {
        let names = list.names.iter().map(|n| Step::Name(*n, Role::Escape, Place::Pattern));
        std::iter::once(Step::EnterPattern(kind, since))
            .chain(names)
            .chain(list.remainder.iter().map(Step::Remainder))
            .chain(std::iter::once(Step::LeavePattern))
    }

    fn receipts(&mut self, receipts: &'a [Receipt], body: ProcId, place: Place) {
        let Some((receipt, rest)) = receipts.split_first() else { return self.steps.push(Step::Proc(body, place)) };
        let since = self.time;
        let mut steps = Vec::new();
        let mut sources = Vec::new();
        for bind in &receipt.binds {
            match &bind.source {
                Source::Plain(name) | Source::ReceiveSend(name) => {
                    sources.push(*name);
                    steps.push(Step::Name(*name, Role::Receive, place));
                }
                Source::SendReceive(name, args) => {
                    steps.push(Step::Name(*name, Role::Send, place));
                    steps.extend(args.iter().map(|p| Step::Proc(*p, process_part(place))));
                }
            }
        }
        for bind in &receipt.binds {
            steps.extend(self.pattern(BinderKind::Receive, since, &bind.patterns));
        }
        steps.extend([Step::Bind(receipt.binds.len()), Step::EnterRegion(&receipt.binds)]);
        steps.extend(receipt.guard.map(|guard| Step::Proc(guard, process_part(place))));
        steps.extend([Step::Receipts(rest, body, place), Step::LeaveRegion, Step::Unbind]);
        self.note_receive(false, sources, place);
        self.plan(steps);
    }

    fn contract(&mut self, name: NameId, params: &'a NameList, body: ProcId, place: Place) {
        let place = body_of(place);
        self.note_receive(true, vec![name], place);
        let pattern = self.pattern(BinderKind::Parameter, self.time, params);
        let before = std::iter::once(Step::Name(name, Role::Receive, place)).chain(pattern);
        let inside =
            [Step::Bind(1), Step::EnterContract(name), Step::Proc(body, place), Step::LeaveRegion, Step::Unbind];
        self.plan(before.chain(inside));
    }

    fn cases(&mut self, target: ProcId, cases: &'a [Case], place: Place) {
        let (inner, body, since) = (process_part(place), body_of(place), self.time);
        let case = |case: &'a Case| {
            [
                Step::EnterPattern(BinderKind::Case, since),
                Step::Proc(case.pattern, Place::Pattern),
                Step::LeavePattern,
                Step::Bind(1),
                Step::CaseValues(case.pattern, target),
            ]
            .into_iter()
            .chain(case.guard.map(|guard| Step::Proc(guard, inner)))
            .chain([Step::Proc(case.body, body), Step::Unbind])
        };
        self.plan(std::iter::once(Step::Proc(target, inner)).chain(cases.iter().flat_map(case)));
    }

    fn lets(&mut self, decls: &'a [LetDecl], body: ProcId, place: Place) {
        match decls.split_at_checked(1) {
            None => self.steps.push(Step::Proc(body, place)),
            Some((first, rest)) => self.let_group(first, rest, body, place),
        }
    }

    /// Declarations that do not see each other, then the rest.
    fn let_group(&mut self, group: &'a [LetDecl], rest: &'a [LetDecl], body: ProcId, place: Place) {
        let since = self.time;
        let mut steps = Vec::new();
        for decl in group {
            steps.extend(decl.values.iter().map(|p| Step::Proc(*p, process_part(place))));
        }
        for decl in group {
            steps.extend(self.pattern(BinderKind::Let, since, &decl.patterns));
        }
        steps.push(Step::Bind(group.len()));
        steps.extend(group.iter().map(Step::LetValues));
        steps.extend([Step::Lets(rest, body, place), Step::Unbind]);
        self.plan(steps);
    }

    fn let_values(&mut self, decl: &'a LetDecl) {
        if decl.patterns.names.len() > decl.values.len() {
            return;
        }
        for (name, value) in decl.patterns.names.iter().zip(&decl.values) {
            match self.model.ast.name(*name) {
                Name::Wildcard => {}
                Name::Var(_) => self.set_value(self.model.of_name(*name), *value),
                Name::Quote(pattern) => self.destructure(*pattern, *value),
            }
        }
    }

    fn set_value(&mut self, occurrence: Occurrence, value: ProcId) {
        if let Occurrence::Binds(binder) = occurrence {
            let (value, _) = self.model.behind(value);
            self.model.binders[binder as usize].value = Some(value);
        }
    }

    /// The binders of a pattern stand for the parts of the target that are written where they are.
    fn destructure(&mut self, pattern: ProcId, target: ProcId) {
        let mut pairs = vec![(pattern, target)];
        while let Some((pattern, target)) = pairs.pop() {
            let (known, _) = self.model.behind(target);
            match (self.model.ast.proc(pattern), self.model.ast.proc(known)) {
                (Proc::Var(_), _) => self.set_value(self.model.of_proc(pattern), known),
                (Proc::Eval(name), _) => self.set_value(self.model.of_name(*name), known),
                (Proc::Conjunction(left, right), _) => pairs.extend([(*left, known), (*right, known)]),
                (Proc::List(patterns, _), Proc::List(parts, None)) | (Proc::Tuple(patterns), Proc::Tuple(parts)) => {
                    pairs.extend(patterns.iter().copied().zip(parts.iter().copied()));
                }
                _ => {}
            }
        }
    }

    fn agent(&mut self, name: NameId, members: &'a [AgentMember], place: Place) {
        static NO_PARAMETERS: NameList = NameList { names: Vec::new(), remainder: None };
        let constructor = members.iter().find(|member| member.kind == AgentMemberKind::Constructor);
        let params = constructor.map_or(&NO_PARAMETERS, |member| &member.params);
        self.note_receive(true, vec![name], place);
        let mut steps = vec![Step::Name(name, Role::Receive, place)];
        steps.extend(self.pattern(BinderKind::Parameter, self.time, params));
        steps.extend([Step::Bind(1), Step::EnterContract(name)]);
        for member in members {
            // The parameters of a default are read and never bound.
            if let AgentMemberKind::Method(_) = member.kind {
                steps.extend(self.pattern(BinderKind::Parameter, self.time, &member.params));
                steps.extend([Step::Bind(1), Step::Proc(member.body, place), Step::Unbind]);
            } else {
                steps.push(Step::Proc(member.body, place));
            }
        }
        steps.extend([Step::LeaveRegion, Step::Unbind]);
        self.plan(steps);
    }
}
