//! The bonds file: one line `<public key hex> <stake>` per validator (registry-genesis 4.1).

use std::collections::BTreeMap;

use rhodium_keys::PublicKey;

use crate::lines::{FileErrors, each_line, take_while};

/// A validator and its stake.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Bond {
    /// The public key.
    pub validator: Vec<u8>,
    /// The stake.
    pub stake: i64,
}

/// How a bonds file is judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BondRules {
    /// Accept whatever the network's own node accepts.
    pub lenient: bool,
    /// The least stake (strict mode).
    pub minimum: i64,
    /// The greatest stake (strict mode).
    pub maximum: i64,
}

impl Default for BondRules {
    fn default() -> Self {
        Self { lenient: false, minimum: 1, maximum: i64::MAX }
    }
}

/// Why a line was refused. The first texts are the network's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BondProblem {
    /// The line is not UTF-8.
    #[error("the line is not UTF-8 text")]
    NotUtf8,
    /// Not a key, one space and a number.
    #[error("INVALID LINE FORMAT: `<public_key> <stake>`, actual: `{0}`")]
    Format(String),
    /// The number does not fit in 64 bits.
    #[error("INVALID STAKE `{0}`. Please put positive number.")]
    Stake(String),
    /// Strict: not a key of a validator.
    #[error("public key must be a 65-byte uncompressed secp256k1 key: {0}")]
    PublicKey(String),
    /// Strict: the stake is outside its bounds.
    #[error("stake {stake} is not between {minimum} and {maximum}")]
    Bounds {
        /// The stake.
        stake: i64,
        /// The least allowed.
        minimum: i64,
        /// The greatest allowed.
        maximum: i64,
    },
    /// Strict: something follows the stake.
    #[error("trailing characters behind the stake: `{0}`")]
    Trailing(String),
    /// Strict: the key was seen before.
    #[error("duplicate key, first seen on line {first}")]
    Duplicate {
        /// The line of its first occurrence.
        first: usize,
    },
}

impl BondProblem {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotUtf8 => "E0501",
            Self::Format(_) => "E0502",
            Self::Stake(_) => "E0503",
            Self::PublicKey(_) => "E0504",
            Self::Bounds { .. } => "E0505",
            Self::Trailing(_) => "E0506",
            Self::Duplicate { .. } => "E0507",
        }
    }

    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::NotUtf8 => "save the file as UTF-8",
            Self::Format(_) => {
                "write the key in hexadecimal at the start of the line, exactly one space, and the stake in digits"
            }
            Self::Stake(_) => "the greatest stake is 9223372036854775807",
            Self::PublicKey(_) => "use the key in its long form: 130 hexadecimal digits beginning with 04",
            Self::Bounds { .. } => "change the stake, or the parameters bond-minimum and bond-maximum",
            Self::Trailing(_) => "remove everything behind the stake; lenient mode would ignore it",
            Self::Duplicate { .. } => "keep one line per validator; in lenient mode the last line wins",
        }
    }
}

/// Parses a bonds file; the result is sorted by key, without duplicates. All errors of the file are reported.
pub fn parse_bonds(file: &[u8], rules: &BondRules) -> Result<Vec<Bond>, FileErrors<BondProblem>> {
    let mut bonds: BTreeMap<Vec<u8>, (i64, usize)> = BTreeMap::new();
    each_line(file, BondProblem::NotUtf8, |number, line| {
        // The network trims; white space that nobody sees is an error in strict mode.
        let bond = parse_line(if rules.lenient { line.trim() } else { line }, rules)?;
        if !rules.lenient
            && let Some((_, first)) = bonds.get(&bond.validator)
        {
            return Err(BondProblem::Duplicate { first: *first });
        }
        bonds.insert(bond.validator, (bond.stake, number));
        Ok(())
    })?;
    Ok(bonds.into_iter().map(|(validator, (stake, _))| Bond { validator, stake }).collect())
}

fn parse_line(line: &str, rules: &BondRules) -> Result<Bond, BondProblem> {
    let (key, rest) = take_while(line, |byte| byte.is_ascii_hexdigit());
    let (digits, rest) = take_while(rest.strip_prefix(' ').unwrap_or_default(), |byte| byte.is_ascii_digit());
    if key.is_empty() || digits.is_empty() {
        return Err(BondProblem::Format(line.to_owned()));
    }
    let stake = digits.parse().map_err(|_| BondProblem::Stake(digits.to_owned()))?;
    if rules.lenient {
        return Ok(Bond { validator: decode_padded(key), stake });
    }
    let BondRules { minimum, maximum, .. } = *rules;
    if !rest.is_empty() {
        return Err(BondProblem::Trailing(rest.to_owned()));
    }
    if !(minimum..=maximum).contains(&stake) {
        return Err(BondProblem::Bounds { stake, minimum, maximum });
    }
    Ok(Bond { validator: strict_key(key)?, stake })
}

fn strict_key(digits: &str) -> Result<Vec<u8>, BondProblem> {
    if digits.len() != 130 {
        return Err(BondProblem::PublicKey(format!("it has {} hexadecimal digits instead of 130", digits.len())));
    }
    let key = PublicKey::from_hex(digits).map_err(|error| BondProblem::PublicKey(error.to_string()))?;
    Ok(key.as_bytes().to_vec())
}

/// Decodes any number of hexadecimal digits; an odd number is padded on the left.
fn decode_padded(digits: &str) -> Vec<u8> {
    let padded = if digits.len().is_multiple_of(2) { digits.to_owned() } else { format!("0{digits}") };
    // The caller has checked the digits.
    hex::decode(padded).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "0430afeb549b61dcadeff87d026a6503ae1a193118185037b619623d0264818046a370ca6f8d3093a2f05cdd9d73dcf4041579df9e1445a9cbc21bcb28434fff6a";

    #[test]
    fn all_errors_of_a_file_are_reported() {
        let file = format!("{KEY} 0\n\n{KEY} 5\nx 1\n{KEY} 7\n04{} 1\n", "f".repeat(128));
        let mut file = file.into_bytes();
        file.extend_from_slice(b"\xff 1\n");
        let FileErrors(errors) = parse_bonds(&file, &BondRules::default()).unwrap_err();
        let found: Vec<_> = errors.iter().map(|error| (error.line, error.problem.code())).collect();
        assert_eq!(found, [(1, "E0505"), (4, "E0502"), (5, "E0507"), (6, "E0504"), (7, "E0501")]);
        assert_eq!(errors[1].to_string().lines().last(), Some("  x 1"));
        assert_eq!(errors[2].problem, BondProblem::Duplicate { first: 3 });
        assert!(FileErrors(errors).to_string().contains("\nline 5: duplicate key, first seen on line 3\n"));
    }

    #[test]
    fn stakes_are_bounded_in_strict_mode_only() {
        let file = format!("{KEY} 50\n");
        let rules = |lenient, minimum, maximum| BondRules { lenient, minimum, maximum };
        assert!(parse_bonds(file.as_bytes(), &rules(false, 50, 50)).is_ok());
        assert!(parse_bonds(file.as_bytes(), &rules(false, 51, 60)).is_err());
        assert!(parse_bonds(file.as_bytes(), &rules(false, 1, 49)).is_err());
        assert!(parse_bonds(file.as_bytes(), &rules(true, 51, 60)).is_ok());
    }

    #[test]
    fn a_long_line_is_cut_in_messages() {
        let file = "é".repeat(100_000);
        let FileErrors(errors) = parse_bonds(file.as_bytes(), &BondRules::default()).unwrap_err();
        assert_eq!(errors[0].text.chars().count(), 201);
    }
}
