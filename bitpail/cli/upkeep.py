"""``bitpail repo maintain``: put repositories in order now, while the server runs or not."""

import sys
from functools import partial

import click

from bitpail.cli.context import Context, answer, as_json, two_names
from bitpail.services import upkeep
from bitpail.services.site import Site
from bitpail.services.upkeep import Report, Target

_UNITS = ("bytes", "kB", "MB", "GB", "TB")


@click.command()
@click.argument("full_names", metavar="WORKSPACE/REPOSITORY...", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="Every repository of the server.")
@click.option("--full", is_flag=True, help="Pack everything anew, not only what is new. It may take long.")
@as_json
@click.pass_obj
def maintain(
    context: Context, full_names: tuple[str, ...], everything: bool, full: bool, as_json: bool
) -> None:
    """Repack repositories and their wikis, index them and pack their refs, as the server does by itself.

    Safe at any time, and to interrupt. Exit status 1 if one of them failed.
    """
    if everything == bool(full_names):
        raise click.UsageError("name repositories, or say --all")
    names = None if everything else [two_names(name) for name in dict.fromkeys(full_names)]

    async def work(site: Site) -> list[Report]:
        reports = []
        targets = await upkeep.targets(site, names)
        for number, target in enumerate(targets, 1):
            shown = f"[{number}/{len(targets)}] {_name(target)}"
            report = await upkeep.maintain(site, target, whole=full, progress=partial(_step, shown))
            _show("")
            reports.append(report)
            if not as_json:
                click.echo(f"{_name(target):50} {_said(report)}")
        return reports

    reports = context.run(work)
    if as_json:
        answer([_as_json(report) for report in reports])
    if any(report.outcome == "failed" for report in reports):
        sys.exit(1)


def _step(of: str, step: str) -> None:
    _show(f"{of}: {step}")


def _show(text: str) -> None:
    """One line that the next one replaces, on a terminal only."""
    if sys.stderr.isatty():
        click.echo(f"\r\x1b[K{text}", nl=False, err=True)


def _name(one: Target) -> str:
    return f"{one.full_name} (wiki)" if one.of == "wiki" else one.full_name


def _said(report: Report) -> str:
    before, after = report.before, report.after
    if before is None or after is None:
        return {"busy": "somebody else is at it", "gone": "gone meanwhile"}.get(
            report.outcome, f"FAILED {report.reason}"
        )
    if report.outcome == "in order":
        return "in order"
    return (
        f"packs {before.packs} -> {after.packs}, loose objects {before.loose} -> {after.loose}, "
        f"loose refs {before.loose_refs} -> {after.loose_refs}, "
        f"{_difference(report.bytes_saved)}, {report.seconds:.1f} s"
    )


def _difference(saved: int) -> str:
    if not saved:
        return "as large"
    return f"{_size(abs(saved))} {'smaller' if saved > 0 else 'larger'}"


def _size(number: float) -> str:
    unit = 0
    while number >= 1000 and unit < len(_UNITS) - 1:
        number /= 1000
        unit += 1
    return f"{number:.0f} {_UNITS[unit]}" if unit == 0 else f"{number:.1f} {_UNITS[unit]}"


def _as_json(report: Report) -> dict[str, object]:
    shown: dict[str, object] = {
        "full_name": report.full_name,
        "of": report.of,
        "outcome": report.outcome,
        "reason": report.reason,
        "full": report.whole,
        "seconds": report.seconds,
        "bytes_saved": report.bytes_saved,
    }
    for name, state in (("before", report.before), ("after", report.after)):
        shown[name] = state and {
            "packs": state.packs,
            "loose_objects": state.loose,
            "loose_refs": state.loose_refs,
            "bytes": state.bytes,
        }
    return shown
