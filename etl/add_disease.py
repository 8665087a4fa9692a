"""``add-disease``: a draft of a catalog entry from Orphadata, for a person to review and adopt.

A draft is a folder ``data/drafts/<disease_id>`` with the rows that the catalog would need: the disease,
its parent and siblings as proposed comparators, names in both languages, the reference behind
them. Whatever a machine cannot decide carries a word in the column ``review``; ``check`` refuses each
such word until a person has decided and emptied the cell, or removed the row.
"""

from __future__ import annotations

import csv
import io
import re
import shutil
import sys
import tempfile
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol, TypeVar

import click

from etl import ROOT
from etl import catalog as catalogs
from etl.catalog import CatalogMistakes
from etl.check import Mistake
from etl.http import Http, Identity, Read, SettingMistake
from etl.match import same_name
from etl.model import Answer, Catalog, Fault, Reading, Request
from etl.sources import orphadata
from etl.sources.orphadata import Disorder
from etl.store import metadata_version
from etl.tables import table

LANGUAGES = ("en", "fr")
REVIEW = "review"
#: The tables of a draft, in the order in which a person reads them.
TABLES = ("disease", "disease_name", "disease_relation", "known_item", "reference")
#: As many comparators as IMAM has; more siblings are only named.
MOST_COMPARATORS = 6
#: As many words of the field as a search needs beside an acronym.
MOST_FIELD_WORDS = 6
#: Words that stand in the names of diseases of every field.
_ANY_FIELD = frozenset(
    ["associated", "deficiency", "disease", "disorder", "idiopathic", "juvenile", "related", "syndrome"]
)
#: Column of a disease <- list of codes at Orphanet. Only exact ones are taken.
_CODES = {"mondo": "MONDO", "mesh": "MeSH", "umls": "UMLS", "icd10": "ICD-10"}

T = TypeVar("T")
Row = dict[str, str]


class DraftError(Exception):
    """A draft that cannot be written or adopted. The message says what to do."""


class Asker(Protocol):
    """What a draft needs of the network: :class:`etl.http.Http`, or a stand-in in tests."""

    def ask(self, request: Request, read: Read, *, anew: bool = False) -> tuple[Answer, Reading]:
        """The answer, once ``read`` could understand it."""


@dataclass
class Draft:
    """Rows by table, each with its column ``review``."""

    disease_id: str
    rows: dict[str, list[Row]] = field(default_factory=lambda: {name: [] for name in TABLES})
    left_out: list[str] = field(default_factory=list)

    def add(self, name: str, review: str = "", /, **cells: str) -> None:
        """Append a row; cells that are not given stay empty."""
        columns = [c.name for c in table(name).columns]
        self.rows[name].append({REVIEW: review, **dict.fromkeys(columns, ""), **cells})


# --- asking -------------------------------------------------------------------------------------


def draft(http: Asker, catalog: Catalog, orpha: str, today: str) -> Draft:
    """Ask Orphadata for a disease, its parent and its siblings in both languages.

    Raises :class:`DraftError` for an unknown code or one that the catalog has, ``Fault`` when an
    answer cannot be believed: a draft is never made of half the answers.
    """
    known = {str(r["orpha"]): str(r["disease_id"]) for r in catalog.tables["disease"] if r["orpha"]}
    if orpha in known:
        raise DraftError(f"ORPHA:{orpha} is in the catalog already, as {known[orpha]!r}.")
    names = _both(http, orpha)
    if names is None:
        raise DraftError(f"Orphadata knows no ORPHA:{orpha}. Look the code up on orpha.net.")
    parents, siblings = _relatives(http, orpha)
    drafting = _Drafting(http, catalog, known, f"orphadata_{today.replace('-', '')}")
    result = drafting.disease(names)
    siblings = sorted(siblings, key=lambda code: code not in known)  # those of the catalog first
    for code in parents[:1]:
        drafting.relative(result, code, "parent")
    for code in siblings[:MOST_COMPARATORS]:
        drafting.relative(result, code, "comparator")
    result.left_out += [*parents[1:], *siblings[MOST_COMPARATORS:]]
    drafting.finish(result, today, names["en"].version)
    return result


def _both(http: Asker, orpha: str) -> dict[str, Disorder] | None:
    """The disease in both languages, or ``None`` where Orphadata does not know the code."""
    found = {}
    for language in LANGUAGES:
        disorder = _asked(http, orphadata.ask_disorder(orpha, language), orphadata.read_disorder)
        if disorder is None:
            return None
        found[language] = disorder
    return found


def _relatives(http: Asker, orpha: str) -> tuple[list[str], list[str]]:
    """Codes of parents and siblings, those that share most classifications first."""
    places = _asked(http, orphadata.ask_places(orpha), orphadata.read_places)
    parents = _by_weight(p for place in places for p in place.parents)
    siblings = []
    for parent in parents[:1]:
        of_parent = _asked(http, orphadata.ask_places(parent), orphadata.read_places)
        siblings = _by_weight(c for place in of_parent for c in place.children if c != orpha)
    return parents, siblings


def _by_weight(codes: Iterable[str]) -> list[str]:
    listed = list(codes)
    return sorted(set(listed), key=lambda c: (-listed.count(c), int(c) if c.isdecimal() else 0, c))


def _asked(http: Asker, request: Request, read: Callable[[Request, Answer], T]) -> T:
    found: list[T] = []

    def keep(asked: Request, answer: Answer) -> Reading:
        found.append(read(asked, answer))
        return Reading(None)

    http.ask(request, keep)
    return found[-1]


# --- drafting -----------------------------------------------------------------------------------


@dataclass
class _Drafting:
    http: Asker
    catalog: Catalog
    known: Mapping[str, str]
    reference_id: str
    taken: set[str] = field(default_factory=set)

    def disease(self, names: Mapping[str, Disorder]) -> Draft:
        """A draft of the disease itself, without relatives."""
        result = Draft(self._id(names["en"]))
        self._rows(result, result.disease_id, names, "")
        return result

    def relative(self, result: Draft, orpha: str, role: str) -> None:
        """A parent or comparator: of the catalog, or drafted with its names."""
        other = self.known.get(orpha) or self._drafted(result, orpha, role)
        if not other:
            result.left_out.append(orpha)
            return
        order = str(10 * (len(result.rows["disease_relation"]) + 1))
        review = f"proposed {role}: is it the right one?"
        ids = {"focus_id": result.disease_id, "other_id": other}
        result.add("disease_relation", review, role=role, sort_order=order, **ids)
        if role == "parent":
            result.rows["disease"][0]["parent_disease_id"] = other

    def _drafted(self, result: Draft, orpha: str, role: str) -> str:
        """The id of a relative drafted with its names; empty where Orphadata does not know it."""
        names = _both(self.http, orpha)
        if names is None:
            return ""
        other = self._id(names["en"])
        self._rows(result, other, names, f"proposed {role}: keep, or remove all its rows")
        if role == "comparator":  # a sibling: of the same parent
            result.rows["disease"][-1]["parent_disease_id"] = result.rows["disease"][0]["parent_disease_id"]
        return other

    def finish(self, result: Draft, today: str, version: str) -> None:
        """The words of the field, and the reference behind the names."""
        words = field_words([r["label_en"] for r in result.rows["disease"]], self._words_of_relatives(result))
        unclear = {r["disease_id"] for r in result.rows["disease_name"] if r["ambiguous"] == "yes"}
        for row in result.rows["disease"]:
            row["field_words"] = ";".join(words)
            if row["disease_id"] in unclear:
                doubt = "field words, taken from the names: do they stand beside the acronym in titles?"
                row[REVIEW] = "; ".join(filter(None, (row[REVIEW], doubt)))
        if self.reference_id in {str(r["reference_id"]) for r in self.catalog.tables["reference"]}:
            return
        result.add(
            "reference",
            reference_id=self.reference_id,
            kind="dataset",
            citation_short=f"Orphadata {version[:4] or today[:4]}",
            title=f"[Orphadata: rare diseases and cross-referencing, data of {version or 'unknown date'}]",
            year=version[:4],
            container="Orphadata Science, INSERM",
            url="https://api.orphadata.com",
            access="full_text",
            accessed_on=today,
            language="en",
        )

    def _words_of_relatives(self, result: Draft) -> list[str]:
        """The field words of those relatives that the catalog has."""
        relatives = {r["other_id"] for r in result.rows["disease_relation"]}
        of_catalog = [r for r in self.catalog.tables["disease"] if r["disease_id"] in relatives]
        lists = (r["field_words"] for r in of_catalog)
        return [str(word) for words in lists if isinstance(words, list) for word in words]

    def _id(self, disorder: Disorder) -> str:
        acronyms = [s for s in disorder.synonyms if is_acronym(s)]
        base = _slug(acronyms[0]) if acronyms else _slug(disorder.name)[:40].rstrip("_")
        taken = {str(r["disease_id"]) for r in self.catalog.tables["disease"]} | self.taken
        chosen = base if base and base not in taken else f"orpha_{disorder.orpha}"
        self.taken.add(chosen)
        return chosen

    def _rows(self, result: Draft, disease_id: str, names: Mapping[str, Disorder], review: str) -> None:
        english, french = names["en"], names["fr"]
        acronyms = [s for s in english.synonyms if is_acronym(s)]
        doubts = [review] if review else []
        if same_name(english.name, french.name):
            doubts.append("the French name is the English one: is it so?")
        if not acronyms:
            doubts.append("the abbreviation was made from the name")
        cells = {column: _only(english.exact(source)) for column, source in _CODES.items()}
        doubts += [f"several exact {s} codes" for s in _CODES.values() if len(english.exact(s)) > 1]
        result.add(
            "disease",
            "; ".join(doubts),
            disease_id=disease_id,
            label_en=english.name,
            label_fr=french.name,
            abbreviation=acronyms[0] if acronyms else initials(english.name),
            orpha=english.orpha,
            note=f"Drafted from Orphadata; {english.typology or english.group or 'type not told'}.",
            **cells,
        )
        for disorder in (english, french):
            self._names(result, disease_id, disorder)

    def _names(self, result: Draft, disease_id: str, disorder: Disorder) -> None:
        told: set[str] = set()
        for name in (disorder.name, *disorder.synonyms):
            if name.casefold() in told:
                continue
            told.add(name.casefold())
            preferred = name == disorder.name
            kind = "preferred" if preferred else "acronym" if is_acronym(name) else "synonym"
            ambiguous = not preferred and is_ambiguous(name)
            result.add(
                "disease_name",
                "" if preferred else self._doubt(name, disease_id, ambiguous),
                disease_id=disease_id,
                name=name,
                language=disorder.language,
                kind=kind,
                ambiguous="yes" if ambiguous else "no",
                reference_id=self.reference_id,
            )

    def _doubt(self, name: str, disease_id: str, ambiguous: bool) -> str:
        """Why a synonym waits for a person: some belong to a group, some to another disease."""
        same = (r for r in self.catalog.tables["disease_name"] if same_name(str(r["name"]), name))
        others = sorted({str(r["disease_id"]) for r in same} - {disease_id})
        if others:
            return f"also a name of {', '.join(others)}: does it mean this disease alone?"
        if ambiguous:
            return "ambiguous: only searched beside a word of the field; is it in use?"
        return "synonym: does it mean this disease alone?"


def is_acronym(name: str) -> bool:
    """One short word with two capitals at least, such as *IBM*, *sIBM*, *ASyS*."""
    return " " not in name and len(name) <= 8 and sum(c.isupper() for c in name) >= 2


def is_ambiguous(name: str) -> bool:
    """An acronym, or a name of which an acronym of two or three letters is a part (*Juvenile DM*)."""
    return is_acronym(name) or any(re.fullmatch(r"[A-Z]{2,3}", word) for word in name.split())


def field_words(names: Sequence[str], known: Iterable[str] = ()) -> list[str]:
    """Words of a field: those ``known`` for relatives, then those that most ``names`` of the family hold."""
    in_names = [set(re.findall(r"[^\W\d_]{5,}", name.casefold())) - _ANY_FIELD for name in names]
    often = Counter(word for words in in_names for word in sorted(words))
    return list(dict.fromkeys([*known, *(word for word, _ in often.most_common())]))[:MOST_FIELD_WORDS]


def initials(name: str) -> str:
    """An abbreviation made from the words of a name."""
    return "".join(word[0] for word in re.findall(r"\w{3,}", name)).upper()[:6]


def _slug(name: str) -> str:
    bare = unicodedata.normalize("NFKD", name.casefold()).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "_", bare).strip("_")


def _only(codes: Sequence[str]) -> str:
    return codes[0] if len(codes) == 1 else ""


# --- the folder ---------------------------------------------------------------------------------


def drafts(data: Path) -> list[Path]:
    """The folders of all drafts."""
    return sorted(p for p in (data / "drafts").glob("*") if p.is_dir())


def write(data: Path, made: Draft) -> Path:
    """Write a draft; one that is there already is a person's work and stays."""
    folder = data / "drafts" / made.disease_id
    if folder.exists():
        raise DraftError(f"{folder} is there already: adopt it, or remove it to start again.")
    folder.mkdir(parents=True)
    for name in TABLES:
        columns = [REVIEW, *(c.name for c in table(name).columns)]
        text = io.StringIO(newline="")
        writer = csv.DictWriter(text, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(made.rows[name])
        _file(folder, name).write_text(text.getvalue(), encoding="utf-8")
    return folder


def mistakes(data: Path, folder: Path) -> list[Mistake]:
    """What stands between a draft and the catalog: open reviews, and all that ``check`` would refuse."""
    found = [m for name in TABLES for m in _open_reviews(folder, name)]
    if found:
        return sorted(found)
    with tempfile.TemporaryDirectory() as place:
        trial = Path(place)
        for part in ("catalog", "curated"):
            shutil.copytree(data / part, trial / part)
        added = _append(trial, folder)
        try:
            catalogs.load(trial)
        except CatalogMistakes as error:
            return [_relocated(m, folder, added) for m in error.mistakes]
    return []


def adopt(data: Path, folder: Path) -> None:
    """Append the rows of a reviewed draft to the catalog and remove the draft.

    Raises :class:`etl.catalog.CatalogMistakes` and changes nothing while anything is open.
    """
    open_points = mistakes(data, folder)
    if open_points:
        raise CatalogMistakes(open_points)
    _append(data, folder)
    shutil.rmtree(folder)


def _file(folder: Path, name: str) -> Path:
    return folder / Path(table(name).file).name


def _open_reviews(folder: Path, name: str) -> Iterator[Mistake]:
    """Each filled ``review`` cell, and each file of the draft that cannot be read as one."""
    file = f"data/drafts/{folder.name}/{_file(folder, name).name}"
    try:
        lines, rows = _read(_file(folder, name))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        yield Mistake(file, 1, "", f"The file cannot be read ({error}).", "Restore it, or draft anew.")
        return
    expected = [REVIEW, *(c.name for c in table(name).columns)]
    if rows[:1] != [expected]:
        yield Mistake(file, 1, "", "The header is not that of a draft.", f"Use {','.join(expected)}.")
        return
    for line, cells in zip(lines[1:], rows[1:], strict=True):
        if cells and cells[0].strip():
            remedy = "Decide, then empty this cell; or remove the row."
            yield Mistake(file, line, REVIEW, f"To be reviewed: {cells[0].strip()}.", remedy)


def _read(file: Path) -> tuple[list[int], list[list[str]]]:
    """Rows and the lines where they begin."""
    text = file.read_bytes().decode("utf-8-sig")
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    lines, rows, line = [], [], 1
    for cells in reader:
        lines.append(line)
        rows.append(cells)
        line = reader.line_num + 1
    return lines, rows


def _append(data: Path, folder: Path) -> dict[str, tuple[int, list[int]]]:
    """Append a draft to the files below ``data``; for each file where the rows begin and came from."""
    added = {}
    for name in TABLES:
        target = data / table(name).file
        text = target.read_text(encoding="utf-8")
        text += "" if text.endswith("\n") else "\n"
        lines, rows = _read(_file(folder, name))
        out = io.StringIO(newline="")
        header = next(csv.reader(io.StringIO(text, newline="")))
        columns = rows[0]
        writer = csv.DictWriter(out, header, extrasaction="ignore", lineterminator="\n")
        for cells in rows[1:]:
            writer.writerow(dict(zip(columns, cells, strict=False)))
        added[f"data/{table(name).file}"] = (text.count("\n"), lines[1:])
        target.write_text(text + out.getvalue(), encoding="utf-8")
    return added


def _relocated(mistake: Mistake, folder: Path, added: Mapping[str, tuple[int, list[int]]]) -> Mistake:
    """A mistake in an appended row, told where the person wrote it."""
    before, lines = added.get(mistake.file, (0, []))
    row = mistake.line - before - 1
    if before and 0 <= row < len(lines):
        file = f"data/drafts/{folder.name}/{Path(mistake.file).name}"
        return replace(mistake, file=file, line=lines[row])
    return mistake


# --- the command --------------------------------------------------------------------------------


@click.command("add-disease")
@click.argument("orpha")
@click.option("--adopt", "adopting", is_flag=True, help="Move the reviewed draft into the catalog.")
@click.option("--data", type=click.Path(path_type=Path), default=ROOT / "data", help="The data folder.")
def add_disease_command(orpha: str, adopting: bool, data: Path) -> None:
    """Draft a catalog entry for ORPHA (such as ORPHA:247724) from Orphadata, for a person to review.

    Needs LACUNA_CONTACT. With --adopt, ORPHA may also be the name of the draft's folder.
    """
    try:
        if adopting:
            _adopt_and_tell(data, orpha)
        else:
            _draft_and_tell(data, orpha)
    except Fault as fault:
        click.echo(f"Orphadata: {fault}. Nothing was drafted.", err=True)
        sys.exit(1)
    except (SettingMistake, CatalogMistakes, DraftError) as error:
        click.echo(str(error), err=True)
        sys.exit(1)


def _draft_and_tell(data: Path, orpha: str) -> None:
    code, catalog = _code(orpha), catalogs.load(data)
    source = catalog.sources[orphadata.SOURCE_ID]
    identity = Identity.from_environment(metadata_version())
    http = Http({source.source_id: source}, data / "local" / "answers", identity)
    try:
        http.require_contact()
        made = draft(http, catalog, code, datetime.now(UTC).date().isoformat())
    finally:
        http.close()
    folder = write(data, made)
    click.echo(f"{folder}: a draft. Review each row that says so, then 'python -m etl check', then --adopt.")
    if made.left_out:
        click.echo("Relatives left out: " + ", ".join(f"ORPHA:{c}" for c in made.left_out))


def _adopt_and_tell(data: Path, orpha: str) -> None:
    wanted = [f for f in drafts(data) if f.name == orpha or _is_draft_of(f, orpha)]
    if not wanted:
        raise DraftError(f"There is no draft of {orpha}.")
    adopt(data, wanted[0])
    click.echo(
        f"{wanted[0].name} is in the catalog. Next: 'python -m etl refresh --disease {wanted[0].name}'."
    )


def _is_draft_of(folder: Path, orpha: str) -> bool:
    code = re.sub(r"\D", "", orpha)
    with _file(folder, "disease").open(encoding="utf-8-sig", newline="") as stream:
        first: Row = next(csv.DictReader(stream), {})
    return bool(code) and first.get("orpha") == code


def _code(text: str) -> str:
    found = re.fullmatch(r"(?:ORPHA(?:NET)?[:_ ]?)?([1-9]\d{0,7})", text.strip(), re.IGNORECASE)
    if not found:
        raise click.UsageError(f"{text!r} is no ORPHA code. Write it as ORPHA:247724.")
    return found[1]
