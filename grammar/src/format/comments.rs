//! Comments keep their place: one on a line of its own stays on one, one at the end of a line stays there, and one
//! between tokens goes with the token behind it.

use super::plan::{Break, Plan};
use super::tokens::{Tokens, closes};
use crate::lexer::TokenKind;

/// Adjusts the gaps around all comments.
pub(super) fn plan(tokens: &Tokens, plan: &mut Plan) {
    let mut i = 0;
    while i < tokens.len() {
        if tokens.is(i, TokenKind::Comment) {
            let behind = tokens.next(i);
            run(tokens, plan, i, behind);
            i = behind;
        }
        i += 1;
    }
}

/// The comments from `first` on, in front of the token `behind`.
fn run(tokens: &Tokens, plan: &mut Plan, first: usize, behind: usize) {
    let ends_line = |i: usize| tokens.text(i - 1).starts_with("//") || tokens.breaks_before(i) > 0;
    let apart = |i: usize| if tokens.breaks_before(i) > 0 && i > 0 { Break::Always } else { Break::Never };
    let inline = apart(first) == Break::Never && !(first + 1..=behind).any(ends_line);
    if inline {
        plan.breaks[first] = plan.breaks[behind];
        plan.breaks[behind] = Break::Never;
        return;
    }
    for i in first..behind {
        plan.breaks[i] = apart(i);
    }
    plan.breaks[behind] = if ends_line(behind) { Break::Always } else { Break::Never };
    // What a separator would have put to the next line stays beside one that had to begin a line itself.
    let separates = matches!(tokens.kind(behind), Some(TokenKind::Bar | TokenKind::Comma | TokenKind::Semicolon));
    let next = tokens.next(behind);
    if separates && plan.breaks[behind] == Break::Always && !tokens.kind(next).is_some_and(closes) {
        plan.breaks[next] = Break::Never;
    }
}
