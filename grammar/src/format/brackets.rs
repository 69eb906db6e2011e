//! What the brackets contribute to the plan: lists, blocks, cases, and the lists between `new` or `let` and `in`.

use super::plan::{Break, GroupId, Plan};
use super::tokens::{Tokens, closes, opens};
use crate::lexer::TokenKind;

/// Adds the groups of all brackets.
pub(super) fn plan(tokens: &Tokens, plan: &mut Plan) {
    plan.shared.sort_unstable_by_key(|(brace, _)| *brace);
    let mut walk = Walk { tokens, plan, shared: 0, open: Vec::new(), before: [None; 2] };
    for (i, kind) in tokens.kinds() {
        if kind != TokenKind::Comment {
            walk.token(i, kind);
            walk.before = [walk.before[1], Some(i)];
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sort {
    /// Arguments, tuples, lists, sets, maps, path maps, parameters.
    List,
    /// The receipts of a `for`.
    Receipts,
    /// The names of a `new`.
    Names,
    /// The declarations of a `let`.
    Declarations,
    /// A process in braces, with blanks inside or without.
    Block,
    Cases,
    Agent,
    /// Nothing in it is broken.
    Atom,
}

/// An open bracket.
struct Frame {
    sort: Sort,
    open: usize,
    group: Option<GroupId>,
    /// What happens behind a `,`.
    commas: Break,
    /// What happens behind a `|`.
    bars: Break,
    /// The group of the body of the present case, and its arrow.
    body: Option<(GroupId, usize)>,
}

struct Walk<'w, 's> {
    tokens: &'w Tokens<'s>,
    plan: &'w mut Plan,
    /// How many of the shared braces have been met.
    shared: usize,
    open: Vec<Frame>,
    /// The two tokens before, the latest at the end.
    before: [Option<usize>; 2],
}

impl Walk<'_, '_> {
    fn token(&mut self, i: usize, kind: TokenKind) {
        if self.plan.roles[i].starts_case {
            self.end_case();
            self.plan.breaks[i] = Break::Always;
        }
        if opens(kind) {
            self.open(i, kind);
        } else if closes(kind) || kind == TokenKind::In {
            self.end_case();
            self.open.pop();
        } else {
            self.separator(i, kind);
        }
    }

    fn before(&self, distance: usize) -> Option<TokenKind> {
        self.before[1 - distance].and_then(|i| self.tokens.kind(i))
    }

    fn open(&mut self, i: usize, kind: TokenKind) {
        let close = self.tokens.partner(i);
        let sort = self.sort(i, kind);
        let inner = self.tokens.next(i);
        let owner = self.owner(i);
        let mut group = None;
        if matches!(sort, Sort::Cases | Sort::Agent) {
            self.plan.indent(i, close - 1);
            self.plan.breaks[inner] = Break::Always;
            self.plan.breaks[close] = Break::Always;
        } else if close > i + 1 && sort != Sort::Atom && !self.hugs(i, close) {
            let id = owner.unwrap_or_else(|| self.plan.group(i, close));
            self.plan.indent(i, close - 1);
            let opened = kind == TokenKind::BraceOpen && self.tokens.breaks_before(i + 1) > 0;
            self.plan.breaks[inner] = if opened { Break::Always } else { Break::With(id) };
            self.plan.breaks[close] = Break::With(id);
            group = Some(id);
        }
        let with = group.map_or(Break::Never, Break::With);
        let commas = match group {
            Some(group) if self.holds_numbers(i, close) => Break::Fill(group),
            _ => with,
        };
        let bars = if sort == Sort::Agent { Break::Always } else { with };
        self.open.push(Frame { sort, open: i, group, commas, bars, body: None });
    }

    fn owner(&mut self, i: usize) -> Option<GroupId> {
        let (_, group) = self.plan.shared.get(self.shared).filter(|(brace, _)| *brace == i)?;
        self.shared += 1;
        Some(*group)
    }

    fn sort(&mut self, i: usize, kind: TokenKind) -> Sort {
        use TokenKind::*;
        let role = self.plan.roles[i];
        match kind {
            New => Sort::Names,
            Let => Sort::Declarations,
            BigIntOpen => Sort::Atom,
            ParenOpen if self.before(0) == Some(For) => Sort::Receipts,
            ParenOpen if self.open.last().is_some_and(|frame| frame.sort == Sort::Names) => Sort::Atom,
            BraceOpen if role.opens_cases => Sort::Cases,
            BraceOpen if role.opens_agent => Sort::Agent,
            BraceOpen if !role.opens_map => {
                let is_block = self.is_body(i);
                self.plan.roles[i].is_block = is_block;
                self.plan.roles[self.tokens.partner(i)].is_block = is_block;
                Sort::Block
            }
            _ => Sort::List,
        }
    }

    /// Whether a brace is no mere grouping: where a process stands by itself.
    fn is_body(&self, i: usize) -> bool {
        use TokenKind::*;
        match self.before(0) {
            _ if self.plan.roles[i].starts_case => false,
            None | Some(In | Else | Semicolon | FatArrow | ParenClose | Bar) => true,
            Some(Assign) => self.before(1) == Some(ParenClose),
            Some(BraceOpen) => self.before[1].is_some_and(|open| self.plan.roles[open].is_block),
            _ => false,
        }
    }

    /// Whether there is nothing but numbers inside, which fill their lines.
    fn holds_numbers(&self, open: usize, close: usize) -> bool {
        (open + 1..close).all(|i| matches!(self.tokens.kind(i), Some(TokenKind::Number | TokenKind::Comma)))
    }

    /// Whether a bracket, or `let x =`, holds nothing but another bracket, so that one indentation does for both.
    fn hugs(&self, open: usize, close: usize) -> bool {
        use TokenKind::*;
        let mut inner = open + 1;
        match self.tokens.kind(open) {
            Some(New) => return false,
            Some(BraceOpen) if !self.tokens.is(inner, BraceOpen) => return false,
            Some(Let) if self.tokens.is(inner + 1, Assign) => inner += 2,
            _ => {}
        }
        while matches!(
            self.tokens.kind(inner),
            Some(At | Evaluate | Tilde | Set | Bundle | BundleWrite | BundleRead | BundleNone)
        ) {
            inner += 1;
        }
        matches!(self.tokens.kind(inner), Some(ParenOpen | BracketOpen | BraceOpen | PathOpen))
            && self.tokens.partner(inner) == close - 1
    }

    fn separator(&mut self, i: usize, kind: TokenKind) {
        use TokenKind::*;
        let next = self.tokens.next(i);
        let Some(frame) = self.open.last() else {
            if kind == Bar {
                self.plan.breaks[next] = Break::Always;
            }
            return;
        };
        let with = frame.group.map_or(Break::Never, Break::With);
        match (kind, frame.sort) {
            (Comma, Sort::List) if !self.tokens.kind(next).is_some_and(closes) => {
                self.plan.breaks[next] = frame.commas;
            }
            (Comma, Sort::Names) if !self.tokens.is(next, In) => {
                self.plan.breaks[next] = self.between_names(next, frame.group);
            }
            (Semicolon | Ampersand, Sort::Receipts | Sort::Declarations) => self.plan.breaks[next] = with,
            (Where, Sort::Receipts) => self.plan.breaks[i] = with,
            (Ellipsis, Sort::List) if self.before[1] != Some(frame.open) && self.before(0) != Some(Comma) => {
                self.plan.breaks[i] = with;
            }
            (Bar, sort) => {
                let broken = self.tokens.breaks_before(i) > 0 || self.tokens.breaks_before(i + 1) > 0;
                let opened = broken && sort == Sort::Block && frame.group.is_some();
                self.plan.breaks[next] = if opened { Break::Always } else { frame.bars };
            }
            (FatArrow, Sort::Cases) => self.begin_body(i, next),
            _ => {}
        }
    }

    /// Names with a URN stand on lines of their own, others fill theirs.
    fn between_names(&self, next: usize, group: Option<GroupId>) -> Break {
        let Some(group) = group else { return Break::Never };
        let urn_before = self.before(0) == Some(TokenKind::ParenClose);
        let urn_behind = self.tokens.is(self.tokens.next(next), TokenKind::ParenOpen);
        if urn_before || urn_behind { Break::With(group) } else { Break::Fill(group) }
    }

    /// The body of a case: a block stays beside the arrow, anything else may go to its own line.
    fn begin_body(&mut self, arrow: usize, body: usize) {
        let Some(frame) = self.open.last_mut() else { return };
        if self.tokens.is(body, TokenKind::BraceOpen) {
            let behind = self.tokens.next(self.tokens.partner(body));
            if behind == self.tokens.partner(frame.open) || self.plan.roles[behind].starts_case {
                return;
            }
        }
        let group = self.plan.group(arrow, body);
        self.plan.breaks[body] = Break::With(group);
        frame.body = Some((group, arrow));
        frame.bars = Break::With(group);
    }

    fn end_case(&mut self) {
        let ended = self.open.last_mut().and_then(|frame| frame.body.take());
        if let (Some((group, arrow)), Some(last)) = (ended, self.before[1]) {
            self.plan.group_mut(group).last = last;
            self.plan.indent(arrow, last);
        }
    }
}
