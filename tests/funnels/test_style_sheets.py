"""What is kept of the CSS that operators write."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from funnels.funnels.style_sheets import sanitised_style


@pytest.mark.parametrize(
    ("style", "kept"),
    [
        ("p { color: red }", "p { color: red }"),
        ("\n  a {\n    width: calc(100% - 1.50em)\n  }\n", "a {\n    width: calc(100% - 1.50em)\n  }"),
        ("@media (max-width: 9px) { a:hover { color: red } }", "@media (max-width: 9px) { a:hover { color: red } }"),
        (".sm\\:flex { scroll-behavior: smooth }", ".sm\\:flex { scroll-behavior: smooth }"),
        ("@import url(https://evil.example/x.css); p { color: red }", "p { color: red }"),
        ("@imp\\6frt 'x'; p { color: red }", "p { color: red }"),
        ("@font-face { font-family: x } p { color: red }", "p { color: red }"),
        ("p { background: url(https://evil.example/?a); color: red }", "p { color: red }"),
        ("p { background: -webkit-image-set('x' 1x); color: red }", "p { color: red }"),
        ("p { background: u\\72l(x) }", "p {}"),
        ("p { background: u\\72l('x') }", "p {}"),
        ("p { --x: { b: url(x) } }", "p { --x: {} }"),
        ("p { content: '\\3c/style>' }", "p {}"),
        ("</style><script>alert(1)</script>", ""),
        ("p { width: expression(alert(1)) }", "p {}"),
        ("p { behavior: x; color: red }", "p { color: red }"),
        ("p { co/* */lor: red }", "p {}"),
        ("p { backgr/**/ound: ur/**/l(javascr/**/ipt:alert(1)) }", "p {}"),
        ("p { color: red", "p { color: red}"),
        ("} p { color: red }", ""),
        ("/* open", ""),
        ("{" * 20_000, "{" * 32 + "}" * 32),
        ("p { width: " + "calc(" * 4_000, "p {}"),
    ],
)
def test_a_style_sheet_loads_and_runs_nothing(style: str, kept: str) -> None:
    assert sanitised_style(style) == kept
    assert sanitised_style(kept) == kept


PIECES_OF_STYLES = [
    *("p", "{", "}", ";", ":", "(", ")", "[", "]", " ", "\n", "'", '"', "\\", "<", "/style>", "/*", "*/", "@", "-"),
    *("@import", "@media", "ur", "url(", "l(", "6c ", "image-set(", "behavior", "javascript", "data:", "x", "1px"),
]
ESCAPED, TEXTS = re.compile(r"\\.", re.DOTALL), re.compile(r'"[^"]*"')
LOADS = re.compile(r"/\*|(?<![\w@#-])(?:@import(?=[\s;(]|\Z)|url\(|image-set\(|behavior:)")


@given(st.lists(st.sampled_from(PIECES_OF_STYLES), max_size=30).map("".join))
def test_what_is_left_of_any_style_sheet_loads_nothing_and_stays(style: str) -> None:
    kept = sanitised_style(style)
    assert sanitised_style(kept) == kept
    assert not re.search(r"<|javascript:|data:", kept)
    assert not LOADS.search(TEXTS.sub('""', ESCAPED.sub("_", kept)))
