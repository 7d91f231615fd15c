//! The last step of every decision before it is written: what rules did in it is looked after.

use crate::conversation::Conversation;
use crate::error::Error;
use crate::event::Event;
use crate::id::{AgentId, ConversationId, TenantId};
use crate::people::{AgentState, Scope};
use crate::routing::AssignHow;
use crate::store::{ChangeSet, Delta, Key, Record};
use crate::ticket::{Circumstances, Command, Decision, Status, Ticket, go_on_quietly};

use super::Desk;
use super::assemble::{assemble, goes_over, needs_routing, still_there};
use super::presence::{Row, state_in};

/// A decision that is to be written.
pub(super) struct Landing<'a> {
    tenant: TenantId,
    before: Option<&'a Ticket>,
    decision: Decision,
    touched: Vec<Record>,
    placed: Option<Command>,
    earlier: &'a [ChangeSet],
}

/// What a decision writes.
pub(super) struct Landed {
    pub(super) changes: ChangeSet,
    /// The ticket's version after it.
    pub(super) version: u64,
    /// Whether the router has to look.
    pub(super) routes: bool,
}

impl<'a> Landing<'a> {
    pub(super) const fn of(tenant: TenantId, before: Option<&'a Ticket>, decision: Decision) -> Self {
        Self { tenant, before, decision, touched: Vec::new(), placed: None, earlier: &[] }
    }

    /// Names what is written before it in the same call of the store, and is not stored yet: an agent whom rules give
    /// several tickets has with each of them what those before it left them.
    pub(super) const fn after(mut self, earlier: &'a [ChangeSet]) -> Self {
        self.earlier = earlier;
        self
    }

    /// Names conversations and messages of the ticket, as they are, that are at hand and that the events may change.
    pub(super) fn touching(mut self, touched: Vec<Record>) -> Self {
        self.touched = touched;
        self
    }

    /// Names the router's placement. It stands where a rule passes the work on to somebody who cannot have it: in
    /// the queue the router would place it, and the rule pass it on, for ever.
    pub(super) fn placed(mut self, placed: Command) -> Self {
        self.placed = Some(placed);
        self
    }
}

impl Desk {
    /// Makes of a decision what it writes.
    ///
    /// A ticket that the decision gave to an agent goes back to its queue where they work here no more or may not answer
    /// customers; otherwise their state is checked in the commit, and it is told whether they are over capacity with it.
    /// Conversations in which rules wrote are read where they are not at hand. What an agent missed by it is counted.
    ///
    /// # Errors
    /// `Store`.
    pub(super) async fn land(
        &self,
        landing: Landing<'_>,
        circumstances: &Circumstances<'_>,
    ) -> Result<Landed, Error> {
        let (channel, earlier) = (landing.decision.ticket.channel.clone(), landing.earlier);
        let before = landing.before;
        let mut landed = self.land_unfollowed(landing, circumstances).await?;
        let row = Row { channel: &channel, before, earlier };
        landed.routes |= self.count_missed(row, circumstances, &mut landed.changes).await?;
        Ok(landed)
    }

    /// Does the same for what is let go of because its agent leaves: nobody misses anything by that.
    pub(super) async fn land_unfollowed(
        &self,
        landing: Landing<'_>,
        circumstances: &Circumstances<'_>,
    ) -> Result<Landed, Error> {
        let (mut landing, owner) = self.given(landing, circumstances).await?;
        let unread = unread(&landing.decision, &landing.touched);
        if !unread.is_empty() {
            let found = self.store().load(&Scope::system(landing.tenant), &unread).await?;
            landing.touched.extend(found.into_iter().flatten());
        }
        let Landing { tenant, before, decision, touched, .. } = landing;
        let (version, routes) = (decision.ticket.version, needs_routing(before, &decision.ticket));
        let mut changes = assemble(tenant, before, decision, &touched);
        owner.into_iter().for_each(|state| still_there(&mut changes, state));
        Ok(Landed { changes, version, routes })
    }

    async fn given<'a>(
        &self,
        mut landing: Landing<'a>,
        circumstances: &Circumstances<'_>,
    ) -> Result<(Landing<'a>, Option<AgentState>), Error> {
        let Some(agent) = given(&landing.decision) else { return Ok((landing, None)) };
        match self.fit_for_work(landing.tenant, agent).await? {
            Ok((agent, state)) => {
                let units = landing.decision.ticket.units();
                let state = with(state, landing.earlier);
                let is_over = goes_over(landing.before, units, &agent, &state);
                let events = landing.decision.events.iter_mut().rev();
                for envelope in events {
                    if let Event::TicketAssigned { over, .. } = &mut envelope.event {
                        // The decision knows of no capacity.
                        *over = is_over;
                        break;
                    }
                }
                Ok((landing, Some(state)))
            }
            Err(because) => {
                let commands: Vec<Command> =
                    std::iter::once(Command::GiveBack(because)).chain(landing.placed.take()).collect();
                landing.decision = go_on_quietly(landing.decision, &commands, circumstances)?;
                Ok((landing, None))
            }
        }
    }
}

/// An agent's state as it will be once what is about to be written is.
fn with(state: AgentState, earlier: &[ChangeSet]) -> AgentState {
    let load = state.load;
    let written = earlier.iter().rev().find_map(|set| state_in(set, state.agent)).cloned();
    let mut state = AgentState { load, ..written.unwrap_or(state) };
    for delta in earlier.iter().flat_map(|set| &set.deltas) {
        if let Delta::Load { agent, kind, change, .. } = *delta
            && agent == state.agent
        {
            let load = state.load.of_mut(kind);
            *load = load.saturating_add_signed(change);
        }
    }
    state
}

/// Names the owner whom the decision chose without looking at their load: by a rule, as a substitute, or because they
/// took it or answered. What is closed or set aside is nobody's work.
fn given(decision: &Decision) -> Option<AgentId> {
    let ticket = &decision.ticket;
    let owner = ticket.assigned_to?;
    if ticket.status == Status::Closed || ticket.set_aside.is_some() {
        return None;
    }
    let last = decision.events.iter().rev().find_map(|envelope| match &envelope.event {
        Event::TicketAssigned { to, how, .. } => Some((*to, *how)),
        _ => None,
    });
    let unseen =
        |how| matches!(how, AssignHow::Rule | AssignHow::Escalation | AssignHow::Absent | AssignHow::Take);
    matches!(last, Some((Some(to), how)) if to == owner && unseen(how)).then_some(owner)
}

/// Names the conversations in which something was written, other than those at hand and those that begin here.
fn unread(decision: &Decision, touched: &[Record]) -> Vec<Key> {
    let at_hand = |id: ConversationId| {
        touched.iter().any(|record| matches!(record, Record::Conversation(c) if c.id == id))
    };
    let begins = |id: ConversationId| {
        decision.events.iter().filter_map(Conversation::begin).any(|conversation| conversation.id == id)
    };
    let mut unread: Vec<Key> = Vec::new();
    for envelope in &decision.events {
        if let Event::MessageAdded { conversation_id: id, .. } = envelope.event
            && !at_hand(id)
            && !unread.contains(&Key::Conversation(id))
            && !begins(id)
        {
            unread.push(Key::Conversation(id));
        }
    }
    unread
}
