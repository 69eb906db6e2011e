//! The lints themselves.

mod bundles;
mod cases;
mod channels;
mod expressions;
mod forgeable;
mod names;
mod system;

use crate::facts::Facts;
use crate::model::Model;
use crate::report::Findings;

/// Applies all of them.
pub(crate) fn apply(model: &Model, facts: &Facts, findings: &mut Findings) {
    names::apply(model, findings);
    channels::apply(model, findings);
    forgeable::apply(model, facts, findings);
    bundles::apply(model, findings);
    system::apply(model, facts, findings);
    cases::apply(model, facts, findings);
    expressions::apply(model, facts, findings);
}
