//! A model's outputs as the families see them: name, shape, numbers.

/// What kind of numbers an output holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::detect) enum Kind {
    /// 32-bit floats.
    F32,
    /// 64-bit integers.
    I64,
    /// Bytes: an input may be, no family reads them.
    U8,
    /// Anything else, by its name; no family reads it.
    Other(&'static str),
}

/// An output as a file states it: an open axis is negative.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::detect) struct Outlet<'a> {
    pub(in crate::detect) name: &'a str,
    pub(in crate::detect) axes: &'a [i64],
    pub(in crate::detect) kind: Kind,
}

/// An output of one answer: all axes are known.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::detect) struct Output<'a> {
    pub(in crate::detect) name: &'a str,
    pub(in crate::detect) axes: &'a [i64],
    pub(in crate::detect) numbers: Numbers<'a>,
}

/// The numbers of an output, flat, the last axis fastest.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::detect) enum Numbers<'a> {
    F32(&'a [f32]),
    I64(&'a [i64]),
    Other,
}

impl Outlet<'_> {
    /// Whether it holds floats of this shape. An axis that nobody minds is `None`; an open one fits
    /// anything.
    pub(in crate::detect) fn is_f32(&self, wanted: &[Option<usize>]) -> bool {
        self.kind == Kind::F32 && self.fits(wanted)
    }

    /// Whether it holds integers of this shape.
    pub(in crate::detect) fn is_i64(&self, wanted: &[Option<usize>]) -> bool {
        self.kind == Kind::I64 && self.fits(wanted)
    }

    /// Whether it holds bytes of this shape.
    pub(in crate::detect) fn is_u8(&self, wanted: &[Option<usize>]) -> bool {
        self.kind == Kind::U8 && self.fits(wanted)
    }

    fn fits(&self, wanted: &[Option<usize>]) -> bool {
        let axis_fits = |(axis, wanted): (&i64, &Option<usize>)| {
            let same = |wanted: &usize| usize::try_from(*axis).is_ok_and(|axis| axis == *wanted);
            *axis < 0 || wanted.as_ref().is_none_or(same)
        };
        self.axes.len() == wanted.len() && self.axes.iter().zip(wanted).all(axis_fits)
    }

    /// Shapes for a person, e.g. `f32[1, 85, 22, 22], i64[1, ?]`.
    pub(in crate::detect) fn shown(outlets: &[Outlet<'_>]) -> String {
        if outlets.is_empty() {
            return "none".to_owned();
        }
        let one = |outlet: &Outlet<'_>| {
            let axes = outlet.axes.iter().map(|axis| match axis {
                ..0 => "?".to_owned(),
                known => known.to_string(),
            });
            let kind = match outlet.kind {
                Kind::F32 => "f32",
                Kind::I64 => "i64",
                Kind::U8 => "u8",
                Kind::Other(name) => name,
            };
            format!("{kind}[{}]", axes.collect::<Vec<_>>().join(", "))
        };
        outlets.iter().map(one).collect::<Vec<_>>().join(", ")
    }

    /// The length of an axis, where it is there and not open.
    pub(super) fn axis(&self, index: usize) -> Option<usize> {
        self.axes
            .get(index)
            .copied()
            .and_then(|axis| usize::try_from(axis).ok())
    }
}

impl<'a> Output<'a> {
    pub(in crate::detect) fn outlet(&self) -> Outlet<'a> {
        Outlet {
            name: self.name,
            axes: self.axes,
            kind: match self.numbers {
                Numbers::F32(_) => Kind::F32,
                Numbers::I64(_) => Kind::I64,
                Numbers::Other => Kind::Other("other"),
            },
        }
    }

    /// One picture's part of it, of the same share of its numbers as any other's; `axes` are its own.
    pub(in crate::detect) fn part(&self, at: usize, pictures: usize, axes: &'a [i64]) -> Self {
        fn share<T>(numbers: &[T], at: usize, pictures: usize) -> &[T] {
            let count = numbers.len() / pictures;
            &numbers[at * count..(at + 1) * count]
        }
        Self {
            name: self.name,
            axes,
            numbers: match self.numbers {
                Numbers::F32(numbers) => Numbers::F32(share(numbers, at, pictures)),
                Numbers::I64(numbers) => Numbers::I64(share(numbers, at, pictures)),
                Numbers::Other => Numbers::Other,
            },
        }
    }

    /// Its floats, where they are as many as its shape says.
    pub(in crate::detect) fn floats(&self) -> Option<&'a [f32]> {
        match self.numbers {
            Numbers::F32(numbers) if numbers.len() == self.count()? => Some(numbers),
            _ => None,
        }
    }

    /// Its integers, where they are as many as its shape says.
    pub(super) fn integers(&self) -> Option<&'a [i64]> {
        match self.numbers {
            Numbers::I64(numbers) if numbers.len() == self.count()? => Some(numbers),
            _ => None,
        }
    }

    fn count(&self) -> Option<usize> {
        let axes = self.axes.iter().map(|&axis| usize::try_from(axis).ok());
        axes.reduce(|a, b| a?.checked_mul(b?))?
    }
}

pub(super) fn outlets<'a>(outputs: &[Output<'a>]) -> Vec<Outlet<'a>> {
    outputs.iter().map(Output::outlet).collect()
}

/// The first output of which this is true.
pub(super) fn first(outlets: &[Outlet<'_>], wanted: impl Fn(&Outlet<'_>) -> bool) -> Option<usize> {
    outlets.iter().position(wanted)
}
