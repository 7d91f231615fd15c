//! Answers held against the OpenAPI document: what it says of an answer must be true of it.

use std::collections::BTreeSet;

use serde_json::Value;

/// The document, and which of its named schemas were met in answers.
pub(crate) struct Document {
    json: Value,
    met: BTreeSet<String>,
}

impl Document {
    pub(crate) fn new(json: Value) -> Self {
        Self { json, met: BTreeSet::new() }
    }

    /// Checks an answer of `route`, such as `GET /api/v1/tickets/{id}`, and returns its schema's name.
    pub(crate) fn check(&mut self, route: &str, status: u16, answer: &Value) -> String {
        let schema = self.schema(route, status);
        let mut wrong = Vec::new();
        self.compare(&schema, answer, "", &mut wrong);
        assert!(wrong.is_empty(), "{route} {status} is not as documented: {wrong:#?}\n{answer:#}");
        name_of(&schema).unwrap_or_else(|| panic!("{route} {status} answers what has no name")).to_owned()
    }

    /// Checks what no operation answers against a named schema.
    pub(crate) fn check_as(&mut self, name: &str, answer: &Value) {
        let schema = serde_json::json!({ "$ref": format!("#/components/schemas/{name}") });
        let mut wrong = Vec::new();
        self.compare(&schema, answer, "", &mut wrong);
        assert!(wrong.is_empty(), "{wrong:#?}\n{answer:#}");
    }

    fn schema(&self, route: &str, status: u16) -> Value {
        let (method, path) = route.split_once(' ').unwrap();
        let operation = &self.json["paths"][path][method.to_lowercase()];
        let content = &operation["responses"][status.to_string()]["content"];
        let schema = content.as_object().and_then(|kinds| kinds.values().next()).map(|kind| &kind["schema"]);
        schema.unwrap_or_else(|| panic!("{route} {status} is not documented")).clone()
    }

    fn compare(&mut self, schema: &Value, value: &Value, at: &str, wrong: &mut Vec<String>) {
        if let Some(name) = name_of(schema) {
            self.met.insert(name.to_owned());
            let named = self.json["components"]["schemas"][name].clone();
            return self.compare(&named, value, at, wrong);
        }
        if let Some(choices) = schema["oneOf"].as_array() {
            // The choice that comes nearest says what is wrong.
            let tried = choices.iter().map(|choice| {
                let mut wrong = Vec::new();
                self.compare(choice, value, at, &mut wrong);
                wrong
            });
            return wrong.extend(tried.min_by_key(Vec::len).unwrap_or_default());
        }
        let kinds = match &schema["type"] {
            Value::String(kind) => vec![kind.as_str()],
            Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).collect(),
            _ => return,
        };
        if !kinds.iter().any(|kind| is(kind, value)) {
            wrong.push(format!("{at}: {value} is not {kinds:?}"));
        }
        if schema["format"] == "uuid"
            && value.as_str().is_some_and(|text| text.parse::<uuid::Uuid>().is_err())
        {
            wrong.push(format!("{at}: {value} is not a UUID"));
        }
        if let Some(items) = value.as_array() {
            for (index, item) in items.iter().enumerate() {
                self.compare(&schema["items"], item, &format!("{at}[{index}]"), wrong);
            }
        }
        self.compare_fields(schema, value, at, wrong);
    }

    fn compare_fields(&mut self, schema: &Value, value: &Value, at: &str, wrong: &mut Vec<String>) {
        let Some(fields) = value.as_object() else { return };
        for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            if !fields.contains_key(name) {
                wrong.push(format!("{at}.{name} is missing"));
            }
        }
        for (name, value) in fields {
            let at = format!("{at}.{name}");
            match (schema["properties"].get(name), schema.get("additionalProperties")) {
                (Some(field), _) => self.compare(field, value, &at, wrong),
                (None, Some(other)) => self.compare(other, value, &at, wrong),
                (None, None) if schema.get("properties").is_some() => {
                    wrong.push(format!("{at} is not documented"));
                }
                // An object of which the document says nothing more.
                (None, None) => {}
            }
        }
    }

    /// Lists the named schemas of which answers are made, and those of them that no answer has shown.
    pub(crate) fn unmet(&self) -> Vec<String> {
        let mut named = BTreeSet::new();
        for operation in self.operations() {
            collect(&operation["responses"], &mut named);
        }
        let mut open: Vec<String> = named.iter().cloned().collect();
        while let Some(name) = open.pop() {
            let mut more = BTreeSet::new();
            collect(&self.json["components"]["schemas"][&name], &mut more);
            open.extend(more.into_iter().filter(|name| named.insert(name.clone())));
        }
        named.into_iter().filter(|name| !self.met.contains(name)).collect()
    }

    fn operations(&self) -> impl Iterator<Item = &Value> {
        let paths = self.json["paths"].as_object().unwrap();
        paths.values().flat_map(|item| item.as_object().unwrap().values())
    }
}

fn name_of(schema: &Value) -> Option<&str> {
    schema["$ref"].as_str()?.strip_prefix("#/components/schemas/")
}

fn collect(part: &Value, names: &mut BTreeSet<String>) {
    if let Some(name) = name_of(part) {
        names.insert(name.to_owned());
    }
    match part {
        Value::Object(fields) => fields.values().for_each(|field| collect(field, names)),
        Value::Array(items) => items.iter().for_each(|item| collect(item, names)),
        _ => {}
    }
}

fn is(kind: &str, value: &Value) -> bool {
    match kind {
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        "null" => value.is_null(),
        other => panic!("the document has a type `{other}`"),
    }
}
