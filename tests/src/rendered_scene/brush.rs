//! The few strokes everything is drawn with.

use tiny_skia::{
    Color, FillRule, GradientStop, LinearGradient, Paint, Path, PathBuilder, Pixmap, Point,
    RadialGradient, Rect, Shader, SpreadMode, Transform,
};

/// A point, x and y.
pub(super) type Dot = (f32, f32);

/// An opaque colour.
pub(super) fn rgb(r: u8, g: u8, b: u8) -> Color {
    Color::from_rgba8(r, g, b, 255)
}

/// A colour with an opacity, 0 to 255.
pub(super) fn rgba(r: u8, g: u8, b: u8, a: u8) -> Color {
    Color::from_rgba8(r, g, b, a)
}

/// An opaque colour, lighter above 1 and darker below.
pub(super) fn tinted(coat: (u8, u8, u8), light: f32) -> Color {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "clamped to a byte"
    )]
    let level = |base: u8| (f32::from(base) * light).clamp(0.0, 255.0) as u8;
    rgb(level(coat.0), level(coat.1), level(coat.2))
}

fn paint(shader: Shader<'_>) -> Paint<'_> {
    Paint {
        shader,
        anti_alias: true,
        ..Paint::default()
    }
}

/// Fills a path with one colour.
pub(super) fn fill(on: &mut Pixmap, path: &Path, color: Color, place: Transform) {
    on.fill_path(
        path,
        &paint(Shader::SolidColor(color)),
        FillRule::Winding,
        place,
        None,
    );
}

/// Fills a path with colours from top to bottom of `span`, each at its fraction.
pub(super) fn shade(
    on: &mut Pixmap,
    path: &Path,
    span: (f32, f32),
    stops: &[(f32, Color)],
    place: Transform,
) {
    let stops = stops
        .iter()
        .map(|(at, color)| GradientStop::new(*at, *color))
        .collect();
    let (from, to) = (Point::from_xy(0.0, span.0), Point::from_xy(0.0, span.1));
    if let Some(shader) =
        LinearGradient::new(from, to, stops, SpreadMode::Pad, Transform::identity())
    {
        on.fill_path(path, &paint(shader), FillRule::Winding, place, None);
    }
}

/// Fills an ellipse that fades out from its middle.
pub(super) fn glow(
    on: &mut Pixmap,
    middle: (f32, f32),
    radii: (f32, f32),
    color: Color,
    place: Transform,
) {
    let (x, y) = middle;
    let mut clear = color;
    clear.set_alpha(0.0);
    let stops = vec![GradientStop::new(0.0, color), GradientStop::new(1.0, clear)];
    let unit = Transform::from_scale(radii.0, radii.1).post_translate(x, y);
    let origin = Point::from_xy(0.0, 0.0);
    let shader = RadialGradient::new(origin, 0.0, origin, 1.0, stops, SpreadMode::Pad, unit);
    if let (Some(shader), Some(path)) = (shader, ellipse(middle, radii)) {
        on.fill_path(&path, &paint(shader), FillRule::Winding, place, None);
    }
}

/// A closed polygon.
pub(super) fn polygon(points: &[(f32, f32)]) -> Option<Path> {
    let mut builder = PathBuilder::new();
    for (index, (x, y)) in points.iter().enumerate() {
        if index == 0 {
            builder.move_to(*x, *y);
        } else {
            builder.line_to(*x, *y);
        }
    }
    builder.close();
    builder.finish()
}

/// A closed outline of quadratic curves: each point with the control point that leads to it.
pub(super) fn outline(start: Dot, curves: &[(Dot, Dot)]) -> Option<Path> {
    let mut builder = PathBuilder::new();
    builder.move_to(start.0, start.1);
    for ((cx, cy), (x, y)) in curves {
        builder.quad_to(*cx, *cy, *x, *y);
    }
    builder.close();
    builder.finish()
}

/// A rectangle by its corners.
pub(super) fn rectangle(left: f32, top: f32, right: f32, bottom: f32) -> Option<Path> {
    Rect::from_ltrb(left, top, right, bottom).map(PathBuilder::from_rect)
}

/// An ellipse by middle and radii.
pub(super) fn ellipse(middle: (f32, f32), radii: (f32, f32)) -> Option<Path> {
    let (x, y) = middle;
    let (rx, ry) = radii;
    Rect::from_ltrb(x - rx, y - ry, x + rx, y + ry).and_then(PathBuilder::from_oval)
}
