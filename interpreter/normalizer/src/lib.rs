//! Syntax tree to normal form: scopes, de Bruijn indices, desugaring and static errors.
