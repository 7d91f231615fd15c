//! What the document says of `null` in a change, held against what a change with it is answered.

use serde_json::{Value, json};

use crate::bodies::body;
use crate::world::{As, NO_ONE, World};

/// A field of a change, from the outside in, and whether the document lets it be `null`.
type Nullable = (Vec<String>, bool);

/// Lists the fields of a schema, those of the changes in it too.
fn fields(document: &Value, schema: &Value, path: &[String], found: &mut Vec<Nullable>) {
    let one_of = schema["oneOf"].as_array().and_then(|all| all.iter().find(|one| one["$ref"].is_string()));
    let schema = one_of.unwrap_or(schema);
    if let Some(name) = schema["$ref"].as_str() {
        let named = &document["components"]["schemas"][name.rsplit('/').next().unwrap()];
        return fields(document, named, path, found);
    }
    // What must be given whole is a value, and no change.
    if !path.is_empty() && schema["required"].is_array() {
        return;
    }
    for (name, field) in schema["properties"].as_object().into_iter().flatten() {
        let path: Vec<String> = path.iter().chain([name]).cloned().collect();
        // What the document says nothing about may be anything.
        let is_null = |kind: &Value| kind == "null";
        let nullable = is_null(&field["type"])
            || field["type"].as_array().is_some_and(|kinds| kinds.iter().any(is_null))
            || field["oneOf"].as_array().is_some_and(|all| all.iter().any(|one| is_null(&one["type"])));
        found.push((path.clone(), nullable));
        fields(document, field, &path, found);
    }
}

/// The path of something that a route can change.
async fn changeable(world: &World, admin: &As, path: &str) -> String {
    let list = path.strip_prefix("/api/v1").unwrap().strip_suffix("/{id}").unwrap();
    let id = match list {
        "/tickets" => world.waiting_ticket().await,
        "/agents" => world.agent.to_string(),
        "/customers" => world.customer.to_string(),
        list => {
            let made = body(&format!("POST /api/v1{list}")).unwrap();
            world.post(list, admin, made).await.with(201)["id"].as_str().unwrap().to_owned()
        }
    };
    format!("{list}/{id}")
}

#[tokio::test]
async fn a_change_takes_null_where_the_document_says_so_and_nowhere_else() {
    let world = World::new().await;
    let admin = world.as_admin().await;
    let document = world.get("/api/openapi.json", &NO_ONE).await.with(200);
    let (mut wrong, mut asked) = (Vec::new(), 0);
    for (path, item) in document["paths"].as_object().unwrap() {
        let schema = &item["patch"]["requestBody"]["content"]["application/json"]["schema"];
        if schema.is_null() {
            continue;
        }
        let mut all = Vec::new();
        fields(&document, schema, &[], &mut all);
        let thing = changeable(&world, &admin, path).await;
        for (field, nullable) in all {
            let change = field.iter().rev().fold(Value::Null, |inner, name| json!({ (name): inner }));
            let answer = world.patch(&thing, &admin, change).await;
            let named = field.join(".");
            let taken = match answer.status.as_u16() {
                200 => true,
                422 => !answer.body["errors"].as_array().unwrap().iter().any(|error| error["field"] == named),
                _ => panic!("{path} {named}: {answer:?}"),
            };
            asked += 1;
            if taken != nullable {
                wrong.push(format!("{path} {named}: documented {nullable}, taken {taken}"));
            }
        }
    }
    assert!(asked > 60, "{asked}");
    assert!(wrong.is_empty(), "{wrong:#?}");
}
