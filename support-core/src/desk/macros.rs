//! Macros: found, rendered with what is known, and used with a reply.

use std::collections::BTreeMap;

use async_trait::async_trait;
use serde::Deserialize;

use crate::automation::Action;
use crate::error::{EntityKind, Error, FieldProblem};
use crate::id::{DocumentId, TicketId};
use crate::label::Label;
use crate::macros::{MacroSpec, MacroVisibility, Values};
use crate::people::{Actor, AddressKind, AgentState, Customer, Permission, Scope};
use crate::routing::Seat;
use crate::sla::ConfigRef;
use crate::store::{ChangeSet, Delta, Document, DocumentKind, Key, PageCursor, Record, StoreExt, Text};
use crate::ticket::Ticket;
use crate::ticket::command::UsedMacro;
use crate::time::Timestamp;

use super::Desk;
use super::assemble::room;
use super::run::{Ask, Done, Once, Options, Prepared, UseCase};

/// A macro and how often it was used.
#[derive(Debug, Clone, PartialEq)]
pub struct MacroView {
    /// Identity.
    pub id: DocumentId,
    /// Its version.
    pub version: u64,
    /// What it says and does.
    pub spec: MacroSpec,
    /// How often it was used.
    pub uses: u64,
    /// When it was made.
    pub created_at: Timestamp,
    /// When this version was made.
    pub updated_at: Timestamp,
}

/// Which macros.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MacroFilter {
    /// Of this category.
    pub category: Option<Label>,
    /// That hold these words.
    pub search: Option<String>,
}

impl Desk {
    /// Lists the macros that the actor sees, oldest first.
    ///
    /// # Errors
    /// `NotFound` to customers; `Forbidden`; `Store`.
    pub async fn macros(
        &self,
        actor: &Actor,
        filter: &MacroFilter,
        limit: u32,
        after: Option<PageCursor>,
    ) -> Result<(Vec<MacroView>, Option<PageCursor>), Error> {
        let fits = |document: &Document| {
            let spec = MacroSpec::deserialize(&document.body).ok()?;
            let fits = spec.is_for(actor)
                && filter.category.as_ref().is_none_or(|category| spec.category.as_ref() == Some(category))
                && filter.search.as_ref().is_none_or(|words| spec.is_found_by(words));
            fits.then(|| (document.clone(), spec))
        };
        let (found, next) = self.documents_that(actor, DocumentKind::Macro, limit, after, fits).await?;
        let keys: Vec<Key> = found.iter().map(|(document, _)| Key::Uses(document.id)).collect();
        let uses = self.store().load(&Scope::system(actor.tenant()), &keys).await?;
        let views =
            found.into_iter().zip(uses).map(|((document, spec), uses)| view(&document, spec, uses.as_ref()));
        Ok((views.collect(), next))
    }

    /// Reads a macro.
    ///
    /// # Errors
    /// `NotFound` where there is none that the actor sees; `Forbidden`; `Store`.
    pub async fn macro_view(&self, actor: &Actor, id: DocumentId) -> Result<MacroView, Error> {
        let not_found = || Error::NotFound(EntityKind::Document);
        let document = self.document(actor, DocumentKind::Macro, id).await?.ok_or_else(not_found)?;
        let spec = MacroSpec::deserialize(&document.body).map_err(|_| not_found())?;
        if !spec.is_for(actor) {
            return Err(not_found());
        }
        let uses = self.store().load(&Scope::system(actor.tenant()), &[Key::Uses(id)]).await?.pop().flatten();
        Ok(view(&document, spec, uses.as_ref()))
    }

    /// Puts values in the places of a macro: those given, and those of the ticket, where one is named, of its customer
    /// and order, and of the agent who asks. Without a ticket this is a use and counts as one; with a ticket the message
    /// that names the macro does. `once` lets a repeated use count once.
    ///
    /// # Errors
    /// `IdempotencyMismatch` where the key was used for another command; `Invalid` that names each variable without a value, as `variables.<name>`; as [`macro_view`](Self::macro_view), and
    /// `NotFound` where the ticket is out of sight.
    pub async fn use_macro(
        &self,
        actor: &Actor,
        id: DocumentId,
        variables: impl IntoIterator<Item = (String, String)> + Send,
        ticket: Option<TicketId>,
        once: Option<Once>,
    ) -> Result<Done<String>, Error> {
        let found = self.macro_view(actor, id).await?;
        let values = self.values(actor, Values::given(variables), ticket).await?;
        let content = found.spec.render(&values).map_err(|missing| {
            let missing = missing.into_iter();
            Error::Invalid(
                missing.map(|name| FieldProblem::new(format!("variables.{name}"), "must be given")).collect(),
            )
        })?;
        if ticket.is_some() {
            return Ok(Done::Now(content));
        }
        let options = Options { if_match: None, once };
        Ok(match self.run_with(actor, &CountUse { id }, &options).await? {
            Done::Now(()) => Done::Now(content),
            Done::Before(()) => Done::Before(content),
        })
    }

    async fn values(
        &self,
        actor: &Actor,
        mut values: Values,
        ticket: Option<TicketId>,
    ) -> Result<Values, Error> {
        let system = Scope::system(actor.tenant());
        if let Some(agent) = actor.as_ref().agent_id()
            && let Some(agent) = self.store().agent(&system, agent).await?
        {
            values = values.agent("name", &agent.name).agent("email", &agent.email);
        }
        let Some(id) = ticket else { return Ok(values) };
        let ticket = self.ticket(actor, id).await?;
        let keys = [Key::Text(ticket.subject), Key::Customer(ticket.customer_id)];
        for record in self.store().load(&system, &keys).await?.into_iter().flatten() {
            match record {
                Record::Text(Text { body: Some(subject), .. }) => values = values.ticket("subject", &subject),
                Record::Customer(customer) => values = of_customer(values, &customer),
                _ => {}
            }
        }
        values = values
            .ticket("reference", &ticket.reference.to_string())
            .ticket("status", ticket.status.as_str())
            .ticket("priority", ticket.priority.as_str());
        if let Some(category) = &ticket.category {
            values = values.ticket("category", category.as_str());
        }
        if let Some(order) = &ticket.order_id {
            values = values.order("id", order.as_str());
        }
        Ok(values)
    }
}

fn of_customer(values: Values, customer: &Customer) -> Values {
    let address = |kind| {
        let of_kind = customer.addresses.iter().filter(move |address| address.kind == kind);
        of_kind.max_by_key(|address| address.primary).map_or("", |address| address.value.as_str())
    };
    values
        .customer("name", &customer.name)
        .customer("email", address(AddressKind::Email))
        .customer("phone", address(AddressKind::Phone))
        .customer("tier", customer.tier.as_ref().map_or("", Label::as_str))
}

fn view(document: &Document, spec: MacroSpec, uses: Option<&Record>) -> MacroView {
    MacroView {
        id: document.id,
        version: document.version,
        spec,
        uses: if let Some(Record::Uses(uses)) = uses { *uses } else { 0 },
        created_at: document.created_at,
        updated_at: document.updated_at,
    }
}

/// Counts a use that goes with no ticket.
struct CountUse {
    id: DocumentId,
}

#[async_trait]
impl UseCase for CountUse {
    type Reply = ();

    async fn prepare(&self, ask: &Ask<'_>) -> Result<Prepared<()>, Error> {
        let mut changes = ChangeSet::new(ask.actor.tenant());
        changes.deltas.push(Delta::Used { document: self.id });
        Ok(Prepared::new(changes, ()))
    }
}

impl Ask<'_> {
    /// Reads the macro that a reply names, and checks that the actor may do on the ticket what it does; with the states,
    /// as they were read, of the agents to whom it may give the ticket.
    pub(super) async fn macro_in(
        &self,
        field: &str,
        id: DocumentId,
        ticket: &Ticket,
    ) -> Result<(UsedMacro, Vec<AgentState>), Error> {
        let document = self.document(DocumentKind::Macro, id).await?.filter(|document| !document.retired);
        let found = document.and_then(|document| {
            let spec = MacroSpec::deserialize(&document.body).ok()?;
            Some((ConfigRef { id, version: document.version }, spec))
        });
        let found = found.filter(|(_, spec)| spec.is_for(self.actor));
        let (version, MacroSpec { actions, .. }) =
            found.ok_or_else(|| Error::invalid(field, "must be a macro that you can use"))?;
        let (mut free, mut states) = (BTreeMap::new(), Vec::new());
        for action in &actions {
            let permission = action.permission();
            let right = self.actor.scope(permission)?;
            if !ticket.with_subject(|subject| right.sees(subject)) {
                return Err(Error::Forbidden(permission));
            }
            match action {
                Action::AssignTo(agent) => {
                    if let Some(Seat { agent, state }) = self.seat(*agent).await? {
                        self.may_hand_to(&agent)?;
                        if !agent.may_reply() {
                            return Err(Error::invalid(
                                field,
                                "gives work to an agent whose role may not answer customers",
                            ));
                        }
                        free.insert(agent.id, room(Some(ticket), &agent, &state));
                        states.push(state);
                    }
                }
                Action::MoveToTeam(team) => self.may_hand_to_team(*team)?,
                _ => {}
            }
        }
        Ok((UsedMacro { version, actions, free }, states))
    }

    /// Checks that the actor may write a macro, as it was and as it will be, and names its owner.
    pub(super) fn may_write_macro(
        &self,
        body: &mut serde_json::Value,
        before: Option<&Document>,
    ) -> Result<(), Error> {
        if let Some(before) = before.and_then(|before| MacroSpec::deserialize(&before.body).ok()) {
            if !before.is_for(self.actor) {
                return Err(Error::NotFound(EntityKind::Document));
            }
            if !before.is_in_reach_of(self.actor) {
                return Err(Error::Forbidden(Permission::MacroManage));
            }
        }
        let own = body.get("visibility").and_then(|v| v.as_str()) == Some(MacroVisibility::Own.as_str());
        if let (true, Some(agent), Some(fields)) = (own, self.actor.as_ref().agent_id(), body.as_object_mut())
        {
            fields.insert("owner_id".into(), agent.to_string().into());
        }
        match MacroSpec::deserialize(&*body) {
            Ok(spec) if spec.check().is_empty() && !spec.is_in_reach_of(self.actor) => {
                Err(Error::Forbidden(Permission::MacroManage))
            }
            // What cannot be read or accepted is refused by the check of the document, with its fields.
            _ => Ok(()),
        }
    }
}
