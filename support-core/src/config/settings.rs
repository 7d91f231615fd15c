//! Settings of a desk.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::value::MapAccessDeserializer;
use serde::de::{self, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use crate::conversation::ChannelKind;
use crate::error::FieldProblem;
use crate::id::TeamId;
use crate::label::Label;
use crate::scoring::Weights;

/// Settings of a desk. What is absent in the document has its default.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Seconds after resolution in which a customer's message reopens; then the ticket closes. Default 7 days.
    pub reopen_window_seconds: i64,
    /// Seconds without an answer after which the customer of a pending ticket is to be reminded, once each time that
    /// the desk waits for them. Default off; 3 days are usual.
    pub pending_reminder_seconds: Option<i64>,
    /// Seconds without an answer after which a pending ticket is resolved as `no_response`. Default off; 7 days are
    /// usual.
    pub pending_resolve_seconds: Option<i64>,
    /// Seconds that a deleted ticket stays in the bin, from where it can be restored; then its texts are erased. Default
    /// 30 days. A ticket keeps what it was promised when it was deleted.
    pub bin_seconds: i64,
    /// Seconds in which work is not given again to one who gave it back, while others are eligible. Default 300.
    pub declined_seconds: i64,
    /// Seconds for which an offered ticket of a channel that `offer_seconds_by_channel` does not name waits for the agent's
    /// answer, and after which who declined work is asked about it again where nobody else may have it. Default 120.
    pub offer_seconds: i64,
    /// Seconds for which an offered ticket waits for the agent's answer, by the ticket's channel. Default 20 for calls
    /// (`phone`), 30 for chats. At most 50.
    pub offer_seconds_by_channel: BTreeMap<ChannelKind, i64>,
    /// Whether tickets on which an agent has not begun go back to their queues when the agent goes offline. Default no.
    pub offline_returns_unstarted: bool,
    /// Seconds in which the owner of a ticket answers its customer for the first time, by the ticket's channel; then it
    /// goes back to its queue with its age, and to others first. Nobody is late by a change of the settings: who would
    /// have been has the whole time from the change on. Default 120 for chats. At most 50.
    pub unanswered_return_seconds: BTreeMap<ChannelKind, i64>,
    /// Pieces of work in a row that an agent misses before the desk sets them away, by the ticket's channel: offers to
    /// which they do not answer, and tickets that go back unanswered. 1–100; none on channels that are not named. Default
    /// 1 for calls (`phone`), 2 for chats. At most 50.
    ///
    /// Only who is there misses anything: available or busy, on shift and on no planned absence, when it began and when
    /// it ended. An offer that its agent could no longer accept is missed by nobody, and neither is what began before the
    /// desk was last started or the settings last changed.
    pub away_after_missed: BTreeMap<ChannelKind, u32>,
    /// Seconds for which an agent who is viewing or writing is taken to be at it. Default 60.
    pub handling_lease_seconds: i64,
    /// Seconds for which the answers to a journey that a customer has begun are kept for them. Default 7 days.
    pub journey_retention_seconds: i64,
    /// The team that gets new tickets of a category which nothing else gives to a team. At most 1,000.
    pub category_teams: BTreeMap<Label, TeamId>,
    /// What the score is made of: weights, or the name of a preset, see [`Weights::preset`].
    #[serde(deserialize_with = "weights_or_preset")]
    pub weights: Weights,
}

/// Reads weights that are given one by one or by the name of a preset.
fn weights_or_preset<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Weights, D::Error> {
    struct Reader;

    impl<'de> Visitor<'de> for Reader {
        type Value = Weights;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(f, "weights by name, or a preset: {}", Weights::PRESETS.join(", "))
        }

        fn visit_str<E: de::Error>(self, name: &str) -> Result<Weights, E> {
            Weights::preset(name).ok_or_else(|| E::unknown_variant(name, Weights::PRESETS))
        }

        fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Weights, A::Error> {
            Weights::deserialize(MapAccessDeserializer::new(map))
        }
    }

    deserializer.deserialize_any(Reader)
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            reopen_window_seconds: 7 * 86_400,
            pending_reminder_seconds: None,
            pending_resolve_seconds: None,
            bin_seconds: 30 * 86_400,
            declined_seconds: 300,
            offer_seconds: 120,
            offer_seconds_by_channel: BTreeMap::from([(ChannelKind::Phone, 20), (ChannelKind::Chat, 30)]),
            offline_returns_unstarted: false,
            unanswered_return_seconds: BTreeMap::from([(ChannelKind::Chat, 120)]),
            away_after_missed: BTreeMap::from([(ChannelKind::Phone, 1), (ChannelKind::Chat, 2)]),
            handling_lease_seconds: 60,
            journey_retention_seconds: 7 * 86_400,
            category_teams: BTreeMap::new(),
            weights: Weights::default(),
        }
    }
}

/// Longest setting in seconds: ten years.
const LONGEST: i64 = 315_360_000;

impl Settings {
    /// Returns the seconds for which an offered ticket of a channel waits for the agent's answer.
    #[must_use]
    pub fn offer_seconds_on(&self, channel: &ChannelKind) -> i64 {
        self.offer_seconds_by_channel.get(channel).copied().unwrap_or(self.offer_seconds)
    }

    /// Checks ranges.
    ///
    /// # Errors
    /// Every field that is out of range.
    pub fn check(&self) -> Result<(), Vec<FieldProblem>> {
        let seconds = [
            ("reopen_window_seconds", Some(self.reopen_window_seconds), 0),
            ("pending_reminder_seconds", self.pending_reminder_seconds, 60),
            ("pending_resolve_seconds", self.pending_resolve_seconds, 60),
            ("bin_seconds", Some(self.bin_seconds), 3_600),
            ("declined_seconds", Some(self.declined_seconds), 0),
            ("offer_seconds", Some(self.offer_seconds), 5),
            ("handling_lease_seconds", Some(self.handling_lease_seconds), 5),
            ("journey_retention_seconds", Some(self.journey_retention_seconds), 3_600),
        ];
        let ranges = seconds.into_iter().filter_map(|(field, value, least)| {
            let sound = value.is_none_or(|value| (least..=LONGEST).contains(&value));
            (!sound).then(|| FieldProblem::new(field, format!("must be {least} to {LONGEST}")))
        });
        let by_channel = [
            ("offer_seconds_by_channel", &self.offer_seconds_by_channel, 5),
            ("unanswered_return_seconds", &self.unanswered_return_seconds, 10),
        ];
        let by_channel = by_channel.into_iter().flat_map(|(field, seconds, least)| {
            let wrong = seconds.iter().filter(move |(_, value)| !(least..=LONGEST).contains(*value));
            wrong.map(move |(channel, _)| {
                let field = format!("{field}.{}", channel.as_str());
                FieldProblem::new(field, format!("must be {least} to {LONGEST}"))
            })
        });
        let misses = self.away_after_missed.iter().filter(|(_, value)| !(1..=100).contains(*value));
        let misses = misses.map(|(channel, _)| {
            FieldProblem::new(format!("away_after_missed.{}", channel.as_str()), "must be 1 to 100")
        });
        let channels = [
            ("offer_seconds_by_channel", self.offer_seconds_by_channel.len()),
            ("unanswered_return_seconds", self.unanswered_return_seconds.len()),
            ("away_after_missed", self.away_after_missed.len()),
        ];
        let many_channels = channels
            .into_iter()
            .filter(|(_, named)| *named > 50)
            .map(|(field, _)| FieldProblem::new(field, "must be at most 50"));
        // A reminder that comes with the end, or after it, reminds of nothing.
        let too_late = self
            .pending_reminder_seconds
            .zip(self.pending_resolve_seconds)
            .filter(|(reminds, resolves)| reminds >= resolves)
            .map(|_| {
                FieldProblem::new("pending_reminder_seconds", "must be below `pending_resolve_seconds`")
            });
        let too_many = (self.category_teams.len() > 1_000)
            .then(|| FieldProblem::new("category_teams", "must be at most 1000"));
        let weights = self
            .weights
            .problems()
            .into_iter()
            .map(|p| FieldProblem::new(format!("weights.{}", p.field), p.problem));
        let problems: Vec<FieldProblem> = ranges
            .chain(by_channel)
            .chain(misses)
            .chain(many_channels)
            .chain(too_late)
            .chain(too_many)
            .chain(weights)
            .collect();
        if problems.is_empty() { Ok(()) } else { Err(problems) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_setting_out_of_range_is_named() {
        assert_eq!(Settings::default().check(), Ok(()));
        let mut settings = Settings { reopen_window_seconds: -1, ..Settings::default() };
        settings.pending_resolve_seconds = Some(1);
        settings.weights.age_points = f64::NAN;
        settings.offer_seconds_by_channel.insert(ChannelKind::Phone, 4);
        settings.unanswered_return_seconds.insert(ChannelKind::Chat, 9);
        settings.away_after_missed = BTreeMap::from([(ChannelKind::Chat, 0), (ChannelKind::Email, 101)]);
        let fields: Vec<String> = settings.check().unwrap_err().into_iter().map(|p| p.field).collect();
        assert_eq!(
            fields,
            [
                "reopen_window_seconds",
                "pending_resolve_seconds",
                "offer_seconds_by_channel.phone",
                "unanswered_return_seconds.chat",
                "away_after_missed.email",
                "away_after_missed.chat",
                "weights.age_points"
            ]
        );
    }

    #[test]
    fn a_reminder_comes_before_what_it_reminds_of() {
        let settings = |reminds, resolves| Settings {
            pending_reminder_seconds: Some(reminds),
            pending_resolve_seconds: resolves,
            ..Settings::default()
        };
        assert_eq!(settings(3_600, None).check(), Ok(()));
        assert_eq!(settings(3_600, Some(3_601)).check(), Ok(()));
        for wrong in [settings(59, None), settings(3_600, Some(3_600)), settings(7_200, Some(3_600))] {
            assert_eq!(wrong.check().unwrap_err()[0].field, "pending_reminder_seconds");
        }
    }
}
