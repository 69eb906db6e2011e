//! Where blanks stand between tokens of one line.

use super::plan::Plan;
use super::tokens::Tokens;
use crate::lexer::TokenKind;
use crate::number;

/// Decides for every gap.
pub(super) fn plan(tokens: &Tokens, plan: &mut Plan) {
    for i in 1..tokens.len() {
        plan.blanks[i] = is_blank(tokens, plan, i);
    }
}

/// Whether a blank stands in front of token `i`.
fn is_blank(tokens: &Tokens, plan: &Plan, i: usize) -> bool {
    use TokenKind::*;
    let (Some(before), Some(behind)) = (tokens.kind(i - 1), tokens.kind(i)) else { return false };
    match (before, behind) {
        (ParenOpen | BracketOpen, Comment) => tokens.text(i).starts_with("//"),
        (_, Comment) => true,
        (Number, Dot) => takes_point(tokens, i),
        (_, Comma | Semicolon | Colon | Dot | ParenClose | BracketClose) => false,
        (BraceOpen, BraceClose) | (PathOpen, PathClose) => false,
        (_, BraceClose) => plan.roles[i].is_block,
        (BraceOpen, _) => plan.roles[i - 1].is_block,
        (PathOpen, _) | (_, PathClose) => true,
        (ParenOpen | BracketOpen | BigIntOpen, _) => false,
        (At | Evaluate | Tilde | Ellipsis | Bang | BangBang | BangQuery, _) => false,
        (Assign, _) if plan.roles[i - 1].is_reference => false,
        // A minus that touches a number belongs to it.
        (Negate, Number) => !number::is_unsigned(tokens.text(i).as_bytes()),
        (Negate, Negate) => true,
        (Negate, _) => false,
        (_, Bang | BangBang | BangQuery | QueryBang) => false,
        (Dot, Identifier | Agent | Constructor | Method | Default | Private) => false,
        (Identifier | Agent | Constructor | Method | Default | Private | Set, ParenOpen) => false,
        // The name of a contract, as in `contract @"bank"(…)`.
        (_, ParenOpen) if i >= 3 && tokens.kind(i - 2) == Some(At) && tokens.kind(i - 3) == Some(Contract) => false,
        (Bundle | BundleWrite | BundleRead | BundleNone, BraceOpen) => false,
        _ => true,
    }
}

/// Whether a point that touches the number before would become part of it, as in `5 .p2()`.
fn takes_point(tokens: &Tokens, dot: usize) -> bool {
    let number = tokens.text(dot - 1);
    let next = if dot + 1 < tokens.len() { tokens.text(dot + 1) } else { "" };
    let unsigned = number.strip_prefix('-').unwrap_or(number);
    number::scan(format!("{unsigned}.{next}").as_bytes()) > unsigned.len()
}
