//! A store that fails at any call: nothing is half written, and the same command goes through when it is sent again.

use std::sync::Arc;

use support_core::Error;
use support_core::desk::{Done, OpenTicket, Options, SetPresence, Take, UpdateAgent, UseCase, WriteMessage};
use support_core::people::{Actor, Capacity, Presence};
use support_core::sla::Metric;
use support_core::store::{DocumentKind, Key, Query, Select, TicketFilter};
use support_core::testkit::{block_on, system_scope};

use crate::faulty::{Fault, FaultyStore};
use crate::once::once;
use crate::world::{HOST, TENANT, World, customer_of, id_of};

/// A desk with an agent and a customer on a store that can fail.
fn shaky() -> (World, Arc<FaultyStore>, Actor, Actor) {
    let store = Arc::new(FaultyStore::default());
    let world = World::on(store.clone());
    world.policy(&support_core::sla::policy::PolicySpec::standard());
    let (agent, carl) = (world.agent("Agnes"), world.customer("Carl"));
    (world, store, agent, carl)
}

fn tickets(world: &World) -> usize {
    let query = Query::new(Select::Tickets(Box::default()), 100);
    block_on(world.desk.store().find(&system_scope(TENANT), &query)).unwrap().items.len()
}

/// Runs a use-case with the first, second, … call of the store failing until none fails any more; `check` looks at
/// the desk after each failure and at the end.
fn at_every_call<U: UseCase>(
    make: impl Fn(&World, &Actor, &Actor) -> (Actor, U),
    check: impl Fn(&World, bool),
) where
    U::Reply: std::fmt::Debug,
{
    for n in 0.. {
        let (world, store, agent, carl) = shaky();
        let (actor, wanted) = make(&world, &agent, &carl);
        // The configuration is a second old, so that it is read again.
        world.clock.advance(2);
        store.set(Fault::Call(n));
        let options = Options { once: Some(once(&world, "key", 1)), if_match: None };
        let outcome = block_on(world.desk.run_with(&actor, &wanted, &options));
        let done = store.is_armed();
        store.set(Fault::None);
        if let Err(error) = &outcome {
            assert!(matches!(error, Error::Store(_)) && error.is_retryable(), "call {n}: {error:?}");
            check(&world, false);
            world.sound();
        }
        let again = block_on(world.desk.run_with(&actor, &wanted, &options)).unwrap();
        assert_eq!(matches!(again, Done::Before(_)), outcome.is_ok(), "call {n}");
        world.tick();
        check(&world, true);
        world.sound();
        if done {
            assert!(n > 2, "a use-case calls its store more than {n} times");
            return;
        }
    }
}

#[test]
fn opening_a_ticket_survives_a_failure_of_every_call() {
    at_every_call(
        |_, _, carl| (HOST, OpenTicket::of(customer_of(carl), "Parcel", "Late.")),
        |world, done| {
            assert_eq!(tickets(world), usize::from(done));
            if done {
                let counts = block_on(world.desk.counts(&HOST)).unwrap();
                assert_eq!(counts.waiting, 0, "it is routed by the sweep at the latest");
            }
        },
    );
}

#[test]
fn writing_a_message_survives_a_failure_of_every_call() {
    at_every_call(
        |world, agent, carl| {
            let ticket = world.opened_by(carl);
            (agent.clone(), WriteMessage::reply(ticket, "Number 7 is on its way."))
        },
        |world, done| {
            let page = world.desk.tickets(&HOST, TicketFilter::default(), 1, None, Default::default());
            let ticket = block_on(page).unwrap().tickets.pop().unwrap();
            assert_eq!(world.said(&HOST, ticket.id).len(), 1 + usize::from(done));
            assert_eq!(ticket.first_responded_at.is_some(), done);
        },
    );
}

#[test]
fn taking_work_survives_a_failure_of_every_call() {
    at_every_call(
        |world, agent, carl| {
            world.presence(agent, support_core::people::Presence::Busy);
            (agent.clone(), Take { ticket_id: world.opened_by(carl) })
        },
        |world, done| {
            let counts = block_on(world.desk.counts(&HOST)).unwrap();
            assert_eq!(counts.waiting, u32::from(!done));
        },
    );
}

#[test]
fn routing_survives_a_failure_of_every_call() {
    for n in 0.. {
        let (world, store, agent, carl) = shaky();
        world.presence(&agent, support_core::people::Presence::Away);
        let waiting: Vec<_> = (0..3).map(|_| world.opened_by(&carl)).collect();
        world.presence(&agent, support_core::people::Presence::Busy);
        // A desk that has just started knows nothing yet.
        let desk = world.restarted(store.clone());
        store.set(Fault::Call(n));
        let presence =
            support_core::desk::SetPresence::of(id_of(&agent), support_core::people::Presence::Available);
        let _ = block_on(desk.run(&HOST, &presence));
        let done = store.is_armed();
        store.set(Fault::None);
        world.sound();
        block_on(desk.run(&HOST, &presence)).unwrap();
        block_on(desk.tick()).unwrap();
        for ticket in waiting {
            assert_eq!(world.owner(ticket), Some(id_of(&agent)), "call {n}");
        }
        assert_eq!(world.load(&agent), 3);
        world.sound();
        if done {
            return;
        }
    }
}

#[test]
fn work_is_routed_at_once_though_another_router_looked_just_before_its_commit() {
    let (world, store, agent, carl) = shaky();
    let desk = world.desk.clone();
    store.before("ticket.created", move || {
        assert_eq!(block_on(desk.route(TENANT)).unwrap(), 0);
        Vec::new()
    });
    let ticket = world.opened_by(&carl);
    assert_eq!(world.owner(ticket), Some(id_of(&agent)));
}

#[test]
fn a_tick_survives_a_failure_of_every_call_and_breaches_once() {
    for n in 0.. {
        let (world, store, _, carl) = shaky();
        let tickets: Vec<_> = (0..3).map(|_| world.opened_by(&carl)).collect();
        world.clock.advance(7_201);
        store.set(Fault::Call(n));
        let first = block_on(world.desk.tick());
        let done = store.is_armed();
        store.set(Fault::None);
        assert_eq!(first.is_ok(), done);
        world.sound();
        world.tick();
        for ticket in tickets {
            let breaches = world.names(ticket).iter().filter(|name| **name == "sla.breached").count();
            assert_eq!(breaches, 1, "call {n}");
            assert!(world.ticket(ticket).sla.open(Metric::FirstResponse).unwrap().breached_at.is_some());
        }
        world.sound();
        if done {
            return;
        }
    }
}

#[test]
fn a_backfill_that_is_killed_at_any_call_is_finished_by_the_next_desk_and_repeats_nothing() {
    for n in 0.. {
        let (world, store, _, carl) = shaky();
        let tickets: Vec<_> = (0..110).map(|_| world.opened_by(&carl)).collect();
        world.put(DocumentKind::KeywordRule, keyword("late"));
        world.clock.advance(2);
        store.set(Fault::Call(n));
        let first = block_on(world.desk.tick());
        let done = store.is_armed();
        store.set(Fault::None);
        assert_eq!(first.is_ok(), done);
        // The process is gone, and with it what it had in memory.
        let desk = world.restarted(store);
        for _ in 0..3 {
            block_on(desk.tick()).unwrap();
            world.clock.advance(4);
        }
        for ticket in tickets {
            let names = world.names(ticket);
            assert_eq!(
                names.iter().filter(|name| **name == "ticket.keywords_matched").count(),
                1,
                "call {n}"
            );
        }
        if done {
            world.sound();
            assert!(n > 110, "every ticket's messages are read");
            return;
        }
    }
}

#[test]
fn a_changed_policy_reads_no_texts_while_the_keyword_rules_stay() {
    let (world, store, _, carl) = shaky();
    world.put(DocumentKind::KeywordRule, keyword("late"));
    let ticket = world.opened_by(&carl);
    world.pass(10);
    assert_eq!(world.ticket(ticket).keywords.len(), 1);
    store.set(Fault::Unreadable(Key::Text(world.ticket(ticket).subject)));
    let mut policy = support_core::sla::policy::PolicySpec::standard();
    (policy.name, policy.position) = ("First of all".into(), -1);
    world.policy(&policy);
    world.pass(10);
    assert_eq!(world.ticket(ticket).sla.applied.unwrap().policy.version, 1);
    let names = world.names(ticket);
    assert_eq!(names.iter().filter(|name| **name == "sla.applied").count(), 2, "{names:?}");
    assert_eq!(world.ticket(ticket).keywords.len(), 1, "what matched stays");
    // Where a rule changes, they are read; one that cannot be read stays as it is.
    world.put(DocumentKind::KeywordRule, keyword("week"));
    world.pass(10);
    assert_eq!(world.ticket(ticket).keywords.len(), 1);
    store.set(Fault::None);
    world.put(DocumentKind::KeywordRule, keyword("parcel"));
    world.pass(10);
    assert_eq!(world.ticket(ticket).keywords.len(), 3);
    world.sound();
}

fn keyword(word: &str) -> serde_json::Value {
    serde_json::json!({"name": word, "type": "custom", "keywords": [word], "boost_amount": 5.0, "active": true})
}

#[test]
fn a_command_whose_answer_got_lost_is_answered_when_it_is_sent_again() {
    let (world, store, agent, carl) = shaky();
    let ticket = world.opened_by(&carl);
    let reply = WriteMessage {
        if_last_message_id: world.ticket(ticket).last_message_id,
        ..WriteMessage::reply(ticket, "Soon.")
    };
    let options =
        Options { once: Some(once(&world, "key", 1)), if_match: Some(world.ticket(ticket).version) };
    store.set(Fault::Answer);
    assert!(block_on(world.desk.run_with(&agent, &reply, &options)).is_err());
    // By now the reply itself is the newest message, and the ticket has another version.
    let again = block_on(world.desk.run_with(&agent, &reply, &options)).unwrap();
    assert!(
        matches!(again, Done::Before(answer) if answer.message_id == world.ticket(ticket).last_message_id)
    );
    assert_eq!(world.said(&HOST, ticket).len(), 2);
    world.sound();
}

#[test]
fn a_ticket_that_cannot_be_woken_backs_off_and_is_stuck_while_the_others_go_on() {
    let (world, store, _, carl) = shaky();
    let tickets: Vec<_> = (0..5).map(|_| world.opened_by(&carl)).collect();
    let poison = tickets[2];
    world.clock.advance(7_201);
    store.set(Fault::Ticket(poison));
    let ticked = block_on(world.desk.tick()).unwrap();
    assert_eq!((ticked.woken, ticked.failed, ticked.stuck), (4, 1, 0));
    for ticket in &tickets {
        assert_eq!(world.names(*ticket).contains(&"sla.breached"), *ticket != poison);
    }
    world.sound();
    let again = block_on(world.desk.tick()).unwrap();
    assert_eq!((again.woken, again.failed), (0, 0), "it waits");
    let mut pauses = Vec::new();
    for failures in 2..=8 {
        let next = world.ticket(poison).derived.wake_at.unwrap();
        pauses.push(next.seconds_since(world.desk.now()));
        world.clock.set(next);
        let ticked = block_on(world.desk.tick()).unwrap();
        assert_eq!((ticked.failed, ticked.stuck), (1, u32::from(failures >= 5)));
        assert_eq!(world.ticket(poison).derived.failures, failures);
    }
    assert_eq!(pauses, [2, 4, 8, 16, 32, 64, 128]);
    // Once it can be written again it catches up.
    store.set(Fault::None);
    world.pass(3_600);
    assert!(world.ticket(poison).derived.breached);
    assert_eq!(world.ticket(poison).derived.failures, 0);
    world.sound();
}

#[test]
fn a_ticket_that_cannot_be_written_keeps_no_other_from_being_routed() {
    let (world, store, agent, carl) = shaky();
    world.presence(&agent, support_core::people::Presence::Away);
    let tickets: Vec<_> = (0..5).map(|_| world.opened_by(&carl)).collect();
    let poison = tickets[2];
    store.set(Fault::Ticket(poison));
    world.presence(&agent, support_core::people::Presence::Available);
    for ticket in &tickets {
        assert_eq!(world.owner(*ticket).is_some(), *ticket != poison);
    }
    assert_eq!(world.load(&agent), 4);
    store.set(Fault::None);
    world.pass(10);
    assert_eq!(world.owner(poison), Some(id_of(&agent)));
    world.sound();
}

#[test]
fn a_ticket_that_cannot_be_written_keeps_no_other_from_being_given_back() {
    let (world, store, agent, carl) = shaky();
    let tickets: Vec<_> = (0..5).map(|_| world.opened_by(&carl)).collect();
    let poison = tickets[2];
    world.run(&HOST, &support_core::desk::DeactivateAgent { id: id_of(&agent) });
    store.set(Fault::Ticket(poison));
    world.tick();
    for ticket in &tickets {
        assert_eq!(world.owner(*ticket).is_none(), *ticket != poison);
    }
    store.set(Fault::None);
    world.tick();
    assert_eq!((world.owner(poison), world.load(&agent)), (None, 0));
    world.sound();
}

#[test]
fn a_ticket_that_cannot_be_written_keeps_no_other_from_coming_under_a_new_rule() {
    let (world, store, _, carl) = shaky();
    let tickets: Vec<_> = (0..5).map(|_| world.opened_by(&carl)).collect();
    let poison = tickets[2];
    world.put(DocumentKind::KeywordRule, late());
    store.set(Fault::Ticket(poison));
    world.pass(10);
    for ticket in &tickets {
        assert_eq!(world.ticket(*ticket).keywords.len(), usize::from(*ticket != poison));
    }
    store.set(Fault::None);
    world.sound();
}

#[test]
fn a_ticket_that_others_keep_changing_comes_under_a_new_rule_later_and_is_not_passed_over() {
    let (world, store, _, carl) = shaky();
    let tickets: Vec<_> = (0..5).map(|_| world.opened_by(&carl)).collect();
    world.put(DocumentKind::KeywordRule, late());
    store.set(Fault::Crowded(tickets[2]));
    for _ in 0..3 {
        world.clock.advance(5);
        let busy = block_on(world.desk.tick()).unwrap_err();
        assert!(matches!(busy, Error::Busy(_)), "{busy:?}");
    }
    for ticket in &tickets {
        assert_eq!(world.ticket(*ticket).keywords.len(), usize::from(*ticket != tickets[2]));
    }
    store.set(Fault::None);
    world.pass(10);
    assert_eq!(world.ticket(tickets[2]).keywords.len(), 1);
    world.sound();
}

fn late() -> serde_json::Value {
    serde_json::json!({
        "name": "late", "type": "custom", "keywords": ["late"], "boost_amount": 5.0, "active": true,
    })
}

#[test]
fn a_router_that_leaves_work_after_its_rounds_wakes_the_worker_who_goes_on() {
    let (world, store, agent, carl) = shaky();
    let capacity = Capacity { units: 10_000, ..Capacity::default() };
    let roomy = UpdateAgent { id: Some(id_of(&agent)), capacity: Some(capacity), ..UpdateAgent::default() };
    world.run(&HOST, &roomy);
    world.presence(&agent, Presence::Away);
    let tickets: Vec<_> = (0..600).map(|_| world.opened_by(&carl)).collect();
    let before = store.announced();
    world.presence(&agent, Presence::Available);
    let placed = world.load(&agent);
    assert!((64..600).contains(&placed), "{placed} were placed by one call");
    assert!(store.announced() > before, "nobody else would know that there is more to do");
    let mut ticks = 0;
    while block_on(world.desk.tick()).unwrap().next == Some(world.desk.now()) {
        ticks += 1;
        assert!(ticks < 10);
    }
    assert!(tickets.iter().all(|ticket| world.owner(*ticket) == Some(id_of(&agent))));
    world.sound();
}

#[test]
fn an_agent_or_a_ticket_that_cannot_be_read_keeps_no_other_from_being_routed() {
    for ill in ["agent", "ticket"] {
        let (world, store, agnes, carl) = shaky();
        let bob = world.agent("Bob");
        for one in [&agnes, &bob] {
            world.presence(one, Presence::Away);
        }
        // Another desk, which has its board already and hears of the rest by the log.
        let desk = world.restarted(store.clone());
        block_on(desk.route(TENANT)).unwrap();
        let tickets = [world.opened_by(&carl), world.opened_by(&carl)];
        world.presence(&agnes, Presence::Busy);
        let key = if ill == "agent" { Key::Agent(id_of(&agnes)) } else { Key::Ticket(tickets[0]) };
        store.set(Fault::Unreadable(key));
        let there = SetPresence::of(id_of(&bob), Presence::Available);
        block_on(desk.run(&HOST, &there)).unwrap();
        store.set(Fault::None);
        assert_eq!(world.owner(tickets[1]), Some(id_of(&bob)), "{ill}");
        assert_eq!(world.owner(tickets[0]).is_some(), ill == "agent");
        world.pass(20);
        assert_eq!(world.owner(tickets[0]), Some(id_of(&bob)), "{ill}");
        world.sound();
    }
}

#[test]
fn an_agent_who_cannot_be_read_keeps_no_other_from_coming_back_in_time() {
    let (world, store, agnes, _) = shaky();
    let bob = world.agent("Bob");
    for one in [&agnes, &bob] {
        let until = Some(world.desk.now().plus_seconds(60));
        world.run(&HOST, &SetPresence { until, ..SetPresence::of(id_of(one), Presence::Away) });
    }
    world.clock.advance(61);
    store.set(Fault::Unreadable(Key::AgentState(id_of(&agnes))));
    let ticked = block_on(world.desk.tick()).unwrap();
    assert_eq!((ticked.woken, ticked.failed), (1, 1));
    store.set(Fault::None);
    assert_eq!(block_on(world.desk.tick()).unwrap().woken, 1);
    assert_eq!(world.state(&agnes).presence, world.state(&bob).presence);
    world.sound();
}
