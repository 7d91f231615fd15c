//! Walking every way through a journey.
//!
//! A way is a question and the answers that were given before it, as far as anything later asks for them: two ways
//! that agree in these go on alike, so each is walked once. The answers are [`samples`], one for each difference that
//! a test can tell, and edges are chosen by the function that stepping uses.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use crate::label::Label;

use super::super::sample::{TooMany, samples};
use super::super::step::way_on;
use super::super::{Answer, AnswerKind, Answers, Condition, JourneySpec};
use super::{Flaw, FlawKind, Place, tests};

/// Most steps that a journey is looked at; what takes more is refused as too entangled. A step is about a test that is
/// looked at, 10 ns: all of them are some 20 ms.
const STEP_LIMIT: usize = 2_000_000;

/// Steps that it takes to go on from a question, without its tests: a way is copied and looked for among the others.
const STEPS_ON: usize = 8;

/// How many steps are left.
pub(in super::super) struct Budget(usize);

impl Budget {
    /// Takes steps; nothing where they are not left.
    pub(in super::super) fn spend(&mut self, steps: usize) -> Option<()> {
        self.0 = self.0.checked_sub(steps)?;
        Some(())
    }
}

/// What was answered on a way: by question, 0 where it was not asked, else the sample's place plus 1.
type Way = Vec<u16>;

struct Explorer<'a> {
    spec: &'a JourneySpec,
    index: BTreeMap<&'a Label, usize>,
    samples: Vec<Vec<Option<Answer>>>,
    tests: Vec<(String, Place, &'a Condition)>,
    /// For each question, the tests of its edges.
    of_edges: Vec<Asked>,
    of_fills: Asked,
    budget: Budget,
    /// For each question, those whose answers are asked for by it or after it.
    live: Vec<BTreeSet<usize>>,
    taken: BTreeSet<Place>,
    reached: BTreeSet<usize>,
    /// Tests, by place in the list, whose question had been answered once.
    answered: BTreeSet<usize>,
    stuck: BTreeMap<usize, Answers>,
}

/// Tests that are looked at together.
#[derive(Default)]
struct Asked {
    /// By place in the list of all tests, each with the question that it is about.
    tests: Vec<(usize, usize)>,
    questions: BTreeSet<usize>,
    /// Steps that it takes to look at them.
    steps: usize,
}

impl Asked {
    fn add(&mut self, at: usize, question: usize, test: &Condition) {
        self.tests.push((at, question));
        self.questions.insert(question);
        self.steps += test.steps();
    }
}

/// Finds what only shows on the way. The journey must name nothing unknown, and have no cycle.
pub(super) fn explore(spec: &JourneySpec) -> Vec<Flaw> {
    let tests = tests(spec);
    let index: BTreeMap<&Label, usize> =
        spec.questions.iter().enumerate().map(|(at, question)| (&question.id, at)).collect();
    let mut about: Vec<Vec<&Condition>> = vec![Vec::new(); spec.questions.len()];
    let mut of_edges: Vec<Asked> = spec.questions.iter().map(|_| Asked::default()).collect();
    let mut of_fills = Asked::default();
    for (at, (_, place, test)) in tests.iter().enumerate() {
        let Some(&question) = test.question().and_then(|id| index.get(id)) else { continue };
        about.get_mut(question).into_iter().for_each(|about| about.push(test));
        match place {
            Place::Edge(of, _) => of_edges.get_mut(*of).into_iter().for_each(|of| of.add(at, question, test)),
            Place::Fill(_) => of_fills.add(at, question, test),
        }
    }
    let mut budget = Budget(STEP_LIMIT);
    let mut all = Vec::new();
    for (at, (question, about)) in spec.questions.iter().zip(&about).enumerate() {
        match samples(question, about, &mut budget) {
            Ok(found) => all.push(found),
            Err(TooMany::Options) => {
                let problem = "has more options with a condition than can be checked, 12";
                return vec![Flaw::new(FlawKind::TooEntangled, format!("questions[{at}].answer"), problem)];
            }
            Err(TooMany::Steps) => return vec![too_entangled()],
        }
    }
    let mut explorer = Explorer {
        spec,
        index,
        samples: all,
        tests,
        of_edges,
        of_fills,
        budget,
        live: Vec::new(),
        taken: BTreeSet::new(),
        reached: BTreeSet::new(),
        answered: BTreeSet::new(),
        stuck: BTreeMap::new(),
    };
    explorer.live = explorer.live();
    match explorer.walk() {
        Some(()) => explorer.flaws(),
        None => vec![too_entangled()],
    }
}

fn too_entangled() -> Flaw {
    let problem = "has more ways through it than can be checked: let fewer conditions look far back";
    Flaw::new(FlawKind::TooEntangled, "questions", problem)
}

impl<'a> Explorer<'a> {
    /// Finds for each question whose answers still matter: those before it in a list of questions with all their
    /// successors, each after them.
    fn live(&self) -> Vec<BTreeSet<usize>> {
        let mut live: Vec<Option<BTreeSet<usize>>> = vec![None; self.spec.questions.len()];
        let is_open = |live: &[Option<BTreeSet<usize>>], at: usize| live.get(at).is_some_and(Option::is_none);
        for start in 0..live.len() {
            let mut open = vec![start];
            while let Some(&at) = open.last() {
                if !is_open(&live, at) {
                    open.pop();
                    continue;
                }
                let next = self.successors(at);
                let missing: Vec<usize> = next.iter().copied().filter(|to| is_open(&live, *to)).collect();
                if missing.is_empty() {
                    let asked = self.of_edges.get(at).map(|asked| &asked.questions);
                    let later = next.iter().filter_map(|to| live.get(*to)?.as_ref());
                    let mut matters = vec![false; self.spec.questions.len()];
                    for question in asked.into_iter().chain([&self.of_fills.questions]).chain(later).flatten()
                    {
                        matters.get_mut(*question).into_iter().for_each(|matters| *matters = true);
                    }
                    let found = matters.iter().enumerate().filter(|(_, matters)| **matters).map(|(at, _)| at);
                    let found = Some(found.collect());
                    live.get_mut(at).into_iter().for_each(|live| live.clone_from(&found));
                } else {
                    open.extend(missing);
                }
            }
        }
        live.into_iter().map(Option::unwrap_or_default).collect()
    }

    fn successors(&self, at: usize) -> BTreeSet<usize> {
        let edges = self.spec.questions.get(at).into_iter().flat_map(|question| &question.next);
        edges.filter_map(|edge| self.index.get(edge.to.as_ref()?).copied()).collect()
    }

    /// Walks all ways; nothing where there are too many.
    fn walk(&mut self) -> Option<()> {
        let mut seen: HashSet<(usize, Vec<(usize, u16)>)> = HashSet::new();
        let mut completed: HashSet<Vec<(usize, u16)>> = HashSet::new();
        let start = self.index.get(&self.spec.start).copied().unwrap_or_default();
        let mut open: Vec<(usize, Way)> = vec![(start, vec![0; self.spec.questions.len()])];
        while let Some((at, way)) = open.pop() {
            self.reached.insert(at);
            let samples = self.samples.get(at).map_or(0, Vec::len);
            let information =
                self.spec.questions.get(at).is_some_and(|q| q.answer == AnswerKind::Information);
            let ways = if information { 0..=0 } else { 1..=samples };
            let edges = self.spec.questions.get(at).map_or(0, |question| question.next.len());
            let tests = self.of_edges.get(at).map_or(0, |asked| asked.steps);
            let live = self.live.get(at).map_or(0, BTreeSet::len);
            let steps = STEPS_ON + self.spec.questions.len() / STEPS_ON + edges + tests + live;
            for answer in ways {
                self.budget.spend(steps)?;
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
                    Some(None) if completed.insert(matters(&way, Some(&self.of_fills.questions))) => {
                        self.complete(&way)?;
                    }
                    Some(None) | None => {}
                }
            }
        }
        Some(())
    }

    /// Takes the edge that holds; the end is `Some(None)`, and a dead end `None`.
    fn go_on(&mut self, at: usize, way: &Way) -> Option<Option<usize>> {
        let question = self.spec.questions.get(at)?;
        if let Some(asked) = self.of_edges.get(at) {
            let answered = self.answered_of(way, asked);
            self.answered.extend(answered);
        }
        let Some((edge, next)) = way_on(question, &|id| self.answer(way, id)) else {
            let answers = self.answers(way);
            self.stuck.entry(at).or_insert(answers);
            return None;
        };
        self.taken.insert(Place::Edge(at, edge));
        Some(next.to.as_ref().and_then(|to| self.index.get(to).copied()))
    }

    fn complete(&mut self, way: &Way) -> Option<()> {
        self.budget.spend(self.spec.ticket.len() + self.of_fills.steps)?;
        let answered = self.answered_of(way, &self.of_fills);
        self.answered.extend(answered);
        let holds = |fill: &super::super::Fill| {
            fill.when.as_ref().is_none_or(|when| when.holds(&|id: &Label| self.answer(way, id)))
        };
        let held: Vec<usize> =
            self.spec.ticket.iter().enumerate().filter(|(_, fill)| holds(fill)).map(|(at, _)| at).collect();
        self.taken.extend(held.into_iter().map(Place::Fill));
        Some(())
    }

    /// Lists tests whose question was answered on a way, as far as that is new.
    fn answered_of(&self, way: &Way, asked: &Asked) -> Vec<usize> {
        let given = |at: usize| self.sample(way, at).is_some_and(Option::is_some);
        let tests = asked.tests.iter().filter(|(test, _)| !self.answered.contains(test));
        tests.filter(|(_, question)| given(*question)).map(|(test, _)| *test).collect()
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
