"""Hook of mkdocs.yml: what the theme does not tell screen readers and keyboards."""

from fnmatch import fnmatch
from typing import Any

ARTICLE = '<article class="md-content__inner md-typeset"'
SEARCH = '<div class="md-search" data-md-component="search" role="dialog"'
CODE = "<pre><span></span><code>"


def on_post_page(output: str, *, page: Any, config: Any) -> str:
    """Return the page with its search named, its code within reach of the keyboard, and the language of its text.

    French pages are those that `extra: french` of mkdocs.yml names; around their text the site stays English.
    """
    output = output.replace(SEARCH, f'{SEARCH} aria-label="Search"', 1)
    output = output.replace(CODE, CODE.replace("<pre>", '<pre tabindex="0">'))
    french = any(fnmatch(page.file.src_uri, pattern) for pattern in config.extra["french"])
    return output.replace(ARTICLE, f'{ARTICLE} lang="fr"', 1) if french else output
