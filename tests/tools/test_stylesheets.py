"""The steps that turn the base style sheet into ours, one by one."""

import pytest

from tools import stylesheets


def test_rules_are_told_apart_whatever_their_strings_hold() -> None:
    css = '@charset "UTF-8";.a{content:"}{;"}@media print{.b{color:red}}'
    assert list(stylesheets.rules(css)) == [
        stylesheets.Rule('@charset "UTF-8"', None),
        stylesheets.Rule(".a", 'content:"}{;"'),
        stylesheets.Rule("@media print", ".b{color:red}"),
    ]


@pytest.mark.parametrize(
    ("css", "complaint"), [(".a{color:red", "a block does not end"), ('.a{content:"x}', "a string does not end")]
)
def test_a_broken_sheet_is_refused(css: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        list(stylesheets.rules(css))


def test_charset_and_typefaces_are_dropped() -> None:
    css = '@charset "UTF-8";@font-face{font-family:x;src:url(/assets/x)}.a{color:red}@import "b";'
    assert stylesheets.without_charset_and_fonts(css) == '.a{color:red}@import "b";'


def test_comments_and_the_source_map_are_dropped() -> None:
    assert stylesheets.without_comments("/*! (c) */.a{color:red}\n/*# sourceMappingURL=x.map */") == ".a{color:red}\n"


def test_their_typeface_becomes_ours() -> None:
    assert (
        stylesheets.with_our_font(".a{font-family:GDS Transport,arial,sans-serif}") == ".a{font-family:var(--app-font)}"
    )


@pytest.mark.parametrize(
    ("css", "rest"),
    [
        (".govuk-header__logotype{fill:red}.a{b:c}", ".a{b:c}"),
        (".a,.govuk-header__logotype:last-child{b:c}", ".a{b:c}"),
        ("@media print{.govuk-footer__licence-logo{b:c}}", ""),
        ("@supports (mask:none){.govuk-footer__copyright-logo:before{mask-image:url(/assets/crest.svg)}.a{b:c}}",
         "@supports (mask:none){.a{b:c}}"),
        (":is(.a,.b),.govuk-footer__copyright-logo{b:c}", ":is(.a,.b){b:c}"),
        ("@keyframes x{from{b:c}}", "@keyframes x{from{b:c}}"),
    ],
)  # fmt: skip
def test_official_marks_are_dropped_wherever_they_hide(css: str, rest: str) -> None:
    assert stylesheets.without_rules(css, stylesheets.names_official) == rest


def test_escaped_selectors_stay_whole() -> None:
    css = r".govuk-\!-width-full,.a\,b{c:d}"
    assert stylesheets.without_rules(css, stylesheets.names_official) == css


@pytest.mark.parametrize(
    ("selector", "is_unused"),
    [
        (".govuk-tag--blue", True),
        (".govuk-table__cell:last-child", True),
        (".govuk-tagline", False),
        (".govuk-task-list__item", False),
        (".govuk-button", False),
    ],
)
def test_unused_components_are_known_by_their_whole_name(selector: str, is_unused: bool) -> None:
    assert stylesheets.names_unused(selector) is is_unused


def test_the_base_ends_up_in_its_layer() -> None:
    css = '@charset "UTF-8";.a{font-family:GDS Transport,arial,sans-serif}.govuk-tabs{b:c}/*# sourceMappingURL=x */'
    assert stylesheets.themed_base(css) == "@layer base{.a{font-family:var(--app-font)}}"


def test_our_sheets_lose_white_space_but_nothing_that_means_something() -> None:
    css = '/* why */\n.a > .b {\n  inset: calc(1px + 2px) 0;\n  content: " ;  x";\n}\n'
    assert stylesheets.minified(css) == '.a > .b{inset:calc(1px + 2px) 0;content:" ;  x"}'


def test_a_bundle_states_the_order_of_the_layers_first() -> None:
    bundle = stylesheets.bundle("@layer base{}", ["@layer app { .a { b: c; } }"])
    assert bundle == "@layer base,calendar,app,staff,print;\n@layer base{}\n@layer app{.a{b:c}}\n"
