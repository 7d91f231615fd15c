//! Walking every way through a journey.
//!
//! A way is a question and the answers that were given before it, as far as anything later asks for them: two ways
//! that agree in these go on alike, so each is walked once. The answers are [`samples`], one for each difference that
//! a test can tell, and edges are chosen by the function that stepping uses.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use crate::label::Label;

use super::super::sample::samples;
use super::super::step::way_on;
use super::super::{Answer, AnswerKind, Answers, Condition, JourneySpec};
use super::{Flaw, FlawKind, Place, tests};

/// Most ways that are walked; what is larger is refused as too entangled. A few tenths of a second.
const WAY_LIMIT: usize = 50_000;

/// What was answered on a way: by question, 0 where it was not asked, else the sample's place plus 1.
type Way = Vec<u16>;

struct Explorer<'a> {
    spec: &'a JourneySpec,
    index: BTreeMap<&'a Label, usize>,
    samples: Vec<Vec<Option<Answer>>>,
    tests: Vec<(String, Place, &'a Condition)>,
    /// For each question, those whose answers are asked for by it or after it.
    live: Vec<BTreeSet<usize>>,
    taken: BTreeSet<Place>,
    reached: BTreeSet<usize>,
    /// Tests, by place in the list, whose question had been answered once.
    answered: BTreeSet<usize>,
    stuck: BTreeMap<usize, Answers>,
}

/// Finds what only shows on the way. The journey must name nothing unknown, and have no cycle.
pub(super) fn explore(spec: &JourneySpec) -> Vec<Flaw> {
    let tests = tests(spec);
    let mut all = Vec::new();
    for (at, question) in spec.questions.iter().enumerate() {
        let of_it =
            tests.iter().map(|(_, _, test)| *test).filter(|test| test.question() == Some(&question.id));
        match samples(question, &of_it.collect::<Vec<_>>()) {
            Some(found) => all.push(found),
            None => {
                let problem = "has more options with a condition than can be checked, 12";
                return vec![Flaw::new(FlawKind::TooEntangled, format!("questions[{at}].answer"), problem)];
            }
        }
    }
    let index = spec.questions.iter().enumerate().map(|(at, question)| (&question.id, at)).collect();
    let mut explorer = Explorer {
        spec,
        index,
        samples: all,
        tests,
        live: Vec::new(),
        taken: BTreeSet::new(),
        reached: BTreeSet::new(),
        answered: BTreeSet::new(),
        stuck: BTreeMap::new(),
    };
    explorer.live = explorer.live();
    if explorer.walk() {
        explorer.flaws()
    } else {
        let problem = "has more ways through it than can be checked: let fewer conditions look far back";
        vec![Flaw::new(FlawKind::TooEntangled, "questions", problem)]
    }
}

impl<'a> Explorer<'a> {
    /// Finds for each question whose answers still matter: those before it in a list of questions with all their
    /// successors, each after them.
    fn live(&self) -> Vec<BTreeSet<usize>> {
        let of_fills: BTreeSet<usize> = self.asked_by(|place| matches!(place, Place::Fill(_)));
        let mut live: Vec<Option<BTreeSet<usize>>> = vec![None; self.spec.questions.len()];
        for start in 0..live.len() {
            let mut open = vec![start];
            while let Some(&at) = open.last() {
                let next = self.successors(at);
                let missing: Vec<usize> =
                    next.iter().copied().filter(|to| live.get(*to).is_some_and(Option::is_none)).collect();
                if missing.is_empty() {
                    let mut asked = self.asked_by(|place| matches!(place, Place::Edge(of, _) if *of == at));
                    asked.extend(&of_fills);
                    for to in next {
                        asked.extend(live.get(to).and_then(Option::as_ref).into_iter().flatten());
                    }
                    if let Some(found) = live.get_mut(at) {
                        *found = Some(asked);
                    }
                    open.pop();
                } else {
                    open.extend(missing);
                }
            }
        }
        live.into_iter().map(Option::unwrap_or_default).collect()
    }

    fn asked_by(&self, of: impl Fn(&Place) -> bool) -> BTreeSet<usize> {
        let tests = self.tests.iter().filter(|(_, place, _)| of(place));
        tests.filter_map(|(_, _, test)| self.index.get(test.question()?).copied()).collect()
    }

    fn successors(&self, at: usize) -> BTreeSet<usize> {
        let edges = self.spec.questions.get(at).into_iter().flat_map(|question| &question.next);
        edges.filter_map(|edge| self.index.get(edge.to.as_ref()?).copied()).collect()
    }

    /// Walks all ways; tells whether they were few enough.
    fn walk(&mut self) -> bool {
        let mut seen: HashSet<(usize, Vec<(usize, u16)>)> = HashSet::new();
        let mut completed: HashSet<Vec<(usize, u16)>> = HashSet::new();
        let of_fills = self.asked_by(|place| matches!(place, Place::Fill(_)));
        let start = self.index.get(&self.spec.start).copied().unwrap_or_default();
        let mut open: Vec<(usize, Way)> = vec![(start, vec![0; self.spec.questions.len()])];
        while let Some((at, way)) = open.pop() {
            self.reached.insert(at);
            let samples = self.samples.get(at).map_or(0, Vec::len);
            let information =
                self.spec.questions.get(at).is_some_and(|q| q.answer == AnswerKind::Information);
            let ways = if information { 0..=0 } else { 1..=samples };
            for answer in ways {
                let mut way = way.clone();
                if let (Some(place), Ok(answer)) = (way.get_mut(at), u16::try_from(answer)) {
                    *place = answer;
                }
                match self.go_on(at, &way) {
                    Some(Some(to)) => {
                        let key = (to, matters(&way, self.live.get(to)));
                        if seen.insert(key) {
                            open.push((to, way));
                        }
                    }
                    Some(None) if completed.insert(matters(&way, Some(&of_fills))) => self.complete(&way),
                    Some(None) | None => {}
                }
                if seen.len() + completed.len() > WAY_LIMIT {
                    return false;
                }
            }
        }
        true
    }

    /// Takes the edge that holds; the end is `Some(None)`, and a dead end `None`.
    fn go_on(&mut self, at: usize, way: &Way) -> Option<Option<usize>> {
        let question = self.spec.questions.get(at)?;
        self.note_answered(way, |place| matches!(place, Place::Edge(of, _) if *of == at));
        let Some((edge, next)) = way_on(question, &|id| self.answer(way, id)) else {
            let answers = self.answers(way);
            self.stuck.entry(at).or_insert(answers);
            return None;
        };
        self.taken.insert(Place::Edge(at, edge));
        Some(next.to.as_ref().and_then(|to| self.index.get(to).copied()))
    }

    fn complete(&mut self, way: &Way) {
        self.note_answered(way, |place| matches!(place, Place::Fill(_)));
        let holds = |fill: &super::super::Fill| {
            fill.when.as_ref().is_none_or(|when| when.holds(&|id: &Label| self.answer(way, id)))
        };
        let held: Vec<usize> =
            self.spec.ticket.iter().enumerate().filter(|(_, fill)| holds(fill)).map(|(at, _)| at).collect();
        self.taken.extend(held.into_iter().map(Place::Fill));
    }

    fn note_answered(&mut self, way: &Way, of: impl Fn(&Place) -> bool) {
        let asked = self.tests.iter().enumerate().filter(|(_, (_, place, _))| of(place));
        let answered = asked.filter(|(_, (_, _, test))| {
            test.question().and_then(|question| self.answer(way, question)).is_some()
        });
        let answered: Vec<usize> = answered.map(|(at, _)| at).collect();
        self.answered.extend(answered);
    }

    fn sample(&self, way: &Way, at: usize) -> Option<&Option<Answer>> {
        let sample = usize::from(*way.get(at)?).checked_sub(1)?;
        self.samples.get(at)?.get(sample)
    }

    fn answer(&self, way: &Way, question: &Label) -> Option<&Answer> {
        self.sample(way, *self.index.get(question)?)?.as_ref()
    }

    fn answers(&self, way: &Way) -> Answers {
        let all = self.spec.questions.iter().enumerate();
        all.filter_map(|(at, question)| Some((question.id.clone(), self.sample(way, at)?.clone()))).collect()
    }

    /// Says what was never met, in the order of the journey, and where ways ended that should not.
    fn flaws(self) -> Vec<Flaw> {
        let mut flaws = Vec::new();
        let never = |place: &Place| !self.taken.contains(place);
        for (at, question) in self.spec.questions.iter().enumerate() {
            let path = format!("questions[{at}]");
            if !self.reached.contains(&at) {
                flaws.push(Flaw::new(FlawKind::Unreachable, path, "is reached by no answers"));
                continue;
            }
            if let Some(answers) = self.stuck.get(&at) {
                let problem = format!("has no edge that holds{}", after(answers));
                let flaw = Flaw::new(FlawKind::DeadEnd, format!("{path}.next"), problem);
                flaws.push(Flaw { answers: answers.clone(), ..flaw });
            }
            for edge in (0..question.next.len()).filter(|edge| never(&Place::Edge(at, *edge))) {
                let problem = "is never taken: its condition cannot hold here, or edges before it take all";
                flaws.push(Flaw::new(FlawKind::NeverTaken, format!("{path}.next[{edge}]"), problem));
            }
        }
        for at in (0..self.spec.ticket.len()).filter(|at| never(&Place::Fill(*at))) {
            flaws.push(Flaw::new(
                FlawKind::NeverTaken,
                format!("ticket[{at}].when"),
                "never holds at the end",
            ));
        }
        for (at, (path, place, _)) in self.tests.iter().enumerate() {
            // What is never reached is said already.
            let reached = match place {
                Place::Edge(question, _) => self.reached.contains(question),
                Place::Fill(_) => true,
            };
            if reached && !self.answered.contains(&at) {
                let problem = "asks for an answer that cannot have been given by then";
                flaws.push(Flaw::new(FlawKind::NeverAnswered, format!("{path}.question"), problem));
            }
        }
        flaws
    }
}

/// Keeps of a way what still matters.
fn matters(way: &Way, live: Option<&BTreeSet<usize>>) -> Vec<(usize, u16)> {
    let live = live.into_iter().flatten();
    live.filter_map(|at| way.get(*at).filter(|answer| **answer > 0).map(|answer| (*at, *answer))).collect()
}

/// Writes the answers that lead to a dead end.
fn after(answers: &Answers) -> String {
    let shown: Vec<String> = answers
        .iter()
        .map(|(id, answer)| match answer {
            Some(answer) => format!("`{id}` = {}", answer.to_value()),
            None => format!("`{id}` passed over"),
        })
        .collect();
    if shown.is_empty() { String::new() } else { format!(" after {}", shown.join(", ")) }
}
