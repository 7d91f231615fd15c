//! Automations over HTTP.

use serde_json::{Value, json};
use support_core::desk::OpenTicket;

use crate::world::{HOST, NO_ONE, NOBODY, World};

fn automation() -> Value {
    json!({
        "name": "VIP first",
        "trigger": { "on": ["ticket.created"] },
        "condition": { "field": "ticket.channel", "op": "is", "value": "api" },
        "actions": [{ "set_priority": "urgent" }],
    })
}

#[tokio::test]
async fn an_automation_is_made_acts_is_changed_and_retired() {
    let world = World::new().await;
    let admin = world.as_admin().await;
    let made = world.post("/automations", &admin, automation()).await.with(201);
    assert_eq!((&made["version"], &made["active"], &made["position"]), (&json!(1), &json!(true), &json!(0)));
    let path = format!("/automations/{}", made["id"].as_str().unwrap());
    let open = OpenTicket::of(world.customer, "Late", "Where is it?");
    let ticket = world.desk.run(&HOST, &open).await.unwrap().ticket_id;
    let shown = world.get(&format!("/tickets/{ticket}"), &admin).await.with(200);
    assert_eq!(shown["priority"], "urgent");
    let events = world.get(&format!("/tickets/{ticket}/events"), &admin).await.with(200);
    let raised = events["items"].as_array().unwrap().iter().find(|e| e["name"] == "ticket.priority_changed");
    assert_eq!(raised.unwrap()["actor"], json!({ "kind": "system", "id": made["id"] }));
    let off = json!({ "active": false, "condition": null });
    let changed = world.send("PATCH", &path, &admin, Some(off), &[]).await.with(200);
    assert_eq!(
        (&changed["active"], &changed["condition"], &changed["version"]),
        (&json!(false), &json!(null), &json!(2))
    );
    world.send("DELETE", &path, &admin, None, &[]).await.with(204);
    world.get(&path, &admin).await.with(404);
}

#[tokio::test]
async fn what_is_wrong_with_an_automation_is_named() {
    let world = World::new().await;
    let admin = world.as_admin().await;
    let of = |field: &str, value: Value| json!({ "all": [{ "field": field, "op": "is", "value": value }] });
    let test = |value: Value| of("ticket.priority", value);
    for (field, value, named) in [
        ("name", json!(""), "name"),
        ("name", json!("Lo\u{0}ud"), "name"),
        ("trigger", json!({ "on": [] }), "trigger.on"),
        ("trigger", json!({ "on": ["ticket.created", "ticket.created"] }), "trigger.on[1]"),
        ("trigger", json!(null), "trigger"),
        ("trigger", json!({}), "trigger"),
        ("trigger", json!({ "on": ["ticket.created"], "since": {} }), "trigger"),
        ("trigger", json!({ "since": { "moment": "created", "seconds": 0 } }), "trigger.since.seconds"),
        ("condition", test(json!("blue")), "condition.all[0].value"),
        ("condition", of("ticket.team_id", json!(NOBODY)), "condition.all[0].value"),
        ("condition", of("was.assigned_to", json!(NOBODY)), "condition.all[0].value"),
        ("actions", json!([]), "actions"),
        ("actions", json!([{ "set_status": "new" }]), "actions[0].set_status"),
        ("actions", json!([{ "move_to_team": NOBODY }]), "actions[0].move_to_team"),
        ("actions", json!([{ "assign_to": NOBODY }]), "actions[0].assign_to"),
    ] {
        let mut wrong = automation();
        wrong[field] = value;
        world.post("/automations", &admin, wrong).await.names(named);
    }
}

#[tokio::test]
async fn a_dry_run_tells_what_matches_and_why_not_and_writes_nothing() {
    let world = World::new().await;
    let (admin, agent) = (world.as_admin().await, world.as_agent().await);
    let open = OpenTicket::of(world.customer, "Late", "Where is it?");
    let ticket = world.desk.run(&HOST, &open).await.unwrap().ticket_id;
    let ask = json!({ "automation": automation(), "ticket_ids": [ticket.to_string()] });
    let told = world.post("/automations/preview", &admin, ask.clone()).await.with(200);
    assert_eq!((&told["matched"], &told["items"][0]["matched"]), (&json!(1), &json!(true)));
    assert_eq!(told["items"][0]["events"][0]["name"], "ticket.priority_changed");
    let mut other = ask.clone();
    other["automation"]["condition"]["value"] = json!("email");
    let told = world.post("/automations/preview", &admin, other).await.with(200);
    assert_eq!(
        told["items"][0]["failure"],
        json!({ "path": "condition", "field": "ticket.channel", "saw": "api" })
    );
    let shown = world.get(&format!("/tickets/{ticket}"), &admin).await.with(200);
    assert_eq!(shown["priority"], "normal");
    let mut missing = ask.clone();
    missing["ticket_ids"] = json!([NOBODY]);
    world.post("/automations/preview", &admin, missing).await.names("ticket_ids");
    for newest in [0, 201] {
        let many = json!({ "automation": automation(), "newest": newest });
        world.post("/automations/preview", &admin, many).await.names("newest");
    }
    world.post("/automations/preview", &admin, json!({})).await.names("automation");
    // What cannot be saved cannot be tried either, and is refused alike.
    for (part, wrong, field) in [
        ("actions", json!([{ "assign_to": NOBODY }]), "actions[0].assign_to"),
        ("actions", json!([{ "add_tags": ["4111111111111111"] }]), "actions[0].add_tags"),
        ("condition", json!({ "field": "customer.id", "op": "is", "value": NOBODY }), "condition.value"),
    ] {
        let mut tried = ask.clone();
        tried["automation"][part] = wrong;
        world.post("/automations", &admin, tried["automation"].clone()).await.names(field);
        world.post("/automations/preview", &admin, tried).await.names(field);
    }
    world.post("/automations", &agent, automation()).await.with(403);
    world.post("/automations/preview", &world.as_customer().await, ask.clone()).await.with(404);
    world.post("/automations/preview", &NO_ONE, ask).await.with(401);
}

#[tokio::test]
async fn rules_that_conflict_are_found_with_a_ticket_that_shows_it() {
    let world = World::new().await;
    let admin = world.as_admin().await;
    let first = world.post("/automations", &admin, automation()).await.with(201);
    let mut low = automation();
    (low["position"], low["actions"]) = (json!(1), json!([{ "set_priority": "low" }, "level_up"]));
    let second = world.post("/automations", &admin, low).await.with(201);
    let found = world.get("/automations/analysis", &admin).await.with(200);
    assert_eq!(found["complete"], true);
    assert_eq!(found["findings"][0]["kind"], "conflicting");
    assert_eq!(found["findings"][0]["automation_ids"], json!([first["id"], second["id"]]));
    assert_eq!(found["findings"][0]["witness"]["fields"]["ticket.channel"], "api");
    world.get("/automations/analysis", &world.as_customer().await).await.with(404);
}

#[tokio::test]
async fn an_automation_about_a_keyword_rule_that_is_switched_off_is_dead_and_the_rule_is_named() {
    let world = World::new().await;
    let admin = world.as_admin().await;
    let rule = async |name: &str, active: bool| {
        let body = json!({
            "name": name, "type": "vip", "keywords": [name], "boost_amount": 5, "active": active,
        });
        world.post("/rules", &admin, body).await.with(201)["id"].as_str().unwrap().to_owned()
    };
    let (gold, silver) = (rule("gold", true).await, rule("silver", true).await);
    let about = |test: Value| json!({ "field": "ticket.keyword_rules", "op": "any_of", "value": test });
    let mut one = automation();
    one["condition"] = json!({ "all": [automation()["condition"], about(json!([gold]))] });
    one["actions"] = json!([{ "add_tags": ["gold"] }]);
    let one = world.post("/automations", &admin, one).await.with(201);
    let mut either = automation();
    (either["condition"], either["actions"]) =
        (about(json!([gold, silver])), json!([{ "add_tags": ["any"] }]));
    let either = world.post("/automations", &admin, either).await.with(201);
    let found = async || world.get("/automations/analysis", &admin).await.with(200)["findings"].clone();
    assert_eq!(found().await, json!([]));
    let off = json!({ "active": false });
    world.send("PATCH", &format!("/rules/{gold}"), &admin, Some(off.clone()), &[]).await.with(200);
    let dead = |id: &Value, tests: Value, rules: Value| {
        json!({
            "kind": "dead", "automation_ids": [id], "tests": tests, "keyword_rule_ids": rules, "witness": null,
        })
    };
    let first = dead(&one["id"], json!(["condition.all[1]"]), json!([gold]));
    assert_eq!(found().await, json!([first]));
    world.send("PATCH", &format!("/rules/{silver}"), &admin, Some(off), &[]).await.with(200);
    let mut both = [gold.clone(), silver];
    both.sort_unstable();
    assert_eq!(found().await, json!([first, dead(&either["id"], json!(["condition"]), json!(both))]));
    let on = json!({ "active": true });
    world.send("PATCH", &format!("/rules/{gold}"), &admin, Some(on), &[]).await.with(200);
    assert_eq!(found().await, json!([]));
}
