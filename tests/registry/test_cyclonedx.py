"""Tests of reading CycloneDX: both forms alike, hostile documents refused."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import ConfigurationError
from pipeline.registry import cyclonedx
from pipeline.registry.cyclonedx import Component, components_of

DOCUMENT: dict[str, Any] = {
    "bomFormat": "CycloneDX",
    "specVersion": "1.6",
    "metadata": {"component": {"name": "the object itself"}},
    "components": [
        {"type": "library", "group": "org.x", "name": "a", "version": "1.0",
         "purl": "pkg:maven/org.x/a@1.0", "cpe": "cpe:2.3:a:x:a:1.0:*:*:*:*:*:*:*",
         "licenses": [{"license": {"id": "MIT"}}, {"license": {"name": "Own"}}],
         "components": [{"name": "inner", "version": "2"}]},
        {"type": "application", "name": "b", "licenses": [{"expression": "MIT OR Apache-2.0"}]},
    ],
}  # fmt: skip
XML = """<?xml version="1.0"?>
<bom xmlns="http://cyclonedx.org/schema/bom/{version}">
  <metadata><component><name>the object itself</name></component></metadata>
  <components>
    <component type="library"><group>org.x</group><name>a</name><version>1.0</version>
      <licenses><license><id>MIT</id></license><license><name>Own</name></license></licenses>
      <cpe>cpe:2.3:a:x:a:1.0:*:*:*:*:*:*:*</cpe><purl>pkg:maven/org.x/a@1.0</purl>
      <components><component><name>inner</name><version>2</version></component></components>
    </component>
    <component type="application"><name>b</name>
      <licenses><expression>MIT OR Apache-2.0</expression></licenses></component>
  </components>
</bom>"""
EXPECTED = (
    Component("a", "1.0", "org.x", "pkg:maven/org.x/a@1.0", "cpe:2.3:a:x:a:1.0:*:*:*:*:*:*:*",
              "MIT AND Own"),
    Component("inner", "2"),
    Component("b", licence="MIT OR Apache-2.0"),
)  # fmt: skip


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(json.dumps(DOCUMENT), id="json"),
        pytest.param("\ufeff" + json.dumps(DOCUMENT), id="json-with-mark"),
        *(pytest.param(XML.format(version=v), id=f"xml-{v}") for v in ("1.0", "1.4", "1.7")),
    ],
)
def test_both_forms_give_the_same_components(data: str) -> None:
    """JSON and XML of any version give name, version, purl, cpe and licences, nested too."""
    assert set(components_of("bom", data.encode())) == set(EXPECTED)
    assert components_of("bom", data.encode())[0].name == "a"


BOMB = '<!DOCTYPE b [<!ENTITY a "x"><!ENTITY b "&a;&a;&a;">]>'


@pytest.mark.parametrize(
    ("data", "message"),
    [
        pytest.param("{", "not JSON", id="no-json"),
        pytest.param("{}", "bomFormat", id="other-json"),
        pytest.param('{"spdxVersion": "SPDX-2.3"}', "bomFormat", id="spdx"),
        pytest.param("<bom>", "not XML", id="no-xml"),
        pytest.param("<bom/>", "no bom", id="other-xml"),
        pytest.param("", "not XML", id="empty"),
        pytest.param(BOMB + XML[22:].format(version="1.4"), "never read", id="entities"),
        pytest.param(
            '<!DOCTYPE b SYSTEM "file:///etc/passwd">' + XML[22:].format(version="1.4"),
            "never read",
            id="external",
        ),
        pytest.param(
            json.dumps({"bomFormat": "CycloneDX", "components": [{"version": "1"}]}),
            "component 1 has no name",
            id="no-name",
        ),
    ],
)
def test_what_is_no_bill_of_materials_is_refused(data: str, message: str) -> None:
    """Broken, foreign and hostile documents are told, and nothing outside is read."""
    with pytest.raises(ConfigurationError, match=message):
        components_of("bom", data.encode())


def test_depth_and_number_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Deeply nested components are read without recursion, too many are refused."""
    deep = "<components><component><name>x</name>" * 3000
    ends = "</component></components>" * 3000
    data = f'<bom xmlns="http://cyclonedx.org/schema/bom/1.4">{deep}{ends}</bom>'
    assert components_of("bom", data.encode()) == (Component("x"),)
    monkeypatch.setattr(cyclonedx, "MOST_COMPONENTS", 2)
    with pytest.raises(ConfigurationError, match="more than 2"):
        components_of("bom", json.dumps(DOCUMENT).encode())


JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=5)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(["name", "components", "licenses", "license", "version"]), inner
        ),
    ),
    max_leaves=12,
)


@given(JSON)
def test_any_json_gives_components_or_problems(value: Any) -> None:
    """Whatever stands where components should be, the outcome is components or problems."""
    data = json.dumps({"bomFormat": "CycloneDX", "components": value}).encode()
    try:
        found = components_of("bom", data)
    except ConfigurationError as error:
        found = tuple(Component(problem.message) for problem in error.problems)
        assert found
    assert all(isinstance(one, Component) and one.name for one in found)
