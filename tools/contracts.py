"""The import contract *doors*: into a room of the kernel one comes through its doors only.

``import-linter`` reads it from ``pyproject.toml``; the other contracts there are its own.
"""

from __future__ import annotations

from typing import Any

from grimp import ImportGraph
from importlinter import Contract, ContractCheck, fields, output
from importlinter.domain.imports import Module


class DoorsContract(Contract):
    """From outside a room, only its doors may be imported.

    ``kernel`` is the package whose children are rooms, all but those named in ``beside``; ``doors`` are the modules of
    a room that others may import; ``joiners`` are modules beside the rooms that may look behind the doors (Django finds
    its tables in one module). There is no way to ignore an import.
    """

    type_name = "doors"

    kernel = fields.ModuleField()
    doors = fields.ListField(subfield=fields.StringField())
    beside = fields.SetField(subfield=fields.ModuleField())
    joiners = fields.SetField(subfield=fields.ModuleField())

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:
        """Look at every direct import of a module that lies inside a room."""
        broken: list[dict[str, Any]] = []
        for room in sorted(self._rooms(graph)):
            output.verbose_print(verbose, f"Looking who enters {room}...")
            for walled in sorted(graph.find_descendants(room) | {room}):
                for importer in sorted(graph.find_modules_that_directly_import(walled)):
                    if not self._may(importer, walled, room):
                        details = graph.get_import_details(importer=importer, imported=walled)
                        lines = sorted({detail["line_number"] for detail in details})
                        broken.append({"importer": importer, "imported": walled, "lines": lines})
        return ContractCheck(kept=not broken, metadata={"broken": broken})

    def render_broken_contract(self, check: ContractCheck) -> None:
        """Print each import that goes through a wall."""
        output.print_error(f"Only {', '.join(self._door_names)} of a room may be imported from outside it:")
        output.new_line()
        for found in check.metadata["broken"]:
            places = ", ".join(str(line) for line in found["lines"]) or "?"
            output.print_error(f"- {found['importer']} -> {found['imported']} (l.{places})")
        output.new_line()

    @property
    def _door_names(self) -> list[str]:
        assert isinstance(self.doors, list)
        return self.doors

    def _rooms(self, graph: ImportGraph) -> set[str]:
        return graph.find_children(_name(self.kernel)) - _names(self.beside)

    def _may(self, importer: str, walled: str, room: str) -> bool:
        inside = importer == room or importer.startswith(f"{room}.")
        door = walled in {f"{room}.{door}" for door in self._door_names}
        return inside or door or importer in _names(self.joiners)


def _name(module: object) -> str:
    assert isinstance(module, Module)
    return module.name


def _names(modules: object) -> set[str]:
    assert isinstance(modules, set)
    return {_name(module) for module in modules}
