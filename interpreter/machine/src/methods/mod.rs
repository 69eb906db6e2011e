//! Methods: their names, argument counts and dispatch (language.md 6, runtime.md 4.8).

pub(crate) mod collections;
mod path_map;
mod segment;
mod text;
pub(crate) mod view;

use crate::cost::{Charge, Meter};
use crate::error::{Code, ErrorKind, Fault};
use crate::explain::Type;
use crate::operators::{int_of, single};
use crate::value::Value;

macro_rules! methods {
    ($($variant:ident $name:literal [$($parameter:ident),*] on [$($receiver:ident)*];)*) => {
        /// The methods.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        pub enum Method {
            $(#[doc = concat!("`", $name, "`")] $variant,)*
        }

        impl Method {
            /// All methods, in the order of the specification.
            pub const ALL: &[Method] = &[$(Method::$variant,)*];

            /// The method of a name.
            pub fn from_name(name: &str) -> Option<Method> {
                match name {
                    $($name => Some(Method::$variant),)*
                    _ => None,
                }
            }

            /// The name in source.
            pub fn name(self) -> &'static str {
                match self {
                    $(Method::$variant => $name,)*
                }
            }

            /// What its arguments are.
            pub fn parameters(self) -> &'static [&'static str] {
                match self {
                    $(Method::$variant => &[$(stringify!($parameter)),*],)*
                }
            }

            /// The types it is defined on; none stands for all.
            pub fn receivers(self) -> &'static [Type] {
                match self {
                    $(Method::$variant => &[$(Type::$receiver),*],)*
                }
            }
        }
    };
}

methods! {
    Nth "nth" [index] on [List Tuple Bytes];
    Length "length" [] on [Text Bytes List];
    Size "size" [] on [Set Map];
    Slice "slice" [from, to] on [Text Bytes List];
    Take "take" [count] on [List];
    ToByteArray "toByteArray" [] on [];
    HexToBytes "hexToBytes" [] on [Text];
    BytesToHex "bytesToHex" [] on [Bytes];
    ToUtf8Bytes "toUtf8Bytes" [] on [Text];
    ToInt "toInt" [] on [Text Integer BigInteger];
    ToBigInt "toBigInt" [] on [Text Integer BigInteger];
    Union "union" [other] on [Set Map PathMap];
    Diff "diff" [other] on [Set Map PathMap];
    Add "add" [element] on [Set];
    Delete "delete" [key] on [Set Map];
    Contains "contains" [key] on [Set Map];
    Get "get" [key] on [Map];
    GetOrElse "getOrElse" [key, default] on [Map];
    Set "set" [key, value] on [Map];
    Keys "keys" [] on [Map];
    ToList "toList" [] on [List Tuple Set Map];
    ToSet "toSet" [] on [List Set Map];
    ToMap "toMap" [] on [List Set Map];
    ToString "toString" [] on [DeployId];
    Intersection "intersection" [other] on [PathMap];
    Restriction "restriction" [other] on [PathMap];
    DropHead "dropHead" [count] on [PathMap];
    Run "run" [value] on [PathMap];
    ReadZipper "readZipper" [] on [PathMap];
    WriteZipper "writeZipper" [] on [PathMap];
    ReadZipperAt "readZipperAt" [path] on [PathMap];
    WriteZipperAt "writeZipperAt" [path] on [PathMap];
    DescendTo "descendTo" [path] on [ReadZipper WriteZipper];
    DescendFirst "descendFirst" [] on [ReadZipper WriteZipper];
    DescendIndexedBranch "descendIndexedBranch" [index] on [ReadZipper WriteZipper];
    ToNextSibling "toNextSibling" [] on [ReadZipper WriteZipper];
    ToPrevSibling "toPrevSibling" [] on [ReadZipper WriteZipper];
    AscendOne "ascendOne" [] on [ReadZipper WriteZipper];
    Ascend "ascend" [levels] on [ReadZipper WriteZipper];
    Reset "reset" [] on [ReadZipper WriteZipper];
    GetLeaf "getLeaf" [] on [PathMap ReadZipper WriteZipper];
    GetSubtrie "getSubtrie" [] on [PathMap ReadZipper WriteZipper];
    AtPath "atPath" [path] on [PathMap ReadZipper WriteZipper];
    PathExists "pathExists" [] on [PathMap ReadZipper WriteZipper];
    ChildCount "childCount" [] on [PathMap ReadZipper WriteZipper];
    SetLeaf "setLeaf" [element] on [PathMap ReadZipper WriteZipper];
    SetSubtrie "setSubtrie" [other] on [WriteZipper];
    RemoveLeaf "removeLeaf" [] on [PathMap ReadZipper WriteZipper];
    RemoveBranches "removeBranches" [] on [PathMap ReadZipper WriteZipper];
    PrunePath "prunePath" [] on [WriteZipper];
    Graft "graft" [other] on [PathMap ReadZipper WriteZipper];
    JoinInto "joinInto" [other] on [PathMap ReadZipper WriteZipper];
    CreatePath "createPath" [path] on [WriteZipper];
}

/// The error of a name that no method has.
pub fn unknown(name: &str) -> Fault {
    Fault::reduce(format!("Unimplemented method: {name}")).coded(Code::UnknownMethod)
}

/// Calls the method of a name on an evaluated target and evaluated arguments. The charge of the call itself is made by
/// the caller, before the target is evaluated.
pub fn call(name: &str, target: &Value, args: &[Value], meter: &mut Meter) -> Result<Value, Fault> {
    Method::from_name(name).ok_or_else(|| unknown(name))?.call(target, args, meter)
}

impl Method {
    /// The number of arguments.
    pub fn arity(self) -> usize {
        self.parameters().len()
    }

    /// Whether it can be called on values of a type.
    pub fn is_defined_on(self, receiver: Type) -> bool {
        self.receivers().is_empty() || self.receivers().contains(&receiver)
    }

    /// Calls the method; see [`call`].
    pub fn call(self, target: &Value, args: &[Value], meter: &mut Meter) -> Result<Value, Fault> {
        let (name, expected, given) = (self.name(), self.arity(), args.len());
        if expected != given {
            let text =
                format!("Error: Method `{name}` expects {expected} Par argument(s), but got {given} argument(s).");
            return Err(Fault::new(ErrorKind::MethodArgumentNumberMismatch, text));
        }
        match self {
            Method::ToByteArray => return text::to_byte_array(target, meter),
            Method::ToString => return text::to_string(target),
            Method::HexToBytes | Method::BytesToHex | Method::ToUtf8Bytes => {
                single(target)
                    .map_err(|_| Fault::reduce("Error: Method can only be called on singular expressions."))?;
            }
            _ => single(target)?,
        }
        if let Some(receiver) = path_map::Receiver::of(target) {
            return path_map::call(self, &receiver, target, args, meter);
        }
        match self {
            Method::Nth => collections::nth(target, args, meter),
            Method::Length => text::length(target, meter),
            Method::Size => collections::size(target, meter),
            Method::Slice => text::slice(target, args, meter),
            Method::Take => collections::take(target, args, meter),
            Method::HexToBytes => text::hex_to_bytes(target, meter),
            Method::BytesToHex => text::bytes_to_hex(target, meter),
            Method::ToUtf8Bytes => text::to_utf8_bytes(target, meter),
            Method::ToInt => text::to_int(target, meter),
            Method::ToBigInt => text::to_big_int(target, meter),
            Method::Union | Method::Diff => collections::combine(self, target, args, meter),
            Method::Add | Method::Delete | Method::Contains | Method::Get | Method::GetOrElse | Method::Set => {
                collections::keyed(self, target, args, meter)
            }
            Method::Keys => collections::keys(target, meter),
            Method::ToList => collections::to_list(target, meter),
            Method::ToSet => collections::to_set(target, meter),
            Method::ToMap => collections::to_map(target, meter),
            _ => Err(not_defined(self, target)),
        }
    }
}

fn not_defined_on(method: &str, types: &str) -> Fault {
    Fault::new(ErrorKind::MethodNotDefined, format!("Error: Method `{method}` is not defined on {types}."))
}

/// The error of a receiver (or argument) that the method does not fit.
fn not_defined(method: Method, target: &Value) -> Fault {
    not_defined_on(method.name(), &target.type_name())
}

fn charge(meter: &mut Meter, amount: i64) -> Result<(), Fault> {
    meter.charge(amount, Charge::Method)
}

fn out_of_bound(index: i64) -> Fault {
    Fault::reduce(format!("Error: index out of bound: {index}")).coded(Code::Index)
}

/// An index argument: an integer of 32 bits.
fn index_arg(value: &Value) -> Result<i64, Fault> {
    let index = int_of(value)?;
    let overflow = |_| Fault::reduce(format!("Integer overflow for value {index}")).coded(Code::Overflow);
    i32::try_from(index).map_err(overflow)?;
    Ok(index)
}

#[cfg(test)]
mod tests;
