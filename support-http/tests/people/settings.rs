//! Settings, masking settings, policies and calendars over HTTP.

use serde_json::json;

use crate::world::{NO_ONE, World, redacted};

#[tokio::test]
async fn settings_have_defaults_until_they_are_written() {
    let world = World::new().await;
    let admin = world.as_admin().await;
    for (path, name) in [("/settings", "settings"), ("/settings/masking", "masking_settings")] {
        let standard = world.get(path, &admin).await;
        assert_eq!(standard.tag(), "\"0\"");
        insta::assert_json_snapshot!(name, standard.body);
        // What is read can be written as it is.
        let written = world.put(path, &admin, standard.body.clone()).await;
        assert_eq!(written.tag(), "\"1\"");
        let mut expected = standard.body.clone();
        expected["version"] = json!(1);
        assert_eq!(written.with(200), expected);
        world.put(path, &admin, standard.body.clone()).await.with(412);
        world.put(path, &admin, json!({ "version": "1" })).await.names("version");
        let both = json!({ "version": 1 });
        world.send("PUT", path, &admin, Some(both), &[("if-match", "\"2\"")]).await.names("version");
        let stale = world.send("PUT", path, &admin, Some(json!({})), &[("if-match", "\"0\"")]).await;
        stale.with(412);
        world.put(path, &admin, json!({ "colour": 1 })).await.names("colour");
        world.put(path, &world.as_agent().await, json!({})).await.with(403);
        world.put(path, &world.as_customer().await, json!({})).await.with(404);
        world.get(path, &world.as_customer().await).await.with(404);
        world.get(path, &NO_ONE).await.with(401);
    }
    for (twice, named) in [
        (r#"{ "version": 2, "bin_seconds": 3600, "bin_seconds": 7200 }"#, "bin_seconds"),
        (r#"{ "version": 2, "version": 2 }"#, "version"),
        (r#"{ "version": 2, "weights": { "tier_points": { "a": 1, "a": 2 } } }"#, "weights.tier_points.a"),
    ] {
        world.put("/settings", &admin, json!(twice)).await.names(named);
    }
    let tiers: serde_json::Map<_, _> = (0..101).map(|n| (format!("t{n}"), json!(1))).collect();
    let tiers = json!({ "weights": { "tier_points": tiers } });
    world.put("/settings", &admin, tiers).await.names("weights.tier_points");
    world
        .put("/settings", &admin, json!({ "reopen_window_seconds": -1 }))
        .await
        .names("reopen_window_seconds");
    let weights = json!({ "weights": { "age_seconds": 0 } });
    world.put("/settings", &admin, weights).await.names("weights.age_seconds");
    let preset = json!({ "weights": "strict_priority" });
    let strict = world.put("/settings", &admin, preset).await.with(200);
    assert_eq!(strict["weights"]["priority_points"], 1e12);
    for wrong in [json!("lenient"), json!(3), json!(null)] {
        world.put("/settings", &admin, json!({ "weights": wrong })).await.names("weights");
    }
    let custom = json!({ "custom": [{ "name": "x", "pattern": "(" }] });
    world.put("/settings/masking", &admin, custom).await.names("custom[0].pattern");
}

#[tokio::test]
async fn a_calendar_and_a_policy_that_counts_by_it() {
    let world = World::new().await;
    let admin = world.as_admin().await;
    let hours = json!({
        "name": "Berlin", "timezone": "Europe/Berlin", "weekly": { "mon": [["09:00", "17:00"]] },
        "exceptions": [{ "date": "2026-12-24", "windows": [] }],
    });
    let calendar = world.post("/sla/calendars", &admin, hours.clone()).await.with(201);
    insta::assert_json_snapshot!("calendar", redacted(calendar.clone()));
    let path = format!("/sla/calendars/{}", calendar["id"].as_str().unwrap());
    let changed =
        world.patch(&path, &admin, json!({ "yearly": [{ "month": 12, "day": 25, "windows": [] }] })).await;
    assert_eq!(changed.with(200)["exceptions"], calendar["exceptions"]);
    world.patch(&path, &admin, json!({ "name": "Ber\u{7}lin" })).await.names("name");
    world.patch(&path, &admin, json!({ "timezone": "Berlin" })).await.names("timezone");
    world.patch(&path, &admin, json!({ "weekly": { "mon": [["9", "17:00"]] } })).await.names("weekly.mon[0]");
    world.patch(&path, &admin, json!({ "weekly": { "day": [] } })).await.names("weekly.day");
    let policy = json!({
        "name": "Gold", "targets": { "first_response": { "seconds": 3600, "by_priority": { "urgent": 600 } } },
        "calendar_id": calendar["id"], "conditions": { "tiers": ["gold"] },
        "steps": [{ "when": { "at_fraction": 0.8 } }, { "when": "at_breach", "actions": ["level_up"] }],
    });
    let made = world.post("/sla/policies", &admin, policy.clone()).await.with(201);
    insta::assert_json_snapshot!("policy", redacted(made.clone()));
    // A metric without a calendar of its own counts by the policy's; one with `null` counts all hours.
    assert!(made["targets"]["first_response"].get("calendar_id").is_none());
    let path = format!("/sla/policies/{}", made["id"].as_str().unwrap());
    let changed = world.patch(&path, &admin, json!({ "calendar_id": null, "position": 3 })).await.with(200);
    assert_eq!((&changed["calendar_id"], &changed["position"]), (&json!(null), &json!(3)));
    assert_eq!(changed["targets"], made["targets"]);
    world.patch(&path, &admin, json!({ "name": "a\nb" })).await.names("name");
    world.patch(&path, &admin, json!({ "targets": {} })).await.names("targets");
    world
        .patch(&path, &admin, json!({ "steps": [{ "when": { "at_fraction": 2 } }] }))
        .await
        .names("steps[0].when.at_fraction");
    world.post("/sla/policies", &admin, json!({ "name": "x" })).await.names("targets");
    let agent = world.as_agent().await;
    world.post("/sla/policies", &agent, policy).await.with(403);
    world.post("/sla/calendars", &agent, hours).await.with(403);
    for list in ["/sla/policies", "/sla/calendars"] {
        assert_eq!(world.get(list, &agent).await.with(200)["items"].as_array().unwrap().len(), 1);
        world.get(list, &world.as_customer().await).await.with(404);
    }
    assert_eq!(world.delete(&path, &admin).await.status, 204);
    // A policy is no calendar.
    world.get(&format!("/sla/policies/{}", calendar["id"].as_str().unwrap()), &agent).await.with(404);
}
