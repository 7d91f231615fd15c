//! Objects in a body that name a key twice: which of its values was meant, nobody can tell.

use serde_json::json;
use support_http::Dialect;

use crate::world::{Answer, HOST, world};

/// Checks that a body is refused because it gives a field twice.
fn given_twice(answer: &Answer, field: &str) {
    let refused = answer.is(422);
    let wanted = json!([{ "field": field, "problem": "must not be given twice" }]);
    assert_eq!(refused["errors"], wanted, "{field}");
}

#[tokio::test]
async fn a_key_that_is_given_twice_is_refused_in_whatever_map_it_stands() {
    let world = world().await;
    let open = |more: &str| {
        let plain = format!(
            r#"{{"customer_id":"{}","subject":"Help","channel":"web","initial_message":"Please."{more}}}"#,
            world.ann
        );
        Some(plain)
    };
    for (more, field) in [
        (r#","skills":{"fr":1,"fr":5}"#, "skills.fr"),
        (r#","skills":{"fr":9,"fr":5}"#, "skills.fr"),
        (r#","skills":{"fr":3,"fr ":2}"#, "skills.fr"),
        (r#","skills":{"\u00a0fr":3,"fr":2}"#, "skills.fr"),
        (r#","preferred":{"fr":1,"de":2,"fr":1}"#, "preferred.fr"),
        (r#","custom_fields":{"k":"a","k":"b"}"#, "custom_fields.k"),
        (r#","custom_fields":{" k":"a","k":1}"#, "custom_fields.k"),
    ] {
        given_twice(&world.send(&world.sue(), "POST", "/tickets", open(more), &[]).await, field);
    }
    world.send(&world.sue(), "POST", "/tickets", open(r#","skills":{"fr":1,"de":5}"#), &[]).await.is(201);
    let own = r#"{"subject":"Help","channel":"web","initial_message":"x","custom_fields":{"k":1,"k":2}}"#;
    given_twice(
        &world.send(&world.ann(), "POST", "/tickets", Some(own.into()), &[]).await,
        "custom_fields.k",
    );
    let ticket = world.ticket("one").await;
    let agent = world.amy;
    for (method, path, body, field) in [
        ("PATCH", format!("/tickets/{ticket}"), r#"{"custom_fields":{"k":1,"k":null}}"#, "custom_fields.k"),
        ("PATCH", format!("/agents/{agent}"), r#"{"skills":{"fr":3,"fr ":2}}"#, "skills.fr"),
        (
            "POST",
            "/agents".into(),
            r#"{"name":"Joe","email":"j@example.org","skills":{"fr":3,"fr":2}}"#,
            "skills.fr",
        ),
        ("POST", "/customers".into(), r#"{"name":"Zoe","custom_fields":{"k":1,"k":2}}"#, "custom_fields.k"),
        (
            "POST",
            "/sla/policies".into(),
            r#"{"name":"Fast","targets":{"resolution":{"seconds":60},"resolution":{"seconds":9}}}"#,
            "targets.resolution",
        ),
        (
            "POST",
            "/sla/policies".into(),
            r#"{"name":"Fast","targets":{"resolution":{"seconds":60,"by_priority":{"high":9,"high":8}}}}"#,
            "targets.resolution.by_priority.high",
        ),
        ("PUT", "/settings".into(), r#"{"category_teams":{},"category_teams":{}}"#, "category_teams"),
        ("PUT", "/settings".into(), r#"{"category_teams":{"bug":null,"bug ":null}}"#, "category_teams.bug"),
    ] {
        given_twice(&world.send(HOST, method, &path, Some(body.into()), &[]).await, field);
    }
}

#[tokio::test]
async fn a_mount_of_another_dialect_sees_a_key_that_is_given_twice() {
    let mut world = world().await;
    world.router = world.mount().dialect(Dialect::Bridge).router();
    let body = format!(
        r#"{{"customerId":"{}","subject":"Help","channel":"web","initialMessage":"x","skills":{{"fr":1,"fr":5}}}}"#,
        world.ann
    );
    let refused = world.send(HOST, "POST", "/tickets", Some(body), &[]).await;
    given_twice(&refused, "skills.fr");
}
