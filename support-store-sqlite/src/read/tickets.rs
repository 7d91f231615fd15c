//! Lists of tickets.
//!
//! A list is walked along an index that holds it in its order, and every candidate is then compared with the whole
//! filter and the scope, so that the choice of index decides only how fast it is. The choice: what the scope sees
//! (teams, own and followed tickets, a customer's) and each value that the filter names is a *family* of partitions
//! of which each holds all that is asked for; the smallest family is walked, its partitions merged. A page looks at
//! no more than a bounded number of candidates and then answers what it has, with a cursor.
//!
//! By deadline and by change there are fewer indexes: a small family is read whole and sorted, and for a large one
//! the index of that order is walked.

use rusqlite::{Connection, Row};
use support_core::people::{Scope, Sight};
use support_core::store::{Assignee, PageCursor, Query, Record, SetAsideFilter, TicketFilter, TicketSort};
use support_core::ticket::{SetAsideKind, Status, StatusCategory, Ticket};
use uuid::Uuid;

use super::load::{Kind, statement};
use super::merge::{Candidate, Sources, Walk, walk};
use super::partition::{Partition, Scan, all_by_deadline, by_change, by_id, is_descending, start};
use super::words::Words;
use super::{merge, prefilter};
use crate::config::Limits;
use crate::error::Failure;

type Found = (Vec<Record>, Option<PageCursor>);

/// Partitions that together hold all that is asked for.
type Family = Vec<Partition>;

/// Reads a page of tickets.
pub(super) fn find(
    db: &Connection,
    tenant: i64,
    scope: &Scope,
    filter: &TicketFilter,
    query: &Query,
    limits: Limits,
) -> Result<Found, Failure> {
    let list = List {
        db,
        tenant,
        scope,
        filter,
        words: Words::of(scope, tenant, &filter.words),
        sort: filter.sort,
        limit: query.limit as usize,
        after: query.after,
        limits,
    };
    list.read()
}

/// A list that is being read.
struct List<'a> {
    db: &'a Connection,
    tenant: i64,
    scope: &'a Scope,
    filter: &'a TicketFilter,
    words: Option<Words>,
    sort: TicketSort,
    limit: usize,
    after: Option<PageCursor>,
    limits: Limits,
}

impl List<'_> {
    fn read(&self) -> Result<Found, Failure> {
        let descending = is_descending(self.sort);
        if let Some(words) = &self.words
            && let Some(ids) = words.ids(self.db, self.limits.scan)?
        {
            let mut found = Vec::with_capacity(ids.len());
            for id in ids {
                found.push(merge::candidate(self.db, id)?.1);
            }
            return self.page(self.sorted(found)?, descending, None);
        }
        let (family, size) = self.smallest_family()?;
        let check = self.words.as_ref();
        if self.by_creation() {
            // Matches come by creation too; a small family is still the shorter way.
            if let Some(words) = check.filter(|_| size > self.limits.scan) {
                let matches = Some(words.scan(self.edge(), descending));
                return self.page(Sources { matches, ..Sources::default() }, descending, None);
            }
            let scans = family.iter().map(|p| p.by_creation(self.tenant, self.edge(), descending)).collect();
            return self.page(Sources { scans, ..Sources::default() }, descending, check);
        }
        // No index holds what is set aside in another order than that of creation.
        let (aside, kept): (Family, Family) =
            family.into_iter().partition(|part| matches!(part, Partition::SetAside(_)));
        if size <= self.limits.scan || kept.is_empty() {
            let found = self.numbers(&[aside, kept].concat())?;
            return self.page(self.sorted(found)?, descending, check);
        }
        if self.sort == TicketSort::Due {
            return self.by_deadline(&kept, &aside, size, check);
        }
        let Sources { sorted, .. } = self.sorted(self.numbers(&aside)?)?;
        let scans = vec![by_change(self.tenant, self.edge())];
        self.page(Sources { scans, sorted, matches: None }, descending, check)
    }

    const fn by_creation(&self) -> bool {
        matches!(self.sort, TicketSort::Newest | TicketSort::Oldest)
    }

    /// Returns the place after which the list is read: the cursor, or what the filter says of creation if that is
    /// further on.
    fn edge(&self) -> PageCursor {
        let descending = is_descending(self.sort);
        let after = self.after.unwrap_or(start(descending));
        match self.sort {
            TicketSort::Newest => match self.filter.created_before {
                Some(before) => after.min(PageCursor { key: before.micros(), id: Uuid::nil() }),
                None => after,
            },
            TicketSort::Oldest => match self.filter.created_after {
                Some(from) => after.max(PageCursor { key: from.micros() - 1, id: Uuid::max() }),
                None => after,
            },
            TicketSort::Updated | TicketSort::Due => after,
        }
    }

    /// Tells whether nothing beyond a place can pass.
    fn is_past(&self, place: PageCursor) -> bool {
        match self.sort {
            TicketSort::Newest => self.filter.created_after.is_some_and(|from| place.key < from.micros()),
            TicketSort::Oldest => self.filter.created_before.is_some_and(|to| place.key >= to.micros()),
            TicketSort::Updated | TicketSort::Due => false,
        }
    }

    /// A large family by deadline: those that have one along an index, then those without by id.
    fn by_deadline(
        &self,
        kept: &Family,
        aside: &Family,
        size: usize,
        check: Option<&Words>,
    ) -> Result<Found, Failure> {
        let after = self.after.unwrap_or(start(false));
        let mut items = Vec::new();
        if after.key < i64::MAX {
            let sources = self.with_deadline(kept, aside, after)?;
            let (found, next) = self.page(sources, false, check)?;
            // The sentinel's key is that of tickets without a deadline: the page goes on there.
            if next.is_some() {
                return Ok((found, next));
            }
            items = found;
        }
        let from = if after.key == i64::MAX { after.id } else { Uuid::nil() };
        let mut sorted = Vec::new();
        let mut counted = 0;
        let few = size != usize::MAX
            && self.each(&[kept.as_slice(), aside].concat(), |(place, number)| {
                counted += 1;
                if place.id > from {
                    sorted.push((PageCursor { key: i64::MAX, id: place.id }, number));
                }
                counted <= self.limits.counted
            })?;
        let sources = if few {
            sorted.sort_unstable();
            Sources { sorted, ..Sources::default() }
        } else {
            Sources { scans: vec![by_id(self.tenant, from)], ..Sources::default() }
        };
        let rest =
            Self { limit: self.limit - items.len().min(self.limit), after: None, words: None, ..*self };
        let (found, next) = rest.page_of(sources, false, check, items.last().map(place_of_due))?;
        items.extend(found);
        Ok((items, next))
    }

    /// Chooses how tickets with a deadline are walked: by the family's own indexes where it has them, with its few
    /// others sorted in between; else all of the tenant's.
    fn with_deadline(&self, kept: &Family, aside: &Family, after: PageCursor) -> Result<Sources, Failure> {
        let (indexed, others): (Family, Family) =
            kept.iter().cloned().partition(|part| part.by_deadline(self.tenant, after).is_some());
        let mut scans: Vec<Scan> = Vec::new();
        for scan in indexed.iter().filter_map(|part| part.by_deadline(self.tenant, after)) {
            // A deadline's index holds active and closed ones alike.
            if !scans.iter().any(|s| s.sql == scan.sql && s.params == scan.params) {
                scans.push(scan);
            }
        }
        let mut numbers = Vec::new();
        let few = self.each(&others, |(_, number)| {
            numbers.push(number);
            numbers.len() <= self.limits.scan
        })?;
        if !few {
            numbers.clear();
            scans = vec![all_by_deadline(self.tenant, after)];
        }
        numbers.extend(self.numbers(aside)?);
        let mut sorted = self.sorted(numbers)?.sorted;
        sorted.retain(|(place, _)| place.key < i64::MAX && *place > after);
        Ok(Sources { scans, sorted, matches: None })
    }

    /// Reads the numbers of all tickets of a family.
    fn numbers(&self, family: &Family) -> Result<Vec<i64>, Failure> {
        let mut numbers = Vec::new();
        self.each(family, |(_, number)| {
            numbers.push(number);
            true
        })?;
        Ok(numbers)
    }

    /// Visits a family's tickets, until told to stop. True where all were visited.
    fn each(&self, family: &Family, mut visit: impl FnMut(Candidate) -> bool) -> Result<bool, Failure> {
        for partition in family {
            let scan = partition.by_creation(self.tenant, start(true), true);
            let sources = Sources { scans: vec![scan], ..Sources::default() };
            let ended = walk(self.db, sources, true, |candidate| {
                Ok(if visit(candidate) { Walk::On } else { Walk::Stop })
            })?;
            if ended == Walk::Stop {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Puts tickets in the order of the list, those up to the cursor left out.
    fn sorted(&self, mut numbers: Vec<i64>) -> Result<Sources, Failure> {
        numbers.sort_unstable();
        numbers.dedup();
        let sql = match self.sort {
            TicketSort::Newest | TicketSort::Oldest => "SELECT created_at, id FROM desk_tickets WHERE n = ?1",
            TicketSort::Updated => "SELECT updated_at, id FROM desk_tickets WHERE n = ?1",
            TicketSort::Due => {
                "SELECT coalesce(next_due_at, 9223372036854775807), id FROM desk_tickets WHERE n = ?1"
            }
        };
        let descending = is_descending(self.sort);
        let mut statement = self.db.prepare_cached(sql)?;
        let mut sorted: Vec<Candidate> = Vec::with_capacity(numbers.len());
        for number in numbers {
            let place = statement.query_row([number], |row| {
                let id: [u8; 16] = row.get(1)?;
                Ok(PageCursor { key: row.get(0)?, id: Uuid::from_bytes(id) })
            })?;
            let wanted = match self.after {
                Some(after) if descending => place < after,
                Some(after) => place > after,
                None => true,
            };
            if wanted {
                sorted.push((place, number));
            }
        }
        sorted.sort_unstable();
        if descending {
            sorted.reverse();
        }
        Ok(Sources { sorted, ..Sources::default() })
    }

    fn page(&self, sources: Sources, descending: bool, check: Option<&Words>) -> Result<Found, Failure> {
        self.page_of(sources, descending, check, None)
    }

    /// Walks candidates until the page is full, the end is reached, or enough were looked at. `before` is the place
    /// of the page's last item so far.
    fn page_of(
        &self,
        sources: Sources,
        descending: bool,
        check: Option<&Words>,
        before: Option<PageCursor>,
    ) -> Result<Found, Failure> {
        let mut items: Vec<Record> = Vec::new();
        let (mut looked, mut asked) = (0, 0);
        let mut last = before;
        let mut next = None;
        let sql = statement!(Ticket, "t.n = ?1");
        let mut statement = self.db.prepare_cached(sql)?;
        walk(self.db, sources, descending, |(place, number)| {
            let is_read =
                self.after.is_some_and(|after| if descending { place >= after } else { place <= after });
            if is_read {
                return Ok(Walk::On);
            }
            if self.is_past(place) {
                return Ok(Walk::Stop);
            }
            looked += 1;
            let mut rows = statement.query([number])?;
            if let Some(row) = rows.next()?
                && let Some(ticket) = self.passes(row, place)?
            {
                let found = match check {
                    Some(words) => {
                        asked += 1;
                        words.find(self.db, ticket.created_at, number)?
                    }
                    None => true,
                };
                if found {
                    if items.len() == self.limit {
                        next = last;
                        return Ok(Walk::Stop);
                    }
                    last = Some(place);
                    items.push(Record::Ticket(ticket));
                }
            }
            if looked >= self.limits.scan || asked >= self.limits.asked {
                next = Some(place);
                return Ok(Walk::Stop);
            }
            Ok(Walk::On)
        })?;
        Ok((items, next))
    }

    /// Reads a candidate, where the scope sees it and the filter lets it through.
    fn passes(&self, row: &Row<'_>, place: PageCursor) -> Result<Option<Box<Ticket>>, Failure> {
        if !prefilter::may_fit(row, self.filter)? {
            return Ok(None);
        }
        let Some(Record::Ticket(ticket)) = Kind::Ticket.read(row, self.scope)? else { return Ok(None) };
        // In the order of ids stand also those that have a deadline and were read before.
        let misplaced = self.sort == TicketSort::Due
            && ticket.derived.next_due_at.map_or(i64::MAX, |at| at.micros()) != place.key;
        Ok((!misplaced && self.filter.fits(&ticket)).then_some(ticket))
    }

    /// Returns the family with the fewest tickets, and how many those are, as far as they were counted.
    fn smallest_family(&self) -> Result<(Family, usize), Failure> {
        let mut families = self.families();
        // Where there is no choice, the size matters only to what could be read whole: a part of the tickets.
        let whole =
            families.first().is_some_and(|f| f.iter().all(|part| matches!(part, Partition::Status(_))));
        let sized = !self.by_creation() && !whole || self.words.is_some();
        if families.len() == 1 && !sized {
            return Ok((families.remove(0), usize::MAX));
        }
        let mut smallest: Option<(Family, usize)> = None;
        for most in [self.limits.scan, self.limits.counted] {
            for family in &families {
                let mut size = 0;
                self.each(family, |_| {
                    size += 1;
                    size <= most
                })?;
                if smallest.as_ref().is_none_or(|(_, least)| size < *least) {
                    smallest = Some((family.clone(), size));
                }
            }
            // A small one is found, or there is nothing to choose.
            if families.len() < 2 || smallest.as_ref().is_some_and(|(_, least)| *least <= self.limits.scan) {
                break;
            }
            smallest = None;
        }
        let fallback = || (families.first().cloned().unwrap_or_default(), usize::MAX);
        Ok(smallest.unwrap_or_else(fallback))
    }

    /// Lists the families: one for the scope, one for each value that the filter names; else all tickets.
    fn families(&self) -> Vec<Family> {
        let filter = self.filter;
        let aside: Family = match filter.set_aside {
            SetAsideFilter::Without => Vec::new(),
            SetAsideFilter::Only(kind) => return vec![vec![Partition::SetAside(kind)]],
            SetAsideFilter::Any => SetAsideKind::ALL.iter().map(|kind| Partition::SetAside(*kind)).collect(),
        };
        let actives = self.actives();
        let each =
            |make: &dyn Fn(bool) -> Partition| -> Family { actives.iter().map(|a| make(*a)).collect() };
        let mut families: Vec<Family> = Vec::new();
        if let Some(customer) = filter.customer {
            families.push(each(&|active| Partition::Customer { customer: customer.uuid(), active }));
        }
        if let Some(tag) = &filter.tag {
            families.push(each(&|active| Partition::Label { kind: "tag", label: tag.to_string(), active }));
        }
        if let Some(Some(topic)) = &filter.topic {
            families.push(each(&|active| Partition::Label {
                kind: "topic",
                label: topic.to_string(),
                active,
            }));
        }
        match filter.assignee {
            Some(Assignee::Agent(agent)) => {
                families.push(each(&|active| Partition::Assignee { agent: Some(agent.uuid()), active }));
            }
            Some(Assignee::Nobody) => {
                families.push(each(&|active| Partition::Assignee { agent: None, active }))
            }
            None => {}
        }
        if let Some(team) = filter.team {
            families.push(each(&|active| Partition::Team { team: team.uuid(), active }));
        }
        if let Some(category) = &filter.category {
            families.push(each(&|active| Partition::Category { category: category.to_string(), active }));
        }
        let own = |agent: Uuid| {
            let mut own = each(&|active| Partition::Assignee { agent: Some(agent), active });
            own.extend(each(&|active| Partition::Party { party: agent, active }));
            own
        };
        match self.scope.sight() {
            Sight::System | Sight::All { .. } => {}
            Sight::Own { agent } => families.push(own(agent.uuid())),
            Sight::Team { agent, teams } => {
                let mut family = own(agent.uuid());
                for team in teams {
                    family.extend(each(&|active| Partition::Team { team: team.uuid(), active }));
                }
                families.push(family);
            }
            Sight::Customer { customer } => {
                let mut family = each(&|active| Partition::Customer { customer: customer.uuid(), active });
                family.extend(each(&|active| Partition::Party { party: customer.uuid(), active }));
                families.push(family);
            }
        }
        if families.is_empty() {
            let wanted = |status: &&Status| filter.status.is_empty() || filter.status.contains(status);
            families
                .push(Status::ALL.iter().filter(wanted).map(|status| Partition::Status(*status)).collect());
        }
        for family in &mut families {
            family.extend(aside.iter().cloned());
        }
        families
    }

    /// Returns which halves of the lists can hold what is asked for: active ones, closed ones.
    fn actives(&self) -> Vec<bool> {
        let status = &self.filter.status;
        let any = |active: bool| {
            status.is_empty() || status.iter().any(|s| (s.category() != StatusCategory::Closed) == active)
        };
        [true, false].into_iter().filter(|active| any(*active)).collect()
    }
}

fn place_of_due(record: &Record) -> PageCursor {
    match record {
        Record::Ticket(ticket) => PageCursor {
            key: ticket.derived.next_due_at.map_or(i64::MAX, |at| at.micros()),
            id: ticket.id.uuid(),
        },
        _ => start(false),
    }
}
