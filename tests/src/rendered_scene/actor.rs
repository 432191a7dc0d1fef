//! Everything that can come into a scene: what it is called, how it is drawn, where it is.

use tiny_skia::{Pixmap, Transform};

use super::fire::{flame_extent, flames, smoke, smoke_extent};
use super::living::{cow, motorbike, person};
use super::vehicle::{bus, car, lorry};

/// What can come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ActorKind {
    /// A saloon.
    Car,
    /// A city bus.
    Bus,
    /// A lorry with a box body.
    Lorry,
    /// A motorbike with its rider.
    Motorbike,
    /// Somebody on foot.
    Person,
    /// A cow.
    Cow,
    /// Flames.
    Fire,
    /// A plume that rises and drifts.
    Smoke,
}

/// The words of a detector for what is drawn, in the order of the shipped models' classes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// `person`
    Person,
    /// `two_wheeler`
    TwoWheeler,
    /// `car`
    Car,
    /// `large_vehicle`
    LargeVehicle,
    /// `cattle`
    Cattle,
    /// `fire`
    Fire,
    /// `smoke`
    Smoke,
}

/// A colour, red, green and blue.
pub(super) type Coat = (u8, u8, u8);

/// Which way it looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Facing {
    Right,
    Left,
}

/// Something at a place of the picture.
#[derive(Debug, Clone)]
pub(super) struct Actor {
    /// What it is.
    pub(super) kind: ActorKind,
    /// Where its middle touches the ground, in pixels.
    pub(super) ground: (f32, f32),
    /// Its length, a person's height, a fire's width, in pixels.
    pub(super) size: f32,
    /// Its main colour.
    pub(super) coat: Coat,
    pub(super) facing: Facing,
    /// Seconds since it began: legs swing, flames lick, smoke drifts.
    pub(super) age: f32,
}

/// Left, top, right, bottom.
pub(super) type Extent = [f32; 4];

impl Actor {
    fn place(&self) -> Transform {
        let across = match self.facing {
            Facing::Right => self.size,
            Facing::Left => -self.size,
        };
        Transform::from_scale(across, self.size).post_translate(self.ground.0, self.ground.1)
    }

    /// Draws it.
    pub(super) fn draw(&self, on: &mut Pixmap) {
        let place = self.place();
        match self.kind {
            ActorKind::Car => car(on, self.coat, place),
            ActorKind::Bus => bus(on, self.coat, place),
            ActorKind::Lorry => lorry(on, self.coat, place),
            ActorKind::Motorbike => motorbike(on, self.coat, place),
            ActorKind::Person => person(on, self.coat, self.age, place),
            ActorKind::Cow => cow(on, self.coat, self.age, place),
            ActorKind::Fire => flames(on, self.age, place),
            ActorKind::Smoke => smoke(on, self.coat, self.age, place),
        }
    }

    /// What a detector should say of it, and where, in pixels.
    pub(super) fn seen_as(&self) -> Vec<(Class, Extent)> {
        let parts = match self.kind {
            ActorKind::Car => vec![(Class::Car, [-0.5, -0.345, 0.5, 0.005])],
            ActorKind::Bus => vec![(Class::LargeVehicle, [-0.5, -0.335, 0.5, 0.005])],
            ActorKind::Lorry => vec![(Class::LargeVehicle, [-0.5, -0.47, 0.5, 0.005])],
            ActorKind::Motorbike => vec![
                (Class::TwoWheeler, [-0.5, -0.66, 0.5, 0.005]),
                (Class::Person, [-0.27, -1.16, 0.25, -0.12]),
            ],
            ActorKind::Person => vec![(Class::Person, [-0.16, -1.0, 0.16, 0.005])],
            ActorKind::Cow => vec![(Class::Cattle, [-0.5, -0.72, 0.56, 0.005])],
            ActorKind::Fire => vec![(Class::Fire, flame_extent(self.age))],
            ActorKind::Smoke => vec![(Class::Smoke, smoke_extent(self.age))],
        };
        let placed = |(class, [left, top, right, bottom]): (Class, Extent)| {
            let (left, right) = match self.facing {
                Facing::Right => (left, right),
                Facing::Left => (-right, -left),
            };
            let (x, y) = self.ground;
            let at = |unit: f32, origin: f32| unit.mul_add(self.size, origin);
            (
                class,
                [at(left, x), at(top, y), at(right, x), at(bottom, y)],
            )
        };
        parts.into_iter().map(placed).collect()
    }
}
