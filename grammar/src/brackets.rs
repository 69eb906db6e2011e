//! Which brackets belong together, in sources where they may not.

use crate::lexer::{Lexeme, TokenKind};

const NONE: u32 = u32::MAX;

/// The pairs of brackets of a list of tokens.
pub(crate) struct Brackets {
    /// For every token that is a bracket with a counterpart: where that stands.
    partner: Vec<u32>,
    /// For every token: the innermost opening bracket with a counterpart around it.
    parent: Vec<u32>,
}

impl Brackets {
    /// A closing bracket belongs to the innermost open one of its kind; those inside that stay open have no
    /// counterpart, and neither has a closing bracket without any open one.
    pub(crate) fn new(tokens: &[Lexeme]) -> Brackets {
        let mut partner = vec![NONE; tokens.len()];
        let mut open: Vec<usize> = Vec::new();
        let mut counts = [0_usize; 4];
        for (index, token) in tokens.iter().enumerate() {
            if let Some(kind) = opened(token.kind) {
                open.push(index);
                counts[kind] += 1;
            } else if let Some(kind) = closed(token.kind)
                && counts[kind] > 0
            {
                while let Some(opener) = open.pop() {
                    let found = opened(tokens[opener].kind);
                    if let Some(found) = found {
                        counts[found] -= 1;
                    }
                    if found == Some(kind) {
                        (partner[opener], partner[index]) = (index as u32, opener as u32);
                        break;
                    }
                }
            }
        }
        let parent = parents(tokens, &partner);
        Brackets { partner, parent }
    }

    /// The counterpart of a bracket.
    pub(crate) fn partner(&self, index: usize) -> Option<usize> {
        self.partner.get(index).copied().filter(|other| *other != NONE).map(|other| other as usize)
    }

    /// The innermost pair around a token, by its opening bracket. The end of the source is outside all pairs.
    pub(crate) fn parent(&self, index: usize) -> Option<usize> {
        self.parent.get(index).copied().filter(|other| *other != NONE).map(|other| other as usize)
    }
}

fn parents(tokens: &[Lexeme], partner: &[u32]) -> Vec<u32> {
    let mut parent = vec![NONE; tokens.len()];
    let mut around = Vec::new();
    for (index, token) in tokens.iter().enumerate() {
        let paired = partner[index] != NONE;
        if paired && closed(token.kind).is_some() {
            around.pop();
        }
        parent[index] = around.last().copied().unwrap_or(NONE);
        if paired && opened(token.kind).is_some() {
            around.push(index as u32);
        }
    }
    parent
}

/// The kind of an opening bracket.
pub(crate) fn opened(kind: TokenKind) -> Option<usize> {
    match kind {
        TokenKind::ParenOpen | TokenKind::BigIntOpen => Some(0),
        TokenKind::BracketOpen => Some(1),
        TokenKind::BraceOpen => Some(2),
        TokenKind::PathOpen => Some(3),
        _ => None,
    }
}

/// The kind of a closing bracket.
pub(crate) fn closed(kind: TokenKind) -> Option<usize> {
    match kind {
        TokenKind::ParenClose => Some(0),
        TokenKind::BracketClose => Some(1),
        TokenKind::BraceClose => Some(2),
        TokenKind::PathClose => Some(3),
        _ => None,
    }
}

/// How the closing bracket of a kind is written.
pub(crate) fn closing_text(kind: usize) -> &'static str {
    [")", "]", "}", "|}"][kind]
}
