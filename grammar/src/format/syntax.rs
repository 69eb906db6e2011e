//! What the tree contributes to the plan: everything whose extent no bracket shows. The arena is walked in its own
//! order, in which children come before their parents.

use super::plan::{Break, GroupId, Plan};
use super::tokens::Tokens;
use crate::ast::{Ast, Proc, ProcId};
use crate::infix::Infix;
use crate::lexer::TokenKind;

/// Adds the groups and roles of all nodes.
pub(super) fn plan(ast: &Ast, tokens: &Tokens, plan: &mut Plan) {
    let mut walk = Walk { ast, tokens, plan, chain_of: vec![NONE; ast.len()], chains: Vec::new() };
    for id in (0..ast.len() as u32).map(ProcId) {
        walk.node(id);
    }
    for chain in walk.chains {
        let group = plan.groups[chain.group.index()];
        if chain.indented {
            plan.indent(chain.lead, group.last);
        }
    }
}

const NONE: u32 = u32::MAX;

/// Nodes that share one group: operators of one strength, method calls, an `if` with its `else if`s, synchronous sends.
#[derive(Clone, Copy)]
struct Chain {
    group: GroupId,
    /// The indented gaps begin behind this token.
    lead: usize,
    indented: bool,
}

struct Walk<'w, 's> {
    ast: &'w Ast,
    tokens: &'w Tokens<'s>,
    plan: &'w mut Plan,
    chain_of: Vec<u32>,
    chains: Vec<Chain>,
}

impl Walk<'_, '_> {
    fn node(&mut self, id: ProcId) {
        let span = self.ast.proc_span(id);
        let (first, last) = (self.tokens.first(span), self.tokens.last(span));
        match self.ast.proc(id) {
            Proc::VarRef { .. } => self.plan.roles[first].is_reference = true,
            Proc::Map(..) => self.plan.roles[first].opens_map = true,
            Proc::Agent { .. } => self.plan.roles[self.tokens.partner(last)].opens_agent = true,
            Proc::Match { cases, .. } => self.cases(last, cases.iter().map(|case| case.body)),
            Proc::Select(branches) => self.cases(last, branches.iter().map(|branch| branch.body)),
            Proc::New { .. } | Proc::Let { .. } => self.tail(self.tokens.partner(first), last),
            Proc::Binary(op, left, _) => self.infix(id, Infix::Binary(*op), *left, last),
            Proc::Conjunction(left, _) => self.infix(id, Infix::Conjunction, *left, last),
            Proc::Disjunction(left, _) => self.infix(id, Infix::Disjunction, *left, last),
            Proc::Method { target, .. } => self.method(id, *target, first, last),
            Proc::If { then, otherwise, .. } => self.branches(id, *then, *otherwise, first, last),
            Proc::SendSync { channel, continuation: Some(continuation), .. } => {
                let request = self.tokens.next(self.tokens.last(self.ast.name_span(*channel)));
                self.sync(id, request, *continuation, first, last);
            }
            _ => {}
        }
    }

    fn cases(&mut self, close: usize, bodies: impl ExactSizeIterator<Item = ProcId>) {
        self.plan.roles[self.tokens.partner(close)].opens_cases = true;
        let count = bodies.len();
        for body in bodies.take(count - 1) {
            let start = self.tokens.behind(self.ast.proc_span(body));
            self.plan.roles[start].starts_case = true;
        }
    }

    /// Whether the tokens from `first` to `last` are a block.
    fn is_block(&self, first: usize, last: usize) -> bool {
        self.tokens.is(first, TokenKind::BraceOpen) && self.tokens.partner(first) == last
    }

    /// A body behind a word: a block stays beside it, anything else may go to its own line.
    fn tail(&mut self, word: usize, last: usize) {
        let body = self.tokens.next(word);
        if !self.is_block(body, last) {
            let group = self.plan.group(word, last);
            self.plan.breaks[body] = Break::With(group);
            self.plan.indent(word, last);
        }
    }

    /// The chain of a node, if the child that begins or ends with it belongs to one of the same sort.
    fn chain(&self, child: ProcId, same: bool) -> Option<usize> {
        let chain = self.chain_of[child.0 as usize];
        (same && chain != NONE).then_some(chain as usize)
    }

    fn begin(&mut self, chain: Chain) -> usize {
        self.chains.push(chain);
        self.chains.len() - 1
    }

    fn starts_with(&self, id: ProcId, child: ProcId) -> bool {
        self.ast.proc_span(id).start == self.ast.proc_span(child).start
    }

    fn infix(&mut self, id: ProcId, op: Infix, left: ProcId, last: usize) {
        let operator = self.tokens.behind(self.ast.proc_span(left));
        let same = self.starts_with(id, left) && self.strength(left) == Some(op.strength());
        let chain = match self.chain(left, same) {
            Some(chain) => chain,
            None => {
                let first = self.tokens.first(self.ast.proc_span(id));
                let group = self.plan.group(first, last);
                self.begin(Chain { group, lead: operator, indented: true })
            }
        };
        self.chain_of[id.0 as usize] = chain as u32;
        let group = self.chains[chain].group;
        self.plan.group_mut(group).last = last;
        self.plan.breaks[self.tokens.next(operator)] = Break::With(group);
    }

    fn strength(&self, id: ProcId) -> Option<u8> {
        match self.ast.proc(id) {
            Proc::Binary(op, ..) => Some(Infix::Binary(*op).strength()),
            Proc::Conjunction(..) => Some(Infix::Conjunction.strength()),
            Proc::Disjunction(..) => Some(Infix::Disjunction.strength()),
            _ => None,
        }
    }

    /// One call stays beside its target; the dots of several begin lines together.
    fn method(&mut self, id: ProcId, target: ProcId, first: usize, last: usize) {
        let dot = self.tokens.behind(self.ast.proc_span(target));
        let same = self.starts_with(id, target) && matches!(self.ast.proc(target), Proc::Method { .. });
        let chain = match self.chain(target, same) {
            Some(chain) => {
                let Chain { group, lead, .. } = self.chains[chain];
                self.chains[chain].indented = true;
                self.plan.breaks[lead + 1] = Break::With(group);
                self.plan.breaks[dot] = Break::With(group);
                self.plan.group_mut(group).last = last;
                chain
            }
            None => {
                let group = self.plan.group(first, last);
                self.begin(Chain { group, lead: dot - 1, indented: false })
            }
        };
        self.chain_of[id.0 as usize] = chain as u32;
    }

    fn branches(&mut self, id: ProcId, then: ProcId, otherwise: Option<ProcId>, first: usize, last: usize) {
        let condition_end = self.tokens.partner(self.tokens.next(first));
        let ends_with = |id: ProcId, child: ProcId| self.ast.proc_span(id).end == self.ast.proc_span(child).end;
        let nested = otherwise
            .filter(|child| ends_with(id, *child) && matches!(self.ast.proc(*child), Proc::If { .. }))
            .and_then(|child| self.chain(child, true));
        let chain = match nested {
            Some(chain) => chain,
            None => {
                let group = self.plan.group(first, last);
                self.begin(Chain { group, lead: first, indented: false })
            }
        };
        self.chain_of[id.0 as usize] = chain as u32;
        let group = self.chains[chain].group;
        self.plan.group_mut(group).first = first;
        let Some(_) = otherwise else { return self.branch(group, condition_end, last) };
        let word = self.tokens.behind(self.ast.proc_span(then));
        let mut end = word - 1;
        while self.tokens.is(end, TokenKind::Comment) {
            end -= 1;
        }
        self.branch(group, condition_end, end);
        if !self.is_block(self.tokens.next(condition_end), end) {
            self.plan.breaks[word] = Break::With(group);
        }
        if nested.is_none() {
            self.branch(group, word, last);
        }
    }

    fn branch(&mut self, group: GroupId, word: usize, last: usize) {
        let body = self.tokens.next(word);
        if self.is_block(body, last) {
            self.plan.shared.push((body, group));
        } else {
            self.plan.breaks[body] = Break::With(group);
            self.plan.indent(word, last);
        }
    }

    /// `c!?(a); d!?(b); P`: one below the other.
    fn sync(&mut self, id: ProcId, request: usize, continuation: ProcId, first: usize, last: usize) {
        let named = usize::from(self.tokens.is(request, TokenKind::Bang));
        let arguments = (0..=named).fold(request, |i, _| self.tokens.next(i));
        let semicolon = self.tokens.next(self.tokens.partner(arguments));
        let body = self.tokens.next(semicolon);
        if self.is_block(body, last) {
            return;
        }
        let same = self.ast.proc_span(id).end == self.ast.proc_span(continuation).end
            && matches!(self.ast.proc(continuation), Proc::SendSync { .. });
        let chain = match self.chain(continuation, same) {
            Some(chain) => chain,
            None => {
                let group = self.plan.group(first, last);
                self.begin(Chain { group, lead: first, indented: false })
            }
        };
        self.chain_of[id.0 as usize] = chain as u32;
        let group = self.chains[chain].group;
        self.plan.group_mut(group).first = first;
        self.plan.breaks[body] = Break::With(group);
    }
}
