//! The ranked queue, and why work waits.

use std::sync::Arc;

use serde_json::json;
use support_core::Error;
use support_core::desk::{CreateAgent, EditTicket, OpenTicket, ReturnWork, SetPresence, UpdateAgent};
use support_core::id::TicketId;
use support_core::people::{Actor, Capacity, Presence, Shift, WorkKind};
use support_core::routing::{Ranked, Refused};
use support_core::store::{DocumentKind, Key, Outcome, Store};
use support_core::testkit::block_on;
use support_core::ticket::Priority;
use support_core::time::Timestamp;

use crate::faulty::FaultyStore;
use crate::world::{HOST, World, customer_of, id_of, label};

fn walk(world: &World, actor: &Actor, limit: u32, as_of: Option<Timestamp>) -> Vec<Ranked> {
    let (mut all, mut after, mut as_of) = (Vec::new(), None, as_of);
    loop {
        let page = block_on(world.desk.queue(actor, limit, as_of, after)).unwrap();
        assert!(page.items.len() <= limit as usize);
        for (place, score) in &page.items {
            assert!((place.score - score.total).abs() < f64::EPSILON, "the terms add up to the score");
        }
        as_of = Some(page.as_of);
        all.extend(page.items.into_iter().map(|(place, _)| place));
        if !page.more {
            return all;
        }
        after = all.last().copied();
    }
}

/// Twenty tickets of all priorities and ages that nobody can take.
fn crowded() -> World {
    let world = World::standard();
    let carl = world.customer("Carl");
    for n in 0..20_usize {
        let priority = Priority::ALL[n % 4];
        world.noted(&carl, |open| open.priority = Some(priority));
        if n % 3 == 0 {
            world.clock.advance(1_800);
        }
    }
    world
}

#[test]
fn the_order_is_score_then_waiting_time_then_id() {
    let world = crowded();
    let places = walk(&world, &HOST, 100, None);
    assert_eq!(places.len(), 20);
    for pair in places.windows(2) {
        let key = |place: &Ranked| (-place.score, place.since, place.ticket);
        assert!(key(&pair[0]) < key(&pair[1]), "{pair:?}");
    }
    let listed: Vec<TicketId> = places.iter().map(|place| place.ticket).collect();
    let scored = block_on(world.desk.prioritize(&HOST, &listed, None)).unwrap();
    for (ticket, score) in scored {
        let place = places.iter().find(|place| place.ticket == ticket.id).unwrap();
        assert!((place.score - score.total).abs() < 1e-9, "list, queue and router use the same number");
    }
}

#[test]
fn all_else_equal_urgent_comes_before_high_before_normal_before_low() {
    let world = World::standard();
    let carl = world.customer("Carl");
    let mut tickets: Vec<TicketId> = Priority::ALL
        .iter()
        .map(|priority| world.noted(&carl, |open| open.priority = Some(*priority)))
        .collect();
    tickets.reverse();
    let order: Vec<TicketId> = walk(&world, &HOST, 10, None).iter().map(|place| place.ticket).collect();
    assert_eq!(order, tickets);
}

#[test]
fn a_walk_in_pages_is_complete_and_stable_while_time_passes() {
    let world = crowded();
    let as_of = world.desk.now();
    let whole = walk(&world, &HOST, 100, Some(as_of));
    for limit in [1, 3, 7, 19, 20] {
        world.clock.advance(7_200);
        assert_eq!(walk(&world, &HOST, limit, Some(as_of)), whole, "pages of {limit}");
    }
}

#[test]
fn depth_and_pages_are_of_what_the_actor_sees() {
    let world = World::standard();
    let (sales, help) = (world.team("Sales", &json!({})), world.team("Help", &json!({})));
    let carl = world.customer("Carl");
    for team in [sales, sales, help] {
        world.noted(&carl, |open| open.team_id = Some(team));
    }
    let agent = world.agent_with(CreateAgent {
        name: "Ann".into(),
        team_ids: vec![sales],
        capacity: Capacity { units: 0, ..Capacity::default() },
        ..CreateAgent::default()
    });
    let page = block_on(world.desk.queue(&agent, 10, None, None)).unwrap();
    assert_eq!((page.items.len(), page.depth.depth), (2, 2));
    assert_eq!(page.depth.by_team.into_iter().collect::<Vec<_>>(), [(sales, 2)]);
    assert!(matches!(block_on(world.desk.queue(&carl, 10, None, None)), Err(Error::NotFound(_))));
    let last = walk(&world, &HOST, 10, None).last().unwrap().ticket;
    let waiting = block_on(world.desk.explain(&HOST, last)).unwrap().waiting.unwrap();
    assert_eq!(waiting.before, Some(2));
}

#[test]
fn a_cursor_whose_ticket_is_gone_goes_on_at_its_place() {
    let world = crowded();
    let as_of = world.desk.now();
    let whole = walk(&world, &HOST, 100, Some(as_of));
    world.run(
        &HOST,
        &support_core::desk::EditTicket::of(whole[4].ticket).status(support_core::ticket::Status::Closed),
    );
    let page = block_on(world.desk.queue(&HOST, 100, Some(as_of), Some(whole[4]))).unwrap();
    let rest: Vec<Ranked> = page.items.into_iter().map(|(place, _)| place).collect();
    assert_eq!(rest, whole[5..]);
}

/// Makes the change that a condition asks for, with the use-cases that a supervisor has.
fn relax(world: &World, agent: &Actor, condition: Refused, effort: u32) {
    let id = id_of(agent);
    let mut update = UpdateAgent { id: Some(id), ..UpdateAgent::default() };
    match condition {
        Refused::NotAvailable | Refused::OtherChannels => {
            world.run(&HOST, &SetPresence::of(id, Presence::Offline));
            world.run(&HOST, &SetPresence::of(id, Presence::Available));
            return;
        }
        Refused::NotInTeam => update.team_ids = Some(vec![]),
        Refused::OffShift => update.shift = Some(None),
        Refused::MissingSkill => update.skills = Some([(label("refunds"), 5)].into()),
        Refused::NoRoom => {
            update.capacity = Some(Capacity { units: world.load(agent) + effort, ..Capacity::default() });
        }
        other => panic!("{other:?} stands in the way of nobody here"),
    }
    world.run(&HOST, &update);
}

#[test]
fn while_work_waits_every_agent_has_reasons_and_the_smallest_change_really_helps() {
    // Each agent fails other conditions; the first of the list fails the fewest.
    for least in 0..6 {
        let world = World::standard();
        let elsewhere = world.team("Elsewhere", &json!({}));
        let night = Shift::on_days("UTC".parse().unwrap(), &[], "20:00", "21:00").unwrap();
        let skills = [(label("refunds"), 3)];
        let whole = CreateAgent { skills: skills.clone().into(), ..CreateAgent::default() };
        let full = Capacity { units: 0, ..Capacity::default() };
        let kinds = [
            (CreateAgent { shift: Some(night.clone()), ..whole.clone() }, Refused::OffShift),
            (CreateAgent { capacity: full, ..whole.clone() }, Refused::NoRoom),
            (CreateAgent { team_ids: vec![elsewhere], ..whole.clone() }, Refused::NotInTeam),
            (CreateAgent { skills: Default::default(), ..whole.clone() }, Refused::MissingSkill),
            (whole.clone(), Refused::NotAvailable),
            (whole, Refused::OtherChannels),
        ];
        let (made, fails) = kinds[least].clone();
        let best = world.agent_with(CreateAgent { name: "Best".into(), ..made });
        match fails {
            Refused::NotAvailable => world.presence(&best, Presence::Busy),
            Refused::OtherChannels => {
                let calls = vec![WorkKind::Call];
                let presence =
                    SetPresence { channels: calls, ..SetPresence::of(id_of(&best), Presence::Available) };
                world.run(&HOST, &presence);
            }
            _ => {}
        }
        let worse = world.agent_with(CreateAgent {
            name: "Worse".into(),
            shift: Some(night),
            capacity: full,
            ..CreateAgent::default()
        });
        let effort = 2;
        let ticket = world.noted(&world.customer("Carl"), |open| {
            open.skills = skills.to_vec();
            open.effort = Some(effort);
        });
        let waiting = block_on(world.desk.explain(&HOST, ticket)).unwrap().waiting.unwrap();
        let verdict = waiting.agents.iter().find(|verdict| verdict.agent == id_of(&worse)).unwrap();
        assert_eq!(verdict.fails, [Refused::MissingSkill, Refused::OffShift, Refused::NoRoom]);
        let unblock = waiting.unblock.unwrap();
        assert_eq!((unblock.agent, unblock.relax.as_slice()), (id_of(&best), &[fails][..]));
        for condition in unblock.relax {
            relax(&world, &best, condition, effort);
        }
        assert_eq!(world.owner(ticket), Some(id_of(&best)), "{fails:?}");
        assert_eq!(block_on(world.desk.explain(&HOST, ticket)).unwrap().waiting, None);
        world.sound();
    }
}

#[test]
fn the_smallest_change_may_be_several() {
    let world = World::standard();
    let ann = world.agent_with(CreateAgent {
        name: "Ann".into(),
        capacity: Capacity { units: 0, ..Capacity::default() },
        ..CreateAgent::default()
    });
    world.presence(&ann, Presence::Away);
    let ticket = world.noted(&world.customer("Carl"), |open| open.skills = vec![(label("refunds"), 1)]);
    let unblock = block_on(world.desk.explain(&HOST, ticket)).unwrap().waiting.unwrap().unblock.unwrap();
    assert_eq!(unblock.relax, [Refused::MissingSkill, Refused::NotAvailable, Refused::NoRoom]);
    for (at, condition) in unblock.relax.iter().enumerate() {
        assert_eq!(world.owner(ticket), None, "nothing less would do: {at}");
        relax(&world, &ann, *condition, 1);
    }
    assert_eq!(world.owner(ticket), Some(id_of(&ann)));
}

#[test]
fn what_comes_first_takes_its_share_of_the_change() {
    let world = World::standard();
    let ann = world.agent("Ann");
    world.capacity(&ann, 1);
    let carl = world.customer("Carl");
    world.opened_by(&carl);
    let urgent = world.noted(&carl, |open| (open.priority, open.effort) = (Some(Priority::Urgent), Some(2)));
    let low = world.noted(&carl, |open| open.priority = Some(Priority::Low));
    let unblock = block_on(world.desk.explain(&HOST, low)).unwrap().waiting.unwrap().unblock.unwrap();
    assert_eq!((unblock.relax.as_slice(), unblock.units), (&[Refused::NoRoom][..], 3));
    world.capacity(&ann, 1 + unblock.units - 1);
    assert_eq!((world.owner(urgent), world.owner(low)), (Some(id_of(&ann)), None));
    world.capacity(&ann, 1 + unblock.units);
    assert_eq!(world.owner(low), Some(id_of(&ann)));
    world.sound();
}

#[test]
fn whoever_has_room_while_others_come_first_keeps_it_for_nothing() {
    let world = World::standard();
    let ann = world.agent("Ann");
    world.presence(&ann, Presence::Busy);
    world.capacity(&ann, 5_000);
    let carl = world.customer("Carl");
    let tickets: Vec<_> = (0..1_300).map(|_| world.opened_by(&carl)).collect();
    world.presence(&ann, Presence::Available);
    // The router is not through yet.
    let last = *tickets.last().unwrap();
    let told = block_on(world.desk.explain(&HOST, last)).unwrap().waiting.unwrap();
    assert_eq!(told.agents[0].fails, []);
}

#[test]
fn where_a_team_takes_work_by_hand_no_change_has_the_router_give_it() {
    let world = World::standard();
    let team = world.team("By hand", &serde_json::json!({ "mode": { "ticket": "manual" } }));
    world.agent_in("Ann", "agent", &[team]);
    let ticket = world.noted(&world.customer("Carl"), |open| open.team_id = Some(team));
    let waiting = block_on(world.desk.explain(&HOST, ticket)).unwrap().waiting.unwrap();
    assert!(waiting.by_hand && waiting.unblock.is_none() && waiting.agents[0].fails.is_empty());
}

#[test]
fn without_anybody_there_is_no_change_to_make() {
    let world = World::standard();
    let ticket = world.opened_by(&world.customer("Carl"));
    let waiting = block_on(world.desk.explain(&HOST, ticket)).unwrap().waiting.unwrap();
    assert_eq!((waiting.agents.len(), waiting.unblock), (0, None));
}

#[test]
fn whoever_gave_it_back_is_named_so() {
    let world = World::standard();
    let ann = world.agent("Ann");
    let ticket = world.opened_by(&world.customer("Carl"));
    // She is full with other work when she gives it back, so it cannot come to her again.
    let mut full = UpdateAgent { id: Some(id_of(&ann)), ..UpdateAgent::default() };
    full.capacity = Some(Capacity { units: 0, ..Capacity::default() });
    world.run(&HOST, &full);
    world.run(&ann, &ReturnWork { ticket_id: ticket });
    let waiting = block_on(world.desk.explain(&ann, ticket)).unwrap().waiting.unwrap();
    assert_eq!(waiting.agents[0].fails, [Refused::JustDeclined, Refused::NoRoom]);
    assert!(block_on(world.desk.explain(&world.customer("Dora"), ticket)).is_err());
}

#[test]
fn keyword_rules_can_be_tried_without_writing_anything() {
    let world = World::standard();
    let rule = |name: &str, word: &str, points: f64| {
        let body = json!({"name": name, "type": "custom", "keywords": [word], "boost_amount": points, "active": true});
        world.put(DocumentKind::KeywordRule, body)
    };
    let (late, broken) = (rule("late", "late", 40.0), rule("broken", "broken", 60.0));
    let carl = customer_of(&world.customer("Carl"));
    let a = world.run(&HOST, &OpenTicket::of(carl, "Parcel", "It is late.")).ticket_id;
    let b = world.run(&HOST, &OpenTicket::of(carl, "Parcel", "It is broken.")).ticket_id;
    let order = |rules: Option<&[_]>| -> Vec<TicketId> {
        let scored = block_on(world.desk.prioritize(&HOST, &[a, b], rules)).unwrap();
        scored.into_iter().map(|(ticket, _)| ticket.id).collect()
    };
    assert_eq!(order(None), [b, a]);
    assert_eq!(order(Some(&[late])), [a, b]);
    assert_eq!(order(Some(&[broken])), [b, a]);
    let unknown = [late, support_core::id::DocumentId::SETTINGS];
    let error = block_on(world.desk.prioritize(&HOST, &[a], Some(&unknown))).unwrap_err();
    assert_eq!(crate::world::fields(&error), ["rule_ids[1]"]);
    let before = world.ticket(a);
    assert_eq!(world.ticket(a), before);
    let many = vec![a; 1_001];
    assert!(block_on(world.desk.prioritize(&HOST, &many, None)).is_err());
}

/// What it asks for changes after the router has planned and before it reads the ticket, which it does for what waited
/// when the desk started.
#[test]
fn work_that_asks_for_more_than_when_it_was_planned_is_not_given_by_that_plan() {
    let store = Arc::new(FaultyStore::default());
    let world = World::on(store.clone());
    let (ann, carl) = (world.agent("Ann"), world.customer("Carl"));
    world.presence(&ann, Presence::Away);
    let ticket = world.opened_by(&carl);
    // She is back, and no desk runs that would give her anything.
    let back = SetPresence::of(id_of(&ann), Presence::Available);
    let changes = block_on(world.desk.prepare(&ann, &back)).unwrap().changes;
    block_on(store.commit(&[changes])).unwrap();
    let (desk, beside) = (world.desk.clone(), store.clone());
    store.before_reading(Key::Ticket(ticket), async move {
        let more = EditTicket { skills: Some(vec![(label("fr"), 3)]), ..EditTicket::of(ticket) };
        let changes = desk.prepare(&HOST, &more).await.unwrap().changes;
        assert_eq!(beside.commit(&[changes]).await.unwrap(), [Outcome::Committed]);
    });
    let started = world.restarted(store.clone());
    for _ in 0..2 {
        block_on(started.tick()).unwrap();
        assert!(!store.is_awaited());
        assert_eq!(world.owner(ticket), None, "she speaks no French");
    }
    let french = Some([(label("fr"), 3)].into());
    block_on(
        started.run(&HOST, &UpdateAgent { id: Some(id_of(&ann)), skills: french, ..Default::default() }),
    )
    .unwrap();
    assert_eq!(world.owner(ticket), Some(id_of(&ann)));
    world.sound();
}
