//! What stands still behind a scene.

use tiny_skia::Pixmap;

use super::{HEIGHT, WIDTH, country, street};

/// What stands still. The number chooses one of several paintings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Backdrop {
    /// House fronts, a pavement, a carriageway.
    Street(u8),
    /// A country road through grass, trees far off.
    CountryRoad(u8),
    /// Forested hills under a wide sky, as from a tower.
    Hills(u8),
}

impl Backdrop {
    /// Draws it.
    pub(super) fn draw(self) -> Pixmap {
        #[expect(clippy::expect_used, reason = "the size is a constant above zero")]
        let mut pixmap = Pixmap::new(WIDTH, HEIGHT).expect("a size above zero");
        match self {
            Self::Street(painting) => street::draw(&mut pixmap, painting),
            Self::CountryRoad(painting) => country::draw_road(&mut pixmap, painting),
            Self::Hills(painting) => country::draw_hills(&mut pixmap, painting),
        }
        pixmap
    }

    /// From where to where feet may stand, in fractions of the picture's height.
    pub(super) const fn ground(self) -> (f32, f32) {
        match self {
            Self::Street(_) => (0.56, 0.99),
            Self::CountryRoad(_) => (0.50, 0.98),
            Self::Hills(_) => (0.52, 0.80),
        }
    }
}
