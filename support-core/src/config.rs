//! A tenant's configuration, compiled for decisions.
//!
//! Configuration is immutable versions of documents under one epoch a tenant. [`Config`] is all of them in force at
//! one epoch, parsed and compiled once; decisions read it and name the versions that they used. An older version of
//! a policy or calendar is added when a ticket still stands under it.
//!
//! ```
//! use support_core::config::Config;
//!
//! let config = Config::default();
//! assert_eq!(config.settings.reopen_window_seconds, 7 * 86_400);
//! ```

mod settings;
mod team;

pub use settings::Settings;
pub use team::{QueueLimitAction, RelaxStage, RoutingMode, RoutingModes, TeamSpec};

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, LazyLock};

use serde::de::DeserializeOwned;

use crate::automation::{Action, AutomationSpec, Automations, Guard, Snapshot};
use crate::error::FieldProblem;
use crate::id::{AgentId, DocumentId, TeamId};
use crate::journey::{JourneyEntry, JourneyState, shape};
use crate::label::Label;
use crate::masking::{Masker, MaskingSpec};
use crate::people::WorkKind;
use crate::scoring::Insight;
use crate::scoring::folded_tier;
use crate::scoring::keywords::{KeywordIndex, KeywordRule};
use crate::sla::calendar::{Calendar, CalendarSpec};
use crate::sla::policy::PolicySpec;
use crate::sla::{Applied, ConfigRef};
use crate::store::{Document, DocumentKind};
use crate::ticket::command::Matched;
use crate::ticket::{KeywordHit, Ticket};
use crate::time::Timestamp;

/// The calendar in which every second counts.
static ALWAYS: LazyLock<Calendar> = LazyLock::new(Calendar::always);

/// Everything that decisions read of a tenant's configuration.
#[derive(Debug, Clone, Default)]
pub struct Config {
    /// The epoch at which it was read.
    pub epoch: u64,
    /// Settings of the desk.
    pub settings: Settings,
    /// Since when these settings hold; `None` where none were ever given.
    pub settings_since: Option<Timestamp>,
    /// Masking of texts.
    pub masker: Masker,
    teams: BTreeMap<TeamId, TeamSpec>,
    /// Policies in force, in the order in which they are tried.
    policies: Vec<(ConfigRef, Arc<PolicySpec>)>,
    /// Every version of a policy that was read.
    policy_versions: HashMap<ConfigRef, Arc<PolicySpec>>,
    /// Version in force of each calendar.
    calendars: HashMap<DocumentId, ConfigRef>,
    /// Policies and calendars in force whose version fires ladders by what it puts in the past.
    firing: BTreeSet<ConfigRef>,
    /// Every version of a calendar that was read.
    calendar_versions: HashMap<ConfigRef, Calendar>,
    rules: Vec<(ConfigRef, KeywordRule)>,
    /// Which journey is active at each place.
    entries: Vec<JourneyEntry>,
    /// The rules compiled; `None` without any.
    keywords: Option<Arc<KeywordIndex>>,
    /// Which tickets keyword rules are for, of those that are not for all.
    keyword_guards: HashMap<DocumentId, Arc<Guard>>,
    /// The automations compiled.
    automations: Arc<Automations>,
    /// Agents whom rules in force name and who work here no more.
    left: BTreeSet<AgentId>,
    unreadable: Vec<ConfigRef>,
}

impl Config {
    /// Compiles the documents in force. Retired ones and kinds that decisions do not read are passed over; one that
    /// cannot be read, because a newer release wrote it, or whose keywords are too many beside those of others, is listed in [`unreadable`](Self::unreadable).
    #[must_use]
    pub fn compile(epoch: u64, documents: &[Document]) -> Self {
        let mut config = Self { epoch, ..Self::default() };
        let mut automations: Vec<(ConfigRef, AutomationSpec)> = Vec::new();
        let mut dormant: Vec<DocumentId> = Vec::new();
        for document in documents.iter().filter(|d| !d.retired) {
            match document.kind {
                DocumentKind::Automation => match parse::<AutomationSpec>(document) {
                    Some(spec) => {
                        dormant.extend((!spec.active).then_some(document.id));
                        automations.push((version_of(document), spec));
                    }
                    None => {
                        dormant.push(document.id);
                        config.unreadable.push(version_of(document));
                    }
                },
                _ => config.add(document, true),
            }
        }
        config.automations = Arc::new(Automations::compile(&automations).beside(dormant));
        config.policies.sort_by_key(|(version, policy)| (policy.position, version.id));
        for (version, rule) in &config.rules {
            if let Some(condition) = &rule.condition {
                config.keyword_guards.insert(version.id, Arc::new(Guard::new(condition)));
            }
        }
        let rules: Vec<KeywordRule> = config.rules.iter().map(|(_, rule)| rule.clone()).collect();
        let (index, problems) = KeywordIndex::compile(&rules);
        config.keywords = Some(Arc::new(index));
        // A rule is not saved when the keywords of all would be too many; of those that an older release saved, the ones
        // that go over are left out.
        let left_out: BTreeSet<DocumentId> = problems.into_iter().map(|problem| problem.rule).collect();
        let versions = config.rules.iter().map(|(version, _)| *version);
        config.unreadable.extend(versions.filter(|version| left_out.contains(&version.id)));
        config
    }

    /// Adds an older version of a policy or calendar that a ticket still names. It is not in force.
    pub fn remember(&mut self, document: &Document) {
        self.add(document, false);
    }

    fn add(&mut self, document: &Document, in_force: bool) {
        let version = version_of(document);
        let known = match document.kind {
            DocumentKind::Settings => parse(document).map(|settings| {
                self.settings = settings;
                self.settings_since = Some(document.updated_at);
            }),
            DocumentKind::Team => parse(document)
                .map(|team| drop(self.teams.insert(TeamId::from_uuid(document.id.uuid()), team))),
            DocumentKind::SlaPolicy => parse(document).map(|mut policy: PolicySpec| {
                policy.conditions.tiers.iter_mut().for_each(|tier| *tier = folded_tier(tier));
                let policy = Arc::new(policy);
                if in_force {
                    self.policies.push((version, policy.clone()));
                    self.firing.extend(policy.fire_ladders.then_some(version));
                }
                self.policy_versions.insert(version, policy);
            }),
            DocumentKind::Calendar => {
                let read = |spec: CalendarSpec| Some((Calendar::new(&spec).ok()?, spec.fire_ladders));
                parse(document).and_then(read).map(|(calendar, fires)| {
                    if in_force {
                        self.calendars.insert(version.id, version);
                        self.firing.extend(fires.then_some(version));
                    }
                    self.calendar_versions.insert(version, calendar);
                })
            }
            DocumentKind::KeywordRule => parse(document).map(|rule| self.rules.push((version, rule))),
            DocumentKind::Masking => parse(document)
                .and_then(|spec: MaskingSpec| Masker::new(&spec).ok())
                .map(|masker| self.masker = masker),
            DocumentKind::JourneyEntry => parse(document).map(|entry| self.entries.push(entry)),
            DocumentKind::Inbox
            | DocumentKind::Brand
            | DocumentKind::WebhookEndpoint
            | DocumentKind::Automation
            | DocumentKind::Macro
            | DocumentKind::Journey => Some(()),
        };
        if known.is_none() {
            self.unreadable.push(version);
        }
    }

    /// Lists documents that could not be read and are therefore not in force.
    #[must_use]
    pub fn unreadable(&self) -> &[ConfigRef] {
        &self.unreadable
    }

    /// Returns the versions that a ticket names and that are not here yet: of its timers, and of the policy in force
    /// for it, under which the next timer starts. Ended timers are read by their calendar too; their ladder is over.
    #[must_use]
    pub fn missing(&self, ticket: &Ticket) -> Vec<ConfigRef> {
        let (timers, applied) = (ticket.sla.timers.iter(), ticket.sla.applied.iter());
        let open = timers.clone().filter(|t| t.state.is_open()).map(|t| t.policy);
        let policies = open.chain(applied.clone().map(|applied| applied.policy));
        let targets = applied.flat_map(|applied| &applied.targets);
        let calendars = timers.filter_map(|t| t.calendar).chain(targets.filter_map(|t| t.calendar));
        let policies = policies.filter(|policy| !self.policy_versions.contains_key(policy));
        let calendars = calendars.filter(|calendar| !self.calendar_versions.contains_key(calendar));
        let mut missing: Vec<ConfigRef> = policies.chain(calendars).collect();
        missing.sort_unstable();
        missing.dedup();
        missing
    }

    /// Returns a version of a calendar; `None` is the one in which every second counts.
    ///
    /// A version that cannot be read counts every second too: a deadline that is too early gets noticed, one that is
    /// too late does not.
    #[must_use]
    pub fn calendar(&self, version: Option<ConfigRef>) -> &Calendar {
        version.and_then(|version| self.calendar_versions.get(&version)).unwrap_or(&ALWAYS)
    }

    /// Returns the version in force of a calendar.
    #[must_use]
    pub fn calendar_in_force(&self, id: DocumentId) -> Option<ConfigRef> {
        self.calendars.get(&id).copied()
    }

    /// Tells whether what this version in force of a policy or calendar puts in the past fires ladders.
    #[must_use]
    pub fn fires_ladders(&self, version: ConfigRef) -> bool {
        self.firing.contains(&version)
    }

    /// Returns a version of a policy.
    #[must_use]
    pub fn policy(&self, version: ConfigRef) -> Option<&PolicySpec> {
        self.policy_versions.get(&version).map(|policy| &**policy)
    }

    /// Returns the policy that is in force for a ticket, with what it demands. A calendar that was taken out of force goes
    /// on counting where the ticket is already under it.
    #[must_use]
    pub fn policy_for(&self, ticket: &Ticket, tier: Option<&Label>) -> Option<Applied> {
        let (version, policy) = self.policies.iter().find(|(_, policy)| policy.matches(ticket, tier))?;
        let counting = |id: DocumentId| {
            let timers = ticket.sla.timers.iter().filter_map(|timer| timer.calendar);
            let targets = ticket.sla.applied.iter().flat_map(|applied| &applied.targets);
            let calendars = timers.chain(targets.filter_map(|target| target.calendar));
            calendars.filter(|calendar| calendar.id == id).max_by_key(|calendar| calendar.version)
        };
        let calendar = |id| self.calendar_in_force(id).or_else(|| counting(id));
        Some(policy.applied(*version, ticket.promised_priority(), calendar))
    }

    /// Returns a team. The default team always exists.
    #[must_use]
    pub fn team(&self, id: TeamId) -> Option<&TeamSpec> {
        self.teams.get(&id).or_else(|| (id == TeamId::DEFAULT).then(|| TeamSpec::standard()))
    }

    /// Tells whether any team has its agents asked before work is theirs.
    #[must_use]
    pub fn asks_first(&self) -> bool {
        self.teams.values().any(|team| team.mode.of(WorkKind::Ticket) == RoutingMode::Offer)
    }

    /// Finds the keyword rules that match any of these texts.
    #[must_use]
    pub fn keyword_hits(&self, texts: &[&str]) -> Matched {
        let Some(index) = &self.keywords else { return Matched::new() };
        let hits = index.matches(texts).into_iter().filter_map(|found| {
            let (version, _) = self.keyword_rule(found.rule)?;
            Some((found.rule, KeywordHit { version: version.version, points: found.points }))
        });
        hits.collect()
    }

    /// Names the alerting ones of keyword rules that match.
    pub fn topics(&self, matched: &Matched) -> impl Iterator<Item = Label> {
        let rules = matched.keys().filter_map(|rule| self.keyword_rule(*rule));
        rules.filter(|(_, rule)| rule.alert).filter_map(|(_, rule)| rule.name.parse().ok())
    }

    /// Tells whether a keyword rule may match: it is known, and switched on.
    pub(crate) fn may_match(&self, rule: DocumentId) -> bool {
        self.keyword_rule(rule).is_some_and(|(_, rule)| rule.active)
    }

    fn keyword_rule(&self, id: DocumentId) -> Option<&(ConfigRef, KeywordRule)> {
        self.rules.iter().find(|(version, _)| version.id == id)
    }

    /// Names the keyword rules in force, in the order of their ids.
    #[must_use]
    pub fn keyword_rule_versions(&self) -> Vec<ConfigRef> {
        let mut versions: Vec<ConfigRef> = self.rules.iter().map(|(version, _)| *version).collect();
        versions.sort_unstable();
        versions
    }

    /// Leaves out the rules that are not for a ticket, of those that match its texts.
    #[must_use]
    pub fn for_ticket(&self, matched: &Matched, snapshot: &Snapshot<'_>) -> Matched {
        let admits = |id: &DocumentId| self.keyword_guards.get(id).is_none_or(|guard| guard.admits(snapshot));
        matched.iter().filter(|(id, _)| admits(id)).map(|(id, hit)| (*id, *hit)).collect()
    }

    /// Lists the keyword rules in force.
    pub fn keyword_rules(&self) -> impl Iterator<Item = &KeywordRule> {
        self.rules.iter().map(|(_, rule)| rule)
    }

    /// Lists the places of journeys, each with the one that is active there.
    pub fn journey_entries(&self) -> impl Iterator<Item = &JourneyEntry> {
        self.entries.iter()
    }

    /// Returns the version of a journey that customers meet; nothing where it is not active.
    #[must_use]
    pub fn active_version(&self, journey: DocumentId) -> Option<ConfigRef> {
        self.entries.iter().map(|entry| entry.active).find(|active| active.id == journey)
    }

    /// Returns where a journey stands. One that is not known is a draft.
    #[must_use]
    pub fn journey_state(&self, journey: DocumentId) -> JourneyState {
        let states = self.entries.iter().map(|entry| entry.state_of(journey));
        states.into_iter().find(|state| *state != JourneyState::Draft).unwrap_or(JourneyState::Draft)
    }

    /// Returns the automations in force.
    #[must_use]
    pub fn automations(&self) -> &Automations {
        &self.automations
    }

    /// Names the agents to whom automations and ladders in force give tickets.
    #[must_use]
    pub fn assignees(&self) -> BTreeSet<AgentId> {
        let of_rules = self.automations.rules().iter().flat_map(|rule| &rule.actions);
        let of_ladders = self.policy_versions.values().flat_map(|policy| &policy.steps);
        let actions = of_rules.chain(of_ladders.flat_map(|step| &step.actions));
        actions
            .filter_map(|action| if let Action::AssignTo(agent) = action { Some(*agent) } else { None })
            .collect()
    }

    /// Says which of the [`assignees`](Self::assignees) work here no more: no rule gives them anything.
    #[must_use]
    pub fn with_left(self, left: BTreeSet<AgentId>) -> Self {
        Self { left, ..self }
    }

    /// Names the agents of whom it was said that they work here no more.
    #[must_use]
    pub const fn left(&self) -> &BTreeSet<AgentId> {
        &self.left
    }

    /// Tells whether an agent whom rules name works here no more, as far as is known.
    #[must_use]
    pub fn has_left(&self, agent: AgentId) -> bool {
        self.left.contains(&agent)
    }

    /// Puts other automations in force, for a dry run.
    #[must_use]
    pub fn with_automations(self, automations: Automations) -> Self {
        Self { automations: Arc::new(automations), ..self }
    }

    /// Returns the points for what is known of a customer.
    #[must_use]
    pub fn insight_points(&self, insight: Option<&Insight>) -> f64 {
        insight.map_or(0.0, |insight| insight.points(&self.settings.weights).total)
    }
}

const fn version_of(document: &Document) -> ConfigRef {
    ConfigRef { id: document.id, version: document.version }
}

/// Reads a document's body; nothing where it is of a shape that this release does not know.
fn parse<T: DeserializeOwned>(document: &Document) -> Option<T> {
    T::deserialize(&document.body).ok()
}

/// Checks a document's body before it becomes a version.
///
/// # Errors
/// Every field that cannot be accepted.
pub fn check(kind: DocumentKind, body: &serde_json::Value) -> Result<(), Vec<FieldProblem>> {
    fn read<T: DeserializeOwned>(body: &serde_json::Value) -> Result<T, Vec<FieldProblem>> {
        serde_path_to_error::deserialize(body)
            .map_err(|error| vec![unreadable(&error.path().to_string(), &error.inner().to_string())])
    }
    match kind {
        DocumentKind::Settings => read::<Settings>(body)?.check(),
        DocumentKind::Team => read::<TeamSpec>(body)?.check(),
        DocumentKind::SlaPolicy => read::<PolicySpec>(body)?.check(),
        DocumentKind::Calendar => {
            let spec = read::<CalendarSpec>(body)?;
            let rest = Calendar::new(&spec).err().into_iter().flatten();
            let rest = rest.map(|p| FieldProblem { field: p.field, problem: p.problem });
            let problems: Vec<FieldProblem> =
                FieldProblem::of_name(&spec.name).into_iter().chain(rest).collect();
            if problems.is_empty() { Ok(()) } else { Err(problems) }
        }
        DocumentKind::KeywordRule => {
            let rule = read::<KeywordRule>(body)?;
            // An alert shows the name as a topic, so it has to be one.
            let name = rule.name.parse::<Label>().err().map(|problem| FieldProblem::new("name", problem));
            let rest = rule.problems().into_iter();
            let problems: Vec<FieldProblem> = name
                .into_iter()
                .chain(rest.map(|p| FieldProblem { field: p.field, problem: p.problem }))
                .collect();
            if problems.is_empty() { Ok(()) } else { Err(problems) }
        }
        DocumentKind::Masking => Masker::new(&read(body)?)
            .map(drop)
            .map_err(|error| vec![FieldProblem { field: error.field, problem: error.problem }]),
        DocumentKind::Journey => {
            let flaws = shape(&read(body)?);
            if flaws.is_empty() { Ok(()) } else { Err(flaws.into_iter().map(FieldProblem::from).collect()) }
        }
        DocumentKind::Macro => {
            let problems = read::<crate::macros::MacroSpec>(body)?.check();
            if problems.is_empty() { Ok(()) } else { Err(problems) }
        }
        DocumentKind::JourneyEntry => read::<JourneyEntry>(body).map(drop),
        DocumentKind::Automation => read::<AutomationSpec>(body)?.check(),
        DocumentKind::Inbox | DocumentKind::Brand | DocumentKind::WebhookEndpoint => Ok(()),
    }
}

/// Names the field that cannot be read and what it must be, without what was sent.
fn unreadable(path: &str, message: &str) -> FieldProblem {
    if let Some(name) = message.strip_prefix("missing field `").and_then(|rest| rest.split('`').next()) {
        let field = if path == "." { name.to_owned() } else { format!("{path}.{name}") };
        return FieldProblem::new(field, "must be given");
    }
    if message.starts_with("unknown field") {
        return FieldProblem::new(path, "is not known");
    }
    match message.rsplit_once(", expected ") {
        Some((_, expected)) => FieldProblem::new(path, format_args!("must be {expected}")),
        None => FieldProblem::new(path, message),
    }
}
