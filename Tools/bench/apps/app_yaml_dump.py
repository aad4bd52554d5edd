"""PyYAML: nested settings, written by the pure-Python representer, serializer and emitter."""

from __future__ import annotations

import datetime

import yaml

DATA = [
    {
        "name": f"service-{n}",
        "replicas": n,
        "weight": n / 7,
        "enabled": n % 3 == 0,
        "since": datetime.date(2024, 5, n % 28 + 1),
        "limits": {"cpu": 0.5 * n, "burst": [1, 2, n], "memory": f"{n}Gi"},
        "environment": {"MODE": "production", "TOKEN": None, "GREETING": "a: b # no comment"},
        "notes": "started after the queue,\nstopped before it\n",
    }
    for n in range(120)
]


def run() -> object:
    return yaml.dump(DATA, Dumper=yaml.SafeDumper, sort_keys=False)
