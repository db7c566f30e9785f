"""The command `spatial-region`."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from spatial_region import __version__
from spatial_region.errors import InputError, SpatialRegionError

BAD_INPUT, INTERRUPTED = 2, 130

app = typer.Typer(
    name="spatial-region",
    help="Regional studies from one file: boundaries and tables in; maps, tables and a summary out.",
    epilog="Exit status: 0 all went well, 2 something is wrong with the input or the output folder, 130 interrupted.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
StudyPaths = Annotated[list[Path], typer.Argument(metavar="STUDY.TOML", help="One study file, or several.")]


def main() -> None:
    """Run the command; the entry point of the installed script."""
    app()


def _show_version(asked: bool) -> None:
    if asked:
        typer.echo(f"spatial-region {__version__}")
        raise typer.Exit


@app.callback()
def _command(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    pass


@app.command(short_help="Run studies and write their results.")
def run(
    studies: StudyPaths,
    output: Annotated[
        Path,
        typer.Option(
            "--output", "-o", metavar="DIR", help="Folder for the results. Several studies get one each in it."
        ),
    ] = Path("out"),
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Check everything and print the steps; compute and write nothing.")
    ] = False,
) -> None:
    """Run studies and write figures, tables, summary.md and manifest.json.

    Results appear whole or not at all. Those of an earlier run in the same folder are replaced when the new ones are
    complete; a folder with other files, or with results changed by hand, is refused.
    """
    from spatial_region.cli.run import checked, run_study, steps_of

    with _reported():
        ready = [(path, *checked(path)) for path in studies]
        places = _places([(path, parsed.spec.study.name) for path, parsed, _ in ready], output)
        for path, parsed, inputs in ready:
            steps = steps_of(parsed)
            if dry_run:
                typer.echo(f"{path} -> {places[path]}")
                for number, (name, kind) in enumerate(steps, start=1):
                    typer.echo(f"  {number:>2}. {name} ({kind})")
                continue
            with _progress(parsed.spec.study.name, len(steps)) as announce:
                done = run_study(parsed, inputs, places[path], announce)
            typer.echo(
                f"{parsed.spec.study.name}: {done.figures} figures, {done.tables} tables and summary.md "
                f"in {done.place} ({done.seconds:.1f} s)"
            )


@app.command(short_help="Check study files and their inputs.")
def check(studies: StudyPaths) -> None:
    """Check study files and their inputs, and report every problem with its line."""
    from spatial_region.cli.run import checked, loaded

    failed = False
    for path in studies:
        try:
            with _reported():
                study, reports = loaded(*checked(path))
        except typer.Exit as stop:
            if stop.exit_code != BAD_INPUT:
                raise
            failed = True
            continue
        times = f", {len(study.times)} times" if study.is_panel else ""
        typer.echo(f"{path}: ok. {study.n} regions{times}, {len(study.variables)} variables.")
        for report in reports:
            counts = report.counts
            typer.echo(
                f"  {counts['rows'] - len(report.unmatched) - len(report.ambiguous)} of {counts['rows']} rows joined"
            )
    if failed:
        raise typer.Exit(BAD_INPUT)


def _places(studies: list[tuple[Path, str]], output: Path) -> dict[Path, Path]:
    """Return the folder of each study: `output` itself for one, a folder in it for each of several."""
    if len(studies) == 1:
        return {studies[0][0]: output}
    names = [name for _, name in studies]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise InputError(f"several studies are called {', '.join(twice)}; their results would overwrite each other.")
    return {path: output / name for path, name in studies}


@contextmanager
def _reported() -> Iterator[None]:
    """Turn errors into plain words on stderr and an exit status, and a request to stop into an exception."""
    former = signal.signal(signal.SIGTERM, _stop)
    try:
        yield
    except SpatialRegionError as error:
        typer.echo(f"Error: {error}" if "\n" not in str(error) else f"Errors:\n{error}", err=True)
        raise typer.Exit(BAD_INPUT) from error
    except KeyboardInterrupt as error:
        typer.echo("Interrupted; nothing was written.", err=True)
        raise typer.Exit(INTERRUPTED) from error
    finally:
        signal.signal(signal.SIGTERM, former)


def _stop(signum: int, frame: FrameType | None) -> None:
    signal.signal(signum, signal.SIG_IGN)  # let what is half-written be cleared away in peace
    raise KeyboardInterrupt


@contextmanager
def _progress(name: str, steps: int) -> Iterator[Callable[[str], None]]:
    """Show on a terminal which step runs; elsewhere say nothing."""
    console = Console(stderr=True)
    columns = (
        TextColumn("{task.fields[study]}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.description}"),
    )
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("", total=steps, study=name)
        started = [False]

        def announce(step: str) -> None:
            progress.update(task, description=step, advance=1 if started[0] else 0)
            started[0] = True

        yield announce


if __name__ == "__main__":
    main()
