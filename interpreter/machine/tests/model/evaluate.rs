//! Expressions, as runtime.md 4.7 and language.md 5 write them.

use rhodium_term::{BinaryOp, Category, Head, Term, order};

use crate::cost::{Meter, size};
use crate::methods::{self, common_entries};
use crate::numeric;
use crate::substitute::{Env, pairs, sorting};
use crate::{Result, matcher};

/// Evaluates in one environment.
pub struct Evaluator<'a> {
    pub meter: &'a mut Meter,
    pub env: &'a Env,
}

impl Evaluator<'_> {
    /// `evalExpr`: the top-level expressions evaluated, everything else left alone.
    pub fn par(&mut self, par: &Term) -> Result<Term> {
        let is_expr = |item: &&Term| item.head().category() == Some(Category::Expr);
        let mut items: Vec<Term> = par.children().iter().filter(|item| !is_expr(item)).cloned().collect();
        for expr in par.children().iter().filter(is_expr) {
            let value = self.expr(expr)?;
            items.splice(0..0, value.children().iter().cloned());
        }
        Ok(Term::par_in_order(items))
    }

    /// `evalExpr` and the sorting substitution, which is charged.
    pub fn substituted(&mut self, par: &Term) -> Result<Term> {
        let value = self.par(par)?;
        self.substitute(&value, 0)
    }

    /// Substitutes, sorts and charges.
    pub fn substitute(&mut self, par: &Term, depth: u32) -> Result<Term> {
        let result = sorting(par, depth, self.env);
        self.meter.charge(size(result.as_ref().unwrap_or(par)))?;
        result
    }

    /// `evalExprToPar`.
    fn expr(&mut self, expr: &Term) -> Result<Term> {
        match expr.head() {
            Head::Var(_) => {
                let value = self.variable(expr)?;
                self.par(&value)
            }
            Head::Method(_) => self.method(expr),
            _ => Ok(Term::single(self.eval_to_expr(expr)?)),
        }
    }

    /// The value of a variable.
    pub fn variable(&mut self, variable: &Term) -> Result<Term> {
        self.meter.charge(10)?;
        match variable.head() {
            Head::Var(rhodium_term::Var::Bound(index)) => self.env.get(*index).cloned().ok_or("ReduceError"),
            _ => Err("ReduceError"),
        }
    }

    /// `evalSingleExpr`.
    pub fn single(&mut self, par: &Term) -> Result<Term> {
        let expr = one_expression(par)?;
        match expr.head() {
            Head::Var(_) => {
                let value = self.variable(expr)?;
                self.single(&value)
            }
            Head::Method(_) => {
                let value = self.method(expr)?;
                self.single(&value)
            }
            _ => self.eval_to_expr(expr),
        }
    }

    fn bool(&mut self, par: &Term) -> Result<bool> {
        match self.single(par)?.head() {
            Head::Bool(value) => Ok(*value),
            _ => Err("ReduceError"),
        }
    }

    /// A method call: target and arguments, then the method.
    pub fn method(&mut self, call: &Term) -> Result<Term> {
        let Head::Method(name) = call.head() else { unreachable!("a method call") };
        self.meter.charge(10)?;
        let mut values = Vec::new();
        for part in call.children() {
            values.push(self.par(part)?);
        }
        methods::call(self, name, &values[0], &values[1..])
    }

    /// `evalToExpr`: all expressions but variables and method calls.
    fn eval_to_expr(&mut self, expr: &Term) -> Result<Term> {
        let parts = expr.children();
        Ok(match expr.head() {
            Head::Not => Term::bool(!self.bool(&parts[0])?),
            Head::Neg => {
                let operand = self.single(&parts[0])?;
                numeric::negate(&operand, self.meter)?
            }
            Head::Binary(op) => self.binary(*op, &parts[0], &parts[1])?,
            Head::Matches => {
                let target = self.substituted(&parts[0])?;
                let pattern = self.substitute(&parts[1], 1)?;
                Term::bool(matcher::process(&target, &pattern, 0).is_some())
            }
            Head::List { remainder } => Term::list(self.all(parts)?, *remainder),
            Head::Tuple => Term::tuple(self.all(parts)?),
            Head::Set { remainder } => Term::set(self.all(parts)?, *remainder),
            Head::Map { remainder } => Term::map(pairs(&self.all(parts)?), *remainder),
            Head::PathMap { .. } | Head::Zipper(_) => return Err(crate::NOT_MODELLED),
            _ => expr.clone(),
        })
    }

    fn all(&mut self, parts: &[Term]) -> Result<Vec<Term>> {
        parts.iter().map(|part| self.par(part)).collect()
    }

    fn binary(&mut self, op: BinaryOp, left: &Term, right: &Term) -> Result<Term> {
        use BinaryOp::*;
        match op {
            And | Or => {
                let (a, b) = (self.bool(left)?, self.bool(right)?);
                self.meter.charge(2)?;
                Ok(Term::bool(if op == And { a && b } else { a || b }))
            }
            ShortAnd | ShortOr => {
                let a = self.bool(left)?;
                self.meter.charge(2)?;
                let decided = a == (op == ShortOr);
                Ok(Term::bool(if decided { a } else { self.bool(right)? }))
            }
            Eq | Neq => {
                let (a, b) = (self.par(left)?, self.par(right)?);
                let (a, b) = (self.substitute(&a, 0)?, self.substitute(&b, 0)?);
                self.meter.charge(size(&a).min(size(&b)))?;
                let equal = a == b && !has_nan(&a);
                Ok(Term::bool(equal == (op == Eq)))
            }
            _ => {
                let (a, b) = (self.single(left)?, self.single(right)?);
                self.operator(op, &a, &b)
            }
        }
    }

    fn operator(&mut self, op: BinaryOp, a: &Term, b: &Term) -> Result<Term> {
        use BinaryOp::*;
        match op {
            Lt | Lte | Gt | Gte => numeric::compare(op, a, b, self.meter),
            PlusPlus | MinusMinus | PercentPercent => self.concatenate(op, a, b),
            Plus if matches!(a.head(), Head::Set { .. }) => {
                self.meter.charge(10)?;
                methods::add(self.meter, a, &Term::single(b.clone()))
            }
            Minus if matches!(a.head(), Head::Set { .. } | Head::Map { .. }) => {
                self.meter.charge(10)?;
                methods::delete(self.meter, a, &Term::single(b.clone()))
            }
            _ => numeric::arithmetic(op, a, b, self.meter),
        }
    }

    fn concatenate(&mut self, op: BinaryOp, a: &Term, b: &Term) -> Result<Term> {
        self.meter.charge(10)?;
        match (op, a.head(), b.head()) {
            (BinaryOp::PercentPercent, Head::Str(text), Head::Map { .. }) => self.interpolate(text, b),
            (BinaryOp::PercentPercent, Head::Str(_), _) => Err("OperatorExpectedError"),
            (BinaryOp::MinusMinus, Head::Set { .. }, Head::Set { .. }) => methods::diff(self.meter, a, b),
            (BinaryOp::MinusMinus, Head::Set { .. }, _) => Err("OperatorExpectedError"),
            (BinaryOp::PlusPlus, Head::Str(x), Head::Str(y)) => {
                self.meter.charge((x.len() + y.len()) as i64)?;
                Ok(Term::string(format!("{x}{y}")))
            }
            (BinaryOp::PlusPlus, Head::Bytes(x), Head::Bytes(y)) => {
                self.meter.charge(x.len().checked_ilog10().map_or(0, i64::from))?;
                Ok(Term::bytes([&x[..], &y[..]].concat()))
            }
            (BinaryOp::PlusPlus, Head::List { .. }, Head::List { .. }) => {
                self.meter.charge(a.children().len() as i64)?;
                Ok(Term::list([a.children(), b.children()].concat(), None))
            }
            (BinaryOp::PlusPlus, Head::Set { .. }, Head::Set { .. })
            | (BinaryOp::PlusPlus, Head::Map { .. }, Head::Map { .. }) => methods::union(self.meter, a, b),
            (
                BinaryOp::PlusPlus,
                Head::Str(_) | Head::Bytes(_) | Head::List { .. } | Head::Set { .. } | Head::Map { .. },
                _,
            ) => Err("OperatorExpectedError"),
            _ => Err("OperatorNotDefined"),
        }
    }

    fn interpolate(&mut self, text: &str, map: &Term) -> Result<Term> {
        let entries = common_entries(map);
        if text.is_empty() && entries.is_empty() {
            return Ok(Term::string(text));
        }
        let mut insertions = Vec::new();
        for (key, value) in &entries {
            let Head::Str(key) = self.single(key)?.head().clone() else { return Err("ReduceError") };
            let value = self.single(value)?;
            let value = match value.head() {
                Head::Str(text) | Head::Uri(text) => text.to_string(),
                Head::Int(i) => i.to_string(),
                Head::BigInt(i) => i.to_string(),
                Head::Bool(b) => b.to_string(),
                _ => return Err("ReduceError"),
            };
            insertions.push((format!("${{{key}}}"), value));
        }
        self.meter.charge((text.len() * entries.len()) as i64)?;
        let (mut result, mut rest) = (String::new(), text);
        while let Some(next) = rest.chars().next() {
            let (skipped, inserted) = match insertions.iter().find(|(mark, _)| rest.starts_with(mark.as_str())) {
                Some((mark, value)) => (mark.len(), value.clone()),
                None => (next.len_utf8(), next.to_string()),
            };
            result += &inserted;
            rest = &rest[skipped..];
        }
        Ok(Term::string(result))
    }
}

/// The only expression of a Par that holds nothing else.
pub fn one_expression(par: &Term) -> Result<&Term> {
    match par.items(Category::Expr) {
        [expr] if par.children().len() == 1 => Ok(expr),
        _ => Err("ReduceError"),
    }
}

/// Not-a-number is not equal to anything.
fn has_nan(term: &Term) -> bool {
    matches!(term.head(), Head::Double(bits) if f64::from_bits(*bits).is_nan()) || term.children().iter().any(has_nan)
}

/// A value as it is compared with keys and elements.
pub fn key(value: &Term) -> Term {
    order::sort_term(value)
}
