//! Owners by hand: taking, handing over, giving back.

use std::sync::Arc;
use std::thread;

use serde_json::json;
use support_core::Error;
use support_core::desk::{
    CreateAgent, DeactivateAgent, EditTicket, OpenTicket, Reassign, RestoreTicket, ReturnWork,
    SetAsideTicket, Take,
};
use support_core::event::Event;
use support_core::id::{AgentId, TeamId, TicketId};
use support_core::people::{Actor, Capacity, Permission, Presence};
use support_core::routing::{AssignHow, ReturnCause};
use support_core::store::DocumentKind;
use support_core::testkit::block_on;
use support_core::ticket::{SetAsideKind, Status};
use uuid::Uuid;

use crate::faulty::FaultyStore;
use crate::world::{HOST, World, fields, id_of, label, rule};

fn by_hand(world: &World) -> TeamId {
    world.team("Hands", &json!({"mode": {"ticket": "manual"}}))
}

fn to(ticket_id: TicketId, agent: &Actor) -> Reassign {
    Reassign { ticket_id, agent_id: Some(id_of(agent)), team_id: None, reason: None }
}

fn to_team(ticket_id: TicketId, team: TeamId) -> Reassign {
    Reassign { ticket_id, agent_id: None, team_id: Some(team), reason: None }
}

#[test]
fn the_second_who_takes_hears_that_it_is_the_first_ones() {
    let world = World::standard();
    let team = by_hand(&world);
    let (first, second) = (world.agent_in("Ann", "agent", &[team]), world.agent_in("Bob", "agent", &[team]));
    let ticket = world.noted(&world.customer("Carl"), |open| open.team_id = Some(team));
    let take = Take { ticket_id: ticket };
    world.run(&first, &take);
    world.run(&first, &take);
    assert_eq!(rule(&world.fail(&second, &take)), "already_assigned");
    assert_eq!((world.owner(ticket), world.load(&first)), (Some(id_of(&first)), 1));
    assert_eq!(world.names(ticket).iter().filter(|name| **name == "ticket.assigned").count(), 1);
    world.sound();
}

#[test]
fn of_many_who_take_at_once_one_wins() {
    let world = Arc::new(World::standard());
    let team = by_hand(&world);
    let agents: Vec<Actor> = (0..8).map(|n| world.agent_in(&format!("Agent{n}"), "agent", &[team])).collect();
    let ticket = world.noted(&world.customer("Carl"), |open| open.team_id = Some(team));
    let take = |agent: Actor| {
        let world = world.clone();
        thread::spawn(move || block_on(world.desk.run(&agent, &Take { ticket_id: ticket })))
    };
    let threads: Vec<_> = agents.iter().cloned().map(take).collect();
    let outcomes: Vec<_> = threads.into_iter().map(|thread| thread.join().unwrap()).collect();
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
    for refused in outcomes.iter().filter_map(|outcome| outcome.as_ref().err()) {
        assert_eq!(rule(refused), "already_assigned");
    }
    assert_eq!(agents.iter().map(|agent| world.load(agent)).sum::<u32>(), 1);
    world.sound();
}

#[test]
fn taking_may_go_over_capacity_and_says_so() {
    let world = World::standard();
    let team = by_hand(&world);
    let agent = world.agent_with(support_core::desk::CreateAgent {
        name: "Ann".into(),
        team_ids: vec![team],
        capacity: support_core::people::Capacity { units: 1, ..Default::default() },
        ..Default::default()
    });
    let carl = world.customer("Carl");
    for over in [false, true] {
        let ticket = world.noted(&carl, |open| open.team_id = Some(team));
        world.run(&agent, &Take { ticket_id: ticket });
        let (assignments, _) = block_on(world.desk.assignments(&agent, ticket, 1, None)).unwrap();
        assert_eq!((assignments[0].how, assignments[0].over), (AssignHow::Take, over));
    }
    assert_eq!(world.load(&agent), 2);
    world.sound();
}

#[test]
fn a_reassignment_is_recorded_with_from_to_how_by_and_reason() {
    let world = World::standard();
    let (ann, bob) = (world.agent("Ann"), world.agent("Bob"));
    let boss = world.agent_in("Sue", "supervisor", &[]);
    world.presence(&boss, Presence::Offline);
    let ticket = world.opened_by(&world.customer("Carl"));
    let (from, onto) = if world.owner(ticket) == Some(id_of(&ann)) { (&ann, &bob) } else { (&bob, &ann) };
    let move_it = Reassign { reason: Some("He knows it.".into()), ..to(ticket, onto) };
    world.run(&boss, &move_it);
    let (records, _) = block_on(world.desk.assignments(&boss, ticket, 1, None)).unwrap();
    let record = &records[0];
    assert_eq!((record.from, record.to), (Some(id_of(from)), Some(id_of(onto))));
    assert_eq!((record.how, record.by), (AssignHow::Reassign, boss.as_ref()));
    assert!(record.reason.is_some());
    assert_eq!((world.load(from), world.load(onto)), (0, 1));
    assert!(world.ticket(ticket).followers().contains(&id_of(from)), "who held it stays a follower");
    world.sound();
}

#[test]
fn a_team_lead_reassigns_within_the_own_teams_only() {
    let world = World::standard();
    let (sales, help) = (world.team("Sales", &json!({})), world.team("Help", &json!({})));
    let lead = world.agent_in("Lea", "team_lead", &[sales]);
    let (mate, other) = (world.agent_in("Mat", "agent", &[sales]), world.agent_in("Otto", "agent", &[help]));
    let carl = world.customer("Carl");
    let ticket = world.noted(&carl, |open| open.team_id = Some(sales));
    world.run(&lead, &to(ticket, &mate));
    for refused in [to(ticket, &other), to_team(ticket, help), to_team(ticket, TeamId::DEFAULT)] {
        assert!(matches!(world.fail(&lead, &refused), Error::Forbidden(Permission::TicketReassign)));
    }
    let edit = EditTicket { team_id: Some(help), ..EditTicket::of(ticket) };
    assert!(matches!(world.fail(&lead, &edit), Error::Forbidden(Permission::TicketReassign)));
    assert!(matches!(world.fail(&mate, &to(ticket, &lead)), Error::Forbidden(Permission::TicketReassign)));
    let boss = world.agent_in("Sue", "supervisor", &[]);
    world.run(&boss, &to_team(ticket, help));
    assert_eq!(world.owner(ticket), Some(id_of(&other)), "it waits in the new team for whoever has room");
    world.sound();
}

#[test]
fn what_cannot_be_handed_over_is_named() {
    let world = World::standard();
    let ticket = world.opened_by(&world.customer("Carl"));
    let nothing = Reassign { ticket_id: ticket, agent_id: None, team_id: None, reason: None };
    assert_eq!(fields(&world.fail(&HOST, &nothing)), ["agent_id"]);
    let nobody = Reassign { agent_id: Some(AgentId::from_uuid(Uuid::from_u128(1))), ..nothing.clone() };
    assert_eq!(fields(&world.fail(&HOST, &nobody)), ["agent_id"]);
    let nowhere = Reassign { team_id: Some(TeamId::from_uuid(Uuid::from_u128(99))), ..nothing };
    assert_eq!(fields(&world.fail(&HOST, &nowhere)), ["team_id"]);
}

#[test]
fn returned_work_keeps_its_age_and_comes_back_only_after_five_minutes() {
    let world = World::standard();
    let ann = world.agent("Ann");
    let ticket = world.opened_by(&world.customer("Carl"));
    let since = world.ticket(ticket).work.since;
    let bob = world.agent("Bob");
    world.pass(600);
    world.run(&ann, &ReturnWork { ticket_id: ticket });
    assert_eq!(world.owner(ticket), Some(id_of(&bob)), "others come first");
    assert_eq!(world.ticket(ticket).work.since, since);
    world.run(&bob, &ReturnWork { ticket_id: ticket });
    let owner = world.owner(ticket);
    assert!(owner.is_some(), "nobody else is eligible, so one who gave it back has it again");
    let boss = world.agent_in("Sue", "supervisor", &[]);
    assert_eq!(rule(&world.fail(&boss, &ReturnWork { ticket_id: ticket })), "not_the_owner");
    world.sound();
}

#[test]
fn after_five_minutes_returned_work_comes_back_to_whoever_is_next() {
    let world = World::standard();
    let ann = world.agent("Ann");
    let ticket = world.opened_by(&world.customer("Carl"));
    let bob = world.agent("Bob");
    world.run(&ann, &ReturnWork { ticket_id: ticket });
    assert_eq!(world.owner(ticket), Some(id_of(&bob)));
    // Bob gives it back after Ann's five minutes: she may have it as anybody else.
    world.pass(300);
    world.run(&bob, &ReturnWork { ticket_id: ticket });
    assert_eq!(world.owner(ticket), Some(id_of(&ann)));
    let why = block_on(world.desk.explain(&HOST, ticket)).unwrap().assignment.unwrap().why.unwrap();
    assert_eq!(why.refused, [(id_of(&bob), support_core::routing::Refused::JustDeclined)]);
    world.sound();
}

#[test]
fn work_without_an_owner_goes_back_to_open_and_is_routed_again() {
    let world = World::standard();
    let ann = world.agent("Ann");
    let ticket = world.opened_by(&world.customer("Carl"));
    world.presence(&ann, Presence::Away);
    world.run(&HOST, &EditTicket { assigned_to: Some(None), ..EditTicket::of(ticket) });
    let waiting = world.ticket(ticket);
    assert_eq!((waiting.status, waiting.assigned_to), (Status::Open, None));
    world.presence(&ann, Presence::Available);
    assert_eq!(world.owner(ticket), Some(id_of(&ann)));
    world.sound();
}

#[test]
fn only_who_gives_work_back_themself_has_refused_it() {
    let world = World::standard();
    let team = world.team("Solo", &json!({}));
    let ann = world.agent_in("Ann", "supervisor", &[team]);
    let lead = world.agent_with(CreateAgent {
        name: "Lea".into(),
        role: Some(label("team_lead")),
        team_ids: vec![world.team("Elsewhere", &json!({}))],
        lead_ids: vec![team],
        ..CreateAgent::default()
    });
    let boss = world.agent_in("Sue", "supervisor", &[]);
    world.presence(&boss, Presence::Offline);
    let carl = world.customer("Carl");
    let edit = |ticket| EditTicket { assigned_to: Some(None), ..EditTicket::of(ticket) };
    let to_own_team = |ticket| EditTicket { team_id: Some(team), ..edit(ticket) };
    let back = |ticket: TicketId| {
        let found = world.events(ticket).into_iter().find_map(|envelope| match envelope.event {
            Event::WorkReturned { agent, because } => Some((agent, because)),
            _ => None,
        });
        found.unwrap()
    };
    for (by, edit, because, then) in [
        (&boss, &edit as &dyn Fn(TicketId) -> EditTicket, ReturnCause::TakenBack, &ann),
        (&boss, &to_own_team, ReturnCause::TakenBack, &ann),
        (&HOST, &edit, ReturnCause::TakenBack, &ann),
        (&ann, &edit, ReturnCause::GivenBack, &lead),
        (&ann, &to_own_team, ReturnCause::GivenBack, &lead),
    ] {
        let ticket = world.noted(&carl, |open| open.team_id = Some(team));
        assert_eq!(world.owner(ticket), Some(id_of(&ann)));
        world.run(by, &edit(ticket));
        assert_eq!(back(ticket), (id_of(&ann), because));
        assert_eq!(world.owner(ticket), Some(id_of(then)), "{because:?}");
        assert_eq!(world.ticket(ticket).work.declined.len(), usize::from(then == &lead));
    }
    world.sound();
}

#[test]
fn an_agent_without_a_team_takes_from_the_default_queue() {
    let world = World::standard();
    world.put(support_core::store::DocumentKind::Team, json!({"name": "Elsewhere"}));
    let ann = world.agent("Ann");
    world.presence(&ann, Presence::Busy);
    let ticket = world.opened_by(&world.customer("Carl"));
    let page = block_on(world.desk.queue(&ann, 10, None, None)).unwrap();
    assert_eq!(page.items.len(), 1);
    world.run(&ann, &Take { ticket_id: ticket });
    assert_eq!(world.owner(ticket), Some(id_of(&ann)));
}

#[test]
fn who_is_deactivated_at_the_same_moment_is_given_nothing() {
    let give = |by: &Actor, world: &World, ticket| {
        let ann = id_of(by);
        let open = EditTicket { assigned_to: Some(Some(ann)), ..EditTicket::of(ticket) };
        block_on(world.desk.run(&HOST, &open)).map(drop)
    };
    let take = |by: &Actor, world: &World, ticket| {
        block_on(world.desk.run(by, &Take { ticket_id: ticket })).map(drop)
    };
    let hand = |by: &Actor, world: &World, ticket| block_on(world.desk.run(&HOST, &to(ticket, by))).map(drop);
    let open = |by: &Actor, world: &World, ticket| {
        let customer = world.ticket(ticket).customer_id;
        let assigned_to = Some(id_of(by));
        let open = OpenTicket { assigned_to, ..OpenTicket::of(customer, "Another", "Hello.") };
        block_on(world.desk.run(&HOST, &open)).map(drop)
    };
    type Way = fn(&Actor, &World, TicketId) -> Result<(), Error>;
    let ways: [Way; 4] = [give, take, hand, open];
    for way in ways {
        let store = Arc::new(FaultyStore::default());
        let world = World::on(store.clone());
        let ann = world.agent("Ann");
        world.presence(&ann, Presence::Busy);
        let ticket = world.opened_by(&world.customer("Carl"));
        let (desk, id) = (world.desk.clone(), id_of(&ann));
        store.before("ticket.assigned", move || {
            vec![block_on(desk.prepare(&HOST, &DeactivateAgent { id })).unwrap().changes]
        });
        let refused = way(&ann, &world, ticket).unwrap_err();
        assert!(matches!(refused, Error::Invalid(_)), "{refused:?}");
        world.tick();
        assert_eq!((world.owner(ticket), world.load(&ann)), (None, 0));
        world.sound();
    }
}

#[test]
fn the_router_gives_nothing_to_who_is_deactivated_at_the_same_moment() {
    let store = Arc::new(FaultyStore::default());
    let world = World::on(store.clone());
    let ann = world.agent("Ann");
    let carl = world.customer("Carl");
    let (desk, id) = (world.desk.clone(), id_of(&ann));
    store.before("ticket.assigned", move || {
        vec![block_on(desk.prepare(&HOST, &DeactivateAgent { id })).unwrap().changes]
    });
    let ticket = world.opened_by(&carl);
    world.tick();
    assert_eq!((world.owner(ticket), world.load(&ann)), (None, 0));
    world.sound();
}

#[test]
fn a_rule_may_give_over_capacity_and_says_so() {
    let world = World::standard();
    let team = by_hand(&world);
    let capacity = Capacity { units: 1, ..Capacity::default() };
    let ann =
        id_of(&world.agent_with(CreateAgent { name: "Ann".into(), capacity, ..CreateAgent::default() }));
    let rule = json!({
        "name": "Ann knows",
        "trigger": { "on": ["ticket.created"] },
        "actions": [{ "assign_to": ann }],
    });
    world.put(DocumentKind::Automation, rule);
    let carl = world.customer("Carl");
    for over in [false, true] {
        let ticket = world.noted(&carl, |open| open.team_id = Some(team));
        let (assignments, _) = block_on(world.desk.assignments(&HOST, ticket, 1, None)).unwrap();
        let told = (assignments[0].how, assignments[0].to, assignments[0].over);
        assert_eq!(told, (AssignHow::Rule, Some(ann), over));
    }
    world.sound();
}

#[test]
fn work_that_comes_up_again_leaves_an_owner_who_may_not_answer_customers() {
    type Comes = fn(&World, &Actor, TicketId);
    let is_opened: Comes = |world, _, ticket| {
        world.status(&HOST, ticket, Status::Pending);
        world.status(&HOST, ticket, Status::Open);
    };
    let is_restored: Comes = |world, _, ticket| {
        world.run(&HOST, &SetAsideTicket { ticket_id: ticket, kind: SetAsideKind::Spam });
        world.run(&HOST, &RestoreTicket { ticket_id: ticket });
    };
    let is_reopened: Comes = |world, customer, ticket| {
        world.status(&HOST, ticket, Status::Resolved);
        world.reply(customer, ticket, "It has not come.");
    };
    let is_answered: Comes = |world, customer, ticket| {
        world.status(&HOST, ticket, Status::Pending);
        world.reply(customer, ticket, "Here it is.");
    };
    let goes_on: Comes = |world, customer, ticket| {
        world.reply(customer, ticket, "And another thing.");
    };
    let cases = [
        ("opened", is_opened),
        ("restored", is_restored),
        ("reopened", is_reopened),
        ("answered", is_answered),
        ("goes on", goes_on),
    ];
    for (what, comes) in cases {
        for stays in [true, false] {
            let world = World::standard();
            let (gus, carl) = (world.agent("Gus"), world.customer("Carl"));
            let ticket = world.opened_by(&carl);
            assert_eq!(world.owner(ticket), Some(id_of(&gus)));
            if !stays {
                world.becomes_guest(&gus);
            }
            comes(&world, &carl, ticket);
            assert_eq!(world.owner(ticket).is_some(), stays, "{what}");
            assert_eq!(world.load(&gus), u32::from(stays), "{what}");
            let left =
                |event: &Event| matches!(event, Event::WorkReturned { because: ReturnCause::Left, .. });
            assert!(!world.events(ticket).iter().any(|envelope| left(&envelope.event)), "{what}");
            world.sound();
        }
    }
}
