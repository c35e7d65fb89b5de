"""Programme: the operations of a contract, in order; each can be switched off, and their sum is a scenario."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import pandas as pd

from accessmap.errors import Problem, Problems, ScenarioError
from accessmap.programme.carrying import Carried, carried_out
from accessmap.programme.counting import target_problems
from accessmap.programme.operation import Operation
from accessmap.study.scenario import Scenario
from accessmap.study.study import Study
from accessmap.words.near import some
from accessmap.words.notes import Note
from accessmap.words.words import BASELINE


@dataclass(frozen=True)
class Programme:
    """The operations of a contract, in their order; read-only: what switches one off returns another programme.

    Parameters
    ----------
    title
        Of the contract.
    operations
        All of them, those that are switched off too.
    year
        Of the contract, None where unknown.
    partners
        Partners and possible funders, as the contract lists them for all operations together.
    targets
        Indicator and the value the contract aims at, where it gives one; see `indicators`.
    source
        Where the programme was read, as it must be quoted.

    Raises
    ------
    ScenarioError
        Where two operations have one id or one title, the title is blank, or a target is none.

    Examples
    --------
    >>> import accessmap as am
    >>> from accessmap.programme.files import sample as sample_programme
    >>> programme = sample_programme()
    >>> len(programme), len(programme.without("mairie-servais"))
    (7, 6)
    >>> [step.id for step in programme.only("mairie-servais").scenario(am.load_sample()).steps]
    ['mairie-02716']
    """

    title: str
    operations: tuple[Operation, ...] = ()
    year: int | None = None
    partners: tuple[str, ...] = ()
    targets: tuple[tuple[str, float], ...] = ()
    source: str = ""

    def __post_init__(self) -> None:
        if not isinstance(self.title, str) or not self.title.strip() or self.title == BASELINE:
            raise ScenarioError(Problem("programme_blank_title", value=self.title, title=repr(self.title)))
        for what in ("id", "title"):
            told = [str(getattr(operation, what)) for operation in self.operations]
            twice = sorted({each for each in told if told.count(each) > 1})
            if twice:
                raise ScenarioError(
                    Problem("programme_two_operations", value=twice[0], name=what, shown=repr(twice[0]))
                )
        target_problems(dict(self.targets)).raise_if_any(ScenarioError, _named(self.title))

    def __iter__(self) -> Iterator[Operation]:
        """Iterate over the operations that are switched on, in order."""
        return iter([operation for operation in self.operations if operation.enabled])

    def __len__(self) -> int:
        """Return how many operations are switched on."""
        return sum(operation.enabled for operation in self.operations)

    def __getitem__(self, name: str) -> Operation:
        """Return an operation by its id, switched on or off."""
        self._check_ids(name)
        return next(operation for operation in self.operations if operation.id == name)

    def without(self, *ids: str) -> Programme:
        """Return the programme with these operations switched off, the others as they are.

        Raises
        ------
        ScenarioError
            Where it has no such operation.
        """
        self._check_ids(*ids)
        off = [replace(each, enabled=False) if each.id in ids else each for each in self.operations]
        return replace(self, operations=tuple(off))

    def only(self, *ids: str) -> Programme:
        """Return the programme with these operations switched on and all others off, in the order of the programme.

        Raises
        ------
        ScenarioError
            Where it has no such operation.
        """
        self._check_ids(*ids)
        return replace(self, operations=tuple(replace(each, enabled=each.id in ids) for each in self.operations))

    def scenario(self, study: Study) -> Scenario:
        """Return the operations that are switched on, one after the other, as one scenario under the programme's title.

        Raises
        ------
        ScenarioError
            Every operation that names what the study does not have, at once. What cannot be carried out for lack of
            data is no error: it is left out, and `measurable` says so.
        """
        done = self.carried_out(study)
        return Scenario(self.title, tuple(step for each in done for step in each.steps))

    def apply(self, study: Study) -> Study:
        """Return the study as it would be once the programme is carried out; raises as `scenario` does."""
        return self.scenario(study).apply(study)

    def alone(self, study: Study) -> tuple[Scenario, ...]:
        """Return each operation that is switched on as a scenario of its own, under its title; for `compare`.

        Raises
        ------
        ScenarioError
            Where an operation names what the study does not have, such as a site that another operation opens.
        """
        done = [carried_out(operation, study) for operation in self]
        _raise_problems(self.title, done)
        return tuple(each.scenario for each in done)

    def cumulated(self, study: Study) -> tuple[Scenario, ...]:
        """Return, for each operation that is switched on, all up to it as one scenario; for `compare`.

        The scenario of the n-th operation is named "1–n. its title". Raises as `scenario` does.
        """
        done = self.carried_out(study)
        steps = [tuple(step for each in done[:number] for step in each.steps) for number in range(1, len(done) + 1)]
        names = [f"{'1–' * (number > 1)}{number}. {each.operation.title}" for number, each in enumerate(done, start=1)]
        return tuple(Scenario(name, these) for name, these in zip(names, steps, strict=True))

    def measurable(self, study: Study) -> pd.DataFrame:
        """Return which operations change something that this study can measure, and what is missing for the others.

        Returns
        -------
        pandas.DataFrame
            By operation id, for those switched on: title; measured (bool), whether the operation has any step on the
            study's data; steps, how many; missing, a tuple of `Missing`, which says in words what the data lack: also
            for an operation that is measured in part.

        Raises
        ------
        ScenarioError
            As `scenario`.

        Examples
        --------
        >>> import accessmap as am
        >>> from accessmap.programme.carrying import missing_told
        >>> from accessmap.programme.files import sample as sample_programme
        >>> table = sample_programme().measurable(am.load_sample())
        >>> int(table["measured"].sum()), missing_told(table.loc["tbi-ccpc", "missing"], lang="en")
        (3, 'schools; the number of interactive boards (CC Picardie des Châteaux)')
        """
        done = self.carried_out(study)
        return pd.DataFrame(
            {
                "title": [each.operation.title for each in done],
                "measured": pd.array([bool(each.steps) for each in done], dtype="bool"),
                "steps": pd.array([len(each.steps) for each in done], dtype="int64"),
                "missing": pd.Series([tuple(dict.fromkeys(each.missing)) for each in done], dtype=object).to_list(),
            },
            index=pd.Index([each.operation.id for each in done], name="operation", dtype=object),
        )

    def carried_out(self, study: Study) -> list[Carried]:
        """Return what comes of each operation that is switched on, each on what the ones before it left.

        Raises
        ------
        ScenarioError
            As `scenario`.
        """
        done: list[Carried] = []
        for operation in self:
            done.append(carried_out(operation, done[-1].study if done else study))
        _raise_problems(self.title, done)
        return done

    def _check_ids(self, *ids: str) -> None:
        known = [operation.id for operation in self.operations]
        unknown = [each for each in ids if each not in known]
        if unknown:
            raise ScenarioError(
                Problem(
                    "programme_no_operation_of", where=_named(self.title), value=unknown[0], ids=some(unknown, known)
                )
            )


def _named(title: str) -> Note:
    return Note("programme_named", title=repr(title))


def _raise_problems(title: str, done: list[Carried]) -> None:
    """Raise every problem of a programme's operations at once, each with the operation's number and title."""
    problems = Problems()
    for number, each in enumerate(done, start=1):
        place = Note("programme_operation_done", number=number, title=repr(each.operation.title))
        for problem in each.problems:
            where = Note("place_within", outer=place, inner=problem.where) if problem.where else place
            problems.append(problem.at(where))
    problems.raise_if_any(ScenarioError, _named(title))
