"""What counts once: one trial in five registers, one paper in two databases, and nothing else."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl import store
from etl.cells import judge_all
from etl.link import clusters
from etl.model import Record, RecordMatch
from etl.snapshot import Snapshot

from .conftest import NOW
from .test_evidence import CATALOG, current, snapshot


def trial(source: str, own: str, *others: str, sponsor: str = "", title: str = "A trial") -> Record:
    return Record(source, own, "trial", title, "u", other_ids=others, sponsor=sponsor)


def paper(source: str, own: str, *others: str, title: str = "A paper") -> Record:
    return Record(source, own, "publication", title, "u", other_ids=others)


def count(*records: Record) -> int:
    return len(set(clusters(records).values()))


FIVE = (
    trial("clinicaltrials_gov", "NCT01234567", "2019-001234-56"),
    trial("eu_ctr", "2019-001234-56-GB", "ISRCTN12345678"),
    trial("isrctn", "ISRCTN12345678"),
    trial("ctis", "2024-510663-34-00", "NCT01234567"),
    trial("ictrp", "JPRN-UMIN000032022", "EUCTR2019-001234-56-DE"),
)


def test_one_trial_in_five_registers_counts_once():
    assert set(clusters(FIVE).values()) == {"nct:01234567"}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("NCT01234567", "nct 01234567"),
        ("2019-001234-56", "EUCTR2019-001234-56-NL"),
        ("2024-510663-34-00", "CTIS2024-510663-34-01"),
        ("ISRCTN12345678", "isrctn12345678"),
        ("ACTRN12605000123456", "ACTRN12605000123456 (ANZCTR)"),
        ("DRKS00012345", "DRKS00012345"),
        ("ChiCTR-TRC-12002345", "CHICTR-TRC-12002345"),
        ("ChiCTR2000030000", "ChiCTR2000030000"),
        ("JPRN-jRCTs031180001", "jRCTs031180001"),
        ("JPRN-UMIN000032022", "UMIN000032022"),
        ("KCT0001234", "KCT0001234"),
        ("CTRI/2018/05/014020", "CTRI/2018/05/014020"),
        ("IRCT20080901001165N5", "IRCT20080901001165N5"),
    ],
)
def test_the_numbers_of_every_register_are_known_however_they_are_written(one, other):
    assert count(trial("ictrp", one), trial("elsewhere", "x1", other)) == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("NCT01234567", "NCT012345678"),
        ("NCT00000000", "NCT00000000"),
        ("IRCT2008N5", "IRCT2008N50"),
        ("2019-001234-56", "12019-001234-56"),
        ("DRKS00012345", "KCT00012345"),
    ],
)
def test_what_only_looks_like_the_same_number_joins_nothing(one, other):
    assert count(trial("a", "x", one), trial("b", "y", other)) == 2


def test_a_title_alone_never_joins():
    assert (
        count(*(trial(s, i, title="Same words") for s, i in (("isrctn", "ISRCTN1"), ("ictrp", "NTR2")))) == 2
    )
    assert count(paper("pubmed", "11", title="Same"), paper("europe_pmc", "PPR/PPR5", title="Same")) == 2


def test_a_former_nct_number_is_an_alias():
    assert (
        count(trial("clinicaltrials_gov", "NCT00000002", "NCT00000001"), trial("ictrp", "NCT00000001")) == 1
    )


def test_an_extension_that_names_its_parent_stays_apart():
    parent, extension = trial("ctgov", "NCT00000001"), trial("ctgov", "NCT00000002", "NCT00000001")
    assert count(parent, extension) == 2
    assert count(parent, extension, trial("isrctn", "ISRCTN00000009", "NCT00000002")) == 2


def test_records_without_a_known_number_stay_apart_within_their_source():
    one, two = trial("ictrp", "NTR1", "NCT00000001"), trial("ictrp", "NTR2", "NCT00000001")
    assert count(one, two) == 2


def test_country_records_of_one_register_are_one_trial():
    assert count(trial("eu_ctr", "2019-001234-56-GB"), trial("eu_ctr", "2019-001234-56-DE")) == 1


def test_a_protocol_code_joins_only_with_an_equal_sponsor():
    gb = trial("eu_ctr", "2019-001234-56", "PRO-1234", sponsor="Octapharma AG")
    us = trial("ctgov", "NCT00000001", "PRO 1234", sponsor="Octapharma")
    assert count(gb, us) == 1
    assert count(gb, replace(us, sponsor="Another Inc.")) == 2
    assert count(replace(gb, sponsor=""), replace(us, sponsor="")) == 2


def test_an_award_shared_by_two_trials_joins_nothing():
    one = trial("ctgov", "NCT00000001", "R01AR061298", "SITE-77001", sponsor="Pittsburgh")
    two = trial("ctgov", "NCT00000002", "R01AR061298", "SITE-77001", sponsor="Pittsburgh")
    assert count(one, two) == 2
    assert count(one, trial("isrctn", "ISRCTN00000001", "R01AR061298", sponsor="Pittsburgh")) == 2


def test_one_paper_in_two_databases_counts_once_by_pubmed_number_or_doi():
    assert count(paper("pubmed", "16809038"), paper("europe_pmc", "MED/16809038")) == 1
    assert count(paper("pubmed", "16809038"), paper("europe_pmc", "MED:16809038", "16809038")) == 1
    by_doi = (
        paper("pubmed", "1", "10.1093/JNEN/62.5.464"),
        paper("x", "y", "https://doi.org/10.1093/jnen/62.5.464"),
    )
    assert set(clusters(by_doi).values()) == {"pmid:1"}
    assert count(paper("pubmed", "1", "PMC12"), paper("europe_pmc", "PMC/PMC12")) == 1


def test_congress_abstracts_that_share_a_doi_are_several_papers():
    doi = "10.1136/annrheumdis-2015-eular.1031"
    assert count(paper("pubmed", "1", doi), paper("pubmed", "2", doi)) == 2


def test_a_preprint_and_its_article_are_two_records():
    assert count(paper("epmc", "MED/1", "10.1000/a"), paper("epmc", "PPR/PPR1", "10.1101/b")) == 2


def test_a_grant_of_a_number_without_form_joins_nothing():
    grants = [Record(s, "101034", "grant", "", "u") for s in ("cordis", "anr")]
    assert count(*grants) == 2
    same = [Record(s, "MR/N003322/1", "grant", "", "u") for s in ("ukri_gtr", "europe_pmc_grants")]
    assert count(*same) == 1


IDS = st.sampled_from(
    [f"NCT0000000{i}" for i in range(1, 5)]
    + [f"2019-00000{i}-11" for i in range(1, 4)]
    + [f"ISRCTN0000000{i}" for i in range(3)]
    + ["CODE-100", "", "N/A"]
)
RECORDS = st.lists(
    st.builds(
        lambda source, own, others, sponsor: trial(source, own, *others, sponsor=sponsor),
        st.sampled_from("abc"),
        IDS,
        st.lists(IDS, max_size=3),
        st.sampled_from(["", "Sponsor"]),
    ),
    max_size=8,
    unique_by=lambda r: (r.source_id, r.record_id),
)


@given(RECORDS, st.randoms(use_true_random=False))
def test_the_order_of_records_changes_nothing(records, random):
    shuffled = list(records)
    random.shuffle(shuffled)
    assert clusters(shuffled) == clusters(records)


@given(RECORDS)
def test_the_same_records_twice_change_nothing(records):
    assert clusters([*records, *records]) == clusters(records)
    assert clusters(records) == clusters(records)


@given(st.lists(st.integers(0, 6), min_size=2, max_size=6, unique=True))
def test_joining_is_handed_on_from_record_to_record(numbers):
    chain = [
        trial(f"register{n}", f"NCT{n + 1:08d}", f"NCT{following + 1:08d}")
        for n, following in pairwise(numbers)
    ]
    assert count(*chain) == 1


@given(RECORDS)
def test_a_source_never_loses_a_record_by_a_number_only_named_beside(records):
    """Within one source alone, records with numbers of their own stay as many as these numbers."""
    own = [r for r in records if r.source_id == "a" and r.record_id.startswith("NCT")]
    assert count(*own) == len({r.record_id for r in own})


@given(RECORDS, IDS)
def test_a_record_more_tears_no_cluster_of_other_sources_apart(records, own):
    before = clusters(records)
    after = clusters([*records, trial("new", own or "x")])
    for one in before:
        for other in before:
            if before[one] == before[other]:
                assert after[one] == after[other]


@pytest.fixture(scope="module")
def twins() -> Snapshot:
    """A run with two trials on dermatomyositis, one of them in two registries."""
    run = snapshot(1, named={"dm": 2})
    twin = replace(run.records[0], source_id="isrctn", record_id="ISRCTN00000001", other_ids=("NCT00000001",))
    records = (replace(run.records[0], record_id="NCT00000001"), run.records[1], twin)
    search = replace(run.searches[0], disease_id="dm", source_id="isrctn", search_id="i", total=1, received=1)
    own = [replace(m, record_id=m.record_id.replace("NCTdm00000", "NCT00000001")) for m in run.matches]
    other = RecordMatch("snap1", "isrctn", "ISRCTN00000001", "dm", "i", "condition", "dm")
    return replace(run, searches=(*run.searches, search), records=records, matches=(*own, other))


def test_a_cell_counts_a_trial_in_two_registries_once(twins):
    answers = [("trials_registered", r.source_id, r.record_id, False) for r in twins.records]
    judged = judge_all(CATALOG, current(twins), [], answers)
    counted = {(c["question_id"], c["disease_id"]): c["n"] for c in judged.cells}
    assert counted["trials_registered", "dm"] == 2


def test_the_view_says_n_trials_in_m_registries_and_unfolds_them(twins):
    with duckdb.connect() as connection:
        store.fill(connection, CATALOG, [twins], NOW, "b")
        tally = connection.execute(
            "SELECT n, n_sources, n_records FROM cluster_tally "
            "WHERE question_id = 'trials_registered' AND disease_id = 'dm'"
        ).fetchone()
        assert tally == (2, 2, 3)
        members = connection.execute(
            "SELECT source_id, record_id FROM cluster_member WHERE cluster_id = 'nct:00000001' "
            "AND question_id = 'trials_registered' AND disease_id = 'dm' ORDER BY source_id"
        ).fetchall()
        assert members == [("clinicaltrials_gov", "NCT00000001"), ("isrctn", "ISRCTN00000001")]
