//! The abstract machine: compiled code, scheduler, tuple space, methods, operators and costs.
