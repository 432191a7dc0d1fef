//! Which lens of a signal head is lit in one picture, by the colours of its pixels. Pure.
//!
//! A lens that is lit is of a strong colour and bright; one that is not is dull, whatever its glass is
//! tinted. Lit pixels are counted by hue; the winner must be far ahead, and a head that is lit all over is
//! something that stands before it.

/// The colours of one head in one picture.
#[derive(Debug, Clone, Default)]
pub(super) struct HeadPixels {
    /// Red, green, blue, 0 to 1.
    pub(super) colours: Vec<[f32; 3]>,
    /// In which lenses each pixel lies: red, amber, green. All of them where the lenses are not told.
    pub(super) lenses: Vec<[bool; 3]>,
}

/// What one picture shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Glimpse {
    Red,
    Amber,
    Green,
    Dark,
    Hidden,
    TwoColours,
}

/// Brightness, 0 to 1, below which nothing is lit.
const LEAST_BRIGHT: f32 = 0.34;
/// Least part of the head that is lit: a lens is a fifth of it, and half of that is washed out.
const LEAST_LIT: f32 = 0.012;
/// Fewest pixels that are lit, of whatever head.
const FEWEST_LIT: f32 = 3.0;
/// Largest part of the head that a lamp lights, its halo at night too.
const MOST_LIT: f32 = 0.6;
/// How many times stronger than the next colour the lit one must be.
const AHEAD: f32 = 2.5;
/// Part of the strongest colour below which a pixel only reflects.
const REFLECTS: f32 = 0.5;

/// Hues in degrees: lamps are red to pink, amber, and bluish green to cyan; leaves are yellower, the sky is
/// bluer.
const RED_FROM: f32 = 320.0;
const RED_TO: f32 = 22.0;
const AMBER_TO: f32 = 65.0;
const GREEN: std::ops::RangeInclusive<f32> = 130.0..=198.0;

/// What a head shows; `lit_from` is how strong a colour must be to be lit, 0 to 1.
pub(super) fn look(head: &HeadPixels, lit_from: f32) -> Glimpse {
    let lit = lit_pixels(head, lit_from);
    let strongest = lit
        .iter()
        .map(|(_, strength)| *strength)
        .fold(0.0, f32::max);
    let mut sums = [0.0_f32; 3];
    let mut counts = [0.0_f32; 3];
    for (colour, strength) in lit {
        if strength >= REFLECTS * strongest {
            let at = colour as usize;
            if let (Some(sum), Some(count)) = (sums.get_mut(at), counts.get_mut(at)) {
                *sum += strength;
                *count += 1.0;
            }
        }
    }
    let pixels = head.colours.len() as f32;
    if counts.iter().sum::<f32>() > MOST_LIT * pixels {
        return Glimpse::Hidden;
    }
    let least = (LEAST_LIT * pixels).max(FEWEST_LIT);
    let mut colours = [Colour::Red, Colour::Amber, Colour::Green];
    let sum_of = |colour: Colour| sums.get(colour as usize).copied().unwrap_or(0.0);
    colours.sort_by(|a, b| sum_of(*b).total_cmp(&sum_of(*a)));
    let [first, second, _] = colours;
    if counts
        .get(first as usize)
        .is_none_or(|count| *count < least)
    {
        return Glimpse::Dark;
    }
    if sum_of(first) < AHEAD * sum_of(second) {
        return Glimpse::TwoColours;
    }
    match first {
        Colour::Red => Glimpse::Red,
        Colour::Amber => Glimpse::Amber,
        Colour::Green => Glimpse::Green,
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Colour {
    Red = 0,
    Amber = 1,
    Green = 2,
}

/// Every lit pixel of a lamp's colour: which, and how strong.
fn lit_pixels(head: &HeadPixels, lit_from: f32) -> Vec<(Colour, f32)> {
    let pixels = head.colours.iter().zip(&head.lenses);
    let lit = pixels.filter_map(|([red, green, blue], lenses)| {
        let most = red.max(*green).max(*blue);
        let strength = most - red.min(*green).min(*blue);
        if most < LEAST_BRIGHT || strength < lit_from {
            return None;
        }
        let colour = colour_of(hue([*red, *green, *blue], most, strength))?;
        let own = lenses.get(colour as usize).copied().unwrap_or(false);
        own.then_some((colour, strength))
    });
    lit.collect()
}

fn colour_of(hue: f32) -> Option<Colour> {
    if !(RED_TO..RED_FROM).contains(&hue) {
        Some(Colour::Red)
    } else if hue < AMBER_TO {
        Some(Colour::Amber)
    } else if GREEN.contains(&hue) {
        Some(Colour::Green)
    } else {
        None
    }
}

/// The hue in degrees, 0 to 360, of a colour that is not grey.
fn hue([red, green, blue]: [f32; 3], most: f32, spread: f32) -> f32 {
    let sixth = if red >= most {
        (green - blue) / spread
    } else if green >= most {
        2.0 + (blue - red) / spread
    } else {
        4.0 + (red - green) / spread
    };
    (60.0 * sixth).rem_euclid(360.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUSING: [f32; 3] = [0.12, 0.12, 0.16];
    const RED: [f32; 3] = [0.67, 0.08, 0.27];
    const AMBER: [f32; 3] = [0.95, 0.7, 0.2];
    const GREEN: [f32; 3] = [0.0, 0.46, 0.4];

    /// A head of 20 by 60 pixels with discs of 12 pixels; `lens` gives their colours, red one first.
    fn head(lens: [[f32; 3]; 3], housing: [f32; 3]) -> HeadPixels {
        let mut pixels = HeadPixels::default();
        for y in 0..60_u8 {
            for x in 0..20_u8 {
                let which = usize::from(y / 20);
                let (across, down) = (f32::from(x) - 9.5, f32::from(y % 20) - 9.5);
                let inside = across.hypot(down) <= 6.0;
                pixels
                    .colours
                    .push(if inside { lens[which] } else { housing });
                pixels.lenses.push([true; 3]);
            }
        }
        pixels
    }

    fn mixed(a: [f32; 3], b: [f32; 3], share: f32) -> [f32; 3] {
        [0, 1, 2].map(|at| a[at] * (1.0 - share) + b[at] * share)
    }

    #[test]
    fn a_lit_lens_is_read_by_day_at_night_and_in_fog() {
        let off = [0.2, 0.12, 0.14];
        let grey = [0.6, 0.6, 0.62];
        for (why, lens, housing, wanted) in [
            ("red by day", [RED, off, off], HOUSING, Glimpse::Red),
            ("amber", [off, AMBER, off], HOUSING, Glimpse::Amber),
            ("green", [off, off, GREEN], HOUSING, Glimpse::Green),
            (
                "orange-red bulb",
                [[0.95, 0.3, 0.1], off, off],
                HOUSING,
                Glimpse::Red,
            ),
            ("off", [off, off, off], HOUSING, Glimpse::Dark),
            (
                "sun on tinted glass",
                [[0.4, 0.18, 0.18], [0.42, 0.35, 0.2], [0.15, 0.3, 0.25]],
                HOUSING,
                Glimpse::Dark,
            ),
            ("a white lorry before it", [grey; 3], grey, Glimpse::Dark),
            ("a red lorry before it", [RED; 3], RED, Glimpse::Hidden),
            ("both", [RED, off, GREEN], HOUSING, Glimpse::TwoColours),
            (
                "fog",
                [mixed(RED, grey, 0.4), grey, grey],
                grey,
                Glimpse::Red,
            ),
            (
                "thick fog",
                [mixed(RED, grey, 0.7), grey, grey],
                grey,
                Glimpse::Dark,
            ),
        ] {
            assert_eq!(look(&head(lens, housing), 0.3), wanted, "{why}");
        }
    }

    #[test]
    fn an_overexposed_lamp_is_read_by_its_halo() {
        let white = [1.0, 0.95, 0.93];
        let mut pixels = head([white, HOUSING, HOUSING], HOUSING);
        for (index, colour) in pixels.colours.iter_mut().enumerate() {
            let (x, y) = (index % 20, index / 20);
            let (across, down) = (x as f32 - 9.5, y as f32 - 9.5);
            let away = across.hypot(down);
            if y < 20 && (6.0..9.0).contains(&away) {
                *colour = [0.9, 0.3, 0.25];
            }
        }
        assert_eq!(look(&pixels, 0.3), Glimpse::Red);
    }

    #[test]
    fn a_colour_counts_in_its_own_lens_only() {
        let mut pixels = head([HOUSING, HOUSING, RED], HOUSING);
        assert_eq!(look(&pixels, 0.3), Glimpse::Red, "somewhere");
        for (index, lenses) in pixels.lenses.iter_mut().enumerate() {
            *lenses = [index / 20 < 20, false, index / 20 >= 40];
        }
        assert_eq!(look(&pixels, 0.3), Glimpse::Dark, "a tail light below");
    }

    #[test]
    fn nothing_makes_it_panic() {
        assert_eq!(look(&HeadPixels::default(), 0.3), Glimpse::Dark);
        let odd = HeadPixels {
            colours: vec![[f32::NAN; 3], [f32::INFINITY, 0.0, 1.0], [0.5; 3]],
            lenses: vec![[true; 3]; 2],
        };
        let _ = look(&odd, 0.0);
    }
}
