//! Customers, agents, and the state of agents.

use rusqlite::Row;
use rusqlite::types::Value;
use support_core::id::{AgentId, CustomerId, TextId};
use support_core::people::{Agent, AgentState, Capacity, Customer, Load};

use super::{Columns, Table, Values};
use crate::error::Failure;

/// Where customers stand.
pub(crate) static CUSTOMERS: Table = Table {
    name: "desk_customers",
    key: &["tenant", "id"],
    columns: &[
        "tenant",
        "id",
        "external_id",
        "name",
        "addresses",
        "tier",
        "language",
        "timezone",
        "custom_fields",
        "tags",
        "blocked",
        "version",
        "created_at",
        "updated_at",
    ],
    revision: "version",
    present: "",
    kept: &[],
};

/// Where agents stand.
pub(crate) static AGENTS: Table = Table {
    name: "desk_agents",
    key: &["tenant", "id"],
    columns: &[
        "tenant",
        "id",
        "external_id",
        "name",
        "email",
        "role",
        "team_ids",
        "lead_ids",
        "skills",
        "capacity_units",
        "capacity_chat",
        "capacity_call",
        "shift",
        "active",
        "version",
        "created_at",
        "updated_at",
        "email_folded",
        "languages",
        "performance",
        "absences",
    ],
    revision: "version",
    present: "",
    kept: &[],
};

/// Where the state of agents stands.
pub(crate) static STATES: Table = Table {
    name: "desk_agent_states",
    key: &["tenant", "agent"],
    columns: &[
        "tenant",
        "agent",
        "presence",
        "channels",
        "reason",
        "until",
        "load_units",
        "load_chat",
        "load_call",
        "last_assigned_at",
        "missed",
        "version",
        "since",
        "changed_at",
    ],
    revision: "version",
    present: "",
    kept: &["load_units", "load_chat", "load_call", "last_assigned_at"],
};

/// Writes a customer.
pub(crate) fn encode_customer(customer: &Customer) -> Result<Vec<Value>, Failure> {
    Ok(Values::of_tenant(CUSTOMERS.columns.len())
        .uuid(customer.id.uuid())
        .opt_word(customer.external_id.as_ref())
        .text(customer.name.as_str())
        .json_unless(customer.addresses.is_empty(), &customer.addresses)?
        .opt_word(customer.tier.as_ref())
        .opt_word(customer.language.as_ref())
        .opt_word(customer.timezone.as_ref())
        .json_unless(customer.custom_fields.is_empty(), &customer.custom_fields)?
        .json_unless(customer.tags.is_empty(), &customer.tags)?
        .int(customer.blocked)
        .count(customer.version)
        .time(customer.created_at)
        .time(customer.updated_at)
        .done())
}

/// Reads a customer.
pub(crate) fn decode_customer(row: &Row<'_>) -> Result<Customer, Failure> {
    let mut c = Columns::from(row, 1);
    Ok(Customer {
        id: c.uuid(CustomerId::from_uuid)?,
        external_id: c.opt_word()?,
        name: c.text()?.to_owned(),
        addresses: c.json()?,
        tier: c.opt_word()?,
        language: c.opt_word()?,
        timezone: c.opt_text()?.map(str::to_owned),
        custom_fields: c.json()?,
        tags: c.json()?,
        blocked: c.flag()?,
        version: c.count()?,
        created_at: c.time()?,
        updated_at: c.time()?,
    })
}

/// Writes an agent.
pub(crate) fn encode_agent(agent: &Agent) -> Result<Vec<Value>, Failure> {
    Ok(Values::of_tenant(AGENTS.columns.len())
        .uuid(agent.id.uuid())
        .opt_word(agent.external_id.as_ref())
        .text(agent.name.as_str())
        .text(agent.email.as_str())
        .word(&agent.role)
        .json_unless(agent.team_ids.is_empty(), &agent.team_ids)?
        .json_unless(agent.lead_ids.is_empty(), &agent.lead_ids)?
        .json_unless(agent.skills.is_empty(), &agent.skills)?
        .int(agent.capacity.units)
        .int(agent.capacity.chat)
        .int(agent.capacity.call)
        .json_unless(agent.shift.is_none(), &agent.shift)?
        .int(agent.active)
        .count(agent.version)
        .time(agent.created_at)
        .time(agent.updated_at)
        .text(agent.email.to_lowercase())
        .json_unless(agent.languages.is_empty(), &agent.languages)?
        .int(agent.performance)
        .json_unless(agent.absences.is_empty(), &agent.absences)?
        .done())
}

/// Reads an agent.
pub(crate) fn decode_agent(row: &Row<'_>) -> Result<Agent, Failure> {
    let mut c = Columns::from(row, 1);
    Ok(Agent {
        id: c.uuid(AgentId::from_uuid)?,
        external_id: c.opt_word()?,
        name: c.text()?.to_owned(),
        email: c.text()?.to_owned(),
        role: c.word()?,
        team_ids: c.json()?,
        lead_ids: c.json()?,
        skills: c.json()?,
        capacity: Capacity { units: c.small()?, chat: c.small()?, call: c.small()? },
        shift: c.opt_json()?,
        active: c.flag()?,
        version: c.count()?,
        created_at: c.time()?,
        updated_at: c.time()?,
        languages: {
            c.skip(1);
            c.json()?
        },
        performance: c.small()?,
        absences: c.json()?,
    })
}

/// Writes an agent's state.
pub(crate) fn encode_state(state: &AgentState) -> Result<Vec<Value>, Failure> {
    Ok(Values::of_tenant(STATES.columns.len())
        .uuid(state.agent.uuid())
        .text(state.presence.as_str())
        .json_unless(state.channels.is_empty(), &state.channels)?
        .opt_uuid(state.reason.map(TextId::uuid))
        .opt_time(state.until)
        .int(state.load.units)
        .int(state.load.chat)
        .int(state.load.call)
        .opt_time(state.last_assigned_at)
        .json_unless(state.missed.is_empty(), &state.missed)?
        .count(state.version)
        .time(state.since)
        .time(state.changed_at)
        .done())
}

/// Reads an agent's state.
pub(crate) fn decode_state(row: &Row<'_>) -> Result<AgentState, Failure> {
    let mut c = Columns::from(row, 1);
    Ok(AgentState {
        agent: c.uuid(AgentId::from_uuid)?,
        presence: c.word()?,
        channels: c.json()?,
        reason: c.opt_uuid(TextId::from_uuid)?,
        until: c.opt_time()?,
        load: Load { units: c.small()?, chat: c.small()?, call: c.small()? },
        last_assigned_at: c.opt_time()?,
        missed: c.json()?,
        version: c.count()?,
        since: c.time()?,
        changed_at: c.time()?,
    })
}
