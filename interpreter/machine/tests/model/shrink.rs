//! Makes a source that shows a difference short: tokens, and what brackets hold, are left out as long as it shows one.

use rhodium_grammar::tokens;

/// A source in the form of its tokens that still has the property and gets no shorter by leaving out tokens that stand
/// together.
pub fn shrink(source: &str, has_property: &mut dyn FnMut(&str) -> bool) -> String {
    let mut words: Vec<String> =
        tokens(source).filter_map(Result::ok).map(|token| source[token.span.range()].to_owned()).collect();
    let text = |words: &[String]| words.join(" ");
    if !has_property(&text(&words)) {
        return source.to_owned();
    }
    loop {
        let before = words.len();
        let mut window = words.len() / 2;
        while window > 0 {
            let mut from = 0;
            while from + window <= words.len() {
                let left = [&words[..from], &words[from + window..]].concat();
                if has_property(&text(&left)) {
                    words = left;
                } else {
                    from += 1;
                }
            }
            window = if window > 12 { window * 2 / 3 } else { window - 1 };
        }
        for (from, to) in brackets(&words) {
            let inside = [&words[..from], &words[from + 1..to], &words[to + 1..]].concat();
            let nil = [&words[..from], &["Nil".to_owned()], &words[to + 1..]].concat();
            if let Some(shorter) = [nil, inside].into_iter().find(|w| w.len() < words.len() && has_property(&text(w))) {
                words = shorter;
                break;
            }
        }
        if words.len() == before {
            return text(&words);
        }
    }
}

/// The positions of brackets that belong together.
fn brackets(words: &[String]) -> Vec<(usize, usize)> {
    let (mut open, mut pairs) = (Vec::new(), Vec::new());
    for (at, word) in words.iter().enumerate() {
        match word.as_str() {
            "(" | "[" | "{" => open.push(at),
            ")" | "]" | "}" => pairs.extend(open.pop().map(|from| (from, at))),
            _ => {}
        }
    }
    pairs
}
