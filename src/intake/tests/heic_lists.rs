//! HEIC files whose lists are made to keep a reader busy.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

use super::super::{IntakeError, probe};
use super::take_in;

const UPRIGHT: &[u8] = include_bytes!("../../../tests/fixtures/heic/upright.heic");

/// A box of ISO/IEC 14496-12.
fn boxed(name: [u8; 4], body: &[u8]) -> Vec<u8> {
    [&u32::try_from(body.len() + 8).unwrap().to_be_bytes()[..], &name, body].concat()
}

/// One with a version and no flags.
fn full(name: [u8; 4], version: u8, body: &[u8]) -> Vec<u8> {
    boxed(name, &[&[version, 0, 0, 0], body].concat())
}

fn number(number: usize) -> [u8; 4] {
    u32::try_from(number).unwrap().to_be_bytes()
}

fn item(id: u16, kind: [u8; 4]) -> Vec<u8> {
    full(*b"infe", 2, &[&id.to_be_bytes()[..], &[0, 0], &kind, &[0]].concat())
}

/// A file of those lists whose first item is the picture, and those bytes behind.
fn heic(lists: &[Vec<u8>], data: &[u8]) -> Vec<u8> {
    let handler = full(*b"hdlr", 0, &[&[0; 4][..], b"pict", &[0; 13]].concat());
    let meta = [&handler[..], &full(*b"pitm", 0, &[0, 1]), &lists.concat()].concat();
    [boxed(*b"ftyp", b"heic\0\0\0\0mif1heic"), full(*b"meta", 0, &meta), boxed(*b"mdat", data)].concat()
}

/// Refused as damaged, and at once.
#[track_caller]
fn assert_refused_at_once(file: &[u8], what: &str) {
    let own = || Duration::try_from(clock_gettime(ClockId::ThreadCPUTime)).unwrap();
    assert!(file.len() < 1 << 20);
    let before = own();
    assert_eq!(probe(file).unwrap_err(), IntakeError::Damaged { what: "HEIC" }, "{what}");
    let took = own().checked_sub(before).unwrap();
    assert!(took < Duration::from_millis(400), "{what}: {took:?}");
}

#[test]
fn places_without_a_size_take_no_memory() {
    let one = [&[0, 1, 0, 0][..], &u16::MAX.to_be_bytes()].concat();
    let list = full(*b"iloc", 0, &[&[0, 0, 0xEA, 0x60][..], &one.repeat(60_000)].concat());
    assert_refused_at_once(&heic(&[list], b""), "60,000 places of 65,535 parts");
}

#[test]
fn lists_of_properties_are_not_searched_without_end() {
    let entries: Vec<u8> = (0..180_000).flat_map(|id| [&number(id)[..], &[0]].concat()).collect();
    let list = full(*b"ipma", 1, &[&number(180_000)[..], &entries].concat());
    assert_refused_at_once(&heic(&[boxed(*b"iprp", &list)], b""), "180,000 items with properties");
}

#[test]
fn a_grid_of_more_tiles_than_photos_have_is_not_looked_up() {
    let items: Vec<u8> = (2..25_000).flat_map(|id| item(id, *b"hvc1")).collect();
    let items = full(*b"iinf", 1, &[&number(24_999)[..], &item(1, *b"grid"), &items].concat());
    let tiles = [&[0, 1, 0xFF, 0][..], &24_999_u16.to_be_bytes().repeat(65_280)].concat();
    let grid = boxed(*b"idat", &[0, 0, 255, 254, 0x40, 0, 0x40, 0]);
    let place = full(*b"iloc", 1, &[&[0x44, 0, 0, 1][..], &[0, 1, 0, 1, 0, 0, 0, 1], &[0; 4], &[0, 0, 0, 8]].concat());
    let lists = [items, full(*b"iref", 0, &boxed(*b"dimg", &tiles)), place, grid];
    assert_refused_at_once(&heic(&lists, b""), "65,280 tiles among 25,000 items");
}

/// The upright fixture with its only slice so many times.
fn repeated(times: usize) -> Vec<u8> {
    let context = heic_rs::context::Context::open(UPRIGHT).unwrap();
    let data = context.item_data(context.meta.primary).unwrap().repeat(times);
    let properties = &context.meta.props;
    let [configuration, size] = [*b"hvcC", *b"ispe"].map(|name| {
        let own = properties.boxes.iter().find(|own| own.is(&name)).unwrap();
        boxed(name, own.payload)
    });
    let known = boxed(*b"ipco", &[configuration, size].concat());
    let given = full(*b"ipma", 0, &[0, 0, 0, 1, 0, 1, 2, 0x81, 2]);
    let items = full(*b"iinf", 0, &[&[0, 1][..], &item(1, *b"hvc1")].concat());
    let file = |at: usize| {
        let place = [&[0x44, 0, 0, 1, 0, 1, 0, 0, 0, 1][..], &number(at), &number(data.len())].concat();
        heic(&[items.clone(), boxed(*b"iprp", &[&known[..], &given].concat()), full(*b"iloc", 0, &place)], &data)
    };
    let length = file(0).len();
    file(length - data.len())
}

#[tokio::test]
async fn a_picture_is_not_painted_as_often_as_a_file_likes() {
    let photo = take_in(repeated(1)).await.unwrap();
    assert_eq!((photo.width(), photo.height()), (96, 64));
    assert_eq!(take_in(repeated(25_000)).await.unwrap_err(), IntakeError::TooSlow);
}

#[test]
fn a_long_configuration_is_not_read_for_every_tile() {
    let context = heic_rs::context::Context::open(UPRIGHT).unwrap();
    let own = context.meta.props.boxes.iter().find(|own| own.is(b"hvcC")).unwrap().payload;
    let long = boxed(*b"hvcC", &[own, &vec![0; 5000]].concat());
    let items = full(*b"iinf", 0, &[&[0, 1][..], &item(1, *b"hvc1")].concat());
    for (known, given) in
        [(long, vec![0, 0, 0, 1, 0, 1, 1, 0x81]), (boxed(*b"hvcC", own), vec![0, 0, 0, 1, 0, 1, 2, 0x81, 0x81])]
    {
        let properties = boxed(*b"iprp", &[boxed(*b"ipco", &known), full(*b"ipma", 0, &given)].concat());
        assert_refused_at_once(&heic(&[items.clone(), properties], b""), "a long or repeated configuration");
    }
}
