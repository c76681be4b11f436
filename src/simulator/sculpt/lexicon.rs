//! Reads a style from the ordinary words of a prompt: material, base, packaging and setting. A phrase counts where
//! it is not negated ("no box", "without packaging", "instead of bronze").

use super::catalog::STYLES;
use super::style::{Base, Package, Setting, Style};

/// A phrase and what it weighs. Phrases are matched at the start of words.
type Words = &'static [(&'static str, f32)];

/// Words of each style, in the order of the catalogue.
#[rustfmt::skip]
const MATERIALS: [Words; 16] = [
    &[("pvc", 2.0), ("scale figure", 2.0), ("1/7", 2.0), ("1/6", 1.5), ("scale statue", 2.0), ("collectible statue", 1.5), ("realistic", 0.5), ("commercialized", 2.0)],
    &[("anime", 4.0), ("cel-shad", 3.0), ("cel shad", 3.0), ("manga", 3.0), ("garage kit", 1.0), ("big eyes", 1.0), ("bishoujo", 3.0), ("cel palette", 2.0)],
    &[("chibi", 5.0), ("super-deformed", 4.0), ("super deformed", 4.0), ("nendoroid", 4.0), ("oversized head", 1.5), ("kawaii", 1.0)],
    &[("capsule", 6.0), ("gashapon", 6.0), ("gachapon", 6.0), ("vending machine", 2.0)],
    &[("action figure", 5.0), ("action-figure", 5.0), ("blister", 4.0), ("backing card", 3.0), ("carded", 3.0), ("articulat", 2.0), ("joints", 1.0)],
    &[("vinyl", 4.0), ("big head", 3.0), ("bighead", 3.0), ("big-head", 3.0), ("button eyes", 2.0), ("black eyes", 1.5), ("bobble", 2.0), ("funko", 4.0)],
    &[("minifig", 6.0), ("brick-built", 5.0), ("brick built", 5.0), ("plastic brick", 5.0), ("toy brick", 5.0), ("building brick", 5.0), ("bricks", 2.5), ("brick", 1.5), ("lego", 5.0), ("stud", 1.0)],
    &[("plush", 6.0), ("stuffed", 4.0), ("stitch", 2.5), ("fabric", 1.5), ("felt", 2.0), ("soft toy", 4.0), ("knit", 3.0), ("crochet", 4.0), ("amigurumi", 4.0), ("fur", 1.0)],
    &[("resin", 4.0), ("unpainted", 4.0), ("primer", 2.5), ("grey kit", 3.0), ("gray kit", 3.0), ("garage kit", 1.5), ("casting", 1.0), ("sprue", 3.0)],
    &[("bronze", 6.0), ("patina", 2.0), ("verdigris", 2.0), ("cast metal", 1.5), ("copper", 2.0), ("brass", 2.0)],
    &[("marble", 6.0), ("carrara", 4.0), ("carved stone", 3.0), ("alabaster", 4.0), ("roman bust", 2.0), ("classical", 1.0)],
    &[("voxel", 6.0), ("cubes", 3.0), ("cubic", 3.0), ("blocky", 2.0), ("8-bit", 3.0), ("pixel", 2.0), ("minecraft", 4.0)],
    &[("peg doll", 6.0), ("peg-doll", 6.0), ("wooden", 3.5), ("wood toy", 4.0), ("carved wood", 4.0), ("wood", 1.5), ("linden", 2.0), ("kokeshi", 5.0), ("turned", 1.0)],
    &[("tin soldier", 6.0), ("tin-soldier", 6.0), ("lead soldier", 6.0), ("toy soldier", 6.0), ("pewter", 5.0), ("painted metal", 5.0), ("enamel", 2.0), ("tin", 2.0)],
    &[("papercraft", 6.0), ("paper craft", 6.0), ("paper model", 5.0), ("folded", 3.0), ("origami", 5.0), ("low-poly", 3.0), ("low poly", 3.0), ("cardstock", 3.0), ("paper", 2.5)],
    &[("claymation", 6.0), ("plasticine", 6.0), ("clay", 4.0), ("fingerprint", 3.0), ("stop-motion", 3.0), ("stop motion", 3.0), ("polymer clay", 4.0)],
];

const BASES: &[(&str, Base)] = &[
    ("clear acrylic", Base::Acrylic),
    ("transparent acrylic", Base::Acrylic),
    ("acrylic", Base::Acrylic),
    ("transparent base", Base::Acrylic),
    ("wooden base", Base::Wood),
    ("wood base", Base::Wood),
    ("wooden disc", Base::Wood),
    ("wooden plinth", Base::Wood),
    ("walnut", Base::Wood),
    ("marble plinth", Base::Marble),
    ("marble base", Base::Marble),
    ("stone plinth", Base::Stone),
    ("stone base", Base::Stone),
    ("granite", Base::Stone),
    ("grass", Base::Grass),
    ("diorama", Base::Grass),
    ("black base", Base::Gloss),
    ("glossy black", Base::Gloss),
    ("studded baseplate", Base::Studs),
    ("baseplate", Base::Studs),
    ("white base", Base::White),
    ("white disc", Base::White),
    ("metal base", Base::Steel),
    ("steel base", Base::Steel),
];

const PACKAGES: &[(&str, Package)] = &[
    ("blister", Package::Blister),
    ("backing card", Package::Blister),
    ("bubble card", Package::Blister),
    ("window box", Package::Box),
    ("box", Package::Box),
    ("packaging", Package::Box),
    ("capsule", Package::Capsule),
    ("gashapon", Package::Capsule),
    ("glass dome", Package::Dome),
    ("bell jar", Package::Dome),
    ("glass cloche", Package::Dome),
];

const SETTINGS: &[(&str, Setting)] = &[
    ("computer desk", Setting::Desk),
    ("wooden desk", Setting::Desk),
    ("desk", Setting::Desk),
    ("bokeh", Setting::Desk),
    ("gallery", Setting::Gallery),
    ("museum", Setting::Gallery),
    ("white background", Setting::White),
    ("white studio", Setting::White),
    ("white sweep", Setting::White),
    ("grey background", Setting::Grey),
    ("gray background", Setting::Grey),
    ("grey sweep", Setting::Grey),
    ("grey studio", Setting::Grey),
    ("pink background", Setting::Pink),
    ("pastel", Setting::Pink),
    ("night", Setting::Night),
    ("workshop", Setting::Workshop),
    ("workbench", Setting::Workshop),
    ("meadow", Setting::Meadow),
    ("outdoor", Setting::Sky),
    ("blue sky", Setting::Sky),
    ("yellow background", Setting::Yellow),
    ("teal background", Setting::Teal),
    ("shelf", Setting::Workshop),
];

/// Words that turn round what follows in the same clause.
const NEGATIONS: &[&str] = &[
    "no",
    "not",
    "without",
    "never",
    "nor",
    "neither",
    "avoid",
    "minus",
    "lacking",
    "isn't",
    "don't",
    "instead of",
    "rather than",
    "free of",
    "unlike",
];

/// How many words a negation reaches.
const REACH: usize = 6;

/// The style that the words describe best; painted PVC where they describe none. Base, packaging and setting are the
/// style's own unless the prompt names others.
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
    if let Some(base) = named(&clauses, BASES) {
        style.stage.base = base;
    }
    if let Some(setting) = named(&clauses, SETTINGS) {
        style.stage.setting = setting;
    }
    if let Some(package) = named(&clauses, PACKAGES) {
        style.stage.package = package;
    } else if PACKAGES.iter().any(|(phrase, _)| mentions(&clauses, phrase).1) {
        style.stage.package = Package::None;
    }
    style.stage.scale = match style.stage.package {
        Package::None | Package::Box => style.stage.scale.max(0.92),
        Package::Blister | Package::Capsule | Package::Dome => 0.80,
    };
    style
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
    match mentions(clauses, phrase) {
        (0, true) => -1.0,
        (0, false) => 0.0,
        (1, _) => 1.0,
        _ => 1.3,
    }
}

/// How often a phrase is affirmed, and whether it is anywhere denied.
fn mentions(clauses: &[Vec<String>], phrase: &str) -> (usize, bool) {
    let wanted: Vec<&str> = phrase.split(' ').collect();
    let (mut affirmed, mut denied) = (0, false);
    for words in clauses {
        for i in 0..words.len().saturating_sub(wanted.len() - 1) {
            let found = wanted
                .iter()
                .enumerate()
                .all(|(k, w)| if k + 1 == wanted.len() { fits(&words[i + k], w) } else { words[i + k] == *w });
            if found && negated(&words[i.saturating_sub(REACH)..i]) {
                denied = true;
            } else if found {
                affirmed += 1;
            }
        }
    }
    (affirmed, denied)
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

/// What the first affirmed phrase of a list stands for.
fn named<T: Copy>(clauses: &[Vec<String>], list: &[(&str, T)]) -> Option<T> {
    list.iter().find(|(phrase, _)| mentions(clauses, phrase).0 > 0).map(|&(_, what)| what)
}

#[cfg(test)]
mod tests {
    use super::{Base, Package, Setting, read};

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
            (Base::Wood, Setting::Gallery, Package::Box)
        );
    }
}
