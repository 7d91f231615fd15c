//! What work asks of its handler, and how well an agent fits.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::config::{RelaxStage, TeamSpec};
use crate::label::Label;
use crate::people::Agent;
use crate::ticket::Ticket;

use super::Waiting;

/// What a piece of work asks of its handler. Work that asks for the same is routed by the same turns.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize)]
pub struct Asks {
    /// Units of capacity that it takes.
    pub effort: u32,
    /// Skills that a handler must have, with the least level.
    #[serde(serialize_with = "by_name", deserialize_with = "from_names")]
    pub skills: Vec<(Label, u8)>,
    /// Skills that a handler should have, with the level from which one counts.
    #[serde(serialize_with = "by_name", deserialize_with = "from_names")]
    pub preferred: Vec<(Label, u8)>,
    /// Language in which it is to be answered.
    pub language: Option<Label>,
}

/// Required skills by their numbers in the queue, with the least levels.
pub(super) type Skills = Arc<[(u32, u8)]>;

/// How well an agent fits a piece of work: what the strategy `skills` compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Fit {
    /// Preferred skills that the agent has: more is better.
    pub preferred: u16,
    /// Levels of skill that the work has no use for: fewer spares those who can do what others cannot.
    pub spare: u16,
}

/// Writes skills as agents have them: levels by name.
fn by_name<S: Serializer>(skills: &[(Label, u8)], serializer: S) -> Result<S::Ok, S::Error> {
    levels(skills).serialize(serializer)
}

/// Reads what [`by_name`] wrote.
fn from_names<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<(Label, u8)>, D::Error> {
    BTreeMap::deserialize(deserializer).map(|levels| levels.into_iter().collect())
}

/// Gives each skill the highest level at which it is asked for.
fn levels(skills: &[(Label, u8)]) -> BTreeMap<&Label, u8> {
    let mut levels: BTreeMap<&Label, u8> = BTreeMap::new();
    for (skill, level) in skills {
        let known = levels.entry(skill).or_default();
        *known = (*known).max(*level);
    }
    levels
}

impl Asks {
    /// Returns what a ticket asks for, each skill once and in the order of their names.
    #[must_use]
    pub fn of_ticket(ticket: &Ticket) -> Self {
        let Ticket { work, language, .. } = ticket;
        let (skills, preferred) = (work.skills.clone(), work.preferred.clone());
        Self { effort: work.effort, skills, preferred, language: language.clone() }.in_order()
    }

    /// Names each skill once, in the order of their names.
    #[must_use]
    pub(crate) fn in_order(self) -> Self {
        let in_order = |skills: &[(Label, u8)]| {
            levels(skills).into_iter().map(|(skill, level)| (skill.clone(), level)).collect()
        };
        Self { skills: in_order(&self.skills), preferred: in_order(&self.preferred), ..self }
    }

    /// Returns what a waiting ticket asks for, before anything is relaxed.
    #[must_use]
    pub fn of(entry: &Waiting) -> Self {
        Self {
            effort: entry.work.effort,
            skills: entry.work.skills.clone(),
            preferred: entry.work.preferred.clone(),
            language: entry.language.clone(),
        }
    }

    /// Returns what is asked for at a stage of relaxation.
    #[must_use]
    pub fn relaxed(&self, stage: &RelaxStage) -> Self {
        let lowered = |(skill, level): &(Label, u8)| {
            let level = level.saturating_sub(stage.lower_levels);
            (level > 0).then(|| (skill.clone(), level))
        };
        Self {
            effort: self.effort,
            skills: if stage.drop_skills {
                Vec::new()
            } else {
                self.skills.iter().filter_map(lowered).collect()
            },
            preferred: if stage.drop_preferred { Vec::new() } else { self.preferred.clone() },
            language: self.language.clone().filter(|_| !stage.drop_language),
        }
    }

    /// Returns what is asked for at a stage of relaxation of a team, counted from 1; 0 is all.
    #[must_use]
    pub fn at(&self, team: &TeamSpec, stage: usize) -> Self {
        let stage = stage.checked_sub(1).and_then(|at| team.relaxation.get(at));
        stage.map_or_else(|| self.clone(), |stage| self.relaxed(stage))
    }

    /// Tells whether there is anything that could relax.
    pub(super) fn is_particular(&self) -> bool {
        !self.skills.is_empty() || !self.preferred.is_empty() || self.language.is_some()
    }

    /// Tells whether an agent has the required skills.
    #[must_use]
    pub fn is_skilled(&self, agent: &Agent) -> bool {
        self.skills.iter().all(|(skill, level)| has(agent, skill) >= *level)
    }

    /// Tells whether an agent answers in the language: in that very one, or in it wherever it is spoken (`de` answers
    /// `de-AT`). Who lists no languages answers in any.
    #[must_use]
    pub fn is_spoken(&self, agent: &Agent) -> bool {
        let Some(language) = &self.language else { return true };
        agent.languages.is_empty() || agent.languages.iter().any(|spoken| covers(spoken, language))
    }

    /// Says how well an agent fits.
    #[must_use]
    pub fn fit(&self, agent: &Agent) -> Fit {
        let met = self.preferred.iter().filter(|(skill, level)| has(agent, skill) >= *level).count();
        let needed = |skill: &Label| {
            let asked = self.skills.iter().chain(&self.preferred);
            asked.filter(|(name, _)| name == skill).map(|(_, level)| *level).max().unwrap_or(0)
        };
        let spare = agent.skills.iter().map(|(skill, level)| u16::from(level.saturating_sub(needed(skill))));
        Fit { preferred: u16::try_from(met).unwrap_or(u16::MAX), spare: spare.sum() }
    }
}

fn has(agent: &Agent, skill: &Label) -> u8 {
    agent.skills.get(skill).copied().unwrap_or(0)
}

fn covers(spoken: &Label, wanted: &Label) -> bool {
    let (spoken, wanted) = (spoken.as_str(), wanted.as_str());
    wanted.get(..spoken.len()).is_some_and(|start| start.eq_ignore_ascii_case(spoken))
        && wanted.get(spoken.len()..).is_some_and(|rest| rest.is_empty() || rest.starts_with(['-', '_']))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testkit::build::{an_agent, word};

    fn asks(skills: &[(&str, u8)], language: Option<&str>) -> Asks {
        let skills = skills.iter().map(|(skill, level)| (word(skill), *level)).collect();
        Asks { effort: 1, skills, preferred: vec![(word("law"), 2)], language: language.map(word) }
    }

    #[test]
    fn a_language_is_spoken_wherever_it_is_spoken() {
        let mut agent = an_agent(1);
        let speaks = |agent: &Agent, language| asks(&[], Some(language)).is_spoken(agent);
        assert!(speaks(&agent, "de"));
        agent.languages = vec![word("de"), word("pt-BR")];
        assert!(speaks(&agent, "de") && speaks(&agent, "de-AT") && speaks(&agent, "pt-br"));
        assert!(!speaks(&agent, "pt") && !speaks(&agent, "den") && !speaks(&agent, "fr"));
        assert!(asks(&[], None).is_spoken(&agent));
    }

    #[test]
    fn a_stage_lowers_levels_and_drops_what_it_says() {
        let asks = asks(&[("billing", 4), ("wood", 2)], Some("de"));
        let lower = asks.relaxed(&RelaxStage { lower_levels: 2, ..RelaxStage::default() });
        assert_eq!(lower, Asks { skills: vec![(word("billing"), 2)], ..asks.clone() });
        let drop = RelaxStage {
            drop_skills: true,
            drop_preferred: true,
            drop_language: true,
            ..RelaxStage::default()
        };
        assert_eq!(asks.relaxed(&drop), Asks { effort: 1, ..Asks::default() });
    }

    #[test]
    fn what_the_work_has_no_use_for_is_spare() {
        let mut agent = an_agent(1);
        agent.skills = [(word("billing"), 5), (word("law"), 1), (word("wood"), 2)].into();
        assert_eq!(asks(&[("billing", 4)], None).fit(&agent), Fit { preferred: 0, spare: 1 + 2 });
        agent.skills.insert(word("law"), 3);
        assert_eq!(asks(&[("billing", 4)], None).fit(&agent), Fit { preferred: 1, spare: 1 + 1 + 2 });
    }
}
