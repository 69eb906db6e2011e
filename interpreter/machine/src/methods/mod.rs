//! Methods: their names, argument counts and dispatch (language.md 6, runtime.md 4.8).

pub(crate) mod collections;
mod path_map;
mod segment;
mod text;
pub(crate) mod view;

use crate::cost::{Charge, Meter};
use crate::error::{ErrorKind, Fault};
use crate::operators::{int_of, single};
use crate::value::Value;

macro_rules! methods {
    ($($variant:ident $name:literal $arity:literal;)*) => {
        /// The methods.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        pub enum Method {
            $(#[doc = concat!("`", $name, "`")] $variant,)*
        }

        impl Method {
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

            /// The number of arguments.
            pub fn arity(self) -> usize {
                match self {
                    $(Method::$variant => $arity,)*
                }
            }

            /// All methods, in the order of the specification.
            #[cfg(test)]
            const ALL: &[Method] = &[$(Method::$variant,)*];
        }
    };
}

methods! {
    Nth "nth" 1;
    Length "length" 0;
    Size "size" 0;
    Slice "slice" 2;
    Take "take" 1;
    ToByteArray "toByteArray" 0;
    HexToBytes "hexToBytes" 0;
    BytesToHex "bytesToHex" 0;
    ToUtf8Bytes "toUtf8Bytes" 0;
    ToInt "toInt" 0;
    ToBigInt "toBigInt" 0;
    Union "union" 1;
    Diff "diff" 1;
    Add "add" 1;
    Delete "delete" 1;
    Contains "contains" 1;
    Get "get" 1;
    GetOrElse "getOrElse" 2;
    Set "set" 2;
    Keys "keys" 0;
    ToList "toList" 0;
    ToSet "toSet" 0;
    ToMap "toMap" 0;
    ToString "toString" 0;
    Intersection "intersection" 1;
    Restriction "restriction" 1;
    DropHead "dropHead" 1;
    Run "run" 1;
    ReadZipper "readZipper" 0;
    WriteZipper "writeZipper" 0;
    ReadZipperAt "readZipperAt" 1;
    WriteZipperAt "writeZipperAt" 1;
    DescendTo "descendTo" 1;
    DescendFirst "descendFirst" 0;
    DescendIndexedBranch "descendIndexedBranch" 1;
    ToNextSibling "toNextSibling" 0;
    ToPrevSibling "toPrevSibling" 0;
    AscendOne "ascendOne" 0;
    Ascend "ascend" 1;
    Reset "reset" 0;
    GetLeaf "getLeaf" 0;
    GetSubtrie "getSubtrie" 0;
    AtPath "atPath" 1;
    PathExists "pathExists" 0;
    ChildCount "childCount" 0;
    SetLeaf "setLeaf" 1;
    SetSubtrie "setSubtrie" 1;
    RemoveLeaf "removeLeaf" 0;
    RemoveBranches "removeBranches" 0;
    PrunePath "prunePath" 0;
    Graft "graft" 1;
    JoinInto "joinInto" 1;
    CreatePath "createPath" 1;
}

/// The error of a name that no method has.
pub fn unknown(name: &str) -> Fault {
    Fault::reduce(format!("Unimplemented method: {name}"))
}

/// Calls the method of a name on an evaluated target and evaluated arguments. The charge of the call itself is made by
/// the caller, before the target is evaluated.
pub fn call(name: &str, target: &Value, args: &[Value], meter: &mut Meter) -> Result<Value, Fault> {
    Method::from_name(name).ok_or_else(|| unknown(name))?.call(target, args, meter)
}

impl Method {
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
            Method::ToSet => collections::to_set(target),
            Method::ToMap => collections::to_map(target),
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

/// An index argument: an integer of 32 bits.
fn index_arg(value: &Value) -> Result<i64, Fault> {
    let index = int_of(value)?;
    i32::try_from(index).map_err(|_| Fault::reduce(format!("Integer overflow for value {index}")))?;
    Ok(index)
}

#[cfg(test)]
mod tests;
