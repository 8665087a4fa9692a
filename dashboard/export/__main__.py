"""``python -m dashboard.export --disease imam --lang fr --format pptx,pdf,html,zip --out DIR``."""

from __future__ import annotations

import time
from pathlib import Path

import click

from dashboard import queries, takeaway
from dashboard.store import StoreMissing
from dashboard.text import LANGUAGES


@click.command()
@click.option("--disease", "diseases", required=True, help="Id of a disease, or several: imam,dm.")
@click.option("--lang", "langs", default="en", show_default=True, help="en, fr, or both: en,fr.")
@click.option("--format", "formats", default="pptx,pdf,html,zip", show_default=True,
              help=f"Any of {','.join(takeaway.FORMATS)}.")  # fmt: skip
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), default=Path(), help="Folder.")
def main(diseases: str, langs: str, formats: str, out: Path) -> None:
    """Write the files that the buttons of the dashboard give, and say how long each took."""
    try:
        known = queries.foci()
    except StoreMissing as missing:
        raise click.ClickException(str(missing)) from missing
    wanted = [
        (disease, lang, kind)
        for disease in _of(diseases, known, "disease")
        for lang in _of(langs, list(LANGUAGES), "language")
        for kind in _of(formats, list(takeaway.FORMATS), "format")
    ]
    out.mkdir(parents=True, exist_ok=True)
    for n, (disease, lang, kind) in enumerate(wanted, 1):
        click.echo(f"[{n}/{len(wanted)}] {disease} {lang} {kind} … ", nl=False)
        start = time.perf_counter()
        file = takeaway.make(kind, disease, lang)
        (out / file.name).write_bytes(file.data)
        size, taken = len(file.data) / 1000, time.perf_counter() - start
        click.echo(f"{out / file.name} ({size:.0f} kB, {taken:.1f} s)")


def _of(asked: str, known: list[str], what: str) -> list[str]:
    """The entries of a list with commas, each of which must be known."""
    chosen = [one.strip() for one in asked.split(",") if one.strip()]
    if unknown := [one for one in chosen if one not in known]:
        raise click.BadParameter(f"no {what} {', '.join(unknown)}; known: {', '.join(known)}")
    return chosen


if __name__ == "__main__":
    main()
