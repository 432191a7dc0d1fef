//! What is drawn, and where.

use embedded_graphics_unicodefonts::MONO_10X20;
use image::RgbImage;

use super::*;
use crate::camera::{ColorMatrix, ColorRange, PixelFormat};
use crate::evidence::still::tests::plain;

fn grey(size: (u32, u32)) -> Frame {
    plain(
        size,
        PixelFormat::I420,
        (ColorRange::Limited, ColorMatrix::Bt709),
        [126, 128, 128],
    )
}

fn drawn(size: (u32, u32), overlay: &Overlay) -> RgbImage {
    let bytes = overlay_jpeg(&grey(size), overlay).unwrap();
    image::load_from_memory(&bytes).unwrap().to_rgb8()
}

fn is_near(picture: &RgbImage, (x, y): (u32, u32), colour: Rgb888) -> bool {
    let pixel = picture.get_pixel(x, y).0;
    let wanted = [colour.r(), colour.g(), colour.b()];
    pixel.iter().zip(wanted).all(|(a, b)| a.abs_diff(b) < 60)
}

fn cow(x: f32, y: f32) -> OverlayBox {
    let label = Label {
        class: "cattle".to_owned(),
        score: 0.87,
        track: Some(12),
    };
    OverlayBox {
        bbox: PixelBox {
            x,
            y,
            w: 200.0,
            h: 100.0,
        },
        label,
    }
}

#[test]
fn boxes_and_zone_stand_where_they_should() {
    let corner = |x, y| NormPoint { x, y };
    let overlay = Overlay {
        caption: String::new(),
        trails: vec![],
        zone: vec![
            corner(0.1, 0.9),
            corner(0.9, 0.9),
            corner(0.9, 0.95),
            corner(0.1, 0.95),
        ],
        boxes: vec![cow(100.0, 120.0)],
        ..Overlay::default()
    };
    let picture = drawn((640, 480), &overlay);
    assert!(is_near(&picture, (200, 120), BOX), "upper edge");
    assert!(is_near(&picture, (100, 170), BOX), "left edge");
    assert!(is_near(&picture, (320, 431), ZONE), "zone's upper edge");
    assert!(
        !is_near(&picture, (200, 170), BOX),
        "inside stays as the camera saw it"
    );
    assert!(
        picture
            .get_pixel(200, 170)
            .0
            .iter()
            .all(|level| level.abs_diff(128) < 10)
    );
}

#[test]
fn labels_stay_inside_and_nothing_panics_outside() {
    let overlay = Overlay {
        caption: "Đường trục, cột 12 · 2026-11-22 08:00:00 +07:00".to_owned(),
        trails: vec![vec![
            PixelPoint { x: -9.0, y: 1e9 },
            PixelPoint { x: 60.0, y: -7.0 },
        ]],
        zone: vec![NormPoint { x: -3.0, y: 7.0 }],
        boxes: vec![cow(-50.0, -50.0), cow(600.0, 470.0), cow(5_000.0, 5_000.0)],
        ..Overlay::default()
    };
    for size in [(640, 480), (1920, 1080), (16, 8), (1, 1)] {
        assert_eq!(drawn(size, &overlay).dimensions(), size);
    }
    let white = |picture: &RgbImage| {
        picture
            .rows()
            .take(40)
            .flatten()
            .filter(|pixel| pixel.0.iter().all(|l| *l > 200))
            .count()
    };
    assert!(
        white(&drawn((640, 480), &overlay)) > 500,
        "the caption is written"
    );
}

#[test]
fn the_font_has_every_vietnamese_letter() {
    let letters =
        "aăâbcdđeêghiklmnoôơpqrstuưvxyáàảãạắằẳẵặấầẩẫậéèẻẽẹếềểễệíìỉĩịóòỏõọốồổỗộớờởỡợúùủũụứừửữựýỳỷỹỵ";
    let replacement = MONO_10X20.glyph_mapping.index('\u{10FFFF}');
    for letter in letters
        .chars()
        .flat_map(|c| [c].into_iter().chain(c.to_uppercase()))
    {
        assert_ne!(
            MONO_10X20.glyph_mapping.index(letter),
            replacement,
            "{letter}"
        );
    }
}

#[test]
fn line_and_lamp_stand_where_they_should() {
    let corner = |x, y| NormPoint { x, y };
    let overlay = Overlay {
        line: Some([corner(0.1, 0.5), corner(0.9, 0.5)]),
        lamp: Some(OverlayLamp {
            outline: vec![
                corner(0.8, 0.1),
                corner(0.85, 0.1),
                corner(0.85, 0.3),
                corner(0.8, 0.3),
            ],
            label: "main red".to_owned(),
        }),
        ..Overlay::default()
    };
    let picture = drawn((640, 480), &overlay);
    assert!(is_near(&picture, (320, 239), LINE), "the line");
    assert!(!is_near(&picture, (40, 239), LINE), "beyond its end");
    assert!(is_near(&picture, (511, 100), LINE), "the lamp's left edge");
    assert!(!is_near(&picture, (527, 100), LINE), "inside of the lamp");
}
