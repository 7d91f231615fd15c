//! New work that rules move to queues that are full.

use serde_json::{Value, json};
use support_core::desk::Reassign;
use support_core::id::TeamId;

use crate::automations::{opened, rule};
use crate::world::{HOST, World, label};

/// Opens tickets in a team from which a rule moves them to another that is full with two; tells where each is, and
/// whether it is tagged.
fn moved_by_a_rule(world: &World, from: TeamId, to: TeamId, count: usize) -> Vec<(TeamId, bool)> {
    let condition = json!({ "field": "ticket.team_id", "op": "is", "value": from });
    let trigger = json!({ "on": ["ticket.created", "ticket.assigned"] });
    let actions = json!([{ "move_to_team": to }]);
    rule(world, &json!({ "trigger": trigger, "condition": condition, "actions": actions }));
    let place = |_| {
        let ticket = world.ticket(opened(world, from));
        assert_eq!(ticket.sla.timers.iter().map(|timer| timer.cycle).max(), Some(1), "it starts there");
        (ticket.team_id.unwrap(), ticket.tags.contains(&label("queue_full")))
    };
    (0..count).map(place).collect()
}

#[test]
fn work_that_a_rule_moves_to_a_full_queue_as_it_is_opened_overflows_from_there() {
    let world = World::standard();
    let team = |name: &str, more: Value| {
        let mut body = json!({ "mode": { "ticket": "manual" } });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        world.team(name, &body)
    };
    let spare = team("Spare", json!({}));
    let main = team("Main", json!({ "queue_limit": 2, "overflow_team_ids": [spare] }));
    // What the team from which it goes has room for makes no difference.
    let entry = team("Entry", json!({ "queue_limit": 1, "overflow_team_ids": [spare] }));
    let ends = moved_by_a_rule(&world, entry, main, 4);
    assert_eq!(ends, [(main, false), (main, false), (spare, true), (spare, true)]);
    world.sound();
}

#[test]
fn work_that_a_rule_moves_to_a_full_queue_is_tagged_where_that_has_no_overflow() {
    let world = World::standard();
    let main = world.team(
        "Main",
        &json!({ "mode": { "ticket": "manual" }, "queue_limit": 1, "queue_limit_action": "tag" }),
    );
    let entry = world.team("Entry", &json!({ "mode": { "ticket": "manual" } }));
    assert_eq!(moved_by_a_rule(&world, entry, main, 2), [(main, false), (main, true)]);
    // What is moved by hand is no new work.
    let other = world.team("Other", &json!({ "mode": { "ticket": "manual" } }));
    let ticket = opened(&world, other);
    world.run(&HOST, &Reassign { ticket_id: ticket, agent_id: None, team_id: Some(main), reason: None });
    assert_eq!(world.ticket(ticket).team_id, Some(main));
    assert!(!world.ticket(ticket).tags.contains(&label("queue_full")));
    world.sound();
}

#[test]
fn a_queue_that_a_rule_lets_new_work_leave_does_not_tag_it() {
    let world = World::standard();
    let free = world.team("Free", &json!({ "mode": { "ticket": "manual" } }));
    let main = world.team("Main", &json!({ "mode": { "ticket": "manual" }, "queue_limit": 1 }));
    opened(&world, main);
    assert_eq!(moved_by_a_rule(&world, main, free, 2), [(free, false), (free, false)]);
    world.sound();
}
