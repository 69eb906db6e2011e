//! Spatial matching of processes against patterns.
