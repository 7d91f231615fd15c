//! Which tickets: the parameters of lists and exports.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use serde::Deserialize;
use support_core::desk::QueueFilter;
use support_core::label::Label;
use support_core::people::Actor;
use support_core::store::{Assignee, SetAsideFilter, SlaFilter, TicketFilter, TicketSort};
use support_core::text::SearchQuery;
use support_core::ticket::{FieldValue, Status, StatusCategory};
use support_core::time::Timestamp;
use utoipa::IntoParams;

use super::Include;
use crate::error::ApiError;
use crate::extract::{params, read};
use crate::mount::App;

/// Which tickets. What is given is combined by "and", values in a comma-separated list by "or".
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct TicketQuery {
    /// States or categories, comma-separated; `open`, `pending` and `closed` mean the category.
    #[param(example = "open")]
    status: Option<String>,
    /// `low`, `normal`, `high`, `urgent`, comma-separated.
    priority: Option<String>,
    channel: Option<String>,
    inbox_id: Option<String>,
    /// An agent's id, `me` or `none`.
    assigned_to: Option<String>,
    team_id: Option<String>,
    /// Staff only.
    tag: Option<String>,
    category: Option<String>,
    customer_id: Option<String>,
    /// `true` for any alerting rule, or the rule's name. Staff only.
    topic_alerts: Option<String>,
    /// Words, all of which stand in one text of the ticket.
    q: Option<String>,
    /// RFC 3339 instant, itself included.
    created_after: Option<String>,
    /// RFC 3339 instant, itself excluded.
    created_before: Option<String>,
    /// `at_risk`, or `breached`: a timer that has not ended is past its deadline, also while it stands still.
    sla: Option<String>,
    /// `spam`, `deleted`, `merged` or `erased`; such tickets are in no list unless asked for. Staff only.
    set_aside: Option<String>,
    /// `created_at` (newest first, the default), `updated_at` (last changed first), `due_at` (next deadline
    /// first), or `score`: the order of the ranked queue. Together with `status=open&assigned_to=none` and none but
    /// `priority`, `channel`, `team_id` and `customer_id` it lists what waits, however much that is; any other list is
    /// ranked up to 10,000 tickets. Staff only.
    sort: Option<String>,
    /// Accepted for clients that send it: the score always counts the rules.
    apply_rules: Option<String>,
    /// `customer`, `assignee`, `last_message`, comma-separated.
    include: Option<String>,
    /// 1–200, 50 unless given.
    limit: Option<String>,
    cursor: Option<String>,
    /// The value of `field.<key>`.
    #[serde(skip)]
    #[param(ignore)]
    field: Option<String>,
    #[serde(skip)]
    #[param(ignore)]
    key: Option<Label>,
}

impl FromRequestParts<Arc<App>> for TicketQuery {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _app: &Arc<App>) -> Result<Self, ApiError> {
        let query = parts.uri.query().unwrap_or_default();
        if !query.contains("field.") {
            return params(query);
        }
        let mut known = form_urlencoded::Serializer::new(String::new());
        let mut field = None;
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            let Some(key) = name.strip_prefix("field.") else {
                known.append_pair(&name, &value);
                continue;
            };
            if field.is_some() {
                return Err(ApiError::invalid(name, "cannot be given together with another field"));
            }
            let key: Label = key.parse().map_err(|problem| ApiError::invalid(name, problem))?;
            field = Some((key, value.into_owned()));
        }
        let (key, field) = field.unzip();
        Ok(Self { key, field, ..params(&known.finish())? })
    }
}

/// In which order a list comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    Stored(TicketSort),
    Score,
}

impl TicketQuery {
    /// Checks what only staff may ask for, so that a customer cannot find out by a filter what they are not
    /// shown.
    pub(super) fn check(&self, actor: &Actor) -> Result<(), ApiError> {
        if actor.is_staff() {
            return Ok(());
        }
        let given = [
            ("tag", self.tag.is_some()),
            ("topic_alerts", self.topic_alerts.is_some()),
            ("set_aside", self.set_aside.is_some()),
            ("sort", self.sort.as_deref() == Some("score")),
        ];
        let first = given.into_iter().find_map(|(field, given)| given.then_some(field));
        first.map_or(Ok(()), |field| Err(ApiError::invalid(field, "is for staff")))
    }

    pub(super) fn order(&self) -> Result<Order, ApiError> {
        Ok(match self.sort.as_deref() {
            None | Some("created_at") => Order::Stored(TicketSort::Newest),
            Some("updated_at") => Order::Stored(TicketSort::Updated),
            Some("due_at") => Order::Stored(TicketSort::Due),
            Some("score") => Order::Score,
            Some(_) => {
                return Err(ApiError::invalid("sort", "must be one of score|created_at|updated_at|due_at"));
            }
        })
    }

    pub(super) fn limit(&self) -> Result<u32, ApiError> {
        crate::extract::limit(read("limit", self.limit.as_deref())?)
    }

    pub(super) fn cursor(&self) -> Option<&str> {
        self.cursor.as_deref()
    }

    pub(super) fn include(&self) -> Result<Include, ApiError> {
        read::<bool>("apply_rules", self.apply_rules.as_deref())?;
        let mut include = Include::default();
        for word in self.include.iter().flat_map(|words| words.split(',')) {
            match word {
                "customer" => include.customer = true,
                "assignee" => include.assignee = true,
                "last_message" => include.last_message = true,
                _ => {
                    return Err(ApiError::invalid("include", "must be of customer|assignee|last_message"));
                }
            }
        }
        Ok(include)
    }

    /// Refuses what makes no sense where everything is answered at once.
    pub(super) fn whole(&self) -> Result<(), ApiError> {
        let given = [
            ("limit", self.limit.is_some()),
            ("cursor", self.cursor.is_some()),
            ("include", self.include.is_some()),
            ("sort", self.sort.as_deref() == Some("score")),
        ];
        let first = given.into_iter().find_map(|(field, given)| given.then_some(field));
        first.map_or(Ok(()), |field| Err(ApiError::invalid(field, "does not go with an export")))
    }

    pub(super) fn filter(
        &self,
        actor: &Actor,
        now: Timestamp,
        sort: TicketSort,
    ) -> Result<TicketFilter, ApiError> {
        Ok(TicketFilter {
            status: self.states()?,
            priority: list("priority", self.priority.as_deref())?,
            channel: read("channel", self.channel.as_deref())?,
            inbox: read("inbox_id", self.inbox_id.as_deref())?,
            assignee: match self.assigned_to.as_deref() {
                None => None,
                Some("none") => Some(Assignee::Nobody),
                Some("me") => {
                    let me = actor.as_ref().agent_id();
                    let me = me.ok_or_else(|| ApiError::invalid("assigned_to", "`me` is for agents"))?;
                    Some(Assignee::Agent(me))
                }
                id => read("assigned_to", id)?.map(Assignee::Agent),
            },
            team: read("team_id", self.team_id.as_deref())?,
            tag: read("tag", self.tag.as_deref())?,
            category: read("category", self.category.as_deref())?,
            customer: read("customer_id", self.customer_id.as_deref())?,
            topic: match self.topic_alerts.as_deref() {
                None => None,
                Some("true") => Some(None),
                Some("false") => {
                    return Err(ApiError::invalid("topic_alerts", "must be `true` or the name of a rule"));
                }
                name => read("topic_alerts", name)?.map(Some),
            },
            field: self.field_value()?,
            words: match &self.q {
                None => Vec::new(),
                Some(text) => {
                    let query = SearchQuery::parse(text);
                    query.map_err(|problem| ApiError::invalid("q", problem))?.tokens().to_vec()
                }
            },
            created_after: read("created_after", self.created_after.as_deref())?,
            created_before: read("created_before", self.created_before.as_deref())?,
            sla: match self.sla.as_deref() {
                None => None,
                Some("breached") => Some(SlaFilter::Breached),
                Some("at_risk") => Some(SlaFilter::AtRisk(now)),
                Some(_) => return Err(ApiError::invalid("sla", "must be one of at_risk|breached")),
            },
            set_aside: read("set_aside", self.set_aside.as_deref())?
                .map_or(SetAsideFilter::Without, SetAsideFilter::Only),
            sort,
        })
    }

    /// Reads what the ranked queue answers: waiting work, through a filter that the queue knows. Nothing where other
    /// tickets are asked for too.
    pub(super) fn queue_filter(&self) -> Result<Option<QueueFilter>, ApiError> {
        let waiting = self.status.as_deref() == Some("open") && self.assigned_to.as_deref() == Some("none");
        let others = [
            &self.inbox_id,
            &self.tag,
            &self.category,
            &self.topic_alerts,
            &self.field,
            &self.q,
            &self.created_after,
            &self.created_before,
            &self.sla,
            &self.set_aside,
        ];
        if !waiting || others.into_iter().any(Option::is_some) {
            return Ok(None);
        }
        Ok(Some(QueueFilter {
            team: read("team_id", self.team_id.as_deref())?,
            channel: read("channel", self.channel.as_deref())?,
            priority: list("priority", self.priority.as_deref())?,
            customer: read("customer_id", self.customer_id.as_deref())?,
        }))
    }

    fn states(&self) -> Result<Vec<Status>, ApiError> {
        let mut states = Vec::new();
        for word in self.status.iter().flat_map(|words| words.split(',')) {
            match word.parse::<StatusCategory>() {
                Ok(category) => {
                    states.extend(Status::ALL.iter().filter(|status| status.category() == category));
                }
                Err(_) => {
                    let state = word.parse();
                    states.push(state.map_err(|problem| ApiError::invalid("status", problem))?);
                }
            }
        }
        Ok(states)
    }

    fn field_value(&self) -> Result<Option<(Label, FieldValue)>, ApiError> {
        let (Some(key), Some(text)) = (&self.key, self.field.as_deref()) else { return Ok(None) };
        let value = match text.parse::<bool>() {
            Ok(flag) => Some(FieldValue::Flag(flag)),
            Err(_) => text.parse().ok().filter(|number: &f64| number.is_finite()).map(FieldValue::Number),
        };
        let problem = || ApiError::invalid(format!("field.{key}"), "must be a number or a boolean");
        Ok(Some((key.clone(), value.ok_or_else(problem)?)))
    }
}

fn list<T: std::str::FromStr<Err: std::fmt::Display>>(
    field: &str,
    words: Option<&str>,
) -> Result<Vec<T>, ApiError> {
    let words = words.into_iter().flat_map(|words| words.split(','));
    words.map(|word| word.parse().map_err(|problem| ApiError::invalid(field, problem))).collect()
}
