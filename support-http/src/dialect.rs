//! Other ways to write the same: the spellings of the reference systems, and the envelope around answers.
//!
//! The desk has one interface. A host whose clients were written against another system mounts it under that one's
//! [`Dialect`]: bodies and query parameters are turned into the desk's own words before any handler sees them, and
//! answers back. Nothing else of a handler, a rule or a status differs.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

use crate::error::ApiError;
use crate::extract::whole_json;
use crate::fields::Unique;
use crate::mount::App;

/// Where bodies are in the dialect; health, metrics and the document have one form for everybody.
const ROOM: &str = "/api/v1/";

/// In whose words bodies and query parameters are written.
///
/// What the OpenAPI document describes as an object without named fields (free fields, skills, an event's `data`) stays
/// as it is, keys and all, and so do values but for those named here. Live streams and exports are written in the
/// desk's own words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Dialect {
    /// The desk's own.
    #[default]
    Desk,
    /// Of the chat-to-ticket bridge: names in `camelCase`, the priority `medium`, and `description` for the first
    /// message of a ticket.
    Bridge,
    /// Of the operational CRM: `status` is `open`, `pending` or `closed`, and the score is `smart_score`.
    Crm,
    /// Of the journey-based help desk: the priority `medium`.
    Journeys,
}

/// Field names of another system beside those of the desk.
const BRIDGE: &[(&str, &str)] = &[("description", "initial_message")];
const CRM: &[(&str, &str)] = &[("smart_score", "score")];

impl Dialect {
    const fn camel(self) -> bool {
        matches!(self, Self::Bridge)
    }

    const fn medium(self) -> bool {
        matches!(self, Self::Bridge | Self::Journeys)
    }

    /// Pairs of its own name and the desk's. Read in both directions, but that of a message's first text: a ticket has
    /// no such field.
    const fn names(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Bridge => BRIDGE,
            Self::Crm => CRM,
            Self::Desk | Self::Journeys => &[],
        }
    }

    /// Turns its name of a field into the desk's.
    fn read_name(self, name: &str) -> String {
        if let Some((_, ours)) = self.names().iter().find(|(theirs, _)| *theirs == name) {
            return (*ours).to_owned();
        }
        if self.camel() { snake(name) } else { name.to_owned() }
    }

    /// Turns the desk's name of a field into its own.
    fn write_name(self, name: &str) -> String {
        if let Some((theirs, _)) = self.names().iter().find(|(_, ours)| *ours == name) {
            return (*theirs).to_owned();
        }
        if self.camel() { camel(name) } else { name.to_owned() }
    }

    fn write_value(self, name: &str, value: &mut Value) {
        if name == "priority" && self.medium() && value == "normal" {
            *value = Value::from("medium");
        }
    }
}

/// Turns `assignedTo` into `assigned_to`. What is in snake case already stays.
fn snake(name: &str) -> String {
    name.chars().fold(String::with_capacity(name.len() + 4), |mut text, letter| {
        if letter.is_ascii_uppercase() {
            text.push('_');
        }
        text.push(letter.to_ascii_lowercase());
        text
    })
}

/// Turns `assigned_to` into `assignedTo`.
fn camel(name: &str) -> String {
    let mut words = name.split('_');
    let mut text = words.next().unwrap_or_default().to_owned();
    for word in words {
        let mut letters = word.chars();
        text.extend(letters.next().map(|first| first.to_ascii_uppercase()));
        text.push_str(letters.as_str());
    }
    text
}

/// A dialect with what it has to know of the interface.
#[derive(Debug)]
pub(crate) struct Translator {
    dialect: Dialect,
    envelope: bool,
    /// Fields whose values have no names of the desk in them.
    free: BTreeSet<String>,
}

impl Translator {
    pub(crate) fn new(dialect: Dialect, envelope: bool, document: &Value) -> Self {
        let mut free = BTreeSet::new();
        each_property(document, &mut |name, schema| {
            let object = schema.get("type").is_some_and(|kind| {
                kind == "object" || kind.as_array().is_some_and(|kinds| kinds.contains(&json!("object")))
            });
            let named = ["properties", "$ref", "oneOf", "anyOf", "allOf"];
            let described = named.iter().any(|way| schema.get(way).is_some());
            if !described && (object || schema.get("type").is_none()) {
                free.insert(name.to_owned());
            }
        });
        Self { dialect, envelope, free }
    }

    /// Tells whether there is nothing to do.
    pub(crate) fn is_plain(&self) -> bool {
        self.dialect == Dialect::Desk && !self.envelope
    }

    fn read(&self, value: Value) -> Result<Value, ApiError> {
        match value {
            Value::Object(fields) => {
                let mut read = Map::new();
                for (theirs, value) in fields {
                    let name = self.dialect.read_name(&theirs);
                    let value = if self.free.contains(&name) { value } else { self.read(value)? };
                    if read.insert(name, value).is_some() {
                        return Err(ApiError::invalid(theirs, "must not be given twice"));
                    }
                }
                Ok(Value::Object(read))
            }
            Value::Array(items) => {
                items.into_iter().map(|item| self.read(item)).collect::<Result<_, _>>().map(Value::Array)
            }
            other => Ok(other),
        }
    }

    fn write(&self, value: Value) -> Value {
        match value {
            Value::Object(mut fields) => {
                if self.dialect == Dialect::Crm
                    && let Some(category) = fields.get("status_category").cloned()
                {
                    fields.insert("status".into(), category);
                }
                let written = fields.into_iter().map(|(name, mut value)| {
                    if !self.free.contains(&name) {
                        self.dialect.write_value(&name, &mut value);
                        value = self.write(value);
                    }
                    (self.dialect.write_name(&name), value)
                });
                Value::Object(written.collect())
            }
            Value::Array(items) => Value::Array(items.into_iter().map(|item| self.write(item)).collect()),
            other => other,
        }
    }

    /// Writes the path of a field that a problem names.
    fn write_path(&self, path: &str) -> String {
        let mut free = false;
        let steps = path.split('.').map(|step| {
            if free {
                return step.to_owned();
            }
            let (name, index) = step.split_at(step.find('[').unwrap_or(step.len()));
            free = self.free.contains(name);
            self.dialect.write_name(name) + index
        });
        steps.collect::<Vec<_>>().join(".")
    }

    fn write_problem(&self, mut problem: Value) -> Value {
        for error in problem.get_mut("errors").and_then(Value::as_array_mut).into_iter().flatten() {
            if let Some(field) = error.get("field").and_then(Value::as_str) {
                error["field"] = self.write_path(field).into();
            }
        }
        problem
    }

    fn read_query(&self, uri: &Uri) -> Option<Uri> {
        let query = uri.query().filter(|_| self.dialect.camel())?;
        let mut read = form_urlencoded::Serializer::new(String::new());
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            let name = if name.starts_with("field.") { name } else { snake(&name).into() };
            read.append_pair(&name, &value);
        }
        format!("{}?{}", uri.path(), read.finish()).parse().ok()
    }

    /// Writes the document of the interface in the dialect.
    pub(crate) fn write_document(&self, mut document: Value) -> Value {
        if self.is_plain() {
            return document;
        }
        self.write_schemas(&mut document);
        let mut told = String::new();
        if self.dialect != Dialect::Desk {
            told += &format!(
                "\n- **Dialect**: `{:?}`; objects without named fields are as the desk writes them.",
                self.dialect
            );
        }
        if self.envelope {
            told += "\n- **Envelope**: what is described here stands in `data` of `{success, data, timestamp, \
                requestId}`; a problem document in `error` of `{success, error, timestamp, requestId}`.";
        }
        if let Some(Value::String(description)) = document.pointer_mut("/info/description") {
            description.push_str(&told);
        }
        document
    }

    fn write_schemas(&self, value: &mut Value) {
        match value {
            Value::Object(fields) => {
                if let Some(Value::Object(properties)) = fields.get_mut("properties") {
                    let named = std::mem::take(properties).into_iter();
                    *properties =
                        named.map(|(name, schema)| (self.dialect.write_name(&name), schema)).collect();
                }
                if let Some(Value::Array(required)) = fields.get_mut("required") {
                    for name in required {
                        *name =
                            name.as_str().map_or(Value::Null, |name| self.dialect.write_name(name).into());
                    }
                }
                if fields.get("in").is_some_and(|place| place == "query")
                    && let Some(Value::String(name)) = fields.get_mut("name")
                    && !name.starts_with("field.")
                {
                    *name = self.dialect.write_name(name);
                }
                fields.values_mut().for_each(|value| self.write_schemas(value));
            }
            Value::Array(items) => items.iter_mut().for_each(|item| self.write_schemas(item)),
            _ => {}
        }
    }
}

/// Shows each named field of each schema.
fn each_property(value: &Value, look: &mut impl FnMut(&str, &Value)) {
    match value {
        Value::Object(fields) => {
            if let Some(Value::Object(properties)) = fields.get("properties") {
                properties.iter().for_each(|(name, schema)| look(name, schema));
            }
            fields.values().for_each(|value| each_property(value, look));
        }
        Value::Array(items) => items.iter().for_each(|item| each_property(item, look)),
        _ => {}
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    kind == "application/json" || kind.ends_with("+json")
}

/// Turns a request into the desk's words. What is no JSON is left to the handler, which says so.
pub(crate) async fn read(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let translator = &app.translator;
    if translator.dialect == Dialect::Desk || !request.uri().path().contains(ROOM) {
        return next.run(request).await;
    }
    let (mut parts, body) = request.into_parts();
    if let Some(uri) = translator.read_query(&parts.uri) {
        parts.uri = uri;
    }
    if !is_json(&parts.headers) {
        return next.run(Request::from_parts(parts, body)).await;
    }
    let Ok(bytes) = to_bytes(body, app.limits.body_bytes).await else {
        let error = ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", "the body is too large");
        return error.into_response();
    };
    let Ok(value) = serde_json::from_slice::<Value>(&bytes) else {
        return next.run(Request::from_parts(parts, Body::from(bytes))).await;
    };
    // In `value` the last of them stands, and the handler would see nothing of it.
    if let Err(error) = whole_json::<Unique>(&bytes) {
        return error.into_response();
    }
    match translator.read(value) {
        Ok(value) => {
            parts.headers.remove(CONTENT_LENGTH);
            next.run(Request::from_parts(parts, Body::from(value.to_string()))).await
        }
        Err(error) => error.into_response(),
    }
}

/// Turns an answer into the dialect, and puts it into the envelope.
pub(crate) async fn write(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let ours = request.uri().path().contains(ROOM);
    let response = next.run(request).await;
    if !ours || !is_json(response.headers()) {
        return response;
    }
    let translator = &app.translator;
    let (mut parts, body) = response.into_parts();
    let Ok(bytes) = to_bytes(body, usize::MAX).await else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let Ok(value) = serde_json::from_slice::<Value>(&bytes) else {
        return Response::from_parts(parts, Body::from(bytes));
    };
    let success = !parts.status.is_client_error() && !parts.status.is_server_error();
    let mut value = if success { translator.write(value) } else { translator.write_problem(value) };
    if translator.envelope {
        let request_id =
            parts.headers.get("x-request-id").and_then(|id| id.to_str().ok()).unwrap_or_default();
        let timestamp = app.desk.now().to_string();
        value = if success {
            json!({ "success": true, "data": value, "timestamp": timestamp, "requestId": request_id })
        } else {
            value.as_object_mut().map(|problem| problem.remove("request_id"));
            json!({ "success": false, "error": value, "timestamp": timestamp, "requestId": request_id })
        };
        parts.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    }
    parts.headers.remove(CONTENT_LENGTH);
    Response::from_parts(parts, Body::from(value.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document() -> Value {
        serde_json::to_value(crate::routes::all(true).split_for_parts().1).unwrap()
    }

    #[test]
    fn every_name_of_the_interface_survives_the_way_there_and_back() {
        let document = document();
        let mut names = 0;
        for dialect in [Dialect::Desk, Dialect::Bridge, Dialect::Crm, Dialect::Journeys] {
            each_property(&document, &mut |name, _| {
                names += 1;
                assert_eq!(dialect.read_name(&dialect.write_name(name)), name, "{dialect:?}");
            });
        }
        assert!(names > 400, "{names}");
    }

    #[test]
    fn a_path_is_written_as_far_as_the_desk_named_it() {
        let translator = Translator::new(Dialect::Bridge, false, &document());
        assert_eq!(translator.write_path("custom_fields.floor_no"), "customFields.floor_no");
        assert_eq!(translator.write_path("ticket_ids[3]"), "ticketIds[3]");
        assert_eq!(translator.write_path("customer.external_id"), "customer.externalId");
    }
}
