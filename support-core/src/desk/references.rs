//! What configuration documents name: other documents, and people.

use serde::Deserialize;
use serde_json::Value;

use crate::automation::{Action, AutomationSpec, Condition, Field, Trigger};
use crate::config;
use crate::error::Error;
use crate::id::{AgentId, CustomerId, DocumentId, TeamId};
use crate::journey::{JourneyEntry, JourneySpec};
use crate::macros::MacroSpec;
use crate::masking::{MaskingSpec, Mode};
use crate::sla::policy::PolicySpec;
use crate::store::{Delta, Document, DocumentKind, Key, Record, StoreExt};

use super::live;
use super::run::Ask;

/// Most documents that a refusal names.
const NAMED: usize = 5;

/// What a document names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Named {
    /// A document in force.
    Document(DocumentKind, DocumentId),
    /// An agent who is given work.
    Worker(AgentId),
    /// An agent of whom a condition speaks, also once they have left.
    Person(AgentId),
    /// A customer of whom a condition speaks.
    Customer(CustomerId),
}

/// A field, and what it names.
type Reference = (String, Named);

/// Names the document of a team. The default team always exists.
fn team(field: String, id: TeamId) -> Option<Reference> {
    let named = Named::Document(DocumentKind::Team, DocumentId::from_uuid(id.uuid()));
    (id != TeamId::DEFAULT).then_some((field, named))
}

fn calendar(field: impl Into<String>, id: Option<DocumentId>) -> Option<Reference> {
    id.map(|id| (field.into(), Named::Document(DocumentKind::Calendar, id)))
}

fn of_actions(field: &str, actions: &[Action]) -> Vec<Reference> {
    let named = actions.iter().enumerate().filter_map(|(at, action)| match action {
        Action::MoveToTeam(id) => team(format!("{field}[{at}].move_to_team"), *id),
        Action::CallWebhook(id) => {
            let named = Named::Document(DocumentKind::WebhookEndpoint, *id);
            Some((format!("{field}[{at}].call_webhook"), named))
        }
        Action::AssignTo(id) => Some((format!("{field}[{at}].assign_to"), Named::Worker(*id))),
        _ => None,
    });
    named.collect()
}

fn of_condition(condition: &Condition) -> Vec<Reference> {
    let mut named = Vec::new();
    condition.each_test_at("condition", &mut |path, test| {
        named.extend(calendar(format!("{path}.calendar_id"), test.calendar_id));
        let value = || format!("{path}.value");
        match test.field {
            Field::Team | Field::WasTeam => {
                named.extend(test.ids().filter_map(|id| team(value(), TeamId::from_uuid(id))));
            }
            Field::Owner | Field::WasOwner => {
                named.extend(test.ids().map(|id| (value(), Named::Person(AgentId::from_uuid(id)))));
            }
            Field::Customer => {
                named.extend(test.ids().map(|id| (value(), Named::Customer(CustomerId::from_uuid(id)))));
            }
            Field::KeywordRules => {
                let rule = |id| Named::Document(DocumentKind::KeywordRule, DocumentId::from_uuid(id));
                named.extend(test.ids().map(|id| (value(), rule(id))));
            }
            _ => {}
        }
    });
    named
}

/// Lists what a document names. Of what cannot be read it lists nothing: that is left to the check of the document
/// itself.
fn references(kind: DocumentKind, body: &Value) -> Vec<Reference> {
    let mut named = Vec::new();
    match kind {
        DocumentKind::Team => {
            let Ok(spec) = config::TeamSpec::deserialize(body) else { return named };
            named.extend(calendar("calendar_id", spec.calendar_id));
            let overflow = spec.overflow_team_ids.into_iter().enumerate();
            named.extend(overflow.filter_map(|(at, id)| team(format!("overflow_team_ids[{at}]"), id)));
            named.extend(spec.escalation_team_id.and_then(|id| team("escalation_team_id".into(), id)));
        }
        DocumentKind::SlaPolicy => {
            let Ok(spec) = PolicySpec::deserialize(body) else { return named };
            named.extend(calendar("calendar_id", spec.calendar_id));
            for (at, step) in spec.steps.iter().enumerate() {
                named.extend(of_actions(&format!("steps[{at}].actions"), &step.actions));
            }
            let teams = spec.conditions.team_ids.iter().enumerate();
            named.extend(teams.filter_map(|(at, id)| team(format!("conditions.team_ids[{at}]"), *id)));
            for (metric, target) in spec.targets {
                named.extend(calendar(format!("targets.{metric}.calendar_id"), target.calendar_id.flatten()));
            }
        }
        DocumentKind::Journey => {
            let Ok(spec) = JourneySpec::deserialize(body) else { return named };
            let fills = spec.ticket.into_iter().enumerate();
            named.extend(fills.filter_map(|(at, fill)| team(format!("ticket[{at}].team_id"), fill.team_id?)));
        }
        DocumentKind::Macro => {
            let Ok(spec) = MacroSpec::deserialize(body) else { return named };
            named.extend(spec.team_id.and_then(|id| team("team_id".into(), id)));
            named.extend(of_actions("actions", &spec.actions));
        }
        DocumentKind::Settings => {
            let Ok(settings) = config::Settings::deserialize(body) else { return named };
            let teams = settings.category_teams.into_iter();
            named.extend(teams.filter_map(|(category, id)| team(format!("category_teams.{category}"), id)));
        }
        DocumentKind::Automation => {
            let Ok(spec) = AutomationSpec::deserialize(body) else { return named };
            if let Trigger::Since(since) = &spec.trigger {
                named.extend(calendar("trigger.since.calendar_id", since.calendar_id));
            }
            named.extend(spec.condition.iter().flat_map(of_condition));
            named.extend(of_actions("actions", &spec.actions));
        }
        DocumentKind::KeywordRule => {
            let Some(given) = body.get("condition") else { return named };
            let Ok(condition) = Option::<Condition>::deserialize(given) else { return named };
            named.extend(condition.iter().flat_map(of_condition));
        }
        _ => {}
    }
    named
}

impl Ask<'_> {
    /// Checks that what a document names exists. What the version before, where it is in force, named already may be gone
    /// meanwhile, such as an agent: else nobody could switch off, rename or repair the document in another field.
    ///
    /// Answers what the change set has to hold: what it comes to name is not taken out of force at the same moment.
    pub(super) async fn check_references(
        &self,
        kind: DocumentKind,
        body: &Value,
        before: Option<&Value>,
    ) -> Result<Vec<Delta>, Error> {
        if kind == DocumentKind::Masking
            && MaskingSpec::deserialize(body).is_ok_and(|spec| spec.mode == Mode::Token)
            && !self.desk.has_vault()
        {
            return Err(Error::invalid("mode", "`token` needs a vault, and this desk has none"));
        }
        let held = before.map(|before| references(kind, before)).unwrap_or_default();
        let mut named = references(kind, body);
        named.retain(|(_, named)| held.iter().all(|(_, held)| held != named));
        let names_documents = named.iter().any(|(_, named)| matches!(named, Named::Document(..)));
        let alone = if names_documents { self.alone().await?.into() } else { Vec::new() };
        for (field, named) in named {
            match named {
                Named::Document(kind, id) => {
                    let found = self.document(kind, id).await?.filter(|document| !document.retired);
                    found.ok_or_else(|| Error::invalid(field, format!("must be a {kind}")))?;
                }
                Named::Worker(id) => drop(self.agent_in(&field, id).await?),
                Named::Person(id) => {
                    let found = self.store().load(&self.system(), &[Key::Agent(id)]).await?;
                    if found.iter().all(Option::is_none) {
                        return Err(Error::invalid(field, "must be an agent"));
                    }
                }
                Named::Customer(id) => {
                    let found = self.store().customer(&self.system(), id).await?;
                    found.ok_or_else(|| Error::invalid(field, "must be a customer"))?;
                }
            }
        }
        Ok(alone)
    }

    /// Reads how often a document was used so far.
    pub(super) async fn uses(&self, id: DocumentId) -> Result<u64, Error> {
        let found = self.store().load(&self.system(), &[Key::Uses(id)]).await?.pop().flatten();
        Ok(if let Some(Record::Uses(uses)) = found { uses } else { 0 })
    }

    /// Refuses to take a document out of force that another one in force names, switched on or off: what that one says
    /// would come to mean something else, such as all hours for a calendar, and nobody would be told. Agents are no
    /// documents: who has to go can always go, and what names them is passed over.
    ///
    /// Answers what the change set has to hold: nobody comes to name it at the same moment.
    pub(super) async fn check_unused(&self, kind: DocumentKind, id: DocumentId) -> Result<Vec<Delta>, Error> {
        let Some((code, what)) = in_use(kind) else { return Ok(Vec::new()) };
        let alone = self.alone().await?;
        let named = Named::Document(kind, id);
        let documents = self.in_force().await?;
        // What names itself goes with what it names.
        let names = |document: &&Document| {
            document.id != id
                && references(document.kind, &document.body).iter().any(|(_, other)| *other == named)
        };
        let mut users: Vec<String> = documents.iter().filter(names).map(in_words).collect();
        users.dedup();
        if users.is_empty() {
            return Ok(alone.into());
        }
        let more = users.len().saturating_sub(NAMED);
        let mut by = users.iter().take(NAMED).map(String::as_str).collect::<Vec<_>>().join(", ");
        if more > 0 {
            by = format!("{by} and {more} more");
        }
        Err(Error::refused(code, format!("the {what} is used by {by}")))
    }

    /// Reads the documents in force. Of a journey that is published both count: the version that customers meet, and its
    /// newest.
    async fn in_force(&self) -> Result<Vec<Document>, Error> {
        let mut documents = Vec::new();
        for document in live::documents(self.store(), &self.system()).await? {
            if document.kind == DocumentKind::JourneyEntry
                && let Ok(JourneyEntry { active, .. }) = JourneyEntry::deserialize(&document.body)
            {
                let published = Key::DocumentVersion(active.id, active.version);
                documents.extend(self.store().one::<Document>(&self.system(), published).await?);
            }
            documents.push(document);
        }
        Ok(documents)
    }
}

/// The code by which it is refused to take a document of a kind out of force that others name, and what it is called;
/// nothing of what no document names.
const fn in_use(kind: DocumentKind) -> Option<(&'static str, &'static str)> {
    match kind {
        DocumentKind::Calendar => Some(("calendar_in_use", "calendar")),
        DocumentKind::Team => Some(("team_in_use", "team")),
        DocumentKind::WebhookEndpoint => Some(("webhook_endpoint_in_use", "webhook endpoint")),
        DocumentKind::KeywordRule => Some(("keyword_rule_in_use", "keyword rule")),
        _ => None,
    }
}

/// Names a document as people know it.
fn in_words(document: &Document) -> String {
    let name = document.body.get("name").and_then(Value::as_str);
    name.map_or_else(
        || format!("{} {}", document.kind, document.id),
        |name| format!("{} `{name}`", document.kind),
    )
}
