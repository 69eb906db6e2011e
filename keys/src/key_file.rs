//! Texts of key files (registry-genesis 1.7): the bare hexadecimal forms. The caller does the reading and writing.

use zeroize::Zeroizing;

use crate::key::{KeyError, PublicKey, SecretKey};

/// The content of an `.sk` file: 64 hexadecimal digits, no line break, unencrypted.
#[must_use]
pub fn write_secret_hex(key: &SecretKey) -> Zeroizing<String> {
    key.expose_hex()
}

/// Reads an `.sk` file; white space around the digits, as editors leave it, is ignored.
pub fn read_secret_hex(text: &str) -> Result<SecretKey, KeyError> {
    SecretKey::from_hex(text.trim())
}

/// The name of the `.sk` file of a validator: its public key in hexadecimal.
#[must_use]
pub fn secret_file_name(key: &PublicKey) -> String {
    format!("{key}.sk")
}

/// The content of a public key file: 130 lower-case hexadecimal digits and a line break.
#[must_use]
pub fn write_public_hex(key: &PublicKey) -> String {
    format!("{key}\n")
}

/// Reads a public key file with digits of either case (one reference writes upper case).
pub fn read_public_hex(text: &str) -> Result<PublicKey, KeyError> {
    PublicKey::from_hex(text.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_read_back() {
        let key = SecretKey::from_bytes(&[0x31; 32]).unwrap();
        let text = write_secret_hex(&key);
        assert_eq!(text.len(), 64);
        assert_eq!(read_secret_hex(&format!("{}\r\n", text.as_str())), Ok(key.clone()));
        let public = key.public_key();
        assert_eq!(read_public_hex(&write_public_hex(&public).to_uppercase()), Ok(public));
        assert_eq!(write_public_hex(&public).len(), 131);
        assert_eq!(secret_file_name(&public).len(), 133);
        assert_eq!(read_secret_hex("12"), Err(KeyError::SecretLength(1)));
    }
}
