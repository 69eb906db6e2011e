//! The wallets file: one line `<address>,<balance>` per vault (registry-genesis 4.2).

use std::collections::BTreeMap;

use rhodium_keys::{AddressError, validate_address};

use crate::bonds::Bond;
use crate::lines::{FileErrors, each_line, take_while};

/// A vault and its first balance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wallet {
    /// The checked address.
    pub address: String,
    /// The balance, not negative.
    pub balance: i64,
}

/// Why a line was refused. The first texts are the network's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WalletProblem {
    /// The line is not UTF-8.
    #[error("the line is not UTF-8 text")]
    NotUtf8,
    /// Not an address, a comma and a number.
    #[error("INVALID LINE FORMAT: `<vault_address>,<balance>`, actual: `{0}`")]
    Format(String),
    /// The address is not valid.
    #[error("PARSE ERROR: {error}, `<vault_address>,<balance>`, actual: `{line}`")]
    Address {
        /// What is wrong with it.
        error: AddressError,
        /// The line.
        line: String,
    },
    /// The number does not fit in 64 bits with sign.
    #[error("INVALID WALLET BALANCE `{0}`. Please put positive number.")]
    Balance(String),
    /// Strict: something follows the balance.
    #[error("trailing characters behind the balance: `{0}`")]
    Trailing(String),
    /// Strict: the address was seen before.
    #[error("duplicate address, first seen on line {first}")]
    Duplicate {
        /// The line of its first occurrence.
        first: usize,
    },
}

impl WalletProblem {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotUtf8 => "E0501",
            Self::Format(_) => "E0511",
            Self::Address { .. } => "E0512",
            Self::Balance(_) => "E0513",
            Self::Trailing(_) => "E0514",
            Self::Duplicate { .. } => "E0515",
        }
    }

    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::NotUtf8 => "save the file as UTF-8",
            Self::Format(line) if line.starts_with("0x") => {
                "this is the format of 2018: replace the Ethereum address by its vault address, and drop the third field"
            }
            Self::Format(_) => {
                "write the address at the start of the line, a comma without spaces, and the balance in digits"
            }
            Self::Address { .. } => "copy the whole address: it begins with 1111 and has about 54 characters",
            Self::Balance(_) => "the greatest balance is 9223372036854775807",
            Self::Trailing(_) => "remove everything behind the balance; lenient mode would ignore it",
            Self::Duplicate { .. } => {
                "keep one line per address: which of two vaults the network keeps is a race, and both balances are minted"
            }
        }
    }
}

/// Parses a wallets file, keeping the order. All errors of the file are reported. Lenient mode accepts what the
/// network's own node accepts, except balances that a contract cannot read.
pub fn parse_wallets(file: &[u8], lenient: bool) -> Result<Vec<Wallet>, FileErrors<WalletProblem>> {
    let mut wallets: Vec<Wallet> = Vec::new();
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    each_line(file, WalletProblem::NotUtf8, |number, line| {
        let wallet = parse_line(line, lenient)?;
        if !lenient {
            match seen.get(&wallet.address) {
                Some(first) => return Err(WalletProblem::Duplicate { first: *first }),
                None => seen.insert(wallet.address.clone(), number),
            };
        }
        wallets.push(wallet);
        Ok(())
    })?;
    Ok(wallets)
}

fn parse_line(line: &str, lenient: bool) -> Result<Wallet, WalletProblem> {
    let (address, rest) = take_while(line, |byte| byte.is_ascii_alphanumeric() && byte != b'0');
    let (digits, rest) = take_while(rest.strip_prefix(',').unwrap_or_default(), |byte| byte.is_ascii_digit());
    if address.is_empty() || digits.is_empty() {
        return Err(WalletProblem::Format(line.to_owned()));
    }
    validate_address(address).map_err(|error| WalletProblem::Address { error, line: line.to_owned() })?;
    let balance = digits.parse().map_err(|_| WalletProblem::Balance(digits.to_owned()))?;
    if !lenient && !rest.is_empty() {
        return Err(WalletProblem::Trailing(rest.to_owned()));
    }
    Ok(Wallet { address: address.to_owned(), balance })
}

/// The sum of all stakes and balances is more than the contracts can count.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("stakes ({stakes}) and balances ({balances}) together exceed 9223372036854775807")]
pub struct SupplyError {
    /// Sum of the stakes.
    pub stakes: i128,
    /// Sum of the balances.
    pub balances: i128,
}

impl SupplyError {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        "E0516"
    }

    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        "lower some stakes or balances: all are minted at genesis, and sums are 64-bit numbers"
    }
}

/// The number of units that genesis mints.
pub fn total_supply(bonds: &[Bond], wallets: &[Wallet]) -> Result<i64, SupplyError> {
    let stakes = bonds.iter().map(|bond| i128::from(bond.stake)).sum();
    let balances = wallets.iter().map(|wallet| i128::from(wallet.balance)).sum();
    i64::try_from(stakes + balances).map_err(|_| SupplyError { stakes, balances })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ADDRESS: &str = "111122RKKYiw7AQzhmm6FVXFsBZmEjKU5WBUqHY8tzLi4S5dcDoyXK";

    #[test]
    fn all_errors_of_a_file_are_reported() {
        let file = format!("{ADDRESS},1\r\n0x20,1\r\n{ADDRESS},2\r\n\r\n1111,5\r\n{ADDRESS}x,5 \r\n");
        let FileErrors(errors) = parse_wallets(file.as_bytes(), false).unwrap_err();
        let found: Vec<_> = errors.iter().map(|error| (error.line, error.problem.code())).collect();
        assert_eq!(found, [(2, "E0511"), (3, "E0515"), (5, "E0512"), (6, "E0512")]);
        assert!(errors[0].problem.hint().contains("2018"));
    }

    #[test]
    fn the_supply_fits_in_64_bits() {
        let bond = |stake| Bond { validator: vec![4], stake };
        let wallet = |balance| Wallet { address: ADDRESS.into(), balance };
        assert_eq!(total_supply(&[], &[]), Ok(0));
        assert_eq!(total_supply(&[bond(1)], &[wallet(i64::MAX - 1)]), Ok(i64::MAX));
        assert!(total_supply(&[bond(1)], &[wallet(i64::MAX)]).is_err());
        let many = vec![wallet(i64::MAX); 1000];
        assert_eq!(total_supply(&[], &many).unwrap_err().balances, 1000 * i128::from(i64::MAX));
    }
}
