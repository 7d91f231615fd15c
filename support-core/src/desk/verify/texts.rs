//! The texts that tickets name, and the words by which they are found.

use crate::error::Error;
use crate::event::{Envelope, Event};
use crate::id::{TenantId, TextId, TicketId};
use crate::people::Scope;
use crate::store::{Key, Record};
use crate::text::tokens;

use super::super::Desk;
use super::Report;

/// Texts looked at together.
const BATCH: usize = 256;

/// Texts that are still to be looked at.
#[derive(Default)]
pub(super) struct Texts {
    wanted: Vec<Wanted>,
}

#[derive(Clone, Copy)]
struct Wanted {
    ticket: TicketId,
    text: TextId,
    entry: Entry,
}

/// The search entry that a text is to have.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Entry {
    /// None: nobody looks for it.
    Nothing,
    /// Its own words.
    Own,
    /// Its own words and those of the subject with which it came.
    With(TextId),
}

impl Texts {
    /// Takes note of what a ticket's events name.
    pub(super) fn of(&mut self, ticket: TicketId, events: &[Envelope]) {
        let mut opened_with = None;
        for envelope in events {
            let (searched, entry) = match &envelope.event {
                Event::TicketCreated { subject, .. } => {
                    opened_with = Some(*subject);
                    (None, Entry::Nothing)
                }
                // The first message is found by the first subject too.
                Event::MessageAdded { body, .. } => {
                    (Some(*body), opened_with.take().map_or(Entry::Own, Entry::With))
                }
                Event::TicketSubjectChanged { to, .. } => (Some(*to), Entry::Own),
                _ => (None, Entry::Nothing),
            };
            self.wanted.extend(envelope.event.texts().into_iter().map(|text| {
                let entry = if searched == Some(text) { entry } else { Entry::Nothing };
                Wanted { ticket, text, entry }
            }));
        }
    }

    pub(super) const fn is_full(&self) -> bool {
        self.wanted.len() >= BATCH
    }

    /// Looks at all that were noted.
    pub(super) async fn verify(
        &mut self,
        desk: &Desk,
        tenant: TenantId,
        report: &mut Report,
    ) -> Result<(), Error> {
        let wanted = std::mem::take(&mut self.wanted);
        report.texts += wanted.len() as u64;
        for batch in wanted.chunks(BATCH) {
            let mut wrong = look(desk, tenant, batch).await?;
            // Somebody may have emptied one between two reads: what is wrong is looked at again.
            if !wrong.is_empty() {
                let again: Vec<Wanted> = wrong.into_iter().map(|(wanted, _)| wanted).collect();
                wrong = look(desk, tenant, &again).await?;
            }
            for (Wanted { ticket, text, .. }, problem) in wrong {
                report.note(format_args!("ticket {ticket}, text {text}"), problem);
            }
        }
        Ok(())
    }
}

/// Looks at texts, and answers what is wrong with which.
async fn look(desk: &Desk, tenant: TenantId, batch: &[Wanted]) -> Result<Vec<(Wanted, &'static str)>, Error> {
    let system = Scope::system(tenant);
    let named = |wanted: &Wanted| match wanted.entry {
        Entry::With(subject) => vec![Key::Text(wanted.text), Key::Text(subject)],
        Entry::Nothing | Entry::Own => vec![Key::Text(wanted.text)],
    };
    let keys: Vec<Key> = batch.iter().flat_map(named).collect();
    let mut texts = desk.store().load(&system, &keys).await?.into_iter().map(|record| match record {
        Some(Record::Text(text)) => Some((text.finds_in_its_body(), text.body)),
        _ => None,
    });
    let mut wrong = Vec::new();
    let mut entries = Vec::new();
    for wanted in batch {
        let text = texts.next().flatten();
        if matches!(text, Some((false, _))) {
            wrong.push((*wanted, "what was masked in it does not stand in it"));
        }
        let subject = match wanted.entry {
            Entry::With(_) => texts.next().flatten().map(|(_, body)| body),
            Entry::Nothing | Entry::Own => Some(Some(String::new())),
        };
        let Some((_, body)) = text else {
            wrong.push((*wanted, "a text that its events name is not stored"));
            continue;
        };
        let words = match (body, subject.flatten()) {
            // What is emptied has no entry, and one that holds words of an emptied subject is not known here.
            (None, _) => Vec::new(),
            (Some(_), None) => continue,
            (Some(body), Some(subject)) => tokens(&format!("{subject}\n{body}")),
        };
        if wanted.entry != Entry::Nothing {
            entries.push((*wanted, Key::TextByWords(wanted.text, words)));
        }
    }
    let keys: Vec<Key> = entries.iter().map(|(_, key)| key.clone()).collect();
    let found = desk.store().load(&system, &keys).await?;
    for ((wanted, _), _) in entries.into_iter().zip(found).filter(|(_, record)| record.is_none()) {
        wrong.push((wanted, "its search entry does not hold its words"));
    }
    Ok(wrong)
}
