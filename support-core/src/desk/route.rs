//! Routing: new work finds its agent within the change that makes it, where nothing waits before it; what waits is
//! routed in a step of its own, driven by the call that made it necessary.

use std::collections::HashSet;
use std::sync::Arc;

use crate::config::{Config, RoutingMode};
use crate::error::Error;
use crate::id::{OfferId, TeamId, TenantId, TicketId};
use crate::people::{Actor, ActorRef, Permission, Scope, WorkKind};
use crate::routing::{AssignHow, Placement, Seat, Waiting, serving};
use crate::store::{ChangeSet, Delta, Key, Outcome, Record, Write};
use crate::ticket::{Circumstances, Command, Ticket, command, decide};
use crate::time::Timestamp;

use super::Desk;
use super::assemble::still_there;
use super::board::Planned;
use super::land::Landing;
use super::let_go::committed;
use super::live::Live;
use super::read::staff;
use super::run::{Ask, Prepared};

/// Placements that are committed at once.
const BATCH: usize = 64;
/// Rounds that one call drives. Under a steady stream of new work the next caller goes on, so that nobody's own answer
/// waits for everybody else's work.
const ROUNDS: u32 = 8;
/// Rounds in a row in which nothing could be committed, after which the next call or the sweep goes on.
const FRUITLESS: u32 = 5;

/// Placements that the log has not shown yet, from which on it is read.
const BEHIND: usize = 64;

/// Most placements that are shown of a plan.
const SHOWN: usize = 1_000;

/// What the router would do now.
#[derive(Debug, Clone, PartialEq)]
pub struct PlannedRoute {
    /// When it was planned.
    pub at: Timestamp,
    /// The first 1,000 placements in the actor's sight, best first.
    pub placements: Vec<Placement>,
    /// Work in the actor's sight that would go on waiting, beside all that would be placed.
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
        let mut board = live.board();
        let waiting = board.queue.len();
        let mut placements = board.would_send(&config, now);
        let weights = &config.settings.weights;
        let visible = board.queue.page(&scope, weights, now, waiting, None);
        let visible = visible.into_iter().map(|ranked| ranked.ticket);
        // What is on its way to an agent waits no more.
        let visible: HashSet<TicketId> = visible.filter(|ticket| !board.queue.is_held(*ticket)).collect();
        placements.retain(|placement| visible.contains(&placement.ticket));
        let left = visible.len().saturating_sub(placements.len());
        placements.truncate(SHOWN);
        Ok(PlannedRoute { at: now, placements, left_waiting: u32::try_from(left).unwrap_or(u32::MAX) })
    }

    /// Gives waiting work of a tenant to eligible agents until nothing more can be placed, and answers how much was.
    ///
    /// One call plans at a time; what it planned is committed while the next one plans already. Where another call is
    /// planning this answers at once with 0: that call sees the work too. One call drives a bounded number of rounds;
    /// what is left then is marked, and the next call or the worker goes on with it.
    ///
    /// # Errors
    /// `Store`. What was placed before stays placed.
    pub async fn route(&self, tenant: TenantId) -> Result<u32, Error> {
        let live = self.live(tenant);
        let (mut placed, mut fruitless) = (0, 0);
        for _ in 0..ROUNDS {
            let Some(mut departed) = self.depart(&live).await? else { return Ok(placed) };
            let planned = departed.planned.len();
            let committed = self.arrive(tenant, &mut departed).await?;
            placed += u32::try_from(committed).unwrap_or(u32::MAX);
            fruitless = if committed == 0 { fruitless + 1 } else { 0 };
            if fruitless >= FRUITLESS {
                return Ok(placed);
            }
            // What did not arrive waits again; and what arrived may have counted twice in somebody's plan meanwhile.
            if committed < planned || live.board().queue.has_unheld() {
                live.mark();
            }
            if !live.is_marked() {
                return Ok(placed);
            }
        }
        // The next caller goes on, or the worker.
        self.store().announce();
        Ok(placed)
    }

    /// Plans until nobody has asked for a look since the last, or there is enough to commit at once.
    async fn depart<'a>(&self, live: &'a Live) -> Result<Option<Departed<'a>>, Error> {
        let store = self.store();
        let mut departed: Option<Departed<'_>> = None;
        loop {
            let Some(mut turn) = live.turn(self.now()) else { return Ok(departed) };
            while departed.as_ref().is_none_or(|some| some.planned.len() < BATCH) && turn.begin() {
                live.sync(&**store).await?;
                let now = self.now();
                let config = live.config(store, now).await?;
                let room = BATCH - departed.as_ref().map_or(0, |some| some.planned.len());
                let planned = live.board().send(&config, now, room);
                turn.finish();
                match &mut departed {
                    _ if planned.is_empty() => {}
                    Some(departed) => departed.planned.extend(planned),
                    None => departed = Some(Departed { live, planned, config, now }),
                }
            }
            drop(turn);
            if departed.as_ref().is_some_and(|some| some.planned.len() >= BATCH) {
                live.mark();
                return Ok(departed);
            }
            // A mark that was set between the last look and the end of the turn is nobody's yet.
            if !live.is_marked() {
                return Ok(departed);
            }
        }
    }

    /// Gives work that a change adds its agent within the change, where nothing waits that might come before it. Then
    /// the router has nothing to do for it.
    pub(super) async fn depart_with<'a, R>(
        &self,
        live: &'a Live,
        ask: &Ask<'_>,
        prepared: &mut Prepared<R>,
    ) -> Option<Departed<'a>> {
        if !live.is_settled() {
            return None;
        }
        let changes = &mut prepared.changes;
        // Where room is freed too, the router looks whom that helps.
        if changes.frees_load() {
            return None;
        }
        // One ticket, and nothing of the agents among whom one is chosen.
        let of_agents = |write: &Write| matches!(write.record, Record::Agent(_) | Record::AgentState(_));
        if changes.writes.iter().any(of_agents) {
            return None;
        }
        let mut tickets = changes.writes.iter().filter_map(|write| match &write.record {
            Record::Ticket(ticket) => Some(ticket),
            _ => None,
        });
        let (Some(ticket), None) = (tickets.next(), tickets.next()) else { return None };
        let work = Waiting::of(ticket)?;
        let config = live.with_versions_of(ask.store(), ask.config.clone(), ticket).await.ok()?;
        // Who has least to do is told by loads as they are.
        if live.is_behind() {
            live.sync(ask.store()).await.ok()?;
        }
        let planned = live.board().send_new(&work, &config, ask.now)?;
        let (placement, seat) = (planned.placement.clone(), planned.seat.clone());
        let departed = Departed { live, planned: vec![planned], config: config.clone(), now: ask.now };
        let circumstances =
            Circumstances { actor: ActorRef::SYSTEM, now: ask.now, ids: self.ids(), config: &config };
        // As the change leaves them, not as they are stored.
        let written = |write: &Write| matches!(write.record, Record::Conversation(_));
        let touched = changes.writes.iter().filter(|write| written(write)).map(|write| write.record.clone());
        let landing = assignment(changes.tenant, ticket, (&placement, &seat), &circumstances)?;
        let landing = landing.touching(touched.collect());
        let mut later = self.place_one(landing, &placement, &circumstances).await.ok()?;
        as_planned(&mut later, &seat);
        // A rule may have moved it into another queue in the same breath.
        prepared.routes = is_left_waiting(&later);
        changes.absorb(later);
        Some(departed)
    }

    /// Takes note that a change was committed with the placements of its work.
    pub(super) async fn arrived(&self, mut departed: Departed<'_>) {
        departed.planned.clear();
        if departed.live.board().on_the_way() >= BEHIND {
            // Where that fails the next one tries.
            let _ = departed.live.catch_up(&**self.store()).await;
        }
    }

    /// Commits what was planned; answers how much of it arrived. The rest waits again.
    async fn arrive(&self, tenant: TenantId, departed: &mut Departed<'_>) -> Result<usize, Error> {
        let Departed { live, planned, config, now } = departed;
        let arrived = match self.place(tenant, live, planned, config, *now).await {
            Err(error) if error.is_retryable() => return Err(error),
            Err(_) => {
                // One of them cannot be read or written: it must not hold up the others.
                let mut arrived = Vec::with_capacity(planned.len());
                for one in planned.chunks_mut(1) {
                    match self.place(tenant, live, one, config, *now).await {
                        Ok(one) => arrived.extend(one),
                        Err(error) if error.is_retryable() => return Err(error),
                        Err(_) => {}
                    }
                }
                arrived
            }
            Ok(arrived) => arrived,
        };
        let mut board = live.board();
        for planned in planned.drain(..) {
            if !arrived.contains(&planned.placement.ticket) {
                board.back(&planned.placement);
            }
        }
        Ok(arrived.len())
    }

    /// Commits placements, each alone; answers which of them held.
    async fn place(
        &self,
        tenant: TenantId,
        live: &Live,
        planned: &mut [Planned],
        config: &Arc<Config>,
        now: Timestamp,
    ) -> Result<Vec<TicketId>, Error> {
        let store = self.store();
        let unread: Vec<Key> = planned
            .iter()
            .filter(|planned| planned.ticket.is_none())
            .map(|planned| Key::Ticket(planned.placement.ticket))
            .collect();
        let mut read = store.load(&Scope::system(tenant), &unread).await?.into_iter();
        let mut tickets = Vec::with_capacity(planned.len());
        let mut changes = Vec::with_capacity(planned.len());
        for Planned { placement, seat, ticket, waited } in planned {
            let ticket = match (ticket.take(), &mut read) {
                (Some(ticket), _) => ticket,
                (None, read) => match read.next().flatten() {
                    // What asks for something else by now is planned again.
                    Some(Record::Ticket(ticket)) if asks_as_planned(&ticket, waited.as_ref()) => ticket,
                    _ => continue,
                },
            };
            let config = live.with_versions_of(&**store, config.clone(), &ticket).await?;
            let circumstances =
                Circumstances { actor: ActorRef::SYSTEM, now, ids: self.ids(), config: &config };
            if let Some(landing) = assignment(tenant, &ticket, (placement, seat), &circumstances) {
                let mut set = self.place_one(landing.after(&changes), placement, &circumstances).await?;
                as_planned(&mut set, seat);
                tickets.push(placement.ticket);
                changes.push(set);
            }
        }
        self.tell(&mut changes).await?;
        let outcomes = store.commit(&changes).await?;
        if committed(&changes, &outcomes).any(is_left_waiting) {
            // A rule moved it into another queue in the same breath: the router looks again, at once.
            live.mark();
        }
        self.see_off(tenant, committed(&changes, &outcomes)).await;
        let held = tickets.into_iter().zip(outcomes).filter(|(_, outcome)| *outcome == Outcome::Committed);
        Ok(held.map(|(ticket, _)| ticket).collect())
    }

    /// Makes of a placement what it writes; its agent is given no more than the room that they were left.
    async fn place_one(
        &self,
        landing: Landing<'_>,
        placement: &Placement,
        circumstances: &Circumstances<'_>,
    ) -> Result<ChangeSet, Error> {
        let mut changes = self.land(landing, circumstances).await?.changes;
        for delta in &mut changes.deltas {
            if let Delta::Load { agent, kind: WorkKind::Ticket, change, at_most } = delta
                && *agent == placement.agent
                && *change > 0
            {
                *at_most = Some(placement.capacity);
            }
        }
        changes.deltas.push(Delta::LastAssigned { agent: placement.agent, at: placement.assigned_at });
        Ok(changes)
    }
}

/// Placements on their way to their agents. Dropped before it is known how they ended, they wait again.
pub(super) struct Departed<'a> {
    live: &'a Live,
    planned: Vec<Planned>,
    config: Arc<Config>,
    now: Timestamp,
}

impl Drop for Departed<'_> {
    fn drop(&mut self) {
        if self.planned.is_empty() {
            return;
        }
        let mut board = self.live.board();
        for planned in &self.planned {
            board.back(&planned.placement);
        }
        drop(board);
        self.live.mark();
    }
}

/// Lets a placement succeed only while its agent is as the plan saw them: who went away since gets nothing, and nobody
/// more than the room that they were left.
fn as_planned(changes: &mut ChangeSet, seat: &Seat) {
    still_there(changes, seat.state.clone());
    changes.replace(seat.agent.version, (*seat.agent).clone());
}

/// Tells whether a ticket waits in the same queue and asks for the same as when it was planned.
fn asks_as_planned(ticket: &Ticket, planned: Option<&Waiting>) -> bool {
    let is_alike = |planned: &Waiting, now: &Waiting| {
        (planned.team, &planned.channel, &planned.language, &planned.work)
            == (now.team, &now.channel, &now.language, &now.work)
    };
    // Work that was planned as it was opened was never in the queue.
    planned.is_none_or(|planned| Waiting::of(ticket).is_some_and(|now| is_alike(planned, &now)))
}

/// Tells whether a change leaves a ticket in a queue.
fn is_left_waiting(changes: &ChangeSet) -> bool {
    changes.writes.iter().any(|write| matches!(&write.record, Record::Ticket(ticket) if ticket.is_queued()))
}

/// Decides a placement, an offer where the team asks first; nothing where the ticket waits no more.
fn assignment<'a>(
    tenant: TenantId,
    ticket: &'a Ticket,
    (placement, seat): (&Placement, &Seat),
    circumstances: &Circumstances<'_>,
) -> Option<Landing<'a>> {
    if !ticket.is_queued() {
        return None;
    }
    let (_, team) = serving(ticket.team_id.unwrap_or(TeamId::DEFAULT), circumstances.config);
    let asks = team.is_some_and(|team| team.mode.of(WorkKind::Ticket) == RoutingMode::Offer);
    let why = Some(placement.why());
    let command = if asks {
        let (now, settings) = (circumstances.now, &circumstances.config.settings);
        let until = now.plus_seconds(settings.offer_seconds_on(&ticket.channel));
        // Who goes home is asked no longer.
        let until = seat.off_duty_at(now).map_or(until, |at| at.min(until));
        let id = OfferId::mint(circumstances.ids, now);
        Command::MakeOffer(Box::new(command::MakeOffer { id, agent: placement.agent, until, why }))
    } else {
        let (to, how) = (Some(placement.agent), AssignHow::Auto);
        Command::Assign(Box::new(command::Assign { to, team: None, how, reason: None, why, over: false }))
    };
    let decision = decide(Some(ticket), std::slice::from_ref(&command), circumstances).ok()?;
    let landing = Landing::of(tenant, Some(ticket), decision);
    Some(if asks { landing } else { landing.placed(command) })
}
