//! To whom work goes, and to whom it does not.

use std::sync::Arc;
use std::thread;

use serde_json::json;
use support_core::desk::{CreateAgent, EditTicket, OpenTicket, SetPresence, UpdateAgent, WriteMessage};
use support_core::people::{Actor, Capacity, Day, Presence, Shift, WorkKind};
use support_core::testkit::block_on;
use support_core::ticket::{Priority, Status};

use crate::faulty::FaultyStore;
use crate::world::{HOST, World, at, customer_of, id_of, label};

fn sized(world: &World, name: &str, units: u32) -> Actor {
    world.agent_with(CreateAgent {
        name: name.into(),
        capacity: Capacity { units, ..Capacity::default() },
        ..CreateAgent::default()
    })
}

/// Every decision of the router that is on record decides again to the same agent.
fn decided_alike(world: &World, tickets: &[support_core::id::TicketId]) {
    for ticket in tickets {
        let (records, _) = block_on(world.desk.assignments(&HOST, *ticket, 100, None)).unwrap();
        for record in records {
            if let Some(why) = record.why {
                assert_eq!(why.decide_again(), record.to);
            }
        }
    }
}

#[test]
fn routing_never_goes_over_capacity() {
    let world = World::standard();
    let agents = [sized(&world, "Ann", 2), sized(&world, "Bob", 1), sized(&world, "Null", 0)];
    let carl = world.customer("Carl");
    let tickets: Vec<_> = (0..5).map(|_| world.opened_by(&carl)).collect();
    assert_eq!(agents.each_ref().map(|agent| world.load(agent)), [2, 1, 0]);
    let waiting = tickets.iter().filter(|ticket| world.owner(**ticket).is_none()).count();
    assert_eq!(waiting, 2);
    decided_alike(&world, &tickets);
    world.sound();
}

#[test]
fn work_that_takes_more_units_waits_and_holds_up_nobody() {
    let world = World::standard();
    let ann = sized(&world, "Ann", 2);
    let carl = world.customer("Carl");
    let heavy = world.noted(&carl, |open| open.effort = Some(3));
    let light = world.opened_by(&carl);
    assert_eq!((world.owner(heavy), world.owner(light)), (None, Some(id_of(&ann))));
    world.sound();
}

#[test]
fn routing_never_goes_over_with_eight_threads_creating_at_once() {
    let world = Arc::new(World::standard());
    let agents: Vec<Actor> = (0..3).map(|n| sized(&world, &format!("Agent{n}"), 10)).collect();
    let carl = customer_of(&world.customer("Carl"));
    let threads: Vec<_> = (0..8)
        .map(|_| {
            let world = world.clone();
            thread::spawn(move || {
                let open = OpenTicket::of(carl, "Parcel", "Late.");
                (0..5).map(|_| world.run(&HOST, &open).ticket_id).collect::<Vec<_>>()
            })
        })
        .collect();
    let tickets: Vec<_> = threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect();
    // No sweep was needed: whoever was routing saw what the others added.
    let owned = tickets.iter().filter(|ticket| world.owner(**ticket).is_some()).count();
    assert_eq!(owned, 30);
    assert_eq!(agents.iter().map(|agent| world.load(agent)).collect::<Vec<_>>(), [10, 10, 10]);
    for ticket in &tickets {
        let (records, _) = block_on(world.desk.assignments(&HOST, *ticket, 10, None)).unwrap();
        assert!(records.len() <= 1, "one ticket has one owner");
    }
    decided_alike(&world, &tickets);
    world.sound();
}

#[test]
fn freed_capacity_takes_the_next_in_order_in_the_same_call() {
    let world = World::standard();
    let ann = sized(&world, "Ann", 1);
    let carl = world.customer("Carl");
    let first = world.opened_by(&carl);
    let low = world.noted(&carl, |open| open.priority = Some(Priority::Low));
    let urgent = world.noted(&carl, |open| open.priority = Some(Priority::Urgent));
    let normal = world.opened_by(&carl);
    let mut held = first;
    for next in [urgent, normal, low] {
        world.status(&ann, held, Status::Resolved);
        assert_eq!(world.owner(next), Some(id_of(&ann)));
        held = next;
    }
    world.sound();
}

#[test]
fn every_way_of_freeing_capacity_drains_the_queue() {
    type Free = fn(&World, &Actor, support_core::id::TicketId);
    let ways: [Free; 5] = [
        |world, ann, held| {
            world.status(ann, held, Status::OnHold);
        },
        |world, ann, held| {
            world.reply(ann, held, "Which one?");
        },
        |world, ann, held| {
            let until = Some(world.desk.now().plus_seconds(60));
            world.run(ann, &support_core::desk::Snooze { ticket_id: held, until });
        },
        |world, _, held| {
            let kind = support_core::ticket::SetAsideKind::Deleted;
            world.run(&HOST, &support_core::desk::SetAsideTicket { ticket_id: held, kind });
        },
        |world, ann, _| {
            let mut update = UpdateAgent { id: Some(id_of(ann)), ..UpdateAgent::default() };
            update.capacity = Some(Capacity { units: 2, ..Capacity::default() });
            world.run(&HOST, &update);
        },
    ];
    for free in ways {
        let world = World::standard();
        let ann = sized(&world, "Ann", 1);
        let carl = world.customer("Carl");
        let (held, waits) = (world.opened_by(&carl), world.opened_by(&carl));
        assert_eq!(world.owner(waits), None);
        free(&world, &ann, held);
        assert_eq!(world.owner(waits), Some(id_of(&ann)));
        world.sound();
    }
}

#[test]
fn least_loaded_compares_shares_of_capacity() {
    let world = World::standard();
    let team = world.team("Sales", &json!({"strategy": "least_loaded"}));
    let sized = |name: &str, units| {
        world.agent_with(CreateAgent {
            name: name.into(),
            team_ids: vec![team],
            capacity: Capacity { units, ..Capacity::default() },
            ..CreateAgent::default()
        })
    };
    let (big, small) = (sized("Big", 8), sized("Small", 2));
    let carl = world.customer("Carl");
    let tickets: Vec<_> = (0..10)
        .map(|_| {
            let ticket = world.noted(&carl, |open| open.team_id = Some(team));
            let (b, s) = (world.load(&big), world.load(&small));
            // Nobody is a whole ticket further along than the other's share allows.
            assert!((b.saturating_sub(1)) * 2 <= s * 8 && s.saturating_sub(1) * 8 <= b * 2, "{b} {s}");
            ticket
        })
        .collect();
    assert_eq!((world.load(&big), world.load(&small)), (8, 2));
    decided_alike(&world, &tickets);
    world.sound();
}

#[test]
fn overflow_teams_are_asked_only_when_the_own_team_has_nobody() {
    let world = World::standard();
    let spare = world.team("Spare", &json!({}));
    let main = world.team("Main", &json!({"overflow_team_ids": [spare]}));
    let own = world.agent_with(CreateAgent {
        name: "Own".into(),
        team_ids: vec![main],
        capacity: Capacity { units: 2, ..Capacity::default() },
        ..CreateAgent::default()
    });
    let (helper, stranger) = (world.agent_in("Helper", "agent", &[spare]), world.agent("Stranger"));
    let carl = world.customer("Carl");
    let owners: Vec<_> =
        (0..4).map(|_| world.owner(world.noted(&carl, |open| open.team_id = Some(main)))).collect();
    let (a, b) = (Some(id_of(&own)), Some(id_of(&helper)));
    assert_eq!(owners, [a, a, b, b]);
    assert_eq!(world.load(&stranger), 0);
    world.sound();
}

#[test]
fn skills_with_their_levels_are_asked_for() {
    let world = World::standard();
    let skilled = |name: &str, level| {
        world.agent_with(CreateAgent {
            name: name.into(),
            skills: [(label("refunds"), level)].into(),
            ..CreateAgent::default()
        })
    };
    let (novice, expert) = (skilled("Novice", 2), skilled("Expert", 4));
    world.agent("Plain");
    let carl = world.customer("Carl");
    let refund =
        |level| world.owner(world.noted(&carl, |open| open.skills = vec![(label("refunds"), level)]));
    assert_eq!(refund(3), Some(id_of(&expert)));
    assert_eq!(refund(2), Some(id_of(&novice)), "who waited longest of both");
    assert_eq!(refund(5), None);
    let mut learns = UpdateAgent { id: Some(id_of(&novice)), ..UpdateAgent::default() };
    learns.skills = Some([(label("refunds"), 5)].into());
    world.run(&HOST, &learns);
    assert_eq!(world.load(&novice), 2, "work that waited for the skill goes at once");
    world.sound();
}

#[test]
fn only_the_available_get_work() {
    let world = World::standard();
    let ann = world.agent("Ann");
    let carl = world.customer("Carl");
    for presence in [Presence::Busy, Presence::Away, Presence::Offline] {
        world.presence(&ann, presence);
        let ticket = world.opened_by(&carl);
        assert_eq!(world.owner(ticket), None, "{presence}");
        world.presence(&ann, Presence::Available);
        assert_eq!(world.owner(ticket), Some(id_of(&ann)), "at once with the change of presence");
    }
    let chats =
        SetPresence { channels: vec![WorkKind::Chat], ..SetPresence::of(id_of(&ann), Presence::Available) };
    world.run(&ann, &chats);
    assert_eq!(world.owner(world.opened_by(&carl)), None, "she takes other kinds of work now");
    assert_eq!(world.load(&ann), 3, "who has work keeps it");
    world.sound();
}

#[test]
fn off_shift_and_in_its_last_thirty_minutes_no_new_work_comes() {
    let world = World::standard();
    let ann = world.agent_with(CreateAgent {
        name: "Ann".into(),
        shift: Some(Shift::on_days("Europe/Berlin".parse().unwrap(), &[Day::Fri], "09:00", "17:00").unwrap()),
        ..CreateAgent::default()
    });
    let carl = world.customer("Carl");
    // In November Berlin is an hour ahead of UTC.
    for (instant, works) in [
        ("2026-11-20T15:29:59Z", true),
        ("2026-11-20T15:30:00Z", false),
        ("2026-11-20T16:00:00Z", false),
        ("2026-11-21T10:00:00Z", false),
        ("2026-11-27T07:59:59Z", false),
        ("2026-11-27T08:00:00Z", true),
    ] {
        world.clock.set(at(instant));
        let before = world.load(&ann);
        world.opened_by(&carl);
        world.tick();
        assert_eq!(world.load(&ann) > before, works, "{instant}");
    }
    world.sound();
}

#[test]
fn in_a_team_that_works_by_hand_the_router_leaves_work_alone() {
    let world = World::standard();
    let team = world.team("Hands", &json!({"mode": {"ticket": "manual"}}));
    let ann = world.agent_in("Ann", "agent", &[team]);
    let ticket = world.noted(&world.customer("Carl"), |open| open.team_id = Some(team));
    world.tick();
    assert_eq!(world.owner(ticket), None);
    assert!(block_on(world.desk.explain(&ann, ticket)).unwrap().waiting.unwrap().by_hand);
    let body = json!({"name": "Hands"});
    let id = support_core::id::DocumentId::from_uuid(team.uuid());
    let kind = support_core::store::DocumentKind::Team;
    world.run(&HOST, &support_core::desk::PutDocument::at(id, kind, body));
    assert_eq!(world.owner(ticket), Some(id_of(&ann)), "the change of mode routes what waits");
    world.sound();
}

#[test]
fn after_a_restart_fairness_goes_on_where_it_was() {
    let store = Arc::new(support_core::store::MemoryStore::new());
    let world = World::on(store.clone());
    let (ann, bob) = (world.agent("Ann"), world.agent("Bob"));
    let carl = customer_of(&world.customer("Carl"));
    let mut owners = Vec::new();
    for _ in 0..6 {
        let desk = world.restarted(store.clone());
        let ticket = block_on(desk.run(&HOST, &OpenTicket::of(carl, "Parcel", "Late."))).unwrap().ticket_id;
        owners.push(world.owner(ticket).unwrap());
    }
    assert!(owners.windows(2).all(|pair| pair[0] != pair[1]));
    assert_eq!((world.load(&ann), world.load(&bob)), (3, 3));
    world.sound();
}

#[test]
fn what_waits_when_a_desk_starts_is_routed_by_its_first_tick() {
    let store = Arc::new(support_core::store::MemoryStore::new());
    let world = World::on(store.clone());
    let shift = Shift::on_days("UTC".parse().unwrap(), &[Day::Mon], "08:00", "17:00").unwrap();
    let shift = Some(shift);
    let ann = world.agent_with(CreateAgent { name: "Ann".into(), shift, ..CreateAgent::default() });
    let waits = world.opened_by(&world.customer("Carl"));
    assert_eq!(world.owner(waits), None, "it is Friday");
    world.clock.set(at("2026-11-23T08:00:00Z"));
    // Nobody asks anything of the new desk, and nothing is due.
    let desk = world.restarted(store);
    assert_eq!(block_on(desk.tick()).unwrap().routed, 1);
    assert_eq!(world.owner(waits), Some(id_of(&ann)));
    world.sound();
}

#[test]
fn who_writes_again_makes_waiting_work_no_younger() {
    let world = World::standard();
    let ann = world.agent("Ann");
    let carl = world.customer("Carl");
    let ticket = world.opened_by(&carl);
    let age = world.ticket(ticket).work.since;
    let status = Some(Status::InProgress);
    world.run(&ann, &WriteMessage { status, ..WriteMessage::reply(ticket, "I will look.") });
    world.presence(&ann, Presence::Busy);
    world.run(&HOST, &EditTicket { assigned_to: Some(None), ..EditTicket::of(ticket) });
    world.pass(9 * 3_600);
    world.reply(&carl, ticket, "Any news?");
    let waits = world.ticket(ticket);
    assert_eq!((waits.assigned_to, waits.work.since), (None, age));
    world.sound();
}

#[test]
fn a_take_or_a_reassignment_counts_for_nobodys_turn() {
    let world = World::standard();
    let (ann, bob) = (world.agent("Ann"), world.agent("Bob"));
    let carl = world.customer("Carl");
    let first = world.opened_by(&carl);
    assert_eq!(world.owner(first), Some(id_of(&ann)));
    world.run(&HOST, &EditTicket { assigned_to: Some(Some(id_of(&bob))), ..EditTicket::of(first) });
    assert_eq!(world.owner(world.opened_by(&carl)), Some(id_of(&bob)), "it is still Bob's turn");
    world.sound();
}

#[test]
fn two_desks_on_one_store_never_go_over_together() {
    for _ in 0..10 {
        let store = Arc::new(support_core::store::MemoryStore::new());
        let world = World::on(store.clone());
        let (ann, bob) = (sized(&world, "Ann", 3), sized(&world, "Bob", 2));
        let carl = customer_of(&world.customer("Carl"));
        // Each has the same picture in memory before they begin.
        let desks = [world.desk.clone(), world.restarted(store.clone())];
        desks.iter().for_each(|desk| drop(block_on(desk.route(crate::world::TENANT))));
        let threads: Vec<_> = (0..6)
            .map(|n| {
                let desk = desks[n % 2].clone();
                thread::spawn(move || {
                    block_on(desk.run(&HOST, &OpenTicket::of(carl, "Parcel", "Late."))).unwrap()
                })
            })
            .collect();
        for thread in threads {
            thread.join().unwrap();
        }
        world.tick();
        assert_eq!((world.load(&ann), world.load(&bob)), (3, 2));
        world.sound();
    }
}

#[test]
fn a_placement_that_was_planned_before_others_took_the_room_is_not_carried_out() {
    let store = Arc::new(crate::faulty::FaultyStore::default());
    let world = World::on(store.clone());
    let ann = sized(&world, "Ann", 1);
    let carl = world.customer("Carl");
    world.presence(&ann, Presence::Busy);
    let (first, other) = (world.opened_by(&carl), world.opened_by(&carl));
    world.presence(&ann, Presence::Away);
    // Between the plan and its commit she is given the other one by hand, which fills her.
    let (desk, id) = (world.desk.clone(), id_of(&ann));
    store.before("ticket.assigned", move || {
        let give = EditTicket { assigned_to: Some(Some(id)), ..EditTicket::of(other) };
        vec![block_on(desk.prepare(&HOST, &give)).unwrap().changes]
    });
    world.presence(&ann, Presence::Available);
    assert_eq!((world.owner(first), world.owner(other)), (None, Some(id_of(&ann))));
    assert_eq!(world.load(&ann), 1);
    world.sound();
}

#[test]
fn work_of_a_team_that_was_taken_out_of_force_is_routed_all_the_same() {
    let world = World::standard();
    let team = world.team("Parcels", &serde_json::json!({}));
    let carl = world.customer("Carl");
    let ticket = world.noted(&carl, |open| open.team_id = Some(team));
    let document = support_core::id::DocumentId::from_uuid(team.uuid());
    let kind = support_core::store::DocumentKind::Team;
    world.run(&HOST, &support_core::desk::EditDocument::retire(kind, document));
    let ann = world.agent("Ann");
    assert_eq!(world.owner(ticket), Some(id_of(&ann)), "the default team takes it");
    world.sound();
}

#[test]
fn a_plan_that_was_made_shortly_before_does_not_go_over_a_lowered_capacity() {
    let store = Arc::new(FaultyStore::default());
    let world = World::on(store.clone());
    let carl = world.customer("Carl");
    let ann = sized(&world, "Ann", 2);
    let first = world.opened_by(&carl);
    assert_eq!(world.owner(first), Some(id_of(&ann)));
    let less = UpdateAgent {
        id: Some(id_of(&ann)),
        capacity: Some(Capacity { units: 1, ..Capacity::default() }),
        ..UpdateAgent::default()
    };
    let changes = block_on(world.desk.prepare(&HOST, &less)).unwrap().changes;
    store.before("ticket.assigned", || vec![changes]);
    let second = world.opened_by(&carl);
    assert_eq!((world.owner(second), world.load(&ann)), (None, 1));
    world.sound();
}

#[test]
fn a_stage_of_relaxation_gives_the_work_at_its_instant() {
    let world = World::standard();
    let team = world.team(
        "Billing",
        &json!({ "strategy": "skills", "relaxation": [{ "after_seconds": 1_800, "lower_levels": 2 }] }),
    );
    let ann = world.agent_with(CreateAgent {
        name: "Ann".into(),
        team_ids: vec![team],
        skills: [(label("refunds"), 1)].into(),
        ..CreateAgent::default()
    });
    let carl = world.customer("Carl");
    let ticket = world.noted(&carl, |open| {
        open.team_id = Some(team);
        open.skills = vec![(label("refunds"), 3)];
    });
    let opened = world.desk.now();
    assert_eq!(world.owner(ticket), None);
    world.tick();
    let waiting = block_on(world.desk.explain(&HOST, ticket)).unwrap().waiting.unwrap();
    let relaxes = waiting.relaxes.unwrap();
    assert_eq!((relaxes.at, relaxes.stage, relaxes.agent), (opened.plus_seconds(1_800), 1, id_of(&ann)));
    world.clock.set(opened.plus_seconds(1_799));
    let ticked = block_on(world.desk.tick()).unwrap();
    assert_eq!((world.owner(ticket), ticked.next), (None, Some(opened.plus_seconds(1_800))));
    world.clock.set(opened.plus_seconds(1_800));
    world.tick();
    assert_eq!(world.owner(ticket), Some(id_of(&ann)));
    let why = block_on(world.desk.explain(&HOST, ticket)).unwrap().assignment.unwrap().why.unwrap();
    assert_eq!((why.stage, why.decide_again()), (Some(1), Some(id_of(&ann))));
    world.sound();
}

#[test]
fn a_full_queue_sends_new_work_to_who_takes_its_overflow() {
    let world = World::standard();
    let spare = world.team("Spare", &json!({ "mode": { "ticket": "manual" } }));
    let by_hand = json!({ "mode": { "ticket": "manual" }, "overflow_team_ids": [spare], "queue_limit": 2 });
    let main = world.team("Main", &by_hand);
    let carl = world.customer("Carl");
    let opened = || world.ticket(world.noted(&carl, |open| open.team_id = Some(main)));
    let teams: Vec<_> = (0..3).map(|_| opened()).map(|ticket| (ticket.team_id, ticket.tags.len())).collect();
    assert_eq!(teams, [(Some(main), 0), (Some(main), 0), (Some(spare), 1)]);
    world.sound();
}

#[test]
fn a_queue_limit_is_passed_by_no_more_than_what_is_opened_at_the_same_moment() {
    const AT_ONCE: usize = 6;
    let store = Arc::new(FaultyStore::default());
    let world = World::on(store.clone());
    let limits = json!({ "mode": { "ticket": "manual" }, "queue_limit": 2, "queue_limit_action": "tag" });
    let main = world.team("Main", &limits);
    let carl = world.customer("Carl");
    let is_full = |ticket| !world.ticket(ticket).tags.is_empty();
    let open = OpenTicket { team_id: Some(main), ..OpenTicket::of(customer_of(&carl), "My parcel", "Late.") };
    let first = world.run(&HOST, &open).ticket_id;
    assert!(!is_full(first));
    // Two that both saw the one free place.
    let rival = block_on(world.desk.prepare(&HOST, &open)).unwrap();
    let (changes, other) = (rival.changes, rival.reply.ticket_id);
    store.before("ticket.created", move || vec![changes]);
    let second = world.run(&HOST, &open).ticket_id;
    assert_eq!([second, other].map(is_full), [false, false]);
    // Whoever comes later sees what they opened.
    let late = world.run(&HOST, &open).ticket_id;
    assert!(is_full(late));
    for id in [first, second, other, late] {
        world.status(&HOST, id, Status::Resolved);
    }
    let all_at_once = thread::scope(|scope| {
        let one = || world.run(&HOST, &open).ticket_id;
        let all: Vec<_> = (0..AT_ONCE).map(|_| scope.spawn(one)).collect();
        all.into_iter().map(|one| one.join().unwrap()).collect::<Vec<_>>()
    });
    let not_full = all_at_once.into_iter().filter(|id| !is_full(*id)).count();
    assert!((2..=AT_ONCE).contains(&not_full), "{not_full}");
    assert!(is_full(world.run(&HOST, &open).ticket_id));
    world.sound();
}

#[test]
fn who_is_offline_keeps_what_a_person_gives_them() {
    let world = World::standard();
    world.settings(json!({ "offline_returns_unstarted": true }));
    let ann = world.agent("Ann");
    let ticket = world.opened_by(&world.customer("Carl"));
    world.presence(&ann, Presence::Offline);
    assert_eq!(world.owner(ticket), None);
    let to = EditTicket { assigned_to: Some(Some(id_of(&ann))), ..EditTicket::of(ticket) };
    world.run(&HOST, &to);
    assert_eq!(world.owner(ticket), Some(id_of(&ann)));
    world.sound();
}

#[test]
fn a_plan_that_is_shown_counts_also_what_is_not_shown() {
    let world = World::standard();
    let (sales, help) = (world.team("Sales", &json!({})), world.team("Help", &json!({})));
    let (ann, bob) = (world.agent_in("Ann", "agent", &[sales]), world.agent_in("Bob", "agent", &[help]));
    let lea = world.agent_in("Lea", "team_lead", &[help]);
    for agent in [&ann, &bob, &lea] {
        world.presence(agent, Presence::Busy);
        world.capacity(agent, 5_000);
    }
    let carl = world.customer("Carl");
    for (team, priority, many) in [(sales, Priority::Urgent, 1_010), (help, Priority::Low, 10)] {
        for _ in 0..many {
            world.noted(&carl, |open| (open.team_id, open.priority) = (Some(team), Some(priority)));
        }
    }
    // Presence is committed without its follow-up, so that the work still waits.
    for agent in [&ann, &bob] {
        let there = SetPresence::of(id_of(agent), Presence::Available);
        let prepared = block_on(world.desk.prepare(&HOST, &there)).unwrap();
        block_on(world.desk.store().commit(&[prepared.changes])).unwrap();
    }
    for (actor, shown) in [(&HOST, 1_000), (&lea, 10)] {
        let plan = block_on(world.desk.plan_routes(actor)).unwrap();
        assert_eq!((plan.placements.len(), plan.left_waiting), (shown, 0));
    }
}

#[test]
fn who_goes_offline_declined_nothing_and_has_it_again_once_they_are_back() {
    let world = World::standard();
    world.settings(json!({ "offline_returns_unstarted": true }));
    let other = world.team("Other", &json!({}));
    let ann = world.agent("Ann");
    world.agent_with(CreateAgent {
        name: "Lea".into(),
        team_ids: vec![other],
        lead_ids: vec![support_core::id::TeamId::DEFAULT],
        ..CreateAgent::default()
    });
    let ticket = world.opened_by(&world.customer("Carl"));
    world.presence(&ann, Presence::Offline);
    assert_eq!(world.owner(ticket), None, "the lead is for what everybody declined");
    world.presence(&ann, Presence::Available);
    assert_eq!(world.owner(ticket), Some(id_of(&ann)));
    world.sound();
}
