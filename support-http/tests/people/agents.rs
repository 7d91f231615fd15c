//! Agents over HTTP.

use serde_json::json;

use crate::world::{NO_ONE, NOBODY, World, redacted};

fn eve() -> serde_json::Value {
    json!({
        "name": "Eve", "email": "Eve@Desk.example", "role": "team_lead", "skills": { "german": 3 },
        "capacity": { "units": 5 }, "password": "a long password", "external_id": "u-77",
        "shift": { "timezone": "Europe/Berlin", "weekly": { "mon": [["09:00", "12:30"], ["13:30", "17:00"]] } },
    })
}

#[tokio::test]
async fn an_agent_is_made_with_a_password_and_signs_in() {
    let world = World::new().await;
    let admin = world.as_admin().await;
    let made = world.post("/agents", &admin, eve()).await.with(201);
    insta::assert_json_snapshot!("agent", redacted(made.clone()));
    let login = json!({ "email": "eve@desk.example", "password": "a long password" });
    let session = world.post("/auth/login", &NO_ONE, login.clone()).await.with(200);
    assert_eq!(session["user"]["id"], made["id"]);
    let path = format!("/agents/{}", made["id"].as_str().unwrap());
    assert_eq!(world.get(&path, &world.as_agent().await).await.with(200), made);
    let change = json!({ "capacity": { "chat": 2 }, "shift": null, "password": "another password" });
    let changed = world.patch(&path, &admin, change).await.with(200);
    assert_eq!(changed["capacity"], json!({ "units": 5, "chat": 2, "call": 1 }));
    assert_eq!((&changed["shift"], &changed["version"]), (&json!(null), &json!(2)));
    world.post("/auth/login", &NO_ONE, login).await.with(401);
    assert_eq!(world.put(&path, &admin, json!({ "name": "Eva" })).await.with(200)["name"], "Eva");
    let gone = world.delete(&path, &admin).await.with(200);
    assert_eq!((&gone["active"], &gone["name"]), (&json!(false), &json!("Eva")));
    let names = |list: serde_json::Value| list["items"].as_array().unwrap().len();
    assert_eq!(names(world.get("/agents", &admin).await.with(200)), 2);
    assert_eq!(names(world.get("/agents?inactive=true", &admin).await.with(200)), 3);
    let first = world.get("/agents?limit=1", &admin).await.with(200);
    let next = format!("/agents?limit=1&cursor={}", first["next_cursor"].as_str().unwrap());
    assert_eq!(world.get(&next, &admin).await.with(200)["items"][0]["name"], "Bob");
}

#[tokio::test]
async fn changes_of_parts_of_a_capacity_at_once_are_all_kept() {
    let world = World::new().await;
    let admin = world.as_admin().await;
    let path = format!("/agents/{}", world.agent);
    let set = async |part: &str| {
        let capacity = json!({ "capacity": { part: 7 } });
        world.patch(&path, &admin, capacity).await.with(200);
    };
    tokio::join!(set("units"), set("chat"), set("call"));
    let after = world.get(&path, &admin).await.with(200);
    assert_eq!(after["capacity"], json!({ "units": 7, "chat": 7, "call": 7 }));
}

#[tokio::test]
async fn agents_are_managed_by_those_who_may() {
    let world = World::new().await;
    let (admin, agent, customer) =
        (world.as_admin().await, world.as_agent().await, world.as_customer().await);
    let ada = format!("/agents/{}", world.admin);
    let nobody = format!("/agents/{NOBODY}");
    world.post("/agents", &NO_ONE, eve()).await.with(401);
    world.post("/agents", &agent, eve()).await.with(403);
    world.post("/agents", &customer, eve()).await.with(404);
    world.get("/agents", &customer).await.with(404);
    world.get(&ada, &customer).await.with(404);
    world.get(&nobody, &admin).await.with(404);
    world.patch(&nobody, &admin, json!({ "name": "x" })).await.with(404);
    world.delete(&nobody, &admin).await.with(404);
    world.patch(&ada, &agent, json!({ "name": "x" })).await.with(403);
    world.delete(&ada, &agent).await.with(403);
    // Nobody gives more than they have, or takes over who has more.
    let mut boss = eve();
    boss["role"] = json!("super_admin");
    world.post("/agents", &admin, boss).await.with(403);
    let host = crate::world::HOST;
    let chief = support_core::desk::CreateAgent {
        name: "Chief".into(),
        email: "chief@desk.example".into(),
        role: Some("super_admin".parse().unwrap()),
        ..Default::default()
    };
    let chief = format!("/agents/{}", world.desk.run(&host, &chief).await.unwrap().agent_id);
    world.patch(&chief, &admin, json!({ "password": "mine from now on" })).await.with(403);
}

#[tokio::test]
async fn what_an_agent_cannot_be_is_named() {
    let world = World::new().await;
    let admin = world.as_admin().await;
    for (field, value, named) in [
        ("name", json!(" "), "name"),
        ("email", json!("nonsense"), "email"),
        ("email", json!("bob@desk.example"), "email"),
        ("role", json!("king"), "role"),
        ("team_ids", json!([NOBODY]), "team_ids"),
        ("team_ids", json!(["x"]), "team_ids[0]"),
        ("skills", json!({ "german": 6 }), "skills.german"),
        ("capacity", json!({ "units": 10_001 }), "capacity.units"),
        ("shift", json!({ "timezone": "Mars", "start": "09:00", "end": "17:00" }), "shift.timezone"),
        ("shift", json!({ "timezone": "UTC", "start": "9", "end": "17:00" }), "shift"),
        ("shift", json!({ "timezone": "UTC", "weekly": { "mon": [["9", "17:00"]] } }), "shift.weekly.mon[0]"),
        ("shift", json!({ "timezone": "UTC", "weekly": {}, "start": "09:00", "end": "17:00" }), "shift"),
        ("password", json!("short"), "password"),
        ("active", json!(false), "active"),
    ] {
        let mut bad = eve();
        bad[field] = value;
        world.post("/agents", &admin, bad).await.names(named);
    }
    world.patch(&format!("/agents/{}", world.agent), &admin, json!({ "name": null })).await.names("name");
}

#[tokio::test]
async fn an_agent_says_whether_they_are_there() {
    let world = World::new().await;
    let (admin, agent) = (world.as_admin().await, world.as_agent().await);
    let path = format!("/agents/{}/status", world.agent);
    let online = world.put(&path, &agent, json!({ "status": "online" })).await.with(200);
    assert_eq!(online["status"], "available");
    let busy = json!({
        "status": "busy", "channels": ["chat"], "reason": "lunch", "until": "2026-11-20T10:00:00Z",
    });
    let busy = world.put(&path, &admin, busy).await.with(200);
    assert_eq!((&busy["status_reason"], &busy["channels"]), (&json!("lunch"), &json!(["chat"])));
    assert_eq!(busy["until"], "2026-11-20T10:00:00Z");
    world
        .put(&format!("/agents/{}/status", world.admin), &agent, json!({ "status": "away" }))
        .await
        .with(403);
    world.put(&path, &world.as_customer().await, json!({ "status": "away" })).await.with(404);
    world.put(&path, &NO_ONE, json!({ "status": "away" })).await.with(401);
    world.put(&path, &agent, json!({ "status": "asleep" })).await.names("status");
    let past = json!({ "status": "away", "until": "2020-01-01T00:00:00Z" });
    world.put(&path, &agent, past).await.names("until");
    let stale = [("if-match", "\"9\"")];
    world.send("PUT", &path, &agent, Some(json!({ "status": "away" })), &stale).await.with(412);
    let mine = world.get(&format!("/agents/{}/performance", world.agent), &agent).await.with(200);
    insta::assert_json_snapshot!("performance", redacted(mine));
    world.get(&format!("/agents/{}/performance", world.admin), &agent).await.with(403);
    world.get(&format!("/agents/{NOBODY}/performance"), &agent).await.with(404);
    world.delete(&format!("/agents/{}", world.agent), &admin).await.with(200);
    world.put(&path, &admin, json!({ "status": "away" })).await.with(409);
}

#[tokio::test]
async fn a_repeated_agent_is_made_once() {
    let world = World::new().await;
    let admin = world.as_admin().await;
    let key = [("idempotency-key", "new agent")];
    let first = world.send("POST", "/agents", &admin, Some(eve()), &key).await.with(201);
    let second = world.send("POST", "/agents", &admin, Some(eve()), &key).await;
    assert_eq!(second.headers["idempotent-replayed"], "true");
    assert_eq!(first, second.with(201));
}

#[tokio::test]
async fn who_misses_chats_is_shown_as_set_away_and_comes_back_by_saying_so() {
    let world = World::new().await;
    let (admin, bob) = (world.as_admin().await, world.as_agent().await);
    let status = format!("/agents/{}/status", world.agent);
    let path = format!("/agents/{}", world.agent);
    let available = json!({ "status": "available" });
    world.put(&status, &bob, available.clone()).await.with(200);
    let chat = json!({
        "customer_id": world.customer, "subject": "Hello?", "channel": "chat", "initial_message": "Anybody there?",
    });
    let chat = world.post("/tickets", &admin, chat).await.with(201);
    assert_eq!(chat["assigned_to"], json!(world.agent));
    let pass = async |seconds| {
        world.clock.advance(seconds);
        world.desk.tick().await.unwrap();
    };
    pass(120).await;
    let missed = world.get(&path, &admin).await.with(200);
    assert_eq!((&missed["status"], &missed["missed"]), (&json!("available"), &json!({ "chat": 1 })));
    // Whoever says again and again that they are there, as a program may, has taken nothing up by that.
    world.put(&status, &bob, available.clone()).await.with(200);
    assert_eq!(world.get(&path, &admin).await.with(200)["missed"], json!({ "chat": 1 }));
    pass(120).await;
    let away = world.get(&path, &admin).await.with(200);
    assert_eq!((&away["status"], &away["missed"]), (&json!("away"), &json!({ "chat": 2 })));
    assert_eq!(away["status_because"], json!({ "channel": "chat", "in_a_row": 2 }));
    let waits = format!("/tickets/{}", chat["id"].as_str().unwrap());
    assert_eq!(world.get(&waits, &admin).await.with(200)["assigned_to"], json!(null));
    let back = world.put(&status, &bob, available).await.with(200);
    assert_eq!((&back["status_because"], &back["missed"]), (&json!(null), &json!({})));
    assert_eq!(world.get(&waits, &admin).await.with(200)["assigned_to"], json!(world.agent));
}
