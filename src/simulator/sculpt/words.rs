//! The words that the renderer knows: materials, bases, packaging, settings, poses and sizes.

use super::style::{Base, Package, Pose, Setting};

/// A phrase and what it weighs. Phrases are matched at the start of words.
pub(super) type Words = &'static [(&'static str, f32)];

/// Words of each style, in the order of the catalogue.
#[rustfmt::skip]
pub(super) const MATERIALS: [Words; 16] = [
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

/// What each base is called. Of those named, the longest name near a word for bases wins.
#[rustfmt::skip]
pub(super) const BASES: &[(&str, Base)] = &[
    ("clear acrylic", Base::Acrylic), ("transparent acrylic", Base::Acrylic), ("acrylic", Base::Acrylic),
    ("transparent base", Base::Acrylic), ("clear base", Base::Acrylic), ("acrylic disc", Base::Acrylic),
    ("wooden base", Base::Wood), ("wood base", Base::Wood), ("wooden disc", Base::Wood), ("wooden plinth", Base::Wood),
    ("wooden stand", Base::Wood), ("walnut", Base::Wood), ("oak base", Base::Wood),
    ("marble plinth", Base::Marble), ("marble base", Base::Marble), ("marble pedestal", Base::Marble),
    ("stone plinth", Base::Stone), ("stone base", Base::Stone), ("stone pedestal", Base::Stone), ("granite", Base::Stone),
    ("grass", Base::Grass), ("grassy base", Base::Grass), ("turf", Base::Grass), ("diorama", Base::Grass),
    ("black base", Base::Gloss), ("black disc", Base::Gloss), ("glossy black", Base::Gloss), ("black stand", Base::Gloss),
    ("studded baseplate", Base::Studs), ("baseplate", Base::Studs),
    ("white base", Base::White), ("white disc", Base::White), ("white stand", Base::White),
    ("metal base", Base::Steel), ("steel base", Base::Steel), ("metal disc", Base::Steel), ("steel disc", Base::Steel),
];

/// Words that say that a base is spoken of.
pub(super) const ON_BASE: &[&str] = &["stands on", "standing on", "base", "disc", "plinth", "pedestal", "stand"];

/// What packaging is called; the first affirmed one counts.
#[rustfmt::skip]
pub(super) const PACKAGES: &[(&str, Package)] = &[
    ("blister", Package::Blister), ("backing card", Package::Blister), ("bubble card", Package::Blister),
    ("glass dome", Package::Dome), ("bell jar", Package::Dome), ("glass cloche", Package::Dome),
    ("window box", Package::Box), ("box", Package::Box), ("packaging", Package::Box),
    ("capsule", Package::Capsule), ("gashapon", Package::Capsule), ("gachapon", Package::Capsule),
];

/// What each setting is called. Of those named, the longest name near a word for settings wins.
#[rustfmt::skip]
pub(super) const SETTINGS: &[(&str, Setting)] = &[
    ("computer desk", Setting::Desk), ("wooden desk", Setting::Desk), ("desk", Setting::Desk),
    ("lilac", Setting::Lilac), ("lavender", Setting::Lilac), ("pastel blue", Setting::Lilac),
    ("museum gallery", Setting::Gallery), ("dark gallery", Setting::Gallery), ("gallery", Setting::Gallery),
    ("museum hall", Setting::Museum), ("museum", Setting::Museum), ("slate blue", Setting::Museum),
    ("white background", Setting::White), ("white studio", Setting::White), ("white sweep", Setting::White), ("white backdrop", Setting::White),
    ("grey background", Setting::Grey), ("gray background", Setting::Grey), ("grey sweep", Setting::Grey),
    ("grey studio", Setting::Grey), ("gray studio", Setting::Grey), ("grey backdrop", Setting::Grey),
    ("pink background", Setting::Pink), ("pastel pink", Setting::Pink), ("pastel", Setting::Pink), ("pink studio", Setting::Pink),
    ("sand background", Setting::Sand), ("beige", Setting::Sand), ("cream", Setting::Sand), ("sand colored", Setting::Sand),
    ("night", Setting::Night), ("arcade", Setting::Night), ("neon", Setting::Night),
    ("workshop", Setting::Workshop), ("workbench", Setting::Workshop),
    ("shelf", Setting::Shelf), ("shelves", Setting::Shelf), ("display cabinet", Setting::Shelf),
    ("meadow", Setting::Meadow), ("green hills", Setting::Meadow),
    ("outdoor", Setting::Sky), ("blue sky", Setting::Sky), ("outdoors", Setting::Sky),
    ("film set", Setting::Sunset), ("painted hills", Setting::Sunset), ("sunset", Setting::Sunset),
    ("yellow background", Setting::Yellow), ("yellow backdrop", Setting::Yellow), ("yellow studio", Setting::Yellow),
    ("mint", Setting::Mint), ("pale green background", Setting::Mint),
    ("teal", Setting::Teal), ("turquoise background", Setting::Teal),
    ("blue background", Setting::Blue), ("blue backdrop", Setting::Blue), ("blue studio", Setting::Blue),
    ("old map", Setting::Parchment), ("parchment", Setting::Parchment), ("map table", Setting::Parchment),
];

/// Words that say that a setting is spoken of.
pub(super) const IN_SETTING: &[&str] =
    &["setting", "background", "backdrop", "behind it", "in front of", "scene", "placed in", "placed on"];

/// How poses are asked for; the one named first counts.
#[rustfmt::skip]
pub(super) const POSES: &[(&str, Pose)] = &[
    ("pose of the photo", Pose::Natural), ("pose from the photo", Pose::Natural), ("as photographed", Pose::Natural),
    ("same pose", Pose::Natural), ("original pose", Pose::Natural), ("pose in the photo", Pose::Natural),
    ("facing the viewer", Pose::Frontal), ("facing the camera", Pose::Frontal), ("facing forward", Pose::Frontal),
    ("standing upright", Pose::Standing), ("standing", Pose::Standing), ("stands upright", Pose::Standing),
    ("sitting", Pose::Sitting), ("seated", Pose::Sitting),
    ("waving", Pose::Waving), ("waves", Pose::Waving),
    ("dynamic", Pose::Dynamic), ("action pose", Pose::Dynamic), ("weight on one leg", Pose::Dynamic),
    ("mid-stride", Pose::Dynamic), ("leaping", Pose::Dynamic), ("running", Pose::Dynamic),
];

/// How large figures are said to be, and the factor on their size in the picture; the one named first counts.
#[rustfmt::skip]
pub(super) const SIZES: &[(&str, f32)] = &[
    ("half life size", 1.0), ("life size", 1.08), ("life-size", 1.08), ("very large", 1.09), ("large", 1.07),
    ("hand", 1.0), ("small", 0.93), ("tiny", 0.90), ("miniature", 0.90), ("palm", 0.93),
];

/// Nouns that a material before them belongs to instead of to the figure, and pictures and lamps that are no places.
pub(super) const THINGS: &[&str] = &[
    "disc",
    "base",
    "baseplate",
    "plinth",
    "pedestal",
    "stand",
    "desk",
    "table",
    "shelf",
    "floor",
    "wall",
    "background",
    "backdrop",
    "sweep",
    "studio",
    "dome",
    "workbench",
];

/// What is named after its packaging without being in it: "a capsule toy".
pub(super) const TOYS: &[&str] = &["toy", "toys", "prize"];

/// Pictures and lamps: a place before them is a manner, not a place.
pub(super) const MANNERS: &[&str] = &["photograph", "photo", "shot", "spotlight", "lamp", "light", "lighting"];

/// Words that turn round what follows in the same clause.
pub(super) const NEGATIONS: &[&str] = &[
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
