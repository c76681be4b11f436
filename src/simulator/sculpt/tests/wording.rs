//! The renderer knows a style by the template's words, by every choice's words, and by words of one's own.

use std::collections::BTreeMap;

use super::super::catalog::STYLES;
use super::super::lexicon::read;

/// Style and prompt, as the studio's templates write them.
pub(super) fn templates() -> BTreeMap<String, String> {
    serde_json::from_str(include_str!("../../../../tests/data/prompts.json")).expect("prompts")
}

#[test]
fn every_style_is_known_by_its_template() {
    let templates = templates();
    assert_eq!(templates.len(), STYLES.len());
    for (id, prompt) in &templates {
        assert_eq!(read(prompt).id, id, "{prompt}");
    }
}

#[test]
fn every_style_is_known_by_ordinary_words() {
    for (id, prompts) in REWORDED {
        for prompt in *prompts {
            assert_eq!(read(prompt).id, *id, "{prompt}");
        }
    }
    assert_eq!(REWORDED.len(), STYLES.len());
    assert_eq!(read("something nobody has heard of").id, "pvc-scale");
}

#[rustfmt::skip]
const REWORDED: &[(&str, &[&str])] = &[
    ("pvc-scale", &[
        "A realistic 1/7 scale PVC figure of the person in the photo, on a computer desk, with its box",
        "Turn him into a commercialized collectible statue, painted, beside a window box on a wooden desk",
        "scale figure of this woman in PVC on a clear acrylic base, no packaging, wooden shelf behind it",
    ]),
    ("anime", &[
        "An anime garage-kit figure, cel-shaded with big eyes, on a clear acrylic disc",
        "Manga style heroine statue with flat colors and crisp cel shading",
        "a bishoujo figure with large bright eyes and bold strands of hair on a white disc",
    ]),
    ("chibi", &[
        "A chibi, super-deformed figure with an oversized head",
        "cute super deformed version of my friend, huge head, tiny body, glossy, on a wooden base",
        "kawaii chibi statue waving, pastel pink background",
    ]),
    ("capsule-toy", &[
        "A gashapon capsule toy in its clear plastic capsule",
        "a tiny toy from a vending machine, lying in an opened round capsule",
        "Gachapon prize of this cat, simple matte plastic",
    ]),
    ("action-figure", &[
        "An articulated action figure sealed in a blister card",
        "1980s action figure with joints at the knees and elbows, carded, on a peg",
        "Make a poseable articulated toy hero in hard plastic, sold on a backing card",
    ]),
    ("vinyl-bighead", &[
        "A vinyl toy with a big head and black button eyes",
        "a big-head collectible in smooth matte vinyl without a mouth, standing on a glossy black base",
        "bobble figure with a squared oversized head and round black eyes",
    ]),
    ("brick-minifig", &[
        "A minifigure built from plastic bricks",
        "build her out of toy bricks, with studs on top, on a studded baseplate",
        "brick-built minifig in glossy plastic against a yellow background",
    ]),
    ("plush", &[
        "A plush toy of soft fabric with visible stitching",
        "a stuffed animal sewn from felt, sitting on a wooden disc",
        "crochet amigurumi doll of the dog in the photo",
    ]),
    ("resin-kit", &[
        "An unpainted grey resin kit, as cast",
        "a garage kit in plain gray primer, still unpainted, with sprue marks, on a workbench",
        "raw resin casting of the person, matte grey, on a metal base",
    ]),
    ("bronze-bust", &[
        "A cast bronze bust on a stone plinth",
        "patinated bronze portrait with verdigris in the folds, marble base, dark gallery",
        "a head and shoulders sculpture in brass and copper, polished edges",
    ]),
    ("marble-bust", &[
        "A marble bust, finely carved, grey veins",
        "Roman bust carved from white Carrara marble, on a stone pedestal in a museum",
        "sculpture in alabaster, classical, without color, on a wooden disc",
    ]),
    ("voxel", &[
        "A voxel character made of small cubes",
        "blocky 8-bit hero built of equal cubes on grass",
        "cubic pixel figure, every cube one flat color",
    ]),
    ("wooden-peg", &[
        "A wooden peg doll, painted by hand",
        "a kokeshi doll turned from linden wood, visible grain",
        "simple wooden figurine with a round head and a cone for a body, thin paint",
    ]),
    ("tin-soldier", &[
        "A tin soldier of painted metal",
        "toy soldier cast in pewter with chipped enamel paint, on a grassy base",
        "a little lead soldier with worn edges on an old map",
    ]),
    ("papercraft", &[
        "A papercraft model of folded card",
        "low-poly paper model with sharp creases, on a white disc",
        "origami style figure folded from cardstock",
    ]),
    ("claymation", &[
        "A claymation character with fingerprints in the plasticine",
        "stop-motion puppet made of clay, big round eyes, on a film set",
        "soft plasticine figure with thumb marks and rounded shapes",
    ]),
];
