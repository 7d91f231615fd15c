//! Personal texts on their way into the store: checked, masked, and made findable.

use std::collections::BTreeMap;

use crate::conversation::Visibility;
use crate::error::Error;
use crate::id::{TenantId, TextId, TicketId};
use crate::masking::{MaskSpan, Masked};
use crate::people::{ActorRef, Scope};
use crate::store::{ChangeSet, Query, Record, Related, SearchEntry, Select, Text, TextClass};
use crate::text::{is_blank, tokens};
use crate::ticket::Ticket;

use super::{Ask, Desk};

/// Longest message, in characters.
pub(super) const CONTENT_LIMIT: usize = 100_000;
/// Longest subject, reason or field value, in characters.
pub(super) const LINE_LIMIT: usize = 1_000;

/// Checks a text that must say something.
pub(super) fn check(field: &str, text: &str, limit: usize) -> Result<(), Error> {
    if is_blank(text) {
        return Err(Error::invalid(field, "must not be empty"));
    }
    if text.chars().nth(limit).is_some() {
        return Err(Error::invalid(field, format!("must be at most {limit} characters")));
    }
    if text.contains('\0') {
        return Err(Error::invalid(field, "must not hold a null character"));
    }
    Ok(())
}

/// Checks a subject: one line, so that no header that is made of it ends where somebody else wants.
pub(super) fn check_subject(text: &str) -> Result<(), Error> {
    check("subject", text, LINE_LIMIT)?;
    if text.contains(['\r', '\n']) {
        return Err(Error::invalid("subject", "must be one line"));
    }
    Ok(())
}

/// A text as it will be stored.
pub(super) struct Stored {
    pub(super) id: TextId,
    /// The masked text.
    pub(super) body: String,
    /// What masking found, by kind.
    pub(super) masked: BTreeMap<String, u32>,
}

/// A text that was masked, with where its masks stand.
#[derive(Clone, Default)]
pub(super) struct Kept {
    pub(super) body: String,
    pub(super) masked: Vec<MaskSpan>,
}

impl Kept {
    pub(super) fn of(masked: Masked<'_>) -> Self {
        Self { body: masked.text.into_owned(), masked: masked.spans }
    }
}

/// Collects the texts of one use-case.
pub(super) struct Texts<'a> {
    ask: &'a Ask<'a>,
    ticket: Option<TicketId>,
    texts: Vec<Text>,
    search: Vec<SearchEntry>,
}

impl<'a> Texts<'a> {
    pub(super) const fn new(ask: &'a Ask<'a>, ticket: Option<TicketId>) -> Self {
        Self { ask, ticket, texts: Vec::new(), search: Vec::new() }
    }

    /// Masks and keeps a text. `subject` is whose data it is; `before` are the earlier turns, oldest first.
    pub(super) fn add(&mut self, subject: ActorRef, class: TextClass, text: &str, before: &[&str]) -> Stored {
        let masked = self.ask.mask(self.ticket, text, before);
        let found = masked.counts();
        let kept = Kept::of(masked);
        let body = kept.body.clone();
        let id = self.keep(subject, class, kept);
        Stored { id, body, masked: found }
    }

    /// Keeps a text as it is: one that was masked before.
    pub(super) fn keep(&mut self, subject: ActorRef, class: TextClass, kept: Kept) -> TextId {
        let Kept { body, masked } = kept;
        let id = TextId::mint(self.ask.ids(), self.ask.now);
        let (ticket, created_at) = (self.ticket, self.ask.now);
        self.texts.push(Text { id, ticket, subject, class, body: Some(body), masked, created_at });
        id
    }

    /// Keeps an optional line such as a reason, under its field's name.
    pub(super) fn line(&mut self, field: &str, text: Option<&str>) -> Result<Option<TextId>, Error> {
        let Some(text) = text.filter(|text| !is_blank(text)) else { return Ok(None) };
        check(field, text, LINE_LIMIT)?;
        let subject = self.ask.actor.as_ref();
        Ok(Some(self.add(subject, TextClass::Internal, text, &[]).id))
    }

    /// Lets a ticket be found by the words of a stored text.
    pub(super) fn find_by(&mut self, text: TextId, visibility: Visibility, words: &[&str]) {
        let Some(ticket) = self.ticket else { return };
        let tokens = tokens(&words.join("\n"));
        if !tokens.is_empty() {
            self.search.push(SearchEntry { text, ticket, visibility, tokens });
        }
    }

    /// Adds everything to a change set, after the ticket that the texts belong to.
    pub(super) fn finish(self, changes: &mut ChangeSet) {
        self.texts.into_iter().for_each(|text| changes.insert(text));
        changes.search.extend(self.search);
    }
}

impl Desk {
    /// Reads what customers wrote in a ticket: keyword rules look there, and in the subject.
    pub(super) async fn said(&self, tenant: TenantId, ticket: &Ticket) -> Result<Vec<String>, Error> {
        let with = Related { texts: true, ..Related::default() };
        let select = Select::Messages { ticket: ticket.id, conversation: None };
        let mut query = Query::new(select, Query::MOST).with(with);
        let mut said = Vec::new();
        loop {
            let page = self.store().find(&Scope::system(tenant), &query).await?;
            for record in &page.items {
                let Record::Message(message) = record else { continue };
                if message.author.customer_id().is_none() {
                    continue;
                }
                said.extend(page.related.iter().find_map(|related| match related {
                    Record::Text(text) if text.id == message.body => text.body.clone(),
                    _ => None,
                }));
            }
            if page.next.is_none() {
                return Ok(said);
            }
            query.after = page.next;
        }
    }
}

/// Class of the texts of a message.
pub(super) const fn class_of(visibility: Visibility) -> TextClass {
    match visibility {
        Visibility::Public => TextClass::Public,
        Visibility::Internal => TextClass::Internal,
    }
}
