//! Lists: filter, sort, cut.

use std::collections::BTreeSet;

use uuid::Uuid;

use crate::conversation::Visibility;
use crate::event::Envelope;
use crate::id::{
    AgentId, AssignmentId, ConversationId, CustomerId, DocumentId, OfferId, OutboxId, SessionId, TicketId,
};
use crate::people::Scope;
use crate::routing::OfferState;
use crate::store::{Key, LoginSubject, OffersOf, Page, PageCursor, Query, Record, Select, TicketSort};
use crate::ticket::Ticket;

use super::shelf::{Place, Shelf};

/// Records with their places in the list, and whether it runs downwards.
struct List<'a> {
    rows: Vec<(PageCursor, &'a Record)>,
    descending: bool,
}

impl Shelf {
    /// Reads a page of what the scope sees.
    pub(super) fn find(&self, scope: &Scope, query: &Query) -> Page {
        if let Select::Stream(stream) = query.select {
            let visible = self.sees_stream(scope, stream);
            let events = self.streams.get(&stream).filter(|_| visible).into_iter().flatten();
            let rows = events
                .filter_map(|index| self.log.get(*index))
                .map(|logged| &logged.envelope)
                .filter(|envelope| envelope.audience.is_visible(stream, scope))
                .map(|envelope| (place(envelope.stream_seq, envelope.id.uuid()), envelope))
                .collect();
            let (events, next) = cut::<Envelope>(rows, false, query);
            return Page { events, next, ..Page::default() };
        }
        let List { mut rows, descending } = self.list(scope, &query.select);
        rows.retain(|(_, record)| self.sees(scope, record));
        let (items, next) = cut(rows, descending, query);
        let related = self.related(scope, &items, query.with);
        Page { items, related, next, events: Vec::new() }
    }

    fn list(&self, scope: &Scope, select: &Select) -> List<'_> {
        let nil = Uuid::nil();
        let mut rows = Vec::new();
        let mut descending = false;
        match select {
            Select::Tickets(filter) => {
                let found = self.found_by_words(scope, &filter.words);
                let from = Place::Ticket(TicketId::from_uuid(nil));
                for record in self.between(from, Place::Conversation(ConversationId::from_uuid(nil))) {
                    if let Record::Ticket(ticket) = record
                        && filter.fits(ticket)
                        && found.as_ref().is_none_or(|found| found.contains(&ticket.id))
                    {
                        rows.push((place_of_ticket(filter.sort, ticket), record));
                    }
                }
                descending = matches!(filter.sort, TicketSort::Newest | TicketSort::Updated);
            }
            Select::Conversations(ticket) => {
                for record in self.children_of(*ticket) {
                    if let Record::Conversation(c) = record {
                        rows.push((place(c.created_at.micros(), c.id.uuid()), record));
                    }
                }
            }
            Select::Messages { ticket, conversation } => {
                for record in self.children_of(*ticket) {
                    if let Record::Message(message) = record
                        && conversation.is_none_or(|wanted| message.conversation_id == wanted)
                    {
                        rows.push((place(message.seq, message.id.uuid()), record));
                    }
                }
                descending = true;
            }
            Select::Assignments { ticket, agent, team, from, to } => {
                let first = Place::Assignment(AssignmentId::from_uuid(nil));
                for record in self.between(first, Place::Offer(OfferId::from_uuid(nil))) {
                    if let Record::Assignment(a) = record
                        && ticket.is_none_or(|ticket| a.ticket_id == ticket)
                        && agent.is_none_or(|agent| a.from == Some(agent) || a.to == Some(agent))
                        && team.is_none_or(|team| a.team_from == Some(team) || a.team_to == Some(team))
                        && from.is_none_or(|from| a.at >= from)
                        && to.is_none_or(|to| a.at < to)
                    {
                        rows.push((place(a.at.micros(), a.id.uuid()), record));
                    }
                }
                descending = true;
            }
            Select::Offers(of) => {
                let first = Place::Offer(OfferId::from_uuid(nil));
                for record in self.between(first, Place::Customer(CustomerId::from_uuid(nil))) {
                    if let Record::Offer(offer) = record
                        && match *of {
                            OffersOf::Ticket(ticket) => offer.ticket_id == ticket,
                            OffersOf::Agent(agent) => offer.agent == agent && offer.state == OfferState::Open,
                            OffersOf::Team(team) => {
                                offer.team == Some(team) && offer.state == OfferState::Open
                            }
                        }
                    {
                        rows.push((place(offer.at.micros(), offer.id.uuid()), record));
                    }
                }
                descending = true;
            }
            // Answers events, not records.
            Select::Stream(_) => {}
            Select::Agents { team, inactive } => {
                let first = Place::Agent(AgentId::from_uuid(nil));
                for record in self.between(first, Place::AgentState(AgentId::from_uuid(nil))) {
                    if let Record::Agent(agent) = record
                        && team.is_none_or(|t| agent.team_ids.contains(&t) || agent.lead_ids.contains(&t))
                        && (agent.active || *inactive)
                    {
                        rows.push((place(agent.created_at.micros(), agent.id.uuid()), record));
                    }
                }
            }
            Select::AgentStates => {
                let first = Place::AgentState(AgentId::from_uuid(nil));
                for record in self.between(first, Place::Document(DocumentId::from_uuid(nil), 0)) {
                    if let Record::AgentState(state) = record
                        && let Some(Record::Agent(agent)) = self.at(&Key::Agent(state.agent))
                        && agent.active
                    {
                        rows.push((place(0_i64, agent.id.uuid()), record));
                    }
                }
            }
            Select::Customers { prefix } => {
                let begins = |text: &str| {
                    prefix.as_ref().is_none_or(|prefix| text.to_lowercase().starts_with(&**prefix))
                };
                let first = Place::Customer(CustomerId::from_uuid(nil));
                for record in self.between(first, Place::Agent(AgentId::from_uuid(nil))) {
                    if let Record::Customer(c) = record
                        && (begins(&c.name) || c.addresses.iter().any(|address| begins(&address.value)))
                    {
                        rows.push((place(c.created_at.micros(), c.id.uuid()), record));
                    }
                }
            }
            Select::Documents { kind, retired } => {
                let first = Place::Document(DocumentId::from_uuid(nil), 0);
                let last = Place::Login(LoginSubject::Agent(AgentId::from_uuid(nil)));
                for record in self.between(first, last) {
                    if let Record::Document(document) = record
                        && self.current(record).map(Record::revision) == Some(document.version)
                        && kind.is_none_or(|kind| document.kind == kind)
                        && (*retired || !document.retired)
                    {
                        rows.push((place(document.created_at.micros(), document.id.uuid()), record));
                    }
                }
            }
            Select::Sessions(subject) => {
                let first = Place::Session(SessionId::from_uuid(nil));
                for record in self.between(first, Place::Outbox(OutboxId::from_uuid(nil))) {
                    if let Record::Session(session) = record
                        && session.subject == *subject
                    {
                        rows.push((place(session.created_at.micros(), session.id.uuid()), record));
                    }
                }
            }
            Select::Journeys(customer) => {
                let place_of =
                    |journey: Uuid| Place::JourneyProgress(*customer, DocumentId::from_uuid(journey));
                for (_, record) in self.records.range(place_of(nil)..=place_of(Uuid::max())) {
                    if let Record::JourneyProgress(progress) = record {
                        rows.push((place(0, progress.journey.id.uuid()), record));
                    }
                }
            }
            Select::Outbox(state) => {
                let first = Place::Outbox(OutboxId::from_uuid(nil));
                for (_, record) in self.records.range(first..) {
                    if let Record::Outbox(row) = record
                        && row.state == *state
                    {
                        rows.push((place(row.created_at.micros(), row.id.uuid()), record));
                    }
                }
            }
        }
        List { rows, descending }
    }

    /// Finds tickets that have all words in one text that the scope sees; `None` where no words are asked for.
    fn found_by_words(&self, scope: &Scope, words: &[String]) -> Option<BTreeSet<TicketId>> {
        let visible = |visibility| scope.is_staff() || visibility == Visibility::Public;
        (!words.is_empty()).then(|| {
            self.words
                .values()
                .filter(|entry| visible(entry.visibility))
                .filter(|entry| words.iter().all(|word| entry.tokens.contains(word)))
                .map(|entry| entry.ticket)
                .collect()
        })
    }
}

/// Sorts rows, drops those up to the cursor, and cuts the page off.
fn cut<T: Clone>(
    mut rows: Vec<(PageCursor, &T)>,
    descending: bool,
    query: &Query,
) -> (Vec<T>, Option<PageCursor>) {
    rows.sort_unstable_by_key(|(place, _)| *place);
    if descending {
        rows.reverse();
    }
    if let Some(after) = query.after {
        rows.retain(|(place, _)| if descending { *place < after } else { *place > after });
    }
    let more = rows.len() > query.limit as usize;
    rows.truncate(query.limit as usize);
    let next = rows.last().map(|(place, _)| *place).filter(|_| more);
    (rows.into_iter().map(|(_, item)| item.clone()).collect(), next)
}

fn place(key: impl TryInto<i64>, id: Uuid) -> PageCursor {
    PageCursor { key: key.try_into().unwrap_or(i64::MAX), id }
}

fn place_of_ticket(sort: TicketSort, ticket: &Ticket) -> PageCursor {
    let key = match sort {
        TicketSort::Newest | TicketSort::Oldest => ticket.created_at.micros(),
        TicketSort::Updated => ticket.updated_at.micros(),
        TicketSort::Due => ticket.derived.next_due_at.map_or(i64::MAX, |at| at.micros()),
    };
    place(key, ticket.id.uuid())
}
