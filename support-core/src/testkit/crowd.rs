//! Many callers at once on one desk, and what must hold when they have gone.

use std::future::Future as _;
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Waker};
use std::thread;

use serde_json::json;

use super::{Dice, SeededIds, block_on};
use crate::desk::{
    AcceptOffer, CreateAgent, CreateCustomer, CustomerSpec, DeactivateAgent, DeclineOffer, Desk, EditTicket,
    OpenTicket, Options, PutDocument, Reassign, ReturnWork, SetPresence, Take, UpdateAgent, WriteMessage,
};
use crate::id::{AgentId, CustomerId, TeamId, TenantId, TicketId};
use crate::label::Label;
use crate::people::{Absence, Actor, Capacity, CustomerActor, Day, Presence, Shift};
use crate::routing::{Refused, Seat};
use crate::store::{Credential, DocumentKind, Store};
use crate::ticket::Status;
use crate::time::{Clock as _, ManualClock, Zone};

const TENANT: TenantId = TenantId::SINGLE;
const HOST: Actor = Actor::Host(TENANT);
const AGENTS: usize = 8;

/// Which crowd comes.
#[derive(Debug, Clone, Copy)]
pub struct Crowd {
    /// Makes its choices.
    pub seed: u64,
    /// How many callers.
    pub threads: u64,
    /// How much each of them does.
    pub steps: u32,
    /// Whether work is also taken, handed over and answered by hand, which may go over a capacity.
    pub by_hand: bool,
    /// Whether callers also go away before they are answered.
    pub impatient: bool,
}

struct Place {
    desk: Desk,
    clock: Arc<ManualClock>,
    agents: Vec<AgentId>,
    customer: CustomerId,
    teams: [Option<TeamId>; 4],
    skill: Label,
    tickets: Mutex<Vec<TicketId>>,
}

impl Place {
    fn new(store: Arc<dyn Store>, seed: u64) -> Self {
        let clock = Arc::new(ManualClock::at("2026-11-20T09:00:00Z".parse().unwrap()));
        let desk = Desk::new(store, clock.clone(), Arc::new(SeededIds::new(seed)));
        let skill: Label = "refunds".parse().unwrap();
        let team = |body: serde_json::Value| {
            let put = PutDocument::new(DocumentKind::Team, body);
            Some(TeamId::from_uuid(block_on(desk.run(&HOST, &put)).unwrap().document_id.uuid()))
        };
        // One team asks first.
        let spare = team(json!({"name": "Spare", "mode": {"ticket": "offer"}}));
        let least = json!({"name": "Least", "strategy": "least_loaded", "overflow_team_ids": [spare]});
        let best = team(json!({"name": "Best", "strategy": "optimal"}));
        let teams = [None, team(least), spare, best];
        let agents = (0..AGENTS).map(|n| {
            let agent = CreateAgent {
                name: format!("Agent{n}"),
                email: format!("agent{n}@example.com"),
                capacity: Capacity { units: 2 + u32::try_from(n).unwrap(), ..Capacity::default() },
                team_ids: teams[n % 4].into_iter().collect(),
                skills: (n % 2 == 0).then(|| (skill.clone(), 3)).into_iter().collect(),
                ..CreateAgent::default()
            };
            let id = block_on(desk.run(&HOST, &agent)).unwrap().agent_id;
            block_on(desk.run(&HOST, &SetPresence::of(id, Presence::Available))).unwrap();
            id
        });
        let agents = agents.collect();
        let spec = CustomerSpec { name: "Carl".into(), ..CustomerSpec::default() };
        let create = CreateCustomer { spec, ..CreateCustomer::default() };
        let customer = block_on(desk.run(&HOST, &create)).unwrap().customer_id;
        // From now on no sweep mends what was forgotten: the clock stands still.
        block_on(desk.tick()).unwrap();
        Self { desk, clock, agents, customer, teams, skill, tickets: Mutex::default() }
    }

    fn open(&self, dice: &mut Dice) -> OpenTicket {
        let mut open = OpenTicket::of(self.customer, "Parcel", "Late.");
        open.team_id = *dice.pick(&self.teams);
        open.effort = dice.one_in(5).then_some(2);
        open.skills = if dice.one_in(4) { vec![(self.skill.clone(), 2)] } else { Vec::new() };
        open
    }

    /// Does one thing. What is refused, as much is, changes nothing.
    fn step(&self, dice: &mut Dice, crowd: Crowd) {
        let desk = &self.desk;
        let agent = *dice.pick(&self.agents);
        let known = self.tickets.lock().unwrap().clone();
        let ticket = if known.is_empty() { None } else { Some(*dice.pick(&known)) };
        let (kind, Some(ticket_id)) = (dice.below(22), ticket) else {
            let open = block_on(desk.run(&HOST, &self.open(dice))).unwrap();
            return self.tickets.lock().unwrap().push(open.ticket_id);
        };
        match kind {
            0..=5 => {
                let open = block_on(desk.run(&HOST, &self.open(dice)));
                self.tickets.lock().unwrap().extend(open.ok().map(|open| open.ticket_id));
            }
            6..=8 => {
                let resolve = EditTicket::of(ticket_id).status(Status::Resolved);
                let _ = block_on(desk.run(&HOST, &resolve));
            }
            9..=11 => {
                let owner = block_on(desk.ticket(&HOST, ticket_id)).unwrap().assigned_to;
                if let Some(owner) = owner.and_then(|owner| self.actor(owner)) {
                    let _ = block_on(desk.run(&owner, &ReturnWork { ticket_id }));
                }
            }
            12 | 13 => {
                let presences = [Presence::Available, Presence::Available, Presence::Away];
                let _ = block_on(desk.run(&HOST, &SetPresence::of(agent, *dice.pick(&presences))));
            }
            14 => drop(block_on(desk.tick()).unwrap()),
            15 if dice.one_in(6) => {
                let _ = block_on(desk.run(&HOST, &DeactivateAgent { id: agent }));
                block_on(desk.tick()).unwrap();
            }
            16 if crowd.impatient => {
                let open = self.open(dice);
                let mut run = pin!(desk.run(&HOST, &open));
                for _ in 0..=dice.below(3) {
                    if run.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready() {
                        break;
                    }
                }
            }
            17 => self.answer(dice, agent),
            18 | 19 => self.change(dice, agent),
            _ if crowd.by_hand => self.by_hand(dice, agent, ticket_id),
            _ => {}
        }
    }

    /// Answers an offer of an agent, if there is one.
    fn answer(&self, dice: &mut Dice, agent: AgentId) {
        let Some(actor) = self.actor(agent) else { return };
        let offers = block_on(self.desk.offers(&actor)).unwrap();
        let Some(offer_id) = offers.first().map(|view| view.offer.id) else { return };
        if dice.one_in(2) {
            let _ = block_on(self.desk.run(&actor, &AcceptOffer { offer_id }));
        } else {
            let _ = block_on(self.desk.run(&actor, &DeclineOffer { offer_id, reason: None }));
        }
    }

    /// Changes what an agent is to routing. Their capacity only grows, so that nobody is over by it.
    fn change(&self, dice: &mut Dice, agent: AgentId) {
        let mut update = UpdateAgent { id: Some(agent), ..UpdateAgent::default() };
        let now = self.clock.now();
        match dice.below(5) {
            0 => {
                let day = *dice.pick(&[Day::Fri, Day::Fri, Day::Mon]);
                let shift = Shift::on_days(Zone::UTC, &[day], "08:00", "17:00").unwrap();
                update.shift = Some(Some(shift).filter(|_| dice.one_in(2)));
            }
            1 => {
                let absence = Absence { from: now, until: now.plus_seconds(3_600), substitute_id: None };
                update.absences = Some(if dice.one_in(2) { vec![absence] } else { Vec::new() });
            }
            2 => {
                update.team_ids = Some((0..2).filter_map(|_| *dice.pick(&self.teams)).collect());
                update.skills = Some(dice.one_in(2).then(|| (self.skill.clone(), 2)).into_iter().collect());
            }
            3 => {
                let role = *dice.pick(&["agent", "team_lead", "supervisor"]);
                update.role = Some(role.parse().unwrap());
            }
            _ => {
                let (known, _) = block_on(self.desk.agent(&HOST, agent)).unwrap();
                let capacity = Capacity { units: known.capacity.units + 1, ..known.capacity };
                let options = Options { if_match: Some(known.version), once: None };
                update.capacity = Some(capacity);
                let _ = block_on(self.desk.run_with(&HOST, &update, &options));
                return;
            }
        }
        let _ = block_on(self.desk.run(&HOST, &update));
    }

    fn by_hand(&self, dice: &mut Dice, agent: AgentId, ticket_id: TicketId) {
        let desk = &self.desk;
        match dice.below(4) {
            0 => {
                let reassign = Reassign { ticket_id, agent_id: Some(agent), team_id: None, reason: None };
                let _ = block_on(desk.run(&HOST, &reassign));
            }
            1 => {
                if let Some(actor) = self.actor(agent) {
                    let _ = block_on(desk.run(&actor, &Take { ticket_id }));
                }
            }
            2 => {
                let customer = Actor::Customer(CustomerActor { tenant: TENANT, id: self.customer });
                let _ = block_on(desk.run(&customer, &WriteMessage::reply(ticket_id, "Where is it?")));
            }
            _ => {
                let units = 1 + u32::try_from(dice.below(6)).unwrap();
                let capacity = Some(Capacity { units, ..Capacity::default() });
                let update = UpdateAgent { id: Some(agent), capacity, ..UpdateAgent::default() };
                let _ = block_on(desk.run(&HOST, &update));
            }
        }
    }

    fn actor(&self, agent: AgentId) -> Option<Actor> {
        block_on(self.desk.identify(&Credential::Agent(TENANT, agent))).unwrap()
    }

    /// Nobody is asked for what they can no longer have.
    fn accept_all(&self, crowd: Crowd, agent: AgentId) {
        let actor = self.actor(agent).unwrap();
        for view in block_on(self.desk.offers(&actor)).unwrap() {
            let accept = AcceptOffer { offer_id: view.offer.id };
            let accepted = block_on(self.desk.run(&actor, &accept));
            assert!(accepted.is_ok(), "{crowd:?}: {accepted:?}");
        }
    }

    fn check(&self, crowd: Crowd) {
        if crowd.impatient {
            // What was going on when its caller left is found by the sweep.
            self.clock.set(self.clock.now().plus_seconds(11));
        }
        for _ in 0..20 {
            let next = block_on(self.desk.tick()).unwrap().next;
            if next.is_none_or(|next| next > self.clock.now()) {
                break;
            }
        }
        for agent in &self.agents {
            let (agent, state) = block_on(self.desk.agent(&HOST, *agent)).unwrap();
            let (load, capacity) = (state.load.units, agent.capacity.units);
            assert!(crowd.by_hand || load <= capacity, "{crowd:?}: {load} of {capacity} units");
            assert!(agent.active || load == 0, "{crowd:?}: who works here no more has work");
            if !crowd.by_hand && agent.active {
                self.accept_all(crowd, agent.id);
            }
        }
        for ticket in self.tickets.lock().unwrap().iter() {
            let explained = block_on(self.desk.explain(&HOST, *ticket)).unwrap();
            let team = block_on(self.desk.ticket(&HOST, *ticket)).unwrap().team_id;
            for verdict in explained.waiting.into_iter().flat_map(|waiting| waiting.agents) {
                // Who gave it back gets it again where nobody else may have it; who declined an offer, after a while.
                let asks = team == self.teams[2];
                let stands_in_the_way = |one: &Refused| asks || *one != Refused::JustDeclined;
                let fails = &verdict.fails;
                assert!(fails.iter().any(stands_in_the_way), "{crowd:?}: {ticket} waits for nothing");
            }
            if let Some(why) = explained.assignment.and_then(|record| record.why.map(|why| (why, record.to)))
            {
                assert_eq!(why.0.decide_again(), why.1, "{crowd:?}");
            }
        }
        let report = block_on(self.desk.verify(TENANT)).unwrap();
        assert!(report.is_sound(), "{crowd:?}: {report:#?}");
        // Nothing is still counted as on its way: whoever has room gets new work.
        let leaves = self.agents.iter().find(|agent| {
            let (agent, state) = block_on(self.desk.agent(&HOST, **agent)).unwrap();
            let seat = Seat { agent: agent.into(), state };
            seat.agent.shift.is_none() && seat.is_there(self.clock.now()) && seat.state.load.units == 0
        });
        if let Some(free) = leaves {
            let (agent, _) = block_on(self.desk.agent(&HOST, *free)).unwrap();
            for _ in 0..agent.capacity.units {
                let mut open = OpenTicket::of(self.customer, "Parcel", "Late.");
                open.team_id = agent.team_ids.first().copied();
                let id = block_on(self.desk.run(&HOST, &open)).unwrap().ticket_id;
                let holder = block_on(self.desk.ticket(&HOST, id)).unwrap().holder();
                assert!(holder.is_some(), "{crowd:?}: there is room, and nobody gets it");
            }
        }
    }
}

/// Lets a crowd loose on a desk with an empty store, and checks what must hold when it is quiet again: nobody was
/// given more than fits by the router, nothing waits that somebody could have, and every record follows from the log.
pub fn crowd(store: Arc<dyn Store>, crowd: Crowd) {
    let place = Place::new(store, crowd.seed);
    thread::scope(|scope| {
        for number in 0..crowd.threads {
            let place = &place;
            scope.spawn(move || {
                let mut dice = Dice::new(crowd.seed.wrapping_mul(1_000).wrapping_add(number));
                (0..crowd.steps).for_each(|_| place.step(&mut dice, crowd));
            });
        }
    });
    place.check(crowd);
}
