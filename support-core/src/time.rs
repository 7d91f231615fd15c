//! Instants, the clock that is passed in, and the bundled zone database.
//!
//! The core never reads a clock: every decision takes `now`. A [`Clock`] is plugged into the desk by the host, so
//! that a test, a replay or a simulation can own time.
//!
//! ```
//! use support_core::time::{Timestamp, Zone};
//!
//! let noon: Timestamp = "2026-03-01T12:00:00Z".parse()?;
//! assert_eq!(noon.plus_seconds(90).to_string(), "2026-03-01T12:01:30Z");
//!
//! let zone: Zone = "Europe/Berlin".parse()?;
//! assert_eq!(zone.name(), "Europe/Berlin");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::fmt;
use std::str::FromStr;
use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, Datelike as _, Timelike as _, Utc};
use serde::{Deserialize, Serialize};

const MICROS: i64 = 1_000_000;

/// Version of the bundled IANA time zone database, such as `2025b`.
pub const ZONE_DATABASE_VERSION: &str = chrono_tz::IANA_TZDB_VERSION;

/// An instant, in microseconds since 1970-01-01T00:00:00Z.
///
/// Prints and reads as RFC 3339 in UTC. Arithmetic saturates: a deadline in the year 300,000 is as good as never.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The earliest instant that prints: 0001-01-01T00:00:00Z.
    pub const MIN: Self = Self(-62_135_596_800 * MICROS);
    /// The latest instant that prints: 9999-12-31T23:59:59.999999Z.
    pub const MAX: Self = Self(253_402_300_800 * MICROS - 1);

    /// Makes an instant of microseconds since the epoch, clamped to [`MIN`](Self::MIN)…[`MAX`](Self::MAX).
    #[must_use]
    pub const fn from_micros(micros: i64) -> Self {
        if micros < Self::MIN.0 {
            Self::MIN
        } else if micros > Self::MAX.0 {
            Self::MAX
        } else {
            Self(micros)
        }
    }

    /// Makes an instant of whole seconds since the epoch.
    #[must_use]
    pub const fn from_seconds(seconds: i64) -> Self {
        Self::from_micros(seconds.saturating_mul(MICROS))
    }

    /// Returns microseconds since the epoch.
    #[must_use]
    pub const fn micros(self) -> i64 {
        self.0
    }

    /// Returns whole seconds since the epoch, rounded down.
    #[must_use]
    pub const fn seconds(self) -> i64 {
        self.0.div_euclid(MICROS)
    }

    /// Returns the instant `seconds` later, earlier where negative.
    #[must_use]
    pub const fn plus_seconds(self, seconds: i64) -> Self {
        Self::from_micros(self.0.saturating_add(seconds.saturating_mul(MICROS)))
    }

    /// Returns the instant `micros` microseconds later, earlier where negative.
    #[must_use]
    pub const fn plus_micros(self, micros: i64) -> Self {
        Self::from_micros(self.0.saturating_add(micros))
    }

    /// Returns the microseconds from `earlier` to `self`, negative where it is later.
    #[must_use]
    pub const fn micros_since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    /// Returns the whole seconds from `earlier` to `self`, rounded towards zero.
    #[must_use]
    pub const fn seconds_since(self, earlier: Self) -> i64 {
        self.micros_since(earlier) / MICROS
    }

    /// Converts to chrono's instant in UTC.
    #[must_use]
    pub fn to_utc(self) -> DateTime<Utc> {
        DateTime::from_timestamp_micros(self.0).unwrap_or_default()
    }
}

impl From<DateTime<Utc>> for Timestamp {
    fn from(instant: DateTime<Utc>) -> Self {
        Self::from_micros(instant.timestamp_micros())
    }
}

impl From<Timestamp> for DateTime<Utc> {
    fn from(instant: Timestamp) -> Self {
        instant.to_utc()
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let utc = self.to_utc().naive_utc();
        let mut text = *b"0000-00-00T00:00:00.000000Z";
        let micros = u32::try_from(self.0.rem_euclid(MICROS)).unwrap_or_default();
        let parts = [
            (0..4, utc.year().unsigned_abs()),
            (5..7, utc.month()),
            (8..10, utc.day()),
            (11..13, utc.hour()),
            (14..16, utc.minute()),
            (17..19, utc.second()),
            (20..26, micros),
        ];
        for (place, mut number) in parts {
            for digit in text.get_mut(place).unwrap_or_default().iter_mut().rev() {
                *digit = b'0' + (number % 10) as u8;
                number /= 10;
            }
        }
        // As many thousands of a second as it takes: none, three places or six.
        let end = match micros {
            0 => 19,
            micros if micros.is_multiple_of(1_000) => 23,
            _ => 26,
        };
        let shown = text.get_mut(..=end).unwrap_or_default();
        shown.last_mut().into_iter().for_each(|last| *last = b'Z');
        f.write_str(std::str::from_utf8(shown).unwrap_or_default())
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The text is not an RFC 3339 instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an RFC 3339 instant such as `2026-03-01T12:00:00Z`")]
pub struct ParseTimestampError;

impl FromStr for Timestamp {
    type Err = ParseTimestampError;

    fn from_str(text: &str) -> Result<Self, ParseTimestampError> {
        let instant = DateTime::parse_from_rfc3339(text).map_err(|_| ParseTimestampError)?;
        Ok(Self::from_micros(instant.timestamp_micros()))
    }
}

impl Serialize for Timestamp {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        crate::wire::parsed(deserializer)
    }
}

/// Where a desk reads the time.
pub trait Clock: fmt::Debug + Send + Sync + 'static {
    /// Returns the present instant.
    fn now(&self) -> Timestamp;
}

/// A clock that stands still until it is moved: for tests, replays and simulations.
#[derive(Debug, Default)]
pub struct ManualClock(AtomicI64);

impl ManualClock {
    /// Starts at `now`.
    #[must_use]
    pub const fn at(now: Timestamp) -> Self {
        Self(AtomicI64::new(now.0))
    }

    /// Moves the clock to `now`, backwards too: a desk must survive that.
    pub fn set(&self, now: Timestamp) {
        self.0.store(now.0, Ordering::SeqCst);
    }

    /// Moves the clock `seconds` forward.
    pub fn advance(&self, seconds: i64) {
        self.set(self.now().plus_seconds(seconds));
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.0.load(Ordering::SeqCst))
    }
}

/// A zone of the bundled IANA database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Zone(chrono_tz::Tz);

impl Zone {
    /// Coordinated universal time.
    pub const UTC: Self = Self(chrono_tz::UTC);

    /// Returns the IANA name, such as `Europe/Berlin`.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.0.name()
    }

    /// Returns chrono's zone.
    #[must_use]
    pub const fn tz(self) -> chrono_tz::Tz {
        self.0
    }
}

/// The name is in no zone database that we know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an IANA time zone such as `Europe/Berlin`")]
pub struct ParseZoneError;

impl FromStr for Zone {
    type Err = ParseZoneError;

    fn from_str(name: &str) -> Result<Self, ParseZoneError> {
        name.parse().map(Self).map_err(|_| ParseZoneError)
    }
}

impl Serialize for Zone {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for Zone {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        crate::wire::parsed(deserializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_prints_as_it_is_read() {
        for text in ["2026-03-01T12:00:00Z", "1969-12-31T23:59:59.250Z", "2026-03-01T12:00:00.000001Z"] {
            assert_eq!(text.parse::<Timestamp>().unwrap().to_string(), text);
        }
        assert_eq!("2026-03-01T13:00:00+01:00".parse::<Timestamp>(), "2026-03-01T12:00:00Z".parse());
        assert_eq!("2026-03-01".parse::<Timestamp>(), Err(ParseTimestampError));
    }

    #[test]
    fn an_instant_prints_as_the_calendar_library_prints_it() {
        let same = |at: Timestamp| {
            assert_eq!(at.to_string(), at.to_utc().to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true));
        };
        for number in 0..50_000_i64 {
            // Both primes: the whole range from the first year to the last, and all remainders.
            let spread = Timestamp::MIN.plus_micros(number.wrapping_mul(6_311_384_999_983));
            same(spread);
            same(Timestamp::from_seconds(spread.seconds()));
            same(Timestamp::from_micros(spread.micros() / 1_000 * 1_000));
        }
        for edge in [Timestamp::MIN, Timestamp::MAX, Timestamp::default(), Timestamp::from_micros(-1)] {
            same(edge);
        }
    }

    #[test]
    fn arithmetic_saturates_at_instants_that_still_print() {
        assert_eq!(Timestamp::MAX.plus_seconds(i64::MAX), Timestamp::MAX);
        assert_eq!(Timestamp::MIN.plus_seconds(i64::MIN), Timestamp::MIN);
        assert_eq!(Timestamp::MAX.to_string(), "9999-12-31T23:59:59.999999Z");
        assert_eq!(Timestamp::MIN.to_string(), "0001-01-01T00:00:00Z");
    }

    #[test]
    fn a_manual_clock_stands_still_until_moved() {
        let clock = ManualClock::at(Timestamp::from_seconds(5));
        assert_eq!(clock.now(), clock.now());
        clock.advance(2);
        assert_eq!(clock.now(), Timestamp::from_seconds(7));
    }
}
