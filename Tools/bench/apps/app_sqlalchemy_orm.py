"""SQLAlchemy's ORM on SQLite in memory: inserts, queries with a joined load, updates, deletes."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import orm


class Base(orm.DeclarativeBase):
    pass


class Customer(Base):
    __tablename__ = "customers"
    id = orm.mapped_column(sa.Integer, primary_key=True)
    name = orm.mapped_column(sa.String(50))
    orders = orm.relationship("Order", back_populates="customer", order_by="Order.id")


class Order(Base):
    __tablename__ = "orders"
    id = orm.mapped_column(sa.Integer, primary_key=True)
    customer_id = orm.mapped_column(sa.ForeignKey("customers.id"))
    amount = orm.mapped_column(sa.Integer)
    customer = orm.relationship("Customer", back_populates="orders")


ENGINE = sa.create_engine("sqlite://")


def run() -> object:
    Base.metadata.drop_all(ENGINE)
    Base.metadata.create_all(ENGINE)
    with orm.Session(ENGINE) as session:
        for n in range(100):
            session.add(Customer(name=f"name {n}", orders=[Order(amount=n * k) for k in range(4)]))
        session.commit()
        query = sa.select(Customer).options(orm.joinedload(Customer.orders)).order_by(Customer.id)
        found = [
            (customer.name, sum(order.amount for order in customer.orders))
            for customer in session.scalars(query).unique()
        ]
        for customer in session.scalars(sa.select(Customer).where(Customer.id % 3 == 0)):
            customer.name = customer.name.upper()
            session.delete(customer.orders[-1])
        session.commit()
        left = session.execute(
            sa.select(Customer.name, sa.func.count()).join(Order).group_by(Customer.id)
        ).all()
    return found, [tuple(row) for row in left]
