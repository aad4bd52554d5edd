"""SQLAlchemy Core: builds and compiles statements, without the cache of compiled ones."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

METADATA = sa.MetaData()
CUSTOMERS = sa.Table(
    "customers", METADATA, sa.Column("id", sa.Integer, primary_key=True), sa.Column("name", sa.String(50))
)
ORDERS = sa.Table(
    "orders",
    METADATA,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("customer_id", sa.ForeignKey("customers.id")),
    sa.Column("amount", sa.Numeric(10, 2)),
    sa.Column("status", sa.String(10)),
)


def statements(n: int) -> list[sa.ClauseElement]:
    total = sa.func.sum(ORDERS.c.amount * n).label("total")
    recent = (
        sa.select(ORDERS.c.customer_id, total)
        .where(sa.or_(ORDERS.c.status.in_(["paid", "sent"]), ORDERS.c.amount > n))
        .group_by(ORDERS.c.customer_id)
        .cte("recent")
    )
    joined = (
        sa.select(CUSTOMERS.c.name, recent.c.total, sa.case((recent.c.total > 100, "many"), else_="few"))
        .join(recent, CUSTOMERS.c.id == recent.c.customer_id)
        .where(CUSTOMERS.c.name.like("a%"), sa.not_(CUSTOMERS.c.id.is_(None)))
        .order_by(recent.c.total.desc())
        .limit(n)
    )
    changed = ORDERS.update().where(ORDERS.c.id == sa.bindparam("key")).values(amount=ORDERS.c.amount + n)
    return [joined, changed, ORDERS.insert().values(id=n, amount=n, status="new")]


def run() -> object:
    out = []
    for n in range(20):
        for statement in statements(n):
            for dialect in (sqlite.dialect(), postgresql.dialect()):
                compiled = statement.compile(dialect=dialect)
                out.append((str(compiled), sorted(compiled.params)))
    return out
