//! Reads a style from the ordinary words of a prompt: material, base, packaging, setting, pose and size. A phrase counts
//! where it is not negated ("no box", "without packaging", "instead of bronze") and not said of another thing ("a
//! wooden disc" is no wooden figure, "a gallery photograph" no gallery).

use super::catalog::STYLES;
use super::style::{Package, Style};
use super::words::{
    BASES, IN_SETTING, MANNERS, MATERIALS, NEGATIONS, ON_BASE, PACKAGES, POSES, SETTINGS, SIZES, THINGS, TOYS, Words,
};

/// How many words a negation reaches.
const REACH: usize = 6;

/// The style that the words describe best; painted PVC where they describe none. Base, packaging, setting and pose are
/// the style's own unless the prompt names others.
pub(super) fn read(prompt: &str) -> Style {
    let clauses = clauses(prompt);
    let score = |words: Words| words.iter().map(|&(phrase, weight)| weight * weigh(&clauses, phrase)).sum::<f32>();
    let (mut pick, mut best) = (0, 0.0);
    for (i, words) in MATERIALS.iter().enumerate() {
        let s = score(words);
        if s > best {
            (pick, best) = (i, s);
        }
    }
    let mut style = STYLES[pick].clone();
    style.stage.base = placed(&clauses, BASES, ON_BASE).unwrap_or(style.stage.base);
    style.stage.setting = placed(&clauses, SETTINGS, IN_SETTING).unwrap_or(style.stage.setting);
    style.stage.package = package(&clauses).unwrap_or(style.stage.package);
    style.form.pose = earliest(&clauses, POSES).unwrap_or(style.form.pose);
    let roomy = match style.stage.package {
        Package::None | Package::Box => style.stage.scale.max(0.92),
        Package::Blister | Package::Capsule | Package::Dome => 0.80,
    };
    style.stage.scale = roomy * earliest(&clauses, SIZES).unwrap_or(1.0);
    style
}

/// The packaging that is asked for; none where packaging is only denied, nothing where it is not spoken of.
fn package(clauses: &[Vec<String>]) -> Option<Package> {
    let asked = PACKAGES.iter().find(|(phrase, _)| mentions(clauses, phrase, TOYS).count > 0);
    let denied = || PACKAGES.iter().any(|(phrase, _)| mentions(clauses, phrase, TOYS).denied);
    asked.map(|&(_, package)| package).or_else(|| denied().then_some(Package::None))
}

/// A clause's words; a negation never reaches beyond it.
fn clauses(prompt: &str) -> Vec<Vec<String>> {
    prompt
        .to_lowercase()
        .split(['.', ',', ';', ':', '!', '?', '\n', '(', ')'])
        .map(|c| {
            c.split_whitespace()
                .map(|w| w.trim_matches(|c: char| c == '"' || c == '*' || c == '“' || c == '”').to_owned())
                .collect()
        })
        .collect()
}

/// 1 for the first affirmed mention, a little more for a second; −1 where it is only denied.
fn weigh(clauses: &[Vec<String>], phrase: &str) -> f32 {
    let found = mentions(clauses, phrase, THINGS);
    match (found.count, found.denied) {
        (0, true) => -1.0,
        (0, false) => 0.0,
        (1, _) => 1.0,
        _ => 1.3,
    }
}

/// Where a phrase is said.
#[derive(Default)]
struct Mentions {
    /// How often it is affirmed.
    count: usize,
    /// Whether it is anywhere denied.
    denied: bool,
    /// Clause and word of the first affirmation.
    first: Option<(usize, usize)>,
}

/// Looks for a phrase, except directly (one word may lie between) before one of `others`.
fn mentions(clauses: &[Vec<String>], phrase: &str, others: &[&str]) -> Mentions {
    let wanted: Vec<&str> = phrase.split(' ').collect();
    let mut out = Mentions::default();
    for (c, words) in clauses.iter().enumerate() {
        for i in 0..words.len().saturating_sub(wanted.len() - 1) {
            let next = i + wanted.len();
            let is = |k: usize, w: &str| if k + 1 == wanted.len() { fits(&words[i + k], w) } else { words[i + k] == w };
            if !wanted.iter().enumerate().all(|(k, w)| is(k, w)) {
                continue;
            }
            let said_of_other = words[next..].iter().take(2).any(|w| others.contains(&w.as_str()));
            if negated(&words[i.saturating_sub(REACH)..i]) {
                out.denied = true;
            } else if !said_of_other {
                out.count += 1;
                out.first = out.first.or(Some((c, i)));
            }
        }
    }
    out
}

/// Short words must match whole (plural aside), longer ones may be continued ("stitch", "stitching").
fn fits(word: &str, wanted: &str) -> bool {
    if wanted.len() <= 4 { word == wanted || word.strip_suffix('s') == Some(wanted) } else { word.starts_with(wanted) }
}

/// "but" and "with" end a negation's reach: "no box but a wooden base".
fn negated(before: &[String]) -> bool {
    let from = before.iter().rposition(|w| w == "but" || w == "with" || w == "on").map_or(0, |i| i + 1);
    let reach = before[from..].join(" ");
    let padded = format!(" {reach} ");
    NEGATIONS.iter().any(|n| padded.contains(&format!(" {n} ")))
}

/// What stands for the longest affirmed phrase, one in a clause that speaks of the matter before all others.
fn placed<T: Copy>(clauses: &[Vec<String>], list: &[(&str, T)], about: &[&str]) -> Option<T> {
    let mut best = (0, None);
    for &(phrase, what) in list {
        let Some((clause, _)) = mentions(clauses, phrase, MANNERS).first else { continue };
        let sentence = clauses[clause].join(" ");
        let near = about.iter().any(|word| sentence.contains(word));
        let weight = phrase.split(' ').count() + if near { 10 } else { 0 };
        if weight > best.0 {
            best = (weight, Some(what));
        }
    }
    best.1
}

/// What stands for the phrase that is affirmed first; of two that begin there, the one listed first.
fn earliest<T: Copy>(clauses: &[Vec<String>], list: &[(&str, T)]) -> Option<T> {
    let said = list.iter().filter_map(|&(phrase, what)| Some((mentions(clauses, phrase, MANNERS).first?, what)));
    said.min_by_key(|&(at, _)| at).map(|(_, what)| what)
}

#[cfg(test)]
mod tests {
    use super::super::style::{Base, Package, Setting};
    use super::read;

    #[test]
    fn a_denied_package_is_left_out() {
        assert_eq!(read("PVC figure").stage.package, Package::Box);
        for prompt in [
            "PVC figure, no box",
            "PVC figure without any packaging",
            "a figure with no packaging box",
            "PVC figure, free of packaging",
        ] {
            assert_eq!(read(prompt).stage.package, Package::None, "{prompt}");
        }
    }

    #[test]
    fn a_denied_material_does_not_win() {
        assert_eq!(read("a marble bust, not bronze").id, "marble-bust");
        assert_eq!(read("plush instead of bronze").id, "plush");
        assert_eq!(read("no box but a bronze bust").id, "bronze-bust");
    }

    #[test]
    fn base_and_setting_follow_the_words() {
        let style = read("chibi figure on a wooden base in a museum, in a window box");
        assert_eq!(
            (style.stage.base, style.stage.setting, style.stage.package),
            (Base::Wood, Setting::Museum, Package::Box)
        );
    }
}
