//! Opening a ticket.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;

use crate::config::{QueueLimitAction, TeamSpec};
use crate::conversation::{ChannelKind, Delivery, Direction, Visibility};
use crate::error::{EntityKind, Error};
use crate::id::{
    AgentId, BrandId, ConversationId, CustomerId, InboxId, MessageId, OutboxId, Reference, TeamId, TicketId,
};
use crate::label::{ForeignId, Label};
use crate::people::{Actor, ActorRef, Customer, Permission};
use crate::routing::AssignHow;
use crate::scoring::Insight;
use crate::sla::ConfigRef;
use crate::store::{ChangeSet, Effect, OffersOf, OutboxRow, Query, Select, StoreExt, TextClass};
use crate::ticket::{
    Command, Decision, ExternalRef, FieldInput, FieldValue, Priority, TeamSource, TicketJourney, command,
    decide,
};
use crate::time::Timestamp;

use super::TicketReply;
use super::assemble::{goes_over, still_there};
use super::customers::CustomerSpec;
use super::input::ContextInput;
use super::land::{Landed, Landing};
use super::run::{Ask, Prepared, UseCase};
use super::texts::{CONTENT_LIMIT, Kept, Stored, Texts, check, check_subject};

/// Most tags, fields, context entries or skills that a command may name.
pub(super) const LIST_LIMIT: usize = 100;

/// For whom a ticket is opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Requester {
    /// The customer who asks; for customers only.
    Myself,
    /// A customer who is known.
    Customer(CustomerId),
    /// Whoever this is: found by the host's id or a verified address, else made.
    Spec(CustomerSpec),
}

/// Opens a ticket with its first message.
///
/// Staff write down what the customer said, unless `direction` says that the desk writes first. A customer may give
/// subject, channel, category, order, message and free fields, and nothing else.
#[derive(Clone)]
pub struct OpenTicket {
    /// For whom.
    pub requester: Requester,
    /// What it is about, 1–1,000 characters.
    pub subject: String,
    /// The first message, 1–100,000 characters.
    pub message: String,
    /// On which channel.
    pub channel: ChannelKind,
    /// Who writes first.
    pub direction: Direction,
    /// How important it is; `None` is normal.
    pub priority: Option<Priority>,
    /// What kind of matter.
    pub category: Option<Label>,
    /// Tags.
    pub tags: Vec<Label>,
    /// The order that it is about.
    pub order_id: Option<ForeignId>,
    /// Other objects that it is about.
    pub context: Vec<ContextInput>,
    /// The same matter in other systems.
    pub external_refs: Vec<ExternalRef>,
    /// Free fields.
    pub custom_fields: BTreeMap<Label, FieldInput>,
    /// In which inbox, by the host's own id: the desk keeps no list of them.
    pub inbox_id: Option<InboxId>,
    /// Under which face, by the host's own id: the desk keeps no list of them.
    pub brand_id: Option<BrandId>,
    /// Language tag.
    pub language: Option<Label>,
    /// In whose queue; `None` is the default team's.
    pub team_id: Option<TeamId>,
    /// To whom it is given at once.
    pub assigned_to: Option<AgentId>,
    /// Units of capacity that it takes; `None` is 1.
    pub effort: Option<u32>,
    /// Skills that a handler must have, with the least level, 1–5.
    pub skills: Vec<(Label, u8)>,
    /// Skills that a handler should have, with the level from which one counts, 1–5.
    pub preferred: Vec<(Label, u8)>,
}

impl std::fmt::Debug for OpenTicket {
    /// Prints no text.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OpenTicket")
            .field("requester", &self.requester)
            .field("channel", &self.channel)
            .finish_non_exhaustive()
    }
}

impl OpenTicket {
    /// A plain ticket of a known customer, written down by staff.
    pub fn of(customer: CustomerId, subject: impl Into<String>, message: impl Into<String>) -> Self {
        Self::by(Requester::Customer(customer), subject, message)
    }

    /// A plain ticket of the customer who asks.
    pub fn mine(subject: impl Into<String>, message: impl Into<String>) -> Self {
        Self::by(Requester::Myself, subject, message)
    }

    /// A plain ticket.
    pub fn by(requester: Requester, subject: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            requester,
            subject: subject.into(),
            message: message.into(),
            channel: ChannelKind::Api,
            direction: Direction::Inbound,
            priority: None,
            category: None,
            tags: Vec::new(),
            order_id: None,
            context: Vec::new(),
            external_refs: Vec::new(),
            custom_fields: BTreeMap::new(),
            inbox_id: None,
            brand_id: None,
            language: None,
            team_id: None,
            assigned_to: None,
            effort: None,
            skills: Vec::new(),
            preferred: Vec::new(),
        }
    }

    /// Names the first field that only staff may give.
    fn staff_field(&self) -> Option<&'static str> {
        [
            ("direction", self.direction != Direction::Inbound),
            ("priority", self.priority.is_some()),
            ("tags", !self.tags.is_empty()),
            ("context", !self.context.is_empty()),
            ("external_refs", !self.external_refs.is_empty()),
            ("inbox_id", self.inbox_id.is_some()),
            ("brand_id", self.brand_id.is_some()),
            ("language", self.language.is_some()),
            ("team_id", self.team_id.is_some()),
            ("assigned_to", self.assigned_to.is_some()),
            ("effort", self.effort.is_some()),
            ("skills", !self.skills.is_empty()),
            ("preferred", !self.preferred.is_empty()),
        ]
        .into_iter()
        .find_map(|(field, given)| given.then_some(field))
    }

    fn check(&self) -> Result<(), Error> {
        check_subject(&self.subject)?;
        check("initial_message", &self.message, CONTENT_LIMIT)?;
        let lists = [
            ("tags", self.tags.len()),
            ("context", self.context.len()),
            ("external_refs", self.external_refs.len()),
            ("custom_fields", self.custom_fields.len()),
        ];
        for (field, len) in lists {
            if len > LIST_LIMIT {
                return Err(Error::invalid(field, "must be at most 100"));
            }
        }
        check_skills("skills", &self.skills)?;
        check_skills("preferred", &self.preferred)
    }
}

/// Checks skills that a ticket asks for.
pub(super) fn check_skills(field: &str, skills: &[(Label, u8)]) -> Result<(), Error> {
    if skills.len() > LIST_LIMIT {
        return Err(Error::invalid(field, "must be at most 100"));
    }
    match skills.iter().find(|(_, level)| !(1..=5).contains(level)) {
        Some((skill, _)) => Err(Error::invalid(format!("{field}.{skill}"), "must be a level of 1 to 5")),
        None => Ok(()),
    }
}

#[async_trait]
impl UseCase for OpenTicket {
    type Reply = TicketReply;

    async fn prepare(&self, ask: &Ask<'_>) -> Result<Prepared<TicketReply>, Error> {
        self.check_names(ask)?;
        self.led_by(ask, None).await
    }
}

/// The journey that leads to a ticket.
pub(super) struct Led {
    /// The ticket that it will be, for which the answers are masked.
    pub(super) ticket: TicketId,
    pub(super) journey: ConfigRef,
    /// What was asked and answered, as JSON, with masks.
    pub(super) answers: Kept,
    /// The team that it names.
    pub(super) team: Option<TeamId>,
}

impl OpenTicket {
    /// Refuses names that hold what masking hides.
    fn check_names(&self, ask: &Ask<'_>) -> Result<(), Error> {
        ask.check_names("category", &self.category)?;
        ask.check_names("tags", &self.tags)?;
        ask.check_names("custom_fields", self.custom_fields.keys())?;
        for (key, value) in &self.custom_fields {
            if let FieldInput::Number(number) = value {
                ask.check_number(key, *number)?;
            }
        }
        ask.check_names("language", &self.language)?;
        ask.check_names("channel", [self.channel.as_str()])?;
        for (at, object) in self.context.iter().enumerate() {
            ask.check_names(&format!("context[{at}].kind"), [&object.kind])?;
        }
        for (at, other) in self.external_refs.iter().enumerate() {
            ask.check_names(&format!("external_refs[{at}].system"), [&other.system])?;
        }
        ask.check_names("skills", self.skills.iter().map(|(skill, _)| skill))?;
        ask.check_names("preferred", self.preferred.iter().map(|(skill, _)| skill))
    }

    /// Opens it, be it at the end of a journey or as a copy. Names are not looked at: those of a journey were when it was
    /// written, and whoever answers it cannot change them; those of a ticket that is copied stand there already.
    pub(super) async fn led_by(
        &self,
        ask: &Ask<'_>,
        led: Option<Led>,
    ) -> Result<Prepared<TicketReply>, Error> {
        self.check()?;
        // What a journey fills in is the desk's word, not the customer's.
        if let (None, Requester::Myself, Actor::Customer(_), Some(field)) =
            (&led, &self.requester, ask.actor, self.staff_field())
        {
            return Err(Error::invalid(field, "may not be given by a customer"));
        }
        let mut people = ChangeSet::new(ask.actor.tenant());
        let customer = self.customer(ask, &mut people).await?;
        if let Some(team) = self.team_id {
            ask.team_in("team_id", team)?;
        }
        let opening = Opening {
            customer: &customer,
            follow_up_of: None,
            sticky: None,
            led,
            external_id: None,
            in_reply_to: None,
            automatic: false,
            sent_at: ask.now,
            turns: Vec::new(),
        };
        let (open, texts) = self.command(ask, &opening, self.start(ask, &opening).await)?;
        let (ticket, message) = (open.id, open.message.id);
        let mut given = None;
        let mut owner = None;
        if let Some(agent) = self.assigned_to {
            let (agent, state) = ask.agent_in("assigned_to", agent).await?;
            ask.may_give_to(&agent)?;
            let over = goes_over(None, self.effort.unwrap_or(1), &agent, &state);
            given = Some(Command::Assign(Box::new(command::Assign {
                to: Some(agent.id),
                team: None,
                how: AssignHow::Open,
                reason: None,
                why: None,
                over,
            })));
            owner = Some(state);
        }
        let decision = ask.decide_opening(open, given).await?;
        let landing = Landing::of(ask.actor.tenant(), None, decision);
        let Landed { changes, version, routes } = ask.desk.land(landing, &ask.circumstances()).await?;
        people.absorb(changes);
        texts.finish(&mut people);
        owner.into_iter().for_each(|state| still_there(&mut people, state));
        if self.direction == Direction::Outbound {
            queue_outgoing(ask, &mut people, ticket, message, &self.channel, self.inbox_id);
        }
        let reply = TicketReply { ticket_id: ticket, version, message_id: Some(message) };
        Ok(Prepared { changes: people, reply, routes, configures: false })
    }
}

/// What is known of a new ticket beside what was asked for.
pub(super) struct Opening<'a> {
    pub(super) customer: &'a Customer,
    pub(super) follow_up_of: Option<TicketId>,
    /// Who had the closed ticket.
    pub(super) sticky: Option<AgentId>,
    pub(super) led: Option<Led>,
    pub(super) external_id: Option<ForeignId>,
    pub(super) in_reply_to: Option<ForeignId>,
    pub(super) automatic: bool,
    pub(super) sent_at: Timestamp,
    /// The last few turns of the closed ticket, oldest first.
    pub(super) turns: Vec<String>,
}

/// In whose queue a ticket starts, and what is known of whose it is.
#[derive(Debug, Clone)]
pub(super) struct Start {
    insight: Option<Insight>,
    team: TeamId,
    /// What says that it belongs there.
    by: TeamSource,
}

impl Ask<'_> {
    /// Decides that a ticket is opened, in a queue that has room for it where there is one.
    ///
    /// Which queue that is only the decision tells, because rules may choose the team, so it is made again with what it
    /// did not know: in each round one full queue more.
    pub(super) async fn decide_opening(
        &self,
        open: command::Open,
        given: Option<Command>,
    ) -> Result<Decision, Error> {
        let own = open.team_id;
        let mut commands = vec![Command::Open(Box::new(open))];
        commands.extend(given);
        let mut asked = BTreeSet::new();
        loop {
            let decision = decide(None, &commands, &self.circumstances())?;
            let ends = decision.ticket.team_id.filter(|_| decision.ticket.is_waiting());
            let Some(team) = ends.filter(|team| asked.insert(*team)) else { return Ok(decision) };
            let Some(to) = self.full(team).await? else { return Ok(decision) };
            let Some(Command::Open(open)) = commands.first_mut() else { return Ok(decision) };
            if team == own {
                open.team_id = to;
                open.tags.extend(command::queue_full());
            } else {
                open.full.insert(team, to);
            }
        }
    }

    /// Tells where new work of a team goes whose queue is full: to another, or nowhere but there. Nothing where there is
    /// room.
    async fn full(&self, id: TeamId) -> Result<Option<TeamId>, Error> {
        let config = &self.config;
        let limited = config.team(id).filter(|team| team.queue_limit.is_some());
        let Some(team) = limited else { return Ok(None) };
        self.desk.live(self.actor.tenant()).sync(self.store()).await?;
        if !self.is_full(id, team).await? {
            return Ok(None);
        }
        if team.queue_limit_action == QueueLimitAction::Overflow {
            for id in &team.overflow_team_ids {
                if let Some(team) = config.team(*id)
                    && !self.is_full(*id, team).await?
                {
                    return Ok(Some(*id));
                }
            }
        }
        Ok(Some(id))
    }

    /// Tells whether as much waits in a team's queue as may. What is on offer waits too: nobody has it yet.
    async fn is_full(&self, id: TeamId, team: &TeamSpec) -> Result<bool, Error> {
        let Some(limit) = team.queue_limit else { return Ok(false) };
        let waiting = self.desk.live(self.actor.tenant()).board().queue.waiting_for(id);
        let left = limit.saturating_sub(u32::try_from(waiting).unwrap_or(u32::MAX));
        if left == 0 {
            return Ok(true);
        }
        let mut query = Query::new(Select::Offers(OffersOf::Team(id)), left.min(Query::MOST));
        let mut offered = 0;
        loop {
            let page = self.store().find(&self.system(), &query).await?;
            offered += page.items.len();
            if offered >= left as usize || page.next.is_none() {
                return Ok(offered >= left as usize);
            }
            query.after = page.next;
        }
    }
}

impl OpenTicket {
    async fn customer(&self, ask: &Ask<'_>, changes: &mut ChangeSet) -> Result<Customer, Error> {
        match (&self.requester, ask.actor) {
            (Requester::Myself, Actor::Customer(customer)) => {
                let found = ask.store().customer(&ask.system(), customer.id).await?;
                found.ok_or(Error::NotFound(EntityKind::Customer))
            }
            (Requester::Myself, _) => Err(Error::invalid("customer_id", "must be given")),
            (_, Actor::Customer(_)) => Err(Error::invalid("customer_id", "may not be given by a customer")),
            (Requester::Customer(id), _) => {
                ask.actor.scope(Permission::TicketCreate)?;
                let scope = ask.actor.scope(Permission::CustomerRead)?;
                let found = ask.store().customer(&scope, *id).await?;
                found.ok_or_else(|| Error::invalid("customer_id", "must be a customer"))
            }
            (Requester::Spec(spec), _) => {
                ask.actor.scope(Permission::TicketCreate)?;
                ask.actor.scope(Permission::CustomerManage)?;
                ask.find_or_make_customer(ask.new_customer(spec, true)?, changes).await
            }
        }
    }

    /// Finds the team to which it belongs, and what says so.
    fn own_team(&self, ask: &Ask<'_>, opening: &Opening<'_>) -> (TeamSource, TeamId) {
        let settings = &ask.config.settings;
        let of_category = self.category.as_ref().and_then(|category| settings.category_teams.get(category));
        let given = if opening.follow_up_of.is_some() { TeamSource::FollowUp } else { TeamSource::Given };
        let known = |team: &&TeamId| ask.config.team(**team).is_some();
        [
            (given, self.team_id),
            (TeamSource::Journey, opening.led.as_ref().and_then(|led| led.team)),
            (TeamSource::Category, of_category.filter(known).copied()),
        ]
        .into_iter()
        .find_map(|(source, team)| Some((source, team?)))
        .unwrap_or((TeamSource::Default, TeamId::DEFAULT))
    }

    /// Finds whose queue it starts in, and what is known of whose it is.
    pub(super) async fn start(&self, ask: &Ask<'_>, opening: &Opening<'_>) -> Start {
        let (by, team) = self.own_team(ask, opening);
        Start {
            insight: ask.desk.known(ask.actor.tenant(), opening.customer, None, &ask.config).await,
            team,
            by,
        }
    }

    /// Turns what was asked into a command and the texts that it names.
    pub(super) fn command<'a>(
        &self,
        ask: &'a Ask<'a>,
        opening: &Opening<'_>,
        start: Start,
    ) -> Result<(command::Open, Texts<'a>), Error> {
        let led = opening.led.as_ref();
        let id = led.map_or_else(|| TicketId::mint(ask.ids(), ask.now), |led| led.ticket);
        let conversation_id = ConversationId::mint(ask.ids(), ask.now);
        let customer = opening.customer;
        let whose = ActorRef::customer(customer.id);
        let mut texts = Texts::new(ask, Some(id));
        let mut before: Vec<&str> = opening.turns.iter().map(String::as_str).collect();
        let subject = texts.add(whose, TextClass::Public, &self.subject, &before);
        let author = match (self.direction, ask.actor.as_ref().agent_id()) {
            (Direction::Inbound, _) => whose,
            (Direction::Outbound, Some(agent)) => ActorRef::agent(agent),
            (Direction::Outbound, None) => ActorRef::SYSTEM,
        };
        before.push(&self.subject);
        let body = texts.add(whose, TextClass::Public, &self.message, &before);
        texts.find_by(body.id, Visibility::Public, &[&subject.body, &body.body]);
        let mut custom_fields: BTreeMap<Label, FieldValue> = BTreeMap::new();
        for (key, value) in &self.custom_fields {
            custom_fields.insert(key.clone(), value.store(key, whose, &mut texts)?);
        }
        let context = self.context.iter().enumerate();
        let context =
            context.map(|(at, object)| object.store(at, whose, &mut texts)).collect::<Result<_, _>>()?;
        let journey = led.map(|led| TicketJourney {
            journey: led.journey,
            answers: texts.keep(whose, TextClass::Public, led.answers.clone()),
        });
        // Rules look at the subject and at what the customer says, not at what the desk writes.
        let keywords = match self.direction {
            Direction::Inbound => ask.config.keyword_hits(&[&subject.body, &body.body]),
            Direction::Outbound => ask.config.keyword_hits(&[&subject.body]),
        };
        let tags: BTreeSet<Label> = self.tags.iter().cloned().collect();
        let Stored { id: body, masked, .. } = body;
        let message = command::NewMessage {
            id: MessageId::mint(ask.ids(), ask.now),
            conversation_id: None,
            direction: self.direction,
            author,
            author_text: None,
            visibility: Visibility::Public,
            channel: self.channel.clone(),
            inbox_id: self.inbox_id,
            body,
            automatic: opening.automatic,
            thanks: false,
            external_id: opening.external_id.clone(),
            in_reply_to: opening.in_reply_to.clone(),
            delivery: (self.direction == Direction::Outbound).then(|| first_delivery(self.inbox_id)),
            sent_at: opening.sent_at,
            masked,
        };
        let open = command::Open {
            id,
            reference: Reference::mint(ask.ids()),
            subject: subject.id,
            priority: self.priority.unwrap_or_default(),
            channel: self.channel.clone(),
            direction: self.direction,
            inbox_id: self.inbox_id,
            brand_id: self.brand_id,
            language: self.language.clone().or_else(|| customer.language.clone()),
            customer_id: customer.id,
            team_id: start.team,
            team_by: start.by,
            category: self.category.clone(),
            tags: tags.into_iter().collect(),
            order_id: self.order_id.clone(),
            context,
            external_refs: self.external_refs.clone(),
            custom_fields,
            journey,
            effort: self.effort.unwrap_or(1),
            skills: self.skills.clone(),
            preferred: self.preferred.clone(),
            sticky: opening.sticky,
            follow_up_of: opening.follow_up_of,
            insight: start.insight,
            conversation_id,
            message,
            keywords,
            full: BTreeMap::new(),
        };
        Ok((open, texts))
    }
}

/// State in which an outgoing message begins: it waits where an inbox must send it, and is there at once where the
/// customer reads it on the desk itself.
pub(super) const fn first_delivery(inbox: Option<InboxId>) -> Delivery {
    match inbox {
        Some(_) => Delivery::Queued,
        None => Delivery::Delivered,
    }
}

/// Puts an outgoing message into the outbox where an inbox must send it.
pub(super) fn queue_outgoing(
    ask: &Ask<'_>,
    changes: &mut ChangeSet,
    ticket_id: TicketId,
    message_id: MessageId,
    channel: &ChannelKind,
    inbox_id: Option<InboxId>,
) {
    if inbox_id.is_none() {
        return;
    }
    let effect = Effect::Message { message_id, channel: channel.clone(), inbox_id };
    changes.insert(OutboxRow::ready(OutboxId::mint(ask.ids(), ask.now), ticket_id, effect, ask.now));
}
