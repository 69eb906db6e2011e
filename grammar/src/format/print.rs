//! Writes the tokens with the white space of the plan: a group that fits on the rest of the line is written on it, any
//! other is broken.

use super::plan::{Break, Group, Plan};
use super::tokens::{Tokens, closes, comment_text};
use crate::lexer::TokenKind;

/// Columns per step of indentation.
const STEP: usize = 2;
/// Columns of indentation at most, so that the output is linear in its input however deep that is.
const DEEPEST: usize = 60;

/// The formatted text.
pub(super) fn print(tokens: &Tokens, plan: &Plan, width: usize) -> String {
    let mut printer = Printer::new(tokens, plan, width);
    for (i, level) in (0..tokens.len()).zip(plan.indentation()) {
        printer.decide(i);
        printer.gap(i, (level * STEP).min(DEEPEST));
        printer.token(i);
    }
    printer.out.push('\n');
    printer.out
}

struct Printer<'p, 's> {
    tokens: &'p Tokens<'s>,
    plan: &'p Plan,
    width: usize,
    measure: Measure,
    /// The groups in the order in which they begin, outer ones first; and how many have begun.
    order: Vec<u32>,
    begun: usize,
    broken: Vec<bool>,
    /// No gap up to this one is broken: a group around it fits.
    flat_until: usize,
    out: String,
    column: usize,
    /// A blank line of the source that stood in front of a separator.
    owed: bool,
}

impl<'p, 's> Printer<'p, 's> {
    fn new(tokens: &'p Tokens<'s>, plan: &'p Plan, width: usize) -> Self {
        let mut order: Vec<u32> = (0..plan.groups.len() as u32).collect();
        let key = |Group { first, last }: Group| (first, std::cmp::Reverse(last));
        order.sort_unstable_by_key(|id| key(plan.groups[*id as usize]));
        Printer {
            tokens,
            plan,
            width,
            measure: Measure::new(tokens, plan),
            order,
            begun: 0,
            broken: vec![false; plan.groups.len()],
            flat_until: 0,
            out: String::new(),
            column: 0,
            owed: false,
        }
    }

    /// Decides about the groups that begin with gap `i`.
    fn decide(&mut self, i: usize) {
        while let Some(id) = self.order.get(self.begun).map(|id| *id as usize)
            && self.plan.groups[id].first < i
        {
            self.begun += 1;
            let group = self.plan.groups[id];
            if group.last <= self.flat_until {
                continue;
            }
            if self.measure.has_break(group) || self.column + self.measure.rest(group) > self.width {
                self.broken[id] = true;
            } else {
                self.flat_until = group.last;
            }
        }
    }

    fn is_line(&self, i: usize) -> bool {
        match self.plan.breaks[i] {
            Break::Never => false,
            Break::Always => true,
            Break::With(group) => self.broken[group.index()],
            Break::Fill(group) => {
                let next = Group { first: i - 1, last: i };
                self.broken[group.index()] && self.column + self.measure.rest(next) > self.width
            }
        }
    }

    fn gap(&mut self, i: usize, indentation: usize) {
        use TokenKind::*;
        if i == 0 {
            return;
        }
        let kind = self.tokens.kind(i);
        let blank = self.tokens.breaks_before(i) > 1;
        if self.is_line(i) {
            let inside = matches!(self.tokens.kind(i - 1), Some(ParenOpen | BracketOpen | PathOpen | New | Let));
            let before_close = kind.is_some_and(closes) || kind == Some(In);
            self.out.push('\n');
            if (blank || self.owed) && !inside && !before_close {
                self.out.push('\n');
            }
            self.out.extend(std::iter::repeat_n(' ', indentation));
            self.column = indentation;
        } else if self.plan.blanks[i] {
            self.out.push(' ');
            self.column += 1;
        }
        self.owed = matches!(kind, Some(Bar | Comma | Semicolon)) && (blank && !self.is_line(i));
    }

    fn token(&mut self, i: usize) {
        let text = self.tokens.text(i);
        if self.tokens.is(i, TokenKind::Comment) {
            self.out.push_str(&comment_text(text));
        } else {
            self.out.push_str(text);
        }
        match text.rfind('\n') {
            Some(end) => self.column = text[end + 1..].chars().count(),
            None => self.column += text.chars().count(),
        }
    }
}

/// Prefix sums over the plan, for measuring any group at once.
struct Measure {
    /// Where each token ends if everything stood on one line.
    ends: Vec<usize>,
    /// Up to where the line goes at least from each gap on, if nothing is broken that need not be.
    stops: Vec<usize>,
    /// How many gaps up to each are broken in any case.
    hard: Vec<u32>,
}

impl Measure {
    fn new(tokens: &Tokens, plan: &Plan) -> Self {
        let count = tokens.len();
        let (mut ends, mut hard) = (Vec::with_capacity(count), Vec::with_capacity(count));
        let (mut end, mut breaks) = (0, 0);
        for i in 0..count {
            end += usize::from(plan.blanks[i]) + tokens.text(i).lines().next().unwrap_or_default().chars().count();
            breaks += u32::from(plan.breaks[i] == Break::Always);
            ends.push(end);
            hard.push(breaks);
        }
        let mut stops = vec![end; count + 1];
        for i in (0..count).rev() {
            let breaks = i > 0 && plan.breaks[i] != Break::Never;
            stops[i] = if breaks { ends[i - 1] } else { stops[i + 1] };
        }
        Measure { ends, stops, hard }
    }

    fn has_break(&self, group: Group) -> bool {
        self.hard[group.last] > self.hard[group.first]
    }

    /// The columns that the line needs behind the first token of the group, up to the first possible break behind it.
    fn rest(&self, group: Group) -> usize {
        self.stops[group.last + 1] - self.ends[group.first]
    }
}
