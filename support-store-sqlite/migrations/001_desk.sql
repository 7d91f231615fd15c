-- The whole desk. Comments stand inside the statements, so that `.schema` shows them.

CREATE TABLE desk_tenants (
    -- One row a tenant, made by its first commit. `n` stands for the tenant in every other key: 1–2 bytes, not 16.
    n INTEGER PRIMARY KEY,
    id BLOB NOT NULL UNIQUE CHECK (length(id) = 16),
    -- Grows with every version of a configuration document.
    epoch INTEGER NOT NULL DEFAULT 0,
    -- Position of the newest event. Never goes back, so that a position is never used twice.
    position INTEGER NOT NULL DEFAULT 0,
    -- Hash of the tenant's log up to it.
    head BLOB NOT NULL CHECK (length(head) = 32)
) STRICT;

CREATE TABLE desk_tickets (
    -- `n` stands for the ticket in child tables and indexes: 1–4 bytes, not 16. Never shown outside the store.
    n INTEGER PRIMARY KEY,
    tenant INTEGER NOT NULL REFERENCES desk_tenants (n),
    id BLOB NOT NULL CHECK (length(id) = 16),
    reference INTEGER NOT NULL,
    subject BLOB NOT NULL,
    status TEXT NOT NULL CHECK (
        status = 'new' OR status = 'open' OR status = 'assigned' OR status = 'in_progress' OR status = 'pending' OR
        status = 'on_hold' OR status = 'resolved' OR status = 'closed'),
    priority TEXT NOT NULL CHECK (priority = 'low' OR priority = 'normal' OR priority = 'high' OR priority = 'urgent'),
    channel TEXT NOT NULL,
    direction TEXT NOT NULL CHECK (direction IN ('inbound', 'outbound')),
    inbox_id BLOB,
    brand_id BLOB,
    language TEXT,
    customer_id BLOB NOT NULL,
    assigned_to BLOB,
    team_id BLOB,
    category TEXT,
    -- Composite values are JSON; NULL is empty. Tags, topics and participants have index tables beside.
    tags TEXT,
    topics TEXT,
    order_id TEXT,
    context TEXT,
    external_refs TEXT,
    custom_fields TEXT,
    -- The version of the journey that led to it, and the text of its answers.
    journey TEXT,
    participants TEXT,
    escalation TEXT,
    resolution_code TEXT,
    follow_up_of BLOB,
    snoozed_until INTEGER,
    set_aside TEXT CHECK (set_aside = 'spam' OR set_aside = 'deleted' OR set_aside = 'merged' OR set_aside = 'erased'),
    set_aside_detail TEXT CHECK ((set_aside IS NULL) = (set_aside_detail IS NULL)),
    conversation_id BLOB NOT NULL,
    last_message_id BLOB,
    work_since INTEGER NOT NULL,
    effort INTEGER NOT NULL CHECK (effort >= 0),
    skills TEXT,
    preferred TEXT,
    sticky BLOB,
    declined TEXT,
    offer TEXT,
    keywords TEXT,
    insight TEXT,
    -- Policy, timers and stages of the SLA ledger; segments follow from the stages.
    sla TEXT,
    handling TEXT,
    first_responded_at INTEGER,
    last_message_at INTEGER,
    last_customer_message_at INTEGER,
    unanswered_since INTEGER,
    pending_since INTEGER,
    reminded_at INTEGER,
    status_since INTEGER NOT NULL,
    owner_since INTEGER NOT NULL,
    -- Automations about time that have acted.
    acted TEXT,
    -- How often automations moved it since somebody did something to it.
    unattended TEXT,
    resolved_at INTEGER,
    closed_at INTEGER,
    reopened_count INTEGER NOT NULL,
    version INTEGER NOT NULL,
    stream_seq INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    -- Derived: recomputed without an event.
    keyword_points REAL NOT NULL,
    insight_points REAL NOT NULL,
    urgency_from INTEGER,
    urgency_to INTEGER,
    -- Where its timer stands still between the two: instants in pairs.
    urgency_rests TEXT,
    next_due_at INTEGER,
    breached INTEGER NOT NULL CHECK (breached IN (0, 1)),
    wake_at INTEGER,
    failures INTEGER NOT NULL,
    leases TEXT,
    -- Neither resolved nor closed. Leads the lists below, so that open work is found among millions of old tickets.
    active INTEGER NOT NULL CHECK (active IN (0, 1)),
    -- Open, unassigned and not out of sight: what the ranked queue is loaded from.
    waiting INTEGER NOT NULL CHECK (waiting IN (0, 1))
) STRICT;

-- Every index is paid for by every write; each line names the read that needs it.
-- By id and by reference, and nothing twice.
CREATE UNIQUE INDEX desk_tickets_id ON desk_tickets (tenant, id);
CREATE UNIQUE INDEX desk_tickets_reference ON desk_tickets (tenant, reference);
-- Lists by creation, of a status, a team, an owner or nobody, a category. Ties are broken by id.
CREATE INDEX desk_tickets_status ON desk_tickets (tenant, status, created_at, id) WHERE set_aside IS NULL;
CREATE INDEX desk_tickets_team ON desk_tickets (tenant, team_id, active, created_at, id)
    WHERE set_aside IS NULL AND team_id IS NOT NULL;
CREATE INDEX desk_tickets_assignee ON desk_tickets (tenant, assigned_to, active, created_at, id)
    WHERE set_aside IS NULL;
CREATE INDEX desk_tickets_category ON desk_tickets (tenant, category, active, created_at, id)
    WHERE set_aside IS NULL AND category IS NOT NULL;
-- A customer's tickets are few: one index for every order and state.
CREATE INDEX desk_tickets_customer ON desk_tickets (tenant, customer_id, active, created_at, id)
    WHERE set_aside IS NULL;
-- Lists by last change, where the listed part is too large to be sorted.
CREATE INDEX desk_tickets_updated ON desk_tickets (tenant, updated_at, id) WHERE set_aside IS NULL;
-- Lists by deadline: only tickets with a running timer, a small part of all.
CREATE INDEX desk_tickets_due ON desk_tickets (tenant, next_due_at, id)
    WHERE set_aside IS NULL AND next_due_at IS NOT NULL;
CREATE INDEX desk_tickets_team_due ON desk_tickets (tenant, team_id, next_due_at, id)
    WHERE set_aside IS NULL AND next_due_at IS NOT NULL AND team_id IS NOT NULL;
CREATE INDEX desk_tickets_category_due ON desk_tickets (tenant, category, next_due_at, id)
    WHERE set_aside IS NULL AND next_due_at IS NOT NULL AND category IS NOT NULL;
-- The bin and its like: empty for most tickets.
CREATE INDEX desk_tickets_set_aside ON desk_tickets (tenant, set_aside, created_at, id)
    WHERE set_aside IS NOT NULL;
-- What the ranked queue is loaded from.
CREATE INDEX desk_tickets_waiting ON desk_tickets (tenant, id) WHERE waiting = 1;
-- The worker's alarm clock, over all tenants.
CREATE INDEX desk_tickets_wake ON desk_tickets (wake_at) WHERE wake_at IS NOT NULL;

CREATE TABLE desk_ticket_labels (
    -- Tags and topics of tickets that are not set aside, in the order of lists.
    tenant INTEGER NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('tag', 'topic')),
    label TEXT NOT NULL,
    active INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    id BLOB NOT NULL,
    next_due_at INTEGER,
    ticket INTEGER NOT NULL REFERENCES desk_tickets (n),
    PRIMARY KEY (tenant, kind, label, active, created_at, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX desk_ticket_labels_due ON desk_ticket_labels (tenant, kind, label, next_due_at, id, ticket)
    WHERE next_due_at IS NOT NULL;

CREATE TABLE desk_ticket_parties (
    -- Agents who follow and customers in copy, of tickets that are not set aside.
    tenant INTEGER NOT NULL,
    party BLOB NOT NULL,
    active INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    id BLOB NOT NULL,
    ticket INTEGER NOT NULL REFERENCES desk_tickets (n),
    PRIMARY KEY (tenant, party, active, created_at, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE desk_conversations (
    tenant INTEGER NOT NULL,
    id BLOB NOT NULL CHECK (length(id) = 16),
    ticket INTEGER NOT NULL REFERENCES desk_tickets (n),
    kind TEXT NOT NULL CHECK (kind IN ('customer', 'side')),
    channel TEXT NOT NULL,
    inbox_id BLOB,
    last_message_at INTEGER,
    created_at INTEGER NOT NULL,
    stream_seq INTEGER NOT NULL,
    PRIMARY KEY (tenant, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX desk_conversations_ticket ON desk_conversations (ticket, created_at, id);

CREATE TABLE desk_messages (
    -- Stored in the order of a ticket's messages, so that reading a ticket reads neighbours.
    tenant INTEGER NOT NULL,
    id BLOB NOT NULL CHECK (length(id) = 16),
    ticket INTEGER NOT NULL REFERENCES desk_tickets (n),
    conversation_id BLOB NOT NULL,
    seq INTEGER NOT NULL,
    direction TEXT NOT NULL CHECK (direction IN ('inbound', 'outbound')),
    author TEXT NOT NULL,
    author_id BLOB,
    author_text BLOB,
    visibility TEXT NOT NULL CHECK (visibility IN ('public', 'internal')),
    channel TEXT NOT NULL,
    inbox_id BLOB,
    body BLOB NOT NULL,
    automatic INTEGER NOT NULL,
    asks INTEGER NOT NULL,
    answers INTEGER NOT NULL,
    answered_since INTEGER,
    external_id TEXT,
    in_reply_to TEXT,
    delivery TEXT,
    sent_at INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    stream_seq INTEGER NOT NULL,
    PRIMARY KEY (tenant, ticket, seq, id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX desk_messages_id ON desk_messages (tenant, id);
-- What the channel has delivered once is stored once.
CREATE UNIQUE INDEX desk_messages_external ON desk_messages (tenant, inbox_id, external_id)
    WHERE inbox_id IS NOT NULL AND external_id IS NOT NULL;

CREATE TABLE desk_texts (
    -- Immutable revisions of texts that may be personal. Erasure empties the body and keeps the row.
    n INTEGER PRIMARY KEY,
    tenant INTEGER NOT NULL,
    id BLOB NOT NULL CHECK (length(id) = 16),
    ticket INTEGER REFERENCES desk_tickets (n),
    subject TEXT NOT NULL,
    subject_id BLOB,
    class TEXT NOT NULL CHECK (class IN ('public', 'internal')),
    body TEXT,
    -- What masking found and where its masks stand in the body, in bytes; mostly nothing.
    masked TEXT,
    created_at INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX desk_texts_id ON desk_texts (tenant, id);

CREATE TABLE desk_assignments (
    tenant INTEGER NOT NULL,
    id BLOB NOT NULL CHECK (length(id) = 16),
    ticket INTEGER NOT NULL REFERENCES desk_tickets (n),
    work TEXT NOT NULL CHECK (work = 'ticket' OR work = 'chat' OR work = 'call'),
    from_agent BLOB,
    to_agent BLOB,
    team_from BLOB,
    team_to BLOB,
    how TEXT NOT NULL,
    by_kind TEXT NOT NULL,
    by_id BLOB,
    reason BLOB,
    why TEXT,
    over INTEGER NOT NULL,
    at INTEGER NOT NULL,
    stream_seq INTEGER NOT NULL,
    PRIMARY KEY (tenant, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX desk_assignments_at ON desk_assignments (tenant, at, id);
CREATE INDEX desk_assignments_ticket ON desk_assignments (ticket, at, id);
CREATE INDEX desk_assignments_to ON desk_assignments (tenant, to_agent, at, id) WHERE to_agent IS NOT NULL;
-- Work rarely comes from an agent.
CREATE INDEX desk_assignments_from ON desk_assignments (tenant, from_agent, at, id)
    WHERE from_agent IS NOT NULL;

CREATE TABLE desk_offers (
    tenant INTEGER NOT NULL,
    id BLOB NOT NULL CHECK (length(id) = 16),
    ticket INTEGER NOT NULL REFERENCES desk_tickets (n),
    work TEXT NOT NULL CHECK (work = 'ticket' OR work = 'chat' OR work = 'call'),
    agent BLOB NOT NULL,
    team BLOB,
    state TEXT NOT NULL CHECK (
        state = 'open' OR state = 'accepted' OR state = 'declined' OR state = 'timed_out' OR state = 'withdrawn'),
    why TEXT,
    reason BLOB,
    at INTEGER NOT NULL,
    until INTEGER NOT NULL,
    ended_at INTEGER CHECK ((ended_at IS NULL) = (state = 'open')),
    stream_seq INTEGER NOT NULL,
    PRIMARY KEY (tenant, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX desk_offers_ticket ON desk_offers (ticket, at, id);
CREATE INDEX desk_offers_open ON desk_offers (tenant, agent, at, id) WHERE state = 'open';
CREATE INDEX desk_offers_open_team ON desk_offers (tenant, team, at, id) WHERE state = 'open';

CREATE TABLE desk_customers (
    tenant INTEGER NOT NULL,
    id BLOB NOT NULL CHECK (length(id) = 16),
    external_id TEXT,
    name TEXT NOT NULL,
    addresses TEXT,
    tier TEXT,
    language TEXT,
    timezone TEXT,
    custom_fields TEXT,
    tags TEXT,
    blocked INTEGER NOT NULL,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    PRIMARY KEY (tenant, id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX desk_customers_external ON desk_customers (tenant, external_id) WHERE external_id IS NOT NULL;
CREATE INDEX desk_customers_created ON desk_customers (tenant, created_at, id);

CREATE TABLE desk_customer_addresses (
    -- Verified addresses: each identifies one customer.
    tenant INTEGER NOT NULL,
    kind TEXT NOT NULL,
    value TEXT NOT NULL,
    customer BLOB NOT NULL,
    PRIMARY KEY (tenant, kind, value)
) STRICT, WITHOUT ROWID;

CREATE TABLE desk_customer_words (
    -- Folded names and addresses, for lists by prefix.
    tenant INTEGER NOT NULL,
    word TEXT NOT NULL,
    customer BLOB NOT NULL,
    PRIMARY KEY (tenant, word, customer)
) STRICT, WITHOUT ROWID;

CREATE TABLE desk_agents (
    tenant INTEGER NOT NULL,
    id BLOB NOT NULL CHECK (length(id) = 16),
    external_id TEXT,
    name TEXT NOT NULL,
    email TEXT NOT NULL,
    -- In lower case: addresses are compared without case.
    email_folded TEXT NOT NULL,
    role TEXT NOT NULL,
    team_ids TEXT,
    lead_ids TEXT,
    skills TEXT,
    capacity_units INTEGER NOT NULL,
    capacity_chat INTEGER NOT NULL,
    capacity_call INTEGER NOT NULL,
    shift TEXT,
    languages TEXT,
    performance INTEGER NOT NULL,
    absences TEXT,
    active INTEGER NOT NULL,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    PRIMARY KEY (tenant, id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX desk_agents_external ON desk_agents (tenant, external_id) WHERE external_id IS NOT NULL;
CREATE UNIQUE INDEX desk_agents_email ON desk_agents (tenant, email_folded);
CREATE INDEX desk_agents_created ON desk_agents (tenant, created_at, id);

CREATE TABLE desk_agent_states (
    tenant INTEGER NOT NULL,
    agent BLOB NOT NULL CHECK (length(agent) = 16),
    presence TEXT NOT NULL CHECK (
        presence = 'available' OR presence = 'busy' OR presence = 'away' OR presence = 'offline'),
    channels TEXT,
    reason BLOB,
    until INTEGER,
    -- Kept by the deltas of commits, which conflict with no version.
    load_units INTEGER NOT NULL CHECK (load_units >= 0),
    load_chat INTEGER NOT NULL CHECK (load_chat >= 0),
    load_call INTEGER NOT NULL CHECK (load_call >= 0),
    last_assigned_at INTEGER,
    -- How many pieces of work were missed in a row, as JSON by channel.
    missed TEXT,
    version INTEGER NOT NULL,
    since INTEGER NOT NULL,
    changed_at INTEGER NOT NULL,
    PRIMARY KEY (tenant, agent)
) STRICT, WITHOUT ROWID;
CREATE INDEX desk_agent_states_until ON desk_agent_states (until) WHERE until IS NOT NULL;

CREATE TABLE desk_documents (
    -- Immutable versions of configuration.
    tenant INTEGER NOT NULL,
    id BLOB NOT NULL CHECK (length(id) = 16),
    version INTEGER NOT NULL,
    kind TEXT NOT NULL,
    retired INTEGER NOT NULL,
    body TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    -- Whether no later version exists.
    newest INTEGER NOT NULL CHECK (newest IN (0, 1)),
    PRIMARY KEY (tenant, id, version)
) STRICT, WITHOUT ROWID;
CREATE INDEX desk_documents_newest ON desk_documents (tenant, created_at, id) WHERE newest = 1;

CREATE TABLE desk_uses (
    -- How often a document was used. Kept by the deltas of commits, which conflict with no version.
    tenant INTEGER NOT NULL,
    document BLOB NOT NULL CHECK (length(document) = 16),
    uses INTEGER NOT NULL,
    PRIMARY KEY (tenant, document)
) STRICT, WITHOUT ROWID;

CREATE TABLE desk_logins (
    tenant INTEGER NOT NULL,
    subject TEXT NOT NULL CHECK (subject IN ('agent', 'customer')),
    subject_id BLOB NOT NULL CHECK (length(subject_id) = 16),
    email TEXT NOT NULL,
    email_folded TEXT NOT NULL,
    password TEXT NOT NULL,
    version INTEGER NOT NULL,
    PRIMARY KEY (tenant, subject, subject_id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX desk_logins_email ON desk_logins (tenant, email_folded);

CREATE TABLE desk_sessions (
    tenant INTEGER NOT NULL,
    id BLOB NOT NULL CHECK (length(id) = 16),
    subject TEXT NOT NULL CHECK (subject IN ('agent', 'customer')),
    subject_id BLOB NOT NULL CHECK (length(subject_id) = 16),
    refresh_hash BLOB NOT NULL CHECK (length(refresh_hash) = 32),
    expires_at INTEGER NOT NULL,
    ended_at INTEGER,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (tenant, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX desk_sessions_subject ON desk_sessions (tenant, subject, subject_id, created_at, id);

CREATE TABLE desk_outbox (
    tenant INTEGER NOT NULL,
    id BLOB NOT NULL CHECK (length(id) = 16),
    ticket INTEGER NOT NULL REFERENCES desk_tickets (n),
    effect TEXT NOT NULL CHECK (effect = 'message' OR effect = 'webhook' OR effect = 'notice'),
    message_id BLOB,
    channel TEXT,
    inbox_id BLOB,
    endpoint_id BLOB,
    agent_id BLOB,
    -- The event of the ticket that asked for a call or a notice.
    stream_seq INTEGER,
    state TEXT NOT NULL CHECK (
        state = 'ready' OR state = 'leased' OR state = 'sent' OR state = 'failed' OR state = 'unknown' OR
        state = 'dead'),
    attempts INTEGER NOT NULL,
    next_at INTEGER NOT NULL,
    fence INTEGER,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (tenant, id),
    CHECK ((effect = 'message') = (message_id IS NOT NULL AND channel IS NOT NULL)),
    CHECK ((effect = 'webhook') = (endpoint_id IS NOT NULL)),
    CHECK ((effect = 'notice') = (agent_id IS NOT NULL)),
    CHECK ((effect = 'message') = (stream_seq IS NULL))
) STRICT, WITHOUT ROWID;
CREATE INDEX desk_outbox_state ON desk_outbox (tenant, state, created_at, id);

CREATE TABLE desk_journeys (
    -- The journeys that customers have begun and not finished. The answers are a text.
    tenant INTEGER NOT NULL,
    customer BLOB NOT NULL CHECK (length(customer) = 16),
    journey BLOB NOT NULL CHECK (length(journey) = 16),
    journey_version INTEGER NOT NULL,
    answers BLOB,
    saved_at INTEGER NOT NULL,
    expires_at INTEGER,
    version INTEGER NOT NULL,
    PRIMARY KEY (tenant, customer, journey)
) STRICT, WITHOUT ROWID;
-- The worker's alarm clock, over all tenants.
CREATE INDEX desk_journeys_expiry ON desk_journeys (expires_at) WHERE expires_at IS NOT NULL;

CREATE TABLE desk_receipts (
    -- What commands left behind, so that a repeated one answers as the first did.
    tenant INTEGER NOT NULL,
    key TEXT NOT NULL CHECK (length(key) <= 255),
    digest BLOB NOT NULL CHECK (length(digest) = 32),
    reply TEXT NOT NULL,
    expires_at INTEGER NOT NULL,
    PRIMARY KEY (tenant, key)
) STRICT, WITHOUT ROWID;
-- What has expired is thrown away without reading the rest.
CREATE INDEX desk_receipts_expiry ON desk_receipts (expires_at);

CREATE TABLE desk_leases (
    -- Rights to act alone. `token` grows with each change of holder and is never taken back.
    name TEXT PRIMARY KEY,
    holder BLOB NOT NULL CHECK (length(holder) = 16),
    until INTEGER NOT NULL,
    token INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE desk_events (
    -- The log. `n` is tenant * 2^40 + position: one tree holds every tenant's log in order, without another index.
    n INTEGER PRIMARY KEY,
    tenant INTEGER NOT NULL REFERENCES desk_tenants (n),
    stream TEXT NOT NULL CHECK (
        stream = 'ticket' OR stream = 'customer' OR stream = 'agent' OR stream = 'document' OR stream = 'login'),
    stream_id BLOB NOT NULL CHECK (length(stream_id) = 16),
    stream_seq INTEGER NOT NULL,
    id BLOB NOT NULL CHECK (length(id) = 16),
    name TEXT NOT NULL,
    at INTEGER NOT NULL,
    actor TEXT NOT NULL,
    actor_id BLOB,
    -- Who may see it: a feed is a filter on these columns, never a join.
    class TEXT NOT NULL CHECK (class = 'public' OR class = 'internal' OR class = 'audit'),
    customer_id BLOB,
    team_before BLOB,
    team_after BLOB,
    assignee_before BLOB,
    assignee_after BLOB,
    -- The event exactly as it was hashed.
    event TEXT NOT NULL,
    -- Hash of the tenant's log up to it.
    hash BLOB NOT NULL CHECK (length(hash) = 32)
) STRICT;
CREATE UNIQUE INDEX desk_events_stream ON desk_events (tenant, stream, stream_id, stream_seq);

CREATE VIRTUAL TABLE desk_search USING fts5 (
    -- Words only, without their text or places. Each is marked with tenant and class, so that a search reads no
    -- entry that it must not show. Row ids lead with the ticket's creation: newest first without sorting.
    words, content = '', contentless_delete = 1, detail = none, tokenize = 'ascii'
);

CREATE TABLE desk_search_texts (
    -- What a search entry's row id stands for.
    n INTEGER PRIMARY KEY,
    tenant INTEGER NOT NULL,
    text BLOB NOT NULL,
    ticket INTEGER NOT NULL REFERENCES desk_tickets (n),
    -- Of the words, which the index does not give back: what `verify` compares.
    digest BLOB NOT NULL CHECK (length(digest) = 16)
) STRICT;
CREATE UNIQUE INDEX desk_search_texts_text ON desk_search_texts (tenant, text);
