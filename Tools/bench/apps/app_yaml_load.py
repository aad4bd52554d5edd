"""PyYAML: a file of service definitions, read by the pure-Python scanner, parser and constructor."""

from __future__ import annotations

import yaml

SERVICE = """\
- name: service-{n}
  image: "images.example/app:{n}.4"
  replicas: {n}
  enabled: {flag}
  limits: {{cpu: 0.{n}5, memory: "{n}Gi", burst: [1, 2, {n}]}}
  environment:
    MODE: production   # set by the deployment
    RETRIES: 3
    SINCE: 2024-05-{day:02}
  command: |
    python -m app
    --port 80{n:02}
  notes: >
    started after the queue,
    stopped before it
"""

TEXT = "".join(SERVICE.format(n=n, day=n % 28 + 1, flag="yes" if n % 3 else "no") for n in range(60))


def run() -> object:
    return yaml.load(TEXT, Loader=yaml.SafeLoader)
