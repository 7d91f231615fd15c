//! Automations tried out and analysed.

use crate::automation::analysis::{Analysis, analyse};
use crate::automation::{
    AutomationSpec, Automations, MessageFacts, Occasion, Rule, Snapshot, Trace, Trigger, Triggers, Was,
};
use crate::conversation::Message;
use crate::error::Error;
use crate::event::Envelope;
use crate::id::{DocumentId, TenantId, TicketId};
use crate::people::{Actor, ActorKind, ActorRef, Permission, Scope};
use crate::sla::ConfigRef;
use crate::store::{DocumentKind, Key, Query, Record, Select, StoreExt, TicketFilter};
use crate::ticket::{Circumstances, Ticket, rehearse, rehearse_in_time};
use crate::time::Timestamp;

use super::names::check_document;
use super::read::staff;
use super::{Desk, Options};

/// Most tickets of one dry run.
const REHEARSED: u32 = 200;

/// What an automation would do on a ticket.
#[derive(Debug, Clone, PartialEq)]
pub struct Rehearsed {
    /// The ticket.
    pub ticket: TicketId,
    /// How the rule looked at it.
    pub trace: Trace,
    /// When a rule about time would act, or would have acted.
    pub acts_at: Option<Timestamp>,
    /// What would happen, the rule's own changes and what follows from them.
    pub events: Vec<Envelope>,
}

impl Desk {
    /// Tries an automation out on tickets as they are now: what matches, why not, and what would happen. Nothing is
    /// written. Without `tickets` it looks at the newest that the actor sees, so many as `newest` says, 1–200.
    ///
    /// A rule about events is tried as if the first event that wakes it happened now; one about time, at its own
    /// instant. Other automations stay silent.
    ///
    /// # Errors
    /// `NotFound` to customers and out of sight; `Forbidden`; `Invalid` where the automation could not be saved, too many
    /// tickets are named or `newest` is out of its range; `Store`.
    pub async fn rehearse_automation(
        &self,
        actor: &Actor,
        id: Option<DocumentId>,
        spec: &AutomationSpec,
        tickets: &[TicketId],
        newest: u32,
    ) -> Result<Vec<Rehearsed>, Error> {
        staff(actor)?;
        actor.scope(Permission::ConfigRead)?;
        let scope = actor.scope(Permission::TicketRead)?;
        self.check_rehearsed(actor, id, spec).await?;
        if tickets.len() > REHEARSED as usize {
            return Err(Error::invalid("ticket_ids", "must be at most 200"));
        }
        if !(1..=REHEARSED).contains(&newest) {
            return Err(Error::invalid("newest", "must be 1 to 200"));
        }
        let found = if tickets.is_empty() {
            let select = Select::Tickets(Box::<TicketFilter>::default());
            let page = self.store().find(&scope, &Query::new(select, newest)).await?;
            page.items.into_iter().filter_map(ticket_of).collect()
        } else {
            let keys: Vec<Key> = tickets.iter().map(|id| Key::Ticket(*id)).collect();
            let records = self.store().load(&scope, &keys).await?;
            let found: Vec<Ticket> = records.into_iter().flatten().filter_map(ticket_of).collect();
            if found.len() < tickets.len() {
                return Err(Error::invalid("ticket_ids", "must be tickets"));
            }
            found
        };
        let (now, live) = (self.now(), self.live(actor.tenant()));
        let config = live.config(self.store(), now).await?;
        let version = ConfigRef { id: id.unwrap_or_else(|| DocumentId::mint(self.ids(), now)), version: 0 };
        let mut all = Vec::new();
        for ticket in found {
            let config = live.with_versions_of(&**self.store(), config.clone(), &ticket).await?;
            let rule = Rule::new(version, spec);
            let config = (*config).clone().with_automations(Automations::of(vec![rule.clone()]));
            let message = self.last_message(actor.tenant(), &ticket).await?;
            all.push(self.tried(&ticket, &rule, message, &config));
        }
        Ok(all)
    }

    /// Refuses what could not be saved. What the automation named when it was saved may be gone meanwhile.
    async fn check_rehearsed(
        &self,
        actor: &Actor,
        id: Option<DocumentId>,
        spec: &AutomationSpec,
    ) -> Result<(), Error> {
        spec.check().map_err(Error::Invalid)?;
        let ask = self.ask(actor, &Options::default()).await?;
        let kind = DocumentKind::Automation;
        let held = match id {
            Some(id) => ask.document(kind, id).await?.filter(|document| !document.retired),
            None => None,
        };
        let held = held.as_ref().map(|document| &document.body);
        let Ok(body) = serde_json::to_value(spec) else { return Ok(()) };
        check_document(&ask.config.masker, kind, &body, held)?;
        ask.check_references(kind, &body, held).await.map(drop)
    }

    fn tried(
        &self,
        ticket: &Ticket,
        rule: &Rule,
        message: Option<Message>,
        config: &crate::config::Config,
    ) -> Rehearsed {
        let now = self.now().max(ticket.updated_at);
        let circumstances = Circumstances { actor: ActorRef::SYSTEM, now, ids: self.ids(), config };
        let instant = rule.instant(ticket, config);
        let message = message.map(|message| MessageFacts {
            author: message.author.kind,
            direction: message.direction,
            visibility: message.visibility,
            channel: message.channel,
            automatic: message.automatic,
            asks: message.asks,
        });
        let actor = message.as_ref().map_or(ActorKind::System, |message| message.author);
        let (occasion, at) = match (&rule.trigger, instant) {
            (Trigger::On(_), _) => (Occasion { message, was: Some(Was::of(ticket)), actor }, now),
            (_, Some((at, _))) => (Occasion::TIME, at),
            (_, None) => (Occasion::TIME, now),
        };
        let mut trace = rule.trace(&Snapshot { ticket, occasion: &occasion, now: at, config });
        let mut events = Vec::new();
        match (&rule.trigger, instant) {
            (Trigger::On(on), _) => {
                let triggers = on.first().map_or(Triggers::NONE, |on| Triggers::just(*on));
                events = rehearse(ticket, triggers, &occasion, &circumstances).events;
            }
            (_, Some((at, _))) if trace.matched => {
                let circumstances = Circumstances { now: now.max(at), ..circumstances };
                events = rehearse_in_time(ticket, &circumstances).events;
            }
            // Its moment has not come about on this ticket.
            (_, Some(_)) => {}
            (_, None) => trace.matched = false,
        }
        if ticket.set_aside.is_some() || ticket.unattended.rests(rule.id()) {
            trace.matched = false;
        }
        let acts_at = instant.map(|(at, _)| at);
        Rehearsed { ticket: ticket.id, trace, acts_at, events }
    }

    async fn last_message(&self, tenant: TenantId, ticket: &Ticket) -> Result<Option<Message>, Error> {
        let Some(id) = ticket.last_message_id else { return Ok(None) };
        Ok(self.store().one(&Scope::system(tenant), Key::Message(id)).await?)
    }

    /// Analyses the automations in force: dead, shadowed, conflicting and cyclic ones, each with a witness.
    ///
    /// # Errors
    /// `NotFound` to customers; `Forbidden`; `Store`.
    pub async fn analyse_automations(&self, actor: &Actor) -> Result<Analysis, Error> {
        staff(actor)?;
        actor.scope(Permission::ConfigRead)?;
        let config = self.live(actor.tenant()).config(self.store(), self.now()).await?;
        Ok(analyse(&config, self.ids()))
    }
}

fn ticket_of(record: Record) -> Option<Ticket> {
    if let Record::Ticket(ticket) = record { Some(*ticket) } else { None }
}
