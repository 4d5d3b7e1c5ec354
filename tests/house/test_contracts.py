"""The walls of the house hold, and each of them would notice a breach."""

from __future__ import annotations

import tomllib
from copy import deepcopy
from itertools import pairwise
from typing import Any

import grimp
import pytest
from importlinter import Contract
from importlinter.application import use_cases
from importlinter.configuration import configure
from importlinter.domain.contract import registry
from tools.lint import ROOT

CONTRACTS = ("floors", "rooms", "doors", "strangers", "kit_only", "pure")
DOORS: dict[str, Any] = {
    "kernel": "zhihai.kernel",
    "doors": ["kinds", "events", "acts", "reads"],
    "beside": ["zhihai.kernel.models", "zhihai.kernel.wiring", "zhihai.kernel.records"],
    "joiners": ["zhihai.kernel.models", "zhihai.kernel.wiring"],
}


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    """The imports of the checkout, read once."""
    return grimp.build_graph("zhihai", include_external_packages=True, cache_dir=None)


@pytest.fixture(scope="module")
def contracts() -> dict[str, Contract]:
    """The contracts of pyproject.toml by their id."""
    configure()
    options = use_cases.read_user_options(str(ROOT / "pyproject.toml"))
    use_cases._register_contract_types(options)
    return {
        given["id"]: registry.get_contract_class(given["type"])(given["name"], options.session_options, given)
        for given in options.contracts_options
    }


def test_the_contracts_are_all_there_and_none_ignores_anything() -> None:
    with (ROOT / "pyproject.toml").open("rb") as file:
        section = tomllib.load(file)["tool"]["importlinter"]
    assert tuple(contract["id"] for contract in section["contracts"]) == CONTRACTS
    for contract in section["contracts"]:
        assert not {"ignore_imports", "exhaustive_ignores"} & set(contract), contract["id"]
    assert "exclude_type_checking_imports" not in section


@pytest.mark.parametrize("name", CONTRACTS)
def test_the_checkout_keeps_each_contract(
    name: str, contracts: dict[str, Contract], graph: grimp.ImportGraph, capsys: pytest.CaptureFixture[str]
) -> None:
    contract = contracts[name]
    check = contract.check(deepcopy(graph), verbose=False)
    if not check.kept:
        contract.render_broken_contract(check)
    assert check.kept, capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "importer", "imported"),
    [
        ("floors", "zhihai.ground.words", "zhihai.kernel.records"),
        ("floors", "zhihai.kernel.records", "zhihai.faces.desk"),
        ("floors", "zhihai.faces.desk", "zhihai.packs.marsh.kinds"),
        ("floors", "zhihai.faces.desk", "zhihai.kit.kinds"),
        ("floors", "zhihai.loft", "zhihai.ground.words"),
        ("rooms", "zhihai.kernel.journal.acts", "zhihai.kernel.identity.reads"),
        ("rooms", "zhihai.kernel.cases.acts", "zhihai.kernel.rules.reads"),
        ("rooms", "zhihai.kernel.records", "zhihai.kernel.journal.acts"),
        ("rooms", "zhihai.kernel.attic.acts", "zhihai.kernel.journal.acts"),
        ("doors", "zhihai.kernel.cases.acts", "zhihai.kernel.places.lattice"),
        ("doors", "zhihai.faces.desk", "zhihai.kernel.cases.hidden"),
        ("doors", "zhihai.kit.acts", "zhihai.kernel.cases"),
        ("strangers", "zhihai.packs.marsh.rules", "zhihai.packs.meadow.rules"),
        ("kit_only", "zhihai.packs.marsh.kinds", "zhihai.kernel.cases.kinds"),
        ("kit_only", "zhihai.packs.marsh.kinds", "zhihai.faces.desk"),
        ("pure", "zhihai.packs.marsh.rules", "django"),
        ("pure", "zhihai.packs.marsh.model.tables", "psycopg"),
        ("pure", "zhihai.ground.words", "django"),
        ("pure", "zhihai.kernel.cases.events", "zhihai.kernel.records"),
        ("pure", "zhihai.kernel.cases.kinds", "zhihai.kernel.identity.reads"),
    ],
)
def test_a_breach_is_noticed(
    name: str, importer: str, imported: str, contracts: dict[str, Contract], graph: grimp.ImportGraph
) -> None:
    breached = deepcopy(graph)
    for module in (importer, imported):
        for depth in range(2, module.count(".") + 2):
            breached.add_module(".".join(module.split(".")[:depth]))
    breached.add_import(importer=importer, imported=imported, line_number=1, line_contents=f"import {imported}")
    breached.add_import(importer="zhihai.kernel.identity.reads", imported="zhihai.kernel.records")
    breached.add_import(importer="zhihai.kernel.records", imported="django")
    assert not contracts[name].check(breached, verbose=False).kept


def test_a_rule_that_reaches_the_store_in_three_steps_is_noticed(
    contracts: dict[str, Contract], graph: grimp.ImportGraph
) -> None:
    breached = deepcopy(graph)
    chain = ("zhihai.packs.marsh.rules", "zhihai.kit.kinds", "zhihai.kernel.cases.kinds", "zhihai.kernel.records")
    for importer, imported in pairwise(chain):
        breached.add_import(importer=importer, imported=imported)
    assert not contracts["pure"].check(breached, verbose=False).kept


@pytest.mark.parametrize(
    ("importer", "imported", "kept"),
    [
        ("zhihai.kernel.cases.acts", "zhihai.kernel.places.reads", True),
        ("zhihai.kernel.cases.acts", "zhihai.kernel.places.lattice", False),
        ("zhihai.kernel.places.acts", "zhihai.kernel.places.lattice", True),
        ("zhihai.kernel.places", "zhihai.kernel.places.lattice", True),
        ("zhihai.kernel.models", "zhihai.kernel.places.lattice", True),
        ("zhihai.kernel.wiring", "zhihai.kernel.places.lattice", True),
        ("zhihai.kernel.records", "zhihai.kernel.places.lattice", False),
        ("zhihai.site.command", "zhihai.kernel.places.lattice", False),
        ("zhihai.site.command", "zhihai.kernel.places.acts", True),
        ("zhihai.site.command", "zhihai.kernel.records", True),
        ("zhihai.site.command", "zhihai.kernel.places.reads.rows", False),
    ],
)
def test_doors(importer: str, imported: str, kept: bool, contracts: dict[str, Contract]) -> None:
    small = grimp.ImportGraph()
    small.add_module("zhihai.kernel")
    for module in (importer, imported, "zhihai.kernel.places", "zhihai.kernel.cases"):
        small.add_module(module)
    small.add_import(importer=importer, imported=imported, line_number=7, line_contents="")
    contract = type(contracts["doors"])("doors", {}, DOORS)
    check = contract.check(small, verbose=False)
    assert check.kept is kept
    if not kept:
        assert check.metadata["broken"] == [{"importer": importer, "imported": imported, "lines": [7]}]
