//! Teams over HTTP.

use serde_json::json;

use crate::world::{NO_ONE, NOBODY, World, redacted};

#[tokio::test]
async fn a_team_is_made_with_its_people() {
    let world = World::new().await;
    let admin = world.as_admin().await;
    let bob = world.agent.to_string();
    let team =
        json!({ "name": "Billing", "member_ids": [bob], "lead_ids": [bob], "mode": { "call": "manual" } });
    let key = [("idempotency-key", "t")];
    let made = world.send("POST", "/teams", &admin, Some(team.clone()), &key).await.with(201);
    insta::assert_json_snapshot!("team", redacted(made.clone()));
    let agent = world.get(&format!("/agents/{bob}"), &admin).await.with(200);
    assert_eq!((&agent["team_ids"][0], &agent["lead_ids"][0]), (&made["id"], &made["id"]));
    let again = world.send("POST", "/teams", &admin, Some(team), &key).await;
    assert_eq!(again.headers["idempotent-replayed"], "true");
    assert_eq!(again.with(201), made);
    let path = format!("/teams/{}", made["id"].as_str().unwrap());
    let change = json!({ "member_ids": [world.admin.to_string()], "mode": { "chat": "offer" } });
    let changed = world.patch(&path, &admin, change).await.with(200);
    assert_eq!(changed["member_ids"], json!([world.admin.to_string()]));
    assert_eq!(changed["lead_ids"], json!([bob]));
    assert_eq!(changed["mode"], json!({ "ticket": "assign", "chat": "offer", "call": "manual" }));
    assert_eq!(world.get(&path, &world.as_agent().await).await.with(200), changed);
    let listed =
        world.get(&format!("/agents?team_id={}", made["id"].as_str().unwrap()), &admin).await.with(200);
    assert_eq!(listed["items"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn changes_of_parts_of_a_mode_at_once_are_all_kept() {
    let world = World::new().await;
    let admin = world.as_admin().await;
    let made = world.post("/teams", &admin, json!({ "name": "Billing" })).await.with(201);
    let path = format!("/teams/{}", made["id"].as_str().unwrap());
    let set = async |channel: &str| {
        let mode = json!({ "mode": { channel: "offer" } });
        world.patch(&path, &admin, mode).await.with(200);
    };
    tokio::join!(set("ticket"), set("chat"), set("call"));
    let after = world.get(&path, &admin).await.with(200);
    assert_eq!(after["mode"], json!({ "ticket": "offer", "chat": "offer", "call": "offer" }));
    // Who names a version is told that it is another.
    let (body, stale) = (json!({ "mode": { "chat": "manual" } }), [("if-match", "\"1\"")]);
    world.send("PATCH", &path, &admin, Some(body), &stale).await.with(412);
}

#[tokio::test]
async fn the_default_team_always_exists() {
    let world = World::new().await;
    let admin = world.as_admin().await;
    let teams = world.get("/teams", &admin).await.with(200);
    assert_eq!((&teams["items"][0]["name"], &teams["items"][0]["version"]), (&json!("Support"), &json!(2)));
    assert_eq!(teams["items"][0]["member_ids"].as_array().unwrap().len(), 2);
    let path = format!("/teams/{}", teams["items"][0]["id"].as_str().unwrap());
    let changed = world.patch(&path, &admin, json!({ "strategy": "least_loaded" })).await.with(200);
    assert_eq!((&changed["name"], &changed["strategy"]), (&json!("Support"), &json!("least_loaded")));
    let teams = world.get("/teams", &admin).await.with(200);
    assert_eq!(teams["items"], json!([changed]));
}

#[tokio::test]
async fn what_a_team_cannot_be_is_named() {
    let world = World::new().await;
    let admin = world.as_admin().await;
    let agent = world.as_agent().await;
    for (field, value, named) in [
        ("name", json!(""), "name"),
        ("name", json!("Bil\u{0}ling"), "name"),
        ("mode", json!({ "ticket": "shout" }), "mode.ticket"),
        ("mode", json!({ "ticket": "best" }), "mode.ticket"),
        ("strategy", json!("best"), "strategy"),
        ("member_ids", json!([NOBODY]), "member_ids[0]"),
        ("queue_limit", json!(0), "queue_limit"),
        ("relaxation", json!([{ "after_seconds": 0 }]), "relaxation[0].after_seconds"),
        ("queue_limit_action", json!("explode"), "queue_limit_action"),
        ("calendar_id", json!(NOBODY), "calendar_id"),
        ("overflow_team_ids", json!([NOBODY]), "overflow_team_ids[0]"),
        ("escalation_team_id", json!(NOBODY), "escalation_team_id"),
        ("colour", json!("red"), "colour"),
    ] {
        let mut bad = json!({ "name": "Billing", "queue_limit": null });
        bad[field] = value;
        world.post("/teams", &admin, bad).await.names(named);
    }
    world.post("/teams", &admin, json!({})).await.names("name");
    world.post("/teams", &agent, json!({ "name": "x" })).await.with(403);
    world.post("/teams", &world.as_customer().await, json!({ "name": "x" })).await.with(404);
    world.post("/teams", &NO_ONE, json!({ "name": "x" })).await.with(401);
    world.get(&format!("/teams/{NOBODY}"), &agent).await.with(404);
    world.patch(&format!("/teams/{NOBODY}"), &admin, json!({ "name": "x" })).await.with(404);
    let made = world.post("/teams", &admin, json!({ "name": "x" })).await.with(201);
    let path = format!("/teams/{}", made["id"].as_str().unwrap());
    world.patch(&path, &agent, json!({ "name": "y" })).await.with(403);
    let id = made["id"].clone();
    world.patch(&path, &admin, json!({ "overflow_team_ids": [id] })).await.names("overflow_team_ids[0]");
    let other = world.post("/teams", &admin, json!({ "name": "z" })).await.with(201)["id"].clone();
    let twice = json!({ "overflow_team_ids": [other, other] });
    world.patch(&path, &admin, twice).await.names("overflow_team_ids[1]");
    let stale = [("if-match", "\"9\"")];
    world.send("PATCH", &path, &admin, Some(json!({ "name": "y" })), &stale).await.with(412);
}

#[tokio::test]
async fn the_version_of_a_team_covers_its_people_however_they_come_and_go() {
    let world = World::new().await;
    let admin = world.as_admin().await;
    let (bob, ada) = (world.agent.to_string(), world.admin.to_string());
    let made =
        world.post("/teams", &admin, json!({ "name": "Billing", "member_ids": [bob] })).await.with(201);
    let path = format!("/teams/{}", made["id"].as_str().unwrap());
    assert_eq!(made["version"], 1);
    let if_match = |version: &serde_json::Value| [("if-match", format!("\"{version}\""))];
    let set = async |body: serde_json::Value, version: &serde_json::Value| {
        let held = if_match(version);
        let held: Vec<(&str, &str)> = held.iter().map(|(name, value)| (*name, value.as_str())).collect();
        world.send("PATCH", &path, &admin, Some(body), &held).await
    };
    // By the team.
    let changed = set(json!({ "member_ids": [bob, ada] }), &made["version"]).await.with(200);
    assert_eq!(changed["version"], 2);
    set(json!({ "member_ids": [bob] }), &made["version"]).await.with(412);
    assert_eq!(world.get(&path, &admin).await.with(200), changed, "nothing of it happened");
    // By the agent's own record.
    world.patch(&format!("/agents/{bob}"), &admin, json!({ "team_ids": [] })).await.with(200);
    set(json!({ "name": "Bills" }), &changed["version"]).await.with(412);
    let after = world.get(&path, &admin).await.with(200);
    assert_eq!((&after["member_ids"], &after["version"]), (&json!([ada]), &json!(3)));
    let renamed = set(json!({ "name": "Bills", "lead_ids": [bob] }), &after["version"]).await.with(200);
    assert_eq!(
        (&renamed["name"], &renamed["lead_ids"], &renamed["version"]),
        (&json!("Bills"), &json!([bob]), &json!(4))
    );
    // What changes nothing counts nothing.
    let same = set(json!({ "lead_ids": [bob], "member_ids": [ada] }), &renamed["version"]).await.with(200);
    assert_eq!(same, renamed);
    world.send("DELETE", &format!("/agents/{bob}"), &admin, None, &[]).await;
    assert_eq!(world.get(&path, &admin).await.with(200)["version"], 5);
}

#[tokio::test]
async fn a_team_and_its_people_are_changed_together_or_not_at_all() {
    let world = World::new().await;
    let admin = world.as_admin().await;
    let bob = world.agent.to_string();
    let bad = json!({ "name": "Billing", "member_ids": [bob], "lead_ids": [NOBODY] });
    world.post("/teams", &admin, bad).await.names("lead_ids[0]");
    assert_eq!(world.get("/teams", &admin).await.with(200)["items"].as_array().unwrap().len(), 1);
    let bad = json!({ "name": "Billing", "member_ids": [bob], "overflow_team_ids": [NOBODY] });
    world.post("/teams", &admin, bad).await.names("overflow_team_ids[0]");
    assert_eq!(world.get(&format!("/agents/{bob}"), &admin).await.with(200)["team_ids"], json!([]));
}

#[tokio::test]
async fn who_is_in_no_other_team_cannot_leave_the_default_team() {
    let world = World::new().await;
    let admin = world.as_admin().await;
    let (bob, ada) = (world.agent.to_string(), world.admin.to_string());
    let default = world.get("/teams", &admin).await.with(200)["items"][0].clone();
    let path = format!("/teams/{}", default["id"].as_str().unwrap());
    world.patch(&path, &admin, json!({ "member_ids": [bob] })).await.names("member_ids");
    assert_eq!(world.get(&path, &admin).await.with(200), default);
    // Named as well as in another team, they can.
    let other = world.post("/teams", &admin, json!({ "name": "Other", "member_ids": [ada] })).await.with(201);
    world.patch(&path, &admin, json!({ "member_ids": [bob, ada] })).await.with(200);
    let ada_is_in = async || world.get(&format!("/agents/{ada}"), &admin).await.with(200)["team_ids"].clone();
    assert_eq!(ada_is_in().await.as_array().unwrap().len(), 2);
    let left = world.patch(&path, &admin, json!({ "member_ids": [bob] })).await.with(200);
    assert_eq!((&left["member_ids"], ada_is_in().await), (&json!([bob]), json!([other["id"]])));
}
