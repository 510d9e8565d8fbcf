"""What the explorer's page asks of a store: its choices, maps, the patients of a rectangle, and one patient, live."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from threading import Lock
from typing import Any, NamedTuple

import numpy as np
import xarray as xr
from matplotlib.colors import to_hex

from ...engine import OUTCOMES, InputError, WarmStart, check_name
from ...sweeps.population.definitions import DEFINITIONS
from ..figures.style import CLASS_WORDS, shades
from ..maps import map as maps
from ..patient.case import Case, from_store
from ..reading.measures import Measure, measure, spelt, varied
from ..reading.origin import cohorts_of, compared_arms, reference_of, stored_spec
from ..reading.stream import SAMPLED_ROWS
from ..report.further import further
from ..response.comparison import Comparison, definition_in_words
from ..response.pairs import ABSOLUTE, DEMAND, RELATIVE
from ..response.summary import question_of
from ..words.counted import LEFT_OUT
from .counts import Counts, of_other_cohorts, watched
from .patient import follow, judged_by, place, sliders, studied, values, waves
from .rectangle import KEPT, Rectangle, counted, inside, keep

TOLD = (
    "arm",
    "reference",
    "fewest",
    "compared",
    "failed_run",
    "not_compared",
    *LEFT_OUT,
    "other_cohorts",
    "off_the_map",
    "undecided",
)
"""What a map says of itself and its patients, as the page shows it."""


class Choice(NamedTuple):
    """What is looked at: two axes, an arm, what counts as help, and one cohort of a mixture (empty for all)."""

    x: str
    y: str
    arm: str
    definition: str
    cohort: str


class Explorer:
    """A store, looked at from all sides; every method gives plain types for JSON and may be called from any thread.

    Parameters
    ----------
    dataset : xr.Dataset
        Result of ``open_store`` or ``simulate``, with two arms or more.
    warm_start : WarmStart, optional
        What the store was computed with.
    thresholds : mapping of str to float, optional
        As in :func:`~counterpulse.analysis.response.classify.classify`.

    Raises
    ------
    InputError
        For a store with one arm, or nothing that varies between patients.
    """

    def __init__(
        self, dataset: xr.Dataset, warm_start: WarmStart | None = None, thresholds: Mapping[str, float] | None = None
    ) -> None:
        self._dataset, self._warm_start, self._thresholds = dataset, warm_start, dict(thresholds or {})
        self._arms = compared_arms(dataset)
        self._reference = reference_of(dataset)
        self._varied = varied(dataset)
        comparison = self._comparison(self._arms[0], None)
        self._maps = Counts(self._count)
        self._samples = Counts(lambda _, tell: keep(self._watched("", 0.0, tell), comparison))
        self._case = lru_cache(8)(self._stored)
        self._simulating = Lock()  # one patient at a time takes the cores

    def close(self) -> None:
        """End what is being counted."""
        self._maps.close()
        self._samples.close()

    def about(self) -> dict[str, Any]:
        """Say what can be chosen, and what the store is."""
        spec, cohorts = stored_spec(self._dataset), cohorts_of(self._dataset)
        response = spec.get("response") or {}
        return {
            "title": question_of(self._dataset) or "A sweep without a name",
            "patients": self._dataset.sizes["patient"],
            "blocks": self._dataset.attrs.get("blocks"),
            "blocks_missing": self._dataset.attrs.get("blocks_missing", 0),
            "regulation": spec.get("regulation", ""),
            "arms": self._arms,
            "reference": self._reference,
            "cohorts": list(cohorts),
            "definitions": list(DEFINITIONS),
            "axes": self._axes(),
            "further": further(self._dataset, "STORE"),
            "chosen": self._first(str(response.get("definition") or DEFINITIONS[0]))._asdict(),
            "classes": {
                name: {"word": word, "shades": [to_hex(shades(name)(step / 32)) for step in range(33)]}
                for name, word in CLASS_WORDS.items()
            },
            "parameters": sliders(self._dataset),
            "outcomes": {
                name: {"label": each.long_name, "units": spelt(each.units)} for name, each in OUTCOMES.items()
            },
        }

    def _axes(self) -> dict[str, dict[str, str]]:
        known = [name for name in ABSOLUTE if name == DEMAND or name in self._dataset]
        groups = {
            "parameters": self._varied,
            "baseline": [name for name in OUTCOMES if name in self._dataset],
            "change with the device": [f"{name}_difference" for name in known],
            "relative change with the device": [f"{name}_relative_difference" for name in known if name in RELATIVE],
        }
        comparison = self._comparison(self._arms[0], None)
        return {
            group: {name: measure(self._dataset, name, comparison).title for name in names}
            for group, names in groups.items()
        }

    def _first(self, definition: str) -> Choice:
        """What is shown before anything is chosen: what the sweep was made to vary."""
        x, y, *_ = dict.fromkeys((*studied(self._dataset), *self._varied, "cardiac_output", "wedge_pressure"))
        return Choice(x, y, self._arms[0], definition, "")

    def choice(self, given: Mapping[str, object]) -> Choice:
        """Read a choice from what the page sent.

        Raises
        ------
        InputError
            For a name that is missing, no text, or not known.
        """
        texts = {}
        for name in Choice._fields:
            value = given.get(name)
            if not isinstance(value, str):
                raise InputError(f"{name}: a name is needed")
            texts[name] = value
        chosen = Choice(**texts)
        check_name("arm", chosen.arm, self._arms)
        check_name("definition", chosen.definition, DEFINITIONS)
        if chosen.cohort:
            check_name("cohort", chosen.cohort, cohorts_of(self._dataset))
        self._measures(chosen)
        return chosen

    def _comparison(self, arm: str, definition: str | None) -> Comparison:
        return Comparison.of(self._dataset, arm, self._reference, definition, self._thresholds)

    def _measures(self, choice: Choice) -> tuple[Measure, Measure]:
        comparison = self._comparison(choice.arm, choice.definition)
        x, y = (measure(self._dataset, getattr(choice, at), comparison, at) for at in ("x", "y"))
        return x, y

    def map(self, choice: Choice, seconds: float = 0.5) -> dict[str, Any]:
        """Count a map once, or say how far its count is.

        Returns
        -------
        dict
            ``counting``, the share that is done; or ``x`` and ``y``, each with ``name``, ``title`` and ``edges``;
            ``patients`` and ``thin`` by row and column; ``share`` by class, row and column; how many patients were
            compared and where the others are; ``in_words``, what help and harm mean.
        """
        found = self._maps.ask(choice, seconds)
        if isinstance(found, float):
            return {"counting": found}
        return {
            "x": _axis(found, choice.x),
            "y": _axis(found, choice.y),
            "patients": found["patients"].values.tolist(),
            "thin": found["thin"].values.tolist(),
            "share": {name: np.round(found["share"].sel(response=name).values, 4).tolist() for name in CLASS_WORDS},
            "weighted": "weight" in found,
            "in_words": definition_in_words(found.attrs),
            **{name: found.attrs[name] for name in TOLD},
        }

    def _watched(self, cohort: str, passes: float, tell: Callable[[float], None]) -> xr.Dataset:
        """The store as a count sees it that reads a sample and makes some passes over all patients."""
        patients = self._dataset.sizes["patient"]
        expected = passes * patients + min(patients, SAMPLED_ROWS)
        done: list[int] = []  # to append is safe in several threads

        def told(count: int) -> None:
            done.append(count)
            tell(min(sum(done) / expected, 1.0))

        return watched(self._dataset, cohort, told)

    def _count(self, choice: Choice, tell: Callable[[float], None]) -> xr.Dataset:
        result = maps.map(
            # the map reads a sample for its edges, then everybody
            self._watched(choice.cohort, 1.0, tell),
            choice.x,
            choice.y,
            arm=choice.arm,
            reference=self._reference,
            definition=choice.definition,
            thresholds=self._thresholds,
        )
        others = of_other_cohorts(self._dataset, choice.cohort)
        return result.assign_attrs(not_compared=result.attrs["not_compared"] - others, other_cohorts=others)

    def rectangle(self, choice: Choice, cells: Rectangle, seconds: float = 0.5) -> dict[str, Any]:
        """Tell the patients in some cells of a map: all of them counted, medians and rows of those in memory.

        Returns
        -------
        dict
            ``counting``, where the map or the sample is not there yet; or ``rule`` in words, ``bounds`` of the axes,
            ``patients``, ``classes`` with ``count``, ``share``, ``low`` and ``high``, ``medians`` and ``rows``.

        Raises
        ------
        InputError
            For cells that are not on the map.
        """
        found = self._maps.ask(choice, seconds)
        if isinstance(found, float):
            return {"counting": found}
        kept = self._samples.ask(KEPT, seconds)
        if isinstance(kept, float):
            return {"counting": kept}
        axes = self._measures(choice)
        told = counted(found, axes, cells)
        ends = {axis.name: float(found[f"{axis.name}_bounds"][-1, 1]) for axis in axes}
        comparison = self._comparison(choice.arm, choice.definition)
        return told | inside(kept, comparison, axes, told["bounds"], ends, choice.cohort)

    def patient(self, choice: Choice, index: int, settings: Mapping[str, float]) -> dict[str, Any]:
        """Simulate a patient of the store now, changed as the sliders say, with and without the device.

        Returns
        -------
        dict
            As ``counterpulse patient --json`` of each arm, with ``values`` (the parameters, those of devices as in
            the arm), ``waves`` (arm to signal over ``time`` in s) and ``place`` on the axes of the map.

        Raises
        ------
        InputError
            For an index that is not there or not run, or parameters that are refused.
        """
        case = self._case(index, choice.arm)
        with self._simulating:
            seen = follow(judged_by(case, self._dataset, choice.definition, self._thresholds), settings)
        content, own = seen.as_dict(), values(seen, choice.arm)
        return {
            "patient": content["patient"],
            "about": seen.about(),
            "reference": content["reference"],
            "arms": content["arms"],
            "values": own,
            "waves": waves(seen),
            "place": place(seen, self._measures(choice), own),
        }

    def _stored(self, index: int, arm: str) -> Case:
        return from_store(self._dataset, index, (arm,), self._warm_start)


def _axis(found: xr.Dataset, name: str) -> dict[str, Any]:
    bounds = found[f"{name}_bounds"].values
    return {"name": name, "title": found[name].attrs["title"], "edges": [*bounds[:, 0].tolist(), float(bounds[-1, 1])]}
