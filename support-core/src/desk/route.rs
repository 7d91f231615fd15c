//! Routing: a step of its own, driven by the call that made it necessary.

use std::sync::Arc;

use crate::config::Config;
use crate::error::Error;
use crate::id::TenantId;
use crate::people::{Actor, ActorRef, Permission, Scope, WorkKind};
use crate::routing::{AssignHow, Placement, plan};
use crate::store::{ChangeSet, Delta, Key, Outcome, Record};
use crate::ticket::{Circumstances, Command, Ticket, command, decide};
use crate::time::Timestamp;

use super::Desk;
use super::assemble::{assemble, still_there};
use super::read::staff;

/// Placements that are committed at once.
const BATCH: usize = 64;
/// Rounds that one call drives. Under a steady stream of new work the next caller goes on, so that nobody's own answer
/// waits for everybody else's work.
const ROUNDS: u32 = 8;
/// Rounds in a row in which nothing could be committed, after which the next call or the sweep goes on.
const FRUITLESS: u32 = 5;

/// Most placements of a plan that is only shown.
const SHOWN: usize = 1_000;

/// What the router would do now.
#[derive(Debug, Clone, PartialEq)]
pub struct PlannedRoute {
    /// When it was planned.
    pub at: Timestamp,
    /// The placements in the actor's sight, best first.
    pub placements: Vec<Placement>,
    /// Work in the actor's sight that would go on waiting.
    pub left_waiting: u32,
}

impl Desk {
    /// Plans what the router would do now, and writes nothing. The plan is made of all the tenant's work; what is
    /// out of the actor's sight is left out of the answer.
    ///
    /// # Errors
    /// `NotFound` to customers; `Forbidden`; `Store`.
    pub async fn plan_routes(&self, actor: &Actor) -> Result<PlannedRoute, Error> {
        staff(actor)?;
        let scope = actor.scope(Permission::QueueRead)?;
        actor.scope(Permission::ExplainRead)?;
        let live = self.live(actor.tenant());
        live.sync(&**self.store()).await?;
        let now = self.now();
        let config = live.config(self.store(), now).await?;
        let board = live.board();
        let mut placements = plan(&board.queue, &mut board.roster.clone(), &config, now, SHOWN);
        let weights = &config.settings.weights;
        let visible = board.queue.page(&scope, weights, now, board.queue.len(), None);
        let visible: std::collections::HashSet<_> = visible.into_iter().map(|ranked| ranked.ticket).collect();
        placements.retain(|placement| visible.contains(&placement.ticket));
        let left = visible.len().saturating_sub(placements.len());
        Ok(PlannedRoute { at: now, placements, left_waiting: u32::try_from(left).unwrap_or(u32::MAX) })
    }

    /// Gives waiting work of a tenant to eligible agents until nothing more can be placed, and answers how much was.
    ///
    /// One router a tenant runs at a time. Where another call is routing already this answers at once with 0: that
    /// call sees the work too. One call drives a bounded number of rounds; what is left then is marked, and the next
    /// call or the worker goes on with it.
    ///
    /// # Errors
    /// `Store`. What was placed before stays placed.
    pub async fn route(&self, tenant: TenantId) -> Result<u32, Error> {
        let live = self.live(tenant);
        let mut placed = 0;
        let mut rounds = 0;
        loop {
            let Some(mut turn) = live.turn() else { return Ok(placed) };
            let mut fruitless = 0;
            while turn.begin() {
                loop {
                    if rounds == ROUNDS {
                        // The turn leaves its mark behind: the next caller goes on, or the worker, who is told only
                        // now that the turn is free.
                        drop(turn);
                        self.store().announce();
                        return Ok(placed);
                    }
                    rounds += 1;
                    let (planned, committed) = self.route_once(tenant).await?;
                    placed += committed;
                    fruitless = if committed == 0 { fruitless + 1 } else { 0 };
                    if planned == 0 || fruitless >= FRUITLESS {
                        break;
                    }
                }
                turn.finish();
            }
            drop(turn);
            // A mark that was set between the last look and the end of the turn is nobody's yet.
            if !live.is_marked() {
                return Ok(placed);
            }
        }
    }

    /// Plans once and commits the plan; answers how much was planned and how much of it held.
    async fn route_once(&self, tenant: TenantId) -> Result<(usize, u32), Error> {
        let live = self.live(tenant);
        let store = self.store();
        live.sync(&**store).await?;
        let now = self.now();
        let config = live.config(store, now).await?;
        let placements = {
            let board = live.board();
            if board.queue.is_empty() {
                return Ok((0, 0));
            }
            plan(&board.queue, &mut board.roster.clone(), &config, now, BATCH)
        };
        if placements.is_empty() {
            return Ok((0, 0));
        }
        let committed = match self.place(tenant, &placements, &config, now).await {
            Err(error) if error.is_retryable() => return Err(error),
            Err(_) => {
                // One of them cannot be read or written: it must not hold up the others.
                let mut committed = 0;
                for placement in &placements {
                    match self.place(tenant, std::slice::from_ref(placement), &config, now).await {
                        Ok(one) => committed += one,
                        Err(error) if error.is_retryable() => return Err(error),
                        Err(_) => {}
                    }
                }
                committed
            }
            Ok(committed) => committed,
        };
        Ok((placements.len(), committed))
    }

    /// Commits placements, each alone; answers how many of them held.
    async fn place(
        &self,
        tenant: TenantId,
        placements: &[Placement],
        config: &Arc<Config>,
        now: Timestamp,
    ) -> Result<u32, Error> {
        let live = self.live(tenant);
        let store = self.store();
        let keys_of = |p: &Placement| [Key::Ticket(p.ticket), Key::AgentState(p.agent), Key::Agent(p.agent)];
        let keys: Vec<Key> = placements.iter().flat_map(keys_of).collect();
        let mut records = store.load(&Scope::system(tenant), &keys).await?.into_iter();
        let mut changes = Vec::with_capacity(placements.len());
        for placement in placements {
            let found = (records.next().flatten(), records.next().flatten(), records.next().flatten());
            let (Some(Record::Ticket(ticket)), Some(Record::AgentState(state)), Some(Record::Agent(agent))) =
                found
            else {
                continue;
            };
            // Who went away or was given less room since the plan was made gets nothing.
            if state.version != placement.state_version || agent.version != placement.agent_version {
                continue;
            }
            let config = live.with_versions_of(&**store, config.clone(), &ticket).await?;
            let circumstances =
                Circumstances { actor: ActorRef::SYSTEM, now, ids: self.ids(), config: &config };
            if let Some(mut set) = assignment(tenant, &ticket, placement, &circumstances) {
                still_there(&mut set, state);
                set.replace(agent.version, *agent);
                changes.push(set);
            }
        }
        let outcomes = store.commit(&changes).await?;
        let committed = outcomes.iter().filter(|outcome| **outcome == Outcome::Committed).count();
        Ok(u32::try_from(committed).unwrap_or(u32::MAX))
    }
}

/// Turns a placement into changes; nothing where the ticket waits no more.
fn assignment(
    tenant: TenantId,
    ticket: &Ticket,
    placement: &Placement,
    circumstances: &Circumstances<'_>,
) -> Option<ChangeSet> {
    if !ticket.is_waiting() {
        return None;
    }
    let assign = Command::Assign(Box::new(command::Assign {
        to: Some(placement.agent),
        team: None,
        how: AssignHow::Auto,
        reason: None,
        why: Some(placement.why.clone()),
        over: false,
    }));
    let decision = decide(Some(ticket), &[assign], circumstances).ok()?;
    let mut changes = assemble(tenant, Some(ticket), decision, &[]);
    for delta in &mut changes.deltas {
        if let Delta::Load { agent, kind: WorkKind::Ticket, change, at_most } = delta
            && *agent == placement.agent
            && *change > 0
        {
            *at_most = Some(placement.capacity);
        }
    }
    changes.deltas.push(Delta::LastAssigned { agent: placement.agent, at: placement.assigned_at });
    Some(changes)
}
