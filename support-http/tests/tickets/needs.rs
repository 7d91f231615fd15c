//! What a ticket asks of its handler, changed while it is open.

use serde_json::{Value, json};
use support_core::id::{TeamId, TenantId};

use crate::world::{HOST, World, world};

/// Changes Amy, who then is there.
async fn amy_with(world: &World, change: Value) {
    world.patch(HOST, &format!("/agents/{}", world.amy), change).await.is(200);
    let there = Some(json!({ "status": "available" }).to_string());
    world.send(HOST, "PUT", &format!("/agents/{}/status", world.amy), there, &[]).await.is(200);
}

async fn read(world: &World, id: &str) -> Value {
    world.get(&world.sue(), &format!("/tickets/{id}")).await.is(200)
}

async fn change(world: &World, id: &str, needs: Value) -> Value {
    world.patch(&world.sue(), &format!("/tickets/{id}"), needs).await.is(200)
}

/// Checks that all that is stored follows from its events, loads among it.
async fn is_sound(world: &World) {
    let report = world.desk.verify(TenantId::SINGLE).await.unwrap();
    assert!(report.is_sound(), "{report:#?}");
}

async fn load(world: &World) -> Value {
    world.get(HOST, &format!("/agents/{}", world.amy)).await.is(200)["load"]["units"].clone()
}

#[tokio::test]
async fn what_is_asked_is_changed_shown_explained_and_told() {
    let world = world().await;
    let id = world.ticket_with(json!({ "skills": { "tea": 1 }, "language": "de" })).await;
    let before = read(&world, &id).await["version"].as_u64().unwrap();
    let needs = json!({
        "effort": 3, "skills": { "billing": 4, "law": 1 }, "preferred": { "tea": 2 }, "language": "pt-BR",
    });
    let changed = change(&world, &id, needs.clone()).await;
    for (field, value) in needs.as_object().unwrap() {
        assert_eq!(&changed[field], value);
    }
    assert_eq!(changed["version"], before + 1);
    // What is there already changes nothing.
    assert_eq!(change(&world, &id, needs.clone()).await["version"], before + 1);
    let explained = world.get(&world.sue(), &format!("/tickets/{id}/explain")).await.is(200);
    assert_eq!(explained["waiting"]["asks"], needs);
    let events = world.get(&world.sue(), &format!("/tickets/{id}/events")).await.is(200);
    let told: Vec<&Value> =
        events["items"].as_array().unwrap().iter().filter(|e| e["name"] == "ticket.asks_changed").collect();
    assert_eq!(told.len(), 1);
    assert_eq!(told[0]["actor"]["id"], world.sue.to_string());
    let from = json!({ "effort": 1, "skills": { "tea": 1 }, "preferred": {}, "language": "de" });
    assert_eq!(told[0]["data"], json!({ "from": from, "to": needs }));
    let none = json!({ "effort": null, "skills": null, "preferred": null, "language": null });
    let cleared = change(&world, &id, none).await;
    assert_eq!(
        (&cleared["effort"], &cleared["skills"], &cleared["preferred"], &cleared["language"]),
        (&json!(1), &json!({}), &json!({}), &Value::Null)
    );
    let one = change(&world, &id, json!({ "skills": { "law": 5 } })).await;
    assert_eq!((&one["effort"], &one["skills"]), (&json!(1), &json!({ "law": 5 })));
    // The desk's own: a customer does not see it.
    let own = world.get(&world.ann(), &format!("/tickets/{id}")).await.is(200);
    assert_eq!((&own["effort"], &own["skills"], &own["preferred"]), (&Value::Null, &json!({}), &json!({})));
    is_sound(&world).await;
}

#[tokio::test]
async fn what_opening_refuses_a_change_refuses_with_the_same_words() {
    let world = world().await;
    let id = world.ticket("one").await;
    let many: serde_json::Map<String, Value> = (0..101).map(|n| (format!("s{n}"), json!(1))).collect();
    for (bad, field) in [
        (json!({ "effort": 0 }), "effort"),
        (json!({ "effort": 1001 }), "effort"),
        (json!({ "effort": "x" }), "effort"),
        (json!({ "effort": -1 }), "effort"),
        (json!({ "skills": { "law": 0 } }), "skills.law"),
        (json!({ "skills": { "law": 6 } }), "skills.law"),
        (json!({ "skills": many }), "skills"),
        (json!({ "skills": ["law"] }), "skills"),
        (json!({ "skills": { "4111111111111111": 3 } }), "skills"),
        (json!({ "preferred": { "law": 9 } }), "preferred.law"),
        (json!({ "preferred": many }), "preferred"),
        (json!({ "preferred": { "4111111111111111": 3 } }), "preferred"),
        (json!({ "language": "" }), "language"),
        (json!({ "language": "4111111111111111" }), "language"),
    ] {
        let mut open =
            json!({ "customer_id": world.ann, "subject": "a", "channel": "web", "initial_message": "b" });
        open.as_object_mut().unwrap().extend(bad.as_object().unwrap().clone());
        let opened = world.post(&world.sue(), "/tickets", open).await;
        let changed = world.patch(&world.sue(), &format!("/tickets/{id}"), bad.clone()).await;
        assert_eq!(changed.refused_field(), field, "{bad}");
        assert_eq!(changed.json()["errors"], opened.json()["errors"], "{bad}");
    }
    let closed = json!({ "status": "closed" });
    change(&world, &id, closed).await;
    for late in [json!({ "effort": 2 }), json!({ "skills": null }), json!({ "language": "de" })] {
        let refused = world.patch(&world.sue(), &format!("/tickets/{id}"), late).await;
        assert_eq!(refused.is(409)["code"], "ticket_closed");
    }
}

#[tokio::test]
async fn who_may_change_the_priority_may_change_what_is_asked() {
    let world = world().await;
    let id = world.ticket("one").await;
    let path = format!("/tickets/{id}");
    for who in [world.amy(), world.bob(), world.sue(), world.ann(), world.cid(), HOST.to_owned()] {
        let priority = world.patch(&who, &path, json!({ "priority": "high" })).await.status;
        for needs in [json!({ "effort": 2 }), json!({ "skills": { "a": 1 } }), json!({ "language": null })] {
            assert_eq!(world.patch(&who, &path, needs).await.status, priority, "{who}");
        }
    }
    assert_eq!(world.patch(&world.ann(), &path, json!({ "effort": 2 })).await.status.as_u16(), 403);
    world.patch(&world.amy(), &path, json!({ "effort": 2 })).await.is(200);
}

#[tokio::test]
async fn waiting_work_is_placed_by_what_it_asks_now() {
    for (asks, change_to) in [
        (json!({ "skills": { "law": 3 } }), json!({ "skills": null })),
        (json!({ "skills": { "law": 3 } }), json!({ "skills": { "tea": 2 } })),
        (json!({ "language": "fr" }), json!({ "language": "de" })),
        (json!({ "language": "fr" }), json!({ "language": null })),
        (json!({ "effort": 50 }), json!({ "effort": 20 })),
    ] {
        let world = world().await;
        amy_with(&world, json!({ "skills": { "tea": 2 }, "languages": ["de"], "capacity": { "units": 20 } }))
            .await;
        let id = world.ticket_with(asks.clone()).await;
        assert_eq!(read(&world, &id).await["assigned_to"], Value::Null, "{asks}");
        change(&world, &id, change_to.clone()).await;
        assert_eq!(read(&world, &id).await["assigned_to"], world.amy.to_string(), "{asks} {change_to}");
        assert_eq!(load(&world).await, change_to.get("effort").cloned().unwrap_or(json!(1)));
    }
}

#[tokio::test]
async fn waiting_work_is_not_placed_with_one_who_no_longer_has_what_it_asks() {
    let world = world().await;
    let id = world.ticket("one").await;
    change(&world, &id, json!({ "skills": { "law": 1 } })).await;
    amy_with(&world, json!({ "capacity": { "units": 20 } })).await;
    assert_eq!(read(&world, &id).await["assigned_to"], Value::Null);
}

#[tokio::test]
async fn an_offer_that_no_longer_fits_is_withdrawn_at_once() {
    for asks in [
        json!({ "skills": { "law": 3 } }),
        json!({ "skills": { "tea": 3 } }),
        json!({ "language": "fr" }),
        json!({ "effort": 21 }),
    ] {
        let world = world().await;
        let team = format!("/teams/{}", TeamId::DEFAULT);
        world.patch(HOST, &team, json!({ "mode": { "ticket": "offer" } })).await.is(200);
        amy_with(&world, json!({ "skills": { "tea": 2 }, "languages": ["de"], "capacity": { "units": 20 } }))
            .await;
        let id = world.ticket("one").await;
        let offers = async || world.get(&world.amy(), "/offers").await.is(200)["items"].clone();
        assert_eq!(offers().await[0]["ticket"]["id"], id);
        // One that still fits stays, and holds as much room as it takes now.
        change(&world, &id, json!({ "skills": { "tea": 2 }, "language": "de", "effort": 20 })).await;
        assert_eq!((offers().await.as_array().unwrap().len(), load(&world).await), (1, json!(20)));
        change(&world, &id, asks.clone()).await;
        assert_eq!((offers().await, load(&world).await), (json!([]), json!(0)), "{asks}");
        let events = world.get(HOST, &format!("/tickets/{id}/events")).await.is(200);
        let ended = events["items"].as_array().unwrap().iter().find(|e| e["name"] == "offer.ended").unwrap();
        assert_eq!(ended["data"]["state"], "withdrawn", "{asks}");
        is_sound(&world).await;
    }
}

#[tokio::test]
async fn assigned_work_counts_with_its_effort_over_capacity_too_and_room_that_it_leaves_is_given_away() {
    let world = world().await;
    amy_with(&world, json!({ "capacity": { "units": 20 } })).await;
    let id = world.ticket("one").await;
    assert_eq!(
        (read(&world, &id).await["assigned_to"].clone(), load(&world).await),
        (json!(world.amy.to_string()), json!(1))
    );
    let grown = change(&world, &id, json!({ "effort": 50, "skills": { "law": 5 }, "language": "fr" })).await;
    assert_eq!((&grown["assigned_to"], load(&world).await), (&json!(world.amy.to_string()), json!(50)));
    let next = world.ticket("two").await;
    assert_eq!(read(&world, &next).await["assigned_to"], Value::Null);
    change(&world, &id, json!({ "effort": 19 })).await;
    assert_eq!(read(&world, &next).await["assigned_to"], world.amy.to_string());
    assert_eq!(load(&world).await, json!(20));
    // What does not count now counts with it once it is work again.
    change(&world, &id, json!({ "status": "pending", "effort": 7 })).await;
    assert_eq!(load(&world).await, json!(1));
    change(&world, &id, json!({ "status": "in_progress" })).await;
    assert_eq!(load(&world).await, json!(8));
    is_sound(&world).await;
}
