"""What stands behind one cell, as blocks of escaped HTML: verdicts, searches, controls, evidence. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import TYPE_CHECKING, Any

import pandas as pd

from dashboard import cases, facts, wording
from dashboard.marks import palette
from dashboard.text import Text
from dashboard.tiles import seen_in_part, tile

if TYPE_CHECKING:
    from dashboard.queries import Certificate

Row = Mapping[Any, Any]

#: Roles of evidence that answer the question, and those that stand apart and are never added.
ANSWERS = ("value", "floor", "absent", "table", "listed")
APART = ("candidate", "broader")


def shown(value: object) -> str:
    """A value of a frame as escaped text; nothing where it is missing."""
    return "" if wording.missing(value) else escape(str(value))


def link(label: object, url: object, lang: object = "") -> str:
    """A link, or the bare label where there is no web address."""
    name = shown(label) or shown(url)
    marked = f' lang="{shown(lang)}"' if shown(lang) else ""
    address = "" if wording.missing(url) else str(url)
    if not facts.safe(address):
        return f"<span{marked}>{name}</span>"
    return f'<a href="{escape(address, quote=True)}" target="_blank" rel="noopener"{marked}>{name}</a>'


def claimant(found: Certificate, text: Text) -> str:
    """Who says there is none: the documents of the claims, with their dates."""
    claims = found.evidence[found.evidence["role"] == "claimed"]
    if claims.empty:
        claims = found.evidence[found.evidence["search_depth"] == "single_source"]
    named = []
    for row in claims.drop_duplicates("citation_short").to_dict("records"):
        if wording.missing(row["citation_short"]):
            continue
        named.append(_dated(str(row["citation_short"]), row["as_of"], row["accessed_on"], text))
    return text.join(named) if named else ""


def _dated(document: str, as_of: object, read_on: object, text: Text) -> str:
    """A document with the date of what it says; where it gives none, with the date of reading, said so."""
    day = "" if wording.missing(as_of) else text.day(str(as_of))
    if day:
        return f"{document} ({day})"
    read = "" if wording.missing(read_on) else text.day(str(read_on))
    if read:
        return text.gettext("{document} (undated; read {day})").format(document=document, day=read)
    return text.gettext("{document} (undated)").format(document=document)


def funders(found: Certificate) -> tuple[int, int]:
    """How many funders are on the list of a programme question, and how many of them were checked."""
    rows = found.evidence[found.evidence["file"] == "funder_checks"]
    checked = int((rows["role"] == "absent").sum())
    return checked + int((rows["role"] == "open").sum()), checked


def verdicts(found: Certificate, text: Text, theme: str, titles: Mapping[str, str]) -> str:
    """Each source's verdict with its mark and its reasons in words, and the reasons of the cell."""
    reasons = found.reasons
    seen = set(found.searches.loc[found.searches["total"] > 0, "source_id"])
    lines = []
    for row in found.verdicts.to_dict("records"):
        own = reasons[reasons["source_id"] == row["source_id"]]
        lines.append(_verdict({**row, "seen": row["source_id"] in seen}, own, text, theme, titles))
    general = reasons[reasons["source_id"].isna() | ~reasons["source_id"].isin(found.verdicts["source_id"])]
    if len(general):
        lines.append(f'<div class="lc-v"><span></span><div>{_reasons(general, text, titles)}</div></div>')
    return "".join(lines)


def _verdict(row: Row, reasons: pd.DataFrame, text: Text, theme: str, titles: Mapping[str, str]) -> str:
    _ = text.gettext
    drawn = tile(_as_cell(row), text, theme)
    kind = _("required") if row["required"] else _("optional")
    state = wording.word(wording.STATES, row["state"], text)
    if row["state"] == "unproven" and row["seen"]:
        state, drawn = _("seen in a part, not counted"), seen_in_part(_as_cell(row), text, theme)
    told = [kind, state]
    if shown(row["answered_on"]):
        told.append(text.day(row["answered_on"]))
    if shown(row["failed"]):
        why = wording.failure(str(row["failed"]), str(row["name"]), text)
        told.append(_("last check{colon}{why}").format(colon=text.colon, why=why))
    if not row["form_verified"]:
        told.append(_("form unverified: no real answer was seen"))
    name = link(wording.source_name(row["name"], text), row["homepage"])
    head = f'<b>{name}</b> <span class="lc-s">{escape(" · ".join(told))}</span>'
    return f'<div class="lc-v">{drawn}<div>{head}{_reasons(reasons, text, titles)}</div></div>'


def _as_cell(row: Row) -> dict[str, Any]:
    """A verdict with the columns that a mark needs; its freshness is its own."""
    aside = {"broader_n": 0, "candidate_n": 0, "implied_by": None}
    counts = {"proven_sources": int(bool(row["proper"])), "required_sources": 1}
    return {**{str(k): v for k, v in row.items()}, **aside, **counts}


def _reasons(rows: pd.DataFrame, text: Text, titles: Mapping[str, str]) -> str:
    if rows.empty:
        return ""
    said = [
        wording.reason(
            str(r["code"]),
            "" if wording.missing(r["detail"]) else str(r["detail"]),
            wording.source_name(r["name"], text),
            text,
            titles,
        )
        for r in rows.to_dict("records")
    ]
    return "<ul>" + "".join(f"<li>{escape(s)}</li>" for s in said) + "</ul>"


def searches(found: Certificate, text: Text) -> str:
    """Every search behind the cell: exact query, date, what came back, and its controls."""
    tables = found.evidence[found.evidence["file"] == "dataset_searches"]
    answering = dict(zip(tables["row_id"], tables["n"], strict=True))
    return "".join(
        _search(row, found.controls, answering.get(row["search_id"]), text)
        for row in found.searches.to_dict("records")
    )


def _search(row: Row, controls: pd.DataFrame, answering: int | None, text: Text) -> str:
    """One search; of what it found, ``answering`` rows of a public table answer the question."""
    _ = text.gettext
    where = link(wording.source_name(row["name"], text), row["url"] or row["reference_url"])
    day = text.day(str(row["asked_on"]))
    if shown(row["fault"]):
        came = wording.word(wording.FAULTS, row["fault"], text)
    else:
        came = _("found {n}").format(n=text.number(int(row["total"])))
        if answering is not None and answering != row["total"]:
            of_them = text.ngettext("{n} of them answers", "{n} of them answer", int(answering))
            came = f"{came}, {of_them}"
    size = "" if wording.missing(row["register_size"]) else text.number(int(row["register_size"]))
    extent = _("whole source") if row["coverage"] == "whole" else _("a part of the source")
    if size:
        extent = _("{extent}, {n} rows").format(extent=extent, n=size)
    told = [day, wording.word(wording.RUNGS, row["rung"], text), extent]
    fields = _("in {fields}").format(fields=row["fields"]) if shown(row["fields"]) else ""
    own = controls[
        (controls["search_id"] == row["search_id"])
        | (
            controls["search_id"].isna()
            & (controls["snapshot_id"] == row["snapshot_id"])
            & (controls["source_id"] == row["source_id"])
        )
    ]
    source = shown(row["citation_short"])
    said = [f"<b>{where}</b> · {escape(' · '.join(f for f in told if f))}"]
    said.append(f"<code>{shown(row['query'])}</code> <b>{escape(came)}</b>")
    said.append(f'<span class="lc-s">{escape(fields)}{" · " if fields and source else ""}{source}</span>')
    said += [_control(c, text) for c in own.to_dict("records")]
    return f'<div class="lc-e">{"<br>".join(s for s in said if s)}</div>'


def _control(row: Row, text: Text) -> str:
    _ = text.gettext
    if shown(row["fault"]):
        came = wording.word(wording.FAULTS, row["fault"], text)
    elif row["kind"] == "known_items":
        came = _("{x} of {n} retrieved").format(x=_int(row["found"]), n=_int(row["expected"]))
    else:
        came = _("found {n}").format(n=text.number(_int(row["found"])))
    passed = "✓ " + _("passed") if row["passed"] else "✗ " + _("not passed")
    kind = wording.word(wording.CONTROLS, row["kind"], text)
    query = f" <code>{shown(row['query'])}</code>" if shown(row["query"]) else ""
    return f'<span class="lc-s">{escape(kind)}{query} {escape(came)} · {escape(passed)}</span>'


def _int(value: object) -> int:
    return 0 if wording.missing(value) else int(str(value).split(".")[0])


def evidence(rows: pd.DataFrame, text: Text) -> str:
    """Rows of evidence: what, where it is said, and a link to it."""
    return "".join(_evidence(row, text) for row in rows.to_dict("records"))


def _evidence(row: Row, text: Text) -> str:
    _ = text.gettext
    lang = "" if wording.missing(row["language"]) else str(row["language"])
    role = wording.word(wording.EVIDENCE_ROLES, row["role"], text)
    told = [role, "" if wording.missing(row["as_of"]) else text.day(str(row["as_of"]))]
    if row["role"] in ("claimed", "value", "table"):
        told.append(_("count{colon}{n}").format(colon=text.colon, n=text.number(int(row["n"]))))
    if not wording.missing(row["judged_by"]):
        second = _("not yet checked") if wording.missing(row["second_reader"]) else str(row["second_reader"])
        depth = wording.word(wording.DEPTHS, row["search_depth"], text) if shown(row["search_depth"]) else ""
        told += [depth, _("second reader{colon}{who}").format(colon=text.colon, who=second)]
    if row["file"] == "trials":
        told.insert(1, wording.trial_status(row["status"], row["status_as_of"], text))
    title = shown(row["title"]) or escape(role)
    detail = _detail(row, text)
    cited = link(row["citation_short"], row["url"], lang)
    place = [cited, shown(row["locator"]), shown(row["row_id"])]
    return (
        f'<div class="lc-e"><b lang="en">{title}</b> {detail}<br>'
        f'<span class="lc-s">{" · ".join(p for p in place if p)}<br>'
        f"{escape(' · '.join(f for f in told if f))}</span></div>"
    )


#: Files whose detail is a code with a word.
_DETAILS = {"studies": cases.DESIGNS, "cases": cases.OUTCOMES}


def _detail(row: Row, text: Text) -> str:
    """The detail of a row of evidence: a code in words, the rest in the language of the evidence."""
    if row["file"] in _DETAILS:
        return escape(cases.word(_DETAILS[str(row["file"])], row["detail"], text))
    return f'<span lang="en">{shown(row["detail"])}</span>'


def related_title(rows: pd.DataFrame, text: Text) -> str:
    """How many reports may be the same disease, and how many were judged a different one."""
    other = int((rows["verdict"] == "different_entity").sum())
    said = text.gettext("Reports that may be the same disease ({n})").format(n=text.number(len(rows) - other))
    if not other:
        return said
    return said + text.ngettext(
        ", and {n} judged a different disease", ", and {n} judged different diseases", other
    )


def related(found: Certificate, text: Text) -> str:
    """Reports that may be the same disease under another label."""
    lines = []
    for row in found.related.to_dict("records"):
        verdict = wording.word(wording.VERDICTS, row["verdict"], text)
        lines.append(
            f'<div class="lc-e"><b lang="en">{shown(row["label_used"])}</b> · {escape(verdict)}<br>'
            f"{escape(text.pick(row, 'why_it_may_be_the_same'))}<br>"
            f'<span class="lc-s">{link(row["citation_short"], row["url"])}</span></div>'
        )
    return "".join(lines)


def records(rows: pd.DataFrame, text: Text) -> str:
    """Live records or near misses, each with its link."""
    lines = []
    for row in rows.to_dict("records"):
        status = ""
        if row.get("kind") == "trial":
            status = escape(wording.trial_status(row["status"], row["status_as_of"], text))
        match = escape(wording.word(wording.MATCHES, row["match"], text)) if "match" in row else ""
        told = [shown(row["record_id"]), status, match, shown(row.get("matched_name"))]
        lines.append(
            f'<div class="lc-e">{link(row["title"], row["url"])}<br>'
            f'<span class="lc-s">{" · ".join(t for t in told if t)}</span></div>'
        )
    return "".join(lines)


def head(cell: Row, text: Text, theme: str) -> str:
    """The tile of the cell and where it stands."""
    colours = palette(theme)
    drawn = tile({str(k): v for k, v in cell.items()}, text, theme)
    where = escape(f"{text.pick(cell, 'label')} ({cell['abbreviation']})")
    k_of_m = escape(wording.coverage({str(k): v for k, v in cell.items()}, text))
    return (
        f'<div style="display:flex;gap:1rem;align-items:center">{drawn}'
        f'<div>{where}<br><span style="color:{colours.quiet}">{k_of_m}</span></div></div>'
    )
