"""What the Methods page shows, as frames, facts and sentences in the reader's language. Pure.

Frames come as :class:`dashboard.queries.Methods` describes them.
"""

from __future__ import annotations

from html import escape

import pandas as pd

from dashboard import facts, wording
from dashboard.cases import Row, given, items, missing, records, word
from dashboard.facts import Fact
from dashboard.text import N_, NN_, Text

EMBEDDED = "embedded"

KINDS: dict[str, str] = {
    "trials": N_("Trials"),
    "literature": N_("Literature"),
    "funding": N_("Funding"),
    "regulation": N_("Medicines agencies"),
    "nomenclature": N_("Names and figures of diseases"),
    "curation": N_("Read by people"),
}
SUPPORT: dict[str, str] = {
    "supported": N_("supported"),
    "partly": N_("partly supported"),
    "contradicted": N_("contradicted"),
    "unverified": N_("not verified"),
}
#: The same of one claim and of several.
_SUPPORTED: dict[str, tuple[str, str]] = {
    "supported": NN_("{n} supported", "{n} supported"),
    "partly": NN_("{n} partly supported", "{n} partly supported"),
    "contradicted": NN_("{n} contradicted", "{n} contradicted"),
    "unverified": NN_("{n} not verified", "{n} not verified"),
}
_SUPPORT_GLYPHS = {"supported": "●", "partly": "◐", "contradicted": "✕", "unverified": "○"}
SCOPES: dict[str, str] = {
    "overview": N_("The whole"),
    "trials": N_("Trials"),
    "cases": N_("Cases"),
    "biomarkers": N_("Biomarkers"),
    "funding": N_("Funding"),
    "literature": N_("Literature"),
    "methods": N_("Methods"),
}
SCHEDULES: dict[str, str] = {
    "monthly": N_("every month"),
    "quarterly": N_("every quarter"),
    "half-yearly": N_("every half-year"),
}
ECHOES: dict[str, str] = {
    "full": N_("says which query it ran"),
    "none": N_("does not say which query it ran; control searches take that part"),
}
REUSE: dict[str, str] = {
    "full": N_("records may be passed on"),
    "metadata": N_("descriptions of records may be passed on, not their texts"),
    "counts_links": N_("only counts and links are passed on"),
}
COVERAGES: dict[str, str] = {"whole": N_("whole source"), "part": N_("part of the source")}
FILES: dict[str, str] = {
    "biomarkers": N_("Biomarkers"),
    "funder_checks": N_("Checks of funders"),
    "landscape": N_("Guidelines, registries, models, codes"),
    "questions": N_("The questions themselves"),
}


def matching(rows: pd.DataFrame, asked: str) -> pd.DataFrame:
    """The rows in which every word asked for stands somewhere, whatever its case."""
    words = asked.casefold().split()
    if not words or rows.empty:
        return rows
    texts = rows.astype("string").fillna("").agg(" ".join, axis=1).str.casefold()
    keep = pd.Series(True, index=rows.index)
    for one in words:
        keep &= texts.str.contains(one, regex=False)
    return rows[keep]


def shown(n: int, whole: int, text: Text) -> str:
    """``12 of 55 shown``."""
    return text.gettext("{n} of {m} shown").format(n=text.number(n), m=text.number(whole))


# --- searches ---------------------------------------------------------------------------------


def opening(searches: pd.DataFrame, sources: pd.DataFrame, text: Text) -> str:
    """The sentence on top: how many searches in how many sources, and how many of them live."""
    done = searches[searches["fault"] == ""]
    live = int((done["snapshot_id"] != EMBEDDED).sum())
    said = text.ngettext(
        "{n} search in {{sources}} of {{all}} sources stands behind these pages",
        "{n} searches in {{sources}} of {{all}} sources stand behind these pages",
        len(done),
    ).format(
        sources=text.number(done["source_id"].nunique()),
        all=text.number(int((sources["kind"] != "curation").sum())),
    )
    if not live:
        return text.gettext("{searches}, all of them counts of public tables; none was live.").format(
            searches=said
        )
    return text.gettext("{searches}, {n} of them live.").format(searches=said, n=text.number(live))


def source_summary(rows: pd.DataFrame, text: Text) -> str:
    """How many searches of a source, of which dates, and whether their controls passed."""
    failed = int((rows["controls_failed"] > 0).sum())
    without = int(rows["controls_failed"].isna().sum())
    days = sorted(set(rows["asked_on"].str[:10]))
    span = text.day(days[0]) if len(days) == 1 else f"{text.day(days[0])} – {text.day(days[-1])}"
    parts = [text.ngettext("{n} search", "{n} searches", len(rows)), span]
    if failed:
        parts.append(text.ngettext("controls failed in {n}", "controls failed in {n}", failed))
    if without:
        parts.append(text.ngettext("{n} without controls", "{n} without controls", without))
    if not failed and not without:
        parts.append(text.gettext("all controls passed"))
    return " · ".join(parts)


def searches(rows: pd.DataFrame, text: Text) -> pd.DataFrame:
    """One row a search, with the items of PRISMA-S."""
    return pd.DataFrame([_search(row, text) for row in records(rows)])


def _search(row: Row, text: Text) -> dict[str, object]:
    _ = text.gettext
    known = (
        text.gettext("{x} of {n}").format(x=int(row["known_found"]), n=int(row["known_expected"]))
        if not missing(row["known_found"])
        else ""
    )
    fault = word(wording.FAULTS, row["fault"], text) if row["fault"] else ""
    embedded = row["snapshot_id"] == EMBEDDED
    return {
        _("Disease"): row["abbreviation"],
        _("Question"): given(row[f"question_{text.lang}"]),
        _("Query"): row["query"],
        _("Found"): fault or text.number(int(row["total"])),
        _("Rows searched"): "" if missing(row["register_size"]) else text.number(int(row["register_size"])),
        _("Coverage"): word(COVERAGES, row["coverage"], text),
        _("Date"): text.day(str(row["asked_on"])[:10]),
        _("Positive control"): _control(row["positive"], row["positive_found"], text),
        _("Nonsense control"): _control(row["nonsense"], row["nonsense_found"], text),
        _("Known items"): known,
        _("Fields"): row["fields"],
        _("Terms"): word(wording.RUNGS, row["rung"], text),
        _("How"): _("public table, counted row by row") if embedded else row["interface"],
        _("Source of the table"): given(row["citation_short"]),
        _("Link"): given(row["url"]) or given(row["reference_url"]),
        _("Note"): given(row["note"]),
        _("Search"): row["search_id"],
    }


#: Columns of the file of searches, after PRISMA-S; codes and ISO dates, so that files compare.
SEARCH_COLUMNS = (
    "search_id",
    "source_id",
    "source_name",
    "disease_id",
    "question_en",
    "rung",
    "query",
    "fields",
    "interface",
    "url",
    "asked_on",
    "total",
    "received",
    "complete",
    "coverage",
    "register_size",
    "data_version",
    "echo",
    "fault",
    "fault_detail",
    "positive",
    "positive_found",
    "nonsense",
    "nonsense_found",
    "known_found",
    "known_expected",
    "controls_failed",
    "citation_short",
    "reference_url",
    "note",
    "snapshot_id",
)


def searches_file(rows: pd.DataFrame) -> pd.DataFrame:
    """The same searches for a file, with :data:`SEARCH_COLUMNS`."""
    return rows[list(SEARCH_COLUMNS)].reset_index(drop=True)


def _control(query: object, found: object, text: Text) -> str:
    """What a control asked and what it found; empty where none was run."""
    if missing(query):
        return text.gettext("not run")
    n = text.gettext("failed") if missing(found) else text.number(int(float(str(found))))
    return f"{query}{text.colon}{n}"


# --- sources ----------------------------------------------------------------------------------


def asked(row: Row, text: Text) -> str:
    """Whether and when a source was last asked."""
    if row["kind"] == "curation":
        return text.gettext("read by people, not searched")
    if not row["searches"]:
        return text.gettext("not searched yet")
    day = text.day(str(row["last_asked"])[:10])
    said = text.ngettext("{n} search, newest {{day}}", "{n} searches, newest {{day}}", int(row["searches"]))
    return said.format(day=day)


def source_facts(row: Row, text: Text) -> list[Fact]:
    """All that is known of one source; what is not established says so."""
    _ = text.gettext
    fresh = text.ngettext("{n} day", "{n} days", int(row["fresh_days"]))
    form = (
        _("verified on real answers")
        if row["form_verified"]
        else _("form unverified: no real answer was seen")
    )
    return [
        Fact(_("Publisher"), row["publisher"], url=row["homepage"]),
        _established(_("Licence"), row["licence"], text, row["licence_page"]),
        Fact(_("Passing on"), word(REUSE, row["redistribute"], text)),
        Fact(_("Covers"), text.pick(row, "coverage")),
        Fact(_("Asked again"), word(SCHEDULES, row["schedule"], text)),
        Fact(_("An answer counts as up to date for"), fresh),
        _established(_("Limits"), text.pick(row, "limits"), text),
        Fact(_("Echo"), word(ECHOES, row["echo"], text)),
        Fact(_("Form of the answers"), form),
        _established(_("Cited as"), row["citation"], text),
        *(Fact(_("Caveat"), said) for said in items(row[f"caveats_{text.lang}"])),
    ]


def _established(term: str, value: str, text: Text, url: str = "") -> Fact:
    if value or url:
        return Fact(term, value or url, url=url)
    return Fact(term, text.gettext("not established"), gap="unread")


def sources(rows: pd.DataFrame, text: Text) -> pd.DataFrame:
    """One row a source, every fact a column."""
    table = []
    for row in records(rows):
        told = [(fact.term, fact.value) for fact in source_facts(row, text)]
        caveat = text.gettext("Caveat")
        one: dict[str, object] = {
            text.gettext("Source"): row["name"],
            text.gettext("Searched"): asked(row, text),
        }
        one |= {term: value for term, value in told if term != caveat}
        one[text.gettext("Caveats")] = " ".join(value for term, value in told if term == caveat)
        one[text.gettext("Licence page")] = row["licence_page"]
        table.append(one)
    return pd.DataFrame(table)


# --- the founding report ----------------------------------------------------------------------


def claims_tally(rows: pd.DataFrame, text: Text) -> str:
    """How many claims are supported, partly, contradicted, not verified, of how many."""
    counts = rows["support"].value_counts()
    parts = [text.ngettext(*said, int(counts.get(code, 0))) for code, said in _SUPPORTED.items()]
    whole = text.ngettext("{n} claim of the founding report", "{n} claims of the founding report", len(rows))
    return whole + text.colon + text.join(parts) + "."


def claim_html(row: Row, text: Text) -> str:
    """One claim with its support, the note of the curators and the reference, as escaped HTML."""
    glyph = _SUPPORT_GLYPHS.get(str(row["support"]), "")
    support = f"{glyph} {word(SUPPORT, row['support'], text)}"
    reference = escape(given(row["citation_short"])) or escape(text.gettext("no reference"))
    if facts.safe(given(row["url"])):
        reference = f'<a href="{escape(row["url"])}">{reference}</a>'
    dated = text.day(given(row["as_of"]))
    note = f'<span lang="en">{escape(given(row["note"]))}</span> ' if given(row["note"]) else ""
    tail = " · ".join(filter(None, [reference, escape(dated), escape(str(row["claim_id"]))]))
    return (
        f'<div class="lc-e"><b>{escape(support)}</b> · {escape(text.pick(row, "claim"))}'
        f'<br><span class="lc-s">{note}{tail}</span></div>'
    )


def claims(rows: pd.DataFrame, text: Text) -> pd.DataFrame:
    """One row a claim."""
    _ = text.gettext
    return pd.DataFrame(
        [
            {
                _("Claim"): row["claim_id"],
                _("What it says"): text.pick(row, "claim"),
                _("Date"): given(row["as_of"]),
                _("Support"): word(SUPPORT, row["support"], text),
                _("Reference"): given(row["citation_short"]),
                _("Link"): given(row["url"]),
                _("Note"): given(row["note"]),
            }
            for row in records(rows)
        ]
    )


# --- the receipt ------------------------------------------------------------------------------


def receipt(row: Row, text: Text) -> list[Fact]:
    """When the store was built and what from."""
    _ = text.gettext
    snapshots = items(row["snapshots"])
    built = pd.Timestamp(row["built_at"])
    return [
        Fact(_("Built"), f"{text.day(built.date())}, {built:%H:%M} UTC"),
        Fact(_("Judged for"), text.day(pd.Timestamp(row["as_of"]).date())),
        Fact(_("Snapshots"), ", ".join(snapshots) or _("none: the embedded data alone")),
        Fact(_("Catalog (SHA-256)"), str(row["catalog_sha256"])),
        Fact(_("Version"), str(row["version"])),
        Fact(_("Build"), str(row["build_id"])),
    ]


def readers(rows: pd.DataFrame, text: Text) -> pd.DataFrame:
    """Who judged which rows; a second reader that nobody is reads *not yet checked*."""
    _ = text.gettext
    nobody = _("not yet checked")
    return pd.DataFrame(
        [
            {
                _("Rows"): word(FILES, row["file"], text),
                _("How many"): text.number(int(row["n"])),
                _("Judged by"): given(row["judged_by"]) or nobody,
                _("Second reader"): given(row["second_reader"]) or nobody,
            }
            for row in records(rows)
        ]
    )


# --- challenges -------------------------------------------------------------------------------

CHALLENGE_VERDICTS: dict[str, str] = {
    "open": N_("not yet decided"),
    "upheld": N_("upheld: the cell was changed"),
    "partly_upheld": N_("upheld in part"),
    "not_upheld": N_("not upheld"),
}


def challenges(rows: pd.DataFrame, text: Text) -> pd.DataFrame:
    """The public log of doubts as a table; ``rows`` as :func:`dashboard.queries.story.challenges`."""
    _ = text.gettext
    return pd.DataFrame(
        [
            {
                _("Received on"): text.day(row["received_on"]),
                _("Cell"): f"{text.pick(row, 'title')} · {row['abbreviation']}",
                _("Claim"): given(row["claim"]),
                _("Check"): given(row["check"]) or _("not yet checked"),
                _("Verdict"): word(CHALLENGE_VERDICTS, row["verdict"], text),
                _("Decided on"): text.day(row["decided_on"]),
            }
            for row in records(rows)
        ]
    )
