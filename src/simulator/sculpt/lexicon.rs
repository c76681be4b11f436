//! Reads a style from the ordinary words of a prompt.

use super::style::{STYLES, Style};

/// The style that the words describe best; painted PVC where they describe none.
pub(super) fn read(prompt: &str) -> Style {
    let text = prompt.to_lowercase();
    let pick = if text.contains("anime") {
        1
    } else if text.contains("bronze") {
        2
    } else {
        0
    };
    STYLES[pick].clone()
}
