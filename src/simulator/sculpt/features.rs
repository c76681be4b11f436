//! Faces that are drawn rather than photographed.

use super::plate::Plate;
use super::shade::Figure;
use super::style::Features;

/// Draws the features on a figure that has a face.
pub(super) fn draw(_figure: &mut Figure, _plate: &Plate, _features: Features) {}
