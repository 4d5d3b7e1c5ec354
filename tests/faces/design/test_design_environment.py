"""What a template may call: sentences, instants, numbers, the reader, the address of the page."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.template.backends.jinja2 import Jinja2
from jinja2 import Environment, UndefinedError
from markupsafe import Markup

from zhihai.faces.design.speech import Speech

from .conftest import CLOCK, NOW, ZONE, Draw, Request


def test_a_sentence_is_said_in_the_readers_language(draw: Draw) -> None:
    source = '{{ say("design.nav.search") }}'
    assert draw(source, Request(language="zh")) == "查找"
    assert draw(source, Request(language="en")) == "Search"


def test_facts_are_escaped_and_markup_among_them_is_kept(draw: Draw) -> None:
    source = '{{ say("design.field.known", source=source) }}'
    assert "&lt;b&gt;" in draw(source, source="<b>")
    assert "<i>x</i>" in draw(source, source=Markup("<i>x</i>"))


def test_a_sentence_with_markup_in_it_is_itself_escaped() -> None:
    from_words: dict[str, Any] = {"a.b": type("P", (), {"zh": "<b>{x}</b>", "en": "<b>{x}</b>"})()}
    said = Speech(from_words, "en").say("a.b", x=Markup("<i>1</i>"))  # type: ignore[arg-type]
    assert said == "&lt;b&gt;<i>1</i>&lt;/b&gt;"


@pytest.mark.parametrize(("n", "said"), [(0, "0 on this page"), (1, "1 on this page"), (2, "2 on this page")])
def test_plurals(draw: Draw, n: int, said: str) -> None:
    assert draw('{{ plural("design.list.shown", n) }}', Request(language="en"), n=n) == said
    assert draw('{{ plural("design.strip.pauses", 1) }}', Request(language="en")) == "paused once"


def test_a_missing_key_a_missing_fact_and_an_undefined_name_are_errors(draw: Draw) -> None:
    with pytest.raises(KeyError, match=r"design\.no\.such"):
        draw('{{ say("design.no.such") }}')
    with pytest.raises(KeyError, match="when"):
        draw('{{ say("design.figure.asof") }}')
    with pytest.raises(UndefinedError, match="nothing"):
        draw("{{ nothing }}")


def test_the_context_may_stand_in_for_the_request(environment: Environment) -> None:
    template = environment.from_string('{{ say("design.nav.search") }} {{ instant(at, "when") }}')
    said = template.render(language="en", zone=ZONE, clock=CLOCK, at=NOW)
    assert said.startswith("Search <time")
    assert "today 10:42" in said


def test_macros_imported_without_context_say_what_is_wrong(environment: Environment) -> None:
    template = environment.from_string(
        '{% from "design/macros/marks.jinja" import provenance %}{{ provenance("real") }}'
    )
    with pytest.raises(LookupError, match="with context"):
        template.render(request=Request())


@pytest.mark.parametrize(
    ("address", "changes", "expected"),
    [
        ("/desk", {"late": 1}, "/desk?late=1"),
        ("/desk?late=1&after=9", {"after": None}, "/desk?late=1"),
        ("/desk?late=1", {"late": None}, "/desk"),
        ("/desk?q=%E7%A7%AF%E6%B0%B4", {"language": "en"}, "/desk?q=%E7%A7%AF%E6%B0%B4&language=en"),
        ("/desk?q=", {"a": "b&c"}, "/desk?q=&a=b%26c"),
    ],
)
def test_the_address_of_this_page_with_its_query_changed(
    environment: Environment, address: str, changes: dict[str, object], expected: str
) -> None:
    template = environment.from_string("{{ here(**changes)|safe }}")
    assert template.render(request=Request(address=address), changes=changes) == expected


def test_the_script_is_given_its_phrases_unfilled(draw: Draw) -> None:
    given = json.loads(draw("{{ script_words() }}", Request(language="en")))
    assert given["time.ago_hour.many"] == "{n} hours ago"
    assert given["chart.gap"] == "no reading"
    assert not any(key.startswith("guide") for key in given)


def test_json_in_a_page_can_not_close_its_script(draw: Draw) -> None:
    drawn = draw("{{ given|tojson }}", given={"name": "</script><script>alert(1)</script>", "zh": "示例"})
    assert "</script>" not in drawn
    assert "示例" in drawn
    assert json.loads(drawn)["name"].startswith("</script>")


def test_a_strip_is_drawn_at_the_pages_instant(draw: Draw) -> None:
    drawn = draw("{{ ui.time_strip(strip(start, due)) }}", Request(language="en"), start=NOW.replace(day=1), due=NOW)
    assert 'class="strip strip-near"' in drawn
    assert 'aria-label="due soon, 100 % used, due Fri 21 Feb 2014, 10:42"' in drawn


def test_django_makes_the_environment_with_the_words_of_the_running_house() -> None:
    made = Jinja2(
        {
            "NAME": "design",
            "DIRS": [],
            "APP_DIRS": False,
            "OPTIONS": {"environment": "zhihai.faces.design.environment.environment"},
        }
    )
    template = made.from_string('{{ say("design.nav.search") }} {{ static("zhihai/css/tokens.css") }} {{ given }}')
    said = template.render({"given": "<b>", "request": Request(language="en")})
    assert said == "Search /static/zhihai/css/tokens.css &lt;b&gt;"
