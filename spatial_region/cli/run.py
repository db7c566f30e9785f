"""Run a study file: read, join, weigh, analyse, and leave one whole folder."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from spatial_region.cli.audits import check_audits
from spatial_region.cli.checks import check_names, check_numbers, check_times
from spatial_region.cli.inputs import Inputs, read_inputs
from spatial_region.cli.loader import load_regions, load_study
from spatial_region.cli.output import Folder, sha256, whole_folder
from spatial_region.cli.problems import describe
from spatial_region.cli.schema_common import Analysis
from spatial_region.cli.studyfile import Parsed, read_study_file
from spatial_region.cli.summary import summary
from spatial_region.cli.weights import build_weights, in_order
from spatial_region.core.match import MatchReport
from spatial_region.core.seeds import derive_seed
from spatial_region.core.spec import recorded_versions
from spatial_region.core.study import Study
from spatial_region.core.weights import Weights
from spatial_region.errors import OutputError, SpatialRegionError, StudyFileError

if TYPE_CHECKING:
    from spatial_region.cli.section import Section

# Of no use to the reader of a study: they speak to the authors of libraries.
_FOR_DEVELOPERS = (DeprecationWarning, PendingDeprecationWarning, FutureWarning, ImportWarning, ResourceWarning)
Announce = Callable[[str], None]


@dataclass
class Record:
    """What happened at each step: seconds, warnings, seeds, facts."""

    seconds: dict[str, float] = field(default_factory=dict)
    warnings: dict[str, list[str]] = field(default_factory=dict)
    seeds: dict[str, int] = field(default_factory=dict)
    results: dict[str, Any] = field(default_factory=dict)

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Time a step and collect its warnings."""
        started = time.perf_counter()
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            yield
        self.seconds[name] = round(time.perf_counter() - started, 3)
        texts = [str(one.message) for one in caught if not issubclass(one.category, _FOR_DEVELOPERS)]
        if texts:
            self.warnings[name] = list(dict.fromkeys(texts))


@dataclass(frozen=True)
class Done:
    """What a finished run left, and how long it took."""

    place: Path
    figures: int
    tables: int
    seconds: float


def checked(path: Path) -> tuple[Parsed, Inputs]:
    """Read a study file and its inputs, and refuse them if anything is wrong with either.

    Raises
    ------
    SpatialRegionError
        Listing every problem found.
    """
    parsed = read_study_file(path)
    inputs = read_inputs(parsed)
    check_names(parsed, inputs)
    check_audits(parsed, inputs)
    parsed.problems.raise_any()
    return parsed, inputs


def loaded(parsed: Parsed, inputs: Inputs) -> tuple[Study, tuple[MatchReport, ...]]:
    """Join the inputs, and refuse analyses of times, groups or numbers that they do not have.

    Raises
    ------
    SpatialRegionError
        If the inputs do not fit together, or listing every problem found.
    """
    boundaries = parsed.spec.boundaries
    regions = load_regions(boundaries, inputs.files[boundaries.source])
    study, reports = load_study(parsed.spec, inputs, regions)
    check_times(parsed, study)
    check_numbers(parsed, study)
    parsed.problems.raise_any()
    return study, reports


def steps_of(parsed: Parsed) -> list[tuple[str, str]]:
    """Return name and kind of every step, in order."""
    steps = [("data", "read and join")]
    steps += [(f"weights.{name}", parsed.spec.weights[name].kind) for name in in_order(parsed.spec.weights)]
    return steps + [(name, one.kind) for _, name, one in parsed.analyses]  # type: ignore[attr-defined]


def run_study(parsed: Parsed, inputs: Inputs, place: Path, announce: Announce) -> Done:
    """Run a checked study and leave its results at `place`, whole; `announce` is told the name of each step.

    Raises
    ------
    SpatialRegionError
        If the inputs do not fit together, or an analysis cannot be made.
    OutputError
        If the results cannot be written.
    """
    started, record = time.perf_counter(), Record()
    with whole_folder(place) as draft:
        folder = Folder(draft)
        digests = _input_digests(parsed, inputs)
        with record.step("data"):
            announce("data")
            study, reports = loaded(parsed, inputs)
        study = _with_weights(parsed, study, inputs, record, announce)
        sections = [_analyse(parsed, item, study, folder, record, announce) for item in parsed.analyses]
        folder.text("summary.md", summary(parsed, study, reports, inputs, sections, record.warnings))
        made = folder.digests()
        facts = _facts(parsed, study, reports, digests, record)
        folder.manifest({**facts, "seconds": {**record.seconds, "all": round(time.perf_counter() - started, 3)}})
    counts = [sum(name.startswith(kind) and name.endswith(suffix) for name in made) for kind, suffix in _COUNTED]
    return Done(place, counts[0], counts[1], time.perf_counter() - started)


_COUNTED = (("figures/", ".png"), ("tables/", ".csv"))


def _with_weights(parsed: Parsed, study: Study, inputs: Inputs, record: Record, announce: Announce) -> Study:
    made: dict[str, Weights] = {}
    for name in in_order(parsed.spec.weights):
        section = parsed.spec.weights[name]
        step = f"weights.{name}"
        announce(step)
        with record.step(step), _located(parsed, ("weights", name)):
            made[name] = build_weights(section, study.with_weights(**made), inputs.files)
    return study.with_weights(**{name: made[name] for name in parsed.spec.weights})


def _analyse(
    parsed: Parsed,
    item: tuple[int, str, Analysis],
    study: Study,
    folder: Folder,
    record: Record,
    announce: Announce,
) -> Section:
    # Imported here: figures need matplotlib, and checking a study file should not wait for it.
    from spatial_region.cli.runners import RUNNERS
    from spatial_region.cli.section import Section, title_of
    from spatial_region.cli.task import Task, part_of

    place, name, one = item
    announce(name)
    settings = parsed.spec.study
    seed = derive_seed(settings.seed, name)
    if "seed" in type(one).model_fields:
        given = getattr(one, "seed", None)
        record.seeds[name] = seed if given is None else given
    with record.step(name), _located(parsed, ("analyses", place), name):
        part = part_of(study, one)
        section = Section(title_of(one, part, settings.lang), folder, settings.lang)
        task = Task(part, section, name, seed, settings.lang, settings.source, whole=study, folder=parsed.folder)
        RUNNERS[one.kind](one, task)  # type: ignore[attr-defined]
        if one.note:
            section.note(one.note)
    if task.facts:
        record.results[name] = task.facts
    return section


@contextmanager
def _located(parsed: Parsed, loc: tuple[str | int, ...], name: str = "") -> Iterator[None]:
    """Say which part of the study file an error belongs to."""
    try:
        yield
    except OutputError:
        raise
    except SpatialRegionError as error:
        where = f"{parsed.path}:{parsed.problems.positions.line(loc)}: {describe(loc)}"
        raise StudyFileError(f"{where}{name + ': ' if name else ''}{error}") from error


def _input_digests(parsed: Parsed, inputs: Inputs) -> dict[str, str]:
    files = {parsed.path.name: parsed.path, **inputs.files}
    return {name: sha256(path) for name, path in sorted(files.items())}


def _facts(
    parsed: Parsed, study: Study, reports: tuple[MatchReport, ...], digests: dict[str, str], record: Record
) -> dict[str, Any]:
    crs = study.regions.crs
    return {
        "study": parsed.spec.study.name,
        "finished": datetime.now(UTC).isoformat(timespec="seconds"),
        "inputs": digests,
        "versions": dict(recorded_versions()),
        "crs": crs.to_string() if crs is not None else None,
        "n": study.n,
        "regions": list(map(str, study.ids)),
        "times": study.times,
        "weights": {
            name: {"recipe": dict(w.recipe), "links": w.n_links, "islands": list(map(str, w.islands))}
            for name, w in study.weights.items()
        },
        "match": [report.to_dict() for report in reports],
        "seeds": {"study": parsed.spec.study.seed, **record.seeds},
        "results": record.results,
        "warnings": record.warnings,
    }
