//! Chains of infix operators to trees (language.md 2.2).

use crate::ast::{Ast, BinaryOp, Proc, ProcId, Span};

/// An infix operator or connective.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Infix {
    /// An operator on values.
    Binary(BinaryOp),
    /// `/\`
    Conjunction,
    /// `\/`
    Disjunction,
}

impl Infix {
    /// How tight it binds. `matches` is weaker than `==` at level 2.
    pub(crate) fn strength(self) -> u8 {
        use BinaryOp::*;
        match self {
            Infix::Binary(Or | ShortOr) => 1,
            Infix::Binary(And | ShortAnd) => 2,
            Infix::Binary(Matches) => 3,
            Infix::Binary(Eq | Neq) => 4,
            Infix::Binary(Lt | Lte | Gt | Gte) => 5,
            Infix::Binary(Plus | Minus | PlusPlus | MinusMinus) => 6,
            Infix::Binary(Mult | Div | Mod | PercentPercent) => 7,
            Infix::Disjunction => 8,
            Infix::Conjunction => 9,
        }
    }

    /// Whether, with `next` behind it, it takes the operand between them.
    fn precedes(self, next: Infix) -> bool {
        let to_the_right = next == Infix::Binary(BinaryOp::Matches);
        self.strength() > next.strength() || (self.strength() == next.strength() && !to_the_right)
    }
}

/// An operand and the text it covers with its braces.
type Operand = (ProcId, Span);

/// Operands joined by infix operators.
#[derive(Debug)]
pub struct Chain {
    pub(crate) first: Operand,
    pub(crate) rest: Vec<(Infix, Operand)>,
}

impl Chain {
    /// Adds the tree of the chain to the arena.
    pub(crate) fn build(self, ast: &mut Ast) -> ProcId {
        let mut operands = vec![self.first];
        let mut waiting: Vec<Infix> = Vec::new();
        for (op, operand) in self.rest {
            while let Some(before) = waiting.pop_if(|before| before.precedes(op)) {
                apply(ast, before, &mut operands);
            }
            waiting.push(op);
            operands.push(operand);
        }
        while let Some(op) = waiting.pop() {
            apply(ast, op, &mut operands);
        }
        operands[0].0
    }
}

/// Joins the last two operands.
fn apply(ast: &mut Ast, op: Infix, operands: &mut Vec<Operand>) {
    if let [.., left, right] = operands[..] {
        let proc = match op {
            Infix::Binary(op) => Proc::Binary(op, left.0, right.0),
            Infix::Conjunction => Proc::Conjunction(left.0, right.0),
            Infix::Disjunction => Proc::Disjunction(left.0, right.0),
        };
        let span = left.1.to(right.1);
        operands.truncate(operands.len() - 2);
        operands.push((ast.add_proc(proc, span), span));
    }
}
