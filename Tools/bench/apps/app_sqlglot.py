"""sqlglot: parses, transpiles and optimizes SQL."""

from __future__ import annotations

import sqlglot
from sqlglot import optimizer

QUERIES = [
    f"""
    WITH recent AS (
        SELECT customer_id, SUM(amount * {n}) AS total, COUNT(DISTINCT order_id) AS n
        FROM orders AS o
        WHERE created >= DATE '2024-0{n}-01' AND NOT (status IN ('void', 'draft') OR amount < 0)
        GROUP BY customer_id HAVING SUM(amount) > 100 + 2 * {n}
    )
    SELECT c.name, r.total, CASE WHEN r.n > 3 THEN 'many' ELSE 'few' END AS kind,
        ROW_NUMBER() OVER (PARTITION BY c.region ORDER BY r.total DESC) AS rank
    FROM customers AS c JOIN recent AS r ON c.id = r.customer_id
    LEFT JOIN (SELECT region, MAX(tax) AS tax FROM regions GROUP BY region) AS t ON t.region = c.region
    WHERE c.active AND c.name LIKE 'a%' ORDER BY rank LIMIT {n * 10}
    """
    for n in range(1, 4)
]
SCHEMA = {
    "orders": {
        "customer_id": "int",
        "amount": "double",
        "order_id": "int",
        "created": "date",
        "status": "text",
    },
    "customers": {"id": "int", "name": "text", "region": "text", "active": "bool"},
    "regions": {"region": "text", "tax": "double"},
}


def run() -> object:
    out = []
    for query in QUERIES:
        tree = sqlglot.parse_one(query)
        out.append(tree.sql(dialect="duckdb", pretty=True))
        out.append(tree.sql(dialect="bigquery"))
    out.append(optimizer.optimize(sqlglot.parse_one(QUERIES[0]), schema=SCHEMA).sql())
    return out
