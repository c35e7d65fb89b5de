"""Initials are spelt out where they are first read, and every one of a page is in its list."""

import pytest

from accessmap.dossier.glossary import HERE, terms, with_glossary


def test_initials_are_spelt_where_they_are_first_read_and_not_in_headings_links_or_credits():
    page = f'<body><h2>ERP</h2><nav><a href="#x">ERP</a></nav><p class="am-credit">ERP</p><p>Un ERP, un ERP</p>{HERE}'
    made = with_glossary(page, "fr")
    assert made.count("établissement recevant du public") == 2  # once where it is read, once in the list
    assert "<h2>ERP</h2>" in made
    assert "<p>Un ERP (établissement recevant du public), un ERP</p>" in made
    assert "<dt>ERP</dt><dd>établissement recevant du public</dd>" in made
    assert HERE not in made


def test_what_a_text_spells_out_itself_is_not_spelt_again():
    made = with_glossary(f"<p>transport à la demande (TAD)</p>{HERE}", "fr")
    assert made.startswith("<p>transport à la demande (TAD)</p>")


@pytest.mark.parametrize(
    "hidden", ["<script>ERP</script>", "<style>.ERP{}</style>", '<p title="ERP">ce</p>', "<p>SERP</p>"]
)
def test_what_nobody_reads_is_no_word(hidden):
    assert with_glossary(hidden + HERE, "fr") == f'{hidden}<dl class="d-parameters"></dl>'


def test_terms_are_in_order_and_have_both_languages():
    assert list(terms("fr")) == sorted(terms("fr"), key=str.casefold) == list(terms("en"))
    assert all(meaning for lang in ("fr", "en") for _, meaning in terms(lang).values())


def test_names_that_others_gave_stay_as_they_are_written():
    names = ["Navette + TAD", "l'ERP  & cie", "TAD"]
    page = f"<p>« Navette + TAD », l&#39;ERP &amp; cie</p><td>L’ERP &amp; cie</td><p>TAD</p><p>Un ERP</p>{HERE}"
    made = with_glossary(page, "fr", names)
    assert made.startswith("<p>« Navette + TAD », l&#39;ERP &amp; cie</p><td>L’ERP &amp; cie</td><p>TAD</p>")
    assert "<p>Un ERP (établissement recevant du public)</p>" in made
    assert "<dt>TAD</dt><dd>transport à la demande</dd>" in made  # it is in the list all the same
