"""Only encrypted web addresses and mail become links; in a file of ours or a reader's nothing else is one."""

from __future__ import annotations

import csv
import io

import pytest

from dashboard import facts
from dashboard.export import html
from etl.check import Mistake, read_table
from etl.tables import table
from tests.conftest import ROOT

SAFE = ("https://doi.org/10.1000/x", "mailto:me@example.org")
UNSAFE = (
    "http://example.org/",
    "javascript:alert(1)",
    "data:text/html,x",
    "//example.org",
    "ftp://example.org",
)


def mistakes(url: str) -> list[Mistake]:
    """What is wrong with the references of the project once the first one has this address."""
    declared = table("reference")
    with (ROOT / "data" / declared.file).open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    written = io.StringIO(newline="")
    writer = csv.DictWriter(written, [column.name for column in declared.columns])
    writer.writeheader()
    writer.writerows([{**rows[0], "url": url}, *rows[1:]])
    return read_table(declared, written.getvalue().encode(), "references.csv")[1]


@pytest.mark.parametrize("url", [*SAFE[1:], *UNSAFE[1:], "https://", "https:///x", "https://example.org/a b"])
def test_what_is_no_web_address_is_a_mistake_with_file_and_line(url: str) -> None:
    found = mistakes(url)
    assert [(m.file, m.line, m.column) for m in found] == [("references.csv", 2, "url")]
    assert "is no web address" in found[0].problem and "https://" in found[0].remedy


@pytest.mark.parametrize("url", ["", SAFE[0], UNSAFE[0]])
def test_web_addresses_pass_the_check(url: str) -> None:
    assert mistakes(url) == []


@pytest.mark.parametrize("url", [*SAFE, *UNSAFE, ""])
def test_only_encrypted_addresses_and_mail_are_links_on_screen_and_in_the_slides(url: str) -> None:
    linked = url in SAFE
    drawn = facts.sheet([facts.Fact("Source", "Vilela", url=url)])
    slide = html._link("Vilela", url)
    assert (f'href="{url}"' in drawn) == (f'href="{url}"' in slide) == ("href" in slide) == linked
    assert facts.link(url) == (url if linked else "")
    assert url in slide, "an address that is no link stays readable"
