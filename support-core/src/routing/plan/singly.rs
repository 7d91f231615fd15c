//! The plan that places one piece of work after the other, beside which a plan of all that waits is put.

use super::super::batch::{MOST_VALUE, Solution};
use super::super::queue::Next;
use super::planner::Planner;

/// Places all of `in_order` one piece after the other; nothing where it shows on the way that what comes of it is worth
/// no more than what it is compared with.
pub(super) fn singly<'a, 'n>(
    mut planner: Planner<'a>,
    in_order: impl Iterator<Item = Next<'n>>,
    mut outlook: Option<Outlook<'_>>,
) -> Option<Planner<'a>> {
    for next in in_order {
        let (before, worth) = (planner.given.len(), planner.worth);
        if let Some(outlook) = &mut outlook {
            outlook.passes(&planner, &next);
        }
        planner.one(&next, 0);
        if let Some(outlook) = &mut outlook {
            for given in planner.given.get(before..).unwrap_or_default() {
                outlook.places(planner.worth - worth, given.agent, given.effort);
            }
            if !outlook.is_open() {
                return None;
            }
        }
        if planner.is_over(usize::MAX) {
            break;
        }
    }
    Some(planner)
}

/// What a plan that is being made can still come to: what it is worth so far, all room that is left at its price, and
/// what each piece of work that is to come gains at most beyond that. It begins at the ceiling of all plans, and falls by
/// what each step is short of it.
pub(super) struct Outlook<'s> {
    solution: &'s Solution,
    /// In parts of a point, as is what is to be passed.
    could: i64,
    to_beat: i64,
    /// What a piece that somebody gave back may be worth beside that, where there are leads who may get it.
    for_leads: i64,
}

impl<'s> Outlook<'s> {
    /// Looks at a plan of work that no others share agents with. Of `for_leads` pieces of it, those that somebody gave
    /// back, leads may get any.
    pub(super) fn of(solution: &'s Solution, for_leads: usize, to_beat: i64) -> Self {
        let each = if for_leads > 0 { solution.in_parts(i64::from(MOST_VALUE)) } else { 0 };
        let for_leads_all = each.saturating_mul(i64::try_from(for_leads).unwrap_or(i64::MAX));
        let could = solution.ceiling().saturating_add(for_leads_all);
        Self { solution, could, to_beat: solution.in_parts(to_beat), for_leads: each }
    }

    /// Takes out what a piece of work could have gained: its turn has come.
    fn passes(&mut self, planner: &Planner<'_>, next: &Next<'_>) {
        if next.is_declined() {
            self.could -= self.for_leads;
        }
        let Some((team, [own, _], _)) = planner.stage(next) else { return };
        let sticky = next.rare.and_then(|rare| rare.sticky).filter(|_| team.sticky);
        let sticky = sticky.and_then(|agent| planner.crew.number(agent));
        self.could -= self.solution.adds(own, self.solution.urgencies.step(next.ranked.score), sticky);
    }

    /// Puts in what was gained by giving it to an agent, in points, and takes out the room that it takes.
    fn places(&mut self, worth: i64, agent: usize, effort: u32) {
        self.could += self.solution.in_parts(worth) - self.solution.room(agent, effort);
    }

    const fn is_open(&self) -> bool {
        self.could > self.to_beat
    }
}
