//! A desk in a file is proved sound while a crowd of callers writes to it.
#![allow(clippy::unwrap_used, reason = "tests say what they expect by panicking")]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use serde_json::json;
use support_core::desk::{
    CreateAgent, CreateCustomer, Desk, OpenTicket, PutDocument, Reassign, Report, SetPresence,
};
use support_core::id::{AgentId, TeamId, TenantId, TicketId};
use support_core::people::{Actor, Presence, WorkKind};
use support_core::store::{ChangeSet, Delta, DocumentKind, Outcome, Query, Record, Select, Store};
use support_core::testkit::{Dice, SeededIds, block_on, system_scope};
use support_core::time::ManualClock;
use support_store_sqlite::{Durability, SqliteConfig, SqliteStore};

const TENANT: TenantId = TenantId::SINGLE;
const HOST: Actor = Actor::Host(TENANT);

struct Place {
    desk: Desk,
    agents: Vec<AgentId>,
    tickets: Vec<TicketId>,
}

impl Place {
    fn new(store: Arc<dyn Store>) -> Self {
        let clock = Arc::new(ManualClock::at("2026-11-20T09:00:00Z".parse().unwrap()));
        let desk = Desk::new(store, clock, Arc::new(SeededIds::new(5)));
        let by_hand = json!({ "name": "Hand", "mode": { "ticket": "manual" } });
        let team = block_on(desk.run(&HOST, &PutDocument::new(DocumentKind::Team, by_hand))).unwrap();
        let team = TeamId::from_uuid(team.document_id.uuid());
        let agents = (0..4).map(|n| {
            let (name, email) = (format!("Agent{n}"), format!("agent{n}@example.com"));
            let agent = CreateAgent { name, email, team_ids: vec![team], ..CreateAgent::default() };
            let id = block_on(desk.run(&HOST, &agent)).unwrap().agent_id;
            block_on(desk.run(&HOST, &SetPresence::of(id, Presence::Available))).unwrap();
            id
        });
        let agents: Vec<AgentId> = agents.collect();
        let customer = block_on(desk.run(&HOST, &CreateCustomer::named("Carl"))).unwrap().customer_id;
        let open = OpenTicket { team_id: Some(team), ..OpenTicket::of(customer, "Parcel", "Late.") };
        let tickets = (0..100).map(|_| block_on(desk.run(&HOST, &open)).unwrap().ticket_id);
        let tickets = tickets.collect();
        Self { desk, agents, tickets }
    }

    /// Verifies so many times while callers hand the tickets from one agent to the next.
    fn verified_while_served(&self, times: usize, reader: &Desk) -> Vec<Report> {
        let done = AtomicBool::new(false);
        thread::scope(|scope| {
            for number in 0..8 {
                let done = &done;
                scope.spawn(move || {
                    let mut dice = Dice::new(number);
                    while !done.load(Ordering::Relaxed) {
                        let ticket_id = *dice.pick(&self.tickets);
                        let agent_id = Some(*dice.pick(&self.agents));
                        let reassign = Reassign { ticket_id, agent_id, team_id: None, reason: None };
                        // Who comes too often at once is refused.
                        let _ = block_on(self.desk.run(&HOST, &reassign));
                    }
                });
            }
            let reports = (0..times).map(|_| block_on(reader.verify(TENANT)).unwrap()).collect();
            done.store(true, Ordering::Relaxed);
            reports
        })
    }
}

fn with_a_reader(check: impl FnOnce(&Place, &Desk)) {
    let folder = tempfile::tempdir().unwrap();
    let config = SqliteConfig::new(folder.path().join("desk.db")).durability(Durability::Process);
    let place = Place::new(Arc::new(SqliteStore::open(&config).unwrap()));
    let clock = Arc::new(ManualClock::at("2026-11-20T09:00:00Z".parse().unwrap()));
    let reader = Arc::new(SqliteStore::open_reader(&config).unwrap());
    check(&place, &Desk::new(reader, clock, Arc::new(SeededIds::new(6))));
}

fn past_the_desk(place: &Place, write: impl FnOnce(&mut ChangeSet)) {
    let mut changes = ChangeSet::new(TENANT);
    write(&mut changes);
    assert_eq!(block_on(place.desk.store().commit(&[changes])).unwrap(), [Outcome::Committed]);
}

#[test]
fn a_desk_is_sound_while_its_tickets_go_from_hand_to_hand() {
    with_a_reader(|place, reader| {
        for report in place.verified_while_served(6, reader) {
            assert!(report.is_sound(), "{report:#?}");
            assert_eq!((report.tickets, report.agents), (100, 4));
        }
        let report = block_on(reader.verify(TENANT)).unwrap();
        assert!(report.is_sound(), "{report:#?}");
    });
}

#[test]
fn what_is_wrong_is_found_while_everything_around_it_moves() {
    with_a_reader(|place, reader| {
        // Two that go round with the others: a ticket's assignment, and an agent's load.
        let (ticket, agent) = (place.tickets[0], place.agents[0]);
        let reassign = Reassign { ticket_id: ticket, agent_id: Some(agent), team_id: None, reason: None };
        block_on(place.desk.run(&HOST, &reassign)).unwrap();
        let select =
            Select::Assignments { ticket: Some(ticket), agent: None, team: None, from: None, to: None };
        let found = block_on(place.desk.store().find(&system_scope(TENANT), &Query::new(select, 1))).unwrap();
        let Some(Record::Assignment(mut assignment)) = found.items.into_iter().next() else {
            unreachable!("it was assigned")
        };
        assignment.over = !assignment.over;
        past_the_desk(place, |changes| {
            changes.replace(Record::Assignment(assignment.clone()).revision(), *assignment);
            changes.deltas.push(Delta::Load { agent, kind: WorkKind::Ticket, change: 1, at_most: None });
        });
        let wrong = [format!("ticket {ticket}, assignments"), format!("agent {agent}")];
        for report in place.verified_while_served(6, reader) {
            let places: Vec<&String> = report.findings.iter().map(|finding| &finding.place).collect();
            assert_eq!(places, wrong.iter().collect::<Vec<_>>(), "{report:#?}");
        }
    });
}
