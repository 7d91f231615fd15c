//! Agents: making, changing, deactivating them, and their presence.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::error::{EntityKind, Error, FieldProblem};
use crate::event::Event;
use crate::id::{AgentId, TeamId};
use crate::label::{ForeignId, Label};
use crate::people::{
    Absence, Actor, AddressKind, Agent, AgentState, Capacity, Permission, Presence, Role, Shift,
    USUAL_PERFORMANCE, normalize_address,
};
use crate::store::{ChangeSet, Key, Login, LoginSubject, PasswordHash, Query, Record, Select, StoreExt};

use super::presence::last_change;
use super::run::{Ask, Prepared, UseCase};
use super::teams::count_memberships;

/// Most units, chats or calls of an agent.
const CAPACITY_LIMIT: u32 = 10_000;
/// Largest share under performance-weighted routing, in percent.
const PERFORMANCE_LIMIT: u32 = 1_000;
/// Most planned absences of an agent.
const ABSENCES_LIMIT: usize = 100;

/// What a use-case on an agent answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgentReply {
    /// The agent.
    pub agent_id: AgentId,
    /// The record's version.
    pub version: u64,
}

/// Makes an agent: offline, without work.
#[derive(Clone, Default)]
pub struct CreateAgent {
    /// Name that colleagues and customers see.
    pub name: String,
    /// E-mail address.
    pub email: String,
    /// Identity in the host application.
    pub external_id: Option<ForeignId>,
    /// Name of the role; `None` is `agent`.
    pub role: Option<Label>,
    /// Teams in which they work; none is the default team.
    pub team_ids: Vec<TeamId>,
    /// Teams that they lead.
    pub lead_ids: Vec<TeamId>,
    /// Skills with levels 1–5.
    pub skills: BTreeMap<Label, u8>,
    /// How much work they can have at once.
    pub capacity: Capacity,
    /// When they work; `None` is always.
    pub shift: Option<Shift>,
    /// Languages in which they answer; none is any.
    pub languages: Vec<Label>,
    /// Their share under performance-weighted routing, in percent of a usual agent; `None` is 100.
    pub performance: Option<u32>,
    /// Planned absences.
    pub absences: Vec<Absence>,
    /// Hash of the password by which they sign in, in PHC string format; `None` is no login.
    pub password: Option<PasswordHash>,
}

impl std::fmt::Debug for CreateAgent {
    /// Prints no name and no address.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CreateAgent")
            .field("role", &self.role)
            .field("team_ids", &self.team_ids)
            .finish_non_exhaustive()
    }
}

/// Changes an agent. What is `None` stays as it is.
#[derive(Clone, Default)]
pub struct UpdateAgent {
    /// Which.
    pub id: Option<AgentId>,
    /// New name.
    pub name: Option<String>,
    /// New e-mail address.
    pub email: Option<String>,
    /// New identity in the host, or none.
    pub external_id: Option<Option<ForeignId>>,
    /// New role.
    pub role: Option<Label>,
    /// All teams.
    pub team_ids: Option<Vec<TeamId>>,
    /// All teams led.
    pub lead_ids: Option<Vec<TeamId>>,
    /// All skills.
    pub skills: Option<BTreeMap<Label, u8>>,
    /// New capacity.
    pub capacity: Option<Capacity>,
    /// New shift, or none.
    pub shift: Option<Option<Shift>>,
    /// All languages.
    pub languages: Option<Vec<Label>>,
    /// New share under performance-weighted routing, in percent.
    pub performance: Option<u32>,
    /// All planned absences.
    pub absences: Option<Vec<Absence>>,
}

impl std::fmt::Debug for UpdateAgent {
    /// Prints no name and no address.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("UpdateAgent").field("id", &self.id).field("role", &self.role).finish_non_exhaustive()
    }
}

/// Deactivates an agent: the name is kept, sign-in ends, open work goes back to the queue by the next tick.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeactivateAgent {
    /// Which.
    pub id: AgentId,
}

/// Checks a role: nobody gives more than they have themselves.
pub(super) fn role(ask: &Ask<'_>, name: &Label) -> Result<Label, Error> {
    let role: Role = name.as_str().parse().map_err(|problem| Error::invalid("role", problem))?;
    let covers = match ask.actor {
        Actor::Agent(actor) => actor.grants.covers(role.grants()),
        Actor::Host(_) => true,
        Actor::Customer(_) => false,
    };
    if covers { Ok(name.clone()) } else { Err(Error::Forbidden(Permission::RoleManage)) }
}

/// Tells whether an agent may manage agents, and so make others who may.
fn is_admin(agent: &Agent) -> bool {
    let role = agent.role.as_str().parse::<Role>();
    agent.active && role.is_ok_and(|role| role.grants().reach(Permission::AgentManage).is_some())
}

fn teams(ask: &Ask<'_>, field: &str, ids: &[TeamId]) -> Result<Vec<TeamId>, Error> {
    let ids: BTreeSet<TeamId> = ids.iter().copied().collect();
    for id in &ids {
        ask.team_in(field, *id)?;
    }
    Ok(ids.into_iter().collect())
}

fn check(agent: &Agent) -> Result<(), Error> {
    if let Some(problem) = FieldProblem::of_name(agent.name.trim()) {
        return Err(Error::Invalid(vec![problem]));
    }
    if agent.skills.len() > 100 {
        return Err(Error::invalid("skills", "must be at most 100"));
    }
    if let Some((skill, _)) = agent.skills.iter().find(|(_, level)| !(1..=5).contains(*level)) {
        return Err(Error::invalid(format!("skills.{skill}"), "must be a level of 1 to 5"));
    }
    for (field, limit) in
        [("units", agent.capacity.units), ("chat", agent.capacity.chat), ("call", agent.capacity.call)]
    {
        if limit > CAPACITY_LIMIT {
            return Err(Error::invalid(format!("capacity.{field}"), "must be at most 10000"));
        }
    }
    if agent.languages.len() > 100 {
        return Err(Error::invalid("languages", "must be at most 100"));
    }
    if !(1..=PERFORMANCE_LIMIT).contains(&agent.performance) {
        return Err(Error::invalid("performance", "must be 1 to 1000"));
    }
    if agent.absences.len() > ABSENCES_LIMIT {
        return Err(Error::invalid("absences", "must be at most 100"));
    }
    if let Some(at) = agent.absences.iter().position(|absence| absence.until <= absence.from) {
        return Err(Error::invalid(format!("absences[{at}].until"), "must be after `from`"));
    }
    if let Some(at) = agent.absences.iter().position(|absence| absence.substitute_id == Some(agent.id)) {
        return Err(Error::invalid(format!("absences[{at}].substitute_id"), "must be somebody else"));
    }
    Ok(())
}

/// Puts absences in the order in which they begin.
fn absences(absences: &[Absence]) -> Vec<Absence> {
    let mut absences = absences.to_vec();
    absences.sort_by_key(|absence| (absence.from, absence.until));
    absences
}

fn languages(languages: &[Label]) -> Vec<Label> {
    let languages: BTreeSet<&Label> = languages.iter().collect();
    languages.into_iter().cloned().collect()
}

fn email(text: &str) -> Result<String, Error> {
    normalize_address(AddressKind::Email, text)
        .ok_or_else(|| Error::invalid("email", "is not an e-mail address"))
}

impl Ask<'_> {
    /// Refuses to let the last admin lock everybody out, themselves included. The host may: it can make another.
    ///
    /// The one who stays must not leave at the same moment: the commit holds them to the record that was read.
    async fn leave_an_admin(
        &self,
        before: &Agent,
        after: &Agent,
        changes: &mut ChangeSet,
    ) -> Result<(), Error> {
        let own = self.actor.as_ref().agent_id() == Some(before.id);
        if !own || !is_admin(before) || is_admin(after) {
            return Ok(());
        }
        let mut query = Query::new(Select::Agents { team: None, inactive: false }, Query::MOST);
        loop {
            let page = self.store().find(&self.system(), &query).await?;
            let other = page.items.into_iter().find_map(|record| match record {
                Record::Agent(agent) if agent.id != before.id && is_admin(&agent) => Some(*agent),
                _ => None,
            });
            if let Some(other) = other {
                changes.replace(other.version, other);
                return Ok(());
            }
            if page.next.is_none() {
                let problem = "the last admin can neither leave nor become less; make another one first";
                return Err(Error::refused("last_admin", problem));
            }
            query.after = page.next;
        }
    }

    /// Refuses substitutes who are not among the tenant's agents.
    async fn substitutes_exist(&self, agent: &Agent) -> Result<(), Error> {
        let named: Vec<(usize, AgentId)> = agent
            .absences
            .iter()
            .enumerate()
            .filter_map(|(at, absence)| Some((at, absence.substitute_id?)))
            .collect();
        let keys: Vec<Key> = named.iter().map(|(_, id)| Key::Agent(*id)).collect();
        let found = self.store().load(&self.system(), &keys).await?;
        for ((at, _), record) in named.into_iter().zip(found) {
            if !matches!(record, Some(Record::Agent(agent)) if agent.active) {
                return Err(Error::invalid(format!("absences[{at}].substitute_id"), "is not known"));
            }
        }
        Ok(())
    }

    pub(super) async fn agent_to_manage(&self, id: AgentId) -> Result<(Agent, AgentState), Error> {
        self.staff_only(EntityKind::Agent)?;
        let scope = self.actor.scope(Permission::AgentRead)?;
        let keys = [Key::Agent(id), Key::AgentState(id)];
        let mut found = self.store().load(&scope, &keys).await?.into_iter();
        match (found.next().flatten(), found.next().flatten()) {
            (Some(Record::Agent(agent)), Some(Record::AgentState(state))) => Ok((*agent, state)),
            _ => Err(Error::NotFound(EntityKind::Agent)),
        }
    }
}

#[async_trait]
impl UseCase for CreateAgent {
    type Reply = AgentReply;

    async fn prepare(&self, ask: &Ask<'_>) -> Result<Prepared<AgentReply>, Error> {
        ask.staff_only(EntityKind::Agent)?;
        ask.actor.scope(Permission::AgentManage)?;
        ask.check_names("skills", self.skills.keys())?;
        ask.check_names("languages", &self.languages)?;
        let standard = || "agent".parse().map_err(|problem| Error::invalid("role", problem));
        let agent = Agent {
            id: AgentId::mint(ask.ids(), ask.now),
            external_id: self.external_id.clone(),
            name: self.name.trim().to_owned(),
            email: email(&self.email)?,
            role: role(ask, &self.role.clone().map_or_else(standard, Ok)?)?,
            team_ids: teams(ask, "team_ids", &self.team_ids)?,
            lead_ids: teams(ask, "lead_ids", &self.lead_ids)?,
            skills: self.skills.clone(),
            capacity: self.capacity,
            shift: self.shift.clone(),
            languages: languages(&self.languages),
            performance: self.performance.unwrap_or(USUAL_PERFORMANCE),
            absences: absences(&self.absences),
            active: true,
            version: 1,
            created_at: ask.now,
            updated_at: ask.now,
        };
        check(&agent)?;
        ask.substitutes_exist(&agent).await?;
        let reply = AgentReply { agent_id: agent.id, version: 1 };
        let mut changes = ChangeSet::new(ask.actor.tenant());
        changes.events.push(ask.agent_event(agent.id, 1, ask.now, Event::AgentCreated {}));
        let state = AgentState::new(agent.id, ask.now);
        let (subject, email) = (LoginSubject::Agent(agent.id), agent.email.clone());
        count_memberships(None, &agent, &mut changes);
        changes.insert(agent);
        changes.insert(state);
        if let Some(hash) = &self.password {
            let login = Login { subject, email, password: hash.clone(), version: 1 };
            let event = Event::PasswordChanged {};
            changes.events.push(ask.desk.login_event(&login, ask.actor.as_ref(), ask.now, event));
            changes.insert(login);
        }
        Ok(Prepared::new(changes, reply))
    }
}

#[async_trait]
impl UseCase for UpdateAgent {
    type Reply = AgentReply;

    async fn prepare(&self, ask: &Ask<'_>) -> Result<Prepared<AgentReply>, Error> {
        let id = self.id.ok_or_else(|| Error::invalid("id", "must be given"))?;
        let (before, state) = ask.agent_to_manage(id).await?;
        ask.actor.scope(Permission::AgentManage)?;
        // Whoever may do more than the actor is not the actor's to change.
        role(ask, &before.role)?;
        ask.check_version(EntityKind::Agent, before.version)?;
        let mut after = before.clone();
        if let Some(name) = &self.name {
            name.trim().clone_into(&mut after.name);
        }
        if let Some(text) = &self.email {
            after.email = email(text)?;
        }
        if let Some(external_id) = &self.external_id {
            after.external_id.clone_from(external_id);
        }
        if let Some(name) = &self.role {
            after.role = role(ask, name)?;
        }
        if let Some(ids) = &self.team_ids {
            after.team_ids = teams(ask, "team_ids", ids)?;
        }
        if let Some(ids) = &self.lead_ids {
            after.lead_ids = teams(ask, "lead_ids", ids)?;
        }
        if let Some(skills) = &self.skills {
            ask.check_names("skills", skills.keys().filter(|skill| !before.skills.contains_key(*skill)))?;
            after.skills.clone_from(skills);
        }
        after.capacity = self.capacity.unwrap_or(before.capacity);
        if let Some(shift) = &self.shift {
            after.shift.clone_from(shift);
        }
        if let Some(all) = &self.languages {
            ask.check_names("languages", all.iter().filter(|language| !before.languages.contains(language)))?;
            after.languages = languages(all);
        }
        after.performance = self.performance.unwrap_or(before.performance);
        if let Some(all) = &self.absences {
            after.absences = absences(all);
        }
        check(&after)?;
        if before.absences != after.absences {
            ask.substitutes_exist(&after).await?;
        }
        let compared = [
            ("name", before.name != after.name),
            ("email", before.email != after.email),
            ("external_id", before.external_id != after.external_id),
            ("role", before.role != after.role),
            ("team_ids", before.team_ids != after.team_ids),
            ("lead_ids", before.lead_ids != after.lead_ids),
            ("skills", before.skills != after.skills),
            ("capacity", before.capacity != after.capacity),
            ("shift", before.shift != after.shift),
            ("languages", before.languages != after.languages),
            ("performance", before.performance != after.performance),
            ("absences", before.absences != after.absences),
        ];
        let fields: Vec<Label> = compared
            .iter()
            .filter(|(_, differs)| *differs)
            .filter_map(|(field, _)| field.parse().ok())
            .collect();
        let mut changes = ChangeSet::new(ask.actor.tenant());
        if fields.is_empty() {
            return Ok(Prepared::new(changes, AgentReply { agent_id: id, version: before.version }));
        }
        after.version += 1;
        after.updated_at = ask.now.max(last_change(&before, &state));
        let reply = AgentReply { agent_id: id, version: after.version };
        let seq = after.version + state.version - 1;
        changes.events.push(ask.agent_event(id, seq, after.updated_at, Event::AgentChanged { fields }));
        if before.email != after.email {
            ask.sign_in_by(LoginSubject::Agent(id), &after.email, &mut changes).await?;
        }
        ask.leave_an_admin(&before, &after, &mut changes).await?;
        count_memberships(Some(&before), &after, &mut changes);
        changes.replace(before.version, after);
        changes.replace(state.version, state);
        Ok(Prepared { changes, reply, routes: true, configures: false })
    }
}

#[async_trait]
impl UseCase for DeactivateAgent {
    type Reply = AgentReply;

    async fn prepare(&self, ask: &Ask<'_>) -> Result<Prepared<AgentReply>, Error> {
        let (before, state) = ask.agent_to_manage(self.id).await?;
        ask.actor.scope(Permission::AgentManage)?;
        role(ask, &before.role)?;
        ask.check_version(EntityKind::Agent, before.version)?;
        let mut changes = ChangeSet::new(ask.actor.tenant());
        if !before.active {
            return Ok(Prepared::new(changes, AgentReply { agent_id: self.id, version: before.version }));
        }
        let at = ask.now.max(last_change(&before, &state));
        let mut after = before.clone();
        after.active = false;
        after.version += 1;
        after.updated_at = at;
        ask.leave_an_admin(&before, &after, &mut changes).await?;
        count_memberships(Some(&before), &after, &mut changes);
        let reply = AgentReply { agent_id: self.id, version: after.version };
        let seq = after.version + state.version - 1;
        changes.events.push(ask.agent_event(self.id, seq, at, Event::AgentDeactivated {}));
        let (from, to) = (state.presence, Presence::Offline);
        let leaves = Event::AgentStatusChanged { from, to, reason: None, by_time: false, because: None };
        changes.events.push(ask.agent_event(self.id, seq + 1, at, leaves));
        changes.replace(before.version, after);
        // Presence changes too, so that nobody who read it before gives work any more. Due at once: the worker gives
        // the open work back, however much it is.
        let revision = state.version;
        let gone = AgentState {
            presence: to,
            reason: None,
            until: Some(ask.now),
            missed: BTreeMap::new(),
            version: revision + 1,
            since: at,
            changed_at: at,
            ..state
        };
        changes.replace(revision, gone);
        ask.let_go(ask.actor.as_ref(), (self.id, to), &[], &mut changes).await?;
        // What this desk knows of whom rules may give work to is known anew.
        Ok(Prepared { changes, reply, routes: true, configures: true })
    }
}

impl super::Desk {
    /// Reads an agent with presence and load.
    ///
    /// # Errors
    /// `NotFound` out of sight, and to customers; `Forbidden`; `Store`.
    pub async fn agent(&self, actor: &Actor, id: AgentId) -> Result<(Agent, AgentState), Error> {
        if !actor.is_staff() {
            return Err(Error::NotFound(EntityKind::Agent));
        }
        let scope = actor.scope(Permission::AgentRead)?;
        let agent = self.store().agent(&scope, id).await?.ok_or(Error::NotFound(EntityKind::Agent))?;
        let state: Option<AgentState> = self.store().one(&scope, Key::AgentState(id)).await?;
        Ok((agent, state.ok_or(Error::NotFound(EntityKind::Agent))?))
    }
}
