//! In which order a team's strategy prefers eligible agents.

use std::cmp::{Ordering, Reverse};

use crate::time::Timestamp;

use super::{Asks, Candidate, Fit, Seat, Strategy};

/// What a strategy compares, so that it can be sorted by: smaller is preferred. Agents who are equal in it take turns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Turn {
    /// What comes before taking turns, see [`Strategy::prefers`].
    rank: u64,
    last_assigned_at: Option<Timestamp>,
}

impl Strategy {
    /// Orders eligible agents: who comes first is given work. Who had the matter before comes first; then what the
    /// strategy compares; and at last the one who was given work least lately, so that equal agents take turns.
    ///
    /// A plan of all that waits puts those first who serve it best after their price. Where several do so equally well,
    /// its record names first whom it chose.
    pub(super) fn prefers(self, a: &Candidate, b: &Candidate) -> Ordering {
        let sticky = b.sticky.cmp(&a.sticky);
        if let (Self::Optimal, Some(a), Some(b)) = (self, a.worth, b.worth) {
            return b.net().cmp(&a.net());
        }
        // load_a / size_a < load_b / size_b, without division.
        let size = |one: &Candidate| {
            u128::from(one.capacity) * u128::from(one.performance.filter(|_| self.weighs()).unwrap_or(1))
        };
        let share = |one: &Candidate, other: &Candidate| u128::from(one.load) * size(other);
        let best_fit = |fit: Option<Fit>| fit.map(|fit| (Reverse(fit.preferred), fit.spare));
        let by_rank = match self {
            Self::RoundRobin => Ordering::Equal,
            Self::LeastLoaded | Self::PerformanceWeighted => share(a, b).cmp(&share(b, a)),
            Self::Skills | Self::Optimal => best_fit(a.fit).cmp(&best_fit(b.fit)),
        };
        let by_turn = || (a.last_assigned_at, a.agent).cmp(&(b.last_assigned_at, b.agent));
        sticky.then(by_rank).then_with(by_turn)
    }

    /// Returns what [`prefers`](Self::prefers) compares of an agent, sticky aside, in a form that is quick to compare.
    pub(super) fn turn(self, seat: &Seat, asks: &Asks) -> Turn {
        let (load, capacity) = (seat.state.load.units, seat.agent.capacity.units);
        // Equal shares are equal as floats too, and others differ: loads and sizes have less than 26 bits each.
        let share = |size: f64| (f64::from(load) / size.max(1.0)).to_bits();
        let rank = match self {
            Self::RoundRobin => 0,
            Self::LeastLoaded => share(f64::from(capacity)),
            Self::PerformanceWeighted => share(f64::from(capacity) * f64::from(seat.agent.performance)),
            Self::Skills | Self::Optimal => {
                let Fit { preferred, spare } = asks.fit(&seat.agent);
                u64::from(u16::MAX - preferred) << 16 | u64::from(spare)
            }
        };
        Turn { rank, last_assigned_at: seat.state.last_assigned_at }
    }

    /// Returns the turn of an agent who was given other work since theirs was noted. How well they fit stays.
    pub(super) fn turn_again(self, noted: Turn, seat: &Seat, asks: &Asks) -> Turn {
        if self.fits() {
            return Turn { last_assigned_at: seat.state.last_assigned_at, ..noted };
        }
        self.turn(seat, asks)
    }

    /// Tells whether it counts how well agents perform.
    pub(super) const fn weighs(self) -> bool {
        matches!(self, Self::PerformanceWeighted)
    }

    /// Tells whether it counts how well agents fit.
    pub(super) const fn fits(self) -> bool {
        matches!(self, Self::Skills | Self::Optimal)
    }
}

impl Turn {
    /// Tells whether the agent was given no other work since this was noted: no two pieces of work are noted as given at
    /// the same instant.
    pub(super) fn is_of(self, seat: &Seat) -> bool {
        self.last_assigned_at == seat.state.last_assigned_at
    }

    /// Returns how well the agent fits, under a strategy for which that counts.
    pub(super) fn fit(self, strategy: Strategy) -> Fit {
        let low = |bits: u64| u16::try_from(bits & u64::from(u16::MAX)).unwrap_or(0);
        if !strategy.fits() {
            return Fit::default();
        }
        Fit { preferred: u16::MAX - low(self.rank >> 16), spare: low(self.rank) }
    }
}
