//! Teams with their people: written in one commit, and under one version.
//!
//! Who belongs to a team stands in the agents' own records. So the version of a team is that of its document and, beside
//! it, how often somebody joined, left, began or ceased to lead it, whoever's record that was written by.

use std::collections::BTreeSet;

use async_trait::async_trait;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::config::{Config, TeamSpec};
use crate::error::{EntityKind, Error};
use crate::id::{AgentId, DocumentId, TeamId};
use crate::people::{Actor, Agent, Permission, Scope};
use crate::store::{ChangeSet, Delta, Document, DocumentKind, Key, PageCursor, Query, Record, Select};

use super::Desk;
use super::agents::UpdateAgent;
use super::configure::DocumentReply;
use super::documents::{built_in, merged};
use super::run::{Ask, Prepared, UseCase};

/// A team and who belongs to it.
#[derive(Debug, Clone, PartialEq)]
pub struct TeamView {
    /// Identity.
    pub id: TeamId,
    /// Counts changes of the team and of who belongs to it.
    pub version: u64,
    /// How it works.
    pub spec: TeamSpec,
    /// Active agents who work in it. Those without any team work in the default team.
    pub members: Vec<AgentId>,
    /// Active agents who lead it.
    pub leads: Vec<AgentId>,
}

/// Makes or changes a team and says who belongs to it, all of it in one commit.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PutTeam {
    /// Which; `None` makes a new one.
    pub id: Option<TeamId>,
    /// Fields of the team to set, as in [`TeamSpec`]; `null` clears one. Of `mode`, kinds of work that are not named stay
    /// as they are.
    pub fields: Map<String, Value>,
    /// All members, or as they are.
    pub member_ids: Option<Vec<AgentId>>,
    /// All leads, or as they are.
    pub lead_ids: Option<Vec<AgentId>>,
}

#[async_trait]
impl UseCase for PutTeam {
    type Reply = DocumentReply;

    async fn prepare(&self, ask: &Ask<'_>) -> Result<Prepared<DocumentReply>, Error> {
        ask.staff_only(EntityKind::Document)?;
        ask.actor.scope(Permission::ConfigRead)?;
        let kind = DocumentKind::Team;
        let id = self
            .id
            .map_or_else(|| DocumentId::mint(ask.ids(), ask.now), |id| DocumentId::from_uuid(id.uuid()));
        let newest = ask.document(kind, id).await?;
        let version = newest.as_ref().map_or(0, |document| document.version);
        let before = newest.filter(|document| !document.retired);
        let body = match (&before, self.id) {
            (Some(document), _) => document.body.clone(),
            (None, Some(_)) => built_in(kind, id).ok_or(Error::NotFound(EntityKind::Document))?,
            (None, None) => Value::Object(Map::new()),
        };
        ask.actor.scope(Permission::TeamManage)?;
        // Who belongs to it is counted as its use.
        let joined = ask.uses(id).await?;
        let found = before.as_ref().map_or(0, |document| document.version) + joined;
        ask.check_version(EntityKind::Document, found)?;
        let fields = self.with_modes(&body);
        let held = body.clone();
        let body = merged(body, &fields);
        super::names::check_document(&ask.config.masker, kind, &body, Some(&held))?;
        let held_to = ask.check_references(kind, &body, Some(&held)).await?;
        super::configure::sends_elsewhere(id, &body)?;
        // What is empty is that of the built-in team, until somebody changes it.
        let mut prepared = if self.id.is_some() && self.fields.is_empty() {
            let version = before.as_ref().map_or(0, |document| document.version);
            Prepared::new(ChangeSet::new(ask.actor.tenant()), DocumentReply { document_id: id, version })
        } else {
            ask.write_document(kind, id, body, false, before)?
        };
        prepared.changes.deltas.extend(held_to);
        self.set_people(ask, TeamId::from_uuid(id.uuid()), &mut prepared).await?;
        let names_people = self.member_ids.is_some() || self.lead_ids.is_some();
        let changes = !prepared.changes.writes.is_empty();
        if changes && (names_people || ask.if_match.is_some()) {
            // Whose lists were decided on what others have changed meanwhile would undo that.
            prepared.changes.deltas.push(Delta::UsedSoFar { document: id, version, uses: joined });
        }
        let counted = prepared.changes.deltas.contains(&Delta::Used { document: id });
        prepared.reply.version += joined + u64::from(counted);
        Ok(prepared)
    }
}

impl PutTeam {
    /// Fills modes that are not named with those of before.
    fn with_modes(&self, before: &Value) -> Map<String, Value> {
        let mut fields = self.fields.clone();
        let had = before.get("mode").and_then(Value::as_object);
        if let (Some(Value::Object(mode)), Some(had)) = (fields.get_mut("mode"), had) {
            for (kind, way) in had {
                mode.entry(kind).or_insert_with(|| way.clone());
            }
        }
        fields
    }

    /// Brings the agents' records in line.
    async fn set_people(
        &self,
        ask: &Ask<'_>,
        team: TeamId,
        prepared: &mut Prepared<DocumentReply>,
    ) -> Result<(), Error> {
        let lists = [("member_ids", &self.member_ids), ("lead_ids", &self.lead_ids)];
        if lists.iter().all(|(_, ids)| ids.is_none()) {
            return Ok(());
        }
        ask.actor.scope(Permission::AgentManage)?;
        let agents = everybody(ask.desk, &ask.system()).await?;
        for (field, ids) in lists {
            for (at, id) in ids.iter().flatten().enumerate() {
                if !agents.iter().any(|agent| agent.id == *id) {
                    return Err(Error::invalid(format!("{field}[{at}]"), "must be an active agent"));
                }
            }
        }
        // Each agent is changed as by hand, whatever version of theirs; and a new team is known to them already.
        let config = with_team(&ask.config, &prepared.changes);
        let ask = Ask {
            desk: ask.desk,
            actor: ask.actor,
            now: ask.now,
            config: config.into(),
            if_match: None,
            sealed: std::sync::Arc::clone(&ask.sealed),
        };
        for agent in agents {
            let wanted =
                |ids: &Option<Vec<AgentId>>, is: bool| ids.as_ref().map_or(is, |ids| ids.contains(&agent.id));
            let (works, leads) = (works_in(&agent, team), agent.lead_ids.contains(&team));
            let (member, lead) = (wanted(&self.member_ids, works), wanted(&self.lead_ids, leads));
            let update = UpdateAgent {
                id: Some(agent.id),
                team_ids: (member != works).then(|| with(&agent.team_ids, team, member)),
                lead_ids: (lead != leads).then(|| with(&agent.lead_ids, team, lead)),
                ..UpdateAgent::default()
            };
            if team == TeamId::DEFAULT && update.team_ids.as_ref().is_some_and(Vec::is_empty) {
                let problem = "must hold everybody who is in no other team: they work in the default team";
                return Err(Error::invalid("member_ids", problem));
            }
            if update.team_ids.is_some() || update.lead_ids.is_some() {
                let changed = update.prepare(&ask).await?;
                prepared.routes |= changed.routes;
                prepared.changes.absorb(changed.changes);
            }
        }
        one_count(&mut prepared.changes, team);
        Ok(())
    }
}

/// Lets one commit count once in the version of each team, and not at all where it writes the team's document too.
fn one_count(changes: &mut ChangeSet, team: TeamId) {
    let written = changes.writes.iter().any(
        |write| matches!(&write.record, Record::Document(document) if document.id.uuid() == team.uuid()),
    );
    let mut counted = BTreeSet::new();
    changes.deltas.retain(|delta| match delta {
        Delta::Used { document } => !(written && document.uuid() == team.uuid()) && counted.insert(*document),
        _ => true,
    });
}

/// The configuration with a team as a change set writes it.
fn with_team(config: &Config, changes: &ChangeSet) -> Config {
    let mut config = config.clone();
    for write in &changes.writes {
        if let Record::Document(document) = &write.record {
            config.remember(document);
        }
    }
    config
}

/// Counts, in the versions of their teams, that an agent joined or left them, or began or ceased to lead them.
pub(super) fn count_memberships(before: Option<&Agent>, after: &Agent, changes: &mut ChangeSet) {
    let of = |agent: &Agent| -> BTreeSet<(TeamId, bool)> {
        if !agent.active {
            return BTreeSet::new();
        }
        let works = agent.team_ids.iter().map(|team| (*team, false));
        let unplaced = agent.team_ids.is_empty().then_some((TeamId::DEFAULT, false));
        works.chain(unplaced).chain(agent.lead_ids.iter().map(|team| (*team, true))).collect()
    };
    let (had, has) = (before.map(of).unwrap_or_default(), of(after));
    let teams: BTreeSet<TeamId> = had.symmetric_difference(&has).map(|(team, _)| *team).collect();
    let used = teams.into_iter().map(|team| Delta::Used { document: DocumentId::from_uuid(team.uuid()) });
    changes.deltas.extend(used);
}

fn works_in(agent: &Agent, team: TeamId) -> bool {
    agent.team_ids.contains(&team) || team == TeamId::DEFAULT && agent.team_ids.is_empty()
}

fn with(teams: &[TeamId], team: TeamId, member: bool) -> Vec<TeamId> {
    let others = teams.iter().copied().filter(|other| *other != team);
    others.chain(member.then_some(team)).collect()
}

/// Reads all active agents.
async fn everybody(desk: &Desk, scope: &Scope) -> Result<Vec<Agent>, Error> {
    let mut query = Query::new(Select::Agents { team: None, inactive: false }, Query::MOST);
    let mut agents = Vec::new();
    loop {
        let page = desk.store().find(scope, &query).await?;
        agents.extend(page.items.into_iter().filter_map(|record| match record {
            Record::Agent(agent) => Some(*agent),
            _ => None,
        }));
        if page.next.is_none() {
            return Ok(agents);
        }
        query.after = page.next;
    }
}

impl Desk {
    /// Lists teams with their people, oldest first; the default team, which always exists, comes first until it is
    /// changed.
    ///
    /// # Errors
    /// `NotFound` to customers; `Forbidden`; `Store`.
    pub async fn teams(
        &self,
        actor: &Actor,
        limit: u32,
        after: Option<PageCursor>,
    ) -> Result<(Vec<TeamView>, Option<PageCursor>), Error> {
        let first = after.is_none();
        let (documents, next) = self.documents(actor, DocumentKind::Team, limit, after).await?;
        let mut teams: Vec<(TeamId, u64, TeamSpec)> = documents.iter().filter_map(parts).collect();
        let standard = || (TeamId::DEFAULT, 0, TeamSpec::standard().clone());
        let default = DocumentId::from_uuid(TeamId::DEFAULT.uuid());
        if first && self.document(actor, DocumentKind::Team, default).await?.is_none() {
            teams.insert(0, standard());
        }
        Ok((self.with_people(actor, teams).await?, next))
    }

    /// Reads a team with its people.
    ///
    /// # Errors
    /// `NotFound` where there is none, and to customers; `Forbidden`; `Store`.
    pub async fn team(&self, actor: &Actor, id: TeamId) -> Result<TeamView, Error> {
        let found = self.document(actor, DocumentKind::Team, DocumentId::from_uuid(id.uuid())).await?;
        let not_found = || Error::NotFound(EntityKind::Document);
        let team = match found {
            Some(document) => parts(&document).ok_or_else(not_found)?,
            None if id == TeamId::DEFAULT => (id, 0, TeamSpec::standard().clone()),
            None => return Err(not_found()),
        };
        self.with_people(actor, vec![team]).await?.pop().ok_or_else(not_found)
    }

    async fn with_people(
        &self,
        actor: &Actor,
        teams: Vec<(TeamId, u64, TeamSpec)>,
    ) -> Result<Vec<TeamView>, Error> {
        // Counted first: who joins meanwhile is shown under an older version, which a change with it then does not pass.
        let keys: Vec<Key> =
            teams.iter().map(|(id, ..)| Key::Uses(DocumentId::from_uuid(id.uuid()))).collect();
        let joined = self.store().load(&Scope::system(actor.tenant()), &keys).await?;
        let agents = everybody(self, &actor.scope(Permission::AgentRead)?).await?;
        let ids = |fits: &dyn Fn(&Agent) -> bool| agents.iter().filter(|a| fits(a)).map(|a| a.id).collect();
        let views = teams.into_iter().zip(joined).map(|((id, version, spec), joined)| TeamView {
            id,
            version: version + if let Some(Record::Uses(joined)) = joined { joined } else { 0 },
            spec,
            members: ids(&|agent| works_in(agent, id)),
            leads: ids(&|agent| agent.lead_ids.contains(&id)),
        });
        Ok(views.collect())
    }
}

fn parts(document: &Document) -> Option<(TeamId, u64, TeamSpec)> {
    let spec = TeamSpec::deserialize(&document.body).ok()?;
    Some((TeamId::from_uuid(document.id.uuid()), document.version, spec))
}
