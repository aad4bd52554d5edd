"""jsonschema: validates documents against a schema with references and alternatives; some have errors."""

from __future__ import annotations

import jsonschema

SCHEMA = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "required": ["id", "items"],
    "properties": {
        "id": {"type": "integer", "minimum": 0},
        "kind": {"enum": ["order", "offer"]},
        "mail": {"type": "string", "pattern": "^[a-z]+@[a-z.]+$"},
        "items": {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/item"}, "uniqueItems": True},
    },
    "$defs": {
        "item": {
            "type": "object",
            "additionalProperties": False,
            "properties": {
                "name": {"type": "string", "maxLength": 12},
                "price": {"anyOf": [{"type": "number", "exclusiveMinimum": 0}, {"type": "null"}]},
                "tags": {"type": "array", "items": {"type": "string"}, "contains": {"const": "new"}},
            },
        }
    },
}
DOCUMENTS = [
    {
        "id": n - 2,
        "kind": "order" if n % 3 else "bill",
        "mail": "name@example.org",
        "items": [
            {"name": f"thing {m}" * (m % 3), "price": None if m % 4 == 0 else m - 1, "tags": ["new", "old"]}
            for m in range(n)
        ],
    }
    for n in range(40)
]


def run() -> object:
    validator = jsonschema.Draft202012Validator(SCHEMA)
    return [
        [(list(error.absolute_path), error.message) for error in validator.iter_errors(document)]
        for document in DOCUMENTS
    ]
